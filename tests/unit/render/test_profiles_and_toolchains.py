"""The texts for Conan, CMake and the shell."""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.data.make_probes import CLANG_TAGS, MINGW_TAGS, ZIG_TAGS
from tests.support import facts
from xconan.build_machine.buildenv import BuildPackage
from xconan.build_machine.tools import Tool
from xconan.ground.errors import ToolchainError
from xconan.host.platforms import parse_platform, table
from xconan.plan import make_plan, platform_tools
from xconan.project.config.records import ConanConfig, WheelConfig
from xconan.project.wheel_tags import wheel_tags
from xconan.project.workspace import Layout
from xconan.render import toolchain as render

if TYPE_CHECKING:
    from tests.support.golden import Golden

# every shipped profile; Debian 12's compilers have glibc 2.36, and no manylinux knows ARMv6
PLATFORMS = [
    *(("gcc", ("linux_" if name == "armv6l" else "manylinux_2_36_") + name) for name in sorted(table()["linux"])),
    *(("gcc", tag) for tag in MINGW_TAGS),
    *(("clang", tag) for tag in CLANG_TAGS),
    *(("zig", tag) for tag in ZIG_TAGS),
]
ONE_ARGUMENT = re.compile(r'\w+\((?:\w+ )*"[^"]*"(?: CACHE \w+ "" FORCE)?\)')
HOSTILE = ["/a b/c", "/ümläut/€", "/it's", '/say "hi"', "/$HOME/${X}", "/a;b", "/back\\slash", "/`id`", "/x#y", "/(x)"]


def profile(tag: str, **changes: object) -> str:
    platform = parse_platform(tag)
    toolchain = replace(facts.toolchain_for(platform), **changes)  # type: ignore[arg-type]
    return render.host_profile(platform, toolchain, platform_tools(facts.machine()), "Release")


@pytest.mark.parametrize(("compiler", "tag"), PLATFORMS)
def test_host_profile(compiler: str, tag: str, compare_golden: Golden) -> None:
    platform = parse_platform(tag)
    by_name = compiler != "gcc" or tag in MINGW_TAGS
    toolchain = facts.toolchain(f"{compiler}/{tag}" if by_name else platform.arch.name)
    text = render.host_profile(platform, toolchain, platform_tools(facts.machine()), "Release")
    compare_golden(f"profiles/{compiler}/{tag}.profile", text)


def test_no_profile_is_left_over() -> None:
    kept = {(path.parent.name, path.stem) for path in Path(__file__).parents[3].glob("profiles/*/*.profile")}
    assert kept == set(PLATFORMS)


def test_every_row_of_the_table_has_a_profile() -> None:
    shown = {(parse_platform(tag).os, parse_platform(tag).arch.name) for _compiler, tag in PLATFORMS}
    rows = {(os, arch.name) for os, arches in table().items() for arch in arches.values() if not arch.parts}
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


def test_flags_and_sysroot() -> None:
    compilers = {
        name: replace(one, flags='-O1 -DX="a b"') for name, one in facts.toolchain("aarch64").compilers.items()
    }
    variables = {"CMAKE_SYSROOT": "/sys root", "CMAKE_EXE_LINKER_FLAGS": " -static-libgcc", "CMAKE_AR": "/x y/ar"}
    lines = profile("linux_aarch64", compilers=compilers, variables=variables, options=(("A", "BOOL", "On"),))
    assert 'tools.build:cflags=["-O1", "-DX=a b"]' in lines
    assert 'tools.build:exelinkflags=["-static-libgcc"]' in lines
    assert "sharedlinkflags" not in lines
    assert "tools.build:sysroot=/sys root" in lines
    assert "\nAR=/x y/ar\n" in lines
    assert 'tools.cmake:configure_args=["-DA:BOOL=On"]' in lines


def test_c_alone() -> None:
    compilers = {"C": facts.toolchain("aarch64").compilers["C"]}
    text = profile("linux_aarch64", compilers=compilers, cppstd=None, libcxx=None)
    assert '"cpp"' not in text
    assert "cppstd" not in text


