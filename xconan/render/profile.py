"""Pure: records -> the profiles and the conanfile.txt that Conan reads.

Plain functions that build lists of lines: whether a line is there hangs on a condition of its own in almost all.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from xconan.ground.errors import ConfigError, ToolchainError
from xconan.ground.files import digest
from xconan.ground.record import Record
from xconan.host.triplets import triplet_family
from xconan.render.templates.quoting import comment, conan_value
from xconan.toolchains.identity import folders_of, of_all_configurations, without_folders
from xconan.toolchains.inputs import flag_words
from xconan.toolchains.records import CXX_LIBRARY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xconan.build_machine.tools import Tool
    from xconan.host.platforms import Platform
    from xconan.project.config.conan_table import ConanConfig
    from xconan.project.workspace import Layout
    from xconan.toolchains.records import Toolchain

RECIPE_VARIABLES, MACHINE_FILE = "recipe.cmake", "python.ini"  # files in the layout, for a recipe that builds
_CONAN_COMPILERS = {"GNU": "gcc", "Clang": "clang", "AppleClang": "apple-clang", "MSVC": "msvc"}
# by CMake's name of the language, the variable of Make and configure scripts
LANGUAGE_VARIABLES = {"C": "CC", "CXX": "CXX", "Fortran": "FC"}
# what a profile gives to libraries alone: CMake has the modules' compilers from the toolchain file, and what it builds
# for this machine beside them must not get these
OF_LIBRARIES = (*LANGUAGE_VARIABLES.values(), "F77", "F90", "CPP", "CXXCPP", "LD")
_PREPROCESSORS = {"CPP": "CC", "CXXCPP": "CXX"}
_BINARY_TOOLS = ("AR", "RANLIB", "STRIP", "NM", "OBJCOPY")
_SYSROOTS = ("--sysroot", "-isysroot")
_CONAN_LANGUAGES = {"C": "c", "CXX": "cpp", "Fortran": "fortran"}
# what packages that are tool_requires say of it comes after ours, or beside it
_OPERATORS = {
    "tools.cmake.cmaketoolchain:user_toolchain": "=+",
    "tools.cmake.cmaketoolchain:extra_variables": "*=",
    "tools.meson.mesontoolchain:extra_variables": "*=",
}
_OF_TOOLCHAINS = {"settings", "conf", "buildenv"}  # the sections; what projects ask for stands in the others


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class HostProfile(Record):
    """The Conan host profile that says what the toolchain file says.

    Attributes:
        platform: of the host; its tag, and so its floor of the C library, becomes part of package ids.
        toolchain: as probed; Autotools and Meson recipes get its compilers from here.
        build_type: Conan's settings.build_type.
        tools: Conan names and programs of the build machine that recipes may use as they are.
        options: of packages: ("lz4/*:shared", "True").
        toolchain_package: the package that brought the toolchain; libraries are built in its environment.
        defaults: [platform_tool_requires] and [replace_tool_requires] of the user's default profile.
        wheel: confs for recipes of wheels, which no library's package id knows of.
    """

    platform: Platform
    toolchain: Toolchain
    build_type: str = "Release"
    tools: Sequence[tuple[str, Tool]] = ()
    options: Sequence[tuple[str, str]] = ()
    toolchain_package: str | None = None
    defaults: tuple[Sequence[str], Mapping[str, str]] = ((), {})
    wheel: Mapping[str, object] = field(default_factory=dict)

    def text(self) -> str:
        """The profile as Conan reads it.

        Raises:
            ToolchainError: Conan has no settings for this compiler, or a path or flag would be several lines.
            ConfigError: an option would be several lines.
        """
        source = self.toolchain.file or "this machine"
        head = f"# Conan host profile for {self.platform.tag}, derived by xconan from {source}"
        return profile_text(comment(head), self.sections())

    def sections(self) -> dict[str, list[str]]:
        """The profile's lines by their sections."""
        platform, toolchain, tools = self.platform, self.toolchain, self.tools
        names = {name for name, _ in tools}
        required, replaced = self.defaults
        return {
            "settings": _settings(platform, toolchain, self.build_type),
            "options": [f"{name}={value}" for name, value in self.options],
            "tool_requires": [f"*: {self.toolchain_package}"] if self.toolchain_package else [],
            "platform_tool_requires": [
                *(f"{name}/{tool.version}" for name, tool in tools),
                *(ref for ref in required if ref.partition("/")[0] not in names),
            ],
            "replace_tool_requires": [f"{name}: {other}" for name, other in replaced.items()],
            "conf": [*_conf(platform, toolchain, ninja="ninja" in names), *_conf_lines(self.wheel)],
            "buildenv": [
                *_programs(toolchain),
                *(f"{name}={value}" for name, value in toolchain.compiler_env),
                *_policies(tools),
                f"PKG_CONFIG_LIBDIR={pkg_config_libdir(toolchain)}",
            ],
        }


