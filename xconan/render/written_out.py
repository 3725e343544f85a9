"""Pure: a target by name -> the files that say the same, for people to read, keep and edit.

The layout is that of py-build-cmake's toolchain bundles ("A closer look at the CMake toolchain files"): STEM is the
GNU triplet and the floor that the tag promises, "aarch64-linux-gnu.2.17".

    STEM.toolchain.cmake            system, compilers, search modes, packaging
    STEM.python.toolchain.cmake     includes it, and tells FindPython, pybind11 and nanobind of the host's Python
    STEM.profile.conan              the Conan host profile
    STEM.python3.11.cross.toml      one for each Python
    STEM/bin/                       compilers that are scripts (zig)
    STEM/modules/                   FindPython, mended for older CMake
    STEM/python3.11/                headers, build-details.json (PEP 739), a cross interpreter for CMake alone
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.host.platforms import Libc, table
from xconan.host.tags import soabi, stable_suffix, sysconfig_platform
from xconan.project.config.records import WheelConfig
from xconan.project.wheel_tags import wheel_tags
from xconan.render.interpreter import Beside, host_module
from xconan.render.profile import host_profile
from xconan.render.templates.quoting import cmake as quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xconan.host.platforms import Platform
    from xconan.host.targets import Target
    from xconan.project.config.records import CrossConfig
    from xconan.pythons.records import HostPython
    from xconan.toolchains.records import Toolchain

_HERE = "/@profile_dir@"  # stands for the profile's own folder until everything else is rendered
_FOLDER = "${CMAKE_CURRENT_LIST_DIR}"

_SECTIONS = {  # headings of the toolchain files that xconan writes -> what each part is for
    "# System information": "# System information: naming the system is what makes CMake cross-compile",
    "# Compilers": "# Compilers and binary tools",
    "# Search path configuration": (
        "# Search path configuration: programs are the build machine's; libraries, headers and packages are never,\n"
        "# once CMAKE_FIND_ROOT_PATH holds a folder"
    ),
}

_TOOLCHAIN = """\
# The toolchain for {tag}: {compiler}.
# Written by `xconan cross`, and yours to edit. For CMake alone, in a project without Python:
#
#     cmake -S . -B build -DCMAKE_TOOLCHAIN_FILE={stem}.toolchain.cmake

set(CROSS_GNU_TRIPLE "{triplet}" CACHE STRING "The GNU triple of the toolchain")

{body}{roots}{packaging}"""

_PACKAGING = """\

# Packaging
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE "{debian}")
"""

_ROOTS = """\

# The host's own folders, as the compiler searches them
list(APPEND CMAKE_FIND_ROOT_PATH {roots})
"""

_PROFILE_NOTES = {
    "[settings]": "# What is built: the host, the compiler, and how",
    "[conf]": "# The same compilers for recipes of every build system; a library built for another platform tag is\n"
              "# another package (user.xconan:abi)",
    "[buildenv]": "# The environment of every recipe's build: the host's binary tools, and none of the build\n"
                  "# machine's libraries. CMake 4 refuses the old cmake_minimum_required that many libraries have",
}  # fmt: skip


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


def python_name(target: Target) -> str:
    """The name of the host Python's folders, as installations have it: "python3.11", "python3.13t", "pypy3.10"."""
    kind = {"pp": "pypy"}.get(target.implementation, "python")
    return f"{kind}{target.dotted_version}{'t' if target.free_threaded else ''}"


def python_version(target: Target) -> str:
    """TOOLCHAIN_PYTHON_VERSION for a target: "3.11", "3.13t", "pypy3.10"."""
    return python_name(target).removeprefix("python")


def toolchain_file(text: str, platform: Platform, toolchain: Toolchain) -> str:
    """STEM.toolchain.cmake.

    Args:
        text: of the toolchain file behind the name; it finds its scripts in its own folder.
        platform: of the host.
        toolchain: that file, as probed.
    """
    body = re.sub(r"\A(#[^\n]*\n)+\n*", "", text).replace(_FOLDER, f"{_FOLDER}/{stem(platform)}/bin")
    for heading, meaning in _SECTIONS.items():
        body = body.replace(heading + "\n", meaning + "\n")
    if folders := toolchain.variables.get("CMAKE_LIBRARY_ARCHITECTURE"):  # CMake's own finding, for people to see
        line = f"set(CMAKE_LIBRARY_ARCHITECTURE {folders})\n"
        body = body if line in body else re.sub(r"(?<=\n)set\(CMAKE_SYSTEM_PROCESSOR .*\n", rf"\g<0>{line}", body)
    roots = " ".join(quote(root) for root in toolchain.implicit_roots)
    compiler = toolchain.compiler
    return _TOOLCHAIN.format(
        tag=platform.tag,
        compiler=f"{compiler.id} {compiler.version}",
        stem=stem(platform),
        triplet=platform.arch.triplet,
        body=body,
        roots=_ROOTS.format(roots=roots) if roots else "",
        packaging=_PACKAGING.format(debian=platform.arch.debian) if platform.arch.debian else "",
    )


def python_toolchain(platform: Platform) -> str:
    """STEM.python.toolchain.cmake: the same for every Python of the platform."""
    return _template("python.toolchain.cmake", stem=stem(platform), tag=platform.tag)


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
        "implementation": {"name": {"pp": "pypy"}.get(target.implementation, "cpython"), "version": version},
        "abi": {
            "flags": flags,
            "extension_suffix": python.ext_suffix,
            "stable_abi_suffix": _stable_suffix(target),
        },
        "c_api": {"headers": f"include/{python_name(target)}"},
        **({"libpython": dict(libraries)} if libraries else {}),
    }
    return json.dumps(details, indent=2) + "\n"


