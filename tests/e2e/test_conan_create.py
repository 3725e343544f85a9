"""Wheels as Conan packages: `conan create` and `conan xconan:wheel` for other machines, imported there."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support.conan_home import CONAN, run_conan
from tests.support.crossbuild import REPOSITORY, Workshop, calls, copy_project, counting_compilers, write
from tests.support.needs import need_patchelf, need_program

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.support.crossbuild import Host

EXAMPLE = REPOSITORY / "examples/lz4-conan"
# Conan's Python as it is without xconan
BLIND = """\
import importlib.util
find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "xconan" else find_spec(name, package)
"""
# link-time optimization by gcc takes as long as all the rest
QUICK = "set(CMAKE_INTERPROCEDURAL_OPTIMIZATION OFF)\nset(CMAKE_CXX_FLAGS_RELEASE -O0)\n"
MISSING = ("-pr:b", "default", "--build=missing")


@dataclass(frozen=True)
class Studio:
    """A Conan home of this test's own, the example, and profiles."""

    workshop: Workshop
    project: Path
    folder: Path

    def conan(self, *words: str, env: Mapping[str, str] | None = None, fails: bool = False) -> str:
        """Run Conan beside the example and return all that it said."""
        done = subprocess.run(
            [*CONAN, *words],
            cwd=self.project,
            env={**self.workshop.environment, **(env or {})},
            check=False,
            capture_output=True,
            text=True,
        )
        said = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, "\n".join(said.splitlines()[-60:])
        return said

    def xconan(self, *words: str) -> str:
        argv = [sys.executable, "-m", "xconan", *words]
        done = subprocess.run(argv, env=self.workshop.environment, check=True, capture_output=True, text=True)
        return done.stdout

    def profile(self, cross: Path) -> Path:
        """What `xconan profile` writes for a cross.toml."""
        file = self.folder / f"{cross.stem}.profile"
        self.xconan("profile", str(cross), "-o", str(file))
        return file

    def ids(self, name: str) -> dict[str, str]:
        """The built packages, and the target that each is for."""
        found = json.loads(run_conan(self.workshop.home, "list", f"{name}/*:*", "--format=json"))["Local Cache"]
        revisions = (one for entry in found.values() for one in entry.get("revisions", {}).values())
        packages = {key: one["info"] for revision in revisions for key, one in revision.get("packages", {}).items()}
        return {key: str(info.get("conf", {}).get("user.xconan:target")) for key, info in packages.items()}


@pytest.fixture
def studio(workshop: Workshop, fresh_home: Callable[[Path], Path], tmp_path: Path) -> Studio:
    home = fresh_home(tmp_path / "conan home")
    project = copy_project(EXAMPLE, tmp_path / "pro ject")
    lists = project / "CMakeLists.txt"
    lists.write_text(lists.read_text("utf-8").replace("pybind11_add_module(", f"{QUICK}pybind11_add_module("), "utf-8")
    return Studio(Workshop(home, workshop.cache), project, tmp_path)


def test_two_pythons_one_library(host: Callable[..., Host], studio: Studio) -> None:
    """Two packages of the wheel, imported by their hosts; the library is compiled once, and resolved by Conan alone."""
    compilers = counting_compilers(host("aarch64"), studio.folder / "bin")
    toolchain = host("aarch64").toolchain(studio.folder, compilers=compilers)
    compiled = []
    for suite in ("bookworm", "trixie"):
        target = host("aarch64", suite)
        profile = studio.profile(target.cross(studio.folder, toolchain=toolchain))
        said = studio.conan("create", ".", "-pr:h", str(profile), *MISSING)
        assert "lz4 1.9.4 on linux-aarch64" in said
        assert "conan install" not in said
        compiled.append([line for line in calls(compilers) if re.search(r"lz4\.c\b", line)])
    assert [len(lines) for lines in compiled] == [1, 0]
    assert sorted(studio.ids("lz4-conan").values()) == ["cp311-linux_aarch64", "cp313-linux_aarch64"]
    assert len(studio.ids("lz4")) == 1


