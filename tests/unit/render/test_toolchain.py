"""The texts that CMake reads in a build."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support import facts
from tests.support.hostile import HOSTILE
from xconan.build_machine.buildenv import BuildPackage
from xconan.build_machine.tools import Tool, find_tool
from xconan.ground.run import capture
from xconan.plan import make_plan
from xconan.project.config.records import WheelConfig
from xconan.project.local_folders import LocalFolder, package_folders
from xconan.project.wheel_tags import wheel_tags
from xconan.project.workspace import Layout
from xconan.render import toolchain as render
from xconan.render.templates import quoting

ONE_ARGUMENT = re.compile(r'\w+\((?:\w+ )*"[^"]*"(?: CACHE \w+ "" FORCE)?\)')


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
    return render.outer_toolchain(known, cmake, known.toolchain, tags=tags, dependencies=dependencies).text


def test_outer_toolchain_includes_the_users_or_conans() -> None:
    assert 'include("/opt/cross/aarch64-linux-gnu.cmake")' in outer()
    assert "aarch64-linux-gnu.cmake" not in outer(dependencies=True)
    assert "dependencies.cmake" in outer(dependencies=True)


def test_fortran() -> None:
    """A compiler by its path; one that is lacking by the environment, which check_language() gets to know as well."""
    known = facts.toolchain("aarch64")
    assert "Fortran" not in outer(toolchain=known)
    compiler = replace(known.compilers["C"], path="/opt/gfortran")
    text = outer(toolchain=replace(known, compilers={**known.compilers, "Fortran": compiler}))
    assert 'set(CMAKE_Fortran_COMPILER "/opt/gfortran")' in text
    assert "ENV{FC}" not in text
    text = outer(toolchain=replace(known, refused=(("LD", "/c/ld"), ("FC", "/c/gfortran"))))
    assert 'set(ENV{FC} "/c/gfortran")' in text
    assert "CMAKE_Fortran_COMPILER" not in text


@pytest.mark.parametrize("version", ["3.31.0", "4.0.3", "4.4.5"])
@pytest.mark.parametrize(
    ("host", "native", "there"),
    [
        ("cp311-linux_aarch64", False, True),  # it empties the module suffix, by its version or the project's policy
        ("cp311-linux_aarch64", True, False),
        ("cp315-linux_aarch64", True, True),  # it takes the wrong stable suffix
    ],
)
def test_find_python_is_patched(version: str, host: str, *, native: bool, there: bool) -> None:
    machine = facts.machine(cmake=Tool(path=Path("/cmake"), version=version))
    target = facts.target(host)
    plan = make_plan(facts.facts(target, machine=machine, cross=facts.cross(target, native=native)))
    assert plan.cmake
    assert ("/modules" in plan.cmake.files["toolchain.cmake"].text) is there
    assert ("modules/FindPython.cmake" in plan.cmake.files) is there


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


@pytest.mark.parametrize("policies", ["3.20", "3.20...3.21", "3.20...4.0"])
def test_plain_variables_hide_no_hint(policies: str, tmp_path: Path) -> None:
    """From CMP0126 on, set(NAME … CACHE … FORCE) leaves a plain one in place, which is read first."""
    python = facts.python(library=Path("/host/libpython3.11.so"), sabi_library=Path("/host/libpython3.so"))
    cross = facts.cross(facts.target("cp311-linux_aarch64"), prefix=Path("/host/usr"))
    toolchain = replace(facts.toolchain("aarch64"), file=tmp_path / "own.cmake")
    text = outer(python=python, cross=cross, toolchain=toolchain)
    names = re.findall(r"^set\((\w+) .* CACHE ", text, re.MULTILINE)
    assert len(names) == len({*names}) > 20
    (tmp_path / "own.cmake").write_text("".join(f"set({name} /plain)\n" for name in names), "utf-8")
    (tmp_path / "outer.cmake").write_text(text, "utf-8")
    shown = "".join(f'message("{name}=${{{name}}}=$CACHE{{{name}}}")\n' for name in names)
    begin = f"cmake_policy(VERSION {policies})\n"
    (tmp_path / "twice.cmake").write_text(begin + "include(outer.cmake)\n" * 2 + shown, "utf-8")
    cmake = find_tool("cmake", minimum="3.20")
    assert cmake
    said = capture([str(cmake.path), "-P", "twice.cmake"], cwd=tmp_path).stderr
    seen = [line.split("=") for line in said.splitlines()]
    assert [name for name, *_ in seen] == names
    assert [name for name, plain, cached in seen if plain != cached or plain == "/plain"] == []


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
    exec(plan.cmake.files["python/site/_xconan_host.py"].text, scope)  # noqa: S102 - our own text
    assert next(one for one in scope["HOST"]["suffixes"] if one.startswith(".abi")) == f".{expected}.so"
    preload = plan.cmake.files["preload.cmake"].text
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
    first = lines.index('list(PREPEND CMAKE_FIND_ROOT_PATH "/p/lz4")')  # before those of the toolchain
    assert lines[first + 1] == 'list(PREPEND CMAKE_FIND_ROOT_PATH "/c")'
    assert "unset(CMAKE_CXX_STANDARD)" in lines


@pytest.mark.parametrize("package", ["/p/lz4", "/my packages/lz4"])
def test_blanks_in_what_the_linker_reads(package: str) -> None:
    """GNU ld 2.41 and newer, whose list of files CMake has Ninja read, does not escape them."""
    text = render.dependencies_cmake(
        toolchain_file="/c/conan_toolchain.cmake", generators="/c", packages=[package],
        toolchain=facts.toolchain("aarch64"), derived_profile=True,
    )  # fmt: skip
    assert ("  set(CMAKE_LINK_DEPENDS_USE_LINKER FALSE)\n" in text) == (" " in package)


def test_the_projects_own_folders_are_searched_under_only() -> None:
    """After all others: what it has itself is found where it says so, and hides nothing."""
    roots = re.findall(r'list\(APPEND CMAKE_FIND_ROOT_PATH "(.*)"\)', outer())
    assert roots[-2:] == ["/src/project", "/src/out/cmake"]
    toolchain = facts.toolchain("aarch64")
    free = {name: mode for name, mode in toolchain.variables.items() if "ROOT_PATH_MODE" not in name}
    assert '"/src/project"' not in outer(toolchain=replace(toolchain, variables=free))


def test_names_of_cmakes_modules() -> None:
    text = render.dependencies_cmake(
        toolchain_file="/c/t", generators="/c", packages=[], toolchain=facts.toolchain("aarch64"),
        derived_profile=False, modules=["EXPAT"],
    )  # fmt: skip
    assert 'list(PREPEND CMAKE_MODULE_PATH "/c/xconan-modules")\nset(EXPAT_DIR "/c")\n' in text


@pytest.mark.parametrize("text", [*HOSTILE, "two\nlines", "ends\\", "]]", ""])
def test_cmake_reads_what_was_quoted(text: str) -> None:
    assert unquote(quoting.cmake(text)) == text


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
    text += render.Preload(variables={"A": ("PATH", folder), "B": ("STRING", folder)}).text
    text += render.dependencies_cmake(
        toolchain_file=f"{folder}/t", generators=folder, packages=[folder], toolchain=toolchain, derived_profile=False
    )
    allowed = "${CMAKE_CURRENT_LIST_DIR}"
    for line in text.splitlines():
        arguments = line.replace(allowed, "") if not line.startswith("#") else ""
        plain = arguments.replace("\\\\", "").replace('\\"', "").replace("\\$", "")
        assert "$" not in plain, line
        assert '"' not in plain or ONE_ARGUMENT.fullmatch(plain), line


MAPPED = [
    LocalFolder(path="/home/me", name="/xconan/home", what="a home folder"),
    LocalFolder(path="/home/me/a=b", name="/xconan/no", what="a path that no option can hold"),
    LocalFolder(path="/home/me/my demo", name="/xconan/demo", what="the project's folder"),
]


@pytest.mark.parametrize(("tag", "extra"), [("cp311-linux_aarch64", False), ("cp311-macosx_11_0_arm64", True)])
def test_no_path_of_this_machine_is_compiled_in(tag: str, *, extra: bool) -> None:
    """The longer prefix comes last, and all of them before those of Conan's packages, which are longer still."""
    text = outer(tag, local_folders=tuple(MAPPED), dependencies=True)
    options = re.findall(r'^  add_compile_options\("\$<\$<COMPILE_LANGUAGE:(.*)>:(.*)>"\)$', text, re.MULTILINE)
    maps = ["-ffile-prefix-map=/home/me=/xconan/home", "-ffile-prefix-map=/home/me/my demo=/xconan/demo"]
    maps += ["-fsanitize-undefined-strip-path-components=-1"] if extra else []
    assert options == [(languages, option) for languages in ("C,OBJC", "CXX,OBJCXX") for option in maps]
    assert text.index("my demo") < text.index("dependencies.cmake")
    assert "set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)" in text
    assert "-map=" not in outer(tag)
    packages = render.map_packages(package_folders([("lz4/1.9.4", "/home/me/.conan2/p")]), facts.toolchain("aarch64"))
    assert "C,OBJC>:-ffile-prefix-map=/home/me/.conan2/p=/xconan/lz4/1.9.4>" in packages


