"""Pure: records -> the texts that Conan, CMake and the cross interpreter read.

Plain functions that build lines, not templates: every text has as many conditions as words, the functions
are typed, and a template engine would cost 35 ms in each build.
"""

from __future__ import annotations

import json
import re
import shlex
from pathlib import PurePath
from typing import TYPE_CHECKING

from xconan.build_machine.tools import version_key
from xconan.ground.errors import ToolchainError
from xconan.ground.files import digest
from xconan.host.tags import extension_suffixes, stable_soabi, stable_suffix, sysconfig_platform

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from xconan.build_machine.buildenv import BuildMachine, BuildPackage
    from xconan.build_machine.tools import Tool
    from xconan.host.platforms import Platform
    from xconan.host.tags import WheelTags
    from xconan.host.targets import Target
    from xconan.model import Facts
    from xconan.project.config.records import CMakeConfig, ConanConfig, CrossConfig
    from xconan.project.workspace import Layout
    from xconan.pythons.records import HostPython
    from xconan.toolchains.records import Toolchain

_CONAN_COMPILERS = {"GNU": "gcc", "Clang": "clang", "AppleClang": "apple-clang"}
_CONAN_LANGUAGES = {"C": "c", "CXX": "cpp", "Fortran": "fortran"}
# from 3.30 on FIND_ABI has a place for the GIL, but until here it makes Development.Module unfindable, cmake#27192
_KNOWS_NO_GIL = (4, 1, 2)
_SEARCH_MODES = tuple(f"CMAKE_FIND_ROOT_PATH_MODE_{kind}" for kind in ("PROGRAM", "LIBRARY", "INCLUDE", "PACKAGE"))


# --- Conan ---------------------------------------------------------------------------------------------------------


def host_profile(  # noqa: PLR0913 - each is a part of the profile
    platform: Platform,
    toolchain: Toolchain,
    tools: Sequence[tuple[str, Tool]],
    build_type: str,
    *,
    options: Sequence[tuple[str, str]] = (),
    users: tuple[Sequence[str], Mapping[str, str]] = ((), {}),
    wheel: Mapping[str, object] | None = None,
) -> str:
    """The Conan host profile that says what the toolchain file says.

    Args:
        platform: of the host; its tag, and so its floor of the C library, becomes part of package ids.
        toolchain: as probed; Autotools and Meson recipes get its compilers from here.
        tools: Conan names and programs of the build machine that recipes may use as they are.
        build_type: Conan's settings.build_type.
        options: of packages: ("lz4/*:shared", "True").
        users: [platform_tool_requires] and [replace_tool_requires] of the user's default profile.
        wheel: confs for recipes of wheels, which no library's package id knows of.

    Raises:
        ToolchainError: Conan has no settings for this compiler.
    """
    sections = {
        "settings": _settings(platform, toolchain, build_type),
        "options": [f"{name}={value}" for name, value in options],
        "platform_tool_requires": [
            *(f"{name}/{tool.version}" for name, tool in tools),
            *(one for one in users[0] if one.partition("/")[0] not in {name for name, _ in tools}),
        ],
        "replace_tool_requires": [f"{name}: {other}" for name, other in users[1].items()],
        "conf": [
            *_conf(platform, toolchain, ninja=any(name == "ninja" for name, _ in tools)),
            *_conf_lines(wheel or {}),
        ],
        "buildenv": [*_buildenv(toolchain.variables, tools), f"PKG_CONFIG_LIBDIR={pkg_config_libdir(toolchain)}"],
    }
    head = f"# Conan host profile for {platform.tag}, derived by xconan from {toolchain.file or 'this machine'}"
    return _profile(head, sections)


def build_profile(tools: Sequence[tuple[str, Tool]]) -> str:
    """What goes on top of the user's own profile for the build machine, and for native builds."""
    conf = ["tools.cmake.cmaketoolchain:user_presets="]
    conf += ["tools.cmake.cmaketoolchain:generator=Ninja"] if any(name == "ninja" for name, _ in tools) else []
    sections = {
        "platform_tool_requires": [f"{name}/{tool.version}" for name, tool in tools],
        "conf": conf,
        "buildenv": _buildenv({}, tools),
    }
    return _profile("# On top of the default profile: the tools of this machine", sections)


def conanfile_txt(config: ConanConfig) -> str:
    """A conanfile.txt for requirements that stand in pyproject.toml; static libraries unless told otherwise."""
    sections = {
        "requires": list(config.requires),
        "tool_requires": list(config.tool_requires),
        "options": ["*:shared=False", "*:fPIC=True"],
    }
    return _profile("# from [tool.xconan.conan] in pyproject.toml", sections)


