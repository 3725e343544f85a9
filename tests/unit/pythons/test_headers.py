"""The host's Python, found and verified in small made-up trees of headers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import facts
from tests.support.compare import raises_error
from tests.support.elf import REL, Elf, archive
from xconan.build_machine.buildenv import running_target
from xconan.ground.errors import ErrorGroup, HostPythonError, XconanError
from xconan.pythons.headers import find_host_python

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.pythons.records import HostPython

PATCHLEVEL = """\
#define PY_MAJOR_VERSION        {0}
#define PY_MINOR_VERSION        {1}
#define PY_MICRO_VERSION        {2}
#define PY_RELEASE_LEVEL        {level}
#define PY_RELEASE_SERIAL       {serial}
/* comment */
#  define PY_VERSION            "{0}.{1}.{2}"
"""
DISPATCH = """\
#if defined(__linux__)
# if defined(__x86_64__) && defined(__LP64__)
# include <x86_64-linux-gnu/python3.11/pyconfig.h>
# elif defined(__aarch64__) && !defined(__AARCH64EB__)
#include <aarch64-linux-gnu/python3.11/pyconfig.h>
# endif
#endif
"""


def tree(  # noqa: PLR0913 - each is one thing that headers can say
    root: Path,
    version: tuple[int, int, int] = (3, 11, 2),
    *,
    size: int = 8,
    gil: bool = True,
    pypy: bool = False,
    level: str = "PY_RELEASE_LEVEL_FINAL",
    name: str = "",
) -> Path:
    """A folder of headers in ROOT/usr/include."""
    folder = root / "usr" / "include" / (name or f"python{version[0]}.{version[1]}")
    folder.mkdir(parents=True)
    (folder / "Python.h").touch()
    text = PATCHLEVEL.format(*version, level=level, serial=1)
    (folder / "patchlevel.h").write_text(text + ('#define PYPY_VERSION "7.3.15"\n' if pypy else ""), encoding="utf-8")
    lines = [
        f"#define SIZEOF_VOID_P {size}",
        "#define Py_GIL_DISABLED 1" if not gil else "/* #undef Py_GIL_DISABLED */",
    ]
    (folder / "pyconfig.h").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def find(
    include: Path | None, host: str = "cp311-linux_aarch64", abi: str = "", *, needed: bool = True, **given: object
) -> HostPython:
    target = facts.target(host, abi=abi)
    changes: dict[str, Any] = dict(given)
    variables = changes.pop("variables", {})
    toolchain = replace(facts.toolchain_for(target.platform), variables=variables)
    return find_host_python(facts.cross(target, include_dir=include, **changes), toolchain, needed=needed)


def failures(
    include: Path | None,
    host: str = "cp311-linux_aarch64",
    abi: str = "",
    **options: Any,  # noqa: ANN401 - as find takes them
) -> list[XconanError]:
    with pytest.raises(XconanError) as caught:
        find(include, host, abi, **options)
    found = caught.value.errors if isinstance(caught.value, ErrorGroup) else [caught.value]
    assert all(isinstance(one, HostPythonError) and one.hint and one.where for one in found)
    return found


def test_good_headers(root: Path) -> None:
    include = tree(root)
    found = find(include)
    assert (found.include_dir, found.pyconfig, found.version) == (
        include, include / "pyconfig.h", (3, 11, 2, "final", 1),
    )  # fmt: skip
    assert found.ext_suffix == ".cpython-311-aarch64-linux-gnu.so"
    assert (found.library, found.sysconfig_file) == (None, None)


@pytest.mark.parametrize(
    ("level", "expected"),
    [("PY_RELEASE_LEVEL_GAMMA", "candidate"), ("PY_RELEASE_LEVEL_ALPHA", "alpha"), ("0xF", "final")],
)
def test_release_level(root: Path, level: str, expected: str) -> None:
    assert find(tree(root, level=level)).version[3] == expected


@pytest.mark.parametrize(
    ("headers", "host", "abi", "words"),
    [
        ({"version": (3, 12, 1)}, "cp311-linux_aarch64", "", ["'311'", "3.12.1"]),
        ({"pypy": True}, "cp311-linux_aarch64", "", ["CPython", "PyPy"]),
        ({}, "pp311-linux_aarch64", "", ["PyPy", "CPython"]),
        ({"size": 4}, "cp311-linux_aarch64", "", ["64 bits", "32 bits"]),
        ({"size": 8}, "cp311-linux_armv7l", "", ["32 bits", "64 bits"]),
        ({"version": (3, 13, 0), "gil": False}, "cp313-linux_aarch64", "", ["cp313'", "without"]),
        ({"version": (3, 13, 0)}, "cp313-linux_aarch64", "cp313t", ["cp313t", "with"]),
    ],
)
def test_contradiction(root: Path, headers: dict[str, Any], host: str, abi: str, words: list[str]) -> None:
    (error,) = failures(tree(root, **headers), host, abi)
    assert all(word in error.message for word in words)
    assert error.exit_code == 3
    assert "/src/host.cross.toml" in error.where


def test_all_contradictions_at_once(root: Path) -> None:
    assert len(failures(tree(root, (3, 12, 0), size=4, gil=False, pypy=True))) >= 3


def test_free_threaded(root: Path) -> None:
    include = tree(root, (3, 13, 1), gil=False, name="python3.13t")
    found = find(None, "cp313-linux_aarch64", "cp313t", prefix=root / "usr")
    assert found.include_dir == include
    assert found.soabi == "cpython-313t-aarch64-linux-gnu"


def debian(root: Path, *architectures: str) -> Path:
    include = tree(root)
    (include / "pyconfig.h").write_text(DISPATCH, encoding="utf-8")
    for name in architectures:
        folder = include.parent / name / "python3.11"
        folder.mkdir(parents=True)
        size = 4 if name.startswith("arm") else 8
        (folder / "pyconfig.h").write_text(f"#define SIZEOF_VOID_P {size}\n", encoding="utf-8")
    return include


def test_debians_dispatch(root: Path) -> None:
    include = debian(root, "aarch64-linux-gnu")
    own = include.parent / "aarch64-linux-gnu" / "python3.11" / "pyconfig.h"
    assert find(include).pyconfig == own
    (include / "pyconfig.h").unlink()
    assert find(include).pyconfig == own


def test_debians_headers_of_another_machine(root: Path) -> None:
    (error,) = failures(debian(root, "x86_64-linux-gnu"))
    assert "aarch64-linux-gnu" in error.message
    assert "headers are for x86_64-linux-gnu" in error.message


@pytest.mark.parametrize("name", ["patchlevel.h", "pyconfig.h", "Python.h"])
def test_missing_file(root: Path, name: str) -> None:
    include = tree(root)
    (include / name).unlink()
    (error,) = failures(include)
    assert name in error.message


def test_damaged_patchlevel(root: Path) -> None:
    include = tree(root)
    (include / "patchlevel.h").write_text("#define PY_MAJOR_VERSION x\n", encoding="utf-8")
    (error,) = failures(include)
    assert "no version" in error.message


def test_folder_above_is_given(root: Path) -> None:
    include = tree(root)
    (error,) = failures(include.parent)
    assert error.hint == f"did you mean {include}?"


def test_nothing_is_given(root: Path) -> None:
    (error,) = failures(None, "cp399-linux_aarch64")
    assert "cp399 on linux_aarch64" in error.message
    (error,) = failures(None, prefix=root)
    assert str(root / "usr" / "include" / "python3.11") in error.message


def test_no_headers_are_needed() -> None:
    found = find(None, needed=False)
    assert (found.include_dir, found.version[:2]) == (None, (3, 11))
    assert found.ext_suffix == ".cpython-311-aarch64-linux-gnu.so"


@pytest.mark.parametrize(
    "where",
    [
        "prefix",
        "CMAKE_SYSROOT",
        "CMAKE_FIND_ROOT_PATH",
        "Python3_INCLUDE_DIR",
        "Python_INCLUDE_DIR",
        "Python3_ROOT_DIR",
        "Python_ROOT_DIR",
    ],
)
def test_places(root: Path, where: str) -> None:
    include = tree(root)
    value = str(include if where.endswith("INCLUDE_DIR") else root)
    given: dict[str, Any] = {"prefix": root} if where == "prefix" else {"variables": {where: f"{value}"}}
    found = find(None, **given)
    assert found.include_dir == include
    assert where.split("_", maxsplit=1)[0] in found.origin


# --- libraries -------------------------------------------------------------------------------------------------------

OWN, FOREIGN = Elf().library(), Elf(machine="X86_64").library()


@pytest.mark.parametrize("key", ["library", "sabi_library"])
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (FOREIGN, "X86_64"),
        (b"INPUT(libpython3.so)", "neither"),
        (archive(("a.o", FOREIGN)), "X86_64"),
        (b"", "neither"),
    ],
)
def test_library_of_another_machine(root: Path, key: str, data: bytes, words: str) -> None:
    library = root / "libpython3.11.so"
    library.write_bytes(data)
    given: dict[str, Any] = {key: library}
    (error,) = failures(tree(root), **given)
    assert words in error.message
    assert f"{key} = {library}" in error.where


@pytest.mark.parametrize("data", [OWN, archive(("a.o", Elf(kind=REL).library()))])
def test_library(root: Path, data: bytes) -> None:
    library = root / "libpython3.11.a"
    library.write_bytes(data)
    assert find(tree(root), library=library).library == library


@pytest.mark.parametrize("folder", ["lib", "lib/aarch64-linux-gnu", "lib64"])
def test_library_beside_the_headers(root: Path, folder: str) -> None:
    include = tree(root)
    library = root / "usr" / folder / "libpython3.11.so"
    library.parent.mkdir(parents=True)
    library.write_bytes(OWN)
    assert find(include).library == library


def test_library_of_another_machine_beside_the_headers(root: Path) -> None:
    """A folder of many architectures' libraries may have that of another, too."""
    include = tree(root)
    library = root / "usr/lib/x86_64-linux-gnu/libpython3.11.so"
    library.parent.mkdir(parents=True)
    library.write_bytes(FOREIGN)
    assert find(include).library is None


