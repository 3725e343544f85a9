"""The matrix of targets: what its words mean, what overrides say, and one report of all that is missing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.compare import assert_error, assert_says, raises_error
from tests.support.installations import headers, write_tree
from tests.support.workbench import PYPROJECT
from xconan.cli import main
from xconan.ground.errors import ConfigError, ErrorGroup, ToolchainError, XconanError
from xconan.project.files import read_project_files
from xconan.release.matrix import matrix_targets, targets_of_files
from xconan.release.prepare import merged_errors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.support.workbench import Workbench

MATRIX = """\
[tool.xconan.matrix]
pythons = ["cp3{11,12}", "pp311-manylinux*"]
platforms = ["manylinux_2_17_{x86_64,aarch64}", "musllinux_1_2_x86_64"]
"""


def names(root: Path, tool: str, patterns: Sequence[str] = ()) -> list[str]:
    (root / "pyproject.toml").write_text(PYPROJECT + tool, "utf-8")
    (root / "demo.py").touch()
    return [one.name for one in matrix_targets(root, {}, patterns)]


def wrong(root: Path, tool: str, patterns: Sequence[str] = ()) -> list[XconanError]:
    with pytest.raises(XconanError) as caught:
        names(root, tool, patterns)
    return caught.value.errors if isinstance(caught.value, ErrorGroup) else [caught.value]


# --- the targets -----------------------------------------------------------------------------------------------------


def test_pythons_times_platforms(root: Path) -> None:
    assert names(root, MATRIX) == [
        "cp311-manylinux_2_17_x86_64", "cp311-manylinux_2_17_aarch64", "cp311-musllinux_1_2_x86_64",
        "cp312-manylinux_2_17_x86_64", "cp312-manylinux_2_17_aarch64", "cp312-musllinux_1_2_x86_64",
        "pp311-manylinux_2_17_x86_64", "pp311-manylinux_2_17_aarch64",
    ]  # fmt: skip


def test_include_and_exclude(root: Path) -> None:
    more = 'include = ["cp313t-linux_{armv7l,s390x}", "cp311-musllinux_1_2_x86_64"]\nexclude = ["cp312-*", "pp*"]\n'
    assert names(root, MATRIX + more) == [
        "cp311-manylinux_2_17_x86_64", "cp311-manylinux_2_17_aarch64", "cp311-musllinux_1_2_x86_64",
        "cp313t-linux_armv7l", "cp313t-linux_s390x",
    ]  # fmt: skip


def test_patterns_choose(root: Path) -> None:
    assert names(root, MATRIX, ["cp312-many*", "*musl*"]) == [
        "cp311-musllinux_1_2_x86_64", "cp312-manylinux_2_17_x86_64", "cp312-manylinux_2_17_aarch64",
        "cp312-musllinux_1_2_x86_64",
    ]  # fmt: skip
    (error,) = wrong(root, MATRIX, ["cp39-*"])
    assert error.message == "'cp39-*' is none of the matrix's 8 targets"


@pytest.mark.parametrize(
    ("tool", "message"),
    [
        ("", "the project has no matrix"),
        ('[tool.xconan.matrix]\npythons = ["cp311"]\n', "there are Pythons and no platforms"),
        ('[tool.xconan.matrix]\npythons = ["cp3*"]\nplatforms = ["linux_armv7l"]\n',
         "'cp3*' means no Python by itself"),
        ('[tool.xconan.matrix]\npythons = ["cp311-win*"]\nplatforms = ["linux_armv7l"]\n',
         "'cp311-win*' means none of the platforms"),
        ('[tool.xconan.matrix]\ninclude = ["hosts/*.cross.toml"]\n', "there is no hosts/*.cross.toml"),
        (f'{MATRIX}exclude = ["cp39-*"]\n', "'cp39-*' excludes nothing"),
        (f'{MATRIX}exclude = ["*"]\n', "the matrix excludes all its targets"),
        ('[tool.xconan.matrix]\npythons = ["cp311"]\nplatforms = ["linux_amd64"]\n',
         "'linux_amd64' is not a known platform tag"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(root: Path, tool: str, message: str) -> None:
    (error,) = wrong(root, tool)
    assert isinstance(error, ConfigError)
    assert error.message == message
    assert "pyproject.toml" in error.where
    assert error.hint


def test_errors_of_a_matrix_are_told_together(root: Path) -> None:
    found = wrong(root, '[tool.xconan.matrix]\ninclude = ["cp311-linux_amd64", "xp3-linux_armv7l"]\n')
    assert [error.where.rpartition(": ")[2] for error in found] == ["tool.xconan.matrix.include"] * 2


def test_each_word_of_a_matrix_is_checked_by_itself(root: Path) -> None:
    found = wrong(
        root,
        """[tool.xconan.matrix]
