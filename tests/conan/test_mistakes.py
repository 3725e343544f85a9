"""Ordinary mistakes that take a real CMake or Conan to notice: exit code, sentence, and the remedy, which works.

The others are in tests/unit/cli/test_mistakes.py.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.conan.conftest import export, tiny_recipe
from tests.support.conan_home import run_conan
from tests.support.golden import REPOSITORY
from tests.support.native import CORE, GOOD, PYPROJECT, native_project
from xconan.cli import main

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

USE = "target_link_libraries(_core PRIVATE {0}::{0})\ninstall(TARGETS _core DESTINATION nav)\n"
FIND = CORE + "find_package({0} CONFIG REQUIRED)\n" + USE
REQUIRES = "[tool.xconan.conan]\nrequires = [{}]\n"
TINY = REQUIRES.format('"tiny/1.0"')
ODD = tiny_recipe().replace('name = "tiny"', 'name = "odd"').replace(
    "self.cpp_info.libs = []", 'self.cpp_info.set_property("cmake_file_name", "OddThing")\n'
    '        self.cpp_info.set_property("cmake_target_name", "OddThing::OddThing")')  # fmt: skip
OPTIONED = tiny_recipe().replace('name = "tiny"', 'name = "choice"').replace(
    'package_type = "static-library"', 'options = {"taste": ["sweet", "sour"]}\n    '
    'default_options = {"taste": "sweet"}')  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One mistake.

    Attributes:
        tool, lists, files: what the project has beside the usual.
        code, says, remedy: how xconan build ends.
        mend: files as the remedy has them; of pyproject.toml what stands behind the usual.
        command: run after that, by Conan; "" for none.
    """

    tool: str = ""
    lists: str = GOOD
    files: Mapping[str, str] = field(default_factory=dict)
    code: int = 4
    says: str
    remedy: str
    mend: Mapping[str, str] = field(default_factory=dict)
    command: str = ""


MISTAKES = {
    "library that is not required": Mistake(
        lists=FIND.format("tiny"), code=5, says="the configuration failed with exit code 1: find_package(tiny) found",
        remedy='write [tool.xconan.conan] requires = ["tiny/[*]"]',
        mend={"pyproject.toml": REQUIRES.format('"tiny/[*]"')}),
    "library that is not required, beside one that is": Mistake(
        tool=REQUIRES.format('"odd/1.0"'), lists=FIND.format("tiny"), code=5, says="find_package(tiny) found nothing",
        remedy='requires = ["odd/1.0", "tiny/[*]"]',
        mend={"pyproject.toml": REQUIRES.format('"odd/1.0", "tiny/[*]"')}),
    "library that is not in the conanfile": Mistake(
        lists=FIND.format("tiny"), files={"conanfile.txt": "[requires]\nodd/1.0\n"}, code=5,
        says="find_package(tiny) found nothing", remedy="write tiny/[*] below [requires] in conanfile.txt",
        mend={"conanfile.txt": "[requires]\nodd/1.0\ntiny/[*]\n"}),
    "name in other letters": Mistake(
        tool=TINY, lists=FIND.format("Tiny"), code=5, says="the configuration failed",
        remedy="write tiny::tiny in place of Tiny::Tiny", mend={"CMakeLists.txt": FIND.format("tiny")}),
    "name of the recipe": Mistake(
        tool=REQUIRES.format('"odd/1.0"'), lists=FIND.format("odd"), code=5, says="find_package(odd) found nothing",
        remedy="OddThing", mend={"CMakeLists.txt": FIND.format("OddThing")}),
    "recipe that nobody has": Mistake(
        tool=REQUIRES.format('"tinny/1.0"'), says="Package 'tinny/1.0' not resolved",
        remedy="check the name and version; `conan remote list`", mend={"pyproject.toml": TINY}),
    "version that nobody has": Mistake(
        tool=REQUIRES.format('"tiny/9.0"'), says="Package 'tiny/9.0' not resolved",
        remedy="check the name and version", mend={"pyproject.toml": TINY}),
    "range that nothing fits": Mistake(
        tool=REQUIRES.format('"tiny/[>=9]"'), says="tiny/[>=9]", remedy="check the name and version",
        mend={"pyproject.toml": REQUIRES.format('"tiny/[>=1]"')}),
    "value that an option has not": Mistake(
        tool=REQUIRES.format('"choice/1.0"') + 'options = {"choice/*:taste" = "salty"}\n',
        says="'salty' is not a valid 'options.taste' value", remedy="name one of these values",
        mend={"pyproject.toml": REQUIRES.format('"choice/1.0"') + 'options = {"choice/*:taste" = "sour"}\n'}),
    "lockfile of other requirements": Mistake(
        tool=TINY, files={"conan.lock": '{"version": "0.5", "requires": ["tiny/0.9"]}\n'},
        says="not in lockfile", remedy="bring conan.lock up to date: xconan lock", command="lock"),
    "damaged lockfile": Mistake(
        tool=TINY, files={"conan.lock": "{\n"}, says="Error parsing lockfile", remedy="xconan lock --upgrade",
        command="lock --upgrade"),
    "target that CMake does not know": Mistake(
        lists=GOOD.replace("install(TARGETS _core", "install(TARGETS core"), code=5, says="the configuration failed",
        remedy="the reason stands above", mend={"CMakeLists.txt": GOOD}),
    "forgotten install()": Mistake(
        lists=CORE, code=6, says="no file in it is a binary", remedy="write install(TARGETS _core DESTINATION nav)",
        mend={"CMakeLists.txt": GOOD}),
    "wrong destination": Mistake(
        lists=GOOD.replace("DESTINATION nav", "DESTINATION lib"), code=6, says="lib/",
        remedy="DESTINATION nav", mend={"CMakeLists.txt": GOOD}),
    "source that does not compile": Mistake(
        files={"core.c": "int main( {\n"}, code=5, says="the build failed", remedy="the reason stands above",
        mend={"core.c": (
            '#include <Python.h>\nstatic struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "_core", 0, -1, 0};\n'
            "PyMODINIT_FUNC PyInit__core(void) { return PyModule_Create(&def); }\n")}),
}  # fmt: skip