# --- sysconfig data --------------------------------------------------------------------------------------------------


def data_file(root: Path, suffix: str, folder: str = "python3.11") -> Path:
    file = root / "usr" / "lib" / folder / "_sysconfigdata__linux_x.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"build_time_vars = {{\n 'EXT_SUFFIX': '{suffix}',\n}}\n", encoding="utf-8")
    return file


def test_sysconfig_data(root: Path) -> None:
    file = data_file(root, ".cpython-311-aarch64-linux-gnueabi_special.so")
    found = find(tree(root))
    assert found.sysconfig_file == file
    assert found.soabi == "cpython-311-aarch64-linux-gnueabi_special"


@pytest.mark.parametrize("suffix", [".cpython-311-x86_64-linux-gnu.so", ".cpython-312-aarch64-linux-gnu.so", ""])
def test_sysconfig_data_of_another_machine_is_passed_over(root: Path, suffix: str) -> None:
    data_file(root, suffix)
    found = find(tree(root))
    assert (found.sysconfig_file, found.soabi) == (None, "cpython-311-aarch64-linux-gnu")


def test_soabi_of_the_cross_file_wins(root: Path) -> None:
    data_file(root, ".cpython-311-aarch64-linux-gnu.so")
    assert find(tree(root), soabi="cpython-311d-aarch64-linux-gnu").ext_suffix == ".cpython-311d-aarch64-linux-gnu.so"


