"""The tables of keys in docs/configuration.md, from the schema that reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xconan.project.config.schema import CROSS, TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xconan.project.config.schema import Key

BEGIN = "<!-- keys: from xconan/project/config/schema.py, by pytest --update-golden -->\n"
END = "<!-- end of keys -->\n"


def document(page: str) -> str:
    """The page with its tables of keys made anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    tables = [_table(name, keys) for name, keys in {**TABLES, "cross": CROSS}.items()]
    return f"{before}{BEGIN}\n{''.join(tables)}{END}{after}"


def _table(name: str, keys: Mapping[str, Key]) -> str:
    rows = "".join(f"| `{key}` | {one.kind.value} | {_text(one)} |\n" for key, one in keys.items())
    return f"### `[tool.xconan.{name}]`\n\n| key | type | meaning |\n|---|---|---|\n{rows}\n"


def _text(key: Key) -> str:
    choices = f" One of: {', '.join(key.choices)}." if key.choices else ""
    return (key.doc + choices).replace("|", "\\|").replace("<", "&lt;")
