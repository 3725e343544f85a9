"""Packages tell Windows of the folder with DLLs, and stay what they were."""

from __future__ import annotations

import ast
import sys
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.compare import raises_error
from xconan.ground.errors import CheckError
from xconan.ground.files import Entry
from xconan.wheel.dll_folders import (
    folders_beside,
    outermost_package,
    tell_loader,
    told_packages,
    with_dll_folder,
    with_programs,
)

if TYPE_CHECKING:
    from pathlib import Path

NAMES = {"a/__init__.py", "a/b/__init__.py", "space/c/__init__.py", "space/d.pyd", "top.pyd", "a/tool.exe"}


def test_who_tells() -> None:
    assert outermost_package("a/b/m.pyd", NAMES) == "a"
    assert outermost_package("space/c/m.pyd", NAMES) == "space/c"
    assert outermost_package("top.pyd", NAMES) == ""
    users = ["a/b/m.pyd", "space/c/m.pyd", "space/d.pyd", "top.pyd", "a/tool.exe"]
    assert told_packages(users, NAMES) == ["a", "space/c"]
    assert folders_beside(users, NAMES) == ["", "a", "space"]


def test_programs_need_what_their_libraries_need() -> None:
    needed = {
        "a/tool.exe": ["Outer.dll"], "a/outer.dll": ["helper.DLL"], "b/helper.dll": ["lz4.dll", "outer.dll"],
        "a/m.pyd": ["helper.dll"], "c/other.exe": ["KERNEL32.dll"],
    }  # fmt: skip
    assert with_programs(["b/helper.dll"], needed) == ["b/helper.dll", "a/tool.exe"]
    assert with_programs([], needed) == []


@pytest.mark.parametrize(
    "source",
    [
        "", "x = 1\n", '"""Doc."""\n', '"""Doc."""; x = 1\n', '"""Doc\nof two lines."""  # and why\nx = 1\n',
        '#!/usr/bin/python\n# -*- coding: latin-1 -*-\n"""D\xf6c."""\nx = "\xf6"\n', "# \xe9\nx = 1",
        '"""Doc."""\nfrom __future__ import annotations\nx: "int" = 1\n', "from __future__ import annotations; x = 1\n",
        '"""Doc."""\r\nfrom __future__ import (\r\n    annotations,\r\n)\r\n\r\n@staticmethod\r\ndef x(): ...\r\n',
        'f"no docstring"\nx = 1\n',
    ],
)  # fmt: skip
def test_the_file_stays_what_it_is(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its docstring, __future__ and statements are the same, and the folder is told before the first of them."""
    raw = source.encode("latin-1" if "latin-1" in source else "utf-8")
    changed = with_dll_folder(raw, "../demo.libs")
    told: list[str] = []
    monkeypatch.setattr("os.add_dll_directory", told.append, raising=False)
    before, after = ModuleType("before"), ModuleType("after")
    package = tmp_path / "demo"
    (tmp_path / "demo.libs").mkdir()
    for module, text in ((before, raw), (after, changed)):
        module.__file__ = str(package / "__init__.py")
        exec(compile(text, module.__file__, "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    assert told == [str(tmp_path / "demo.libs")]
    values = [{name: repr(value) for name, value in vars(module).items() if name in {"__doc__", "x", "annotations"}}
              for module in (before, after)]  # fmt: skip
    if "def x" not in source:
        assert values[0] == values[1]
    assert ast.get_docstring(ast.parse(changed)) == ast.get_docstring(ast.parse(raw))
    assert (b"\r\n" in changed) == ("\r\n" in source)
    assert b"\n" not in changed.replace(b"\r\n", b"") or "\r\n" not in source


def test_older_pythons_look_along_path(tmp_path: Path) -> None:
    (tmp_path / "demo.libs").mkdir()
    code = with_dll_folder(b"", "../demo.libs").decode()
    environ = {"PATH": "C:\\"}
    fake = SimpleNamespace(path=__import__("os.path").path, environ=environ, pathsep=";")
    parts = {"os": fake, "sys": SimpleNamespace(version_info=(3, 7))}
    code = code.replace("import os\n", "os = parts['os']\n").replace("import sys\n", "sys = parts['sys']\n")
    exec(code, {"__file__": str(tmp_path / "demo/__init__.py"), "parts": parts})  # noqa: S102
    assert environ["PATH"] == f"{tmp_path / 'demo.libs'};C:\\"


def test_a_package_in_a_newer_language() -> None:
    """Which no check of this Python would notice: it is left as it is, and does not tell of the DLLs."""
    minor = sys.version_info.minor
    content = [Entry(name="demo/__init__.py", source=b"newer syntax\n")]
    host = facts.target(f"cp3{minor}-win_amd64")
    assert tell_loader(content, ["demo"], "demo.libs", host) == {"demo/__init__.py": b"newer syntax\n"}
    newer = facts.target(f"cp3{minor + 1}-win_amd64")
    with raises_error(
        CheckError, f"Python 3.{minor}, which runs xconan, can't parse demo/__init__.py",
        where="demo/__init__.py", hint=f"run xconan by Python 3.{minor + 1} or newer",
    ):  # fmt: skip
        tell_loader(content, ["demo"], "demo.libs", newer)


def test_what_is_no_python_is_left_alone() -> None:
    assert with_dll_folder(b"def (:\n", "../x.libs") == b"def (:\n"
    assert with_dll_folder(b"# coding: klingon\n", "../x.libs") == b"# coding: klingon\n"