def build_profile(tools: Sequence[tuple[str, Tool]]) -> str:
    """What goes on top of the user's own profile for the build machine, and for native builds."""
    conf = ["tools.cmake.cmaketoolchain:user_presets="]
    conf += ["tools.cmake.cmaketoolchain:generator=Ninja"] if any(name == "ninja" for name, _ in tools) else []
    sections = {
        "platform_tool_requires": [f"{name}/{tool.version}" for name, tool in tools],
        "conf": conf,
        "buildenv": _policies(tools),
    }
    return profile_text("# On top of the default profile: the tools of this machine", sections)


def recipe_profile(layout: Layout, *, native: bool, flags: Mapping[str, str]) -> str:
    """What a recipe that builds the wheel is told beside its libraries: where the host's Python is found.

    Args:
        layout: of the build; its toolchain.cmake has the hints for FindPython.
        native: the user's own toolchain files come before ours; in a cross-build ours includes the one that there is.
        flags: of the environment's, by the confs that hold them.
    """
    files = [(layout.root / name).as_posix() for name in (RECIPE_VARIABLES, "toolchain.cmake")]
    conf = [f"&:tools.cmake.cmaketoolchain:user_toolchain{'+=' if native else '='}{_python(files)}"]
    machine = (layout.root / MACHINE_FILE).as_posix()
    conf += [f"&:tools.meson.mesontoolchain:extra_machine_files+={_python([machine])}"]
    conf += [f"&:{name}+={_python(shlex.split(words))}" for name, words in flags.items()]
    interpreter = (layout.python / "bin" / "python3").as_posix()
    buildenv = [f"&:{name}={interpreter}" for name in ("PYTHON", "PYTHON3")]  # AM_PATH_PYTHON asks for the first
    return profile_text("# For the project's own recipe, which builds the wheel", {"conf": conf, "buildenv": buildenv})


def machine_file(layout: Layout) -> str:
    """A machine file of Meson's that names the host's Python, for import('python').find_installation()."""
    interpreter = (layout.python / "bin" / "python3").as_posix().replace("\\", "\\\\").replace("'", "\\'")
    return "[binaries]\n" + "".join(f"{name} = '{interpreter}'\n" for name in ("python", "python3"))


def conanfile_txt(config: ConanConfig) -> str:
    """A conanfile.txt for requirements that stand in pyproject.toml; static libraries unless told otherwise.

    find_package() finds them, and pkg_check_modules().
    """
    sections = {
        "requires": list(config.requires),
        "tool_requires": list(config.tool_requires),
        "options": ["*:shared=False", "*:fPIC=True"],
        "generators": ["PkgConfigDeps"],
    }
    return profile_text("# from [tool.xconan.conan] in pyproject.toml", sections)


