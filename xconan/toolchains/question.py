"""What CMake is asked about a toolchain file: a tiny project, configured and never built, and what it would run.

The commands that CMake has written for the project's targets say all that a toolchain file adds to a call of the
compiler, by whichever variable, property or generator expression. The file API names the files that were read, and
the parts of a link line: https://cmake.org/cmake/help/latest/manual/cmake-file-api.7.html
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.build_machine.cmake_calls import trace_words
from xconan.ground.report import ticking
from xconan.ground.run import Output, capture
from xconan.project.config.records import MINIMUM_CMAKE
from xconan.render.compilers import ComposingToolchain
from xconan.render.templates.quoting import cmake as quote
from xconan.toolchains.asked import names_to_trace, questions
from xconan.toolchains.inputs import cache_variables, flag_words, flags_among, is_of_build_types

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xconan.build_machine.tools import Tool
    from xconan.toolchains.inputs import Inputs

# Read back after project(): what the toolchain file decided, CMake's own search included.
VARIABLES = (
    "CMAKE_SYSTEM_NAME", "CMAKE_SYSTEM_PROCESSOR", "CMAKE_CROSSCOMPILING", "CMAKE_SYSROOT", "CMAKE_OSX_SYSROOT",
    "CMAKE_SYSROOT_LINK", "CMAKE_C_COMPILER_AR", "CMAKE_C_COMPILER_RANLIB",
    "CMAKE_AR", "CMAKE_RANLIB", "CMAKE_STRIP", "CMAKE_NM", "CMAKE_OBJCOPY", "CMAKE_OBJDUMP", "CMAKE_LINKER",
    "CMAKE_DLLTOOL", "CMAKE_RC_COMPILER",
    "CMAKE_C_COMPILER_TARGET", "CMAKE_CXX_COMPILER_TARGET",
    "CMAKE_FIND_ROOT_PATH", "CMAKE_FIND_ROOT_PATH_MODE_PROGRAM", "CMAKE_FIND_ROOT_PATH_MODE_LIBRARY",
    "CMAKE_FIND_ROOT_PATH_MODE_INCLUDE", "CMAKE_FIND_ROOT_PATH_MODE_PACKAGE",
    "CMAKE_CROSSCOMPILING_EMULATOR", "CMAKE_LIBRARY_ARCHITECTURE", "CMAKE_CXX_STANDARD",
    "Python_INCLUDE_DIR", "Python3_INCLUDE_DIR", "Python_LIBRARY", "Python3_LIBRARY",
    "Python_ROOT_DIR", "Python3_ROOT_DIR", "Python_SOABI", "Python3_SOABI", "PYTHON_MODULE_EXTENSION",
)  # fmt: skip
_SEPARATOR = "\x1f"  # between the lines of the answer: no value contains it
_BEGIN, _END = "--xconan-of-the-configuration", "--xconan-of-all"  # around CMAKE_<LANG>_FLAGS_<CONFIG> in a command
_LIBRARY = "of_the_probe"
_FORTRAN = "fortran.txt"  # is there once Fortran was tried
_CMAKELISTS = """\
cmake_minimum_required(VERSION {minimum})
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
function(of_the_probe_read name access value file)
  string(FIND "${{file}}" "${{CMAKE_ROOT}}/" of_cmake)
  string(FIND "${{file}}" "${{CMAKE_SOURCE_DIR}}/" ours)
  if(file AND access STREQUAL "READ_ACCESS" AND NOT of_cmake EQUAL 0 AND NOT ours EQUAL 0)
    set_property(GLOBAL APPEND PROPERTY of_the_probe_read "${{name}}")
  endif()
endfunction()
foreach(given IN ITEMS{given})
  variable_watch("${{given}}" of_the_probe_read)