@pytest.fixture(autouse=True)
def usual(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recipes beside tiny, and an environment that asks for nothing."""
    monkeypatch.delenv("XCONAN_VERBOSE")
    for name, text in (("odd", ODD), ("choice", OPTIONED)):
        export(home, text, tmp_path / name)


def run(*words: str) -> int:
    try:
        return main(words)
    except SystemExit as ended:
        return int(ended.code or 0)


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    mistake = MISTAKES[name]
    project = native_project(tmp_path / "nav", {"CMakeLists.txt": mistake.lists, **mistake.files}, tool=mistake.tool)
    monkeypatch.chdir(project)
    monkeypatch.setenv("PWD", str(project))
    assert run("build") == mistake.code
    said = capfd.readouterr().err
    assert "xconan: error: " in said
    assert mistake.says in said
    assert mistake.remedy in said
    assert "Traceback" not in said
    # the remedy, followed literally
    for file, text in mistake.mend.items():
        (project / file).write_text(PYPROJECT + text if file == "pyproject.toml" else text, "utf-8")
    assert not mistake.command or run(*shlex.split(mistake.command)) == 0
    assert run("build") == 0, capfd.readouterr().err
    assert list((project / "dist").glob("nav-1.0-*.whl"))


def test_server_that_does_not_answer(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project = native_project(tmp_path / "nav", {}, tool=REQUIRES.format('"tiny/[*]"'))
    monkeypatch.chdir(project)
    run_conan(home, "remote", "add", "away", "http://127.0.0.1:9", "--index=0")
    assert run("build") == 4
    said = capfd.readouterr().err
    assert "Unable to connect" in said
    assert "check the network, or disable that remote: conan remote disable away" in said
    run_conan(home, "remote", "disable", "away")
    assert run("build") == 0


def xconan(
    project: Path, *words: str, wrapped: tuple[str, ...] = (), env: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """The exit code, and what stands on a screen."""
    argv = [*wrapped, sys.executable, "-m", "xconan", *words]
    whole = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PWD": str(project), **(env or {})}
    done = subprocess.run(argv, cwd=project, env=whole, capture_output=True, check=False)
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "backslashreplace")


@pytest.mark.parametrize("coercion", ["0", "1"])
def test_path_with_letters_that_the_locale_lacks(coercion: str, tmp_path: Path) -> None:
    """LC_ALL=C is what cron and containers have."""
    project = native_project(tmp_path / "Übung größer" / "nav", {"CMakeLists.txt": FIND.format("tiny")}, tool=TINY)
    environment = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": coercion, "PYTHONUTF8": coercion}
    for _again in range(2):
        code, said = xconan(project, "build", env=environment)
        assert code == 0, said
    (project / "core.c").write_text("int main( {\n", "utf-8")
    code, said = xconan(project, "build", env=environment)
    assert code == 5
    assert "Traceback" not in said


@pytest.mark.skipif(
    not shutil.which("unshare") or subprocess.run(["unshare", "--mount", "true"], check=False).returncode != 0,
    reason="this machine lets nobody mount",
)
def test_disk_that_is_full(tmp_path: Path) -> None:
    """The place is named, and a larger disk helps."""
    small, large = tmp_path / "small", tmp_path / "large"
    small.mkdir()
    project = native_project(tmp_path / "nav", {"CMakeLists.txt": FIND.format("tiny")}, tool=TINY)
    mount = f'mount -t tmpfs -o size=48k tmpfs {shlex.quote(str(small))} && exec "$@"'
    words = ("build", "-C", f"override=cmake.build_path={small / 'build'}")
    code, said = xconan(project, *words, wrapped=("unshare", "--mount", "sh", "-c", mount, "sh"))
    assert code == 1, said
    assert "No space left on device" in said
    assert str(small) in said.partition("where:")[2]
    assert "help:  free some space; or set cmake.build_path" in said
    assert "Python's library" not in said
    code, said = xconan(project, *(word.replace(str(small), str(large)) for word in words))
    assert code == 0, said
