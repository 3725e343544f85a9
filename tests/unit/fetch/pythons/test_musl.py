"""A standalone Python for musl gets musl's loader, which its archive leaves out, from Debian.

apt is a recording stand-in on PATH; the tier e2e has the real one.
"""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.compare import raises_error
from tests.support.elf import Elf
from tests.support.installations import packed, standalone, write_tree
from xconan.fetch.pythons.add import add_python
from xconan.ground.errors import HostPythonError

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.pythons.store import StoredPython

MUSL = "cp313-musllinux_1_2_aarch64"
NO_FILE = "E: Failed to fetch musl.deb  404  Not Found"
LOADER = "lib/ld-musl-aarch64-of-a-test.so.1"
"""A name that no machine has."""


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XCONAN_PYTHONS", str(tmp_path / "store"))
    monkeypatch.setenv("XCONAN_DEBIAN_URL", "file:/nowhere")


class Apt:
    """An apt-get on PATH, where there is nothing else: it notes what it is asked for, and has a package, or fails."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log, self.package = folder / "log", folder / "musl_1.2.5-3_arm64.deb"
        self.package.write_bytes(debian_package({f"usr/{LOADER}": b"musl"}))

    def install(self, *, works: bool = True) -> None:
        fails = f"printf '%s\\n' '{NO_FILE}' 'E: Some files failed to download' >&2; exit 100"
        action = f'[ "$1" = download ] && /bin/cp {self.package} .' if works else fails
        program = self.folder / "apt-get"
        program.write_text(f'#!/bin/sh\necho "$*" >> {self.log}\n{action}\ntrue\n', "utf-8")
        program.chmod(0o755)

    def asked(self) -> list[str]:
        return self.log.read_text("utf-8").splitlines() if self.log.is_file() else []


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Apt:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return Apt(tmp_path / "bin")


def debian_package(files: dict[str, bytes]) -> bytes:
    """deb(5), with its data not compressed."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    parts = {"debian-binary": b"2.0\n", "data.tar": stream.getvalue()}
    entries = (f"{name:16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode() + data + b"\n" * (len(data) % 2)
               for name, data in parts.items())  # fmt: skip
    return b"!<arch>\n" + b"".join(entries)


def add(folder: Path, more: dict[str, bytes] | None = None, host: str = MUSL, *, loader: str = f"/{LOADER}",
        runnable: bool = True) -> StoredPython:  # fmt: skip
    triplet = "aarch64-linux-musl" if "musl" in host else "aarch64-linux-gnu"
    files = {**standalone(triplet), "python/bin/python3.13": Elf().program(loader), **(more or {})}
    archive = folder / "a.tgz"
    archive.write_bytes(packed(files))
    return add_python(facts.target(host), source=str(archive), runnable=runnable)


def test_it_is_beside_the_python(apt: Apt, tmp_path: Path) -> None:
    apt.install()
    entry = add(tmp_path)
    assert entry.program == "root/python/bin/python3.13"
    assert (entry.folder / "root" / LOADER).read_bytes() == b"musl"
    assert (entry.folder / "root" / LOADER).stat().st_mode & 0o111
    assert sorted(entry.files) == ["a.tgz", "musl_1.2.5-3_arm64.deb"]
    assert [line.split()[0] for line in apt.asked()] == ["update", "download"]
    assert apt.asked()[1].endswith(" musl")


@pytest.mark.parametrize(
    "what",
    [
        {"more": {f"{LOADER}": b"its own"}},  # the files of a whole system
        {"host": "cp313-linux_aarch64", "loader": "/lib/ld-linux-aarch64.so.1"},
        {"runnable": False},
        {"loader": "/lib/ld-other.so.1"},
    ],
)
def test_where_none_is_needed(apt: Apt, tmp_path: Path, what: dict[str, object]) -> None:
    apt.install()
    entry = add(tmp_path, **what)  # type: ignore[arg-type]
    assert not apt.asked()
    if "more" in what:
        assert (entry.folder / "root" / LOADER).read_bytes() == b"its own"


def test_a_folder_stays_as_it_is(apt: Apt, tmp_path: Path) -> None:
    apt.install()
    tree = tmp_path / "tree"
    write_tree(tree, {**standalone("aarch64-linux-musl"), "python/bin/python3.13": Elf().program(f"/{LOADER}")})
    before = sorted(tree.rglob("*"))
    add_python(facts.target(MUSL), source=str(tree), runnable=True)
    assert sorted(tree.rglob("*")) == before
    assert not apt.asked()


@pytest.mark.parametrize(
    ("installed", "reason"),
    [(False, "apt-get is not installed"), (True, f"apt-get update failed with exit code 100: {NO_FILE}")],
)
def test_no_apt(apt: Apt, tmp_path: Path, *, installed: bool, reason: str) -> None:
    if installed:
        apt.install(works=False)
    words = (
        f"needs musl's loader /{LOADER}, which comes with no standalone Python, and Debian's package musl can't be had"
    )
    with raises_error(HostPythonError, f"{words}: {reason}", hint="leave --runnable out"):
        add(tmp_path)
    assert not list((tmp_path / "store").iterdir())