def abi_identity(platform: Platform, toolchain: Toolchain) -> str:
    """What a library's binary depends on beside Conan's settings: platform tag and toolchain, no path."""
    libc = [toolchain.libc.value if toolchain.libc else "", list(toolchain.libc_version or ())]
    compilers = of_all_configurations(toolchain)
    c, cxx = (compilers.get(language) for language in ("C", "CXX"))
    compiler = c or compilers["CXX"]
    named = [c.flags if c else "", cxx.flags if cxx else ""]
    fortran = compilers.get("Fortran")
    named += [fortran.flags] if fortran and fortran.flags not in ("", *named) else []
    linked = [(one.exe_flags, one.shared_flags, one.libraries) for one in (compiler, cxx or compiler)]
    lines = [*named, *linked[0][:2], *filter(None, linked[0][2:])]
    lines += ["C++", *linked[1]] if linked[0] != linked[1] else []  # as -static-libstdc++, for these programs alone
    folders = folders_of(toolchain)
    flags = [" ".join(without_folders(word, folders) for word in shlex.split(line)) for line in lines]
    env = [f"{name}={without_folders(value, folders)}" for name, value in toolchain.compiler_env]
    identities = {language: one.identity for language, one in sorted(compilers.items()) if one.identity}
    configured = [
        [name, *(without_folders(word, folders) for word in flag_words(words))]
        for name, words in sorted(toolchain.own_flags)
        if not name.endswith("_FLAGS") and (words or not name.endswith("_INIT"))
    ]
    library = {name: toolchain.macros[name] for name in CXX_LIBRARY if name in toolchain.macros}
    if "_LIBCPP_VERSION" in library:
        library["_LIBCPP_VERSION"] = library["_LIBCPP_VERSION"][:-2]  # without that of a patch release
    said = [
        toolchain.compiler.id,
        toolchain.triplet,
        libc,
        flags,
        *filter(None, (env, identities, library, configured)),
    ]
    return f"{platform.tag}-{digest(*said)[:12]}"


def pkg_config_libdir(toolchain: Toolchain) -> str:
    """Where pkg-config looks by itself in a cross-build: never among the build machine's own libraries.

    The folders of Debian's cross compilers; other toolchains have none, and with a sysroot the paths in its .pc
    files mean the host's root. Conan's own come by PKG_CONFIG_PATH.
    """
    if toolchain.sysroot or f"/usr/{toolchain.triplet}" not in toolchain.implicit_roots:
        return ""
    folder = toolchain.variables.get("CMAKE_LIBRARY_ARCHITECTURE") or toolchain.triplet
    return f"/usr/lib/{folder}/pkgconfig:/usr/{toolchain.triplet}/lib/pkgconfig"


def profile_text(head: str, sections: Mapping[str, list[str]], notes: Mapping[str, str] | None = None) -> str:
    """A profile or conanfile.txt of sections, those without lines left out.

    Args:
        head: comments at the top.
        sections: their lines by name.
        notes: comments above sections, by name.

    Raises:
        ToolchainError: what is known of the toolchain would be several lines.
        ConfigError: an option, a requirement or a tool would be.
    """
    _refuse_line_breaks(sections)
    above = {name: f"{note}\n" for name, note in (notes or {}).items()}
    parts = [f"{above.get(name, '')}[{name}]\n" + "\n".join(lines) for name, lines in sections.items() if lines]
    text = "\n\n".join([head, *parts]) + "\n"
    # Conan reads profiles as Jinja templates: a path may look like one
    return re.sub(r"\{[{%#]", lambda match: "{{ '" + match[0] + "' }}", text)


def _refuse_line_breaks(sections: Mapping[str, list[str]]) -> None:
    """A line of a section is one line, lest what is in it becomes a section or a setting."""
    faults = {section: [fault for line in lines if (fault := _fault(line))] for section, lines in sections.items()}
    wrong = {section: found for section, found in faults.items() if found}
    if wrong:
        error_type = ToolchainError if wrong.keys() & _OF_TOOLCHAINS else ConfigError
        raise error_type(
            f"Conan can't be told values of several lines: {'; '.join(chain.from_iterable(wrong.values()))}",
            where=", ".join(f"[{section}]" for section in wrong),
            hint="take the line break out of the path, flag, option or requirement where it is given: "
            "the toolchain file, pyproject.toml, or the name of a folder",
        )


def _fault(line: str) -> str:
    try:
        conan_value(line)
    except ValueError as error:
        return str(error)
    return ""


