"""An unchanged build is answered at the door, and no change passes it: a module with lz4 for ARM, and what it reads."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.support.compare import assert_says
from tests.support.conan_home import run_conan
from tests.support.crossbuild import LZ4_LISTS, REPOSITORY, Workshop, counting_compilers, lz4_project, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.crossbuild import Host

UNCHANGED, ANEW = " unchanged: no input has changed", "xconan: built anew where needed: "
LISTS = """\
cmake_minimum_required(VERSION 3.18...4.2)
project(plain LANGUAGES C)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
find_package(lz4 CONFIG REQUIRED)
include(../shared/extra.cmake)
configure_file(../shared/value.h.in value.h)
Python_add_library(plain MODULE WITH_SOABI plain.c third/dist/low.c dist/lower.c)
target_include_directories(plain PRIVATE ../shared/include ${CMAKE_CURRENT_BINARY_DIR})
target_link_libraries(plain PRIVATE lz4::lz4 ${CMAKE_CURRENT_SOURCE_DIR}/../shared/script.ld)
set(MARK "$ENV{NAV_MARK}")
get_filename_component(ROOT "${CMAKE_CURRENT_SOURCE_DIR}/.." ABSOLUTE)
file(STRINGS "${ROOT}/VERSION" VERSION)
file(GLOB_RECURSE MORE "${ROOT}/more_sources/*.c")
if(EXISTS "${ROOT}/wanted")
  set(MARK wanted)
endif()
execute_process(COMMAND ${Python_EXECUTABLE} -c "print(1)" OUTPUT_VARIABLE ONE)
install(TARGETS plain LIBRARY DESTINATION .)
"""


EXTRA = "file(READ ../shared/inner.txt A)\nset(B $ENV{TERM_SESSION_ID})\n"


@dataclass
class Scene:
    """The project, all that it reads, and the environment that it is built in."""

    folder: Path
    host: Host
    workshop: Workshop
    env: dict[str, str] = field(default_factory=dict)

    @property
    def project(self) -> Path:
        return self.folder / "project"

    @property
    def include(self) -> Path:
        """A copy of the host's headers, as Debian has them: two folders of Python's."""
        return self.folder / "usr" / "include"

    @property
    def cross(self) -> Path:
        return next(self.folder.glob("*.cross.toml"))

    @property
    def toolchain(self) -> Path:
        return self.folder / f"{self.host.triple}.cmake"

    @property
    def wheel(self) -> Path:
        return next((self.project / "dist").glob("*.whl"))

    def build(self) -> str:
        """Build, and return what was said."""
        env = {"XCONAN_VERBOSE": "1", **self.env}
        return self.workshop.build(self.project, self.cross, *self.env.get("WORDS", "").split(), env=env).log

    def path(self, name: str) -> Path:
        return self.folder / name

    def append(self, name: str, text: str) -> None:
        with (self.folder / name).open("a", encoding="utf-8") as stream:
            stream.write(text)


def restore_older(scene: Scene) -> None:
    """Another content of the same size, with the old time stamp."""
    source = scene.path("project/plain.c")
    status, text = source.stat(), source.read_bytes()
    source.write_bytes(text[:-1] + b" ")
    os.utime(source, ns=(status.st_atime_ns, status.st_mtime_ns))


def new_revision(scene: Scene) -> None:
    """The recipe of lz4 with another line in it, exported into Conan's cache."""
    recipe = scene.folder / "recipe"
    shutil.copytree(REPOSITORY / "recipes" / "recipes" / "lz4" / "all", recipe)
    with (recipe / "conanfile.py").open("a", encoding="utf-8") as stream:
        stream.write("\n# another revision\n")
    run_conan(scene.workshop.home, "export", str(recipe), "--version=1.9.4")


def more_recipes(scene: Scene) -> None:
    index = write(scene.folder / "more/recipes/README", "").parents[1]
    run_conan(scene.workshop.home, "remote", "add", "another", str(index), "--type=local-recipes-index")


def git(scene: Scene, *words: str) -> None:
    identity = ("-c", "user.name=Nav", "-c", "user.email=nav@example.com")
    subprocess.run(["git", *identity, *words], cwd=scene.project, check=True, capture_output=True)


def commit(scene: Scene) -> None:
    git(scene, "init", "-q")
    git(scene, "add", ".")
    git(scene, "commit", "-qm", "1")


def remove_wheel(scene: Scene) -> None:
    """The wheel and the copy of it."""
    for wheel in scene.project.rglob("*.whl"):
        wheel.unlink()


