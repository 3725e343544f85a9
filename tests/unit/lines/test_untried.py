"""What `--test` asks of editable installs and components, which no host's Python can try."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.compare import raises_error
from tests.support.crossbuild import write
from tests.support.workbench import PYPROJECT
from xconan.ground.errors import ConfigError
from xconan.lines.component import build_component
from xconan.lines.editable import build_editable

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.workbench import Workbench

COMPONENT = (
    '[build-system]\nrequires = ["xconan"]\nbuild-backend = "xconan.build_component"\n[project]\nname = "demo-debug"\n'
    'version = "1.2"\n[tool.xconan]\nmain_project = "../project"\n[tool.xconan.component]\n'
    'install_components = ["debug"]\n'
)


@pytest.fixture
def component(bench: Workbench) -> Path:
    folder = bench.root.parent / "debug"
    write(folder / "pyproject.toml", COMPONENT.replace("../project", f"../{bench.root.name}"))
    bench.cmake.installs["debug"] = {"demo/_core.debug": b"x"}
    return folder


def test_component(bench: Workbench, component: Path) -> None:
    """Nothing is built before it is refused."""
    settings = {"cross": [str(bench.cross())], "test": "yes"}
    with raises_error(ConfigError, "can't be tried", hint=("leave it out", f"xconan build --test {bench.root}")):
        build_component(component, bench.out, settings)
    assert bench.cmake.stages == []


@pytest.mark.parametrize("wanted", ["auto", "no"])
def test_component_that_is_tried_where_it_can_be(
    bench: Workbench, component: Path, capsys: pytest.CaptureFixture[str], wanted: str
) -> None:
    name = build_component(component, bench.out, {"cross": [str(bench.cross())], "test": wanted})
    assert (bench.out / name).is_file()
    assert ("not tried: a component" in capsys.readouterr().err) is (wanted == "auto")


def test_editable_install(bench: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.native()
    bench.write("pyproject.toml", PYPROJECT + "[tool.xconan.wheel]\npure_python = true\n[tool.xconan.cmake]\n")
    bench.cmake.installs[""] = {"demo/_core.py": b""}
    with raises_error(ConfigError, "no wheel that could be tried", hint=f"xconan build --test {bench.root}"):
        build_editable(bench.root, bench.out, {"test": "yes"})
    assert bench.cmake.stages == []
    build_editable(bench.root, bench.out, {"test": "auto"})
    assert "not tried: an editable install is this folder itself" in capsys.readouterr().err
