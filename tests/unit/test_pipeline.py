"""The straight line from files to a wheel, with made-up programs: what is done, and what is left out a second time."""

from __future__ import annotations

import hashlib
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import facts, macho
from tests.support.compare import assert_error, assert_says, assert_wheel_has, errors_of, raises_error
from tests.support.door import Answer, install_zig
from tests.support.elf import Elf
from tests.support.installations import headers, write_tree
from tests.support.workbench import LZ4, MODULE, PYPROJECT, WHEEL
from tests.unit.binary.test_archive import archive
from xconan.conan.install import HIDDEN
from xconan.conan.provided import check_toolchain, take_dependencies
from xconan.ground.errors import (
    CheckError,
    CMakeError,
    ConanError,
    ConfigError,
    ErrorGroup,
    HostPythonError,
    MachineError,
    ToolchainError,
)
from xconan.lines.metadata import write_metadata
from xconan.model import ProvidedDependencies
from xconan.pipeline import build_wheel, check_out, plan_wheel
from xconan.release.upload import upload
from xconan.render.profile import abi_identity

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.door import Call
    from tests.support.workbench import Workbench
    from xconan.model import BuildPlan

BUILT = ["configure", "build", "install"]
AGAIN = ["build", "install"]


def settings(bench: Workbench, extra: str = "") -> dict[str, object]:
    return {"cross": [str(bench.cross(extra=extra))]}


def wheels(bench: Workbench) -> list[str]:
    return sorted(path.name for path in bench.out.iterdir()) if bench.out.exists() else []


# --- a build ---------------------------------------------------------------------------------------------------------


