"""Pure: a target by name -> the files that say the same, for people to read, keep and edit.

The layout is that of py-build-cmake's toolchain bundles ("A closer look at the CMake toolchain files"): STEM is the
GNU triplet and the floor that the tag promises, "aarch64-linux-gnu.2.17".

    STEM.toolchain.cmake            system, compilers, search modes, packaging
    STEM.python.toolchain.cmake     includes it, and tells FindPython, pybind11 and nanobind of the host's Python
    STEM.profile.conan              the Conan host profile
    STEM.python3.11.cross.toml      one for each Python
    STEM/bin/                       compilers that are scripts (zig)
    STEM/modules/                   FindPython, which forgets the module suffix
    STEM/python3.11/                headers, build-details.json (PEP 739), a cross interpreter for CMake alone
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.host.platforms import Libc, table
from xconan.host.tags import soabi, stable_suffix, sysconfig_platform
from xconan.project.config.records import WheelConfig
from xconan.project.wheel_tags import wheel_tags
from xconan.render.compilers import Program, SystemToolchain, WrittenOut
from xconan.render.interpreter import Beside, host_module
from xconan.render.profile import HostProfile, profile_text
from xconan.render.templates.template import Template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xconan.host.platforms import Platform
    from xconan.host.targets import Target
    from xconan.project.config.records import CrossConfig
    from xconan.pythons.records import HostPython
    from xconan.render.compilers import ZigToolchain
    from xconan.toolchains.records import Toolchain

_HERE = "/@profile_dir@"  # stands for the profile's own folder until everything else is quoted
_PROFILE_NOTES = {
    "settings": "# What is built: the host, the compiler, and how",
    "conf": "# The same compilers for recipes of every build system; a library built for another platform tag is\n"
            "# another package (user.xconan:abi)",
    "buildenv": "# The environment of every recipe's build: the host's binary tools, and none of the build\n"
                "# machine's libraries. CMake 4 refuses the old cmake_minimum_required that many libraries have",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PythonToolchain(Template, file="python_toolchain.cmake.j2"):
    """STEM.python.toolchain.cmake: the same for every Python of the platform.

    Attributes:
        stem: what the platform's files are called.
        tag: of the platform.
    """

    stem: str
    tag: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CrossToml(Template, file="cross.toml.j2"):
    """STEM.python3.11.cross.toml.

    Attributes:
        name: its own.
        python: the name of the Python's folder.
        command: that writes it.
        implementation, version, abi, arch, soabi, toolchain_file: its keys; soabi "" where it follows from the others.
        zig: the compiler is zig's.
        python_version: the version as the toolchain file's option says it, "3.13t".
    """

    name: str
    python: str
    command: str
    implementation: str
    version: str
    abi: str
    arch: str
    soabi: str
    toolchain_file: str
    zig: bool
    python_version: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ZigFinder(Template, file="zig_finder.sh.j2"):
    """STEM/bin/zig: the script by which the compilers beside it find a version of zig on any machine."""

    version: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PortableEmulator(Template, file="portable_emulator.sh.j2"):
    """STEM/bin/emulator: lets FindPython ask the build machine's Python, and runs nothing else."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PortableInterpreter(Template, file="portable_interpreter.sh.j2"):
    """STEM/python3.11/bin/python3, a cross interpreter for CMake alone; xconan makes its own.

    Attributes:
        name: of the Python's folder.
        platform: sysconfig's name of the host's.
    """

    name: str
    platform: str


def stem(platform: Platform) -> str:
    """What the files of a platform are called: "aarch64-linux-gnu.2.17", "arm-linux-gnueabihf"."""
    arch = platform.arch
    namesakes = [row.name for row in table()[platform.os].values() if row.triplet == arch.triplet]
    cpu, dash, rest = arch.triplet.partition("-")
    if namesakes[0] != arch.name:  # armv6l, whose compilers are called as armv7l's
        cpu = arch.name
    rest = rest.replace("gnu", "musl") if platform.libc is Libc.MUSL else rest
    floor = "".join(f".{number}" for number in platform.floor or ())
    return f"{cpu}{dash}{rest}{floor}"


def toolchain_file(
    template: ZigToolchain | SystemToolchain, platform: Platform, toolchain: Toolchain, programs: Mapping[str, str]
) -> str:
    """STEM.toolchain.cmake.

    Args:
        template: the toolchain file behind the name.
        platform: of the host.
        toolchain: that file, as probed.
        programs: path -> name of those that are found by their names.
    """
    compiler = toolchain.compiler
    written_out = WrittenOut(
        tag=platform.tag,
        compiler=f"{compiler.id} {compiler.version}",
        stem=stem(platform),
        triplet=platform.arch.triplet,
        roots=tuple(toolchain.implicit_roots),
        debian=platform.arch.debian,
    )
    # where CMake finds it out by itself, it is there for people to see
    folder = template.library_architecture or toolchain.variables.get("CMAKE_LIBRARY_ARCHITECTURE", "")
    template = replace(template, library_architecture=folder, written_out=written_out)
    if isinstance(template, SystemToolchain):

        def portable(program: Program) -> Program:
            name = programs.get(program.path)
            after = (name or "").removeprefix(platform.arch.triplet)
            return Program(path=after, after_triple=after != name) if name else program

        tools = tuple((variable, portable(program)) for variable, program in template.tools)
        template = replace(template, c=portable(template.c), cxx=portable(template.cxx), tools=tools)
    return template.text


