"""Conan's own process: what its end means, and what is asked of it beside installing."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from tests.support.compare import assert_says, raises_error
from tests.support.door import Answer, never_ends
from xconan.conan.install import install_dependencies
from xconan.conan.process import default_tools, report
from xconan.conan.remotes import check_remote, upload
from xconan.ground.errors import ConanError, ConfigError, MachineError
from xconan.project.config.conan_table import ConanConfig

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.door import Door, FakeConan
    from xconan.model import BuildPlan


@pytest.fixture
def wish(plan: Callable[..., BuildPlan]) -> BuildPlan:
    return plan(conan=ConanConfig(requires=("lz4/1.9.4",)))


# --- its end ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "code", "message"),
    [
        ({"error": "out of cheese"}, 1, "could not provide the dependencies: out of cheese"),
        ({"error": "out of cheese"}, 0, "could not provide the dependencies: out of cheese"),
        ({"packages": []}, 3, "could not provide the dependencies: exit code 3"),
        ({}, 0, "could not provide the dependencies: exit code 0"),
    ],
)
def test_failure(answer: dict[str, object], code: int, message: str, wish: BuildPlan, conan: FakeConan) -> None:
    conan.error, conan.code = {"install": answer}, code
    if not answer:
        conan.error, conan.code = {}, None
        conan.door.programs["python3"] = lambda _: Answer()  # ended well, and answered nothing
    with raises_error(ConanError, message, where="pyproject.toml: tool.xconan.conan"):
        install_dependencies(wish, inherit=0)


def test_an_earlier_answer_is_not_taken_for_this_one(wish: BuildPlan, conan: FakeConan) -> None:
    install_dependencies(wish, inherit=0)
    (wish.layout.root / "conan.json").unlink()
    conan.door.programs["python3"] = lambda _: Answer()
    with raises_error(ConanError, "exit code 0"):
        install_dependencies(wish, inherit=0)


def test_home_that_can_not_be_written(wish: BuildPlan, conan: FakeConan) -> None:
    (conan.home / ".xconan.lock").mkdir()
    with raises_error(MachineError, "Conan's home can't be written: Is a directory", where=str(conan.home),
                      hint="set CONAN_HOME"):  # fmt: skip
        install_dependencies(wish, inherit=0)
    assert conan.requests == []


@pytest.mark.parametrize(
    ("versions", "works"), [(("2.0", "3.0"), True), (("2.0", "2.0.1"), False), (("9.0", "9.1"), False)]
)
def test_version_of_conan(
    versions: tuple[str, str],
    works: bool,  # noqa: FBT001 - a table
    wish: BuildPlan,
    conan: FakeConan,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("xconan.conan.process.CONAN_VERSIONS", versions)
    if works:
        install_dependencies(wish, inherit=0)
        return
    oldest, newest = versions
    with raises_error(
        ConanError,
        (f"works with Conan {oldest} and newer, older than {newest}; this is Conan 2."),
        where=str(conan.door.folder / "python3"),
        hint=f"pip install 'conan>={oldest},<{newest}'",
    ):
        install_dependencies(wish, inherit=0)
    assert conan.requests == []


@pytest.mark.parametrize(("text", "said"), [("__version__ = '2.33.1'\n", "2.33.1"), ("", "of an unknown version")])
def test_version_that_is_too_old_or_unknown(
    text: str, said: str, wish: BuildPlan, conan: FakeConan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conan.py").write_text(text, "utf-8")
    spec = SimpleNamespace(origin=str(tmp_path / "conan.py"))
    monkeypatch.setattr("xconan.conan.process.find_spec", lambda name: spec if name == "conan" else None)
    with raises_error(ConanError, f"this is Conan {said}"):
        install_dependencies(wish, inherit=0)
    assert conan.requests == []


def test_no_conan(wish: BuildPlan, conan: FakeConan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xconan.conan.process.find_spec", lambda _: None)
    with raises_error(ConfigError, "Conan is not installed beside xconan", hint="pip install conan"):
        install_dependencies(wish, inherit=0)
    assert conan.requests == []


# --- default_tools, report -------------------------------------------------------------------------------------------


def test_tools_of_the_default_profile(conan: FakeConan) -> None:
    conan.tools = Answer(stdout='{"platform": ["cmake/4.1"], "replaced": {"meson/*": "meson/1.3"}}\n')
    assert default_tools() == (["cmake/4.1"], {"meson/*": "meson/1.3"})


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(code=1, stderr="Traceback\nConanException: bad profile\n"), "bad profile"),
        (Answer(code=4), "exit code 4"),
    ],
)
def test_default_profile_that_can_not_be_read(answer: Answer, words: str, conan: FakeConan) -> None:
    conan.tools = answer
    with raises_error(ConanError, f"can't read its default profile: {words}" if answer.code == 4 else words,
                      where=str(conan.home), hint="conan profile show"):  # fmt: skip
        default_tools()


def test_the_working_folder_is_searched_last(conan: FakeConan, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may hold modules that are called as Conan's are."""
    monkeypatch.setattr(sys, "path", ["", "/a", str(Path.cwd()), "/b"])
    default_tools()
    (call,) = conan.door.called("python3")
    assert json.loads(call.argv[call.argv.index("-c") + 2]) == ["/a", "/b", "", str(Path.cwd())]


