"""A library that CMake installs under several names: links there, and one file in the wheel."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.support import facts, macho
from tests.support.compare import assert_says
from tests.support.elf import Elf
from xconan.plan import make_plan
from xconan.project.config.records import WheelConfig
from xconan.project.workspace import Layout
from xconan.wheel import write as wheel
from xconan.wheel.namelinks import packed_once

if TYPE_CHECKING:
    from pathlib import Path

LIBRARY = Elf().library("x", soname="libx.so.1")
NEEDS = Elf().library("PyInit__foo", needed=("libx.so.1",))
OPENS = 'import ctypes\nctypes.CDLL(HERE / "libx.so")\n'
CASES: dict[str, tuple[dict[str, bytes | str], list[str], list[str]]] = {
    # further files; names of the library that are packed, words of the warning
    "nothing says its name": ({}, ["libx.so.1"], []),
    "a module needs it": ({"demo/_foo.so": NEEDS}, ["libx.so.1"], []),
    "Python opens it": ({"demo/a.py": OPENS}, ["libx.so"], []),
    "Python opens it by the same name": ({"demo/_foo.so": NEEDS, "demo/a.py": '"libx.so.1"'}, ["libx.so.1"], []),
    "Python opens it by another": (
        {"demo/_foo.so": NEEDS, "demo/a.py": OPENS}, ["libx.so", "libx.so.1"],
        ["demo/libx.so and demo/libx.so.1 are copies", "demo/a.py opens libx.so", "demo/_foo.so needs libx.so.1",
         "open libx.so.1 alone and write NAMELINK_SKIP", "VERSION and SOVERSION"],
    ),
    "a module opens it by another": (
        {"demo/_foo.so": NEEDS, "demo/_bar.so": Elf().library("PyInit__bar", "libx.so")}, ["libx.so", "libx.so.1"],
        ["demo/_bar.so opens libx.so"],
    ),
    "Python makes its name up": (
        {"demo/_foo.so": NEEDS, "demo/a.py": 'ctypes.CDLL(HERE / f"lib{name}.so")\nname = "x"\n'},
        ["libx.so", "libx.so.1"], ["demo/a.py opens libx.so"],
    ),
    "Python makes its name up, and another file knows what it is of": (
        {"demo/_foo.so": NEEDS, "demo/a.py": 'def load(name): return ctypes.CDLL(HERE / f"lib{name}.so")\n',
         "demo/b.py": 'load("x")\n'}, ["libx.so", "libx.so.1"], ["demo/b.py opens libx.so"],
    ),
    "Python opens what it finds": (
        {"demo/_foo.so": NEEDS, "demo/a.py": 'ctypes.CDLL(next(HERE.glob("*.so")))\n'}, ["libx.so", "libx.so.1"],
        ["demo/a.py opens libx.so"],
    ),
    "Python opens what it finds, versions too": (
        {"demo/_foo.so": NEEDS, "demo/a.py": 'ctypes.CDLL(glob(f"{here}/libx.so*")[0])\n'}, ["libx.so.1"], [],
    ),
    "Python opens it by its own name, and says what it is of": (
        {"demo/a.py": 'ctypes.CDLL(HERE / "libx.so.1")\n', "demo/b.py": 'log("x")\n'}, ["libx.so.1"], [],
    ),
    "Python makes its name up, and another file says its own": (
        {"demo/a.py": 'ctypes.CDLL(HERE / f"lib{x}.so")\n', "demo/b.py": "# libx.so.1 is packed\n"},
        ["libx.so", "libx.so.1"], ["demo/a.py opens libx.so"],
    ),
    "Python imports what has its name, and opens others": (
        {"demo/_foo.so": NEEDS, "demo/a.py": 'ctypes.CDLL("libc.so.6")', "demo/b.py": "import x\n"}, ["libx.so.1"], [],
    ),
    "Python opens others": (
        {"demo/_foo.so": NEEDS, "demo/a.py": 'ctypes.CDLL("libxx.so"), ctypes.CDLL("libc.so.6")'}, ["libx.so.1"], []
    ),
}  # fmt: skip


def written(folder: Path, files: dict[str, bytes | str]) -> dict[str, Path]:
    made = {}
    for name, content in files.items():
        path = made[name] = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return made


def linked(folder: Path, names: list[str], content: bytes = LIBRARY) -> dict[str, Path]:
    """The last of the names is a file, those before it links, one to the next."""
    made = written(folder, {names[-1]: content})
    for name, behind in reversed([*pairwise(names)]):
        made[name] = folder / name
        made[name].symlink_to(behind.rpartition("/")[2])
    return made


NAMES = ["demo/libx.so", "demo/libx.so.1", "demo/libx.so.1.2.3"]


@pytest.mark.parametrize("case", CASES)
def test_one_library(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more, packed, warning = CASES[case]
    files = {**linked(tmp_path, NAMES), **written(tmp_path, more)}
    found = packed_once(files, [*files])
    assert found.keys() - more.keys() == {f"demo/{name}" for name in packed}
    assert more.keys() <= found.keys()
    said = capsys.readouterr().err
    assert_says(said, *warning)
    assert ("warning:" in said) == bool(warning)
    gone = [name.rpartition("/")[2] for name in NAMES if name not in found]
    copy = "libx.so.1" if "libx.so.1" in packed else "libx.so"
    assert_says(said, f"wheel: {', '.join(gone)}; wheels have no links, and each would be one more copy of {copy}\n")


def test_what_stays_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Other libraries, files of the project, and a library that does not say by which name others need it."""
    other = Elf().library("x", soname="liby.so.1")
    files = {
        **linked(tmp_path, ["demo/liby.so", "demo/liby.so.1.2"], other),
        **linked(tmp_path, ["demo/libz.so", "demo/libz.so.1"], Elf().library("z")),
        **linked(tmp_path, ["demo/libd.so", "demo/libd.so.1"], b"\x7fELF damaged"),
        **written(tmp_path, {"demo/libx.so.1": LIBRARY, "demo/deep/libx.so": LIBRARY}),
    }
    assert packed_once(files, [*files]) == files
    own = linked(tmp_path / "own", NAMES)
    assert packed_once(own, []) == own
    assert capsys.readouterr().err == ""


def test_architectures_that_were_joined(tmp_path: Path) -> None:
    """Links are copies there; Mach-O has its install name."""
    library = macho.library("ARM64", "x", identity="@rpath/libx.1.dylib")
    module = macho.library("ARM64", "PyInit__foo", needed=("@rpath/libx.1.dylib",))
    files: dict[str, bytes | str] = {f"demo/libx{one}.dylib": library for one in ("", ".1", ".1.2.3")}
    made = written(tmp_path, {**files, "demo/_foo.so": module})
    assert sorted(packed_once(made, [*made])) == ["demo/_foo.so", "demo/libx.1.dylib"]


def test_in_a_wheel(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A name that `wheel.exclude` has is not packed; without the one that others need, the rest stays."""
    layout = Layout(root=tmp_path / "out")
    linked(layout.staging, NAMES)
    plan = make_plan(facts.facts(project=facts.project(root), layout=layout))
    assert [entry.name for entry in wheel.collect(plan, [])] == ["demo/libx.so.1"]
    assert "left out of the wheel: libx.so, libx.so.1.2.3; wheels have no links" in capsys.readouterr().err
    project = facts.project(root, wheel=WheelConfig(exclude=("demo/libx.so.1",)))
    plan = make_plan(facts.facts(project=project, layout=layout))
    assert [entry.name for entry in wheel.collect(plan, [])] == ["demo/libx.so", "demo/libx.so.1.2.3"]
