"""`-C override=KEY.PATH OP VALUE`, and .pbc files, which hold one such line for each value.

KEY.PATH is a dotted path in the project's table; OP is = (set), += (append), =+ (prepend), -= (remove), =! (forget;
no VALUE), and for paths in the environment +=(path) and =+(path). VALUE is a number, true or false, a text with or
without quotes, a list [a, b] or a table {a = b}; `#` begins a comment.

The grammar is that of py-build-cmake (config/cli_override.lark of its 0.5). What it refuses and nobody can mean
otherwise is taken: blanks around OP and VALUE, texts that begin as a number or a bool does, TOML's 'texts', the
operation =- for -=, and a last line without its end.
"""

from __future__ import annotations

import re
import shlex
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.ground.errors import ConfigError
from xconan.ground.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

# the longest first: "+=(path)" begins like "+="
_OPERATIONS = {
    "+=(path)": "append_path",
    "=+(path)": "prepend_path",
    "+=": "append",
    "=+": "prepend",
    "-=": "remove",
    "=!": "clear",
    "=": "value",
}
_OPERATION = re.compile("|".join(map(re.escape, _OPERATIONS)))
_OTHER_REMOVE = re.compile(r'=-(?=[ \t]*["\[])')  # where a value begins: `=-x` sets "-x"
_KEY = re.compile(r"[\w-]*\w", re.ASCII)
_QUOTED = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_LITERAL = re.compile(r"'([^'\n]*)'(?=[ \t\f\r]*(?:[#\n]|$))")
_LITERAL_ITEM = re.compile(r"'([^'\n]*)'(?=\s*[],}#])")
_TEXT = re.compile(r'[^"\[\]{}\r\n#]+')  # a whole value
_ITEM = re.compile(r'[^"\[\]{},\s#]+')  # one within a list or table
_NAME = re.compile(r'[^"\[\]{},\s#=]+')
_NUMBER = re.compile(r"-?[0-9]{1,18}")  # of more nobody counts
_BLANK = re.compile(r"(?:[ \t\f\r]|#[^\n]*)*")
_SPACE = re.compile(r"(?:\s|#[^\n]*)*")
_EXAMPLE = {True: "-C 'override=cmake.build_type=\"Debug\"'", False: 'cmake.args += ["-Wdev"]'}
_PLACEHOLDER = re.compile(r"\{\w+\}")  # a table has =
_SPELT = re.compile(r" # (-(?:b|pr:[hb]) .+)$")
_DEEPEST = 30  # lists and tables in each other
_BOOLS = {"true": True, "True": True, "false": False, "False": False}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Operation(Record):
    """What is done to a value, in place of the value itself.

    Attributes:
        name: "value" (set), "append", "prepend", "remove", "clear", "append_path", "prepend_path".
        value: with what; None for "clear".
    """

    name: str
    value: object = None


def spelt(text: str, words: str) -> str:
    """An override that stands for an option of the command line: its words follow as a comment, for errors."""
    return f"{text} # {words}"


def place_of(text: str) -> str:
    """What an error in an override names as its place: the words that people wrote."""
    words = _SPELT.search(text)
    return words[1] if words else f"-C override={text}"


def parse_override(text: str) -> dict[str, object]:
    """The table of tables that says the same, with an Operation for the value.

    Raises:
        ConfigError: the text has not this form.
    """
    words = _SPELT.search(text)
    reader = _Reader(text=text, where=words[1] if words else "-C override")
    reader.skip(_SPACE)
    table = reader.override()
    reader.skip(_SPACE)
    if not reader.at_end:
        raise reader.wrong("the end")
    return table


def parse_overrides(text: str, *, file: str) -> Iterator[tuple[int, dict[str, object]]]:
    """The overrides of a .pbc file, each with the number of its line.

    Args:
        text: of the file.
        file: its name, for errors.

    Raises:
        ConfigError: a line has not this form.
    """
    reader = _Reader(text=text, where=file)
    reader.skip(_SPACE)
    while not reader.at_end:
        line = reader.line
        yield line, reader.override()
        reader.skip(_BLANK)
        if not reader.at_end and not text.startswith("\n", reader.position):
            raise reader.wrong("the end of the line")
        reader.skip(_SPACE)


