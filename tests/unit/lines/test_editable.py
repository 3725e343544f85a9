"""Editable installs without a compiler: what the wheel holds, and what its hook finds in a Python of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from tests.support.compare import assert_says, raises_error
from tests.support.crossbuild import write
from tests.support.workbench import PYPROJECT
from xconan.ground import reads
from xconan.ground.errors import CheckError, ConfigError
from xconan.lines.editable import build_editable, rebuild
from xconan.wheel.files import editable_hook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.workbench import Workbench

PYTHON = sys.executable  # the made-up machine has its own
MODES = ("symlink", "hook", "wrapper")
MODULE = "demo/_core.py"  # what the made-up CMake installs as the module: a Python can import it


@pytest.fixture(autouse=True)
def _unwatched() -> Iterator[None]:
    yield
    reads.unwatch()


@pytest.fixture
def project(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    """The project demo with packages, data, and a sub-package that CMake puts something into."""
    monkeypatch.setattr("xconan.build_machine.lasting.passing_roots", list)  # wherever the tests' own environment lies
    with_cmake(bench)
    bench.write("demo/__init__.py", "from ._core import answer\n")
    bench.write("demo/data/table.txt", "from the project")
    bench.write("demo/sub/__init__.py", "from . import _made\n")
    bench.write("demo/sub/plain.py", "name = __name__\n")
    bench.write("demo/pure/__init__.py", "")
    bench.cmake.installs[""] = {
        MODULE: b"answer = 41\n", "demo/sub/_made.py": b"", "demo/data/made.txt": b"from CMake", "other.py": b"",
    }  # fmt: skip
    return bench


def with_cmake(bench: Workbench) -> None:
    """A native build; what it makes are files of Python's, which any Python can import."""
    bench.native()
    bench.write("pyproject.toml", PYPROJECT + "[tool.xconan.wheel]\npure_python = true\n[tool.xconan.cmake]\n")


