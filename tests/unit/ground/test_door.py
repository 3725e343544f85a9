"""What the door compares, with files alone; tests/e2e/test_door.py changes what real builds read."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from xconan.ground import door, reads
from xconan.ground.database import rows
from xconan.ground.installed import environment_roots, installed_packages
from xconan.ground.scratch import remove_parts

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XCONAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    yield
    reads.unwatch()


def settle(*paths: Path) -> None:
    """Files that were written a while ago; the clock of the test goes on without waiting."""
    del paths
    time.sleep(0.03)


def build(tmp_path: Path) -> door.Visit:
    """A build that reads a file and a folder, and makes a wheel."""
    source = tmp_path / "project" / "a.c"
    if not source.exists():
        source.parent.mkdir()
        source.write_text("int a;", "utf-8")
        settle(source)
    visit = door.knock("test", {"a": 1})
    if not visit.wheels:
        reads.own(tmp_path / "layout")
        source.read_bytes()
        list(source.parent.iterdir())
        reads.seen(source.parent / "setup.py")
        wheel = tmp_path / "dist" / "a-1-py3-none-any.whl"
        wheel.parent.mkdir(exist_ok=True)
        wheel.write_bytes(b"wheel")
        reads.made(wheel, keep_in=tmp_path / "layout" / "wheel")
        visit.remember()
    return visit


def test_the_same_is_answered(tmp_path: Path) -> None:
    assert build(tmp_path).reason == "no build is written down"
    assert build(tmp_path).wheels == [str(tmp_path / "dist" / "a-1-py3-none-any.whl")]


def test_what_is_told_is_what_options_ask_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are stronger than the environment."""
    build(tmp_path)
    for asked, environment, told in (
        ({}, "0", True),
        ({"XCONAN_QUIET": "1"}, "0", False),
        ({"XCONAN_QUIET": "0"}, "1", True),
    ):
        monkeypatch.setenv("XCONAN_QUIET", environment)
        door.knock("test", {"a": 1}, asked=asked).tell()
        assert ("unchanged" in capsys.readouterr().err) is told
    (tmp_path / "project" / "b.c").touch()
    door.knock("test", {"a": 1}, asked={"XCONAN_VERBOSE": "1"})
    assert "built anew where needed" in capsys.readouterr().err


