"""The programs beside the compilers, linkers and archivers and their like: the host's, or known to work on its objects.

CMake derives their names from the compiler's. A wrapper's name tells it nothing, nor does a target among the flags, and
it takes this machine's, which can't read the host's objects. So what bears the plain name is asked of the compiler,
looked for on PATH, and tried on an object of the host's before it is taken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground.run import capture, which
from xconan.host.triplets import triplet_family

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from xconan.toolchains.records import Compiler

TOOLS = ("ar", "ranlib", "strip", "nm", "objcopy", "ld")
# which Make, CMake and configure scripts take, this machine's, where nobody names a compiler
COMPILERS = {"C": "cc", "CXX": "c++", "Fortran": "gfortran"}
FORTRAN = COMPILERS["Fortran"]
_SHARED = ("/usr/bin", "/bin", "/usr/local/bin")  # where a plain name beside a compiler is this machine's
_TRIED = """\
#ifdef __cplusplus
extern "C"
#endif
int of_the_probe(void) { return 1; }
"""
_SYMBOL = re.compile(r" T _?of_the_probe\b")
_INDEXES = (b"/ ", b"__.SYMDEF", b"#1/")  # how an archive's first member is called where it is the index
_ELF = b"\x7fELF"
_NO_LTO = (("-fno-lto",), ())  # a compiler may know no such option


@dataclass(frozen=True, kw_only=True)
class Binutils:
    """What was found.

    Attributes:
        named: by CMake's variable, the program in place of what CMake found.
        lacking: tools that there are none of for the host.
    """

    named: Mapping[str, str] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()


def variable_of(tool: str) -> str:
    """CMake's name of a tool."""
    return "CMAKE_LINKER" if tool == "ld" else f"CMAKE_{tool.upper()}"


def find_binutils(compiler: Compiler, triplet: str, known: Mapping[str, str], env: Mapping[str, str]) -> Binutils:
    """The tools that CMake did not find, or found only by the names of this machine's.

    Args:
        compiler: of the host's.
        triplet: what it says of itself.
        known: CMake's variables.
        env: the environment that compilers run in.
    """
    before = {tool: known.get(variable_of(tool), "") for tool in TOOLS}
    doubtful = [tool for tool, path in before.items() if _is_doubtful(path, tool, compiler)]
    if not doubtful:
        return Binutils()
    from xconan.ground.scratch import scratch  # noqa: PLC0415 - most toolchains have all of them

    found: dict[str, str] = {}
    with scratch("binutils") as folder:
        trial = _Trial.with_an_object(compiler, folder, env)
        for tool in doubtful:
            candidates = _candidates(tool, before[tool], compiler, triplet, env)
            found[tool] = next((path for path in candidates if trial.passes(tool, path)), "")
    return Binutils(
        named={variable_of(tool): path for tool, path in found.items() if path and path != before[tool]},
        lacking=tuple(tool for tool, path in found.items() if not path),
    )


def lacks_fortran(compiler: Compiler | None, triplet: str) -> bool:
    """Whether builds would be lent a Fortran compiler that is for another machine.

    Args:
        compiler: the toolchain's; None where it has none, and this machine's gfortran would be taken.
        triplet: what the C compiler says of itself.

    Returns:
        True where the processor or the system is another, or the C library of Linux.
    """
    path = compiler.path if compiler else str(which(FORTRAN) or "")
    if not (path and triplet):
        return False
    done = capture([*(compiler.call if compiler else [path]), "-dumpmachine"])
    return done.code != 0 or triplet_family(done.stdout) != triplet_family(triplet)


def programs_asked(triplet: str, lacking: Collection[str]) -> tuple[str, ...]:
    """Names of programs that were looked for on PATH, where another answer would be another toolchain."""
    tools = [name for tool in lacking if tool in TOOLS for name in (f"{triplet}-{tool}", _of_llvm(tool))]
    return (FORTRAN, f"{triplet}-{FORTRAN}", *tools)


def _of_llvm(tool: str) -> str:
    return "ld.lld" if tool == "ld" else f"llvm-{tool}"


def _is_doubtful(path: str, tool: str, compiler: Compiler) -> bool:
    folder = str(Path(path).parent)
    return not path or (Path(path).name == tool and (folder != str(Path(compiler.path).parent) or folder in _SHARED))


def _candidates(tool: str, before: str, compiler: Compiler, triplet: str, env: Mapping[str, str]) -> Iterator[str]:
    """Programs that may be it, the likeliest first."""
    llvm = _of_llvm(tool)
    for name, on_path in ((tool, f"{triplet}-{tool}"), (llvm, llvm)):
        done = capture([*compiler.call, f"-print-prog-name={name}"], env=env)
        said = done.stdout.strip() if done.code == 0 else ""
        for program in (said, on_path):
            if program and (path := which(program)):
                yield str(path)
    if before:
        yield before


@dataclass(frozen=True, kw_only=True)
class _Trial:
    """A folder to try tools in.

    Attributes:
        folder: to work in.
        object: of the host's; b"" where the compiler makes none, and programs are believed.
    """

    folder: Path
    object: bytes

    @classmethod
    def with_an_object(cls, compiler: Compiler, folder: Path, env: Mapping[str, str]) -> _Trial:
        source, made = folder / "probe.c", folder / "probe.o"
        source.write_text(_TRIED, "utf-8")
        words = [*compiler.call, "-c", str(source), "-o", str(made)]
        # objects of -flto hold no machine code, and plain tools know neither their symbols nor their format
        code = next((code for more in _NO_LTO if (code := capture([*words, *more], env=env).code) == 0), 1)
        return cls(folder=folder, object=made.read_bytes() if code == 0 and made.is_file() else b"")

    def passes(self, tool: str, program: str) -> bool:
        """Whether a program does what the tool is for with the object."""
        if not self.object:
            return True
        given, made = self.folder / "probe.o", self.folder / "made"
        made.unlink(missing_ok=True)
        if tool == "ranlib":
            made.write_bytes(_archive(self.object))
        words = {
            "ar": ["qc", str(made), str(given)],
            "ranlib": [str(made)],
            "strip": ["-S", "-o", str(made), str(given)],
            "nm": [str(given)],
            "objcopy": [str(given), str(made)],
            "ld": ["-r", str(given), "-o", str(made)],
        }
        done = capture([program, *words[tool]])
        if done.code:
            return False
        if tool == "nm":
            return _SYMBOL.search(done.stdout) is not None
        data = made.read_bytes() if made.is_file() else b""
        return data[8:24].startswith(_INDEXES) if tool in ("ar", "ranlib") else _machine(data) == _machine(self.object)


def _archive(member: bytes) -> bytes:
    """An archive of one object, without an index: ar(5)."""
    head = f"{'probe.o/':16}{0:<12}{0:<6}{0:<6}{'100644':8}{len(member):<10}`\n"
    return b"!<arch>\n" + head.encode() + member + b"\n" * (len(member) % 2)


def _machine(data: bytes) -> bytes:
    """The bytes of an object that say what machine it is for: of ELF, Mach-O or COFF."""
    return data[:4] + data[18:20] if data.startswith(_ELF) else data[:2]
