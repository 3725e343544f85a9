"""A wheel's files against its platform tags: a tag names the oldest C library that the wheel must run with.

manylinux (PEP 600), by auditwheel's policies: which versions of glibc's, libstdc++'s and libgcc's symbols a file may
need, and which libraries. musllinux (PEP 656): musl and zlib, which have no symbol versions. `linux_*` tags guarantee
nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.binary.finding import Finding
from xconan.ground.errors import listed
from xconan.ground.files import load_toml
from xconan.host.platforms import Libc
from xconan.wheel.check.libraries import GLIBC

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from xconan.binary.dynamic import Dynamic, Version
    from xconan.host.platforms import Arch, Platform

_LOADER = re.compile(r"ld-linux.*|ld64\.so\.[12]|ld-musl-.*")
# names that musl's loader takes for its own library (ldso/dynlink.c), and Alpine's name of it
_MUSL = re.compile(r"lib(c|pthread|rt|m|dl|util|xnet)\.so|libc\.musl-.*")
_GLIBC = re.compile(r"GLIBC_2\.(\d+)(\.\d+)*")
# the library whose versions a family names: libgcc_s of i686 has a GLIBC_2.0 of its own, not glibc's
_OWNERS = {
    "GLIBC": GLIBC,
    "GLIBCXX": re.compile(r"libstdc\+\+\.so\.\d+"),
    "CXXABI": re.compile(r"libstdc\+\+\.so\.\d+"),
    "GCC": re.compile(r"libgcc_s\.so\.\d+"),
    "LIBATOMIC": re.compile(r"libatomic\.so\.\d+"),
    "ZLIB": re.compile(r"libz\.so\.\d+"),
}
_ROWS = {"armv6l": "armv7l"}  # no policy has armv6l; its systems have armv7l's versions
_SHOWN = 3  # symbols that a message names
_NEVER = float("inf")
_STATIC = "link it statically"
_FAMILIES = {
    "GLIBCXX": "-static-libstdc++ links it statically", "CXXABI": "-static-libstdc++ links it statically",
    "GCC": "-static-libgcc links it statically",
}  # fmt: skip


def check_policy(binaries: Mapping[str, Dynamic], platforms: Iterable[Platform], inside: set[str]) -> list[Finding]:
    """What these files need and some systems of the tags lack.

    Args:
        binaries: what the wheel's ELF files say, by their names in the wheel.
        platforms: that the wheel is tagged for.
        inside: file names without folders of all that is in the wheel.
    """
    own = {symbol for dynamic in binaries.values() for symbol in dynamic.exported}
    findings: dict[tuple[str, str], Finding] = {}
    for platform in platforms:
        if platform.libc is Libc.GLIBC:
            of_tag = _Manylinux(platform=platform, inside=inside, own=own).check(binaries)
        elif platform.libc is Libc.MUSL:
            of_tag = _Musllinux(platform=platform, inside=inside, own=own).check(binaries)
        else:
            continue
        findings |= {(finding.file, finding.message): finding for finding in of_tag}
    return list(findings.values())


def floors(libc: Libc, arch: Arch) -> list[tuple[int, int]]:
    """The versions that policies of an architecture are named by, oldest first: (2, 17), (2, 24)."""
    if libc is Libc.MUSL:
        return [(1, int(minor)) for minor in cast("dict[str, str]", _table("musllinux")["oldest"])]
    table = _table("manylinux")
    steps = cast("dict[str, dict[str, list[tuple[int, str]]]]", table["versions"]).get(arch.name, {})
    if not steps or not arch.has_manylinux:
        return []
    oldest = min(floor for family in steps.values() for floor, _ in family)
    return [(2, floor) for floor in cast("list[int]", table["floors"]) if floor >= oldest]


@dataclass(frozen=True, kw_only=True)
class _Policy:
    """One platform tag; `own` are symbols that the wheel's own files define."""

    platform: Platform
    inside: set[str]
    own: set[str]

    @property
    def minor(self) -> int:
        """The N of the tag."""
        return self.platform.floor[1] if self.platform.floor else 0

    def finding(self, file: str, message: str, hint: str) -> Finding:
        """A finding that the tag is broken; its name completes the message."""
        return Finding(file=file, message=f"{message} {self.platform.tag} promises", hint=hint, breaks_tag=True)

    def missing(self, dynamic: Dynamic, promised: Iterable[str]) -> list[str]:
        """Libraries that neither the wheel nor the host has."""
        known = {*promised, *self.inside}
        return [name for name in dynamic.needed if name not in known and not _LOADER.fullmatch(name)]