def test_a_changed_file(tmp_path: Path) -> None:
    build(tmp_path)
    source = tmp_path / "project" / "a.c"
    status = source.stat()
    source.write_text("int b;", "utf-8")
    os.utime(source, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert build(tmp_path).reason == f"{source} has changed"


def test_a_new_file(tmp_path: Path) -> None:
    build(tmp_path)
    (tmp_path / "project" / "b.c").touch()
    assert build(tmp_path).reason == f"{tmp_path / 'project'} has other files"


def test_a_file_that_came_and_went(tmp_path: Path) -> None:
    """The folder's time is another, its names are the same."""
    build(tmp_path)
    (tmp_path / "project" / ".a.c.swp").touch()
    (tmp_path / "project" / ".a.c.swp").unlink()
    assert build(tmp_path).wheels


def test_a_file_that_was_looked_for(tmp_path: Path) -> None:
    build(tmp_path)
    record = next((tmp_path / "cache" / "door").glob("*.json"))
    stored = json.loads(record.read_text("utf-8"))
    stored["folders"] = {}
    record.write_text(json.dumps(stored), "utf-8")
    (tmp_path / "project" / "setup.py").touch()
    assert build(tmp_path).reason == f"{tmp_path / 'project' / 'setup.py'} is there now"


def test_a_file_that_is_read_right_after_it_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may change again within the same tick of the file system's clock, which is a minute here."""
    build(tmp_path)
    source = tmp_path / "project" / "a.c"
    with monkeypatch.context() as slow:
        slow.setattr(reads, "_SETTLED", 60_000_000_000)
        source.write_text("int b;", "utf-8")
        build(tmp_path)
        assert build(tmp_path).reason == f"{source} has changed"
    settle(source)
    build(tmp_path)
    assert build(tmp_path).wheels


@pytest.mark.parametrize("name", ["CFLAGS", "ANYTHING"])
def test_the_environment(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(tmp_path)
    monkeypatch.setenv(name, "1")
    assert build(tmp_path).reason == f"the variable {name} has another value"
    assert build(tmp_path).wheels
    monkeypatch.delenv(name)
    assert build(tmp_path).reason == f"the variable {name} has another value"


def test_variables_of_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(tmp_path)
    monkeypatch.setenv("SSH_TTY", "/dev/pts/7")
    monkeypatch.setenv("TERM", "another")
    monkeypatch.setenv("PYTHONHASHSEED", "1234567")
    assert build(tmp_path).wheels


def test_no_value_of_the_environment_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD", "swordfish")
    build(tmp_path)
    record = next((tmp_path / "cache" / "door").glob("*.json"))
    assert "swordfish" not in record.read_text("utf-8")


def test_a_variable_of_a_terminal_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "one")
    visit = door.knock("named")
    reads.variables(["TERM"])
    (tmp_path / "a.whl").touch()
    reads.made(tmp_path / "a.whl", keep_in=tmp_path / "kept")
    visit.remember()
    monkeypatch.setenv("TERM", "two")
    assert door.knock("named").reason == "the variable TERM has another value"


def test_another_folder_for_the_wheel(tmp_path: Path) -> None:
    build(tmp_path)
    visit = door.knock("test", {"a": 1}, out=str(tmp_path / "elsewhere"))
    assert [Path(wheel).read_bytes() for wheel in visit.wheels] == [b"wheel"]
    assert visit.wheels == [str(tmp_path / "elsewhere" / "a-1-py3-none-any.whl")]


@pytest.mark.parametrize(("damage", "reason"), [("edited", "has changed"), ("without its copy", "is gone")])
def test_the_wheel(damage: str, reason: str, tmp_path: Path) -> None:
    build(tmp_path)
    wheel = tmp_path / "dist" / "a-1-py3-none-any.whl"
    if damage == "edited":
        wheel.write_bytes(b"other")
    else:
        wheel.unlink()
        next((tmp_path / "layout" / "wheel").iterdir()).unlink()
    assert build(tmp_path).reason == f"{wheel} {reason}"


def test_the_wheel_is_put_back(tmp_path: Path) -> None:
    build(tmp_path)
    (tmp_path / "dist" / "a-1-py3-none-any.whl").unlink()
    assert build(tmp_path).wheels
    assert (tmp_path / "dist" / "a-1-py3-none-any.whl").read_bytes() == b"wheel"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"question": 1}', "null"])
def test_a_damaged_record(text: str, tmp_path: Path) -> None:
    build(tmp_path)
    record = next((tmp_path / "cache" / "door").glob("*.json"))
    record.write_text(text, "utf-8")
    assert build(tmp_path).reason
    assert build(tmp_path).wheels


def test_a_doubt_is_remembered_as_nothing(tmp_path: Path) -> None:
    build(tmp_path)
    (tmp_path / "project" / "b.c").touch()
    visit = door.knock("test", {"a": 1})
    reads.doubt("code runs")
    reads.made(tmp_path / "dist" / "a-1-py3-none-any.whl", keep_in=tmp_path / "layout" / "wheel")
    visit.remember()
    assert visit.doubt == "code runs"
    assert not list((tmp_path / "cache" / "door").glob("*.json"))


def test_a_folder_that_changes_meanwhile(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "a.c").touch()
    visit = door.knock("test")
    list(folder.iterdir())
    (folder / "b.c").touch()
    (tmp_path / "a.whl").touch()
    reads.made(tmp_path / "a.whl", keep_in=tmp_path / "kept")
    visit.remember()
    assert visit.doubt == f"{folder} got or lost b.c while the build ran"


