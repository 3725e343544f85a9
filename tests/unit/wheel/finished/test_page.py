"""The page about wheels: what it says, that it stands alone, and that a browser shows it."""

from __future__ import annotations

import html.parser
import json
import os
from typing import TYPE_CHECKING

import pytest

from tests.support import macho, pe
from tests.support.browser import Browser, browser, find_browser
from tests.support.wheels import CORE, GLIBC, X86, Wheel, module
from xconan.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INFO, INIT = "demo-1.0.dist-info", "PyInit__core"
PYD, MAC = "demo/_core.cp311-win_amd64.pyd", "demo/_core.cpython-311-darwin.so"
BILL = {
    "components": [
        {
            "name": "lz4", "version": "1.9.4", "licenses": [{"license": {"id": "BSD-2-Clause"}}],
            "purl": "pkg:conan/lz4@1.9.4?rrev=abc", "properties": [{"name": "xconan:linked", "value": "static"}],
        },
        {"name": "zstd", "licenses": [{"expression": "MIT OR Zlib"}]},
    ],
}  # fmt: skip
FILES = {
    "demo/__init__.py": b"x = 1\n",
    CORE: X86.library(INIT, needed=("libx.so.1", "libc.so.6"), runpath="$ORIGIN/../demo.libs"),
    "demo.libs/libx.so.1": X86.library("x", needed=("libc.so.6",)),
    f"{INFO}/sboms/xconan.cdx.json": json.dumps(BILL).encode(),
    f"{INFO}/sboms/broken.cdx.json": b"{",
    f"{INFO}/licenses/conan/lz4-1.9.4/LICENSE": b"BSD",
}


