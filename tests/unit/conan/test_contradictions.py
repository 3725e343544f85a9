"""A user's profile against the derived one, as Conan serializes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from xconan.conan.contradictions import contradictions

if TYPE_CHECKING:
    from pathlib import Path

EXECUTABLES = {"c": "/x/gcc", "cpp": "/x/g++"}
SETTINGS = {
    "os": "Linux",
    "arch": "armv8",
    "compiler": "gcc",
    "compiler.version": "12",
    "compiler.libcxx": "libstdc++11",
    "compiler.cppstd": "gnu17",
    "build_type": "Release",
}
CONF = {
    "tools.build:compiler_executables": EXECUTABLES,
    "tools.cmake.cmaketoolchain:user_toolchain": ["/x/t.cmake"],
    "tools.info.package_id:confs": ["user.xconan:abi"],
    "tools.gnu:host_triplet": "aarch64-linux-gnu",
    "user.xconan:abi": "linux_aarch64-1",
}
DERIVED = {"settings": SETTINGS, "package_settings": {}, "conf": CONF, "build_env": "AR=/x/ar"}


def found(build_type: str = "Release", **changes: Any) -> list[str]:  # noqa: ANN401 - as Conan has it
    """The keys that contradict, where CHANGES go into the sections of that name."""
    composed: dict[str, Any] = {**DERIVED}
    for section, values in changes.items():
        composed[section] = values if isinstance(values, str) else {**composed[section], **values}
    return [one["key"] for one in contradictions(DERIVED, composed, build_type)]


def test_the_same_is_no_contradiction() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("section", "values"),
    [
        ("settings", {"compiler.cppstd": "20"}),
        ("settings", {"os.distribution": "mine"}),
        ("settings", {"compiler.version": "12"}),
        ("package_settings", {"lz4/*": {"build_type": "Debug", "compiler.cppstd": "20"}}),
        ("conf", {"tools.build:jobs": 3, "user.mine:x": "y"}),
        ("conf", {"tools.build:compiler_executables": {**EXECUTABLES, "cuda": "/n/nvcc"}}),
        ("conf", {"lz4/*:tools.build:compiler_executables": {"rc": "/n/windres"}}),
        ("conf", {"tools.cmake.cmaketoolchain:user_toolchain": ["/x/t.cmake", "/y/more.cmake"]}),
        ("conf", {"tools.info.package_id:confs": ["user.xconan:abi", "tools.build:cxxflags"]}),
        ("conf", {"tools.info.package_id:confs": ["user.xconan:abi", "user.xconan:abi"]}),
        ("conf", {"lz4/*:tools.cmake.cmaketoolchain:user_toolchain": ["/y/more.cmake"]}),
        ("build_env", "AR=/y/ar\nMINE=1\nCC=/x/gcc\nlz4/*:CXX=/x/g++\nPATH=+(path)/y"),
    ],
)
def test_what_may_be_said(section: str, values: Any) -> None:  # noqa: ANN401 - as Conan has it
    assert found(**{section: values}) == []


@pytest.mark.parametrize(
    ("section", "values", "keys"),
    [
        ("settings", {"os": "Windows"}, ["os"]),
        ("settings", {"arch": "x86_64"}, ["arch"]),
        ("settings", {"compiler": "clang", "compiler.version": "14"}, ["compiler", "compiler.version"]),
        ("settings", {"compiler.libcxx": "libc++"}, ["compiler.libcxx"]),
        ("settings", {"compiler.runtime": "dynamic"}, ["compiler.runtime"]),
        ("settings", {"build_type": "Debug"}, ["build_type"]),
        ("package_settings", {"lz4/*": {"arch": "x86"}}, ["lz4/*:arch"]),
        ("conf", {"tools.build:sysroot": "/y"}, ["tools.build:sysroot"]),
        ("conf", {"tools.build:sysroot!": "/y"}, ["tools.build:sysroot"]),
        ("conf", {"lz4/*:tools.build:sysroot": "/y"}, ["lz4/*:tools.build:sysroot"]),
        ("conf", {"tools.build:compiler_executables": {"c": "/x/gcc"}}, ["tools.build:compiler_executables"]),
        (
            "conf",
            {"lz4/*:tools.build:compiler_executables": {"c": "/y/cc"}},
            ["lz4/*:tools.build:compiler_executables"],
        ),
        (
            "conf",
            {"tools.cmake.cmaketoolchain:user_toolchain": ["/y"]},
            ["tools.cmake.cmaketoolchain:user_toolchain"],
        ),
        (
            "conf",
            {"tools.cmake.cmaketoolchain:toolchain_file": "/y"},
            ["tools.cmake.cmaketoolchain:toolchain_file"],
        ),
        ("conf", {"tools.info.package_id:confs": ["tools.build:cxxflags"]}, ["tools.info.package_id:confs"]),
        ("conf", {"user.xconan:abi": "linux_aarch64-2"}, ["user.xconan:abi"]),
        ("conf", {"tools.gnu:host_triplet": "!"}, ["tools.gnu:host_triplet"]),
        ("build_env", "CC=/usr/bin/gcc\nlz4/*:CXX=clang++", ["CC", "lz4/*:CXX"]),
    ],
)
def test_what_may_not(section: str, values: Any, keys: list[str]) -> None:  # noqa: ANN401 - as Conan has it
    assert found(**{section: values}) == keys


@pytest.mark.parametrize(
    ("section", "key"),
    [
        *(("settings", name) for name in (
            "os", "os.version", "arch", "compiler", "compiler.version", "compiler.libcxx", "compiler.runtime",
            "compiler.runtime_type", "compiler.threads", "compiler.exception",
        )),
        *(("conf", name) for name in (
            "tools.build:sysroot", "tools.build.cross_building:cross_build", "tools.gnu:host_triplet",
            "tools.cmake.cmaketoolchain:system_name", "tools.cmake.cmaketoolchain:system_processor",
            "tools.cmake.cmaketoolchain:toolchain_file", "tools.apple:sdk_path", "user.xconan:abi",
        )),
    ],
)  # fmt: skip
def test_everything_that_the_toolchain_decides(section: str, key: str) -> None:
    changes: dict[str, Any] = {section: {key: "theirs"}}
    assert found(**changes) == [key]


def test_build_type_of_the_project_alone() -> None:
    of_project = {"&": {"build_type": "Debug"}, "*/*": {"build_type": "Release"}}
    assert found(package_settings=of_project) == ["&:build_type"]
    assert found("Debug", package_settings=of_project) == []


def test_build_type_of_the_project() -> None:
    assert found("Debug", settings={"build_type": "Debug"}) == []
    assert found("Debug") == []  # the profile leaves it to the project


LIST = "tools.info.package_id:confs"
CHAIN = "tools.cmake.cmaketoolchain:user_toolchain"
COMPILERS = "tools.build:compiler_executables"


@pytest.mark.parametrize(
    ("section", "values", "remedy"),
    [
        ("conf", {LIST: ["x"]}, f"append to it: {LIST}+=[…]"),
        ("conf", {CHAIN: ["/y"]}, f"append to it: {CHAIN}+=[…]"),
        ("conf", {COMPILERS: {"c": "/y"}}, "take the toolchain's languages out of it"),
        ("conf", {f"lz4/*:{COMPILERS}": {"c": "/y"}}, "take the toolchain's languages out of it"),
        ("settings", {"build_type": "Debug"}, "set cmake.build_type as the profile has it"),
        ("settings", {"arch": "x86"}, "take it out of the profile"),
        ("conf", {"tools.build:sysroot": "/y"}, "take it out of the profile"),
        ("build_env", "CC=/y", "take it out of the profile"),
        ("conf", {"tools.meson.mesontoolchain:extra_machine_files": ["/y"]},
         "take it out of the profile; flags go into tools.build:cflags"),
        ("conf", {"tools.cmake.cmaketoolchain:enabled_blocks": ["compilers"]},
         "take it out of the profile, or name these blocks too: compilers, extra_variables, generic_system, user_tool"),
    ],
)  # fmt: skip
def test_remedy(section: str, values: Any, remedy: str) -> None:  # noqa: ANN401 - as Conan has it
    changed = values if isinstance(values, str) else {**DERIVED[section], **values}  # type: ignore[dict-item]
    (one,) = contradictions(DERIVED, {**DERIVED, section: changed}, "Release")
    assert one["hint"].startswith(remedy)


@pytest.mark.parametrize("key", [LIST, CHAIN, COMPILERS, f"lz4/*:{COMPILERS}"])
def test_value_that_is_no_list_or_table(key: str) -> None:
    assert found(conf={key: "text"}) == [key]


def test_compiler_of_fortran() -> None:
    derived = {**DERIVED, "conf": {**CONF, COMPILERS: {**EXECUTABLES, "fortran": "/x/gfortran"}}}
    said = {**derived, "build_env": "FC=/x/gfortran\nlz4/*:FC=/y/gfortran"}
    (one,) = contradictions(derived, said, "Release")
    assert (one["key"], one["profile"], one["toolchain"]) == ("lz4/*:FC", "/y/gfortran", "/x/gfortran")
    assert found(build_env="FC=/y/gfortran") == []  # of a toolchain that has none, it is the user's affair


CONFIGURE, MESON = "tools.gnu:extra_configure_args", "tools.meson.mesontoolchain:extra_variables"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        (CONFIGURE, ["--disable-nls", "CC=/x/gcc", "--host=aarch64-linux-gnu"], []),
        (CONFIGURE, ["CC=/y/gcc"], [f"{CONFIGURE}: CC"]),
        (f"&:{CONFIGURE}", ["CXX=clang++", "--host=arm-linux"], [f"&:{CONFIGURE}: CXX", f"&:{CONFIGURE}: --host"]),
        (MESON, {"project_options": {"x": 1}, "binaries": {"c": "/x/gcc", "swig": "/y/swig"}}, []),
        (MESON, {"binaries": {"cpp": "/y/g++"}, "properties": {"sys_root": "/"}},
         [f"{MESON}: binaries.cpp", f"{MESON}: properties.sys_root"]),
        ("&:tools.cmake:configure_args", ["--toolchain", "/y/t.cmake"], ["&:tools.cmake:configure_args"]),
        ("tools.cmake:configure_args", ["-DX=1", "--fresh"], []),
    ],
)  # fmt: skip
def test_what_build_systems_are_told(key: str, value: object, said: list[str]) -> None:
    assert found(conf={key: value}) == said


HOSTS = [
    ("aarch64-linux-gnu", "aarch64-unknown-linux-gnu", True),
    ("aarch64-linux-gnu", "arm64-linux", True),
    ("arm-linux-gnueabihf", "armv7l-unknown-linux-gnueabihf", True),
    ("arm-linux-gnueabihf", "arm-linux-gnueabi", False),
    ("x86_64-linux-gnu", "x86_64-pc-linux-gnux32", False),
    ("x86_64-linux-gnu", "x86_64-linux-musl", False),
    ("aarch64-linux-gnu", "x86_64-linux-gnu", False),
    ("aarch64-apple-darwin", "arm64-apple-darwin20.1", True),
    ("x86_64-w64-mingw32", "x86_64-pc-windows-msvc", False),
]


@pytest.mark.parametrize(("ours", "theirs", "same"), HOSTS)
def test_a_host_by_another_spelling(ours: str, theirs: str, same: bool) -> None:  # noqa: FBT001
    derived = {**DERIVED, "conf": {**CONF, "tools.gnu:host_triplet": ours}}
    composed = {**derived, "conf": {**CONF, "tools.gnu:host_triplet": ours, f"z/*:{CONFIGURE}": [f"--host={theirs}"]}}
    said = [one["key"] for one in contradictions(derived, composed, "Release")]
    assert said == ([] if same else [f"z/*:{CONFIGURE}: --host"])


@pytest.mark.parametrize(
    ("section", "values", "said"),
    [
        ("conf", {CONFIGURE: ["CC=host-gcc"]}, []),
        ("conf", {CONFIGURE: ["CC=ccache host-gcc", "CXX=other-g++"]}, [f"{CONFIGURE}: CXX"]),
        ("conf", {CONFIGURE: ["CC=host-gcc -m32"]}, [f"{CONFIGURE}: CC"]),
        ("conf", {CONFIGURE: ["CC="]}, [f"{CONFIGURE}: CC"]),
        ("conf", {MESON: {"binaries": {"c": ["ccache", "host-gcc"], "cpp": "host-g++"}}}, []),
        ("conf", {MESON: {"binaries": {"c": ["ccache", "other-gcc"]}}}, [f"{MESON}: binaries.c"]),
        ("conf", {MESON: {"binaries": {"cpp": "host-gcc"}}}, [f"{MESON}: binaries.cpp"]),  # a link to the same file
        ("conf", {COMPILERS: {"c": "host-gcc", "cpp": "host-g++"}}, []),
        ("build_env", "CC=host-gcc\nCPP=host-gcc -E\nCXX=other-g++", ["CXX"]),
    ],
)
def test_a_compiler_by_another_spelling(
    section: str, values: Any, said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch  # noqa: ANN401
) -> None:  # fmt: skip
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("host-gcc", "other-gcc", "other-g++"):
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    (folder / "host-g++").symlink_to("host-gcc")
    (tmp_path / "link").symlink_to("bin")
    monkeypatch.setenv("PATH", str(tmp_path / "link"))
    conf = {**CONF, COMPILERS: {"c": str(folder / "host-gcc"), "cpp": str(folder / "host-g++")}}
    composed = {**DERIVED, "conf": conf, section: values if isinstance(values, str) else {**conf, **values}}
    assert [one["key"] for one in contradictions({**DERIVED, "conf": conf}, composed, "Release")] == said


GONE = f"{MESON}: binaries.fortran"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        (MESON, {"binaries": {"swig": "/y"}}, [GONE]),  # by = and *= alike: Conan merges no deeper than sections
        (MESON, {"project_options": {"x": 1}}, [GONE]),
        (MESON, {"binaries": "/y"}, [GONE]),
        (MESON, "!", [GONE]),
        (MESON, {"binaries": {"swig": "/y", "fortran": "/x/gfortran"}}, []),
        (MESON, {"binaries": {"swig": "/y", "fortran": "/y/gfortran"}}, [GONE]),
        (f"z/*:{MESON}", {"binaries": {"swig": "/y"}}, [f"z/*:{GONE}"]),
        (f"z/*:{MESON}", {"project_options": {"x": 1}}, []),
        (f"z/*:{MESON}", "!", [f"z/*:{GONE}"]),
    ],
)
def test_fortran_that_a_profile_takes_from_meson(key: str, value: object, said: list[str]) -> None:
    fortran = {COMPILERS: {**EXECUTABLES, "fortran": "/x/gfortran"}, MESON: {"binaries": {"fortran": "/x/gfortran"}}}
    derived = {**DERIVED, "conf": {**CONF, **fortran}}
    composed = {**derived, "conf": {**CONF, **fortran, key: value}}
    facts = list(contradictions(derived, composed, "Release"))
    assert [one["key"] for one in facts] == said
    assert all(one["hint"] for one in facts)
    assert not list(contradictions(derived, derived, "Release"))


def test_how_fortran_is_kept_for_meson() -> None:
    derived = {**DERIVED, "conf": {**CONF, MESON: {"binaries": {"fortran": "/x/gfortran"}}}}
    composed = {**derived, "conf": {**CONF, MESON: {"binaries": {"swig": "/y"}}}}
    (one,) = contradictions(derived, composed, "Release")
    assert (one["profile"], one["toolchain"]) == ("nothing", "/x/gfortran")
    assert one["hint"] == (
        "name it there too: 'fortran': '/x/gfortran' in 'binaries'; "
        f"or write {MESON}*={{…}} without 'binaries', whose programs may be found on PATH"
    )


def test_sections_that_are_not_there() -> None:
    assert list(contradictions({}, {}, "Release")) == []
    (one,) = contradictions({}, {"conf": {"tools.build:sysroot": "/y"}}, "Release")
    assert (one["profile"], one["toolchain"]) == ("/y", "nothing")


def test_both_sides_are_shown() -> None:
    composed = {**DERIVED, "settings": {**SETTINGS, "compiler.version": "11"}}
    (one,) = contradictions(DERIVED, composed, "Release")
    assert (one["profile"], one["toolchain"]) == ("11", "12")
    assert one["hint"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (COMPILERS, ["c", "cpp"]),
        (LIST, {"user.xconan:abi": True}),
        (CHAIN, {"/x/t.cmake": True}),
        ("user.xconan:abi", {}),
        ("user.xconan:abi", []),
    ],
)
def test_list_in_place_of_a_table(key: str, value: object) -> None:
    assert found(conf={key: value}) == [key]


def test_compiler_of_a_profile_that_names_none() -> None:
    assert list(contradictions({}, {"build_env": "CC=/y/cc"}, "Release")) == []


WORDS = ("-march=armv8.2-a", "-mcpu=cortex-a72", "--sysroot=/sys", "-O2")
# what a profile, -c or global.conf may say of the machine -> what is shown of both sides; () where it is right
MACHINES: list[tuple[str, Any, tuple[str, ...]]] = [
    ("conf", {"tools.build:cflags": ["-O3", "-DMINE", "-Wall", "-mtune=cortex-a53"]}, ()),
    ("conf", {"tools.build:cflags": ["-march=armv8.2-a", "--sysroot", "/sys"]}, ()),
    ("conf", {"tools.build:cxxflags": ["-march=armv7-a"]}, ("-march=armv7-a", "-march=armv8.2-a")),
    ("conf", {"lz4/*:tools.build:cflags": ["-mcpu=native"]}, ("-mcpu=native", "-mcpu=cortex-a72")),
    ("conf", {"tools.build:cflags": ["-mfloat-abi=soft"]}, ("-mfloat-abi=soft", "nothing")),
    ("conf", {"tools.build:asmflags": ["-mfpu=neon"]}, ("-mfpu=neon", "nothing")),
    ("conf", {"tools.build:sharedlinkflags": ["-m32"]}, ("-m32", "nothing")),
    ("conf", {"tools.build:cflags": ["-O3 -march=armv9-a"]}, ("-march=armv9-a", "-march=armv8.2-a")),
    ("conf", {"tools.build:cflags": ["-march=armv8.2-a -O3"]}, ()),
    ("conf", {"tools.build:asmflags": ["-Wa,-g,-march=armv9-a"]}, ("-march=armv9-a", "-march=armv8.2-a")),
    ("conf", {"tools.build:cflags": ["-Xassembler", "-march=armv9-a"]}, ("-march=armv9-a", "-march=armv8.2-a")),
    ("conf", {"tools.build:cflags": ["-Wp,-D_TIME_BITS=64"]}, ("-D_TIME_BITS=64", "nothing")),
    ("conf", {"tools.build:sharedlinkflags": ["-Wl,-O1,--sysroot=/other"]}, ("--sysroot=/other", "--sysroot=/sys")),
    ("conf", {"tools.build:sharedlinkflags": ["-Wl,-O1,-soname,x", "-Xlinker", "--gc-sections"]}, ()),
    ("conf", {"tools.build:cflags": ["-Xclang", "-target-cpu", "-Xclang", "a53"]},
     ("-target-cpu a53", "-mcpu=cortex-a72")),
    ("conf", {"tools.build:cflags": ["-Xclang", "-target-feature", "-Xclang", "+sve"]},
     ("-target-feature +sve", "nothing")),
    ("conf", {"tools.build:cflags": ["@words.rsp"]}, ("@words.rsp", "nothing")),
    ("conf", {"tools.build:sharedlinkflags": ["-Wl,@words.rsp"]}, ("@words.rsp", "nothing")),
    ("conf", {"tools.build:exelinkflags": ["-target", "x86_64-linux-gnu"]}, ("-target x86_64-linux-gnu", "nothing")),
    ("conf", {"tools.build:cflags": ["--sysroot=/other"]}, ("--sysroot=/other", "--sysroot=/sys")),
    ("conf", {"tools.build:cflags": ["-isysroot", "/other"]}, ("-isysroot /other", "--sysroot=/sys")),
    ("conf", {"tools.build:cflags": ["--gcc-toolchain=/opt"]}, ("--gcc-toolchain=/opt", "nothing")),
    ("conf", {"tools.build:cxxflags": ["-stdlib=libc++"]}, ("-stdlib=libc++", "nothing")),
    ("conf", {"tools.build:cxxflags": ["-stdlib=libstdc++"]}, ()),
    ("conf", {"tools.build:defines": ["_GLIBCXX_USE_CXX11_ABI=0"]}, ("-D_GLIBCXX_USE_CXX11_ABI=0", "nothing")),
    ("conf", {"tools.build:defines": ["_GLIBCXX_USE_CXX11_ABI=1"]}, ()),
    ("conf", {"tools.gnu:extra_configure_args": ["CFLAGS=-g -mcpu=a53"]}, ("-mcpu=a53", "-mcpu=cortex-a72")),
    ("conf", {"tools.cmake:configure_args": ["-DCMAKE_C_COMPILER:FILEPATH=/y/gcc"]}, ("/y/gcc", "/x/gcc")),
    ("conf", {"tools.cmake:configure_args": ["-DCMAKE_C_FLAGS=-m32", "-DX=1"]}, ("-m32", "nothing")),
    ("conf", {"tools.cmake:configure_args": ["CMAKE_SYSROOT=/y"]}, ()),  # no definition
    ("conf", {"tools.cmake.cmaketoolchain:extra_variables": {"CMAKE_SYSROOT": "/y"}}, ("/y", "nothing")),
    ("conf", {"tools.cmake.cmaketoolchain:extra_variables": {"MINE": "y"}}, ()),
    ("conf", {"tools.cmake.cmaketoolchain:extra_variables": {"MINE": "-m32", "MY_CFLAGS": "-m32"}}, ()),
    ("conf", {"tools.gnu:extra_configure_args": ["--with-words=-m32", "MY=-m32"]}, ()),
    ("conf", {"tools.cmake.cmaketoolchain:enabled_blocks": ["generic_system"]},
     ("['generic_system']", "['compilers', 'extra_variables', 'generic_system', 'user_toolchain']")),
    ("conf", {"tools.meson.mesontoolchain:extra_machine_files": ["/y/m.ini"]}, ("['/y/m.ini']", "nothing")),
    ("build_env", "CFLAGS=-march=armv9-a", ("-march=armv9-a", "-march=armv8.2-a")),
    ("build_env", "lz4/*:LDFLAGS=+-m32", ("-m32", "nothing")),
    ("build_env", "CXXFLAGS+=-fshort-wchar", ("-fshort-wchar", "nothing")),
    ("build_env", "CFLAGS+=-g3 -fno-omit-frame-pointer", ()),
    ("build_env", "CPP=gcc -E", ("gcc -E", "/x/gcc -E")),
    ("build_env", "CPP=/x/gcc -E", ()),
    ("build_env", "CC=/x/gcc\nCC+=-march=armv9-a", ("-march=armv9-a", "-march=armv8.2-a")),
    ("build_env", "lz4/*:CXX=+-mcpu=cortex-a76", ("-mcpu=cortex-a76", "-mcpu=cortex-a72")),
    ("build_env", "lz4/*:CPP+=(sep=;)-m32", ("-m32", "nothing")),
    ("build_env", "CC+=-g -march=armv8.2-a\nCXX=+ccache", ()),
    ("build_env", "MAKEFLAGS=-k CFLAGS=-O2\\ -march=armv9-a", ("-march=armv9-a", "-march=armv8.2-a")),
    ("build_env", "lz4/*:GNUMAKEFLAGS+=CFLAGS+=-m32", ("-m32", "nothing")),
    ("build_env", "MAKEFLAGS=CC:=gcc -j3", ("gcc", "/x/gcc")),
    ("build_env", "MAKEFLAGS=--eval=CFLAGS=-m32", ("-m32", "nothing")),
    ("build_env", "MAKEFLAGS=--eval=override\\ CC:=gcc", ("gcc", "/x/gcc")),
    ("build_env", "lz4/*:MAKEFILES=/y/more.mk", ("/y/more.mk", "nothing")),
    ("build_env", "CMAKE_C_COMPILER_LAUNCHER=/y/board.sh", ("/y/board.sh", "nothing")),
    ("build_env", "lz4/*:CMAKE_CXX_LINKER_LAUNCHER+=env;ccache;/y/l.sh", ("env;ccache;/y/l.sh", "nothing")),
    ("build_env", "CMAKE_C_COMPILER_LAUNCHER=/usr/bin/cmake;-E;env;CCACHE_DIR=/c;/usr/bin/ccache", ()),
    ("build_env", "CMAKE_CXX_COMPILER_LAUNCHER=!", ()),
    ("conf", {"tools.cmake.cmaketoolchain:extra_variables": {"CMAKE_C_COMPILER_LAUNCHER": "/y/l.sh"}},
     ("/y/l.sh", "nothing")),
    ("conf", {"tools.cmake.cmaketoolchain:extra_variables": {"CMAKE_CXX_COMPILER_LAUNCHER": "sccache"}}, ()),
    ("conf", {"tools.cmake:configure_args": ["-DCMAKE_C_COMPILER_LAUNCHER=/y/l.sh"]}, ("/y/l.sh", "nothing")),
    ("build_env", "FC+=-march=armv9-a", ()),  # no Fortran of the toolchain's: the user's affair, as FC=… is
    ("build_env", "MAKEFLAGS=-j3 CC=/x/gcc CFLAGS=-O3 V=1", ()),
]  # fmt: skip


@pytest.mark.parametrize(("section", "values", "sides"), MACHINES)
def test_another_machine(section: str, values: Any, sides: tuple[str, ...]) -> None:  # noqa: ANN401 - as Conan has it
    said = values if isinstance(values, str) else {**CONF, **values}
    composed = {**DERIVED, section: said}
    shown = [(one["profile"], one["toolchain"]) for one in contradictions(DERIVED, composed, "Release", WORDS)]
    assert shown == ([sides] if sides else [])


def test_a_compiler_that_a_profile_unsets() -> None:
    derived = {**DERIVED, "build_env": "CC=/x/gcc"}
    composed = {**DERIVED, "build_env": "CC=/x/gcc\nlz4/*:CC=!\nCXX=!"}
    (one,) = contradictions(derived, composed, "Release")
    assert (one["key"], one["profile"], one["toolchain"]) == ("lz4/*:CC", "nothing", "/x/gcc")


def test_flags_in_files(tmp_path: Path) -> None:
    """Of @FILE and --config, which may name further ones; what can't be read from anywhere is refused."""
    (tmp_path / "outer").write_text(f"# first\n-O2\n'@{tmp_path}/inn er'\n", "utf-8")
    (tmp_path / "inn er").write_text("-Wall -march=armv9-a\n", "utf-8")
    (tmp_path / "itself").write_text(f"@{tmp_path}/itself -m32", "utf-8")
    (tmp_path / "same").write_text("-march=armv8.2-a", "utf-8")

    def shown(*words: str) -> list[str]:
        composed = {**DERIVED, "conf": {**CONF, "tools.build:cflags": [*words]}}
        return [one["profile"] for one in contradictions(DERIVED, composed, "Release", WORDS)]

    assert shown(f"@{tmp_path}/outer") == ["-march=armv9-a"]
    assert shown(f"--config={tmp_path}/outer") == shown("--config", f"{tmp_path}/outer") == ["-march=armv9-a"]
    assert shown(f"@{tmp_path}/itself") == [f"@{tmp_path}/itself", "-m32"]
    assert shown(f"-Wa,@{tmp_path}/outer") == ["-march=armv9-a"]
    (tmp_path / "beside").write_text("'@inn er'", "utf-8")
    assert shown(f"--config={tmp_path}/beside") == ["-march=armv9-a"]  # as clang; gcc looks where it is called
    assert shown(f"@{tmp_path}/beside") == ["@inn er"]
    assert shown(f"@{tmp_path}/same", "-g") == []
    for other in ("@/no/such", f"@{tmp_path}", "@/dev/zero", "@same"):
        assert shown(other) == [other]
    assert shown("--config", "board.cfg") == ["--config board.cfg"]


