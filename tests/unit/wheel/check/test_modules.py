"""What a wheel's libraries say against its tags."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.elf import ARM_HARD, ARM_SOFT, EXEC, Elf
from xconan.binary.dynamic import read_dynamic
from xconan.ground.files import Entry
from xconan.project.config.records import WheelConfig
from xconan.project.wheel_tags import wheel_tags
from xconan.wheel.check.loading import Loading
from xconan.wheel.check.modules import Host, check_entries
from xconan.wheel.check.names import PythonNames

if TYPE_CHECKING:
    from pathlib import Path

ELF = Elf()
GOOD = ".cpython-311-aarch64-linux-gnu.so"


def check(
    *files: tuple[str, bytes],
    host: str = "cp311-linux_aarch64",
    abi: str = "",
    pure: bool = False,
    shared: tuple[str, ...] = (),
    expected: tuple[str, ...] = (),
    **wishes: object,
) -> list[str]:
    target = facts.target(host, abi=abi)
    tags = wheel_tags(target, WheelConfig(**wishes), pure=pure)  # type: ignore[arg-type]
    entries = [Entry(name=name, source=data) for name, data in files]
    compared = Host(
        tags=tags, target=target, python=facts.python(target), unavailable=frozenset(shared), expected=expected
    )
    found = check_entries(entries, compared)
    assert all(finding.hint for finding in found)
    sabi = [finding for finding in found if "nanobind" in finding.hint]  # without the component CMake stops at it
    assert all("Development.SABIModule" in finding.hint for finding in sabi)
    return [f"{finding.file}: {finding.message}" for finding in found]


def module(name: str = "_core") -> bytes:
    return ELF.library(f"PyInit_{name}")


def test_good_wheel() -> None:
    assert not check(
        (f"demo/_core{GOOD}", module()),
        ("demo/__init__.py", b"import demo._core"),
        ("demo/libz.so.1", ELF.library("inflate")),
        ("demo/libfoo.so", b"/* GNU ld script */ INPUT(libz.so.1)"),
        ("demo/_plain.so", module("_plain")),
    )


@pytest.mark.parametrize(
    "made", [Elf(machine="X86_64"), Elf(machine="ARM", bits=32), Elf(endian="big"), Elf(bits=32)]
)  # fmt: skip
def test_another_machine(made: Elf) -> None:
    (found,) = check((f"_core{GOOD}", made.library("PyInit__core")))
    assert "aarch64" in found
    assert check(("demo/libz.so", made.library()))


def test_soft_float() -> None:
    host, suffix = "cp311-linux_armv7l", ".cpython-311-arm-linux-gnueabihf.so"
    made = {flags: Elf(machine="ARM", bits=32, flags=flags).library("PyInit__core") for flags in (ARM_HARD, ARM_SOFT)}
    assert not check((f"_core{suffix}", made[ARM_HARD]), host=host)
    (found,) = check((f"_core{suffix}", made[ARM_SOFT]), host=host)
    assert "soft float" in found


@pytest.mark.parametrize(
    "suffix",
    [".cpython-311-x86_64-linux-gnu.so", ".cpython-312-aarch64-linux-gnu.so", ".pypy310-pp73-aarch64-linux-gnu.so"],
)
def test_suffix_of_another_host(suffix: str) -> None:
    (found,) = check((f"demo/_core{suffix}", module()))
    assert suffix in found
    assert GOOD in found


@pytest.mark.parametrize(("suffix", "count"), [(".abi3.so", 0), (GOOD, 1), (".so", 0)])
def test_abi3_wheel(suffix: str, count: int) -> None:
    found = check((f"_core{suffix}", module()), python_abi="abi3", abi3_minimum_cpython_version=39)
    assert len(found) == count


@pytest.mark.parametrize(
    ("minimum", "requires", "said"),
    [(39, ">=3.8", "Python 3.9 can't compile it: "), (39, ">=3.10", ""), (32, ">=3.10", ""), (310, "", "")],
)
def test_python_files_of_an_abi3_wheel(minimum: int, requires: str, said: str) -> None:
    """They are for the oldest Python that the wheel is for, whichever it is built for."""
    target = facts.target("cp311-linux_aarch64")
    tags = wheel_tags(target, WheelConfig(python_abi="abi3", abi3_minimum_cpython_version=minimum), pure=False)
    host = Host(tags=tags, target=target, python=facts.python(target), requires_python=requires)
    entry = Entry(name="demo/__init__.py", source=b"match x:\n    case 1: pass\n")
    messages = [finding.message for finding in check_entries([entry], host)]
    assert len(messages) == bool(said)
    assert all(message.startswith(said) for message in messages)


def test_abi3_suffix_without_stable_abi() -> None:
    good = ".cpython-313t-aarch64-linux-gnu.so"
    assert not check((f"_core{good}", module()), host="cp313-linux_aarch64", abi="cp313t")
    assert check(("_core.abi3.so", module()), host="cp313-linux_aarch64", abi="cp313t")
    assert check(("_core.abi3.so", module()), host="pp310-linux_aarch64")


def test_binary_in_a_pure_wheel() -> None:
    (found,) = check(("demo/libz.so", ELF.library()), pure=True)
    assert "any platform" in found
    assert not check(("demo/a.py", b""), pure=True)


@pytest.mark.parametrize(
    ("name", "start"),
    [("a.pyd", b"MZ\x90\0"), ("a.so", b"\xcf\xfa\xed\xfe"), ("a.dylib", b"\xca\xfe\xba\xbe"), ("a.dll", b"MZ")],
)
def test_foreign_formats(name: str, start: bytes) -> None:
    (found,) = check((f"demo/{name}", start + bytes(100)))
    assert "file" in found


def test_name_of_the_module() -> None:
    (found,) = check((f"demo/_other{GOOD}", module()))
    assert "PyInit__core" in found
    assert "_other" in found
    assert not check((f"demo/_core{GOOD}", ELF.library("PyInit_first", "PyInit__core")))
    assert not check((f"demo/öl{GOOD}", ELF.library("PyInitU_l_hia")))


def test_programs_are_checked(tmp_path: Path) -> None:
    program = tmp_path / "tool"
    program.write_bytes(Elf(machine="X86_64", kind=EXEC).library())
    program.chmod(0o755)
    target = facts.target()
    tags = wheel_tags(target, WheelConfig(), pure=False)
    entries = [Entry(name="demo-1.data/scripts/tool", source=program)]
    (found,) = check_entries(entries, Host(tags=tags, target=target, python=facts.python(target)))
    assert "X86_64" in found.message


def test_shared_library_that_the_host_lacks() -> None:
    data = ELF.library("PyInit__core", needed=("libc.so.6", "liblz4.so.1"))
    (found,) = check((f"demo/_core{GOOD}", data), shared=("liblz4.so.1",))
    assert "liblz4.so.1" in found
    assert not check((f"demo/_core{GOOD}", data))
    data = ELF.library("PyInit__core", needed=("libc.so.6", "liblz4.so.1"), runpath="$ORIGIN")
    assert not check(
        (f"demo/_core{GOOD}", data), ("demo/liblz4.so.1", ELF.library()), shared=("liblz4.so.1",)
    )  # fmt: skip


def test_library_that_the_project_says_hosts_have() -> None:
    """As auditwheel's --exclude: neither Conan's word nor the tag's promise is against it."""
    data = ELF.library("PyInit__core", needed=("libcuda.so.1",))
    host = "cp311-manylinux_2_17_aarch64"
    (found,) = check((f"demo/_core{GOOD}", data), host=host)
    assert "libcuda.so.1, which is no library that manylinux_2_17_aarch64 promises" in found
    assert not check((f"demo/_core{GOOD}", data), host=host, expected=("libcuda.so.*",))
    assert not check((f"demo/_core{GOOD}", data), shared=("libcuda.so.1",), expected=("libcuda.so.*",))
    assert check((f"demo/_core{GOOD}", data), host=host, expected=("libcudart.so.*",))


