"""Many targets in one run: each library once, what fails leaves the rest, and what is ended is taken up again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.support.compare import assert_says
from tests.support.conan_home import run_conan
from tests.support.crossbuild import write
from tests.support.native import MODULE, PYPROJECT
from tests.support.needs import need_program

if TYPE_CHECKING:
    from collections.abc import Callable

RECIPE = """\
from pathlib import Path
from conan import ConanFile

class Tiny(ConanFile):
    name = "tiny"
    version = "1.0"
    settings = "os", "arch", "compiler", "build_type"
    package_type = "static-library"

    def build(self):
        with open({log!r}, "a") as file:
            file.write(f"{{self.settings.arch}} {{self.conf.get('tools.build:jobs')}}\\n")

    def package(self):
        Path(self.package_folder, "include").mkdir()
        Path(self.package_folder, "include", "tiny.h").write_text("#define TINY 1\\n")

    def package_info(self):
        self.cpp_info.libs = []
"""
LISTS = """\
cmake_minimum_required(VERSION 3.20...4.2)
project(nav LANGUAGES C)
while(HOLD AND EXISTS "${HOLD}")
  file(TOUCH "${HOLD}.reached")
  execute_process(COMMAND sleep 0.1)
endwhile()
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
find_package(tiny REQUIRED CONFIG)
Python_add_library(_core MODULE WITH_SOABI core.c)
target_compile_definitions(_core PRIVATE ${DEFINE})
target_link_libraries(_core PRIVATE tiny::tiny)
install(TARGETS _core DESTINATION nav)
"""
PYTHON = f"cp{sys.version_info[0]}{sys.version_info[1]}"
MATRIX = f"""\
[tool.xconan.conan]
requires = ["tiny/1.0"]
[tool.xconan.cmake.options]
DEFINE = "FINE"
[tool.xconan.matrix]
pythons = ["{PYTHON}"]
platforms = ["linux_{{aarch64,s390x}}"]
[[tool.xconan.matrix.overrides]]
select = "*_s390x"
cmake.options.DEFINE = "{{define}}"
cmake.options.HOLD = "{{hold}}"
"""
PATIENCE_S = 240.0


@dataclass(frozen=True)
class Bench:
    """The project nav, which needs tiny/1.0, for two hosts, with a Conan home of its own."""

    root: Path
    env: dict[str, str]

    def write(self, *, define: str = "FINE") -> None:
        matrix = MATRIX.replace("{define}", define).replace("{hold}", str(self.hold))
        write(self.root / "pyproject.toml", PYPROJECT + matrix)

    @property
    def hold(self) -> Path:
        return self.root.parent / "hold"

    @property
    def built(self) -> list[str]:
        """The architectures that tiny was built for, with the number of jobs that recipes were given."""
        log = self.root.parent / "built"
        return sorted(log.read_text("utf-8").splitlines()) if log.exists() else []

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "xconan", "build", "--all", *words, str(self.root)],
            env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    def build(self, *words: str, code: int = 0) -> tuple[dict[str, Any], str]:
        """Build, and return what --json says, and standard error."""
        process = self.start("--json", *words)
        out, err = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == code, err
        return cast("dict[str, Any]", json.loads(out)), err


@pytest.fixture
def bench(tmp_path: Path, fresh_home: Callable[[Path], Path]) -> Bench:
    for arch in ("aarch64", "s390x"):
        need_program(f"{arch}-linux-gnu-gcc")
    home = fresh_home(tmp_path / "conan")
    write(tmp_path / "recipe/conanfile.py", RECIPE.format(log=str(tmp_path / "built")))
    run_conan(home, "export", str(tmp_path / "recipe"))
    root = tmp_path / "project"
    write(root / "CMakeLists.txt", LISTS)
    write(root / "core.c", f"#include <tiny.h>\n#ifdef WRONG\n#error wrong\n#endif\n{MODULE}")
    write(root / "src/nav/__init__.py", "from . import _core\n")
    found = Bench(root, {**os.environ, "CONAN_HOME": str(home), "XCONAN_CACHE": str(tmp_path / "cache")})
    found.write()
    return found


def test_each_library_once_and_each_wheel(bench: Bench) -> None:
    facts, err = bench.build()
    assert bench.built == ["armv8 0", "s390x 0"]
    assert [Path(one).name for one in facts["wheels"]] == [
        f"nav-1.0-{PYTHON}-{PYTHON}-linux_{arch}.whl" for arch in ("aarch64", "s390x")
    ]
    assert all(Path(one).is_file() for one in facts["wheels"])
    assert [(one["built"], one["reused"], one["unchanged"]) for one in facts["targets"]] == [(1, 0, False)] * 2
    assert_says(err, "2 targets, 8 tasks", "[8/8]", "1 built, 0 reused")
    page = (bench.root / ".xconan_cache/release/release.html").read_text("utf-8")
    assert_says(page, '<rect class="library"', f"wheel {PYTHON}-linux_s390x")
    log = bench.root / f".xconan_cache/release/tasks/wheel-{PYTHON}-linux_s390x.log"
    assert_says(log.read_text("utf-8"), "Building C object")

    again, _err = bench.build()
    assert bench.built == ["armv8 0", "s390x 0"]
    assert [(one["built"], one["reused"], one["unchanged"]) for one in again["targets"]] == [(0, 1, True)] * 2


def test_wheels_are_answered_at_the_door(bench: Bench) -> None:
    head, _loop, rest = LISTS.partition("while(")
    write(
        bench.root / "CMakeLists.txt", head + rest.partition("endwhile()\n")[2]
    )  # it runs a program, which may do anything
    bench.build()
    log = bench.root / f".xconan_cache/release/tasks/wheel-{PYTHON}-linux_s390x.log"
    again, _err = bench.build()
    assert [one["unchanged"] for one in again["targets"]] == [True] * 2
    assert_says(log.read_text("utf-8"), "unchanged: no input has changed", lacks=["toolchain"])

    write(bench.root / "core.c", "#include <tiny.h>\n" + MODULE.replace("0, -1", '"changed", -1'))
    changed, _err = bench.build()
    assert [one["unchanged"] for one in changed["targets"]] == [False] * 2
    elsewhere, _err = bench.build("-o", str(bench.root / "elsewhere"))
    assert [one["unchanged"] for one in elsewhere["targets"]] == [True] * 2
    for first, second in zip(changed["wheels"], elsewhere["wheels"], strict=True):
        assert Path(first).read_bytes() == Path(second).read_bytes()


def test_a_failure_leaves_the_rest(bench: Bench) -> None:
    bench.write(define="WRONG")
    facts, err = bench.build(code=5)
    assert [Path(one).name for one in facts["wheels"]] == [f"nav-1.0-{PYTHON}-{PYTHON}-linux_aarch64.whl"]
    assert_says(err, f"wheel {PYTHON}-linux_s390x failed", "#error wrong", f"test {PYTHON}-linux_s390x not begun")
    assert facts["targets"][1]["errors"][0]["code"] == 5
    assert [error["code"] for error in facts["errors"]] == [5]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_is_ended_leaves_nobody_and_is_taken_up(bench: Bench, number: int) -> None:
    bench.hold.touch()
    reached = bench.hold.with_name("hold.reached")
    process = bench.start()
    deadline = time.monotonic() + PATIENCE_S
    wheels = bench.root / "dist"
    while not (reached.exists() and wheels.is_dir() and list(wheels.glob("*aarch64.whl"))):
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode in (130, 128 + number)
    reached.unlink(missing_ok=True)
    time.sleep(0.5)
    assert not reached.exists(), "CMake is still there"
    assert [path.name for path in wheels.iterdir()] == [f"nav-1.0-{PYTHON}-{PYTHON}-linux_aarch64.whl"]
    bench.hold.unlink()

    facts, _err = bench.build()
    assert bench.built == ["armv8 0", "s390x 0"]
    assert [one["unchanged"] for one in facts["targets"]] == [True, False]
    assert len(facts["wheels"]) == 2
