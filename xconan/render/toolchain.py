"""Pure: records -> the texts that CMake reads in a build, and headers that stand in for the build machine's."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING

from xconan.build_machine.tools import version_key
from xconan.host.tags import stable_soabi, stable_suffix

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from xconan.build_machine.buildenv import BuildPackage
    from xconan.host.tags import WheelTags
    from xconan.model import Facts
    from xconan.project.config.records import CMakeConfig
    from xconan.project.workspace import Layout
    from xconan.pythons.records import HostPython
    from xconan.toolchains.records import Toolchain

# from 3.30 on FIND_ABI has a place for the GIL, but until here it makes Development.Module unfindable, cmake#27192
_KNOWS_NO_GIL = (4, 1, 2)
_SEARCH_MODES = tuple(f"CMAKE_FIND_ROOT_PATH_MODE_{kind}" for kind in ("PROGRAM", "LIBRARY", "INCLUDE", "PACKAGE"))


def outer_toolchain(
    facts: Facts,
    cmake: CMakeConfig,
    toolchain: Toolchain,
    *,
    tags: WheelTags,
    dependencies: bool,
    mended: bool = False,
) -> str:
    """The file given to CMake as CMAKE_TOOLCHAIN_FILE.

    It includes Conan's toolchain, which includes the user's, and sets Python's hints after both: as cache
    variables, because FindPython forgets plain ones. `dependencies`: there will be a dependencies.cmake. `mended`:
    modules/ holds find_python_module's.
    """
    cross = facts.cross
    lines = [f"# The toolchain of {cross.target.name}, written by xconan for each build: changes are lost.", ""]
    if dependencies:
        lines += ['include("${CMAKE_CURRENT_LIST_DIR}/dependencies.cmake")']
    elif toolchain.file:
        lines += [f"include({_path(toolchain.file)})"]
    lines += [
        "",
        "get_property(_xconan_try GLOBAL PROPERTY IN_TRY_COMPILE)",
        "if(_xconan_try)",
        "  return()",
        "endif()",
    ]
    lines += ["", *_search_lines(facts, toolchain, facts.machine.packages if facts.machine else ())]
    lines += ['list(APPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}/modules")'] if mended else []
    lines += ["", *_python_lines(facts, cmake, tags)]
    return "\n".join(lines) + "\n"


def dependencies_cmake(
    *,
    toolchain_file: str,
    generators: str,
    packages: Iterable[str],
    toolchain: Toolchain,
    derived_profile: bool,
    variables: Iterable[tuple[str, str]] = (),
) -> str:
    """The part of the toolchain that is known once Conan has run.

    Args:
        toolchain_file: Conan's conan_toolchain.cmake.
        generators: the folder of its package configurations.
        packages: folders of the host's libraries.
        toolchain: as probed; its search modes are put back where Conan's CMakeDeps relaxes them.
        derived_profile: the profile's C++ standard is only the compiler's default, so CMake need not be told.
        variables: cache variables of the recipe's, which come before the project's.
    """
    lines = [f"include({quote(toolchain_file)})"]
    if derived_profile and "CMAKE_CXX_STANDARD" not in toolchain.variables:
        lines += [f"unset(CMAKE_CXX_{name})" for name in ("STANDARD", "EXTENSIONS", "STANDARD_REQUIRED")]
    lines += [f'set({name} {quote(value)} CACHE STRING "from the recipe" FORCE)' for name, value in variables]
    modes = {name: toolchain.variables[name] for name in _SEARCH_MODES if name in toolchain.variables}
    lines += [f'set({name} "{mode}")' for name, mode in modes.items()]
    roots = [generators, *packages]
    if "CMAKE_CROSSCOMPILING" in toolchain.variables:
        lines += [f"list(APPEND CMAKE_FIND_ROOT_PATH {quote(root)})" for root in roots]
    return "\n".join(lines) + "\n"


def find_python_module(name: str) -> str:
    """A module that stands before CMake's own FindPython (or FindPython3) and mends what it forgets.

    Before 4.1, FindPython empties the module suffix in a cross-build once it has found an interpreter. And from
    Python 3.15 on it takes a suffix for the stable ABI that no older Python imports, wanted or not.
    """
    lines = [f"# CMake's own module, which forgets {name}_SOABI and {name}_SOSABI."]
    lines += [f'include("${{CMAKE_ROOT}}/Modules/Find{name}.cmake")']
    lines += [f"if(NOT {name}_SOABI)", f'  set({name}_SOABI "$CACHE{{{name}_SOABI}}")', "endif()"]
    lines += [f'set({name}_SOSABI "$CACHE{{{name}_SOSABI}}")']
    return "\n".join(lines) + "\n"


def preload(variables: Mapping[str, tuple[str, str]]) -> str:
    """A script for `cmake -C`: cache variables as name -> (type, value)."""
    lines = [f'set({name} {quote(value)} CACHE {kind} "" FORCE)' for name, (kind, value) in variables.items()]
    return "\n".join(["# What the project may know of the wheel, written by xconan.", *lines]) + "\n"


def numpy_config(text: str) -> str:
    """NumPy's _numpyconfig.h with the sizes of whatever the compiler compiles for, not of the build machine."""
    sizes = {
        "PY_INTPTR_T": "POINTER", "INTP": "POINTER", "UINTP": "POINTER", "LONGLONG": "LONG_LONG",
        "PY_LONG_LONG": "LONG_LONG", "LONGDOUBLE": "LONG_DOUBLE",
    }  # fmt: skip
    sizes |= {name: name for name in ("SHORT", "INT", "LONG", "FLOAT", "DOUBLE", "WCHAR_T")}

    def own(match: re.Match[str]) -> str:
        twice, name = match[2] or "", match[3]
        if name not in sizes:
            return match[0]
        size = f"__SIZEOF_{sizes[name]}__"
        return f"{match[1]}{twice}{name} {f'(2 * {size})' if twice else size}"

    return re.sub(r"(#\s*define\s+NPY_SIZEOF_)(COMPLEX_)?(\w+)\s+\d+", own, text)