@pytest.mark.parametrize(
    ("place", "runpath", "found"),
    [
        ("demo/libown.so.1", "$ORIGIN", True),
        ("demo/libown.so.1", "${ORIGIN}:/usr/lib", True),
        ("demo.libs/libown.so.1", "$ORIGIN/../demo.libs", True),
        ("demo/lib/libown.so.1", "$ORIGIN/lib", True),
        ("demo/libown.so.1", "", False),
        ("demo/libown.so.1", "/build/staging/demo", False),
        ("demo/lib/libown.so.1", "$ORIGIN", False),
    ],
)
def test_libraries_by_the_way_that_the_loader_goes(place: str, runpath: str, *, found: bool) -> None:
    data = ELF.library("PyInit__core", needed=("libc.so.6", "libown.so.1"), runpath=runpath)
    said = check((f"demo/_core{GOOD}", data), (place, ELF.library()))
    assert [one for one in said if "names /build" not in one] == (
        [] if found else [f"demo/_core{GOOD}: it needs libown.so.1, and its RPATH does not lead to {place}"]
    )


def test_a_library_that_its_loader_finds() -> None:
    """What the module has loaded by then, or lets be found by a DT_RPATH of its own."""
    module = ELF.library("PyInit__core", needed=("libone.so", "libtwo.so"), runpath="$ORIGIN")
    assert not check(
        (f"demo/_core{GOOD}", module), ("demo/libone.so", ELF.library(needed=("libtwo.so",))),
        ("demo/libtwo.so", ELF.library()),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("host", "undefined", "needed", "lost"),
    [
        ("cp311-linux_aarch64", ("PyList_New", "_Py_Dealloc", "helper"), ("libc.so.6",), "helper"),
        ("cp311-linux_aarch64", ("helper",), (), "helper"),
        ("cp311-linux_aarch64", ("malloc",), (), ""),
        ("cp311-linux_aarch64", ("helper",), ("libc.so.6", "libfoo.so.2"), ""),
        ("cp311-linux_aarch64", ("exported",), ("libc.so.6",), ""),
        ("cp311-musllinux_1_2_aarch64", ("malloc", "PyList_New"), ("libc.so",), ""),
        ("cp311-musllinux_1_2_aarch64", ("malloc", "helper"), ("libc.musl-aarch64.so.1",), "helper"),
    ],
)
def test_symbols_that_nothing_defines(
    host: str, undefined: tuple[str, ...], needed: tuple[str, ...], lost: str
) -> None:
    data = ELF.library("PyInit__core", needed=needed, undefined=undefined)
    found = check(("demo/_core.so", data), ("demo/libother.so", ELF.library("exported")), host=host)
    assert [one for one in found if "defines" in one] == (
        [f"demo/_core.so: nothing that is loaded defines {lost}"] if lost else []
    )