pythons = ["3.11", "cp312", "pp3{10,99x}"]
platforms = ["linux_arm64", "manylinux_2_17_{x86_64,aarch64"]
include = ["cp311-linux_{aarch64"]
""",
    )
    assert [(error.where.rpartition(".")[2], error.message, error.hint) for error in found] == [
        ("pythons", "'3.11' is no Python", "did you mean 'cp311'?"),
        ("pythons", "'pp399x' is no Python", "did you mean 'pp39'?"),
        ("platforms", "'linux_arm64' is not a known platform tag", "did you mean 'linux_aarch64'?"),
        ("platforms", "'manylinux_2_17_{x86_64,aarch64' has a brace without its other one", 'as in "cp3{11,12}"'),
        (
            "include", "'linux_{aarch64' is not a known platform tag",
            'close its brace, as in "cp3{11,12}-linux_aarch64"',
        ),
    ]  # fmt: skip


# --- files -----------------------------------------------------------------------------------------------------------


def test_cross_files(bench: Workbench) -> None:
    for arch in ("aarch64", "s390x"):
        bench.cross(arch)
    bench.write("pyproject.toml", f'{PYPROJECT}[tool.xconan.matrix]\ninclude = ["{bench.hosts}/*.cross.toml"]\n')
    chosen = matrix_targets(bench.root, {})
    assert [one.name for one in chosen] == ["cp311-linux_aarch64", "cp311-linux_s390x"]
    assert chosen[0].settings == {"cross": [str(bench.hosts / "aarch64.cross.toml")]}


@pytest.mark.parametrize("written", ["hosts/*.cross.toml", "hosts/board[1].cross.toml"])
def test_brackets_in_a_path_are_its_own(
    written: str, bench: Workbench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = bench.root / "p[1]{a,b}"
    text = bench.cross().read_text("utf-8")
    file = root / "hosts/board[1].cross.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text, "utf-8")
    (root / "CMakeLists.txt").write_text("project(demo)\n", "utf-8")
    assert names(root, f'[tool.xconan.matrix]\ninclude = ["{written}"]\n') == ["cp311-linux_aarch64"]
    monkeypatch.chdir(root)
    for word in (written, str(root / "hosts/board[1].cross.toml")):
        assert main(["plan", "--cross", word, "--json"]) == 0
        assert str(file) in capsys.readouterr().out


def test_two_files_of_one_target(bench: Workbench) -> None:
    file = bench.cross()
    other = file.with_name("other.cross.toml")
    other.write_text(file.read_text("utf-8"), "utf-8")
    with raises_error(ConfigError, "two files describe cp311-linux_aarch64"):
        targets_of_files([str(file), str(other)], {})


@pytest.mark.parametrize("name", ["cp311-linux_aarch64", "cp311-cp311-linux_aarch64"])
def test_a_name_and_a_file_of_one_target(name: str, bench: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    file = bench.cross()
    (error,) = wrong(bench.root, f'[tool.xconan.matrix]\ninclude = ["{name}", "{file}"]\n')
    assert_error(
        error, ConfigError, "a name and a file describe cp311-linux_aarch64",
        where=f"pyproject.toml: tool.xconan.matrix and {file}", hint="leave the file out of include",
    )  # fmt: skip
    for verb in ("plan", "build"):
        with pytest.raises(SystemExit):
            main([verb, str(bench.root), "--all"])
        assert "a name and a file describe" in capsys.readouterr().err


def test_a_name_beside_a_pattern_that_means_its_file(bench: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    file = bench.cross()
    names(bench.root, f'[tool.xconan.matrix]\ninclude = ["{file}"]\n')
    words = ["plan", str(bench.root), "--target", "*-linux_aarch64", "--target"]
    with pytest.raises(SystemExit):
        main([*words, "cp311-linux_aarch64"])
    err = capsys.readouterr().err
    assert_says(err, "a name and a file describe cp311-linux_aarch64", f"--target and {file}", "leave the name out")


def test_with_all_a_name_is_one_of_the_matrix(bench: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    """And what the matrix says of it holds: a file, say; a name alone is another toolchain's target."""
    files = [bench.cross(arch) for arch in ("aarch64", "s390x")]
    tool = f'[tool.xconan.matrix]\ninclude = ["{bench.hosts}/*.cross.toml"]\n'
    bench.write("pyproject.toml", PYPROJECT + tool)
    assert main(["plan", str(bench.root), "--json", "--all", "--target", "cp311-linux_aarch64"]) == 0
    (target,) = json.loads(capsys.readouterr().out)["targets"]
    assert target["settings"]["cross"] == [str(files[0])]
    with pytest.raises(SystemExit):
        main(["plan", str(bench.root), "--all", "--target", "cp39-linux_aarch64"])
    assert "'cp39-linux_aarch64' is none of the matrix's 2 targets" in capsys.readouterr().err


