"""build-details.json: found, read, and believed only where nothing contradicts it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import facts
from tests.support.elf import Elf
from tests.unit.pythons.test_headers import tree
from xconan.ground.errors import ErrorGroup, HostPythonError, XconanError
from xconan.pythons.headers import find_host_python

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.pythons.records import HostPython

HOST = "cp314-linux_aarch64"
SUFFIX = ".cpython-314-aarch64-linux-gnu.so"


def details(**changes: object) -> dict[str, Any]:
    """As CPython's Tools/build/generate-build-details.py writes it; "a.b" = None takes a.b out."""
    data: dict[str, Any] = {
        "schema_version": "1.0",
        "base_prefix": "/usr",
        "platform": "linux-aarch64",
        "language": {"version": "3.14", "version_info": {"major": 3, "minor": 14, "micro": 2}},
        "implementation": {"name": "cpython", "_multiarch": "aarch64-linux-gnu"},
        "abi": {"flags": [], "extension_suffix": SUFFIX, "stable_abi_suffix": ".abi3.so"},
        "suffixes": {"extensions": [SUFFIX, ".abi3.so", ".so"]},
        "c_api": {"headers": "/usr/include/python3.14"},
    }
    for key, value in changes.items():
        *path, last = key.split("__")
        part = data
        for name in path:
            part = part.setdefault(name, {})
        part[last] = value
        if value is None:
            del part[last]
    return data


def put(root: Path, data: object, *, name: str = "build-details.json", folder: str = "usr/lib/python3.14") -> Path:
    file = root / folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    text = data if isinstance(data, (str, bytes)) else json.dumps(data)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def find(root: Path, host: str = HOST, abi: str = "", **given: object) -> HostPython:
    target = facts.target(host, abi=abi)
    changes: dict[str, Any] = {"prefix": root, **given}
    variables = changes.pop("variables", {})
    toolchain = replace(facts.toolchain_for(target.platform), variables=variables)
    return find_host_python(facts.cross(target, **changes), toolchain, needed=True)


def failures(root: Path, host: str = HOST, abi: str = "") -> list[XconanError]:
    with pytest.raises(XconanError) as caught:
        find(root, host, abi)
    found = caught.value.errors if isinstance(caught.value, ErrorGroup) else [caught.value]
    assert all(isinstance(one, HostPythonError) and one.hint and one.where for one in found)
    return found


@pytest.fixture
def host(root: Path) -> Path:
    """Headers of 3.14.2 in a place that only build-details.json tells."""
    tree(root, (3, 14, 2), name="somewhere/python3.14")
    return root


ELSEWHERE = {"c_api__headers": "/usr/include/somewhere/python3.14"}


@pytest.mark.parametrize("folder", ["usr/lib/python3.14", "lib/python3.14", "usr/local/lib/python3.14"])
@pytest.mark.parametrize("name", ["build-details.json", "build-details..aarch64-linux-gnu.json"])
def test_found(host: Path, folder: str, name: str) -> None:
    data = details(**ELSEWHERE, base_prefix="/somewhere/else")  # so that the path is the root's, wherever the file is
    put(host, data, folder=folder, name=name)
    found = find(host)
    assert found.include_dir == host / "usr/include/somewhere/python3.14"
    assert found.ext_suffix == SUFFIX
    assert name in found.origin
    assert "prefix" in found.origin


@pytest.mark.parametrize(
    ("base_prefix", "headers"),
    [
        ("/usr", "/usr/include/somewhere/python3.14"),
        ("../..", "include/somewhere/python3.14"),
        ("/opt/built/there", "/opt/built/there/include/somewhere/python3.14"),
        ("/opt/built/there", "include/somewhere/python3.14"),
    ],
)
def test_paths(host: Path, base_prefix: str, headers: str) -> None:
    """A tree that lies elsewhere than it says, as all trees of hosts do."""
    put(host, details(base_prefix=base_prefix, c_api__headers=headers))
    for prefix in (host, host / "usr"):
        assert find(prefix).include_dir == host / "usr/include/somewhere/python3.14"


@pytest.mark.parametrize("where", ["CMAKE_SYSROOT", "CMAKE_FIND_ROOT_PATH"])
def test_the_toolchains_roots(host: Path, where: str) -> None:
    put(host, details(**ELSEWHERE))
    found = find(host, prefix=None, variables={where: str(host)})
    assert where in found.origin


