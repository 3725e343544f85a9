"""How a value is written so that it means itself, whatever is in it: one function for each language and place."""

from __future__ import annotations

import json
import re
import shlex

_CMAKE_WORD = re.compile(r"[\w.+/-]+", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_LINE_ENDS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")  # Unicode's too, by which Conan splits profiles


def comment(text: str) -> str:
    """The rest of a line that no program reads: line ends and other control characters become a space."""
    return _LINE_ENDS.sub(" ", text)


def cmake(text: str) -> str:
    """A quoted argument, cmake-language(7)."""
    return f'"{cmake_inside(text)}"'


def cmake_inside(text: str) -> str:
    """A part of a quoted argument, whose quotes stand in the template."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")


def cmake_word(text: str) -> str:
    """An argument without quotes where it needs none, as names are written; else a quoted one."""
    return text if _CMAKE_WORD.fullmatch(text) else cmake(text)


def shell(text: str) -> str:
    """A word of a POSIX shell, in quotes where it needs them."""
    return shlex.quote(text)


def shell_quoted(text: str) -> str:
    """A word in double quotes, whatever is in it."""
    return f'"{shell_inside(text)}"'


def shell_inside(text: str) -> str:
    """A part of a word in double quotes, which stand in the template."""
    return re.sub(r'([\\"$`])', r"\\\1", text)


def shell_default(text: str) -> str:
    """The word in "${NAME:-word}", whose quotes and braces stand in the template."""
    return re.sub(r'([\\"$`}])', r"\\\1", text)


def yaml(text: str) -> str:
    """A double-quoted string, https://yaml.org/spec/1.2.2/#double-quoted-style: each of JSON's is one."""
    return json.dumps(text, ensure_ascii=True)


def toml(text: str) -> str:
    """A string, https://toml.io/en/v1.0.0#string: a literal one where that can hold it."""
    if "'" in text or _CONTROL.search(text):
        return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
    return f"'{text}'"


def python(value: object) -> str:
    """A literal."""
    return repr(value)


def python_inside(text: str) -> str:
    """A part of a string whose double quotes, one or three, stand in the template."""
    return comment(text).replace("\\", "\\\\").replace('"', '\\"')


def conan_value(text: str) -> str:
    """A line of a Conan profile or conanfile.txt, which Conan takes as it is: it has no quotes and no escapes.

    Raises:
        ValueError: it would be several lines, and one of those may be a section or a setting.
    """
    if text and text.splitlines() != [text]:
        raise ValueError(f"{text!r} has a line break")
    return text


def markup(text: str) -> str:
    """Text or an attribute's value in HTML and SVG."""
    import html  # noqa: PLC0415 - its table of entities is for pages alone

    return html.escape(text)
