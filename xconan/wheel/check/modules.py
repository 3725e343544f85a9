"""Each library in a wheel against the wheel's tags: its machine, and whether the host's Python would import it."""

from __future__ import annotations

import io
import posixpath
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xconan.binary import elf, macho, pe
from xconan.binary.finding import Finding
from xconan.ground.errors import ConfigError
from xconan.host.platforms import parse_platform, part_of
from xconan.host.tags import extension_suffixes, shared_suffixes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xconan.ground.files import Entry
    from xconan.host.platforms import Platform
    from xconan.host.tags import WheelTags
    from xconan.host.targets import Target
    from xconan.pythons.records import HostPython

_LIBRARY = re.compile(r"\.(so(\.\d+)*|pyd|dylib|dll)$")
_FORMATS = {
    b"\x7fELF": ("linux", "a Linux file"),
    pe.MAGIC: ("windows", "a Windows file"),
    **dict.fromkeys(macho.MAGICS, ("mac", "a macOS file")),
}
_HELP = re.compile(rb"add_dll_directory|\b(Win|Py)?(CDLL|DLL)\(|LoadLibrary")
_INIT = re.compile(r"Py(?:Init|ModExport)U?_(\w+)")  # PEP 489, PEP 793


def check_entries(entries: Sequence[Entry], host: Host) -> list[Finding]:
    """What in these files would not work on the host.

    Args:
        entries: the wheel's files.
        host: what the wheel says of itself and was built for.
    """
    findings: list[Finding] = []
    names = {entry.name for entry in entries}
    helped = any(_HELP.search(entry.read()) for entry in entries if entry.name.endswith(".py"))
    wheel = _Wheel(names=names, inside={name.rsplit("/", 1)[-1] for name in names}, helped=helped)
    for entry in entries:
        if _LIBRARY.search(entry.name) or entry.mode & 0o100:
            findings += _check(entry, host, wheel)
    if host.tags.pure:
        return findings
    from xconan.wheel.check.loading import check_loading  # noqa: PLC0415 - a wheel of Python files needs none of it
    from xconan.wheel.check.policy import check_policy  # noqa: PLC0415
    from xconan.wheel.check.stable import check_stable_abi  # noqa: PLC0415

    findings += check_stable_abi(wheel.binaries, host.tags, host.target)
    if host.target.platform.os == "linux":
        findings += check_loading(wheel.binaries, names, helped=helped)
        findings += check_policy(wheel.binaries, _platforms(host), wheel.inside | host.unavailable)
    return findings


def _platforms(host: Host) -> Iterator[Platform]:
    """The platforms that the wheel is tagged for; a tag that we don't know is the user's own affair."""
    for tag in host.tags.platform:
        with suppress(ConfigError):
            yield parse_platform(tag)


@dataclass(frozen=True, kw_only=True)
class Host:
    """What a wheel's files are compared with.

    Attributes:
        tags: of the wheel.
        target: the host that it was built for.
        python: the host's Python; its module suffix is what it imports.
        unavailable: file names of shared libraries that the host will not have: Conan's.
    """

    tags: WheelTags
    target: Target
    python: HostPython
    unavailable: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class _Wheel:
    """The wheel as far as it is known: names with and without folders; `binaries` fills file by file.

    `helped`: its Python files load libraries, or say where they are, so that those may lie anywhere in it.
    """

    names: set[str]
    inside: set[str]
    helped: bool = False
    binaries: dict[str, elf.Dynamic] = field(default_factory=dict)


def _check(entry: Entry, host: Host, wheel: _Wheel) -> Iterator[Finding]:
    tags, target = host.tags, host.target
    data = entry.read()
    library = _LIBRARY.search(entry.name) is not None
    os, kind = next((found for magic, found in _FORMATS.items() if data.startswith(magic)), ("", ""))
    if os != target.platform.os:
        if os and library:
            yield Finding(file=entry.name, message=f"it is {kind}, but the wheel is for {tags.platform[0]}",
                          hint="remove it from the package's folder")  # fmt: skip
        return
    if tags.pure:
        yield Finding(file=entry.name, message="a binary in a wheel that is tagged for any platform",
                      hint="set tool.xconan.wheel.pure_python = false")  # fmt: skip
        return
    check = _check_elf if os == "linux" else _check_mac_or_windows
    yield from check(entry.name, data, host, wheel)