def _profile(head: str, sections: Mapping[str, list[str]]) -> str:
    parts = [f"[{name}]\n" + "\n".join(lines) for name, lines in sections.items() if lines]
    text = "\n\n".join([head, *parts]) + "\n"
    # Conan reads profiles as Jinja templates: a path may look like one
    return re.sub(r"\{[{%#]", lambda match: "{{ '" + match[0] + "' }}", text)


def _settings(platform: Platform, toolchain: Toolchain, build_type: str) -> list[str]:
    compiler = toolchain.compiler
    name = _CONAN_COMPILERS.get(compiler.id)
    if not compiler.id:
        raise ToolchainError(
            f"CMake does not recognize the compiler {compiler.path}",
            where=str(toolchain.file or compiler.path),
            hint="give a GCC or Clang; what it prints for --version and -E is not theirs",
        )
    if name is None:
        raise ToolchainError(
            f"Conan has no settings for the compiler '{compiler.id}'", where=str(toolchain.file or compiler.path),
            hint=f"use one of {', '.join(_CONAN_COMPILERS)}",
        )  # fmt: skip
    lines = [
        f"os={platform.system.conan}",
        *([f"os.version={'.'.join(map(str, platform.floor))}"] if platform.os == "mac" and platform.floor else []),
        f"arch={platform.arch.conan_arch}",
        f"compiler={name}",
        f"compiler.version={_conan_version(name, compiler.version)}",
    ]
    lines += [f"compiler.libcxx={toolchain.libcxx or 'libstdc++11'}"]
    lines += [f"compiler.cppstd={toolchain.cppstd}"] if toolchain.cppstd else []
    return [*lines, f"build_type={build_type}"]


def _conan_version(name: str, version: str) -> str:
    """settings.yml has one entry for each release series: "12", and "4.9" or "7.0" for the old ones."""
    parts = version.split(".")
    first_by_major = {"gcc": 5, "clang": 8, "apple-clang": 11}[name]
    return parts[0] if int(parts[0]) >= first_by_major else ".".join(parts[:2])


def _conf(platform: Platform, toolchain: Toolchain, *, ninja: bool) -> list[str]:
    executables = {_CONAN_LANGUAGES[language]: one.path for language, one in toolchain.compilers.items()}
    # clang's -dumpmachine adds a vendor, and no binutils are called so
    told = toolchain.variables.get("CMAKE_C_COMPILER_TARGET") or toolchain.variables.get("CMAKE_CXX_COMPILER_TARGET")
    conf: dict[str, object] = {
        "tools.build.cross_building:cross_build": True,
        "tools.build:compiler_executables": executables,
        "tools.gnu:host_triplet": told or toolchain.triplet or platform.arch.triplet,
        "tools.cmake.cmaketoolchain:system_name": toolchain.variables.get("CMAKE_SYSTEM_NAME", platform.system.cmake),
        "tools.cmake.cmaketoolchain:system_processor": toolchain.variables.get(
            "CMAKE_SYSTEM_PROCESSOR", platform.arch.processor
        ),
        "tools.cmake.cmaketoolchain:user_presets": "",
    }
    if toolchain.file:
        conf["tools.cmake.cmaketoolchain:user_toolchain"] = [toolchain.file.as_posix()]
    if toolchain.sysroot:
        conf["tools.build:sysroot"] = toolchain.sysroot
    if platform.os == "mac" and toolchain.file:  # Conan wants one; where a compiler needs none, any folder will do
        sdk = toolchain.variables.get("CMAKE_OSX_SYSROOT") or toolchain.file.parent.as_posix()
        conf["tools.apple:sdk_path"] = sdk
    if ninja:
        conf["tools.cmake.cmaketoolchain:generator"] = "Ninja"
    if toolchain.options:
        conf["tools.cmake:configure_args"] = [_define(*option) for option in toolchain.options]
    if toolchain.unfound:
        named = {name: {"value": toolchain.variables[name], "cache": True, "type": "FILEPATH", "docstring": ""}
                for name in toolchain.unfound}  # fmt: skip
        conf["tools.cmake.cmaketoolchain:extra_variables"] = named
    conf |= {f"tools.build:{key}": shlex.split(flags) for key, flags in _flags(toolchain).items() if flags}
    # the C library's floor is in no setting of Conan: a binary for a newer one must not be reused for an older
    conf["user.xconan:abi"] = abi_identity(platform, toolchain)
    conf["tools.info.package_id:confs"] = ["user.xconan:abi"]
    return _conf_lines(conf)


