"""What a database of SQLite answers; programs write what decides nothing into it, too: when it was last asked."""

from __future__ import annotations

import contextlib

TYPE_CHECKING = False  # typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def rows(database: str, query: str, arguments: Iterable[str]) -> list[list[object]]:
    """The rows that a query has for each of these arguments, one after another; the database is not written to.

    Raises:
        ValueError: it is damaged, or no database.
    """
    import sqlite3
    from urllib.parse import quote

    try:
        with contextlib.closing(sqlite3.connect(f"file:{quote(database)}?mode=ro", uri=True)) as connection:
            return [list(row) for argument in arguments for row in connection.execute(query, (argument,))]
    except sqlite3.Error as error:
        raise ValueError(str(error)) from error


def still_answers(database: str, asked: Sequence[tuple[str, Sequence[str], object]]) -> bool:
    """Whether it answers as it did.

    Args:
        database: its path.
        asked: each query, its arguments, and the rows that came then; where there is none, nothing is known of it.
    """
    try:
        return bool(asked) and all(rows(database, query, arguments) == before for query, arguments, before in asked)
    except ValueError:
        return False
