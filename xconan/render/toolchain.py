"""Pure: records -> the texts that CMake reads in a build, and headers that stand in for the build machine's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.build_machine.tools import version_key
from xconan.ground.record import Record
from xconan.host.tags import stable_soabi, stable_suffix
from xconan.render.prefix_map import prefix_map
from xconan.render.templates.quoting import cmake as quote
from xconan.render.templates.quoting import cmake_inside
from xconan.render.templates.template import Template
from xconan.toolchains.inputs import definitions, flags_among

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from xconan.build_machine.buildenv import BuildPackage
    from xconan.host.tags import WheelTags
    from xconan.model import Facts
    from xconan.project.config.records import CMakeConfig
    from xconan.project.local_folders import LocalFolder
    from xconan.project.workspace import Layout
    from xconan.pythons.records import HostPython
    from xconan.toolchains.records import Toolchain

# from 3.30 on FIND_ABI has a place for the GIL, but until here it makes Development.Module unfindable, cmake#27192
_KNOWS_NO_GIL = (4, 1, 2)
PKG_CONFIG = "pkg_config.cmake"  # PkgConfig's text, beside dependencies.cmake
_SEARCH_MODES = tuple(f"CMAKE_FIND_ROOT_PATH_MODE_{kind}" for kind in ("PROGRAM", "LIBRARY", "INCLUDE", "PACKAGE"))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SearchFolders(Record):
    """Where find_package() looks beside the toolchain's own folders.

    Attributes:
        roots: appended to CMAKE_FIND_ROOT_PATH.
        prefixes: to CMAKE_PREFIX_PATH.
        modules: to CMAKE_MODULE_PATH.
        package_roots: NAME_ROOT and the folder that it is set to.
    """

    roots: tuple[str, ...]
    prefixes: tuple[str, ...]
    modules: tuple[str, ...]
    package_roots: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class FindPython(Record):
    """A module of CMake's that is told of the host's Python: "Python" or "Python3".

    Attributes:
        name: of the module, and the prefix of its variables.
        build_executable: the variable for the build machine's Python, where the project asks for it by a prefix of
            its own and sets NAME_EXECUTABLE itself; "" otherwise.
    """

    name: str
    build_executable: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PythonHints(Record):
    """The host's Python, as FindPython, pybind11 and nanobind are told of it; "" for what it lacks.

    https://cmake.org/cmake/help/latest/module/FindPython.html has the names.

    Attributes:
        interpreter: the script that answers as the host's, in a cross-build.
        build_interpreter: the script that is the build machine's Python.
        include_dir: of its headers.
        library: libpython.
        stable_library: libpython3, for the stable ABI.
        prefix: of its installation.
        soabi: "cpython-311-aarch64-linux-gnu".
        stable_soabi: "abi3".
        suffix: of modules' file names.
        stable_suffix: of those for the stable ABI.
        no_gil: FIND_ABI is to ask for a free-threaded one.
        interpreter_id: "Python", "PyPy"; "" where FindPython finds out by itself.
    """

    interpreter: str
    build_interpreter: str
    include_dir: str
    library: str
    stable_library: str
    prefix: str
    soabi: str
    stable_soabi: str
    suffix: str
    stable_suffix: str
    no_gil: bool
    interpreter_id: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class OuterToolchain(Template, file="toolchain.cmake.j2"):
    """The file given to CMake as CMAKE_TOOLCHAIN_FILE.

    It includes Conan's toolchain, which includes the user's, and sets Python's hints after both: as cache
    variables, because FindPython forgets plain ones; those of the user's file would hide them, and are unset.

    Attributes:
        target: its name.
        dependencies: there will be a dependencies.cmake beside it, which includes the user's file.
        toolchain_file: the user's, "" for none.
        search: folders for find_package().
        patched_find_python: modules/ holds FindPythonModule's texts.
        find_python: the modules that are told of the host's Python.
        python: what they are told.
        emulator: the program for CMAKE_CROSSCOMPILING_EMULATOR, "" in a native build.
        prefix_map: (languages, option) by which debug info and `__FILE__` name no folder of this machine.
        flags: variables of CMake's with flags that the project sets; what the toolchain file says there is kept.
        fortran: the Fortran compiler, which CMake does not find by the C compiler's name; "" for none.
        no_fortran: a script in its place, which says so, where the toolchain lacks one; else "".
    """

    target: str
    dependencies: bool
    toolchain_file: str
    search: SearchFolders
    patched_find_python: bool
    find_python: tuple[FindPython, ...]
    python: PythonHints
    emulator: str
    prefix_map: tuple[tuple[str, str], ...] = ()
    flags: tuple[str, ...] = ()
    fortran: str = ""
    no_fortran: str = ""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class FindPythonModule(Template, file="find_python.cmake.j2"):
    """A module that stands before CMake's own FindPython (or FindPython3) and sets again what that forgets.

    In a cross-build FindPython empties the module suffix once it has found an interpreter: CMake before 4.1 always,
    newer ones where cmake_minimum_required() is older than policy CMP0190. And from Python 3.15 on it takes a suffix
    for the stable ABI that no older Python imports, wanted or not.
    """

    name: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PkgConfig(Template, file="pkg_config.cmake.j2"):
    """A part of the toolchain that has pkg-config find Conan's libraries where a sysroot is set for it.

    Attributes:
        folder: beside it, for copies of Conan's .pc files.
    """

    folder: str = "pkgconfig"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Preload(Template, file="preload.cmake.j2"):
    """A script for `cmake -C`: cache variables as name -> (type, value)."""

    variables: Mapping[str, tuple[str, str]]


def outer_toolchain(
    facts: Facts,
    cmake: CMakeConfig,
    toolchain: Toolchain,
    *,
    tags: WheelTags,
    dependencies: bool,
    patched_find_python: bool = False,
) -> OuterToolchain:
    """The file given to CMake as CMAKE_TOOLCHAIN_FILE, for what is known of a build.

    Args:
        facts: of the build.
        cmake: whether and how FindPython is told of Python.
        toolchain: as probed.
        tags: of the wheel; they decide the suffix of modules for the stable ABI.
        dependencies: there will be a dependencies.cmake.
        patched_find_python: modules/ will hold FindPythonModule's texts.
    """
    cross = facts.cross
    fortran = toolchain.compilers.get("Fortran")
    modules = {
        "Python": (cmake.find_python, cmake.find_python_build_artifacts_prefix),
        "Python3": (cmake.find_python3, cmake.find_python3_build_artifacts_prefix),
    }
    return OuterToolchain(
        target=cross.target.name,
        dependencies=dependencies,
        toolchain_file=_posix(toolchain.include),
        search=_search_folders(facts, toolchain, facts.machine.packages if facts.machine else ()),
        patched_find_python=patched_find_python,
        find_python=tuple(
            FindPython(name=name, build_executable="" if prefix is None else f"{name}{prefix}_EXECUTABLE")
            for name, (wanted, prefix) in modules.items()
            if wanted
        ),
        python=_python_hints(facts, tags),
        emulator="" if cross.native else (facts.layout.python / "bin" / "emulator").as_posix(),
        prefix_map=prefix_map(facts.local_folders, toolchain),
        flags=() if cross.native else tuple(flags_given(facts.preset or cmake)),
        fortran=fortran.path if fortran else "",
        no_fortran=dict(toolchain.refused).get("FC", ""),
    )


def flags_given(cmake: CMakeConfig, configurations: Iterable[str] | None = None) -> dict[str, str]:
    """The project's own flags, by the variables of CMake's that have them: CMAKE_C_FLAGS, CMAKE_C_FLAGS_RELEASE.

    Args:
        cmake: of the project; with what its preset gives, where it has one.
        configurations: those that are built; the others' flags are left out. None for any.
    """
    return flags_among((*definitions(cmake.options), *cmake.args), configurations)


def dependencies_cmake(  # noqa: PLR0913 - each is a part of the file
    *,
    toolchain_file: str,
    generators: str,
    packages: Iterable[str],
    toolchain: Toolchain,
    derived_profile: bool,
    modules: Iterable[str] = (),
    variables: Iterable[tuple[str, str]] = (),
) -> str:
    """The part of the toolchain that is known once Conan has run.

    Args:
        toolchain_file: Conan's conan_toolchain.cmake.
        generators: the folder of its package configurations.
        packages: folders of the host's libraries.
        toolchain: as probed; its search modes are put back where Conan's CMakeDeps relaxes them.
        derived_profile: the profile's C++ standard is only the compiler's default, so CMake need not be told.
        modules: names of packages in CMake's own modules, for which files lie in the generators' folder.
        variables: cache variables of the recipe's, which come before the project's.
    """
    lines = [f"include({quote(toolchain_file)})"]
    lines += [f"list(PREPEND CMAKE_MODULE_PATH {quote(f'{generators}/xconan-modules')})"] if modules else []
    lines += [f"set({name}_DIR {quote(generators)})" for name in modules]
    if derived_profile and "CMAKE_CXX_STANDARD" not in toolchain.variables:
        lines += [f"unset(CMAKE_CXX_{name})" for name in ("STANDARD", "EXTENSIONS", "STANDARD_REQUIRED")]
    lines += [f'set({name} {quote(value)} CACHE STRING "from the recipe" FORCE)' for name, value in variables]
    modes = {name: toolchain.variables[name] for name in _SEARCH_MODES if name in toolchain.variables}
    lines += [f'set({name} "{mode}")' for name, mode in modes.items()]
    roots = [generators, *packages]
    if "CMAKE_CROSSCOMPILING" in toolchain.variables:
        # first: CMake looks through one root after the other, and a sysroot may have the same library
        lines += [f"list(PREPEND CMAKE_FIND_ROOT_PATH {quote(root)})" for root in reversed(roots)]
    if any(" " in root for root in roots):
        # GNU ld writes a blank in its list of what it has read as it is, and Ninja would link anew in each build
        lines += [
            "if(NOT DEFINED CMAKE_LINK_DEPENDS_USE_LINKER)",
            "  set(CMAKE_LINK_DEPENDS_USE_LINKER FALSE)",
            "endif()",
        ]
    lines.append(f"set(_xconan_generators {quote(generators)})")
    lines.append(f'include("${{CMAKE_CURRENT_LIST_DIR}}/{PKG_CONFIG}")')
    return "\n".join(lines) + "\n"


def map_packages(folders: Iterable[LocalFolder], toolchain: Toolchain) -> str:
    """More of dependencies.cmake: headers of Conan's packages are named by package and version in debug info."""
    options = [
        f'  add_compile_options("$<$<COMPILE_LANGUAGE:{languages}>:{cmake_inside(option)}>")\n'
        for languages, option in prefix_map(folders, toolchain)
    ]
    return f"if(NOT _xconan_try)\n{''.join(options)}endif()\n" if options else ""