def test_order(host: Path) -> None:
    """include_dir, then the toolchain's hints, then build-details.json."""
    put(host, details(**ELSEWHERE))
    other = tree(host, (3, 14, 2))
    assert find(host, include_dir=other).origin.startswith("include_dir")
    assert find(host, variables={"Python3_INCLUDE_DIR": str(other)}).origin.startswith("Python3_INCLUDE_DIR")
    assert find(host).origin.startswith("build-details.json")


def test_without_headers_the_usual_places_are_tried(root: Path) -> None:
    include = tree(root, (3, 14, 2))
    put(root, details(**ELSEWHERE))
    assert find(root).include_dir == include
    put(root, details(c_api=None))
    assert find(root).include_dir == include


def test_debian_has_several_beside_each_other(host: Path) -> None:
    put(host, "damaged", name="build-details.t.aarch64-linux-gnu.json")
    put(host, "damaged", name="build-details..x86_64-linux-gnu.json")
    put(host, details(**ELSEWHERE, abi__extension_suffix=None), name="build-details..aarch64-linux-gnu.json")
    assert find(host).ext_suffix == SUFFIX  # the first of suffixes.extensions


def test_suffix_is_the_hosts(host: Path) -> None:
    own = ".cpython-314-aarch64-linux-gnu_special.so"
    put(host, details(**ELSEWHERE, abi__extension_suffix=own))
    assert find(host).ext_suffix == own
    assert find(host, soabi="mine").ext_suffix == ".mine.so"


def test_free_threaded(root: Path) -> None:
    tree(root, (3, 14, 2), gil=False, name="python3.14t")
    suffix = ".cpython-314t-aarch64-linux-gnu.so"
    data = details(abi__flags=["t"], abi__extension_suffix=suffix, c_api__headers="/usr/include/python3.14t")
    put(root, data, folder="usr/lib/python3.14t")
    found = find(root, abi="cp314t")
    assert found.ext_suffix == suffix
    assert found.origin.startswith("build-details.json")


def test_pypy(root: Path) -> None:
    tree(root, (3, 11, 13), pypy=True, name="pypy3.11")
    suffix = ".pypy311-pp80-aarch64-linux-gnu.so"
    data = details(
        language__version="3.11", language__version_info=None, implementation__name="pypy",
        abi__extension_suffix=suffix, c_api__headers="/usr/include/pypy3.11",
    )  # fmt: skip
    put(root, data, folder="usr/lib/pypy3.11")
    found = find(root, "pp311-linux_aarch64", abi="pypy311")
    assert (found.ext_suffix, found.abi) == (suffix, "pypy311_pp80")


def test_library(host: Path) -> None:
    paths = {"libpython__dynamic": "/usr/lib/x/libpython3.14.so.1.0", "libpython__dynamic_stableabi": "/usr/lib/x/s.so"}
    put(host, details(**ELSEWHERE, **paths))
    assert (find(host).library, find(host).sabi_library) == (None, None)
    for name in ("libpython3.14.so.1.0", "s.so"):
        put(host, Elf().library(), folder="usr/lib/x", name=name)
    assert find(host).library == host / "usr/lib/x/libpython3.14.so.1.0"
    assert find(host).sabi_library == host / "usr/lib/x/s.so"
    put(host, Elf(machine="X86_64").library(), folder="usr/lib/x", name="s.so")
    (error,) = failures(host)
    assert "X86_64" in error.message


# --- what it may say wrongly ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"platform": "linux-x86_64"}, ["linux_aarch64", "linux-x86_64"]),
        ({"platform": "macosx-11.0-arm64"}, ["linux_aarch64", "macosx-11.0-arm64"]),
        ({"implementation___multiarch": "x86_64-linux-gnu"}, ["linux_aarch64", "x86_64-linux-gnu"]),
        ({"abi__extension_suffix": ".cpython-314-x86_64-linux-gnu.so"}, ["linux_aarch64", "x86_64-linux-gnu.so"]),
        ({"abi__extension_suffix": ".cpython-313-aarch64-linux-gnu.so"}, ["cp314", "cpython-313"]),
        ({"abi__flags": ["t"]}, ["'cp314'", "without a GIL"]),
        ({"implementation__name": "pypy"}, ["'cp'", "pypy"]),
        ({"language__version": "3.13", "language__version_info": None}, ["'314' (3.14)", "3.13"]),
        ({"language__version_info__micro": 7}, ["3.14.7", "3.14.2"]),
    ],
)
def test_contradiction(host: Path, changes: dict[str, Any], words: list[str]) -> None:
    file = put(host, details(**ELSEWHERE, **changes))
    (error,) = failures(host)
    assert all(word in error.message for word in words)
    assert str(file) in error.where
    assert error.exit_code == 3