@pytest.mark.parametrize(("version", "there"), [("3.31.2", False), ("4.0.0", True)])
def test_old_projects_configure_with_cmake_4(version: str, *, there: bool) -> None:
    tools = [("cmake", Tool(path=Path("/cmake"), version=version))]
    toolchain = facts.toolchain("aarch64")
    text = render.host_profile(parse_platform("linux_aarch64"), toolchain, tools, "Release")
    assert ("CMAKE_POLICY_VERSION_MINIMUM=3.5" in text) is there
    assert f"cmake/{version}" in text


def abi(tag: str, **changes: object) -> str:
    platform = parse_platform(tag)
    toolchain = replace(facts.toolchain_for(platform), **changes)  # type: ignore[arg-type]
    return render.abi_identity(platform, toolchain)


def test_abi_identity() -> None:
    plain = abi("manylinux_2_17_aarch64")
    moved = Path("/elsewhere/aarch64-linux-gnu.cmake")
    assert plain.startswith("manylinux_2_17_aarch64-")
    assert abi("manylinux_2_17_aarch64", file=moved) == plain
    assert len({plain, abi("manylinux_2_28_aarch64"), abi("linux_aarch64"), abi("manylinux_2_17_armv7l")}) == 4
    assert abi("manylinux_2_17_aarch64", libc_version=(2, 39)) != plain
    compilers = {name: replace(one, flags="-O1") for name, one in facts.toolchain("aarch64").compilers.items()}
    assert abi("manylinux_2_17_aarch64", compilers=compilers) != plain


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


def outer(tag: str = "cp311-linux_aarch64", *, abi: str = "", dependencies: bool = False, **given: object) -> str:
    host = facts.target(tag, abi=abi)
    changes: dict[str, Any] = dict(given)
    if "packages" in changes:
        changes["machine"] = facts.machine(packages=changes.pop("packages"))
    cmake = changes.pop("cmake", facts.cmake_config())
    wheel = changes.pop("wheel", WheelConfig())
    known = facts.facts(host, **changes)
    assert known.toolchain
    tags = wheel_tags(host, wheel, pure=False)
    return render.outer_toolchain(known, cmake, known.toolchain, tags=tags, dependencies=dependencies, mended=False)


def test_outer_toolchain_includes_the_users_or_conans() -> None:
    assert 'include("/opt/cross/aarch64-linux-gnu.cmake")' in outer()
    assert "aarch64-linux-gnu.cmake" not in outer(dependencies=True)
    assert "dependencies.cmake" in outer(dependencies=True)


def test_older_cmakes_get_a_mended_find_module() -> None:
    old = facts.facts(machine=facts.machine(cmake=Tool(path=Path("/cmake"), version="3.31.0")))
    emptied = facts.facts(machine=facts.machine(cmake=Tool(path=Path("/cmake"), version="4.0.3")))
    newest = facts.facts(facts.target("cp315-linux_aarch64"), cross=facts.cross(native=True))  # wrong stable suffix
    for known, there in (
        (old, True), (emptied, True), (newest, True), (facts.facts(), False),
        (replace(old, cross=facts.cross(native=True)), False),
    ):  # fmt: skip
        plan = make_plan(known)
        assert plan.cmake
        assert ("/modules" in plan.cmake.files["toolchain.cmake"]) is there
        assert ("modules/FindPython.cmake" in plan.cmake.files) is there


def test_pkg_config_stays_out_of_the_build_machine() -> None:
    debians = replace(facts.toolchain("armv7l"), implicit_roots=("/usr/arm-linux-gnueabihf",))
    folders = render.pkg_config_libdir(debians).split(":")
    assert all("arm-linux-gnueabihf" in folder for folder in folders)
    assert render.pkg_config_libdir(replace(debians, variables={"CMAKE_SYSROOT": "/sys"})) == ""
    assert render.pkg_config_libdir(facts.toolchain("armv7l")) == "", "not one of Debian's, whose folders would serve"


