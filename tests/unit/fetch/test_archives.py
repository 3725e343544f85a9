"""Archives as publishers make them, and as somebody would who wants to write elsewhere."""

from __future__ import annotations

import io
import os
import resource
import stat
import subprocess
import sys
import tarfile
import zipfile
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.needs import missing
from xconan.fetch import archives
from xconan.fetch.archives import unpack, unpack_limit
from xconan.ground.errors import ConfigError, HostPythonError
from xconan.ground.files import remove_tree

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = b"text\n" * 5000


def info(name: str, kind: bytes = tarfile.REGTYPE, **more: Any) -> tarfile.TarInfo:  # noqa: ANN401 - its attributes
    member = tarfile.TarInfo(name)
    member.type = kind
    for key, value in more.items():
        setattr(member, key, value)
    return member


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    return info(name, kind, linkname=target)


def make(path: Path, *members: tarfile.TarInfo, mode: str = "w", data: bytes = b"x") -> Path:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for member in members:
            member.size = len(data) if member.isreg() else 0
            tar.addfile(member, io.BytesIO(data) if member.isreg() else None)
    return path


def good(path: Path, mode: str) -> Path:
    return make(
        path, info("./", tarfile.DIRTYPE), info("./top/", tarfile.DIRTYPE, mode=0o555),
        info("./top/ü b.h", mode=0o4755, mtime=1e9), info("top/secret", mode=0), link("top/l", "ü b.h"),
        link("top/up/l", "../../top"), link("top/same", "./top/ü b.h", tarfile.LNKTYPE), mode=mode, data=TEXT,
    )  # fmt: skip


def refused(archive: Path, folder: Path) -> str:
    before = {*folder.parent.iterdir(), folder.with_name(f"{folder.name}.lock")}
    with pytest.raises(HostPythonError) as caught:
        unpack(archive, folder, kind=HostPythonError)
    assert not folder.exists()
    assert set(folder.parent.iterdir()) <= before
    assert str(archive) in caught.value.where
    assert caught.value.hint
    return caught.value.message


@pytest.mark.parametrize("method", ["", "gz", "bz2", "xz"])
def test_tar(tmp_path: Path, method: str) -> None:
    folder = tmp_path / "a b" / "out"
    unpack(good(tmp_path / "a", f"w:{method}"), folder, kind=HostPythonError)
    file = folder / "top" / "ü b.h"
    assert file.read_bytes() == TEXT
    assert stat.S_IMODE(file.stat().st_mode) == 0o755
    assert file.stat().st_mtime == 1e9
    assert stat.S_IMODE((folder / "top" / "secret").stat().st_mode) == 0o400
    assert (folder / "top" / "l").read_bytes() == TEXT
    assert (folder / "top" / "up" / "l" / "l").read_bytes() == TEXT
    assert (folder / "top" / "same").samefile(file)
    remove_tree(folder)


def test_zstd(tmp_path: Path) -> None:
    name = next((name for name in archives.ZSTD if _is_here(name)), None)
    if name is None:
        missing("backports.zstd (from PyPI)")
    data = import_module(name).compress(good(tmp_path / "a", "w").read_bytes())
    (tmp_path / "a").write_bytes(data)
    unpack(tmp_path / "a", tmp_path / "out", kind=HostPythonError)
    assert (tmp_path / "out" / "top" / "l").read_bytes() == TEXT
    (tmp_path / "a").write_bytes(data[:-10])
    assert "damaged" in refused(tmp_path / "a", tmp_path / "2")


def _is_here(name: str) -> bool:
    try:
        import_module(name)
    except ImportError:
        return False
    return True


def test_without_zstd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in archives.ZSTD:
        monkeypatch.setitem(sys.modules, name, None)
    (tmp_path / "a").write_bytes(b"\x28\xb5\x2f\xfd")
    with pytest.raises(HostPythonError) as caught:
        unpack(tmp_path / "a", tmp_path / "out", kind=HostPythonError)
    assert "backports.zstd" in caught.value.hint


def test_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("top/a.h", TEXT)
        archive.writestr("empty/", b"")
        for name, mode in (("top/run", stat.S_IFREG | 0o755), ("top/l", stat.S_IFLNK | 0o777)):
            one = zipfile.ZipInfo(name)
            one.create_system, one.external_attr = 3, mode << 16
            archive.writestr(one, b"a.h")
    unpack(tmp_path / "a", tmp_path / "out", kind=HostPythonError)
    assert (tmp_path / "out/top/l").read_bytes() == TEXT
    assert os.access(tmp_path / "out/top/run", os.X_OK)
    assert (tmp_path / "out/empty").is_dir()


def test_a_folder_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    unpack(tmp_path / "missing", tmp_path / "out", kind=HostPythonError)
    assert not list((tmp_path / "out").iterdir())


