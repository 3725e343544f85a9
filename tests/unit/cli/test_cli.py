"""The command line, and hooks that need neither compiler nor Conan."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from tests.unit.wheel.test_write import verify as verify_record
from xconan import __version__, build
from xconan.cli import main
from xconan.cli.arguments import settings
from xconan.cli.parser import make_parser, parse
from xconan.cli.verbs import VERBS, Verb
from xconan.ground.errors import ConfigError, HostPythonError
from xconan.project.config.override import Operation, parse_override
from xconan.release.prepare import Prepared

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xconan.release.matrix import Chosen
    from xconan.release.tasks import Task
    from xconan.release.wishes import Wishes

REPOSITORY = Path(__file__).parents[3]
PURE = '[build-system]\nrequires = []\nbuild-backend = "xconan.build"\n[project]\nname = "demo"\nversion = "1.2"\n'


@pytest.fixture
def pure(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (root / "pyproject.toml").write_text(PURE, encoding="utf-8")
    (root / "demo.py").write_text("x = 1\n", encoding="utf-8")
    monkeypatch.chdir(root)
    return root


def run(*arguments: object) -> int:
    return main([str(one) for one in arguments])


def failed(*arguments: object) -> object:
    with pytest.raises(SystemExit) as caught:
        run(*arguments)
    return caught.value.code


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert failed("--help") == 0
    text = capsys.readouterr().out
    assert text.startswith("usage: xconan")
    for verb in VERBS:
        assert (f"    {verb.name} " in text or f"    {verb.name}\n" in text) == bool(verb.help)
        assert verb.help in " ".join(text.split())  # newer Pythons wrap it
    assert "exit codes" in text
    assert "toolchain_file" in text
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_help_of_a_verb(verb: Verb, capsys: pytest.CaptureFixture[str]) -> None:
    assert failed(verb.name, "--help") == 0
    text = capsys.readouterr().out
    assert text.startswith(f"usage: xconan {verb.name} ")
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_every_option_is_explained(verb: Verb) -> None:
    parsers = [make_parser([verb.name])]
    described = []
    while parsers:
        parser = parsers.pop()
        for action in parser._actions:  # noqa: SLF001 - argparse has no other way to list them
            parsers += action.choices.values() if hasattr(action.choices, "values") else []  # type: ignore[union-attr]
            assert action.help or action.choices
        described += [parser.prog] if parser.description else []
    assert f"xconan {verb.name}" in described


@pytest.mark.parametrize("words", [["--help"], ["--version"], *([verb.name, "--help"] for verb in VERBS)])
def test_help_imports_little(words: list[str]) -> None:
    code = (
        "import sys\nfrom xconan.cli import main\ntry:\n  main(sys.argv[1:])\n"
        "except SystemExit:\n  print(*sys.modules, file=sys.stderr)\n"
    )
    argv = [sys.executable, "-c", code, *words]
    done = subprocess.run(argv, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    verbs = {f"xconan.cli.{verb.name.replace('-', '_')}": verb.name for verb in VERBS}
    assert {verbs[name] for name in loaded & verbs.keys()} == {words[0]} & set(verbs.values())
    heavy = {"conan", "requests", "jinja2", "xconan.pipeline", "xconan.plan", "xconan.inventory", "xconan.conan"}
    assert not loaded & heavy


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert failed("--version") == 0
    assert capsys.readouterr().out == f"xconan {__version__}\n"


@pytest.mark.parametrize(
    "arguments", [[], ["bild"], ["build", "--bogus"], ["profile"], ["build", "--test", "--no-test"]]
)
def test_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert failed(*arguments) == 2
    err = capsys.readouterr().err
    assert "usage" in err
    assert not [verb.name for verb in VERBS if not verb.help and verb.name in err]


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("bild", "did you mean 'build'?"),
        ("target", "did you mean 'targets'?"),
        ("conan-recipes", "did you mean 'conan-config'?"),
        ("zzz", f"there are {VERBS[0].name}, "),
    ],
)
def test_misspelt_verb(word: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert failed(word, "--json") == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith(f"xconan: error: there is no verb '{word}'; {hint}")


def test_a_working_folder_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    for verb in ("build", "plan"):
        assert failed(verb) == 1
        assert "error: the folder that this runs in is gone" in capsys.readouterr().err


def test_a_wheel_in_place_of_its_folder(pure: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert failed("build", pure, "-o", pure / "out/demo.whl") == 2
    assert f"help:  -o {pure / 'out'}\n" in capsys.readouterr().err
    assert not (pure / "out").exists()


def test_build(pure: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run("build", pure, "-o", pure / "out") == 0
    wheel = pure / "out" / "demo-1.2-py3-none-any.whl"
    assert capfd.readouterr().out == f"{wheel}\n"
    assert set(verify_record(wheel)) == {
        "demo.py", *(f"demo-1.2.dist-info/{name}" for name in ("METADATA", "WHEEL", "RECORD"))
    }  # fmt: skip
    first = wheel.read_bytes()
    assert run("build", pure, "-o", pure / "out", "--json") == 0
    assert json.loads(capfd.readouterr().out) == {"wheel": str(wheel)}
    assert wheel.read_bytes() == first
    assert [path.name for path in (pure / "out").iterdir()] == [wheel.name]


def test_project_above(pure: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    (pure / "src").mkdir()
    monkeypatch.chdir(pure / "src")
    assert run("build", "..") == 0
    assert capfd.readouterr().out == f"{pure / 'dist/demo-1.2-py3-none-any.whl'}\n"


def test_default_folders(pure: Path) -> None:
    assert run("build") == 0
    assert [path.name for path in (pure / "dist").iterdir()] == ["demo-1.2-py3-none-any.whl"]
    assert (pure / ".xconan_cache" / ".gitignore").read_text("utf-8") == "*\n"


def test_errors_as_json(pure: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (pure / "xconan.cross.toml").write_text("arch = 'linux_arm64'\nbogus = 1\n", encoding="utf-8")
    assert failed("build", "--json") == 2
    errors = json.loads(capsys.readouterr().out)["errors"]
    assert [error["where"].rpartition(": ")[2] for error in errors] == ["bogus", "arch"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["build", "none"], 2, "no such folder"),
        (["build", "-C", "cross"], 2, "KEY=VALUE"),
        (["build", "--cross", "none.toml"], 2, "no such file"),
        (["plan", "-C", "corss=x"], 2, "did you mean 'cross'?"),
        (["profile", "none.toml"], 2, "no such file"),
    ],
)
def test_errors(pure: Path, arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert pure.is_dir()
    assert failed(*arguments) == code
    err = capsys.readouterr().err
    assert words in err
    assert err.startswith("xconan: error: ")


def test_missing_build_requirement(pure: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = PURE.replace("[]", '["no-such-thing>=1", "pytest>=999", "pip; python_version < \'3\'"]')
    (pure / "pyproject.toml").write_text(text, encoding="utf-8")
    assert failed("build") == 2
    err = capsys.readouterr().err
    assert "no-such-thing>=1" in err
    assert "pytest>=999 (here: " in err
    assert "python_version" not in err


def test_plan_of_a_pure_project(pure: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("plan", pure) == 0
    assert capsys.readouterr().out.startswith("wheel        demo-1.2-py3-none-any.whl\n")
    assert run("plan", pure, "--json") == 0
    assert json.loads(capsys.readouterr().out)["wheel"] == "demo-1.2-py3-none-any.whl"
    assert not (pure / ".xconan_cache").exists()


def test_hooks(pure: Path) -> None:
    assert build.get_requires_for_build_wheel() == []
    assert build.get_requires_for_build_sdist() == []
    folder = build.prepare_metadata_for_build_wheel(str(pure / "meta"))
    name = build.build_wheel(str(pure / "w"))
    with zipfile.ZipFile(pure / "w" / name) as archive:
        for file in ("METADATA", "WHEEL"):
            assert archive.read(f"{folder}/{file}") == (pure / "meta" / folder / file).read_bytes()
    assert build.build_sdist(str(pure / "s")) == "demo-1.2.tar.gz"


def test_cmake_as_new_as_the_project_asks(pure: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (pure / "CMakeLists.txt").write_text("# x\nCMake_Minimum_Required(VERSION 98.7...99.1)\nproject(x C)\n", "utf-8")
    assert [one for one in build.get_requires_for_build_wheel() if "cmake" in one] == ["cmake>=98.7"]
    assert failed("build") == 3
    said = capsys.readouterr().err
    assert "pip install 'cmake>=98.7'" in said
    assert f"where: PATH, and {pure / 'CMakeLists.txt'}: cmake_minimum_required" in said
    (pure / "pyproject.toml").write_text(PURE + "[tool.xconan.cmake]\nminimum_version = '99'\n", "utf-8")
    assert failed("build") == 3
    assert f"where: PATH, and {pure / 'pyproject.toml'}: tool.xconan.cmake.minimum_version" in capsys.readouterr().err


@pytest.mark.usefixtures("cmake", "conan")
@pytest.mark.parametrize("below", ["", "x", "x/y"])
def test_where_the_output_cannot_go(below: str, pure: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (pure / "file").touch()
    place = pure / "file" / below
    for verb in (["build"], ["conan-config"]):
        assert failed(*verb, "-o", place) in (1, 2)
        said = capsys.readouterr().err
        assert str(pure / "file") in said
        assert "(-o)" in said or not below
        assert "help:" in said


def test_the_variable_at_fault(pure: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (pure / "file").touch()
    monkeypatch.setenv("XCONAN_TOOLCHAINS", str(pure / "file"))
    assert failed("toolchain", "add", pure / "x.tar.gz") == 1
    assert "x-tools (XCONAN_TOOLCHAINS)" in capsys.readouterr().err


def test_metadata_hook_agrees_on_the_tags(pure: Path) -> None:
    """With a CMakeLists.txt that a pure wheel uses for its data alone."""
    (pure / "CMakeLists.txt").touch()
    text = PURE + "[tool.xconan.wheel]\npure_python = true\n[tool.xconan.cmake]\n"
    (pure / "pyproject.toml").write_text(text, encoding="utf-8")
    folder = build.prepare_metadata_for_build_wheel(str(pure / "meta"))
    assert "Tag: py3-none-any\n" in (pure / "meta" / folder / "WHEEL").read_text("utf-8")


def test_hooks_end_with_an_exit_code(pure: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (pure / "pyproject.toml").write_text(PURE + "[tool.xconan.bogus]\n", encoding="utf-8")
    with pytest.raises(SystemExit) as caught:
        build.build_wheel(str(pure / "w"))
    assert caught.value.code == 2
    assert "unknown key 'bogus'" in capsys.readouterr().err
    assert not (pure / "w").exists()


def test_module_is_a_program() -> None:
    argv = [sys.executable, "-m", "xconan", "--version"]
    done = subprocess.run(argv, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout == f"xconan {__version__}\n"


def test_conans_words_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile is a file here, else a name that the configuration looks for."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'it\'s "ümläut".profile').touch()
    words = ["build", "-pr:h", 'it\'s "ümläut".profile', "--profile:host", "name", "-pr:b", "tools", "-b", "missing"]
    (found,) = settings(parse([*words, "--build=lz4/*", "-C", "override=cmake.preset=x"]))
    parsed = [parse_override(text) for text in cast("list[str]", found["override"])]
    assert parsed == [
        {"cmake": {"preset": Operation(name="value", value="x")}},
        {
            "conan": {
                "host_profiles": Operation(name="append", value=[str(tmp_path / 'it\'s "ümläut".profile'), "name"])
            }
        },
        {"conan": {"build_profiles": Operation(name="append", value=["tools"])}},
        {"conan": {"build": Operation(name="value", value=["missing", "lz4/*"])}},
    ]


@pytest.mark.usefixtures("pure")
def test_editable_installs(tmp_path: Path) -> None:
    assert build.get_requires_for_build_editable() == build.get_requires_for_build_wheel()
    out = tmp_path / "dist"
    name = build.build_editable(str(out))
    with zipfile.ZipFile(out / name) as wheel:
        assert "_demo_editable.py" in wheel.namelist()
    assert build.prepare_metadata_for_build_editable(str(tmp_path)).endswith(".dist-info")


TCP = ("--on", "tcp://s:8786")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((*TCP, "--upload", "far"), ["--store REMOTE is where the workers put libraries"]),
        (("--store", "far"), ["none was named", "--upload REMOTE is for this machine"]),
        (("--on", "local:2", "--store", "far"), ["all share one Conan home", "leave --store out"]),
        ((*TCP, "--jobs", "4"), ["--jobs has no effect", "dask worker tcp://s:8786 --nthreads 4"]),
        (("--on", "local", "-j", "4"), ["--jobs has no effect", "--on local:4 is"]),
        (("--patience", "9"), ["--patience is for what a cluster may lack", "leave it out"]),
        (("--patience", "9", "--store", "far"), ["--patience is for", "--store is for"]),
    ],
)
def test_options_without_effect_are_refused(
    words: tuple[str, ...], says: list[str], pure: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failed("build", *words, pure) == 2
    err = " ".join(capsys.readouterr().err.split())
    for words_of_it in says:
        assert words_of_it in err


HOST = 'implementation = "cp"\nversion = "313"\nabi = "cp313"\narch = "manylinux_2_28_aarch64"\n'
AARCH64 = "cp313-manylinux_2_28_aarch64"


@pytest.mark.parametrize(
    ("words", "variable", "name"),
    [
        (("--target", AARCH64), "", AARCH64),
        (("-C", f"target={AARCH64}"), "", AARCH64),
        ((), AARCH64, AARCH64),
        (("--cross", "base.toml"), "", AARCH64),
        (("--cross", "base.toml", "--cross", "more.toml"), "", "cp313-manylinux_2_28_armv7l"),
        (("--cross", "zig.toml", "--target", AARCH64), "", AARCH64),
        ((), "", "this machine"),
    ],
)
def test_pythons_are_added_for_one_target_too(
    words: tuple[str, ...], variable: str, name: str, pure: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that describes it together is one target, by its name."""
    asked: list[tuple[bool, list[str]]] = []

    def note(_root: Path, many: Sequence[Chosen], wishes: Wishes) -> None:
        asked.append((wishes.add_pythons, [one.name for one in many]))
        raise ConfigError("that is all", where="here", hint="none")

    (pure / "base.toml").write_text(HOST, "utf-8")
    (pure / "more.toml").write_text('arch = "manylinux_2_28_armv7l"\n', "utf-8")
    (pure / "zig.toml").write_text('toolchain = "zig"\n', "utf-8")
    monkeypatch.setenv("XCONAN_TARGET", variable)
    monkeypatch.setattr("xconan.release.build.build_release", note)
    assert failed("build", "--add-pythons", *words, pure) == 2
    assert asked == [(True, [name])]


