"""Wheels for macOS and Windows: their files' own words against the tags, universal files, headers."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.support import facts, macho, pe, wasm
from tests.support.compare import raises_error
from tests.support.elf import Elf
from tests.support.installations import write_tree
from xconan.binary.macho import join, read_macho
from xconan.ground.errors import CheckError
from xconan.ground.files import Entry
from xconan.project.config.records import WheelConfig
from xconan.project.wheel_tags import wheel_tags
from xconan.pythons.adapted import adapt
from xconan.pythons.windows import exported_names
from xconan.wheel.check.modules import Host, check_entries
from xconan.wheel.universal import join_staging

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.binary.finding import Finding

FAT = join([macho.library("X86_64", "a"), macho.library("ARM64", "a")])
MAC, WINDOWS = ".cpython-311-darwin.so", ".cp311-win_amd64.pyd"


def check(host: str, *files: tuple[str, bytes], abi: str = "", **wishes: object) -> list[str]:
    target = facts.target(host, abi=abi)
    tags = wheel_tags(target, WheelConfig(**wishes), pure=False)  # type: ignore[arg-type]
    compared = Host(tags=tags, target=target, python=facts.python(target))
    found = check_entries([Entry(name=name, source=data) for name, data in files], compared)
    assert all(finding.hint for finding in found)
    return [f"{finding.file}: {finding.message}" for finding in found]


def test_good_mac() -> None:
    module = macho.library("ARM64", "PyInit__core", sought=("PyList_New", "_Py_Dealloc"))
    assert not check("cp311-macosx_11_0_arm64", (f"demo/_core{MAC}", module))


def test_all_below_system_is_part_of_macos() -> None:
    ours = "/System/iOSSupport/System/Library/Frameworks/UIKit.framework/UIKit"
    module = macho.library("ARM64", "PyInit__core", needed=(ours,))
    assert not check("cp311-macosx_11_0_arm64", (f"demo/_core{MAC}", module))


def test_good_windows() -> None:
    module = pe.library(
        "AMD64", "PyInit__core", needed=("python311.dll", "api-ms-win-crt-heap-l1-1-0.dll", "KERNEL32.dll")
    )
    assert not check("cp311-win_amd64", (f"demo/_core{WINDOWS}", module))


@pytest.mark.parametrize(
    ("host", "name", "data", "message"),
    [
        ("cp311-macosx_11_0_arm64", f"_core{MAC}", macho.library("X86_64", "PyInit__core"), "it is for X86_64, but"),
        ("cp311-macosx_11_0_universal2", f"_core{MAC}", macho.library("ARM64", "PyInit__core"), "x86_64 is X86_64"),
        (
            "cp311-macosx_11_0_arm64", f"_core{MAC}", macho.library("ARM64", "PyInit__core", minimum=(14, 2)),
            "it needs macOS 14.2, but the tag macosx_11_0_arm64 promises 11.0",
        ),
        (
            "cp311-macosx_11_0_arm64", f"_core{MAC}",
            macho.library("ARM64", "PyInit__core", needed=(macho.SYSTEM, "/opt/homebrew/lib/liblz4.1.dylib")),
            "it needs /opt/homebrew/lib/liblz4.1.dylib, and it is neither part of macOS nor in the wheel",
        ),
        (
            "cp311-macosx_11_0_arm64", f"_core{MAC}", macho.library("ARM64", "PyInit__core", sought=("LZ4_compress",)),
            "nothing defines LZ4_compress, which it looks for when it is loaded",
        ),
        ("cp311-macosx_11_0_arm64", "_core.cpython-312-darwin.so", macho.library("ARM64", "PyInit__core"), "suffix"),
        ("cp311-macosx_11_0_arm64", f"_core{MAC}", Elf().library("PyInit__core"), "it is a Linux file"),
        ("cp311-win_amd64", f"_core{WINDOWS}", pe.library("ARM64", "PyInit__core"), "it is for ARM64, but"),
        (
            "cp311-win_amd64", f"_core{WINDOWS}", pe.library("AMD64", "PyInit__core", needed=("python312.dll",)),
            "it needs python312.dll, which cp311 does not have",
        ),
        (
            "cp311-win_amd64", f"_core{WINDOWS}", pe.library("AMD64", "PyInit__core", needed=("libstdc++-6.dll",)),
            "it needs libstdc++-6.dll, which is neither part of Windows nor beside it in the wheel",
        ),
        ("cp311-win_amd64", "_core.cp312-win_amd64.pyd", pe.library("AMD64", "PyInit__core"), "its suffix is"),
        ("cp311-win_amd64", f"_core{WINDOWS}", pe.library("AMD64", "PyInit_other"), "it defines PyInit_other"),
        ("cp311-linux_aarch64", "_core.so", pe.library("AMD64", "PyInit__core"), "it is a Windows file"),
    ],
)  # fmt: skip
def test_bad_files(host: str, name: str, data: bytes, message: str) -> None:
    (found,) = check(host, (name, data))
    assert found.startswith(name)
    assert message in found


@pytest.mark.parametrize(
    ("host", "name", "data", "library"),
    [
        ("cp311-macosx_11_0_arm64", f"_core{MAC}",
         macho.library("ARM64", "PyInit__core", needed=("@rpath/liblz4.1.dylib",)), "liblz4.1.dylib"),
        ("cp311-win_amd64", f"_core{WINDOWS}",
         pe.library("AMD64", "PyInit__core", needed=("LIBLZ4.dll", "python311.dll")), "liblz4.dll"),
        ("cp312-pyodide_2024_0_wasm32", "_core.cpython-312-wasm32-emscripten.so",
         wasm.library("PyInit__core", needed=("liblz4.so",)), "liblz4.so"),
    ],
)  # fmt: skip
def test_a_library_that_stayed_in_conan(host: str, name: str, data: bytes, library: str) -> None:
    """It is named as Conan's, with the key that takes it along; one that the host has is nobody's error."""
    target = facts.target(host)
    tags = wheel_tags(target, WheelConfig(), pure=False)

    def found(**more: object) -> list[Finding]:
        compared = Host(tags=tags, target=target, python=facts.python(target), **more)  # type: ignore[arg-type]
        return check_entries([Entry(name=name, source=data)], compared)

    (finding,) = found(unavailable=frozenset({library}))
    assert "a shared library from Conan that is not in the wheel" in finding.message
    assert 'bundle = "auto"' in finding.hint
    (finding,) = found(unavailable=frozenset({"libother.dll"}))
    assert "from Conan" not in finding.message
    assert found(expected=("*lz4*", "LIBLZ4*")) == []


def test_a_library_beside_the_module() -> None:
    module = macho.library("ARM64", "PyInit__core", needed=("@rpath/libz.dylib",), rpath="@loader_path/../b")
    assert not check("cp311-macosx_11_0_arm64", (f"a/_core{MAC}", module), ("b/libz.dylib", macho.library("ARM64")))
    assert check("cp311-macosx_11_0_arm64", (f"a/_core{MAC}", module), ("a/libz.dylib", macho.library("ARM64")))
    module = macho.library("ARM64", "PyInit__core", needed=("@loader_path/libz.dylib",))
    assert not check("cp311-macosx_11_0_arm64", (f"a/_core{MAC}", module), ("a/libz.dylib", macho.library("ARM64")))
    module = pe.library("AMD64", "PyInit__core", needed=("Zlib.dll",))
    assert not check("cp311-win_amd64", (f"a/_core{WINDOWS}", module), ("a/zlib.dll", pe.library("AMD64")))
    assert check("cp311-win_amd64", (f"a/_core{WINDOWS}", module), ("a.libs/zlib.dll", pe.library("AMD64")))
    helped = ("a/__init__.py", b"import os\nos.add_dll_directory(somewhere)\n")
    assert not check("cp311-win_amd64", (f"a/_core{WINDOWS}", module), ("a.libs/zlib.dll", pe.library("AMD64")), helped)


@pytest.mark.parametrize(("rpath", "places", "count"), [
    ("@loader_path", ("a", "a", "a"), 0),
    ("@loader_path/libs", ("a", "a/libs", "a/libs"), 0),
    ("@loader_path", ("a", "a", "b"), 1),
    ("@loader_path/libs", ("a", "a/libs", "a/libs/libs"), 1),
])  # fmt: skip
def test_run_paths_of_who_loads_a_library(rpath: str, places: tuple[str, str, str], count: int) -> None:
    """dyld looks along those of the file itself and of all that led to it, each beside its own file."""
    files = {
        f"{places[2]}/libb.dylib": macho.library("ARM64", identity="@rpath/libb.dylib"),
        f"{places[1]}/liba.dylib": macho.library("ARM64", needed=("@rpath/libb.dylib",), identity="@rpath/liba.dylib"),
        f"{places[0]}/_core{MAC}": macho.library("ARM64", "PyInit__core", needed=("@rpath/liba.dylib",), rpath=rpath),
    }
    found = check("cp311-macosx_11_0_arm64", *files.items())
    assert [one.partition(", and")[0] for one in found] == [f"{places[1]}/liba.dylib: it needs @rpath/libb.dylib"][
        :count
    ]


def test_a_library_by_its_place_on_the_build_machine() -> None:
    module = macho.library("ARM64", "PyInit__core", needed=("/build/libz.dylib",))
    (found,) = check("cp311-macosx_11_0_arm64", (f"a/_core{MAC}", module), ("a/libz.dylib", macho.library("ARM64")))
    assert "it needs /build/libz.dylib" in found


@pytest.mark.parametrize(
    ("host", "abi", "dll"), [("cp313-win_amd64", "cp313t", "python313t.dll"), ("cp313-win32", "", "python3.dll")]
)
def test_pythons_own_dll(host: str, abi: str, dll: str) -> None:
    machine = "I386" if host.endswith("win32") else "AMD64"
    suffix = f".{facts.python(facts.target(host, abi=abi)).soabi}.pyd"
    assert not check(host, (f"_core{suffix}", pe.library(machine, "PyInit__core", needed=(dll,))), abi=abi)


@pytest.mark.parametrize(
    "data", [macho.library("ARM64", "PyInit__core", sought=("PyList_New",)), pe.library("AMD64", "PyInit__core")]
)
def test_damaged_files_are_findings(data: bytes) -> None:
    """Cut off anywhere, or with any bytes changed: a finding or none, never an exception."""
    host, name = (
        ("cp311-win_amd64", f"_core{WINDOWS}") if data.startswith(b"MZ") else ("cp311-macosx_11_0_arm64", f"_core{MAC}")
    )
    chance = random.Random(7)  # noqa: S311
    for end in range(4, len(data)):
        check(host, (name, data[:end]))
    for _ in range(500):
        changed = bytearray(data)
        for _ in range(3):
            changed[chance.randrange(4, len(data))] = chance.randrange(256)
        check(host, (name, bytes(changed)))


@pytest.mark.parametrize(
    ("host", "suffix", "data", "message"),
    [
        ("cp311-win_amd64", ".pyd", pe.library("AMD64", "PyInit__core", needed=("python311.dll",)), "python311"),
        (
            "cp311-win_amd64", ".pyd",
            pe.library("AMD64", "PyInit__core", needed=("python3.dll",), sought=("PyList_New", "PyUnicode_AsUTF8")),
            "PyUnicode_AsUTF8",
        ),
        (
            "cp311-win32", ".pyd",
            pe.library("I386", "PyInit__core", needed=("python3.dll",), sought=("PyList_New",)), "",
        ),
        (
            "cp311-macosx_11_0_arm64", ".abi3.so",
            macho.library("ARM64", "PyInit__core", sought=("PyList_New", "PyUnicode_AsUTF8")), "PyUnicode_AsUTF8",
        ),
    ],
)  # fmt: skip
def test_stable_abi(host: str, suffix: str, data: bytes, message: str) -> None:
    found = check(host, (f"_core{suffix}", data), python_abi="abi3", abi3_minimum_cpython_version=39)
    assert [message in one for one in found] == ([True] if message else [])


def test_join() -> None:
    parts = [macho.library("X86_64", "PyInit__core", minimum=(10, 13)), macho.library("ARM64", "PyInit__core")]
    joined = join(parts)
    assert [(one.machine, one.minimum) for one in read_macho(joined)] == [("X86_64", (10, 13)), ("ARM64", (11, 0))]
    assert all(part in joined for part in parts)
    assert joined.index(parts[1]) % (1 << 14) == 0
    with pytest.raises(ValueError, match="one of the files to join has 2 architectures in it already"):
        join([joined, joined])
    with pytest.raises(ValueError, match="has no architecture in it"):
        join([joined[:4] + b"\0" * 4, parts[0]])
    with pytest.raises(ValueError, match="two of the files to join are for ARM64"):
        join([parts[1], macho.library("ARM64", "PyInit__core", minimum=(12, 0))])


def test_join_staging(tmp_path: Path) -> None:
    for machine in ("X86_64", "ARM64"):
        folder = tmp_path / machine / "pkg"
        folder.mkdir(parents=True)
        (folder / f"_core{MAC}").write_bytes(macho.library(machine, "PyInit__core"))
        (folder / "data.txt").write_text("the same", "utf-8")
    parts = [tmp_path / "X86_64", tmp_path / "ARM64"]
    join_staging(parts, tmp_path / "out")
    module = (tmp_path / "out" / "pkg" / f"_core{MAC}").read_bytes()
    assert not check("cp311-macosx_11_0_universal2", (f"pkg/_core{MAC}", module))
    assert (tmp_path / "out" / "pkg" / "data.txt").read_text("utf-8") == "the same"
    (tmp_path / "ARM64" / "pkg" / "data.txt").write_text("another", "utf-8")
    with pytest.raises(CheckError, match="other content"):
        join_staging(parts, tmp_path / "out")
    join_staging(parts, tmp_path / "out", lambda name: name == "pkg/data.txt")
    assert [path.name for path in (tmp_path / "out/pkg").iterdir()] == [f"_core{MAC}"]
    (tmp_path / "ARM64" / "pkg" / "data.txt").unlink()
    with pytest.raises(CheckError, match="not in"):
        join_staging(parts, tmp_path / "out")


def staged(root: Path, name: str, *contents: bytes) -> list[Path]:
    """A file as the builds of several architectures install it, by the folder of each."""
    for number, content in enumerate(contents):
        write_tree(root / str(number), {name: content})
    return [root / str(number) for number in range(len(contents))]


@pytest.mark.parametrize("same", [b"\xca\xfe\xba\xbe\x00\x00\x00\x41of Java", macho.library("ARM64", "PyInit__core")])
def test_the_same_file_in_each_is_not_joined(tmp_path: Path, same: bytes) -> None:
    """Classes of Java begin as universal files do; of a prebuilt binary the check says what is wrong."""
    join_staging(staged(tmp_path, "pkg/File", same, same), tmp_path / "out")
    assert (tmp_path / "out/pkg/File").read_bytes() == same


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        ((FAT, macho.library("ARM64", "a")), "one of the files to join has 2 architectures in it already"),
        ((b"\xca\xfe\xba\xbe" + bytes(4), macho.library("ARM64", "a")), "one of the files to join has no arch"),
        ((macho.library("ARM64", "a")[:40], macho.library("X86_64", "a")), "the file ends too early"),
        ((macho.library("ARM64", "a")[:-1], macho.library("X86_64", "a")), "a name in it goes on behind the end"),
        ((macho.library("ARM64", "a"), macho.library("ARM64", "b")), "two of the files to join are for ARM64"),
        ((macho.library("ARM64", "a"), b"no binary"), "it has other content in each"),
    ],
)  # fmt: skip
def test_binaries_that_can_not_be_joined(tmp_path: Path, contents: tuple[bytes, bytes], reason: str) -> None:
    """A sentence each, and what to do."""
    with raises_error(CheckError, f"the architectures of a universal wheel can't be joined: {reason}", where="pkg/a.so",
                      hint="leave the file out by tool.xconan.wheel.exclude"):  # fmt: skip
        join_staging(staged(tmp_path, "pkg/a.so", *contents), tmp_path / "out")


def test_names_of_an_import_library() -> None:
    text = """
        __attribute__((dllimport)) void * PyMem_Malloc(size_t size);
        extern __attribute__((dllimport)) PyTypeObject PyType_Type;
        extern __declspec(dllimport) int (*PyOS_InputHook)(void);
        extern __attribute__((dllimport)) const unsigned int _Py_ctype_table[256];
        __attribute__((__deprecated__)) __attribute__((dllimport)) void PyEval_InitThreads(void);
        __attribute__((dllimport)) PyObject *PyCode_Make(int a,
            void (*callback)(int));
        __declspec(dllimport) int __stdcall CloseHandle(void *);
        static inline int Py_Own(void) { return 0; }
    """
    assert exported_names(text) == [
        ("PyCode_Make", False), ("PyEval_InitThreads", False), ("PyMem_Malloc", False), ("PyOS_InputHook", True),
        ("PyType_Type", True), ("_Py_ctype_table", True),
    ]  # fmt: skip


def test_pyconfig_for_a_mac() -> None:
    text = (
        "/* Define to 1 if you have the <sys/epoll.h> header file. */\n#define HAVE_SYS_EPOLL_H 1\n"
        "/* Define to 1 if you have the <util.h> header file. */\n/* #undef HAVE_UTIL_H */\n"
        "#define HAVE_EPOLL 1\n/* #undef HAVE_KQUEUE */\n#define _POSIX_C_SOURCE 200809L\n#define SIZEOF_LONG 8\n"
    )
    lines = adapt(text, triplet="", wide_time=True, mac=True).splitlines()
    assert {"#undef HAVE_EPOLL", "#define HAVE_KQUEUE 1", "#undef _POSIX_C_SOURCE"} <= set(lines)
    assert {"#if __has_include(<sys/epoll.h>)", "#if __has_include(<util.h>)", "# define HAVE_UTIL_H 1"} <= set(lines)
    assert "#define HAVE_CHFLAGS 1" not in lines, "a macro that this version does not know"
    assert "#undef HAVE_EPOLL" not in adapt(text, triplet="", wide_time=True).splitlines()


def test_a_dll_that_others_link_is_no_module() -> None:
    """Of pywin32: pythoncom312.dll, which a loader imports by hand."""
    dll = pe.library("AMD64", "PyInit_pythoncom", needed=("python311.dll", "LOADPERF.dll", "RASAPI32.dll"))
    assert not check("cp311-win_amd64", ("sys/pythoncom311.dll", dll))


@pytest.mark.parametrize("name", ["_core.dll", "lib_core.dll"])
def test_a_module_named_as_a_dll(name: str) -> None:
    findings = check("cp311-win_amd64", (name, pe.library("AMD64", "PyInit__core", needed=("python311.dll",))))
    assert any("its suffix is .dll" in str(one) for one in findings)
