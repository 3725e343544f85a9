"""platforms.toml, read, and the platform tags of wheels."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import cast

from xconan.ground.errors import ConfigError, nearest_names
from xconan.ground.files import load_toml
from xconan.ground.record import Record


class Libc(str, Enum):
    """The C library of a Linux host."""

    GLIBC = "glibc"
    MUSL = "musl"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class System(Record):
    """An operating system of platforms.toml, where the columns are explained; `name` is its table's: "mac"."""

    name: str
    conan: str
    cmake: str
    suffix: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Arch(Record):
    """One row of platforms.toml, where the columns are explained."""

    name: str
    conan_arch: str
    processor: str
    triplet: str
    multiarch: str
    zig: str
    zig_oldest: str
    machine: str
    bits: int
    endian: str
    macros: tuple[str, ...]
    toolchains: tuple[str, ...]
    debian: str = ""
    debian_gcc: str = ""
    qemu: str = ""
    zig_cpu: str | None = None
    hard_float: bool = False
    max_arm: int | None = None
    parts: tuple[str, ...] = ()

    @property
    def gcc_package(self) -> str:
        """Debian's package of the cross compiler; "" where a released Debian has none."""
        return (self.debian_gcc or f"g++-{self.triplet.replace('_', '-')}") if "gcc" in self.toolchains else ""

    @property
    def fortran_package(self) -> str:
        """Debian's package of the Fortran compiler beside it; "" as there."""
        return self.gcc_package.replace("g++", "gfortran")

    @property
    def has_manylinux(self) -> bool:
        """Whether manylinux tags name it: PEP 600's are for ARMv7 and newer."""
        return self.max_arm is None or self.max_arm >= _OLDEST_MANYLINUX_ARM


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Platform(Record):
    """A host platform as a wheel's platform tag names it (PEP 425, 600, 656, 783).

    `floor` is the oldest C library that the tag promises to work with, on macOS the oldest macOS. `libc` and
    `floor` are None for `linux_*` tags, which promise nothing about the C library, for Windows and for Pyodide.
    """

    tag: str
    system: System
    arch: Arch
    libc: Libc | None = None
    floor: tuple[int, int] | None = None

    @property
    def os(self) -> str:
        """The operating system's name in configurations: "linux", "mac", "windows", "pyodide"."""
        return self.system.name


_OLDEST_MANYLINUX_ARM = 7
MANYLINUX_ALIASES = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}  # PEP 600
# from macOS 11 on, installers know tags of whole versions alone (packaging.tags.mac_platforms)
_TAG = re.compile(
    r"(?P<linux>linux|manylinux_(?P<glibc>2_[1-9]\d*)|musllinux_(?P<musl>1_(?:0|[1-9]\d*))|manylinux1|manylinux20(?:10|14))_"
    r"(?P<linux_arch>[a-z0-9_]+)|macosx_(?P<mac>10_(?:0|[1-9]\d?)|[1-9]\d+_0)_(?P<mac_arch>[a-z0-9_]+)|(?P<win>win32)|win_(?P<win_arch>[a-z0-9]+)"
    r"|(?:emscripten_\d+_\d+_\d+|(?:pyodide|pyemscripten)_20(?:2[4-9]|[3-9]\d)_\d+)_(?P<wasm_arch>wasm32)"
)
# other programs' names, and those that people try
_ALIASES = {
    "linux": {"arm64": "aarch64", "armv7": "armv7l", "i386": "i686"},
    "mac": {"aarch64": "arm64", "x64": "x86_64", "amd64": "x86_64"},
    "windows": {"64": "amd64", "x86_64": "amd64", "x64": "amd64", "aarch64": "arm64"},
}
_SYSTEM_PREFIXES = {"mac": r"(?:mac(?:osx?)?|darwin)", "windows": r"(?:windows|win|mingw)"}


@cache
def table() -> dict[str, dict[str, Arch]]:
    """The rows of platforms.toml by operating system ("linux") and the tag's name of the architecture."""
    return {
        os: {name: _row(name, row) for name, row in rows.items() if isinstance(row, dict)}
        for os, rows in _read().items()
    }


@cache
def systems() -> dict[str, System]:
    """The operating systems of platforms.toml by name: "linux", "mac", "windows", "pyodide"."""
    texts = {os: {key: value for key, value in rows.items() if isinstance(value, str)} for os, rows in _read().items()}
    return {os: System(name=os, **facts) for os, facts in texts.items()}


