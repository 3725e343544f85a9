"""Wheels: their bytes, and RECORD read by somebody else."""

from __future__ import annotations

import base64
import csv
import errno
import hashlib
import io
import os
import re
import resource
import subprocess
import sys
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from xconan.ground.errors import CheckError, ConfigError
from xconan.ground.files import Entry
from xconan.plan import make_plan
from xconan.project.config.free_tables import GeneratedFile
from xconan.project.config.records import ModuleConfig, WheelConfig
from xconan.project.wheel_tags import wheel_tags
from xconan.project.workspace import Layout
from xconan.wheel import write as wheel
from xconan.wheel.dist_info import dist_info

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.model import BuildPlan

INFO = "demo-1.2.dist-info"
RECORD = f"{INFO}/RECORD"
ENTRIES = [
    Entry(name="demo/__init__.py", source=b"x = 1\n"),
    Entry(name='demo/a,b "c".txt', source=b""),
    Entry(name="demo/ü.bin", source=b"\0\xff"),
]


def write(path: Path, entries: list[Entry] = ENTRIES, **environ: str) -> Path:
    with wheel.written(wheel.seal(entries, INFO, environ), path) as beside:
        assert not path.exists()
        beside.replace(path)
    return path


def digest(entries: list[Entry], **environ: str) -> str:
    return wheel.seal(entries, INFO, environ).digest


