"""Stubs of a wheel's Python files, by mypy's stubgen."""

from __future__ import annotations

import zipfile
from importlib.metadata import PackageNotFoundError
from typing import TYPE_CHECKING

import pytest

from tests.support.compare import raises_error
from tests.support.crossbuild import write
from xconan.ground.errors import ConfigError, XconanError
from xconan.pipeline import build_wheel, plan_wheel
from xconan.project.requirements import requirements
from xconan.wheel import stubs

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("mypy", reason="pip install mypy")
BASE = '[project]\nname = "demo"\nversion = "1"\n[tool.xconan.wheel]\npure_python = true\n'
FILES = {
    "demo/__init__.py": (
        "try:\n    from ._core import native\nexcept ImportError:\n    pass\n\n\n"
        "def twice(x: int) -> int:\n    return 2 * x\n"
    ),
    "demo/typed.py": "a = 1\n",
    "demo/typed.pyi": "a: float\n",
    "demo/sub/__init__.py": "",
    "demo/sub/deep.py": "class C:\n    def f(self): ...\n",
}


def build(root: Path, tool: str) -> dict[str, str]:
    """The stubs in the wheel of the project with this table."""
    for name, text in {"pyproject.toml": BASE + tool, **FILES}.items():
        write(root / name, text)
    wheel = root / "out" / build_wheel(root, root / "out")
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist() if name.endswith(".pyi")}


def test_stubs(root: Path) -> None:
    found = build(root, "[tool.xconan.stubgen]\n")
    assert set(found) == {"demo/__init__.pyi", "demo/typed.pyi", "demo/sub/__init__.pyi", "demo/sub/deep.pyi"}
    assert "def twice(x: int) -> int: ..." in found["demo/__init__.pyi"]
    assert found["demo/typed.pyi"] == FILES["demo/typed.pyi"]
    assert requirements(root) == ["mypy>=1.4"]
    write(root / "demo/sub/deep.py", "class D: ...\n")
    FILES_NOW = FILES | {"demo/sub/deep.py": "class D: ...\n"}  # noqa: N806 - the same, changed
    for name, text in FILES_NOW.items():
        write(root / name, text)
    with zipfile.ZipFile(root / "out" / build_wheel(root, root / "out")) as archive:
        assert "class D" in archive.read("demo/sub/deep.pyi").decode()


def test_stubs_that_go_elsewhere(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert set(build(root, f'[tool.xconan.stubgen]\nargs = ["-o", "{root}/typings"]\n')) == {"demo/typed.pyi"}
    assert "stubs go where -o says, and none into the wheel" in capsys.readouterr().err
    assert (root / "typings/demo/sub/deep.pyi").is_file()


def test_chosen_ones(root: Path) -> None:
    found = build(root, '[tool.xconan.stubgen]\npackages = []\nmodules = ["demo.sub.deep"]\nargs = ["--quiet"]\n')
    assert set(found) == {"demo/typed.pyi", "demo/sub/deep.pyi"}


def test_a_namespace(root: Path) -> None:
    write(root / "ns/pkg/__init__.py", "def f(x: int) -> int: return x\n")
    assert "ns/pkg/__init__.pyi" in build(root, '[tool.xconan.module]\nname = "ns.pkg"\n[tool.xconan.stubgen]\n')


def test_none(root: Path) -> None:
    assert set(build(root, "")) == {"demo/typed.pyi"}
    assert requirements(root) == []


def test_failure(root: Path) -> None:
    with pytest.raises(XconanError, match="stubgen failed with exit code"):
        build(root, '[tool.xconan.stubgen]\nargs = ["--no-such-thing"]\n')


def test_without_mypy(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said before anything is compiled, which may take minutes."""
    for name, text in {"pyproject.toml": BASE + "[tool.xconan.stubgen]\n", **FILES}.items():
        write(root / name, text)

    def lacking(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(stubs, "version", lacking)
    with raises_error(ConfigError, "there is no mypy", hint="pip install mypy"):
        plan_wheel(root)