def parse_platform(tag: str) -> Platform:
    """Read a platform tag: "linux_aarch64", "manylinux_2_17_armv7l", "macosx_11_0_universal2", "win_amd64".

    Pyodide has "pyemscripten_2026_0_wasm32" (PEP 783), before it "pyodide_2024_0_wasm32", and of one version of
    Emscripten "emscripten_3_1_58_wasm32".

    Raises:
        ConfigError: for a tag that names no known platform; the hint names the nearest known one.
    """
    platform = _parse(tag)
    if platform is None:
        raise ConfigError(f"'{tag}' is not a known platform tag", hint=_nearest(tag))
    return platform


def part_of(platform: Platform, arch: str) -> Platform:
    """The platform of one of the parts of a universal one: "macosx_11_0_arm64" of "macosx_10_9_universal2".

    A part is as old as the tag says, but not older than its architecture: macOS 11 was the first on arm64.
    """
    part = parse_platform(platform.tag.removesuffix(platform.arch.name) + arch)
    oldest = part.arch.zig_oldest.replace(".", "_")
    known = parse_platform(f"macosx_{oldest}_{arch}")
    return max(part, known, key=lambda platform: platform.floor or (0, 0))


def _parse(tag: str) -> Platform | None:
    match = _TAG.fullmatch(tag)
    if match is None:
        return None
    os = "linux" if match["linux"] else "mac" if match["mac"] else "pyodide" if match["wasm_arch"] else "windows"
    named = (match[f"{kind}_arch"] for kind in ("linux", "mac", "wasm", "win"))
    arch = table()[os].get(next(filter(None, named), match["win"]))
    if arch is None or (match["win_arch"] and arch.name == "win32"):
        return None
    version = match["glibc"] or match["musl"] or match["mac"]
    major, minor = (int(part) for part in version.split("_")) if version else (0, 0)
    floor = (major, minor) if version else MANYLINUX_ALIASES.get(match["linux"])
    libc = None
    if os == "linux" and floor:
        libc = Libc.MUSL if match["musl"] else Libc.GLIBC
    return Platform(tag=tag, system=systems()[os], arch=arch, libc=libc, floor=floor)


@cache
def _read() -> dict[str, dict[str, object]]:
    return cast("dict[str, dict[str, object]]", load_toml(Path(__file__).with_name("platforms.toml")))


def _row(name: str, row: dict[str, object]) -> Arch:
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return Arch(name=name, **values)  # type: ignore[arg-type]  # the table is part of the program, and tested


def _nearest(tag: str) -> str:
    if known := _renamed(tag):
        return f"did you mean '{known}'?"
    arches = table()["linux"]
    prefix = re.match(r"manylinux_\d+_\d+|musllinux_\d+_\d+|[a-z]+\d*", tag)
    kinds = ["linux", *MANYLINUX_ALIASES, "manylinux_2_17", "manylinux_2_28", "musllinux_1_2"]
    if prefix and _parse(f"{prefix.group()}_x86_64"):
        kinds.append(prefix.group())
    spellings = [f"{kind}_{arch}" for kind in kinds for arch in arches]
    spellings += [f"macosx_{version}_{arch}" for version in ("10_13", "11_0", "14_0") for arch in table()["mac"]]
    spellings += ["win32", "win_amd64", "win_arm64"]
    spellings += ["emscripten_3_1_58_wasm32", "pyodide_2025_0_wasm32", "pyemscripten_2026_0_wasm32"]
    if close := nearest_names(tag, spellings):
        return f"did you mean '{close[0]}'?"
    macs = ", ".join(table()["mac"])
    return (
        f"known are linux_, manylinux_2_N_ and musllinux_1_N_ with one of {', '.join(arches)}; macosx_N_N_ with one of "
        f"{macs}; win32, win_amd64 and win_arm64; emscripten_N_N_N_, pyodide_YEAR_N_ and pyemscripten_YEAR_N_ with "
        "wasm32"
    )


def _renamed(tag: str) -> str | None:
    """The known tag that somebody means who uses another program's names, Debian's and Conan's among them."""
    if _parse(tag.lower()):
        return tag.lower()
    for os, prefix in _SYSTEM_PREFIXES.items():
        if match := re.fullmatch(rf"{prefix}_?(?:(\d+)(?:[_.](\d+))?_)?(\w+)", tag):
            arch = _ALIASES[os].get(match[3], match[3])
            oldest, minor = match[1] or "11", match[2] or "0"
            known = f"macosx_{oldest}_{minor if oldest == '10' else 0}_{arch}" if os == "mac" else f"win_{arch}"
            if known != tag and _parse(known):
                return known
    names = dict(_ALIASES["linux"])
    for row in reversed(table()["linux"].values()):
        names |= {row.debian: row.name, row.conan_arch: row.name}
    for name in sorted(names, key=len, reverse=True):
        if tag.endswith(f"_{name}") and _parse(known := tag.removesuffix(name) + names[name]):
            return known
    return None
