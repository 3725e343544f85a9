"""What CMake's failures mean: packages that it does not find, disks that are full."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.crossbuild import write
from tests.support.door import Answer
from xconan.cmake import failures
from xconan.ground.errors import MachineError, XconanError
from xconan.ground.files import cache_folder, write_json
from xconan.project.config.conan_table import ConanConfig

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.door import Door
    from xconan.model import BuildPlan

LIBRARY = "if it misses Python's library"
NOT_FOUND = """\
CMake Error at CMakeLists.txt:3 (find_package):
  By not providing "Find{name}.cmake" in CMAKE_MODULE_PATH this project has
  asked CMake to find a package configuration file provided by "{name}", but
  CMake did not find one.

  Could not find a package configuration file provided by "{name}" with any
  of the following names:

    {name}Config.cmake
"""
NO_MODULE = """\
CMake Error at FindPackageHandleStandardArgs.cmake:233 (message):
  Could NOT find {name} (missing: {name}_LIBRARY {name}_INCLUDE_DIR)
"""


@pytest.fixture
def failing(plan: Callable[..., BuildPlan], tmp_path: Path) -> Callable[..., XconanError]:
    """The error for a call of CMake that ends with this text."""

    def failed(text: str, *, step: str = "the configuration", requires: tuple[str, ...] = (), provided: str = "",
               **changes: object) -> XconanError:  # fmt: skip
        wish = plan(conan=ConanConfig(requires=requires), **changes)
        folder = tmp_path / "generators"
        folder.mkdir(exist_ok=True)
        for name in provided.split():
            (folder / name).touch()
        packages = [{"name": name.partition("/")[0]} for name in requires]
        result = {"generators_folder": str(folder), "packages": packages}
        write_json(wish.layout.root / "conan.json", {"result": result})
        return failures.failure(wish, step, code=1, where="configure: log", output=text)

    return failed


def test_package_without_a_folder_that_its_recipe_names(plan: Callable[..., BuildPlan], tmp_path: Path) -> None:
    wish = plan(conan=ConanConfig(requires=("kme/1.0",)))
    packages = [{"name": "kme", "ref": "kme/1.0", "folder": str(tmp_path / "p")}]
    write_json(wish.layout.root / "conan.json", {"result": {"packages": packages}})
    said = (
        'Imported target "kme::kme" includes\n  non-existent path\n\n    "{}"\n\n  in its INTERFACE_INCLUDE_DIRECTORIES'
    )

    def failed(path: Path) -> XconanError:
        text = said.format(path)
        return failures.failure(wish, "the configuration", code=1, where="configure: log", output=text)

    error = failed(tmp_path / "p/include")
    assert error.message.endswith("kme/1.0 has no folder include, which its recipe names")
    assert "have the recipe of kme/1.0 package include/, or say in package_info()" in error.hint
    assert "kme" not in failed(tmp_path / "other/include").message


CLANG, GCC, MSVC = (
    "fatal error: '{}' file not found", "fatal error: {}: No such file or directory",
    "fatal error C1083: Cannot open include file: '{}': No such file or directory",
)  # fmt: skip


@pytest.mark.parametrize("words", [CLANG, GCC, MSVC])
@pytest.mark.parametrize(
    ("header", "remedy"),
    [
        ("lz4.h", '[tool.xconan.conan] requires = ["zlib/1.3", "lz4/[*]"]'),
        ("curl/curl.h", '"libcurl/[*]"'),
        ("boost/asio.hpp", '"boost/[*]"'),
        ("png.h", '"libpng/[*]"'),
        ("zlib.h", "zlib/1.3 has zlib.h: link what includes it"),
        ("Python.h", "Python_add_library()"),
        ("aarch64-linux-gnu/python3.11/pyconfig.h", "the reason stands above"),
        ("numpy/arrayobject.h", "link to Python::NumPy"),
    ],
)
def test_header_that_is_not_there(
    words: str, header: str, remedy: str, plan: Callable[..., BuildPlan], tmp_path: Path
) -> None:  # fmt: skip
    wish = plan(conan=ConanConfig(requires=("zlib/1.3",)))
    write(tmp_path / "zlib/include/zlib.h", "")
    packages = [{"name": "zlib", "ref": "zlib/1.3", "folder": str(tmp_path / "zlib")}]
    write_json(wish.layout.root / "conan.json", {"result": {"packages": packages}})
    text = f"FAILED: [code=1] core.o\n/src/core.c:3:10: {words.format(header)}\n"
    error = failures.failure(wish, "the build", code=1, where="build: log", output=text)
    assert error.message == "the build failed with exit code 1"
    assert remedy in error.hint


@pytest.mark.parametrize(
    "words",
    [
        "error: use of undeclared identifier 'PyModule_New'",
        "error: call to undeclared function 'PyModule_New'; ISO C99 and later do not support implicit declarations",
        "error: implicit declaration of function \u2018PyModule_New\u2019; did you mean \u2018PyMem_New\u2019?",
        "error: \u2018PyModule_New\u2019 was not declared in this scope",
        "error C2065: 'PyModule_New': undeclared identifier",
    ],
)
def test_function_that_a_python_lacks(words: str, plan: Callable[..., BuildPlan]) -> None:
    for name, remedy in {
        "pp39-linux_x86_64": "PyPy 3.9 has no PyModule_New: take another release, such as pybind11 before 3,",
        "cp38-linux_x86_64": "Python 3.8 has no PyModule_New: take another release of what uses it, or leave",
    }.items():
        error = failures.failure(plan(name), "the build", code=1, where="build: log", output=f"core.c:3:1: {words}\n")
        assert remedy in error.hint


@pytest.mark.parametrize(
    ("missing", "options", "hint"),
    [
        (
            "PkgConfig (missing: PKG_CONFIG_EXECUTABLE)",
            (),
            "install pkg-config on this machine, or set cmake.options PKG_CONFIG_EXEC",
        ),
        (
            "SWIG (missing: SWIG_EXECUTABLE SWIG_DIR)",
            (),
            "install swig on this machine, or set cmake.options SWIG_EXECUTABLE = ",
        ),
        (
            "PkgConfig (missing: PKG_CONFIG_EXECUTABLE)",
            (("PKG_CONFIG_EXECUTABLE", "", "/gone"),),
            "PKG_CONFIG_EXECUTABLE: '/gone' is no pkg-config that runs here",
        ),
        ("Protobuf (missing: Protobuf_PROTOC_EXECUTABLE Protobuf_LIBRARIES)", (), 'requires = ["protobuf/[*]"]'),
        ("ZLIB (missing: ZLIB_LIBRARY)", (), 'requires = ["zlib/[*]"]'),
    ],
)
def test_program_that_is_not_found(
    missing: str, options: tuple[tuple[str, str, str], ...], hint: str, plan: Callable[..., BuildPlan]
) -> None:
    wish = plan()
    assert wish.project.cmake
    wish = replace(wish, project=replace(wish.project, cmake=replace(wish.project.cmake, options=options)))
    text = "-- Could NOT find Doxygen (missing: DOXYGEN_EXECUTABLE)\n"  # which need not be there
    text += f"CMake Error at FindPackageHandleStandardArgs.cmake:230 (message):\n  Could NOT find {missing}\n"
    both = facts.toolchain("aarch64")
    for toolchain in (both, replace(both, compilers={"C": both.compiler})):  # C++ is not what is missing
        wish = replace(wish, toolchain=toolchain)
        error = failures.failure(wish, "the configuration", code=1, where="configure: log", output=text)
        assert hint in error.hint


@pytest.mark.parametrize("words", [NOT_FOUND, NO_MODULE])
@pytest.mark.parametrize(
    ("name", "requires", "provided", "hint"),
    [
        ("lz4", (), "", "write [tool.xconan.conan] requires = [\"lz4/[*]\"]; `conan search 'lz4*'` lists versions"),
        ("ZLIB", ("lz4/1.9.4",), "lz4-config.cmake", 'requires = ["lz4/1.9.4", "zlib/[*]"]'),
        ("Eigen3", (), "", 'requires = ["eigen/[*]"]'),
        ("LZ4", ("lz4/1.9.4",), "lz4-config.cmake", "write find_package(lz4): that is what CMake calls the package"),
        ("eigen", ("eigen/3.4.0",), "Eigen3Config.cmake", "write find_package(Eigen3): that is what"),
        ("PNG", ("libpng/1.6",), "png-config.cmake", "write find_package(png): that is what CMake calls the package"),
        (
            "kcm",
            ("kme/1.0",),
            "kmeConfig.cmake",
            "if kme of Conan's is meant, write find_package(kme); if it is another",
        ),
        (
            "kcm",
            ("kme/1.0",),
            "kmeConfig.cmake",
            ' library of Conan\'s, write [tool.xconan.conan] requires = ["kme/1.0", "k',
        ),
        (
            "kcm",
            ("kcm/1.0",),
            "kcmsConfig.cmake",
            "kcms of Conan's is meant, write find_package(kcms); the recipe kcm is",
        ),
        ("onetbb", ("onetbb/2021.12.0",), "TBBConfig.cmake fmt-config.cmake", "provide find_package of TBB, fmt"),
        ("pybind11", (), "", 'add "pybind11" to requires in [build-system], and pip install pybind11'),
        ("Python3", (), "", "ask for Development.Module"),
    ],
)
def test_package_that_is_not_found(
    name: str, requires: tuple[str, ...], provided: str, hint: str, words: str, failing: Callable[..., XconanError]
) -> None:
    error = failing(words.format(name=name), requires=requires, provided=provided)
    assert error.exit_code == 5
    assert hint in error.hint
    assert (LIBRARY in error.hint) == (name == "Python3")
    assert (f"find_package({name}) found nothing" in error.message) == (name != "Python3")


@pytest.fixture
def newer_pybind11(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One in the build environment that has left the oldest Pythons behind."""
    told = "Metadata-Version: 2.1\nName: pybind11\nVersion: 3.1.0\nRequires-Python: >=3.9\n"
    write(tmp_path / "site/pybind11-3.1.0.dist-info/METADATA", told)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))


