"""Many targets in one run: each library once, what fails leaves the rest, and what is ended is taken up again."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.support.compare import assert_says
from tests.support.conan_home import run_conan
from tests.support.crossbuild import write
from tests.support.native import MODULE, native_project
from tests.support.nav import HOSTS, LISTS, PATIENCE_S, PYTHON, WHEELS, write_recipe, write_settings, write_sources
from tests.support.needs import need_package, need_program
from tests.support.zig import share_zig

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Bench:
    """The project nav, which needs tiny/1.0, for two hosts, with a Conan home of its own."""

    root: Path
    env: dict[str, str]

    def write(self, *, define: str = "FINE") -> None:
        write_settings(self.root, define=define, hold=str(self.hold))

    @property
    def hold(self) -> Path:
        return self.root.parent / "hold"

    @property
    def built(self) -> list[str]:
        """The architectures that tiny was built for, with the number of jobs that recipes were given."""
        log = self.root.parent / "built"
        lines = log.read_text("utf-8").splitlines() if log.exists() else []
        return sorted(line.rpartition(" ")[0] for line in lines)

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
    for arch in HOSTS:
        need_program(f"{arch}-linux-gnu-gcc")
    home = fresh_home(tmp_path / "conan")
    write_recipe(tmp_path / "recipe", log=tmp_path / "built", hold=tmp_path)
    run_conan(home, "export", str(tmp_path / "recipe"))
    root = tmp_path / "project"
    write_sources(root)
    found = Bench(root, {**os.environ, "CONAN_HOME": str(home), "XCONAN_CACHE": str(tmp_path / "cache")})
    found.write()
    return found


def test_each_library_once_and_each_wheel(bench: Bench) -> None:
    facts, err = bench.build()
    assert bench.built == ["armv8 0", "s390x 0"]
    assert [Path(one).name for one in facts["wheels"]] == WHEELS
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
    lists = head + rest.partition("endwhile()\n")[2]  # the loop runs a program, which may do anything
    write(bench.root / "CMakeLists.txt", lists)
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

    bench.build("-o", str(bench.root))  # a folder that is read, too
    write(bench.root / "LICENSE", "all of it\n")
    licensed, _err = bench.build("-o", str(bench.root))
    assert [one["unchanged"] for one in licensed["targets"]] == [False] * 2


def test_tests_that_can_not_be_run_are_told_before_anything_is_built(bench: Bench, tmp_path: Path) -> None:
    """Those of all targets at once, with the commands that bring what is missing."""
    bench.env["XCONAN_PYTHONS"] = str(tmp_path / "none")
    process = bench.start("--test")
    _out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 3, err
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert_says(err, *(f"xconan python add {python} --for linux_{arch} --runnable" for arch in HOSTS))
    assert bench.built == []
    assert not (bench.root / "dist").exists()


AUTO = f"""\
[tool.xconan.wheel]
platform_tag = "auto"
[tool.xconan.matrix]
pythons = ["{PYTHON}"]
platforms = ["linux_{platform.machine()}"]
"""


@pytest.mark.parametrize("on", [(), ("--on", "local:2")], ids=["here", "cluster"])
def test_a_wheel_of_the_tag_that_it_deserves_is_tried(on: tuple[str, ...], tmp_path: Path) -> None:
    """Its name is known once it is made; one that has the planned name is another."""
    if on:
        pytest.importorskip("distributed")
    root = native_project(tmp_path / "project", {}, tool=AUTO)
    write(root / f"dist/nav-1.0-{PYTHON}-{PYTHON}-linux_{platform.machine()}.whl", "no wheel")
    facts, _err = Bench(root, {**os.environ}).build(*on)
    (made,) = facts["targets"]
    assert made["test"] == "passed"
    assert "manylinux_2_" in made["wheel"]
    assert made["wheel"] == f"nav-1.0-{made['tag']}.whl"


TWO = f"""\
[tool.xconan.wheel]
platform_tag = "auto"
[tool.xconan.matrix]
pythons = ["{PYTHON}"]
platforms = ["manylinux_2_{{17,28}}_x86_64"]
"""
OTHER = """\
[[tool.xconan.matrix.overrides]]
select = "*2_28*"
cmake.options.CMAKE_C_FLAGS = "-DOTHER"
"""


def test_two_targets_that_deserve_one_name(tmp_path: Path, kept: Path) -> None:
    """The same wheel is told; of two with other contents the first stays, and the second is an error."""
    need_package("ziglang")
    share_zig(tmp_path / "cache", kept)
    root = native_project(tmp_path / "project", {}, tool=TWO)
    env = {**os.environ, "XCONAN_CACHE": str(tmp_path / "cache")}
    bench, (older, newer) = Bench(root, env), (f"{PYTHON}-manylinux_2_{n}_x86_64" for n in (17, 28))
    same, err = bench.build("--no-test")
    (wheel,) = map(Path, same["wheels"])
    assert_says(err, f"{older} and {newer} make {wheel.name}, the same to the byte")

    said = '#ifdef OTHER\n#define SAID "other"\n#else\n#define SAID 0\n#endif\n'
    write(root / "core.c", said + MODULE.replace("0, -1", "SAID, -1"))
    settings = (root / "pyproject.toml").read_text("utf-8") + OTHER
    write(root / "pyproject.toml", settings)
    facts, err = bench.build("--no-test", code=2)
    (made,) = [one for one in facts["targets"] if one["wheel"]]
    assert_says(err, f"make the same wheel, {wheel.name}, with other contents; that of {made['target']} stands there")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".so")]
        assert (b"other" in archive.read(name)) == (made["target"] == newer)

    write(root / "pyproject.toml", f'{settings}wheel.platform_tag = "guess"\n')  # as the hint has it
    facts, _err = bench.build("--no-test")
    assert [Path(one).name for one in facts["wheels"]] == [wheel.name, f"nav-1.0-{PYTHON}-{newer}.whl"]


def test_a_plan_is_handed_out_and_built_later(bench: Bench) -> None:
    xconan, file = [sys.executable, "-m", "xconan"], bench.root / "plan.json"

    def build(*words: str) -> subprocess.CompletedProcess[str]:
        argv = [*xconan, "build", "--plan", str(file), *words, str(bench.root)]
        return subprocess.run(argv, env=bench.env, capture_output=True, text=True, check=False, timeout=PATIENCE_S)

    with file.open("w") as output:
        argv = [*xconan, "plan", "--all", "--json", str(bench.root)]
        subprocess.run(argv, env=bench.env, stdout=output, check=True, timeout=PATIENCE_S)
    done = build()
    assert done.returncode == 0, done.stderr
    assert [Path(line).name for line in done.stdout.splitlines()] == WHEELS

    done = build("--target", "cp312-linux_s390x")
    assert done.returncode == 2
    assert_says(done.stderr, "the plan says what is built, and --target would change it")

    with (bench.root / "core.c").open("a") as source:
        source.write("/* another */\n")
    done = build()
    assert done.returncode == 2
    assert_says(done.stderr, "the project has changed since it was planned: core.c", "plan again")
    facts = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps({**facts, "xconan": "0.0.1"}), "utf-8")
    assert_says(build().stderr, "the plan is of xconan 0.0.1")


def test_a_failure_leaves_the_rest(bench: Bench) -> None:
    bench.write(define="WRONG")
    facts, err = bench.build(code=5)
    assert [Path(one).name for one in facts["wheels"]] == WHEELS[:1]
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
    assert [path.name for path in wheels.iterdir()] == WHEELS[:1]
    bench.hold.unlink()

    facts, _err = bench.build()
    assert bench.built == ["armv8 0", "s390x 0"]
    assert [one["unchanged"] for one in facts["targets"]] == [True, False]
    assert len(facts["wheels"]) == 2


def test_a_cluster_of_this_machine(bench: Bench) -> None:
    pytest.importorskip("distributed")
    facts, err = bench.build("--on", "local:2")
    assert bench.built == ["armv8 0", "s390x 0"]
    assert [Path(one).name for one in facts["wheels"]] == WHEELS
    assert_says(err, "1 worker, 2 cores", lacks=["Traceback"])


def test_a_cluster_of_this_machine_is_interrupted_as_it_begins(bench: Bench) -> None:
    """By a terminal, which sends it to all that we have started: nobody tells of it in Python's words."""
    pytest.importorskip("distributed")
    bench.build("--libraries-only")
    for wait in (0.0, 0.3, 0.6, 0.9, 1.2, 1.6):
        log = bench.root.parent / f"interrupted-{wait}"
        with log.open("wb") as file:
            argv = [sys.executable, "-m", "xconan", "build", "--all", "--on", "local:2", str(bench.root)]
            process = subprocess.Popen(argv, env=bench.env, stdout=file, stderr=file, start_new_session=True)
        deadline = time.monotonic() + PATIENCE_S
        while "planned in" not in log.read_text("utf-8"):
            assert process.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(wait)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(60) == 130, log.read_text("utf-8")
        assert_says(log.read_text("utf-8"), "xconan: interrupted", lacks=["Traceback", "Exception ignored"])
