"""The software bill of materials: valid, complete, and the same for the same facts."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import facts
from tests.unit.conan.test_linked import packages
from xconan.ground.errors import ConfigError
from xconan.ground.files import write_json
from xconan.project.config.records import WheelConfig
from xconan.project.workspace import Layout
from xconan.wheel.sbom import refuse_without_library, sbom_entries

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.model import BuildPlan

FOLDER = "demo-1.2.dist-info"
WHY = 'pip install "cyclonedx-python-lib[json-validation]"'
pytest.importorskip("cyclonedx", reason=WHY)


@pytest.fixture
def plan(root: Path) -> BuildPlan:
    made = facts.plan_at(root, wheel=WheelConfig(sbom=True))
    write_json(made.layout.root / "conan.json", {"result": {"packages": packages(root)}})
    return made


def document(plan: BuildPlan) -> dict[str, Any]:
    (entry,) = sbom_entries(plan, FOLDER)
    assert entry.name == f"{FOLDER}/sboms/xconan.cdx.json"
    made: dict[str, Any] = json.loads(entry.read())
    return made


def test_it_is_valid(plan: BuildPlan) -> None:
    pytest.importorskip("jsonschema", reason=WHY)
    schema = pytest.importorskip("cyclonedx.schema")
    validation = pytest.importorskip("cyclonedx.validation.json")
    (entry,) = sbom_entries(plan, FOLDER)
    assert validation.JsonStrictValidator(schema.SchemaVersion.V1_6).validate_str(entry.read().decode()) is None


def test_every_library_is_in_it(plan: BuildPlan) -> None:
    found = {one["name"]: one for one in document(plan)["components"]}
    assert list(found) == ["leveldb", "nlohmann_json", "openssl", "snappy"]
    snappy = found["snappy"]
    assert snappy["version"] == "1.1.9"
    assert snappy["purl"] == "pkg:conan/snappy@1.1.9?rrev=rev-snappy"
    assert {one["name"]: one["value"] for one in snappy["properties"]} == {
        "xconan:linked": "static", "xconan:package_id": "id-snappy", "xconan:recipe_revision": "rev-snappy",
    }  # fmt: skip
    assert snappy["licenses"] == [{"license": {"id": "BSD-3-Clause"}}]
    (file,) = snappy["components"]
    assert (file["name"], file["hashes"][0]["alg"], len(file["hashes"][0]["content"])) == (
        "lib/libsnappy.a",
        "SHA-256",
        64,
    )
    linked = {name: one["properties"][0]["value"] for name, one in found.items()}
    assert linked == {"leveldb": "static", "nlohmann_json": "header-only", "openssl": "shared", "snappy": "static"}
    assert found["openssl"]["licenses"] == [
        {"license": {"id": "Apache-2.0"}}, {"license": {"name": "of its own kind"}},
    ]  # fmt: skip
    assert found["leveldb"]["licenses"] == [{"expression": "BSD-3-Clause OR MIT"}]


def test_libraries_of_further_configurations(plan: BuildPlan, root: Path) -> None:
    """What `[conan.1]` alone asks for is in the wheel, too."""
    further = replace(plan, layout=Layout(root=root / "further"))
    further.layout.root.mkdir()
    rows = packages(root)
    write_json(plan.layout.conan_result, {"result": {"packages": rows[:1]}})
    write_json(further.layout.conan_result, {"result": {"packages": rows}})
    found = [one["name"] for one in document(replace(plan, more=(further,)))["components"]]
    assert found == ["leveldb", "nlohmann_json", "openssl", "snappy"]


def test_where_shared_libraries_are(plan: BuildPlan) -> None:
    places = {"openssl/3.0#rev-openssl:id-openssl": ("demo.libs/libcrypto-1.so.3", "demo.libs/libssl-2.so.3")}
    (entry,) = sbom_entries(plan, FOLDER, places)
    found = {
        one["name"]: {prop["name"]: prop["value"] for prop in one["properties"]}
        for one in json.loads(entry.read())["components"]
    }
    assert found["openssl"]["xconan:bundled"] == "demo.libs/libcrypto-1.so.3 demo.libs/libssl-2.so.3"
    assert "xconan:bundled" not in found["snappy"]
    assert json.loads(entry.read()) != document(plan), "another place is another document"


def test_who_needs_whom(plan: BuildPlan) -> None:
    made = document(plan)
    names = {one["bom-ref"]: one["name"] for one in [*made["components"], made["metadata"]["component"]]}
    needs = {
        names[one["ref"]]: sorted(names[other] for other in one.get("dependsOn", ())) for one in made["dependencies"]
    }
    assert needs["demo"] == ["leveldb", "nlohmann_json", "openssl"]
    assert needs["leveldb"] == ["snappy"]
    assert made["metadata"]["component"]["purl"] == "pkg:pypi/demo@1.2"


def test_what_the_project_asks_for_is_its_own(plan: BuildPlan, root: Path) -> None:
    """Though another library needs it, too."""
    asked = [{**one, "direct": one["name"] in ("leveldb", "snappy")} for one in packages(root)]
    write_json(plan.layout.root / "conan.json", {"result": {"packages": asked}})
    (own,) = (one["dependsOn"] for one in document(plan)["dependencies"] if one["ref"] == "pkg:pypi/demo@1.2")
    assert [name.partition("/")[0] for name in own] == ["leveldb", "nlohmann_json", "openssl", "snappy"]


def test_tools(plan: BuildPlan) -> None:
    tools = {one["name"]: one.get("version", "") for one in document(plan)["metadata"]["tools"]["components"]}
    assert {"xconan", "GNU", "glibc"} <= tools.keys()
    assert tools["glibc"].startswith("2.")


def test_the_same_facts_make_the_same_document(plan: BuildPlan, monkeypatch: pytest.MonkeyPatch) -> None:
    first = sbom_entries(plan, FOLDER)[0].read()
    (plan.layout.root / "sbom.json").unlink()
    assert sbom_entries(plan, FOLDER)[0].read() == first
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    other = json.loads(sbom_entries(plan, FOLDER)[0].read())
    assert other["metadata"]["timestamp"] == "2023-11-14T22:13:20+00:00"
    assert other["serialNumber"] != json.loads(first)["serialNumber"]


def test_an_unchanged_document_needs_no_library(plan: BuildPlan, monkeypatch: pytest.MonkeyPatch) -> None:
    first = sbom_entries(plan, FOLDER)[0].read()
    for name in [name for name in sys.modules if name.partition(".")[0] in ("cyclonedx", "packageurl")]:
        monkeypatch.setitem(sys.modules, name, None)
    assert sbom_entries(plan, FOLDER)[0].read() == first
    (plan.layout.root / "sbom.json").unlink()
    with pytest.raises(
        ConfigError, match="cyclonedx-python-lib, which writes the document, is not installed"
    ) as caught:
        sbom_entries(plan, FOLDER)
    assert 'requires = ["xconan[sbom]"]' in caught.value.hint
    assert caught.value.where.endswith("wheel.sbom")


def test_a_missing_library_is_said_before_anything_is_built(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = facts.plan_at(root, wheel=WheelConfig(sbom=True)).project
    refuse_without_library(project)
    monkeypatch.setitem(sys.modules, "cyclonedx", None)
    with pytest.raises(ConfigError, match="cyclonedx-python-lib") as caught:
        refuse_without_library(project)
    assert 'requires = ["xconan[sbom]"]' in caught.value.hint
    refuse_without_library(replace(project, wheel=WheelConfig()))


def test_nobody_gets_one_who_asks_for_none(plan: BuildPlan) -> None:
    silent = replace(plan, project=replace(plan.project, wheel=WheelConfig()))
    assert sbom_entries(silent, FOLDER) == []