def _settings(platform: Platform, toolchain: Toolchain, build_type: str) -> list[str]:
    compiler = toolchain.compiler
    name = "emcc" if toolchain.emscripten else _CONAN_COMPILERS.get(compiler.id)
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
        f"compiler.version={toolchain.emscripten or _conan_version(name, compiler.version)}",
    ]
    standard = toolchain.cppstd
    if name == "msvc":  # one C++ library, of the runtime; and no standard with extensions of GNU's
        lines += ["compiler.runtime=dynamic"]
        standard = standard.removeprefix("gnu") if standard else None
    else:
        lines += [f"compiler.libcxx={toolchain.libcxx or 'libstdc++11'}"]
    lines += [f"compiler.cppstd={standard}"] if standard else []
    return [*lines, f"build_type={build_type}"]


def _conan_version(name: str, version: str) -> str:
    """settings.yml has one entry for each release series: "12", and "4.9" or "7.0" for the old ones."""
    parts = version.split(".")
    if name == "msvc":  # 19.44 is "194"
        return f"{parts[0]}{parts[1][:1]}"
    first_by_major = {"gcc": 5, "clang": 8, "apple-clang": 11}[name]
    return parts[0] if int(parts[0]) >= first_by_major else ".".join(parts[:2])


def _conf(platform: Platform, toolchain: Toolchain, *, ninja: bool) -> list[str]:
    executables = {_CONAN_LANGUAGES[language]: compiler.program for language, compiler in toolchain.compilers.items()}
    # clang's -dumpmachine adds a vendor, and no binutils are called so
    said = toolchain.variables.get("CMAKE_C_COMPILER_TARGET") or toolchain.variables.get("CMAKE_CXX_COMPILER_TARGET")
    triplet = said or toolchain.triplet
    if triplet_family(triplet)[0] != triplet_family(platform.arch.triplet)[0]:  # with -m32 gcc says what it is without
        triplet = platform.arch.triplet
    conf: dict[str, object] = {
        "tools.build.cross_building:cross_build": True,
        "tools.build:compiler_executables": executables,
        "tools.gnu:host_triplet": triplet,
        "tools.cmake.cmaketoolchain:system_name": toolchain.variables.get("CMAKE_SYSTEM_NAME", platform.system.cmake),
        "tools.cmake.cmaketoolchain:system_processor": toolchain.variables.get(
            "CMAKE_SYSTEM_PROCESSOR", platform.arch.processor
        ),
        "tools.cmake.cmaketoolchain:user_presets": "",
    }
    if toolchain.include:
        conf["tools.cmake.cmaketoolchain:user_toolchain"] = [toolchain.include.as_posix()]
    if sysroot := _plain_sysroot(toolchain):
        conf["tools.build:sysroot"] = sysroot
    if platform.os == "mac" and toolchain.file:  # Conan wants one; where a compiler needs none, any folder will do
        sdk = toolchain.variables.get("CMAKE_OSX_SYSROOT") or toolchain.file.parent.as_posix()
        conf["tools.apple:sdk_path"] = sdk
    if "fortran" in executables:  # of which Conan's machine files for Meson have no word
        binaries = {"binaries": {"fortran": executables["fortran"]}}
        conf["tools.meson.mesontoolchain:extra_variables"] = binaries
    if ninja:
        conf["tools.cmake.cmaketoolchain:generator"] = "Ninja"
    conf |= {f"tools.build:{key}": words for key, words in _flags(toolchain).items() if words}
    if variables := _cmake_variables(toolchain):
        conf["tools.cmake.cmaketoolchain:extra_variables"] = variables
    # the C library's floor is in no setting of Conan: a binary for a newer one must not be reused for an older
    conf["user.xconan:abi"] = abi_identity(platform, toolchain)
    conf["tools.info.package_id:confs"] = ["user.xconan:abi"]
    return _conf_lines(conf)


