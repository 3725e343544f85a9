"""The graph as text and as a page."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from xconan.conan.process import CONAN_VERSIONS, ask
from xconan.ground.errors import ConanError
from xconan.ground.files import load_toml
from xconan.plan import make_plan
from xconan.project.config.settings import parse_settings
from xconan.render.graph import Graph, Package, TargetGraph, read_packages, text_lines
from xconan.render.graph_page import graph_page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HOSTILE = '<script>alert("&")</script>/1.0'


def package(ref: str, requires: Sequence[int] = (), **more: object) -> Package:
    return read_packages([{"id": 0, "ref": ref, "requires": list(requires), "options": {}, **more}])[0]


def graph(*packages: Package, error: str = "") -> Graph:
    target = TargetGraph(
        name="cp311-cp311-linux_aarch64",
        wheel="demo-1-cp311.whl",
        source="x.cross.toml",
        packages=packages,
        error=error,
    )
    return Graph(name="demo", version="1", targets=(target, target))


FULL = graph(
    package("", [1, 2]),
    package("a/1.0", [3], binary="Download", remote="far"),
    package("b/1.0", [3], binary="Build", test=True),
    package("c/1.0", [4], binary="Cache"),
    package("d/1.0", binary="Platform", context="build"),
)


def test_text() -> None:
    assert "\n".join(text_lines(FULL)) == (
        "demo 1\n"
        "|-- cp311-cp311-linux_aarch64 (1 cache, 1 download from far, 1 this machine's, 1 to build)\n"
        "|   |-- a/1.0: download from far\n"
        "|   |   `-- c/1.0: cache\n"
        "|   |       `-- d/1.0 [build machine]: this machine's\n"
        "|   `-- b/1.0 [test]: to build\n"
        "|       `-- c/1.0: cache (see above)\n"
        "`-- cp311-cp311-linux_aarch64 (1 cache, 1 download from far, 1 this machine's, 1 to build)\n"
        "    |-- a/1.0: download from far\n"
        "    |   `-- c/1.0: cache\n"
        "    |       `-- d/1.0 [build machine]: this machine's\n"
        "    `-- b/1.0 [test]: to build\n"
        "        `-- c/1.0: cache (see above)"
    )


def drawings(page: str) -> list[ET.Element]:
    return [ET.fromstring(one) for one in re.findall(r"<svg.*?</svg>", page, re.DOTALL)]  # noqa: S314 - our own text


def test_page() -> None:
    """Every package and every arrow is drawn, inside of the drawing, and needed ones stand to the right."""
    page = graph_page(FULL).text
    assert not re.search(r"https?:|<script|<link|@import|url\(", page)
    for drawing in drawings(page):
        width, height = float(drawing.attrib["width"]), float(drawing.attrib["height"])
        boxes = [{key: float(one.attrib[key]) for key in ("x", "y", "width", "height")} for one in drawing.iter("rect")]
        assert len(boxes) == 5
        assert len(list(drawing.iter("path"))) == 5
        assert all(box["x"] + box["width"] <= width and box["y"] + box["height"] <= height for box in boxes)
        assert len({(box["x"], box["y"]) for box in boxes}) == 5
        assert boxes[0]["x"] < boxes[1]["x"] == boxes[2]["x"] < boxes[3]["x"] < boxes[4]["x"]


def test_hostile_names() -> None:
    many = package(HOSTILE, binary="Invalid", reason=HOSTILE, options={HOSTILE: HOSTILE}, license=HOSTILE)
    page = graph_page(graph(package("", [1]), many, error=HOSTILE)).text
    assert "<script" not in page
    assert len(drawings(page)) == 2
    assert f"{HOSTILE}: can't be built ({HOSTILE})" in "\n".join(text_lines(graph(package("", [1]), many)))


@pytest.mark.parametrize("packages", [(), (package(""),), (package("", [1]), package("a/1", [2]), package("b/1", [1]))])
def test_odd_graphs(packages: tuple[Package, ...]) -> None:
    """Nothing known, nothing needed, a cycle."""
    odd = graph(*packages, error="cycle\nand more")
    assert "error: cycle" in "\n".join(text_lines(odd))
    assert "and more" in graph_page(odd).text


def test_words_that_choose_a_target(tmp_path: Path) -> None:
    """What xconan prints as a command is what was given."""
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).touch()
    a, b = str(tmp_path / "a.toml"), str(tmp_path / "b.toml")
    read: dict[tuple[str, ...], dict[str, object]] = {
        ("--target", "cp311-linux_aarch64"): {"target": "cp311-linux_aarch64"},
        ("--cross", a): {"cross": a},
        ("-C", f"cross={a}", "-C", f"cross={b}"): {"cross": [a, b]},
        ("-C", f"local={a}", "-C", "override=x=1"): {"local": a, "override": "x=1"},
    }
    for words, settings in read.items():
        assert parse_settings(settings, root=tmp_path).arguments == words


def test_versions_of_conan_are_those_of_pyproject() -> None:
    pyproject = load_toml(facts.PROBES.parents[2] / "pyproject.toml")
    oldest, unknown = CONAN_VERSIONS
    assert f"conan>={oldest},<{unknown}" in pyproject["project"]["dependencies"]  # type: ignore[index]


@pytest.mark.parametrize("version", ["1.66.0", "2.33.9", "2.35.0", "3.0"])
def test_conan_too_old_or_too_new(version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conan").mkdir()
    (tmp_path / "conan/__init__.py").write_text(f"__version__ = '{version}'\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConanError, match=f"this is Conan {re.escape(version)}") as caught:
        ask({}, make_plan(facts.facts()), tmp_path)
    assert "pip install 'conan>=" in caught.value.hint