def shown_include(python: HostPython, layout: Layout) -> Path | None:
    """The folder of headers that CMake is shown: the host's, or a copy with a pyconfig.h of one architecture.

    Debian's pyconfig.h includes <TRIPLET/python3.x/pyconfig.h>, which no cross compiler finds.
    """
    if python.include_dir is None or python.pyconfig == python.include_dir / "pyconfig.h":
        return python.include_dir
    return layout.python / "include"


def quote(text: str) -> str:
    """A CMake argument that means this text, whatever is in it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'


def _path(path: Path) -> str:
    return quote(path.as_posix())


def _search_lines(facts: Facts, toolchain: Toolchain, packages: Sequence[BuildPackage]) -> list[str]:
    """Where find_package may look: the build environment's headers and CMake files, never its libraries."""
    cross = facts.cross
    lines = []
    usable = [package for package in packages if cross.native or not package.has_binaries]
    prefixes = [prefix for package in usable for prefix in package.prefixes]
    if not cross.native:
        roots = list(prefixes)
        if not (toolchain.sysroot or toolchain.variables.get("CMAKE_FIND_ROOT_PATH")):
            # a first root makes the modes ONLY take effect, so the compiler's own must be among them
            roots += toolchain.implicit_roots
        roots += [(facts.layout.python / "numpy").as_posix()] if facts.machine and facts.machine.numpy else []
        roots += [folder for package in usable for folder in (*package.modules, *dict(package.roots).values())]
        lines += [f"list(APPEND CMAKE_FIND_ROOT_PATH {quote(root)})" for root in dict.fromkeys(roots)]
    lines += [f"list(APPEND CMAKE_PREFIX_PATH {quote(prefix)})" for prefix in prefixes]
    lines += [f"list(APPEND CMAKE_MODULE_PATH {quote(one)})" for package in usable for one in package.modules]
    lines += [f"set({name}_ROOT {quote(root)})" for package in usable for name, root in package.roots]
    return lines


