"""A CMake toolchain file, asked instead of read: CMake configures a tiny project with it (question.py).

CMake is given what the build gives it: variables, arguments, environment. The compiler's own predefined macros
(`-E -dM`) say what it compiles for. The answer is cached by the content of all files that were read, by what these
looked at beside (asked.py), by the environment that they read, by the compilers' identity, and by xconan's own sources,
because another state of them may ask and read differently.
"""

from __future__ import annotations

import os
import re
import shlex
from contextlib import suppress
from dataclasses import asdict, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.build_machine.buildenv import running_target
from xconan.build_machine.environment import cleared_variables, names_read
from xconan.build_machine.pyodide import without_wrappers
from xconan.ground import reads
from xconan.ground.errors import ToolchainError
from xconan.ground.files import digest, file_digest, own_digest, read_json, write_json
from xconan.ground.run import Output, capture, which
from xconan.host.platforms import Libc
from xconan.toolchains.asked import state_of
from xconan.toolchains.binutils import (
    COMPILERS,
    FORTRAN,
    Binutils,
    find_binutils,
    lacks_fortran,
    programs_asked,
    variable_of,
)
from xconan.toolchains.identity import with_identities
from xconan.toolchains.inputs import LAUNCHERS, Inputs, flag_words, handed_on
from xconan.toolchains.machines import machine_macros, stray_compiler
from xconan.toolchains.programs import programs_of
from xconan.toolchains.question import VARIABLES, Answer, Line, ask
from xconan.toolchains.records import CXX_LIBRARY, EMSCRIPTEN, INSTRUCTION_SET, TIME_BITS, Compiler, Toolchain
from xconan.toolchains.standards import default_standard, known_standard
from xconan.toolchains.zig import find_zig

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from xconan.build_machine.tools import Tool

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
_WHERE_NAMED = "check toolchain_file, the toolchainFile of a preset, or CMAKE_TOOLCHAIN_FILE among cmake.options"
_COMPILER_VARIABLES = ("CC", "CXX", "FC")
_REASON = re.compile(
    r"\berror: |sh: .*: (not found|Permission denied|cannot execute|No such file)|: No such file or directory$"
)
_CANT_COMPILE = "the compiler can't compile a simple program"
_VERSION_OF_EMSCRIPTEN = """\
#ifdef __EMSCRIPTEN__
#include <emscripten/version.h>
#endif
"""


def probe(
    file: Path | None,
    *,
    inputs: Inputs | None = None,
    cmake: Tool,
    ninja: Tool | None,
    cache: Path,
    passthrough: Collection[str] = (),
) -> Toolchain:
    """Ask CMake and the compilers about a toolchain.

    Args:
        file: the CMake toolchain file; None for the compilers that CMake finds by itself.
        inputs: what the build gives to CMake, as the file may read it.
        cmake: the program to ask with.
        ninja: for its generator; None where another is used.
        cache: folder of earlier answers; one that can't be written does no harm.
        passthrough: variables of the environment that lead to headers or libraries, and are asked with all the same.

    Raises:
        ToolchainError: the file is missing or its compiler doesn't work.
    """
    if file is not None and not reads.seen(file).is_file():
        what = "a folder" if file.is_dir() else "missing"
        raise ToolchainError(f"the toolchain file is {what}", where=str(file), hint=_WHERE_NAMED)
    inputs = inputs or Inputs()
    seen = without_wrappers(os.environ if inputs.env is None else inputs.env)
    named = {name: seen[name] for name in (*_COMPILER_VARIABLES, *LAUNCHERS, *passthrough) if name in seen}
    key = digest(own_digest(), str(file), inputs.arguments, inputs.build_type, cmake.version, named)
    entry = cache / f"{key[:32]}.json"
    stored = read_json(entry)
    with suppress(KeyError, TypeError):  # damaged, or written by another version
        if stored and not stored["doubts"] and stored.get("inputs") == (now := _fingerprint(stored, seen)):
            known = toolchain_from_record(cast("Mapping[str, object]", stored["toolchain"]))
            reads.variables((*known.reads, *cast("list[str]", stored["asked"])))
            return replace(known, content=digest(now))
    answered = _ask(file, inputs, seen, cmake=cmake, ninja=ninja, passthrough=passthrough)
    toolchain, record = _recorded(file, inputs, seen, answered, ours=cache.parent)
    now = _fingerprint(record, seen)
    reads.variables((*toolchain.reads, *cast("list[str]", record["asked"])))
    for reason in cast("list[str]", record["doubts"]):
        reads.doubt(f"{file}: {reason}")
        now["answer"] = digest(record["toolchain"])  # nothing else tells of it
    with suppress(OSError):  # a cache that can't be written costs time, nothing else
        write_json(entry, {**record, "inputs": now})
    return replace(toolchain, content=digest(now))