def _conf_lines(conf: Mapping[str, object]) -> list[str]:
    return [f"{key}={value if isinstance(value, str) else _python(value)}" for key, value in conf.items()]


def abi_identity(platform: Platform, toolchain: Toolchain) -> str:
    """What a library's binary depends on beside Conan's settings: platform tag and toolchain, no path."""
    here = str(toolchain.file.parent) if toolchain.file else "."
    libc = [toolchain.libc.value if toolchain.libc else "", list(toolchain.libc_version or ())]
    flags = [flags.replace(here, ".") for flags in _flags(toolchain).values()]
    return f"{platform.tag}-{digest(toolchain.compiler.id, toolchain.triplet, libc, flags)[:12]}"


def _flags(toolchain: Toolchain) -> dict[str, str]:
    variables, compilers = toolchain.variables, toolchain.compilers
    # CMake links with these as it compiles; Meson and libtool don't
    driver = [word for word in toolchain.compiler.flags.split() if word.startswith(("--target=", "--gcc-toolchain="))]
    return {
        "cflags": compilers["C"].flags if "C" in compilers else "",
        "cxxflags": compilers["CXX"].flags if "CXX" in compilers else "",
        "exelinkflags": " ".join([*driver, variables.get("CMAKE_EXE_LINKER_FLAGS", "").strip()]).strip(),
        "sharedlinkflags": " ".join([*driver, variables.get("CMAKE_SHARED_LINKER_FLAGS", "").strip()]).strip(),
    }


def _buildenv(variables: Mapping[str, str], tools: Sequence[tuple[str, Tool]]) -> list[str]:
    names = ("AR", "RANLIB", "STRIP", "NM", "OBJCOPY")
    lines = [f"{name}={variables[f'CMAKE_{name}']}" for name in names if variables.get(f"CMAKE_{name}")]
    if any(name == "cmake" and int(tool.version.split(".")[0]) >= 4 for name, tool in tools):  # noqa: PLR2004
        # CMake 4 refuses cmake_minimum_required below 3.5, which many released libraries still say
        lines.append("CMAKE_POLICY_VERSION_MINIMUM=3.5")
    return lines


def _python(value: object) -> str:
    # Conan reads confs as Python literals
    text = json.dumps(value) if not isinstance(value, bool) else str(value)
    return text.replace(": true,", ": True,").replace(": false,", ": False,")


# --- CMake ---------------------------------------------------------------------------------------------------------


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


def shown_include(python: HostPython, layout: Layout) -> Path | None:
    """The folder of headers that CMake is shown: the host's, or a copy with a pyconfig.h of one architecture.

    Debian's pyconfig.h includes <TRIPLET/python3.x/pyconfig.h>, which no cross compiler finds.
    """
    if python.include_dir is None or python.pyconfig == python.include_dir / "pyconfig.h":
        return python.include_dir
    return layout.python / "include"


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


def pkg_config_libdir(toolchain: Toolchain) -> str:
    """Where pkg-config looks by itself in a cross-build: never among the build machine's own libraries.

    The folders of Debian's cross compilers; other toolchains have none, and with a sysroot the paths in its .pc
    files mean the host's root. Conan's own come by PKG_CONFIG_PATH.
    """
    if toolchain.sysroot or f"/usr/{toolchain.triplet}" not in toolchain.implicit_roots:
        return ""
    folder = toolchain.variables.get("CMAKE_LIBRARY_ARCHITECTURE") or toolchain.triplet
    return f"/usr/lib/{folder}/pkgconfig:/usr/{toolchain.triplet}/lib/pkgconfig"


def preload(variables: Mapping[str, tuple[str, str]]) -> str:
    """A script for `cmake -C`: cache variables as name -> (type, value)."""
    lines = [f'set({name} {quote(value)} CACHE {kind} "" FORCE)' for name, (kind, value) in variables.items()]
    return "\n".join(["# What the project may know of the wheel, written by xconan.", *lines]) + "\n"