def _python_lines(facts: Facts, cmake: CMakeConfig, tags: WheelTags) -> list[str]:
    cross, python, layout = facts.cross, facts.python, facts.layout
    lines: list[str] = []
    if cmake.find_python:
        lines += _find_python_lines("Python", cmake.find_python_build_artifacts_prefix, facts, tags)
    if cmake.find_python3:
        lines += _find_python_lines("Python3", cmake.find_python3_build_artifacts_prefix, facts, tags)
    include = shown_include(python, layout)
    if cmake.find_python or cmake.find_python3:
        lines += ["# pybind11 and nanobind, and CMake's older modules"]
        lines += [_cache("PYTHON_EXECUTABLE", "FILEPATH", (layout.python / "bin" / "python3").as_posix())]
        lines += [_cache("PYTHON_INCLUDE_DIR", "PATH", include.as_posix())] if include else []
        lines += [_cache("PYTHON_LIBRARY", "FILEPATH", python.library.as_posix())] if python.library else []
        internal = {
            "PYTHON_MODULE_EXTENSION": python.ext_suffix,
            "PYTHON_MODULE_DEBUG_POSTFIX": "",
            "PYTHON_IS_DEBUG": "0",
            "NB_SUFFIX": python.ext_suffix,
            "NB_SUFFIX_S": stable_suffix(cross.target, tags),
        }
        lines += [_cache(name, "INTERNAL", value) for name, value in internal.items()]
    if not cross.native:
        lines += ["# policy CMP0190 wants an emulator before an interpreter is found; this one runs that alone"]
        lines += [f"set(CMAKE_CROSSCOMPILING_EMULATOR {_path(layout.python / 'bin' / 'emulator')})"]
    return lines


def _find_python_lines(name: str, artifacts: str | None, facts: Facts, tags: WheelTags) -> list[str]:
    cross, python, layout = facts.cross, facts.python, facts.layout
    folder = layout.python
    hints: dict[str, tuple[str, Path | str]] = {}
    if artifacts is None:
        hints["EXECUTABLE"] = ("FILEPATH", folder / "bin" / "python3")
    if include := shown_include(python, layout):
        hints["INCLUDE_DIR"] = ("PATH", include)
    if python.library:
        hints["LIBRARY"] = ("FILEPATH", python.library)
    if python.sabi_library:
        hints["SABI_LIBRARY"] = ("FILEPATH", python.sabi_library)
    if cross.prefix:
        hints["ROOT_DIR"] = ("PATH", cross.prefix)
    hints["SOABI"] = ("STRING", python.soabi)
    hints["SOSABI"] = ("STRING", stable_soabi(cross.target, tags))
    if cross.target.free_threaded and facts.machine and version_key(facts.machine.cmake.version) >= _KNOWS_NO_GIL:
        hints["FIND_ABI"] = ("STRING", "ANY;ANY;ANY;ON")  # debug, pymalloc, unicode, GIL disabled: CMake 3.30
    if not cross.native:
        hints["INTERPRETER_ID"] = ("STRING", {"pp": "PyPy"}.get(cross.target.implementation, "Python"))
    lines = [f"# {name}: hints and artifacts, https://cmake.org/cmake/help/latest/module/FindPython.html"]
    lines += [
        _cache(f"{name}_{key}", kind, value.as_posix() if isinstance(value, PurePath) else value)
        for key, (kind, value) in hints.items()
    ]
    if artifacts is not None:
        build_python = (folder / "bin" / "build-python").as_posix()
        lines += [_cache(f"{name}{artifacts}_EXECUTABLE", "FILEPATH", build_python)]
    return lines


def _cache(name: str, kind: str, value: str) -> str:
    return f'set({name} {quote(value)} CACHE {kind} "" FORCE)'
