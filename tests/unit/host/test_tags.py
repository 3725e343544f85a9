"""Wheel tags and module suffixes."""

from __future__ import annotations

import importlib.machinery
import sys

import pytest

from tests.support.facts import target
from xconan.host.tags import (
    PURE,
    WheelTags,
    abi_of,
    ext_suffix,
    extension_suffixes,
    is_suffix_of,
    oldest_python,
    shared_suffixes,
    soabi,
    stable_soabi,
    stable_suffix,
    sysconfig_platform,
)
from xconan.project.config.records import WheelConfig
from xconan.project.wheel_tags import wheel_tags


@pytest.mark.parametrize(
    ("name", "abi", "expected"),
    [
        ("cp312-linux_aarch64", "", "cpython-312-aarch64-linux-gnu"),
        ("cp312-manylinux_2_17_armv7l", "", "cpython-312-arm-linux-gnueabihf"),
        ("cp312-linux_i686", "", "cpython-312-i386-linux-gnu"),
        ("cp312-linux_ppc64le", "", "cpython-312-powerpc64le-linux-gnu"),
        ("cp310-musllinux_1_2_x86_64", "", "cpython-310-x86_64-linux-gnu"),
        ("cp311-musllinux_1_2_x86_64", "", "cpython-311-x86_64-linux-musl"),
        ("cp311-musllinux_1_2_armv7l", "", "cpython-311-arm-linux-musleabihf"),
        ("cp37-linux_aarch64", "cp37m", "cpython-37m-aarch64-linux-gnu"),
        ("cp313-linux_x86_64", "cp313t", "cpython-313t-x86_64-linux-gnu"),
        ("cp312-macosx_11_0_arm64", "", "cpython-312-darwin"),
        ("cp313-macosx_11_0_universal2", "cp313t", "cpython-313t-darwin"),
        ("cp312-win_amd64", "", "cp312-win_amd64"),
        ("cp313-win_arm64", "cp313t", "cp313t-win_arm64"),
        ("cp312-win32", "", "cp312-win32"),
        ("cp313-linux_x86_64", "cp313td", "cpython-313td-x86_64-linux-gnu"),
        ("cp311-linux_x86_64", "abi3", "cpython-311-x86_64-linux-gnu"),
        ("pp310-manylinux_2_27_x86_64", "", "pypy310-pp73-x86_64-linux-gnu"),
    ],
)
def test_soabi(name: str, abi: str, expected: str) -> None:
    host = target(name, abi=abi)
    assert soabi(host) == expected
    assert ext_suffix(host) == f".{expected}{host.platform.system.suffix}"


def test_chosen_soabi() -> None:
    assert ext_suffix(target(), "cpython-311d-other") == ".cpython-311d-other.so"


@pytest.mark.parametrize(
    ("host", "abi", "wishes", "expected"),
    [
        ("cp312-linux_aarch64", "", {}, "cp312-cp312-linux_aarch64"),
        ("cp313-linux_x86_64", "cp313t", {}, "cp313-cp313t-linux_x86_64"),
        ("pp310-linux_x86_64", "", {}, "pp310-pypy310_pp73-linux_x86_64"),
        ("cp312-linux_x86_64", "", {"python_abi": "none"}, "cp312-none-linux_x86_64"),
        ("cp312-linux_x86_64", "", {"python_abi": "none", "python_tag": ("py3",)}, "py3-none-linux_x86_64"),
        (
            "cp312-linux_x86_64",
            "",
            {"python_abi": "abi3", "abi3_minimum_cpython_version": 39},
            "cp39-abi3-linux_x86_64",
        ),
        ("cp38-linux_x86_64", "", {"python_abi": "abi3", "abi3_minimum_cpython_version": 39}, "cp38-cp38-linux_x86_64"),
        (
            "cp313-linux_x86_64",
            "cp313t",
            {"python_abi": "abi3", "abi3_minimum_cpython_version": 39},
            "cp313-cp313t-linux_x86_64",
        ),
        (
            "pp310-linux_x86_64",
            "",
            {"python_abi": "abi3", "abi3_minimum_cpython_version": 39},
            "pp310-pypy310_pp73-linux_x86_64",
        ),
        ("cp312-linux_x86_64", "", {"python_tag": ("auto", "pp312")}, "cp312.pp312-cp312-linux_x86_64"),
        ("cp312-linux_x86_64", "", {"abi_tag": ("cp312", "cp312d")}, "cp312-cp312.cp312d-linux_x86_64"),
        (
            "cp312-linux_x86_64",
            "",
            {"platform_tag": ("guess", "manylinux_2_17_x86_64")},
            "cp312-cp312-linux_x86_64.manylinux_2_17_x86_64",
        ),
        ("cp312-linux_x86_64", "", {"platform_tag": ("guess", "linux_x86_64")}, "cp312-cp312-linux_x86_64"),
    ],
)
def test_wheel_tags(host: str, abi: str, wishes: dict[str, object], expected: str) -> None:
    config = WheelConfig(**wishes)  # type: ignore[arg-type]
    assert str(wheel_tags(target(host, abi=abi), config, pure=False)) == expected


