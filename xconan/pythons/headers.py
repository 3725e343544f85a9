"""A host Python found by its headers and verified before anything is compiled.

patchlevel.h says version and implementation, pyconfig.h the size of a pointer and whether there is a GIL,
the library's ELF header its machine. Debian's pyconfig.h only dispatches to one file an architecture.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground import reads
from xconan.ground.errors import HostPythonError, Problems
from xconan.host.tags import abi_of, ext_suffix, is_suffix_of, soabi
from xconan.host.targets import IMPLEMENTATIONS, pypy_abi
from xconan.pythons.beside import another_machine, library_beside, sysconfig_data
from xconan.pythons.own import add_command, missing_headers, running_python, serves
from xconan.pythons.records import HostPython

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xconan.host.targets import Target
    from xconan.project.config.records import CrossConfig
    from xconan.pythons.details import Details
    from xconan.toolchains.records import Toolchain

_DEFINE = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+(\S.*?)[ \t]*(?:/\*.*)?$", re.MULTILINE)
_DISPATCH = re.compile(r"#[ \t]*include[ \t]*<([\w.+-]+/[^>\s]*pyconfig\.h)>")
_HINTS = ("Python3_INCLUDE_DIR", "Python_INCLUDE_DIR")  # what a toolchain file may tell FindPython
_ROOTS = ("Python3_ROOT_DIR", "Python_ROOT_DIR", "CMAKE_SYSROOT", "CMAKE_FIND_ROOT_PATH")
_LEVELS = {"0xA": "alpha", "0xB": "beta", "0xC": "candidate", "0xF": "final"}


@dataclass(frozen=True, kw_only=True)
class _Place:
    """A folder that may hold Python.h, who says so, and what to do if the headers are not right.

    Attributes:
        stored: it is the store's, which has compared what it holds.
    """

    folder: Path
    origin: str
    details: Details | None = None
    stored: bool = False
    remedy: str = "give the headers of that Python"


def find_host_python(cross: CrossConfig, toolchain: Toolchain | None, *, needed: bool) -> HostPython:
    """Find the host's Python and verify it against the cross.toml.

    Args:
        cross: what is asked for.
        toolchain: its sysroot, roots and FindPython hints are searched; None where nothing is compiled.
        needed: whether a module is compiled against it; if not, missing headers are fine.

    Raises:
        NoOwnHeadersError: the running Python's headers would do, and it has none.
        HostPythonError: it is missing, or is not what the cross.toml says; both sides are shown.
    """
    if cross.native:
        return running_python(cross, needed=needed)
    variables = dict(toolchain.variables) if toolchain else {}
    places = list(_places(cross, toolchain))
    place = next((place for place in places if reads.seen(place.folder / "Python.h").is_file()), None)
    if place is None:
        if not (needed or cross.include_dir):
            return _named_only(cross)
        # a folder that was named and has no headers is a mistake: nothing else is taken in its place
        named = cross.prefix or cross.include_dir or any(hint in variables for hint in _HINTS)
        place = None if named else _stored_place(cross, toolchain)
    if place is None:
        from xconan.pythons.adapted import adapted_python  # noqa: PLC0415 - only here

        free = toolchain if not named else None
        adapted = (adapted_python(cross, free) or _adapted_from_store(cross, free)) if free else None
        if adapted is None:
            lacking = toolchain is not None and not named and serves(cross.target)
            raise missing_headers(cross) if lacking else _not_found(cross, places)
        return adapted
    problems = Problems()
    version = _check_version(place, cross, problems)
    pyconfig = _check_pyconfig(place, cross, problems)
    details = place.details
    _check_installation(place, version, pyconfig, cross, problems)
    library = cross.library or _hinted_library(variables) or (details.library if details else None)
    library = library or library_beside(place.folder, cross.target)
    stable = cross.sabi_library or (details.sabi_library if details else None)
    for path, key in ((library, "library"), (stable, "sabi_library")):
        _check_library(path, key, cross, problems)
    data = sysconfig_data(place.folder, cross.target)
    suffix = _suffix(place, cross, data.suffix if data else None)
    abi = _abi(place, cross, suffix, problems)
    problems.raise_if_any()
    if toolchain:
        pyconfig, library, stable = _for_compiler(place.folder, pyconfig, cross, toolchain, (library, stable))
    return HostPython(
        include_dir=place.folder,
        pyconfig=pyconfig,
        version=version,
        library=library,
        sabi_library=stable,
        soabi=suffix.removeprefix(".").rpartition(".")[0],
        ext_suffix=suffix,
        sysconfig_file=data.file if data else None,
        origin=place.origin,
        abi=abi,
    )


def _for_compiler(
    include: Path, pyconfig: Path, cross: CrossConfig, toolchain: Toolchain, libraries: tuple[Path | None, Path | None]
) -> tuple[Path, Path | None, Path | None]:
    """Pyconfig.h for this compiler, and for Windows the import libraries: of the installation, else made ones."""
    library, stable = libraries
    if cross.target.platform.os == "linux":
        from xconan.pythons.promises import asked_pyconfig  # noqa: PLC0415 - only where something is compiled

        return asked_pyconfig(include, pyconfig, cross.target.abi), library, stable
    if cross.target.platform.os != "windows":
        return pyconfig, library, stable
    from xconan.pythons.windows import adapt_pyconfig, has_limited_api, import_library  # noqa: PLC0415 - only here

    adapted = adapt_pyconfig(pyconfig, cross.target)
    library = library or import_library(include, adapted, cross, toolchain, stable=False)
    if stable is None and has_limited_api(cross.target):
        stable = import_library(include, adapted, cross, toolchain, stable=True)
    return adapted, library, stable


def _suffix(place: _Place, cross: CrossConfig, recorded: str | None) -> str:
    """The module suffix: as configured, else by the installation's own files, else by the target's name."""
    if cross.soabi:
        return ext_suffix(cross.target, cross.soabi)
    suffix = (place.details and place.details.suffix) or recorded
    return suffix or _pypy_suffix(place, cross.target) or ext_suffix(cross.target)


def _abi(place: _Place, cross: CrossConfig, suffix: str, problems: Problems) -> str:
    """The ABI tag; PyPy's own files know it."""
    target = cross.target
    if target.implementation != "pp" or cross.soabi:
        return target.abi
    file = place.folder / "patchlevel.h"
    if is_suffix_of(target, suffix):
        abi = abi_of(suffix)
        if target.abi_known and abi != target.abi:
            _wrong(problems, f"abi is '{target.abi}', but this PyPy's is '{abi}'", cross=cross, key="abi", file=file,
                   place=place)  # fmt: skip
        return abi
    if suffix != ext_suffix(target):
        _wrong(problems, f"arch is '{target.platform.tag}' ({target.platform.arch.multiarch}), but this PyPy's own "
               f"modules are named {suffix}", cross=cross, key="arch", file=file, place=place)  # fmt: skip
    return target.abi


