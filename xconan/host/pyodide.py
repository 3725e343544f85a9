"""pyodide.toml, read: what the platform tags of Pyodide promise beside the processor."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.ground.files import load_toml
from xconan.ground.record import Record

if TYPE_CHECKING:
    from xconan.host.platforms import Platform

_VERSION = re.compile(r"emscripten_(\d+)_(\d+)_(\d+)_")
_FIRST_WITH_WASM = 4  # since this version of Emscripten Pyodide's exceptions are WebAssembly's own


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PyodideAbi(Record):
    """What a tag promises.

    Attributes:
        emscripten: the version of Emscripten; "" where nobody has said so far.
        unwinding: "javascript" or "wasm"; what such a Pyodide has, where the tag itself names Emscripten alone.
        libraries: where such a Pyodide looks for the libraries that a module needs: "wheel", anywhere in its wheel, or
            "path", by the module's own search path.
        promised: the tag is of an ABI that says how exceptions go.
    """

    emscripten: str
    unwinding: str
    libraries: str
    promised: bool


def pyodide_abi(platform: Platform) -> PyodideAbi:
    """What a platform tag of Pyodide promises; of an ABI that is not in the table, what the newest one does.

    emscripten_3_1_58_wasm32 names the version itself.
    """
    newest, (first, *_) = _table()[-1], _table()
    if version := _VERSION.match(platform.tag):
        like, emscripten = (newest if int(version[1]) >= _FIRST_WITH_WASM else first), ".".join(version.groups())
        return PyodideAbi(
            emscripten=emscripten, unwinding=like["unwinding"], libraries=like["libraries"], promised=False
        )
    row = next((row for row in _table() if platform.tag.split("_")[1] == row["year"]), None)
    like = row or newest
    return PyodideAbi(
        emscripten=row["emscripten"] if row else "", unwinding=like["unwinding"], libraries=like["libraries"],
        promised=row is not None,
    )  # fmt: skip


def pyodide_python(emscripten: str) -> str:
    """The version of Python, "3.12", that the Pyodide of a version of Emscripten has; "" where none is known."""
    return next((row["python"] for row in (*_table(), *_table("before")) if row["emscripten"] == emscripten), "")


def tags_of_python(version: str) -> list[str]:
    """The platform tags of the Pyodides that have a version of Python, "3.11", from the newest on."""
    tags = [row["tag"] for row in reversed(_table()) if row["python"] == version]
    return tags + [tag_of_emscripten(row["emscripten"]) for row in _table("before") if row["python"] == version]


def tag_of_emscripten(version: str) -> str:
    """The platform tag of Pyodide's that an Emscripten makes modules for: that of its ABI, else its own."""
    tags = [row["tag"] for row in _table() if row["emscripten"] == version]
    return tags[0] if tags else f"emscripten_{version.replace('.', '_')}_wasm32"


@cache
def _table(name: str = "abi") -> list[dict[str, str]]:
    return cast("list[dict[str, str]]", load_toml(Path(__file__).with_suffix(".toml"))[name])