def test_by_commands_and_deployed(host: Callable[..., Host], studio: Studio) -> None:
    """The same through what `conan config install` brings, and the same bytes out of Conan's cache."""
    config = studio.folder / "con fig"
    studio.xconan("conan-config", "-o", str(config), "--target", "cp311-linux_aarch64")
    studio.conan("config", "install", str(config))
    for suite in ("bookworm", "trixie"):
        target = host("aarch64", suite)
        cross = target.cross(studio.folder)
        studio.conan("xconan:profile", str(cross), "--name", f"mine/{suite}")
        said = studio.conan("xconan:wheel", ".", "-pr:h", f"mine/{suite}", "--output-folder", "out")
        wheel = studio.project / "out" / f"lz4_conan-0.1.0-{target.tag}.whl"
        assert str(wheel) in said.splitlines()
        code = "import lz4_conan as l; print(l.decompress(l.compress(b'abc' * 9)))"
        assert target.run(wheel, code) == str(b"abc" * 9)
        words = ["--requires=lz4-conan/0.1.0", "-pr:h", f"mine/{suite}", "-d", "xconan_wheels"]
        studio.conan("install", *words, "--deployer-folder", str(studio.folder / suite))
        assert (studio.folder / suite / wheel.name).read_bytes() == wheel.read_bytes()
    assert len(studio.ids("lz4")) == 1
    named = config / "profiles/xconan/cp311-linux_aarch64"
    assert "user.xconan:target=cp311-linux_aarch64" in named.read_text("utf-8").splitlines()


def test_the_wheel_is_that_of_xconan_build(host: Callable[..., Host], studio: Studio) -> None:
    """One recipe for both faces: Conan's, and the build backend's."""
    target = host("armv7l")
    cross = target.cross(studio.folder)
    profile = studio.profile(cross)
    studio.conan("create", ".", "-pr:h", str(profile), *MISSING)
    built = studio.workshop.build(studio.project, cross)
    (mine,) = (path for path in (studio.workshop.home / "p/b").rglob("*.whl") if path.parent.name == "p")
    assert mine.name == built.wheel.name
    assert len(studio.ids("lz4")) == 1
    assert target.run(mine, "import lz4_conan; print(lz4_conan.VERSION)") == "1.9.4"


def test_what_a_cross_toml_overrides(host: Callable[..., Host], studio: Studio) -> None:
    """It is in the package id, so that `--build=missing` sees it; a profile from before says that it is stale."""
    cross = host("armv7l").cross(studio.folder)
    before = studio.profile(cross)
    words = ["create", ".", *MISSING, "-pr:h"]
    studio.conan(*words, str(before))
    with cross.open("a", encoding="utf-8") as file:
        file.write("\n[wheel]\nbuild_tag = '7'\n")
    said = studio.conan("create", ".", "-pr:h", str(before), fails=True)
    assert "has changed since the host profile was written" in said
    assert f"xconan profile {cross}" in said
    studio.conan(*words, str(studio.profile(cross)))
    assert len(studio.ids("lz4-conan")) == 2
    assert len(studio.ids("lz4")) == 1
    tagged = [path for path in (studio.workshop.home / "p/b").rglob("*.whl") if "-7-" in path.name]
    assert tagged


def test_another_suffix_is_another_package(host: Callable[..., Host], studio: Studio) -> None:
    target = host("armv7l")
    plain = target.cross(studio.folder)
    other = write(studio.folder / "other.cross.toml", plain.read_text("utf-8") + "soabi = 'cpython-311-other'\n")
    words = ["create", ".", *MISSING, "-tf=", "-pr:h"]
    for cross in (plain, other):
        studio.conan(*words, str(studio.profile(cross)))
    assert len(studio.ids("lz4-conan")) == 2