def test_what_python_keeps_of_modules(tmp_path: Path) -> None:
    """In a new environment the first build writes it, while other readers look through the package's folder."""
    package = tmp_path / "package"
    (package / "__pycache__").mkdir(parents=True)
    (package / "a.py").touch()
    (tmp_path / "other").mkdir()
    visit = door.knock("test")
    for folder in (package, package / "__pycache__", tmp_path / "other"):
        list(folder.iterdir())
    (package / "__pycache__/a.cpython-313.pyc").touch()
    (tmp_path / "other/__pycache__").mkdir()
    (tmp_path / "a.whl").touch()
    reads.made(tmp_path / "a.whl", keep_in=tmp_path / "kept")
    visit.remember()
    assert visit.doubt == ""
    (package / "__pycache__/b.cpython-313.pyc").touch()
    assert door.knock("test").reason == ""


def test_a_program_that_comes_while_the_build_runs(tmp_path: Path) -> None:
    """The build has not seen it where it looked for one."""
    (tmp_path / "bin/other").mkdir(parents=True)
    visit = door.knock("test")
    reads.folder(str(tmp_path / "bin"))
    (tmp_path / "bin/ninja").touch()
    (tmp_path / "a.whl").touch()
    reads.made(tmp_path / "a.whl", keep_in=tmp_path / "kept")
    visit.remember()
    assert door.knock("test").reason == f"{tmp_path / 'bin'} has other files"


def test_what_others_read_has_not_changed_since(tmp_path: Path) -> None:
    (tmp_path / "a.h").touch()
    visit = door.knock("test")
    reads.by_others([str(tmp_path / "a.h")], since=time.time_ns())
    visit.remember()
    assert visit.doubt == f"{tmp_path / 'a.h'} changed while the build ran"


@pytest.mark.parametrize(("name", "answered"), [("out/a.whl", True), ("src/a.py", False), ("out/a.py", False)])
def test_a_folder_that_appears_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, *,
                                     answered: bool) -> None:  # fmt: skip
    """pip puts the wheel into the project's folder of wheels once the hook has ended; anything else may matter."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "CMakeLists.txt").touch()
    (elsewhere := tmp_path.with_name(f"{tmp_path.name}-made")).mkdir()
    visit = door.knock("later")
    list(tmp_path.iterdir())
    (elsewhere / "a.whl").touch()
    reads.made(elsewhere / "a.whl", keep_in=elsewhere / "kept")
    visit.remember()
    assert not visit.doubt
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).touch()
    visit = door.knock("later")
    assert visit.reason == ("" if answered else f"{tmp_path} has other files")
    if answered:  # it is listed from now on, and gets the wheel of another version
        (tmp_path / "out/b.whl").touch()
        assert not door.knock("later").reason


def installed(folder: Path, *, name: str = "demo", digest: str = "x", scripts_first: bool = False) -> Path:
    """A build environment with one package, and a script that has the environment's path in it."""
    site = folder / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    info = site / f"{name}-1.dist-info"
    info.mkdir(parents=True)
    lines = [f"{name}/__init__.py,sha256={digest},1", f"../../../bin/{name},sha256={folder.name},1"]
    lines += [f"{info.name}/direct_url.json,sha256={folder.name},1", f"{name}/__pycache__/a.pyc,,"]
    if scripts_first:  # as pip and uv sort them
        lines = [lines[1], lines[0], lines[3]]
    (info / "RECORD").write_text("\n".join(lines), "utf-8")
    (site / "demo.pth").write_text(f"{folder}/more\n", "utf-8")
    return site


def test_an_environment_at_another_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = [*sys.path]
    answers = {}
    for name, digest in (("one", "x"), ("two", "x"), ("three", "y")):
        site = installed(tmp_path / "environments" / name, digest=digest)
        settle(site)
        monkeypatch.setattr(sys, "path", [*usual, str(site)])
        monkeypatch.setenv("PATH", f"{tmp_path}/environments/{name}/bin:/usr/bin")
        visit = door.knock("environment")
        answers[name] = visit.reason
        if not visit.wheels:
            (site / "demo-1.dist-info" / "RECORD").read_bytes()
            list(site.iterdir())
            (tmp_path / "a.whl").touch()
            reads.made(tmp_path / "a.whl", keep_in=tmp_path / "kept")
            visit.remember()
    assert answers == {
        "one": "no build is written down",
        "two": "",
        "three": "the build environment has other packages",
    }