def test_a_file_that_two_patterns_mean(bench: Workbench) -> None:
    file = bench.cross()
    tool = f'[tool.xconan.matrix]\ninclude = ["{file}", "{bench.hosts}/*.cross.toml"]\n'
    assert names(bench.root, tool) == ["cp311-linux_aarch64"]


@pytest.mark.parametrize(
    ("select", "said"),
    [
        ('"cp311-*"', ""),
        ('["cp311-cp*", "*-musllinux*"]', "cp311-cp* selects none of the matrix's targets; there are cp311-many"),
        ('"*-muslinux_*"', "*-muslinux_* selects none of the matrix's targets"),
    ],
)
def test_an_override_for_nobody_is_told(select: str, said: str, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names(root, f"{MATRIX}[[tool.xconan.matrix.overrides]]\nselect = {select}\ncmake.options.X = true\n")
    err = capsys.readouterr().err
    assert (said in err) if said else not err
    assert not said or "pyproject.toml: tool.xconan.matrix.overrides[0].select: " in err


@pytest.mark.parametrize(
    ("included", "select", "told"),
    [
        ("cp311-cp311-linux_aarch64", "cp311-linux_*", False),
        ("cp313-cp313t-manylinux_2_28_aarch64", "cp313t-*", False),
        ("cp313-cp313t-manylinux_2_28_aarch64", "cp313-*", True),
        ("cp37-cp37m-manylinux_2_17_aarch64", "cp37-manylinux*", False),
        ("pp310-pypy310_pp73-manylinux_2_28_aarch64", "pp310-manylinux*", False),
        ("cp311-linux_aarch64", "cp39-linux_aarch64", False),  # outside of the matrix it holds, by this name
        ("cp311-linux_aarch64", "cp39-cp39-linux_aarch64", True),  # which is not its name
        ("cp311-linux_aarch64", "cp39-linux_*", True),
    ],
)
def test_targets_are_selected_by_their_short_names(
    included: str, select: str, told: bool, root: Path, capsys: pytest.CaptureFixture[str]  # noqa: FBT001
) -> None:  # fmt: skip
    names(root, f'[tool.xconan.matrix]\ninclude = ["{included}"]\n'
          f'[[tool.xconan.matrix.overrides]]\nselect = "{select}"\ncmake.options.X = true\n')  # fmt: skip
    assert ("selects none of the matrix's targets" in capsys.readouterr().err) == told


# --- overrides -------------------------------------------------------------------------------------------------------

OVERRIDES = """
[[tool.xconan.matrix.overrides]]
select = "*-musllinux_*"
test = "none"
cmake.options.MUSL = true
conan.requires = ["zlib/1.3.1"]
conan.options."zlib/*:shared" = true
cross.toolchain = "zig"

[[tool.xconan.matrix.overrides]]
select = ["cp312-*", "cp39-*"]
cmake.options.MUSL = "perhaps"
"""


@pytest.mark.parametrize(
    ("target", "options", "requires", "test"),
    [
        ("cp311-musllinux_1_2_x86_64", (("MUSL", "BOOL", "On"),), ("lz4/1.9.4", "zlib/1.3.1"), "none"),
        ("cp311-manylinux_2_17_x86_64", (), ("lz4/1.9.4",), "import"),
    ],
)
def test_overrides_hold_for_their_targets(
    root: Path, target: str, options: object, requires: object, test: str
) -> None:
    tool = f'[tool.xconan.conan]\nrequires = ["lz4/1.9.4"]\n{MATRIX}{OVERRIDES.partition("select = [")[0]}'
    tool = tool.removesuffix("\n[[tool.xconan.matrix.overrides]]\n")
    (root / "CMakeLists.txt").touch()
    names(root, tool)
    project = read_project_files(root, {"target": target}).project
    assert project.cmake
    assert (project.cmake.options, project.conan.requires, project.matrix.test) == (options, requires, test)


def test_later_override_and_command_line_are_stronger(root: Path) -> None:
    (root / "CMakeLists.txt").touch()
    names(root, MATRIX + OVERRIDES.replace("MUSL = true", 'MUSL = "yes"'))
    project = read_project_files(root, {"target": "cp312-musllinux_1_2_x86_64"}).project
    assert project.cmake
    assert project.cmake.options == (("MUSL", "", "perhaps"),)
    settings = {"target": "cp312-musllinux_1_2_x86_64", "override": ["cmake.options.MUSL='no'"]}
    project = read_project_files(root, settings).project
    assert project.cmake
    assert project.cmake.options == (("MUSL", "", "no"),)


def test_a_build_without_target_is_selected_by_none(root: Path) -> None:
    (root / "CMakeLists.txt").touch()
    names(root, MATRIX + OVERRIDES.replace("*-musllinux_*", "*"))
    project = read_project_files(root, {}).project
    assert project.cmake
    assert project.cmake.options == ()


@pytest.mark.parametrize(
    ("entry", "message", "key"),
    [
        ("overrides = 1", "this must be a list of tables", "overrides"),
        ("overrides = [{}]", "this must be a pattern of targets, or a list of these", "overrides[0].select"),
        ('overrides = [{select = "*", cmak = {}}]', "unknown key 'cmak'", "overrides[0].cmak"),
        ('overrides = [{select = "cp39-*", cmake = 1}]', "this must be a table", "overrides[0].cmake"),
        ('overrides = [{select = "cp39-*", cmake = {arg = 1}}]', "unknown key 'arg'", "overrides[0].cmake.arg"),
        ('overrides = [{select = "cp39-*", cross = {abi = 1}}]', "this must be a string, not an integer (1)",
         "overrides[0].cross.abi"),
    ],
)  # fmt: skip
def test_wrong_overrides_are_named_selected_or_not(root: Path, entry: str, message: str, key: str) -> None:
    (error,) = wrong(root, f"{MATRIX}{entry}\n")
    assert error.message == message
    assert error.where.endswith(f"tool.xconan.matrix.{key}")


# --- plans -----------------------------------------------------------------------------------------------------------


def test_what_several_targets_miss_is_said_once() -> None:
    missing = [ToolchainError("there is no zig", where=f"target {name}", hint="pip install ziglang") for name in "abc"]
    other = ToolchainError("there is no gcc", where="/p/c.toml", hint="apt-get install gcc")
    first, second = merged_errors({"a": missing[0], "b": missing[1], "c": ErrorGroup([missing[2], other])})
    assert_error(first, ToolchainError, "there is no zig", where="a, b, c: target a", hint="ziglang")
    assert_error(second, ToolchainError, "there is no gcc", where="c: /p/c.toml")


def test_plan_of_many(bench: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(bench.cross(arch)) for arch in ("aarch64", "s390x")]
    assert main(["plan", str(bench.root), "--cross", *files]) == 0
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.split() == ["TARGET", "WHEEL", "COMPILER", "HOST", "PYTHON"]
    assert first.split()[:2] == ["cp311-linux_aarch64", "demo-1.2-cp311-cp311-linux_aarch64.whl"]
    assert second.split()[0] == "cp311-linux_s390x"
    assert main(["plan", "--cross", f"{bench.hosts}/*.cross.toml", str(bench.root), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert [target["target"] for target in facts["targets"]] == ["cp311-linux_aarch64", "cp311-linux_s390x"]
    assert facts["errors"] == []


STABLE = '[tool.xconan.wheel]\npython_abi = "abi3"\nabi3_minimum_cpython_version = 311\n'


def plan_stable(bench: Workbench, tool: str, *words: str) -> int:
    """Plan two hosts, of Python 3.12 and 3.11, that share a wheel."""
    bench.write("pyproject.toml", PYPROJECT + STABLE + tool)
    text = bench.cross().read_text("utf-8")
    newer = bench.hosts / "newer.cross.toml"
    include = write_tree(bench.hosts / "newer/include/python3.12", headers((3, 12, 1)))
    newer.write_text(
        text.replace("311", "312").replace(str(bench.hosts / "aarch64/include/python3.11"), str(include)), "utf-8"
    )
    files = [str(newer), str(bench.hosts / "aarch64.cross.toml")]
    return main(["plan", str(bench.root), "--json", "--cross", *files, *words])


def override(select: str, said: str) -> str:
    return f'[[tool.xconan.matrix.overrides]]\nselect = "{select}"\n{said}\n'


@pytest.mark.parametrize(
    "tool",
    [
        "", override("cp31?-*", 'cmake.build_type = "Debug"'), override("cp312-*", 'test = "none"'),
        override("cp312-*", 'test.command = ["false"]'),  # which nobody asks for
    ],
)  # fmt: skip
def test_stable_abi_is_built_once(tool: str, bench: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    assert plan_stable(bench, tool) == 0
    found = json.loads(capsys.readouterr().out)["targets"]
    assert {one["target"]: one["shares"] for one in found} == {
        "cp312-linux_aarch64": "cp311-linux_aarch64", "cp311-linux_aarch64": "",
    }  # fmt: skip


@pytest.mark.parametrize("select", ["cp312-*", "cp311-*"])
@pytest.mark.parametrize(
    ("said", "key"),
    [
        ('cmake.build_type = "Debug"', "cmake.build_type"),
        ('cmake.env.MODE = "fast"', "cmake.env"),
        ("cmake.options.MODE = true", "cmake.options"),
        ('wheel.include."demo/more.txt" = "more.txt"', "wheel.include"),
        ('conan.requires = ["lz4/1.9.4"]', "conan.requires"),
        ('conan.settings."compiler.cppstd" = "20"', "conan.settings"),
        ('cross.generator_platform = "x"', "cross.generator_platform"),
    ],
)
def test_targets_that_share_a_wheel_are_told_the_same(
    said: str, key: str, select: str, bench: Workbench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.write("more.txt", "more\n")
    assert plan_stable(bench, override(select, said)) == ConfigError.exit_code
    (error,) = json.loads(capsys.readouterr().out)["errors"]
    assert error["message"] == (
        "cp311-linux_aarch64 and cp312-linux_aarch64 make the same wheel, demo-1.2-cp311-abi3-linux_aarch64.whl, and "
        f"differ in {key}"
    )
    assert f"tool.xconan.matrix.overrides[0].{key}" in error["where"]
    assert "have select mean both of them, or neither" in error["hint"]


@pytest.mark.parametrize(("select", "code"), [("cp312-*", ConfigError.exit_code), ("cp31?-*", 0)])
def test_tests_that_are_asked_for_are_those_of_the_wheel(select: str, code: int, bench: Workbench) -> None:
    """A wheel that is not made without its tests is tried by the one target that makes it."""
    tool = '[tool.xconan.test]\nskip = ["*"]\n' + override(select, 'test.command = ["true"]')
    assert plan_stable(bench, tool, "-C", "test=yes") == code


def test_what_is_missing_is_told_beside_what_is_there(bench: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    files = [bench.cross(arch) for arch in ("aarch64", "s390x")]
    files[1].write_text(files[1].read_text("utf-8").replace("include_dir", "#").replace("311", "39"), "utf-8")
    with pytest.raises(SystemExit) as caught:
        main(["plan", str(bench.root), "--cross", *map(str, files)])
    assert caught.value.code == 3
    out, err = capsys.readouterr()
    assert "demo-1.2-cp311-cp311-linux_aarch64.whl" in out
    assert "cp39-linux_s390x     can not be built yet" in out
    assert "cp39-linux_s390x" in err
    assert "help:" in err
