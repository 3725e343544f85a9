"""Each file of a wheel against the wheel's tags: what the host could not load, import or compile."""

from __future__ import annotations

import io
import posixpath
import re
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from xconan.binary import elf, macho, pe, wasm
from xconan.binary.finding import Finding
from xconan.ground.errors import ConfigError
from xconan.host.platforms import Libc, parse_platform, part_of
from xconan.host.tags import extension_suffixes, oldest_python, shared_suffixes
from xconan.wheel.check.entries import check_names
from xconan.wheel.check.kinds import (
    LIBRARY,
    check_object,
    check_other_file,
    is_importable,
    is_tagged,
    stem_and_suffix,
    unlinked,
)
from xconan.wheel.check.sources import read_sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from xconan.binary.dynamic import Dynamic
    from xconan.ground.files import Entry
    from xconan.host.platforms import Platform
    from xconan.host.tags import WheelTags
    from xconan.host.targets import Target
    from xconan.pythons.records import HostPython
    from xconan.wheel.check.hosts import HostLibraries

_FORMATS = {
    b"\x7fELF": ("linux", "a Linux file"),
    pe.MAGIC: ("windows", "a Windows file"),
    wasm.MAGIC: ("pyodide", "a WebAssembly module"),
    **dict.fromkeys(macho.MAGICS, ("mac", "a macOS file")),
}
_INIT = re.compile(r"Py(?:Init|ModExport)U?_(\w+)")  # PEP 489, PEP 793
_NAMES_A_PYTHON = re.compile(r"\.(cpython-|pypy|cp)\d")  # a suffix; compilers in place (build_ext --inplace) leave such
_INIT_HINT = "define it with PyMODINIT_FUNC, and let no version script or -fvisibility hide it"


def check_entries(entries: Sequence[Entry], host: Host) -> list[Finding]:
    """What in these files would not work on the host.

    Args:
        entries: the wheel's files.
        host: the wheel's tags and the host that it was built for.
    """
    return examine(entries, host).findings


def examine(entries: Sequence[Entry], host: Host) -> Examined:
    """What check_entries() does, and what it has read for it."""
    names = [entry.name for entry in entries]
    inside = frozenset(name.rsplit("/", 1)[-1] for name in names)
    oldest = oldest_python(host.tags, host.target.version, host.requires_python)
    files = {entry.name: entry.read() for entry in entries if entry.name.endswith(".py")}
    sources = read_sources(files, inside, (int(oldest[0]), int(oldest[1:])))
    system = "" if host.tags.pure else host.target.platform.os
    findings = [*check_names(names, system), *sources.findings]
    wheel = Wheel(names=set(names), inside={*inside}, python_loads_libraries=sources.python_loads_libraries)
    looked_at = [entry for entry in entries if LIBRARY.search(entry.name) or entry.mode & 0o100]
    for entry in looked_at if system == "mac" else ():
        with suppress(ValueError):  # of one that is damaged, which is told below
            wheel.images[entry.name] = macho.read_macho(data) if (data := entry.read()).startswith(macho.MAGICS) else ()
    for entry in looked_at:
        findings += _check(entry, host, wheel)
    return Examined(findings=findings if host.tags.pure else [*findings, *check_together(wheel, host)], wheel=wheel)


def check_together(wheel: Wheel, host: Host) -> Iterator[Finding]:
    """What the binaries need of each other, of Python and of the host."""
    from xconan.wheel.check.loading import Loading  # noqa: PLC0415 - a wheel of Python files needs none of it
    from xconan.wheel.check.names import PythonNames, check_python_names  # noqa: PLC0415
    from xconan.wheel.check.policy import check_policy  # noqa: PLC0415
    from xconan.wheel.check.running import check_running  # noqa: PLC0415
    from xconan.wheel.check.stable import check_stable_abi  # noqa: PLC0415

    pythons = PythonNames(host.target, _library_names(host))
    yield from check_stable_abi(wheel.binaries, host.tags, host.target, wheel.inside)
    if not host.tags.limited_api:
        yield from check_python_names(wheel.binaries, pythons, wheel.inside)
    if host.target.platform.os != "linux":
        return
    platforms = list(_platforms(host))
    needed = {library for dynamic in wheel.binaries.values() for library in dynamic.needed}
    elsewhere = host.unavailable | host.not_installed | {library for library in needed if host.expects(library)}
    loading = Loading(
        binaries=wheel.binaries, names=wheel.names, python_loads_libraries=wheel.python_loads_libraries,
        pythons=pythons, host=_libraries(host),
        has_policy=any(platform.libc for platform in platforms), musl=host.target.platform.libc is Libc.MUSL,
        known_missing=elsewhere, shared_python=host.python.library is not None,
    )  # fmt: skip
    yield from loading.check()
    yield from check_policy(wheel.binaries, platforms, wheel.inside | elsewhere)
    yield from check_running(wheel.binaries, host.target.platform)
    if host.packages:
        from xconan.wheel.check.exposed import check_exposed  # noqa: PLC0415

        yield from check_exposed(wheel.binaries, host.packages)