def pypys(root: Path, *modules: str, version: str = "7.3.15") -> Path:
    """PyPy's headers and modules of its own with these suffixes."""
    include = tree(root, (3, 10, 13), pypy=True, name="pypy3.10")
    text = (include / "patchlevel.h").read_text("utf-8").replace("7.3.15", version)
    (include / "patchlevel.h").write_text(text, "utf-8")
    folder = root / "usr/lib/pypy3.10"
    folder.mkdir(parents=True)
    for suffix in modules:
        (folder / f"_ssl{suffix}").touch()
    return include


OWN_SUFFIX = ".pypy310-pp74-aarch64-linux-gnu.so"


@pytest.mark.parametrize(
    ("modules", "version", "suffix", "abi"),
    [
        ((OWN_SUFFIX,), "7.3.15", OWN_SUFFIX, "pypy310_pp74"),  # what is there counts more than what is computed
        ((".so", ".pypy310-pp74-x86_64-linux-gnu.so", OWN_SUFFIX), "7.3.15", OWN_SUFFIX, "pypy310_pp74"),
        ((), "7.3.15", ".pypy310-pp73-aarch64-linux-gnu.so", "pypy310_pp73"),
        ((), "8.0.1-alpha0", ".pypy310-pp80-aarch64-linux-gnu.so", "pypy310_pp80"),
    ],
)
def test_pypys_tag_is_read(root: Path, modules: tuple[str, ...], version: str, suffix: str, abi: str) -> None:
    include = pypys(root, *modules, version=version)
    for prefix in (root, root / "usr"):
        found = find(None, "pp310-linux_aarch64", "pypy310", prefix=prefix)
        assert (found.include_dir, found.ext_suffix, found.abi) == (include, suffix, abi)
    assert find(include, "pp310-linux_aarch64", abi).abi == abi


