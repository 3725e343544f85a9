"""The profiles for Conan."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.data.make_probes import CLANG_TAGS, EMSCRIPTEN_TAGS, GCC_TAGS, MINGW_TAGS, ZIG_TAGS
from tests.support import facts
from xconan.build_machine.tools import Tool
from xconan.ground.errors import ToolchainError
from xconan.host.platforms import parse_platform, table
from xconan.plan import platform_tools
from xconan.project.config.conan_table import ConanConfig
from xconan.render import profile as render

if TYPE_CHECKING:
    from tests.support.golden import Golden

# every shipped profile
PLATFORMS = [
    *(("gcc", tag) for tag in (*GCC_TAGS, *MINGW_TAGS)),
    *(("clang", tag) for tag in CLANG_TAGS),
    *(("zig", tag) for tag in ZIG_TAGS),
    *(("emscripten", tag) for tag in EMSCRIPTEN_TAGS),
]


def profile(tag: str, **changes: object) -> str:
    platform = parse_platform(tag)
    toolchain = replace(facts.toolchain_for(platform), **changes)  # type: ignore[arg-type]
    return render.HostProfile(platform=platform, toolchain=toolchain, tools=platform_tools(facts.machine())).text()


@pytest.mark.parametrize(("compiler", "tag"), PLATFORMS)
def test_host_profile(compiler: str, tag: str, compare_golden: Golden) -> None:
    platform = parse_platform(tag)
    by_debians_gcc = (compiler, platform.os) == ("gcc", "linux")
    toolchain = facts.toolchain(platform.arch.name if by_debians_gcc else f"{compiler}/{tag}")
    text = render.HostProfile(platform=platform, toolchain=toolchain, tools=platform_tools(facts.machine())).text()
    compare_golden(f"profiles/{compiler}/{tag}.profile", text)


def test_no_profile_is_left_over() -> None:
    kept = {(path.parent.name, path.stem) for path in Path(__file__).parents[3].glob("profiles/*/*.profile")}
    assert kept == set(PLATFORMS)


def test_every_row_of_the_table_has_its_profiles() -> None:
    """One for each toolchain by name that reaches it; and Debian's gcc by a toolchain file makes ARMv6's code."""
    shown = {(parse_platform(tag).os, parse_platform(tag).arch.name, name) for name, tag in PLATFORMS}
    rows = {(os, arch.name, name) for os, arches in table().items() for arch in arches.values()
            for name in arch.toolchains} | {("linux", "armv6l", "gcc")}  # fmt: skip
    assert shown == rows


@pytest.mark.parametrize(
    ("compiler", "version", "expected"),
    [
        ("GNU", "12.2.0", ["compiler=gcc", "compiler.version=12"]),
        ("GNU", "4.9.2", ["compiler=gcc", "compiler.version=4.9"]),
        ("Clang", "17.0.6", ["compiler=clang", "compiler.version=17"]),
        ("Clang", "7.0.1", ["compiler=clang", "compiler.version=7.0"]),
        ("AppleClang", "15.0.0.15000040", ["compiler=apple-clang", "compiler.version=15"]),
    ],
)
def test_compiler(compiler: str, version: str, expected: list[str]) -> None:
    compilers = {
        name: replace(one, id=compiler, version=version) for name, one in facts.toolchain("aarch64").compilers.items()
    }
    assert set(expected) <= set(profile("linux_aarch64", compilers=compilers).splitlines())


def test_compiler_that_conan_does_not_know() -> None:
    compilers = {name: replace(one, id="TinyCC") for name, one in facts.toolchain("aarch64").compilers.items()}
    with pytest.raises(ToolchainError, match="TinyCC"):
        profile("linux_aarch64", compilers=compilers)


@pytest.mark.parametrize(
    ("sysroot", "flags", "told"),
    [
        ("/sys", "--sysroot=/sys -O1", True),
        ("/opt/sys-1.0/ü", "", True),
        ("/sys root", "'--sysroot=/sys root'", False),
        ("/sys;root", "", False),
        ("/sys", "--sysroot=/sys --sysroot=/other", False),  # which is the one that counts
        ("/sys", "--sysroot=/sys -isysroot /other", False),
    ],
)
def test_sysroot_that_conan_says_again(sysroot: str, flags: str, told: bool) -> None:  # noqa: FBT001
    compilers = {name: replace(one, flags=flags) for name, one in facts.toolchain("aarch64").compilers.items()}
    lines = profile("linux_aarch64", compilers=compilers, variables={"CMAKE_SYSROOT": sysroot}).splitlines()
    assert (f"tools.build:sysroot={sysroot}" in lines) is told


def test_flags_and_sysroot() -> None:
    compilers = {
        name: replace(one, flags='-O1 -DX="a b"', script=f"/scripts/{name}", behind="gcc" if name == "C" else "")
        for name, one in facts.toolchain("aarch64").compilers.items()
    }
    variables = {"CMAKE_SYSROOT": "/sys root", "CMAKE_AR": "/x y/ar"}
    lines = profile("linux_aarch64", compilers=compilers, variables=variables, included=Path("/scripts/t.cmake"))
    assert 'tools.build:compiler_executables={"c": "/scripts/C", "cpp": "/scripts/CXX"}' in lines
    assert "flags=" not in lines  # where a `=` of a user's profile would replace them
    variables_of_cmake = re.search(r"extra_variables\*=(.*)", lines)
    assert variables_of_cmake
    assert json.loads(variables_of_cmake[1]) == {
        "CMAKE_C_COMPILER": compilers["C"].path,
        "CMAKE_C_COMPILER_ARG1": "gcc",
        "CMAKE_CXX_COMPILER": compilers["CXX"].path,
    }
    assert "tools.build:sysroot" not in lines  # Conan has no quotes for it
    assert "\nAR=/x y/ar\n" in lines
    assert 'tools.cmake.cmaketoolchain:user_toolchain=+["/scripts/t.cmake"]' in lines


def test_c_alone() -> None:
    compilers = {"C": facts.toolchain("aarch64").compilers["C"]}
    text = profile("linux_aarch64", compilers=compilers, cppstd=None, libcxx=None)
    assert '"cpp"' not in text
    assert "cppstd" not in text


@pytest.mark.parametrize(("version", "there"), [("3.31.2", False), ("4.0.0", True)])
def test_old_projects_configure_with_cmake_4(version: str, *, there: bool) -> None:
    tools = [("cmake", Tool(path=Path("/cmake"), version=version))]
    toolchain = facts.toolchain("aarch64")
    text = render.HostProfile(platform=parse_platform("linux_aarch64"), toolchain=toolchain, tools=tools).text()
    assert ("CMAKE_POLICY_VERSION_MINIMUM=3.5" in text) is there
    assert f"cmake/{version}" in text


def abi(tag: str, **changes: object) -> str:
    platform = parse_platform(tag)
    toolchain = replace(facts.toolchain_for(platform), **changes)  # type: ignore[arg-type]
    return render.abi_identity(platform, toolchain)


@pytest.mark.parametrize(("flags", "ar"), [("-O2 -flto=auto", "gcc-ar"), ("-O2", "ar")])
def test_archiver_for_link_time_optimization(flags: str, ar: str) -> None:
    """Plain ar finds no names in such objects, unless a plugin is where it looks."""
    found = facts.toolchain("aarch64")
    variables = {**found.variables, "CMAKE_AR": "/x/ar", "CMAKE_C_COMPILER_AR": "/x/gcc-ar"}
    compilers = {name: replace(one, flags=flags) for name, one in found.compilers.items()}
    profile = render.HostProfile(platform=parse_platform("linux_aarch64"), toolchain=replace(
        found, variables=variables, compilers=compilers))  # fmt: skip
    assert f"AR=/x/{ar}" in profile.sections()["buildenv"]


@pytest.mark.parametrize("flags", ["", "-DF=1"])
def test_fortran(flags: str) -> None:
    """By all names that build systems have for it; flags of its own alone are another library."""
    found = facts.toolchain("aarch64")
    fortran = replace(found.compilers["C"], path="/x/gfortran", flags=flags, script="", identity="")
    with_it = replace(found, compilers={**found.compilers, "Fortran": fortran})
    platform = parse_platform("linux_aarch64")
    sections = render.HostProfile(platform=platform, toolchain=with_it).sections()
    assert {f"{name}=/x/gfortran" for name in ("FC", "F77", "F90")} <= {*sections["buildenv"]}
    assert 'tools.meson.mesontoolchain:extra_variables*={"binaries": {"fortran": "/x/gfortran"}}' in sections["conf"]
    assert (render.abi_identity(platform, with_it) == render.abi_identity(platform, found)) == (not flags)


def test_a_compiler_for_another_machine_than_it_says() -> None:
    """`gcc -m32 -dumpmachine` says x86_64, for which configure scripts would choose assembly."""
    profile = render.HostProfile(platform=parse_platform("linux_i686"), toolchain=facts.toolchain("x86_64"))
    assert "tools.gnu:host_triplet=i686-linux-gnu" in profile.sections()["conf"]


def test_what_is_lacking_is_refused() -> None:
    refused = replace(facts.toolchain("aarch64"), refused=(("LD", "/c/ld"), ("FC", "/c/gfortran")))
    sections = render.HostProfile(platform=parse_platform("linux_aarch64"), toolchain=refused).sections()
    assert {"LD=/c/ld", "FC=/c/gfortran"} <= {*sections["buildenv"]}
    assert "fortran" not in str(sections["conf"])  # where a user may name one


def test_abi_identity() -> None:
    plain = abi("manylinux_2_17_aarch64")
    moved = Path("/elsewhere/aarch64-linux-gnu.cmake")
    assert plain.startswith("manylinux_2_17_aarch64-")
    assert abi("manylinux_2_17_aarch64", file=moved) == plain
    assert len({plain, abi("manylinux_2_28_aarch64"), abi("linux_aarch64"), abi("manylinux_2_17_armv7l")}) == 4
    assert abi("manylinux_2_17_aarch64", libc_version=(2, 39)) != plain
    compilers = {name: replace(one, flags="-O1") for name, one in facts.toolchain("aarch64").compilers.items()}
    assert abi("manylinux_2_17_aarch64", compilers=compilers) != plain


@pytest.mark.parametrize(
    "linked", [{"exe_flags": "-static-libgcc"}, {"shared_flags": "-static-libstdc++"}, {"libraries": "-latomic"}]
)
def test_what_is_linked_to_cpp_alone(linked: dict[str, str]) -> None:
    """Other than what is linked to C, and than both."""
    found = facts.toolchain("aarch64").compilers
    cxx, c = ({**found, language: replace(found[language], **linked)} for language in ("CXX", "C"))
    ids = {abi("linux_aarch64", compilers=compilers) for compilers in (found, cxx, c, {**cxx, "C": c["C"]})}
    assert len(ids) == 4


def test_libraries_with_other_exceptions_are_others() -> None:
    """Two ways that Emscripten has; a program that mixes them can't be loaded, or can't catch."""
    flags = ("-fexceptions", "-fwasm-exceptions -sSUPPORT_LONGJMP=wasm", "-fPIC")
    toolchain = facts.toolchain("emscripten/emscripten_3_1_6_wasm32")
    found = {
        render.abi_identity(
            parse_platform("emscripten_3_1_6_wasm32"),
            replace(
                toolchain, compilers={name: replace(one, flags=words) for name, one in toolchain.compilers.items()}
            ),
        )
        for words in flags
    }
    assert len(found) == len(flags)


def test_the_cpp_library_is_in_the_id() -> None:
    """Another release of GNU's or LLVM's, which a flag leads to; of a patch release of LLVM's the same."""
    libraries: tuple[dict[str, str], ...] = (
        {"_GLIBCXX_RELEASE": "9", "_GLIBCXX_USE_CXX11_ABI": "1"},
        {"_GLIBCXX_RELEASE": "12", "_GLIBCXX_USE_CXX11_ABI": "1"},
        {"_LIBCPP_VERSION": "180108", "_LIBCPP_ABI_VERSION": "1"},
        {"_LIBCPP_VERSION": "180108", "_LIBCPP_ABI_VERSION": "2"},
        {"_LIBCPP_VERSION": "200100", "_LIBCPP_ABI_VERSION": "1"},
    )
    own = facts.toolchain("aarch64").macros
    assert len({abi("linux_aarch64", macros={**own, **macros}) for macros in libraries}) == len(libraries)
    assert abi("linux_aarch64", macros={**own, **libraries[2]}) == abi(
        "linux_aarch64", macros={**own, **libraries[2], "_LIBCPP_VERSION": "180100"}
    )