def _libraries(host: Host) -> HostLibraries | None:
    from xconan.wheel.check.hosts import HostLibraries  # noqa: PLC0415

    return HostLibraries(host.roots, host.target.platform.arch) if host.roots else None


def _library_names(host: Host) -> tuple[str, ...]:
    """What the host's libpython exports: its own list is surer than our table. Empty where the file is not at hand."""
    from xconan.binary.dynamic import read_dynamic  # noqa: PLC0415

    if host.python.library is None or host.target.platform.os != "linux":
        return ()
    try:
        return read_dynamic(io.BytesIO(host.python.library.read_bytes())).exported
    except (OSError, ValueError):
        return ()  # a static library, or a linker script


def _platforms(host: Host) -> Iterator[Platform]:
    """The platforms that the wheel is tagged for; a tag that xconan does not know has no rules to check."""
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
        unavailable: file names of Conan's shared libraries, which the host does not have.
        not_installed: file names of libraries that CMake built and that are not in the wheel; missing.py reports them.
        roots: folders of the build machine that hold the host's own files: a sysroot, "/" for a native build. Without
            any, nothing is known of the host's libraries but what its platform tag guarantees.
        packages: (reference, folder) of Conan's, whose static libraries modules keep to themselves; () if they may not.
        expected: globs of libraries that the host has, whatever its platform tag says: "libcuda.so.*".
        requires_python: of the wheel's metadata, "" without.
    """

    tags: WheelTags
    target: Target
    python: HostPython
    unavailable: frozenset[str] = frozenset()
    not_installed: frozenset[str] = frozenset()
    roots: tuple[Path, ...] = ()
    packages: tuple[tuple[str, str], ...] = ()
    expected: tuple[str, ...] = ()
    requires_python: str = ""

    def expects(self, library: str) -> bool:
        """Whether the host has a library of this name, as the project says."""
        return any(fnmatchcase(library, pattern) for pattern in self.expected)


@dataclass(frozen=True, kw_only=True)
class Wheel:
    """The wheel as far as it has been read.

    Attributes:
        names: of its files, with folders.
        inside: the same without folders.
        python_loads_libraries: its Python files load libraries, or add folders to search, so that the libraries may lie
            anywhere in it.
        binaries: what its binaries contain, by name; filled file by file.
        images: the same of those for macOS, before any of them is judged.
    """

    names: set[str]
    inside: set[str]
    python_loads_libraries: bool = False
    binaries: dict[str, Dynamic] = field(default_factory=dict)
    images: dict[str, Sequence[macho.MachO]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Examined:
    """What is wrong with a wheel's files, and what they are."""

    findings: list[Finding]
    wheel: Wheel


def _check(entry: Entry, host: Host, wheel: Wheel) -> Iterator[Finding]:
    tags, target = host.tags, host.target
    data = entry.read()
    library = LIBRARY.search(entry.name) is not None
    os, kind = next((names for magic, names in _FORMATS.items() if data.startswith(magic)), ("", ""))
    if not os and library and (finding := check_other_file(entry.name, data)):
        yield finding
    if os != target.platform.os:
        if os and library:
            yield Finding(file=entry.name, message=f"it is {kind}, but the wheel is for {tags.platform[0]}",
                          hint="remove it from the package's folder")  # fmt: skip
        return
    if tags.pure:
        yield Finding(file=entry.name, message="a binary in a wheel that is tagged for any platform",
                      hint="set tool.xconan.wheel.pure_python = false")  # fmt: skip
        return
    check = {"linux": _check_elf, "pyodide": _check_wasm}.get(os, _check_mac_or_windows)
    yield from check(entry.name, data, host, wheel)