def install(bench: Workbench, mode: str = "symlink", more: str = "", *, site: str = "site") -> Path:
    """Install the project as an installer does, and return the folder of its files."""
    with (bench.root / "pyproject.toml").open("a", encoding="utf-8") as stream:
        stream.write(f'[tool.xconan.editable]\nmode = "{mode}"\n{more}')
    time.sleep(0.03)  # what was written just now may change again within one tick of the clock
    wheel = bench.out / build_editable(bench.root, bench.out)
    folder = bench.root.parent / site
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run(site: Path, code: str, *, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """Run code in a new Python for which this is a folder of installed packages."""
    argv = [PYTHON, "-c", f"import site; site.addsitedir({str(site)!r})\n{code}"]
    full = {**os.environ, "XCONAN_VERBOSE": "0", **env}
    return subprocess.run(argv, cwd=cwd or site, env=full, capture_output=True, text=True, check=False)


def prints(site: Path, code: str, **env: str) -> str:
    done = run(site, code, cwd=None, **env)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


FOUND = """\
import demo, demo.sub.plain, demo.pure, other, pkgutil
from importlib.resources import files
print(demo.answer)
print(demo.sub._made.__name__, other.__name__)
data = files("demo") / "data"
print(data.joinpath("table.txt").read_text())
print(data.joinpath("made.txt").read_text())
print(*sorted(m.name for m in pkgutil.iter_modules(demo.__path__)))
"""


@pytest.mark.parametrize("mode", MODES)
def test_everything_is_found(project: Workbench, mode: str) -> None:
    site = install(project, mode)
    found = prints(site, FOUND)
    assert found.splitlines() == [
        "41", "demo.sub._made other", "from the project", "from CMake", "_core pure sub",
    ]  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
def test_python_files_are_the_projects_own(project: Workbench, mode: str) -> None:
    """Edited, added and removed ones count at once, also in a package that CMake puts something into."""
    site = install(project, mode)
    project.write("demo/sub/plain.py", "name = 'edited'\n")
    project.write("demo/added.py", "name = __name__\n")
    project.write("demo/sub/added.py", "name = __name__\n")
    project.write("demo/pure/added.py", "name = __name__\n")
    code = (
        "from demo.sub import plain; import demo.added, demo.sub.added, demo.pure.added as p; print(plain.name, p.name)"
    )
    assert prints(site, code) == "edited demo.pure.added"
    (project.root / "demo/sub/plain.py").unlink()
    assert "No module named 'demo.sub.plain'" in run(site, "import demo.sub.plain").stderr


def test_the_projects_folder_as_working_folder(project: Workbench) -> None:
    """Where Python looks first into a folder that has the package without what CMake made, the hook is asked before."""
    for mode in ("symlink", "hook"):
        site = install(project, mode) if mode == "symlink" else reinstalled(project, mode)
        assert run(site, "import demo; print(demo.answer)", cwd=project.root).stdout == "41\n"


def reinstalled(bench: Workbench, mode: str) -> Path:
    text = (bench.root / "pyproject.toml").read_text("utf-8")
    bench.write("pyproject.toml", text.partition("[tool.xconan.editable]")[0])
    return install(bench, mode, site=f"site-{mode}")


def test_what_the_wheel_holds(project: Workbench) -> None:
    wheel = sorted(install(project).rglob("*"))
    names = [path.name for path in wheel if path.is_file()]
    assert names == ["_demo_editable.pth", "_demo_editable.py", "METADATA", "RECORD", "WHEEL"]
    text = next(path for path in wheel if path.name.endswith(".pth")).read_text("utf-8")
    tree, line = text.splitlines()
    assert line == "import _demo_editable"
    assert Path(tree, "demo/_core.py").read_bytes() == b"answer = 41\n"
    assert Path(tree, "demo/pure").readlink() == project.root / "demo/pure"
    assert Path(tree, "demo/sub/plain.py").readlink() == project.root / "demo/sub/plain.py"


def test_scripts_go_where_installers_put_them(project: Workbench) -> None:
    project.cmake.installs[""]["demo-1.2.data/scripts/tool"] = b"#!python\n"
    site = install(project)
    assert (site / "demo-1.2.data/scripts/tool").read_bytes() == b"#!python\n"
    assert not list(project.root.rglob("editable/*/demo-1.2.data"))


def test_a_namespace(bench: Workbench) -> None:
    """Others have a part of it."""
    with_cmake(bench)
    (bench.root / "demo/__init__.py").unlink()
    bench.write("demo/part/__init__.py", "from . import _core\n")
    bench.cmake.installs[""] = {"demo/part/_core.py": b""}
    for mode in MODES:
        text = (bench.root / "pyproject.toml").read_text("utf-8").partition("[tool.xconan.module]")[0]
        bench.write("pyproject.toml", f"{text}[tool.xconan.module]\nnamespace = true\n")
        site = install(bench, mode, site=f"site-{mode}")
        write(site / "demo/another.py", "name = __name__\n")
        assert prints(site, "import demo.part, demo.another; print(demo.part._core.__name__)") == "demo.part._core"


def test_a_module_alone(bench: Workbench) -> None:
    """Of a project with nothing for CMake to do."""
    (bench.root / "CMakeLists.txt").unlink()
    (bench.root / "demo/__init__.py").unlink()
    bench.write("src/demo.py", "answer = 1\n")
    (bench.root / "demo").rmdir()
    for mode in MODES:
        text = (bench.root / "pyproject.toml").read_text("utf-8").partition("[tool.xconan.editable]")[0]
        bench.write("pyproject.toml", text)
        site = install(bench, mode, site=f"site-{mode}")
        assert prints(site, "import demo; print(demo.answer, demo.__file__.endswith('demo.py'))") == "1 True"


def test_packages_elsewhere(project: Workbench) -> None:
    """Several packages, and a file that the wheel has in another place than the project."""
    project.write("lib/core/__init__.py", "from .plain import name\n")
    project.write("lib/core/plain.py", "name = __name__\n")
    project.write("shared/notes.txt", "notes")
    more = """\
        [tool.xconan.module]
        packages = ["demo", "lib/core"]
        [tool.xconan.wheel.include]
        "core/notes.txt" = "shared/notes.txt"
        """
    text = (project.root / "pyproject.toml").read_text("utf-8")
    project.write("pyproject.toml", text.replace("[tool.xconan.cmake]\n", f"[tool.xconan.cmake]\n{dedent(more)}"))
    code = (
        "import core, demo; from importlib.resources import files\n"
        "print(core.name, demo.answer, files('core').joinpath('notes.txt').read_text())"
    )
    for mode in MODES:
        site = install(project, mode, site=f"site-{mode}") if mode == "symlink" else reinstalled(project, mode)
        assert prints(site, code) == "core.plain 41 notes"
    project.write("shared/notes.txt", "edited")
    assert prints(site, code) == "core.plain 41 edited"


def test_a_program_that_an_import_can_not_change(
    project: Workbench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write("tool.sh", "#!/bin/sh\n")
    text = (project.root / "pyproject.toml").read_text("utf-8")
    project.write(
        "pyproject.toml",
        f'{text}[tool.xconan.editable]\n{HOOKED}[tool.xconan.wheel.include]\n"{{scripts}}/tool" = "tool.sh"\n',
    )
    build_editable(project.root, project.out)
    monkeypatch.setenv(editable_hook.SKIPPED, "1")  # as where an import builds
    rebuild({"root": str(project.root), "settings": {}})
    assert "have changed" not in capsys.readouterr().err
    project.write("tool.sh", "#!/bin/sh\necho\n")
    rebuild({"root": str(project.root), "settings": {}})
    assert "scripts, headers or packages of demo have changed" in capsys.readouterr().err


def test_nothing_to_import(bench: Workbench) -> None:
    with_cmake(bench)
    (bench.root / "demo/__init__.py").unlink()
    bench.cmake.installs[""] = {"another/_core.py": b""}
    with raises_error(CheckError, "nothing in the wheel can be imported as demo"):
        install(bench)


def test_another_host_is_refused(bench: Workbench) -> None:
    said = "an editable install is for the Python that it is made by, and this is for cp311-cp311-linux_aarch64"
    cross = bench.cross()
    with raises_error(ConfigError, said, where=str(cross), hint="pip wheel ."):
        build_editable(bench.root, bench.out, {"cross": str(cross)})
    assert not bench.cmake.stages


def test_what_stays_is_not_touched(project: Workbench) -> None:
    """Who has loaded a file keeps it: another content is another file."""
    install(project)
    (made,) = project.root.rglob("editable/*/demo/_core.py")
    (sub,) = project.root.rglob("editable/*/demo/sub/_made.py")
    before, untouched = made.stat().st_ino, sub.stat().st_ino
    with made.open("rb") as loaded:
        project.cmake.installs[""][MODULE] = b"answer = 42\n"
        build_editable(project.root, project.out)
        assert loaded.read() == b"answer = 41\n"
    assert made.read_bytes() == b"answer = 42\n"
    assert (made.stat().st_ino != before, sub.stat().st_ino) == (True, untouched)


def test_nothing_is_left_of_what_is_no_more(project: Workbench) -> None:
    site = install(project)
    del project.cmake.installs[""]["demo/sub/_made.py"]
    (project.root / "demo/pure/__init__.py").unlink()
    (project.root / "demo/pure").rmdir()
    build_editable(project.root, project.out)
    tree = Path((site / "_demo_editable.pth").read_text("utf-8").splitlines()[0])
    assert (tree / "demo/sub").is_symlink()  # nothing of CMake's is in it now
    assert sorted(path.name for path in (tree / "demo").iterdir()) == ["__init__.py", "_core.py", "data", "sub"]


def test_what_cmake_made_is_gone(project: Workbench) -> None:
    for mode in MODES:
        site = install(project, mode) if mode == "symlink" else reinstalled(project, mode)
        (tree,) = (path for path in project.root.rglob("editable/*") if path.is_dir())
        gone = tree.rename(tree.with_name("moved"))
        done = run(site, "import demo")
        assert_says(done.stderr, "ImportError: demo is installed as editable, and ", f"{tree} is gone",
                    f"hint: pip install -e {project.root}")  # fmt: skip
        gone.rename(tree)


# --- built anew at the import ----------------------------------------------------------------------------------------


HOOKED = "build_hook = true\n"


def facts_of(site: Path) -> dict[str, object]:
    """What the hook was told."""
    code = "import json, _demo_editable; print(json.dumps(_demo_editable.FINDER.facts))"
    facts: dict[str, object] = json.loads(prints(site, code))
    return facts


def with_build(site: Path, script: str) -> None:
    """Give the hook another program to build with: a script of Python's."""
    file = write(site.parent / "build.py", script)
    hook = site / "_demo_editable.py"
    text = hook.read_text("utf-8")
    argv = [PYTHON, str(file)]
    hook.write_text(text + f"\nFINDER.facts['build']['argv'] = {argv!r}\n", "utf-8")


def test_an_unchanged_project_is_not_built(project: Workbench) -> None:
    site = install(project, more=HOOKED)
    inputs = Path(str(facts_of(site)["inputs"]))
    record = json.loads(inputs.read_text("utf-8"))
    # other files are everybody's; and the made-up Ninja does not say that it has nothing to do
    own = {part: {path: known for path, known in record[part].items() if path.startswith(str(project.root))}
           for part in ("files", "folders", "kinds")}  # fmt: skip
    assert str(project.root / "demo/sub/plain.py") in own["files"]
    inputs.write_text(json.dumps({**own, "doubt": ""}), "utf-8")
    with_build(site, "raise SystemExit(9)")
    assert prints(site, "import demo; print(demo.answer)") == "41"
    source = project.write("demo/sub/plain.py", "x = 1\n")
    assert_says(run(site, "import demo").stderr, f"it was to be built anew, as {source} has changed, and that failed",
                "(exit code 9)", "hint: mend it and import it again, or set XCONAN_REBUILD=0")  # fmt: skip
    assert prints(site, "import demo; print(demo.answer)", XCONAN_REBUILD="0") == "41"


def test_a_build_that_fails_is_tried_again(project: Workbench) -> None:
    """In the same process, as in a notebook; its words are in the error."""
    site = install(project, more=HOOKED)
    flag = site.parent / "good"
    script = (
        f"import os, sys\nprint('core.c:1: error: no', file=sys.stderr)\nsys.exit(not os.path.exists({str(flag)!r}))"
    )
    with_build(site, script)
    code = (f"try: import demo\nexcept ImportError as e: print(e)\nopen({str(flag)!r}, 'w')\n"
            "import demo; print(demo.answer)")  # fmt: skip
    Path(str(facts_of(site)["inputs"])).unlink()
    assert_says(prints(site, code), "core.c:1: error: no", "as no good build is written down", "\n41")


def test_what_an_import_cant_change_is_said(project: Workbench) -> None:
    """And nothing else of a build that succeeds."""
    site = install(project, more=HOOKED)
    with_build(site, "print('compile    2 steps'); print('xconan: version has changed: run pip install -e x again')")
    Path(str(facts_of(site)["inputs"])).unlink()
    assert run(site, "import demo").stderr == "xconan: version has changed: run pip install -e x again\n"
    assert not run(site, "import demo", XCONAN_QUIET="1").stderr


def test_the_environment_of_a_build(project: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What builds read is as it was; everything else as it is. A program that the build runs does not build again."""
    monkeypatch.setenv("CFLAGS", "-O1")
    monkeypatch.setenv("CONAN_PASSWORD", "secret")
    monkeypatch.delenv("CXXFLAGS", raising=False)
    site = install(project, more=HOOKED)
    out = site.parent / "env.json"
    with_build(site, f"import json, os; json.dump(dict(os.environ), open({str(out)!r}, 'w'))\n"
                     f"import site; site.addsitedir({str(site)!r})\n"
                     "import importlib.util; assert importlib.util.find_spec('other')")  # fmt: skip
    Path(str(facts_of(site)["inputs"])).unlink()
    prints(site, "import demo", CFLAGS="-O3", CXXFLAGS="-O3", NOTHING="1")
    env = json.loads(out.read_text("utf-8"))
    assert (env["CFLAGS"], env.get("CXXFLAGS"), env["NOTHING"]) == ("-O1", None, "1")
    assert env["XCONAN_EDITABLE_SKIP"] == facts_of(site)["tree"]
    assert "secret" not in (site / "_demo_editable.py").read_text("utf-8")


def test_no_environment_and_no_project(project: Workbench) -> None:
    site = install(project, more=HOOKED)
    Path(str(facts_of(site)["inputs"])).unlink()
    hook = site / "_demo_editable.py"
    text = hook.read_text("utf-8")
    hook.write_text(f"{text}\nFINDER.facts['build']['argv'] = ['/nowhere/python']\n", "utf-8")
    assert_says(run(site, "import demo").stderr, "the environment that it is built in is gone: /nowhere/python",
                f"hint: pip install -e {project.root}")  # fmt: skip
    hook.write_text(f"{hook.read_text('utf-8')}\nFINDER.facts['root'] = {str(project.root)!r} + ' b'\n", "utf-8")
    Path(f"{project.root} b").mkdir()
    assert_says(run(site, "import demo").stderr, f"hint: pip install -e '{project.root} b'")
    hook.write_text(text, "utf-8")
    project.root.rename(project.root.with_name("moved"))
    assert_says(run(site, "import demo").stderr, f"its folder {project.root} is gone", "hint: pip uninstall demo")


def test_states_are_compared_as_at_the_door(tmp_path: Path) -> None:
    file = write(tmp_path / "a", "1")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for path in map(str, (file, tmp_path, tmp_path / "nothing", tmp_path / "link")):
        assert editable_hook.state_of(path) == reads.state(path)
        assert editable_hook.kind_of(path) == reads.kind(path)
        assert editable_hook.names_of(path) == [name for name in reads.names(path) if editable_hook.is_told_of(name)]


@pytest.mark.parametrize(("name", "told"), [
    ("a.c", True), ("__pycache__", False), (".pytest_cache", False), ("dist", False), ("demo.egg-info", False),
])  # fmt: skip
def test_what_tools_leave_behind(name: str, *, told: bool) -> None:
    assert editable_hook.is_told_of(name) is told
