"""Wheel tags and module suffixes."""

from __future__ import annotations

import pytest

from tests.support.facts import target
from xconan.model import WheelConfig
from xconan.tags import ext_suffix, soabi, wheel_tags


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
