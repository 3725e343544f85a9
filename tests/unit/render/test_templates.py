"""Templates: nothing gets into a text that is not there or not quoted, and nothing is made that is there already."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
import pytest
from jinja2.meta import find_referenced_templates, find_undeclared_variables

from tests.support import facts
from tests.support.golden import REPOSITORY
from tests.support.hostile import HOSTILE
from xconan.ground.errors import ConfigError, ToolchainError
from xconan.ground.files import parse_toml
from xconan.host.platforms import parse_platform
from xconan.plan import make_plan
from xconan.render import (  # noqa: F401 - all that have templates
    ci,
    compilers,
    dll_folder,
    graph_page,
    index_pages,
    interpreter,
    profile,
    report_page,
    timeline,
    toolchain,
    written_out,
)
from xconan.render.templates import quoting, template
from xconan.render.templates.environment import make_environment
from xconan.render.templates.template import Template, write_templates

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FOLDER = REPOSITORY / "xconan" / "render" / "templates"


def render(tmp_path: Path, name: str, source: str, **values: object) -> str:
    (tmp_path / name).write_text(source, "utf-8")
    return make_environment(tmp_path).get_template(name).render(values)


@pytest.mark.parametrize(
    "source",
    ["{{ value }}", "{% set copy = value %}{{ copy }}", "{% for one in [value] %}{{ one }}{% endfor %}",
     "{{ 'a' if flag else 'b' }}", "{% macro m(v) %}{{ v }}{% endmacro %}{{ m(value) }}", "{{ flag }}",
     "{{ nothing }}"],
)  # fmt: skip
def test_what_is_not_quoted_is_refused(source: str, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="is not quoted"):
        render(tmp_path, "a.cmake.j2", source, value="x", flag=True, nothing=None)


def test_what_is_quoted_is_not_quoted_again(tmp_path: Path) -> None:
    macro = "{% macro m(v) %}<{{ v | cmake }}>{% endmacro %}{{ m(value) }} {{ number }}"
    assert render(tmp_path, "a.cmake.j2", macro, value='a"&<', number=7) == '<"a\\"&<"> 7'


@pytest.mark.parametrize(
    "source", ["{{ other | cmake }}", "{{ other }}", "{% if other %}{% endif %}", "{{ value.x | cmake }}"]
)
def test_what_is_not_there_is_refused(source: str, tmp_path: Path) -> None:
    with pytest.raises(jinja2.UndefinedError, match=r"undefined|no attribute"):
        render(tmp_path, "a.cmake.j2", source, value="x")


@pytest.mark.parametrize(
    "source",
    ["{{ value | html }}", "{{ value | safe }}", "{{ value | e }}", "{{ value | join }}", "{{ 'constant' }}",
     "{{ 'constant' | html }}", "{{ value ~ (value | cmake) }}", "{{ value + (value | cmake) }}",
     "{{ (value | cmake) % value }}", "{{ (value | cmake) * 2 }}"],
)  # fmt: skip
def test_ways_around_quoting_are_closed(source: str, tmp_path: Path) -> None:
    """Filters of other languages, jinja2's own, and joining, which would escape as HTML."""
    with pytest.raises(jinja2.TemplateAssertionError):
        render(tmp_path, "a.cmake.j2", source, value="x")