def test_python_hints() -> None:
    text = outer(python=facts.python(library=Path("/host/libpython3.11.so")))
    for name in ("Python", "Python3"):
        assert f'set({name}_SOABI "cpython-311-aarch64-linux-gnu" CACHE STRING "" FORCE)' in text
        assert f'set({name}_INCLUDE_DIR "/host/usr/include/python3.11" CACHE PATH "" FORCE)' in text
        assert f'set({name}_LIBRARY "/host/libpython3.11.so" CACHE FILEPATH "" FORCE)' in text
        assert f'set({name}_EXECUTABLE "/src/out/python/bin/python3" CACHE FILEPATH "" FORCE)' in text
    assert 'set(PYTHON_MODULE_EXTENSION ".cpython-311-aarch64-linux-gnu.so" CACHE INTERNAL "" FORCE)' in text
    assert "FIND_ABI" not in text
    assert "CMAKE_CROSSCOMPILING_EMULATOR" in text


def test_python_hints_of_other_hosts() -> None:
    for version, there in (("3.31.0", False), ("4.1.1", False), ("4.1.2", True), ("4.4.0", True)):
        machine = facts.machine(cmake=Tool(path=Path("/cmake"), version=version))
        text = outer("cp313-linux_aarch64", abi="cp313t", machine=machine)
        assert ('set(Python3_FIND_ABI "ANY;ANY;ANY;ON"' in text) is there
    assert 'set(Python3_INTERPRETER_ID "PyPy"' in outer("pp310-linux_aarch64")


@pytest.mark.parametrize(
    ("wheel", "expected"),
    [
        (WheelConfig(), "abi3"),
        (WheelConfig(python_abi="abi3", abi3_minimum_cpython_version=315), "abi3-aarch64-linux-gnu"),
        (WheelConfig(python_abi="abi3t"), "abi3t-aarch64-linux-gnu"),
    ],
)
def test_names_of_stable_modules(wheel: WheelConfig, expected: str) -> None:
    text = outer("cp315-linux_aarch64", wheel=wheel)
    assert f'set(Python_SOSABI "{expected}" CACHE STRING "" FORCE)' in text
    assert f'set(NB_SUFFIX_S ".{expected}.so" CACHE INTERNAL "" FORCE)' in text
    known = facts.facts(facts.target("cp315-linux_aarch64"), project=facts.project(wheel=wheel))
    plan = make_plan(known)
    assert plan.cmake
    scope: dict[str, Any] = {}
    exec(plan.cmake.files["python/site/_xconan_host.py"], scope)  # noqa: S102 - our own text
    assert next(one for one in scope["HOST"]["suffixes"] if one.startswith(".abi")) == f".{expected}.so"
    preload = plan.cmake.files["preload.cmake"]
    assert ("XCONAN_PACKAGE_TARGET_ABI3T" in preload) == (wheel.python_abi == "abi3t")


def test_hints_can_be_left_out() -> None:
    text = outer(cmake=facts.cmake_config(find_python=False))
    assert "set(Python_" not in text
    assert "set(Python3_SOABI" in text
    text = outer(cmake=facts.cmake_config(find_python=False, find_python3=False))
    assert "SOABI" not in text
    assert "PYTHON_MODULE_EXTENSION" not in text


def test_artifacts_prefix() -> None:
    text = outer(cmake=facts.cmake_config(find_python3_build_artifacts_prefix="_BUILD"))
    assert 'set(Python3_BUILD_EXECUTABLE "/src/out/python/bin/build-python" CACHE FILEPATH "" FORCE)' in text
    assert "set(Python3_EXECUTABLE" not in text