def test_default_profile_that_takes_forever(conan: FakeConan) -> None:
    conan.door.programs["python3"] = never_ends
    with raises_error(ConanError, "no answer within 60 s"):
        default_tools()


def test_report(conan: FakeConan, door: Door) -> None:
    lines = [
        '{"version": "2.34.0"}',
        "a plugin's own words",
        '{"answer": {"name": "far", "error": "no route"}}',
        '{"answer": {"name": "near", "error": ""}}',
        '{"remotes": []}',
    ]
    conan.report = Answer(stdout="\n".join(lines))
    assert report(online=True, timeout=1) == ({"version": "2.34.0", "remotes": [], "silent": {"far": "no route"}}, "")
    report(online=False, timeout=1)
    assert [call.argv[-1] for call in door.called("python3")] == ["1", "0"]


@pytest.mark.parametrize(("stderr", "said"), [("first\nlast\n \n", "last"), ("", "exit code 2")])
def test_report_that_fails(stderr: str, said: str, conan: FakeConan) -> None:
    conan.report = Answer(code=2, stdout='{"version": "2.34.0"}', stderr=stderr)
    assert report(online=False, timeout=1) == ({"version": "2.34.0", "silent": {}}, said)


# --- remotes ---------------------------------------------------------------------------------------------------------

REMOTES = (
    '{"remotes": [{"name": "shared", "url": "https://x", "enabled": true},'
    ' {"name": "off", "url": "https://x", "enabled": false},'
    ' {"name": "recipes", "url": "/x", "enabled": true}]}'
)


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("nowhere", "no remote 'nowhere'", "conan remote add NAME URL"),
        ("shard", "no remote 'shard'", "did you mean 'shared'?"),
        ("off", "'off' is disabled", "conan remote enable off"),
        ("recipes", "'recipes' is a folder of recipes", "name a server"),
    ],
)
def test_remote_that_nothing_can_be_uploaded_to(
    name: str, message: str, hint: str, conan: FakeConan, tmp_path: Path
) -> None:
    conan.report = Answer(stdout=REMOTES)
    check_remote("shared", tmp_path)
    with raises_error(ConfigError, message, where="--upload", hint=hint):
        check_remote(name, tmp_path)


def test_remotes_that_can_not_be_listed(conan: FakeConan, tmp_path: Path) -> None:
    conan.report = Answer(code=1, stderr="remotes.json is damaged\n")
    with raises_error(ConanError, "Conan does not work: remotes.json is damaged", where=str(conan.home),
                      hint="xconan doctor"):  # fmt: skip
        check_remote("shared", tmp_path)
    conan.report = Answer(code=1, stdout=REMOTES, stderr="something else\n")
    check_remote("shared", tmp_path)


def test_upload(wish: BuildPlan, conan: FakeConan) -> None:
    conan.packages = (("lz4/1.9.4", ()), ("zlib/1.3", ()))
    install_dependencies(wish, inherit=0)
    assert upload(wish, "shared") == ["lz4/1.9.4", "zlib/1.3"]
    assert conan.requests[-1] == {
        "kind": "upload", "remote": "shared", "packages": ["lz4/1.9.4#r:0#p", "zlib/1.3#r:0#p"]
    }  # fmt: skip


def test_nothing_to_upload(wish: BuildPlan, conan: FakeConan, capfd: pytest.CaptureFixture[str]) -> None:
    assert upload(wish, "shared") == []  # nothing was built at all
    conan.more = {"packages": [{"name": "x", "context": "host", "folder": "", "recipe": "Cache", "built": ""}]}
    install_dependencies(wish, inherit=0)
    assert upload(wish, "shared") == []
    assert conan.kinds == ["install"]
    assert_says(capfd.readouterr().err, "nothing to upload")


UPLOADS = [
    ("interactive mode disabled", "conan remote login shared USER, or $CONAN_LOGIN_USERNAME"),
    ("Authentication error in remote", "wrong user or password: conan remote login shared USER"),
    ("Permission denied for user", "log in as somebody who may write there"),
    ("Unable to connect to remote shared=https://x", "check the network"),
    ("something unheard of", "see Conan's output above"),
]


@pytest.mark.parametrize(("words", "hint"), UPLOADS)
def test_upload_that_fails(words: str, hint: str, wish: BuildPlan, conan: FakeConan) -> None:
    install_dependencies(wish, inherit=0)
    conan.error = {"upload": {"error": words}}
    with raises_error(
        ConanError,
        f"the wheel is built, but its dependencies could not be uploaded: {words}",
        where="--upload shared",
        hint=hint,
    ):
        upload(wish, "shared")
