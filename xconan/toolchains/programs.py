"""Compilers that are scripts of a board's or a company's: what they read, name and say.

A module is compiled in the environment of `[cmake.env]`, a library in this process's: a script that asks for a variable
would be another compiler there. What libraries are made with is part of what they are, too. So are the scripts
themselves, what they source, and the programs that they end in.
"""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground.run import program_path, which

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from xconan.toolchains.records import Compiler

_LONGEST = 1 << 16  # bytes that are read; what is longer is no script that somebody wrote for a board
# of Perl; of shells; of Python
_READS = re.compile(
    r"""\$ENV\{["']?(\w+)|\$\{?([A-Za-z_]\w*)|(?:environ|getenv)(?:\.get)?[\[(]\s*["'](\w+)""", re.ASCII
)
# a session's own, which say nothing of a machine
_EVERYBODYS = {"ENV", "HOME", "IFS", "LANG", "LC_ALL", "LOGNAME", "OLDPWD", "PATH", "PWD", "SHELL", "SHLVL", "TERM",
               "TMP", "TMPDIR", "USER", "_"}  # fmt: skip
_ITSELF = re.compile(r"\$\{?BASH_SOURCE(?:\[0\])?\}?|\$0\b|\$\{0\}")
_ASSIGNED = re.compile(r"""^\s*(?:export\s+|readonly\s+)?([A-Za-z_]\w*)=("[^"\n]*"|'[^'\n]*'|[^\s;]*)""", re.MULTILINE)
# innermost, as scripts of shells look for their own folder
_SUBSTITUTED = re.compile(r"\$\(([^()$`]*)\)|`([^`$]*)`")
_FOLDER = re.compile(r"""\s*(dirname|cd)\s+(?:-[-LP]\s+)*["']?(/[^"']*?)["']?\s*(?:(?:&&|;)\s*pwd(?:\s+-P)?\s*)?""")
_REAL = re.compile(r"""\s*(?:readlink\s+-[efm]+|realpath)\s+(?:--\s+)?["']?(/[^"']*?)["']?\s*""")
_NAMED = re.compile(r"""(>\s*|(?:^|[\s;&|(])(?:\.|source|cat)\s+|<\s*|@)?["']?(/[^\s"'`;|&()<>$,]+)""", re.MULTILINE)
_PLAIN = re.compile(r"(?<![\w./+$-])[A-Za-z_][\w.+-]*(?![\w/=])", re.ASCII)
_COMPILERS = re.compile(
    r"(?:[\w.]+-)*(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+|gfortran|flang|[cs]cache|distcc)(?:-[\d.]+)?"
)
_QUOTED = re.compile(r"""(["'])(/[^"'\n$`]* [^"'\n$`]*)\1""")
_BLANK = "\x02"  # stands for a blank in a path, as words end at those
_NO_FILES = ("/dev/", "/proc/", "/sys/")
# they keep what compilers made, or share out their calls; and what may stand before them
_CACHES = frozenset({"buildcache", "cachepot", "ccache", "distcc", "gomacc", "icecc", "rewrapper", "sccache"})
_BEFORE_CACHES = re.compile(r"env|cmake|-E|--|\w+=.*", re.DOTALL)
_OPTION = re.compile(r"(?<![\w.-])-m[a-z][\w.+=-]*")
_COMMENT = re.compile(r"^\s*(?:#.*)?\n", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Scripts:
    """The scripts that a compiler is.

    Attributes:
        texts: by path, of each script, and of what they source or read: without comments; in the order in which they
            name each other.
        programs: other programs that they name: by path, or as a name on PATH.
    """

    texts: Mapping[Path, str]
    programs: tuple[str, ...] = ()


def scripts_of(compiler: Compiler, *, ours: Path) -> Scripts:
    """What a compiler is made of, as far as that is scripts: what they name is followed where their text tells it.

    That is absolute paths, paths from the script's own folder ($(dirname "$0"), ${0%/*}), programs that lie beside it,
    and compilers on PATH. Behind ccache and its like, the compiler itself is the first word of the flags; launchers are
    followed, too.

    Args:
        compiler: as probed.
        ours: a folder whose scripts are xconan's own, and told by what they are made from.
    """
    texts: dict[Path, str] = {}
    programs: dict[str, None] = {}
    waiting = [word for word in programs_of(compiler) if not _is_below(word, ours)]
    begun = {*waiting}
    while waiting:
        word = waiting.pop(0)
        path = Path(which(word) or word)
        text = _text(path)
        if text is None or not (text.startswith("#!") or word not in begun):
            programs |= {word: None} if word not in begun else {}
            continue
        texts[path] = _COMMENT.sub("", text)
        programs |= {word: None} if "/" not in word and word not in begun else {}
        found = dict.fromkeys(_named(path, texts[path]))
        waiting += [one for one in found if Path(which(one) or one) not in texts and one not in waiting]
    return Scripts(texts=texts, programs=tuple(programs))


def _is_below(word: str, folder: Path) -> bool:
    return Path(which(word) or word).is_relative_to(folder)


def _text(path: Path) -> str | None:
    """A file's text; None for a binary, and where nothing is."""
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST)
    except OSError:
        return None
    return None if b"\0" in data else data.decode("utf-8", "replace")