def test_remedy_of_a_file_that_nobody_can_read() -> None:
    composed = {**DERIVED, "conf": {**CONF, "tools.build:cflags": ["@words.rsp"]}}
    (one,) = contradictions(DERIVED, composed, "Release")
    assert one["hint"].startswith("name the file by its absolute path, not @words.rsp")
    composed["conf"]["tools.build:cflags"] = ["@/no/words.rsp"]  # type: ignore[index]
    (one,) = contradictions(DERIVED, composed, "Release")
    assert one["hint"].startswith("check the path /no/words.rsp")


def test_make_in_place_of_ninja() -> None:
    """Conan has CMake call it, whatever the generator is."""
    key = "tools.gnu:make_program"
    derived = {**DERIVED, "conf": {**CONF, "tools.cmake.cmaketoolchain:generator": "Ninja"}}

    def said(**changes: str) -> list[str]:
        composed = {**derived, "conf": {**derived["conf"], **changes}}  # type: ignore[dict-item]
        return [one["key"] for one in contradictions(derived, composed, "Release")]

    assert said(**{key: "/usr/bin/make"}) == [key]
    assert said(**{f"&:{key}": "/usr/bin/make"}) == [f"&:{key}"]
    assert said(**{f"mak/*:{key}": "/usr/bin/make"}) == said(**{key: "/y/ninja"}) == []
    assert found(conf={key: "/usr/bin/make"}) == []