def quote(text: str) -> str:
    """A CMake argument that means this text, whatever is in it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'


def _define(name: str, kind: str, value: str) -> str:
    return f"-D{name}:{kind}={value}" if kind else f"-D{name}={value}"


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


# --- the cross interpreter -------------------------------------------------------------------------------------------


def interpreter(machine: BuildMachine, *, cross: CrossConfig, layout: Layout, honest: bool) -> str:
    """A shell script that is the build machine's Python, and unless `honest` answers as the host's.

    It imports header-only packages from where they lie for good, so that what they say of their own place
    stays the same from one build environment to the next.
    """
    shelves = dict.fromkeys(package.import_path for package in machine.packages if not package.has_binaries)
    folders = [folder for folder in shelves if folder]
    lines = ["#!/bin/sh", f"# Python {machine.python_version[0]}.{machine.python_version[1]} of the build machine"]
    if not (honest or cross.native):
        lines[-1] += f", answering as {cross.target.name}"
        folders.insert(0, str(layout.python / "site"))
        lines += [
            "export _PYTHON_SYSCONFIGDATA_NAME=_sysconfigdata__xconan",
            f"export _PYTHON_HOST_PLATFORM={sysconfig_platform(cross.target.platform)}",
        ]
    if folders:
        path = ":".join(shlex.quote(folder) for folder in folders)
        lines += [f'export PYTHONPATH={path}"${{PYTHONPATH:+:$PYTHONPATH}}"']
    return "\n".join([*lines, f'exec {shlex.quote(str(machine.python))} "$@"']) + "\n"


def emulator(layout: Layout, users: str) -> str:
    """The script for CMAKE_CROSSCOMPILING_EMULATOR: runs the cross interpreter, else the user's emulator.

    Without one, programs of the host fail, and try_run() says so, instead of pretending that they ran.
    """
    wrapper = shlex.quote(str(layout.python / "bin" / "python3"))
    last = f'exec {shlex.join(users.split(";"))} "$@"' if users else (
        'echo "xconan: $1 is a program of the host machine; set CMAKE_CROSSCOMPILING_EMULATOR in the '
        'toolchain file to run it" >&2\nexit 126'
    )  # fmt: skip
    return f'#!/bin/sh\nif [ "$1" -ef {wrapper} ]; then\n  exec "$@"\nfi\n{last}\n'


def host_facts(facts: Facts, tags: WheelTags) -> str:
    """The module that the cross interpreter's sitecustomize and sysconfig data read."""
    include = shown_include(facts.python, facts.layout) or ""
    numpy = facts.layout.python / "numpy" if facts.machine and facts.machine.numpy else ""
    stable = stable_suffix(facts.cross.target, tags)
    return host_module(facts.cross.target, facts.python, stable=stable, include=str(include), numpy=str(numpy))


def host_module(target: Target, python: HostPython, *, stable: str, include: str, numpy: str) -> str:
    """The same from its parts: suffix of the stable ABI, folders of Python's and NumPy's headers, "" for none."""
    arch = target.platform.arch
    flags = target.abi_flags
    own, *rest = extension_suffixes(target, python.ext_suffix)
    size = arch.bits // 8
    # where the build machine is another system, so are the libraries that its own Python was linked with
    libraries = {} if target.platform.os == "linux" else {"LIBS": "", "SYSLIBS": "", "LIBM": "", "LOCALMODLIBS": ""}
    host = {
        "version_info": list(python.version),
        "abiflags": flags,
        "pointer_size": size,
        "maxsize": 2 ** (arch.bits - 1) - 1,
        "sysname": target.platform.system.cmake,
        "machine": arch.processor,
        "include": include,
        "suffixes": [own, *sorted(rest, key=lambda one: one != stable)],  # FindPython takes the first stable one
        "numpy": numpy,
        "sysconfig_file": str(python.sysconfig_file) if python.sysconfig_file else "",
        "sysconfig": {
            "EXT_SUFFIX": python.ext_suffix,
            "SOABI": python.soabi,
            "SHLIB_SUFFIX": target.platform.system.suffix,
            "MULTIARCH": "-".join(python.soabi.split("-")[2:]),
            "HOST_GNU_TYPE": arch.triplet,
            "VERSION": target.dotted_version,
            "LDVERSION": target.dotted_version + flags,
            "ABIFLAGS": flags,
            "Py_GIL_DISABLED": int(target.free_threaded),
            "Py_DEBUG": int("d" in flags),
            "SIZEOF_VOID_P": size,
            "INCLUDEPY": include,
            "CONFINCLUDEPY": include,
            **libraries,
        },
    }
    return f'"""Facts of {target.name}, written by xconan."""\n\nHOST = {host!r}\n'