endforeach()
project(probe LANGUAGES {languages})
set(languages {languages})
if({fortran} AND CMAKE_CROSSCOMPILING)
  set(own "^((/usr/bin/)?(gfortran|f77|f95))?$")  # a plain name in FC is this machine's
  foreach(prefix IN ITEMS ${{_CMAKE_TOOLCHAIN_PREFIX}} ${{CMAKE_C_COMPILER_TARGET}}-)
    if(NOT CMAKE_Fortran_COMPILER AND "$ENV{{FC}}" MATCHES "${{own}}" AND NOT prefix STREQUAL "-")
      find_program(CMAKE_Fortran_COMPILER ${{prefix}}gfortran HINTS "${{_CMAKE_TOOLCHAIN_LOCATION}}"
        NO_CMAKE_FIND_ROOT_PATH)
    endif()
  endforeach()
  if(CMAKE_Fortran_COMPILER OR NOT "$ENV{{FC}}" STREQUAL "")
    file(WRITE "${{CMAKE_BINARY_DIR}}/{tried}" "")
    enable_language(Fortran)
    list(APPEND languages Fortran)
  endif()
endif()
get_property(read GLOBAL PROPERTY of_the_probe_read)
get_property(flags GLOBAL PROPERTY _xconan_flags)
set(answer "LANGUAGES=${{languages}}{separator}READ=${{read}}{separator}${{flags}}")
foreach(name IN ITEMS {variables})
  string(APPEND answer "${{name}}=${{${{name}}}}{separator}")
endforeach()
foreach(lang IN ITEMS {languages} Fortran)  # which the file may name without that it works
  foreach(part IN ITEMS COMPILER COMPILER_ID COMPILER_VERSION COMPILER_ARG1 FLAGS_INIT IMPLICIT_LINK_DIRECTORIES
      COMPILER_LAUNCHER LINKER_LAUNCHER)
    string(APPEND answer "${{lang}}/${{part}}=${{CMAKE_${{lang}}_${{part}}}}{separator}")
  endforeach()
endforeach()
foreach(rule IN ITEMS RULE_LAUNCH_COMPILE RULE_LAUNCH_LINK)
  get_property(words DIRECTORY PROPERTY ${{rule}})
  string(APPEND answer "${{rule}}=${{words}}{separator}")
endforeach()
get_directory_property(folders LINK_DIRECTORIES)
string(APPEND answer "LINK_DIRECTORIES=${{folders}}{separator}")
file(WRITE "${{CMAKE_BINARY_DIR}}/answer.txt" "${{answer}}")
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_SKIP_BUILD_RPATH ON)
string(TOUPPER "${{CMAKE_BUILD_TYPE}}" config)
foreach(lang IN LISTS languages)
  set(CMAKE_${{lang}}_FLAGS_${{config}} "{begin} ${{CMAKE_${{lang}}_FLAGS_${{config}}}} {end}")
  if(lang STREQUAL "C")
    set(source "${{CMAKE_BINARY_DIR}}/probe.c")
  elseif(lang STREQUAL "Fortran")
    set(source "${{CMAKE_BINARY_DIR}}/probe.f90")
  else()
    set(source "${{CMAKE_BINARY_DIR}}/probe.cpp")
  endif()
  file(WRITE "${{source}}" "")
  add_library(static_${{lang}} STATIC "${{source}}")
  add_library(shared_${{lang}} SHARED "${{source}}")
  add_executable(program_${{lang}} "${{source}}")
  target_link_libraries(shared_${{lang}} PRIVATE {library})  # without any, CMake says no folders of libraries
  target_link_libraries(program_${{lang}} PRIVATE {library})
