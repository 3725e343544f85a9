"""A user's Conan profile against the derived one, which says what the toolchain is.

Pure but for which program on PATH a name means that stands without its folder, and for files that flags name.

Profiles are compared as Conan composed them, in the words of `conan profile show --format=json`:
https://docs.conan.io/2/reference/config_files/profiles.html
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.conan.machine_flags import other_machine, remedy, split_words
from xconan.host.triplets import is_same_host
from xconan.toolchains.inputs import LAUNCHER
from xconan.toolchains.programs import adds_nothing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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
_EXTRA_VARIABLES = "tools.cmake.cmaketoolchain:extra_variables"
_MACHINE_FILES = "tools.meson.mesontoolchain:extra_machine_files"
MESON_VARIABLES = "tools.meson.mesontoolchain:extra_variables"
_OTHER_FILES = ("--toolchain", "--preset")  # what CMake would read in place of the toolchain's file
_BLOCKS = "tools.cmake.cmaketoolchain:enabled_blocks"
_NEEDED_BLOCKS = {"user_toolchain", "generic_system", "compilers", "extra_variables"}
_FLAGS = re.compile(r"(?:.*:)?tools\.build:(?:c|cxx|asm|exelink|sharedlink)flags")
_GENERATOR = "tools.cmake.cmaketoolchain:generator"
_MAKE_PROGRAM = "tools.gnu:make_program"
_OF_MAKE = ("MAKEFLAGS", "GNUMAKEFLAGS")  # what they define is stronger than a Makefile's own variables
_FLAG_VARIABLES = re.compile(r"(?:C|CXX|CPP|LD|F|FC|AS|CCAS|OBJC|OBJCXX)FLAGS|CMAKE_\w+_FLAGS\w*")
# what makes a machine in CMake; a toolchain file says it
_MACHINE_VARIABLES = re.compile(
    r"CMAKE_(SYSTEM_NAME|SYSTEM_PROCESSOR|SYSROOT\w*|TOOLCHAIN_FILE|OSX_ARCHITECTURES|OSX_SYSROOT|"
    r"(C|CXX|ASM|Fortran)_COMPILER(_TARGET|_ARG1|_EXTERNAL_TOOLCHAIN)?)"
)
_LISTS = ("tools.cmake.cmaketoolchain:user_toolchain", "tools.info.package_id:confs")
ADDED_TO = (*_LISTS, EXECUTABLES, _EXTRA_VARIABLES, MESON_VARIABLES)
"""Lists and tables that the derived profile has, and others may add to."""
# by the variable of [buildenv], what compiler it is
LANGUAGES = {"CC": "c", "CXX": "cpp", "FC": "fortran"}
CMAKE_LANGUAGES = {"c": "C", "cpp": "CXX", "fortran": "Fortran"}
"""Conan's names of languages: CMake's."""
_PREPROCESSORS = {"CPP": "c", "CXXCPP": "cpp"}
# a line of [buildenv] as Conan has it, and a definition of Make's
_ENTRY = re.compile(
    r"(?P<key>(?:[^:=\s]+:)?(?P<variable>\w+))[:?]*(?P<operator>\+=|=\+|=!|=)(?:\((?:path|sep=.*?)\))?(?P<value>.*)"
)
_REMEDIES = {
    "tools.info.package_id:confs": "append to it: tools.info.package_id:confs+=[…]",
    "tools.cmake.cmaketoolchain:user_toolchain": "append to it: tools.cmake.cmaketoolchain:user_toolchain+=[…]",
    EXECUTABLES: "take the toolchain's languages out of it; others are added by tools.build:compiler_executables*={…}",
    "build_type": "set cmake.build_type as the profile has it",
    "&:build_type": "set cmake.build_type as the profile has it there; and libraries' own, if it is another, by "
    "*/*:build_type in the profile",
    _EXTRA_VARIABLES: f"add to it: {_EXTRA_VARIABLES}*={{…}}",
    _BLOCKS: f"take it out of the profile, or name these blocks too: {', '.join(sorted(_NEEDED_BLOCKS))}",
    _MAKE_PROGRAM: f"name it for recipes that use Make alone, NAME/*:{_MAKE_PROGRAM}=…: Conan has CMake call it for "
    "any generator",
    "MAKEFILES": "take it out of the profile: what such files say is stronger than a Makefile's own words",
    _MACHINE_FILES: "take it out of the profile; flags go into tools.build:cflags and its like",
}
_FLAGS_REMEDY = "take it out of the profile, or write it into the toolchain file, where libraries and module have it"
_REMEDY = "take it out of the profile, where the toolchain decides it, or give the toolchain file that it was made for"


def contradictions(
    derived: Section, composed: Section, build_type: str, words: Sequence[str] = ()
) -> Iterator[dict[str, str]]:
    """What a profile on top of the derived one says against the toolchain.

    Args:
        derived: the derived profile, serialized by Conan.
        composed: the same with the user's profile on top.
        build_type: CMAKE_BUILD_TYPE of the project.
        words: what the toolchain adds to every call of a compiler.

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
    if (of_project := _scoped(composed).get("&:", {}).get("build_type", build_type)) != build_type:
        yield _found("&:build_type", of_project, build_type)
    before = _confs(derived)
    for name, value in _confs(composed).items():
        plain = next((known for known in (*CONFS, *_LISTS, EXECUTABLES) if name.endswith(known)), "")
        if plain and value != before.get(plain) and not _adds(plain, before.get(plain), value, whole=name == plain):
            yield _found(name, value, before.get(plain), plain)
        of_cmake = name.removeprefix("&:") == _MAKE_PROGRAM and before.get(_GENERATOR) == "Ninja"
        if of_cmake and "ninja" not in Path(str(value)).name:
            yield _found(name, value, before[_GENERATOR], _MAKE_PROGRAM)
    yield from _other_programs(derived, composed)
    yield from _other_variables(before, composed)
    yield from _other_arguments(before, composed)
    yield from _other_flags(derived, composed, words)