class Page(html.parser.HTMLParser):
    """The elements of a page: (tag, attributes), and the texts of cells and headings."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.open and data.strip():
            self.texts.setdefault(self.open[-1], []).append(data.strip())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def page(tmp_path: Path) -> Path:
    bad = tmp_path / "bad"
    bad.mkdir()
    broken = bad / "broken-1-py3-none-any.whl"
    broken.write_bytes(b"<html>")
    wheels = [
        Wheel(files=FILES).write(tmp_path),
        Wheel(tags="py3-none-any", files={"demo/<b>&.py": b"x = 1\n", CORE: module(GLIBC)}).write(tmp_path),
        Wheel(tags="cp311-cp311-win_amd64", files={PYD: pe.library("AMD64", INIT)}).write(tmp_path),
        Wheel(tags="cp311-cp311-macosx_11_0_arm64", files={MAC: macho.library("ARM64", INIT)}).write(tmp_path),
        broken,
    ]  # fmt: skip
    out = tmp_path / "report.html"
    assert main(["check", *map(str, wheels), "--html", str(out)]) == 6
    return out


def test_what_it_says(page: Path) -> None:
    made = Page(page.read_text("utf-8"))
    assert made.texts["h1"] == ["5 wheels, 2 with errors"]
    assert [one["class"] for one in made.all("section")] == ["good", "bad", "good", "good", "bad"]
    cells = made.texts["td"]
    for text in (
        "demo 1.0", "manylinux_2_17_x86_64", "lz4", "1.9.4", "static", "BSD-2-Clause", "MIT OR Zlib",
        "conan/lz4-1.9.4/LICENSE", "demo.libs/libx.so.1", "demo/<b>&.py", "win_amd64", "macosx_11_0_arm64",
        "a binary in a wheel that is tagged for any platform", "build it again, or download it again",
    ):  # fmt: skip
        assert text in cells, text
    assert [one["class"] for one in made.all("tr") if one.get("class") in ("error", "warning")] == ["error", "warning"]
    assert "it is no wheel: it is no zip archive" in made.texts["p"]


@pytest.mark.parametrize(
    "document",
    [
        3, [], {"components": 3}, {"components": [1, None]},
        {"components": [{"name": 4, "licenses": {"id": 1}, "properties": 5}, {"licenses": [{"license": "MIT"}, 7]}]},
    ],
)  # fmt: skip
def test_bills_of_others_may_have_any_shape(tmp_path: Path, document: object) -> None:
    files = {"demo/__init__.py": b"", f"{INFO}/sboms/x.cdx.json": json.dumps(document).encode()}
    wheel = Wheel(tags="py3-none-any", files=files).write(tmp_path)
    assert main(["check", str(wheel), "--html", str(tmp_path / "report.html")]) == 0
    made = Page((tmp_path / "report.html").read_text("utf-8"))
    assert f"{INFO}/sboms/x.cdx.json" in made.texts["td"]


def test_names_that_are_no_text(tmp_path: Path) -> None:
    """A page is UTF-8, whatever bytes are in the name of a file."""
    wheel = tmp_path / os.fsdecode(b"d\xff-1.0-py3-none-any.whl")
    wheel.write_bytes(b"")
    assert main(["check", str(wheel), "--html", str(tmp_path / "report.html")]) == 6
    assert "\\udcff-1.0-py3-none-any.whl" in (tmp_path / "report.html").read_text("utf-8")


def test_the_graph_of_libraries(page: Path) -> None:
    made = Page(page.read_text("utf-8"))
    assert len(made.all("svg")) == 4
    boxes = made.texts["text"]
    first = boxes[: boxes.index("libc.so.6") + 2]
    assert first[1:] == [
        "the wheel",
        CORE.rsplit("/", maxsplit=1)[-1][:27] + "…",
        "a module",
        "libx.so.1",
        "a library",
        "libc.so.6",
        "the host's",
    ]
    assert {"libSystem.B.dylib", "KERNEL32.dll"} <= {*boxes}
    # the wheel needs the module, the module both libraries, libx libc; in the others, one each
    drawn = [one["d"] for one in made.all("path")]
    assert len(drawn) == 4 + 2 + 2 + 2


def test_it_stands_alone_and_is_for_everybody(page: Path) -> None:
    text = page.read_text("utf-8")
    made = Page(text)
    assert not made.all("script")
    assert not made.all("link")
    assert not made.all("img")
    assert "http:" not in text
    assert "https:" not in text
    assert made.all("html") == [{"lang": "en"}]
    assert "color-scheme: light dark" in text
    assert "prefers-color-scheme: dark" in text
    names = [one["href"] for one in made.all("a")]
    assert names == [f"#{one['id']}" for one in made.all("section")]
    assert len(made.all("summary")) == len(made.all("details"))
    assert all(one.get("tabindex") == "0" for one in made.all("div"))
    assert all(one["role"] == "img" and one["aria-label"] for one in made.all("svg"))


COLOURS = """
(() => {
  const numbers = (element, name) => getComputedStyle(element)[name].match(/[0-9.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
  const back = light(numbers(document.body, "backgroundColor"));
  const texts = [...document.querySelectorAll("h1, a, .verdict, th, td, summary")];
  const contrasts = texts.map(one => {
    const own = light(numbers(one, "color"));
    return (Math.max(own, back) + 0.05) / (Math.min(own, back) + 0.05);
  });
  return {dark: back < 0.2, least: Math.min(...contrasts)};
})()
"""
FITS = """
[...document.querySelectorAll("svg g")].filter(box =>
  [...box.querySelectorAll("text")].some(text => text.getBBox().x + text.getBBox().width >
    box.querySelector("rect").getBBox().x + box.querySelector("rect").getBBox().width)).length
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if find_browser() is None:
        pytest.skip("there is no Chromium: apt-get install chromium")
    with browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_browser_shows_it(page: Path, shown: Browser, tmp_path: Path, dark: bool) -> None:  # noqa: FBT001 - a table
    """What is written is there, and can be read (WCAG 2's contrast of 4.5) by day and by night."""
    shown.show(page, dark=dark)
    made, written = Page(shown.value("document.documentElement.outerHTML")), Page(page.read_text("utf-8"))
    assert [made.texts[tag] for tag in ("h1", "td", "text")] == [written.texts[tag] for tag in ("h1", "td", "text")]
    assert len(made.all("path")) == len(written.all("path")) > 0
    colours = shown.value(COLOURS)
    assert colours["dark"] == dark
    assert colours["least"] >= 4.5
    picture = shown.picture(tmp_path / "report.png")
    assert picture.stat().st_size > 20_000  # an empty page of this size is a tenth of it


@pytest.mark.parametrize("width", [390, 1200])
def test_nothing_sticks_out(page: Path, shown: Browser, tmp_path: Path, width: int) -> None:
    """Neither the page out of its window, nor names out of their boxes."""
    shown.show(page, width=width)
    shown.picture(tmp_path / "report.png")
    assert shown.value("document.documentElement.scrollWidth") <= width
    assert shown.value(FITS) == 0


def test_it_can_be_read_by_keyboard(page: Path, shown: Browser) -> None:
    """Tab leads to the links, what can be opened, and the drawings; Enter opens and closes, and follows links."""
    shown.show(page)
    reached = []
    for _ in range(60):
        shown.press("Tab")
        at = shown.value("document.activeElement.tagName")
        if at == "BODY":
            break
        assert shown.value("getComputedStyle(document.activeElement).outlineStyle") != "none"
        reached.append(at)
    made = Page(page.read_text("utf-8"))
    assert [reached.count(tag) for tag in ("A", "SUMMARY", "DIV")] == [
        len(made.all(tag)) for tag in ("a", "summary", "div")
    ]
    shown.show(page)
    shown.press("Tab")
    shown.press("Enter")
    assert shown.value("location.hash") == "#wheel-1"
    shown.press("Tab")
    assert shown.value("document.activeElement.tagName") == "SUMMARY"
    before = shown.value("document.activeElement.parentElement.open")
    shown.press("Enter")
    assert shown.value("document.activeElement.parentElement.open") is not before
