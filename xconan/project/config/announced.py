"""What tools that build wheels say of the host in the environment: cibuildwheel, pyodide-build, crossenv and others.

They name no file and no target. distutils and setuptools read these variables, and so a build by them is for another
machine; here they make a cross table, the weakest of all. Meanings as py-build-cmake has them; cibuildwheel's own code
is their other source (platforms/windows.py, macos.py). Linux has no such variables: cibuildwheel emulates there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground.record import Record
from xconan.project.config.layers import Layer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xconan.build_machine.announcement import Announcement
    from xconan.host.targets import Target

# build_ext.plat_name: (the platform tag, CMAKE_GENERATOR_PLATFORM, CMAKE_SYSTEM_PROCESSOR)
_WINDOWS = {
    "win32": ("win32", "Win32", "x86"),
    "win-amd64": ("win_amd64", "x64", "AMD64"),
    "win-arm32": ("win_arm32", "ARM", "ARM"),
    "win-arm64": ("win_arm64", "ARM64", "ARM64"),
}
_MAC_ARCHITECTURES = ("x86_64", "arm64")
_ARCH_FLAG = re.compile(r"-arch\s+(\S+)")
_FIRST_OF_ARM64 = (11, 0)
_ONLY_MAJOR = 11  # from this macOS on tags have the minor 0


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Announced(Record):
    """What an announcement means.

    Attributes:
        cross: a cross table, None where the host is this machine.
        native: `[cmake]` of a build for this machine: of a universal wheel.
        platform: tag of a build for this machine, "" for its usual one.
        own_compiler: this machine's own compiler builds for that host once it is told so.
        remarks: lines to say; in those of what is not looked at, `{reason}` stands for why.
    """

    cross: Layer | None = None
    native: Layer | None = None
    platform: str = ""
    own_compiler: bool = False
    remarks: tuple[str, ...] = ()


NOTHING = Announced()


def announced(announcement: Announcement) -> Announced:
    """What the environment says of the host."""
    if announcement.pretends:
        return _pretended(announcement)
    system = announcement.platform.partition("-")[0]
    if system.startswith("win"):
        return _windows(announcement)
    if system == "macosx":
        return _mac(announcement)
    others = [*_elsewhere(announcement)]
    return Announced(remarks=tuple(others)) if others else NOTHING


def unheeded(found: Announced, reason: str) -> tuple[str, ...]:
    """What to say where an announced host is not that of the build.

    Args:
        found: what was announced.
        reason: why not: "the host is that of rpi.cross.toml".
    """
    layer = found.cross or found.native
    return (f"{layer.source} is not looked at, because {reason}",) if layer else found.remarks


def _elsewhere(announcement: Announcement) -> Iterator[str]:
    """Variables of other systems: somebody may have meant something by them."""
    flags = announcement.environ.get("ARCHFLAGS", "")
    if _ARCH_FLAG.search(flags):
        yield f"ARCHFLAGS ({flags}) is not looked at, because it is macOS's, and this is {announcement.platform}"
    file = announcement.environ.get("DIST_EXTRA_CONFIG")
    if file and (name := _distutils(file).get("plat_name")):
        yield (f"DIST_EXTRA_CONFIG (plat_name {name}) is not looked at, because it is Windows', and this is "
               f"{announcement.platform}")  # fmt: skip


# --- Windows ---------------------------------------------------------------------------------------------------------


def _windows(announcement: Announcement) -> Announced:
    """DIST_EXTRA_CONFIG: a file of distutils that names another platform in build_ext.plat_name."""
    file = announcement.environ.get("DIST_EXTRA_CONFIG")
    if not file:
        return NOTHING
    if not Path(file).is_file():
        return Announced(remarks=(f"DIST_EXTRA_CONFIG names {file}, which is not there",))
    table = _distutils(file)
    name = table.get("plat_name", "")
    if name in ("", announcement.platform):
        return NOTHING
    if name not in _WINDOWS:
        known = ", ".join(_WINDOWS)
        return Announced(
            remarks=(f"DIST_EXTRA_CONFIG (plat_name {name}) is not looked at, because it is none of {known}",)
        )
    tag, generator_platform, processor = _WINDOWS[name]
    running = announcement.running
    options = {"CMAKE_SYSTEM_NAME": "Windows", "CMAKE_SYSTEM_PROCESSOR": processor}
    cross = {
        "os": "windows", "implementation": running.implementation, "version": running.version, "abi": running.abi,
        "arch": tag, "generator_platform": generator_platform, "cmake": {"options": options},
    }  # fmt: skip
    folders = [folder.strip() for folder in re.split(r"[;\n]", table.get("library_dirs", "")) if folder.strip()]
    cross |= _python_files(folders, running)
    remarks = [f"the host is {tag}: DIST_EXTRA_CONFIG ({file}) says plat_name {name}"]
    if folders and "library" not in cross:
        remarks.append(f"there is no {_libraries(running, stable=False)[0]} in {' or '.join(folders)}")
    layer = Layer(source=f"DIST_EXTRA_CONFIG ({file})", table=cross, folder=Path(file).absolute().parent)
    return Announced(cross=layer, own_compiler=True, remarks=tuple(remarks))


def _distutils(file: str) -> dict[str, str]:
    """`[build_ext]` of a configuration file of distutils; nothing of one that can't be read."""
    from configparser import ConfigParser, Error  # noqa: PLC0415 - few builds have such a file, and hooks are to be quick

    parser = ConfigParser(interpolation=None, strict=False)
    try:
        parser.read(file)
    except (Error, UnicodeDecodeError):
        return {}
    return dict(parser["build_ext"]) if parser.has_section("build_ext") else {}


