"""Ready-made toolchains and Pythons: names, addresses, checksums, layout, and what is put where."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.support.mirror import Mirror, mirror
from xconan.cli import main
from xconan.fetch.toolchains.catalog import KINDS, Options, common_names, find_source, split_name, triples
from xconan.fetch.toolchains.store import open_store
from xconan.ground.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TRIPLE = "aarch64-rpi3-linux-gnu"
TOOLCHAIN, PYTHONS = f"x-tools:{TRIPLE}", f"python-dev:{TRIPLE}"
RELEASES = "https://github.com/tttapa/toolchains/releases/download"
X_TOOLS, PYTHON_DEV = f"1.0.1/x-tools-{TRIPLE}-gcc14.tar.xz", f"0.0.7/python-dev-{TRIPLE}.tar.xz"
# a compiler that writes something to what follows -o, as far as a name at the end of the line goes
WORKS = '#!/bin/sh\nfor last; do :; done\necho program > "$last"\n'
GCC = f"x-tools/{TRIPLE}/bin/{TRIPLE}-gcc"
CROSS = f"{TRIPLE}.python3.11.py-build-cmake.cross.toml"
X_FILES = {GCC: WORKS, f"x-tools/{TRIPLE}.toolchain.cmake": "# of the toolchain\n"}
P_FILES = {
    f"x-tools/{TRIPLE}/python3.11.9/usr/local/include/python3.11/Python.h": "",
    f"x-tools/{TRIPLE}/python3.11": "-> python3.11.9",
    f"x-tools/{CROSS}": f"toolchain_file = '{TRIPLE}.python.toolchain.cmake'\n",
    f"x-tools/{TRIPLE}.python.toolchain.cmake": "",
}


def packed(files: dict[str, str], *, mode: str = "w:xz") -> bytes:
    """An archive: names with contents, "-> TARGET" for a link."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode, preset=0) as archive:  # type: ignore[call-overload]
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.mode = 0o555
            if text.startswith("-> "):
                member.type, member.linkname = tarfile.SYMTYPE, text[3:]
            member.size = 0 if member.linkname else len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return stream.getvalue()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """A mirror of both releases, set in the environment."""
    with mirror({X_TOOLS: packed(X_FILES), PYTHON_DEV: packed(P_FILES)}) as state:
        monkeypatch.setenv("XCONAN_X_TOOLS_URL", state.address)
        monkeypatch.setenv("XCONAN_PYTHON_DEV_URL", f"{state.address}/")
        yield state


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "tool chäins"


def run(*arguments: object) -> int:
    """The command's exit code."""
    try:
        return main([str(one) for one in arguments])
    except SystemExit as left:
        return int(left.code or 0)


def add(out: Path, *arguments: object) -> int:
    return run("toolchain", "add", *arguments, "-o", out)


def contents(folder: Path) -> set[str]:
    """What a user sees in a store's tree."""
    files = (path for path in (folder / "x-tools").rglob("*") if path.is_symlink() or not path.is_dir())
    return {path.relative_to(folder).as_posix() for path in files if ".xconan" not in path.parts}


def downloads(out: Path) -> list[str]:
    return [path.name for path in (out / "x-tools/.xconan/downloads").rglob("*") if path.is_file()]


# names and addresses


def test_default_addresses() -> None:
    found = find_source(TOOLCHAIN, Options(), {})
    assert found.addresses[0] == f"{RELEASES}/{X_TOOLS}"
    assert find_source(PYTHONS, Options(), {}).addresses[0].endswith(f"/python-dev/releases/download/{PYTHON_DEV}")
    assert find_source("x-tools:x86_64-centos7-linux-gnu", Options(), {}).addresses[0].endswith("-gcc13.tar.xz")


@pytest.mark.parametrize("base", [RELEASES, f"{RELEASES}/", f"{RELEASES}/1.1.0", "http://localhost/all"])
def test_mirrors(base: str) -> None:
    """The releases, one release, or a folder of archives."""
    found = find_source(TOOLCHAIN, Options(url=base, version="1.1.0", gcc="15"), {}).addresses
    name = f"x-tools-{TRIPLE}-gcc15.tar.xz"
    assert f"{base.rstrip('/').removesuffix('/1.1.0')}/1.1.0/{name}" in found
    assert base.endswith("1.1.0") or f"{base.rstrip('/')}/{name}" in found