def _plain_sysroot(toolchain: Toolchain) -> str:
    """CMAKE_SYSROOT for Conan's generators to say again; "" where they would say another one than the toolchain.

    They write it without quotes, and behind flags which may name another: the last one counts. Without it the
    compilers' scripts and the toolchain file say it.
    """
    own = f"--sysroot={toolchain.sysroot}"
    words = [word for compiler in toolchain.compilers.values() for word in shlex.split(compiler.flags)]
    others = any(word.startswith(_SYSROOTS) and word != own for word in words)
    return "" if others or re.search(r"[^\w./+~@%,:=-]", toolchain.sysroot) else toolchain.sysroot


def _flags(toolchain: Toolchain) -> dict[str, list[str]]:
    """What a compiler adds without a script that does it."""
    flags = {
        key: shlex.split(toolchain.compilers[language].flags)
        for language, key in (("C", "cflags"), ("CXX", "cxxflags"))
        if language in toolchain.compilers and not toolchain.compilers[language].script
    }
    compiler = toolchain.compiler
    linked = {} if compiler.script else {"exelinkflags": compiler.exe_flags, "sharedlinkflags": compiler.shared_flags}
    return flags | {key: shlex.split(words) for key, words in linked.items()}


def _cmake_variables(toolchain: Toolchain) -> dict[str, object]:
    """What CMake is told beside the toolchain file: tools that it did not find, and compilers.

    It reads the file itself, so the compilers are the file's own, not the scripts that stand for them elsewhere.
    """
    tools = {name: {"value": toolchain.variables[name], "cache": True, "type": "FILEPATH", "docstring": ""}
             for name in toolchain.unfound}  # fmt: skip
    compilers: dict[str, object] = {}
    for language, compiler in toolchain.compilers.items():
        if compiler.script:
            compilers[f"CMAKE_{language}_COMPILER"] = compiler.path
            compilers |= {f"CMAKE_{language}_COMPILER_ARG1": compiler.behind} if compiler.behind else {}
    return {**tools, **compilers}


def _conf_lines(conf: Mapping[str, object]) -> list[str]:
    return [
        f"{key}{_OPERATORS.get(key, '=')}{value if isinstance(value, str) else _python(value)}"
        for key, value in conf.items()
    ]


def _programs(toolchain: Toolchain) -> list[str]:
    """Compilers and binary tools by the names that Make's own rules and configure scripts read.

    Recipes that call `make` without AutotoolsToolchain have them from here alone.
    """
    named = {
        variable: toolchain.compilers[language].program
        for language, variable in LANGUAGE_VARIABLES.items()
        if language in toolchain.compilers
    }
    named |= {name: f"{named[compiler]} -E" for name, compiler in _PREPROCESSORS.items() if compiler in named}
    named |= dict.fromkeys(("F77", "F90"), named.get("FC", ""))
    linker = toolchain.variables.get("CMAKE_LINKER", "")
    if linker and not toolchain.emscripten:  # nobody calls Emscripten's
        named["LD"] = linker
    named |= {name: toolchain.variables.get(f"CMAKE_{name}", "") for name in _BINARY_TOOLS}
    if any(
        word.startswith("-flto") for word in shlex.split(toolchain.compiler.flags)
    ):  # whose objects plain ar can't read
        named |= {name: toolchain.variables.get(f"CMAKE_C_COMPILER_{name}") or named[name] for name in ("AR", "RANLIB")}
    named |= dict.fromkeys(("RC", "WINDRES"), toolchain.variables.get("CMAKE_RC_COMPILER", ""))
    named |= toolchain.refused
    return [f"{name}={program}" for name, program in named.items() if program]


def _policies(tools: Sequence[tuple[str, Tool]]) -> list[str]:
    if any(name == "cmake" and int(tool.version.split(".")[0]) >= 4 for name, tool in tools):  # noqa: PLR2004
        # CMake 4 refuses cmake_minimum_required below 3.5, which many released libraries still say
        return ["CMAKE_POLICY_VERSION_MINIMUM=3.5"]
    return []


def _python(value: object) -> str:
    # Conan reads confs as Python literals
    text = json.dumps(value) if not isinstance(value, bool) else str(value)
    return text.replace(": true,", ": True,").replace(": false,", ": False,")
