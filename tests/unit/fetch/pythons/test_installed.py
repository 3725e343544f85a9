"""Pythons that this machine has in the places of pyenv and its like: added without being named."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.installations import below, headers, write_tree
from xconan.fetch.pythons.add import add_python
from xconan.fetch.pythons.installed import installed_python
from xconan.ground.errors import HostPythonError
from xconan.host.platforms import parse_platform
from xconan.pythons.adapted import stored_for_another
from xconan.pythons.own import own_target

if TYPE_CHECKING:
    from xconan.host.targets import Target

PLACES = {
    "PYENV_ROOT": "versions/3.10.13",
    "UV_PYTHON_INSTALL_DIR": "cpython-3.10.13-linux-x86_64-gnu",
    "ASDF_DATA_DIR": "installs/python/3.10.13",
    "MISE_DATA_DIR": "installs/python/3.10.13",
}


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XCONAN_PYTHONS", str(tmp_path / "store"))
    monkeypatch.setitem(sys.modules, "pbs_installer", None)  # no index of standalone builds


def here(version: str = "310", implementation: str = "cp") -> Target:
    """A Python that Debian does not release, on a machine like this one."""
    return replace(facts.target(f"{implementation}{version}-linux_aarch64"), platform=own_target().platform)


def install(folder: Path, version: tuple[int, int, int] = (3, 10, 13), *, name: str = "", pypy: bool = False) -> Path:
    size = own_target().platform.arch.bits // 8
    name = name or f"python{version[0]}.{version[1]}"
    return write_tree(folder, below(f"include/{name}", headers(version, pypy=pypy, size=size)))


@pytest.mark.parametrize("variable", PLACES)
def test_places(variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "a place"))
    folder = install(tmp_path / "a place" / PLACES[variable])
    assert installed_python(here()) == folder
    entry = add_python(here(), source=None)
    assert (entry.version, entry.source) == ("3.10.13", str(folder))


def test_the_newest_of_the_wanted_version(tmp_path: Path) -> None:
    versions = tmp_path / "home/.pyenv/versions"
    for micro in (9, 10, 2):
        install(versions / f"3.10.{micro}", (3, 10, micro))
    install(versions / "3.12.1", (3, 12, 1))
    install(versions / "3.7.16", (3, 7, 16), name="python3.7m")
    install(versions / "pypy3.10-7.3.17", (3, 10, 14), name="pypy3.10", pypy=True)
    (versions / "3.10.99").mkdir()  # without headers
    assert installed_python(here()) == versions / "3.10.10"
    assert installed_python(here("37")) == versions / "3.7.16"
    assert installed_python(here("310", "pp")) == versions / "pypy3.10-7.3.17"
    assert installed_python(here("38")) is None


def test_releases_come_first(tmp_path: Path) -> None:
    versions = tmp_path / "home/.pyenv/versions"
    install(versions / "3.10.5b4", (3, 10, 5))
    assert installed_python(here()) == versions / "3.10.5b4"
    install(versions / "3.10.0rc2", (3, 10, 0))
    assert installed_python(here()) == versions / "3.10.0rc2"
    install(versions / "3.10.0", (3, 10, 0))
    assert installed_python(here()) == versions / "3.10.0"


def test_nobody_knows_where_home_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's user without a line in passwd."""

    def lost(_path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", lost)
    assert installed_python(here()) is None


def test_another_machine_gets_them_adapted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(tmp_path / "home/.pyenv/versions/3.10.13")
    own = own_target().platform
    arch = "aarch64" if own.arch.name != "aarch64" else "x86_64"
    target = replace(here(), platform=parse_platform(f"manylinux_2_17_{arch}"))
    assert installed_python(target) is None
    entry = add_python(target, source=None)
    assert entry.name == f"cp310-linux-{own.arch.name}"
    assert f"taking {entry.name} in its place, whose headers are adapted" in capsys.readouterr().err
    assert stored_for_another(target) is not None
    with pytest.raises(HostPythonError):  # there is no interpreter of that machine's
        add_python(target, source=None, runnable=True)


def test_the_stores_own_before_an_installation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What another machine's entry came from is no matter: it is taken as it is, and never replaced."""
    folder = install(tmp_path / "a copy")
    there = add_python(here(), source=str(folder))
    install(tmp_path / "home/.pyenv/versions/3.10.13")
    target = replace(here(), platform=parse_platform("manylinux_2_17_s390x"))
    for force in (False, True):
        assert add_python(target, source=None, force=force) == there
    assert f"taking {there.name} in its place" in capsys.readouterr().err


def test_pypy_for_a_pointer_of_another_size(tmp_path: Path) -> None:
    install(tmp_path / "home/.pyenv/versions/pypy3.10-7.3.17", (3, 10, 14), name="pypy3.10", pypy=True)
    other = "linux_armv7l" if own_target().platform.arch.bits == 64 else "linux_aarch64"
    with pytest.raises(HostPythonError):
        add_python(replace(here("310", "pp"), platform=parse_platform(other)), source=None)