def _check_installation(
    place: _Place, version: tuple[int, int, int, str, int], pyconfig: Path, cross: CrossConfig, problems: Problems
) -> None:
    """What else the installation says of its version and machine."""
    details = place.details
    if details and -1 < details.version[2] != version[2]:
        error = HostPythonError(
            f"{details.file.name} is of {'.'.join(map(str, details.version))}, but patchlevel.h of "
            f"{'.'.join(map(str, version[:3]))}", where=f"{details.file}, and {place.folder / 'patchlevel.h'}",
            hint="install one of them again, or set include_dir: the headers are looked at alone then",
        )  # fmt: skip
        problems.found.append(error)
    own_file = pyconfig.parent != place.folder  # the architecture's own pyconfig.h, of several
    if not (problems.found or place.stored or own_file):
        problems.found += another_machine(place.folder, cross, place.origin, place.remedy)


def _pypy_suffix(place: _Place, target: Target) -> str | None:
    """PyPy's module suffix: that of its own modules, else by its version (pypy/module/imp/importing.py)."""
    if target.implementation != "pp":
        return None
    include = place.folder
    for prefix in (include.parent.parent, include.parent):
        for folder in (prefix / "lib" / target.python_name, prefix / "lib_pypy"):
            names = sorted("." + module.name.partition(".")[2] for module in folder.glob("*.pypy*-*-*.so"))
            if names:
                return next((suffix for suffix in names if is_suffix_of(target, suffix)), names[0])
    version = re.match(r'"(\d+)\.(\d+)', _defines(include / "patchlevel.h", place).get("PYPY_VERSION", ""))
    if version is None:
        return None
    return ext_suffix(replace(target, abi=pypy_abi(target.version, version[1] + version[2])))