@pytest.mark.parametrize(
    ("lost", "known"),
    [
        ("__strtoieee128", True),
        ("_ZNSt3__113basic_ostreamIcNS_11char_traitsIcEEElsEg", True),  # std::ostream << long double
        ("_ZN4mine6helperEg", False),
    ],
)
def test_long_double_of_zig(lost: str, *, known: bool) -> None:
    data = ELF.library("PyInit__core", needed=("libc.so.6",), undefined=(lost,))
    binaries = {"demo/_core.so": read_dynamic(BytesIO(data))}
    pythons = PythonNames(facts.target())
    (found,) = Loading(binaries=binaries, names=(), python_loads_libraries=False, pythons=pythons).check()
    assert ("zig" in found.hint) == known


def test_a_tag_without_an_abi() -> None:
    (found,) = check((f"_core{GOOD}", module()), abi="none")
    assert f"only cp311 imports the suffix {GOOD}, but the wheel is tagged cp311-none-linux_aarch64" in found
    (found,) = check(("_core.cpython-312-aarch64-linux-gnu.so", module()), abi="none")
    assert "but cp311 on linux_aarch64 imports" in found


@pytest.mark.parametrize("cut", [64, 100, 200])
def test_damaged_library(cut: int) -> None:
    (found,) = check((f"demo/_core{GOOD}", module()[:cut]))
    assert "demo/_core" in found