def test_another_pypy(root: Path) -> None:
    (error,) = failures(pypys(root), "pp310-linux_aarch64", "pypy310_pp74")
    assert "'pypy310_pp74'" in error.message
    assert "'pypy310_pp73'" in error.message


def test_pypy_of_another_machine(root: Path) -> None:
    (error,) = failures(pypys(root, ".pypy310-pp73-x86_64-linux-gnu.so"), "pp310-linux_aarch64", "pypy310")
    assert "x86_64" in error.message
    assert "aarch64" in error.message


def test_pypy_that_says_nothing(root: Path) -> None:
    found = find(pypys(root, version="new"), "pp310-linux_aarch64", "pypy310")
    assert found.abi == "pypy310"
    assert find(found.include_dir, "pp310-linux_aarch64", "pypy310_pp73").abi == "pypy310_pp73"


def test_older_pypys_headers(root: Path) -> None:
    """PyPy 3.7 has them in include/ itself, its modules in lib_pypy/."""
    tree(root, (3, 7, 13), pypy=True, name="x").rename(root / "include")
    (root / "lib_pypy").mkdir()
    (root / "lib_pypy/_tkinter.pypy37-pp73-aarch64-linux-gnu.so").touch()
    found = find(None, "pp37-linux_aarch64", "pypy37", prefix=root)
    assert (found.include_dir, found.abi) == (root / "include", "pypy37_pp73")


def test_pypy(root: Path) -> None:
    include = tree(root, (3, 10, 13), pypy=True, name="pypy3.10")
    found = find(None, "pp310-linux_aarch64", prefix=root)
    assert (found.include_dir, found.soabi) == (include, "pypy310-pp73-aarch64-linux-gnu")


def test_native() -> None:
    import sys  # noqa: PLC0415
    import sysconfig  # noqa: PLC0415

    found = find_host_python(facts.cross(native=True), None, needed=False)
    assert found.version == sys.version_info
    assert found.ext_suffix == sysconfig.get_config_var("EXT_SUFFIX")


def stored(folder: Path, name: str, *, pypy: bool = False) -> None:
    """An entry of the store."""
    include = tree(folder / name, (3, 8, 18), pypy=pypy)
    record = {"version": "3.8.18", "include": str(include.relative_to(folder / name)), "source": "x", "files": {}}
    (folder / name / "xconan-python.json").write_text(json.dumps(record), "utf-8")


@pytest.mark.parametrize(
    ("name", "tag", "suffix"),
    [
        ("cp38-linux-x86_64", "cp38-linux_armv7l", ".cpython-38-arm-linux-gnueabihf.so"),
        ("cp38-linux-x86_64-musl", "cp38-linux_s390x", ".cpython-38-s390x-linux-gnu.so"),
        ("pp38-linux-x86_64", "pp38-linux_aarch64", ".pypy38-pp73-aarch64-linux-gnu.so"),
        ("pp38-linux-x86_64", "pp38-linux_armv7l", ""),
        ("cp39-linux-x86_64", "cp38-linux_aarch64", ""),
    ],
)
def test_the_same_python_of_another_machine(
    name: str, tag: str, suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XCONAN_PYTHONS", str(tmp_path / "store"))
    monkeypatch.setenv("XCONAN_CACHE", str(tmp_path / "cache"))
    stored(tmp_path / "store", name, pypy=name.startswith("pp"))
    cross = facts.cross(facts.target(tag))
    toolchain = facts.toolchain(cross.target.platform.arch.name)
    if not suffix:
        with pytest.raises(HostPythonError, match="no headers of the host's Python"):
            find_host_python(cross, toolchain, needed=True)
        return
    found = find_host_python(cross, toolchain, needed=True)
    assert (found.ext_suffix, found.version[:3]) == (suffix, (3, 8, 18))
    assert name in found.origin
    assert found.pyconfig
    if "pp" not in name:
        assert "#define SIZEOF_VOID_P __SIZEOF_POINTER__" in found.pyconfig.read_text("utf-8")


@pytest.mark.parametrize(
    ("tag", "why"),
    [("cp38-linux_aarch64", "the running Python's serve {} alone"), ("{}-win_amd64", "those for Windows are its own")],
)
def test_where_headers_were_looked_for(tag: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store is named though no file names a folder; for Windows no other version would do."""
    monkeypatch.setenv("XCONAN_PYTHONS", str(tmp_path / "store"))
    own = running_target().interpreter
    cross = facts.cross(facts.target(tag.format(own)))
    with raises_error(HostPythonError, f"tried: the store of host Pythons, {tmp_path / 'store'}", hint=why.format(own)):
        find_host_python(cross, None, needed=True)
