"""Shared libraries of Conan's go into the wheel, and are used on a host that has none of them."""

from __future__ import annotations

import json
import os
import re
import zipfile
from email import message_from_bytes
from typing import TYPE_CHECKING

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile

from tests.support.compare import assert_says
from tests.support.crossbuild import PROJECTS, copy_project, unpack
from tests.support.needs import need_patchelf
from xconan.check import check_wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.crossbuild import Host, Workshop

SBOM = "bundled-1.0.dist-info/sboms/xconan.cdx.json"
STEMS = ["libleveldb", "liblz4", "libsnappy"]
USE = """\
import tempfile
from bundled import store
text = b"what is said again and again, " * 40
size, back = store.through_lz4(text)
assert size < len(text) // 4 and back == text
with tempfile.TemporaryDirectory() as folder:
    assert store.stored(folder, text) == text
print(sorted({line.split("/")[-1].strip() for line in open("/proc/self/maps") if ".libs/" in line}))
"""


def dynamic(file: Path) -> dict[str, list[str]]:
    """The loader's entries of a file, as pyelftools reads them."""
    found: dict[str, list[str]] = {}
    with file.open("rb") as stream:
        section = ELFFile(stream).get_section_by_name(".dynamic")
        assert isinstance(section, DynamicSection)
        for tag in section.iter_tags():
            name = {"DT_NEEDED": "needed", "DT_SONAME": "soname", "DT_RPATH": "rpath", "DT_RUNPATH": "runpath"}
            if tag.entry.d_tag in name:
                kind = name[tag.entry.d_tag]
                found.setdefault(kind, []).append(getattr(tag, kind))
    return found


def test_closure_is_in_the_wheel(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """LevelDB needs Snappy, which the module does not: all three come along, with licences and in the SBOM."""
    need_patchelf()
    target = host("aarch64")
    project = copy_project(PROJECTS / "bundled", tmp_path / "project")
    cross = target.cross(tmp_path, platform="manylinux_2_36")
    built = workshop.build(project, cross, "-C", "override=wheel.sbom=true")
    libraries = {name.partition("-")[0].rpartition("/")[2]: name for name in built.names if ".libs/" in name}
    assert sorted(libraries) == STEMS
    assert all(re.fullmatch(r"bundled\.libs/lib\w+-[0-9a-f]{8}\.so\.[\d.]+", name) for name in libraries.values())
    site = unpack(built.wheel)
    module = dynamic(site / f"bundled/store{target.suffix}")
    assert module["rpath"] == ["$ORIGIN/../bundled.libs"]
    bases = {stem: name.rpartition("/")[2] for stem, name in libraries.items()}
    assert set(module["needed"]) >= {bases["liblz4"], bases["libleveldb"]}
    for stem, name in libraries.items():
        found = dynamic(site / name)
        assert found["soname"] == [bases[stem]]
        assert found["rpath"] == ["$ORIGIN"]
        assert (bases["libsnappy"] in found["needed"]) == (stem == "libleveldb")
    root = target.python.root
    assert not [name for _, _, files in os.walk(root) for name in files if name.startswith(tuple(STEMS))]
    assert target.run(built.wheel, USE) == str(sorted(bases.values()))
    assert not check_wheel(built.wheel).errors
    with zipfile.ZipFile(built.wheel) as archive:
        metadata = message_from_bytes(archive.read("bundled-1.0.dist-info/METADATA"))
        document = json.loads(archive.read(SBOM))
    assert {name.split("/")[1] for name in metadata.get_all("License-File", [])} == {
        "leveldb-1.23", "lz4-1.9.4", "snappy-1.1.9",
    }  # fmt: skip
    placed = {
        component["name"]: prop["value"] for component in document["components"]
        for prop in component["properties"] if prop["name"] == "xconan:bundled"
    }  # fmt: skip
    assert placed == {stem.removeprefix("lib"): name for stem, name in libraries.items()}
    first = built.wheel.read_bytes()
    again = workshop.build(project, cross, "-C", "override=wheel.sbom=true")
    assert_says(again.log, "unchanged")
    assert again.wheel.read_bytes() == first


def test_what_stays_out_is_an_error_unless_the_host_has_it(
    host: Callable[..., Host], workshop: Workshop, tmp_path: Path
) -> None:
    need_patchelf()
    target = host("aarch64")
    project = copy_project(PROJECTS / "bundled", tmp_path / "project")
    cross = target.cross(tmp_path, platform="manylinux_2_36")
    never = workshop.build(project, cross, "-C", 'override=wheel.bundle="never"', fails=True)
    never.assert_ended(6, "needs liblz4.so.1, a shared library from Conan", 'bundle = "auto"')
    some = workshop.build(project, cross, "-C", 'override=wheel.bundle=["liblz4*"]', fails=True)
    some.assert_ended(6, "needs libleveldb.so.1, a shared library from Conan", lacks=["liblz4.so.1, a"])
    excluded = workshop.build(project, cross, "-C", 'override=wheel.bundle_exclude=["liblz4.so.*"]')
    assert [name.partition("-")[0] for name in excluded.names if ".libs/" in name] == [
        "bundled.libs/libleveldb", "bundled.libs/libsnappy",
    ]  # fmt: skip
    found = dynamic(unpack(excluded.wheel) / f"bundled/store{target.suffix}")
    assert "liblz4.so.1" in found["needed"]