def taken_away(derived: Section, scoped: Section) -> Iterator[dict[str, str]]:
    """Lists and tables of the toolchain's that a profile puts others in place of, for some packages alone.

    Args:
        derived: the derived profile, serialized by Conan.
        scoped: what such packages have, by "lz4/*:NAME": with ours where it is added to it.

    Yields:
        As contradictions().
    """
    before = _confs(derived)
    for name, value in scoped.items():
        plain = next((known for known in ADDED_TO if name.endswith(f":{known}")), "")
        ours = cast("Mapping[str, object] | Sequence[str]", before.get(plain) or ())
        if any(one not in cast("Mapping[str, object] | Sequence[str]", value or ()) for one in ours):
            way = "append to it: {}+=[…]" if plain in _LISTS else "add to it: {}*={{…}}"
            yield {**_found(name, value, ours), "hint": way.format(name)}


def _other_programs(derived: Section, composed: Section) -> Iterator[dict[str, str]]:
    """Compilers and preprocessors in [buildenv] that are not the toolchain's."""
    compilers = cast("Section", _confs(derived).get(EXECUTABLES) or {})
    ours = {variable: program for _name, variable, _operator, program in _buildenv(derived)}
    for name, variable, operator, program in _buildenv(composed):
        if operator == "=!" and variable in (*LANGUAGES, *_PREPROCESSORS) and variable in ours:
            yield _found(name, None, ours[variable])
        if variable == "MAKEFILES" and operator != "=!":
            yield _found(name, program, None, variable)
        if operator != "=!" and _adds_words(variable, program):
            yield {**_found(name, program, None), "hint": _FLAGS_REMEDY}
        if operator != "=":
            continue
        known = str(compilers.get(LANGUAGES.get(variable, ""), ""))
        if known and not _is_program(program, known):
            yield _found(name, program, known)
        compiler = str(compilers.get(_PREPROCESSORS.get(variable, ""), ""))
        if compiler and not _is_program(program.removesuffix(" -E"), compiler):
            yield _found(name, program, f"{compiler} -E")


def _adds_words(variable: str, text: str) -> bool:
    """Whether it is a launcher of CMake's, which Make and Meson know nothing of, and one that may change calls."""
    return bool(re.fullmatch(LAUNCHER, variable)) and not adds_nothing(re.split(r"[; ]", text))


