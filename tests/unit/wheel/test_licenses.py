"""Licences of Conan's libraries, as files of a wheel."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.unit.conan.test_linked import packages
from xconan.ground.files import write_json
from xconan.project.config.records import WheelConfig
from xconan.project.workspace import Layout
from xconan.wheel.dist_info import dist_info
from xconan.wheel.licenses import with_licenses

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.ground.files import Entry
    from xconan.model import BuildPlan

FOLDER = "demo-1.2.dist-info"


@pytest.fixture
def plan(root: Path) -> BuildPlan:
    made = facts.plan_at(root, wheel=WheelConfig(conan_licenses=True))
    rows = packages(root)
    for row in rows:
        texts = {
            "leveldb": ["LICENSE", "third_party/LICENSE"],
            "snappy": ["COPYING"],
            "openssl": ["LICENSE.txt"],
            "cmake": ["x"],
        }
        for name in texts.get(str(row["name"]), ()):
            path = root / "cache" / str(row["name"]) / "licenses" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{row['name']}: {name}", "utf-8")
    write_json(made.layout.root / "conan.json", {"result": {"packages": rows}})
    return made


def found(plan: BuildPlan, metadata: str) -> dict[str, Entry]:
    plan = replace(
        plan, metadata=replace(plan.metadata, text=metadata, file_name="demo", version="1.2", license_files=())
    )
    return {
        one.name: one for one in with_licenses(plan, dist_info(plan.metadata, plan.tags, plan.project.root), FOLDER)
    }


def test_each_package_has_its_folder(plan: BuildPlan, capsys: pytest.CaptureFixture[str]) -> None:
    entries = found(plan, "Metadata-Version: 2.1\nName: demo\nVersion: 1.2\n\nAll about it.\n\nMore.\n")
    names = [
        "conan/leveldb-1.23/LICENSE", "conan/leveldb-1.23/third_party/LICENSE", "conan/openssl-3.0/LICENSE.txt",
        "conan/snappy-1.1.9/COPYING",
    ]  # fmt: skip
    assert list(entries) == sorted(
        [f"{FOLDER}/METADATA", f"{FOLDER}/WHEEL", *(f"{FOLDER}/licenses/{name}" for name in names)]
    )
    assert entries[f"{FOLDER}/licenses/conan/snappy-1.1.9/COPYING"].read() == b"snappy: COPYING"
    metadata = message_from_bytes(entries[f"{FOLDER}/METADATA"].read())
    assert metadata["Metadata-Version"] == "2.4"
    assert metadata.get_all("License-File") == names
    assert metadata.get_payload() == "All about it.\n\nMore.\n"
    warning = capsys.readouterr().err
    assert "nlohmann_json/3.11 has no licenses/ in its package" in warning
    assert warning.count("has no licenses/") == 1


def test_the_projects_own_come_first(plan: BuildPlan) -> None:
    entries = found(plan, "Metadata-Version: 2.5\nName: demo\nVersion: 1.2\nLicense-File: LICENSE\n")
    metadata = message_from_bytes(entries[f"{FOLDER}/METADATA"].read())
    assert metadata["Metadata-Version"] == "2.5"
    assert metadata.get_all("License-File", [])[:2] == ["LICENSE", "conan/leveldb-1.23/LICENSE"]


def test_nothing_is_added_where_nobody_asks(plan: BuildPlan) -> None:
    silent = replace(plan, project=replace(plan.project, wheel=WheelConfig()))
    assert list(found(silent, "Metadata-Version: 2.1\nName: demo\n")) == [f"{FOLDER}/METADATA", f"{FOLDER}/WHEEL"]


def test_packages_of_further_configurations(plan: BuildPlan, root: Path) -> None:
    """What `[conan.1]` alone asks for is in the wheel, too."""
    further = replace(plan, layout=Layout(root=root / "further"))
    further.layout.root.mkdir()
    plan.layout.conan_result.replace(further.layout.conan_result)
    names = found(replace(plan, more=(further,)), "Metadata-Version: 2.1\nName: demo\n")
    assert f"{FOLDER}/licenses/conan/snappy-1.1.9/COPYING" in names