@pytest.mark.parametrize("anew", [True, False])
def test_an_environment_in_the_same_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, anew: bool) -> None:
    """tox makes one anew there; in one that is still the same, a file that changed is another file."""
    folder = tmp_path / "environments" / "one"
    site = installed(folder)
    (folder / "pyvenv.cfg").write_text("home = /usr\n", "utf-8")
    (site / "demo.txt").write_text("one", "utf-8")
    settle(site)
    monkeypatch.setattr(sys, "path", [*sys.path, str(site)])
    visit = door.knock("environment in its place")
    (site / "demo.txt").read_bytes()
    (tmp_path / "a.whl").touch()
    reads.made(tmp_path / "a.whl", keep_in=tmp_path / "kept")
    visit.remember()
    if anew:
        shutil.rmtree(folder)
        installed(folder)
        (folder / "pyvenv.cfg").write_text("home = /usr\n", "utf-8")
    (site / "demo.txt").write_text("another", "utf-8")
    reason = door.knock("environment in its place").reason
    assert reason == ("" if anew else f"{site / 'demo.txt'} has changed")


def test_a_sorted_record_is_compared_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Line by line it takes ten times as long, and zig's has twenty thousand."""
    found = {}
    for name, digest in (("one", "x"), ("two", "x"), ("three", "y")):
        site = installed(tmp_path / name, digest=digest, scripts_first=True)
        monkeypatch.setattr(sys, "path", [str(site)])
        found[name] = installed_packages([str(tmp_path / name)], as_they_are=True)
    assert found["one"] == found["two"] != found["three"]


def test_pips_environment_is_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip has normal/bin on PATH, overlay/lib and site among the folders of Python."""
    site = installed(tmp_path / "pip-build-env-1" / "overlay")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "pip-build-env-1" / "site"), str(site)])
    assert str(tmp_path / "pip-build-env-1") in environment_roots()


def test_the_folder_of_wheels_is_another_each_time(tmp_path: Path) -> None:
    """pip's is; who writes a wheel looks there for what killed builds have left."""
    answers = []
    for name in ("one", "two", "three"):
        place = tmp_path / name / "a.whl"
        place.parent.mkdir()
        (place.parent / f"b-{name}.whl").touch()
        (left := place.with_name(".a.whl.99999999.part")).touch()
        visit = door.knock("folders of wheels", out=str(place.parent))
        answers.append(visit.reason)
        if visit.wheels:
            continue
        remove_parts(place)
        assert not left.exists()
        place.touch()
        reads.made(place, keep_in=tmp_path / "kept")
        visit.remember()
    assert answers == ["no build is written down", "", ""]


CHANGES = {
    "another column": ("UPDATE recipes SET used = 7", True),
    "another row": ("INSERT INTO recipes VALUES ('zlib/1', 0)", True),
    "a row that was asked for": ("INSERT INTO recipes VALUES ('lz4/2', 0)", False),
    "no table": ("DROP TABLE recipes", False),
    "no database": ("", False),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_database_counts_by_what_it_answers(name: str, tmp_path: Path) -> None:
    """Conan notes in its own when a package was last used."""
    path, query = tmp_path / "a % b?.sqlite3", "SELECT reference FROM recipes WHERE reference LIKE ?"
    with sqlite3.connect(path) as database:
        database.executescript("CREATE TABLE recipes (reference, used); INSERT INTO recipes VALUES ('lz4/1', 0)")
    database.close()
    settle(tmp_path)
    visit = door.knock("database", name)
    reads.file(path)
    reads.answered(path, query, ["lz4/%"], [["before Conan ran"]])
    reads.answered(path, query, ["lz4/%"], rows(str(path), query, ["lz4/%"]))
    (tmp_path / "a.whl").touch()
    reads.made(tmp_path / "a.whl", keep_in=tmp_path / "kept")
    visit.remember()
    assert door.knock("database", name).reason == ""
    change, is_answered = CHANGES[name]
    if change:
        with sqlite3.connect(path) as database:
            database.execute(change)
        database.close()
    else:
        path.write_bytes(b"no database at all" * 100)
    assert door.knock("database", name).reason == ("" if is_answered else f"{path} has changed")