def _other_variables(before: Section, composed: Section) -> Iterator[dict[str, str]]:
    """CMake's variables, blocks of Conan's toolchain and Meson's machine files that make another machine."""
    ours = _variables_of_cmake(before.get(_EXTRA_VARIABLES))
    facts = {
        "CMAKE_SYSTEM_NAME": before.get("tools.cmake.cmaketoolchain:system_name"),
        "CMAKE_SYSTEM_PROCESSOR": before.get("tools.cmake.cmaketoolchain:system_processor"),
        "CMAKE_SYSROOT": before.get("tools.build:sysroot"),
        **{
            f"CMAKE_{CMAKE_LANGUAGES.get(key, key)}_COMPILER": program
            for key, program in cast("Section", before.get(EXECUTABLES) or {}).items()
        },
    }
    for name, value in _confs(composed).items():
        if name.endswith(_EXTRA_VARIABLES):
            theirs = _variables_of_cmake(value)
            if name == _EXTRA_VARIABLES and not ours.keys() <= theirs.keys():
                yield _found(name, value, before.get(_EXTRA_VARIABLES), _EXTRA_VARIABLES)
                continue
        elif name.endswith("tools.cmake:configure_args") and isinstance(value, list):
            theirs = dict(_definition(str(word)) for word in value if str(word).startswith("-D"))
            yield from (_found(name, word, "its own") for word in value if str(word).startswith(_OTHER_FILES))
        else:
            theirs = {}
        for variable, text in theirs.items():
            known = ours.get(variable, facts.get(variable))
            if _MACHINE_VARIABLES.fullmatch(variable) and text != known:
                yield _found(f"{name}: {variable}", text, known)
            if _adds_words(variable, text):
                yield {**_found(f"{name}: {variable}", text, None), "hint": _FLAGS_REMEDY}
        if name.endswith(_BLOCKS) and isinstance(value, list) and not {str(one) for one in value} >= _NEEDED_BLOCKS:
            yield _found(name, value, sorted(_NEEDED_BLOCKS), _BLOCKS)
        if name.endswith(_MACHINE_FILES) and value and value != before.get(_MACHINE_FILES):
            yield _found(name, value, before.get(_MACHINE_FILES), _MACHINE_FILES)


def _other_arguments(before: Section, composed: Section) -> Iterator[dict[str, str]]:
    """What is said to configure scripts and to Meson of another machine."""
    for name, value in _confs(composed).items():
        if name.endswith("tools.gnu:extra_configure_args") and isinstance(value, list):
            yield from _other_configure(name, [str(word) for word in value], before)
        if name.endswith(MESON_VARIABLES):
            tables = value if isinstance(value, dict) else {}
            yield from _other_meson(name, tables, before)
            yield from _gone_from_meson(name, tables, before, whole=name == MESON_VARIABLES or not tables)


def _other_configure(name: str, words: Sequence[str], before: Section) -> Iterator[dict[str, str]]:
    """Arguments of configure scripts that name other compilers, or another host."""
    compilers = cast("Mapping[str, str]", before.get(EXECUTABLES) or {})
    triplet = before.get("tools.gnu:host_triplet")
    for variable, text in map(_definition, words):
        known = compilers.get(LANGUAGES.get(variable, ""))
        if known and not _is_program(text, known):
            yield _found(f"{name}: {variable}", text, known)
        if variable == "--host" and not (triplet and is_same_host(text, str(triplet))):
            yield _found(f"{name}: {variable}", text, triplet)


def _other_meson(name: str, tables: Mapping[str, object], before: Section) -> Iterator[dict[str, str]]:
    """Sections of Meson's machine files that name other compilers or another system root."""
    compilers = cast("Mapping[str, str]", before.get(EXECUTABLES) or {})
    for section, values in tables.items():
        for key, value in (values if isinstance(values, dict) else {}).items():
            known = compilers.get(key) if section == "binaries" else None
            if known and not _is_program(value, known):
                yield _found(f"{name}: {section}.{key}", value, known)
            if (section, key) == ("properties", "sys_root"):
                yield _found(f"{name}: {section}.{key}", value, "its own")


def _gone_from_meson(
    name: str, tables: Mapping[str, object], before: Section, *, whole: bool
) -> Iterator[dict[str, str]]:
    """What our sections have and theirs lack: Conan puts a section in place of the other, with all its keys.

    Args:
        name: of the conf.
        tables: theirs.
        before: the derived profile's confs.
        whole: a section that is not in theirs is gone, too; for some packages it may be added to ours.
    """
    ours = cast("Mapping[str, Section]", before.get(MESON_VARIABLES) or {})
    for section, values in ours.items():
        theirs = tables.get(section, {} if whole else values)
        for key, value in values.items():
            if not (isinstance(theirs, dict) and key in theirs):
                hint = (
                    f"name it there too: '{key}': '{value}' in '{section}'; "
                    f"or write {MESON_VARIABLES}*={{…}} without '{section}', whose programs may be found on PATH"
                )
                yield {**_found(f"{name}: {section}.{key}", None, value), "hint": hint}