def verify(path: Path) -> dict[str, str]:
    """Check each file against RECORD, as the specification says it; return RECORD's digests by name."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        rows = list(csv.reader(io.StringIO(archive.read(RECORD).decode("utf-8"))))
        assert names[-1] == RECORD
        assert sorted(row[0] for row in rows) == sorted(names)
        assert len(set(names)) == len(names)
        for name, checksum, size in rows:
            if name == RECORD:
                assert (checksum, size) == ("", "")
                continue
            data = archive.read(name)
            kind, _, text = checksum.partition("=")
            assert kind == "sha256"
            assert base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) == hashlib.sha256(data).digest()
            assert "=" not in text
            assert int(size) == len(data)
        return {row[0]: row[1] for row in rows}


def test_record(tmp_path: Path) -> None:
    found = verify(write(tmp_path / "a.whl"))
    assert set(found) == {*(entry.name for entry in ENTRIES), RECORD}


def test_same_files_make_the_same_bytes(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(b"one")
    first = write(tmp_path / "a.whl", [Entry(name="f", source=file)]).read_bytes()
    file.touch()
    second = write(tmp_path / "b.whl", [Entry(name="f", source=file)]).read_bytes()
    assert first == second
    file.write_bytes(b"two")
    assert write(tmp_path / "c.whl", [Entry(name="f", source=file)]).read_bytes() != first


@pytest.mark.parametrize("name", ["a.so", "pkg/lib.so.1.2", "b.cp311-win_amd64.pyd", "c.dylib"])
def test_libraries_have_one_mode(name: str, tmp_path: Path) -> None:
    """CMake installs them as programs, but not on Debian."""
    (tmp_path / "x").touch(mode=0o644)
    assert Entry(name=name, source=tmp_path / "x").mode == 0o755
    assert Entry(name=f"{name}.txt", source=tmp_path / "x").mode == 0o644


def test_digest_speaks_of_all_that_is_written(tmp_path: Path) -> None:
    one = digest(ENTRIES)
    assert one == digest(ENTRIES)
    program = tmp_path / "x"
    program.write_bytes(ENTRIES[0].read())
    program.chmod(0o755)
    others = [
        digest(ENTRIES[:2]),
        digest(ENTRIES, SOURCE_DATE_EPOCH="1700000000"),
        digest([Entry(name=ENTRIES[0].name, source=program), *ENTRIES[1:]]),
    ]
    assert len({one, *others}) == 4


@pytest.mark.parametrize(
    ("epoch", "year"),
    [("1700000000", 2023), ("0", 1980), ("315532799", 1980), ("99999999999999999999", 2107), ("", 2020)],
)
def test_source_date_epoch(tmp_path: Path, epoch: str, year: int) -> None:
    with zipfile.ZipFile(write(tmp_path / "a.whl", SOURCE_DATE_EPOCH=epoch)) as archive:
        assert {info.date_time[0] for info in archive.infolist()} == {year}


@pytest.mark.parametrize("epoch", ["yesterday", "-1", "1.5", "1e9", " 1", "١٢٣", "²"])
def test_bad_source_date_epoch(tmp_path: Path, epoch: str) -> None:
    with pytest.raises(ConfigError) as caught:
        write(tmp_path / "out" / "a.whl", SOURCE_DATE_EPOCH=epoch)
    assert caught.value.exit_code == 2
    assert not list(tmp_path.glob("out/*"))


def test_two_files_of_one_name() -> None:
    with pytest.raises(CheckError, match=f"two files of the wheel are named {RECORD.replace('RECORD', 'METADATA')}"):
        wheel.seal([*ENTRIES, *[Entry(name=f"{INFO}/METADATA", source=text) for text in (b"x", b"")]], INFO, {})


def test_modes(tmp_path: Path) -> None:
    for name, mode in (("plain", 0o600), ("program", 0o700)):
        (tmp_path / name).write_bytes(b"")
        (tmp_path / name).chmod(mode)
    entries = [Entry(name=name, source=tmp_path / name) for name in ("plain", "program")]
    entries.append(Entry(name="demo-1.data/scripts/run", source=tmp_path / "plain"))  # pip installs it with its mode
    with zipfile.ZipFile(write(tmp_path / "a.whl", entries)) as archive:
        modes = {info.filename: oct(info.external_attr >> 16) for info in archive.infolist()}
    script = {"demo-1.data/scripts/run": "0o100755"}
    assert modes == {"plain": "0o100644", "program": "0o100755", **script, RECORD: "0o100644"}


def test_nothing_is_left_of_a_failure(tmp_path: Path) -> None:
    place = tmp_path / "out" / "a.whl"
    with pytest.raises(FileNotFoundError):
        write(place, [*ENTRIES, Entry(name="z", source=tmp_path / "missing")])
    with pytest.raises(ZeroDivisionError), wheel.written(wheel.seal(ENTRIES, INFO, {}), place):
        raise ZeroDivisionError
    assert not list((tmp_path / "out").iterdir())


def test_earlier_wheel_stays_where_the_new_one_fails(tmp_path: Path) -> None:
    place = write(tmp_path / "a.whl")
    before = place.read_bytes()
    with pytest.raises(ZeroDivisionError), wheel.written(wheel.seal(ENTRIES[:1], INFO, {}), place):
        raise ZeroDivisionError
    assert place.read_bytes() == before


def test_dist_info(root: Path) -> None:
    (root / "LICENSES").mkdir()
    (root / "LICENSES" / "MIT.txt").write_text("MIT", encoding="utf-8")
    data = facts.metadata(entry_points="[console_scripts]\nx = demo:x\n", license_files=("LICENSES/MIT.txt",))
    tags = wheel_tags(facts.target(), WheelConfig(platform_tag=("guess", "linux_armv7l")), pure=False)
    found = {entry.name: entry.read().decode() for entry in dist_info(data, tags, root, "7")}
    assert list(found) == sorted(found)
    assert set(found) == {
        f"demo-1.2.dist-info/{name}" for name in ("METADATA", "WHEEL", "entry_points.txt", "licenses/LICENSES/MIT.txt")
    }
    lines = found["demo-1.2.dist-info/WHEEL"].splitlines()
    assert "Root-Is-Purelib: false" in lines
    assert "Build: 7" in lines
    assert [line for line in lines if line.startswith("Tag: ")] == [
        "Tag: cp311-cp311-linux_aarch64",
        "Tag: cp311-cp311-linux_armv7l",
    ]


def test_pure_dist_info(root: Path) -> None:
    tags = wheel_tags(facts.target(), WheelConfig(), pure=True)
    text = {one.name: one.read().decode() for one in dist_info(facts.metadata(), tags, root)}
    assert "Root-Is-Purelib: true\n" in text["demo-1.2.dist-info/WHEEL"]
    assert "Build" not in text["demo-1.2.dist-info/WHEEL"]


def test_collect(root: Path, tmp_path: Path) -> None:
    layout = Layout(root=tmp_path / "out")
    for name in ("demo/_core.so", "demo/gen.py"):
        (layout.staging / name).parent.mkdir(parents=True, exist_ok=True)
        (layout.staging / name).write_text("cmake", encoding="utf-8")
    own = [("demo/__init__.py", root / "a"), ("demo/gen.py", root / "b")]
    plan = make_plan(facts.facts(project=facts.project(root), layout=layout))
    found = {entry.name: entry.source for entry in wheel.collect(plan, own)}
    assert list(found) == ["demo/__init__.py", "demo/_core.so", "demo/gen.py"]
    assert found["demo/gen.py"] == layout.staging / "demo/gen.py"


def test_wheel_without_its_module(root: Path, tmp_path: Path) -> None:
    layout = Layout(root=tmp_path / "out")
    (layout.staging / "dem").mkdir(parents=True)
    (layout.staging / "dem" / "x.so").touch()
    plan = make_plan(facts.facts(project=facts.project(root, module=ModuleConfig(name="demo")), layout=layout))
    with pytest.raises(CheckError, match="imported as demo"):
        wheel.collect(plan, [])


def test_wheel_name() -> None:
    plan = make_plan(facts.facts(project=facts.project(wheel=WheelConfig(build_tag="1"))))
    assert plan.wheel_name == "demo-1.2-1-cp311-cp311-linux_aarch64.whl"
    assert re.fullmatch(r"[^-]+-[^-]+-\d[^-]*(-[^-]+){3}\.whl", plan.wheel_name)


def staged(root: Path, tmp_path: Path, **changes: object) -> BuildPlan:
    """The plan of a build that has installed demo/_core.so."""
    layout = Layout(root=tmp_path / "out")
    (layout.staging / "demo").mkdir(parents=True)
    (layout.staging / "demo" / "_core.so").touch()
    return make_plan(facts.facts(project=facts.project(root, **changes), layout=layout))


def test_excluded(root: Path, tmp_path: Path) -> None:
    plan = staged(root, tmp_path, wheel=WheelConfig(exclude=("**/*.cpp", "demo/src/")))
    own = [(name, root / "x") for name in ("demo/a.cpp", "demo/src/deep/a.h", "demo/a.h")]
    assert [entry.name for entry in wheel.collect(plan, own)] == ["demo/_core.so", "demo/a.h"]


@pytest.mark.parametrize("pattern", ["..", "/x", "../x", ".", ""])
def test_exclude_names_files_of_the_wheel(root: Path, tmp_path: Path, pattern: str) -> None:
    with pytest.raises(ConfigError) as caught:
        wheel.collect(staged(root, tmp_path, wheel=WheelConfig(exclude=(pattern,))), [])
    assert "tool.xconan.wheel.exclude" in caught.value.where


def test_installed_links_that_stay(root: Path, tmp_path: Path) -> None:
    """CMake copies links as links; what they lead to is packed."""
    plan = staged(root, tmp_path)
    (root / "table.txt").write_text("of the project", "utf-8")
    (plan.layout.build / "made").mkdir(parents=True)
    (plan.layout.build / "made" / "x.txt").write_text("of the build", "utf-8")
    (plan.layout.staging / "demo" / "libx.so").symlink_to("_core.so")
    (plan.layout.staging / "demo" / "table.txt").symlink_to(root / "table.txt")
    (plan.layout.staging / "demo" / "made").symlink_to(plan.layout.build / "made")
    texts = {entry.name: entry.read() for entry in wheel.collect(plan, [])}
    assert texts == {
        "demo/_core.so": b"",
        "demo/libx.so": b"",
        "demo/table.txt": b"of the project",
        "demo/made/x.txt": b"of the build",
    }


@pytest.mark.parametrize(
    ("target", "words"),
    [("/etc/passwd", "a link out of the project, to /etc/passwd"), ("/", "a link out of the project, to /"),
     ("libx.so.1", "a link to libx.so.1, which is not there"),
     ("data.txt", "a link to data.txt, which leads back to itself")],
)  # fmt: skip
def test_installed_links_that_do_not(root: Path, tmp_path: Path, target: str, words: str) -> None:
    plan = staged(root, tmp_path)
    (plan.layout.staging / "demo" / "data.txt").symlink_to(target)
    with pytest.raises(CheckError) as caught:
        wheel.collect(plan, [])
    assert "demo/data.txt" in caught.value.message
    assert words in caught.value.message
    assert "install()" in caught.value.hint


def test_what_leaves_nothing_out(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = staged(root, tmp_path)
    (plan.layout.staging / "demo" / "data.txt").touch()
    exclude = ("**/*.txt", "**/*.cpp", "demo/other/")
    project = replace(plan.project, wheel=replace(plan.project.wheel, exclude=exclude))
    wheel.collect(replace(plan, project=project), [])
    assert "wheel.exclude: no file is named by **/*.cpp, demo/other/" in capsys.readouterr().err


def test_a_link_to_the_folder_that_it_lies_in(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = staged(root, tmp_path)
    (plan.layout.staging / "demo" / "again").symlink_to("..")
    wheel.collect(plan, [])
    assert "demo/again is left out: it is a link to" in capsys.readouterr().err


def test_installed_pipe(root: Path, tmp_path: Path) -> None:
    plan = staged(root, tmp_path)
    os.mkfifo(plan.layout.staging / "demo" / "pipe")
    with pytest.raises(CheckError, match="named pipe"):
        wheel.collect(plan, [])


def test_scraps_stay_out(root: Path, tmp_path: Path) -> None:
    plan = staged(root, tmp_path)
    for name in ("demo/.DS_Store", "demo/__pycache__/a.pyc", "demo/.ipynb_checkpoints/x.py", "demo/x.pyc"):
        (plan.layout.staging / name).parent.mkdir(exist_ok=True)
        (plan.layout.staging / name).touch()
    assert [entry.name for entry in wheel.collect(plan, [])] == ["demo/_core.so"]


@pytest.mark.parametrize(
    ("own", "exclude", "count"), [("other", (), 1), ("cmake", (), 0), ("other", ("demo/gen.py",), 0)]
)
def test_two_files_for_one_place(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], own: str, exclude: tuple[str, ...], count: int
) -> None:
    plan = staged(root, tmp_path, wheel=WheelConfig(exclude=exclude))
    (plan.layout.staging / "demo" / "gen.py").write_text("cmake", encoding="utf-8")
    mine = tmp_path / "gen.py"
    mine.write_text(own, encoding="utf-8")
    wheel.collect(plan, [("demo/gen.py", mine)])
    said = capsys.readouterr().err
    assert said.count(f"two files are to be demo/gen.py in the wheel: {mine} and what CMake's install()") == count
    assert bool(said) == bool(count)


def test_a_template_over_a_file_of_the_project(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And what wheel.include names over that."""
    generated = GeneratedFile(path="demo/gen.py", template="x", template_path=None, location="install", place="p")
    plan = staged(root, tmp_path, wheel=WheelConfig(include={"demo/gen.py": "other.py"}), generated=(generated,))
    mine = plan.project.root / "gen.py"
    mine.write_text("mine", encoding="utf-8")
    (plan.project.root / "other.py").write_text("other", encoding="utf-8")
    entries = {entry.name: entry.read() for entry in wheel.collect(plan, [("demo/gen.py", mine)])}
    assert entries["demo/gen.py"] == b"other"
    said = capsys.readouterr().err
    assert (
        f"two files are to be demo/gen.py in the wheel: {mine} and what [[tool.xconan.generate]] makes, which" in said
    )
    assert "and what [tool.xconan.wheel] include names, which is taken; remove one of them, or give it anoth" in said


