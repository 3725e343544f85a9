"""A CMake toolchain file, asked instead of read: CMake configures a tiny project with it.

https://cmake.org/cmake/help/latest/manual/cmake-file-api.7.html names the files that the toolchain file
includes; the compiler's own predefined macros (`-E -dM`) say what it compiles for. The answer is cached by
the content of all those files, by the environment they read, by the compilers' identity, and by xconan's own
sources, because another state of them may ask and read differently.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.build_machine.buildenv import running_target
from xconan.build_machine.environment import cleared_variables, names_read
from xconan.ground.errors import ToolchainError
from xconan.ground.files import digest, file_digest, own_digest, read_json, write_json
from xconan.ground.report import ticking
from xconan.ground.run import Output, capture, which
from xconan.host.platforms import Libc, table
from xconan.project.config.records import MINIMUM_CMAKE
from xconan.toolchains.records import INSTRUCTION_SET, TIME_BITS, Compiler, Toolchain

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from xconan.build_machine.tools import Tool

# Read back after project(): what the toolchain file decided, CMake's own search included.
_VARIABLES = (
    "CMAKE_SYSTEM_NAME", "CMAKE_SYSTEM_PROCESSOR", "CMAKE_CROSSCOMPILING", "CMAKE_SYSROOT", "CMAKE_OSX_SYSROOT",
    "CMAKE_AR", "CMAKE_RANLIB", "CMAKE_STRIP", "CMAKE_NM", "CMAKE_OBJCOPY", "CMAKE_OBJDUMP", "CMAKE_LINKER",
    "CMAKE_DLLTOOL",
    "CMAKE_EXE_LINKER_FLAGS", "CMAKE_SHARED_LINKER_FLAGS", "CMAKE_MODULE_LINKER_FLAGS",
    "CMAKE_C_COMPILER_TARGET", "CMAKE_CXX_COMPILER_TARGET",
    "CMAKE_C_COMPILER_EXTERNAL_TOOLCHAIN", "CMAKE_CXX_COMPILER_EXTERNAL_TOOLCHAIN",
    "CMAKE_FIND_ROOT_PATH", "CMAKE_FIND_ROOT_PATH_MODE_PROGRAM", "CMAKE_FIND_ROOT_PATH_MODE_LIBRARY",
    "CMAKE_FIND_ROOT_PATH_MODE_INCLUDE", "CMAKE_FIND_ROOT_PATH_MODE_PACKAGE",
    "CMAKE_CROSSCOMPILING_EMULATOR", "CMAKE_LIBRARY_ARCHITECTURE", "CMAKE_CXX_STANDARD",
    "Python_INCLUDE_DIR", "Python3_INCLUDE_DIR", "Python_LIBRARY", "Python3_LIBRARY",
    "Python_SOABI", "Python3_SOABI", "PYTHON_MODULE_EXTENSION",
)  # fmt: skip
_LANGUAGES = ("C", "CXX", "Fortran")
_FLAG_VARIABLES = ("CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "FFLAGS", "ASFLAGS")
# a program that installs packages -> what it installs this machine's compilers with
_INSTALLERS = {
    "apt-get": "apt-get install g++",
    "dnf": "dnf install gcc-c++",
    "zypper": "zypper install gcc-c++",
    "apk": "apk add g++",
    "pacman": "pacman -S gcc",
}
_CANT_COMPILE = "the compiler can't compile a simple program"
_SEPARATOR = "\x1f"  # between the lines of the answer: no value contains it

_CMAKELISTS = """\
cmake_minimum_required(VERSION {minimum})
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
project(probe LANGUAGES {languages})
set(answer "")
foreach(name IN ITEMS {variables})
  string(APPEND answer "${{name}}=${{${{name}}}}{separator}")
endforeach()
foreach(kind IN ITEMS COMPILE_OPTIONS COMPILE_DEFINITIONS LINK_OPTIONS)
  get_directory_property(set ${{kind}})
  string(APPEND answer "${{kind}}=${{set}}{separator}")
endforeach()
foreach(lang IN ITEMS {languages} Fortran)
  foreach(part IN ITEMS COMPILER COMPILER_ID COMPILER_VERSION FLAGS COMPILER_ARG1 IMPLICIT_LINK_DIRECTORIES)
    string(APPEND answer "${{lang}}/${{part}}=${{CMAKE_${{lang}}_${{part}}}}{separator}")
  endforeach()