def _named_only(cross: CrossConfig) -> HostPython:
    target = cross.target
    return HostPython(
        include_dir=None,
        pyconfig=None,
        version=(int(target.version[0]), int(target.version[1:]), 0, "final", 0),
        library=None,
        sabi_library=None,
        soabi=cross.soabi or soabi(target),
        ext_suffix=ext_suffix(target, cross.soabi),
        origin="none needed",
    )


def _roots(cross: CrossConfig, toolchain: Toolchain | None) -> list[tuple[Path, str]]:
    """Folders that may hold the host's Python somewhere below, and who names them."""
    roots = [(cross.prefix, f"prefix of {cross.source_of('prefix')}")] if cross.prefix else []
    variables = toolchain.variables if toolchain else {}
    for name in _ROOTS:
        named = (root for root in variables.get(name, "").split(";") if root)
        roots += [(Path(root), f"{name} of the toolchain file") for root in named]
    return roots


def _places(cross: CrossConfig, toolchain: Toolchain | None) -> Iterator[_Place]:
    """Where the headers may be, in the order in which they are tried."""
    if cross.include_dir:
        yield _Place(folder=cross.include_dir, origin=f"include_dir of {cross.source_of('include_dir')}")
        return
    variables = toolchain.variables if toolchain else {}
    for name in _HINTS:
        if name in variables:
            yield _Place(folder=Path(variables[name]), origin=f"{name} of the toolchain file")
    roots = _roots(cross, toolchain)
    name = f"python{cross.target.dotted_version}"
    names = [f"{name}t"] if cross.target.free_threaded else [name, f"{name}m"]
    names = [cross.target.python_name, "."] if cross.target.implementation == "pp" else names
    if cross.target.platform.os == "windows":
        yield from (
            _Place(folder=root / one, origin=origin) for root, origin in roots for one in ("include", "Include")
        )
    if roots:
        from xconan.pythons.details import find_details  # noqa: PLC0415 - an include_dir asks for none of it
    for root, origin in roots:
        for details in find_details(root, origin, cross):
            if details.include:
                yield _Place(folder=details.include, origin=f"{details.file.name} below {origin}", details=details)
        for below in ("usr/local/include", "usr/include", "include"):
            yield from (_Place(folder=root / below / one, origin=origin) for one in names)


def _stored_place(cross: CrossConfig, toolchain: Toolchain | None) -> _Place | None:
    from xconan.pythons.store import find_stored  # noqa: PLC0415 - only where nothing is named

    entry = find_stored(cross.target, toolchain.libc if toolchain else None)
    if entry is None:
        return None
    return _Place(folder=entry.include_dir, origin=f"xconan's store: {entry.name}", stored=True, remedy=entry.remedy)