def test_variables_of_cmake_that_a_profile_takes_away() -> None:
    key = "tools.cmake.cmaketoolchain:extra_variables"
    derived = {**DERIVED, "conf": {**CONF, key: {"CMAKE_C_COMPILER": "/x/gcc"}}}
    composed = {**DERIVED, "conf": {**CONF, key: {"MINE": "y"}}}
    (one,) = contradictions(derived, composed, "Release")
    assert (one["key"], one["hint"]) == (key, f"add to it: {key}*={{…}}")
    both = {**DERIVED, "conf": {**CONF, key: {"MINE": "y", "CMAKE_C_COMPILER": "/x/gcc"}}}
    assert not list(contradictions(derived, both, "Release"))
    assert not list(contradictions(derived, derived, "Release"))


def test_what_makes_the_same_machine_may_be_said_of_cmake() -> None:
    facts = {
        "tools.cmake.cmaketoolchain:system_name": "Linux",
        "tools.cmake.cmaketoolchain:system_processor": "aarch64",
        "tools.build:sysroot": "/sys",
    }
    derived = {**DERIVED, "conf": {**CONF, **facts}}
    values = {"CMAKE_SYSTEM_NAME": "Linux", "CMAKE_SYSTEM_PROCESSOR": "aarch64", "CMAKE_SYSROOT": "/sys"}

    def said(values: dict[str, str]) -> list[str]:
        words = [f"-D{name}={value}" for name, value in values.items()]
        composed = {**DERIVED, "conf": {**CONF, **facts, "tools.cmake:configure_args": words}}
        return [one["toolchain"] for one in contradictions(derived, composed, "Release")]

    assert said(values) == []
    assert said(dict.fromkeys(values, "other")) == ["Linux", "aarch64", "/sys"]