endforeach()
file(WRITE "${{CMAKE_BINARY_DIR}}/answer.txt" "${{answer}}")
"""


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """What CMake answers: its variables, and the files that it read apart from its own."""

    values: Mapping[str, str]
    inputs: tuple[str, ...]


def probe(
    file: Path | None,
    *,
    options: Sequence[tuple[str, str, str]],
    cmake: Tool,
    ninja: Tool | None,
    cache: Path,
    passthrough: Collection[str] = (),
) -> Toolchain:
    """Ask CMake and the compilers about a toolchain.

    Args:
        file: the CMake toolchain file; None for the compilers that CMake finds by itself.
        options: (name, type, value) of CMake variables that the file may read.
        cmake: the program to ask with.
        ninja: for its generator; None where another is used.
        cache: folder of earlier answers; one that can't be written does no harm.
        passthrough: variables of the environment that lead to headers or libraries, and are asked with all the same.

    Raises:
        ToolchainError: the file is missing or its compiler doesn't work.
    """
    if file is not None and not file.is_file():
        raise ToolchainError("the toolchain file is missing", where=str(file), hint="check toolchain_file")
    key = digest(own_digest(), str(file), list(options), cmake.version, _compiler_environment(passthrough))
    entry = cache / f"{key[:32]}.json"
    stored = read_json(entry)
    with suppress(KeyError, TypeError):  # damaged, or written by another version
        if stored and stored.get("inputs") == (inputs := _fingerprint(stored)):
            known = toolchain_from_record(cast("Mapping[str, object]", stored["toolchain"]))
            return replace(known, content=digest(inputs))
    reads = names_read(file.read_text("utf-8", "replace")) if file else frozenset()
    env = _environment(file, passthrough, reads)
    answer = _ask_cmake(file, options=options, cmake=cmake, ninja=ninja, env=env)
    if more := _reads(answer.inputs) - reads:  # what the file includes speaks of others
        reads |= more
        if (wider := _environment(file, passthrough, reads)) != env:
            env, answer = wider, _ask_cmake(file, options=options, cmake=cmake, ninja=ninja, env=wider)
    described = _describe(file, answer, env)
    toolchain = replace(described, options=_read_options(answer.inputs, options), reads=tuple(sorted(reads)))
    files = [*answer.inputs, *_libc_headers(toolchain.compiler, toolchain.sysroot, env)]
    record: dict[str, object] = {"toolchain": record_of(toolchain), "files": files}
    inputs = _fingerprint(record)
    with suppress(OSError):  # a cache that can't be written costs time, nothing else
        write_json(entry, {**record, "inputs": inputs})
    return replace(toolchain, content=digest(inputs))


def record_of(toolchain: Toolchain) -> dict[str, object]:
    """The toolchain as JSON."""
    return {**asdict(toolchain), "file": str(toolchain.file) if toolchain.file else None}


def toolchain_from_record(record: Mapping[str, object]) -> Toolchain:
    """The toolchain from JSON: the reverse of record_of."""
    values = dict(record)
    compilers = cast("dict[str, dict[str, str]]", values.pop("compilers"))
    version = cast("list[int] | None", values.pop("libc_version"))
    file, libc = values.pop("file"), values.pop("libc")
    return Toolchain(
        file=Path(cast("str", file)) if file else None,
        compilers={name: Compiler(**compiler) for name, compiler in compilers.items()},
        libc=Libc(libc) if libc else None,
        libc_version=(version[0], version[1]) if version else None,
        unfound=tuple(cast("list[str]", values.pop("unfound"))),
        options=tuple((name, kind, text) for name, kind, text in cast("list[list[str]]", values.pop("options"))),
        implicit_roots=tuple(cast("list[str]", values.pop("implicit_roots"))),
        reads=tuple(cast("list[str]", values.pop("reads", []))),
        **values,  # type: ignore[arg-type]  # written by record_of
    )


def _compiler_environment(passthrough: Collection[str]) -> dict[str, str]:
    return {name: os.environ[name] for name in ("CC", "CXX", "FC", *passthrough) if name in os.environ}


def _environment(file: Path | None, passthrough: Collection[str], reads: Collection[str]) -> dict[str, str]:
    """Without the build machine's folders, and without flags, which are for one build, no property of a toolchain."""
    cleared = cleared_variables(os.environ, native=file is None, passthrough=passthrough, read=reads)
    return {name: value for name, value in os.environ.items() if name not in (*_FLAG_VARIABLES, *cleared)}


def _reads(files: Sequence[str]) -> frozenset[str]:
    """The variables of the environment that these files of CMake's ask for."""
    return frozenset().union(*(names_read(Path(path).read_text("utf-8", "replace")) for path in files))