def _adapted_from_store(cross: CrossConfig, toolchain: Toolchain) -> HostPython | None:
    """The same Python of another Linux machine, as far as it is the same."""
    from xconan.pythons.adapted import adapted_pyconfig, stored_for_another  # noqa: PLC0415 - the last of all places

    entry = stored_for_another(cross.target)
    if entry is None:
        return None
    origin, problems = f"xconan's store: {entry.name}, adapted to the host", Problems()
    place = _Place(folder=entry.include_dir, origin=origin, remedy=entry.remedy)
    version, suffix = _check_version(place, cross, problems), _suffix(place, cross, None)
    abi = _abi(place, cross, suffix, problems)
    problems.raise_if_any()
    return HostPython(
        include_dir=entry.include_dir,
        pyconfig=adapted_pyconfig(entry.include_dir, cross, toolchain),
        version=version,
        library=None,
        sabi_library=cross.sabi_library,
        soabi=suffix.removeprefix(".").rpartition(".")[0],
        ext_suffix=suffix,
        origin=origin,
        abi=abi,
    )


def _not_found(cross: CrossConfig, places: Sequence[_Place]) -> HostPythonError:
    from xconan.build_machine.buildenv import running_target  # noqa: PLC0415 - only for the error
    from xconan.pythons.store import store_folder  # noqa: PLC0415 - only for the error

    wanted = f"{cross.target.abi} on {cross.target.platform.tag}"
    folders = dict.fromkeys(str(place.folder) for place in places)
    tried = ", ".join([*folders, f"the store of host Pythons, {store_folder()}"])
    own = running_target().interpreter
    needs = f"the running Python's serve {own} alone"
    if cross.target.platform.os == "windows":
        needs = "those for Windows are its own"
    hint = f"{add_command(cross.target)}; or set include_dir to the folder of the host's Python.h ({needs})"
    if cross.include_dir:
        below = cross.include_dir / f"python{cross.target.dotted_version}"
        hint = f"did you mean {below}?" if (below / "Python.h").is_file() else hint
        return HostPythonError(f"there is no Python.h in {cross.include_dir}", hint=hint,
                               where=cross.place("include_dir"))  # fmt: skip
    return HostPythonError(f"no headers of the host's Python ({wanted}); tried: {tried}", where=cross.source, hint=hint)


def _defines(path: Path, place: _Place) -> dict[str, str]:
    try:
        text = path.read_text("utf-8", "replace")
    except OSError as error:
        raise HostPythonError(
            f"cannot read {path.name}: {error.strerror}", where=f"{path} ({place.origin})", hint=place.remedy
        ) from None
    return dict(_DEFINE.findall(text))


def _wrong(problems: Problems, message: str, *, cross: CrossConfig, key: str, file: Path, place: _Place) -> None:
    error = HostPythonError(
        message, where=f"{cross.place(key)}, and {file} ({place.origin})",
        hint=f"correct {key}, or {place.remedy}",
    )  # fmt: skip
    problems.found.append(error)


def _check_version(place: _Place, cross: CrossConfig, problems: Problems) -> tuple[int, int, int, str, int]:
    file = place.folder / "patchlevel.h"
    defines = _defines(file, place)
    try:
        major, minor, micro = (int(defines[f"PY_{part}_VERSION"]) for part in ("MAJOR", "MINOR", "MICRO"))
        serial = int(defines.get("PY_RELEASE_SERIAL", "0"))
    except (KeyError, ValueError):
        raise HostPythonError(
            "there is no version in patchlevel.h", where=f"{file} ({place.origin})", hint=place.remedy
        ) from None
    level = defines.get("PY_RELEASE_LEVEL", "").removeprefix("PY_RELEASE_LEVEL_").lower()
    level = {"gamma": "candidate"}.get(level, level if level in _LEVELS.values() else "final")
    target, actual = cross.target, f"{major}{minor}"
    implementation = "pp" if "PYPY_VERSION" in defines else "cp"
    if implementation != target.implementation and target.implementation in IMPLEMENTATIONS:
        _wrong(problems, f"implementation is '{target.implementation}' ({IMPLEMENTATIONS[target.implementation]}), but "
               f"the headers are of {IMPLEMENTATIONS[implementation]}", cross=cross, key="implementation", file=file,
               place=place)  # fmt: skip
    if actual != target.version:
        _wrong(problems, f"version is '{target.version}' ({target.dotted_version}), but the headers are of "
               f"{major}.{minor}.{micro}", cross=cross, key="version", file=file, place=place)  # fmt: skip
    return major, minor, micro, level, serial