REFUSED = {
    "what is put between values": [
        "{{ ('a', 'b') | cmake(value) }}", "{{ ('a', 'b') | cmake(between=value) }}", "{{ value | cmake(*value) }}",
        "{{ value | cmake(**value) }}",
    ],
    "a comment's text elsewhere": [
        "set(X {{ value | comment }})", '"# {{ value | comment }}"', '"\n# {{ value | comment }}"',
        "{{ value | comment }}",
        "#{{ value | comment }}", "#[[ {{ value | comment }} ]]", "# a\n{{ value | comment }}",
        "x# {{ value | comment }}",
        "{% if value %}# a{% endif %} {{ value | comment }}", "{% for a in value %}{{ a | comment }}# {% endfor %}",
        "{% set a = value | comment %}set(X {{ a }})",
    ],
    "a part of quotes outside of them": [
        "set(X {{ value | cmake_inside }})", 'set("X" {{ value | cmake_inside }})', '# "{{ value | cmake_inside }}"',
        '"\\"" {{ value | cmake_inside }}', '\\"{{ value | cmake_inside }}',
        "{% macro m(v) %}{{ v | cmake_inside }}{% endmacro %}",
        '{% if value %}"{% endif %}{{ value | cmake_inside }}', "'{{ value | cmake_inside }}'",
        '{% set a %}{{ value | cmake_inside }}{% endset %}"{{ a }}"',
    ],
    "a word in quotes or a comment": [
        'set(X "{{ value | cmake }}")', 'set(X "{{ value | cmake_word }}")', "# {{ value | cmake }}",
        '{% macro m(v) %}{{ v | cmake }}{% endmacro %}"{{ m(value) }}"',
        '{% macro m() %}{{ value | cmake }}{% endmacro %}{% set a = m() %}"{{ a }}"',
        '{% macro m() %}"{{ caller() }}"{% endmacro %}{% call m() %}{{ value | cmake }}{% endcall %}',
        '{% macro m() %}"{% endmacro %}{{ m() }}{{ value | cmake }}', 'set(X "',
    ],
    "cut out of what is quoted, or made of it": [
        "{{ (value | cmake)[:3] }}", "{{ (value | cmake)[0] }}", "{{ (value | cmake).replace(value, value) }}",
        "{{ (value | cmake).join(value) }}", "{{ (value | cmake).format(value) }}",
        "{% set a = value | cmake %}{{ a[1:] }}",
        "{% macro m() %}{{ value | cmake }}{% endmacro %}{{ m()[1:] }}",
        "{% set a %}{0}{% endset %}{{ a.format(value) }}",
        "{% set a %}, {% endset %}{{ a.join(value) }}", "{% filter cmake %}a{% endfilter %}",
        "{{ value | cmake | cmake }}",
        "{% set a | cmake %}a{% endset %}{{ a }}",
    ],
    "parts of another language, or of any": [
        '{% include "b.html.j2" %}', '{% import "b.html.j2" as b %}', '{% from "b.html.j2" import m %}',
        '{% extends "b.html.j2" %}', "{% include value %}", '{% include ["b.cmake.j2", "b.html.j2"] %}',
        'set(X "{% include "b.cmake.j2" %}")', '{% import "b.cmake.j2" as b %}{{ b.m(value) }}',
    ],
}  # fmt: skip


@pytest.mark.parametrize("source", [source for sources in REFUSED.values() for source in sources])
def test_a_template_with_a_hole_is_not_read(source: str, tmp_path: Path) -> None:
    """Whatever the values are: the template itself is refused, before there are any."""
    for name in ("b.html.j2", "b.cmake.j2"):
        (tmp_path / name).write_text("{% macro m(v) %}{% endmacro %}", "utf-8")
    (tmp_path / "a.cmake.j2").write_text(source, "utf-8")
    with pytest.raises(jinja2.TemplateAssertionError):
        make_environment(tmp_path).get_template("a.cmake.j2")


@pytest.mark.parametrize(
    ("name", "source"),
    [("a.html.j2", "{{ value | comment }}"), ("a.txt.j2", "# {{ value | comment }}"),
     ("a.sh.j2", '"{{ value | shell }}"'),
     ("a.sh.j2", "'{{ value | shell_inside }}'"), ("a.sh.j2", "a={{ value | shell_default }}"),
     ("a.sh.j2", "echo $# {{ value | comment }}"), ("a.toml.j2", "a = '{{ value | toml }}'"),
     ("a.py.j2", '"""{{ value | comment }}"""'), ("a.py.j2", '"""a"""{{ value | python_inside }}')],
)  # fmt: skip
def test_other_languages_have_places_too(name: str, source: str, tmp_path: Path) -> None:
    with pytest.raises(jinja2.TemplateAssertionError):
        render(tmp_path, name, source, value="x")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("  # a {{ v | comment }}", "  # a x"),
        ("set(X) # {{ v | comment }}", "set(X) # x"),
        ("# it's \"\nset(X {{ v | cmake }})", '# it\'s "\nset(X "x")'),
        ('set(X "a\\"\n{{ v | cmake_inside }}")', 'set(X "a\\"\nx")'),
        ('set(X {% if v %}"a"{% endif %} {{ v | cmake_word }})', 'set(X "a" x)'),
        ('{% macro m() %}"{{ caller() }}"{% endmacro %}{% call m() %}a{% endcall %}', '"a"'),
        ("{{ (v, v) | cmake(';') }}", '"x";"x"'),
    ],
)
def test_filters_in_their_places(source: str, text: str, tmp_path: Path) -> None:
    assert render(tmp_path, "a.cmake.j2", source, v="x") == text


def test_what_is_refused_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(
        jinja2.TemplateAssertionError, match=r"'comment' stands outside .*; it is for: in a comment"
    ) as told:
        render(tmp_path, "a.cmake.j2", "# a\nset(X {{ v | comment }})", v="x")
    assert told.value.lineno == 2


