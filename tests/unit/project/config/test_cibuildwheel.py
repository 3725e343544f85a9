"""`[tool.xconan.test]`, and what it takes over from cibuildwheel's table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.compare import assert_error, raises_error
from xconan.build_machine.buildenv import running_target
from xconan.ground.errors import ConfigError, ErrorGroup
from xconan.project.config.cibuildwheel import selects
from xconan.project.config.project import read_project
from xconan.project.config.settings import Settings, parse_settings
from xconan.project.config.test_table import TestConfig

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = '[project]\nname = "demo"\nversion = "1.0"\n'
CIBUILDWHEEL = """\
[tool.cibuildwheel]
build = "cp3*"
test-command = "pytest {project}/tests"
test-requires = "pytest pytest-xdist>=3"
test-extras = "fast,more"
test-groups = ["dev"]
test-sources = "tests 'other files'"
test-environment = "A=1 B='x y'"
test-skip = "*-musllinux_* *-manylinux_s390x"
[tool.cibuildwheel.linux]
test-command = ["pytest -q tests", "demo --version"]
[tool.cibuildwheel.macos]
test-requires = "nothing"
[[tool.cibuildwheel.overrides]]
select = "*-manylinux_aarch64"
test-environment = { SLOW = true, N = 2 }
"""


def read(root: Path, text: str, target: str | None = None, test: str = "") -> TestConfig:
    (root / "pyproject.toml").write_text(PROJECT + text, "utf-8")
    return read_project(root, Settings(target=target, test=test, folder=root), running=running_target())[0].test


def test_nothing_is_asked(tmp_path: Path) -> None:
    assert read(tmp_path, "") == TestConfig()


def test_our_own_table(tmp_path: Path) -> None:
    ours = '[tool.xconan.test]\ncommand = "pytest -q tests"\nrequires = ["pytest"]\nenv = { A = "1" }\n'
    config = read(tmp_path, ours, test="auto")
    assert (config.command, config.requires, config.env, config.wanted) == (
        ("pytest -q tests",), ("pytest",), {"A": "1"}, "auto",
    )  # fmt: skip


def test_cibuildwheels_table(tmp_path: Path) -> None:
    config = read(tmp_path, CIBUILDWHEEL, "cp311-manylinux_2_17_x86_64")
    assert config.command == ("pytest -q tests", "demo --version")
    assert config.requires == ("pytest", "pytest-xdist>=3")
    assert (config.extras, config.groups, config.sources) == (("fast", "more"), ("dev",), ("tests", "other files"))
    assert config.env == {"A": "1", "B": "x y"}
    assert config.skip == ("*-musllinux_*", "*-manylinux_s390x")
    other = read(tmp_path, CIBUILDWHEEL, "cp311-manylinux_2_17_aarch64")
    assert other.env == {"A": "1", "B": "x y", "SLOW": "true", "N": "2"}
    mac = read(tmp_path, CIBUILDWHEEL, "cp311-macosx_11_0_arm64")
    assert (mac.command, mac.requires) == (("pytest {project}/tests",), ("nothing",))


def test_ours_is_stronger(tmp_path: Path) -> None:
    config = read(tmp_path, CIBUILDWHEEL + '[tool.xconan.test]\nrequires = []\ncommand = ["true"]\n')
    assert (config.command, config.requires, config.extras) == (("true",), (), ("fast", "more"))


def test_a_system_and_a_matrix_may_differ(tmp_path: Path) -> None:
    tables = (
        '[tool.xconan.test]\ncommand = ["one"]\n[tool.xconan.linux.test]\ncommand = ["two"]\n'
        '[[tool.xconan.matrix.overrides]]\nselect = "*-linux_s390x"\ntest.command = ["three"]\n'
        '[[tool.xconan.matrix.overrides]]\nselect = "*-linux_armv7l"\ntest = "none"\n'
    )
    assert read(tmp_path, tables, "cp311-win_amd64").command == ("one",)
    assert read(tmp_path, tables, "cp311-linux_aarch64").command == ("two",)
    assert read(tmp_path, tables, "cp311-linux_s390x").command == ("three",)
    assert read(tmp_path, tables, "cp311-linux_armv7l").command == ("two",)


@pytest.mark.parametrize(
    ("target", "pattern", "means"),
    [
        ("cp311-manylinux_2_17_aarch64", "cp311-manylinux_aarch64", True),
        ("cp311-manylinux_2_17_aarch64", "cp311-manylinux_2_17_aarch64", True),
        ("cp311-musllinux_1_2_x86_64", "*-musllinux_x86_64", True),
        ("cp313-macosx_11_0_arm64", "cp313-macosx_arm64", True),
        ("cp311-win_amd64", "*-win_{amd64,arm64}", True),
        ("cp313-linux_riscv64", "*-manylinux_*", False),
        ("pp311-manylinux_2_17_aarch64", "cp*", False),
    ],
)
def test_names_of_targets(target: str, pattern: str, means: bool) -> None:  # noqa: FBT001
    assert selects([pattern], facts.target(target)) is means


def test_all_that_is_wrong_with_it(tmp_path: Path) -> None:
    wrong = "[tool.cibuildwheel]\ntest-command = 3\ntest-environment = [1]\n[tool.xconan.test]\ncomand = 'x'\n"
    with pytest.raises(ErrorGroup) as caught:
        read(tmp_path, wrong)
    unknown, *foreign = sorted(caught.value.errors, key=lambda error: "cibuildwheel" in error.where)
    assert_error(unknown, ConfigError, "unknown key 'comand'", hint="did you mean 'command'?")
    assert [error.where.rpartition(".")[2] for error in foreign] == ["test-command", "test-environment"]


@pytest.mark.parametrize(("text", "wanted"), [("", "yes"), ("yes", "yes"), ("auto", "auto"), ("no", "")])
def test_config_setting(tmp_path: Path, text: str, wanted: str) -> None:
    assert parse_settings({"test": text}, root=tmp_path).test == wanted


def test_another_word_for_it(tmp_path: Path) -> None:
    with raises_error(ConfigError, "'maybe' is not one of yes, auto, no", where="-C test=maybe", hint="auto: where"):
        parse_settings({"--test": ["maybe"]}, root=tmp_path)
