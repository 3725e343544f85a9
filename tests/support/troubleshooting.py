"""docs/troubleshooting.md from docs/troubleshooting.toml, and the messages that the sources have."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, cast

from tests.support.golden import REPOSITORY
from xconan.ground.files import load_toml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOLE = "…"
_HEAD = """\
# Troubleshooting

What a message comes from, and what to do. Each error says it in short, in its line `help:`; this page says it at more
length, in the order in which a build gets there. `…` stands for what differs from case to case.
[Errors and exit codes](errors.md) describes the form of a message.

If a message is not here and its help does not help: `xconan doctor` looks at the machine, `xconan plan` shows what a
build would do, and `XCONAN_TRACEBACK=1` shows where in xconan an error was raised.

<!-- made of troubleshooting.toml, by pytest --update-golden -->
"""


def read_entries() -> list[dict[str, str]]:
    """The entries: when, message, cause, remedy."""
    return cast("list[dict[str, str]]", load_toml(REPOSITORY / "docs" / "troubleshooting.toml")["entry"])


def page() -> str:
    """The whole page."""
    parts, when = [_HEAD], ""
    for entry in read_entries():
        if entry["when"] != when:
            when = entry["when"]
            parts.append(f"\n## {when}\n")
        parts.append(f"\n**`{entry['message']}`**\n\n- Why: {entry['cause']}\n- What to do: {entry['remedy']}\n")
    return "".join(parts)


def spoken_texts() -> set[str]:
    """All texts in the sources, with HOLE for each value that is filled in."""
    return {text for path in sorted((REPOSITORY / "xconan").rglob("*.py")) for text in _texts(path)}


def _texts(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(one.value) if isinstance(one, ast.Constant) else HOLE for one in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
