"""Files that CMake built, that the wheel needs and lacks; modules where no import finds them; imports of nothing.

CMake's targets and install() rules, by its file API, are compared with the wheel's files. Targets that were not built,
static libraries, libraries that nothing needs and what `wheel.exclude` names may be left out.
"""

from __future__ import annotations

import difflib
import keyword
import posixpath
import re
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING

from xconan.binary import macho, pe, wasm
from xconan.binary.dynamic import read_dynamic
from xconan.cmake.staging import is_chosen
from xconan.ground.errors import CheckError, listed
from xconan.ground.files import Entry
from xconan.ground.record import Record
from xconan.ground.report import warn
from xconan.wheel.check.imports import Imports, read_imports
from xconan.wheel.check.unanswered import Unanswered, find_unanswered

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from xconan.cmake.targets import CMakeProject, Rule, Target
    from xconan.project.config.records import Project

_BINARIES = (b"\x7fELF", pe.MAGIC, *macho.MAGICS, b"!<arch>\n", wasm.MAGIC)
_INIT = re.compile(r"Py(?:Init|ModExport)U?_(\w+)")
_MODULE = re.compile(r"\.(so|pyd)$")
_DATA = re.compile(r"^[^/]+\.data/(platlib|purelib)/")
_DEVELOPMENT = re.compile(
    r"include/.+\.(h|hh|hpp|hxx|inl|ipp)$|lib(32|64)?/.*\.(a|lib|la|pc|cmake)$|(share|cmake)/.*\.(pc|cmake)$"
)
_LOADER = re.compile(rb"dlopen|LoadLibrary")
_BY_PATH = re.compile(rb"ExtensionFileLoader|spec_from_file_location|__path__")
_HERE = re.compile(r"\$(ORIGIN\b|\{ORIGIN\})|@loader_path")
_TESTS = re.compile(r"(^|[\W_])(tests?|testing|bench\w*|examples?|demos?|fuzz\w*)($|[\W_])", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Missing:
    """One wheel and what CMake says of its build.

    Attributes:
        entries: the wheel's files, without its .dist-info.
        project: its module, and what its configuration includes and excludes.
        made: what CMake built; of a universal wheel, all of its parts' together.
        tags: of the wheel, as text.
        python_alone: the wheel is one of Python files, and only its imports are judged.
        entry_points: text of its entry_points.txt.
    """

    entries: Sequence[Entry]
    project: Project
    made: CMakeProject
    tags: str
    python_alone: bool = False
    entry_points: str = ""

    def check(self) -> list[CheckError]:
        """All that is missing; what may be on purpose is printed as a warning."""
        if self.python_alone:
            return [*self._unanswered("")]
        if not self._has_binary():
            tagged_by_user = self.project.wheel.pure_python is False
            return [] if tagged_by_user else [self._no_binary()]
        self._tell_development_files()
        self._tell_data_left_out()
        found = [*self._libraries(), *self._opened(), *self._modules(), *self._misplaced(), *self._hidden()]
        return [*found, *self._unanswered("\n".join(error.message for error in found))]

    @cached_property
    def outside(self) -> frozenset[str]:
        """The names of files that CMake made and that are not in the wheel: what needs them is judged here alone."""
        made = {name for target in self.made.targets if target.file.is_file() for name in target.file_names}
        return frozenset(made - self._inside)

    # --- what is there -----------------------------------------------------------------------------------------------

    @cached_property
    def _inside(self) -> frozenset[str]:
        return frozenset(entry.name.rpartition("/")[2] for entry in self.entries)

    @cached_property
    def _stems(self) -> frozenset[str]:
        """The names of the wheel's modules, wherever they are."""
        return frozenset(name.partition(".")[0] for name in self._inside if _MODULE.search(name))

    @cached_property
    def _imports(self) -> Imports:
        return read_imports(self.entries)

    @property
    def _package(self) -> str:
        return self.project.module.name.replace(".", "/")

    def _has_binary(self) -> bool:
        return any(_head(entry).startswith(_BINARIES) for entry in self.entries)

    def _absent(self) -> Iterator[Target]:
        """Targets whose file was built, is not in the wheel, and is not excluded from it."""
        patterns = [pattern.rpartition("/")[2] for pattern in self.project.wheel.exclude]
        for target in self.made.targets:
            names = target.file_names
            left_out = any(fnmatch(name, pattern) for name in names for pattern in patterns if pattern.strip("*"))
            if target.file.is_file() and not (names & self._inside) and not left_out and not self._installed(target):
                yield target

    def _installed(self, target: Target) -> bool:
        """Whether an install() puts it into the wheel, from which only `wheel.exclude` can have taken it."""
        return any(is_chosen(rule, self._components) for rule in self._rules(target))

    @property
    def _components(self) -> tuple[str, ...]:
        return self.project.cmake.install_components if self.project.cmake else ()

    def _rules(self, target: Target) -> list[Rule]:
        """The install() rules for the file that is to be loaded, not those for its import library."""
        return [rule for rule in self.made.rules if rule.target == target.name and {*rule.names} & target.file_names]

    def _where(self, target: Target) -> str:
        source = self.project.cmake.source_path if self.project.cmake else self.project.root
        return str(source / target.where) if target.where else str(self.project.pyproject_file)

    def _remedy(self, target: Target, folder: str = "") -> str:
        """What to write so that the target gets into the wheel."""
        if rules := self._rules(target):
            wanted = ", ".join(f'"{name}"' for name in dict.fromkeys([*self._components, rules[0].component]))
            return (f"its install() has the component {rules[0].component}, which is not installed: set "
                    f"tool.xconan.cmake.install_components = [{wanted}]")  # fmt: skip
        return f"write install(TARGETS {target.name} DESTINATION {folder or self._package})"

    # --- a wheel without any binary ----------------------------------------------------------------------------------

    def _no_binary(self) -> CheckError:
        message = f"the wheel is tagged {self.tags}, and no file in it is a binary"
        pure = "set tool.xconan.wheel.pure_python = true if there is to be none"
        known = sorted({rule.component for rule in self.made.rules})
        unknown = [name for name in self._components if name and name not in known]
        if unknown and known:
            return CheckError(
                message, where=f"{self.project.pyproject_file}: tool.xconan.cmake.install_components",
                hint=f"no install() has the component {unknown[0]}; there is {' and '.join(known)}",
            )  # fmt: skip
        for target in self._absent():
            return CheckError(f"{message}; CMake built {target.name}", where=self._where(target),
                              hint=f"{self._remedy(target)}; or {pure}")  # fmt: skip
        for target in self.made.targets:
            if not target.file.is_file():
                return CheckError(
                    f"{message}; CMake did not build {target.name}", where=self._where(target),
                    hint=f"take EXCLUDE_FROM_ALL away, or name the target by tool.xconan.cmake.build_args; or {pure}",
                )  # fmt: skip
        rule = f"install(TARGETS … DESTINATION {self._package})"
        if self.project.builds_by_recipe:
            rule = f"have package() of {self.project.conan.conanfile} put the modules into {self._package}/"
        return CheckError(message, where=str(self.project.pyproject_file), hint=f"{pure}; otherwise {rule}")

    # --- shared libraries that a file of the wheel needs -------------------------------------------------------------

    def _libraries(self) -> Iterator[CheckError]:
        absent = [(target, names) for target in self._absent() if (names := _casefolded(target.file_names))]
        if not absent:
            return
        tops = {entry.name.partition("/")[0] for entry in self.entries}
        for entry in self.entries:
            if not _head(entry).startswith(_BINARIES):
                continue
            file = _read(entry)
            for needed in (posixpath.basename(library) for library in file.needed):
                target = next((target for target, names in absent if needed.casefold() in names), None)
                if target and not _leads_elsewhere(entry.name, file.search, tops):
                    folder = posixpath.dirname(entry.name) or "."
                    yield CheckError(
                        f"{entry.name} needs {needed}, which CMake built (target {target.name}) and the wheel lacks",
                        where=self._where(target),
                        hint=f"{self._remedy(target, folder)}, with INSTALL_RPATH $ORIGIN for what needs it; or make "
                        f'it STATIC; or set wheel.exclude = ["**/{needed}"] if another wheel brings it',
                    )

    def _opened(self) -> Iterator[CheckError]:
        """Libraries that a file of the wheel opens by name when it runs: ctypes.CDLL, dlopen()."""
        for target in self._absent():
            if _TESTS.search(f"{target.name} {target.where}"):
                continue
            if _defines_module(Entry(name=target.file.name, source=target.file)):
                continue  # an import needs it
            file, name = self._opener(target.file_names)
            if file and not _TESTS.search(file):
                folder = posixpath.dirname(file) or "."
                yield CheckError(
                    f"{file} opens {name}, which CMake built (target {target.name}) and the wheel lacks",
                    where=self._where(target),
                    hint=f'{self._remedy(target, folder)}; or set wheel.exclude = ["**/{name}"] if it is elsewhere',
                )  # fmt: skip

    def _opener(self, names: frozenset[str]) -> tuple[str, str]:
        """A file that says one of these names, and which: a Python file in a string, a binary that calls a loader."""
        if (speaker := self._speaker(names))[0]:
            return speaker
        wanted = re.compile(rb"[\0/\\](" + rb"|".join(re.escape(name.encode()) for name in sorted(names)) + rb")\0")
        for entry in self.entries:
            if not _head(entry).startswith(_BINARIES[:-2]) or not _LOADER.search(data := entry.read()):
                continue
            if (match := wanted.search(data)) and match[1].decode() not in map(posixpath.basename, _read(entry).needed):
                return entry.name, match[1].decode()
        return "", ""

    def _speaker(self, names: Collection[str]) -> tuple[str, str]:
        """A Python file that has one of these names in a string, alone or at the end of a path, and which."""
        for text, file in sorted(self._imports.texts.items()):
            if file.endswith(".py") and (name := re.split(r"[/\\]", text)[-1]) in names:
                return file, name
        return "", ""

    # --- modules that the wheel's Python files import ----------------------------------------------------------------

    def _modules(self) -> Iterator[CheckError]:
        for target in self._absent():
            stem = target.file.name.partition(".")[0]
            if stem in self._stems or not _defines_module(Entry(name=target.file.name, source=target.file)):
                continue
            rules = self._rules(target)
            own = stem == self.project.module.name.rpartition(".")[2]
            who = self._imports.who(stem, optional=not rules)
            if who or own:
                folder = self._folder_of(stem)
                verb = "describes" if who.endswith(".pyi") else "imports"
                yield CheckError(
                    f"{who} {verb} {stem}, which CMake built (target {target.name}) and the wheel lacks"
                    if who else f"CMake built {stem} (target {target.name}), which is the module "
                    "that the project is to have, and the wheel lacks it",
                    where=self._where(target), hint=self._remedy(target, folder),
                )  # fmt: skip
            elif not rules and not _TESTS.search(f"{target.name} {target.where}"):
                warn(f"CMake built the module {target.name}, and nothing installs it: "
                    f"{self._where(target)}; {self._remedy(target)}, or add_library(… EXCLUDE_FROM_ALL …)")  # fmt: skip

    def _folder_of(self, stem: str) -> str:
        """Where the wheel's files look for a module: the folder of the package that they import it from."""
        names = {**self._imports.optional, **self._imports.firm, **self._imports.stubs}
        full = next((name for name in sorted(names) if name.rpartition(".")[2] == stem), "")
        return full.rpartition(".")[0].replace(".", "/") or ("." if full else "")

    # --- modules that no import finds --------------------------------------------------------------------------------

    def _misplaced(self) -> Iterator[CheckError]:
        with_python = {entry.name.partition("/")[0] for entry in self.entries if entry.name.endswith(".py")}
        own = self._package.partition("/")[0]
        for entry in self.entries:
            name = _DATA.sub("", entry.name)
            *folders, base = name.split("/")
            if not _MODULE.search(base) or ".data/" in name:
                continue
            odd = next((part for part in folders if not part.isidentifier() or keyword.iskeyword(part)), None)
            stray = bool(folders) and folders[0] != own and folders[0] not in with_python and own in with_python
            alone = not folders and own in with_python
            if not (odd or stray or alone) or not _defines_module(entry):
                continue
            if problem := self._problem(name, odd=odd, stray=stray):
                yield self._wrong_place(entry, *problem)

    def _problem(self, name: str, *, odd: str | None, stray: bool) -> tuple[str, str] | None:
        """Why nothing can import this module, and the folder where it belongs; None if something may."""
        stem = name.rpartition("/")[2].partition(".")[0]
        full = name.partition(".")[0].replace("/", ".")
        wanted = self._folder_of(stem)
        if odd:
            folder = "/".join(map(_importable, name.split("/")[:-1]))
            return None if odd in "\n".join(self._imports.texts) else (f"no import can name its folder {odd!r}", folder)
        if stray:
            top = name.partition("/")[0]
            if self._imports.mentions(top):
                return None
            return f"{top}/ has no Python file, and no file of the wheel imports from it", wanted or self._package
        if full in {**self._imports.firm, **self._imports.optional, **self._imports.stubs} or wanted in {"", "."}:
            return None
        if self._is_there(wanted, stem):
            return None
        who = self._imports.who(stem)
        return f"it lies at the top of the wheel, but {who} imports {wanted.replace('/', '.')}.{stem}", wanted

    def _hidden(self) -> Iterator[CheckError]:
        """Extension modules beside a package of the same name, which Python finds first."""
        sources = {entry.name: entry for entry in self.entries if entry.name.endswith("/__init__.py")}
        for entry in self.entries:
            folder, _, base = entry.name.rpartition("/")
            package = f"{folder}/{base.partition('.')[0]}".lstrip("/")
            beside = sources.get(f"{package}/__init__.py")
            if not beside or not _MODULE.search(base) or _BY_PATH.search(beside.read()) or not _defines_module(entry):
                continue
            yield CheckError(
                f"{entry.name} can never be imported: the package {package}/ beside it has the same name, and Python "
                "finds it first", where=str(self.project.pyproject_file),
                hint="give one of them another name, or remove the package",
            )  # fmt: skip

    def _tell_development_files(self) -> None:
        """A subproject's install() puts headers and static libraries where site-packages is shared by all."""
        packages = {entry.name.partition("/")[0] for entry in self.entries if entry.name.count("/") == 1
                    and entry.name.endswith("/__init__.py")} | {self._package.partition("/")[0]}  # fmt: skip
        names = [entry.name for entry in self.entries if _DEVELOPMENT.match(entry.name)
                 and entry.name.partition("/")[0] not in packages]  # fmt: skip
        if names:
            warn("the wheel has files for development at its top, as a subproject installs them, and pip would put "
                 f"them beside everybody's packages: {listed(names)}; write EXCLUDE_FROM_ALL into its "
                 "FetchContent_Declare() (CMake 3.28) or add_subdirectory(), or give your own install() a COMPONENT "
                 "and name that by tool.xconan.cmake.install_components")  # fmt: skip

    def _tell_data_left_out(self) -> None:
        """An install() whose component is not chosen has files for the package, and a Python file of it names one."""
        for rule in self.made.rules:
            inside = f"/{self._package}/" in f"/{posixpath.normpath(rule.destination)}/"
            names = {name for name in rule.names if "." in name} - self._inside
            if rule.target or not inside or is_chosen(rule, self._components):
                continue
            patterns = [f"*{pattern.lstrip('*')}" for pattern in self.project.wheel.exclude if pattern.strip("*/")]
            names -= {name for name in names for one in patterns if fnmatch(f"{rule.destination}/{name}", one)}
            file, name = self._speaker(names)
            if file:
                wanted = ", ".join(f'"{one}"' for one in dict.fromkeys([*self._components, rule.component]))
                warn(f"{file} speaks of {name}, and the wheel has no such file: the install() that puts it into "
                     f"{rule.destination} ({rule.where or 'CMakeLists.txt'}) has the component {rule.component}, which "
                     f"is not installed: set tool.xconan.cmake.install_components = [{wanted}]")  # fmt: skip

    # --- imports that find nothing -----------------------------------------------------------------------------------

    def _unanswered(self, told: str) -> Iterator[CheckError]:
        """What the module imports of its own package and the wheel lacks, unless another error has told it."""
        entries = {_DATA.sub("", entry.name): entry for entry in self.entries}
        for found in find_unanswered(entries, self.project, self.entry_points):
            stem = found.name.rpartition(".")[2]
            hidden = f"the package {found.folder}/ beside it" in told
            if hidden or f" imports {stem}, " in told or any(place in told for place in found.landed):
                continue
            landed = f"; there is {' and '.join(found.landed)}" if found.landed else ""
            source = entries[found.file].source
            place = found.file if isinstance(source, bytes) else str(source)
            yield CheckError(
                f"{found.file}:{found.line} imports {found.name}, and no file of the wheel is that module{landed}",
                where=f"{place}:{found.line}", hint=self._answer(found, stem),
            )  # fmt: skip

    def _answer(self, found: Unanswered, stem: str) -> str:
        """What to write so that an import finds its module."""
        bases = {place.rpartition("/")[2] for place in found.landed}
        for target in self.made.targets:
            renamed = target.name == stem and target.file.name.partition(".")[0] != stem
            if bases & target.file_names:
                return f"write install(TARGETS {target.name} DESTINATION {found.folder}), or correct the import"
            if renamed and target.file_names & self._inside:
                return (f"the target {stem} is in the wheel as {target.file.name}: take its OUTPUT_NAME away, "
                        "or correct the import")  # fmt: skip
        if found.landed:
            return f"install it into {found.folder}, or correct the import"
        places = {entry.name.partition(".")[0] for entry in self.entries if re.search(r"\.(py|so|pyd)$", entry.name)}
        near = difflib.get_close_matches(found.name, [place.replace("/", ".") for place in sorted(places)], 1, 0.7)
        bring = "take tool.xconan.wheel.pure_python = true away"
        if not (self.project.wheel.pure_python and (self.project.root / "CMakeLists.txt").is_file()):
            lists = "" if self.project.cmake else "a CMakeLists.txt beside pyproject.toml that has "
            install = f"{lists}install(TARGETS {stem} DESTINATION {found.folder})"
            bring = f"bring the module: as {found.folder}/{stem}.py, or by {install}"
        return f"{f'it may mean {near[0]}; ' if near else ''}correct the import, or {bring}"

    def _is_there(self, folder: str, stem: str) -> bool:
        return any(entry.name.startswith((f"{folder}/{stem}.", f"{folder}/{stem}/")) for entry in self.entries
                   if not entry.name.endswith(".pyi"))  # fmt: skip

    def _wrong_place(self, entry: Entry, why: str, folder: str) -> CheckError:
        base = entry.name.rpartition("/")[2]
        target = next((target for target in self.made.targets if base in target.file_names), None)
        what = f"TARGETS {target.name}" if target else f"… {base}"
        return CheckError(f"{entry.name}: {why}", where=self._where(target) if target else entry.name,
                          hint=f"write install({what} DESTINATION {folder})")  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class _File(Record):
    needed: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    exported: tuple[str, ...] = ()


def _head(entry: Entry) -> bytes:
    if isinstance(entry.source, bytes):
        return entry.source[:8]
    with entry.source.open("rb") as stream:
        return stream.read(8)


def _read(entry: Entry) -> _File:
    """What a binary needs and exports; nothing where it is damaged, which another check reports."""
    data, head = entry.read(), _head(entry)
    try:
        if head.startswith(b"\x7fELF"):
            dynamic = read_dynamic(BytesIO(data))
            return _File(needed=dynamic.needed, search=dynamic.search, exported=dynamic.exported)
        if head.startswith(macho.MAGICS):
            slices = macho.read_macho(data)
            return _File(**{name: tuple(text for image in slices for text in getattr(image, name))
                            for name in ("needed", "search", "exported")})  # fmt: skip
        if head.startswith(pe.MAGIC):
            image = pe.read_pe(data)
            return _File(needed=image.needed, exported=image.exported)
        if head.startswith(wasm.MAGIC):
            module = wasm.read_wasm(data)
            return _File(needed=module.needed, exported=module.exported)
    except ValueError:
        pass
    return _File()


def _defines_module(entry: Entry) -> bool:
    return any(_INIT.fullmatch(symbol) for symbol in _read(entry).exported)


def _importable(name: str) -> str:
    """The nearest name of a folder that an import can say."""
    name = re.sub(r"\W", "_", name)
    return (
        name
        if name.isidentifier() and not keyword.iskeyword(name)
        else f"_{name}"
        if name[:1].isdigit()
        else f"{name}_"
    )


def _casefolded(names: frozenset[str]) -> frozenset[str]:
    return frozenset(name.casefold() for name in names)


def _leads_elsewhere(name: str, search: Sequence[str], tops: set[str]) -> bool:
    """Whether a file looks for its libraries in the folder of another wheel, beside its own in site-packages."""
    folders = [
        posixpath.normpath(posixpath.join(posixpath.dirname(name), _HERE.sub(".", entry, count=1)))
        for entry in search
        if _HERE.match(entry)
    ]
    return any(folder.partition("/")[0] not in {*tops, "."} for folder in folders)