@pytest.mark.usefixtures("newer_pybind11")
@pytest.mark.parametrize(
    ("python", "file", "step", "hint"),
    [
        ("cp38", "/site/pybind11/include/pybind11/cast.h", "the build", "pip install 'pybind11<3.1'"),
        ("cp39", "/site/pybind11/include/pybind11/cast.h", "the build", ""),
        ("cp38", "/src/pybind11_demo/core.h", "the build", ""),
        ("cp38", "/site/pybind11/include/pybind11/cast.h", "the configuration", ""),
    ],
)
def test_headers_for_newer_pythons(
    python: str, file: str, step: str, hint: str, failing: Callable[..., XconanError]
) -> None:
    """A compiler's words about a name of Python's that it does not know don't say whose fault it is."""
    said = f"In file included from /src/core.cpp:1:\n{file}:38:3: error: use of undeclared identifier 'PyFrame'"
    error = failing(said, step=step, host=f"{python}-linux_aarch64")
    told = error.hint.startswith('pybind11 3.1.0 is for Python >=3.9, and the host\'s is 3.8: write "pybind11<3.1"')
    assert (told, error.hint.endswith(hint)) == (bool(hint), True)


def test_package_of_a_conanfile(failing: Callable[..., XconanError], root: Path) -> None:
    text = NOT_FOUND.format(name="fmt")
    for name, hint in (("conanfile.py", 'write self.requires("fmt/[*]") in requirements() of conanfile.py'),
                       ("conanfile.txt", "write fmt/[*] below [requires] in conanfile.txt")):  # fmt: skip
        found = failures._requiring(facts.plan_at(root, facts.target("cp311-linux_aarch64"),  # noqa: SLF001
                                                  conan=ConanConfig(conanfile=root / name)), "fmt")  # fmt: skip
        assert found == hint
    assert "fmt/[*]" in failing(text).hint


