"""Each kind of binding with each kind of Conan recipe, for three hosts, called where it is meant to run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support.crossbuild import ARCHITECTURES, PROJECTS, REPOSITORY, copy_project
from tests.support.matrix import combination

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.crossbuild import Host, Workshop


@dataclass(frozen=True)
class Case:
    """A project, the wheel's files but for the module's suffix, and a call with what it prints."""

    source: Path
    name: str
    module: str
    code: str
    printed: str
    files: tuple[str, ...] = ()


CASES = {
    "pybind11-lz4": Case(
        REPOSITORY / "examples/lz4-pybind11",
        "lz4_pybind11-0.1.0",
        "lz4_pybind11/_core",
        "import lz4_pybind11 as z; data = bytes(range(256)) * 99; packed = z.compress(data); "
        "print(z.decompress(packed) == data, len(packed) < 5000)",
        "True True",
        ("lz4_pybind11/__init__.py", "lz4_pybind11/_core.pyi", "lz4_pybind11/py.typed"),
    ),
    "nanobind-snappy": Case(
        PROJECTS / "nanobind-snappy",
        "nanobind_snappy-1.0",
        "nanobind_snappy",
        "import nanobind_snappy as s; data = b'ab' * 9999; packed = s.compress(data); "
        "print(s.decompress(packed) == data, len(packed) < 2000)",
        "True True",
    ),
    "capi-ffi": Case(
        PROJECTS / "capi-ffi",
        "capi_ffi-1.0",
        "capi_ffi",
        "import capi_ffi; print(capi_ffi.weigh(3, 2.5, 2**40))",
        str(7.5 + 2**40),
    ),
}


REST = [("nanobind-snappy", "armv7l"), ("nanobind-snappy", "s390x"), ("pybind11-lz4", "s390x")]
PAIRS = [
    combination(case, arch, rest=(name, arch) in REST, name=f"{name}-{arch}")
    for name, case in CASES.items()
    for arch in ARCHITECTURES
]


@pytest.mark.parametrize(("case", "arch"), PAIRS)
def test_wheel_works_on_its_host(
    case: Case, arch: str, host: Callable[..., Host], workshop: Workshop, tmp_path: Path
) -> None:
    target = host(arch)
    project = copy_project(case.source, tmp_path / "project")
    built = workshop.build(project, target.cross(tmp_path))
    assert built.wheel.name == f"{case.name}-{target.tag}.whl"
    assert built.names == sorted([*case.files, f"{case.module}{target.suffix}"])
    assert target.run(built.wheel, case.code) == case.printed
    assert not list(project.rglob("CMakeUserPresets.json"))