def test_packages_with_binaries_are_for_native_builds_alone() -> None:
    package = BuildPackage(
        name="p", prefixes=("/site/p",), modules=("/site/m",), roots=(("P", "/site/r"),), has_binaries=True
    )
    assert "/site/" not in outer(packages=(package,))
    assert 'CMAKE_PREFIX_PATH "/site/p"' in outer(packages=(package,), cross=facts.cross(native=True))
    text = outer(packages=(replace(package, has_binaries=False),))
    assert text.index("/opt/cross/aarch64-linux-gnu") < text.index('CMAKE_FIND_ROOT_PATH "/site/p"')
    assert 'CMAKE_MODULE_PATH "/site/m"' in text
    assert 'set(P_ROOT "/site/r")' in text


def test_conan_s_relaxed_search_modes_are_put_back() -> None:
    text = render.dependencies_cmake(
        toolchain_file="/c/conan_toolchain.cmake", generators="/c", packages=["/p/lz4"],
        toolchain=facts.toolchain("aarch64"), derived_profile=True,
    )  # fmt: skip
    lines = text.splitlines()
    assert lines[0] == 'include("/c/conan_toolchain.cmake")'
    assert 'set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE "ONLY")' in lines
    assert 'list(APPEND CMAKE_FIND_ROOT_PATH "/p/lz4")' in lines
    assert "unset(CMAKE_CXX_STANDARD)" in lines


@pytest.mark.parametrize("text", [*HOSTILE, "two\nlines", "ends\\", "]]", ""])
def test_cmake_reads_what_was_quoted(text: str) -> None:
    assert unquote(render.quote(text)) == text


def unquote(argument: str) -> str:
    """A quoted argument as cmake-language(7) reads it; references are refused."""
    assert argument[0] == argument[-1] == '"'
    out, rest = "", argument[1:-1]
    while rest:
        if rest[0] == "\\":
            assert rest[1] in '\\"$;'
            out, rest = out + rest[1], rest[2:]
        else:
            assert rest[0] not in '"$'
            out, rest = out + rest[0], rest[1:]
    return out


@pytest.mark.parametrize("folder", HOSTILE)
def test_hostile_paths_in_cmake_texts(folder: str) -> None:
    """No text that is made for CMake holds an unescaped reference or quote."""
    toolchain = replace(facts.toolchain("aarch64"), file=Path(folder, "t.cmake"), implicit_roots=(f"{folder}/root",))
    package = BuildPackage(name="p", prefixes=(f"{folder}/p",), modules=(f"{folder}/m",), roots=(("P", folder),))
    text = outer(
        layout=Layout(root=Path(folder)), toolchain=toolchain, packages=(package,),
        python=facts.python(include_dir=Path(folder), pyconfig=Path(folder, "pyconfig.h")),
    )  # fmt: skip
    text += render.preload({"A": ("PATH", folder), "B": ("STRING", folder)})
    text += render.dependencies_cmake(
        toolchain_file=f"{folder}/t", generators=folder, packages=[folder], toolchain=toolchain, derived_profile=False
    )
    allowed = "${CMAKE_CURRENT_LIST_DIR}"
    for line in text.splitlines():
        arguments = line.replace(allowed, "") if not line.startswith("#") else ""
        plain = arguments.replace("\\\\", "").replace('\\"', "").replace("\\$", "")
        assert "$" not in plain, line
        assert '"' not in plain or ONE_ARGUMENT.fullmatch(plain), line