endforeach()
"""
# what CMake itself says for every target of a kind, or for a configuration that Conan knows of by its settings
_OF_CMAKE = ("-shared", "-dynamiclib", "-Wl,-search_paths_first", "-Wl,-headerpad_max_install_names")
_LIBRARIES_OF_WINDOWS = ("kernel32", "user32", "gdi32", "winspool", "shell32", "ole32", "oleaut32", "uuid", "comdlg32",
                         "advapi32")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Line:
    """What a language's commands say beside sources and outputs.

    Attributes:
        flags: the words after the compiler that go into every call.
        exe_flags, shared_flags: what is added where a program or a library is linked.
        libraries: what such a line ends with.
        launcher, link_launcher: the words before each call that compiles, or links, by a rule and by a variable.
    """

    flags: tuple[str, ...] = ()
    exe_flags: tuple[str, ...] = ()
    shared_flags: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    launcher: tuple[str, ...] = ()
    link_launcher: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What CMake answers: its variables, the commands by language, and the files that it read apart from its own.

    Attributes:
        looked: what these files looked at without including it, as keys for asked.state_of().
        doubts: why not all of that can be compared.
    """

    values: Mapping[str, str]
    lines: Mapping[str, Line] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    looked: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def ask(
    file: Path | None, inputs: Inputs, *, cmake: Tool, ninja: Tool | None, env: Mapping[str, str]
) -> Answer | Output:
    """Configure the tiny project: with C and C++, and Fortran where there is one; with C alone where that is all.

    Args:
        file: the toolchain file, None for none.
        inputs: what the build gives to CMake; of its environment `env` is what the file may see.
        cmake: the program.
        ninja: for its generator; None where another is used.
        env: the environment.

    Returns:
        CMake's words where it fails.
    """
    from xconan.ground.scratch import scratch  # noqa: PLC0415 - the answer is mostly cached

    what = f"asking CMake about {file or 'the compilers of this machine'}"
    traced = names_to_trace([file]) if file else frozenset[str]()
    with ticking(what), scratch("probe") as folder:
        question = _Question(file=file, inputs=inputs, cmake=cmake, ninja=ninja, env=env, traced=traced)
        answer = _ask(Path(folder, "first"), question)
        if file and isinstance(answer, Answer) and (more := {Path(name).name for name in answer.inputs} - traced):
            answer = _ask(Path(folder, "second"), replace(question, traced=traced | more))  # what it includes, too
        return answer


@dataclass(frozen=True, kw_only=True)
class _Question:
    """What `ask` is given, and the names of the files whose calls are traced."""

    file: Path | None
    inputs: Inputs
    cmake: Tool
    ninja: Tool | None
    env: Mapping[str, str]
    traced: frozenset[str]


def _ask(folder: Path, question: _Question) -> Answer | Output:
    first = _configure(folder / "all", "C CXX", question, fortran=True)
    if not isinstance(first, Answer) and (folder / "all" / "build" / _FORTRAN).is_file():  # the others may work
        first = _configure(folder / "both", "C CXX", question)
    if isinstance(first, Answer):
        return first
    second = _configure(folder / "c", "C", question)
    return second if isinstance(second, Answer) else first


def _configure(folder: Path, languages: str, question: _Question, *, fortran: bool = False) -> Answer | Output:
    file, inputs, ninja = question.file, question.inputs, question.ninja
    build, trace = folder / "build", folder / "calls.json"
    query = build / ".cmake" / "api" / "v1" / "query"
    query.mkdir(parents=True)
    for name in ("cmakeFiles-v1", "codemodel-v2"):
        (query / name).touch()
    lists = _CMAKELISTS.format(
        minimum=MINIMUM_CMAKE, languages=languages, variables=" ".join(VARIABLES), separator=_SEPARATOR,
        given="".join(f" {quote(name)}" for name, _, _ in cache_variables(inputs.arguments)),
        begin=_BEGIN, library=_LIBRARY, end=_END, fortran="ON" if fortran else "OFF", tried=_FORTRAN,
    )  # fmt: skip
    (folder / "CMakeLists.txt").write_text(lists, "utf-8")
    argv = [str(question.cmake.path), "-S", str(folder), "-B", str(build), "-Wno-dev"]
    argv += ["-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM:FILEPATH={ninja.path}"] if ninja else []
    argv += [f"-DCMAKE_BUILD_TYPE:STRING={inputs.build_type}", *inputs.arguments]
    argv += ["-DCMAKE_TRY_COMPILE_TARGET_TYPE:STRING=STATIC_LIBRARY"] if inputs.compile_only else []
    if file:
        outer = folder / "composing.cmake"  # in the project, so that it counts for none of the toolchain's files
        flags = tuple(flags_among(inputs.arguments))
        asking = ComposingToolchain(toolchain_file=file.as_posix(), flags=flags, separator=_SEPARATOR)
        outer.write_text(asking.text, "utf-8")
        argv += [f"-DCMAKE_TOOLCHAIN_FILE:FILEPATH={outer}", *trace_words(trace, question.traced)]
    done = capture(argv, env=question.env)
    answer = build / "answer.txt"
    if done.code != 0 or not answer.is_file():
        return done
    lines = (line.partition("=") for line in answer.read_text("utf-8").split(_SEPARATOR) if line)
    values = {name: value for name, _, value in lines}
    # CMake tries its compilers with the toolchain file and then takes these folders for the compilers' own
    folders = [f"-L{folder}" for folder in values["LINK_DIRECTORIES"].split(";") if folder and "$<" not in folder]
    folders += [f"--sysroot={root}"] if (root := values["CMAKE_SYSROOT_LINK"]) else []
    files = _inputs(build)
    looked, doubts = questions(trace, files, folder)
    return Answer(
        values=values,
        lines={language: _line(build, language, folders, values) for language in values["LANGUAGES"].split(";")},
        inputs=files,
        looked=looked,
        doubts=doubts,
    )


