"""Names that the stable ABI of a version lacks: which files are asked, and what is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from xconan.binary.dynamic import Dynamic
from xconan.project.config.records import WheelConfig
from xconan.project.wheel_tags import wheel_tags
from xconan.wheel.check.stable import check_stable_abi

if TYPE_CHECKING:
    from xconan.binary.finding import Finding

LINUX = "linux_aarch64"
SHIBOKEN = "libshiboken6.abi3.so.6.8"


def findings(
    *files: tuple[str, Dynamic], host: str = f"cp313-{LINUX}", minimum: int = 311, abi: str = "abi3", inside: str = ""
) -> list[Finding]:
    """What is said of these files of a wheel for the stable ABI of a version; abi="auto" for one of the host's own."""
    target = facts.target(host)
    config = WheelConfig(python_abi=abi, abi3_minimum_cpython_version=minimum)
    tags = wheel_tags(target, config, pure=False)
    return list(check_stable_abi(dict(files), tags, target, (inside,)))


def asks(*names: str, needed: tuple[str, ...] = ("libc.so.6",)) -> Dynamic:
    return Dynamic(undefined=names, needed=needed)


@pytest.mark.parametrize(
    ("names", "hint"),
    [
        (("PyObject_GetTypeData",), "set tool.xconan.wheel.abi3_minimum_cpython_version = 312, or USE_SABI 3.11"),
        (("PyDict_GetItemRef", "PyObject_GetTypeData"), "abi3_minimum_cpython_version = 313, or"),
        (("PyCode_New",), "let CMake define Py_LIMITED_API"),
        (("PyCode_New", "PyDict_GetItemRef"), "let CMake define Py_LIMITED_API"),
    ],
)
def test_remedy(names: tuple[str, ...], hint: str) -> None:
    (finding,) = findings(("_core.abi3.so", asks("PyList_New", "memcpy", *names)))
    assert hint in finding.hint
    versions = {"PyDict_GetItemRef": " (3.13)", "PyObject_GetTypeData": " (3.12)"}
    listed = ", ".join(f"{name}{versions.get(name, '')}" for name in names)
    assert finding.message == (f"it needs {listed}, which the stable ABI of Python 3.11 lacks (tag cp311-abi3-{LINUX})")


@pytest.mark.parametrize(
    ("file", "asked"),
    [("_core.abi3.so", True), ("_core.abi3-aarch64-linux-gnu.so", True), ("_core.abi3t.so", True),
     ("_core.so", False), ("_core.cpython-311-aarch64-linux-gnu.so", False), ("_abi3.so", False)],
)  # fmt: skip
def test_files_with_the_suffix_in_a_wheel_of_the_hosts(file: str, asked: bool) -> None:  # noqa: FBT001 - a table
    told = findings((file, asks("PyDict_GetItemRef")), host=f"cp312-{LINUX}", abi="auto")
    assert [finding.message for finding in told] == [
        "it needs PyDict_GetItemRef (3.13), which the stable ABI of Python 3.12 lacks, as its suffix asks for it"
    ] * asked
    assert all("let CMake define Py_LIMITED_API" in finding.hint for finding in told)


@pytest.mark.parametrize(
    ("library", "inside", "asked"),
    [
        (SHIBOKEN, "", False),  # it has names of Python that the stable ABI lacks
        (f"/opt/pyside/{SHIBOKEN}", "", False),
        (SHIBOKEN, SHIBOKEN, True),  # all that is in the wheel is checked with it
        ("libpython3.so", "", True),
        ("libpypy3.so", "", True),
        ("libz.so.1", "", True),
    ],
)
def test_library_of_another_package(library: str, inside: str, asked: bool) -> None:  # noqa: FBT001 - a table
    """And the next file is asked all the same."""
    told = findings(
        ("a.abi3.so", asks("PyCode_New", needed=(library,))), ("b.abi3.so", asks("PyCode_New")), inside=inside
    )
    assert [finding.file for finding in told] == ["a.abi3.so", "b.abi3.so"][not asked :]


def test_name_that_the_wheel_itself_defines() -> None:
    assert findings(("a.abi3.so", asks("PyCode_New")), ("b.so", Dynamic(exported=("PyCode_New",)))) == []


@pytest.mark.parametrize("name", ["PyModuleDef_Init", "PyModule_Create2", "PyModule_FromDefAndSpec2"])
def test_functions_that_take_a_definition_of_a_module(name: str) -> None:
    """Their layout is abi3's: PEP 803 has it opaque."""
    made = asks("PyList_New", name)
    assert findings(("_core.abi3t.so", made), host=f"cp315-{LINUX}", minimum=315) == []
    (finding,) = findings(("_core.abi3t.so", made), host=f"cp315-{LINUX}", minimum=315, abi="abi3t")
    assert finding.message.startswith(f"it needs {name}, so it is for abi3 alone")


def test_several_of_them() -> None:
    made = asks("PyModule_FromDefAndSpec2", "PyModule_Create2", "PyModuleDef_Init")
    (finding,) = findings(("_core.abi3t.so", made), host=f"cp315-{LINUX}", minimum=315, abi="abi3t")
    assert finding.message.startswith("it needs PyModuleDef_Init, PyModule_Create2, PyModule_FromDefAndSpec2, so ")


@pytest.mark.parametrize(("count", "listed"), [(3, "PyA_0, PyA_1, PyA_2,"), (4, "PyA_0, PyA_1, PyA_2 and 1 more,")])
def test_many_names(count: int, listed: str) -> None:
    (finding,) = findings(("_core.abi3.so", asks(*(f"PyA_{number}" for number in reversed(range(count))))))
    assert finding.message.startswith(f"it needs {listed} which the stable ABI"), finding.message
