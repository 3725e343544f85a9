"""Small dealings with files."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import xconan
from tests.support.compare import raises_error
from xconan.ground.errors import ConfigError, MachineError
from xconan.ground.files import (
    cache_folder,
    conan_home,
    digest,
    file_digest,
    load_toml,
    package_digest,
    plain_path,
    read_json,
    relative_names,
    remove_tree,
    write_json,
    write_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def test_write_text_keeps_what_is_the_same(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b.txt"
    assert write_text(file, "one")
    os.utime(file, (1, 1))
    assert not write_text(file, "one")
    assert file.stat().st_mtime == 1
    assert write_text(file, "two")
    assert file.read_text("utf-8") == "two"
    assert [path.name for path in file.parent.iterdir()] == ["b.txt"]


def test_path_without_dots(tmp_path: Path) -> None:
    (tmp_path / "p/src").mkdir(parents=True)
    (tmp_path / "deep/down").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "deep/down")
    assert plain_path(tmp_path / "p/src/..") == tmp_path / "p"
    assert plain_path(tmp_path / "p/../new/x") == tmp_path / "new/x"
    assert plain_path(tmp_path / "link") == tmp_path / "link"
    assert plain_path(tmp_path / "link/..") == tmp_path / "deep"


def test_conan_home_that_conan_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONAN_HOME", "relative")
    with raises_error(ConfigError, "no absolute path", where="CONAN_HOME: relative", hint="begin it with / or ~/"):
        conan_home()
    monkeypatch.setenv("CONAN_HOME", "~/homes/conan")
    assert conan_home() == Path.home() / "homes/conan"


def test_write_text_makes_executable(tmp_path: Path) -> None:
    file = tmp_path / "x"
    write_text(file, "#!/bin/sh\n")
    assert not os.access(file, os.X_OK)
    assert write_text(file, "#!/bin/sh\n", executable=True)
    assert os.access(file, os.X_OK)
    assert not write_text(file, "#!/bin/sh\n", executable=True)


def test_json(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    assert read_json(file) == {}
    write_json(file, {"b": 1, "a": [2]})
    assert read_json(file) == {"a": [2], "b": 1}
    for damaged in ("", "[1]", '{"a"', "\xff"):
        file.write_text(damaged, encoding="latin-1")
        assert read_json(file) == {}


def test_digest() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest("a", "b") != digest("ab")
    assert digest(["a"], "b") != digest("a", ["b"])
    assert digest(Path("/x")) == digest("/x")


def test_file_digest(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    assert file_digest(tmp_path / "a").startswith("e3b0c442")
    assert file_digest(tmp_path / "none") == ""
    assert file_digest(tmp_path) == ""


def test_remove_tree(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").touch()
    link = tmp_path / "link"
    link.symlink_to(kept)
    remove_tree(link)
    assert (kept / "file").is_file()
    assert not link.is_symlink()
    remove_tree(kept)
    remove_tree(kept)
    assert not kept.exists()


def test_cache_folder() -> None:
    assert cache_folder({"XCONAN_CACHE": "/x"}) == Path("/x")
    assert cache_folder({"XDG_CACHE_HOME": "/y"}) == Path("/y/xconan")
    assert cache_folder({"XDG_CACHE_HOME": "relative"}) == Path("~/.cache/xconan").expanduser()
    assert cache_folder({}) == Path("~/.cache/xconan").expanduser()


def test_relative_names(tmp_path: Path) -> None:
    for name in ("b/c.py", "a.py", "b/__pycache__/c.pyc", "b/d.pyc", "ü n/e"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert relative_names(tmp_path) == ["a.py", "b/c.py", "ü n/e"]


def test_relative_names_follows_links_but_no_loops(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "file").touch()
    (tmp_path / "link").symlink_to("b")
    (tmp_path / "b" / "up").symlink_to("..")
    (tmp_path / "b" / "self").symlink_to("self")
    names = relative_names(tmp_path)
    assert {"b/file", "link/file"} <= set(names)
    assert not any(name.count("/") > 2 for name in names)


def test_load_toml(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("a = 1\n", encoding="utf-8")
    assert load_toml(file) == {"a": 1}
    with pytest.raises(ConfigError, match="no such file"):
        load_toml(tmp_path / "none.toml")


def test_toml_that_may_not_be_read(tmp_path: Path, forbid: Callable[[Path], None]) -> None:
    forbid(tmp_path / "a.toml")
    with pytest.raises(MachineError, match="cannot read it: Permission denied") as caught:
        load_toml(tmp_path / "a.toml")
    assert (caught.value.where, bool(caught.value.hint)) == (str(tmp_path / "a.toml"), True)


def test_an_error_names_the_file_and_not_the_one_beside(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 250)  # with its ending the other's name is too long
    with pytest.raises(OSError, match="long") as caught:
        write_text(path, "")
    assert caught.value.filename == str(path)


@pytest.mark.parametrize("changed", ["check/musl.txt", "binary/elf.py", "host/platforms.toml", "pipeline.py", "new.py"])
def test_digest_of_the_package(changed: str, tmp_path: Path) -> None:
    """What an older xconan has decided is decided again; the same one, installed again, has the same digest."""
    package = Path(xconan.__file__).parent
    folder = shutil.copytree(package, tmp_path / "xconan", ignore=shutil.ignore_patterns("__pycache__"))
    for path in folder.rglob("*.*"):
        os.utime(path, (1, 1))
    assert package_digest(folder) == package_digest()
    file = folder / changed
    file.parent.mkdir(exist_ok=True)
    with file.open("a", encoding="utf-8") as stream:
        stream.write("# another\n")
    assert package_digest(folder) != package_digest()


def test_toml_that_is_no_file_or_has_no_end(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(ConfigError, match="no file"):
        load_toml(tmp_path / "pipe.toml")
    for depth in (60, 5000):
        (tmp_path / "deep.toml").write_text(f"a = {'[' * depth}{']' * depth}\n", "utf-8")
        with pytest.raises(ConfigError, match="nested too deeply"):
            load_toml(tmp_path / "deep.toml")
