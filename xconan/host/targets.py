"""Targets by name: "cp311-manylinux_2_17_aarch64", spelled as wheel tags spell them."""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.ground.errors import ConfigError, nearest_names
from xconan.ground.record import Record
from xconan.host.platforms import parse_platform, table

if TYPE_CHECKING:
    from typing import Literal

    from xconan.host.platforms import Platform


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Target(Record):
    """One wheel to make: a host Python on a host platform.

    `implementation` and `version` are as in a Python tag ("cp", "312"); `abi` is an ABI tag ("cp312"), of a PyPy
    whose files have not been looked at only its beginning ("pypy310").
    """

    implementation: str
    version: str
    abi: str
    platform: Platform

    @property
    def python_tag(self) -> str:
        """The tag of the host Python: "cp312"."""
        return self.implementation + self.version

    @property
    def interpreter(self) -> str:
        """The host Python as the names of targets have it: "cp312", "cp313t" without a GIL."""
        return self.python_tag + ("t" if self.free_threaded else "")

    @property
    def dotted_version(self) -> str:
        """The version as Python writes it: "3.12"."""
        return dotted_version(self.version)

    @property
    def implementation_name(self) -> Literal["cpython", "pypy"]:
        """What sys.implementation.name says in the host Python: "cpython", "pypy"."""
        return "pypy" if self.implementation == "pp" else "cpython"

    @property
    def python_version(self) -> str:
        """The version as commands and toolchain files take it: "3.11", "3.13t", "pypy3.10"."""
        return python_version(self.implementation, self.dotted_version, free_threaded=self.free_threaded)

    @property
    def python_name(self) -> str:
        """What installations call the interpreter and its folders: "python3.11", "python3.13t", "pypy3.10"."""
        return self.python_version if self.implementation == "pp" else f"python{self.python_version}"

    @property
    def abi_flags(self) -> str:
        """What CPython's ABI tag says beside the version: "t" of "cp313t", "" of PyPy's."""
        return self.abi.removeprefix(f"cp{self.version}") if self.abi.startswith("cp") else ""

    @property
    def free_threaded(self) -> bool:
        """Whether the host Python has no GIL (PEP 703)."""
        return self.implementation == "cp" and "t" in self.abi_flags

    @property
    def abi_known(self) -> bool:
        """Whether `abi` is the whole tag: PyPy's has its own version in it, which its files must say."""
        return self.implementation != "pp" or "_" in self.abi

    @property
    def name(self) -> str:
        """The name of the configuration, used for build folders: "cp312-cp312-linux_aarch64"."""
        return f"{self.python_tag}-{self.abi}-{self.platform.tag}"


IMPLEMENTATIONS = {"cp": "CPython", "pp": "PyPy"}
"""Implementations by their abbreviation in tags, as people know them."""

_PYTHON = re.compile(r"(?P<implementation>cp|pp)(?P<version>[23]\d{1,2})(?P<threads>t?)")
_GNU_TRIPLET = re.compile(r"(\w+?)-(?:\w+-)?linux-(gnu|musl)(\w*)")
_EXAMPLE = "cp311-manylinux_2_17_aarch64"


def dotted_version(version: str | int) -> str:
    """A version of a Python tag as Python writes it: "3.12" of 312."""
    text = str(version)
    return f"{text[0]}.{text[1:]}"


def python_version(implementation: str, dotted_version: str, *, free_threaded: bool) -> str:
    """The same as Target.python_version, where only the parts of a tag are known."""
    return f"{'pypy' if implementation == 'pp' else ''}{dotted_version}{'t' if free_threaded else ''}"


def pypy_abi(version: str, release: str = "") -> str:
    """PyPy's ABI tag: "pypy310_pp73".

    Args:
        version: of Python, "310".
        release: major and minor version of PyPy itself, "73"; "" for the tag's beginning, where nothing says it.
    """
    return f"pypy{version}_pp{release}" if release else f"pypy{version}"