def _is_program(theirs: object, ours: str) -> bool:
    """Whether this is our compiler by any spelling: by its name alone, behind a launcher, its folder by a link."""
    if theirs == ours:
        return True
    words = [str(word) for word in theirs] if isinstance(theirs, list) else split_words(str(theirs))
    program = words[-1] if words else ""
    return program == ours or (bool(program) and _place(program) == _place(ours))


def _place(program: str) -> Path:
    """Where a program lies. It is not followed itself: by which name clang and ccache are called makes them another."""
    path = Path(shutil.which(program) or program)
    return path.parent.resolve() / path.name if path.is_absolute() else path


def _other_flags(derived: Section, composed: Section, words: Sequence[str]) -> Iterator[dict[str, str]]:
    """Flags of the user's that compile for another machine, with another sysroot or C++ library."""
    settings = _section(derived, "settings")
    sysroot = str(_confs(derived).get("tools.build:sysroot") or "")
    for name, theirs in _flags(composed):
        for word, ours in other_machine(theirs, words, settings, sysroot):
            yield {**_found(name, word, ours or None), "hint": remedy(word, _FLAGS_REMEDY)}


def _flags(profile: Section) -> Iterator[tuple[str, list[str]]]:
    """Where flags stand, and their words."""
    for name, value in _confs(profile).items():
        if isinstance(value, list):
            words = [str(word) for word in value]
            if _FLAGS.fullmatch(name):
                yield name, [one for word in words for one in split_words(word)]
            elif name.endswith("tools.build:defines"):
                yield name, [f"-D{word}" for word in words]
            elif name.endswith(("tools.gnu:extra_configure_args", "tools.cmake:configure_args")):
                pairs = [_definition(word) for word in words]
                yield (
                    name,
                    [word for key, text in pairs if _FLAG_VARIABLES.fullmatch(key) for word in split_words(text)],
                )
        elif name.endswith(_EXTRA_VARIABLES):
            texts = [text for key, text in _variables_of_cmake(value).items() if _FLAG_VARIABLES.fullmatch(key)]
            yield name, [word for text in texts for word in split_words(text)]
    compilers = cast("Section", _confs(profile).get(EXECUTABLES) or {})
    for name, variable, operator, text in _buildenv(profile):
        # CC+=-mcpu=…; CC=… is a program, and FC of a toolchain without Fortran the user's affair
        added = operator != "=" and {**LANGUAGES, **_PREPROCESSORS}.get(variable) in compilers
        if added or _FLAG_VARIABLES.fullmatch(variable):
            yield name, split_words(text)


def _variables_of_cmake(table: object) -> dict[str, str]:
    """The texts of extra_variables; a value is a text, or a table with one."""
    values = cast("Section", table if isinstance(table, dict) else {})
    return {name: str(one.get("value") if isinstance(one, dict) else one) for name, one in values.items()}


def _definition(word: str) -> tuple[str, str]:
    """The name and the text of -DNAME:TYPE=TEXT, or of NAME=TEXT."""
    name, _, text = word.removeprefix("-D").partition("=")
    return name.partition(":")[0], text


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
        return all(_is_program(theirs.get(key, "" if whole else value), value) for key, value in table.items())
    if name in _LISTS and isinstance(theirs, list):
        return not whole or set(cast("list[str]", ours or [])) <= set(cast("list[str]", theirs))
    return False


def _buildenv(profile: Section) -> Iterator[tuple[str, str, str, str]]:
    """Key, variable, operator ("=", "+=", "=+", "=!" for unset) and value of what [buildenv] says.

    Of Make's own variables it is what they define: "MAKEFLAGS: CC", "CC", "=", "gcc".
    """
    for line in str(profile.get("build_env") or "").splitlines():
        match = _ENTRY.fullmatch(line.strip())
        if match and match["variable"] in _OF_MAKE:
            for word in split_words(match["value"]):
                if entry := _ENTRY.fullmatch(re.sub(r"^--eval=(override\s+)?", "", word)):
                    yield f"{match['key']}: {entry['variable']}", entry["variable"], entry["operator"], entry["value"]
        elif match:
            yield match["key"], match["variable"], match["operator"], match["value"]
