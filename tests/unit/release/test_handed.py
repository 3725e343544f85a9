"""A plan that was handed out: taken as long as nothing has changed, and what is said where something has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.crossbuild import write
from tests.support.facts import facts
from tests.support.native import PYPROJECT
from xconan.ground.errors import ConfigError, ToolchainError, XconanError
from xconan.plan import make_plan
from xconan.release.contract import header, target_facts, told_environment
from xconan.release.handed import file_digests, read_plan
from xconan.release.prepare import PlannedTarget

if TYPE_CHECKING:
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
    settings = {"local": [f"{project}/more.toml"]}
    write(project / "more.toml", "")
    one = PlannedTarget(name="t", settings=settings, plan=PLAN)
    made = {
        **header(), "targets": [target_facts(one, project)], "errors": [],
        "env": told_environment(project), "files": file_digests(project, [settings]),
    }  # fmt: skip
    return dict(json.loads(json.dumps(made)))


def hand_out(project: Path, document: object) -> Path:
    return write(project / "plan.json", json.dumps(document))


def refusal(project: Path, document: object) -> XconanError:
    with pytest.raises(ConfigError) as raised:
        read_plan(hand_out(project, document), project, out=project / "dist")
    assert "xconan plan --all --json > " in raised.value.hint, "the remedy"
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
    assert "xconan plan --all --json > " in raised.value.hint


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
    assert error.hint.startswith("export SOURCE_DATE_EPOCH='1'; or ")


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


@pytest.mark.parametrize("content", ["", "[]", "{}", "[" * 100_000])
def test_what_is_no_plan(content: str, project: Path) -> None:
    file = write(project / "plan.json", content)
    with pytest.raises(ConfigError, match="this is no plan"):
        read_plan(file, project, out=project / "dist")
    with pytest.raises(ConfigError, match="can't be read: No such file"):
        read_plan(project / "nowhere.json", project, out=project / "dist")
