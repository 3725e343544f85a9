"""The files that `xconan cross` writes."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.needs import need_program
from xconan.build_machine.tools import Tool
from xconan.host.platforms import parse_platform, table
from xconan.project.config.cross import read_cross
from xconan.render import written_out as render
from xconan.toolchains.zig import write_zig_toolchain, zig_scripts, zig_toolchain

if TYPE_CHECKING:
    from tests.support.golden import Golden
    from xconan.host.targets import Target
    from xconan.toolchains.records import Toolchain

TARGETS = ["cp311-manylinux_2_17_aarch64", "cp313-manylinux_2_17_armv7l", "pp310-manylinux_2_17_i686"]
ABIS = {TARGETS[1]: "cp313t", "cp313t": "cp313t"}
PATHS = {"/cache/zig/9.9/wrappers": f"{render.home()}/bin", "/usr/bin/thing": "thing"}


def host(name: str) -> Target:
    return facts.target(name, abi=ABIS.get(name, ""))


def toolchain(target: Target, **changes: object) -> Toolchain:
    return replace(facts.toolchain_for(target.platform), **changes)  # type: ignore[arg-type]


def by_zig(target: Target) -> Toolchain:
    """As it is probed, and its paths as they are written."""
    found = facts.toolchain(f"zig/{target.platform.tag}")
    assert found.file
    stem = render.stem(target.platform)
    paths = {str(found.file): f"{stem}.toolchain.cmake", str(found.file.parent): f"{stem}/bin"}
    return render.moved(found, {before: f"{render.home()}/{after}" for before, after in paths.items()})


def texts(target: Target) -> dict[str, str]:
    stem, python, toolchain = render.stem(target.platform), facts.python(target), by_zig(target)
    return {
        f"{stem}.toolchain.cmake": render.toolchain_file(
            zig_toolchain(target.platform), target.platform, toolchain, {}
        ),
        f"{stem}.python.toolchain.cmake": render.python_toolchain(target.platform),
        f"{stem}.profile.conan": render.conan_profile(target.platform, toolchain),
        f"{stem}.{target.python_name}.cross.toml": render.cross_toml(facts.cross(target, toolchain="zig"), python),
        "build-details.json": render.build_details(target, python, {"dynamic": "lib/libpython.so"}),
        "python3": render.interpreter(target),
        "_xconan_host.py.txt": render.host_facts(target, python),
    }


@pytest.mark.parametrize("name", TARGETS)
def test_files(name: str, compare_golden: Golden) -> None:
    target = host(name)
    for file, text in texts(target).items():
        compare_golden(f"tests/data/cross/{name}/{file}", text)


@pytest.mark.parametrize("name", TARGETS)
def test_cross_toml_means_the_target(name: str, tmp_path: Path) -> None:
    target = host(name)
    file = tmp_path / "x.cross.toml"
    file.write_text(render.cross_toml(facts.cross(target, toolchain="zig"), facts.python(target)), "utf-8")
    (tmp_path / f"{render.stem(target.platform)}.python.toolchain.cmake").touch()
    found = read_cross([file], running=facts.target("cp312-linux_x86_64"))
    assert found.target == target
    assert found.toolchain_options == (("TOOLCHAIN_PYTHON_VERSION", "", target.python_version),)


def test_an_unusual_suffix_is_kept() -> None:
    target = facts.target()
    assert "soabi" not in render.cross_toml(facts.cross(target), facts.python(target))
    python = facts.python(target, soabi="cpython-311-odd", ext_suffix=".cpython-311-odd.so")
    assert "soabi = 'cpython-311-odd'\n" in render.cross_toml(facts.cross(target), python)


def test_every_platform_has_files_of_its_own() -> None:
    tags = [f"{kind}_{arch}" for arch in table()["linux"] for kind in ("linux", "manylinux_2_36", "musllinux_1_2")]
    tags += [f"macosx_11_0_{arch}" for arch in table()["mac"]] + ["win32", "win_amd64", "win_arm64"]
    stems = [render.stem(parse_platform(tag)) for tag in tags]
    assert len(set(stems)) == len(stems)


def test_profile_speaks_of_its_own_folder_and_of_names() -> None:
    target = facts.target()
    probed = toolchain(target, file=Path("/cache/zig/9.9/wrappers/toolchain.cmake"), variables={
        "CMAKE_AR": "/cache/zig/9.9/wrappers/ar", "CMAKE_STRIP": "/usr/bin/thing", "CMAKE_NM": "/usr/bin/things",
    })  # fmt: skip
    text = render.conan_profile(target.platform, render.moved(probed, PATHS))
    assert "\nAR={{ profile_dir }}/bin/ar\n" in text
    assert "\nSTRIP=thing\n" in text
    assert "\nNM=/usr/bin/things\n" in text
    assert 'user_toolchain=+["{{ profile_dir }}/bin/toolchain.cmake"]' in text
    assert str(render.home()) not in text


def test_the_package_id_does_not_know_where_the_files_are() -> None:
    target = facts.target()
    probed = toolchain(target, file=Path("/cache/zig/9.9/wrappers/toolchain.cmake"))
    texts = [render.conan_profile(target.platform, one) for one in (probed, render.moved(probed, PATHS))]
    lines = [[line for line in text.splitlines() if line.startswith("user.xconan:abi=")] for text in texts]
    assert len(lines[0]) == 1
    assert lines[0] == lines[1]


@pytest.mark.parametrize(
    ("tag", "pair"),
    [
        ("manylinux_2_19_ppc64le", True), ("linux_ppc64le", True), ("manylinux_2_32_ppc64le", False),
        ("musllinux_1_2_ppc64le", False), ("manylinux_2_19_s390x", False),
    ],
)  # fmt: skip
def test_long_double_is_the_hosts(tag: str, tmp_path: Path, *, pair: bool) -> None:
    """A pair of doubles until glibc 2.32, and then the header with what libc++ lacks is where the compilers seek it."""
    file = write_zig_toolchain(parse_platform(tag), Tool(path=tmp_path / "zig", version="9.9"), tmp_path)
    for name in ("cc", "c++"):
        said = (file.parent / name).read_text("utf-8")
        assert ("-mabi=ibmlongdouble" in said) == ('-include "${0%/*}/long_double.h"' in said) == pair
    assert (file.parent / "long_double.h").is_file() == pair


def test_wrappers_find_zig(tmp_path: Path) -> None:
    """The one that is named, else the one that xconan used last; and the cache is where the user wants it."""
    zig = tmp_path / "ch osen"
    zig.write_text('#!/bin/sh\nprintf "[%s]" "$ZIG_GLOBAL_CACHE_DIR" "$@"\n', "utf-8")
    zig.chmod(0o755)
    cache = tmp_path / "ca che"
    named = write_zig_toolchain(parse_platform("manylinux_2_17_aarch64"), Tool(path=zig, version="9.9"), cache)
    place = tmp_path / "an other" / "bin"
    place.mkdir(parents=True)
    scripts = {"zig": render.ZigFinder(version="9.9"), **zig_scripts(parse_platform("manylinux_2_17_aarch64"))}
    for name, script in scripts.items():
        (place / name).write_text(script.text, "utf-8")
        (place / name).chmod(0o755)
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XCONAN_CACHE": str(cache)}

    def said(compiler: Path, **more: str) -> str:
        return subprocess.run([compiler, "-c", "a b.c"], env={**env, **more}, check=True, capture_output=True,
                              text=True).stdout  # fmt: skip

    arguments = said(named.parent / "cc").removeprefix(f"[{cache}/zig/cache]")
    assert arguments.startswith("[cc][-target][aarch64-linux-gnu.2.17]")
    assert said(place / "cc") == f"[{cache}/zig/cache]{arguments}"
    other = {"XCONAN_CACHE": "/none", "ZIG_GLOBAL_CACHE_DIR": "/kept"}
    assert said(place / "cc", **other, XCONAN_ZIG=str(zig)) == f"[/kept]{arguments}"
    nowhere = {"XCONAN_CACHE": "/none", "PATH": str(tmp_path)}
    done = subprocess.run(
        ["/bin/sh", place / "zig"], env={**env, **nowhere}, check=False, capture_output=True, text=True
    )
    assert done.returncode == 127
    assert "XCONAN_ZIG" in done.stderr


@pytest.mark.parametrize(
    ("version", "includes", "suffix", "more"),
    [
        ("3.11", "python3.11", ".cpython-311-aarch64-linux-gnu.so", ["Python", ""]),
        ("3.13t", "python3.13t", ".cpython-313t-aarch64-linux-gnu.so", ["Python", "ANY,ANY,ANY,ON"]),
        ("pypy3.10", "pypy3.10", ".pypy310-pp73-aarch64-linux-gnu.so", ["PyPy", ""]),
        ("3", "python3.13", ".cpython-313-aarch64-linux-gnu.so", ["Python", ""]),
        ("3.9", "", "", []),
    ],
)
def test_cmake_is_told_of_the_python(version: str, includes: str, suffix: str, more: list[str], tmp_path: Path) -> None:
    cmake = need_program("cmake")
    folder = tmp_path / "br[ack]ets and spaces"
    for name in ("cp311", "cp313", "cp313t", "cp39", "pp310"):
        target = facts.target(f"{name.rstrip('t')}-linux_aarch64", abi=ABIS.get(name, ""))
        python = target.python_name
        if name != "cp39":
            details = folder / "aarch64-linux-gnu" / python / "lib" / python / "build-details.json"
            details.parent.mkdir(parents=True)
            library = {} if name == "cp311" else {"dynamic": "lib/libpython.so"}
            details.write_text(render.build_details(target, facts.python(target), library), "utf-8")
    file = folder / "aarch64-linux-gnu.python.toolchain.cmake"
    file.write_text(render.python_toolchain(parse_platform("linux_aarch64")), "utf-8")
    (folder / "aarch64-linux-gnu.toolchain.cmake").write_text("set(CMAKE_SYSTEM_NAME Linux)\n", "utf-8")
    script = tmp_path / "script.cmake"
    script.write_text(
        f'include("{file}")\n'
        'foreach(name INCLUDE_DIR SOABI LIBRARY INTERPRETER_ID FIND_ABI)\n  list(JOIN Python3_${name} "," text)\n'
        '  message(STATUS "${text}")\nendforeach()\nmessage(STATUS "${NB_SUFFIX}=${PYTHON_MODULE_EXTENSION}")\n'
        'if(DEFINED Python_SOABI)\n  message(FATAL_ERROR "Python_SOABI")\nendif()\n',
        "utf-8",
    )
    argv = [str(cmake), f"-DTOOLCHAIN_PYTHON_VERSION={version}", "-DTOOLCHAIN_NO_FIND_PYTHON=ON", "-P", str(script)]
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    if not suffix:
        assert f"TOOLCHAIN_PYTHON_VERSION is '{version}'" in done.stderr
        return
    root = folder / "aarch64-linux-gnu" / includes
    told_library = "" if includes == "python3.11" else f"{root}/lib/libpython.so"
    soabi = suffix.removeprefix(".").removesuffix(".so")
    told = [line.removeprefix("-- ") for line in done.stdout.splitlines()]
    assert told == [f"{root}/include/{includes}", soabi, told_library, *more, f"{suffix}={suffix}"]


def test_build_details_are_json_of_pep_739() -> None:
    found = json.loads(render.build_details(facts.target("cp313-linux_aarch64", abi="cp313t"), facts.python(), {}))
    assert found["schema_version"] == "1.0"
    assert found["abi"]["flags"] == ["t"]
    assert "libpython" not in found