# --- the stable ABI ---------------------------------------------------------------------------------------------------


def stable(*undefined: str, export: str = "PyInit__core") -> bytes:
    return ELF.library(export, undefined=undefined, needed=("libother.so",))


@pytest.mark.parametrize(
    ("minimum", "symbols", "words"),
    [
        (312, ("PyList_New", "PyType_GetSlot", "malloc", "_Py_Dealloc", "PyExc_ValueError"), None),
        (312, ("PyDict_GetItemRef",), ["PyDict_GetItemRef (3.13)", "3.12", "cp312-abi3"]),
        (313, ("PyDict_GetItemRef",), None),
        (39, ("PyType_GetModule", "Py_NewRef", "PyBuffer_Release"), ["Py_NewRef (3.10)", "PyType_GetModule (3.10)"]),
        (312, ("_PyDict_NewPresized",), ["_PyDict_NewPresized"]),
        (312, ("Pyramid_height", "SDL_PyGame"), None),
    ],
)
def test_names_of_the_stable_abi(minimum: int, symbols: tuple[str, ...], words: list[str] | None) -> None:
    found = check(
        ("_core.abi3.so", stable(*symbols)), host="cp313-linux_aarch64", python_abi="abi3",
        abi3_minimum_cpython_version=minimum,
    )  # fmt: skip
    assert len(found) == (words is not None)
    assert all(word in found[0] for word in words or ())


def test_stable_names_of_the_wheels_own_libraries() -> None:
    wheel = (("_core.abi3.so", stable("PyBridge_New")), ("libbridge.so", ELF.library("PyBridge_New")))
    assert not check(*wheel, host="cp312-linux_aarch64", python_abi="abi3", abi3_minimum_cpython_version=312)
    assert check(*wheel[:1], host="cp312-linux_aarch64", python_abi="abi3", abi3_minimum_cpython_version=312)


def test_a_stable_suffix_in_another_wheel() -> None:
    data = stable("_PyDict_NewPresized")
    (found,) = check(("_core.abi3.so", data))
    assert "suffix" in found
    assert not check((f"_core{GOOD}", data))


@pytest.mark.parametrize(
    ("suffix", "minimum", "count"),
    [
        (".abi3.so", 315, 0), (".abi3-aarch64-linux-gnu.so", 315, 0), (".abi3-aarch64-linux-gnu.so", 314, 1),
        (".abi3-x86_64-linux-gnu.so", 315, 1), (".abi3t.so", 315, 0), (".abi3t.so", 314, 1),
        (".cpython-315-aarch64-linux-gnu.so", 315, 1), (".so", 32, 0),
    ],
)  # fmt: skip
def test_stable_suffixes(suffix: str, minimum: int, count: int) -> None:
    found = check(
        (f"_core{suffix}", module()), host="cp315-linux_aarch64", python_abi="abi3",
        abi3_minimum_cpython_version=minimum,
    )  # fmt: skip
    assert len(found) == count
    assert all(suffix in one for one in found)