def strings(wheel: Path, name: str) -> list[str]:
    """The texts in a module of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        (member,) = (one for one in archive.namelist() if one.startswith(f"{name}.") and one.endswith(".so"))
        return [text.decode() for text in re.findall(rb"[ -~]{4,}", archive.read(member))]


def edit(name: str, text: str) -> Callable[[Scene], None]:
    return lambda scene: scene.append(name, text)


def put(name: str, text: str) -> Callable[[Scene], None]:
    return lambda scene: (write(scene.folder / name, text), None)[1]


def remove(name: str) -> Callable[[Scene], None]:
    return lambda scene: scene.path(name).unlink()


def setting(name: str, value: str) -> Callable[[Scene], None]:
    return lambda scene: scene.env.update({name: value})


def in_home(name: str, text: str) -> Callable[[Scene], None]:
    def change(scene: Scene) -> None:
        place = scene.workshop.home / name
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("a", encoding="utf-8") as stream:
            stream.write(text)

    return change


CHANGES: dict[str, Callable[[Scene], object]] = {
    "a source": edit("project/plain.c", "/* */\n"),
    "a source of the same size and time": restore_older,
    "CMakeLists.txt": edit("project/CMakeLists.txt", "# more\n"),
    "pyproject.toml": edit("project/pyproject.toml", "# more\n"),
    "a file that CMake includes": edit("shared/extra.cmake", "# more\n"),
    "a file that file(STRINGS) reads elsewhere": put("VERSION", "6\n"),
    "a place that if(EXISTS) asks about": put("wanted", ""),
    "a file that file(GLOB) lists elsewhere": put("more_sources/below/b.c", ""),
    "a file that an included file reads": put("shared/inner.txt", "2\n"),
    "a variable that an included file reads": setting("TERM_SESSION_ID", "2"),
    "a template of configure_file()": edit("shared/value.h.in", "/* */\n"),
    "a header elsewhere": edit("shared/include/nav.h", "/* */\n"),
    "a source in a folder named as what tools make": edit("project/third/dist/low.c", "/* */\n"),
    "one beside the wheels": edit("project/dist/lower.c", "/* */\n"),
    "a header in a virtual environment of the project": edit("project/.venv/low.h", "/* */\n"),
    "a file that is linked": edit("shared/script.ld", "/* */\n"),
    "a new file in the package": put("project/plainer/new.txt", "new\n"),
    "a new file in the project": put("project/notes.txt", "new\n"),
    "a file of the project is gone": remove("project/notes.txt"),
    "a new folder": put("project/data/one.txt", "1\n"),
    "a file in that folder": put("project/data/two.txt", "2\n"),
    "a local configuration": put("project/xconan.local.toml", "[cmake.options]\nA = 'b'\n"),
    "the local configuration is gone": remove("project/xconan.local.toml"),
    "CMakePresets.json": put("project/CMakePresets.json", '{"version": 3}\n'),
    "the cross.toml": lambda scene: scene.append(scene.cross.name, "# more\n"),
    "the toolchain file": lambda scene: scene.append(scene.toolchain.name, "# more\n"),
    "what the toolchain file includes": edit("board.cmake", "# more\n"),
    "a variable that the toolchain file reads": setting("BOARD", "rpi"),
    "a variable that CMakeLists.txt reads": setting("NAV_MARK", "2"),
    "CFLAGS": setting("CFLAGS", "-DX=1"),
    "any other variable": setting("SOMETHING", "1"),
    "SOURCE_DATE_EPOCH": setting("SOURCE_DATE_EPOCH", "1700000000"),
    "PATH": lambda scene: scene.env.update(PATH=f"{scene.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"),
    "a program on PATH": put("bin/something", "#!/bin/sh\n"),
    "the compiler, in place": lambda scene: scene.append(f"compilers/{scene.host.triple}-gcc", "# more\n"),
    "a header of the host's Python": lambda scene: scene.append(
        str(next(scene.include.rglob("abstract.h")).relative_to(scene.folder)), "/* */\n"
    ),
    "the host's pyconfig.h": lambda scene: scene.append(
        str(next(scene.include.rglob("pyconfig.h")).relative_to(scene.folder)), "/* */\n"
    ),
    "Conan's global.conf": in_home("global.conf", "# more\n"),
    "Conan's remotes": lambda scene: run_conan(
        scene.workshop.home,
        "remote",
        "add",
        "another",
        str(write(scene.folder / "more/recipes/README", "").parents[1]),
        "--type=local-recipes-index",
    ),
    "Conan's default profile": in_home("profiles/default", "# more\n"),
    "a profile of the user's": edit("user.profile", "# more\n"),
    "a profile that it includes": edit("user.included", "# more\n"),
    "conan.lock": put("project/conan.lock", json.dumps({"version": "0.5", "requires": ["lz4/1.9.4"]})),
    "conan.lock is gone": remove("project/conan.lock"),
    "a recipe's revision": new_revision,
    "a package is removed from Conan's cache": lambda scene: run_conan(
        scene.workshop.home, "remove", "lz4/1.9.4:*", "-c"
    ),
    "a commit": commit,
    "a tag": lambda scene: git(scene, "tag", "v1"),
    "the wheel is edited": lambda scene: scene.wheel.write_bytes(scene.wheel.read_bytes() + b" "),
    "the wheel and its copy are gone": remove_wheel,
    "the build folder is gone": lambda scene: shutil.rmtree(scene.project / ".xconan_cache"),
    "other words": setting("WORDS", '-C override=cmake.build_type="Debug"'),
}


@pytest.fixture
def scene(host: Callable[..., Host], fresh_home: Callable[[Path], Path], tmp_path: Path) -> Scene:
    target = host("aarch64")
    (tmp_path / "cache").mkdir()
    found = Scene(tmp_path, target, Workshop(fresh_home(tmp_path / "conan"), tmp_path / "cache"))
    lz4_project(found.project)
    write(found.project / "CMakeLists.txt", LISTS)
    source = found.project / "plain.c"
    source.write_text('#include "nav.h"\n#include "value.h"\n' + source.read_text("utf-8"), "utf-8")
    write(found.project / "plainer/__init__.py", "")
    for name, text in {
        "VERSION": "5\n", "shared/inner.txt": "1\n", "shared/extra.cmake": EXTRA,
        "shared/value.h.in": "/* @MARK@ */\n", "shared/include/nav.h": "",
        "project/third/dist/low.c": '#include "../../.venv/low.h"\n', "project/.venv/low.h": "",
        "project/dist/lower.c": "",
        "shared/script.ld": "/* nothing */\n", "board.cmake": 'set(BOARD "$ENV{BOARD}")\n',
        "user.profile": "include(./user.included)\n", "user.included": "[conf]\n", "bin/other": "",
    }.items():  # fmt: skip
        write(tmp_path / name, text)
    (tmp_path / "compilers").mkdir()
    compilers = counting_compilers(target, tmp_path / "compilers")
    shutil.copytree(target.python.include_dir.parent, found.include, symlinks=True)
    toolchain = target.toolchain(tmp_path, extra=f"include({tmp_path}/board.cmake)", compilers=compilers)
    cross = target.cross(tmp_path, toolchain=toolchain, headers=False)
    headers = f"{found.include}/{target.python.include_dir.name}"
    found.append(cross.name, f"include_dir = '{headers}'\n[conan]\nhost_profiles = ['{tmp_path}/user.profile']\n")
    return found


def test_every_change_is_noticed_and_nothing_else(scene: Scene) -> None:
    assert len(CHANGES) >= 40
    first = scene.build()
    assert_says(f"{first}{scene.build()}", UNCHANGED)
    wrong = {}
    for name, change in CHANGES.items():
        change(scene)
        try:
            told = scene.build()
        except pytest.fail.Exception as failed:
            wrong[name] = str(failed)
            continue
        if UNCHANGED in told:
            wrong[name] = "was not noticed"
        elif UNCHANGED not in (again := scene.build()) and UNCHANGED not in (again := scene.build()):
            reason = next((line for line in again.splitlines() if ANEW in line), again)
            wrong[name] = f"noticed for ever: {reason}"
    assert not wrong, "\n".join(f"{name}: {why}" for name, why in wrong.items())


ASKING = (
    LZ4_LISTS
    + """\
