"""The whole of Conan's model in cross-builds: three build systems, a generator, a lockfile, packages in development."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.conan.conftest import tiny_recipe
from tests.conan.test_model import library
from tests.support.compare import assert_says
from tests.support.conan_home import run_conan
from tests.support.crossbuild import LZ4_LISTS, PROJECTS, Workshop, copy_project, plain_project, unpack, write
from tests.support.debian import host_python
from tests.support.emulate import emulator, run_python
from tests.support.needs import need_package, need_program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.crossbuild import Host

CODE = """\
import conan_model, json, tempfile
print(conan_model.roundtrip(tempfile.mkdtemp(), "word " * 999) == "word " * 999, conan_model.call(21))
print(json.dumps(json.loads(conan_model.facts()), sort_keys=True))
"""
ANSWER = (
    'True 42\n{"pixman": "0.42.2", "program": "made on the build machine\\n", "target": "made on the build machine\\n"}'
)
NATIVE = """\
from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import cross_building

class Native(ConanFile):
    name, version, package_type = "native", "1.0", "static-library"
    settings = "os", "arch", "compiler", "build_type"

    def validate(self):
        if cross_building(self):
            raise ConanInvalidConfiguration("it runs what it builds")
"""


@pytest.fixture(scope="module")
def workshop(
    workshop: Workshop, fresh_home: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory
) -> Workshop:
    """One where no other test has built anything: it is told where each binary comes from."""
    return replace(workshop, home=fresh_home(tmp_path_factory.mktemp("own_workshop") / "conan"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with every kind of requirement."""
    need_package("mesonbuild")
    need_program("make")
    need_program("cc")
    return copy_project(PROJECTS / "conan-model", tmp_path_factory.mktemp("conan model") / "project")


def xconan(workshop: Workshop, *arguments: str, fails: bool = False) -> str:
    """What a verb prints."""
    command = [sys.executable, "-m", "xconan", *arguments]
    done = subprocess.run(
        command, env=workshop.environment, cwd=workshop.cache, check=False, capture_output=True, text=True, timeout=600
    )
    assert_says(done.stderr, lacks=["Traceback"])
    assert (done.returncode != 0) == fails, done.stderr[-6000:]
    return done.stderr if fails else done.stdout


def binaries(workshop: Workshop, project: Path, *crosses: Path) -> dict[str, dict[tuple[str, str], str]]:
    """By target what `xconan graph` says of each package's binary."""
    options = [word for cross in crosses for word in ("--cross", str(cross))]
    graph = json.loads(xconan(workshop, "graph", str(project), "--json", *options))["graph"]
    return {
        target["name"]: {(one["ref"], one["context"]): one["binary"] for one in target["packages"][1:]}
        for target in graph["targets"]
    }


