"""Toolchain files asked by a real CMake and gcc of this machine; answers are kept by content."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.compare import raises_error
from tests.support.needs import missing, need_program
from xconan.build_machine.tools import find_tool
from xconan.ground.errors import ToolchainError
from xconan.ground.run import capture
from xconan.host.platforms import parse_platform, table
from xconan.render.profile import abi_identity
from xconan.toolchains import identity
from xconan.toolchains import probe as probing
from xconan.toolchains import question as asking
from xconan.toolchains.inputs import Inputs
from xconan.toolchains.probe import probe
from xconan.toolchains.scripts import with_scripts
from xconan.toolchains.standards import known_standard

if TYPE_CHECKING:
    from collections.abc import Callable

    from xconan.toolchains.records import Toolchain

    Ask = Callable[..., Toolchain]

PLAIN = """\
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR x)
set(CMAKE_C_COMPILER gcc)
set(CMAKE_CXX_COMPILER g++)
"""


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The programs that were run, in their order."""
    ran: list[str] = []

    def noted(argv: list[str], **options: object) -> object:
        ran.append(argv[0].rpartition("/")[2])
        return capture(argv, **options)  # type: ignore[arg-type]

    for module in (asking, probing, identity):
        monkeypatch.setattr(module, "capture", noted)
    return ran


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tool chain" / "t.cmake"
    path.parent.mkdir()
    path.write_text(PLAIN, encoding="utf-8")
    return path


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    need_program("gcc")
    need_program("g++")
    cmake, ninja = find_tool("cmake", minimum="3.20"), find_tool("ninja")
    if cmake is None:
        missing("CMake 3.20")

    def asked(
        file: Path | None, *arguments: str, env: dict[str, str] | None = None, build_type: str = "Release"
    ) -> Toolchain:
        inputs = Inputs(arguments=arguments, env={**os.environ, **env} if env else None, build_type=build_type)
        return probe(file, inputs=inputs, cmake=cmake, ninja=ninja, cache=tmp_path / "cache/probes")

    return asked


def test_this_machine(ask: Ask) -> None:
    found = ask(None)
    assert found.file is None
    assert set(found.compilers) >= {"C", "CXX"}
    assert found.compiler.path.startswith("/")
    assert found.triplet
    assert any(set(row.macros) <= set(found.macros) for row in table()["linux"].values())


def test_what_the_file_says(ask: Ask, file: Path) -> None:
    file.write_text(PLAIN + 'set(CMAKE_C_FLAGS_INIT "-O1 -DX")\nset(CMAKE_CXX_STANDARD 14)\n', encoding="utf-8")
    found = ask(file)
    assert found.compilers["C"].flags == "-O1 -DX"
    assert found.cppstd == "gnu14"
    assert found.variables["CMAKE_SYSTEM_PROCESSOR"] == "x"
    assert "CMAKE_CROSSCOMPILING" in found.variables


def test_second_time_nothing_runs(ask: Ask, file: Path, calls: list[str]) -> None:
    first = ask(file)
    assert "cmake" in calls
    calls.clear()
    assert ask(file) == first
    assert not calls


def test_content_counts(ask: Ask, file: Path, calls: list[str]) -> None:
    included = file.with_name("more.cmake")
    included.write_text('set(CMAKE_C_FLAGS_INIT "-DA")\n', encoding="utf-8")
    file.write_text(PLAIN + 'include("${CMAKE_CURRENT_LIST_DIR}/more.cmake")\n', encoding="utf-8")
    assert ask(file).compilers["C"].flags == "-DA"
    calls.clear()
    included.touch()
    ask(file)
    assert not calls
    included.write_text('set(CMAKE_C_FLAGS_INIT "-DB")\n', encoding="utf-8")
    assert ask(file).compilers["C"].flags == "-DB"


