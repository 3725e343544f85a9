"""The keys of `[tool.xconan]`: one table for reading, for messages and for docs/configuration.md.

They are py-build-cmake's keys with py-build-cmake's meaning, so that moving a project is a rename of the
table, and `conan`, which is our own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(str, Enum):
    """What a value may be."""

    STRING = "string"
    BOOL = "bool"
    INT = "int"
    PATH = "path"  # relative to the file that names it
    LIST = "list"  # a later file replaces it
    LIST_PLUS = "list+"  # a later file appends to it
    PROFILES = "profiles"  # the same, of Conan profiles: relative to the file that names them, else by name
    OPTIONS = "options"  # CMake variables: bool, string, list or table
    TEXTS = "texts"  # a table of strings


@dataclass(frozen=True)
class Key:
    """One key: its kind, what it means, and for an enumeration its values."""

    kind: Kind
    doc: str
    choices: tuple[str, ...] = ()


_S, _B, _I, _P, _L, _LP = Kind.STRING, Kind.BOOL, Kind.INT, Kind.PATH, Kind.LIST, Kind.LIST_PLUS

MODULE = {
    "name": Key(_S, "Import name. Default: the project's name with underscores."),
    "directory": Key(_P, "Folder that holds the package. Default: the project's folder, else `src` in it."),
    "namespace": Key(_B, "A PEP 420 namespace package. Default: false."),
    "generated": Key(_S, "The module or package is made by CMake alone.", ("module", "package")),
}

CMAKE = {
    "minimum_version": Key(_S, "Oldest CMake that will do, else from PyPI. Default: what CMakeLists.txt requires."),
    "build_type": Key(_S, "CMAKE_BUILD_TYPE, and Conan's build_type. Default: Release."),
    "config": Key(_L, "Configurations to build, for multi-config generators. Default: none."),
    "preset": Key(_S, "CMake preset to configure with."),
    "build_presets": Key(_L, "CMake presets to build with."),
    "generator": Key(_S, "CMake generator. Default: the environment's CMAKE_GENERATOR, else Ninja."),
    "source_path": Key(_P, "Folder of CMakeLists.txt. Default: the project's."),
    "build_path": Key(_S, "Build folder; {build_config} is the wheel's tag. Default: .xconan_cache/{build_config}."),
    "options": Key(Kind.OPTIONS, "CMake variables: bool, string, list, or a table with =, +, -, prepend and type."),
    "args": Key(_LP, "Further arguments to configure with."),
    "find_python": Key(_B, "Give FindPython its hints. Default: true."),
    "find_python3": Key(_B, "Give FindPython3 its hints. Default: true."),
    "find_python_build_artifacts_prefix": Key(_S, "Python<PREFIX>_EXECUTABLE is the build machine's Python."),
    "find_python3_build_artifacts_prefix": Key(_S, "Python3<PREFIX>_EXECUTABLE is the build machine's Python."),
    "build_args": Key(_LP, "Further arguments for cmake --build."),
    "build_tool_args": Key(_LP, "Further arguments for the build tool."),
    "install_config": Key(_L, "Configurations to install. Default: those built."),
    "install_args": Key(_LP, "Further arguments for cmake --install."),
    "install_components": Key(_L, 'Components to install, one after the other. Default: [""], everything.'),
    "env": Key(Kind.TEXTS, "Environment for CMake; ${NAME} is expanded, $$ is a dollar."),
}  # fmt: skip

WHEEL = {
    "pure_python": Key(_B, "No binaries: py3-none-any. Default: whether there is nothing for CMake to do."),
    "python_tag": Key(_L, 'Python tags. Default: ["auto"], the host Python.'),
    "python_abi": Key(_S, "auto: the host Python's; none: no Python API; abi3: the stable ABI; abi3t: that of PEP 803, "
                      "which serves free-threaded Pythons as well.", ("auto", "none", "abi3", "abi3t")),
    "abi3_minimum_cpython_version": Key(_I, "With abi3: oldest CPython, 312 for 3.12. Default: 32; with abi3t 315."),
    "abi_tag": Key(_L, "Exact ABI tags."),
    "platform_tag": Key(_L, 'Exact platform tags; "guess" stands for the host\'s.'),
    "build_tag": Key(_S, "Build number; starts with a digit."),
    "policy": Key(_S, "What the platform tag promises of the C library and others, and a file breaks. Default: error.",
                  ("error", "warning")),
    "install_dir": Key(_S, "Folder of the wheel that CMake installs into. Default: its top."),
    "exclude": Key(_L, 'Globs of files to leave out of the wheel: ["**/*.cpp"].'),
}  # fmt: skip

SDIST = {
    "include": Key(_L, "Globs of files to add to the source distribution."),
    "exclude": Key(_L, "Globs of files to leave out of it."),
}

EDITABLE = {
    "mode": Key(_S, "Checked, not used: this version makes no editable installs.", ("wrapper", "hook", "symlink")),
    "build_hook": Key(_B, "The same."),
}

CONAN = {
    "conanfile": Key(_P, "The conanfile. Default: conanfile.py, else conanfile.txt beside pyproject.toml."),
    "requires": Key(_LP, 'Libraries for the host: ["lz4/1.9.4"], where there is no conanfile.'),
    "tool_requires": Key(_LP, "Programs for the build machine, where there is no conanfile."),
    "options": Key(Kind.OPTIONS, 'Options of packages: {"lz4/*:shared" = true}.'),
    "host_profiles": Key(Kind.PROFILES, "Conan profiles on top of the host profile: files, or names in Conan's home."),
    "build_profiles": Key(Kind.PROFILES, "The same on top of the build profile."),
    "build": Key(_L, 'What Conan may build, as its --build says: "missing", "never", ["lz4/*"]. Default: missing.'),
}

CROSS = {
    "os": Key(_S, "Operating system whose table the overrides inherit from.", ("linux", "mac", "windows")),
    "implementation": Key(_S, "As in a wheel's tag: cp, pp. Default: the running interpreter's."),
    "version": Key(_S, "Major and minor without a dot: 312. Default: the running interpreter's."),
    "abi": Key(_S, "ABI tag. Default: implementation and version."),
    "arch": Key(_S, "Platform tag: linux_aarch64, manylinux_2_27_armv7l. Default: the build machine's."),
    "prefix": Key(_P, "Root of the host's Python installation."),
    "library": Key(_P, "The host's libpython."),
    "sabi_library": Key(_P, "The host's libpython for the stable ABI."),
    "include_dir": Key(_P, "Folder of the host's Python.h."),
    "soabi": Key(_S, "Middle of the module suffix: cpython-312-aarch64-linux-gnu. Default: from the rest."),
    "toolchain_file": Key(_P, "CMake toolchain file."),
    "toolchain": Key(
        _S,
        "A toolchain by name, or the one that toolchain_file is of. Default: this machine's cross gcc for linux_ tags, "
        "else zig.",
        ("zig", "gcc", "clang"),
    ),
    "generator_platform": Key(_S, "CMAKE_GENERATOR_PLATFORM, for the Visual Studio generators."),
}

OVERRIDES = {"conan": CONAN, "editable": EDITABLE, "sdist": SDIST, "cmake": CMAKE, "wheel": WHEEL}
TABLES: dict[str, dict[str, Key]] = {"module": MODULE, **OVERRIDES}
SYSTEMS = ("linux", "windows", "mac", "pyodide")