def test_locked_looked_at_and_built(
    project: Path, host: Callable[..., Host], workshop: Workshop, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    """One lockfile for two hosts; the graph before and after; wheels that work on the host, the usual one alone."""
    targets = [host("aarch64"), host("armv7l")]
    crosses = [target.cross(tmp_path) for target in targets]
    options = [word for cross in crosses for word in ("--cross", str(cross))]
    assert xconan(workshop, "lock", str(project), *options) == f"{project / 'conan.lock'}\n"
    locked = json.loads((project / "conan.lock").read_text("utf-8"))
    names = {kind: sorted(one.split("#")[0] for one in locked[kind]) for kind in ("requires", "build_requires")}
    assert names == {
        "requires": ["leveldb/1.23", "libffi/3.4.4", "nlohmann_json/3.11.3", "pixman/0.42.2", "snappy/1.1.9"],
        "build_requires": ["embed/1.0"],
    }
    before = binaries(workshop, project, *crosses)
    assert len(before) == len(targets)
    for seen in before.values():
        assert {seen[f"{name}", "host"] for name in names["requires"]} == {"Build"}
        assert seen["embed/1.0", "build"] == "Build"
    chosen = len(targets) if pytestconfig.getoption("--whole-matrix") else 1
    for target, cross in [*zip(targets, crosses, strict=True)][:chosen]:
        built = workshop.build(project, cross)
        assert built.names == [f"conan_model{target.suffix}"]
        assert target.run(built.wheel, CODE) == ANSWER
    for at, seen in enumerate(binaries(workshop, project, *crosses).values()):
        # of the host that nothing was built for, what has headers alone is there
        there = {"Cache"} if at < chosen else {"Build", "Cache"}
        assert {seen[f"{name}", "host"] for name in names["requires"]} == there
        assert seen["embed/1.0", "build"] in ("Cache", "Skip")


def test_by_zig(project: Path, workshop: Workshop, kept: Path) -> None:
    """The same for an old C library, by a compiler that Autotools and Meson know nothing of."""
    need_package("ziglang")
    here = f"cp{sys.version_info.major}{sys.version_info.minor}"
    built = workshop.build(project, None, "--target", f"{here}-manylinux_2_17_aarch64")
    suite = {"cp311": "bookworm", "cp313": "trixie"}.get(here)
    if suite:
        emulator("arm64")
        root = host_python(suite, "arm64", kept / "roots" / f"{suite}-arm64")
        assert run_python(root, unpack(built.wheel), CODE).strip() == ANSWER


def test_header_only_packages_are_shared(
    project: Path, host: Callable[..., Host], workshop: Workshop, tmp_path: Path
) -> None:
    """One package of headers, and one of the generator, for every host."""
    crosses = [host(arch).cross(tmp_path) for arch in ("aarch64", "armv7l")]
    options = [word for cross in crosses for word in ("--cross", str(cross))]
    targets = json.loads(xconan(workshop, "graph", str(project), "--json", *options))["graph"]["targets"]
    ids = [{one["ref"]: one["package_id"] for one in target["packages"][1:]} for target in targets]
    shared = {ref for ref in ids[0] if ids[0][ref] == ids[1][ref] and not ref.startswith("meson/")}
    assert shared == {"nlohmann_json/3.11.3", "embed/1.0"}


def test_editable_package_for_several_hosts(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """A library in development is built for each host in a folder of its own, and again when it changes."""
    home = tmp_path / "conan"
    shutil.copytree(workshop.home, home)
    own = Workshop(home, workshop.cache)
    source = library(tmp_path / "tiny", 3)
    run_conan(home, "editable", "add", str(source))
    project = plain_project(
        tmp_path / "project",
        LZ4_LISTS.replace("lz4::lz4", "tiny::tiny").replace("lz4", "tiny"),
        pyproject='[tool.xconan.conan]\nrequires = ["tiny/1.0"]\n',
    )
    code = (project / "plain.c").read_text("utf-8")
    write(project / "plain.c", "#include <tiny.h>\nint number(void) { return TINY; }\n" + code)
    question = "import ctypes, plain; print(ctypes.CDLL(plain.__file__).number())"
    for arch in ("aarch64", "armv7l", "aarch64"):
        target = host(arch)
        assert target.run(own.build(project, target.cross(tmp_path)).wheel, question) == "3"
    library(source, 33)
    target = host("armv7l")
    assert target.run(own.build(project, target.cross(tmp_path)).wheel, question) == "33"


def test_recipe_that_can_not_be_cross_built(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """Said by its name, with the recipe's own words, before anything is built."""
    write(tmp_path / "native/conanfile.py", NATIVE)
    run_conan(workshop.home, "export", str(tmp_path / "native"))
    requires = '[tool.xconan.conan]\nrequires = ["native/1.0", "lz4/1.9.4"]\n'
    project = plain_project(tmp_path / "project", LZ4_LISTS, pyproject=requires)
    cross = host("aarch64").cross(tmp_path)
    seen = xconan(workshop, "graph", str(project), "--cross", str(cross))
    assert "native/1.0: can't be built (it runs what it builds)" in seen
    built = workshop.build(project, cross, fails=True)
    built.assert_ended(
        4,
        "native/1.0: Invalid: it runs what it builds",
        "can't be built for this host",
        lacks=["Building from source"],
    )


def test_programs_of_this_machine_in_the_default_profile(
    host: Callable[..., Host], workshop: Workshop, tmp_path: Path
) -> None:
    """What the user says of this machine's programs holds for the host's libraries; the printed hint mends."""
    home = tmp_path / "conan"
    shutil.copytree(workshop.home, home)
    own = Workshop(home, workshop.cache)
    text = tiny_recipe().replace("    requires = ()", '    tool_requires = "forge/[>=2]", "cmake/3.1"')
    write(tmp_path / "tiny/conanfile.py", text)
    run_conan(home, "export", str(tmp_path / "tiny"))
    lists = LZ4_LISTS.replace("lz4::lz4", "tiny::tiny").replace("lz4", "tiny")
    project = plain_project(tmp_path / "project", lists, pyproject='[tool.xconan.conan]\nrequires = ["tiny/1.0"]\n')
    cross = host("aarch64").cross(tmp_path)
    with (home / "profiles/default").open("a", encoding="utf-8") as profile:
        profile.write("\n[platform_tool_requires]\nforge/2.5\n")
    refused = own.build(project, cross, fails=True)
    advice = re.search(r"(\[replace_tool_requires\]) (cmake/\*: cmake/[\d.]+)", refused.log)
    assert advice, refused.log[-3000:]
    with (home / "profiles/default").open("a", encoding="utf-8") as profile:
        profile.write("\n".join(advice.groups()) + "\n")
    assert own.build(project, cross).names