def _fingerprint(record: Mapping[str, object]) -> dict[str, str]:
    """Everything that the answer depended on, as it is now."""
    now: dict[str, str] = {}
    for path in cast("list[str]", record.get("files", [])):
        now[path] = file_digest(path)
        try:
            text = Path(path).read_text("utf-8", "replace")
        except OSError:
            continue
        for name in names_read(text):
            now[f"$ENV{{{name}}}"] = os.environ.get(name, "")
    compilers = cast("dict[str, dict[str, str]]", cast("dict[str, object]", record["toolchain"])["compilers"])
    for compiler in compilers.values():
        path = compiler["path"]
        now[path] = _identity(path)
        now[f"which {Path(path).name}"] = str(which(Path(path).name))
    return now


def _identity(path: str) -> str:
    """A compiler's content: of the driver, and size and time of what it may be a link to."""
    try:
        status = Path(path).stat()
    except OSError:
        return ""
    return f"{os.path.realpath(path)} {status.st_size} {status.st_mtime_ns} {file_digest(path)}"


def _ask_cmake(
    file: Path | None,
    *,
    options: Sequence[tuple[str, str, str]],
    cmake: Tool,
    ninja: Tool | None,
    env: Mapping[str, str],
) -> _Answer:
    """Configure the tiny project: with C and C++, or with C alone where there is no C++ compiler."""
    from xconan.ground.scratch import scratch  # noqa: PLC0415 - the answer is mostly cached

    what = f"asking CMake about {file or 'the compilers of this machine'}"
    with ticking(what), scratch("probe") as folder:
        first = _configure(Path(folder, "both"), "C CXX", file, options=options, programs=(cmake, ninja), env=env)
        if isinstance(first, _Answer):
            return first
        second = _configure(Path(folder, "c"), "C", file, options=options, programs=(cmake, ninja), env=env)
        if isinstance(second, _Answer):
            return second
        message = _first_error(first)
        raise ToolchainError(
            message or f"cmake failed with exit code {first.code}",
            where=str(file or "the compilers of this machine"),
            hint=_remedy(message) if file else _native_remedy(),
        )


def _configure(
    folder: Path,
    languages: str,
    file: Path | None,
    *,
    options: Sequence[tuple[str, str, str]],
    programs: tuple[Tool, Tool | None],
    env: Mapping[str, str],
) -> _Answer | Output:
    cmake, ninja = programs
    build = folder / "build"
    query = build / ".cmake" / "api" / "v1" / "query"
    query.mkdir(parents=True)
    (query / "cmakeFiles-v1").touch()
    lists = _CMAKELISTS.format(
        minimum=MINIMUM_CMAKE, languages=languages, variables=" ".join(_VARIABLES), separator=_SEPARATOR
    )
    (folder / "CMakeLists.txt").write_text(lists, "utf-8")
    argv = [str(cmake.path), "-S", str(folder), "-B", str(build), "-Wno-dev"]
    argv += ["-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM:FILEPATH={ninja.path}"] if ninja else []
    argv += [f"-DCMAKE_TOOLCHAIN_FILE:FILEPATH={file}"] if file else []
    argv += [f"-D{name}{':' + kind if kind else ''}={value}" for name, kind, value in options]
    done = capture(argv, env=env)
    answer = build / "answer.txt"
    if done.code != 0 or not answer.is_file():
        return done
    lines = (line.partition("=") for line in answer.read_text("utf-8").split(_SEPARATOR) if line)
    return _Answer(values={name: value for name, _, value in lines}, inputs=_inputs(build))


def _inputs(build: Path) -> tuple[str, ...]:
    reply = next((build / ".cmake" / "api" / "v1" / "reply").glob("cmakeFiles-v1-*.json"), None)
    if reply is None:
        return ()
    inputs = cast("dict[str, list[dict[str, object]]]", json.loads(reply.read_bytes()))["inputs"]
    kept = [str(file["path"]) for file in inputs if file.get("isExternal") and not file.get("isCMake")]
    own = [path for path in kept if "/Modules/" not in path or "/share/cmake" not in path]
    return tuple(dict.fromkeys(own))


def _read_options(inputs: Sequence[str], options: Sequence[tuple[str, str, str]]) -> tuple[tuple[str, str, str], ...]:
    """The options that the toolchain file and what it includes speak of: dependencies must see them too."""
    text = "\n".join(Path(path).read_text("utf-8", "replace") for path in inputs)
    return tuple(option for option in options if re.search(rf"\b{re.escape(option[0])}\b", text))


