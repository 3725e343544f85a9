"""The grammar of `-C override` and .pbc files."""

from __future__ import annotations

import random
import shlex

import pytest

from xconan.ground.errors import ConfigError
from xconan.project.config.override import Operation, parse_override, parse_overrides, place_of, spelt

THEIRS = {
    "value": "=", "append": "+=", "append_path": "+=(path)", "prepend": "=+", "prepend_path": "=+(path)",
    "remove": "-=", "clear": "=!",
}  # fmt: skip


def flat(table: dict[str, object]) -> tuple[str, tuple[str, ...], object]:
    """An override as (operation, keys, value)."""
    keys: list[str] = []
    node: object = table
    while isinstance(node, dict):
        ((key, node),) = node.items()
        keys.append(key)
    assert isinstance(node, Operation)
    return THEIRS[node.name], tuple(keys), node.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=x", ("=", ("a",), "x")),
        ("a.b-c.d+=-Wdev", ("+=", ("a", "b-c", "d"), "-Wdev")),
        ("a=-x", ("=", ("a",), "-x")),
        ("a-=x", ("-=", ("a",), "x")),
        ('a=-"x"', ("-=", ("a",), "x")),
        ("a=-1", ("=", ("a",), -1)),
        ("a=True", ("=", ("a",), True)),
        ("a=false", ("=", ("a",), False)),
        ("a=trueish", ("=", ("a",), "trueish")),
        ("a=3.20", ("=", ("a",), "3.20")),
        ("a = some text # a comment", ("=", ("a",), "some text")),
        ("a='quoted # text'", ("=", ("a",), "quoted # text")),
        ("a=it's", ("=", ("a",), "it's")),
        ('a="x\\n\\"y\\" # z"', ("=", ("a",), 'x\n"y" # z')),
        ('"a.b".c=x', ("=", ("a.b", "c"), "x")),
        ("a=[-Wall,x y", None),
        ("a=[-Wall, -DX=1, 'b c', true, 5,]", ("=", ("a",), ["-Wall", "-DX=1", "b c", True, 5])),
        ("a=[\n  x, # one\n  y\n]", ("=", ("a",), ["x", "y"])),
        ('a={b = x, "c d"={e=[1]}, + = [y]}', ("=", ("a",), {"b": "x", "c d": {"e": [1]}, "+": ["y"]})),
        ("a=[]", ("=", ("a",), [])),
        ("a={}", ("=", ("a",), {})),
        ("a=!", ("=!", ("a",), None)),
        ("a=+(path)/x", ("=+(path)", ("a",), "/x")),
        ("a+=(path)/x", ("+=(path)", ("a",), "/x")),
        ("a=ü€", ("=", ("a",), "ü€")),
        ('a="ü€"', ("=", ("a",), "ü€")),
        ("a=!x", None),
        ("a", None),
        ("a.=x", None),
        (".a=x", None),
        ("a=", None),
        ('a="x', None),
        ('a="x" y', None),
        ('a=x"y"', None),
        ("a=[x y]", None),
        ("a=[x,,y]", None),
        ("a={b}", None),
        ("a={b=}", None),
        ('a="\\x"', None),
        ("a=x\nb=y", None),
        ("a=" + "[" * 100 + "]" * 100, None),
    ],
)  # fmt: skip
def test_override(text: str, expected: tuple[str, tuple[str, ...], object] | None) -> None:
    if expected is None:
        with pytest.raises(ConfigError):
            parse_override(text)
    else:
        assert flat(parse_override(text)) == expected


def test_a_wrong_override_says_where_it_is_wrong() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_override("a=[x,,y]")
    assert caught.value.message == "'a=[x,,y]' is not KEY.PATH OP VALUE: a value should stand where it says ',y]'"


@pytest.mark.parametrize(
    ("text", "value", "written"),
    [
        ("a.b=/x/{build_config}", "/x/{build_config}", "-C 'override=a.b=\"/x/{build_config}\"'"),
        ("a.b={build_config}/x", "{build_config}/x", "-C 'override=a.b=\"{build_config}/x\"'"),
        ('a+=-DX="y"', '-DX="y"', '-C \'override=a+="-DX=\\"y\\""\''),
        ("a=c:\\x[1]", "c:\\x[1]", "-C 'override=a=\"c:\\\\x[1]\"'"),
    ],
)
def test_a_text_that_needs_quotes(text: str, value: str, written: str) -> None:
    """The remedy, as a shell reads it, says what was meant."""
    with pytest.raises(ConfigError) as caught:
        parse_override(text)
    remedy = (caught.value.hint or "").removeprefix("a text with quotes, brackets or braces is quoted: ")
    assert remedy == written
    assert flat(parse_override(shlex.split(remedy)[1].removeprefix("override=")))[2] == value


