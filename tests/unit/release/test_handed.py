"""A plan that was handed out: taken as long as nothing has changed, and what is said where something has."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.crossbuild import write
from tests.support.facts import facts
from tests.support.native import PYPROJECT
from xconan.cli import main
from xconan.ground.errors import ConfigError, ToolchainError, XconanError
from xconan.plan import make_plan
from xconan.release.contract import target_facts
from xconan.release.handed import handed_facts, read_plan
from xconan.release.matrix import Chosen
from xconan.release.prepare import PlannedTarget

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PLAN = make_plan(facts())


@pytest.fixture
def project(root: Path) -> Path:
    write(root / "pyproject.toml", PYPROJECT)
    write(root / "CMakeLists.txt", "project(nav)\n")
    write(root / "core.c", "int main(void) { return 0; }\n")
    write(root / "src/nav/__init__.py", "")
    return root


@pytest.fixture
def document(project: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    monkeypatch.chdir(project)
    settings = {"local": [f"{project}/more.toml"]}
    write(project / "more.toml", "")
    one = PlannedTarget(name="t", settings=settings, plan=PLAN)
    return made(project, settings, one)


def made(project: Path, settings: Mapping[str, object], one: PlannedTarget) -> dict[str, Any]:
    options = ["--target", "t", "-C", f"local={project}/more.toml"]
    handed = handed_facts(project, [Chosen(name="t", settings=settings)], options)
    return dict(json.loads(json.dumps({**handed, "targets": [target_facts(one, project)], "errors": []})))


def hand_out(project: Path, document: object) -> Path:
    return write(project / "the plan.json", json.dumps(document))


def refusal(project: Path, document: object) -> XconanError:
    """What is said of a plan, with the command that it was made by."""
    file = hand_out(project, document)
    with pytest.raises(ConfigError) as raised:
        read_plan(file, project, out=project / "dist")
    remedy = raised.value.hint.rpartition("plan again: ")[2]
    assert shlex.split(remedy) == [
        "xconan", "plan", "--target", "t", "-C", f"local={project}/more.toml", "--json", ">", str(file),
    ]  # fmt: skip
    return raised.value


def test_a_plan_of_the_project_as_it_is(project: Path, document: dict[str, Any]) -> None:
    assert str(project) not in json.dumps(document), "it can travel"
    write(project / "dist/nav-1.0-py3-none-any.whl", "made since")
    write(project / "wheels/nav-1.0-py3-none-any.whl", "made since")
    plan = read_plan(hand_out(project, document), project, out=project / "wheels")
    assert [(one.name, one.settings) for one in plan.chosen] == [("t", {"local": [f"{project}/more.toml"]})]
    plan.check([PlannedTarget(name="t", settings={}, plan=PLAN)])


def test_other_compilers_than_planned(project: Path, document: dict[str, Any]) -> None:
    document["targets"][0]["identity"]["parts"][0]["compilers"] = {"C": "gcc 99.1"}
    plan = read_plan(hand_out(project, document), project, out=project / "dist")
    with pytest.raises(ToolchainError, match=r"this machine would build .* gcc 99\.1 in the plan") as raised:
        plan.check([PlannedTarget(name="t", settings={}, plan=PLAN)])
    assert "plan again: xconan plan --target t -C local=" in raised.value.hint


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("core.c", "int main(void) { return 1; }\n", "core.c"),
        ("more.c", "", "more.c"),
        ("core.c", None, "core.c"),
        ("more.toml", "x = 1\n", "more.toml"),
    ],
)
def test_a_project_that_has_changed(
    name: str, text: str | None, said: str, project: Path, document: dict[str, Any]
) -> None:
    if text is None:
        (project / name).unlink()
    else:
        write(project / name, text)
    if name == "more.toml":
        write(project / name, "# of this machine\n")
    error = refusal(project, document)
    assert error.message == f"the project has changed since it was planned: {said}"


@pytest.mark.parametrize("value", [None, "2"])
def test_another_environment(
    value: str | None, project: Path, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    if value is None:
        monkeypatch.delenv("SOURCE_DATE_EPOCH")
    else:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", value)
    error = refusal(project, document)
    assert "SOURCE_DATE_EPOCH is '1' in the plan" in error.message
    assert error.hint.startswith("export SOURCE_DATE_EPOCH=1; or ")


def test_a_value_is_quoted_for_a_shell(
    project: Path, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    value = 'cmake.options.NAME = "it\'s"'
    document["env"] = {"SOURCE_DATE_EPOCH": "1", "XCONAN_OVERRIDE": value}
    monkeypatch.delenv("XCONAN_OVERRIDE", raising=False)
    hint = refusal(project, document).hint
    assert shlex.split(hint.partition("; or ")[0]) == ["export", f"XCONAN_OVERRIDE={value}"]


def test_a_file_that_can_be_run_since(project: Path, document: dict[str, Any]) -> None:
    (project / "core.c").chmod(0o755)
    assert refusal(project, document).message == "the project has changed since it was planned: core.c"


@pytest.mark.parametrize("variable", ["XCONAN_LOCAL", ""])
@pytest.mark.parametrize("text", ["# another\n", None])
def test_a_file_outside_of_the_project(
    text: str | None, variable: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that the settings name, or the environment."""
    monkeypatch.chdir(project)
    file = write(project.parent / "hosts.toml", "")
    settings: dict[str, object] = {"local": [] if variable else [str(file)]}
    if variable:
        monkeypatch.setenv(variable, str(file))
    document = made(project, settings, PlannedTarget(name="t", settings=settings, plan=PLAN))
    read_plan(hand_out(project, document), project, out=project / "dist")
    if text is None:
        file.unlink()
    else:
        write(file, text)
    assert refusal(project, document).message == f"the project has changed since it was planned: {file}"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"plan": 0}, "the plan is of format 0"),
        ({"xconan": "0.0.1"}, "the plan is of xconan 0.0.1"),
        ({"code": "0123"}, "(0123)"),
        ({"errors": [{"target": "u", "message": "no gcc"}]}, "could not be planned: u"),
    ],
)
def test_a_plan_that_can_t_be_built(change: dict[str, Any], said: str, project: Path, document: dict[str, Any]) -> None:
    assert said in refusal(project, {**document, **change}).message


