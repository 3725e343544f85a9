"""A project as a parcel: the same content the same name, unpacked without touching what is there already."""

from __future__ import annotations

import os
import tarfile
from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from tests.support.native import PYPROJECT
from xconan.release.parcel import Parcel, pack_files, pack_project, unpack

if TYPE_CHECKING:
    from pathlib import Path

FILES = {"pyproject.toml": (b"[project]\n", False), "src/a.c": (b"int a;\n", False), "gen.sh": (b"#!/bin/sh\n", True)}


def test_the_same_content_has_the_same_name() -> None:
    one, other = pack_files(FILES), pack_files(dict(reversed(FILES.items())))
    assert one == other
    assert pack_files({**FILES, "src/a.c": (b"int b;\n", False)}).digest != one.digest
    assert pack_files({**FILES, "gen.sh": (b"#!/bin/sh\n", False)}).digest != one.digest


def test_what_has_not_changed_keeps_its_time_stamp(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    unpack(pack_files(FILES), folder)
    assert (folder / "src/a.c").read_bytes() == b"int a;\n"
    assert os.access(folder / "gen.sh", os.X_OK)
    (folder / ".xconan_cache").mkdir()
    before = (folder / "src/a.c").stat().st_mtime_ns
    changed = {"pyproject.toml": (b"[project]\n#\n", False), "src/a.c": FILES["src/a.c"]}
    unpack(pack_files(changed), folder)
    assert (folder / "src/a.c").stat().st_mtime_ns == before
    assert (folder / "pyproject.toml").read_bytes() == b"[project]\n#\n"
    assert not (folder / "gen.sh").exists()
    assert (folder / ".xconan_cache").is_dir()


def test_a_parcel_that_is_there_is_not_unpacked_again(tmp_path: Path) -> None:
    unpack(pack_files(FILES), tmp_path / "project")
    unpack(Parcel(digest=pack_files(FILES).digest, data=b"not even a tar"), tmp_path / "project")


@pytest.mark.parametrize("name", ["../out", "/out", "a/../../out"])
def test_what_leads_out_is_refused(name: str, tmp_path: Path) -> None:
    raw = BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo(name), BytesIO())
    with pytest.raises(ValueError, match="files alone"):
        unpack(Parcel(digest="d", data=raw.getvalue()), tmp_path / "project")
    assert not (tmp_path / "out").exists()


def test_the_project_with_its_own_settings(tmp_path: Path) -> None:
    """The sdist's files, and the settings of this machine that it leaves out."""
    root = tmp_path / "nav"
    for name, text in {
        "pyproject.toml": PYPROJECT, "CMakeLists.txt": "", "src/nav/__init__.py": "", "core.c": "int a;\n",
        "xconan.local.toml": "[cmake]\nbuild_type = 'Debug'\n", "hosts/a.cross.toml": "[cross]\n", "dist/old.whl": "",
    }.items():  # fmt: skip
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    settings = [{"cross": [str(root / "hosts/a.cross.toml")]}]
    parcel = pack_project(root, [{}, *settings], out=root / "dist", more={"conan.lock": b"{}"})
    folder = tmp_path / "there" / "project"
    unpack(parcel, folder)
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()) == [
        "CMakeLists.txt", "PKG-INFO", "conan.lock", "core.c", "hosts/a.cross.toml", "pyproject.toml",
        "src/nav/__init__.py", "xconan.local.toml",
    ]  # fmt: skip


def test_an_end_in_the_middle_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was there before, and what has come before the end, goes with the next parcel that has neither."""
    folder = tmp_path / "project"
    unpack(pack_files({"old.c": (b"", False), "kept.c": (b"", False)}), folder)

    def full(path: Path, *_more: object, **_named: object) -> None:
        if path.name == "second.c":
            raise OSError(28, "No space left on device")
        path.write_bytes(b"")

    more = pack_files({"kept.c": (b"", False), "first.c": (b"", False), "second.c": (b"", False)})
    with monkeypatch.context() as patch:
        patch.setattr("xconan.release.parcel.write_bytes", full)
        with pytest.raises(OSError, match="No space"):
            unpack(more, folder)
    unpack(pack_files({"kept.c": (b"", False)}), folder)
    assert [path.name for path in folder.iterdir()] == ["kept.c"]


def test_a_file_becomes_a_folder_and_a_file_again(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    file, inside = pack_files({"a": (b"file", False)}), pack_files({"a/b": (b"inside", False)})
    unpack(file, folder)
    unpack(inside, folder)
    assert (folder / "a/b").read_bytes() == b"inside"
    (folder / "a/left").write_text("by a build", "utf-8")
    unpack(file, folder)
    assert (folder / "a").read_bytes() == b"file"