@pytest.mark.parametrize(
    ("words", "asks"),
    [
        (("-C", f"target={AARCH64}"), [AARCH64]),
        (("--cross", "host.toml"), [AARCH64]),
        (("--cross", "host.toml", "-C", 'override=cross.include_dir="empty"'), []),
        ((), []),
    ],
)
def test_which_pythons_are_got(
    words: tuple[str, ...], asks: list[str], pure: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not this machine's own, nor one whose headers a cross.toml names."""
    got: list[str] = []

    def note(_root: Path, chosen: Sequence[Chosen]) -> Prepared:
        names = [one.name for one in chosen]
        return Prepared(targets=(), errors=dict.fromkeys(names, HostPythonError("no headers", where="", hint="")))

    def tasks(runnable: Mapping[str, bool]) -> tuple[Task, ...]:
        got.extend(runnable)
        raise ConfigError("that is all", where="here", hint="none")

    (pure / "host.toml").write_text(HOST, "utf-8")
    (pure / "empty").mkdir()
    monkeypatch.setattr("xconan.release.build.prepare", note)
    monkeypatch.setattr("xconan.release.build.python_tasks", tasks)
    assert failed("build", "--add-pythons", *words, pure) == 2
    assert got == asks


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("--target", "cp3*-linux_aarch64"), ["--target", "cp3*-linux_aarch64"]),
        (("--test",), ["-C", "test=yes"]),
        (("--cross", "host.toml", "-b", "lz4/*"), ["--cross", "{pure}/host.toml", "-b", "lz4/*"]),
        (("-C", "o=a = 'b c'"), ["-C", "o=a = 'b c'"]),
    ],
)
def test_what_would_change_a_plan_is_planned(
    words: tuple[str, ...], remedy: list[str], pure: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failed("build", "--plan", "a plan", *words, "--json", pure) == 2
    hint = json.loads(capsys.readouterr().out)["errors"][0]["hint"]
    expected = [one.format(pure=pure) for one in remedy]
    command = hint.partition("or plan with it: ")[2]
    assert shlex.split(command) == ["xconan", "plan", *expected, "--json", ">", "a plan"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("-C", "foo=1"), "there are target, cross, local, override"),
        (("-C", "tagret=x"), "did you mean 'target'?"),
        (("-C", "foo=1", "-C", "bar=2"), "unknown setting 'bar'"),
        (("-j", "0"), "'0' is no number from 1 on"),
        (("-j", "all"), "'all' is no number from 1 on"),
    ],
)
def test_words_without_a_meaning(
    words: tuple[str, ...], says: str, pure: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failed("build", *words, pure) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("words", [("-C", "V=1"), ("-C-V=1",), ("-C", "o=wheel.build_tag='1'")])
def test_short_names_of_settings(words: tuple[str, ...], pure: Path) -> None:
    assert main(["build", *words, str(pure)]) == 0


def test_byte_order_mark_is_said(pure: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The wheel is built, and what no frontend could read is named."""
    file = pure / "pyproject.toml"
    file.write_text(file.read_text("utf-8"), "utf-8-sig")
    assert main(["build", str(pure)]) == 0
    assert "begins with a byte order mark" in capsys.readouterr().err


def test_how_long_a_cluster_is_waited_for(pure: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """300 s where nobody says it."""
    asked: list[float] = []

    def note(_root: Path, _many: object, wishes: Wishes) -> None:
        asked.append(wishes.patience)
        raise ConfigError("that is all", where="here", hint="none")

    monkeypatch.setattr("xconan.release.build.build_release", note)
    for words in ((), ("--patience", "9")):
        assert failed("build", "--on", "local:2", *words, pure) == 2
    assert asked == [300.0, 9.0]