def record_of(toolchain: Toolchain) -> dict[str, object]:
    """The toolchain as JSON."""
    paths = {
        name: str(path) if path else None for name, path in (("file", toolchain.file), ("included", toolchain.included))
    }
    return {**asdict(toolchain), **paths}


def toolchain_from_record(record: Mapping[str, object]) -> Toolchain:
    """The toolchain from JSON: the reverse of record_of."""
    values = dict(record)
    compilers = cast("dict[str, dict[str, str]]", values.pop("compilers"))
    version = cast("list[int] | None", values.pop("libc_version"))
    file, included, libc = values.pop("file"), values.pop("included", None), values.pop("libc")
    return Toolchain(
        file=Path(cast("str", file)) if file else None,
        included=Path(cast("str", included)) if included else None,
        compilers={name: Compiler(**compiler) for name, compiler in compilers.items()},
        libc=Libc(libc) if libc else None,
        libc_version=(version[0], version[1]) if version else None,
        unfound=tuple(cast("list[str]", values.pop("unfound"))),
        options=tuple((name, kind, text) for name, kind, text in cast("list[list[str]]", values.pop("options"))),
        implicit_roots=tuple(cast("list[str]", values.pop("implicit_roots"))),
        env=tuple((name, text) for name, text in cast("list[list[str]]", values.pop("env", []))),
        reads=tuple(cast("list[str]", values.pop("reads", []))),
        compiler_env=tuple((name, text) for name, text in cast("list[list[str]]", values.pop("compiler_env", []))),
        refused=tuple((name, text) for name, text in cast("list[list[str]]", values.pop("refused", []))),
        lacking=tuple(cast("list[str]", values.pop("lacking", []))),
        own_flags=tuple((name, text) for name, text in cast("list[list[str]]", values.pop("own_flags", []))),
        **values,  # type: ignore[arg-type]  # written by record_of
    )


def _recorded(
    file: Path | None,
    inputs: Inputs,
    seen: Mapping[str, str],
    answered: tuple[Answer, Mapping[str, str], frozenset[str]],
    *,
    ours: Path,
) -> tuple[Toolchain, dict[str, object]]:
    """The toolchain that answered, and what is kept of it."""
    answer, env, names = answered
    toolchain = _describe(file, answer, env)
    text = "\n".join(Path(path).read_text("utf-8", "replace") for path in answer.inputs)
    toolchain = replace(
        toolchain,
        options=handed_on(inputs, env if file else {}, text=text, read=answer.values.get("READ", "").split(";")),
        env=_read_env(names, seen),
        build_type=inputs.build_type,
        own_flags=tuple(
            (name.removeprefix("FLAGS/"), text) for name, text in answer.values.items() if name.startswith("FLAGS/")
        ),
        asks_where="CMAKE_TOOLCHAIN_FILE" in text,
        reads=tuple(sorted(names)),
    )
    parts = with_identities(toolchain, env, ours=ours)
    compiler_env = tuple((name, seen[name]) for name in parts.asked if name in seen)
    toolchain = replace(parts.toolchain, compiler_env=compiler_env)
    return toolchain, {
        "toolchain": record_of(toolchain),
        "files": [*answer.inputs, *_initial_caches(inputs), *_library_headers(toolchain, env), *parts.files],
        "programs": parts.programs,
        "asked": parts.asked,
        "looked": [*answer.looked],
        "doubts": [*answer.doubts],
    }