class _Reader:
    """Reads overrides from left to right."""

    def __init__(self, *, text: str, where: str) -> None:
        self.text = text
        self.where = where
        self.position = 0
        self.depth = 0
        self.bare: int | None = None  # where a value begins that can only be meant as a text

    @property
    def at_end(self) -> bool:
        """Whether all is read."""
        return self.position == len(self.text)

    @property
    def line(self) -> int:
        """The number of the line that is read."""
        return self.text.count("\n", 0, self.position) + 1

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What has this form here, read; None if nothing has."""
        match = pattern.match(self.text, self.position)
        if match:
            self.position = match.end()
        return match

    def skip(self, pattern: re.Pattern[str]) -> None:
        """Read on behind what has this form."""
        self.take(pattern)

    def wrong(self, expected: str) -> ConfigError:
        """The error that something else stands here."""
        single = self.where == "-C override"
        what = f"'{self.text}'" if single else f"line {self.line}"
        return ConfigError(
            f"{what} is not KEY.PATH OP VALUE: {expected} should stand where it says "
            f"'{self.text[self.position:].partition(chr(10))[0]}'",
            where=self.where if single else f"{self.where}:{self.line}",
            hint=self.quoted() or f"for example {_EXAMPLE[single]}",
        )  # fmt: skip

    def quoted(self) -> str:
        """The same with quotes around a text that can't be without; "" where that is not what is wrong."""
        if self.bare is None:
            return ""
        text = self.text[self.bare :].partition("\n")[0].rstrip().replace("\\", "\\\\").replace('"', '\\"')
        line = f'{self.text[: self.bare].rpartition(chr(10))[2]}"{text}"'
        written = f"-C {shlex.quote(f'override={line}')}" if self.where == "-C override" else line
        return f"a text with quotes, brackets or braces is quoted: {written}"

    def override(self) -> dict[str, object]:
        """One override."""
        keys = [self.key()]
        while self.text.startswith(".", self.position):
            self.position += 1
            keys.append(self.key())
        self.skip(_SPACE)
        name = "remove" if self.take(_OTHER_REMOVE) else self.operation()
        table: object = Operation(name=name, value=None if name == "clear" else self.value())
        for key in reversed(keys):
            table = {key: table}
        return table if isinstance(table, dict) else {}

    def key(self) -> str:
        """One part of KEY.PATH."""
        quoted = self.take(_QUOTED)
        if quoted:
            return self.unescaped(quoted[1])
        bare = self.take(_KEY)
        if bare is None:
            raise self.wrong("a key")
        return bare[0]

    def operation(self) -> str:
        """OP, by the name that it has in tables."""
        match = self.take(_OPERATION)
        if match is None:
            raise self.wrong(f"one of {', '.join(_OPERATIONS)}")
        return _OPERATIONS[match[0]]

    def value(self) -> object:
        """VALUE, of which a text without quotes goes on to the end of the line."""
        self.skip(_BLANK)
        literal = self.take(_LITERAL)
        if literal:
            return literal[1]
        begins = self.text[self.position : self.position + 1]
        if begins not in {"", "[", "{", '"', "\n", "\r"} or _PLACEHOLDER.match(self.text, self.position):
            self.bare = self.position
        value = self.part(_TEXT)
        if self.text[self.position : self.position + 1] not in set('"[]{}'):
            self.bare = None
        return value

    def part(self, bare: re.Pattern[str]) -> object:
        """A value, where a text without quotes has this form."""
        nested = {"[": self.array, "{": self.table}.get(self.text[self.position : self.position + 1])
        if nested and self.depth == _DEEPEST:
            raise self.wrong("something less nested")
        if nested:
            self.depth += 1
            value = nested()
            self.depth -= 1
            return value
        quoted = self.take(_QUOTED)
        if quoted:
            return self.unescaped(quoted[1])
        literal = self.take(_LITERAL_ITEM) if bare is _ITEM else None
        if literal:
            return literal[1]
        match = self.take(bare)
        if match is None:
            raise self.wrong("a value")
        text = match[0].rstrip()
        if _NUMBER.fullmatch(text):
            return int(text)
        return _BOOLS.get(text, text)

    def array(self) -> list[object]:
        """[a, b]; a comma may stand behind the last."""
        self.position += 1
        items: list[object] = []
        self.skip(_SPACE)
        while not self.closed("]"):
            items.append(self.part(_ITEM))
            self.between("]")
        return items

    def table(self) -> dict[str, object]:
        """{a = b, "c" = d}."""
        self.position += 1
        table: dict[str, object] = {}
        self.skip(_SPACE)
        while not self.closed("}"):
            quoted = self.take(_QUOTED)
            name = quoted or self.take(_NAME)
            if name is None:
                raise self.wrong("a name")
            self.skip(_SPACE)
            if not self.text.startswith("=", self.position):
                raise self.wrong("=")
            self.position += 1
            self.skip(_SPACE)
            table[self.unescaped(quoted[1]) if quoted else name[0]] = self.part(_ITEM)
            self.between("}")
        return table

    def closed(self, end: str) -> bool:
        """Whether the list or table ends here."""
        if not self.text.startswith(end, self.position):
            return False
        self.position += 1
        return True

    def between(self, end: str) -> None:
        """Read the comma behind an item, which only the last may lack."""
        self.skip(_SPACE)
        if self.text.startswith(",", self.position):
            self.position += 1
            self.skip(_SPACE)
        elif not self.text.startswith(end, self.position):
            raise self.wrong(f"a comma or {end}")

    def unescaped(self, text: str) -> str:
        """What stands between quotes, with the escapes of Python's strings."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of unknown escapes, which stay as they are
                return text.encode("raw_unicode_escape").decode("unicode_escape")
        except UnicodeDecodeError as error:
            raise ConfigError(f"'{text}' has an escape that is none: {error.reason}", where=self.where,
                              hint="write \\\\ for a backslash") from None  # fmt: skip
