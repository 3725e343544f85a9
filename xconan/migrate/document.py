"""pyproject.toml as a document that keeps its comments: tomlkit's."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from xconan.ground.errors import ConfigError
from xconan.migrate.records import Old, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    import tomlkit

_LONGEST = 110  # of a list in one line


def parse(file: Path) -> tomlkit.TOMLDocument:
    """The document.

    Raises:
        ConfigError: there is no tomlkit, no such file, or it is no TOML.
    """
    try:
        import tomlkit  # noqa: PLC0415 - an extra
        from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415
    except ImportError:
        what = "tomlkit is not installed, which keeps the comments of pyproject.toml"
        raise ConfigError(what, where="xconan migrate", hint="pip install 'xconan[migrate]'") from None
    try:
        return tomlkit.parse(file.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError("there is no pyproject.toml", where=str(file), hint="name the project's folder") from None
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise ConfigError(f"this is no TOML: {error}", where=str(file), hint="correct it first") from None


def plain(value: object) -> object:
    """A value without tomlkit's own classes."""
    unwrap = getattr(value, "unwrap", None)
    return unwrap() if unwrap else value


def keys(table: object, deeper: Callable[[str], bool]) -> list[Old]:
    """The keys of a table with their comments, each once: a table's parts may stand in several lines and places.

    Args:
        table: of the document.
        deeper: whether a dotted key is only a part of others.
    """
    found: dict[str, Old] = {}
    for old in _entries(table, deeper):
        before = found.get(old.name)
        if before is None:
            found[old.name] = old
        else:
            comments = (*before.comments, *old.comments)
            found[old.name] = Old(name=old.name, value=joined(before.value, old.value), comments=comments)
    return [*found.values()]


def _entries(table: object, deeper: Callable[[str], bool], above: str = "") -> Iterator[Old]:
    """What stands in a table, in the order of the file; `above` is the table's dotted name with a dot behind it."""
    waiting: list[str] = []
    for key, item in _body(table):
        if key is None:
            text = cast("str", item.as_string()).strip()  # type: ignore[attr-defined]
            waiting += [text] if text.startswith("#") else []
            continue
        name = f"{above}{key}"
        if hasattr(item, "items") and deeper(name):
            first = True
            for old in _entries(item, deeper, f"{name}."):
                yield Old(name=old.name, value=old.value, comments=(*(waiting if first else ()), *old.comments))
                first = False
        else:
            yield Old(name=name, value=plain(item), comments=(*waiting, *_comments(item)))
        waiting = []


def _comments(item: object) -> Iterator[str]:
    """The comment behind a value, and for a table those of what is in it."""
    if behind := getattr(getattr(item, "trivia", None), "comment", ""):
        yield behind
    for key, inner in _body(item) if hasattr(item, "items") else ():
        if key is not None:
            yield from _comments(inner)
        elif (text := cast("str", inner.as_string()).strip()).startswith("#"):  # type: ignore[attr-defined]
            yield text


def _body(table: object) -> Iterable[tuple[str | None, object]]:
    container = getattr(table, "value", None)
    body = getattr(container, "body", None)
    if body is None:  # a table that stands in several places of the file
        return [*cast("Mapping[str, object]", table).items()]
    return [(key.key if key is not None else None, item) for key, item in body]


def rendered(name: str, table: Mapping[str, object], comments: Mapping[str, tuple[str, ...]], above: str = "") -> str:
    """A table as TOML.

    Args:
        name: dotted: "tool.xconan".
        table: plain values and tables; lists of tables are written as such.
        comments: lines for keys, by their dotted names below the table.
        above: the dotted name below the outermost table, with a dot behind it.
    """
    lines, further = [], []
    for key, value in table.items():
        if isinstance(value, dict):
            further.append(rendered(f"{name}.{bare(key)}", value, comments, f"{above}{key}."))
        elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            head = f"[[{name}.{bare(key)}]]\n"
            further += [head + "".join(_dotted(*pair) for pair in one.items()) for one in value]
        else:
            lines += [f"{comment}\n" for comment in comments.get(f"{above}{key}", ())]
            lines.append(_line(key, value))
    notes = "".join(f"{comment}\n" for comment in comments.get(above.rstrip("."), ())) if above else ""
    own = f"{notes}[{name}]\n{''.join(lines)}" if lines or not further else notes
    return "\n".join(part for part in (own, *further) if part)


def _dotted(key: str, value: object) -> str:
    """A key of a list's table, tables in it by dotted keys."""
    if isinstance(value, dict) and value:
        lines = [_dotted(name, one) for name, one in value.items()]
        return "".join(f"{bare(key)}.{line}" for each in lines for line in each.splitlines(keepends=True))
    return _line(key, value)


def bare(key: str) -> str:
    """A key as TOML has it, in quotes where it must be."""
    from tomlkit.items import SingleKey  # noqa: PLC0415 - an extra

    return SingleKey(key).as_string()


def _line(key: str, value: object) -> str:
    from tomlkit import item  # noqa: PLC0415 - an extra

    text = item(value).as_string()
    if isinstance(value, list) and len(text) > _LONGEST:
        text = "[\n" + "".join(f"  {item(one).as_string()},\n" for one in value) + "]"
    if isinstance(value, dict):
        text = "{ " + ", ".join(f"{bare(name)} = {item(one).as_string()}" for name, one in value.items()) + " }"
    return f"{bare(key)} = {text}\n"