def conan_profile(platform: Platform, toolchain: Toolchain) -> str:
    """STEM.profile.conan, which finds what lies beside it wherever it lies.

    Args:
        platform: of the host.
        toolchain: as probed, with paths below home() for what is written beside the profile.
    """
    text = host_profile(platform, toolchain, (), "Release")
    text = re.sub(r"\A#[^\n]*\n", "", text)
    text = text.replace("[buildenv]\n", "[buildenv]\nCMAKE_POLICY_VERSION_MINIMUM=3.5\n")
    for section, note in _PROFILE_NOTES.items():
        text = text.replace(f"\n{section}\n", f"\n{note}\n{section}\n")
    head = (
        f"# Conan host profile for {platform.tag}: conan install . -pr:h {stem(platform)}.profile.conan -b missing\n"
        "# Written by `xconan cross`, and yours to edit; xconan itself derives its profile from the toolchain file.\n"
    )
    return head + text.replace(_HERE, "{{ profile_dir }}")


def home() -> Path:
    """Where the profile's own folder is, for conan_profile."""
    return Path(_HERE)


def cross_toml(cross: CrossConfig, python: HostPython) -> str:
    """STEM.python3.11.cross.toml."""
    target, platform = cross.target, cross.target.platform
    zig = cross.toolchain == "zig"
    command = f"xconan cross {target.name} --toolchain {cross.toolchain} -o DIR"
    name = f"{stem(platform)}.{python_name(target)}.cross.toml"
    lines = [
        f"# {python_name(target)} on {platform.tag}: xconan build --cross {name}",
        f"# Written by `{command}`,",
        "# and yours to edit; paths are relative to this file.",
        "",
        f"implementation = '{target.implementation}'",
        f"version = '{target.version}'",
        f"abi = '{target.abi}'",
        f"arch = '{platform.tag}'",
    ]
    lines += [f"soabi = '{python.soabi}'"] if python.soabi != soabi(target) else []
    lines += [
        f"toolchain_file = '{stem(platform)}.python.toolchain.cmake'",
        # not in other programs' cross.toml: left out where nothing hangs on it
        *(["toolchain = 'zig'  # its C++ library takes minutes when first used, and xconan says so"] if zig else []),
        "",
        "# Which of the Pythons beside the toolchain file it tells CMake of",
        "[cmake.options]",
        f"TOOLCHAIN_PYTHON_VERSION = '{python_version(target)}'",
    ]
    return "\n".join(lines) + "\n"


def zig_finder(version: str) -> str:
    """STEM/bin/zig: the script by which the compilers beside it find zig on any machine."""
    return _template("zig", version=version)


def emulator() -> str:
    """STEM/bin/emulator: lets FindPython ask the build machine's Python, and runs nothing else."""
    return _template("emulator")


def interpreter(target: Target) -> str:
    """STEM/python3.11/bin/python3, a cross interpreter for CMake alone; xconan makes its own."""
    return _template("python3", name=python_name(target), platform=sysconfig_platform(target.platform))


def host_facts(target: Target, python: HostPython) -> str:
    """STEM/python3.11/site/_xconan_host.py: the facts by which the cross interpreter answers."""
    name = python_name(target)
    data = python.sysconfig_file
    return host_module(
        target,
        python,
        stable=_stable_suffix(target),
        include=Beside(path=f"include/{name}"),
        numpy="",
        build_data=Beside(path=f"lib/{name}/{data.name}") if data else "",
    ).text


def _template(name: str, /, **words: str) -> str:
    """A text of written_out/ with each @word@ replaced: a part of the program, like this module."""
    text = (Path(__file__).parent / "templates" / name).read_text("utf-8")
    return re.sub(r"@(\w+)@", lambda match: words[match[1]], text)


def portable_wrapper(text: str, *, zig: str, cache: str) -> str:
    """A wrapper of zig's that calls the zig beside itself, and leaves the choice of zig's cache to it.

    Args:
        text: of the wrapper behind the name.
        zig: the program that it calls.
        cache: the folder that it tells zig to keep what it made in.
    """
    lines = [line for line in text.splitlines() if cache not in line]
    return "\n".join(lines).replace(f'"{zig}"', '"${0%/*}/zig"') + "\n"


def moved(toolchain: Toolchain, paths: Mapping[str, str]) -> Toolchain:
    """The toolchain with its own paths written otherwise: whole, or as the folder that they lie below.

    Args:
        toolchain: as probed.
        paths: what stands there -> what is to stand there.
    """

    def there(text: str) -> str:
        for before, after in paths.items():
            if text == before:
                return after
            if text.startswith(before + "/"):
                return after + text[len(before) :]
        return text

    compilers = {name: replace(one, path=there(one.path)) for name, one in toolchain.compilers.items()}
    variables = {name: there(value) for name, value in toolchain.variables.items()}
    file = Path(there(str(toolchain.file))) if toolchain.file else None
    return replace(toolchain, file=file, compilers=compilers, variables=variables)


def _stable_suffix(target: Target) -> str:
    return stable_suffix(target, wheel_tags(target, WheelConfig(), pure=False))