def _ask(
    file: Path | None,
    inputs: Inputs,
    seen: Mapping[str, str],
    *,
    cmake: Tool,
    ninja: Tool | None,
    passthrough: Collection[str],
) -> tuple[Answer, Mapping[str, str], frozenset[str]]:
    """CMake's answer, the environment that it was asked in, and the variables of this that the files read."""
    reads = names_read(file.read_text("utf-8", "replace")) if file else frozenset()
    env = _environment(file, seen, passthrough, reads)
    answer = ask(file, inputs, cmake=cmake, ninja=ninja, env=env)
    if isinstance(answer, Output) and env != seen:  # a file that is included may stop for want of a variable
        whole = ask(file, inputs, cmake=cmake, ninja=ninja, env=seen)
        answer = answer if isinstance(whole, Output) else whole
    if isinstance(answer, Answer) and (more := _reads(answer.inputs) - reads):  # what the file includes reads others
        reads |= more
        if (wider := _environment(file, seen, passthrough, reads)) != env:
            env, answer = wider, ask(file, inputs, cmake=cmake, ninja=ninja, env=wider)
    if isinstance(answer, Answer):
        return answer, env, reads
    message = _first_error(answer)
    raise ToolchainError(
        message or f"cmake failed with exit code {answer.code}",
        where=str(file or "the compilers of this machine"),
        hint=_remedy(message) if file else _native_remedy(),
    )


def _environment(
    file: Path | None, seen: Mapping[str, str], passthrough: Collection[str], reads: Collection[str]
) -> dict[str, str]:
    """Without the build machine's folders, and without flags, which are for one build, no property of a toolchain.

    What the toolchain file reads stays.
    """
    cleared = cleared_variables(seen, native=file is None, passthrough=passthrough, read=reads)
    dropped = {*_FLAG_VARIABLES, *cleared} - {*reads}
    return {name: value for name, value in seen.items() if name not in dropped}


def _reads(files: Sequence[str]) -> frozenset[str]:
    """The variables of the environment that these files of CMake's ask for."""
    return frozenset().union(*(names_read(Path(path).read_text("utf-8", "replace")) for path in files))


