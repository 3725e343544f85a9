"""What an unchanged build does not do, besides what it does not run."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conan.conftest import BASE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conan.conftest import Demo

BUILD = """
import json, sys
from xconan.build import build_wheel
build_wheel(sys.argv[1])
json.dump(sorted({name.partition(".")[0] for name in sys.modules}), open(sys.argv[2], "w"))
"""
CMAKELISTS = """\
cmake_minimum_required(VERSION 3.20)
project(demo LANGUAGES C)
add_library(demo MODULE demo.c)
set_target_properties(demo PROPERTIES PREFIX "")
install(TARGETS demo DESTINATION .)
"""


def loaded(demo: Demo, folder: Path) -> set[str]:
    """The libraries that a process of its own has imported once it has built the wheel."""
    seen = folder / "modules.json"
    subprocess.run([sys.executable, "-c", BUILD, str(folder / "dist"), str(seen)], cwd=demo.root, check=True)
    return set(json.loads(seen.read_text("utf-8")))


@pytest.mark.parametrize("kind", ["native", "with Conan"])
def test_it_imports_no_template_engine(kind: str, demo: Demo, tmp_path: Path) -> None:
    """The texts that it would make are there; when one is damaged, it is made again."""
    more = '[tool.xconan.conan]\nrequires = ["tiny/1.0"]\n' if kind == "with Conan" else ""
    demo.write("pyproject.toml", BASE + more)
    demo.write("CMakeLists.txt", CMAKELISTS)
    demo.write("demo.c", "int demo(void) { return 1; }\n")
    assert "jinja2" in loaded(demo, tmp_path)
    assert loaded(demo, tmp_path) & {"jinja2", "markupsafe", "conan"} == set()
    (toolchain,) = demo.root.rglob("toolchain.cmake")
    text = toolchain.read_text("utf-8")
    toolchain.write_text("damaged\n", "utf-8")
    assert "jinja2" in loaded(demo, tmp_path)
    assert toolchain.read_text("utf-8") == text
