"""A package index of wheels: its pages, and pip and uv that install from it by a web server."""

from __future__ import annotations

import hashlib
import html.parser
import io
import json
import subprocess
import sys
import tarfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from typing import TYPE_CHECKING, cast

import pytest
from packaging.version import Version

from tests.support.wheels import Wheel
from xconan.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ANY = "py3-none-any"


def pure(folder: Path, name: str, version: str, *fields: str) -> Path:
    text = "\n".join(["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *fields, ""])
    stem = f"{name}-{version}"
    source = f"version = '{version}'\n".encode()
    wheel = Wheel(tags=ANY, stem=stem, folder=f"{stem}.dist-info", metadata=text, files={f"{name}.py": source})
    return wheel.write(folder)


def sdist(folder: Path, requires_python: str) -> Path:
    place = folder / "demo_pack-0.9.tar.gz"
    text = f"Metadata-Version: 2.1\nName: demo_pack\nVersion: 0.9\nRequires-Python: {requires_python}\n".encode()
    with tarfile.open(place, "w:gz") as archive:
        info = tarfile.TarInfo("demo_pack-0.9/PKG-INFO")
        info.size = len(text)
        archive.addfile(info, io.BytesIO(text))
    return place


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    folder.mkdir()
    pure(folder, "demo_pack", "1.0", "Requires-Dist: helper>=1")
    pure(folder, "demo_pack", "1.1", "Requires-Dist: helper>=1")
    pure(folder, "demo_pack", "2.0", "Requires-Python: >=3.99")
    pure(folder, "helper", "1.5")
    sdist(folder, ">=3.8")
    return folder


def run(*arguments: object) -> int:
    return main(["index", *map(str, arguments)])


def failed(*arguments: object) -> object:
    with pytest.raises(SystemExit) as caught:
        run(*arguments)
    return caught.value.code


class Links(html.parser.HTMLParser):
    """The links of a page: their attributes by what they are called."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str | None]] = {}
        self.attributes: dict[str, str | None] = {}
        self.feed(page.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes = dict(attrs) if tag == "a" else {}

    def handle_data(self, data: str) -> None:
        if self.attributes:
            self.found[data] = self.attributes
            self.attributes = {}


def test_pages(dist: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = tmp_path / "site"
    Wheel(tags="cp311-cp311-linux_x86_64", stem="demo-1.0+local.1").write(dist)
    assert run(dist, "-o", site, "--yank", 'demo_pack-1.1-*=it "crashes" & <burns>', "--yank", "helper-*") == 0
    assert capsys.readouterr().out == f"{site}\n"
    assert list(Links(site / "simple" / "index.html").found) == ["demo", "demo-pack", "helper"]
    links = Links(site / "simple" / "demo-pack" / "index.html").found
    names = ["demo_pack-0.9.tar.gz", *(f"demo_pack-{version}-{ANY}.whl" for version in ("1.0", "1.1", "2.0"))]
    assert list(links) == names
    data = (dist / names[1]).read_bytes()
    assert links[names[1]]["href"] == f"{names[1]}#sha256={hashlib.sha256(data).hexdigest()}"
    assert (site / "simple" / "demo-pack" / names[1]).read_bytes() == data
    metadata = (site / "simple" / "demo-pack" / f"{names[1]}.metadata").read_bytes()
    assert metadata.startswith(b"Metadata-Version: 2.1\nName: demo_pack\n")
    assert links[names[1]]["data-core-metadata"] == f"sha256={hashlib.sha256(metadata).hexdigest()}"
    assert not any("data-dist-info-metadata" in link for link in links.values())
    assert links[names[0]].keys() == {"href", "data-requires-python"}
    assert links[names[2]]["data-yanked"] == 'it "crashes" & <burns>'
    assert links[names[3]]["data-requires-python"] == ">=3.99"
    assert Links(site / "simple" / "helper" / "index.html").found[f"helper-1.5-{ANY}.whl"]["data-yanked"] == ""
    assert "demo-1.0%2Blocal.1-cp311" in str(Links(site / "simple" / "demo" / "index.html").found)


def test_json_says_the_same(dist: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    run(dist, "-o", site, "--yank", "demo_pack-1.1-*")
    page = json.loads((site / "simple" / "demo-pack" / "index.json").read_text("utf-8"))
    links = Links(site / "simple" / "demo-pack" / "index.html").found
    assert (page["name"], page["versions"], page["meta"]) == (
        "demo-pack",
        ["0.9", "1.0", "1.1", "2.0"],
        {"api-version": "1.1"},
    )
    assert [file["filename"] for file in page["files"]] == list(links)
    for file in page["files"]:
        link = links[file["filename"]]
        assert f"{file['url']}#sha256={file['hashes']['sha256']}" == link["href"]
        assert file.get("requires-python") == link.get("data-requires-python")
        assert file["yanked"] == ("data-yanked" in link)
        assert file["size"] == (dist / file["filename"]).stat().st_size
        assert ("core-metadata" in file) == file["filename"].endswith(".whl")
        assert "dist-info-metadata" not in file  # Debian 12's pip takes that for a package of another name
    root = json.loads((site / "simple" / "index.json").read_text("utf-8"))
    assert root["projects"] == [{"name": "demo-pack"}, {"name": "helper"}]


def test_an_index_is_replaced_as_a_whole(dist: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = tmp_path / "site"
    assert run(dist, "-o", site) == 0
    assert run(dist / f"helper-1.5-{ANY}.whl", "-o", site, "--json") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["projects"] == {"helper": [f"helper-1.5-{ANY}.whl"]}
    assert sorted(path.name for path in (site / "simple").iterdir()) == ["helper", "index.html", "index.json"]
    broken = dist / f"broken-1-{ANY}.whl"
    broken.write_bytes(b"PK\x03\x04")
    assert failed(dist, "-o", site) == 6
    assert "damaged or cut off" in capsys.readouterr().err
    assert (site / "simple" / "helper").is_dir()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_link_to_the_index_stays(dist: Path, tmp_path: Path) -> None:
    site, link = tmp_path / "www/site", tmp_path / "link"
    site.mkdir(parents=True)
    link.symlink_to(site)
    for _ in range(2):
        assert main(["index", str(dist), "-o", str(link)]) == 0
        assert link.is_symlink()
        assert (site / "simple/index.html").is_file()
    assert sorted(path.name for path in site.parent.iterdir()) == ["site"]


def test_what_can_t_be_an_index(dist: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "letters"
    other.mkdir()
    (other / "letter.txt").write_text("dear", "utf-8")
    (tmp_path / "again").mkdir()
    pure(tmp_path / "again", "helper", "1.5", "Summary: other")
    (tmp_path / "x.txt").write_text("", "utf-8")
    cases = [
        ((dist, "-o", other), "the folder has something else in it"),
        ((dist, "-o", other / "letter.txt"), "the index's folder is a file"),
        ((dist, tmp_path / "again", "-o", tmp_path / "s"), "has the same name, and other content"),
        ((tmp_path / "gone", "-o", tmp_path / "s"), "there is no such file or folder"),
        ((tmp_path / "x.txt", "-o", tmp_path / "s"), "it is no wheel or source distribution"),
        ((other, "-o", tmp_path / "s"), "there is no wheel or source distribution in it"),
        ((dist, "-o", tmp_path / "s", "--yank", "foo-*"), "no file is named foo-*"),
    ]
    for arguments, sentence in cases:
        assert failed(*arguments) == 2
        assert sentence in capsys.readouterr().err
    assert (other / "letter.txt").read_text("utf-8") == "dear"
    assert not (tmp_path / "s").exists()


def link(folder: Path, kind: bytes) -> None:
    """A source distribution whose PKG-INFO is a link that leads out of it."""
    with tarfile.open(folder / "linked-1.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo("linked-1/PKG-INFO")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)


def damage(folder: Path) -> None:
    """What gzip can't unpack, behind a good head."""
    place = sdist(folder, ">=3.8")
    data = bytearray(place.read_bytes())
    data[40:60] = b"\xff" * 20
    place.write_bytes(data)


ODD: dict[str, tuple[Callable[[Path], object], str]] = {
    "a folder": (lambda folder: (folder / f"x-1-{ANY}.whl").mkdir(), "it is a folder, and named as a wheel"),
    "a link": (lambda folder: (folder / "x-1.tar.gz").symlink_to("gone"), "it is a link that leads nowhere"),
    "empty wheel": (lambda folder: (folder / f"x-1-{ANY}.whl").touch(), "it is no wheel: the file is empty"),
    "empty sdist": (lambda folder: (folder / "x-1.tar.gz").touch(), "the archive is damaged or cut off: empty file"),
    "text": (lambda folder: (folder / "x-1.tar.gz").write_text("hello"), "damaged or cut off: not a gzip file"),
    "damaged": (damage, "the archive is damaged or cut off: "),
    "no name": (lambda folder: (folder / "x.tar.gz").touch(), "it is not named as a source distribution is"),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_files_in_the_folder(dist: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], case: str) -> None:
    """Each is named, with what is wrong in one line, and no index is written."""
    make, sentence = ODD[case]
    make(dist)
    assert failed(dist, "-o", tmp_path / "site") in (2, 6)
    said = capsys.readouterr().err
    assert sentence in said
    assert len(said.splitlines()) == 3
    assert "method" not in said
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_links_in_a_source_distribution_are_not_followed(dist: Path, tmp_path: Path, kind: bytes) -> None:
    link(dist, kind)
    assert run(dist, "-o", tmp_path / "site") == 0
    assert "data-requires-python" not in Links(tmp_path / "site/simple/linked/index.html").found["linked-1.tar.gz"]


def test_metadata_is_the_wheels_own(tmp_path: Path) -> None:
    """Not that of another distribution, whose .dist-info comes first."""
    stem, other = "own.pack-1.0", "another-3.dist-info/METADATA"
    wheel = Wheel(tags=ANY, stem=stem, folder="Own_Pack-1.0.dist-info", files={other: b"Name: another\n"},
                  metadata="Metadata-Version: 2.1\nName: own.pack\nVersion: 1.0\n")  # fmt: skip
    wheel.write(tmp_path)
    assert run(tmp_path, "-o", tmp_path / "site") == 0
    metadata = tmp_path / f"site/simple/own-pack/{stem}-{ANY}.whl.metadata"
    assert "Name: own.pack\n" in metadata.read_text("utf-8")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            asked.append(str(arguments[1]))

    site = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(tmp_path / "site")))
    thread = threading.Thread(target=site.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{site.server_port}/simple/", asked
    site.shutdown()
    thread.join()
    site.server_close()


def install(tool: str, url: str, folder: Path, requirement: str) -> subprocess.CompletedProcess[str]:
    pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-cache-dir", "--target"]
    command = pip
    if tool == "uv":
        uv = pytest.importorskip("uv", reason="uv is not installed: pip install uv")
        command = [cast("str", uv.find_uv_bin()), "pip", "install", "-q", "--no-config", "--no-cache", "--target"]
    command = [*command, str(folder), "--index-url", url, requirement]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.mark.parametrize("tool", ["pip", "uv"])
def test_tools_install_from_it(tool: str, dist: Path, tmp_path: Path, server: tuple[str, list[str]]) -> None:
    url, asked = server
    assert run(dist, "-o", tmp_path / "site", "--yank", "demo_pack-1.1-*=broken") == 0
    done = install(tool, url, tmp_path / "env", "Demo.Pack")
    assert done.returncode == 0, done.stderr
    # 2.0 is for another Python, 1.1 is yanked
    assert (tmp_path / "env" / "demo_pack.py").read_text("utf-8") == "version = '1.0'\n"
    assert (tmp_path / "env" / "helper.py").is_file()
    asks_for_metadata = tool == "uv" or Version(version("pip")) >= Version("23.2")
    assert any(line.split()[1].endswith(f"demo_pack-1.0-{ANY}.whl.metadata") for line in asked) == asks_for_metadata
    again = install(tool, url, tmp_path / "env2", "demo-pack==1.1")
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "env2" / "demo_pack.py").read_text("utf-8") == "version = '1.1'\n"


@pytest.mark.parametrize("tool", ["pip", "uv"])
def test_a_file_that_was_changed_is_refused(
    tool: str, dist: Path, tmp_path: Path, server: tuple[str, list[str]]
) -> None:
    url, _asked = server
    assert run(dist, "-o", tmp_path / "site") == 0
    file = tmp_path / "site" / "simple" / "helper" / f"helper-1.5-{ANY}.whl"
    (tmp_path / "changed").mkdir()
    changed = pure(tmp_path / "changed", "helper", "1.5", "Summary: another")
    file.write_bytes(changed.read_bytes())
    done = install(tool, url, tmp_path / "env", "helper")
    assert done.returncode != 0
    assert "hash" in done.stderr.lower()