def python_toolchain(platform: Platform) -> str:
    """STEM.python.toolchain.cmake: the same for every Python of the platform."""
    return PythonToolchain(stem=stem(platform), tag=platform.tag).text


def build_details(target: Target, python: HostPython, libraries: Mapping[str, str]) -> str:
    """lib/python3.11/build-details.json of a host Python.

    https://docs.python.org/3/library/sysconfig.html#build-details, PEP 739: paths are relative to base_prefix,
    and that to this file.

    Args:
        target: the host.
        python: as found.
        libraries: "dynamic" and "dynamic_stableabi" -> path below the Python's folder, where there are any.
    """
    names = ("major", "minor", "micro", "releaselevel", "serial")
    version = dict(zip(names, python.version, strict=True))
    flags = sorted(re.sub(r"^cp\d+", "", target.abi)) if target.implementation == "cp" else []
    details = {
        "schema_version": "1.0",
        "base_prefix": "../..",
        "platform": sysconfig_platform(target.platform),
        "language": {"version": target.dotted_version, "version_info": version},
        "implementation": {"name": target.implementation_name, "version": version},
        "abi": {
            "flags": flags,
            "extension_suffix": python.ext_suffix,
            "stable_abi_suffix": _stable_suffix(target),
        },
        "c_api": {"headers": f"include/{target.python_name}"},
        **({"libpython": dict(libraries)} if libraries else {}),
    }
    return json.dumps(details, indent=2) + "\n"


def conan_profile(platform: Platform, toolchain: Toolchain) -> str:
    """STEM.profile.conan, which finds what lies beside it wherever it lies.

    Args:
        platform: of the host.
        toolchain: as probed, with paths below home() for what is written beside the profile.
    """
    sections = HostProfile(platform=platform, toolchain=toolchain).sections()
    sections["buildenv"].insert(0, "CMAKE_POLICY_VERSION_MINIMUM=3.5")
    head = (
        f"# Conan host profile for {platform.tag}: conan install . -pr:h {stem(platform)}.profile.conan -b missing\n"
        "# Written by `xconan cross`, and yours to edit; xconan itself derives its profile from the toolchain file."
    )
    return profile_text(head, sections, _PROFILE_NOTES).replace(_HERE, "{{ profile_dir }}")


def home() -> Path:
    """Where the profile's own folder is, for conan_profile."""
    return Path(_HERE)


def cross_toml(cross: CrossConfig, python: HostPython) -> str:
    """STEM.python3.11.cross.toml."""
    target, platform = cross.target, cross.target.platform
    return CrossToml(
        name=f"{stem(platform)}.{target.python_name}.cross.toml",
        python=target.python_name,
        command=f"xconan cross {target.name} --toolchain {cross.toolchain} -o DIR",
        implementation=target.implementation,
        version=target.version,
        abi=target.abi,
        arch=platform.tag,
        soabi="" if python.soabi == soabi(target) else python.soabi,
        toolchain_file=f"{stem(platform)}.python.toolchain.cmake",
        zig=cross.toolchain == "zig",
        python_version=target.python_version,
    ).text


def interpreter(target: Target) -> str:
    """STEM/python3.11/bin/python3, a cross interpreter for CMake alone; xconan makes its own."""
    return PortableInterpreter(name=target.python_name, platform=sysconfig_platform(target.platform)).text


def host_facts(target: Target, python: HostPython) -> str:
    """STEM/python3.11/site/_xconan_host.py: the facts by which the cross interpreter answers."""
    name = target.python_name
    data = python.sysconfig_file
    return host_module(
        target,
        python,
        stable=_stable_suffix(target),
        include=Beside(path=f"include/{name}"),
        numpy="",
        build_data=Beside(path=f"lib/{name}/{data.name}") if data else "",
    ).text


def moved(toolchain: Toolchain, paths: Mapping[str, str]) -> Toolchain:
    """The toolchain with its own paths written otherwise: whole, or as the folder that they lie below.

    Args:
        toolchain: as probed.
        paths: a path, or the folder that paths lie below -> what is written in its place.
    """

    def rewritten(text: str) -> str:
        for before, after in paths.items():
            if text == before:
                return after
            if text.startswith(before + "/"):
                return after + text[len(before) :]
        return text

    compilers = {
        name: replace(compiler, path=rewritten(compiler.path), script=rewritten(compiler.script))
        for name, compiler in toolchain.compilers.items()
    }
    variables = {name: rewritten(value) for name, value in toolchain.variables.items()}
    file = Path(rewritten(str(toolchain.file))) if toolchain.file else None
    # scripts in place of what is lacking are of this machine
    return replace(toolchain, file=file, compilers=compilers, variables=variables, refused=())


def _stable_suffix(target: Target) -> str:
    return stable_suffix(target, wheel_tags(target, WheelConfig(), pure=False))