def test_another_python_than_the_profiles(host: Callable[..., Host], studio: Studio, tmp_path: Path) -> None:
    """A profile that is derived from a cross.toml serves another Python, whose headers are in the store."""
    profile = studio.profile(host("aarch64").cross(studio.folder))
    other = host("aarch64", "trixie")
    words = ["create", ".", "-pr:h", str(profile), *MISSING, "-c", "user.xconan:target=cp313"]
    env = {"XCONAN_PYTHONS": str(tmp_path / "store")}
    said = studio.conan(*words, env=env, fails=True)
    assert "xconan python add 3.13 --for linux_aarch64" in said
    assert not studio.ids("lz4")  # it was said before the library was built
    root = other.python.root
    add = ["python", "add", "3.13", "--for", "linux_aarch64", "--from", str(root)]
    subprocess.run([sys.executable, "-m", "xconan", *add], env={**studio.workshop.environment, **env}, check=True)
    studio.conan(*words, "-c", f"user.xconan:interpreter={other.python.python}", env=env)
    assert list(studio.ids("lz4-conan").values()) == ["cp313-linux_aarch64"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("[settings]\ncompiler.version=11\ncompiler.libcxx=libstdc++\n",
         ("compiler.version is 11 in the host profile, but 12 by the toolchain", "compiler.libcxx is libstdc++ in")),
        ('[conf]\ntools.build:compiler_executables={"c": "/usr/bin/gcc", "cpp": "/usr/bin/g++"}\n',
         ("tools.build:compiler_executables is",)),
        ("[conf]\ntools.build:sysroot=/elsewhere\n", ("tools.build:sysroot is /elsewhere",)),
    ],
)  # fmt: skip
def test_profile_against_the_toolchain(
    more: str, words: tuple[str, ...], host: Callable[..., Host], studio: Studio
) -> None:
    """As for `xconan build`: libraries and module are of one toolchain, or nothing is built."""
    profile = studio.profile(host("armv7l").cross(studio.folder))
    mine = write(studio.folder / "mine", more)
    said = studio.conan("create", ".", "-pr:h", str(profile), "-pr:h", str(mine), *MISSING, fails=True)
    for one in words:
        assert one in said
    assert not studio.ids("lz4")


def test_what_a_cross_toml_wants_of_conan(host: Callable[..., Host], studio: Studio) -> None:
    """Options and build type are in the profile."""
    extra = "[conan]\noptions = {'lz4/*:fPIC' = false}\n[cmake]\nbuild_type = 'Debug'\n"
    cross = host("armv7l").cross(studio.folder, extra=extra)
    lines = studio.xconan("profile", str(cross)).splitlines()
    assert "lz4/*:fPIC=False" in lines[lines.index("[options]") :]
    assert "build_type=Debug" in lines


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda cross: cross.unlink(), "was written from a file that is gone"),
        (lambda cross: cross.write_text(cross.read_text("utf-8") + "soabi = 'cpython-311-new'\n", "utf-8"),
         "has changed since the host profile was written"),
        (lambda cross: cross.write_text(cross.read_text("utf-8") + "# a comment\n", "utf-8"), ""),
    ],
)  # fmt: skip
def test_profile_that_is_stale(
    spoil: Callable[[Path], object], words: str, host: Callable[..., Host], studio: Studio
) -> None:
    cross = host("armv7l").cross(studio.folder)
    profile = studio.profile(cross)
    spoil(cross)
    said = studio.conan("create", ".", "-pr:h", str(profile), *MISSING, "-tf=", fails=bool(words))
    assert words in said
    assert bool(words) == ("write the profile again: xconan profile" in said)


def test_another_platform_than_the_profiles(host: Callable[..., Host], studio: Studio) -> None:
    profile = studio.profile(host("armv7l").cross(studio.folder))
    conf = ("-c", "user.xconan:target=cp311-manylinux_2_36_armv7l")
    said = studio.conan("create", ".", "-pr:h", str(profile), *MISSING, *conf, fails=True)
    assert "the host profile is for linux_armv7l, but the target is cp311-manylinux_2_36_armv7l" in said
    assert not studio.ids("lz4")