def _read_env(reads: Collection[str], seen: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What the files read of a build's environment alone; and compilers and flags, which libraries are not given."""
    handed = {*_FLAG_VARIABLES, *_COMPILER_VARIABLES}
    names = sorted(name for name in reads if name in seen and (name in handed or seen[name] != os.environ.get(name)))
    return tuple((name, seen[name]) for name in names)


def _initial_caches(inputs: Inputs) -> list[str]:
    """The files that -C names."""
    return [str(Path(word[2:]).absolute()) for word in inputs.arguments if word.startswith("-C")]


def _fingerprint(record: Mapping[str, object], seen: Mapping[str, str]) -> dict[str, str]:
    """Everything that the answer depended on, as it is now."""
    now: dict[str, str] = {}
    for path in cast("list[str]", record.get("files", [])):
        now[path] = file_digest(path)
        try:
            text = Path(path).read_text("utf-8", "replace")
        except OSError:
            continue
        for name in names_read(text):
            now[f"$ENV{{{name}}}"] = seen.get(name, "")
    now |= {f"looked at {key}": state_of(key) or "" for key in cast("list[str]", record["looked"])}
    toolchain = cast("dict[str, object]", record["toolchain"])
    compilers = cast("dict[str, dict[str, str]]", toolchain["compilers"])
    # one that is set now and was not is another answer
    now |= {f"${name}": seen[name] for name in cast("list[str]", record["asked"]) if name in seen}
    drivers = [path for compiler in compilers.values() for path in programs_of(Compiler(**compiler))]
    for path in (*drivers, *cast("list[str]", record["programs"])):
        found = str(which(path) or path)
        now[found] = _identity(found)
        now[f"which {Path(path).name}"] = str(which(Path(path).name))
    if "CMAKE_CROSSCOMPILING" in cast("dict[str, str]", toolchain["variables"]):
        asked = programs_asked(str(toolchain["triplet"]), cast("list[str]", toolchain["lacking"]))
        now |= {f"which {name}": str(which(name)) for name in asked}
    return now


def _identity(path: str) -> str:
    """A compiler's content: of the driver, and size and time of what it may be a link to."""
    try:
        status = Path(path).stat()
    except OSError:
        return ""
    return f"{os.path.realpath(path)} {status.st_size} {status.st_mtime_ns} {file_digest(path)}"


def _remedy(message: str) -> str:
    if message.startswith(_CANT_COMPILE):
        return "correct flags and launchers in the toolchain file, or the compiler's installation"
    if re.search("compiler", message, re.IGNORECASE):
        return "install that compiler, or correct its name in the toolchain file"
    return "correct the toolchain file"


def _native_remedy() -> str:
    """What to do on a machine whose own compiler is missing or broken: install one, or take zig without root."""
    if not os.environ.get("PATH"):
        return f"compilers are looked for on PATH, which is not set: export PATH={os.defpath}"
    package = next((text for program, text in _INSTALLERS.items() if which(program)), "")
    install = f"`{package}` as root" if package else "install a C++ compiler"
    if os.environ.get("CC") or os.environ.get("CXX"):
        install = f"correct CC and CXX in the environment, or {install}"
    own = running_target()
    if own.platform.os != "linux":
        return install
    target = f"{own.interpreter}-{own.platform.tag}"
    bring = "" if find_zig() else "pip install 'xconan[zig]' and "
    return f"{install}; or, without root, {bring}xconan build --target {target}"


def _first_error(done: Output) -> str:
    """CMake's own first complaint, in one line."""
    blocks = re.split(r"^CMake Error", done.stderr, flags=re.MULTILINE)[1:]
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    if any("not able to compile" in block for block in blocks):
        # where the linker failed, gcc says no more than that; where nobody says a word, the call is told
        said = [
            before if line.startswith("collect2:") else line for before, line in pairwise(lines) if _REASON.search(line)
        ]
        said += [call for line, call in pairwise(lines) if line.startswith("FAILED: ")]
        if said:
            return f"{_CANT_COMPILE}: {said[0]}"
    for block in blocks:
        text = " ".join(block.partition(":\n")[2].split("Call Stack")[0].split("Tell CMake where")[0].split())
        if text:
            return text
    return ""


def _describe(file: Path | None, answer: Answer, env: Mapping[str, str]) -> Toolchain:
    values = answer.values
    compilers = {
        language: _compiler(language, answer)
        for language in _LANGUAGES
        if values.get(f"{language}/COMPILER") and which(values[f"{language}/COMPILER"])
    }
    asked = {name: _macros(one, cxx=name == "CXX", env=env) for name, one in compilers.items() if name != "Fortran"}
    predefined = {name: macros for name, (macros, _found) in asked.items()}
    stray = stray_compiler(file, compilers, predefined, inputs=answer.inputs, env=env)
    compilers.pop(stray, None)
    language = "CXX" if "CXX" in compilers else "C"
    macros, found = asked[language]
    version = [macros[name] for name in ("__GLIBC__", "__GLIBC_MINOR__") if name in macros]  # zig may say one alone
    glibc = (int(version[0]), int(version[1])) if len(version) == 2 else None  # noqa: PLR2004 - both
    linux = values["CMAKE_SYSTEM_NAME"] == "Linux"
    standard = default_standard(macros, values["CMAKE_CXX_STANDARD"]) if "CXX" in compilers else None
    known = {name: values[name] for name in VARIABLES if values.get(name) and not values[name].endswith("-NOTFOUND")}
    triplet = _triplet(compilers[language])
    crossing = "CMAKE_CROSSCOMPILING" in known
    tools = find_binutils(compilers[language], triplet, known, env) if crossing else Binutils()
    fortran = not (crossing and lacks_fortran(compilers.get("Fortran"), triplet))
    if not fortran:
        compilers.pop("Fortran", None)
    musl = found and linux and "__linux__" in macros and not {"__BIONIC__", "__UCLIBC__"} & macros.keys()
    return Toolchain(
        file=file,
        compilers=compilers,
        triplet=triplet,
        macros={name: value for name, value in sorted(macros.items()) if name in _kept_macros()},
        cppstd=known_standard(standard, compilers["CXX"].id, compilers["CXX"].version) if standard else None,
        own_cppstd=standard,
        libcxx=_libcxx(macros) if "CXX" in compilers else None,
        libc=Libc.GLIBC if glibc else Libc.MUSL if musl else None,
        libc_version=glibc,
        variables={**_without(known, map(variable_of, tools.lacking)), **tools.named},
        unfound=tuple(tools.named),
        lacking=(*tools.lacking, *([] if fortran else [FORTRAN]), *([COMPILERS[stray]] if stray else [])),
        implicit_roots=_implicit_roots(values, language),
    )


def _without(values: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    left_out = {*names}
    return {name: value for name, value in values.items() if name not in left_out}


def _compiler(language: str, answer: Answer) -> Compiler:
    values, line = answer.values, answer.lines.get(language)
    if line is None:  # Fortran, which is not asked for
        root = [f"--sysroot={values['CMAKE_SYSROOT']}"] if values["CMAKE_SYSROOT"] else []
        line = Line(flags=(*root, *shlex.split(values.get(f"{language}/FLAGS_INIT", ""))))
    return Compiler(
        path=_absolute(values[f"{language}/COMPILER"]),
        id=values[f"{language}/COMPILER_ID"],
        version=values[f"{language}/COMPILER_VERSION"],
        behind=values.get(f"{language}/COMPILER_ARG1", "").strip(),
        **{name: shlex.join(words) for name, words in vars(line).items()},
    )


@cache
def _kept_macros() -> frozenset[str]:
    """The macros that are kept of all that a compiler predefines: those that somebody asks for."""
    return frozenset({*machine_macros(), INSTRUCTION_SET, TIME_BITS, *EMSCRIPTEN, *CXX_LIBRARY})


def _absolute(program: str) -> str:
    return str(which(program) or program)


def _macros(compiler: Compiler, *, cxx: bool, env: Mapping[str, str]) -> tuple[dict[str, str], bool]:
    """The macros that the compiler predefines, and those of its C library and C++ library; whether these were found."""
    argv = [*compiler.call, "-E", "-dM", "-x", "c++" if cxx else "c", "-"]
    headers = f"#include <limits.h>\n{_VERSION_OF_EMSCRIPTEN}"
    texts = [headers + "#include <climits>\n#include <cstddef>\n"] if cxx else []
    for text in (*texts, headers, ""):
        done = capture(argv, stdin=text, env=env)
        if done.code == 0:
            break
    pairs = re.findall(r"^#define (\w+)(?: (.*))?$", done.stdout, re.MULTILINE)
    return {name: value.strip() for name, value in pairs}, done.code == 0 and bool(text)


def _library_headers(toolchain: Toolchain, env: Mapping[str, str]) -> list[str]:
    """The headers that say which C and C++ libraries it has: others in the same place are another toolchain."""
    asked = [(toolchain.compiler, "c", "features.h")]
    asked += [(toolchain.compilers["CXX"], "c++", "cstddef")] if "CXX" in toolchain.compilers else []
    found = set[str]()
    for compiler, language, name in asked:
        argv = [*compiler.call, "-E", "-M", "-x", language, "-"]
        words = flag_words(capture(argv, stdin=f"#include <{name}>\n", env=env).stdout.replace("\\\n", " "))
        found |= {word for word in words if word.endswith(("/features.h", "/cstddef", "/c++config.h", "/__config"))}
    return sorted(found)


def _triplet(compiler: Compiler) -> str:
    done = capture([*compiler.call, "-dumpmachine"])
    return done.stdout.strip() if done.code == 0 else ""


def _libcxx(macros: Mapping[str, str]) -> str:
    if "_LIBCPP_VERSION" in macros:
        return "libc++"
    return "libstdc++" if macros.get("_GLIBCXX_USE_CXX11_ABI") == "0" else "libstdc++11"


def _implicit_roots(values: Mapping[str, str], language: str) -> tuple[str, ...]:
    """Folders with the host's lib/ and include/ in them, where there is no sysroot: /usr/aarch64-linux-gnu."""
    folders = values.get(f"{language}/IMPLICIT_LINK_DIRECTORIES", "").split(";")
    parents = dict.fromkeys(Path(folder).parent for folder in folders if Path(folder).name == "lib")
    shared = (Path("/"), Path("/usr"), Path("/usr/local"))
    return tuple(str(root) for root in parents if root not in shared and reads.seen(root / "include").is_dir())