def _named(script: Path, text: str) -> Iterator[str]:
    """The files that a script's text names: programs, and what it sources or reads."""
    told = _expanded(script, text)
    for how, word in _NAMED.findall(told):
        path = os.path.normpath(word.replace(_BLANK, " "))
        if how.startswith(">") or path.startswith(_NO_FILES) or not Path(path).is_file():
            continue
        if how.strip() or os.access(path, os.X_OK):
            yield path
    for word in dict.fromkeys(_PLAIN.findall(told)):
        beside, of_path = script.parent / word, which(word) if _COMPILERS.fullmatch(word) else None
        if of_path and of_path != script:
            yield word
        elif beside != script and beside.is_file() and str(script.parent) not in program_path().split(os.pathsep):
            yield str(beside)


def _expanded(script: Path, text: str) -> str:
    """A shell script's text with its own path, and the variables that are made of it, put in."""
    own = str(script).replace(" ", _BLANK)
    text = _QUOTED.sub(lambda match: match[2].replace(" ", _BLANK) if Path(match[2]).exists() else match[0], text)
    text = _ITSELF.sub(lambda _: own, text).replace("${0%/*}", own.rpartition("/")[0])
    for _ in range(4):  # a variable of a variable of a variable
        while (inner := _SUBSTITUTED.sub(_folder, text)) != text:
            text = inner
        values = {name: value.strip("\"'") for name, value in _ASSIGNED.findall(text)}
        pattern = re.compile(r"\$(?:\{(\w+)\}|(\w+))")

        def value(match: re.Match[str], values: Mapping[str, str] = values) -> str:
            found = values.get(match[1] or match[2], "")
            return found if found.startswith("/") and "$" not in found else match[0]

        if (after := pattern.sub(value, text)) == text:
            break
        text = after
    return text.replace('"/', "/")  # "$here"/gcc


def _folder(match: re.Match[str]) -> str:
    """What `dirname`, `cd … && pwd` and `readlink -f` say of a path; of another command its words."""
    command = match[1] or match[2] or ""
    if said := _FOLDER.fullmatch(command):
        return str(Path(said[2]).parent) if said[1] == "dirname" else os.path.normpath(said[2])
    if said := _REAL.fullmatch(command):
        return os.path.realpath(said[1].replace(_BLANK, " ")).replace(" ", _BLANK)
    return f" {command} "


def variables_of(texts: Iterable[str]) -> tuple[str, ...]:
    """The names of variables that scripts ask for, but for a session's own."""
    names = {name for text in texts for match in _READS.findall(text) for name in match if name}
    return tuple(sorted(names - _EVERYBODYS))


def adds_nothing(launcher: Sequence[str]) -> bool:
    """Whether what is put before a compiler leaves its words alone, as ccache and its like do."""
    names = [word if "=" in word else Path(word).name for word in launcher]
    return all(name in _CACHES or _BEFORE_CACHES.fullmatch(name) for name in names)


def words_of_launchers(compiler: Compiler) -> list[str]:
    """Options for processors (-march=…) that launchers may add: those among their words and in their text."""
    words = shlex.split(compiler.launcher)
    texts = [_COMMENT.sub("", _text(Path(which(word) or word)) or "") for word in words]
    return [*words, *(option for text in texts for option in _OPTION.findall(text))]


def programs_of(compiler: Compiler) -> list[str]:
    """The programs that a compiler is: its driver, the compiler itself where that is ccache or its like, launchers."""
    launchers = shlex.split(f"{compiler.launcher} {compiler.link_launcher}")
    return [compiler.path, *compiler_behind(compiler), *dict.fromkeys(word for word in launchers if which(word))]


def compiler_behind(compiler: Compiler) -> list[str]:
    """The first word of the flags, where that is the compiler itself: the driver is ccache or its like; else none."""
    return [word for word in shlex.split(compiler.flags)[:1] if not word.startswith(("-", "@"))]
