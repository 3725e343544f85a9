"""The software bill of materials of wheels that real Conan has provided the libraries for."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from tests.conan import test_wheels
from tests.conan.conftest import BASE, export, tiny_recipe
from tests.support.crossbuild import write
from xconan.check import check_wheel
from xconan.pipeline import build_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conan.conftest import Demo

wheel = test_wheels.wheel  # the fixture

pytest.importorskip("cyclonedx", reason="pip install cyclonedx-python-lib")
LIBRARY = """
    def package_info(self):
        self.cpp_info.libs = []
"""
LICENSED = '    license = "MIT", "Zlib"\n' + LIBRARY
TEXTS = ("include.mkdir()", 'include.mkdir(); (include / "../licenses").mkdir(); (include / "../licenses/MIT").touch()')


def bill(wheel: Path) -> dict[str, Any]:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/sboms/xconan.cdx.json")]
        made: dict[str, Any] = json.loads(archive.read(name))
        return made


def test_the_graph_is_in_the_wheel(demo: Demo, home: Path, tmp_path: Path) -> None:
    export(
        home,
        tiny_recipe("2.0", requires='"tiny_base/1.0"').replace(LIBRARY, LICENSED).replace(*TEXTS),
        tmp_path / "tiny",
    )
    export(home, tiny_recipe("1.0").replace('"tiny"', '"tiny_base"'), tmp_path / "base")
    demo.write("conanfile.txt", "[requires]\ntiny/2.0\n")
    demo.write("pyproject.toml", f"{BASE}sbom = true\nconan_licenses = true\n")
    first = tmp_path / "one" / build_wheel(demo.root, tmp_path / "one")
    made = bill(first)
    found = {one["name"]: one for one in made["components"]}
    assert list(found) == ["tiny", "tiny_base"]
    assert found["tiny"]["version"] == "2.0"
    assert found["tiny"]["licenses"] == [{"license": {"id": "MIT"}}, {"license": {"id": "Zlib"}}]
    facts = {one["name"]: one["value"] for one in found["tiny"]["properties"]}
    assert facts["xconan:linked"] == "static"
    assert len(facts["xconan:package_id"]) == 40
    assert found["tiny"]["purl"] == f"pkg:conan/tiny@2.0?rrev={facts['xconan:recipe_revision']}"
    needs = {one["ref"]: one.get("dependsOn", []) for one in made["dependencies"]}
    assert needs[found["tiny"]["bom-ref"]] == [found["tiny_base"]["bom-ref"]]
    assert needs["pkg:pypi/demo@1"] == [found["tiny"]["bom-ref"]]
    assert {"xconan", "GNU", "glibc"} <= {one["name"] for one in made["metadata"]["tools"]["components"]}
    report = check_wheel(first)
    assert report.errors == ()
    with zipfile.ZipFile(first) as archive:
        assert "demo-1.dist-info/licenses/conan/tiny-2.0/MIT" in archive.namelist()
        assert b"\nLicense-File: conan/tiny-2.0/MIT\n" in archive.read("demo-1.dist-info/METADATA")
    second = tmp_path / "two" / build_wheel(demo.root, tmp_path / "two")
    assert second.read_bytes() == first.read_bytes()


def test_a_recipe_hands_its_graph_over(wheel: test_wheels.Wheel) -> None:
    config = (wheel.root / "pyproject.toml").read_text("utf-8")
    write(wheel.root / "pyproject.toml", f"{config}\n[tool.xconan.wheel]\nsbom = true\n")
    wheel.conan("create", ".", "--build=missing", "--test-folder=")
    (made,) = [path for path in (wheel.home / "p").rglob("plain-1.0-*.whl") if path.parent.name == "p"]
    (tiny,) = bill(made)["components"]
    facts = {one["name"]: one["value"] for one in tiny["properties"]}
    assert (tiny["name"], tiny["version"], facts["xconan:linked"]) == ("tiny", "1.0", "static")
    assert facts["xconan:package_id"] in wheel.ids("tiny")
    assert tiny["purl"] == f"pkg:conan/tiny@1.0?rrev={facts['xconan:recipe_revision']}"
