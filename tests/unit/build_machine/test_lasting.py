"""A build environment that is gone after the build is kept; one that stays is used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.crossbuild import write
from xconan.build_machine.lasting import lasting_environment, passing_roots
from xconan.lines.editable import _environ as environment_of_builds

PYTHON = sys.executable
LONG = "#!/bin/sh\n'''exec' \"/a long/way/python3\" \"$0\" \"$@\"\n' '''\n"


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What pip makes for one build: two folders that look like environments, the second behind the first."""
    folder = tmp_path / "pip-build-env-x1"
    lib = f"lib/python3.{sys.version_info.minor}/site-packages"
    for below in ("overlay", "normal"):
        write(folder / below / lib / "tool/__init__.py", f"where = '{below}'\n")
        write(folder / below / lib / f"{below}.py", "")
        write(folder / below / lib / "tool-1.dist-info/RECORD", f"tool/__init__.py,sha256={below},1\n")
    write(folder / "overlay" / lib / "pip/__init__.py", "")
    write(folder / "site/sitecustomize.py", "raise SystemExit(9)\n")
    bin_folder = folder / "overlay/bin"
    write(bin_folder / "tool", f"#!{PYTHON}\nimport tool\nprint(tool.where)\n").chmod(0o755)
    write(bin_folder / "far", f"{LONG}import tool\nprint(tool.where)\n").chmod(0o755)
    write(bin_folder / "shell", "#!/bin/sh\necho shell\n").chmod(0o755)
    write(bin_folder / "pip3", f"#!{PYTHON}\n")
    path = [str(folder / "site"), *(str(folder / below / lib) for below in ("overlay", "normal"))]
    monkeypatch.setattr(sys, "path", [*path, *(entry for entry in sys.path if entry.startswith(sys.base_prefix))])
    return folder


def said(program: Path) -> str:
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    return done.stdout.strip() or done.stderr


def test_it_is_kept(environment: Path) -> None:
    assert passing_roots() == [str(environment)]
    kept = lasting_environment()
    assert kept.kept
    environment.rename(environment.with_name("gone"))
    code = "import tool, normal, overlay, sys; print(tool.where, sys.prefix)"
    done = subprocess.run([kept.python, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["overlay", str(kept.programs.parent)]
    assert [said(kept.programs / name) for name in ("tool", "far", "shell")] == ["overlay", "overlay", "shell"]
    assert sorted(path.name for path in kept.programs.iterdir()) == ["far", "python", "python3", "shell", "tool"]
    assert not list(kept.programs.parent.rglob("pip"))


def test_a_program_that_runs_the_build(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its folder is the first that Python searches, and holds a program of the name of a package."""
    monkeypatch.setattr(sys, "path", [str(environment / "overlay/bin"), *sys.path])
    kept = lasting_environment()
    (package,) = kept.programs.parent.rglob("tool/__init__.py")
    assert sorted(path.name for path in package.parents[1].iterdir() if path.suffix != ".dist-info") == [
        "normal.py", "overlay.py", "tool",
    ]  # fmt: skip


def test_the_same_packages_are_one_environment(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = lasting_environment()
    other = environment.rename(environment.with_name("pip-build-env-x2"))
    monkeypatch.setattr(sys, "path", [entry.replace(str(environment), str(other)) for entry in sys.path])
    assert lasting_environment() == first
    record = next(other.glob("overlay/lib/*/site-packages/tool-1.dist-info/RECORD"))
    record.write_text("tool/__init__.py,sha256=another,1\n", "utf-8")
    assert lasting_environment() != first


def test_one_that_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "tmp"))
    monkeypatch.setattr(sys, "path", [str(tmp_path / "venv/lib/python3.11/site-packages"), *sys.path])
    found = lasting_environment()
    assert (found.kept, found.python, found.search_path) == (False, Path(sys.executable), tuple(sys.path))


@pytest.mark.parametrize("name", ["build-env-k2j1", "pip-build-env-9/overlay", "cache/uv/builds-v0/.tmpX1"])
def test_environments_of_frontends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Wherever they make them."""
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "tmp"))
    monkeypatch.setattr(sys, "path", [str(tmp_path / name / "lib/python3.11/site-packages"), *sys.path])
    assert passing_roots() == [str(tmp_path / name.partition("/overlay")[0])]


def test_the_environment_of_pip_itself_stays(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it lies in $TMPDIR, too: Python searches its folder of the script that pip runs, and nothing else of it."""
    script = environment.with_name("venv") / "lib/python3.11/site-packages/pip/_vendor/pyproject_hooks/_in_process"
    monkeypatch.setattr(sys, "path", [str(script), *sys.path])
    assert passing_roots() == [str(environment)]


def test_programs_beside_the_interpreter_are_found_later(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip of an environment that nobody has activated: its cmake is the build's, as get_requires has found it there."""
    programs = environment.with_name("venv") / "bin"
    monkeypatch.setattr(sys, "executable", str(programs / "python3"))
    monkeypatch.setenv("PATH", f"{environment}/overlay/bin:/usr/bin")
    kept = lasting_environment()
    assert environment_of_builds(kept)["PATH"] == f"{kept.programs}:{programs}:/usr/bin"