@pytest.mark.parametrize("text", [*HOSTILE, "", "two\nlines", '"""', 'a"', "\\"])
def test_python_reads_what_was_quoted(text: str, tmp_path: Path) -> None:
    source = render(
        tmp_path, "a.py.j2", '("{{ v | python_inside }}", """{{ v | python_inside }}""", {{ v | python }})', v=text
    )
    assert ast.literal_eval(source) == (quoting.comment(text), quoting.comment(text), text)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_a_profile_has_no_more_lines_than_it_should(end: str) -> None:
    """What splitlines(), by which Conan reads them, takes for a line end."""
    for text in (f"a{end}[conf]", f"a{end}", end):
        with pytest.raises(ValueError, match="has a line break"):
            quoting.conan_value(text)
    platform = parse_platform("manylinux_2_17_aarch64")
    made = facts.toolchain_for(platform)
    hostile = replace(
        made, variables={**made.variables, **{f"CMAKE_{one}": f"x{end}[settings]" for one in ("SYSTEM_NAME", "AR")}}
    )
    with pytest.raises(ToolchainError, match="several lines") as told:
        profile.HostProfile(platform=platform, toolchain=hostile).text()
    assert told.value.where == "[conf], [buildenv]"
    with pytest.raises(ConfigError, match="several lines"):
        profile.HostProfile(platform=platform, toolchain=made, options=[("lz4/*:shared", f"True{end}[conf]")]).text()
    folder = replace(made, file=Path(f"/a{end}[settings]/t.cmake"))
    head = profile.HostProfile(platform=platform, toolchain=folder).text().splitlines()[0]
    assert head.endswith("[settings]/t.cmake")


@pytest.mark.parametrize("text", [*HOSTILE, "", "[a]", "# a", "ü"])
def test_a_line_of_a_profile_stays_as_it_is(text: str) -> None:
    assert quoting.conan_value(text) == text


@pytest.mark.parametrize("text", [*HOSTILE, "", "two\nlines", "}", "a\\", "*", "!x", "~", "-n", "\x01"])
def test_shells_read_what_was_quoted(text: str, tmp_path: Path) -> None:
    words = ("{{ v | shell }}", "{{ v | shell_quoted }}", '"${NO:-{{ v | shell_default }}}"')
    source = f"printf '%s|' {' '.join(words)}"
    script = render(tmp_path, "a.sh.j2", source, v=text)
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == f"{text}|{text}|{text}|"


@pytest.mark.parametrize("text", [*HOSTILE, "", "two\nlines", "\x7f\x01", "'''", 'a"\\'])
def test_toml_reads_what_was_quoted(text: str) -> None:
    assert parse_toml(f"a = {quoting.toml(text)}") == {"a": text}


@pytest.mark.parametrize("text", ["PATH", "a.b/c-d+e_f", *HOSTILE, ""])
def test_words_of_cmake_are_quoted_where_they_need_it(text: str) -> None:
    plain = text in ("PATH", "a.b/c-d+e_f")
    assert quoting.cmake_word(text) == (text if plain else quoting.cmake(text))


def test_comments_end_with_their_line() -> None:
    assert quoting.comment("a\nrm -rf /\r\n\x00b") == "a rm -rf / b"


def test_many_values(tmp_path: Path) -> None:
    assert render(tmp_path, "a.sh.j2", "{{ v | shell(':') }} {{ v | shell }}", v=("a b", "c")) == "'a b':c 'a b' c"


# --- the templates that there are ----------------------------------------------------------------------------------


def records() -> list[type[Template]]:
    return [one for one in Template.__subclasses__() if one.__module__.startswith("xconan.")]


def test_every_template_has_its_record() -> None:
    named = {one.file for one in records()}
    environment = make_environment(FOLDER)
    parts = {
        part
        for path in FOLDER.glob("*.j2")
        for part in find_referenced_templates(environment.parse(path.read_text("utf-8")))
    }
    assert named | parts == {path.name for path in FOLDER.glob("*.j2")}


@pytest.mark.parametrize("record", records(), ids=lambda one: one.__name__)
def test_a_template_uses_what_its_record_has(record: type[Template]) -> None:
    assert is_dataclass(record)
    environment = make_environment(FOLDER)
    used: set[str] = set()
    made: set[str] = set()  # by the template itself, for the parts that it includes
    waiting = [record.file]
    while waiting:
        name = waiting.pop()
        environment.get_template(name)  # whose filters are those of its language
        tree = environment.parse((FOLDER / name).read_text("utf-8"))
        made |= {
            one.target.name for one in tree.find_all(jinja2.nodes.Assign) if isinstance(one.target, jinja2.nodes.Name)
        }
        used |= find_undeclared_variables(tree) - made
        waiting += [part for part in find_referenced_templates(tree) if part]
    assert used == {field.name for field in fields(record)}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.j2")), ids=lambda path: path.name)