def test_conan_in_another_environment(host: Callable[..., Host], studio: Studio) -> None:
    """Conan's Python has no xconan: one on PATH, or one that is named, does the work; else that is said."""
    target = host("armv7l")
    profile = studio.profile(target.cross(studio.folder))
    blind = write(studio.folder / "blind/sitecustomize.py", BLIND).parent
    words = ["create", ".", "-pr:h", str(profile), *MISSING]
    env = {"PYTHONPATH": str(blind), "PATH": _path_without_xconan(studio.folder)}
    said = studio.conan(*words, env=env, fails=True)
    assert "xconan is not found" in said
    assert not studio.ids("lz4")
    xconan = write(studio.folder / "there/xconan", _script("-m xconan"))
    python = write(studio.folder / "there/python with it", _script(""))
    for program in (xconan, python):
        program.chmod(0o755)
    studio.conan(*words, env={**env, "PATH": f"{xconan.parent}{os.pathsep}{env['PATH']}"})
    assert len(studio.ids("lz4-conan")) == 1
    run_conan(studio.workshop.home, "remove", "lz4-conan/*", "-c")
    studio.conan(*words, "-c", f"user.xconan:python={python}", env=env)
    assert len(studio.ids("lz4-conan")) == 1


def _script(words: str) -> str:
    """A program that runs this Python with its own environment again."""
    return f'#!/bin/sh\nunset PYTHONPATH\nexec {shlex.quote(sys.executable)} {words} "$@"\n'


def _path_without_xconan(folder: Path) -> str:
    """The programs that a build needs, and no other."""
    place = folder / "programs"
    place.mkdir()
    for name in ("cmake", "ninja"):
        (place / name).symlink_to(need_program(name))
    return os.pathsep.join([str(place), "/usr/bin", "/bin"])


def test_shared_library_comes_along(host: Callable[..., Host], studio: Studio) -> None:
    need_patchelf()
    profile = studio.profile(host("armv7l").cross(studio.folder))
    studio.conan("create", ".", "-pr:h", str(profile), *MISSING, "-o:h", "lz4/*:shared=True")
    (wheel,) = (path for path in (studio.workshop.home / "p/b").rglob("*.whl") if path.parent.name == "p")
    with zipfile.ZipFile(wheel) as archive:
        assert [name for name in archive.namelist() if name.startswith("lz4_conan.libs/liblz4-")]


def test_profile_of_another_toolchain(host: Callable[..., Host], studio: Studio) -> None:
    """Libraries and module must be of one toolchain: a toolchain file that changed since is found out."""
    target = host("armv7l")
    toolchain = target.toolchain(studio.folder)
    profile = studio.profile(target.cross(studio.folder, toolchain=toolchain))
    toolchain.write_text(toolchain.read_text("utf-8") + 'set(CMAKE_C_FLAGS_INIT "-DNEW")\n', "utf-8")
    said = studio.conan("create", ".", "-pr:h", str(profile), *MISSING, fails=True)
    assert "write the profile again" in said


def test_emulator_and_interpreter_of_the_users(host: Callable[..., Host], studio: Studio) -> None:
    """Where no interpreter is beside the headers, the import is left out and said, or done as the profile says."""
    target = host("aarch64")
    apart = studio.folder / "headers"
    shutil.copytree(target.python.include_dir.parent, apart / "include", symlinks=True)
    cross = target.cross(studio.folder, headers=False, extra=f"include_dir = '{apart}/include/python3.11'")
    words = ["create", ".", "-pr:h", str(studio.profile(cross)), *MISSING]
    assert "the wheel is not imported" in studio.conan(*words)
    insist = ("-c", "tools.build.cross_building:can_run=True")
    assert "can't be imported here" in studio.conan(*words, *insist, fails=True)
    nowhere = ("-c", "user.xconan:interpreter=/no/such")
    assert "user.xconan:interpreter=/no/such" in studio.conan(*words, *nowhere, fails=True)
    said = studio.conan(*words, *insist, "-c", f"user.xconan:interpreter={target.python.python}")
    assert "lz4 1.9.4 on linux-aarch64" in said