def keep_hidden(archives: Sequence[str], script: str) -> str:
    """More of dependencies.cmake: modules export nothing of Conan's static libraries.

    Shared libraries do, as others may share the state behind it, but what they call is their own; by a script they
    export nothing either.

    Args:
        archives: file names of these libraries.
        script: the file of a version script beside dependencies.cmake, where the linker takes that alone; else "".
    """
    if not archives:
        return ""
    kind = "$<STREQUAL:$<TARGET_PROPERTY:TYPE>,{}>"
    if script:
        own = f"-Wl,--version-script=${{CMAKE_CURRENT_LIST_DIR}}/{script};-Wl,--undefined-version"
        options = dict.fromkeys(("MODULE_LIBRARY", "SHARED_LIBRARY"), own)
    else:
        excluded = f"LINKER:--exclude-libs,{':'.join(archives)}"
        options = {"MODULE_LIBRARY": excluded, "SHARED_LIBRARY": "LINKER:-Bsymbolic-functions"}
    return "".join(f'add_link_options("$<{kind.format(name)}:{option}>")\n' for name, option in options.items())


def numpy_config(text: str) -> str:
    """NumPy's _numpyconfig.h with the sizes of whatever the compiler compiles for, not of the build machine."""
    sizes = {
        "PY_INTPTR_T": "POINTER", "INTP": "POINTER", "UINTP": "POINTER", "LONGLONG": "LONG_LONG",
        "PY_LONG_LONG": "LONG_LONG", "LONGDOUBLE": "LONG_DOUBLE",
    }  # fmt: skip
    sizes |= {name: name for name in ("SHORT", "INT", "LONG", "FLOAT", "DOUBLE", "WCHAR_T")}

    def of_the_compiler(match: re.Match[str]) -> str:
        twice, name = match[2] or "", match[3]
        if name not in sizes:
            return match[0]
        size = f"__SIZEOF_{sizes[name]}__"
        return f"{match[1]}{twice}{name} {f'(2 * {size})' if twice else size}"

    return re.sub(r"(#\s*define\s+NPY_SIZEOF_)(COMPLEX_)?(\w+)\s+\d+", of_the_compiler, text)