def test_pure() -> None:
    tags = wheel_tags(target(), WheelConfig(python_abi="abi3"), pure=True)
    assert str(tags) == "py3-none-any"
    assert tags.pure
    assert tags.limited_api is None


def test_limited_api() -> None:
    wishes = WheelConfig(python_abi="abi3", abi3_minimum_cpython_version=311)
    assert wheel_tags(target("cp312-linux_aarch64"), wishes, pure=False).limited_api == 311
    assert wheel_tags(target("cp312-linux_aarch64"), WheelConfig(), pure=False).limited_api is None


def test_configuration_name() -> None:
    assert target("cp313-manylinux_2_17_aarch64", abi="cp313t").name == "cp313-cp313t-manylinux_2_17_aarch64"
    assert target("cp313-linux_aarch64").dotted_version == "3.13"


@pytest.mark.parametrize(
    ("host", "abi", "minimum", "tags"),
    [
        ("cp315-linux_aarch64", "", 32, "cp315-abi3.abi3t-linux_aarch64"),
        ("cp315-linux_aarch64", "cp315t", 32, "cp315-abi3.abi3t-linux_aarch64"),
        ("cp317-linux_aarch64", "cp317t", 316, "cp316-abi3.abi3t-linux_aarch64"),
        ("cp315-linux_aarch64", "", 316, "cp315-cp315-linux_aarch64"),
        ("cp314-linux_aarch64", "", 32, "cp314-cp314-linux_aarch64"),
        ("cp314-linux_aarch64", "cp314t", 32, "cp314-cp314t-linux_aarch64"),
        ("pp311-linux_aarch64", "", 32, "pp311-pypy311_pp73-linux_aarch64"),
    ],
)
def test_abi3t(host: str, abi: str, minimum: int, tags: str) -> None:
    wishes = WheelConfig(python_abi="abi3t", abi3_minimum_cpython_version=minimum)
    assert str(wheel_tags(target(host, abi=abi), wishes, pure=False)) == tags


@pytest.mark.parametrize(
    ("host", "abi", "python_abi", "minimum", "middle"),
    [
        ("cp312-linux_aarch64", "", "auto", 32, "abi3"),
        ("cp315-linux_aarch64", "", "abi3", 312, "abi3"),
        ("cp315-linux_aarch64", "", "abi3", 315, "abi3-aarch64-linux-gnu"),
        ("cp316-musllinux_1_2_armv7l", "", "abi3", 315, "abi3-arm-linux-musleabihf"),
        ("cp315-macosx_11_0_arm64", "", "abi3", 315, "abi3-darwin"),
        ("cp315-win_amd64", "", "abi3", 315, ""),
        ("cp315-linux_aarch64", "", "abi3t", 32, "abi3t-aarch64-linux-gnu"),
        ("cp315-linux_aarch64", "cp315t", "auto", 32, "abi3t"),
        ("cp314-linux_aarch64", "cp314t", "abi3", 32, "abi3"),
    ],
)
def test_stable_suffix(host: str, abi: str, python_abi: str, minimum: int, middle: str) -> None:
    one = target(host, abi=abi)
    tags = wheel_tags(one, WheelConfig(python_abi=python_abi, abi3_minimum_cpython_version=minimum), pure=False)
    assert stable_soabi(one, tags) == middle
    assert stable_suffix(one, tags) in extension_suffixes(one, ext_suffix(one)) or one.abi == "cp314t"


