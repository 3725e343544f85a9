"""The widest platform tag that a wheel's bytes deserve: the oldest for which the check finds no broken promise.

For manylinux (PEP 600) and musllinux (PEP 656) that is asked of the check itself, tag by tag; for macOS it is the
newest of the versions that the files say they need; Windows has one tag for a machine; files name none of Pyodide's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from xconan.binary import macho, pe, wasm
from xconan.ground.record import Record
from xconan.host.platforms import Libc, parse_platform, table
from xconan.wheel.check.libraries import GLIBC, MUSL
from xconan.wheel.check.modules import check_together
from xconan.wheel.check.policy import check_policy, floors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from xconan.binary.dynamic import Dynamic
    from xconan.binary.finding import Finding
    from xconan.ground.files import Entry
    from xconan.host.platforms import Platform
    from xconan.wheel.check.modules import Examined, Host

_LAST_WITH_MINOR = 10
_MUSL_NAME = re.compile(r"-linux-musl|libc\.musl-")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Deserved(Record):
    """A platform tag, and why it is no wider one.

    Attributes:
        tag: "manylinux_2_17_x86_64"; "linux_x86_64" where the bytes keep no promise, "any" where there are no binaries;
            "" where nobody can tell: binaries of several machines, or of one that xconan does not know.
        because: what stands in the way of the next wider tag, a sentence a file; empty for the widest that there is.
    """

    tag: str
    because: tuple[str, ...] = ()


def deserved(entries: Sequence[Entry], examined: Examined, host: Host) -> Deserved:
    """The widest platform tag that these files deserve.

    Args:
        entries: the wheel's files.
        examined: what the check has read of them.
        host: that they were compared with; its architecture and, where the files do not tell it, its C library.
    """
    if not examined.wheel.binaries:
        return Deserved(tag="" if _has_strangers(entries) else "any")
    platform = host.target.platform
    if platform.os == "linux":
        return _linux(examined, host)
    if platform.os == "pyodide":
        return Deserved(tag=platform.tag)
    return _mac(entries, platform) if platform.os == "mac" else _windows(entries)


def _has_strangers(entries: Sequence[Entry]) -> bool:
    """Whether there are binaries that could not be read: of another system or machine."""
    magics = (b"\x7fELF", pe.MAGIC, wasm.MAGIC, *macho.MAGICS)
    return any(entry.read().startswith(magics) for entry in entries if re.search(r"\.(so|pyd|dylib|dll)\b", entry.name))


def _linux(examined: Examined, host: Host) -> Deserved:
    arch = host.target.platform.arch
    plain = f"linux_{arch.name}"
    binaries, inside = examined.wheel.binaries, examined.wheel.inside
    libc = _libc(binaries) or host.target.platform.libc or Libc.GLIBC
    known = floors(libc, arch)
    if not known:
        return Deserved(tag=plain, because=(f"no policy has {arch.name}",))
    family = "manylinux" if libc is Libc.GLIBC else "musllinux"
    candidates = [parse_platform(f"{family}_{major}_{minor}_{arch.name}") for major, minor in known]
    newest = candidates[-1]
    target = replace(host.target, platform=newest)
    elsewhere = replace(host, target=target, tags=replace(host.tags, platform=(newest.tag,)))
    broken = _sentences(finding for finding in check_together(examined.wheel, elsewhere))
    if broken:
        return Deserved(tag=plain, because=broken)
    because: tuple[str, ...] = ()
    for candidate in candidates:
        broken = _sentences(check_policy(binaries, [candidate], inside))
        if not broken:
            return Deserved(tag=candidate.tag, because=because)
        because = broken
    return Deserved(tag=plain, because=because)


def _libc(binaries: dict[str, Dynamic]) -> Libc | None:
    """The C library that the files were linked against; None where they do not tell."""
    needed = {library for dynamic in binaries.values() for library in dynamic.needed}
    glibc = any(GLIBC.fullmatch(name) for name in needed)
    if any(_MUSL_NAME.search(name) for name in (*needed, *binaries)):
        return Libc.MUSL
    if not glibc and any(MUSL.fullmatch(name) for name in needed):
        return Libc.MUSL
    return Libc.GLIBC if glibc else None


def _sentences(findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(f"{finding.file}: {finding.message}" for finding in findings if finding.breaks_tag)


def _mac(entries: Sequence[Entry], platform: Platform) -> Deserved:
    """The parts that every file has, and the newest macOS that one of them needs."""
    machines = {arch.machine: name for name, arch in table()["mac"].items() if not arch.parts}
    needs_of = [(name, [(image.machine, image.minimum) for image in slices]) for name, slices in _slices(entries)]
    every = [frozenset(machines.get(machine, "") for machine, _ in needs) for _, needs in needs_of]
    common = frozenset.intersection(*every) if every else frozenset()
    universal = next((name for name, arch in table()["mac"].items() if arch.parts and {*arch.parts} <= common), "")
    name = universal or next(iter(sorted(common)), "")
    if not name:
        return Deserved(tag="", because=("its files are for different machines",))
    parts = table()["mac"][name].parts or (name,)
    newest, because = _first(parts[0]), ""
    for file, machine, minimum in ((file, *one) for file, needs in needs_of for one in needs):
        part = machines.get(machine, "")
        needs = minimum or platform.floor or (0, 0)
        # a part is no older than its first macOS, whatever a universal tag says
        if part in parts and needs > max(newest, _first(part)):
            newest, because = needs, f"{file}: it needs macOS {needs[0]}.{needs[1]} ({part})"
    major, minor = newest
    if major > _LAST_WITH_MINOR:  # since 11, tags have whole versions
        major, minor = major + bool(minor), 0
    return Deserved(tag=f"macosx_{major}_{minor}_{name}", because=(because,) if because else ())


def _first(part: str) -> tuple[int, int]:
    major, minor = table()["mac"][part].zig_oldest.split(".")
    return int(major), int(minor)


def _slices(entries: Sequence[Entry]) -> Iterator[tuple[str, tuple[macho.MachO, ...]]]:
    for entry in entries:
        if re.search(r"\.(so|dylib)$", entry.name) or entry.mode & 0o100:
            data = entry.read()
            if data.startswith(macho.MAGICS):
                try:
                    yield entry.name, macho.read_macho(data)
                except ValueError:
                    continue


def _windows(entries: Sequence[Entry]) -> Deserved:
    names = {arch.machine: name for name, arch in table()["windows"].items()}
    machines = set()
    for entry in entries:
        if re.search(r"\.(pyd|dll)$", entry.name):
            data = entry.read()
            if data.startswith(pe.MAGIC):
                try:
                    machines.add(names.get(pe.read_pe(data).machine, ""))
                except ValueError:
                    continue
    if len(machines) != 1 or "" in machines:
        return Deserved(tag="", because=("its files are for different machines",))
    (name,) = machines
    return Deserved(tag=name if name == "win32" else f"win_{name}")
