"""Shared libraries of Conan's that a wheel's files need: into the wheel, where the loader finds them.

On Linux they go to `NAME.libs/` beside the package, as auditwheel has it, on Windows and for Pyodide there too, as
delvewheel and auditwheel-emscripten have it, on macOS to `.dylibs/` in the package, as delocate has it: each under a
name with a digest of its content, so that a process that has loaded another wheel's copy of another version keeps the
two apart. Which libraries there are is the word of Conan's graph alone; no folder of this machine is searched. How
names are written into files, relink.py knows.
"""

from __future__ import annotations

import posixpath
from collections import deque
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan import __version__
from xconan.conan.linked import linked_packages
from xconan.ground.errors import CheckError, ConfigError, Problems
from xconan.ground.files import Entry, digest, file_digest, read_json, remove_tree, write_bytes, write_json
from xconan.ground.record import Record
from xconan.wheel.check.kinds import LIBRARY
from xconan.wheel.dll_folders import folders_beside, outermost_package, tell_loader, told_packages, with_programs
from xconan.wheel.relink import MachO, Pe, Relinking, format_of, with_program

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from xconan.model import BuildPlan
    from xconan.project.config.records import WheelConfig
    from xconan.wheel.relink import Format

AUTO, NEVER = "auto", "never"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SharedLibrary(Record):
    """A shared library in a package of Conan's.

    Attributes:
        path: the file, behind all links.
        package: NAME/VERSION of the package.
        references: the whole reference of the package's binary; of a universal wheel one an architecture.
        folders: of the package; of a universal wheel one an architecture.
        digest: SHA-256 of the file; of all that it is joined from.
        others: the same library for further architectures of a universal wheel.
    """

    path: Path
    package: str
    references: tuple[str, ...]
    folders: tuple[str, ...]
    digest: str
    others: tuple[Path, ...] = ()

    @property
    def astray(self) -> tuple[str, Path] | None:
        """The folder of a package, and a file outside of it that the library there is a link to."""
        files = zip(self.folders, (self.path, *self.others), strict=True)
        return next((one for one in files if not one[1].is_relative_to(Path(one[0]).resolve())), None)

    def read(self) -> bytes:
        """The library, for all architectures of the wheel; one that several files have is the first's.

        Raises:
            CheckError: a file is damaged.
        """
        if not self.others:
            return self.path.read_bytes()
        from xconan.binary.macho import join  # noqa: PLC0415 - for universal wheels alone

        parts: dict[tuple[int, int], bytes] = {}
        for path in (self.path, *self.others):
            parts |= {key: part for key, part in self._slices(path).items() if key not in parts}
        return join(list(parts.values()))

    def _slices(self, path: Path) -> dict[tuple[int, int], bytes]:
        from xconan.binary.macho import slices  # noqa: PLC0415

        try:
            return slices(path.read_bytes())
        except ValueError as error:
            raise CheckError(
                f"{path.name} of {self.package} is damaged: {error}", where=str(path),
                hint=f'have Conan build it anew: xconan build "--build={self.package.partition("/")[0]}/*"',
            ) from None  # fmt: skip


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
        ConfigError: what writes the host's files is not installed, or `wheel.bundle` contradicts itself.
        CheckError: two packages have libraries of one name, a library lies outside of its package, or a file can't be
            changed; an ErrorGroup for several.
    """
    config = plan.project.wheel
    if NEVER in config.bundle and len(config.bundle) > 1:
        raise ConfigError(f'"{NEVER}" stands beside patterns of libraries', where=plan.project.place("wheel.bundle"),
                          hint=f'write bundle = "{NEVER}", or the patterns alone')  # fmt: skip
    untouched = Bundle(content=tuple(content), libraries={})
    kind = format_of(plan.cross.target.platform.os)
    if kind is None or not shared or plan.tags.pure or NEVER in config.bundle:
        return untouched
    binaries = {entry.name: data for entry in content if (data := _binary(entry, kind)) is not None}
    offered = offered_libraries(plan, kind)
    folder, stamp = plan.layout.root / "bundled", plan.layout.root / "bundled.json"
    facts = digest(
        {name: digest(data.hex()) for name, data in binaries.items()}, {name: repr(of) for name, of in offered.items()},
        sorted(entry.name for entry in content), _packages_of(content, kind), config.bundle, config.bundle_exclude,
        plan.metadata.file_name, __version__,
    )  # fmt: skip
    known = read_json(stamp)
    if known.get("facts") != facts or not all((folder / name).is_file() for name in _files(known)):
        stamp.unlink(missing_ok=True)
        remove_tree(folder)
        known = {"facts": facts, "libraries": _write(plan, content, binaries, offered, folder, kind)}
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


def _binary(entry: Entry, kind: Format) -> bytes | None:
    """The content of a library, module or program for the host; None for any other file."""
    if not (LIBRARY.search(entry.name) or entry.mode & 0o100):
        return None
    data = entry.read()
    return data if data.startswith(kind.magics) else None


def _packages_of(content: Sequence[Entry], kind: Format) -> dict[str, str]:
    """Digests of the files that may get the lines which tell Windows of a folder."""
    inits = (entry for entry in content if entry.name.endswith("/__init__.py")) if isinstance(kind, Pe) else ()
    return {entry.name: digest(entry.read().hex()) for entry in inits}


# --- which ------------------------------------------------------------------------------------------------------------


def offered_libraries(plan: BuildPlan, kind: Format) -> dict[str, list[SharedLibrary]]:
    """The shared libraries of the host's packages by the file names that others need them by, links among them.

    More than one for a name where packages have different files of that name. Those of a universal wheel's
    architectures are joined.
    """
    offered: dict[str, list[SharedLibrary]] = {}
    for one in (plan, *plan.more):
        joined: dict[str, list[SharedLibrary]] = {}
        for part in one.parts or (one,):
            for name, libraries in _libraries(part, kind).items():
                before = joined.get(name, [])
                one_each = len(before) == len(libraries) == 1
                joined[name] = [_joined(before[0], libraries[0])] if one_each else [*before, *libraries]
        for name, libraries in joined.items():
            known = offered.setdefault(name, [])
            known += [library for library in libraries if library.digest not in [of.digest for of in known]]
    return offered


def _libraries(part: BuildPlan, kind: Format) -> dict[str, list[SharedLibrary]]:
    """What one build's packages offer."""
    offered: dict[str, list[SharedLibrary]] = {}
    for package in {one.reference: one for one in linked_packages(part.layout)}.values():
        places = [Path(package.folder) / below for below in kind.folders] if package.folder else []
        for path in [path for place in places if place.is_dir() for path in sorted(place.iterdir())]:
            if kind.suffix not in path.name.lower() or not path.is_file():
                continue
            library = SharedLibrary(
                path=path.resolve(), package=f"{package.name}/{package.version}", references=(package.reference,),
                folders=(package.folder,), digest=file_digest(path),
            )  # fmt: skip
            same = offered.setdefault(kind.key(path.name), [])
            if library.digest not in [one.digest for one in same]:
                same.append(library)
    return offered