def test_environment_that_the_file_reads_counts(ask: Ask, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(PLAIN + 'set(CMAKE_C_FLAGS_INIT "-DX=$ENV{PROBE_TEST}")\n', encoding="utf-8")
    for value in ("1", "2"):
        monkeypatch.setenv("PROBE_TEST", value)
        assert ask(file).compilers["C"].flags == f"-DX={value}"


def test_options_that_the_file_reads(ask: Ask, file: Path) -> None:
    file.write_text(PLAIN + 'set(CMAKE_C_FLAGS_INIT "-DX=${LEVEL}")\n', encoding="utf-8")
    found = ask(file, "-DLEVEL:STRING=3", "-DOTHER=4", "-DGONE=5", "-UGO*")
    assert found.compilers["C"].flags == "-DX=3"
    assert found.options == (("LEVEL", "STRING", "3"),)


def test_options_that_the_file_reads_by_names_that_it_makes(ask: Ask, file: Path) -> None:
    more = file.with_name("more.cmake")
    more.write_text('if(SDK_${BOARD}_SOFT)\n  set(CMAKE_C_FLAGS_INIT "-DSOFT")\nendif()\n', encoding="utf-8")
    file.write_text(PLAIN + 'set(BOARD rpi)\ninclude("${CMAKE_CURRENT_LIST_DIR}/more.cmake")\n', encoding="utf-8")
    found = ask(file, "-DSDK_rpi_SOFT=1", "-DSDK_beagle_SOFT=1", "-DCMAKE_CXX_STANDARD=20")
    assert found.compilers["C"].flags == "-DSOFT"
    assert found.options == (("SDK_rpi_SOFT", "", "1"),)


def test_options_that_make_the_machine_are_handed_on(ask: Ask, file: Path) -> None:
    given = {"CMAKE_LIBRARY_ARCHITECTURE": "x-linux-gnu", "CMAKE_C_FLAGS": "-DFOO", "CMAKE_C_FLAGS_DEBUG": "-Og"}
    found = ask(file, *(f"-D{name}={value}" for name, value in given.items()), "-DCMAKE_BUILD_TYPE=Release")
    assert found.options == tuple((name, "", value) for name, value in given.items())


def test_environments_flags_are_no_property_of_the_toolchain(
    ask: Ask, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CFLAGS", "-DFROM_ENVIRONMENT")
    assert ask(file).compilers["C"].flags == ""


def test_c_alone(ask: Ask, file: Path) -> None:
    file.write_text(PLAIN.replace("g++", "no-such-compiler"), encoding="utf-8")
    found = ask(file)
    assert "CXX" not in found.compilers
    assert (found.cppstd, found.libcxx) == (None, None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (PLAIN.replace("gcc", "no-such-gcc").replace("g++", "no-such-g++"), "no-such-gcc"),
        (PLAIN + 'message(FATAL_ERROR "give me LEVEL")\n', "give me LEVEL"),
        ("set(\n", ""),
    ],
)
def test_broken_file(ask: Ask, file: Path, text: str, words: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ToolchainError) as caught:
        ask(file)
    assert words in caught.value.message
    assert caught.value.where == str(file)
    assert "\n" not in caught.value.message


def test_missing_file(ask: Ask, file: Path) -> None:
    with pytest.raises(ToolchainError, match="missing"):
        ask(file.with_name("none.cmake"))


def test_another_xconan_asks_again(ask: Ask, file: Path, calls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    ask(file)
    calls.clear()
    monkeypatch.setattr(probing, "own_digest", lambda: "another")
    ask(file)
    assert "cmake" in calls


def test_damaged_cache(ask: Ask, file: Path, tmp_path: Path) -> None:
    first = ask(file)
    for entry in (tmp_path / "cache/probes").iterdir():
        entry.write_text("{", encoding="utf-8")
    assert ask(file) == first


def test_cache_that_can_not_be_written(ask: Ask, file: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").touch()
    assert ask(file).triplet


def test_headers_of_the_build_machine_are_not_asked(
    ask: Ask, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another C library's <features.h> in CPATH says nothing of the toolchain, unless its own file adds it."""
    (tmp_path / "opt").mkdir()
    newer = "#include_next <features.h>\n#undef __GLIBC_MINOR__\n#define __GLIBC_MINOR__ 99\n"
    (tmp_path / "opt" / "features.h").write_text(newer, "utf-8")
    monkeypatch.setenv("CPATH", str(tmp_path / "opt"))
    file.write_text(PLAIN, "utf-8")
    assert ask(file).libc_version != (2, 99)
    included = file.with_name("more.cmake")
    included.write_text("set(mine $ENV{CPATH})\n", encoding="utf-8")
    file.write_text(PLAIN + 'include("${CMAKE_CURRENT_LIST_DIR}/more.cmake")\n', encoding="utf-8")
    found = ask(file)
    assert found.libc_version == (2, 99)
    assert "CPATH" in found.reads
    assert ask(file).reads == found.reads


# what may stand in a toolchain file -> the words of the C compiler's calls, of linking a program, and at its end
EVERYWHERE = {
    "add_compile_options(-Wshadow)": ("-Wshadow", "", ""),
    'add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:-Weffc++>" "$<$<COMPILE_LANGUAGE:C>:-Wpointer-sign>")':
        ("-Wpointer-sign", "", ""),
    'add_compile_options("$<$<CONFIG:Release>:-DFAST>" "$<$<CONFIG:Debug>:-DSLOW>")': ("-DFAST", "", ""),
    "add_compile_definitions(BOARD=3)": ("-DBOARD=3", "", ""),
    "add_definitions(-DOLD)": ("-DOLD", "", ""),
    'set(CMAKE_C_FLAGS_RELEASE_INIT "-O2 -g -DRELEASED")': ("-DRELEASED", "", ""),
    "include_directories(SYSTEM /opt/board/include)": ("-isystem /opt/board/include", "", ""),
    "set(CMAKE_C_STANDARD_INCLUDE_DIRECTORIES /opt/bsp)": ("-isystem /opt/bsp", "", ""),
    "set(CMAKE_C_STANDARD 11)\nset(CMAKE_C_EXTENSIONS OFF)": ("-std=c11", "", ""),
    "set(CMAKE_POSITION_INDEPENDENT_CODE ON)": ("-fPIC", "", ""),
    "add_link_options(-Wl,-z,now)": ("", "-Wl,-z,now", ""),
    "link_directories(/opt/board/lib)": ("", "-L/opt/board/lib", ""),
    'set(CMAKE_EXE_LINKER_FLAGS_INIT "-static-libgcc")': ("", "-static-libgcc", ""),
    'set(CMAKE_C_STANDARD_LIBRARIES "-lm -ldl")': ("", "", "-lm -ldl"),
    "link_libraries(m)": ("", "", "-lm"),
    "set(CMAKE_SYSROOT /)": ("--sysroot=/", "", ""),
    "set(CMAKE_SYSROOT_COMPILE /)\nset(CMAKE_SYSROOT_LINK /usr)\nset(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)":
        ("--sysroot=/", "--sysroot=/usr", ""),
    "set(CMAKE_PROJECT_TOP_LEVEL_INCLUDES ${CMAKE_CURRENT_LIST_DIR}/more.cmake)\n"
    "file(WRITE ${CMAKE_CURRENT_LIST_DIR}/more.cmake [[add_compile_options(-DLATER)\n]])": ("-DLATER", "", ""),
    'execute_process(COMMAND printf "-DCOMPUTED=%d" 7 OUTPUT_VARIABLE words)\nadd_compile_options(${words})':
        ("-DCOMPUTED=7", "", ""),
}  # fmt: skip


@pytest.mark.parametrize("line", EVERYWHERE)
def test_all_of_the_file(line: str, ask: Ask, file: Path) -> None:
    file.write_text(f"{PLAIN}{line}\n", "utf-8")
    compiler = ask(file).compilers["C"]
    assert (compiler.flags, compiler.exe_flags, compiler.libraries) == EVERYWHERE[line]


def test_flags_of_one_kind_of_line(ask: Ask, file: Path) -> None:
    line = 'set(CMAKE_SHARED_LINKER_FLAGS_INIT "-Wl,-z,relro")\n'
    file.write_text(PLAIN + line, "utf-8")
    compiler = ask(file).compilers["C"]
    assert (compiler.exe_flags, compiler.shared_flags) == ("", "-Wl,-z,relro")


def test_plain_compiler_has_no_words(ask: Ask, file: Path) -> None:
    compiler = ask(file).compilers["C"]
    assert not compiler.flags + compiler.exe_flags + compiler.shared_flags + compiler.libraries


STOPS = """\
if(NOT DEFINED ENV{BOARD_ROOT})
  message(FATAL_ERROR "set BOARD_ROOT")
endif()
"""


@pytest.mark.parametrize("place", ["itself", "included"])
def test_stops_without_a_variable_of_the_build(place: str, ask: Ask, file: Path) -> None:
    if place == "included":
        file.with_name("more.cmake").write_text(STOPS, "utf-8")
    file.write_text(
        PLAIN + (STOPS if place == "itself" else 'include("${CMAKE_CURRENT_LIST_DIR}/more.cmake")\n'), "utf-8"
    )
    with pytest.raises(ToolchainError, match="set BOARD_ROOT"):
        ask(file)
    assert ask(file, env={"BOARD_ROOT": "/board"}).env == (("BOARD_ROOT", "/board"),)


def test_flags_that_the_file_reads(ask: Ask, file: Path) -> None:
    """As SDKs of Yocto do it: their environment is the toolchain's."""
    file.write_text(PLAIN + 'set(CMAKE_C_FLAGS "$ENV{CFLAGS}" CACHE STRING "")\n', "utf-8")
    found = ask(file, env={"CFLAGS": "-DSDK"})
    assert "-DSDK" in found.compilers["C"].flags
    assert found.env == (("CFLAGS", "-DSDK"),)


def test_script_that_fills_the_cache(ask: Ask, file: Path) -> None:
    script = file.with_name("board.cmake")
    script.write_text('set(BOARD "pi" CACHE STRING "")\n', "utf-8")
    file.write_text(PLAIN + 'set(CMAKE_C_FLAGS_INIT "-DBOARD=${BOARD}")\n', "utf-8")
    found = ask(file, f"-C{script}")
    assert (found.compilers["C"].flags, found.options) == ("-DBOARD=pi", (("BOARD", "STRING", "pi"),))
    script.write_text('set(BOARD "beagle" CACHE STRING "")\n', "utf-8")
    assert ask(file, f"-C{script}").compilers["C"].flags == "-DBOARD=beagle"


def test_a_cpp_library_that_a_flag_leads_to_counts(ask: Ask, file: Path) -> None:
    found = []
    for folder, release in (("a", "9"), ("b", "12"), ("c", "12")):
        headers = file.parent / folder / "include"
        headers.mkdir(parents=True)
        (headers / "climits").touch()
        (headers / "cstddef").write_text(f"#define _GLIBCXX_RELEASE {release}\n", "utf-8")
        flags = f'-nostdinc++ -isystem "{headers}"'
        file.write_text(f"{PLAIN}set(CMAKE_CXX_FLAGS_INIT [[{flags}]])\n", "utf-8")
        found.append(abi_identity(parse_platform("linux_x86_64"), ask(file)))
    assert found[0] != found[1] == found[2]
    (headers / "cstddef").write_text("#define _GLIBCXX_RELEASE 9\n", "utf-8")
    assert abi_identity(parse_platform("linux_x86_64"), ask(file)) == found[0]


def test_flags_of_configurations_count(ask: Ask, file: Path) -> None:
    """They reach recipes by CMake, of whichever build type; scripts have no words that a build type stands for."""
    lines = ("", 'set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG")', 'set(CMAKE_C_FLAGS_RELEASE "-Ofast" CACHE STRING "")',
             'set(CMAKE_C_FLAGS_RELEASE_INIT "-Ofast")', 'set(CMAKE_C_FLAGS_DEBUG "-O0")')  # fmt: skip
    found = []
    for line in lines:
        file.write_text(f"{PLAIN}{line}\n", encoding="utf-8")
        found.append(ask(file))
    found.append(ask(file, "-DCMAKE_C_FLAGS_DEBUG=-O1"))
    assert len({abi_identity(parse_platform("linux_x86_64"), one) for one in found}) == len(found)
    assert {one.compilers["C"].flags for one in found} == {""}


def test_an_id_is_for_all_build_types(ask: Ask, file: Path) -> None:
    debug = "-Og -D_GLIBCXX_ASSERTIONS -fsanitize=address"
    lines = [f'set(CMAKE_{name}_FLAGS_DEBUG_INIT "{debug}")' for name in ("C", "CXX")]
    lines += ['set(CMAKE_EXE_LINKER_FLAGS_RELEASE "-Wl,-O1")', 'set(CMAKE_C_FLAGS_INIT "-DBASE")']
    file.write_text(PLAIN + "\n".join(lines), encoding="utf-8")
    found = [ask(file, build_type=name) for name in ("Debug", "Release", "RelWithDebInfo")]
    assert found[0].compilers["C"].flags == "-DBASE -D_GLIBCXX_ASSERTIONS -fsanitize=address"
    assert len({abi_identity(parse_platform("linux_x86_64"), one) for one in found}) == 1


def test_c_library_that_is_not_found_is_unknown(ask: Ask, file: Path) -> None:
    file.write_text(PLAIN + "add_compile_options(-nostdinc)\n", "utf-8")
    assert ask(file).libc is None


OTHER_CODE = {  # a flag, and the file that it names: by two contents another compiler
    "response": ("@{}", "-DX", "-DY"),
    "specs": ("-specs={}", "*cc1_options:\n+ -fno-short-enums\n", "*cc1_options:\n+ -fshort-enums\n"),
    "header": ("-include {}", "#define BOARD 1\n", "#define BOARD 2\n"),
    "macros": ("-imacros {}", "#define BOARD 1\n", "#define BOARD 2\n"),
}


@pytest.mark.parametrize("kind", OTHER_CODE)
def test_files_that_flags_name_count(kind: str, ask: Ask, file: Path, calls: list[str]) -> None:
    flag, one, other = OTHER_CODE[kind]
    folder = file.parent.with_name("board")  # no blank in it, which would need quoting
    folder.mkdir()
    file, board = folder / file.name, folder / "board.txt"
    file.write_text(f'{PLAIN}set(CMAKE_C_FLAGS_INIT "{flag.format(board)}")\n', encoding="utf-8")
    found = []
    for content in (one, other, one):
        board.write_text(content, encoding="utf-8")
        found.append(abi_identity(parse_platform("linux_x86_64"), ask(file)))
    assert found[0] == found[2] != found[1]
    calls.clear()
    ask(file)
    assert not calls, "nothing was edited since"


@pytest.mark.parametrize("words", ["-mavx2", "-fshort-enums"])
def test_what_a_wrapper_says_counts(words: str, ask: Ask, file: Path) -> None:
    """Of two wrappers of one name around one gcc, and after an edit of the one behind."""
    need_program("gcc")
    folder = file.with_name("bin")
    (folder / "real").mkdir(parents=True)
    for name in ("gcc", "g++"):
        for path, text in (
            (folder / name, f'exec "$(dirname "$0")/real/{name}" "$@"'),
            (folder / "real" / name, f'exec {name} "$@"'),
        ):
            path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
            path.chmod(0o755)
    text = PLAIN.replace("COMPILER g", 'COMPILER "${CMAKE_CURRENT_LIST_DIR}/bin/g').replace("cc)", 'cc")')
    file.write_text(text.replace("++)", '++")'), encoding="utf-8")
    platform = parse_platform("linux_x86_64")
    plain = abi_identity(platform, ask(file))
    real = folder / "real/g++"
    real.write_text(real.read_text("utf-8").replace("g++ ", f"g++ {words} "), encoding="utf-8")
    assert abi_identity(platform, ask(file)) != plain


def test_what_a_launcher_adds_counts(ask: Ask, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of compilers adds nothing; one in the environment is handed on to libraries."""
    need_program("ccache")
    launcher, platform = tmp_path / "launcher", parse_platform("linux_x86_64")
    found = {"plain": abi_identity(platform, ask(file))}
    for words in ("", "-mavx2", "-fshort-enums"):
        launcher.write_text(f'#!/bin/sh\nexec "$@" {words}\n', "utf-8")
        launcher.chmod(0o755)
        file.write_text(f'{PLAIN}set(CMAKE_CXX_COMPILER_LAUNCHER "{launcher}")\n', "utf-8")
        found[words] = abi_identity(platform, ask(file))
    assert len(set(found.values())) == len(found)
    file.write_text(f"{PLAIN}set(CMAKE_CXX_COMPILER_LAUNCHER ccache)\n", "utf-8")
    assert abi_identity(platform, ask(file)) == found["plain"]
    file.write_text(PLAIN, "utf-8")
    monkeypatch.setenv("CMAKE_CXX_COMPILER_LAUNCHER", str(launcher))
    by_environment = ask(file)
    assert ("CMAKE_CXX_COMPILER_LAUNCHER", "STRING", str(launcher)) in by_environment.options
    assert abi_identity(platform, by_environment) == found["-fshort-enums"]


def test_a_standard_that_a_wrapper_behind_another_says(ask: Ask, file: Path) -> None:
    folder = file.with_name("bin")
    (folder / "real").mkdir(parents=True)
    outer, inner = folder / "board-g++", folder / "real/g++"
    outer.write_text('#!/bin/sh\nexec "${0%/*}/real/g++" "$@"\n', encoding="utf-8")
    file.write_text(
        PLAIN.replace("COMPILER g++", 'COMPILER "${CMAKE_CURRENT_LIST_DIR}/bin/board-g++"'), encoding="utf-8"
    )
    for standard in ("14", "20"):
        inner.write_text(f'#!/bin/sh\nexec g++ -std=gnu++{standard} "$@"\n', encoding="utf-8")
        inner.chmod(0o755)
        outer.chmod(0o755)
        assert ask(file).cppstd == f"gnu{standard}"


@pytest.mark.parametrize("compiler", ["gcc", "clang", "apple-clang"])
def test_conan_knows_the_standards_that_profiles_name(compiler: str) -> None:
    """Of each release of a compiler the newest."""
    from conan.internal.model.version import Version  # noqa: PLC0415 - Conan is slow to import
    from conan.tools.build import cppstd  # noqa: PLC0415

    name = {"gcc": "GNU", "clang": "Clang", "apple-clang": "AppleClang"}[compiler]
    of = getattr(cppstd, f"_{compiler.replace('-', '_')}_supported_cppstd")
    for version in ("4.8", "4.9", *(f"{major}.0" for major in range(5, 22))):
        assert known_standard("gnu26", name, version) == of(Version(version))[-1], version


@pytest.mark.parametrize(("words", "standard"), [("-std=c++20", "20"), ("-std=c++23", "23"), ("-std=gnu++2b", "gnu23")])
def test_standard_that_the_flags_say(words: str, standard: str, ask: Ask, file: Path) -> None:
    file.write_text(f'{PLAIN}set(CMAKE_CXX_FLAGS_INIT "{words}")\n', encoding="utf-8")
    assert ask(file).cppstd == standard


CROSS = PLAIN.replace(" g", " aarch64-linux-gnu-g")


@pytest.mark.parametrize(("left_out", "language", "lacking"), [("_CXX_", "C", "c++"), ("_C_", "CXX", "cc")])
def test_a_compiler_that_nobody_names(left_out: str, language: str, lacking: str, ask: Ask, file: Path) -> None:
    """CMake takes this machine's own for the other language, whose code would be in libraries for the host."""
    need_program("aarch64-linux-gnu-g++")
    file.write_text("".join(line for line in CROSS.splitlines(keepends=True) if left_out not in line), "utf-8")
    found = ask(file)
    assert set(found.compilers) - {"Fortran"} == {language}
    assert lacking in found.lacking
    assert "__aarch64__" in found.macros
    written = with_scripts(found, parse_platform("linux_aarch64"), file.parent / "cache")
    script = dict(written.refused)["CC" if language == "CXX" else "CXX"]
    said = capture([script, "-c", "a.c"]).stderr
    assert f"there is no {'C' if language == 'CXX' else 'C++'} compiler for aarch64-linux-gnu" in said
    assert "set CMAKE_C" in said


def test_compilers_for_two_machines(ask: Ask, file: Path) -> None:
    need_program("aarch64-linux-gnu-g++")
    file.write_text(CROSS.replace("aarch64-linux-gnu-g++", "g++"), "utf-8")
    with raises_error(ToolchainError, "/g++, for C++, compile for two machines", where=str(file)):
        ask(file)
    with raises_error(ToolchainError, "compile for two machines", where="CC in the environment"):
        ask(None, env={"CC": "aarch64-linux-gnu-gcc"})


def test_binary_tools_beside_no_compiler(ask: Ask, file: Path) -> None:
    """They are tried on an object that the compiler for C++ makes."""
    for name in ("gcc", "g++"):
        (file.parent / name).symlink_to(need_program(f"aarch64-linux-gnu-{name}"))
    file.write_text(PLAIN.replace(" g", f" {file.parent.parent}/tools/g"), "utf-8")
    (file.parent.parent / "tools").symlink_to(file.parent)
    found = ask(file)
    assert found.lacking == ()
    for tool in ("NM", "AR", "STRIP", "OBJCOPY"):
        assert "aarch64-linux-gnu" in str(Path(found.variables[f"CMAKE_{tool}"]).resolve())