GENERATORS = """\
CMake Error: Could not create named generator {name}

Generators
  Green Hills MULTI            = Generates Green Hills MULTI files
                                 (experimental, work-in-progress).
* Unix Makefiles               = Generates standard UNIX makefiles.
  Ninja                        = Generates build.ninja files.
  Sublime Text 2 - Unix Makefiles
                               = Generates Sublime Text 2 project files.
"""
NO_FILE = "CMake Error: Could not read presets from /p:\nFile not found: /p/CMakePresets.json\n"
NO_PRESET = 'CMake Error: No such {kind}preset in /p: "rel"\n{known}'


@pytest.mark.parametrize(
    ("text", "place", "message", "hint"),
    [
        (GENERATORS.format(name="make"), "cmake.generator", "CMake has no generator 'make'", "mean 'Unix Makefiles'?"),
        (GENERATORS.format(name="Ninjaa"), "cmake.generator", "CMake has no generator 'Ninjaa'", "mean 'Ninja'?"),
        (GENERATORS.format(name="zzz"), "cmake.generator", "no generator 'zzz'", "Green Hills MULTI, Unix Make"),
        ("Could not create named generator zzz", "cmake.generator", "'zzz'", 'write "Ninja" or "Unix Makefiles"'),
        (NO_FILE, "cmake.preset", "there is no CMakePresets.json in ", "write that file, or take the key away"),
        (
            NO_PRESET.format(kind="configure ", known='Available configure presets:\n\n  "release"\n'), "cmake.preset",
            "CMake knows no such preset: 'rel'", "did you mean 'release'?",
        ),
        (NO_PRESET.format(kind="", known=""), "cmake.preset", "'rel'", "name one of CMakePresets.json, or take"),
        (NO_PRESET.format(kind="build ", known=""), "cmake.build_presets", "'rel'", "name one of CMakePresets.json"),
    ],
)  # fmt: skip
def test_name_in_the_configuration_that_cmake_does_not_know(
    text: str, place: str, message: str, hint: str, failing: Callable[..., XconanError]
) -> None:
    error = failing(text)
    assert (error.exit_code, message in error.message, hint in error.hint) == (2, True, True)
    assert error.where.endswith(f"pyproject.toml: tool.xconan.{place}")