def _libraries(running: Target, *, stable: bool) -> list[str]:
    """File names of Python's import library, the best first."""
    version = "3" if stable else running.version
    threads = "t" if running.free_threaded else ""
    debug = "_d" if running.abi_flags.endswith("d") else ""
    return [f"python{version}{threads}{debug}.lib"]


def _python_files(folders: list[str], running: Target) -> dict[str, str]:
    """Python's import libraries in these folders, and the headers of the installation that they are of."""
    found = {}
    for key, stable in (("library", False), ("sabi_library", True)):
        places = [Path(folder) / name for folder in folders for name in _libraries(running, stable=stable)]
        if place := next((place for place in places if place.is_file()), None):
            found[key] = str(place)
            include = place.parent.parent / "include"
            if include.is_dir():
                found.setdefault("include_dir", str(include))
    return found


# --- macOS -----------------------------------------------------------------------------------------------------------


def _mac(announcement: Announcement) -> Announced:
    """ARCHFLAGS: `-arch` for each architecture that the wheel is for."""
    flags = announcement.environ.get("ARCHFLAGS", "")
    named = tuple(dict.fromkeys(_ARCH_FLAG.findall(flags)))
    unknown = [arch for arch in named if arch not in _MAC_ARCHITECTURES]
    if unknown:
        known = " and ".join(_MAC_ARCHITECTURES)
        return Announced(remarks=(f"ARCHFLAGS ({flags}) is not looked at, because known are {known}",))
    if not named or named == (announcement.machine,):
        return NOTHING
    tag = _mac_tag(announcement, named)
    deployment = _dotted(tag)
    options = {"CMAKE_OSX_ARCHITECTURES": list(named), "CMAKE_OSX_DEPLOYMENT_TARGET": deployment}
    source = f"ARCHFLAGS ({flags})"
    remark = f"the host is {tag}: ARCHFLAGS says {flags}"
    if announcement.machine in named:
        native = Layer(source=source, table={"options": options}, folder=Path.cwd())
        return Announced(native=native, platform=tag, remarks=(remark,))
    running = announcement.running
    env = {"MACOSX_DEPLOYMENT_TARGET": deployment}
    if running.implementation == "cp":
        env["SETUPTOOLS_EXT_SUFFIX"] = f".cpython-{running.version}{running.abi_flags}-darwin.so"
    cross: dict[str, object] = {
        "os": "mac", "implementation": running.implementation, "version": running.version, "abi": running.abi,
        "arch": tag, "cmake": {"options": {"CMAKE_SYSTEM_NAME": "Darwin", **options}, "env": env},
    }  # fmt: skip
    layer = Layer(source=source, table=cross, folder=Path.cwd())
    return Announced(cross=layer, own_compiler=True, remarks=(remark,))


def _mac_tag(announcement: Announcement, architectures: tuple[str, ...]) -> str:
    """The tag: MACOSX_DEPLOYMENT_TARGET's, else what Python was built for; arm64 alone begins with macOS 11."""
    told = announcement.environ.get("MACOSX_DEPLOYMENT_TARGET", "")
    text = told if re.fullmatch(r"\d+(\.\d+)*", told) else announcement.platform.split("-")[1]
    major, minor = [*(int(part) for part in text.split(".")[:2]), 0][:2]
    if architectures == ("arm64",):
        major, minor = max((major, minor), _FIRST_OF_ARM64)
    arch = "universal2" if len(architectures) > 1 else architectures[0]
    return f"macosx_{major}_{minor if major < _ONLY_MAJOR else 0}_{arch}"


def _dotted(tag: str) -> str:
    return ".".join(tag.split("_")[1:3])


# --- a Python that pretends ------------------------------------------------------------------------------------------


def _pretended(announcement: Announcement) -> Announced:
    """crossenv, xbuild, pyodide-build: the Python that runs answers as the host's."""
    running = announcement.running
    cross: dict[str, object] = {
        "implementation": running.implementation, "version": running.version, "abi": running.abi,
        "arch": running.platform.tag, "os": running.platform.os,
    }  # fmt: skip
    pyodide = running.platform.os == "pyodide"
    include = announcement.environ.get("PYTHONINCLUDE", "") if pyodide else announcement.include_dir
    if include and Path(include, "Python.h").is_file():
        cross["include_dir"] = include
    if pyodide:
        cross["toolchain"] = "emscripten"
    elif file := announcement.environ.get("CMAKE_TOOLCHAIN_FILE"):
        cross["toolchain_file"] = file
    if (soabi := _soabi(announcement.ext_suffix)) and (not pyodide or "emscripten" in soabi):
        cross["soabi"] = soabi
    source = "the build environment, whose Python answers as the host's"
    said = "Pyodide's (_PYTHON_HOST_PLATFORM)" if pyodide else "that of a host (sys.cross_compiling)"
    remark = f"the host is {running.platform.tag}: the Python that runs here answers as {said}"
    return Announced(cross=Layer(source=source, table=cross, folder=Path.cwd()), remarks=(remark,))


def _soabi(suffix: str) -> str:
    match = re.fullmatch(r"\.(.+)\.(so|pyd)", suffix)
    return match[1] if match else ""
