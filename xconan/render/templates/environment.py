"""The one jinja2 environment: nothing that is not there, and no value that is not quoted, gets into a text.

The language of a template is in its name ("toolchain.cmake.j2"), and its filters are that language's quotings. A
value that went through none is refused when the text is made, a filter of another language, or of another
place than where it stands (places.py), when the template is read.
This module is imported where a text is made, not before: jinja2 costs more than all the rest of an unchanged build's
texts.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Undefined
from jinja2.compiler import CodeGenerator
from jinja2.nodes import Impossible, TemplateData
from markupsafe import Markup

from xconan.render.templates import quoting
from xconan.render.templates.places import ANYWHERE, COMMENT, DOUBLE_QUOTES, WORD, check_places, language_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import Any

    from jinja2 import nodes
    from jinja2.compiler import Frame

# By language: each filter, and the places that it is right in
_QUOTINGS: Mapping[str, Mapping[str, tuple[Callable[[Any], str], frozenset[str]]]] = {
    "cmake": {
        "cmake": (quoting.cmake, WORD),
        "cmake_inside": (quoting.cmake_inside, DOUBLE_QUOTES),
        "cmake_word": (quoting.cmake_word, WORD),
        "comment": (quoting.comment, COMMENT),
    },
    "sh": {
        "shell": (quoting.shell, WORD),
        "shell_quoted": (quoting.shell_quoted, WORD),
        "shell_inside": (quoting.shell_inside, DOUBLE_QUOTES),
        "shell_default": (quoting.shell_default, DOUBLE_QUOTES),
        "comment": (quoting.comment, COMMENT),
    },
    "toml": {"toml": (quoting.toml, WORD), "comment": (quoting.comment, COMMENT)},
    "py": {
        "python": (quoting.python, WORD),
        "python_inside": (quoting.python_inside, DOUBLE_QUOTES),
        "comment": (quoting.comment, COMMENT),
    },
    "yaml": {"yaml": (quoting.yaml, WORD), "comment": (quoting.comment, COMMENT)},
    "html": {"html": (quoting.markup, ANYWHERE)},
}


def make_environment(folder: Path) -> Environment:
    """An environment for the templates of a folder."""
    environment = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        finalize=_refuse_unquoted,
        autoescape=True,  # makes Markup the mark of what is quoted: macros return it, and pass it on as it is
        optimized=False,  # constants, too, are to be checked
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.code_generator_class = _CodeGenerator
    environment.filters = {
        name: _filter(quote) for quotings in _QUOTINGS.values() for name, (quote, _places) in quotings.items()
    }
    return environment


def _filter(quote: Callable[[Any], str]) -> Callable[..., Markup]:
    """A quoting as a filter, of one value or of a tuple of them: `{{ folders | shell(":") }}` puts ":" between."""

    def apply(value: object, between: str = " ") -> Markup:
        if isinstance(value, Undefined):
            str(value)  # raises UndefinedError, which names it
        values = value if isinstance(value, tuple) else (value,)
        return Markup(between.join(quote(one) for one in values))  # noqa: S704 - the mark, not HTML

    return apply


def _refuse_unquoted(value: object) -> object:
    """Let what is quoted into the text; a whole number means itself in every language.

    Raises:
        UndefinedError: the template names what its record does not have.
        TypeError: the value went through no filter.
    """
    if isinstance(value, Undefined):
        str(value)
    if isinstance(value, Markup) or type(value) is int:
        return value
    raise TypeError(f"{value!r} is not quoted: give it one of its language's filters")


class _CodeGenerator(CodeGenerator):
    """Refuses filters of other languages and places, and what would be escaped as HTML: joining, and constants."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802 - jinja2's name
        language = language_of(self.name)
        places = {name: right for name, (_quote, right) in _QUOTINGS.get(language, {}).items()}
        check_places(node, language, places, self.fail)
        super().visit_Template(node, frame)

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:  # noqa: N802 - jinja2's name
        for child in node.nodes:
            with suppress(Impossible):
                if not isinstance(child, TemplateData):
                    self.fail(f"write {child.as_const(frame.eval_ctx)!r} as it is, outside of braces", child.lineno)
        super().visit_Output(node, frame)

    def _refuse_joining(self, node: nodes.BinExpr | nodes.Concat, _frame: Frame) -> NoReturn:
        self.fail("join texts by writing one after the other", node.lineno)

    visit_Concat = visit_Add = visit_Mod = visit_Mul = _refuse_joining  # type: ignore[assignment] # noqa: N815
