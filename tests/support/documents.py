"""pyproject.toml files that nobody would write: valid TOML, mostly, with values of the wrong kind and odd texts."""

from __future__ import annotations

import json
import os
import random
from datetime import date, datetime, time, timezone
from typing import TYPE_CHECKING

from xconan.ground.boundary import guarded
from xconan.project.config.records import KEYS
from xconan.project.config.schema import Kind
from xconan.project.files import read_project_files
from xconan.wheel.sdist import select_files

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

_TEXTS = (
    "", " ", ".", "..", "/", "//", "\\", "~", "~nobody", "a/../..", "../x", "/etc/passwd", "C:\\x", "*", "**", "**/*",
    "[", "[]", "[!", "a**b", "?", "{build_config}", "{", "${X}", "$", "%", "=", "a=b", "a\nb", "\r", "\t", "\0", "\x85",
    "\x1b[31m", "\u2028", "\u202e", "\ufeff", "é", "\U0001d518", "class", "1", "1.0", "x" * 300, "x/" * 200, "x" * 5000,
    "-", "--help", "a;b", "a,b", "[console_scripts]", "auto", "guess", "none", "abi3", "cp311", "linux_aarch64", "zig",
    "demo", "demo.x", "demo:main", "src", "LICENSE", "README.md", "dist/pipe", "dist/link", "dist/gone", "MIT",
    "lz4/1.9.4", "missing", "https://x.example", ">=3.8",
)  # fmt: skip
_OTHERS = (
    0, -1, 1, 312, 2**70, 1.5, float("nan"), float("inf"), True, False, date(2020, 1, 1), time(1, 2),
    datetime(2020, 1, 1, tzinfo=timezone.utc),
)  # fmt: skip
_PROJECT = {
    **dict.fromkeys(("name", "version", "description", "requires-python", "readme", "license"), Kind.STRING),
    **dict.fromkeys(("license-files", "keywords", "classifiers", "dependencies", "dynamic", "import-names"), Kind.LIST),
    **dict.fromkeys(("urls", "scripts", "gui-scripts"), Kind.TEXTS),
    **dict.fromkeys(("entry-points", "optional-dependencies", "authors", "maintainers"), None),
}
_INNER = ("file", "text", "content-type", "email", "name", "value", "=", "+", "-", "prepend", "type", "strict", "clear")


def read_documents(root: Path, seed: int, count: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Read documents as the source distribution's builder does: each ends well, or in words and an exit code."""
    furnish(root)
    source = random.Random(seed)  # noqa: S311 - nothing to keep secret
    for _ in range(count):
        data = document(source)
        (root / "pyproject.toml").write_bytes(data)
        try:
            code = read(root)
        except Exception as error:
            raise AssertionError(data.decode("utf-8", "replace")) from error
        said = capsys.readouterr().err
        assert code in (None, 1, 2, 3), data
        assert said or code is None, data
        assert all(line.isprintable() for line in said.split("\n")), data


def furnish(root: Path) -> None:
    """A small project, with a pipe and links in a folder that only a document can name."""
    for name in ("src/demo/__init__.py", "src/demo/x.py", "LICENSE", "README.md", "CMakeLists.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text('"""Demo."""\n__version__ = "1"\n', "utf-8")
    (root / "dist").mkdir()
    os.mkfifo(root / "dist" / "pipe")
    (root / "dist" / "link").symlink_to("/etc/passwd")
    (root / "dist" / "gone").symlink_to("nowhere")


def read(root: Path) -> object:
    """The exit code of reading a project, None for success."""
    try:
        with guarded():
            files = read_project_files(root)
            select_files(files.project, files.metadata, files.module, out=root / "out")
    except SystemExit as end:
        return end.code
    return None


def document(source: random.Random) -> bytes:
    """A pyproject.toml; the same source gives the same."""
    project: dict[str, object] = {"name": "demo", "version": "1"}
    for key in source.choices([*_PROJECT], k=source.randrange(3)):
        project[key] = _fitting(source, _PROJECT[key])
    tables: dict[str, dict[str, object] | object] = {}
    for name in source.choices([*KEYS], k=source.randrange(3)):
        keys = KEYS[name]
        tables[name] = {key: _fitting(source, keys[key].kind) for key in source.choices([*keys], k=2)}
    if source.random() < 0.05:
        tables[source.choice([*KEYS, "linux"])] = {_text(source): _value(source, 0)}
    if source.random() < 0.05:
        tables[source.choice([*KEYS, "x"])] = _value(source, 0)
    whole: dict[str, object] = {"project": project, "tool": {"xconan": tables}}
    if source.random() < 0.05:
        whole[source.choice(["project", "tool", "build-system", "x"])] = _value(source, 0)
    data = "\n".join(f"{_name(key)} = {_toml(value)}" for key, value in whole.items()).encode("utf-8", "surrogatepass")
    return _damaged(source, data) if source.random() < 0.03 else data


def _damaged(source: random.Random, data: bytes) -> bytes:
    place = source.randrange(len(data))
    return data[:place] + source.randbytes(source.randrange(4)) + data[place + source.randrange(4) :]


def _fitting(source: random.Random, kind: Kind | None) -> object:
    """A value of the kind that a key asks for, mostly."""
    texts = [_text(source) for _ in range(source.randrange(3))]
    if kind is None or source.random() < 0.2:
        return _value(source, 0)
    if kind is Kind.BOOL:
        return source.random() < 0.5
    if kind is Kind.INT:
        return source.choice((0, 38, 312, -1))
    if kind in (Kind.TEXTS, Kind.OPTIONS):
        return {text: _text(source) for text in texts}
    return _text(source) if kind in (Kind.STRING, Kind.PATH) else texts


def _value(source: random.Random, depth: int) -> object:
    kind = source.random()
    if kind < 0.45 or depth > 3:
        return _text(source)
    if kind < 0.6:
        return source.choice(_OTHERS)
    inner = [_value(source, depth + 1) for _ in range(source.randrange(3))]
    if kind < 0.8:
        return inner
    return {source.choice((*_INNER, _text(source))): one for one in inner}


def _text(source: random.Random) -> str:
    if source.random() < 0.8:
        return source.choice(_TEXTS)
    return "".join(chr(source.choice((source.randrange(0x80), source.randrange(0xD800)))) for _ in range(5))


def _toml(value: object) -> str:
    """A value as TOML has it, in one line."""
    if isinstance(value, str):
        return _name(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_name(key)} = {_toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value).lower()


def _name(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