def shown_include(python: HostPython, layout: Layout) -> Path | None:
    """The folder of headers that CMake is shown: the host's, or a copy with a pyconfig.h of one architecture.

    Debian's pyconfig.h includes <TRIPLET/python3.x/pyconfig.h>, which no cross compiler finds.
    """
    if python.include_dir is None or python.pyconfig == python.include_dir / "pyconfig.h":
        return python.include_dir
    return layout.python / "include"


def _search_folders(facts: Facts, toolchain: Toolchain, packages: Sequence[BuildPackage]) -> SearchFolders:
    """Where find_package may look: the build environment's headers and CMake files, never its libraries."""
    cross = facts.cross
    usable = [package for package in packages if cross.native or not package.has_binaries]
    prefixes = tuple(prefix for package in usable for prefix in package.prefixes)
    roots: list[str] = []
    if not cross.native:
        roots += prefixes
        if not (toolchain.sysroot or toolchain.variables.get("CMAKE_FIND_ROOT_PATH")):
            # a first root makes the modes ONLY take effect, so the compiler's own must be among them
            roots += toolchain.implicit_roots
        roots += [(facts.layout.python / "numpy").as_posix()] if facts.machine and facts.machine.numpy else []
        roots += [folder for package in usable for folder in (*package.modules, *dict(package.roots).values())]
        roots += _own_folders(facts) if "ONLY" in {toolchain.variables.get(mode) for mode in _SEARCH_MODES} else []
    return SearchFolders(
        roots=tuple(dict.fromkeys(roots)),
        prefixes=prefixes,
        modules=tuple(folder for package in usable for folder in package.modules),
        package_roots=tuple((f"{name}_ROOT", root) for package in usable for name, root in package.roots),
    )