def short_name(target: Target) -> str:
    """The name of a target as parse_target reads it, without an ABI tag that the rest implies.

    "cp311-manylinux_2_17_aarch64", "cp313t-linux_armv7l"; "cp37-cp37m-…" is "cp37-…".
    """
    python = target.interpreter
    name = f"{python}-{target.platform.tag}"
    implied = str(parse_target(name).get("abi", target.abi)) if _PYTHON.fullmatch(python) else ""
    return (
        name
        if target.abi == implied or not target.abi_known
        else f"{target.python_tag}-{target.abi}-{target.platform.tag}"
    )


def parse_target(name: str) -> dict[str, object]:
    """The keys of a cross.toml that mean this target.

    Args:
        name: PYTHON-PLATFORM: "cp313t-musllinux_1_2_x86_64" is CPython 3.13 without a GIL; "pp311-…" is PyPy.
            An ABI tag may stand between, as in a wheel's name: "cp311-cp311-linux_aarch64".

    Raises:
        ConfigError: the name means no target; the hint names the nearest one that does.
    """
    if name != name.lower() and is_target(name.lower()):
        raise ConfigError(f"'{name}' is no target", where=f"target {name}", hint=f"did you mean '{name.lower()}'?")
    parts = name.split("-")
    python, platform = (parts[0], parts[-1]) if len(parts) in (2, 3) else ("", "")
    match = _PYTHON.fullmatch(python)
    if match is None:
        raise ConfigError(f"'{name}' is no target", where=f"target {name}", hint=_meant(name, python, platform))
    try:
        parse_platform(platform)
    except ConfigError as error:
        hint = error.hint.replace("did you mean '", f"did you mean '{python}-")
        raise ConfigError(error.message, where=f"target {name}", hint=hint) from None
    keys: dict[str, object] = {
        "implementation": match["implementation"],
        "version": match["version"],
        "arch": platform,
    }
    if match["implementation"] == "cp":
        legacy = "m" if int(match["version"]) < 38 else ""  # noqa: PLR2004 - 3.8 dropped the m
        keys["abi"] = f"cp{match['version']}{match['threads'] or legacy}"
    if len(parts) == 3:  # noqa: PLR2004 - python, abi, platform
        keys["abi"] = parts[1]
    return keys


def _meant(name: str, python: str, platform: str) -> str:
    """What somebody may have meant by a name without a Python tag."""
    if name.endswith(".toml"):
        return f"did you mean --cross {name}?"
    if version := re.fullmatch(r"3\.?(\d{1,2})(t?)", python):
        return f"did you mean 'cp3{version[1]}{version[2]}-{platform}'?"
    close = nearest_names(python, [f"{python3}{minor}" for python3 in ("cp3", "pp3") for minor in range(7, 20)])
    if close and re.search(r"\d", python):
        return f"did you mean '{close[0]}-{platform}'?"
    running = f"cp{sys.version_info.major}{sys.version_info.minor}"
    if version := re.fullmatch(r"(?:c?python|cp)?-?3\.(\d{1,2})(t?)", python, re.IGNORECASE):
        running = f"cp3{version[1]}{version[2].lower()}"
    tag = platform if version else _tag_of_triplet(name) or name
    with suppress(ConfigError):
        return f"did you mean '{running}-{parse_platform(tag).tag}'?"
    return f"for example {_EXAMPLE}"


def _tag_of_triplet(name: str) -> str:
    """The platform tag of a GNU triplet as compilers have it, aarch64-linux-gnu; "" for other texts."""
    match = _GNU_TRIPLET.fullmatch(name)
    arch = next(
        (row.name for row in table()["linux"].values() if match and row.triplet == f"{match[1]}-linux-gnu{match[3]}"),
        "",
    )
    libc = "musllinux_1_2" if match and match[2] == "musl" else "linux"
    return f"{libc}_{arch}" if arch else ""


def is_target(name: str) -> bool:
    """Whether a text names a target, in lower case."""
    try:
        parse_target(name)
    except ConfigError:
        return False
    return True