def _remedy(message: str) -> str:
    if message.startswith(_CANT_COMPILE):
        return "correct the flags in the toolchain file, or the compiler's installation"
    if re.search("compiler", message, re.IGNORECASE):
        return "install that compiler, or correct its name in the toolchain file"
    return "correct the toolchain file"


def _native_remedy() -> str:
    """What to do on a machine whose own compiler is missing or broken: install one, or take zig without root."""
    package = next((text for program, text in _INSTALLERS.items() if which(program)), "")
    install = f"`{package}` as root" if package else "install a C++ compiler"
    if os.environ.get("CC") or os.environ.get("CXX"):
        install = f"correct CC and CXX in the environment, or {install}"
    own = running_target()
    if own.platform.os != "linux":
        return install
    target = f"{own.interpreter}-{own.platform.tag}"
    return f"{install}; or, without root, pip install 'xconan[zig]' and xconan build --target {target}"


def _first_error(done: Output) -> str:
    """CMake's own first complaint, in one line."""
    blocks = re.split(r"^CMake Error", done.stderr, flags=re.MULTILINE)[1:]
    reasons = [line.strip() for block in blocks for line in block.splitlines() if re.search(r"\berror: ", line)]
    if reasons and any("not able to compile" in block for block in blocks):
        return f"{_CANT_COMPILE}: {reasons[0]}"
    for block in blocks:
        text = " ".join(block.partition(":\n")[2].split("Call Stack")[0].split("Tell CMake where")[0].split())
        if text:
            return text
    return ""


def _describe(file: Path | None, answer: _Answer, env: Mapping[str, str]) -> Toolchain:
    values = answer.values
    compilers = {
        language: Compiler(
            path=_absolute(values[f"{language}/COMPILER"]),
            id=values[f"{language}/COMPILER_ID"],
            version=values[f"{language}/COMPILER_VERSION"],
            flags=_flags(values, language),
        )
        for language in _LANGUAGES
        if values.get(f"{language}/COMPILER") and which(values[f"{language}/COMPILER"])
    }
    if _strays(compilers, answer.inputs):
        del compilers["CXX"]
    language = "CXX" if "CXX" in compilers else "C"
    macros = _macros(compilers[language], cxx=language == "CXX", sysroot=values["CMAKE_SYSROOT"], env=env)
    glibc = (int(macros["__GLIBC__"]), int(macros["__GLIBC_MINOR__"])) if "__GLIBC_MINOR__" in macros else None
    linux = values["CMAKE_SYSTEM_NAME"] == "Linux"
    known = {name: values[name] for name in _VARIABLES if values.get(name) and not values[name].endswith("-NOTFOUND")}
    named = _binutils(compilers[language], known) if "CMAKE_CROSSCOMPILING" in known else {}
    return Toolchain(
        file=file,
        compilers=compilers,
        triplet=_triplet(compilers[language]),
        macros={name: value for name, value in sorted(macros.items()) if name in _kept_macros()},
        cppstd=_cppstd(macros, values["CMAKE_CXX_STANDARD"]) if "CXX" in compilers else None,
        libcxx=_libcxx(macros) if "CXX" in compilers else None,
        libc=Libc.GLIBC if glibc else Libc.MUSL if linux and "__linux__" in macros else None,
        libc_version=glibc,
        variables=known | named,
        unfound=tuple(named),
        implicit_roots=_implicit_roots(values, language),
    )


def _strays(compilers: Mapping[str, Compiler], inputs: Sequence[str]) -> bool:
    """Whether CMake fell back on this machine's own C++ compiler, because the file names a C compiler alone."""
    if not {"C", "CXX"} <= set(compilers):
        return False
    named = any("CMAKE_CXX_COMPILER" in Path(path).read_text("utf-8", "replace") for path in inputs)
    return bool(inputs) and not named and _triplet(compilers["C"]) != _triplet(compilers["CXX"])


def _binutils(compiler: Compiler, known: Mapping[str, str]) -> dict[str, str]:
    """The compiler's own names for the tools that CMake did not find, or found only as the build machine's.

    CMake derives their names from the compiler's; a wrapper's name tells it nothing, and it takes /usr/bin/strip.
    """
    named: dict[str, str] = {}
    for tool in ("ar", "ranlib", "strip", "nm", "objcopy"):
        before = known.get(f"CMAKE_{tool.upper()}", "")
        if not before or (Path(before).name == tool and Path(before).parent != Path(compiler.path).parent):
            done = capture([compiler.path, *shlex.split(compiler.flags), f"-print-prog-name={tool}"])
            path = which(done.stdout.strip()) if done.code == 0 and done.stdout.strip() else None
            named |= {f"CMAKE_{tool.upper()}": str(path)} if path and str(path) != before else {}
    return named


