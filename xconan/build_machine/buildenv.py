"""The build machine: the interpreter that runs us, its cmake and ninja, the packages of its environment.

A build frontend makes a new environment with a new path for each build. Packages that only bring headers
and CMake files are therefore copied to a folder named by their content: CMake and ninja see the same paths
and the same time stamps each time, and an unchanged rebuild compiles nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import sysconfig
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.build_machine.tools import Tool
from xconan.ground import reads
from xconan.ground.files import digest, file_digest, read_json, relative_names, remove_tree, write_json
from xconan.ground.scratch import remove_half_made, temporary_sibling
from xconan.host.platforms import Libc, Platform, parse_platform, part_of, table
from xconan.host.targets import Target

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

from typing import TYPE_CHECKING

from xconan.ground.record import Record

NUMPY_CONFIG = "numpy/_numpyconfig.h"  # the one header of NumPy's that differs from machine to machine


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class BuildPackage(Record):
    """A package of the build environment that brings headers and CMake files for find_package.

    Attributes:
        name: of the distribution.
        prefixes: folders to search for packages in: the package's own folder, and entry points `cmake.prefix`.
        modules: folders for CMAKE_MODULE_PATH: entry points `cmake.module`.
        roots: (package, folder) for `<package>_ROOT`: entry points `cmake.root`.
        import_path: the folder from which Python imports the package.
        has_binaries: it brings libraries of the build machine too, so a cross-build must not search it.
    """

    name: str
    prefixes: tuple[str, ...]
    modules: tuple[str, ...] = ()
    roots: tuple[tuple[str, str], ...] = ()
    import_path: str = ""
    has_binaries: bool = False


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class BuildMachine(Record):
    """What the build machine offers: its Python, tools and build environment.

    Attributes:
        python: the interpreter that runs xconan.
        python_version: (major, minor, micro, release level, serial), as sys.version_info.
        abiflags: sys.abiflags.
        prefixes: where that Python is installed; the first is sys.prefix.
        cmake, ninja: the programs found, None where the machine has none new enough.
        meson: of the build environment, None where it has none.
        packages: of the build environment.
        numpy: NumPy's folder of headers in the build environment, None where it has no NumPy.
    """

    python: Path
    python_version: tuple[int, int, int, str, int]
    abiflags: str
    prefixes: tuple[str, ...]
    cmake: Tool
    ninja: Tool | None
    meson: Tool | None = None
    packages: tuple[BuildPackage, ...] = ()
    numpy: Path | None = None


_BINARY = re.compile(r"\.(so(\.\d+)*|a|o|dylib|dll|lib|pyd|exe)$")
_CONFIG_FILE = re.compile(rb"^([^,\r\n]*(?:[Cc]onfig\.cmake))(?:,|$)", re.MULTILINE)
_TOOLS = ("cmake", "ninja")  # on PyPI as well; they are programs, not packages to search


def running_target() -> Target:
    """The interpreter that runs us, as a target.

    Raises:
        ConfigError: this machine's platform is not in platforms.toml.
    """
    soabi = str(sysconfig.get_config_var("SOABI") or "")
    version = f"{sys.version_info.major}{sys.version_info.minor}"
    if sys.implementation.name == "pypy":
        return Target(implementation="pp", version=version, abi="_".join(soabi.split("-")[:2]),
                      platform=running_platform())  # fmt: skip
    flags = sys.abiflags if hasattr(sys, "abiflags") else ""
    return Target(implementation="cp", version=version, abi=f"cp{version}{flags}", platform=running_platform())


def running_platform() -> Platform:
    """The build machine's platform: "linux_x86_64"; on macOS its own architecture, be its Python universal or not.

    Raises:
        ConfigError: it is not in platforms.toml.
    """
    tag = re.sub(r"[-.]", "_", sysconfig.get_platform())
    platform = parse_platform(re.sub(r"(macosx_1[1-9]|macosx_[2-9]\d)_\d+", r"\1_0", tag))
    return _own_part(platform, os.uname().machine) if platform.os == "mac" else platform


def running_libc() -> Libc | None:
    """The C library of the interpreter that runs us, whose platform has one name with each; None outside of Linux."""
    if not sys.platform.startswith("linux"):
        return None
    told = f"{sysconfig.get_config_var('HOST_GNU_TYPE')} {sysconfig.get_config_var('SOABI')}"
    return Libc.MUSL if "musl" in told else Libc.GLIBC


def _own_part(platform: Platform, machine: str) -> Platform:
    """A platform of macOS for the architecture that runs: _PYTHON_HOST_PLATFORM may have named another."""
    if platform.arch.name == machine or machine not in table()["mac"]:
        return platform
    universal = parse_platform(platform.tag.removesuffix(platform.arch.name) + "universal2")
    return part_of(universal, machine)


def read_build_machine(*, cmake: Tool, ninja: Tool | None, store: Path, stable: bool) -> BuildMachine:
    """Gather what the build machine offers.

    Args:
        cmake: as tools.find_tool found it.
        ninja: the same.
        store: where copies of the environment's packages are kept.
        stable: copy packages to the store, where that can be written.
    """
    remove_half_made(store)
    packages = tuple(_copy_to_store(package, store) if stable else package for package in _find_packages(sys.path))
    version = sys.version_info
    return BuildMachine(
        python=Path(sys.executable),
        python_version=(version.major, version.minor, version.micro, version.releaselevel, version.serial),
        abiflags=getattr(sys, "abiflags", ""),
        prefixes=tuple(dict.fromkeys((sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix))),
        cmake=cmake,
        ninja=ninja,
        meson=find_meson(),
        packages=packages,
        numpy=_find_numpy(sys.path),
    )


def find_meson() -> Tool | None:
    """Meson of the environment that runs us; its version is read, because asking for it takes a third of a second."""
    program = Path(sys.executable).parent / "meson"
    if not program.is_file():
        return None
    infos = (info for folder in sys.path for info in Path(folder or ".").glob("meson-*.dist-info"))
    version = next((info.name.removesuffix(".dist-info").partition("-")[2] for info in infos), None)
    return Tool(path=program, version=version) if version else None


def _find_numpy(path: Sequence[str]) -> Path | None:
    names = ("numpy/_core/include", "numpy/core/include")  # NumPy 2, NumPy 1
    folders = (Path(folder or ".").absolute() / name for folder in path for name in names)
    return next((folder for folder in folders if (folder / NUMPY_CONFIG).is_file()), None)


@dataclass(frozen=True)
class _Distribution:
    """An installed distribution: the folder of its .dist-info and the texts in it that matter to CMake."""

    info: Path
    entry_points: str
    record: bytes

    @property
    def site(self) -> Path:
        return self.info.parent

    @property
    def name(self) -> str:
        return self.info.name.split("-")[0]


def _find_packages(path: Sequence[str]) -> Iterator[BuildPackage]:
    seen: set[str] = set()
    for folder in path:
        with suppress(OSError):
            for info in sorted(Path(folder or ".").absolute().glob("*.dist-info")):
                if info.name not in seen and info.name.split("-")[0] not in _TOOLS:
                    seen.add(info.name)
                    package = _package_of(_read_distribution(info))
                    if package:
                        yield package


def _read_distribution(info: Path) -> _Distribution:
    points, record = info / "entry_points.txt", info / "RECORD"
    return _Distribution(
        info,
        points.read_text("utf-8", "replace") if points.is_file() else "",
        record.read_bytes() if record.is_file() else b"",
    )


@cache  # many targets ask for the same packages
def _package_of(distribution: _Distribution) -> BuildPackage | None:
    """The package, if it brings CMake files: a find_package configuration, or cmake.* entry points.

    https://scikit-build-core.readthedocs.io/en/latest/guide/cmakelists.html#finding-other-packages
    """
    points = _cmake_entry_points(distribution)
    names = [name.decode("utf-8", "replace") for name in _CONFIG_FILE.findall(distribution.record)]
    tops = dict.fromkeys(name.split("/")[0] for name in names if "/" in name and not name.startswith((".", "/")))
    if not (points or tops):
        return None
    files = [line.rsplit(",", 2)[0].strip('"') for line in distribution.record.decode("utf-8", "replace").splitlines()]
    prefixes = [folder for _name, folder in points.get("cmake.prefix", ())]
    prefixes += [str(distribution.site / top) for top in tops if not top.endswith(".dist-info")]
    return BuildPackage(
        name=distribution.name,
        prefixes=tuple(dict.fromkeys(prefixes)),
        modules=tuple(folder for _name, folder in points.get("cmake.module", ())),
        roots=tuple(points.get("cmake.root", ())),
        import_path=str(distribution.site),
        has_binaries=any(_BINARY.search(file) for file in files),
    )


def _cmake_entry_points(distribution: _Distribution) -> dict[str, list[tuple[str, str]]]:
    if "cmake." not in distribution.entry_points:
        return {}
    from configparser import ConfigParser, Error  # noqa: PLC0415 - few packages have such entry points

    parser = ConfigParser(delimiters=("=",), interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names are case-sensitive
    with suppress(Error):
        parser.read_string(distribution.entry_points)
    groups = [group for group in parser.sections() if group in ("cmake.prefix", "cmake.module", "cmake.root")]
    return {
        group: [(name, str(_module_folder(distribution.site, value))) for name, value in parser.items(group)]
        for group in groups
    }


def _module_folder(site: Path, module: str) -> Path:
    """The folder of a package named by an entry point, without importing it."""
    parts = module.split(":", maxsplit=1)[0].strip().split(".")
    folder = site.joinpath(*parts)
    if folder.is_dir():
        return folder
    from importlib.util import find_spec  # noqa: PLC0415 - editable installs alone need it

    with suppress(ImportError, ValueError):
        spec = find_spec(parts[0])
        for location in (spec.submodule_search_locations or ()) if spec else ():
            return Path(location).joinpath(*parts[1:])
    return folder


def _copy_to_store(package: BuildPackage, store: Path) -> BuildPackage:
    """The package as copied to the store under its content's name; as it is where that can't be done."""
    site = Path(package.import_path)
    folders = (*package.prefixes, *package.modules, *(folder for _name, folder in package.roots))
    try:
        tops = sorted({Path(folder).relative_to(site).parts[0] for folder in folders})
    except (ValueError, IndexError):  # not below its site folder: an editable install, used where it is
        return package
    if package.has_binaries:
        return package
    with suppress(OSError):
        content = {top: relative_names(site / top) for top in tops}
        stored = store / f"{package.name}-{_content_digest(site, content, store)[:16]}"
        if not stored.is_dir():
            _copy(site, content, stored)

        def moved(folder: str) -> str:
            return str(stored / Path(folder).relative_to(site))

        return replace(
            package,
            prefixes=tuple(map(moved, package.prefixes)),
            modules=tuple(map(moved, package.modules)),
            roots=tuple((name, moved(folder)) for name, folder in package.roots),
            import_path=str(stored),
        )
    return package


def _content_digest(site: Path, content: dict[str, list[str]], store: Path) -> str:
    """A digest of the files' names and content; read again only where a file is not the one read before."""
    files = [site / top / name for top, names in content.items() for name in names]
    state = digest([_identity(path) for path in files])
    known = store / "known" / f"{digest(str(site), sorted(content))[:16]}.json"
    known_content = read_json(known)
    if known_content.get("state") == state:
        return str(known_content["content"])
    content_digest = digest(
        [(top, name, file_digest(site / top / name)) for top, names in content.items() for name in names]
    )
    write_json(known, {"state": state, "content": content_digest})
    return content_digest


def _identity(path: Path) -> list[object]:
    status = path.stat()
    reads.file(path, status)
    return [str(path), status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _copy(site: Path, content: dict[str, list[str]], stored: Path) -> None:
    new = temporary_sibling(stored)
    remove_tree(new)
    try:
        for top, names in content.items():
            for name in names:
                place = new / top / name
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(site / top / name, place)
        new.rename(stored)
    except OSError:
        remove_tree(new)
        if not stored.is_dir():  # otherwise another build was faster
            raise
