"""The flags that give sources of Conan's packages a name: what recipes and compilers take as one word."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from tests.support.needs import need_program
from xconan.conan import hook_xconan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEYS = ("tools.build:cflags", "tools.build:cxxflags")


@dataclass
class Settings:
    """As far as the hook reads them."""

    compiler: str = "gcc"

    def get_safe(self, name: str) -> str:
        return {"compiler": self.compiler, "compiler.version": "12"}[name]


@dataclass
class Conf:
    """Conan's conf, of which the hook uses two functions."""

    values: dict[str, list[str]] = field(default_factory=dict)

    def get(self, name: str, default: object, check_type: type | None = None) -> object:
        del check_type
        return self.values.get(name, default)

    def define(self, name: str, value: list[str]) -> None:
        self.values[name] = value


def recipe(home: Path, compiler: str = "gcc") -> SimpleNamespace:
    folders = SimpleNamespace(base_source=home / "p" / "s", base_build=home / "p" / "b", base_package=home / "p" / "p")
    return SimpleNamespace(
        name="shout", version="1.5", context="host", settings=Settings(compiler), conf=Conf(), folders=folders,
        dependencies={},
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    hook_xconan.own_folder.cache_clear()
    yield
    hook_xconan.own_folder.cache_clear()


def test_flags_without_blanks_are_words(tmp_path: Path) -> None:
    one = recipe(tmp_path / "home")
    hook_xconan.map_prefixes(one)
    assert f"-ffile-prefix-map={tmp_path}/home/p/b=/xconan/shout/1.5/b" in one.conf.values[KEYS[0]]
    assert one.conf.values[KEYS[0]] == one.conf.values[KEYS[1]]
    assert not [*(tmp_path / "tmp").iterdir()]


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_a_home_with_a_blank(tmp_path: Path, compiler: str) -> None:
    need_program(compiler)
    one = recipe(tmp_path / "my home", compiler)
    hook_xconan.map_prefixes(one)
    hook_xconan.map_prefixes(one)  # Conan calls it for a package more than once
    words = one.conf.values[KEYS[0]]
    assert words == one.conf.values[KEYS[1]]
    assert len(words) == (2 if compiler == "clang" else 1)
    assert " " not in words[0]
    source = tmp_path / "my home" / "p" / "b" / "a.c"
    source.parent.mkdir(parents=True)
    source.write_text("const char *file = __FILE__;\n", "utf-8")
    command = [compiler, *shlex.split(" ".join(words)), "-g", "-c", str(source), "-o", str(tmp_path / "a.o")]
    subprocess.run(command, check=True, cwd=source.parent)
    made = (tmp_path / "a.o").read_bytes()
    assert b"/xconan/shout/1.5/b/a.c" in made
    assert str(source.parent).encode() not in made


def test_where_no_folder_is_without_a_blank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "my tmp"))
    monkeypatch.setenv("HOME", "/home/me")
    one = recipe(tmp_path / "my home")
    hook_xconan.map_prefixes(one)
    assert one.conf.values[KEYS[0]] == ["-ffile-prefix-map=/home/me=/xconan/home"]


@pytest.mark.parametrize("package", [None, "work on it", "staging"])  # a consumer, an editable package, its own build
def test_folders_that_stay(tmp_path: Path, package: str | None) -> None:
    """They would name a file that is gone."""
    one = recipe(tmp_path / "my home")
    one.folders.base_source = one.folders.base_build = tmp_path / "work on it"
    one.folders.base_package = tmp_path / package if package else None
    hook_xconan.map_prefixes(one)
    assert not any(word.startswith("@") for word in one.conf.values[KEYS[0]])
    assert not [*(tmp_path / "tmp").iterdir()]
