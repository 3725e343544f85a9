"""`xconan lock`, what a conan.lock means for builds, and `xconan graph`."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conan.conftest import BASE, export, tiny_recipe
from tests.support.compare import assert_says
from tests.support.conan_home import run_conan
from xconan.cli import main
from xconan.ground.errors import ConanError

if TYPE_CHECKING:
    from tests.conan.conftest import Demo


@pytest.fixture(autouse=True)
def here(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user stands in the project's folder."""
    monkeypatch.chdir(demo.root)
    monkeypatch.setenv("PWD", str(demo.root))
    demo.write("conanfile.txt", "[requires]\ntiny/[*]\n")


def run(capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a verb prints; it must succeed."""
    capfd.readouterr()
    assert main([*arguments]) == 0
    return capfd.readouterr().out


def fails(capfd: pytest.CaptureFixture[str], *arguments: str, code: int = 4) -> tuple[str, str]:
    """What a verb prints when it fails, and the error."""
    capfd.readouterr()
    with pytest.raises(SystemExit) as caught:
        main([*arguments])
    assert caught.value.code == code
    seen = capfd.readouterr()
    assert_says(seen.err, lacks=["Traceback"])
    return seen.out, seen.err


def locked(demo: Demo) -> dict[str, list[str]]:
    """What conan.lock holds, without revisions."""
    found = json.loads((demo.root / "conan.lock").read_text("utf-8"))
    return {kind: [one.split("#")[0] for one in found[kind]] for kind in found if kind.endswith("requires")}


# --- lock ------------------------------------------------------------------------------------------------------------


def test_a_range_is_fixed(demo: Demo, home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(capfd, "lock") == f"{demo.root / 'conan.lock'}\n"
    assert locked(demo) == {"requires": ["tiny/1.0"]}
    export(home, tiny_recipe("1.1", number=7), tmp_path / "newer")
    assert "tiny/1.0" in run(capfd, "graph")
    run(capfd, "lock")
    assert locked(demo) == {"requires": ["tiny/1.0"]}
    run(capfd, "lock", "--upgrade")
    assert locked(demo) == {"requires": ["tiny/1.1"]}


def test_a_revision_is_fixed(demo: Demo, home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A newer recipe of the same version is not used, in a build that starts from nothing either."""
    run(capfd, "lock")
    before = (demo.root / "conan.lock").read_text("utf-8")
    export(home, tiny_recipe(number=7), tmp_path / "newer")
    folders = [line for line in demo.install().text.splitlines() if "/p" in line]
    assert "#define TINY 1\n" in _header(folders)
    run(capfd, "lock")
    assert (demo.root / "conan.lock").read_text("utf-8") == before


def _header(lines: list[str]) -> str:
    roots = [Path(found[1]) for line in lines if (found := re.search(r'FIND_ROOT_PATH "(.*)"', line))]
    return "".join((root / "include/tiny.h").read_text("utf-8") for root in roots if (root / "include/tiny.h").exists())


def test_stale(demo: Demo, home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What is not in the lockfile is not built; the remedy that is printed mends it."""
    run(capfd, "lock")
    export(home, tiny_recipe("2.0", number=2), tmp_path / "newer")
    demo.write("conanfile.txt", "[requires]\ntiny/2.0\n")
    with pytest.raises(ConanError, match=r"'tiny/2\.0' not in lockfile") as caught:
        demo.install()
    assert caught.value.hint == "bring conan.lock up to date: xconan lock"
    _, said = fails(capfd, "graph")
    assert "xconan lock" in said
    run(capfd, "lock")
    assert demo.install().text
    assert locked(demo) == {"requires": ["tiny/2.0", "tiny/1.0"]}


def test_the_command_names_project_and_target(demo: Demo, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert home.is_dir()
    demo.write("conan.lock", '{"version": "0.5", "requires": []}')
    monkeypatch.setenv("PWD", os.path.sep)
    with pytest.raises(ConanError) as caught:
        demo.install()
    assert caught.value.hint == f"bring conan.lock up to date: xconan lock '{demo.root}'"


def test_requirements_in_pyproject(demo: Demo, capfd: pytest.CaptureFixture[str]) -> None:
    (demo.root / "conanfile.txt").unlink()
    demo.write("pyproject.toml", BASE + '[tool.xconan.conan]\nrequires = ["tiny/1.0"]\n')
    assert run(capfd, "lock") == f"{demo.root / 'conan.lock'}\n"
    demo.write("pyproject.toml", BASE + '[tool.xconan.conan]\nrequires = ["lz4/1.9.4"]\n')
    with pytest.raises(ConanError, match=r"lz4/1\.9\.4") as caught:
        demo.install()
    assert caught.value.where == f"{demo.root / 'pyproject.toml'}: tool.xconan.conan"
    run(capfd, "lock")
    assert demo.install().text


def test_programs_of_this_machine_are_not_locked(demo: Demo, capfd: pytest.CaptureFixture[str]) -> None:
    """cmake has another version elsewhere, which must not make the lockfile stale there."""
    demo.write("conanfile.txt", "[requires]\ntiny/1.0\n[tool_requires]\ncmake/[>=3]\n")
    run(capfd, "lock")
    assert locked(demo) == {"requires": ["tiny/1.0"]}
    assert demo.install().text
    assert "this machine's" in run(capfd, "graph")


def test_editable_packages_are_locked_by_version_alone(
    demo: Demo, home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "edited").mkdir()
    (tmp_path / "edited/conanfile.py").write_text(tiny_recipe("1.5"), "utf-8")
    run_conan(home, "editable", "add", str(tmp_path / "edited"))
    run(capfd, "lock")
    assert json.loads((demo.root / "conan.lock").read_text("utf-8"))["requires"] == ["tiny/1.5"]
    assert "editable" in run(capfd, "graph")
    assert demo.install().text


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": "0.1"}', '{"requires": ["no reference"]}', "\0"])
def test_lockfile_that_is_none(demo: Demo, text: str, capfd: pytest.CaptureFixture[str]) -> None:
    demo.write("conan.lock", text)
    with pytest.raises(ConanError) as caught:
        demo.install()
    assert "xconan lock --upgrade" in caught.value.hint
    run(capfd, "lock", "--upgrade")
    assert demo.install().text


def test_a_failure_leaves_the_lockfile_alone(demo: Demo, capfd: pytest.CaptureFixture[str]) -> None:
    run(capfd, "lock")
    before = (demo.root / "conan.lock").read_bytes()
    demo.write("conanfile.txt", "[requires]\nnothing/1.0\n")
    fails(capfd, "lock")
    assert (demo.root / "conan.lock").read_bytes() == before
    assert not list(demo.root.glob(".conan.lock*"))


def test_an_unchanged_build_with_a_lockfile_starts_no_conan(demo: Demo, capfd: pytest.CaptureFixture[str]) -> None:
    run(capfd, "lock")
    demo.install()
    demo.output()
    demo.install()
    assert not demo.ran_conan()
    demo.write("conan.lock", (demo.root / "conan.lock").read_text("utf-8") + "\n")
    demo.install()
    assert demo.ran_conan()


@pytest.mark.parametrize("verb", ["lock", "graph"])
def test_nothing_is_asked_of_conan(demo: Demo, verb: str, capfd: pytest.CaptureFixture[str]) -> None:
    (demo.root / "conanfile.txt").unlink()
    _, said = fails(capfd, verb, code=2)
    assert "asks nothing of Conan" in said
    assert not (demo.root / "conan.lock").exists()


# --- graph -----------------------------------------------------------------------------------------------------------


def graph(capfd: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(capfd, "graph", "--json"))["graph"]
    return found


def test_where_binaries_come_from(demo: Demo, capfd: pytest.CaptureFixture[str]) -> None:
    demo.write("conanfile.txt", "[requires]\ntiny/1.0\nlz4/1.9.4\n[tool_requires]\ncmake/[>=3]\n")
    before = set(demo.root.rglob("*"))
    seen = {one["ref"]: one for one in graph(capfd)["targets"][0]["packages"]}
    assert seen["tiny/1.0"]["binary"] == seen["lz4/1.9.4"]["binary"] == "Build"
    assert {one["context"] for ref, one in seen.items() if ref.startswith("cmake/")} == {"build"}
    new = [path for path in set(demo.root.rglob("*")) - before if path.is_file()]
    assert {path.name for path in new} <= {".gitignore", "CACHEDIR.TAG", "graph.log"}  # its log, and nothing of a build
    demo.write("conanfile.txt", "[requires]\ntiny/1.0\n")
    demo.install()
    text = run(capfd, "graph")
    assert re.fullmatch(r"demo 1\n`-- cp3\S+ \(1 cache\)\n    `-- tiny/1.0: cache\n", text)


def test_page(demo: Demo, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(capfd, "graph", "--html", "graph.html") == f"{demo.root / 'graph.html'}\n"
    page = (demo.root / "graph.html").read_text("utf-8")
    assert "tiny/1.0" in page
    assert not re.search(r"https?://|<script|<link", page)


def test_recipe_that_refuses_the_host(
    demo: Demo, home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The graph says why; so does a build."""
    refusal = 'raise __import__("conan.errors").errors.ConanInvalidConfiguration("no <such> host")'
    text = tiny_recipe("3.0") + f"\n    def validate(self):\n        {refusal}\n"
    export(home, text, tmp_path / "picky")
    assert "tiny/3.0: can't be built (no <such> host)" in run(capfd, "graph")
    run(capfd, "graph", "--html", "graph.html")
    seen = graph(capfd)["targets"][0]["packages"][1]
    assert (seen["binary"], seen["reason"]) == ("Invalid", "no <such> host")
    assert "no &lt;such&gt; host" in (demo.root / "graph.html").read_text("utf-8")
    with pytest.raises(ConanError, match="no <such> host") as caught:
        demo.install()
    assert "can't be built for this host" in caught.value.hint


def test_graph_of_what_is_not_there(demo: Demo, capfd: pytest.CaptureFixture[str]) -> None:
    demo.write("conanfile.txt", "[requires]\ntiny/1.0\nnothing/1.0\n")
    out, said = fails(capfd, "graph")
    assert "tiny/1.0" in out
    assert "nothing/1.0" in said
    assert main(["graph", "--json"]) == 4
    seen = capfd.readouterr()
    assert json.loads(seen.out)["errors"][0]["code"] == 4
    assert_says(seen.err, "nothing/1.0")