def test_extension_suffixes_are_the_interpreters() -> None:
    """As importlib.machinery.EXTENSION_SUFFIXES of real ones says: Debian's, and this very Python's."""
    assert extension_suffixes(target("cp315-linux_aarch64"), ".cpython-315-aarch64-linux-gnu.so") == (
        ".cpython-315-aarch64-linux-gnu.so", ".abi3-aarch64-linux-gnu.so", ".abi3.so", ".abi3t-aarch64-linux-gnu.so",
        ".abi3t.so", ".so",
    )  # fmt: skip
    assert extension_suffixes(target("cp315-linux_aarch64", abi="cp315t"), ".cpython-315t-aarch64-linux-gnu.so") == (
        ".cpython-315t-aarch64-linux-gnu.so", ".abi3t-aarch64-linux-gnu.so", ".abi3t.so", ".so",
    )  # fmt: skip
    assert extension_suffixes(target("cp312-win_amd64"), ".cp312-win_amd64.pyd") == (".cp312-win_amd64.pyd", ".pyd")
    own = target(f"cp3{sys.version_info.minor}-linux_x86_64")
    if sys.platform == "linux" and sys.version_info < (3, 15) and not own.free_threaded:
        real = importlib.machinery.EXTENSION_SUFFIXES  # Debian has one more
        assert [one for one in extension_suffixes(own, real[0]) if one in real] == [real[0], ".abi3.so", ".so"]


@pytest.mark.parametrize(
    ("wishes", "host", "abi", "expected"),
    [
        ({}, "cp312-linux_aarch64", "", [".cpython-312-aarch64-linux-gnu.so", ".abi3.so", ".so"]),
        ({"python_abi": "abi3", "abi3_minimum_cpython_version": 312}, "cp315-linux_aarch64", "", [".abi3.so", ".so"]),
        ({"python_abi": "none"}, "cp312-linux_aarch64", "", [".abi3.so", ".so"]),
        ({"python_abi": "abi3t"}, "cp315-linux_aarch64", "", [".abi3t-aarch64-linux-gnu.so", ".abi3t.so", ".so"]),
        ({"python_abi": "abi3", "python_tag": ("py3",)}, "cp312-win_amd64", "", [".cp312-win_amd64.pyd", ".pyd"]),
        ({"abi_tag": ("cp312", "cp312d")}, "cp312-linux_x86_64", "",
         [".cpython-312-x86_64-linux-gnu.so", ".abi3.so", ".so"]),
    ],
)  # fmt: skip
def test_shared_suffixes(wishes: dict[str, object], host: str, abi: str, expected: list[str]) -> None:
    one = target(host, abi=abi)
    tags = wheel_tags(one, WheelConfig(**wishes), pure=False)  # type: ignore[arg-type]
    assert list(shared_suffixes(one, tags, ext_suffix(one))) == expected


def test_limited_api_of_odd_tags() -> None:
    wishes = WheelConfig(python_abi="abi3", python_tag=("py3", "py36", "cp3", "auto"), abi3_minimum_cpython_version=39)
    assert wheel_tags(target("cp312-linux_aarch64"), wishes, pure=False).limited_api == 39
    assert wheel_tags(target(), WheelConfig(abi_tag=("abi3",), python_tag=("py3",)), pure=False).limited_api is None


@pytest.mark.parametrize(
    ("host", "abi", "suffix", "fits"),
    [
        ("cp312-linux_aarch64", "", ".cpython-312-aarch64-linux-gnu.so", True),
        ("cp312-linux_aarch64", "", ".cpython-312-aarch64-special.so", True),
        ("cp312-linux_aarch64", "", ".cpython-312-aarch64_be-linux-gnu.so", True),
        ("cp312-linux_aarch64", "", ".cpython-312t-aarch64-linux-gnu.so", False),
        ("cp312-linux_aarch64", "", ".cpython-3120-aarch64-linux-gnu.so", False),
        ("cp312-linux_aarch64", "", "/../x.so", False),
        ("cp312-win_amd64", "", ".cp312-win_amd64.pyd", True),
        ("cp312-macosx_11_0_arm64", "", ".cpython-312-darwin.so", True),
        ("pp310-linux_x86_64", "pypy310", ".pypy310-pp99-x86_64-linux-gnu.so", True),
        ("pp310-linux_x86_64", "pypy310", ".pypy39-pp73-x86_64-linux-gnu.so", False),
    ],
)
def test_whose_suffix(host: str, abi: str, suffix: str, *, fits: bool) -> None:
    assert is_suffix_of(target(host, abi=abi), suffix) == fits