@cache
def _kept_macros() -> frozenset[str]:
    """The macros that are kept of all that a compiler predefines: those that somebody asks for."""
    by_rows = {macro.removeprefix("!") for rows in table().values() for row in rows.values() for macro in row.macros}
    return frozenset({*by_rows, INSTRUCTION_SET, TIME_BITS})


def _flags(values: Mapping[str, str], language: str) -> str:
    flags = [values.get(f"{language}/COMPILER_ARG1", "").strip(), values[f"{language}/FLAGS"].strip()]
    if target := values.get(f"CMAKE_{language}_COMPILER_TARGET"):
        flags.append(f"--target={target}")
    if external := values.get(f"CMAKE_{language}_COMPILER_EXTERNAL_TOOLCHAIN"):
        flags.append(f"--gcc-toolchain={external}")
    # what add_compile_options() and add_compile_definitions() in the file add for every target; CMake reads the
    # file more than once
    options = values["COMPILE_OPTIONS"].split(";")
    options += [f"-D{macro}" for macro in values["COMPILE_DEFINITIONS"].split(";")]
    chosen = [option for option in dict.fromkeys(options) if option not in ("", "-D") and "$<" not in option]
    flags += [shlex.quote(option) for option in chosen]
    return " ".join(flag for flag in flags if flag)


def _absolute(program: str) -> str:
    return str(which(program) or program)


def _macros(compiler: Compiler, *, cxx: bool, sysroot: str, env: Mapping[str, str]) -> dict[str, str]:
    """The macros that the compiler predefines, and those of its C library and C++ library."""
    argv = [compiler.path, *shlex.split(compiler.flags), *([f"--sysroot={sysroot}"] if sysroot else [])]
    argv += ["-E", "-dM", "-x", "c++" if cxx else "c", "-"]
    headers = "#include <limits.h>\n" + ("#include <climits>\n#include <cstddef>\n" if cxx else "")
    done = capture(argv, stdin=headers, env=env)
    if done.code != 0:
        done = capture(argv, env=env)
    pairs = re.findall(r"^#define (\w+)(?: (.*))?$", done.stdout, re.MULTILINE)
    return {name: value.strip() for name, value in pairs}


def _libc_headers(compiler: Compiler, sysroot: str, env: Mapping[str, str]) -> list[str]:
    """The headers that say which C library it is: another one in the same sysroot is another toolchain."""
    argv = [compiler.path, *shlex.split(compiler.flags), *([f"--sysroot={sysroot}"] if sysroot else [])]
    done = capture([*argv, "-E", "-M", "-x", "c", "-"], stdin="#include <features.h>\n", env=env)
    return sorted(word for word in done.stdout.split() if word.endswith("/features.h"))


def _triplet(compiler: Compiler) -> str:
    done = capture([compiler.path, *shlex.split(compiler.flags), "-dumpmachine"])
    return done.stdout.strip() if done.code == 0 else ""


def _cppstd(macros: Mapping[str, str], chosen: str) -> str:
    years = {"199711L": "98", "201103L": "11", "201402L": "14", "201703L": "17", "202002L": "20", "202302L": "23"}
    standard = chosen or years.get(macros.get("__cplusplus", ""), "17")
    return standard if "__STRICT_ANSI__" in macros else f"gnu{standard}"


def _libcxx(macros: Mapping[str, str]) -> str:
    if "_LIBCPP_VERSION" in macros:
        return "libc++"
    return "libstdc++" if macros.get("_GLIBCXX_USE_CXX11_ABI") == "0" else "libstdc++11"


def _implicit_roots(values: Mapping[str, str], language: str) -> tuple[str, ...]:
    """Folders with the host's lib/ and include/ in them, where there is no sysroot: /usr/aarch64-linux-gnu."""
    folders = values.get(f"{language}/IMPLICIT_LINK_DIRECTORIES", "").split(";")
    parents = dict.fromkeys(Path(folder).parent for folder in folders if Path(folder).name == "lib")
    shared = (Path("/"), Path("/usr"), Path("/usr/local"))
    return tuple(str(root) for root in parents if root not in shared and (root / "include").is_dir())