class _Manylinux(_Policy):
    def check(self, binaries: Mapping[str, Dynamic]) -> Iterable[Finding]:
        table = _table("manylinux")
        since = cast("dict[str, int]", table["libraries"])
        promised = [name for name, first in since.items() if first <= self.minor]
        oldest = self._oldest(binaries, since)
        for file, dynamic in binaries.items():
            for name in self.missing(dynamic, promised):
                yield self.finding(file, f"it needs {name}, which is no library that", _library_hint(name))
            families: dict[str, list[Version]] = {}
            for version in self._asked(dynamic):
                if self.minor < self._since(version):
                    families.setdefault(version.name.partition("_")[0], []).append(version)
            for family, versions in families.items():
                yield self._newer(file, family, versions, oldest)
            for library, symbols in self._hidden(dynamic):
                yield self.finding(file, f"it needs {_listed(symbols)} of {library}, which is more of it than",
                                   f"{_STATIC}, or do without them")  # fmt: skip

    def _newer(self, file: str, family: str, versions: list[Version], oldest: int | None) -> Finding:
        wanted = max(versions, key=lambda version: _numbers(version.name))
        symbols = _listed([symbol for version in versions for symbol in version.symbols])
        needs = f"it needs {wanted.name} of {wanted.library}" + (f" (for {symbols})" if symbols else "")
        tag = f"manylinux_2_{oldest}_{self.platform.arch.name}"
        fits = f"{tag} is the oldest tag that fits" if oldest else "no manylinux tag fits"
        ways = [_FAMILIES[family]] if family in _FAMILIES else []
        if _numbers(self.platform.arch.zig_oldest)[1:] <= [self.minor]:
            ways += [f"toolchain = 'zig' builds for glibc 2.{self.minor}"]
        return self.finding(file, f"{needs}, which is newer than", "; ".join([*ways, fits]))

    def _asked(self, dynamic: Dynamic) -> Iterable[Version]:
        return (version for version in dynamic.versions if version.library not in self.inside)

    def _since(self, version: Version) -> float:
        """The N of the first policy that has this version; _NEVER where no policy has it."""
        table = _table("manylinux")
        arch = _ROWS.get(self.platform.arch.name, self.platform.arch.name)
        families = cast("dict[str, dict[str, list[tuple[int, str]]]]", table["versions"]).get(arch, {})
        others = cast("dict[str, dict[str, int]]", table["other"]).get(arch, {})
        family, _, number = version.name.partition("_")
        if not _is_owners(version):
            return 0  # another library's; whether the host has that library is checked by itself
        steps = families.get(family, [])
        first = next((float(floor) for floor, newest in steps if _numbers(newest) >= _numbers(number)), _NEVER)
        if match := _GLIBC.fullmatch(version.name):
            return min(first, float(match[1]))  # what the tag means by definition
        if version.name in others:
            return others[version.name]
        if not steps and family != "GLIBC":
            return 0  # of a library that no policy has, which is a finding by itself
        return first if number[:1].isdigit() else _NEVER

    def _oldest(self, binaries: Mapping[str, Dynamic], since: Mapping[str, int]) -> int | None:
        """The N of the oldest tag with a policy that this wheel fits; None where it fits no tag."""
        floors = [self._since(version) for dynamic in binaries.values() for version in self._asked(dynamic)]
        floors += [since.get(name, _NEVER) for dynamic in binaries.values() for name in self.missing(dynamic, ())]
        least = max(floors, default=0.0)
        known = cast("list[int]", _table("manylinux")["floors"])
        return next((floor for floor in known if floor >= least), None if least == _NEVER else int(least))

    def _hidden(self, dynamic: Dynamic) -> Iterable[tuple[str, list[str]]]:
        hidden = cast("dict[str, dict[str, int]]", _table("manylinux")["hidden"])
        for library in dynamic.needed:
            names = {name for name, first in hidden.get(library, {}).items() if first == 0 or first > self.minor}
            taken = [name for name in dynamic.undefined if name in names and name not in self.own]
            if taken and library not in self.inside:
                yield library, taken


class _Musllinux(_Policy):
    def check(self, binaries: Mapping[str, Dynamic]) -> Iterable[Finding]:
        table = _table("musllinux")
        oldest = cast("dict[str, str]", table["oldest"]).get(str(self.minor), f"1.{self.minor}.0")
        newer = {
            symbol: version
            for version, names in cast("dict[str, str]", table["added"]).items()
            if _numbers(version) > _numbers(oldest)
            for symbol in names.split()
        }
        for file, dynamic in binaries.items():
            glibc = [
                version.name for version in dynamic.versions
                if version.name.startswith("GLIBC_") and version.library not in self.inside and _is_owners(version)
            ]  # fmt: skip
            if glibc:
                message = f"it is linked against glibc ({max(glibc, key=_numbers)}), which is not the musl that"
                yield self.finding(file, message, "toolchain = 'zig' builds for musl")
                continue
            for name in self.missing(dynamic, cast("list[str]", table["libraries"])):
                if not _MUSL.fullmatch(name):
                    yield self.finding(file, f"it needs {name}, which is no library that", _library_hint(name))
            late = [symbol for symbol in dynamic.undefined if symbol in newer and symbol not in self.own]
            if late:
                came = max((newer[symbol] for symbol in late), key=_numbers)
                message = f"it needs {_listed(late)} of musl {came}, which is newer than the {oldest} that"
                finding = self.finding(file, message, "do without: the host's musl may have no such function")
                # the tag names a series of musl (PEP 656); most hosts have its later releases
                same_series = _numbers(came)[:2] == [1, self.minor]
                yield replace(finding, breaks_tag=False, warning=True) if same_series else finding


def _is_owners(version: Version) -> bool:
    """Whether a version is of the library that its name says, not of another with versions of the same name."""
    owner = _OWNERS.get(version.name.partition("_")[0])
    return owner is None or owner.fullmatch(version.library) is not None


def _library_hint(name: str) -> str:
    if name.startswith("libpython"):
        return "link Python::Module in place of Python::Python: the interpreter brings these symbols itself"
    if name.startswith(("libstdc++", "libgcc_s")):
        return "link it statically (-static-libstdc++ -static-libgcc), or use toolchain = 'zig'"
    if name.startswith("libgfortran"):  # an option of gfortran's alone
        return (
            "link it statically: target_link_options(… -static-libgfortran), with the property LINKER_LANGUAGE Fortran"
        )
    return f"{_STATIC}, or install() it beside the module with an RPATH of $ORIGIN"


@cache
def _table(name: str) -> dict[str, object]:
    return load_toml(Path(__file__).with_name(f"{name}.toml"))


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


def _listed(symbols: Iterable[str]) -> str:
    return listed(sorted(set(symbols)), _SHOWN)
