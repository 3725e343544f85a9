"""The libraries that a wheel is linked with, of what Conan was asked or a recipe hands over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support import facts
from xconan.conan.linked import keep_linked, linked_packages
from xconan.ground.files import write_json

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [
    # name, version, context, test, type, licences, needs, files
    ("leveldb", "1.23", "host", False, "static-library", ["BSD-3-Clause OR MIT"], ["snappy"], ["lib/libleveldb.a"]),
    ("snappy", "1.1.9", "host", False, "", ["BSD-3-Clause"], [], ["lib/libsnappy.a", "lib/cmake/x.cmake"]),
    ("openssl", "3.0", "host", False, "", ["Apache-2.0", "of its own kind"], [], ["lib/libssl.so.3", "lib/libssl.a"]),
    ("nlohmann_json", "3.11", "host", False, "header-library", [], [], ["include/json.hpp"]),
    ("gtest", "1.14", "host", True, "static-library", [], [], []),
    ("protoc", "3.21", "host", False, "application", [], [], ["bin/protoc"]),
    ("cmake", "3.30", "build", False, "application", [], [], []),
]  # fmt: skip


def packages(root: Path) -> list[dict[str, object]]:
    made: list[dict[str, object]] = []
    for name, version, context, test, kind, licenses, needs, files in ROWS:
        folder = root / "cache" / name
        for file in files:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(f"{name} {file}", "utf-8")
        made.append({
            "name": name, "ref": f"{name}/{version}", "revision": f"rev-{name}", "package_id": f"id-{name}",
            "test": test,
            "context": context, "type": kind, "licenses": licenses, "requires": needs, "folder": folder.as_posix(),
        })  # fmt: skip
    return made


def test_tests_and_programs_are_not_linked(root: Path) -> None:
    layout = facts.plan_at(root).layout
    write_json(layout.root / "conan.json", {"result": {"packages": packages(root)}})
    found = {one.name: one for one in linked_packages(layout)}
    assert list(found) == ["leveldb", "snappy", "openssl", "nlohmann_json"]
    assert found["leveldb"].reference == "leveldb/1.23#rev-leveldb:id-leveldb"
    assert found["leveldb"].requires == ("snappy",)
    assert found["openssl"].licenses == ("Apache-2.0", "of its own kind")


def test_what_a_recipe_hands_over(root: Path) -> None:
    layout = facts.plan_at(root).layout
    assert linked_packages(layout) == []
    handed = [
        {key: value for key, value in one.items() if key not in ("context", "test", "name")}
        for one in packages(root)[:2]
    ]
    keep_linked(layout, handed)
    assert [(one.name, one.version) for one in linked_packages(layout)] == [("leveldb", "1.23"), ("snappy", "1.1.9")]
