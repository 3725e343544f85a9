"""The base of the records that templates are filled in by, and writing what becomes of them."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from xconan.ground.files import digest, file_digest, read_json, write_bytes, write_json
from xconan.ground.record import Record

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from jinja2 import Environment

_FOLDER = Path(__file__).parent
_REFERENCE = re.compile(r"""\{%[-+]?\s*(?:include|import|from|extends)\s+["']([^"']+)["']""")
_STAMP = "texts.json"


class Template(Record):
    """A text to be: the values for one template. A subclass names the template, and its fields are all that this knows.

        @dataclass(frozen=True, kw_only=True, eq=False, repr=False)
        class Greeting(Template, file="greeting.sh.j2"):
            name: str

    Attributes:
        file: the template's name in this folder.
    """

    file: ClassVar[str]

    def __init_subclass__(cls, *, file: str) -> None:
        super().__init_subclass__()
        cls.file = file

    @property
    def text(self) -> str:
        """The text.

        Raises:
            jinja2.UndefinedError: the template asks for what the record does not have.
            TypeError: the template does not quote a value.
        """
        return _environment().get_template(self.file).render(vars(self))

    @property
    def identity(self) -> str:
        """A digest of everything that the text is made of; the same means the same text, and needs no jinja2."""
        return digest(_source(self.file), _plain(self))


def write_templates(
    folder: Path, templates: Mapping[str, Template], *, programs: Collection[str] = ()
) -> dict[str, str]:
    """Write texts below a folder, and return them by their names.

    A text is made only if a stamp beside them does not say that the file's content is of the very same template and
    values. A file that says the same already keeps its time.

    Args:
        folder: made where missing.
        templates: by path relative to the folder.
        programs: the names of those that are executable.
    """
    stamps = read_json(folder / _STAMP)
    texts, written = {}, {}
    for name, template in templates.items():
        identity, data = template.identity, _read(folder / name)
        if stamps.get(name) != [identity, hashlib.sha256(data).hexdigest()]:
            data = template.text.encode()
        write_bytes(folder / name, data, executable=name in programs)
        texts[name], written[name] = data.decode(), [identity, hashlib.sha256(data).hexdigest()]
    write_json(folder / _STAMP, written)
    return texts


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


@cache
def _environment() -> Environment:
    from xconan.render.templates.environment import make_environment  # noqa: PLC0415 - an unchanged build needs none

    return make_environment(_FOLDER)


@cache
def _source(file: str) -> str:
    """A digest of a template, of those that it names, and of what quotes its values."""
    sources: dict[str, str] = {}
    waiting = [file]
    while waiting:
        name = waiting.pop()
        if name not in sources:
            sources[name] = (_FOLDER / name).read_text("utf-8")
            waiting += _REFERENCE.findall(sources[name])
    return digest(file, sources, _quoting())


@cache
def _quoting() -> list[str]:
    return [file_digest(_FOLDER / name) for name in ("environment.py", "places.py", "quoting.py")]


def _plain(value: object) -> object:
    """A value as JSON's types, so that what is written otherwise differs: mappings keep their order.

    Raises:
        TypeError: a record of a template holds something else.
    """
    if isinstance(value, Record):
        return [type(value).__name__, _plain(vars(value))]
    if isinstance(value, dict):
        return [[key, _plain(item)] for key, item in value.items()]
    if isinstance(value, (tuple, list)):
        return [type(value).__name__, *(_plain(item) for item in value)]
    if value is None or isinstance(value, (str, int)):
        return value
    raise TypeError(f"a template's record holds {value!r}: texts, whole numbers and records of them are enough")
