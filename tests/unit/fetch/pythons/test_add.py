"""The store of host Pythons: what gets in, what doesn't, and who finds it."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import re
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from tests.support import facts
from tests.support.elf import Elf
from tests.support.installations import WINDOWS, below, headers, packed, standalone, write_tree
from tests.support.mirror import Mirror, mirror
from tests.support.needs import missing
from xconan.cli import main
from xconan.fetch.pythons import standalone as standalone_source
from xconan.fetch.pythons.add import BY_NAME, add_python, remove_python
from xconan.fetch.pythons.apt import machine_archive
from xconan.fetch.pythons.debian import offers, suite_of
from xconan.ground.errors import ConfigError, HostPythonError, MachineError, XconanError
from xconan.host.platforms import Libc
from xconan.inventory import answer, list_pythons, take_inventory
from xconan.pythons.headers import find_host_python
from xconan.pythons.store import SOURCES, entry_name, find_stored, read_entry, store_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xconan.pythons.store import StoredPython

CP313 = "cp313-manylinux_2_17_aarch64"
CP39 = "cp39-manylinux_2_17_aarch64"  # no Python that runs xconan


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XCONAN_PYTHONS", str(tmp_path / "a störe"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", standalone_source.MIRROR_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "a störe"


@pytest.fixture
def server() -> Iterator[Mirror]:
    with mirror({}) as found:
        yield found


def add(source: Path | str, host: str = CP313, **options: object) -> StoredPython:
    abi = host.split("-", maxsplit=1)[0] if host.startswith("cp") else ""
    target = facts.target(host.replace("t-", "-", 1), abi=abi)
    return add_python(target, source=str(source), **options)  # type: ignore[arg-type]


def what_is_left() -> list[str]:
    return sorted(path.name for path in store_folder().iterdir())


def refused(source: Path | str, host: str = CP313, **options: object) -> XconanError:
    with pytest.raises(XconanError) as caught:
        add(source, host, **options)
    assert not store_folder().exists() or not what_is_left()
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize(
    ("host", "libc", "name"),
    [
        (CP313, None, "cp313-linux-aarch64"),
        ("cp313-linux_x86_64", None, "cp313-linux-x86_64"),
        ("cp313-linux_x86_64", Libc.MUSL, "cp313-linux-x86_64-musl"),
        ("cp313-musllinux_1_2_x86_64", None, "cp313-linux-x86_64-musl"),
        ("pp39-linux_aarch64", None, "pp39-linux-aarch64"),
        ("cp312-win_amd64", None, "cp312-windows-amd64"),
        ("cp312-win32", None, "cp312-windows-win32"),
        ("cp312-macosx_11_0_arm64", None, "cp312-mac-arm64"),
    ],
)
def test_names(host: str, libc: Libc | None, name: str) -> None:
    assert entry_name(facts.target(host), libc) == name


@pytest.mark.parametrize(
    "folder",
    ["include", "usr/include", "usr/local/include", "python/include", "python/install/include", "x/y/include",
     "python3.13/usr/local/include"],
)  # fmt: skip
def test_a_folder(root: Path, folder: str) -> None:
    write_tree(root, below(f"{folder}/python3.13", headers()))
    entry = add(root)
    assert (entry.name, entry.version, entry.include) == ("cp313-linux-aarch64", "3.13.5", "include/python3.13")
    assert (entry.include_dir / "cpython" / "object.h").is_file()
    assert what_is_left() == ["cp313-linux-aarch64"]


def test_the_folder_of_the_headers_itself(root: Path) -> None:
    assert add(write_tree(root / "odd", headers())).version == "3.13.5"


def test_debians_pyconfig_is_flattened(root: Path) -> None:
    dispatch = "# include <aarch64-linux-gnu/python3.13/pyconfig.h>\n"
    write_tree(root, below("usr/include/python3.13", headers(pyconfig=dispatch)))
    write_tree(root, {"usr/include/aarch64-linux-gnu/python3.13/pyconfig.h": b"#define SIZEOF_VOID_P 8\n"})
    write_tree(root, {"usr/lib/aarch64-linux-gnu/libpython3.13.so.1.0": Elf().library()})
    (root / "usr/lib/aarch64-linux-gnu/libpython3.13.so").symlink_to("libpython3.13.so.1.0")
    entry = add(root)
    assert (entry.include_dir / "pyconfig.h").read_text("utf-8") == "#define SIZEOF_VOID_P 8\n"
    assert (entry.folder / "lib" / "libpython3.13.so").read_bytes() == Elf().library()


def test_a_read_only_tree(root: Path) -> None:
    write_tree(root, below("include", headers((3, 12, 1), pyconfig=WINDOWS)))
    for path in sorted(root.rglob("*"), reverse=True):
        path.chmod(0o555 if path.is_dir() else 0o444)
    entry = add(root, "cp312-win_amd64")
    assert os.access(entry.include_dir / "pyconfig.h", os.W_OK)
    for path in root.rglob("*"):
        path.chmod(0o755)


def test_an_archive(root: Path) -> None:
    data = packed(standalone())
    (root / "a.tgz").write_bytes(data)
    entry = add(root / "a.tgz", sha256=hashlib.sha256(data).hexdigest().upper())
    assert entry.files == {"a.tgz": hashlib.sha256(data).hexdigest()}
    found = sorted(path.relative_to(entry.folder).as_posix() for path in (entry.folder / "lib").rglob("*.*"))
    assert "lib/python3.13" in found
    assert "lib/python3.13/_sysconfigdata__linux_aarch64-linux-gnu.py" in found
    assert "lib/libpython3.13.so" in found
    assert not any("os.py" in name for name in found)


@pytest.mark.parametrize("folder", ["include", "Include", "tools/include"])
def test_windows(root: Path, folder: str) -> None:
    write_tree(root, below(folder, headers((3, 12, 1), pyconfig=WINDOWS)))
    write_tree(root, {f"{folder}/../libs/python312.lib": b"x"})
    entry = add(root, "cp312-win_amd64")
    assert entry.include == "include"
    assert (entry.folder / "libs" / "python312.lib").is_file()


@pytest.mark.parametrize("name", ["pyconfig.h", "pyconfig.h.in"])
def test_cpythons_source(root: Path, name: str) -> None:
    files = headers((3, 13, 1))
    files.pop("pyconfig.h")
    write_tree(root, {**below("Python-3.13.1/Include", files), f"Python-3.13.1/PC/{name}": WINDOWS.encode()})
    assert (add(root, "cp313-win_arm64").include_dir / "pyconfig.h").read_text("utf-8") == WINDOWS


def test_free_threaded(root: Path) -> None:
    (root / "a").write_bytes(packed(standalone(threads="t", gil=False)))
    entry = add(root / "a", "cp313t-manylinux_2_17_aarch64")
    assert (entry.name, entry.include) == ("cp313t-linux-aarch64", "include/python3.13t")
    assert list((entry.folder / "lib" / "python3.13t").iterdir())


def test_pypy(root: Path) -> None:
    files = headers((3, 11, 13), pypy=True)
    (root / "a").write_bytes(packed(below("pypy3.11-v7.3.20-aarch64/include/pypy3.11", files)))
    assert add(root / "a", "pp311-linux_aarch64").include == "include/pypy3.11"
    files.pop("pypy_macros.h")
    with pytest.raises(HostPythonError, match="pypy_macros"):
        add(write_tree(root / "half", below("include/pypy3.11", files)), "pp311-linux_x86_64")


@pytest.mark.parametrize(
    ("files", "host", "words"),
    [
        (below("include/python3.13", headers((3, 12, 1))), CP313, "3.12.1"),
        (below("include/python3.13", headers(size=4)), CP313, "32 bits"),
        (below("include/python3.13", headers(gil=False)), CP313, "without"),
        (below("include/python3.13t", headers()), "cp313t-linux_aarch64", "without a GIL"),
        (below("include/python3.13", headers(pypy=True)), CP313, "PyPy"),
        (below("include/python3.13", headers(pyconfig=WINDOWS)), CP313, "Windows"),
        (below("include", headers()), "cp313-win_amd64", "another system"),
        (below("include/python3.12", headers((3, 12, 1))), CP313, "it has those of python3.12"),
        (standalone(machine="X86_64"), CP313, "X86_64"),
        (standalone(), "cp313-macosx_11_0_arm64", "Linux"),
        (standalone("aarch64-linux-musl"), CP313, "for glibc, but the Python is of a system with musl"),
        (standalone("aarch64-linux-musl"), "cp313-linux_aarch64", "for glibc, but the Python is of a system with musl"),
        (standalone(), "cp313-musllinux_1_2_aarch64", "for musl, but the Python is of a system with glibc"),
        ({**below("include/python3.13", headers()), "lib/python3.13/_sysconfigdata__darwin_darwin.py": b""}, CP313,
         "another operating system"),
        ({"README": b""}, CP313, "no headers"),
    ],
)  # fmt: skip
def test_another_python_is_refused(root: Path, files: dict[str, bytes], host: str, words: str) -> None:
    error = refused(write_tree(root, files), host)
    assert words in error.message
    assert error.exit_code == 3


def test_what_is_refused_leaves_what_was_there(root: Path) -> None:
    add(write_tree(root / "good", below("include/python3.13", headers())))
    with pytest.raises(HostPythonError):
        add(write_tree(root / "bad", below("include/python3.13", headers(size=4))), force=True)
    assert what_is_left() == ["cp313-linux-aarch64"]
    assert find_stored(facts.target(CP313))


@pytest.mark.parametrize("name", ["../evil/Python.h", "/evil/include/Python.h"])
def test_hostile_archive(root: Path, name: str) -> None:
    (root / "a").write_bytes(packed({**standalone(), name: b""}))
    assert name in refused(root / "a").message


def test_truncated_archive(root: Path) -> None:
    (root / "a").write_bytes(packed(standalone())[:-20])
    assert "damaged" in refused(root / "a").message


def test_wrong_checksum(root: Path) -> None:
    (root / "a").write_bytes(packed(standalone()))
    assert "ab" * 32 in refused(root / "a", sha256="ab" * 32).message


def test_an_address(server: Mirror) -> None:
    server.files["a b.tar.gz"] = data = packed(standalone())
    server.files["a%20b.tar.gz"] = data
    address = server.address.replace("//", "//me:secret@") + "/a%20b.tar.gz"
    entry = add(address, sha256=hashlib.sha256(data).hexdigest())
    assert "secret" not in (entry.folder / "xconan-python.json").read_text("utf-8")
    assert entry.source == f"{server.address}/a%20b.tar.gz"
    add(address)
    assert len(server.asked) == 1


def test_again(root: Path) -> None:
    tree = write_tree(root / "one", below("include/python3.13", headers()))
    first = add(tree)
    before = (first.include_dir / "Python.h").stat().st_ino
    assert add(tree) == first
    assert (first.include_dir / "Python.h").stat().st_ino == before
    other = write_tree(root / "two", below("include/python3.13", headers((3, 13, 9))))
    with pytest.raises(ConfigError, match="already"):
        add(other)
    assert add(other, force=True).version == "3.13.9"
    assert what_is_left() == ["cp313-linux-aarch64"]


def test_what_a_killed_run_left(root: Path) -> None:
    tree = write_tree(root, below("include/python3.13", headers()))
    write_tree(store_folder(), {".cp313-linux-aarch64.new/entry/x": b"", ".cp313-linux-aarch64.old/x": b""})
    add(tree)
    assert what_is_left() == ["cp313-linux-aarch64"]


def _add_in_a_process(tree: Path) -> None:
    add(tree)


def test_two_at_once(root: Path) -> None:
    tree = write_tree(root, below("include/python3.13", headers()))
    context = multiprocessing.get_context("fork")
    both = [context.Process(target=_add_in_a_process, args=(tree,)) for _ in range(3)]
    for one in both:
        one.start()
    for one in both:
        one.join(20)
    assert [one.exitcode for one in both] == [0, 0, 0]
    assert what_is_left() == ["cp313-linux-aarch64"]


def test_a_store_that_cannot_be(root: Path, own_store: Path) -> None:
    own_store.write_text("a file", encoding="utf-8")
    with pytest.raises(MachineError) as caught:
        add(write_tree(root, below("include/python3.13", headers())))
    assert "XCONAN_PYTHONS" in caught.value.hint


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_store(root: Path, own_store: Path) -> None:
    tree = write_tree(root, below("include/python3.13", headers()))
    first = add(tree)
    own_store.chmod(0o555)
    try:
        assert add(tree) == first
        for action in (lambda: add(tree, force=True), lambda: remove_python(first.name)):
            with pytest.raises(MachineError) as caught:
                action()
            assert "XCONAN_PYTHONS" in caught.value.hint
        assert read_entry(first.name)
    finally:
        own_store.chmod(0o755)


@pytest.mark.parametrize("source", ["nosuch", "ftp://x/y", "debain", "http://[::1/x", "https://"])
def test_no_such_source(source: str) -> None:
    with pytest.raises(ConfigError):
        add(source)


def test_no_source_by_name_is_forgotten(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each has its function, and is named by the help, the error for a source that is none, and the page."""
    assert sorted(BY_NAME) == sorted(SOURCES)
    assert run("add", "--help") == 0
    offered = capsys.readouterr().out.partition("--from SOURCE ")[2].partition("--sha256")[0]
    hint = refused(root / "none").hint
    page = Path(__file__).parents[4].joinpath("docs/pythons.md").read_text("utf-8")
    for source in SOURCES:
        assert re.search(rf"\b{source}\b", offered)
        assert f"{source}, " in hint
        assert f"\n| `{source}` | " in page


