"""Where in a text a template writes a value: in quotes, in a comment or as a word. Its filter must be for that place.

A quoting is right in one place only: what is safe as a word breaks out of quotes, and a comment's text is raw anywhere
else. So the text before each value is read as far as that takes: quotes, escapes and comments that begin with #. Texts
that are handed around (macros, blocks that are set) have no place of their own; what would take one is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import nodes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from typing import NoReturn

    Fail = Callable[[str, int], NoReturn]
    Places = frozenset[str]  # all that may be, by the ways through a template

# Reading a text, character by character
_START, _BLANK, _WORD, _HASH, _COMMENT, _DOUBLE, _SINGLE, _NOWHERE = "start", " ", "word", "#", "comment", '"', "'", "?"

WORD: Places = frozenset({_START, _BLANK, _WORD})
COMMENT: Places = frozenset({_COMMENT})
DOUBLE_QUOTES: Places = frozenset({_DOUBLE})
ANYWHERE: Places = frozenset({_START, _BLANK, _WORD, _HASH, _COMMENT, _DOUBLE, _SINGLE})

_NAMES = {
    _HASH: "right after #", _COMMENT: "in a comment", _DOUBLE: "in double quotes", _SINGLE: "in single quotes",
    _NOWHERE: "in a text for any place, or in a #[[ comment",
}  # fmt: skip


def language_of(template: str | None) -> str:
    """The language that a template's name ends with: "cmake" for "toolchain.cmake.j2"."""
    return (template or "").removesuffix(".j2").rpartition(".")[2]


def check_places(tree: nodes.Template, language: str, filters: Mapping[str, Places], fail: Fail) -> None:
    """Refuse a template whose values are not quoted for where they stand.

    Args:
        tree: the template, as parsed.
        language: of its text.
        filters: by name, the places that each is for.
        fail: raises the error of a message and a line.

    Raises:
        jinja2.TemplateAssertionError: by `fail`.
    """
    _check_expressions(tree, filters, fail)
    _check_parts(tree, language, fail)
    _Reader(language, filters, fail).whole(tree.body, tree.lineno)


def _check_expressions(tree: nodes.Template, filters: Mapping[str, Places], fail: Fail) -> None:
    """What is quoted goes straight into the text: nothing is cut out of it, called on it, or done with it later."""
    direct = {id(child) for output in tree.find_all(nodes.Output) for child in output.nodes}
    direct |= {id(block.call) for block in tree.find_all(nodes.CallBlock)}
    for node in tree.find_all(nodes.Filter):
        if node.name not in filters:
            fail(f"no filter for this language: '{node.name}'; there are {sorted(filters)}", node.lineno)
        if id(node) not in direct:
            fail(f"write {{{{ … | {node.name} }}}} where it goes into the text, by itself", node.lineno)
        between = [*node.args, *(one.value for one in node.kwargs)]
        if node.dyn_args or node.dyn_kwargs or not all(isinstance(one, nodes.Const) for one in between):
            fail(f"write what '{node.name}' puts between values as a constant: it is not quoted", node.lineno)
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Getattr) and call.node.attr == "items":
            continue
        if not isinstance(call.node, nodes.Name):
            fail("call a macro by its name; other methods than .items() would change texts", call.lineno)
        if id(call) not in direct:
            fail(f"write {{{{ {call.node.name}(…) }}}} where it goes into the text, by itself", call.lineno)


def _check_parts(tree: nodes.Template, language: str, fail: Fail) -> None:
    """The parts of a template are named in it, and of its language."""
    parts: list[nodes.Include | nodes.Import | nodes.FromImport | nodes.Extends] = [
        *tree.find_all(nodes.Include),
        *tree.find_all(nodes.Import),
        *tree.find_all(nodes.FromImport),
        *tree.find_all(nodes.Extends),
    ]
    for part in parts:
        name = part.template
        if not isinstance(name, nodes.Const):
            fail("name the one template that is a part of this by a constant", part.lineno)
        if language_of(str(name.value)) != language:
            fail(f"'{name.value}' is quoted for another language than '{language}'", part.lineno)