def _joined(first: SharedLibrary, second: SharedLibrary) -> SharedLibrary:
    """One library for two architectures."""
    return replace(
        first, others=(*first.others, second.path), folders=(*first.folders, *second.folders),
        digest=digest(first.digest, second.digest),
        references=tuple(dict.fromkeys([*first.references, *second.references])),
    )  # fmt: skip


def chooser(config: WheelConfig, kind: Format) -> Callable[[str], bool]:
    """Whether a library of this file name is to be in the wheel, by `bundle` and `bundle_exclude`."""
    patterns = ["*" if pattern == AUTO else kind.key(pattern) for pattern in config.bundle]
    excluded = [kind.key(pattern) for pattern in config.bundle_exclude]

    def wanted(name: str) -> bool:
        meant = any(fnmatchcase(name, pattern) for pattern in patterns)
        return meant and not any(fnmatchcase(name, pattern) for pattern in excluded)

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
        needed: file names of libraries that the wheel's files need.
        offered: Conan's libraries by file name.
        needs_of: what a library needs itself (DT_NEEDED).
        wanted: whether Conan's library of a name is to be in the wheel.

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
        elif astray := library.astray:
            folder, path = astray
            problems.found.append(CheckError(
                f"{name} of {library.package} is a link to {path}, outside of the package",
                where=folder, hint="have its recipe copy the library itself; hosts do not have this folder",
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


# --- written ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Closure:
    """What comes into the wheel, and how its files are told.

    Attributes:
        libraries: by the names that they are needed by.
        needs: what each of them needs, as it says so itself.
        names: file names in the wheel, by the names that they are needed by.
        inside: what the wheel has itself, by file name.
        kind: the format, with what writes it.
    """

    libraries: Mapping[str, SharedLibrary]
    needs: Callable[[SharedLibrary], tuple[str, ...]]
    names: Mapping[str, str]
    inside: Mapping[str, str]
    kind: Format

    def job(self, entry: Entry, needed: Iterable[str], place: str, *, bundled: bool) -> Relinking:
        """What is to be done with a file, where the libraries are in `place`."""
        keys = {one: self.kind.key(one) for one in needed}
        found = {one: _below(place, self.names[key]) for one, key in keys.items() if key in self.names}
        if bundled:  # what the project has itself, of a library that Conan's graph has, too
            found |= {one: self.inside[key] for one, key in keys.items() if key in self.inside}
        return Relinking(
            name=entry.name, data=entry.read(), executable=bool(entry.mode & 0o100), found=found, bundled=bundled,
            packages=tuple(sorted({folder for one in self.libraries.values() for folder in one.folders})),
        )  # fmt: skip


def _below(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _write(
    plan: BuildPlan, content: Sequence[Entry], binaries: Mapping[str, bytes],
    offered: Mapping[str, Sequence[SharedLibrary]], folder: Path, kind: Format,
) -> dict[str, list[str]]:  # fmt: skip
    """Write the libraries and the files that need them, mended, into a folder; return libraries by package."""
    needed = {file: kind.needed(data) for file, data in binaries.items()}
    closure = _closure(plan, content, needed, offered, kind)
    if not closure.libraries:
        return {}
    kind = closure.kind
    users = [file for file, names in needed.items() if any(kind.key(name) in closure.names for name in names)]
    places, told = _places(plan, users, needed, content, kind)
    for init, text in told.items():
        write_bytes(folder / init, text)
    libraries: dict[str, list[str]] = {}
    for key, library in {one.path: (key, one) for key, one in closure.libraries.items()}.values():
        for place in places:
            target = Entry(name=_below(place, closure.names[key]), source=library.read())
            for reference in library.references:
                libraries.setdefault(reference, []).append(target.name)
            kind.write(folder / target.name, closure.job(target, closure.needs(library), place, bundled=True))
    entries = {entry.name: entry for entry in content}
    for file in users:
        kind.write(folder / file, closure.job(entries[file], needed[file], places[0], bundled=False))
    return {reference: sorted(files) for reference, files in libraries.items()}


def _closure(
    plan: BuildPlan, content: Sequence[Entry], needed: Mapping[str, Sequence[str]],
    offered: Mapping[str, Sequence[SharedLibrary]], kind: Format,
) -> _Closure:  # fmt: skip
    """What of the offered libraries the files need, directly or through others."""
    contents: dict[Path, tuple[str, ...]] = {}

    def needs(library: SharedLibrary) -> tuple[str, ...]:
        if library.path not in contents:
            contents[library.path] = kind.needed(library.read())
        return contents[library.path]

    def keys(library: SharedLibrary) -> tuple[str, ...]:
        return tuple(kind.key(name) for name in needs(library))

    inside = {kind.key(posixpath.basename(entry.name)): entry.name for entry in content}
    missing = [kind.key(name) for names in needed.values() for name in names]
    meant = chooser(plan.project.wheel, kind)
    chosen = choose(missing, offered, needs_of=keys, wanted=lambda name: name not in inside and meant(name))
    if chosen:
        name, library = next(iter(chosen.items()))
        where = str(plan.project.pyproject_file)
        kind = with_program(kind, name=name, package=library.package, where=where)
    return _Closure(libraries=chosen, needs=needs, names=wheel_names(chosen, keys), inside=inside, kind=kind)


def _places(
    plan: BuildPlan, users: Sequence[str], needed: Mapping[str, Sequence[str]], content: Sequence[Entry], kind: Format
) -> tuple[list[str], dict[str, bytes]]:
    """The folders of the wheel that libraries go to, and files that tell of them.

    Args:
        plan: of the wheel.
        users: files that need the libraries.
        needed: what each of the binaries needs.
        content: all files.
        kind: the format.

    Raises:
        CheckError: a program that is installed apart from the packages, where no path leads from it to them; an
            `__init__.py` that this Python can't parse.
    """
    name = plan.metadata.file_name
    names = {entry.name for entry in content}
    if isinstance(kind, Pe):
        packages, beside = told_packages(users, names), folders_beside(with_programs(users, needed), names)
        folder = f"{name}.libs"
        return ([folder] if packages else []) + beside, tell_loader(content, packages, folder, plan.cross.target)
    apart = [file for file in users if file.split("/")[0].endswith(".data")]
    if apart:
        raise CheckError(
            f"{apart[0]} needs shared libraries of Conan's, and is installed apart from the packages, where it would "
            "not find them", where=name,
            hint="link it statically, or install() it into a package and start it from a function that "
            "[project.scripts] names",
        )  # fmt: skip
    if isinstance(kind, MachO):
        packages = list({outermost_package(file, names) for file in users})
        return [f"{packages[0]}/.dylibs" if len(packages) == 1 and packages[0] else f"{name}.dylibs"], {}
    return [f"{name}.libs"], {}