def test_only_what_is_wanted(tmp_path: Path) -> None:
    archive = make(
        tmp_path / "a",
        info("usr/include/a.h"),
        info("usr/bin/b"),
        link("usr/etc", "/etc"),
        link("usr/include/b", "usr/bin/b", tarfile.LNKTYPE),
    )
    unpack(archive, tmp_path / "out", kind=HostPythonError, wanted=lambda name: name.startswith("usr/include/"))
    assert [path.name for path in (tmp_path / "out").rglob("*")] == ["usr", "include", "a.h"]


FILE, FOLDER = info("f"), info("d/", tarfile.DIRTYPE)
HOSTILE: dict[str, list[Callable[[], tarfile.TarInfo]]] = {
    "up": [lambda: info("../evil")],
    "up inside": [lambda: info("a/../../evil")],
    "absolute": [lambda: info("/tmp/evil")],  # noqa: S108 - that it is written is what is refused
    "absolute folder": [lambda: info("/evil/", tarfile.DIRTYPE)],
    "link out": [lambda: link("l", "../evil")],
    "absolute link": [lambda: link("l", "/etc/passwd")],
    "link out from below": [lambda: link("a/l", "../../evil")],
    "through a link": [lambda: link("l", "."), lambda: info("l/evil")],
    "a folder through a link": [lambda: link("l", "d"), lambda: info("l/", tarfile.DIRTYPE)],
    "a link out, then through it": [lambda: link("l", ".."), lambda: info("l/evil")],
    "a chain": [lambda: link("a/b/up", "../.."), lambda: link("x", "a/b/up/../evil")],
    "a chain, the other way": [lambda: link("x", "a/b/up/../evil"), lambda: link("a/b/up", "../..")],
    "hard link out": [lambda: link("l", "../evil", tarfile.LNKTYPE)],
    "hard link to the machine": [lambda: link("l", "/etc/passwd", tarfile.LNKTYPE)],
    "hard link to nothing": [lambda: link("l", "f", tarfile.LNKTYPE)],
    "hard link to itself": [lambda: link("l", "l", tarfile.LNKTYPE)],
    "hard link to a link": [lambda: link("f", "/etc/passwd"), lambda: link("l", "f", tarfile.LNKTYPE)],
    "pipe": [lambda: info("p", tarfile.FIFOTYPE)],
    "device": [lambda: info("p", tarfile.CHRTYPE, devmajor=1, devminor=3)],
    "block device": [lambda: info("p", tarfile.BLKTYPE)],
    "below a file": [lambda: info("f"), lambda: info("f/evil")],
    "a file for a folder": [lambda: info("d/x"), lambda: info("d")],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_tar(tmp_path: Path, name: str) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    members = [one() for one in HOSTILE[name]]
    message = refused(make(inner / "a.tar", *members), inner / "out")
    assert any(member.name.rstrip("/") in message for member in members)
    assert {path.name for path in tmp_path.iterdir()} == {"inner", "home"}


@pytest.mark.parametrize(
    ("name", "mode"), [("../evil", 0), ("/evil", 0), ("l", stat.S_IFLNK), ("p", stat.S_IFIFO), ("p", stat.S_IFCHR)]
)
def test_hostile_zip(tmp_path: Path, name: str, mode: int) -> None:
    with zipfile.ZipFile(tmp_path / "a", "w") as archive:
        one = zipfile.ZipInfo(name)
        one.create_system, one.external_attr = 3, (mode | 0o644) << 16
        archive.writestr(one, b"../evil")
    assert name in refused(tmp_path / "a", tmp_path / "out")


def test_links_that_lead_nowhere_are_harmless(tmp_path: Path) -> None:
    archive = make(tmp_path / "a", link("self", "self"), link("a", "b"), link("b", "a"), link("gone", "not/there"))
    unpack(archive, tmp_path / "out", kind=HostPythonError)
    assert (tmp_path / "out" / "self").is_symlink()


def test_the_later_of_two_members_counts(tmp_path: Path) -> None:
    archive = make(tmp_path / "a", link("f", "/etc/passwd"), info("f"), info("g"), link("g", "f"))
    unpack(archive, tmp_path / "out", kind=HostPythonError)
    assert not (tmp_path / "out" / "f").is_symlink()
    assert (tmp_path / "out" / "g").is_symlink()


@pytest.mark.parametrize("method", ["", "gz", "bz2", "xz"])
@pytest.mark.parametrize("part", [0.01, 0.5, 0.9, 0.999])
def test_truncated(tmp_path: Path, method: str, part: float) -> None:
    data = good(tmp_path / "a", f"w:{method}").read_bytes()
    if method == "":
        data = data.rstrip(b"\0")  # tar pads its end with zeros
    (tmp_path / "a").write_bytes(data[: int(len(data) * part)])
    assert "damaged" in refused(tmp_path / "a", tmp_path / "out")


def test_cut_between_two_members(tmp_path: Path) -> None:
    data = make(tmp_path / "a", info("f"), info("g"), data=b"y" * 512).read_bytes()
    (tmp_path / "a").write_bytes(data[:1024])
    assert "end is missing" in refused(tmp_path / "a", tmp_path / "out")


@pytest.mark.parametrize("where", [30, 200, -30, -5])
@pytest.mark.parametrize("method", ["gz", "xz"])
def test_damaged(tmp_path: Path, method: str, where: int) -> None:
    data = bytearray(good(tmp_path / "a", f"w:{method}").read_bytes())
    data[where] ^= 0xFF
    (tmp_path / "a").write_bytes(data)
    assert "damaged" in refused(tmp_path / "a", tmp_path / "out")


@pytest.mark.parametrize(
    "data", [b"", b"<html>", b"PK\x03\x04 no", b"\x1f\x8b", b"!<arch>\ndebian-binary", b"x" * 9999]
)
def test_no_archive(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a").write_bytes(data)
    assert "damaged" in refused(tmp_path / "a", tmp_path / "out")


def test_truncated_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a", "w") as archive:
        archive.writestr("a.h", TEXT)
    (tmp_path / "a").write_bytes((tmp_path / "a").read_bytes()[:-30])
    assert "damaged" in refused(tmp_path / "a", tmp_path / "out")


def debian_package(path: Path, name: str, data: bytes) -> Path:
    def member(title: str, content: bytes) -> bytes:
        header = f"{title:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode()
        return header + content + b"\n" * (len(content) % 2)

    parts = (("debian-binary", b"2.0\n"), ("control.tar.xz", b"odd"), (name, data))
    path.write_bytes(b"!<arch>\n" + b"".join(member(*part) for part in parts))
    return path


@pytest.mark.parametrize("method", ["", "gz", "xz"])
def test_debian_package(tmp_path: Path, method: str) -> None:
    data = good(tmp_path / "data", f"w:{method}").read_bytes()
    archive = debian_package(tmp_path / "a.deb", f"data.tar.{method}".rstrip("."), data)
    unpack(archive, tmp_path / "out", kind=HostPythonError)
    assert (tmp_path / "out/top/l").read_bytes() == TEXT
    archive.write_bytes(archive.read_bytes()[: 300 + len(data) // 2])
    assert "damaged" in refused(archive, tmp_path / "2")


def test_links_of_debian_packages_begin_at_its_root(tmp_path: Path) -> None:
    """tzdata links usr/share/zoneinfo/localtime to /etc/localtime, libc6 the loader to /lib; a tar may not do so."""
    with tarfile.open(tmp_path / "data", "w") as tar:
        for name, target in (
            ("./lib64/loader.so", "/lib/x/l.so"),
            ("./usr/zone/local", "/etc/local"),
            ("./top", "//a"),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            tar.addfile(info)
        info = tarfile.TarInfo("./lib/x/l.so")
        info.size = len(TEXT)
        tar.addfile(info, io.BytesIO(TEXT))
    unpack(debian_package(tmp_path / "a.deb", "data.tar", (tmp_path / "data").read_bytes()), tmp_path / "out",
           kind=HostPythonError)  # fmt: skip
    assert (tmp_path / "out/lib64/loader.so").read_bytes() == TEXT
    assert (tmp_path / "out/usr/zone/local").readlink() == Path("../../etc/local")
    assert (tmp_path / "out/top").readlink() == Path("a")
    assert "leads out: /lib/x/l.so" in refused(tmp_path / "data", tmp_path / "2")
    for target in ("/../../../etc/passwd", "../../etc/passwd"):
        with tarfile.open(tmp_path / "data", "w") as tar:
            info = tarfile.TarInfo("./usr/zone")
            info.type, info.linkname = tarfile.SYMTYPE, target
            tar.addfile(info)
        archive = debian_package(tmp_path / "b.deb", "data.tar", (tmp_path / "data").read_bytes())
        assert "leads out" in refused(archive, tmp_path / "3")


def test_full_disk(tmp_path: Path) -> None:
    archive = good(tmp_path / "a", "w:xz")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(OSError, match=r"b\.h"):
            unpack(archive, tmp_path / "out", kind=HostPythonError)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert {path.name for path in tmp_path.iterdir()} == {"a", "out.lock", "home"}


def test_what_a_killed_run_left(tmp_path: Path) -> None:
    left = tmp_path / ".out.new" / "half"
    left.mkdir(parents=True)
    (left / "f").touch()
    left.chmod(0o555)
    left.parent.chmod(0o555)
    unpack(good(tmp_path / "a", "w"), tmp_path / "out", kind=HostPythonError)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["top"]


def test_read_only_trees_of_other_programs_are_removed(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "a" / "b").mkdir(parents=True)
    (tree / "a" / "b" / "f").touch()
    (tree / "out").symlink_to(tmp_path)
    for folder in (tree / "a" / "b", tree / "a", tree):
        folder.chmod(0o000)
    remove_tree(tree)
    assert not tree.exists()
    assert tmp_path.exists()


def test_nothing_is_written_elsewhere_by_a_known_trick(tmp_path: Path) -> None:
    """CVE-2025-4517: a path too long for realpath hid where the last links of a chain lead."""
    inner = tmp_path / "inner"
    inner.mkdir()
    part, path, members = "d" * 247, "", []
    for step in "abcdefghijklmnop":
        members += [info(f"{path}{part}", tarfile.DIRTYPE, mode=0o755), link(f"{path}{step}", part)]
        path += f"{part}/"
    short = "/".join("abcdefghijklmnop")
    members += [link(f"{short}/" + "l" * 254, "../" * 16), link("escape", f"{short}/" + "l" * 254 + "/../../evil")]
    members += [link("flag", "escape", tarfile.LNKTYPE), info("flag")]
    refused(make(inner / "a", *members), inner / "out")
    assert not (tmp_path / "evil").exists()


def test_as_tar_writes_it(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "x" / "deep").mkdir(parents=True)
    (tree / "x" / "deep" / "f").write_bytes(TEXT)
    (tree / "x" / "l").symlink_to("deep/f")
    os.link(tree / "x" / "deep" / "f", tree / "x" / "g")
    subprocess.run(["tar", "-C", tree, "-czf", tmp_path / "a", "."], check=True)
    unpack(tmp_path / "a", tmp_path / "out", kind=HostPythonError)
    assert (tmp_path / "out/x/l").read_bytes() == (tmp_path / "out/x/g").read_bytes() == TEXT


# --- more than anybody wants -----------------------------------------------------------------------------------------


def bomb_tar(path: Path, mode: str) -> Path:
    return make(path, info("top/small"), info("top/large"), mode=mode, data=b"\0" * 600_000)


def bomb_zip(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("top/small", b"\0" * 600_000)
        archive.writestr("top/large", b"\0" * 600_000)
    return path


BOMBS: dict[str, Callable[[Path], Path]] = {
    "tar": lambda path: bomb_tar(path, "w"),
    "tar.gz": lambda path: bomb_tar(path, "w:gz"),
    "tar.xz": lambda path: bomb_tar(path, "w:xz"),
    "zip": bomb_zip,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = BOMBS[name](tmp_path / "a")
    monkeypatch.setenv("XCONAN_UNPACK_LIMIT", "1M")
    with pytest.raises(HostPythonError) as caught:
        unpack(archive, tmp_path / "out", kind=HostPythonError)
    assert "top/large: with it more than 1 MiB come out of the archive" in caught.value.message
    assert "XCONAN_UNPACK_LIMIT" in caught.value.hint
    assert {path.name for path in tmp_path.iterdir()} == {"a", "out.lock", "home"}
    monkeypatch.setenv("XCONAN_UNPACK_LIMIT", "2M")
    unpack(archive, tmp_path / "out", kind=HostPythonError)
    assert (tmp_path / "out/top/large").stat().st_size == 600_000


def test_many_small_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "_MOST_MEMBERS", 10)
    archive = make(tmp_path / "a", *(info(f"top/{number:02}") for number in range(12)), data=b"")
    assert "top/10: with it there are more than 10 members" in refused(archive, tmp_path / "out")


def test_a_zip_whose_link_is_no_path(tmp_path: Path) -> None:
    archive = tmp_path / "a"
    member = zipfile.ZipInfo("top/link")
    member.create_system, member.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(member, b"x" * 100_000)
    assert "top/link: what it links to is no path" in refused(archive, tmp_path / "out")


@pytest.mark.parametrize(("text", "size"), [
    ("1", 1), ("10K", 10 << 10), ("3m", 3 << 20), ("2GiB", 2 << 30), ("1TB", 1 << 40), ("", 32 << 30),
])  # fmt: skip
def test_the_limit(text: str, size: int) -> None:
    assert unpack_limit({"XCONAN_UNPACK_LIMIT": text}) == size


@pytest.mark.parametrize("text", ["0", "-1", "1.5G", "x", "1P", "99999999999999999"])
def test_no_limit(text: str) -> None:
    with pytest.raises(ConfigError, match="is no size"):
        unpack_limit({"XCONAN_UNPACK_LIMIT": text})