find_path(NAV_DIR nav.h PATHS ${CMAKE_SOURCE_DIR}/../nav NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
execute_process(COMMAND cat ../VERSION WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE OUT)
string(STRIP "${OUT}" OUT)
target_compile_definitions(plain PRIVATE ASKED="asked ${OUT} ${NAV_DIR}")
"""
)


def test_what_cannot_be_known_is_asked_each_time(scene: Scene) -> None:
    """A program's answer, and a search that found nothing: the wheel follows, and stays the same where they do."""
    write(scene.project / "CMakeLists.txt", ASKING)
    source = scene.project / "plain.c"
    text = source.read_text("utf-8").replace('#include "nav.h"\n#include "value.h"\n', "")
    source.write_text(f"{text}const char *asked(void) {{ return ASKED; }}\n", "utf-8")

    def asked() -> tuple[str, str]:
        told = scene.build()
        return told, next(text for text in strings(scene.wheel, "plain") if text.startswith("asked "))

    told, text = asked()
    assert text == "asked 5 NAV_DIR-NOTFOUND"
    assert_says(told, "execute_process() in CMakeLists.txt:9 may look at anything outside of the project")
    wheel = scene.wheel.read_bytes()
    assert asked()[1] == text
    assert scene.wheel.read_bytes() == wheel
    write(scene.path("VERSION"), "6\n")
    assert asked()[1] == "asked 6 NAV_DIR-NOTFOUND"
    write(scene.path("nav/nav.h"), "")
    assert asked()[1] == f"asked 6 {scene.path('nav')}"
    scene.path("nav/nav.h").unlink()
    assert asked()[1] == "asked 6 NAV_DIR-NOTFOUND"


def test_what_others_do_in_conans_cache(scene: Scene) -> None:
    """Its database changes with each recipe and each use of a package; what this build asks it for has not changed."""
    scene.build()
    recipe = 'from conan import ConanFile\nclass Other(ConanFile):\n    name, version = "other", "1.0"\n'
    write(scene.folder / "other/conanfile.py", recipe)
    run_conan(scene.workshop.home, "export", str(scene.folder / "other"))
    assert_says(scene.build(), UNCHANGED)