def test_abi_identity_of_a_toolchain_that_was_moved() -> None:
    """Flags that name the toolchain's own folder, as `--sysroot=${CMAKE_CURRENT_LIST_DIR}/…` does."""
    found = set()
    for folder in ("/here", "/there"):
        compilers = {
            name: replace(one, flags=f"-B{folder}/lib") for name, one in facts.toolchain("aarch64").compilers.items()
        }
        found.add(abi("linux_aarch64", compilers=compilers, file=Path(folder, "t.cmake")))
    assert len(found) == 1


def test_conanfile() -> None:
    text = render.conanfile_txt(ConanConfig(requires=("lz4/1.9.4", "zlib/[>=1]"), tool_requires=("m4/1.4",)))
    assert "[requires]\nlz4/1.9.4\nzlib/[>=1]\n" in text
    assert "[tool_requires]\nm4/1.4\n" in text
    assert "*:shared=False" in text


def test_pkg_config_stays_out_of_the_build_machine() -> None:
    debians = replace(facts.toolchain("armv7l"), implicit_roots=("/usr/arm-linux-gnueabihf",))
    folders = render.pkg_config_libdir(debians).split(":")
    assert all("arm-linux-gnueabihf" in folder for folder in folders)
    assert render.pkg_config_libdir(replace(debians, variables={"CMAKE_SYSROOT": "/sys"})) == ""
    assert render.pkg_config_libdir(facts.toolchain("armv7l")) == "", "not one of Debian's, whose folders would serve"