def run(script: Path, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([script, *arguments], env=env, capture_output=True, text=True, check=False)


def executable(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("folder", [name[1:] for name in HOSTILE])
def test_hostile_paths_in_the_interpreter(folder: str, tmp_path: Path) -> None:
    place = tmp_path / folder
    python = executable(place / "py thon", '#!/bin/sh\nprintf "%s\\n" "$PYTHONPATH" "$@"\n')
    machine = facts.machine(python=python, packages=(BuildPackage(name="p", prefixes=(), import_path=str(place)),))
    text = render.interpreter(machine, cross=facts.cross(), layout=Layout(root=place), honest=False)
    done = run(executable(place / "bin" / "python3", text), "a b", "$c", env={"PATH": "/usr/bin:/bin"})
    assert done.stdout.splitlines() == [f"{place}/python/site:{place}", "a b", "$c"], done.stderr


def test_honest_interpreter_keeps_the_users_path(tmp_path: Path) -> None:
    python = executable(tmp_path / "python", '#!/bin/sh\necho "$PYTHONPATH,$_PYTHON_HOST_PLATFORM"\n')
    machine = facts.machine(python=python, packages=(BuildPackage(name="p", prefixes=(), import_path="/shelf"),))
    layout = Layout(root=tmp_path)
    honest = executable(
        tmp_path / "a", render.interpreter(machine, cross=facts.cross(), layout=layout, honest=True)
    )  # fmt: skip
    assert run(honest, env={"PYTHONPATH": "/mine"}).stdout == "/shelf:/mine,\n"
    cross = executable(tmp_path / "b", render.interpreter(machine, cross=facts.cross(), layout=layout, honest=False))
    assert run(cross, env={}).stdout == f"{tmp_path}/python/site:/shelf,linux-aarch64\n"


def test_emulator_runs_the_interpreter_alone(tmp_path: Path) -> None:
    layout = Layout(root=tmp_path / "o ut")
    wrapper = executable(layout.python / "bin" / "python3", '#!/bin/sh\necho wrapped "$@"\n')
    program = executable(tmp_path / "program", "#!/bin/sh\necho ran\n")
    emulator = executable(layout.python / "bin" / "emulator", render.emulator(layout, ""))
    link = tmp_path / "link"
    link.symlink_to(wrapper)
    assert run(emulator, str(wrapper), "a b").stdout == "wrapped a b\n"
    assert run(emulator, str(link), "x").stdout == "wrapped x\n"
    refused = run(emulator, str(program))
    assert (refused.returncode, refused.stdout) == (126, "")
    assert "program of the host" in refused.stderr


def test_emulator_hands_on_to_the_users(tmp_path: Path) -> None:
    layout = Layout(root=tmp_path)
    wrapper = executable(layout.python / "bin" / "python3", "#!/bin/sh\necho wrapped\n")
    users = executable(tmp_path / "qe mu", '#!/bin/sh\nprintf "%s|" "$@"\n')
    emulator = executable(tmp_path / "e", render.emulator(layout, f"{users};-L;/sys root"))
    assert run(emulator, "/prog", "a b").stdout == "-L|/sys root|/prog|a b|"
    assert run(emulator, str(wrapper)).stdout == "wrapped\n"


def test_host_facts_are_python() -> None:
    host = facts.target("cp313-linux_armv7l", abi="cp313t")
    scope: dict[str, dict[str, object]] = {}
    exec(render.host_facts(facts.facts(host), wheel_tags(host, WheelConfig(), pure=False)), scope)  # noqa: S102 - our own text
    found = scope["HOST"]
    assert (found["pointer_size"], found["maxsize"], found["machine"]) == (4, 2**31 - 1, "armv7l")
    assert found["abiflags"] == "t"
    variables = found["sysconfig"]
    assert isinstance(variables, dict)
    assert (variables["Py_GIL_DISABLED"], variables["LDVERSION"], variables["VERSION"]) == (1, "3.13t", "3.13")
    assert variables["MULTIARCH"] == "arm-linux-gnueabihf"
    assert shlex.quote(str(variables["INCLUDEPY"])) == "/host/usr/include/python3.13"


def test_numpys_sizes_are_the_compilers() -> None:
    build = ("NPY_SIZEOF_LONG 8", "NPY_SIZEOF_COMPLEX_LONGDOUBLE 32", "NPY_SIZEOF_OFF_T 8", "NPY_NO_SMP 0")
    assert render.numpy_config("".join(f"#define {line}\n" for line in build)).splitlines() == [
        "#define NPY_SIZEOF_LONG __SIZEOF_LONG__",
        "#define NPY_SIZEOF_COMPLEX_LONGDOUBLE (2 * __SIZEOF_LONG_DOUBLE__)",
        "#define NPY_SIZEOF_OFF_T 8",
        "#define NPY_NO_SMP 0",
    ]