def _check_pyconfig(place: _Place, cross: CrossConfig, problems: Problems) -> Path:
    file = place.folder / "pyconfig.h"
    arch, target = cross.target.platform.arch, cross.target
    dispatched = _DISPATCH.findall(file.read_text("utf-8", "replace")) if reads.seen(file).is_file() else []
    if dispatched or not file.is_file():
        below = f"{arch.multiarch}/{place.folder.name}/pyconfig.h"
        own = next((name for name in dispatched if name.split("/")[0] == arch.multiarch), below)
        present = [name.split("/")[0] for name in dispatched if reads.seen(place.folder.parent / name).is_file()]
        if not (place.folder.parent / own).is_file():
            _wrong(problems, f"arch is '{target.platform.tag}' ({arch.multiarch}), but the headers are for "
                   f"{', '.join(present) or 'no architecture: pyconfig.h is missing'}", cross=cross, key="arch",
                   file=file, place=place)  # fmt: skip
            return file
        file = place.folder.parent / own
    defines = _defines(file, place)
    text = file.read_text("utf-8", "replace")
    windows = "MS_WIN32" in text
    if windows != (target.platform.os == "windows"):
        other = "Windows" if windows else "another system"
        _wrong(problems, f"arch is '{target.platform.tag}', but the headers are of a Python for {other}", cross=cross,
               key="arch", file=file, place=place)  # fmt: skip
    if windows:  # one file for all its machines
        return file
    # macOS's may have one for each kind of processor; __SIZEOF_POINTER__, as in adapted ones, is any
    sizes = {value for name, value in _DEFINE.findall(text) if name == "SIZEOF_VOID_P"}
    if sizes and all(value.isdigit() and int(value) * 8 != arch.bits for value in sizes):
        _wrong(problems, f"arch is '{target.platform.tag}' ({arch.bits} bits), but the headers are for "
               f"{int(sizes.pop()) * 8} bits", cross=cross, key="arch", file=file, place=place)  # fmt: skip
    no_gil = defines.get("Py_GIL_DISABLED") == "1"
    if target.implementation == "cp" and no_gil != target.free_threaded:
        _wrong(problems, f"abi is '{target.abi}' ({'without' if target.free_threaded else 'with'} a GIL), but the "
               f"headers are of a Python {'without' if no_gil else 'with'} one", cross=cross, key="abi", file=file,
               place=place)  # fmt: skip
    return file


def _hinted_library(variables: dict[str, str]) -> Path | None:
    hinted = (variables.get(name) for name in ("Python3_LIBRARY", "Python_LIBRARY"))
    return next((Path(name) for name in hinted if name and reads.seen(Path(name)).is_file()), None)


def _check_library(path: Path | None, key: str, cross: CrossConfig, problems: Problems) -> None:
    if path is None or cross.target.platform.os != "linux":  # elsewhere the linker says it well enough
        return
    from xconan.binary import elf  # noqa: PLC0415 - most configurations name no library

    arch = cross.target.platform.arch
    header = elf.read_library(path) if path.is_file() else None
    reason = elf.mismatch(header, arch) if header else "it is neither an ELF file nor a static library"
    if reason:
        error = HostPythonError(
            f"{path.name} can't be the host's libpython: {reason}", where=f"{cross.place(key)} = {path}",
            hint=f"give the library of {cross.target.platform.tag}, or leave {key} out: modules rarely need it",
        )  # fmt: skip
        problems.found.append(error)
