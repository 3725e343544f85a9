"""The words of a compiler's line that say which machine, system root and C++ library it compiles for.

Pure but for the files of further words that a line may name.
https://gcc.gnu.org/onlinedocs/gcc/Submodel-Options.html, https://clang.llvm.org/docs/ClangCommandLineReference.html.
A toolchain file decides these for module and libraries alike; what else a user's profile says (optimization, warnings,
definitions) comes after the toolchain's words and contradicts nothing.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.toolchains.identity import flags_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

# what the words are about -> the words, with their value as a group where they have one
_KINDS: Mapping[str, re.Pattern[str]] = {
    kind: re.compile(pattern)
    for kind, pattern in {
        "target": r"(?:--?target[= ]|-triple )(?P<value>.+)",
        "architecture": r"-(?:march|arch)[= ](?P<value>.+)",
        "processor": r"(?:-mcpu=|-target-cpu )(?P<value>.+)",
        "features": r"-target-feature (?P<value>.+)",
        "float ABI": r"-m(?:float-abi=)?(?P<value>hard|soft|softfp|hard-float|soft-float)",
        "floating-point unit": r"-mfpu=(?P<value>.+)",
        "width": r"-m(?P<value>16|31|32|64|x32)",
        "ABI": r"(?:-mabi=|-target-abi )(?P<value>.+)",
        "byte order": r"-m(?P<value>big|little)-endian",
        "system root": r"(?:--sysroot|-isysroot)[= ]?(?P<value>.+)",
        "configuration": r"--config[= ](?P<value>.+)",
        "compiler's own files": r"(?:--gcc-toolchain|--gcc-install-dir|-resource-dir|-specs|--specs)[= ](?P<value>.+)",
        "oldest system": r"-m(?:macosx|macos|iphoneos)-version-min=(?P<value>.+)",
        "C++ library": r"-stdlib=(?P<value>.+)",
        "C++ ABI": r"-D ?_GLIBCXX_USE_CXX11_ABI=(?P<value>\d)",
        "size of time_t": r"-D ?_TIME_BITS=(?P<value>\d+)",
        "size of enumerations": r"-f(?P<value>(?:no-)?short-enums)",
        "size of wchar_t": r"-f(?P<value>(?:no-)?short-wchar)",
        "words that nobody can read": r"@(?P<value>.+)",
    }.items()
}
_FILE = re.compile(r"@(?P<at>.+)|--config[= ](?P<configuration>.+)")
_APART = (
    "--config", "-target", "--target", "-arch", "--sysroot", "-isysroot", "-resource-dir", "--gcc-toolchain", "-D",
    "-triple", "-target-cpu", "-target-feature", "-target-abi",
)  # fmt: skip
# for the assembler, the preprocessor, the linker and clang's own front end
_PASSED_ON, _NEXT_PASSED_ON = ("-Wa,", "-Wp,", "-Wl,"), ("-Xassembler", "-Xpreprocessor", "-Xlinker", "-Xclang")
# what compilers do by themselves for an architecture of Conan's
_USUAL = {
    "armv8": {"architecture": "armv8-a"},
    "x86_64": {"architecture": "x86-64", "width": "64"},
    "x86": {"width": "32"},
    "riscv64": {"architecture": "rv64gc", "ABI": "lp64d"},
    "ppc64le": {"width": "64"},
    "s390x": {"width": "64"},
}
_CXX = {"libstdc++11": ("libstdc++", "1"), "libstdc++": ("libstdc++", "0"), "libc++": ("libc++", "")}


def machine_words(words: Iterable[str]) -> dict[str, tuple[str, str]]:
    """By what they are about, the last word and its value.

    Args:
        words: of a line, as shlex.split gives them; of @FILE and --config=FILE what is in the file counts, and of
            -Wa,WORD or -Xclang WORD the word.
    """
    found: dict[str, tuple[str, str]] = {}
    for word in _joined(_with_files(words)):
        for kind, pattern in _KINDS.items():
            if match := pattern.fullmatch(word):
                found[kind] = (word, match["value"])
    return found


def other_machine(
    theirs: Sequence[str], toolchain: Sequence[str], settings: Mapping[str, object], sysroot: str = ""
) -> Iterator[tuple[str, str]]:
    """The words of a user's that make another machine of the toolchain's.

    Args:
        theirs: the user's words.
        toolchain: what the toolchain adds to every call.
        settings: Conan's, which name architecture and C++ library.
        sysroot: the toolchain's, "" for none.

    Yields:
        The user's word, and the toolchain's about the same; "" where it says nothing.
    """
    ours = machine_words(toolchain)
    library, abi = _CXX.get(str(settings.get("compiler.libcxx")), ("", ""))
    usual = {
        **_USUAL.get(str(settings.get("arch")), {}),
        "C++ library": library,
        "C++ ABI": abi,
        "system root": sysroot,
    }
    for kind, (word, value) in machine_words(theirs).items():
        ours_word, ours_value = ours.get(kind, ("", usual.get(kind, "")))
        if value != ours_value:
            yield word, ours_word


def remedy(word: str, usual: str) -> str:
    """What to do about a word that other_machine() found; USUAL is what is done about most."""
    if not word.startswith("@"):
        return usual
    if Path(word[1:]).is_absolute():
        return f"check the path {word[1:]}: there is no file of flags that can be read"
    return f"name the file by its absolute path, not {word}: compilers are called in folders of the build"


def split_words(text: str) -> list[str]:
    """The words of a variable such as CFLAGS; where its quotes are broken, as blanks part them."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _with_files(words: Iterable[str], folder: Path | None = None, depth: int = 9) -> Iterator[str]:
    """The words, and in place of a file of words those that it has; one that can't be read is a word as any other.

    Files that one of --config names lie beside it, others in the folder where the compiler is called: any folder of a
    build, so that such a name says nothing here.
    https://gcc.gnu.org/onlinedocs/gcc/Overall-Options.html,
    https://clang.llvm.org/docs/UsersManual.html#configuration-files.
    """
    for word in _joined(words):
        match = _FILE.fullmatch(word)
        file = Path(folder or "", match["at"] or match["configuration"]) if match and depth else None
        text = flags_text(file) if file and file.is_absolute() else None
        if text is None or file is None or match is None:
            yield word
        else:
            beside = file.parent if match["configuration"] or folder else None
            yield from _with_files(split_words(re.sub(r"(?m)^\s*#.*$", "", text)), beside, depth - 1)


def _joined(words: Iterable[str]) -> Iterator[str]:
    """Options with their values in one word."""
    waiting = _passed_on(words)
    for word in waiting:
        yield f"{word} {next(waiting, '')}" if word in _APART else word


def _passed_on(words: Iterable[str]) -> Iterator[str]:
    """The words, and those for one of the compiler's programs as if they were its own: they may say the same."""
    for word in words:
        if word.startswith(_PASSED_ON):
            yield from word.split(",")[1:]
        elif word not in _NEXT_PASSED_ON:
            yield word
