"""The tables of keys in docs/configuration.md, from the records that the keys are fields of."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any

from xconan.project.config.records import RECORDS

if TYPE_CHECKING:
    from dataclasses import Field

    from xconan.ground.record import Record
    from xconan.project.config.schema import Key

BEGIN = "<!-- keys: from xconan/project/config/records.py, by pytest --update-golden -->\n"
END = "<!-- end of keys -->\n"


def document(page: str) -> str:
    """The page with its tables of keys made anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    tables = [_table(name, records) for name, records in RECORDS.items()]
    return f"{before}{BEGIN}\n{''.join(tables)}{END}{after}"


def _table(name: str, records: tuple[type[Record], ...]) -> str:
    every: list[Field[Any]] = [field for record in records for field in fields(record)]  # type: ignore[arg-type]
    rows = "".join(_row(field, field.metadata["key"]) for field in every if "key" in field.metadata)
    return f"### `[tool.xconan.{name}]`\n\n| key | type | default | meaning |\n|---|---|---|---|\n{rows}\n"


def _row(field: Field[Any], key: Key) -> str:
    cells = (f"`{field.name}`", key.kind.value, _default(field, key), _meaning(key))
    return f"| {' | '.join(cell.replace('|', chr(92) + '|').replace('<', '&lt;') for cell in cells)} |\n"


def _default(field: Field[Any], key: Key) -> str:
    return ", ".join(part for part in (_own_default(field), key.default) if part)


def _own_default(field: Field[Any]) -> str:
    """The field's own default as TOML has it; nothing where there is none, or nothing in it."""
    value = field.default
    if value is MISSING or value is None or value in ((), ""):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    items = [f'"{item}"' for item in value] if isinstance(value, tuple) else []
    return f"`[{', '.join(items)}]`" if items else f'`"{value}"`' if isinstance(value, str) else f"`{value}`"


def _meaning(key: Key) -> str:
    return key.doc + (f" One of: {', '.join(key.choices)}." if key.choices else "")