def _check_elf(name: str, data: bytes, host: Host, wheel: Wheel) -> Iterator[Finding]:
    from xconan.binary.dynamic import read_dynamic  # noqa: PLC0415 - a wheel for others needs none of it

    tags, target = host.tags, host.target
    header = elf.read_header(io.BytesIO(data))
    if header is None:
        yield _damaged(name, "the file ends too early")
        return
    if reason := elf.mismatch(header, target.platform.arch):
        yield Finding(file=name, message=f"{reason} (tag {tags.platform[0]})",
                      hint="remove the file if it is a leftover; otherwise CMake used another compiler")  # fmt: skip
        return
    if LIBRARY.search(name) and (finding := check_object(name, header, data)):
        yield finding
        return
    try:
        dynamic = read_dynamic(io.BytesIO(data))
    except ValueError as error:
        yield _damaged(name, str(error))
        return
    wheel.binaries[name] = dynamic
    for needed in dynamic.needed:
        if needed in host.unavailable and needed not in wheel.inside and not host.expects(needed):
            yield _left_in_conan(name, needed)
    if LIBRARY.search(name):
        yield from _check_module(name, dynamic, host, wheel)


def _check_wasm(name: str, data: bytes, host: Host, wheel: Wheel) -> Iterator[Finding]:
    from xconan.binary.dynamic import Dynamic  # noqa: PLC0415

    if not LIBRARY.search(name):
        return  # a program of somebody's, which no Python loads
    platform = host.target.platform
    try:
        module = wasm.read_wasm(data)
    except ValueError as error:
        yield _damaged(name, str(error))
        return
    if not module.linked:
        yield unlinked(name)
        return
    found = wasm.check_wasm(name, module, platform, wheel.names, by_python=wheel.python_loads_libraries)
    yield from _told_of_conan(found, module.needed, host)
    dynamic = Dynamic(exported=module.exported, undefined=module.undefined, data=module.data, needed=module.needed)
    wheel.binaries[name] = dynamic
    if module.side_module and module.machine == platform.arch.machine:
        yield from _check_module(name, dynamic, host, wheel)


def _left_in_conan(name: str, library: str) -> Finding:
    return Finding(
        file=name, message=f"it needs {library}, a shared library from Conan that is not in the wheel",
        hint='write tool.xconan.wheel.bundle = "auto", or link it statically (shared=False)',
    )  # fmt: skip


def _told_of_conan(
    findings: Iterable[Finding], needed: Sequence[str], host: Host, *, one_case: bool = False
) -> Iterator[Finding]:
    """Findings of all but Linux, where what is said of missing libraries is said of those of Conan's as such.

    A library that the project says the host has (`bundle_exclude`) is not missing.
    """
    conan = {library.lower() if one_case else library for library in host.unavailable}
    lacks = {f"it needs {library}, and ": library for library in needed}
    lacks |= {f"it needs {library}, which is neither ": library for library in needed}
    lacks |= {f"it needs {library}, which is not in the wheel": library for library in needed}
    for finding in findings:
        library = next((lacks[start] for start in lacks if finding.message.startswith(start)), "")
        base = posixpath.basename(library)
        if library and host.expects(base):
            continue
        from_conan = (base.lower() if one_case else base) in conan and "RPATH does not" not in finding.message
        yield _left_in_conan(finding.file, base) if library and from_conan else finding


def _damaged(name: str, reason: str) -> Finding:
    return Finding(file=name, message=f"it is damaged: {reason}", hint="build it again, from a clean folder")


def _check_mac_or_windows(name: str, data: bytes, host: Host, wheel: Wheel) -> Iterator[Finding]:
    from xconan.binary.dynamic import Dynamic  # noqa: PLC0415

    platform = host.target.platform
    try:
        if platform.os == "mac":
            slices = wheel.images[name] = macho.read_macho(data)
            linked = all(image.linked for image in slices)
            parts = [part_of(platform, arch) for arch in platform.arch.parts]
            folder = posixpath.dirname(name)
            loaded = wheel.inside if wheel.python_loads_libraries else ()
            anywhere = {f"{folder}/{library}".lstrip("/") for library in loaded}
            needed = [library for image in slices for library in image.needed]
            found = macho.check_macho(name, slices, parts or [platform], wheel.names | anywhere, wheel.images)
            yield from _told_of_conan(found, needed, host)
            sought = tuple(symbol for image in slices for symbol in image.sought)
            first = next(iter(slices), None)
            dynamic = Dynamic(undefined=sought) if first is None else Dynamic(
                exported=first.exported, undefined=sought, data=first.data, hidden=first.hidden, needed=first.needed
            )  # fmt: skip
        else:
            dll = pe.read_pe(data)
            linked = dll.library
            beside = {
                posixpath.basename(file) for file in wheel.names
                if wheel.python_loads_libraries or posixpath.dirname(file) == posixpath.dirname(name)
            }  # fmt: skip
            found = pe.check_pe(name, dll, host.target, host.tags, beside)
            yield from _told_of_conan(found, dll.needed, host, one_case=True)
            dynamic = Dynamic(exported=dll.exported, undefined=dll.sought, data=dll.data)
    except ValueError as error:
        yield _damaged(name, str(error))
        return
    if not linked and LIBRARY.search(name):
        yield unlinked(name)
        return
    wheel.binaries[name] = dynamic
    if LIBRARY.search(name):
        yield from _check_module(name, dynamic, host, wheel)