# --- who finds it ----------------------------------------------------------------------------------------------------


def find(host: str = CP313, **given: object) -> str:
    target = facts.target(host)
    cross = facts.cross(target, **given)
    return find_host_python(cross, facts.toolchain_for(target.platform), needed=True).origin


def test_builds_find_it(root: Path) -> None:
    for host, version in ((CP313, (3, 13, 5)), (CP39, (3, 9, 2))):
        folder = root / host / f"include/python3.{version[1]}"
        add(write_tree(folder, headers(version)).parents[1], host)
    assert find() == "xconan's store: cp313-linux-aarch64"
    assert find("cp313-linux_aarch64") == "xconan's store: cp313-linux-aarch64"
    assert "cp39-linux-aarch64" in find("cp39-musllinux_1_2_aarch64")  # adapted: the host has none of its own
    with pytest.raises(HostPythonError) as caught:
        find("cp38-musllinux_1_2_aarch64")
    assert "xconan python add 3.8 --for musllinux_1_2_aarch64" in caught.value.hint


PYODIDE = "cp313-emscripten_3_1_6_wasm32"


def test_pyodide_has_the_headers_of_linux(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No source has its own; those of any Linux machine serve, and the remedy of a build without them brings them."""
    minor = 12 if sys.version_info[1] == 13 else 13  # another than the running one, whose headers would serve
    toolchain = facts.toolchain("emscripten/emscripten_3_1_6_wasm32")
    cross = facts.cross(facts.target(PYODIDE.replace("313", f"3{minor}")))
    with pytest.raises(HostPythonError) as caught:
        find_host_python(cross, toolchain, needed=True)
    assert f"xconan python add 3.{minor} --for emscripten_3_1_6_wasm32" in caught.value.hint
    there = add(write_tree(root, below(f"include/python3.{minor}", headers((3, minor, 1)))), f"cp3{minor}-linux_x86_64")
    assert add_python(cross.target, source=None) == there
    assert f"taking cp3{minor}-linux-x86_64 in its place" in capsys.readouterr().err
    python = find_host_python(cross, toolchain, needed=True)
    assert python.origin == f"xconan's store: cp3{minor}-linux-x86_64, adapted to the host"
    assert python.pyconfig
    assert "__SIZEOF_POINTER__" in python.pyconfig.read_text("utf-8")
    with pytest.raises(HostPythonError, match="browsers and under Node"):
        add_python(cross.target, source=None, runnable=True)


def test_pyodides_own_headers_come_first(root: Path) -> None:
    folder = write_tree(root, below("include/python3.13", headers(size=4)))
    assert add(folder, PYODIDE).name == "cp313-pyodide-wasm32"
    assert (
        find_host_python(
            facts.cross(facts.target(PYODIDE)), facts.toolchain("emscripten/emscripten_3_1_6_wasm32"), needed=True
        ).origin
        == "xconan's store: cp313-pyodide-wasm32"
    )


def test_what_is_named_comes_first(root: Path) -> None:
    add(write_tree(root / "a", below("include/python3.13", headers())))
    named = write_tree(root / "b", below("include/python3.13", headers()))
    assert "prefix" in find(prefix=named)
    with pytest.raises(HostPythonError):
        find(prefix=write_tree(root / "c", {"x": b""}))


def test_the_store_comes_before_the_running_headers(root: Path) -> None:
    major, minor = sys.version_info[:2]
    host = f"cp{major}{minor}-linux_aarch64"
    add(write_tree(root, below(f"include/python{major}.{minor}", headers((major, minor, 0)))), host)
    assert "store" in find(host)


def test_both_processors_of_a_mac(root: Path) -> None:
    add(write_tree(root, below("include/python3.13", headers())), "cp313-macosx_11_0_universal2")
    entry = find_stored(facts.target("cp313-macosx_11_0_arm64"))
    assert entry
    assert entry.name == "cp313-mac-universal2"
    assert not find_stored(facts.target("cp312-macosx_11_0_arm64"))


# --- where from ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "suite", "offered"),
    [
        ("cp39-linux_aarch64", "bullseye", True),
        ("cp311-manylinux_2_17_s390x", "bookworm", True),
        ("cp313-linux_riscv64", "trixie", True),
        ("cp314-linux_aarch64", "sid", True),
        ("cp312-linux_aarch64", "sid", False),
        ("pp39-linux_aarch64", "bookworm", True),
        ("cp313-musllinux_1_2_aarch64", "trixie", False),
        ("cp313-macosx_11_0_arm64", "trixie", False),
        ("cp313-win_amd64", "trixie", False),
    ],
)
def test_debians_suites(host: str, suite: str, offered: bool) -> None:  # noqa: FBT001 - a table
    target = facts.target(host)
    assert (suite_of(target), offers(target)) == (suite, offered)


ONE_LINE = """\
# deb http://old/debian x main
deb [arch=amd64 signed-by=/keys/a.gpg] http://mirror/pub/debian/ bookworm main
"""
DEB822 = """\
Types: deb-src
URIs: http://sources/debian
Suites: bookworm

Types: deb
# a comment
URIs: http://security/debian-security
Suites: x

Types: deb
URIs: http://mirror/debian
Suites: bookworm
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
"""


@pytest.mark.parametrize(
    ("files", "address", "keyring"),
    [
        ({"sources.list": ONE_LINE}, "http://mirror/pub/debian/", "/keys/a.gpg"),
        ({"sources.list.d/debian.sources": DEB822}, "http://mirror/debian", None),
    ],
)
def test_the_machines_archive(root: Path, files: dict[str, str], address: str, keyring: str | None) -> None:
    write_tree(root, {name: text.encode() for name, text in files.items()})
    found = machine_archive(root, {})
    assert found.address == address
    assert keyring in {None, found.keyring}
    assert machine_archive(root, {"XCONAN_DEBIAN_URL": "file:///x"}).address == "file:///x"


def test_no_archive(root: Path) -> None:
    with pytest.raises(MachineError, match="no Debian archive"):
        machine_archive(root, {})


def test_standalone_without_the_index_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pbs_installer", None)
    assert "xconan[standalone]" in refused("standalone").hint


@pytest.fixture
def releases(server: Mirror, monkeypatch: pytest.MonkeyPatch) -> Mirror:
    if find_spec("pbs_installer") is None:
        missing("pbs-installer (from PyPI)")
    monkeypatch.setenv(standalone_source.MIRROR_VARIABLE, server.address)
    return server


@pytest.mark.parametrize(
    ("host", "triplet", "in_name"),
    [
        ("cp313-musllinux_1_2_x86_64", "x86_64-linux-musl", "x86_64-unknown-linux-musl"),
        ("cp313-manylinux_2_17_ppc64le", "powerpc64le-linux-gnu", "ppc64le-unknown-linux-gnu"),
        ("cp313t-musllinux_1_2_aarch64", "aarch64-linux-musl", "aarch64-unknown-linux-musl-freethreaded"),
    ],
)
def test_standalone_of_machines_that_the_index_lacks(releases: Mirror, host: str, triplet: str, in_name: str) -> None:
    """The list of checksums beside the archives vouches for them."""
    machine = {"x86": "X86_64", "pow": "PPC64", "aar": "AARCH64"}[triplet[:3]]
    threads = "t" if "t-" in host else ""
    data = packed(standalone(triplet, machine, threads=threads, gil=not threads))
    with pytest.raises(XconanError):
        add("standalone", host)
    assert releases.asked == ["/SHA256SUMS"]
    releases.files["SHA256SUMS"] = b""
    message = refused("standalone", host).message
    name = message.split("SHA-256 of ")[1].split(" ")[0]
    assert in_name in name
    releases.files["SHA256SUMS"] = f"{hashlib.sha256(data).hexdigest()}  {name}\n".encode()
    releases.files[name.replace("+", "%2B")] = data
    assert add("standalone", host).files == {name: hashlib.sha256(data).hexdigest()}


@pytest.mark.parametrize(
    ("host", "part"),
    [
        (CP313, "aarch64-unknown-linux-gnu"),
        ("cp313t-linux_x86_64", "x86_64-unknown-linux-gnu-freethreaded"),
        ("cp313-win_arm64", "aarch64-pc-windows-msvc"),
        ("cp313-macosx_11_0_universal2", "aarch64-apple-darwin"),
        ("pp311-linux_aarch64", "pypy3.11-"),
    ],
)
def test_standalone_of_the_index(releases: Mirror, host: str, part: str) -> None:
    """An archive that isn't the one of the index is refused: its checksum is in the index."""
    with pytest.raises(HostPythonError, match="404"):
        add("standalone", host)
    assert part in unquote(releases.asked[-1])
    releases.files[releases.asked[-1].lstrip("/")] = packed(standalone())
    refused("standalone", host)


def test_standalone(releases: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index with the checksum of an archive of ours, as the real ones can't be reached."""
    from pbs_installer._versions import PYTHON_VERSIONS as INDEX  # noqa: PLC0415

    key, machine = (
        next(key for key in INDEX if key[:3] == ("cpython", 3, 13) and not key[4]),
        ("linux", "aarch64", True),
    )
    url, _ = INDEX[key][machine]
    data = packed(standalone())
    monkeypatch.setitem(INDEX[key], machine, (url, hashlib.sha256(data).hexdigest()))
    releases.files[url.rpartition("/")[2]], releases.cuts = data, [200]
    entry = add("standalone")
    assert entry.files == {unquote(url.rpartition("/")[2]): hashlib.sha256(data).hexdigest()}
    assert releases.sent == len(data)
    assert find() == "xconan's store: cp313-linux-aarch64"
    add("standalone", "cp313-linux_aarch64")
    assert len(releases.asked) == 2


def test_nobody_has_it(releases: Mirror) -> None:
    for host in ("cp313-musllinux_1_2_s390x", "cp399-linux_x86_64", "pp311-linux_s390x"):
        assert "no standalone" in refused("standalone", host).message
    assert not releases.asked


# --- the command line ------------------------------------------------------------------------------------------------


def run(*arguments: str) -> int:
    try:
        return main(["python", *arguments])
    except SystemExit as end:
        return int(end.code or 0)


def test_the_command_line(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_tree(root, below("include/python3.13", headers()))
    write_tree(root, below("include/python3.12", headers((3, 12, 1))))
    tags = ("--for", "manylinux_2_17_aarch64", "--for", "linux_x86_64")
    assert run("add", "3.13", "cp312", *tags, "--from", str(root)) == 0
    names = ["cp313-linux-aarch64", "cp313-linux-x86_64", "cp312-linux-aarch64", "cp312-linux-x86_64"]
    assert capsys.readouterr().out.split("\n")[:-1] == [str(store_folder() / name) for name in names]
    assert run("list") == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == sorted(names)
    assert run("list", "--json") == 0
    assert [entry["version"] for entry in json.loads(capsys.readouterr().out)] == ["3.12.1"] * 2 + ["3.13.5"] * 2
    assert run("path", "3.13", "--for", "manylinux_2_28_aarch64") == 0
    assert capsys.readouterr().out.strip() == str(store_folder() / names[0])
    assert run("remove", "3.12", *tags) == 0
    assert run("remove", names[0]) == 0
    assert what_is_left() == [names[1]]
    assert run("remove", names[0]) == 2
    assert f"did you mean {names[1]}?" in capsys.readouterr().err


RECORD = "xconan-python.json"
GOOD_RECORD = b'{"version": "3.13.5", "include": "include/python3.13", "source": "debian trixie"}'


@pytest.mark.parametrize(
    ("file", "content", "damage"),
    [
        (RECORD, None, f"{RECORD} is missing"),
        (RECORD, b"{", f"{RECORD} is damaged"),
        (RECORD, b"[" * 100_000, f"{RECORD} is damaged"),
        (RECORD, b'{"version": 3, "include": [], "source": null}', f"{RECORD} is damaged"),
        (RECORD, GOOD_RECORD.replace(b"python3.13", b"x"), "include/x/Python.h is missing"),
        ("include/python3.13/pyconfig.h", None, "include/python3.13/pyconfig.h is missing"),
        ("include/python3.13/Python.h", None, "include/python3.13/Python.h is missing"),
    ],
)
def test_a_damaged_entry(
    file: str, content: bytes | None, damage: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is listed, refused by builds, added anew, and removed."""
    write_tree(root, below("include/python3.13", headers()))
    adding = ("add", "3.13", "--for", "linux_aarch64", "--from", str(root))
    assert run(*adding) == 0
    name = "cp313-linux-aarch64"
    place = store_folder() / name / file
    whole = place.read_bytes()
    place.unlink()
    if content is not None:
        place.write_bytes(content)
    known = file != RECORD or (content and b"debian" in content)
    origin = f" --from {'debian' if content else shlex.quote(str(root))}" if known else ""
    remedy = f"xconan python add 3.13 --for linux_aarch64{origin} --force"
    capsys.readouterr()
    assert run("list") == 0
    assert capsys.readouterr().out == f"{name}  damaged   {damage}: {remedy}\n"
    assert run("list", "--json") == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert (entry["name"], entry["damage"], entry["remedy"]) == (name, damage, remedy)
    for action in (find, lambda: find_stored(facts.target(CP313))):
        with pytest.raises(HostPythonError, match="is damaged") as caught:
            action()
        assert caught.value.hint == remedy
    assert run("path", name) == 3
    assert remedy in answer(take_inventory(), CP313).needs[-1]
    assert not [one for one in list_pythons() if one.origin.startswith("xconan's store")]
    assert run(*adding) == 0
    assert find() == f"xconan's store: {name}"
    assert place.read_bytes() == whole
    place.unlink()
    assert run("remove", name) == 0
    assert list(store_folder().iterdir()) == []


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("cp313t-linux-x86_64-musl", "3.13t --for musllinux_1_2_x86_64"),
        ("pp311-linux-aarch64", "pypy3.11 --for linux_aarch64"),
        ("cp39-windows-win32", "3.9 --for win32"),
        ("cp314-windows-arm64", "3.14 --for win_arm64"),
        ("cp312-mac-universal2", "3.12 --for macosx_11_0_universal2"),
    ],
)
def test_the_remedy_is_a_command_for_that_entry(
    name: str, command: str, own_store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own_store / name).mkdir(parents=True)
    assert run("path", *command.split()) == 3
    assert f"xconan python add {command} --force" in capsys.readouterr().err


@pytest.mark.parametrize("header", ["patchlevel.h", "pyconfig.h"])
def test_emptied_headers(header: str, root: Path) -> None:
    windows = "cp313-win_amd64"
    entry = add(write_tree(root, below("include", headers(pyconfig=WINDOWS))), windows)
    (entry.include_dir / header).write_bytes(b"")
    with pytest.raises(HostPythonError) as caught:
        find(windows)
    assert entry.remedy in caught.value.hint


def test_what_is_no_entry_is_left_alone(own_store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """XCONAN_PYTHONS may be somebody's home."""
    write_tree(own_store, {"Documents/thesis": b"", "cp313-linux-aarch64.bak/x": b"", "xconan-python.json": b""})
    assert run("list") == 0
    assert not capsys.readouterr().out
    for name in ("Documents", "cp313-linux-aarch64.bak", "xconan-python.json", ".", "x" * 300):
        assert run("remove", name) == 2
    assert len(what_is_left()) == 3


def test_all_are_tried(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_tree(root, below("include/python3.13", headers()))
    assert run("add", "3.12", "3.13", "3.11", "--for", "linux_aarch64", "--from", str(root)) == 3
    said = capsys.readouterr()
    assert said.out.split("\n")[:-1] == [str(store_folder() / "cp313-linux-aarch64")]
    assert said.err.count("error: there are no headers of") == 2


def test_a_linux_for_windows(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_tree(root, below("include/python3.13", headers()))
    assert run("add", "3.13", "--for", "win_amd64", "--from", str(root)) == 3
    assert "it has those of python3.13 in the layout of Linux and macOS" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("tag", "hint"),
    [
        ("linux_arch64", "did you mean 'linux_aarch64'?"),
        ("win32,win_arm64", "--for win32 --for win_arm64, for several"),
        ("WIN32", "did you mean 'win32'?"),
        ("cp311-win32", "did you mean 'win32'?"),
    ],
)
def test_platforms_are_named_without_a_python(tag: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("add", "3.13", "--for", tag) == 2
    assert capsys.readouterr().err.splitlines()[1:] == [f"  where: --for {tag}", f"  help:  {hint}"]


def test_a_store_that_is_a_file(own_store: Path, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own_store.touch()
    write_tree(root, below("include/python3.13", headers()))
    adding = ("add", "3.13", "3.12", "--for", "linux_aarch64", "--from", str(root))
    for arguments in (("list",), ("remove", "cp313-linux-aarch64"), adding):
        assert run(*arguments) == 1
        assert capsys.readouterr().err.count(f"where: {own_store} (XCONAN_PYTHONS)") == 1
    with pytest.raises(MachineError):
        find()


@pytest.mark.parametrize(
    "arguments",
    [
        ["add", "3.13"],
        ["add", "2.7", "--for", "linux_aarch64"],
        ["add", "3.x", "--for", "linux_aarch64"],
        ["add", "3.13.1", "--for", "linux_aarch64"],
        ["add", "3.13", "--for", "linux_arm64"],
        ["add", "pypy3.11t", "--for", "linux_aarch64"],
        ["add", "3.13", "3.12", "--for", "linux_aarch64", "--sha256", "00" * 32],
        ["add", "3.13", "--for", "linux_aarch64", "--sha256", "xyz"],
        ["path", "../../etc"],
        ["remove", "."],
        ["path", "3.13", "--for", "linux_aarch64"],
    ],
)
def test_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 2
    assert capsys.readouterr().err


def test_errors_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("add", "3.13", "--for", "linux_aarch64", "--from", "nosuch", "--json") == 2
    assert "nosuch" in json.loads(capsys.readouterr().out)["errors"][0]["message"]