def test_an_old_gcc_maps_debug_info_alone() -> None:
    toolchain = facts.toolchain("aarch64")
    old = {name: replace(compiler, version="7.5.0") for name, compiler in toolchain.compilers.items()}
    text = outer(local_folders=tuple(MAPPED), toolchain=replace(toolchain, compilers=old))
    assert ":-fdebug-prefix-map=/home/me=/xconan/home>" in text
    assert "-ffile" not in text


def test_numpys_sizes_are_the_compilers() -> None:
    build = ("NPY_SIZEOF_LONG 8", "NPY_SIZEOF_COMPLEX_LONGDOUBLE 32", "NPY_SIZEOF_OFF_T 8", "NPY_NO_SMP 0")
    assert render.numpy_config("".join(f"#define {line}\n" for line in build)).splitlines() == [
        "#define NPY_SIZEOF_LONG __SIZEOF_LONG__",
        "#define NPY_SIZEOF_COMPLEX_LONGDOUBLE (2 * __SIZEOF_LONG_DOUBLE__)",
        "#define NPY_SIZEOF_OFF_T 8",
        "#define NPY_NO_SMP 0",
    ]


@pytest.mark.parametrize(
    ("own", "given", "composed"),
    [
        ('set(CMAKE_C_FLAGS_INIT "-march=armv6 -I/b")', "-O3", "-march=armv6 -I/b -O3"),
        ('set(CMAKE_C_FLAGS "-march=armv6" CACHE STRING "")', "-O3", "-march=armv6 -O3"),
        ('set(CMAKE_C_FLAGS "-march=armv6")', "-O3", "-march=armv6 -O3"),
        ('set(CMAKE_C_FLAGS "-march=armv6" CACHE STRING "" FORCE)', "", "-march=armv6"),
        ('set(CMAKE_C_FLAGS_INIT "-O3")', "-O3 -g", "-O3 -g"),
        ("", "-O3", "-O3"),
    ],
)
def test_flags_of_the_project_are_composed(own: str, given: str, composed: str, tmp_path: Path) -> None:
    """CMake reads the file several times, and again when it configures again."""
    (tmp_path / "own.cmake").write_text(own, "utf-8")
    toolchain = replace(facts.toolchain("aarch64"), file=tmp_path / "own.cmake")
    text = outer(cmake=facts.cmake_config(args=(f"-DCMAKE_C_FLAGS={given}",)), toolchain=toolchain)
    begin = next(at for at, line in enumerate(text.splitlines()) if "foreach" in line)
    part = "\n".join(text.splitlines()[begin:]).partition("if(_xconan_try)")[0]
    (tmp_path / "once.cmake").write_text(part, "utf-8")
    message = 'message("[$CACHE{CMAKE_C_FLAGS}]")\nunset(CMAKE_C_FLAGS_INIT)\n'
    lines = [f'set(CMAKE_C_FLAGS "{given}" CACHE STRING "")', *[f"include(once.cmake)\n{message}"] * 3]
    (tmp_path / "again.cmake").write_text("\n".join(lines), "utf-8")
    cmake = find_tool("cmake", minimum="3.20")
    assert cmake
    done = capture([str(cmake.path), "-P", "again.cmake"], cwd=tmp_path)
    assert done.stderr.split("\n")[:3] == [f"[{composed}]"] * 3, done.stderr


def test_flags_of_a_configuration_are_composed() -> None:
    given = ("CMAKE_CXX_FLAGS_RELEASE", "CMAKE_MODULE_LINKER_FLAGS_DEBUG", "CMAKE_C_FLAGS_MY_OWN")
    others = ("CMAKE_C_FLAGS_INIT", "CMAKE_C_FLAGS_RELEASE_INIT", "CMAKE_D_FLAGS", "CMAKE_C_FLAGSX")
    cmake = facts.cmake_config(args=tuple(f"-D{name}=-g" for name in given + others))
    assert outer(cmake=cmake).count("foreach(_xconan_flags IN ITEMS " + " ".join(given) + ")") == 2


def test_flags_are_left_alone() -> None:
    assert "_xconan_given" not in outer()
    assert "_xconan_given" not in outer(
        cmake=facts.cmake_config(args=("-DCMAKE_C_FLAGS=-g",)), cross=facts.cross(native=True)
    )