def test_the_parts_of_a_template_count_for_its_identity(path: Path) -> None:
    text = path.read_text("utf-8")
    parts = find_referenced_templates(make_environment(FOLDER).parse(text))
    assert set(template._REFERENCE.findall(text)) == set(parts)  # noqa: SLF001


# --- written when they have changed --------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Greeting(Template, file="greeting.sh.j2"):
    values: Mapping[str, object]


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of templates in the place of ours, with one that includes another."""
    folder = tmp_path / "templates"
    folder.mkdir()
    for name in ("environment.py", "places.py", "quoting.py"):
        (folder / name).write_bytes((FOLDER / name).read_bytes())
    (folder / "greeting.sh.j2").write_text('{% include "part.sh.j2" %}\n', "utf-8")
    (folder / "part.sh.j2").write_text("#!/bin/sh\n", "utf-8")
    monkeypatch.setattr(template, "_FOLDER", folder)
    forget()
    yield folder
    forget()


def forget() -> None:
    for cached in (template._source, template._quoting, template._environment):  # noqa: SLF001 - of one process
        cached.cache_clear()


def identity(**values: object) -> str:
    forget()
    return Greeting(values=values).identity


def test_identity_is_as_strict_as_the_text(templates: Path) -> None:
    first = identity(a="1", b="2")
    assert identity(a="1", b="2") == first
    changed = [
        identity(b="2", a="1"),
        identity(a="1"),
        identity(a=1, b="2"),
        identity(a=("1",), b="2"),
        identity(a=None),
    ]
    for name in ("greeting.sh.j2", "part.sh.j2", "quoting.py", "places.py", "environment.py"):
        with (templates / name).open("a", encoding="utf-8") as stream:
            stream.write("# more\n")
        changed.append(identity(a="1", b="2"))
    assert len({first, *changed}) == len(changed) + 1


def test_identity_refuses_what_it_can_t_tell_apart(templates: Path) -> None:
    assert templates
    with pytest.raises(TypeError, match="a template's record holds"):
        identity(a=Path("/x"))


def test_texts_are_made_where_something_changed(
    templates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def text(_self: Greeting) -> str:
        made.append(f"{len(made)}\n")
        return made[-1]

    monkeypatch.setattr(Greeting, "text", property(text))
    out = tmp_path / "out"

    def write(**values: object) -> int:
        forget()
        texts = write_templates(out, {"bin/a": Greeting(values=values)}, programs=("bin/a",))
        assert texts == {"bin/a": (out / "bin/a").read_text("utf-8")}
        assert (out / "bin/a").stat().st_mode & 0o100
        return len(made)

    assert write(a="1") == 1
    assert write(a="1") == 1, "nothing changed"
    assert write(a="2") == 2, "a value"
    (templates / "part.sh.j2").write_text("#!/bin/bash\n", "utf-8")
    assert write(a="2") == 3, "a part of the template"
    (out / "bin/a").write_text("damaged\n", "utf-8")
    assert write(a="2") == 4, "the file"
    (out / "bin/a").unlink()
    assert write(a="2") == 5, "no file"
    (out / "bin/a").chmod(0o644)
    assert write(a="2") == 5, "its mode is put right without a new text"
    (out / "texts.json").write_text("{}", "utf-8")
    assert write(a="2") == 6, "the stamp"


def test_an_unchanged_file_keeps_its_time(tmp_path: Path) -> None:
    """A text that is made anew and says the same is not written."""
    plan = make_plan(facts.facts())
    assert plan.cmake
    write_templates(tmp_path, plan.cmake.files)
    before = {name: (tmp_path / name).stat().st_mtime_ns for name in plan.cmake.files}
    (tmp_path / "texts.json").unlink()
    write_templates(tmp_path, plan.cmake.files)
    assert {name: (tmp_path / name).stat().st_mtime_ns for name in plan.cmake.files} == before


UNCHANGED = """
import json, sys
from pathlib import Path
from tests.support import facts
from xconan.ground.files import parse_toml
from xconan.plan import make_plan
from xconan.render.templates.template import write_templates
write_templates(Path(sys.argv[1]), make_plan(facts.facts()).cmake.files)
print(json.dumps("jinja2" in sys.modules))
"""


def test_unchanged_texts_need_no_jinja2(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", UNCHANGED, str(tmp_path)]
    done = [subprocess.run(argv, cwd=REPOSITORY, check=True, capture_output=True, text=True) for _ in range(2)]
    assert [json.loads(one.stdout) for one in done] == [True, False]