def test_the_command_line_is_before_the_environment() -> None:
    environ = {"XCONAN_X_TOOLS_URL": "http://a", "XCONAN_X_TOOLS_VERSION": "2", "XCONAN_X_TOOLS_GCC": "16"}
    assert find_source(TOOLCHAIN, Options(), environ).addresses[0] == f"http://a/2/x-tools-{TRIPLE}-gcc16.tar.xz"
    found = find_source(TOOLCHAIN, Options(url="http://b", version="3", gcc="17"), environ).addresses[0]
    assert found == f"http://b/3/x-tools-{TRIPLE}-gcc17.tar.xz"
    exact = "http://b/archive.tar.xz"
    assert find_source(TOOLCHAIN, Options(url=exact), environ).addresses == (exact,)


def test_a_folder_is_a_mirror(tmp_path: Path) -> None:
    found = find_source(TOOLCHAIN, Options(url=str(tmp_path / "ä b")), {}).addresses[0]
    assert found == (tmp_path / "ä b" / X_TOOLS).as_uri()


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("x-tools:aarch64", "x-tools:"),
        (TRIPLE, f"did you mean {TOOLCHAIN}?"),
        (f"xtools:{TRIPLE}", TOOLCHAIN),
        ("x-tools:../../etc-passwd", ""),
        ("x-tools:a-b/../../c", ""),
        ("", "for example"),
    ],
)
def test_no_names(name: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        split_name(name)
    assert hint in caught.value.hint


def test_common_names() -> None:
    names = common_names(KINDS)
    assert names.index(TOOLCHAIN) < names.index(PYTHONS)
    assert len(names) == 8
    assert all(split_name(name)[1] in triples() for name in names)
    assert all(triple.about for triple in triples().values())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "nothing is named"),
        ([TOOLCHAIN, PYTHONS, "--sha256", "0" * 64], "several archives"),
        ([TOOLCHAIN, "--sha256", "12"], "no SHA-256"),
        ([TOOLCHAIN, PYTHONS, "--version", "1.0"], "releases of their own"),
        ([TOOLCHAIN, "--version", "../1"], "'../1' is no version"),
        ([TOOLCHAIN, "--gcc", "abc"], "'abc' is no gcc"),
        (["x-tools:aarch64-rpi3-linux-gn"], "did you mean x-tools:aarch64-rpi3-linux-gnu?"),
        ([TOOLCHAIN, "--url", "ftp://x"], "no address"),
    ],
)
def test_usage(arguments: list[str], words: str, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert add(out, *arguments) == 2
    assert words in capsys.readouterr().err


def test_misspelt_in_the_store(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for verb in ("add", "path", "remove"):
        assert run("toolchain", verb, f"{TOOLCHAIN[:-1]}", "-o", out) == 2
        assert f"did you mean {TOOLCHAIN}?" in capsys.readouterr().err
    assert not out.exists()


def test_the_variable_at_fault(monkeypatch: pytest.MonkeyPatch, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("XCONAN_X_TOOLS_GCC", "abc")
    assert add(out, TOOLCHAIN) == 2
    assert "where: XCONAN_X_TOOLS_GCC" in capsys.readouterr().err


def test_a_triple_of_ones_own(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The catalog doesn't know it, but it is there."""
    compiler = out / "x-tools/aarch64-mine-linux-gnu/bin/aarch64-mine-linux-gnu-gcc"
    compiler.parent.mkdir(parents=True)
    compiler.write_text(WORKS, "utf-8")
    compiler.chmod(0o755)
    assert add(out, "x-tools:aarch64-mine-linux-gnu") == 0
    assert "is there already" in capsys.readouterr().err


# a triple's two bundles, in any order


@pytest.mark.parametrize("names", [(TOOLCHAIN, PYTHONS), (PYTHONS, TOOLCHAIN)])
def test_add(names: tuple[str, str], served: Mirror, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert add(out, names[0]) == 0
    assert f"xconan: next: xconan {'python' if names[0] == TOOLCHAIN else 'toolchain'} add {names[1]} -o '{out}'" in (
        capsys.readouterr().err
    )
    assert run("python", "add", names[1], "-o", out) == 0
    said = capsys.readouterr()
    assert f"xconan: next: xconan build --cross '{out}/x-tools/{CROSS}'" in said.err
    assert said.out == (f"{out}/x-tools/{CROSS}\n" if names[1] == PYTHONS else f"{out}/x-tools/{TRIPLE}\n")
    assert contents(out) == {*X_FILES, *P_FILES}
    assert not downloads(out)
    before = len(served.asked)
    assert add(out, *names) == 0
    assert len(served.asked) == before
    assert "is there already" in capsys.readouterr().err


def test_list_path_and_remove(served: Mirror, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert add(out, TOOLCHAIN, PYTHONS, "--json") == 0
    added = json.loads(capsys.readouterr().out)
    assert run("toolchain", "list", "--json", "-o", out) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed == added
    assert [one["name"] for one in listed] == [TOOLCHAIN, PYTHONS]
    assert listed[0]["sha256"] == sha256(served.files[X_TOOLS])
    assert listed[0]["source"] == f"{served.address}/{X_TOOLS}"
    assert listed[1]["cross"] == [f"{out}/x-tools/{CROSS}"]
    assert run("toolchain", "list", "-o", out) == 0
    text = capsys.readouterr().out
    assert f"{TOOLCHAIN}  1.0.1  {out}/x-tools/{TRIPLE}\n" in text
    assert "not added: x-tools:x86_64-bionic-linux-gnu, python-dev:x86_64-bionic-linux-gnu" in text
    for name, python, place in ((TOOLCHAIN, [], TRIPLE), (PYTHONS, ["--python", "3.11"], CROSS)):
        assert run("toolchain", "path", name, *python, "-o", out) == 0
        assert capsys.readouterr().out == f"{out}/x-tools/{place}\n"
    assert run("toolchain", "path", PYTHONS, "--python", "3.12", "-o", out) == 2
    assert run("toolchain", "remove", TOOLCHAIN, "-o", out) == 0
    assert contents(out) == {*P_FILES}
    assert run("toolchain", "remove", PYTHONS, "-o", out) == 0
    assert contents(out) == set()
    assert not (out / "x-tools" / TRIPLE).exists()
    assert run("toolchain", "remove", PYTHONS, "-o", out) == 2
    assert f"there is no {PYTHONS}" in capsys.readouterr().err


def test_stores(tmp_path: Path) -> None:
    home = {"XCONAN_CACHE": str(tmp_path / "cache")}
    assert open_store(None, home).folder == tmp_path / "cache/bundles"
    assert open_store(None, {**home, "XCONAN_TOOLCHAINS": str(tmp_path)}).folder == tmp_path
    assert open_store(tmp_path / "x", {**home, "XCONAN_TOOLCHAINS": str(tmp_path)}).folder == tmp_path / "x"


def test_all_goes_on(served: Mirror, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert add(out, "--all") == 3
    said = capsys.readouterr()
    assert said.out.splitlines() == [f"{out}/x-tools/{TRIPLE}", f"{out}/x-tools/{CROSS}"]
    assert said.err.count("error: cannot fetch") == 6
    assert f"help:  there are x-tools-{TRIPLE}-gcc14.tar.xz" not in said.err  # this mirror has no lists
    served.files["1.0.1/"] = f'<a href="/1.0.1/x-tools-{TRIPLE}-gcc14.tar.xz">'.encode()
    assert add(out, "x-tools:armv6-rpi-linux-gnueabihf") == 3
    assert f"help:  there are x-tools-{TRIPLE}-gcc14.tar.xz" in capsys.readouterr().err


def test_another_release(served: Mirror, out: Path) -> None:
    add(out, TOOLCHAIN, PYTHONS)
    newer = {GCC: WORKS, f"x-tools/{TRIPLE}/share/new": "", f"x-tools/{TRIPLE}.toolchain.cmake": "# newer\n"}
    served.files[X_TOOLS.replace("1.0.1", "1.1.0").replace("gcc14", "gcc15")] = packed(newer)
    (out / "x-tools" / TRIPLE / "bin" / "leftover").touch()
    assert add(out, TOOLCHAIN, "--version", "1.1.0", "--gcc", "15") == 0
    assert contents(out) == {*newer, *P_FILES}
    assert (out / f"x-tools/{TRIPLE}.toolchain.cmake").read_text("utf-8") == "# newer\n"
    assert open_store(out).bundle(TOOLCHAIN).version == "1.1.0"


def test_changed_files_stay(served: Mirror, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The documentation invites to inspect and customize the toolchain files."""
    add(out, TOOLCHAIN)
    mine = out / f"x-tools/{TRIPLE}.toolchain.cmake"
    mine.chmod(0o644)
    mine.write_text("# mine\n", "utf-8")
    served.files[X_TOOLS] = packed({**X_FILES, f"x-tools/{TRIPLE}.toolchain.cmake": "# newer\n"})
    assert add(out, TOOLCHAIN, "--sha256", sha256(served.files[X_TOOLS])) == 0
    assert mine.read_text("utf-8") == "# mine\n"
    assert capsys.readouterr().err.count(f"kept {mine}") == 1
    assert run("toolchain", "remove", TOOLCHAIN, "-o", out) == 0
    assert contents(out) == {f"x-tools/{TRIPLE}.toolchain.cmake"}


def test_both_archives_bring_a_file(served: Mirror, out: Path) -> None:
    """The later one counts, as with tar; it stays while one of the two is there."""
    name = f"x-tools/{TRIPLE}.toolchain.cmake"
    served.files[PYTHON_DEV] = packed({**P_FILES, name: "# of the Pythons\n"})
    assert add(out, TOOLCHAIN, PYTHONS) == 0
    assert (out / name).read_text("utf-8") == "# of the Pythons\n"
    run("toolchain", "remove", PYTHONS, "-o", out)
    assert (out / name).exists()
    run("toolchain", "remove", TOOLCHAIN, "-o", out)


@pytest.mark.parametrize("read_only", [False, True])
def test_unpacked_by_hand(served: Mirror, out: Path, capsys: pytest.CaptureFixture[str], *, read_only: bool) -> None:
    """As the releases explain it: by tar, which leaves folders read-only."""
    out.mkdir()
    subprocess.run(["tar", "xJ", "-C", out], input=served.files[X_TOOLS], check=True)
    tree = out / "x-tools"
    if read_only:
        for folder in (tree / TRIPLE / "bin", tree / TRIPLE, tree):
            folder.chmod(0o555)
    assert add(out, TOOLCHAIN) == 0
    assert not served.asked
    assert add(out, PYTHONS) == 0
    assert contents(out) == {*X_FILES, *P_FILES}
    assert run("toolchain", "remove", TOOLCHAIN, "-o", out) == 2
    assert "was not unpacked by xconan" in capsys.readouterr().err
    assert add(out, TOOLCHAIN, "--json") == 0
    assert json.loads(capsys.readouterr().out)[0]["version"] == ""


def test_broken_and_unpacked_by_hand(served: Mirror, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compiler = out / GCC
    compiler.parent.mkdir(parents=True)
    compiler.write_text("#!/bin/sh\necho >&2 no libc\nexit 1\n", "utf-8")
    compiler.chmod(0o755)
    assert add(out, TOOLCHAIN) == 3
    err = capsys.readouterr().err
    assert "does not compile a C program: no libc" in err
    assert f"remove {out}/x-tools/{TRIPLE}" in err
    assert not served.asked


# archives that the user names


@pytest.mark.parametrize("how", ["path", "address", "file address"])
def test_named_archive(
    how: str, served: Mirror, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out.mkdir()
    monkeypatch.chdir(out)
    archive = out / "mine ä.tar.gz"
    archive.write_bytes(packed({**X_FILES, **P_FILES}))
    served.files["mine.tar.gz"] = archive.read_bytes()
    name = {"path": "mine ä.tar.gz", "address": f"{served.address}/mine.tar.gz", "file address": archive.as_uri()}[how]
    assert add(out, name) == 0
    assert archive.exists()
    assert contents(out) == {*X_FILES, *P_FILES}
    assert [one.name for one in open_store(out).bundles()] == [TOOLCHAIN, PYTHONS]
    assert add(out, name) == 0
    assert "is there already" in capsys.readouterr().err
    if how == "path":
        archive.write_bytes(packed({**X_FILES, f"x-tools/{TRIPLE}/new": ""}))
        assert add(out, name) == 0
        assert contents(out) == {*X_FILES, f"x-tools/{TRIPLE}/new"}


def test_no_such_archive(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert add(out, "./none.tar.xz") == 3
    assert "No such file" in capsys.readouterr().err


# checksums


@pytest.mark.parametrize("place", [f"{X_TOOLS}.sha256", "1.0.1/sha256sums", "1.0.1/SHA256SUMS", "given"])
@pytest.mark.parametrize("right", [True, False])
def test_checksum(place: str, served: Mirror, out: Path, capsys: pytest.CaptureFixture[str], *, right: bool) -> None:
    archive = served.files[X_TOOLS]
    known = sha256(archive if right else b"another")
    served.files[place] = f"{'0' * 64}  other\n{known} *x-tools-{TRIPLE}-gcc14.tar.xz\n".encode()
    if place.endswith(".sha256"):
        served.files[place] = f"{known}\n".encode()
    assert add(out, TOOLCHAIN, *(["--sha256", known.upper()] if place == "given" else [])) == (0 if right else 3)
    err = capsys.readouterr().err
    assert "is remembered" not in err
    assert right or f"its SHA-256 is {sha256(archive)}, not {known}" in err
    assert contents(out) == ({*X_FILES} if right else set())
    assert not downloads(out)


def test_remembered_checksum(served: Mirror, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert add(out, TOOLCHAIN) == 0
    assert f"its SHA-256 {sha256(served.files[X_TOOLS])} is remembered" in capsys.readouterr().err
    elsewhere = out.with_name("other")
    assert add(elsewhere, TOOLCHAIN) == 0
    served.files[X_TOOLS] = packed({**X_FILES, f"x-tools/{TRIPLE}/bin/evil": ""})
    third = out.with_name("third")
    assert add(third, TOOLCHAIN) == 3
    assert "when it was first fetched" in capsys.readouterr().err
    assert contents(third) == set()
    served.files[f"{X_TOOLS}.sha256"] = sha256(served.files[X_TOOLS]).encode()
    assert add(third, TOOLCHAIN) == 3
    assert "now" in capsys.readouterr().err
    assert add(third, TOOLCHAIN, "--sha256", sha256(served.files[X_TOOLS])) == 0
    assert add(out.with_name("fourth"), TOOLCHAIN) == 0


def test_a_wrong_sum_is_no_reason_to_look_elsewhere(served: Mirror, out: Path) -> None:
    served.files[X_TOOLS.partition("/")[2]] = packed(X_FILES)
    assert add(out, TOOLCHAIN, "--sha256", "0" * 64) == 3
    assert not any(asked.startswith(f"/{X_TOOLS.partition('/')[2]}") for asked in served.asked)


def test_flat_mirror(served: Mirror, out: Path) -> None:
    served.files = {name.partition("/")[2]: data for name, data in served.files.items()}
    assert add(out, TOOLCHAIN, PYTHONS) == 0
    assert contents(out) == {*X_FILES, *P_FILES}


def test_going_on_after_a_stop(served: Mirror, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that stops half-way, again and again; the next run goes on from there."""
    monkeypatch.setattr("xconan.fetch.download._PAUSES", ())
    data = served.files[X_TOOLS]
    served.statuses = [404] * 4
    served.cuts = [len(data) // 2]
    assert add(out, TOOLCHAIN) == 1
    assert any(name.endswith(".part") for name in downloads(out))
    served.asked.clear()
    assert add(out, TOOLCHAIN) == 0
    assert f"/{X_TOOLS} bytes={len(data) // 2}-" in served.asked
    assert contents(out) == {*X_FILES}
    assert not downloads(out)


# archives that are not what they should be

HOSTILE = {
    "leads out": ({**X_FILES, "x-tools/../../evil": ""}, "evil"),
    "absolute": ({**X_FILES, "/tmp/evil": ""}, "absolute"),  # noqa: S108 - never written
    "link out": ({**X_FILES, f"x-tools/{TRIPLE}/up": "-> ../../../.."}, "leads out"),
    "beside the tree": ({**X_FILES, "evil": ""}, "evil, x-tools"),
    "another triple's": ({**X_FILES, "x-tools/armv6-rpi-linux-gnueabihf/bin/evil": ""}, "armv6-rpi-linux-gnueabihf"),
    "our own notes": ({**X_FILES, "x-tools/.xconan/records/evil.json": ""}, ".xconan"),
    "a link as tree": ({f"real/{TRIPLE}/bin/x": "", "x-tools": "-> real"}, "real, x-tools"),
    "a link as folder": ({f"x-tools/{TRIPLE}": "-> .."}, TRIPLE),
    "no triple": ({"x-tools/aarch64/bin/aarch64-gcc": WORKS}, "for aarch64"),
    "of another triple": ({"x-tools/a-b-c/bin/a-b-c-gcc": WORKS}, "for a-b-c, not for"),
    "no compiler": ({f"x-tools/{TRIPLE}/bin/other": ""}, f"no {TRIPLE}/bin/{TRIPLE}-gcc"),
    "nothing": ({}, "nothing"),
    "broken compiler": ({GCC: "#!/bin/sh\necho >&2 cc1 is missing\nexit 1\n"}, "cc1 is missing"),
    "compiler of nothing": ({GCC: "#!/bin/sh\n"}, "exit code 0"),
    "of another machine": ({GCC: "ELF"}, "and this machine is"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_toolchain(name: str, served: Mirror, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files, words = HOSTILE[name]
    if files.get(GCC) == "ELF":  # a header of s390x: 64 bits, big-endian
        header = b"\x7fELF\x02\x02\x01" + bytes(9) + b"\x00\x02\x00\x16" + bytes(60)
        files = {**files, GCC: header.decode("latin-1")}
        served.files[X_TOOLS] = _binary(files)
    else:
        served.files[X_TOOLS] = packed(files)
    assert add(out, TOOLCHAIN) == 3
    assert words in capsys.readouterr().err
    assert contents(out) == set()
    assert not downloads(out)
    assert not (out / "x-tools/.xconan/new").exists()
    assert sorted(path.name for path in out.parent.iterdir()) == ["home", out.name]


def _binary(files: dict[str, str]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:xz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.mode, member.size = 0o755, len(text)
            archive.addfile(member, io.BytesIO(text.encode("latin-1")))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({f"x-tools/{CROSS}": "toolchain_file = 'none.cmake'"}, "no toolchain_file none.cmake"),
        ({f"x-tools/{CROSS}": "version = = 1"}, "not valid TOML"),
        ({f"x-tools/{TRIPLE}/python3.11": "a file"}, "no cross.toml of a Python"),
    ],
)
def test_damaged_pythons(
    change: dict[str, str], words: str, served: Mirror, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    served.files[PYTHON_DEV] = packed({**P_FILES, **change})
    assert add(out, PYTHONS) in {2, 3}
    assert words in capsys.readouterr().err
    assert contents(out) == set()


@pytest.mark.parametrize("cut", [10, 100, -40, -8])
def test_truncated(cut: int, served: Mirror, out: Path) -> None:
    served.files[X_TOOLS] = served.files[X_TOOLS][:cut]
    assert add(out, TOOLCHAIN) == 3
    assert contents(out) == set()
    served.files[X_TOOLS] = packed(X_FILES)
    assert add(out, TOOLCHAIN, "--sha256", sha256(served.files[X_TOOLS])) == 0


def test_something_in_the_way(served: Mirror, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = out / "x-tools" / TRIPLE / "python3.11"
    mine.mkdir(parents=True)
    assert add(out, PYTHONS) == 2
    err = capsys.readouterr().err
    assert f"{mine}" in err
    assert served.asked
    assert list(mine.iterdir()) == []
    assert contents(out) == set()


# the machine gets in the way


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_destination(served: Mirror, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out.mkdir()
    out.chmod(0o555)
    assert add(out, TOOLCHAIN) == 1
    assert str(out) in capsys.readouterr().err
    assert not served.asked


ADD = """\
import os, resource, sys
from xconan.fetch.toolchains import add, store
{before}
from xconan.cli import main
sys.exit(main(["toolchain", "add", *sys.argv[1:]]))
"""


def start(before: str, out: Path, *arguments: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", ADD.format(before=before), *arguments, "-o", str(out)]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_full_disk(served: Mirror, out: Path) -> None:
    """Files of a few bytes at most: the download, then a file of the archive, is too large."""
    assert served.address
    for most in (100, 300_000):
        data = {**X_FILES, f"x-tools/{TRIPLE}/large": "x" * 400_000}
        served.files[X_TOOLS] = packed(data)
        with start(f"resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most}))", out, TOOLCHAIN) as process:
            err = process.communicate()[1]
        assert process.returncode == 1, err
        assert "File too large" in err
        assert str(out) in err
        assert contents(out) == set()
    assert add(out, TOOLCHAIN) == 0
    assert contents(out) == {*data}


KILLS = {
    "while unpacked": "add._examine = lambda *_: os.kill(os.getpid(), 9)",
    "before the first is moved": "store._allow_writing = lambda f: f.name[0] == 'a' and os.kill(os.getpid(), 9)",
    "when all is moved": "store.remove_tree = lambda p: any(p.parent.glob('records/*')) and os.kill(os.getpid(), 9)",
    "half moved": """
from pathlib import Path
move = Path.replace
def replace(path, target):
    if str(path).endswith(".cmake"):
        os.kill(os.getpid(), 9)
    return move(path, target)
Path.replace = replace
""",
}


@pytest.mark.parametrize("older", [True, False])
@pytest.mark.parametrize("moment", KILLS)
def test_killed(moment: str, served: Mirror, out: Path, *, older: bool) -> None:
    if older:
        older_files = {**X_FILES, f"x-tools/{TRIPLE}/old": "", f"x-tools/{TRIPLE}.toolchain.cmake": "# older\n"}
        served.files[X_TOOLS.replace("1.0.1", "1.0.0")] = packed(older_files)
        assert add(out, TOOLCHAIN, "--version", "1.0.0") == 0
    with start(KILLS[moment], out, TOOLCHAIN) as process:
        process.communicate()
    assert process.returncode == -9
    assert add(out, TOOLCHAIN) == 0
    assert contents(out) == {*X_FILES}
    assert (out / f"x-tools/{TRIPLE}.toolchain.cmake").read_text("utf-8") == "# of the toolchain\n"
    assert not downloads(out)
    assert not (out / "x-tools/.xconan/new").exists()
    assert run("toolchain", "remove", TOOLCHAIN, "-o", out) == 0
    assert contents(out) == set()


def test_many_at_once(served: Mirror, out: Path) -> None:
    names = (TOOLCHAIN, PYTHONS, TOOLCHAIN, PYTHONS)
    with ExitStack() as stack:
        processes = [stack.enter_context(start("", out, name)) for name in names]
        assert [process.communicate() and process.returncode for process in processes] == [0] * len(names)
    assert contents(out) == {*X_FILES, *P_FILES}
    assert sum(asked.startswith(f"/{X_TOOLS}") and ".sha256" not in asked for asked in served.asked) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([PYTHONS, "--for", "linux_aarch64"], "says it already"),
        ([PYTHONS, "--from", "debian"], "says it already"),
        (["3.13"], "for which host"),
        ([], "which Python"),
        ([PYTHONS, "3.13"], "'3.13' names no bundle"),
    ],
)
def test_pythons_of_both_kinds(
    arguments: list[str], words: str, served: Mirror, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("python", "add", *arguments, "-o", out) == 2
    assert words in capsys.readouterr().err
    assert served.address


def test_all_pythons(served: Mirror, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("python", "add", "--all", "-o", out) == 3
    assert capsys.readouterr().err.count("error: cannot fetch") == 3
    assert contents(out) == {*P_FILES}
    assert not any("x-tools" in asked for asked in served.asked)
