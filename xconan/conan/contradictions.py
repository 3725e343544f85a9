"""Pure: a user's Conan profile against the derived one, which says what the toolchain is.

Profiles are compared as Conan composed them, in the words of `conan profile show --format=json`:
https://docs.conan.io/2/reference/config_files/profiles.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Section = Mapping[str, object]

# what is decided by host and compiler; compiler.cppstd and cstd are wishes that every compiler can fulfil
SETTINGS = ("os", "os.version", "arch", "compiler", "compiler.version", "compiler.libcxx", "compiler.runtime",
             "compiler.runtime_type", "compiler.threads", "compiler.exception")  # fmt: skip
CONFS = (
    "tools.build:sysroot",
    "tools.build.cross_building:cross_build",
    "tools.gnu:host_triplet",
    "tools.cmake.cmaketoolchain:system_name",
    "tools.cmake.cmaketoolchain:system_processor",
    "tools.cmake.cmaketoolchain:toolchain_file",
    "tools.apple:sdk_path",
    "user.xconan:abi",
)
EXECUTABLES = "tools.build:compiler_executables"
_LISTS = ("tools.cmake.cmaketoolchain:user_toolchain", "tools.info.package_id:confs")
_VARIABLES = {"CC": "c", "CXX": "cpp", "FC": "fortran"}
_REMEDIES = {
    "tools.info.package_id:confs": "append to it: tools.info.package_id:confs+=[…]",
    "tools.cmake.cmaketoolchain:user_toolchain": "append to it: tools.cmake.cmaketoolchain:user_toolchain+=[…]",
    EXECUTABLES: "name other compilers alone, by tools.build:compiler_executables*={…}",
    "build_type": "set cmake.build_type as the profile has it",
}
_REMEDY = "take it out of the profile, where the toolchain decides it, or give the toolchain file that it was made for"


def contradictions(derived: Section, composed: Section, build_type: str) -> Iterator[dict[str, str]]:
    """What a profile on top of the derived one says against the toolchain.

    Args:
        derived: the derived profile, serialized by Conan.
        composed: the same with the user's profile on top.
        build_type: CMAKE_BUILD_TYPE of the project.

    Yields:
        key, profile (what the user's says), toolchain (what ours says), hint.
    """
    settings = _section(derived, "settings")
    for pattern, theirs in {"": _section(composed, "settings"), **_scoped(composed)}.items():
        for name in SETTINGS:
            if name in theirs and theirs[name] != settings.get(name):
                yield _found(f"{pattern}{name}", theirs[name], settings.get(name))
    chosen = _section(composed, "settings").get("build_type", build_type)
    if chosen not in (settings.get("build_type"), build_type):
        yield _found("build_type", chosen, build_type)
    before = _confs(derived)
    for name, value in _confs(composed).items():
        plain = next((known for known in (*CONFS, *_LISTS, EXECUTABLES) if name.endswith(known)), "")
        if plain and value != before.get(plain) and not _adds(plain, before.get(plain), value, whole=name == plain):
            yield _found(name, value, before.get(plain), plain)
    programs = cast("Section", before.get(EXECUTABLES) or {})
    for name, variable, program in _programs(composed):
        if variable in _VARIABLES and program != programs.get(_VARIABLES[variable], program):
            yield _found(name, program, programs.get(_VARIABLES[variable]))


def _found(key: str, profile: object, toolchain: object, kind: str = "") -> dict[str, str]:
    known = {"key": key, "profile": _shown(profile), "toolchain": _shown(toolchain)}
    return {**known, "hint": _REMEDIES.get(kind or key, _REMEDY)}


def _shown(value: object) -> str:
    return "nothing" if value is None else str(value)


def _section(profile: Section, name: str) -> Section:
    return cast("Section", profile.get(name) or {})


def _scoped(profile: Section) -> dict[str, Section]:
    """Settings for some packages alone, by 'PATTERN:'."""
    return {
        f"{pattern}:": cast("Section", settings) for pattern, settings in _section(profile, "package_settings").items()
    }


def _confs(profile: Section) -> dict[str, object]:
    """Without the ! that protects a value from weaker profiles."""
    return {name.removesuffix("!"): value for name, value in _section(profile, "conf").items()}


def _adds(name: str, ours: object, theirs: object, *, whole: bool) -> bool:
    """Whether a list or table still has everything that ours has; for some packages it may be added to ours."""
    if name == EXECUTABLES and isinstance(theirs, dict):
        table = ours if isinstance(ours, dict) else {}
        return all(theirs.get(key, None if whole else value) == value for key, value in table.items())
    if name in _LISTS and isinstance(theirs, list):
        return not whole or set(cast("list[str]", ours or [])) <= set(cast("list[str]", theirs))
    return False


def _programs(profile: Section) -> Iterator[tuple[str, str, str]]:
    """Key, variable and value of what [buildenv] sets."""
    for line in str(profile.get("build_env") or "").splitlines():
        if match := re.fullmatch(r"((?:[^:=\s]+:)?(\w+))=(?![!+])(.*)", line.strip()):
            yield match[1], match[2], match[3]
