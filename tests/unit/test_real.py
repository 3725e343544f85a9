"""The tables of benchmarks/real.toml: what is built by ConanCenter's recipes, and of public source distributions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

import pytest

from benchmarks.real import HOSTS, TABLE, Library
from benchmarks.thirty_six import CPYTHONS, PYPYS, TAGS
from xconan.ground.files import load_toml
from xconan.host.platforms import parse_platform
from xconan.project.files import read_project_files

if TYPE_CHECKING:
    from pathlib import Path

ROWS = cast("list[dict[str, object]]", load_toml(TABLE)["library"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["ref"]))
def test_library(row: dict[str, object], tmp_path: Path) -> None:
    library = Library.read(row)
    assert all(re.fullmatch("[0-9a-f]{64}", archive.sha256) for archive in library.archives())
    library.write(tmp_path / "project")
    project = read_project_files(tmp_path / "project").project
    assert project.conan.requires == (library.ref,)
    assert dict(project.conan.options) == {name: str(value) for name, value in library.options.items()}
    header, _, expression = library.uses.partition(" ")
    source = (tmp_path / "project/real.cpp").read_text("utf-8")
    assert f"#include <{header}>\n" in source
    assert f"({expression})" in source


def test_twenty_libraries_and_ten_sdists() -> None:
    assert len(ROWS) >= 20
    assert any("runs here" in str(row["by"]) for row in ROWS)  # a code generator in the build context
    names = [str(row["name"]) for row in cast("list[dict[str, object]]", load_toml(TABLE)["sdist"])]
    assert len(names) >= 10
    assert all(re.fullmatch(r"[\w-]+==[\d.]+", name) for name in names)


def test_hosts_are_targets() -> None:
    assert {parse_platform(tag).arch.name for tag, _ in HOSTS.values()} == {"aarch64", "armv7l"}
    assert {toolchain for _, toolchain in HOSTS.values()} == {"gcc", "zig"}


def test_thirty_six() -> None:
    wide = [tag for tag in TAGS if parse_platform(tag).arch.bits == 64]
    assert len(CPYTHONS) * len(TAGS) + len(PYPYS) * len(wide) == 36