@pytest.mark.parametrize("text", ["a=[x,,y]", "a={b=}", "a=x\nb=y", "a b", 'a="x" y'])
def test_what_quotes_may_not_mend(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_override(text)
    assert (caught.value.hint or "").startswith("for example ")


def test_a_line_that_needs_quotes() -> None:
    with pytest.raises(ConfigError) as caught:
        list(parse_overrides("a=x\nb.c = y{z}\nd=e\n", file="f.pbc"))
    assert caught.value.hint == 'a text with quotes, brackets or braces is quoted: b.c = "y{z}"'


def test_lines() -> None:
    text = "# head\n\n a.b = x # c\na.c += [\n  y\n]\n\t\na.d=!\r\na.e=-z"
    found = [(line, *flat(table)) for line, table in parse_overrides(text, file="f.pbc")]
    assert found == [
        (3, "=", ("a", "b"), "x"),
        (4, "+=", ("a", "c"), ["y"]),
        (8, "=!", ("a", "d"), None),
        (9, "=", ("a", "e"), "-z"),
    ]
    assert list(parse_overrides("", file="f.pbc")) == []


def test_a_wrong_line_is_named() -> None:
    with pytest.raises(ConfigError) as caught:
        list(parse_overrides("a=x\nb y\n", file="f.pbc"))
    assert caught.value.where == "f.pbc:2"


# --- beside the grammar that it follows ------------------------------------------------------------------------------

ATOMS = [
    "x", "-Wdev", "-x", "a b", "1", "-12", "true", "True", "false", "False", "/p/q", "a=b", "a,b", "${X}", "@y@",
    '"q"', '"a\\"b"', '"#"', '"é"', "[]", "[a]", "[a,b]", "[ a , -b ,]", '["a b",c]', "[1,true]", "[[a],[b]]",
    "{}", "{a=b}", "{a=1,b=[x]}", '{"a b" = c}', "{a={b=c}}", "# comment", "x # comment", "", "x#y", "!", "+x",
    "(path)x", "[a", "{a=", '"', "it's",
]  # fmt: skip
KEYS = ["a", "a.b", "cmake.options.X", "a-b.c_d", '"x y"', '"x.y".z', "a1", "0.x", "a.", ".a", "a b", ""]
OPERATIONS = ["=", "+=", "=+", "-=", "=!", "+=(path)", "=+(path)", " = ", " +="]


def expressions(number: int, seed: int) -> list[str]:
    """Override expressions, right and wrong ones."""
    draw = random.Random(seed)  # noqa: S311 - a sample
    return [draw.choice(KEYS) + draw.choice(OPERATIONS) + draw.choice(ATOMS) for _ in range(number)]


def test_what_py_build_cmake_reads_is_read_alike() -> None:
    theirs = pytest.importorskip("py_build_cmake.config.cli_override", reason="pip install py-build-cmake==0.5.1")
    read = 0
    for text in sorted(set(expressions(4000, seed=5))):
        try:
            expected = theirs.parse_cli(text)
        except Exception:  # noqa: BLE001, S112 - what theirs refuses, ours may read
            continue
        known = expected.value.strip() if isinstance(expected.value, str) else expected.value  # blanks mean nothing
        if known != expected.value:  # to them blanks make a text of anything
            continue
        operation, keys, value = flat(parse_override(text))
        assert (operation, keys, value) == (expected.action, expected.key, known), text
        read += 1
    assert read > 400


def test_one_that_stands_for_an_option() -> None:
    """Its value is the same; errors name what people wrote."""
    text = spelt('conan.build = ["lz4 # 1"]', "-b 'lz4 # 1'")
    assert flat(parse_override(text)) == ("=", ("conan", "build"), ["lz4 # 1"])
    assert place_of(text) == "-b 'lz4 # 1'"
    assert place_of("a.b = x # or y") == "-C override=a.b = x # or y"