@pytest.mark.parametrize("abi", ["cp315", "cp315t"])
@pytest.mark.parametrize(
    ("suffix", "data", "words"),
    [
        (".abi3t.so", stable("PyList_New", export="PyModExport__core"), None),
        (".abi3t-aarch64-linux-gnu.so", stable("PyList_New", export="PyModExport__core"), None),
        (".abi3.so", stable(export="PyModExport__core"), ".abi3t.so"),
        (".abi3t.so", stable("PyModuleDef_Init"), "abi3 alone"),
        (".abi3t.so", stable("PyList_New", export="PyModExport_other"), "PyInit_other"),
    ],
)
def test_abi3t(abi: str, suffix: str, data: bytes, words: str | None) -> None:
    found = check((f"_core{suffix}", data), host="cp315-linux_aarch64", abi=abi, python_abi="abi3t")
    assert len(found) == (words is not None)
    assert all(words in one for one in found if words)


def test_free_threaded_hosts_before_abi3t() -> None:
    assert check(("_core.abi3t.so", module()), host="cp314-linux_aarch64", abi="cp314t")
    assert not check(("_core.abi3t.so", module()), host="cp315-linux_aarch64", abi="cp315t")
    assert check(("_core.abi3.so", module()), host="cp315-linux_aarch64", abi="cp315t")


def test_static_library_that_goes_with_the_wheel() -> None:
    """By its name it is for a linker, not for `import`."""
    assert not check(("demo/libx.a", b"!<arch>\n"), ("demo/table.bin", b""))
    assert check(("demo/libx.so", b"!<arch>\n"))


@pytest.mark.parametrize(("names", "count"), [(("core",), 1), (("core", "other"), 0), (("core", "a", "b"), 0)])
def test_library_with_modules_of_the_interpreter(names: tuple[str, ...], count: int) -> None:
    """An embedding library has the built-in ones; one alone was meant to be imported."""
    exported = [f"PyInit_{name}" for name in names]
    found = check(("demo/libcore.so", ELF.library(*exported)))
    assert len(found) == count
    assert all("it defines PyInit_core, so it can't be imported as libcore" in message for message in found)


def test_plain_library_that_is_named_as_a_module() -> None:
    """A bare .so may be loaded by other means than `import`; what it needs of the C library says nothing."""
    assert not check(("demo/plain.so", ELF.library("run", undefined=("memcpy",), needed=("libc.so.6",))))
    (told,) = check(("demo/plain.so", ELF.library("run", undefined=("memcpy", "PyInit_plain"), needed=("libc.so.6",))))
    assert "it looks for PyInit_plain elsewhere" in told


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("a", "b", "b"), ["b: 2 files of the wheel have this name"]),
        (("b", "a", "b", "b"), ["b: 3 files of the wheel have this name"]),
        (("a/b", "c", "a"), ["a: it is a file and, for others, their folder"]),
        (("demo/x/y", "demo/x", "dem"), ["demo/x: it is a file and, for others, their folder"]),
        (("a", "A"), []),
    ],
)
def test_files_that_overwrite_each_other(names: tuple[str, ...], said: list[str]) -> None:
    told = check(*((name, b"") for name in names))
    assert [message.partition(", so that")[0] for message in told] == said


@pytest.mark.parametrize(
    ("tags", "breaks"),
    [
        (("linux_aarch64",), False),
        (("manylinux_2_17_aarch64",), True),
        (("linux_aarch64", "manylinux_2_17_aarch64"), True),
    ],
)
def test_one_tag_with_a_policy_makes_it_a_promise(tags: tuple[str, ...], breaks: bool) -> None:  # noqa: FBT001
    target = facts.target("cp311-linux_aarch64")
    host = Host(
        tags=wheel_tags(target, WheelConfig(platform_tag=tags), pure=False), target=target, python=facts.python(target)
    )
    data = ELF.library("PyInit__core", runpath="/build/lib")
    (finding,) = check_entries([Entry(name=f"_core{GOOD}", source=data)], host)
    assert "a folder of the build machine" in finding.message
    assert (finding.breaks_tag, finding.warning) == (breaks, not breaks)