def test_all_contradictions_at_once(host: Path) -> None:
    put(host, details(**ELSEWHERE, platform="linux-x86_64", implementation__name="pypy", abi__flags=["t"]))
    assert len(failures(host)) == 3


@pytest.mark.parametrize(
    ("host_name", "multiarch", "platform", "good"),
    [
        ("linux_armv7l", "arm-linux-gnueabihf", "linux-armv8l", True),
        ("linux_armv6l", "arm-linux-gnueabihf", "linux-armv7l", True),
        ("linux_armv7l", "arm-linux-gnueabihf", "linux-aarch64", True),  # a 64-bit kernel
        ("linux_armv7l", None, "linux-aarch64", False),
        ("linux_armv7l", "arm-linux-gnueabihf", "linux-x86_64", False),
        ("linux_i686", "i386-linux-gnu", "linux-x86_64", True),
        ("linux_i686", "i386-linux-gnu", "linux-i586", True),
        ("linux_ppc64le", "powerpc64le-linux-gnu", "linux-ppc64le", True),
        ("musllinux_1_2_x86_64", "x86_64-linux-musl", "linux-x86_64", True),
    ],
)
def test_names_of_platforms(root: Path, host_name: str, multiarch: str | None, platform: str, *, good: bool) -> None:
    bits = 64 if "64" in host_name else 32
    tree(root, (3, 14, 2), size=bits // 8)
    changes: dict[str, Any] = {"platform": platform, "implementation___multiarch": multiarch}
    put(root, details(**changes, abi__extension_suffix=None, suffixes=None))
    if good:
        assert find(root, f"cp314-{host_name}").origin.startswith("build-details.json")
    else:
        assert failures(root, f"cp314-{host_name}")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        pytest.param("[" * 100_000, "no JSON", id="deep"),
        pytest.param(" " * (2 << 20), "larger", id="large"),
        ("[]", "no object"),
        ({}, "schema_version"),
        (details(schema_version=1), "schema_version is no str"),
        (details(base_prefix=None), "base_prefix"),
        (details(platform=None), "platform"),
        (details(language__version=None), "language.version"),
        (details(language__version="3.14.2.9"), "language.version"),
        (details(language__version="9" * 500), "language.version"),
        (details(language__version_info__minor=13), "3.13"),
        (details(language__version_info__micro="2"), "micro is no int"),
        (details(language__version_info__micro=True), "micro is no int"),
        (details(implementation=None), "implementation.name"),
        (details(implementation=7), "no object"),
        (details(abi__flags="t"), "abi.flags"),
        (details(c_api__headers="/usr/\0include"), "c_api.headers"),
        (details(c_api__headers="/" + "x" * 100_000), "c_api.headers"),
        (details(c_api__headers=["/usr"]), "c_api.headers"),
    ],
)
def test_damaged(host: Path, data: object, words: str) -> None:
    tree(host, (3, 14, 2))
    file = put(host, data)
    (error,) = failures(host)
    assert words in error.message
    assert str(file) in error.where
    assert "include_dir" in error.hint


def test_unreadable(host: Path) -> None:
    (host / "usr/lib/python3.14/build-details.json").mkdir(parents=True)
    assert failures(host)


@pytest.mark.parametrize("schema", ["2.0", "11.4", "two"])
def test_a_newer_schema_is_passed_over(root: Path, schema: str, capfd: pytest.CaptureFixture[str]) -> None:
    include = tree(root, (3, 14, 2))
    put(root, {"schema_version": schema, "anything": []})
    found = find(root)
    assert (found.include_dir, "prefix" in found.origin) == (include, True)
    assert f"schema {schema}" in capfd.readouterr().err


def test_a_newer_minor_of_the_schema_is_read(host: Path) -> None:
    put(host, details(**ELSEWHERE, schema_version="1.7", something_new={"x": 1}))
    assert find(host).origin.startswith("build-details.json")


def test_headers_elsewhere_are_still_verified(host: Path) -> None:
    tree(host, (3, 14, 2), size=4, name="narrow")
    put(host, details(c_api__headers="/usr/include/narrow"))
    (error,) = failures(host)
    assert "32 bits" in error.message
