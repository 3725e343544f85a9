"""platforms.toml, read, and the platform tags of wheels."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import cast

from xconan.errors import ConfigError, nearest_names
from xconan.files import load_toml
from xconan.model import Arch, Libc, Platform

_MANYLINUX_ALIASES = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}  # PEP 600
_TAG = re.compile(r"(?P<kind>linux|manylinux_(?P<gm>\d+)_(?P<gn>\d+)|musllinux_(?P<mm>\d+)_(?P<mn>\d+)|"
                  r"manylinux1|manylinux2010|manylinux2014)_(?P<arch>[a-z0-9_]+)")  # fmt: skip


@cache
def table() -> dict[str, dict[str, Arch]]:
    """The rows of platforms.toml by operating system ("linux") and the tag's name of the architecture."""
    rows = load_toml(Path(__file__).with_name("platforms.toml"))
    return {
        os: {name: _row(name, row) for name, row in cast("dict[str, dict[str, object]]", arches).items()}
        for os, arches in rows.items()
    }


def parse_platform(tag: str) -> Platform:
    """Read a platform tag such as "linux_aarch64", "manylinux_2_17_armv7l" or "musllinux_1_2_x86_64".

    Raises:
        ConfigError: for a tag that names no known platform; the hint names the nearest known one.
    """
    match = _TAG.fullmatch(tag)
    arches = table()["linux"]
    if match is None or match["arch"] not in arches:
        raise ConfigError(f"'{tag}' is not a known platform tag", hint=_nearest(tag))
    arch, kind = arches[match["arch"]], match["kind"]
    if match["mm"]:
        return _linux(tag, arch, Libc.MUSL, (int(match["mm"]), int(match["mn"])))
    if match["gm"]:
        return _linux(tag, arch, Libc.GLIBC, (int(match["gm"]), int(match["gn"])))
    if kind in _MANYLINUX_ALIASES:
        return _linux(tag, arch, Libc.GLIBC, _MANYLINUX_ALIASES[kind])
    return _linux(tag, arch, None, None)


def _linux(tag: str, arch: Arch, libc: Libc | None, floor: tuple[int, int] | None) -> Platform:
    return Platform(tag=tag, os="linux", arch=arch, libc=libc, floor=floor)


def _row(name: str, row: dict[str, object]) -> Arch:
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return Arch(name=name, **values)  # type: ignore[arg-type]  # the table is part of the program, and tested


def _nearest(tag: str) -> str:
    # other programs' names of the same architectures, Debian's and Conan's among them
    others = {"arm64": "aarch64", "armv7": "armv7l", "i386": "i686"}
    for row in reversed(table()["linux"].values()):
        others |= {row.debian: row.name, row.conan_arch: row.name}
    for other in sorted(others, key=len, reverse=True):
        if tag.endswith(f"_{other}") and _TAG.fullmatch(known := tag.removesuffix(other) + others[other]):
            return f"did you mean '{known}'?"
    arches = table()["linux"]
    prefix = re.match(r"manylinux_\d+_\d+|musllinux_\d+_\d+|[a-z]+\d*", tag)
    kinds = ["linux", *_MANYLINUX_ALIASES, "manylinux_2_17", "manylinux_2_28", "musllinux_1_2"]
    if prefix and _TAG.fullmatch(f"{prefix.group()}_x86_64"):
        kinds.append(prefix.group())
    spellings = [f"{kind}_{arch}" for kind in kinds for arch in arches]
    if close := nearest_names(tag, spellings):
        return f"did you mean '{close[0]}'?"
    return f"known are linux_, manylinux_2_N_ and musllinux_1_N_ with one of {', '.join(arches)}"
