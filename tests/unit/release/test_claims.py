"""Two targets whose wheels deserve one name: the first has it, and nobody's wheel is replaced without a word."""

from __future__ import annotations

import json
from hashlib import sha256
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.compare import assert_says, raises_error
from tests.support.facts import facts
from xconan.ground import reads
from xconan.ground.errors import ConfigError
from xconan.plan import make_plan
from xconan.release import answers, placed
from xconan.release.claims import claim
from xconan.release.engine import LocalEngine, Outcome
from xconan.release.outcome import release_of
from xconan.release.placed import Placed
from xconan.release.prepare import PlannedTarget
from xconan.release.tasks import Kind, TargetNeeds, Task, make_tasks

if TYPE_CHECKING:
    from pathlib import Path

NEW, OLD = "cp311-manylinux_2_28_x86_64", "cp311-manylinux_2_17_x86_64"
NAME = "demo-1.2-cp311-cp311-manylinux_2_17_x86_64.whl"
MESSAGE = f"{OLD} and {NEW} make the same wheel, {NAME}, with other contents; that of {OLD} stands there"
HINT = f'leave {NEW} out, or have it keep its own tag: [[tool.xconan.matrix.overrides]] with select = "{NEW}" and'


@pytest.fixture
def requests(tmp_path: Path) -> dict[str, dict[str, Any]]:
    """What the tasks of the two wheels are asked, by their targets."""
    common = {"claims": str(tmp_path / "claims"), "root": "/p", "out": str(tmp_path), "settings": {}}
    return {name: {**common, "target": name, "answer": str(tmp_path / f"{name}.json")} for name in (OLD, NEW)}


def test_a_name_is_of_one_target(requests: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    wheels = [tmp_path / "first", tmp_path / "second"]
    for wheel in wheels:
        wheel.write_text("content", "utf-8")
    claim(requests[OLD], wheels[0], NAME)
    claim(requests[NEW], wheels[1], NAME)  # the very same wheel
    wheels[1].write_text("other content", "utf-8")
    with raises_error(ConfigError, MESSAGE, where="wheel.platform_tag", hint=HINT):
        claim(requests[NEW], wheels[1], NAME)
    claim(requests[NEW], wheels[1], f"other-{NAME}")
    claim(requests[OLD], wheels[1], NAME)  # made anew
    claim({"worker": "w"}, wheels[0], NAME)


def test_a_name_is_taken_at_the_door(
    requests: dict[str, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = SimpleNamespace(wheels=[str(tmp_path / NAME)], tell=lambda: None)
    monkeypatch.setattr(answers, "knock", lambda *_words, **_more: there)
    for name in (OLD, NEW):
        (tmp_path / NAME).write_text(name, "utf-8")
        if name == NEW:
            with raises_error(ConfigError, MESSAGE):
                answers.wheel_answered(requests[name], lambda _request: None)
        else:
            answers.wheel_answered(requests[name], lambda _request: None)
    found = {name: json.loads((tmp_path / f"{name}.json").read_bytes()) for name in (OLD, NEW)}
    assert found[OLD]["result"]["unchanged"]
    assert found[NEW]["errors"][0]["message"] == MESSAGE


def test_claims_are_no_input(requests: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    """An unchanged wheel is answered at the door in the next release, which has claims of its own."""
    (tmp_path / "wheel").write_text("content", "utf-8")
    reads.watch()
    try:
        claim(requests[OLD], tmp_path / "wheel", NAME)
        claim(requests[NEW], tmp_path / "wheel", NAME)
        noted = reads.watching()
    finally:
        reads.unwatch()
    assert noted
    assert [
        path for path in (*noted.files, *noted.kinds, *noted.folders) if path.startswith(requests[OLD]["claims"])
    ] == []


def test_claims_are_of_one_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "claims").mkdir()
    (tmp_path / f"claims/{NAME}.json").write_text("{}", "utf-8")
    monkeypatch.setattr("xconan.release.engine.start", lambda *_words, **_more: None)
    engine = LocalEngine(tmp_path, 2, None, memory={}, env={})
    assert list((tmp_path / "claims").iterdir()) == []
    for kind in (Kind.WHEEL, Kind.TEST):
        assert engine.try_start(
            Task(name=f"{kind.value} {OLD}", kind=kind, subject=OLD, after=(), request={"root": "/"})
        )
    wheel, test = (json.loads((tmp_path / f"{kind}-{OLD}.request.json").read_bytes()) for kind in ("wheel", "test"))
    assert (wheel["claims"], wheel["target"]) == (str(tmp_path / "claims"), OLD)
    assert "claims" not in test


def test_a_name_is_of_one_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placed, "check_written", lambda *_words: None)
    delivery: Any = SimpleNamespace(trusted=True)
    config = make_plan(facts()).project.wheel
    made = Placed(delivery, out=tmp_path / "out", wheels={OLD: config, NEW: config}, record=tmp_path / "record")

    def place(target: str, data: bytes) -> dict[str, object]:
        task = Task(name=f"wheel {target}", kind=Kind.WHEEL, subject=target, after=(), request={})
        digest = sha256(data).hexdigest()
        return made.place(task, {"result": {"wheel": NAME}, "wheel": data, "sha256": digest, "worker": "w"})

    assert place(OLD, b"content")["unchanged"] is False
    assert place(NEW, b"content")["unchanged"] is True
    with raises_error(ConfigError, MESSAGE, hint=HINT):
        place(NEW, b"other content")
    assert (tmp_path / "out" / NAME).read_bytes() == b"content"


def test_the_very_same_wheel_is_told() -> None:
    targets = [PlannedTarget(name=name, settings={}, plan=make_plan(facts())) for name in (OLD, NEW)]
    needs = [TargetNeeds(name=one.name, settings={}, platforms=(), profiles=(), test=False) for one in targets]
    tasks = make_tasks("/p", "/o", needs, [], jobs=1)
    outcomes = {task.name: Outcome(name=task.name, code=0, result={"wheel": NAME, "size": 9}) for task in tasks}
    lines = "\n".join(release_of(targets, [], tasks, outcomes, planned=0.0, jobs=1).lines())
    assert_says(lines, f"{OLD} and {NEW} make {NAME}, the same to the byte")
    outcomes[f"wheel {NEW}"] = Outcome(name=f"wheel {NEW}", code=2)
    lines = "\n".join(release_of(targets, [], tasks, outcomes, planned=0.0, jobs=1).lines())
    assert_says(lines, NAME, lacks=["to the byte"])
