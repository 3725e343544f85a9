"""Downloads from servers that misbehave, into places that do."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import resource
import socket
from typing import TYPE_CHECKING

import pytest

from tests.support.mirror import Mirror, mirror
from xconan.fetch import download as module
from xconan.fetch.download import download, published_sha256
from xconan.ground.errors import ConfigError, HostPythonError, MachineError, XconanError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATA = bytes(range(256)) * 8192  # 2 MiB
SUM = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def server() -> Iterator[Mirror]:
    with mirror({"file.tar": DATA}) as found:
        yield found


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAUSES", (0.0, 0.0, 0.0))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def fetch(server: Mirror, place: Path, *, sha256: str | None = SUM, name: str = "file.tar") -> None:
    download(f"{server.address}/{name}", place, sha256=sha256, what="a file", kind=HostPythonError)


def leftovers(place: Path) -> set[str]:
    return {path.name for path in place.parent.iterdir()} - {place.name, f"{place.name}.lock", "home"}


def test_whole(server: Mirror, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "a folder" / "ä.tar"
    fetch(server, place)
    assert place.read_bytes() == DATA
    assert not leftovers(place)
    assert "downloading a file (2.1 MB)" in capfd.readouterr().err
    fetch(server, place)
    assert len(server.asked) == 1


def test_goes_on_where_the_connection_stopped(server: Mirror, tmp_path: Path) -> None:
    server.cuts = [1_000_000, 100, 500_000]
    fetch(server, tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == DATA
    assert server.sent == len(DATA)
    assert server.asked[1:] == [f"/file.tar bytes={done}-" for done in (1_000_000, 1_000_100, 1_500_100)]


def test_the_next_run_goes_on(server: Mirror, tmp_path: Path) -> None:
    server.cuts = [100] * 9
    with pytest.raises(MachineError, match="closed after 400 of 2097152 bytes"):
        fetch(server, tmp_path / "f", sha256=None)
    assert not (tmp_path / "f").exists()
    server.cuts = []
    fetch(server, tmp_path / "f", sha256=None)
    assert (tmp_path / "f").read_bytes() == DATA
    assert server.sent == len(DATA)
    assert not leftovers(tmp_path / "f")


@pytest.mark.parametrize("sha256", [SUM, None])
def test_a_server_without_ranges(server: Mirror, tmp_path: Path, sha256: str | None) -> None:
    server.ranges, server.cuts = False, [1_500_000]
    fetch(server, tmp_path / "f", sha256=sha256)
    assert (tmp_path / "f").read_bytes() == DATA


def test_a_file_that_changed_is_not_glued(server: Mirror, tmp_path: Path) -> None:
    server.cuts = [1000] * 9
    with pytest.raises(MachineError):
        fetch(server, tmp_path / "f", sha256=None)
    server.files["file.tar"], server.etag, server.cuts = b"new" * 5000, '"2"', []
    fetch(server, tmp_path / "f", sha256=None)
    assert (tmp_path / "f").read_bytes() == b"new" * 5000


def test_nothing_vouches_for_the_first_half(server: Mirror, tmp_path: Path) -> None:
    server.etag, server.cuts = "", [1_500_000]
    fetch(server, tmp_path / "f", sha256=None)
    assert server.asked == ["/file.tar", "/file.tar"]
    assert (tmp_path / "f").read_bytes() == DATA


@pytest.mark.parametrize("stale", [b"x" * 10, DATA, DATA + b"more"])
def test_another_files_first_half(server: Mirror, tmp_path: Path, stale: bytes) -> None:
    """Without a validator the checksum decides: a half that doesn't fit is thrown away, once."""
    server.etag = ""
    (tmp_path / "f.part").write_bytes(stale)
    (tmp_path / "f.part.json").write_text(f'{{"url": "{server.address}/file.tar", "validator": ""}}')
    fetch(server, tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == DATA


def test_a_server_that_never_ends(server: Mirror, tmp_path: Path) -> None:
    """It always stops after the same bytes, and can't go on from there."""
    server.ranges, server.cuts = False, [1_900_000] * 99
    with pytest.raises(MachineError):
        fetch(server, tmp_path / "f")
    assert len(server.asked) < 10


def test_busy(server: Mirror, tmp_path: Path) -> None:
    server.statuses = [503, 429]
    fetch(server, tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == DATA


def test_wrong_checksum(server: Mirror, tmp_path: Path) -> None:
    with pytest.raises(HostPythonError) as caught:
        fetch(server, tmp_path / "f", sha256="ab" * 32)
    assert SUM in caught.value.message
    assert "ab" * 32 in caught.value.message
    assert not (tmp_path / "f").exists()
    assert not leftovers(tmp_path / "f")


@pytest.mark.parametrize("status", [404, 403, 401])
def test_not_there(server: Mirror, tmp_path: Path, status: int) -> None:
    server.statuses = [status]
    address = server.address.replace("//", "//me:secret@")
    with pytest.raises(HostPythonError, match=str(status)) as caught:
        download(f"{address}/file.tar", tmp_path / "f", sha256=SUM, what="a file", kind=HostPythonError)
    assert "secret" not in caught.value.render()
    assert len(server.asked) == 1


def test_nobody_listens(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/f"
    with pytest.raises(MachineError, match="refused") as caught:
        download(address, tmp_path / "f", sha256=None, what="a file", kind=HostPythonError)
    assert "HTTPS_PROXY" in caught.value.hint


@pytest.mark.parametrize(
    "url", ["ftp://a/b", "/a/b", "https://", "http:///x", "file://elsewhere/x", "http://[::1/x", ""]
)
def test_no_address(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        download(url, tmp_path / "f", sha256=None, what="a file", kind=HostPythonError)


def test_a_file_address(tmp_path: Path) -> None:
    source = tmp_path / "ein Übel.tar"
    source.write_bytes(DATA)
    download(source.as_uri(), tmp_path / "f", sha256=SUM, what="a file", kind=HostPythonError)
    assert (tmp_path / "f").read_bytes() == DATA
    with pytest.raises(HostPythonError, match="No such file"):
        download(f"{source.as_uri()}x", tmp_path / "g", sha256=None, what="a file", kind=HostPythonError)


def test_full_disk(server: Mirror, tmp_path: Path) -> None:
    """A limit on the size of files is to a process what a full disk is; what fitted stays for the next run."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        with pytest.raises(OSError, match=r"f\.part"):
            fetch(server, tmp_path / "f")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    fetch(server, tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == DATA
    assert server.asked[1].startswith("/file.tar bytes=")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_folder(server: Mirror, tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o555)
    with pytest.raises(OSError, match="closed"):
        fetch(server, folder / "f")


def _fetch_in_a_process(address: str, place: Path) -> None:
    download(f"{address}/file.tar", place, sha256=SUM, what="a file", kind=HostPythonError)


def test_two_at_once(server: Mirror, tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    both = [context.Process(target=_fetch_in_a_process, args=(server.address, tmp_path / "f")) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(20)
    assert [one.exitcode for one in both] == [0, 0]
    assert (tmp_path / "f").read_bytes() == DATA
    assert server.sent == len(DATA)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"{SUM}\n", None),
        (f"{SUM.upper()}  file.tar\n", None),
        (f"{'0' * 64}  file.tar.gz\n{SUM} *file.tar\n", "file.tar"),
        (f"SHA256 (file.tar) = {SUM}\n", "file.tar"),
    ],
)
def test_published_checksum(server: Mirror, text: str, name: str | None) -> None:
    server.files["sums"] = text.encode()
    assert published_sha256(f"{server.address}/sums", what="it", kind=HostPythonError, name=name) == SUM


def test_no_published_checksum(server: Mirror) -> None:
    server.files["sums"] = b"<html>" + SUM.encode() + b"</html>"
    with pytest.raises(XconanError, match="no SHA-256"):
        published_sha256(f"{server.address}/sums", what="it", kind=HostPythonError, name="file.tar")