def _line(build: Path, language: str, folders: Sequence[str], values: Mapping[str, str]) -> Line:
    """What CMake would run for the targets of a language, and folders of libraries that the compilers need."""
    fragments = {kind: _fragments(build, f"{kind}_{language}") for kind in ("program", "shared")}
    linked = {kind: _words(found, "flags", "libraryPath") for kind, found in fragments.items()}
    linked = {
        kind: (*words, *(one for one in dict.fromkeys(folders) if one not in words)) for kind, words in linked.items()
    }
    return Line(
        flags=_compile(build, f"static_{language}"),
        exe_flags=linked["program"],
        shared_flags=linked["shared"],
        libraries=tuple(dict.fromkeys(_words(fragments["program"], "libraries"))),  # the file is read more than once
        launcher=_launcher(values["RULE_LAUNCH_COMPILE"], values[f"{language}/COMPILER_LAUNCHER"]),
        link_launcher=_launcher(values["RULE_LAUNCH_LINK"], values[f"{language}/LINKER_LAUNCHER"]),
    )


def _launcher(rule: str, listed: str) -> tuple[str, ...]:
    """The words of a property's command and of a variable's list; none where they differ from target to target."""
    words = (*flag_words(rule), *(word for word in listed.split(";") if word))
    return () if any(re.search(r"\$<|<[A-Z_]+>", word) for word in words) else words


def _compile(build: Path, target: str) -> tuple[str, ...]:
    commands = build / "compile_commands.json"
    if not commands.is_file():  # a generator that writes none
        return ()
    entries = cast("list[dict[str, str]]", json.loads(commands.read_bytes()))
    command = next((one["command"] for one in entries if f"/{target}.dir/" in one["command"].replace("\\", "/")), "")
    return compile_words(shlex.split(command)[1:])


def compile_words(words: Sequence[str]) -> tuple[str, ...]:
    """The words of a compile command without source and output, and without what Conan's build_type stands for.

    Args:
        words: after the compiler.
    """
    kept: list[str] = []
    waiting = iter(words)
    configuration = False
    for word in waiting:
        if word in (_BEGIN, _END):
            configuration = word == _BEGIN
        elif word in ("-o", "-c"):
            next(waiting, None)
        elif not (configuration and is_of_build_types(word)):
            kept.append(word)
    return tuple(kept)


def _fragments(build: Path, target: str) -> list[dict[str, str]]:
    reply = build / ".cmake" / "api" / "v1" / "reply"
    found = next(reply.glob(f"target-{target}-*.json"), None)
    model = cast("dict[str, dict[str, object]]", json.loads(found.read_bytes())) if found else {}
    return cast("list[dict[str, str]]", model.get("link", {}).get("commandFragments", []))


def _words(fragments: Sequence[Mapping[str, str]], *roles: str) -> tuple[str, ...]:
    """The words of a link line, without those that the compile line has and those that CMake says anyway."""
    texts = [one["fragment"] for one in fragments if one["role"] in roles and _BEGIN not in one["fragment"]]
    words = [word for text in texts for word in shlex.split(text)]
    ours = {*_OF_CMAKE, f"-l{_LIBRARY}", *(f"-l{name}" for name in _LIBRARIES_OF_WINDOWS)}
    return tuple(word for word in words if word not in ours)


def _inputs(build: Path) -> tuple[str, ...]:
    reply = next((build / ".cmake" / "api" / "v1" / "reply").glob("cmakeFiles-v1-*.json"), None)
    if reply is None:
        return ()
    inputs = cast("dict[str, list[dict[str, object]]]", json.loads(reply.read_bytes()))["inputs"]
    kept = [str(file["path"]) for file in inputs if file.get("isExternal") and not file.get("isCMake")]
    own = [path for path in kept if "/Modules/" not in path or "/share/cmake" not in path]
    return tuple(dict.fromkeys(own))