def _check_elf(name: str, data: bytes, host: Host, wheel: _Wheel) -> Iterator[Finding]:
    tags, target = host.tags, host.target
    header = elf.read_header(io.BytesIO(data))
    if header is None:
        yield _damaged(name, "the file ends too early")
        return
    if reason := elf.mismatch(header, target.platform.arch):
        yield Finding(file=name, message=f"{reason} (tag {tags.platform[0]})",
                      hint="remove the file if it is a leftover; otherwise CMake used another compiler")  # fmt: skip
        return
    try:
        dynamic = elf.read_dynamic(io.BytesIO(data))
    except ValueError as error:
        yield _damaged(name, str(error))
        return
    wheel.binaries[name] = dynamic
    for needed in dynamic.needed:
        if needed in host.unavailable and needed not in wheel.inside:
            yield Finding(
                file=name, message=f"it needs {needed}, a shared library of Conan's that is not in the wheel",
                hint="link it statically (shared=False), or install() it beside the module with an RPATH of $ORIGIN",
            )  # fmt: skip
    if _LIBRARY.search(name):
        yield from _check_module(name, dynamic.exported, host)


def _damaged(name: str, reason: str) -> Finding:
    return Finding(file=name, message=f"it is damaged: {reason}", hint="build it again, from a clean folder")


def _check_mac_or_windows(name: str, data: bytes, host: Host, wheel: _Wheel) -> Iterator[Finding]:
    platform = host.target.platform
    try:
        if platform.os == "mac":
            slices = macho.read_macho(data)
            parts = [part_of(platform, arch) for arch in platform.arch.parts]
            anywhere = (
                {f"{posixpath.dirname(name)}/{one}".lstrip("/") for one in wheel.inside} if wheel.helped else set()
            )
            yield from macho.check_macho(name, slices, parts or [platform], wheel.names | anywhere)
            exported = slices[0].exported if slices else ()
            sought = tuple(symbol for one in slices for symbol in one.sought)
        else:
            found = pe.read_pe(data)
            folder = posixpath.dirname(name)
            beside = {one.rsplit("/", 1)[-1] for one in wheel.names if wheel.helped or posixpath.dirname(one) == folder}
            yield from pe.check_pe(name, found, host.target, host.tags, beside)
            exported, sought = found.exported, found.sought
    except ValueError as error:
        yield _damaged(name, str(error))
        return
    wheel.binaries[name] = elf.Dynamic(exported=exported, undefined=sought)
    if _LIBRARY.search(name):
        yield from _check_module(name, exported, host)


def _check_module(name: str, exported: Sequence[str], host: Host) -> Iterator[Finding]:
    tags, target, python = host.tags, host.target, host.python
    modules = [match[1] for one in exported if (match := _INIT.fullmatch(one))]
    if not modules:
        return  # a shared library, which Python does not import
    base = name.rsplit("/", 1)[-1]
    stem, dot, rest = base.partition(".")
    suffix = dot + rest
    importable = extension_suffixes(target, python.ext_suffix)
    shared = shared_suffixes(target, tags, python.ext_suffix)
    own = target.python_tag if target.abi == "none" else target.abi
    if suffix not in importable:
        yield Finding(
            file=name, message=f"its suffix is {suffix}, but {own} on {target.platform.tag} imports "
            f"{' or '.join(importable)}", hint="let FindPython set the suffix (Python_add_library … WITH_SOABI)",
        )  # fmt: skip
    elif suffix not in shared:
        who = f"only {own} imports" if suffix == python.ext_suffix else "not every Python of its tags imports"
        yield Finding(
            file=name, message=f"{who} the suffix {suffix}, but the wheel is tagged {tags}, which asks for "
            f"{' or '.join(shared)}",
            hint="build it for the stable ABI (USE_SABI, STABLE_ABI), or set tool.xconan.wheel.python_abi",
        )  # fmt: skip
    ascii_stem = stem if stem.isascii() else None
    if ascii_stem and ascii_stem not in modules:
        yield Finding(file=name, message=f"it defines PyInit_{modules[0]}, so it can't be imported as {stem}",
                      hint="name the CMake target as the module")  # fmt: skip
