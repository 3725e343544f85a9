"""The first lines of scripts, which installers rewrite where they are #!python."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from xconan.plan import make_plan
from xconan.project.config.records import WheelConfig
from xconan.wheel.dist_info import dist_info
from xconan.wheel.scripts import packed_file
from xconan.wheel.write import collect, seal, written

if TYPE_CHECKING:
    from pathlib import Path

BODY = b"\r\nimport sys\n\xff\0print(sys.prefix)"
REWRITTEN = {
    b"#!/usr/bin/env python3": b"#!python",
    b"#!/usr/bin/env python": b"#!python",
    b"#! /usr/bin/python3.9": b"#!python",
    b"#!/usr/bin/python3.13t": b"#!python",
    b"#!/opt/a b/bin/python3": None,  # no path with a space is an interpreter for the kernel
    b"#!/usr/bin/env -S python3 -u": b"#!python -u",
    b"#!/usr/bin/python3 -E": b"#!python -E",
    b"#!/usr/bin/env pythonw": b"#!pythonw",
    b"#!python3": b"#!python",
    b"#!C:\\Python312\\python.exe": b"#!python",
    b"#!python": None,
    b"#!python -u": None,
    b"#!/bin/sh": None,
    b"#!/usr/bin/env bash": None,
    b"#!/usr/bin/env -i python3": None,
    b"#!/usr/bin/env A=b python3": None,
    b"#!/usr/bin/python2": None,
    b"#!/usr/bin/env pypy3": None,
    b"#!/usr/bin/pythonista": None,
    b"#!/home/python3/run": None,
    b"# python3": None,
    b"": None,
}


@pytest.mark.parametrize("line", REWRITTEN)
def test_first_line(tmp_path: Path, line: bytes) -> None:
    file = tmp_path / "tool"
    file.write_bytes(line + BODY)
    expected = REWRITTEN[line]
    entry = packed_file("demo-1.2.data/scripts/tool", file)
    assert entry.read() == (line if expected is None else expected) + BODY
    assert (entry.source == file) is (expected is None)
    assert entry.mode == 0o755


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "tool.py"
    file.write_bytes(b"#!/usr/bin/env python3\n")
    for name in ("demo/tool.py", "demo/x.data/scripts/tool.py", "demo-1.2.data/data/bin/tool.py"):
        assert packed_file(name, file).source == file


def test_installed_script_runs_in_its_environment(tmp_path: Path, root: Path) -> None:
    """By pip, whose rule it is: the script is told the environment's own interpreter."""
    (root / "demo").mkdir()
    (root / "demo/__init__.py").touch()
    (root / "tool.py").write_text("#!/usr/bin/env python3.9\nimport sys\nprint(sys.prefix)\n", encoding="utf-8")
    project = facts.project(root, wheel=WheelConfig(include={"{scripts}/tool": "tool.py"}), cmake=None)
    plan = make_plan(facts.facts(project=project))
    content = collect(plan, [("demo/__init__.py", root / "demo/__init__.py")])
    info = dist_info(plan.metadata, plan.tags, root)
    place = tmp_path / "demo-1.2-py3-none-any.whl"
    with written(seal([*content, *info], "demo-1.2.dist-info"), place) as beside:
        beside.replace(place)
    environment = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / "bin/python"
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-index", place], check=True)
    run = subprocess.run([environment / "bin/tool"], check=True, capture_output=True, text=True)
    assert run.stdout.strip() == str(environment)