def test_free_threaded_debug_build() -> None:
    one = target("cp313-linux_x86_64", abi="cp313td")
    assert (one.free_threaded, one.abi_flags) == (True, "td")
    assert not target("cp312-linux_x86_64", abi="abi3").free_threaded


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cp311-linux_aarch64", "linux-aarch64"),
        ("cp311-manylinux_2_17_aarch64", "linux-aarch64"),
        ("cp311-macosx_11_0_arm64", "macosx-11.0-arm64"),
        ("cp311-macosx_12_0_x86_64", "macosx-12.0-x86_64"),
        ("cp311-win_amd64", "win-amd64"),
        ("cp311-win32", "win32"),
    ],
)
def test_platform_as_sysconfig_says_it(name: str, expected: str) -> None:
    assert sysconfig_platform(target(name).platform) == expected


def test_abi_of_a_suffix() -> None:
    assert abi_of(".pypy310-pp73-x86_64-linux-gnu.so") == "pypy310_pp73"


def test_pure_wheels_tags() -> None:
    assert str(PURE) == "py3-none-any"


def test_suffix_of_a_host_with_musl() -> None:
    """One with -gnu is another C library's, from Python 3.11 on."""
    host = target("cp312-musllinux_1_2_aarch64")
    assert is_suffix_of(host, ".cpython-312-aarch64-linux-musl.so")
    assert not is_suffix_of(host, ".cpython-312-aarch64-linux-gnu.so")
    assert is_suffix_of(target("cp310-musllinux_1_2_aarch64"), ".cpython-310-aarch64-linux-gnu.so")
    assert is_suffix_of(target("cp312-linux_aarch64"), ".cpython-312-aarch64-linux-gnu.so")


def test_suffix_of_a_host_with_glibc() -> None:
    """linux_* names no C library: a toolchain of the user's may have either."""
    musl = ".cpython-312-aarch64-linux-musl.so"
    assert not is_suffix_of(target("cp312-manylinux_2_17_aarch64"), musl)
    assert is_suffix_of(target("cp312-linux_aarch64"), musl)


def test_suffixes_of_a_pypy_with_musl() -> None:
    host = target("pp310-musllinux_1_2_x86_64")
    own = ".pypy310-pp73-x86_64-linux-musl.so"
    assert extension_suffixes(host, own) == (own, own.replace("-musl", "-gnu"))


def test_limited_api_of_several_pythons() -> None:
    """The oldest that is named."""
    tags = WheelTags(python=("cp313", "cp39", "cp3"), abi=("abi3",), platform=("any",))
    assert tags.limited_api == 39


@pytest.mark.parametrize(
    ("tags", "requires", "oldest"),
    [
        ("cp311-cp311", ">=3.8", "312"),
        ("cp39-abi3", "", "39"),
        ("cp36-abi3", ">=3.9", "39"),
        ("cp310-abi3", ">=3.9", "310"),
        ("cp32-abi3", "", "38"),
        ("cp32-abi3", ">=3.10", "310"),
        ("cp39-abi3", ">=4", "39"),
        ("cp39-abi3", "rubbish", "39"),
        ("cp315-abi3.abi3t", ">=3.9", "315"),
        ("py3-none", ">=3.9", "39"),
        ("py2.py3-none", "!=3.8.*", "39"),
        ("py3-none", "", "312"),
        ("py37-none", "", "37"),
    ],
)
def test_the_oldest_python_that_a_wheel_is_for(tags: str, requires: str, oldest: str) -> None:
    python, abi = tags.split("-")
    made = WheelTags(python=tuple(python.split(".")), abi=tuple(abi.split(".")), platform=("linux_aarch64",))
    assert oldest_python(made, "312", requires) == oldest
