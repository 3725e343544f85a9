"""What a wheel for macOS or Windows lacks of what CMake made; tests/e2e/test_missing.py has the table of kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support import facts, macho, pe
from tests.support.elf import Elf
from xconan.cmake.targets import CMakeProject, Rule, Target
from xconan.ground.files import Entry
from xconan.project.config.records import WheelConfig
from xconan.wheel.check.imports import read_imports
from xconan.wheel.check.missing import Missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from xconan.ground.errors import CheckError

PYTHON = Entry(name="demo/__init__.py", source=b"from . import _core\n")


def missing(
    tmp_path: Path, entries: Sequence[Entry], made: str, *, rules: Sequence[Rule] = (), exclude: tuple[str, ...] = ()
) -> list[CheckError]:
    """What is missing in a wheel with these files, where CMake made a library of this name."""
    file = tmp_path / made
    file.write_bytes(Elf().library())
    target = Target(name="deep", kind="SHARED_LIBRARY", file=file, where="CMakeLists.txt:3")
    project = facts.project(wheel=WheelConfig(exclude=exclude))
    told = CMakeProject(targets=(target,), rules=tuple(rules))
    return Missing(entries=[PYTHON, *entries], project=project, made=told, tags="cp311-cp311-x").check()


MAC = [
    ("@rpath/libdeep.dylib", "", 1),
    ("@loader_path/libdeep.dylib", "", 1),
    ("@rpath/libdeep.dylib", "@loader_path/../deeplibs", 0),
    ("@rpath/libother.dylib", "", 0),
    ("/usr/lib/libSystem.B.dylib", "", 0),
]


@pytest.mark.parametrize(("needed", "rpath", "count"), MAC)
def test_a_library_on_macos(tmp_path: Path, needed: str, rpath: str, count: int) -> None:
    data = macho.library("ARM64", "PyInit__core", needed=(needed,), rpath=rpath)
    found = missing(tmp_path, [Entry(name="demo/_core.so", source=data)], "libdeep.dylib")
    assert len(found) == count
    assert all("demo/_core.so needs libdeep.dylib, which CMake built (target deep)" in one.message for one in found)
    assert all("write install(TARGETS deep DESTINATION demo)" in one.hint for one in found)


@pytest.mark.parametrize(("needed", "count"), [("deep.dll", 1), ("DEEP.DLL", 1), ("KERNEL32.dll", 0)])
def test_a_library_on_windows(tmp_path: Path, needed: str, count: int) -> None:
    data = pe.library("AMD64", "PyInit__core", needed=(needed,))
    found = missing(tmp_path, [Entry(name="demo/_core.pyd", source=data)], "deep.dll")
    assert [needed in one.message for one in found] == [True] * count


def test_what_exclude_names_is_meant(tmp_path: Path) -> None:
    module = Entry(
        name="demo/_core.so", source=macho.library("ARM64", "PyInit__core", needed=("@rpath/libdeep.dylib",))
    )
    assert missing(tmp_path, [module], "libdeep.dylib", exclude=("**/libdeep.dylib",)) == []
    assert len(missing(tmp_path, [module], "libdeep.dylib", exclude=("**/*",))) == 1
    assert len(missing(tmp_path, [module], "libdeep.dylib", exclude=("docs/**",))) == 1


def test_a_rule_for_the_import_library_installs_no_dll(tmp_path: Path) -> None:
    data = pe.library("AMD64", "PyInit__core", needed=("deep.dll",))
    rule = Rule(target="deep", names=("deep.lib",), destination="lib", component="Unspecified", by_default=True,
                always=False, where="CMakeLists.txt:4")  # fmt: skip
    entries = [Entry(name="demo/_core.pyd", source=data), Entry(name="lib/deep.lib", source=b"!<arch>\n")]
    assert len(missing(tmp_path, entries, "deep.dll", rules=[rule])) == 1


IMPORTS = {
    "import a.b": ({"a.b"}, set()),
    "from a import b, c": ({"a", "a.b", "a.c"}, set()),
    "from . import b": ({"demo", "demo.b"}, set()),
    "from .b import c": ({"demo.b", "demo.b.c"}, set()),
    "from .. import b": ({"b", ""}, set()),
    "try:\n import a\nexcept ImportError:\n pass": (set(), {"a"}),
    "def f():\n from .a import b": (set(), {"demo.a", "demo.a.b"}),
    "if True:\n import a": (set(), {"a"}),
    "# import a": (set(), set()),
    "'''import a'''": (set(), set()),
    "import (": (set(), set()),
    "\0": (set(), set()),
}


@pytest.mark.parametrize("code", IMPORTS)
def test_imports(code: str) -> None:
    firm, optional = IMPORTS[code]
    found = read_imports([Entry(name="demo/x.py", source=code.encode())])
    assert ({*found.firm}, {*found.optional}) == (firm, optional)


def test_names_in_strings() -> None:
    code = b'"""About demo._doc."""\nload("demo._fast")\nname = "_plain"\n'
    found = read_imports([Entry(name="demo/x.py", source=code), Entry(name="demo/_stub.pyi", source=b"x: int")])
    assert [bool(found.who(name)) for name in ("_fast", "_plain", "_doc", "_stub", "_none")] == [
        True, False, False, True, False,
    ]  # fmt: skip
    assert not found.who("_fast", optional=False)


TOPS = {
    "include/z.h": True, "include/z/z.hpp": True, "lib/libz.a": True, "lib64/pkgconfig/z.pc": True,
    "lib/cmake/z/zConfig.cmake": True, "share/z/zConfig.cmake": True,
    "demo/include/z.h": False, "lib/libz.so": False, "share/doc/z.txt": False, "include/__init__.py": False,
}  # fmt: skip


@pytest.mark.parametrize("name", TOPS)
def test_development_files_at_the_top(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    module = Entry(name="demo/_core.so", source=Elf().library("PyInit__core"))
    assert missing(tmp_path, [module, Entry(name=name, source=b"")], "libdeep.so") == []
    said = capsys.readouterr().err
    assert (f"beside everybody's packages: {name}; write EXCLUDE_FROM_ALL" in said) == TOPS[name]
    assert bool(said) == TOPS[name]


def test_a_package_may_have_such_a_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("include/__init__.py", "include/a.h")
    module = Entry(name="demo/_core.so", source=Elf().library("PyInit__core"))
    assert missing(tmp_path, [module, *(Entry(name=name, source=b"") for name in names)], "libdeep.so") == []
    assert not capsys.readouterr().err


READS = b"from . import _core\nimport pathlib\ndata = (pathlib.Path(__file__).parent / 'table.bin').read_bytes()\n"
LEFT_OUT: Mapping[str, tuple[dict[str, Any], bool]] = {
    # what differs from a rule of a component that is not installed, for a file that the package reads: is it told?
    "data": ({}, True),
    "by an absolute path": ({"destination": "/stage/./demo/tables"}, True),
    "no component": ({"component": "Unspecified"}, True),
    "chosen": ({"component": "python"}, False),
    "of every component": ({"always": True}, False),
    "elsewhere": ({"destination": "share/demo-data"}, False),
    "another name": ({"names": ("other.bin",)}, False),
    "a folder": ({"names": ("tables",)}, False),
    "a target": ({"target": "deep"}, False),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_data_of_a_component_that_is_left_out(capsys: pytest.CaptureFixture[str], name: str) -> None:
    changes, told = LEFT_OUT[name]
    values: dict[str, Any] = {
        "target": "", "names": ("table.bin", "b.bin"), "destination": "demo", "component": "data",
        "by_default": True, "always": False, "where": "CMakeLists.txt:9", **changes,
    }  # fmt: skip
    assert left_out(Rule(**values)) == []
    said = capsys.readouterr().err
    assert ("demo/__init__.py speaks of table.bin, and the wheel has no such file" in said) is told
    component = values["component"]
    assert (f'set tool.xconan.cmake.install_components = ["python", "{component}"]' in said) is told
    assert bool(said) is told


def test_data_that_is_there_or_not_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    rule = Rule(target="", names=("table.bin",), destination="demo", component="data", by_default=True, always=False,
                where="CMakeLists.txt:9")  # fmt: skip
    assert left_out(rule, Entry(name="demo/table.bin", source=b"")) == []
    for pattern in ("**/table.bin", "demo/*.bin", "*.bin"):
        assert left_out(rule, exclude=(pattern,)) == []
    assert not capsys.readouterr().err


def left_out(rule: Rule, *more: Entry, exclude: tuple[str, ...] = ()) -> list[CheckError]:
    """What is said of a wheel with the component python alone, whose package reads table.bin."""
    project = facts.project(
        wheel=WheelConfig(exclude=exclude), cmake=facts.cmake_config(install_components=("python",))
    )
    entries = [Entry(name="demo/__init__.py", source=READS), *more,
               Entry(name="demo/_core.so", source=Elf().library("PyInit__core"))]  # fmt: skip
    made = CMakeProject(targets=(), rules=(rule,))
    return Missing(entries=entries, project=project, made=made, tags="cp311-cp311-x").check()
