"""Names of bundles -> where their archives are: catalog.toml, the environment and the command line.

A bundle is named KIND:TRIPLE: x-tools:aarch64-rpi3-linux-gnu is a toolchain, python-dev:aarch64-rpi3-linux-gnu the
Pythons for it. The releases are https://github.com/tttapa/toolchains and https://github.com/tttapa/python-dev.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.ground.errors import ConfigError, nearest_names
from xconan.ground.files import load_toml

if TYPE_CHECKING:
    from collections.abc import Mapping

TOOLCHAIN, PYTHONS = "x-tools", "python-dev"
KINDS = (TOOLCHAIN, PYTHONS)
_ARCHIVE = re.compile(r"\.(tar(\.\w+)?|tgz|txz|tzst|zip)$")


@dataclass(frozen=True, kw_only=True)
class Triple:
    """A row of the catalog: what the triple is for, whether `--all` fetches it, its newest compiler if older."""

    name: str
    about: str
    common: bool = False
    gcc: str = ""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the user says about where archives come from; "" where nothing is said.

    Attributes:
        url: of the releases, of one release, or of an archive itself; a folder's path too.
        version: the release: "1.0.1".
        gcc: major version of the compiler: "14".
        sha256: what the archive must have, in hex.
    """

    url: str = ""
    version: str = ""
    gcc: str = ""
    sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a bundle's archive is.

    Attributes:
        kind: x-tools or python-dev; "" for an archive that the user named, whose content tells.
        triple: "" likewise.
        version: the release; "" likewise.
        addresses: to be tried one after the other (https, http or file).
        sha256: what the user says that it has; "" where they don't.
        unknown: what to do if there is no such archive, as the catalog says before anybody is asked; "" else.
    """

    kind: str
    triple: str
    version: str
    addresses: tuple[str, ...]
    sha256: str
    unknown: str = ""

    @property
    def name(self) -> str:
        """KIND:TRIPLE, else the address."""
        return f"{self.kind}:{self.triple}" if self.kind else self.addresses[0]


@cache
def triples() -> dict[str, Triple]:
    """The triples of the releases, by name."""
    rows = cast("dict[str, dict[str, object]]", _catalog()["triples"])
    return {name: Triple(name=name, **row) for name, row in rows.items()}  # type: ignore[arg-type]  # tested


def common_names(kinds: tuple[str, ...]) -> list[str]:
    """The bundles that `--all` fetches, a triple's toolchain before its Pythons."""
    return [f"{kind}:{triple.name}" for triple in triples().values() if triple.common for kind in kinds]


def known_names() -> list[str]:
    """KIND:TRIPLE of all bundles of the releases."""
    return [f"{kind}:{triple}" for kind in KINDS for triple in triples()]


def split_name(name: str) -> tuple[str, str]:
    """KIND:TRIPLE in two.

    Raises:
        ConfigError: it isn't that; the hint names the nearest known one.
    """
    kind, _, triple = name.partition(":")
    if kind in KINDS and re.fullmatch(r"\w[\w.]*(-[\w.]+)+", triple, re.ASCII):
        return kind, triple
    known = known_names()
    near = nearest_names(name if ":" in name else f"{TOOLCHAIN}:{name}", known)
    hint = f"did you mean {near[0]}?" if near else f"for example {known[0]}, or the path or address of an archive"
    raise ConfigError(f"'{name}' names no bundle", where="NAME", hint=hint)


def find_source(name: str, options: Options, environ: Mapping[str, str] = os.environ) -> Source:
    """Where the archive of a bundle is.

    Args:
        name: KIND:TRIPLE, or the path or address of an archive.
        options: of the command line; what it leaves open is taken from the environment (XCONAN_X_TOOLS_URL,
            _VERSION and _GCC, XCONAN_PYTHON_DEV_URL and _VERSION), then from the catalog.
        environ: the environment.

    Raises:
        ConfigError: an unknown name, or a checksum that can't be one.
    """
    sha256 = options.sha256.strip().lower()
    if sha256 and not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise ConfigError("this is no SHA-256", where=f"--sha256 {options.sha256}", hint="64 hexadecimal digits")
    if _ARCHIVE.search(name) or "://" in name:
        return Source(kind="", triple="", version="", addresses=(_address(name),), sha256=sha256)
    kind, triple = split_name(name)
    release = cast("dict[str, dict[str, str]]", _catalog()["kinds"])[kind]
    prefix = f"XCONAN_{kind.replace('-', '_').upper()}"
    row = triples().get(triple)
    version = options.version or environ.get(f"{prefix}_VERSION")
    base = options.url or environ.get(f"{prefix}_URL")
    unknown = ""
    if not (row or version or base):
        near = nearest_names(triple, triples())
        unknown = f"{f'did you mean {kind}:{near[0]}? ' if near else ''}--url and --version name another release"
    version, base = version or release["version"], (base or release["base"]).rstrip("/")
    newest = (row.gcc if row else "") or release.get("gcc", "")
    gcc = options.gcc or environ.get(f"{prefix}_GCC") or newest
    for key, value, pattern in (("version", version, r"[\w.+-]*"), ("gcc", gcc, r"[\d.]*")):
        if not re.fullmatch(pattern, value, re.ASCII):
            where = f"--{key}" if getattr(options, key) else f"{prefix}_{key.upper()}"
            raise ConfigError(f"'{value}' is no {key}", where=where, hint=f"for example {release[key]}")
    if _ARCHIVE.search(base):
        addresses = [base]
    else:  # a mirror may keep the releases in folders, as they are published, or be one release
        file = release["file"].format(triple=triple, gcc=gcc)
        addresses = [f"{base}/{version}/{file}", f"{base}/{file}"]
        addresses = addresses[1:] if base.endswith(f"/{version}") else addresses
    found = tuple(_address(address) for address in addresses)
    return Source(kind=kind, triple=triple, version=version, addresses=found, sha256=sha256, unknown=unknown)


@cache
def _catalog() -> dict[str, object]:
    return load_toml(Path(__file__).with_name("catalog.toml"))


def _address(text: str) -> str:
    return text if "://" in text else Path(text).expanduser().absolute().as_uri()