def _own_folders(facts: Facts) -> list[str]:
    """What the project has itself, as vendored headers: `find_path(… HINTS ${CMAKE_SOURCE_DIR}/extern/…)`."""
    root, cmake = facts.project.root, facts.project.cmake
    source = cmake.source_path if cmake else root
    folders = [root, *([] if source.is_relative_to(root) else [source]), facts.layout.build]
    return [folder.as_posix() for folder in folders]


def _python_hints(facts: Facts, tags: WheelTags) -> PythonHints:
    cross, python, layout, machine = facts.cross, facts.python, facts.layout, facts.machine
    target = cross.target
    implementation = {"pp": "PyPy"}.get(target.implementation, "Python")
    return PythonHints(
        interpreter=(layout.python / "bin" / "python3").as_posix(),
        build_interpreter=(layout.python / "bin" / "build-python").as_posix(),
        include_dir=_posix(shown_include(python, layout)),
        library=_posix(python.library),
        stable_library=_posix(python.sabi_library),
        prefix=_posix(cross.prefix),
        soabi=python.soabi,
        stable_soabi=stable_soabi(target, tags),
        suffix=python.ext_suffix,
        stable_suffix=stable_suffix(target, tags),
        no_gil=bool(target.free_threaded and machine and version_key(machine.cmake.version) >= _KNOWS_NO_GIL),
        interpreter_id="" if cross.native else implementation,
    )


def _posix(path: Path | None) -> str:
    return path.as_posix() if path else ""
