"""The plan of a component's own wheel, beside that of its main project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support import facts
from xconan.lines.component import _own
from xconan.project.config.component import read_component
from xconan.project.config.records import StubgenConfig, WheelConfig

if TYPE_CHECKING:
    from pathlib import Path

COMPONENT = """\
[build-system]
requires = ["xconan"]
build-backend = "xconan.build_component"
[project]
name = "demo-debug"
version = "1.2"
[tool.xconan]
main_project = "../project"
[tool.xconan.component]
install_components = ["debug"]
"""


def test_what_is_the_main_projects_alone(root: Path, tmp_path: Path) -> None:
    """Files that its wheel leaves out may be what the component is of, and its modules are in another wheel."""
    wheel = WheelConfig(include={"demo/a": "a"}, exclude=("**/*.debug",), compression_level=1)
    main = facts.plan_at(root, wheel=wheel, stubgen=StubgenConfig(modules=("demo",)))
    file = tmp_path / "debug/pyproject.toml"
    file.parent.mkdir()
    file.write_text(COMPONENT, "utf-8")
    (root / "pyproject.toml").touch()
    own = _own(main, read_component(file.parent)).project
    assert (own.wheel.include, own.wheel.exclude, own.stubgen) == ({}, (), None)
    assert own.wheel.compression_level == 1
