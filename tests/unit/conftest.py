"""Unit tests see nothing of the user's environment and write nothing outside of their own folder."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.door import Door, FakeCMake, FakeConan
from tests.support.workbench import Workbench
from xconan.build_machine.tools import Tool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from xconan.model import BuildPlan

NOT_OURS = (
    "SOURCE_DATE_EPOCH", "CMAKE_GENERATOR", "CC", "CXX", "FC", "XCONAN_TRACEBACK", "XDG_CACHE_HOME", "PWD",
    "PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "ASDF_DATA_DIR", "MISE_DATA_DIR",
)  # fmt: skip


@pytest.fixture(autouse=True)
def own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NOT_OURS:
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XCONAN_CACHE", str(home / "cache"))
    # git must not find a repository above the temporary folder
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty folder for a project."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Door:
    """A build machine with no programs but those that the test gives it."""
    return Door.put_up(tmp_path / "programs", monkeypatch)


@pytest.fixture
def cmake(door: Door) -> FakeCMake:
    """Its cmake, and a ninja beside it."""
    return FakeCMake(door)


@pytest.fixture
def conan(door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeConan:
    """Conan in a home of its own."""
    monkeypatch.setenv("CONAN_HOME", str(tmp_path / "conan home"))
    return FakeConan(door, tmp_path / "conan home")


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[int]:
    """A descriptor such as that of the layout's lock."""
    descriptor = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    yield descriptor
    os.close(descriptor)


@pytest.fixture
def plan(root: Path, cmake: FakeCMake) -> Callable[..., BuildPlan]:
    """The plan of the project by this machine's CMake, with changes of facts.plan_at()."""
    (root / "demo.c").write_text("int x;\n", "utf-8")

    def planned(host: str = "cp311-linux_aarch64", **changes: object) -> BuildPlan:
        tools = {"cmake": Tool(path=cmake.path, version="4.1.2"), "ninja": Tool(path=cmake.ninja, version="1.13")}
        changes.setdefault("machine", facts.machine(**tools))
        native = bool(changes.pop("native", False))
        return facts.plan_at(root, facts.target(host), native=native, **changes)

    return planned


@pytest.fixture
def bench(root: Path, tmp_path: Path, cmake: FakeCMake, conan: FakeConan, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    """A project with all that its builds need; we stand in its folder."""
    monkeypatch.chdir(root)
    monkeypatch.setenv("PWD", str(root))
    return Workbench.put_up(root, tmp_path / "hosts", cmake, conan)


@pytest.fixture
def forbid(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Have a file be one that may not be read; root may read all of them."""

    def forbidden(path: Path) -> None:
        for name in ("open", "read_text", "read_bytes"):
            before = getattr(Path, name)

            def refusing(self: Path, *args: object, before: Callable[..., object] = before, **more: object) -> object:
                if self == path:
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))
                return before(self, *args, **more)

            monkeypatch.setattr(Path, name, refusing)

    return forbidden
