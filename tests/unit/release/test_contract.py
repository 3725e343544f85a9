"""The plan as other machines are given it: what is refused, and in which words."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from tests.support.facts import facts
from xconan import __version__
from xconan.ground.errors import ConfigError, ToolchainError
from xconan.plan import make_plan
from xconan.release.contract import check_header, check_identity, header, identity, plan_document, portable, rooted
from xconan.release.prepare import PlannedTarget

PLAN = make_plan(facts())
ROOT = Path("/home/me/demo")


def as_sent(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(json.dumps(value)))


def test_no_path_is_in_what_must_agree() -> None:
    text = json.dumps(identity(PLAN))
    assert str(PLAN.layout.root) not in text
    assert '"/' not in text


def test_the_same_plan_agrees() -> None:
    check_identity(PLAN, as_sent(identity(PLAN)), where="tcp://w:1")


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("abi", "linux_x86_64-0123456789ab", "another toolchain"),
        ("compilers", {"C": "gcc 99.1"}, "gcc 99.1 in the plan"),
        ("python", "3.11.99 .so", "another host Python"),
        ("conan", "0", "requirements of Conan's"),
        ("platform", "linux_z80", "linux_z80 in the plan"),
    ],
)
def test_what_differs_is_named_with_the_worker(key: str, value: object, words: str) -> None:
    expected = as_sent(identity(PLAN))
    expected["parts"][0][key] = value
    with pytest.raises(ToolchainError) as raised:
        check_identity(PLAN, expected, where="tcp://w:1")
    assert "tcp://w:1" in raised.value.message
    assert words in raised.value.message
    assert raised.value.where == "tcp://w:1"


def test_a_plan_with_other_parts() -> None:
    expected = as_sent(identity(PLAN))
    expected["parts"] *= 2
    with pytest.raises(ToolchainError, match="parts"):
        check_identity(PLAN, expected, where="w")


def test_another_compiler_is_another_identity() -> None:
    toolchain = PLAN.toolchain
    assert toolchain
    compilers = {name: replace(one, version="99.0") for name, one in toolchain.compilers.items()}
    other = replace(PLAN, toolchain=replace(toolchain, compilers=compilers))
    with pytest.raises(ToolchainError, match="compilers"):
        check_identity(other, as_sent(identity(PLAN)), where="w")


def test_a_plan_of_this_xconan_is_taken() -> None:
    check_header(as_sent(header()), where="w")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"plan": 0}, "the plan is of format 0"),
        ({"xconan": "0.0.1"}, "the plan is of xconan 0.0.1 "),
        ({"code": "0123"}, f"the plan is of xconan {__version__} (0123)"),
    ],
)
def test_a_plan_of_another_xconan_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError) as raised:
        check_header({**header(), **change}, where="tcp://w:1")
    assert words in raised.value.message
    assert "install" in raised.value.hint


def test_settings_travel_without_the_project_s_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XCONAN_OVERRIDE", f'conan.host_profiles = ["{ROOT}/profile"]')
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    targets = [
        PlannedTarget(name="a", settings={"cross": [f"{ROOT}/a.cross.toml"]}, plan=PLAN),
        PlannedTarget(name="b", settings={}, plan=PLAN, shares="a"),
    ]
    document: Any = plan_document(targets, ROOT)
    assert str(ROOT) not in json.dumps(document)
    # one that shares a wheel is there, too: its own Python tests that
    assert [one["target"] for one in document["targets"]] == ["a", "b"]
    there: Any = rooted(document, Path("/srv/x"))
    assert there["targets"][0]["settings"] == {"cross": ["/srv/x/a.cross.toml"]}
    assert there["env"] == {"XCONAN_OVERRIDE": 'conan.host_profiles = ["/srv/x/profile"]', "SOURCE_DATE_EPOCH": "1"}


def test_portable_leaves_other_values() -> None:
    assert portable({"a": (1, None, True), "b": "text"}, ROOT) == {"a": [1, None, True], "b": "text"}


@pytest.mark.parametrize("beside", ["nav-tools", "nav.old", "navy", "nav_2"])
def test_folders_beside_the_project_stay_as_they_are(beside: str) -> None:
    root = Path("/home/u/nav")
    assert portable(f"/home/u/{beside}/cross.toml", root) == f"/home/u/{beside}/cross.toml"
    assert portable(f"-I{root}/a:{root}", root) == "-I${XCONAN_PROJECT}/a:${XCONAN_PROJECT}"


def test_a_project_s_folder_may_have_any_name() -> None:
    assert rooted("${XCONAN_PROJECT}/a", Path(r"C:\1\g<0>")) == r"C:\1\g<0>/a"