def test_a_disk_that_is_full_is_told_with_the_wheel(tmp_path: Path) -> None:
    """Writing names no file by itself; a limit of the process stands for the disk."""
    place = tmp_path / "dist/demo.whl"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    sealed = wheel.seal([Entry(name="demo.bin", source=os.urandom(100_000))], INFO, {})
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match=r"demo\.whl") as caught, wheel.written(sealed, place):
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.errno == errno.EFBIG
    assert list(place.parent.iterdir()) == []


def test_two_builds_write_the_same_wheel(tmp_path: Path) -> None:
    """Of targets that share one, as those for the stable ABI do: neither takes the other's file for its own."""
    place = tmp_path / "demo.whl"
    program = (
        "import sys, time; from pathlib import Path; from xconan.ground.scratch import part_of; "
        "part = part_of(Path(sys.argv[1])); part.write_text('other'); print(part.name, flush=True); time.sleep(60)"
    )
    other = subprocess.Popen([sys.executable, "-c", program, str(place)], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout
        theirs = tmp_path / other.stdout.readline().strip()
        with wheel.written(wheel.seal(ENTRIES, INFO, {}), place) as beside:
            assert beside != theirs
            assert theirs.read_text("utf-8") == "other"
            beside.replace(place)
    finally:
        other.kill()
        other.communicate()
    assert theirs.exists()
    with wheel.written(wheel.seal(ENTRIES, INFO, {}), place):
        assert not theirs.exists(), "what a killed build has left"
    assert [path.name for path in tmp_path.glob("*demo*")] == ["demo.whl"]