class _Reader:
    """Reads a template's text up to each value; a place is what the text before leaves open."""

    def __init__(self, language: str, filters: Mapping[str, Places], fail: Fail) -> None:
        self._language, self._filters, self._fail = language, filters, fail

    def whole(self, body: Sequence[nodes.Node], line: int) -> None:
        """Read a text that begins and ends outside of quotes."""
        if {_DOUBLE, _SINGLE} & self._body(body, frozenset({_START})):
            self._fail("close the quotes that are opened in the same macro or template", line)

    def _body(self, body: Sequence[nodes.Node], places: Places) -> Places:
        for node in body:
            places = self._node(node, places)
        return places

    def _node(self, node: nodes.Node, places: Places) -> Places:
        match node:
            case nodes.Output():
                for child in node.nodes:
                    places = self._child(child, places)
            case nodes.If():
                ways = (*(one.body for one in (node, *node.elif_)), node.else_)
                places = frozenset().union(*(self._body(way, places) for way in ways))
            case nodes.For():
                before = places
                while (more := before | self._body(node.body, before)) != before:
                    before = more
                places = before | self._body(node.else_, places)
            case nodes.With() | nodes.Scope() | nodes.ScopedEvalContextModifier():
                places = self._body(node.body, places)
            case _:  # a text of its own, or names for values
                self._apart(node, places)
        return self._child(node.call, places) if isinstance(node, nodes.CallBlock) else places

    def _apart(self, node: nodes.Node, places: Places) -> None:
        """Read a text that does not begin where this one is, or begins at a line's start."""
        if isinstance(node, (nodes.Include, nodes.Block, nodes.Extends)):
            self._check(f"a template's {type(node).__name__}", frozenset({_START}), places, node.lineno)
        if isinstance(node, (nodes.Macro, nodes.Block)):
            self.whole(node.body, node.lineno)
        if isinstance(node, (nodes.AssignBlock, nodes.CallBlock)):
            self._body(node.body, frozenset({_NOWHERE}))

    def _child(self, child: nodes.Expr, places: Places) -> Places:
        if isinstance(child, nodes.TemplateData):
            return frozenset(_read(child.data, place, self._language) for place in places)
        if isinstance(child, nodes.Filter):
            self._check(f"'{child.name}'", self._filters[child.name], places, child.lineno)
        elif isinstance(child, nodes.Call) and isinstance(child.node, nodes.Name) and child.node.name != "caller":
            self._check(f"'{child.node.name}()'", WORD, places, child.lineno)
        return frozenset(_read("x", place, self._language) for place in places)

    def _check(self, what: str, right: Collection[str], places: Places, line: int) -> None:
        for place in sorted(places - set(right)):
            there = _NAMES.get(place, "outside of quotes and comments")
            wanted = " or ".join(sorted({_NAMES.get(one, "a word's place") for one in right}))
            if _START in right and len(right) == 1:
                wanted = "the start of a line"
            self._fail(f"{what} stands {there}; it is for: {wanted}", line)


def _read(text: str, place: str, language: str) -> str:
    """The place after a text that begins in a place."""
    characters = iter(text)
    for character in characters:
        place = _next(place, character, language)
        if character == "\\" and place in (_WORD, _DOUBLE):
            next(characters, None)
    return place


def _next(place: str, character: str, language: str) -> str:
    if place == _NOWHERE or (place in (_DOUBLE, _SINGLE) and character != place):
        return place
    if character == "\n":
        return _START
    if place == _HASH:  # CMake's #[[ ends elsewhere than a line does
        return _NOWHERE if character == "[" and language == "cmake" else _COMMENT
    return place if place == _COMMENT else _next_in_code(place, character, language)


def _next_in_code(place: str, character: str, language: str) -> str:
    if character == '"' or (character == "'" and language != "cmake"):
        return _WORD if place == character else character
    if character in " \t":
        return _START if place == _START else _BLANK
    return _HASH if character == "#" and place in (_START, _BLANK) else _WORD