def _check_module(name: str, dynamic: Dynamic, host: Host, wheel: Wheel) -> Iterator[Finding]:
    modules = [match[1] for symbol in dynamic.exported if (match := _INIT.fullmatch(symbol))]
    stem, suffix = stem_and_suffix(name)
    if not modules:
        yield from _check_lost_init(name, stem, dynamic, wheel)
        return
    if suffix == ".so" and stem.startswith("lib") and len(modules) > 1:
        return  # a library of the interpreter itself, with its built-in modules
    if suffix == ".dll" and stem.removeprefix("lib") not in modules:
        return  # no module is named .dll: a library that others link, and that a loader imports by hand (pywin32)
    yield from _check_suffix(name, suffix, host)
    own = [symbol for symbol in dynamic.data if _INIT.fullmatch(symbol) and symbol.endswith(f"_{stem}")]
    if own:
        yield Finding(file=name, message=f"{own[0]} is data, not a function: importing it would crash",
                      hint="define it with PyMODINIT_FUNC, as a function of no arguments")  # fmt: skip
    if stem.isascii() and stem not in modules and "__init__" not in modules:
        yield Finding(file=name, message=f"it defines PyInit_{modules[0]}, so it can't be imported as {stem}",
                      hint="name the CMake target as the module")  # fmt: skip


def _check_lost_init(name: str, stem: str, dynamic: Dynamic, wheel: Wheel) -> Iterator[Finding]:
    """A module without its init function (PyInit_NAME), which `import` calls; a plain shared library needs none."""
    wanted = [f"PyInit_{stem}", f"PyModExport_{stem}"]
    if not is_importable(name):
        return
    if hidden := [symbol for symbol in dynamic.hidden if is_tagged(name) or symbol in wanted]:
        yield Finding(
            file=name, message=f"{hidden[0]} is hidden in it, so that no Python can import it", hint=_INIT_HINT
        )
    elif undefined := [symbol for symbol in dynamic.undefined if symbol in wanted]:
        yield Finding(file=name, message=f"it looks for {undefined[0]} elsewhere, and does not define it",
                      hint="add the source file that defines it to the target")  # fmt: skip
    elif is_tagged(name) and not wheel.python_loads_libraries:
        yield Finding(
            file=name, message=f"it exports no {wanted[0]}, so it can't be imported",
            hint=f"{_INIT_HINT.partition(', and')[0]}; if it is no module, name it as a library: lib{stem}.so",
        )  # fmt: skip


def _check_suffix(name: str, suffix: str, host: Host) -> Iterator[Finding]:
    tags, target, python = host.tags, host.target, host.python
    importable = extension_suffixes(target, python.ext_suffix)
    shared = shared_suffixes(target, tags, python.ext_suffix)
    own = target.python_tag if target.abi == "none" else target.abi
    if suffix not in importable:
        left = "remove the file if another build has left it in the package's folder; otherwise "
        yield Finding(
            file=name, message=f"its suffix is {suffix}, but {own} on {target.platform.tag} imports "
            f"{' or '.join(importable)}", hint=f"{left if _NAMES_A_PYTHON.match(suffix) else ''}"
            "let FindPython set the suffix (Python_add_library … WITH_SOABI)",
        )  # fmt: skip
    elif suffix not in shared:
        who = f"only {own} imports" if suffix == python.ext_suffix else "not every Python of its tags imports"
        yield Finding(
            file=name, message=f"{who} the suffix {suffix}, but the wheel is tagged {tags}, which asks for "
            f"{' or '.join(shared)}",
            hint="build it for the stable ABI: Python_add_library(… USE_SABI …), with Development.SABIModule in "
            "find_package(Python), or nanobind's STABLE_ABI; or set tool.xconan.wheel.python_abi",
        )  # fmt: skip