@pytest.mark.parametrize("content", ["", "[]", "{}", "[" * 100_000, None])
@pytest.mark.parametrize("matrix", ['[tool.xconan.matrix]\ninclude = ["cp311-linux_aarch64"]\n', ""])
def test_what_is_no_plan(content: str | None, matrix: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows how it was made: the remedy plans what the project says."""
    write(project / "pyproject.toml", PYPROJECT + matrix)
    monkeypatch.chdir(project.parent)
    file = project / "plan.json"
    if content is not None:
        write(file, content)
    with pytest.raises(
        ConfigError, match="this is no plan" if content is not None else "can't be read: No such"
    ) as raised:
        read_plan(file, project, out=project / "dist")
    words = ["--all", "--json"] if matrix else ["--json"]
    assert raised.value.hint == f"plan again: xconan plan {' '.join(words)} {project} > {file}"


def test_the_plan_of_one_target_is_built_too(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And where the project has changed, the remedy makes one that is taken."""
    monkeypatch.chdir(project)
    (project / "CMakeLists.txt").unlink()
    write(project / "host.toml", "")
    file = project / "plan.json"

    def plan(*words: str) -> None:
        assert main(["plan", *words]) == 0
        write(file, capsys.readouterr().out)

    plan("--json", "-C", "local=host.toml")
    (one,) = read_plan(file, project, out=project / "dist").chosen
    assert (one.name, one.settings["local"]) == ("this machine", [f"{project}/host.toml"])
    write(project / "host.toml", "# another\n")
    with pytest.raises(ConfigError, match=r"planned: host\.toml") as raised:
        read_plan(file, project, out=project / "dist")
    xconan, verb, *words, to, name = shlex.split(raised.value.hint.rpartition("plan again: ")[2])
    assert (xconan, verb, to, name) == ("xconan", "plan", ">", str(file))
    plan(*words)
    read_plan(file, project, out=project / "dist")