def test_a_bill_of_materials_that_nobody_could_write(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cyclonedx", None)
    bench.write("pyproject.toml", f"{PYPROJECT}[tool.xconan.wheel]\nsbom = true\n")
    with raises_error(ConfigError, "cyclonedx-python-lib, which writes the document, is not installed"):
        bench.build()
    assert bench.cmake.stages == []


def test_first_build(bench: Workbench) -> None:
    assert bench.build() == BUILT
    assert wheels(bench) == [WHEEL]
    assert_wheel_has(bench.out / WHEEL, MODULE, "demo/__init__.py", "demo-1.2.dist-info/RECORD")
    assert (bench.layout / "lock").is_file()


def test_dependencies_come_first(bench: Workbench) -> None:
    bench.write("pyproject.toml", PYPROJECT + LZ4)
    assert bench.build() == ["install", *BUILT]
    assert "lz4-1.9.4" in (bench.layout / "dependencies.cmake").read_text("utf-8")
    assert bench.build() == AGAIN


def test_unchanged_wheel_is_not_written_again(bench: Workbench) -> None:
    bench.build()
    before = (bench.out / WHEEL).stat().st_ino
    assert bench.build() == AGAIN
    assert (bench.out / WHEEL).stat().st_ino == before


def test_changed_wheel_is_packed_anew(bench: Workbench) -> None:
    bench.build()
    before = (bench.out / WHEEL).read_bytes()
    (bench.out / WHEEL).write_bytes(before + b"x")
    bench.build()
    assert (bench.out / WHEEL).read_bytes() == before
    (bench.out / WHEEL).unlink()
    bench.build()
    assert (bench.out / WHEEL).read_bytes() == before
    bench.cmake.installs[""] = {MODULE: Elf().library("PyInit__core", "more")}
    bench.build()
    assert (bench.out / WHEEL).read_bytes() != before


def test_project_without_cmake(bench: Workbench) -> None:
    (bench.root / "CMakeLists.txt").unlink()
    bench.write("demo/__init__.py", "try:\n    from . import _core\nexcept ImportError:\n    _core = None\n")
    assert build_wheel(bench.root, bench.out) == "demo-1.2-py3-none-any.whl"
    assert bench.door.calls == []


def test_project_whose_cmakelists_is_forgotten(bench: Workbench) -> None:
    (bench.root / "CMakeLists.txt").unlink()
    with raises_error(CheckError, "demo/__init__.py:1 imports demo._core, and no file of the wheel is that module",
                      hint="by a CMakeLists.txt beside pyproject.toml"):  # fmt: skip
        build_wheel(bench.root, bench.out)
    assert not list(bench.out.glob("*"))


def test_native_build(bench: Workbench) -> None:
    bench.native()
    bench.write("pyproject.toml", PYPROJECT + '[tool.xconan.wheel]\npython_abi = "none"\n')
    bench.write("demo/__init__.py", "")
    bench.cmake.installs[""] = {"demo/libx.so": Elf(machine="X86_64").library()}
    name = build_wheel(bench.root, bench.out)
    assert name.startswith("demo-1.2-cp")
    assert bench.cmake.stages == BUILT


def test_folder_of_wheels_that_is_a_file(bench: Workbench) -> None:
    bench.write("dist", "")
    with raises_error(ConfigError, "the wheel's folder is a file", where=str(bench.out), hint="name another folder"):
        build_wheel(bench.root, bench.out, settings(bench))
    assert bench.door.calls == []


def test_what_a_readme_says_of_pythons(bench: Workbench) -> None:
    """It stands below METADATA's fields, and may look like one."""
    bench.write("README.md", "Requires-Python: >=3.12 (see below)\n")
    bench.write("pyproject.toml", PYPROJECT + 'readme = "README.md"\n')
    plan_wheel(bench.root, settings(bench))


@pytest.mark.parametrize(
    ("required", "wheel", "refused"),
    [(">=3.12", "", True), ("<3.11", "", True), (">=3.11.4", "", False), (">=3.12", 'python_tag = "py3"', False)],
)
def test_a_python_that_the_project_is_not_for(required: str, wheel: str, bench: Workbench, *, refused: bool) -> None:
    """Known before anything is built, where it was once the check of the finished wheel that found it."""
    lines = PYPROJECT + f'requires-python = "{required}"\n[tool.xconan.wheel]\n{wheel}\n'
    bench.write("pyproject.toml", lines)
    if not refused:
        plan_wheel(bench.root, settings(bench))
        return
    where = f"{bench.root / 'pyproject.toml'}: project.requires-python"
    message = f"the project is for Python {required}, and the wheel for 3.11"
    with raises_error(ConfigError, message, where=where, hint="--target cp313-"):
        plan_wheel(bench.root, settings(bench))


def test_folder_of_wheels_that_can_t_be_written(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read-only file system, say: known before anything is compiled, and no matter where the wheel is there."""
    bench.out.mkdir()
    monkeypatch.setattr("xconan.pipeline.os.access", lambda path, _mode: Path(path) != bench.out)
    with raises_error(MachineError, "the wheel's folder can't be written", where=str(bench.out), hint="by -o"):
        check_out(bench.out, ["demo-1.2-py3-none-any.whl"])
    (bench.out / "demo-1.2-py3-none-any.whl").touch()
    check_out(bench.out, ["demo-1.2-py3-none-any.whl"])
    with raises_error(MachineError, "the wheel's folder can't be written"):
        build_wheel(bench.root, bench.out, settings(bench))
    assert not bench.cmake.stages


# --- what is missing -------------------------------------------------------------------------------------------------


def test_no_compiler_cache(bench: Workbench) -> None:
    bench.write("pyproject.toml", PYPROJECT + '[tool.xconan.cmake]\ncompiler_cache = "sccache"\n')
    where = f"PATH, and {bench.root / 'pyproject.toml'}: tool.xconan.cmake.compiler_cache"
    with raises_error(ToolchainError, "there is no sccache", where=where, hint="take the key away"):
        bench.build()


def test_no_ninja(bench: Workbench) -> None:
    bench.door.remove("ninja")
    with raises_error(ToolchainError, "there is no ninja", where="PATH", hint="set cmake.generator"):
        bench.build()
    bench.write("pyproject.toml", PYPROJECT + '[tool.xconan.cmake]\ngenerator = "Unix Makefiles"\n')
    assert bench.build() == BUILT
    assert "Unix Makefiles" in bench.cmake.call("configure").argv


def test_no_cmake(bench: Workbench) -> None:
    bench.door.remove("cmake")
    with raises_error(ToolchainError, "there is no cmake 3.20", hint="pip install"):
        bench.build()


def test_cmake_that_is_too_old_for_the_project(bench: Workbench) -> None:
    bench.write("CMakeLists.txt", "cmake_minimum_required(VERSION 9.9)\n")
    with raises_error(ToolchainError, "no cmake 9.9 or newer", where="CMakeLists.txt: cmake_minimum_required"):
        bench.build()


def test_toolchain_that_does_not_work(bench: Workbench) -> None:
    chosen = settings(bench)
    bench.cmake.toolchains.clear()
    with raises_error(ToolchainError, "No compiler could be found.", where="aarch64.cmake"):
        build_wheel(bench.root, bench.out, chosen)
    assert bench.cmake.stages == []
    assert wheels(bench) == []


# --- failures --------------------------------------------------------------------------------------------------------


def damaged(bench: Workbench) -> None:
    """Packages of Conan's whose file is no longer as it was made."""
    known = hashlib.md5(b"as it was", usedforsecurity=False).hexdigest()
    manifest = bench.conan.home / "p/lz4-1.9.4/conanmanifest.txt"
    manifest.write_text(f"1\nlib/liblz4.a: {known}\n", "utf-8")


def test_failing_cmake(bench: Workbench) -> None:
    bench.write("pyproject.toml", PYPROJECT + LZ4)
    bench.build()
    bench.cmake.fails["build"] = 1
    with raises_error(CMakeError, "the build failed with exit code 1"):
        bench.build()
    damaged(bench)
    with raises_error(ConanError, "lz4/1.9.4 in Conan's cache is damaged: lib/liblz4.a"):
        bench.build()


def test_failing_cmake_without_dependencies(bench: Workbench) -> None:
    bench.cmake.fails["build"] = 1
    with raises_error(CMakeError, "the build failed"):
        bench.build()
    assert wheels(bench) == []


def test_wheel_that_would_not_work(bench: Workbench) -> None:
    bench.cmake.installs[""] = {MODULE: Elf(machine="X86_64").library("PyInit__core")}
    with raises_error(CheckError, (MODULE, "X86_64"), where=WHEEL):
        bench.build()
    assert wheels(bench) == []
    assert list((bench.layout / "staging").rglob("*.so"))
    bench.cmake.installs[""] = {MODULE: Elf().library("PyInit__core")}
    bench.build()
    assert wheels(bench) == [WHEEL]


def test_entry_points_of_modules_that_are_not_there(bench: Workbench) -> None:
    """The remedy works: a module of that name, which CMake may make."""
    bench.write("pyproject.toml", f'{PYPROJECT}[project.scripts]\nx = "demo.cli:main"\n')
    with raises_error(
        CheckError, "x of console_scripts names demo.cli, and no file of the wheel is the module demo.cli"
    ):
        build_wheel(bench.root, bench.out, settings(bench))
    assert wheels(bench) == []
    bench.cmake.installs[""]["demo/cli.py"] = b"def main(): ...\n"
    assert build_wheel(bench.root, bench.out, settings(bench)) == WHEEL


def test_all_that_is_wrong_with_a_wheel(bench: Workbench) -> None:
    other = Elf(machine="X86_64").library("PyInit__core")
    bench.cmake.installs[""] = {MODULE: other, "demo/libx.so": other}
    with pytest.raises(ErrorGroup) as caught:
        bench.build()
    first, second = sorted(errors_of(caught.value), key=lambda error: error.message)
    assert_error(first, CheckError, f"{MODULE}: ")
    assert_error(second, CheckError, "demo/libx.so: ")


def test_broken_promise_of_a_tag(bench: Workbench, capfd: pytest.CaptureFixture[str]) -> None:
    """An error, unless the project says that a warning will do."""
    newer = Elf().library("PyInit__core", needed=("libc.so.6",), versions=(("libc.so.6", "GLIBC_2.34", "dlopen"),))
    bench.cmake.installs[""] = {MODULE: newer}
    old = "manylinux_2_17_aarch64"
    cross = bench.cross()
    cross.write_text(cross.read_text("utf-8").replace("linux_aarch64", old), "utf-8")
    with raises_error(CheckError, ("GLIBC_2.34", old)):
        build_wheel(bench.root, bench.out, {"cross": [str(cross)]})
    assert wheels(bench) == []
    with cross.open("a", encoding="utf-8") as stream:
        stream.write("[wheel]\npolicy = 'warning'\n")
    name = build_wheel(bench.root, bench.out, {"cross": [str(cross)]})
    assert wheels(bench) == [name]
    assert_says(capfd.readouterr().err, f"xconan: warning: {MODULE}: ", "GLIBC_2.34")
    # what is no promise of a tag stays an error
    bench.cmake.installs[""] = {MODULE: Elf(machine="X86_64").library("PyInit__core")}
    with raises_error(CheckError, "X86_64"):
        build_wheel(bench.root, bench.out, {"cross": [str(cross)]})


def test_checked_wheel_is_not_checked_again(bench: Workbench) -> None:
    """Only one whose content, tags or libraries are others."""
    bench.build()
    stamp = bench.layout / "checked.json"
    before = stamp.stat().st_mtime_ns
    (bench.out / WHEEL).unlink()
    bench.build()
    assert stamp.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("bundle", "error", "words"),
    [("never", CheckError, "liblz4.so.1"), ("auto", ConfigError, "patchelf 0.14 or newer")],
)
def test_library_that_is_in_no_wheel(
    bundle: str, error: type[CheckError | ConfigError], words: str, bench: Workbench
) -> None:
    """Conan's shared libraries lie in its cache: a module that needs one works on this machine alone."""
    bench.write("pyproject.toml", f'{PYPROJECT}{LZ4}\n[tool.xconan.wheel]\nbundle = "{bundle}"\n')
    bench.conan.packages = (("lz4/1.9.4", ("liblz4.so.1",)),)
    bench.cmake.installs[""] = {MODULE: Elf().library("PyInit__core", needed=("liblz4.so.1",))}
    with raises_error(error, words):
        bench.build()
    damaged(bench)
    with raises_error(ConanError, "is damaged"):
        bench.build()


# --- metadata, upload ------------------------------------------------------------------------------------------------


def test_metadata_needs_no_compiler(bench: Workbench, tmp_path: Path) -> None:
    assert write_metadata(bench.root, tmp_path / "out", settings(bench)) == "demo-1.2.dist-info"
    text = (tmp_path / "out/demo-1.2.dist-info/WHEEL").read_text("utf-8")
    assert_says(text, "Tag: cp311-cp311-linux_aarch64", "Root-Is-Purelib: false")
    assert bench.door.calls == []


PYPY = "implementation = 'pp'\nversion = '310'\narch = 'linux_aarch64'\n"


def pypy(bench: Workbench, name: str) -> Path:
    """The cross.toml of a PyPy whose version is in its headers alone, which are in a folder of that name."""
    cross = bench.cross()
    lines = [line for line in cross.read_text("utf-8").splitlines() if line.startswith("toolchain_file")]
    include = bench.hosts / name
    cross.write_text(f"{PYPY}{lines[0]}\ninclude_dir = '{include}'\n", "utf-8")
    return cross


def test_metadata_of_a_pypy_whose_headers_say_its_abi(bench: Workbench, tmp_path: Path) -> None:
    files = headers((3, 10, 14), pypy=True)
    write_tree(bench.hosts / "pypy", files)
    chosen = {"cross": [str(pypy(bench, "pypy"))]}
    plan, _module = plan_wheel(bench.root, chosen)
    write_metadata(bench.root, tmp_path / "out", chosen)
    text = (tmp_path / "out/demo-1.2.dist-info/WHEEL").read_text("utf-8")
    assert_says(text, f"Tag: {plan.tags}")
    assert plan.cross.target.abi.startswith("pypy310_pp73")


def test_upload_of_what_was_built(bench: Workbench) -> None:
    bench.write("pyproject.toml", PYPROJECT + LZ4)
    bench.build()
    assert upload(bench.root, "shared", settings(bench)) == ["lz4/1.9.4"]
    assert bench.conan.kinds == ["install", "upload"]


# --- what a recipe provides ------------------------------------------------------------------------------------------


@pytest.fixture
def provided(tmp_path: Path) -> ProvidedDependencies:
    """What the recipe of the wheel hands over."""
    generators = tmp_path / "generators"
    generators.mkdir()
    (generators / "conan_toolchain.cmake").write_text("# Conan's\n", "utf-8")
    package = tmp_path / "lz4"
    (package / "lib").mkdir(parents=True)
    (package / "lib/liblz4.so.1").touch()
    return ProvidedDependencies(
        target=facts.target("cp311-linux_aarch64"),
        toolchain_file=generators / "conan_toolchain.cmake",
        generators=generators,
        packages=(package,),
        options=(("WITH_LZ4", "BOOL", "ON"), ("MINE", "", "recipe")),
        settings={"arch": "armv8", "build_type": "Debug", "compiler.cppstd": "gnu17"},
        folder=tmp_path / "build",
        abi="",
        env={"RECIPE": "${RECIPE}yes"},
        version="1.2.0",
    )


def provide(bench: Workbench, given: ProvidedDependencies) -> str:
    bench.cmake.forget()
    return build_wheel(bench.root, bench.out, settings(bench), provided=given)


def planned(bench: Workbench, given: ProvidedDependencies) -> BuildPlan:
    return plan_wheel(bench.root, settings(bench), provided=given)[0]


def test_wheel_of_a_recipe(bench: Workbench, provided: ProvidedDependencies) -> None:
    bench.write("pyproject.toml", PYPROJECT + LZ4 + '[tool.xconan.cmake.options]\nMINE = "project"\nOTHER = "kept"\n')
    assert provide(bench, provided) == WHEEL
    assert bench.conan.requests == []
    assert bench.cmake.stages == BUILT
    call = bench.cmake.call("configure")
    options = [word for word in call.argv if word.startswith(("-DWITH", "-DMINE", "-DOTHER"))]
    assert sorted(option.replace(":STRING", "") for option in options) == [
        "-DMINE=recipe", "-DOTHER=kept", "-DWITH_LZ4:BOOL=ON"
    ]  # fmt: skip
    assert call.env["RECIPE"] == "yes"
    root = provided.folder / "cp311-cp311-linux_aarch64"
    text = (root / "dependencies.cmake").read_text("utf-8")
    assert_says(text, str(provided.toolchain_file), str(provided.packages[0]), "CMAKE_FIND_ROOT_PATH")
    assert '"Debug"' in (root / "preload.cmake").read_text("utf-8")
    bench.cmake.forget()
    provide(bench, provided)
    assert bench.cmake.stages == AGAIN


def test_recipe_of_several_configurations(bench: Workbench, provided: ProvidedDependencies) -> None:
    """Each has a folder of its own, and the wheel has the files of all; all are of the recipe's build type."""
    tables = '[tool.xconan.cmake.0]\n[tool.xconan.cmake.1]\ninstall_components = ["more"]\nbuild_type = "MinSizeRel"\n'
    bench.write("pyproject.toml", PYPROJECT + tables)
    bench.cmake.installs["more"] = {MODULE.replace("_core", "_more"): Elf().library("PyInit__more")}
    assert provide(bench, provided) == WHEEL
    assert bench.cmake.stages == BUILT * 2
    assert_wheel_has(bench.out / WHEEL, MODULE, MODULE.replace("_core", "_more"))
    roots = [provided.folder, provided.folder / "configuration-1"]
    for root in roots:
        text = (root / "cp311-cp311-linux_aarch64/dependencies.cmake").read_text("utf-8")
        assert_says(text, str(provided.toolchain_file))
        assert '"Debug"' in (root / "cp311-cp311-linux_aarch64/preload.cmake").read_text("utf-8")
    provide(bench, provided)
    assert bench.cmake.stages == AGAIN * 2


@pytest.mark.parametrize("what", ["env", "packages", "generators"])
def test_other_dependencies_of_a_recipe(what: str, bench: Workbench, provided: ProvidedDependencies) -> None:
    provide(bench, provided)
    if what == "generators":
        (provided.generators / "lz4-config.cmake").touch()
    changes: dict[str, object] = {"env": {"RECIPE": "no"}, "packages": ()}
    given = replace(provided, **{what: changes[what]}) if what in changes else provided  # type: ignore[arg-type]
    provide(bench, given)
    assert bench.cmake.stages == BUILT


def test_shared_library_of_a_recipe(bench: Workbench, provided: ProvidedDependencies) -> None:
    bench.cmake.installs[""] = {MODULE: Elf().library("PyInit__core", needed=("liblz4.so.1",))}
    with raises_error(CheckError, "liblz4.so.1"):
        provide(bench, provided)


def test_standard_of_a_recipe(bench: Workbench, provided: ProvidedDependencies) -> None:
    """One that is only the compiler's default is no wish, as far as the profile is ours."""
    plan = planned(bench, provided)
    assert plan.toolchain
    own = abi_identity(plan.cross.target.platform, plan.toolchain)
    file = provided.folder / "cp311-cp311-linux_aarch64/dependencies.cmake"
    for abi, standard, unset in (("", "gnu17", False), (own, "gnu17", True), (own, "20", False)):
        given = replace(provided, abi=abi, settings={**provided.settings, "compiler.cppstd": standard})
        provide(bench, given)
        assert ("unset(CMAKE_CXX_STANDARD)" in file.read_text("utf-8")) == unset, (abi, standard)


def test_build_type_that_a_recipe_leaves_to_the_project(bench: Workbench, provided: ProvidedDependencies) -> None:
    bench.write("pyproject.toml", PYPROJECT + '[tool.xconan.cmake]\nbuild_type = "MinSizeRel"\n')
    for settings_, kind in (({"arch": "armv8"}, "MinSizeRel"), (provided.settings, "Debug")):
        plan = planned(bench, replace(provided, settings=settings_))
        assert plan.project.cmake
        assert plan.project.cmake.build_type == kind


def test_native_build_is_of_no_derived_profile(bench: Workbench, provided: ProvidedDependencies) -> None:
    plan = planned(bench, provided)
    assert plan.toolchain
    given = replace(provided, abi="linux_aarch64-0")
    check_toolchain(replace(plan.cross, native=True), plan.toolchain, given)
    with raises_error(ToolchainError, "the host profile is of another toolchain"):
        check_toolchain(plan.cross, plan.toolchain, given)


def test_version_script_of_zig_for_a_recipe(bench: Workbench, provided: ProvidedDependencies) -> None:
    (provided.packages[0] / "lib/libz.a").write_bytes(archive("/", b"\0\0\0\1\0\0\0Ddeflate\0"))
    plan = planned(bench, provided)
    by_name = take_dependencies(plan, provided)
    by_script = take_dependencies(replace(plan, cross=replace(plan.cross, toolchain="zig")), provided)
    assert (by_name.hidden, by_script.hidden) == ("", "{\n  local:\n    deflate;\n};\n")
    assert_says(by_name.text, "libz.a", lacks=[HIDDEN])
    assert_says(by_script.text, f"/{HIDDEN}")


def test_pure_wheel_of_a_recipe(bench: Workbench, provided: ProvidedDependencies) -> None:
    (bench.root / "CMakeLists.txt").unlink()
    bench.write("demo/__init__.py", "")
    name = build_wheel(bench.root, bench.out, provided=replace(provided, target=None))
    assert name == "demo-1.2-py3-none-any.whl"


def test_recipe_without_a_toolchain_file(bench: Workbench, provided: ProvidedDependencies) -> None:
    provided.toolchain_file.unlink()
    with raises_error(ConanError, "generate() made no toolchain file", where=str(provided.toolchain_file),
                      hint="call super().generate()"):  # fmt: skip
        provide(bench, provided)


def test_profile_of_another_toolchain(bench: Workbench, provided: ProvidedDependencies) -> None:
    with raises_error(ToolchainError, "the host profile is of another toolchain",
                      where=("user.xconan:abi=linux_aarch64-0", "aarch64.cmake is linux_aarch64-"),
                      hint="let `xconan profile` write the profile again"):  # fmt: skip
        provide(bench, replace(provided, abi="linux_aarch64-0"))


@pytest.mark.parametrize(
    ("changes", "message", "where"),
    [
        ({"target": None}, "the package is for this machine, but ", "user.xconan:target"),
        (
            {"target": facts.target("cp312-linux_aarch64")},
            "is for cp312-cp312-linux_aarch64, but",
            "user.xconan:target",
        ),
        ({"settings": {"arch": "x86_64"}}, "arch is x86_64, but cp311-cp311-linux_aarch64 is armv8", "xconan:target"),
        ({"version": "1.3"}, "the package has version 1.3, but its wheel 1.2", "project.version"),
    ],
)
def test_recipe_that_means_another_wheel(
    changes: dict[str, object], message: str, where: str, bench: Workbench, provided: ProvidedDependencies
) -> None:
    given = replace(provided, **changes)  # type: ignore[arg-type]
    with raises_error(ConfigError, message, where=where):
        provide(bench, given)
    assert bench.cmake.stages == []


# --- by name ---------------------------------------------------------------------------------------------------------

UNIVERSAL = "implementation = 'cp'\nversion = '311'\nabi = 'cp311'\narch = 'macosx_11_0_universal2'\n"
PARTS = {"macosx_11_0_arm64": "ARM64", "macosx_11_0_x86_64": "X86_64"}
DARWIN = "demo/_core.cpython-311-darwin.so"


@pytest.fixture
def universal(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Settings for a wheel of two architectures by zig, whose modules are there."""
    monkeypatch.setitem(sys.modules, "ziglang", None)
    install_zig(bench.door, bench.cmake, *PARTS)
    include = write_tree(bench.hosts / "mac/include/python3.11", headers((3, 11, 2)))
    cross = bench.hosts / "mac.cross.toml"
    cross.write_text(f"{UNIVERSAL}include_dir = '{include}'\n", "utf-8")

    def install(call: Call) -> None:
        machine = next(machine for tag, machine in PARTS.items() if tag in " ".join(call.argv))
        bench.cmake.installs[""] = {DARWIN: macho.library(machine, "PyInit__core")}

    bench.cmake.does["install"] = install
    return {"cross": [str(cross)]}


def test_universal_wheel(bench: Workbench, universal: dict[str, object], capfd: pytest.CaptureFixture[str]) -> None:
    """Each architecture is built as if it were asked for alone, and the binaries are joined."""
    name = build_wheel(bench.root, bench.out, universal)
    assert name == "demo-1.2-cp311-cp311-macosx_11_0_universal2.whl"
    assert bench.cmake.stages == [*BUILT, *BUILT]
    assert_says(capfd.readouterr().err, "zig makes its C++ library for macosx_11_0_arm64",
                "zig makes its C++ library for macosx_11_0_x86_64")  # fmt: skip
    with zipfile.ZipFile(bench.out / name) as archive:
        assert archive.read(DARWIN).startswith(b"\xca\xfe\xba\xbe")
    before = (bench.out / name).read_bytes()
    build_wheel(bench.root, bench.out, universal)
    assert bench.cmake.stages[6:] == [*AGAIN, *AGAIN]
    assert "zig makes" not in capfd.readouterr().err
    assert (bench.out / name).read_bytes() == before


def test_library_of_conans_in_a_universal_wheel(bench: Workbench, universal: dict[str, object]) -> None:
    bench.write("pyproject.toml", PYPROJECT + LZ4)
    build_wheel(bench.root, bench.out, universal)
    assert {request["tag"] for request in bench.conan.requests} == set(PARTS)
    assert upload(bench.root, "shared", universal) == ["lz4/1.9.4", "lz4/1.9.4"]


@pytest.mark.parametrize(
    ("languages", "warmed"),
    [("LANGUAGES C", False), ("LANGUAGES C CXX", True), ("", True), ("VERSION 1 LANGUAGES C", False)],
)
def test_zig_is_warmed_for_cxx_alone(
    languages: str,
    warmed: bool,  # noqa: FBT001 - a table
    bench: Workbench,
    universal: dict[str, object],
    capfd: pytest.CaptureFixture[str],
) -> None:
    bench.write("CMakeLists.txt", f"cmake_minimum_required(VERSION 3.20)\nproject(demo {languages})\n")
    build_wheel(bench.root, bench.out, universal)
    assert ("zig makes its C++ library" in capfd.readouterr().err) == warmed


def test_zig_that_can_not_compile(bench: Workbench, universal: dict[str, object]) -> None:
    bench.write("CMakeLists.txt", "project(demo)\n")
    for path, answers in list(bench.door.scripts.items()):

        def refuse(call: Call, answers: Callable[[Call], Answer | None] = answers) -> Answer | None:
            return Answer(code=1) if "-shared" in call.argv else answers(call)

        bench.door.scripts[path] = refuse
    with raises_error(ToolchainError, "zig can't compile C++ for this target", where="c++ -O3"):
        build_wheel(bench.root, bench.out, universal)
    assert bench.cmake.stages == []


def test_unknown_pypy(bench: Workbench) -> None:
    """Without headers nothing says PyPy's own version, which its tag has."""
    bench.write("pyproject.toml", PYPROJECT + "[tool.xconan.wheel]\npure_python = false\n")
    (bench.root / "CMakeLists.txt").unlink()
    cross = bench.hosts / "pypy.cross.toml"
    cross.write_text(PYPY, "utf-8")
    with raises_error(HostPythonError, "the version of this PyPy 3.10 is not known", where=str(cross),
                      hint="set abi, as 'pypy310_pp73'"):  # fmt: skip
        build_wheel(bench.root, bench.out, {"cross": [str(cross)]})
    assert wheels(bench) == []


def test_variables_that_lead_to_the_build_machine(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Named once for a build, and seen by nobody, unless the project lets them through."""
    monkeypatch.setenv("CPATH", "/opt/include")
    monkeypatch.setenv("LIBRARY_PATH", "/opt/lib")
    bench.write("pyproject.toml", PYPROJECT + LZ4)
    bench.build()
    said = capsys.readouterr().err
    assert said.count("does not see CPATH, LIBRARY_PATH, which speak of the build machine") == 1
    asked = [call for stage, call in bench.cmake.calls if stage not in ("version", "probe")]
    asked += bench.door.called(Path(sys.executable).name)  # Conan's process
    assert len(asked) > len(BUILT)
    assert not {name for call in asked for name in call.env} & {"CPATH", "LIBRARY_PATH"}
    bench.write("pyproject.toml", PYPROJECT + LZ4 + '[tool.xconan.cmake]\nenv_passthrough = ["CPATH"]\n')
    bench.build()
    assert "does not see LIBRARY_PATH, which speaks of" in capsys.readouterr().err
    assert bench.cmake.call("build").env["CPATH"] == "/opt/include"
    assert bench.door.called(Path(sys.executable).name)[-1].env["CPATH"] == "/opt/include"