def test_generator_of_the_environment(failing: Callable[..., XconanError], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CMAKE_GENERATOR", "Ninjaa")
    assert failing(GENERATORS.format(name="Ninjaa")).where == "CMAKE_GENERATOR"


@pytest.mark.parametrize(
    "told",
    [
        "CMakePresets.json:2: Missing '}' or object member name\n\n^\n",
        "JSON parse error\nErrors:\n/p/CMakePresets.json:\n* Line 2, Column 1\n  Missing '}' or object member name\n",
    ],
)
def test_presets_that_cmake_cannot_read(told: str, failing: Callable[..., XconanError], root: Path) -> None:
    write(root / "CMakePresets.json", "{\n")
    error = failing(f"CMake Error: Could not read presets from /p: {told}")
    assert (error.exit_code, error.where) == (2, "/p")
    assert "Missing '}' or object member name" in error.message
    assert "\n" not in error.message


@pytest.mark.parametrize("name", ["PythonLibs", "PythonInterp"])
def test_modules_for_python_that_cmake_had(name: str, failing: Callable[..., XconanError]) -> None:
    error = failing(NO_MODULE.format(name=name))
    assert "write find_package(Python COMPONENTS Interpreter Development.Module)" in error.hint
    assert LIBRARY not in error.hint


NO_TARGET = """\
CMake Error at CMakeLists.txt:5 (target_link_libraries):
  Target "_core" links to{word}
    {target}
  but the target was not found.  Possible reasons include:
"""


@pytest.mark.parametrize(("word", "quote"), [(":", ""), (" target", '"')])
@pytest.mark.parametrize(
    ("target", "hint"),
    [
        ("Tiny::Tiny", "write tiny::tiny in place of Tiny::Tiny: that is the target of Conan's package"),
        ("else::where", "Conan's packages have the targets tiny::tiny"),
    ],
)
def test_target_that_is_none(
    target: str, hint: str, word: str, quote: str, failing: Callable[..., XconanError], tmp_path: Path
) -> None:
    text = NO_TARGET.format(word=word, target=f"{quote}{target}{quote}")
    assert "the reason stands above" in failing(text, requires=("tiny/1.0",)).hint
    (tmp_path / "generators/tiny-targets.cmake").write_text("add_library(tiny::tiny INTERFACE IMPORTED)\n", "utf-8")
    assert hint in failing(text, requires=("tiny/1.0",)).hint


@pytest.mark.parametrize("step", ["the configuration", "the build"])
def test_disk_that_is_full(step: str, failing: Callable[..., XconanError], monkeypatch: pytest.MonkeyPatch) -> None:
    text = "ccX.s: fatal error: error writing to: No space left on device"
    error = failing(text, step=step)
    assert isinstance(error, MachineError)
    assert (error.exit_code, error.message) == (1, f"{step} failed: No space left on device")
    assert error.where
    assert "larger disk" in error.hint
    assert LIBRARY not in error.hint
    # without a log, by the disks themselves
    monkeypatch.setattr(
        "shutil.disk_usage", lambda place: SimpleNamespace(free=0 if place == cache_folder() else 1 << 40)
    )
    error = failing("", step=step)
    assert (error.where, error.hint) == (str(cache_folder()), "free some space, or set XCONAN_CACHE to a larger disk")


@pytest.mark.parametrize(
    ("answer", "message", "hint"),
    [
        (Answer(), "the configuration failed with exit code 1", LIBRARY),
        (
            Answer(code=1, stderr="Traceback\nImportError: enum\n"), "Python does not start: ImportError: enum",
            "unset PYTHONPATH (/elsewhere/modules), which it reads",
        ),
        (Answer(code=3), "Python does not start: exit code 3", "unset PYTHONPATH"),
        (Answer(stdout="Welcome\n"), "Python says more than it is asked: Welcome", "unset PYTHONPATH"),
    ],
)  # fmt: skip
def test_a_python_that_gives_no_answer(
    failing: Callable[..., XconanError], door: Door, monkeypatch: pytest.MonkeyPatch, answer: Answer, message: str,
    hint: str,
) -> None:  # fmt: skip
    """FindPython says that it found none, and not why."""
    monkeypatch.setenv("PYTHONPATH", "/elsewhere/modules")
    failing("")  # its folder is known then
    program = next(door.folder.parent.rglob("conan.json")).parent / "python" / "bin" / "python3"
    write(program, "")
    door.scripts[str(program)] = lambda _call: answer
    for text in (NO_MODULE.format(name="Python"), ""):  # with XCONAN_VERBOSE=1 nothing is kept
        error = failing(text)
        assert error.message.endswith(message)
        assert hint in (error.hint or "")
