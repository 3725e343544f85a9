"""Which names a host's Python has, and why it lacks one."""

from __future__ import annotations

import pytest

from tests.support import facts
from xconan.wheel.check.names import PythonNames


def names(python: str, abi: str = "", system: str = "linux_aarch64") -> PythonNames:
    abi = abi or (python if python.endswith("t") else "")
    return PythonNames(facts.target(f"{python.removesuffix('t')}-{system}", abi=abi))


@pytest.mark.parametrize(
    ("python", "name", "had"),
    [
        # the table has PyPy for 3.7, 3.9 and 3.11; a release serves several Pythons
        ("pp37", "PyPyCFunction_NewEx", True),
        ("pp38", "PyPyCFunction_NewEx", True),
        ("pp39", "PyPyCFunction_NewEx", True),
        ("pp310", "PyPyCFunction_NewEx", False),
        ("pp311", "PyState_FindModule", True),
        ("pp38", "PyPyCode_GetCode", False),
        ("pp39", "PyPyCode_GetCode", False),
        ("pp310", "PyPyCode_GetCode", True),
        ("pp311", "PyPyCode_GetCode", True),
        ("cp310", "PySymtable_Lookup", True),
        ("cp312", "PySymtable_Lookup", True),
        ("cp313", "PySymtable_Lookup", False),
        ("cp310", "Py_BytesMain", False),
        ("cp311", "Py_BytesMain", True),
        ("cp312", "Py_BytesMain", False),
    ],
)
def test_names_that_it_has(python: str, name: str, had: bool) -> None:  # noqa: FBT001 - a table
    assert names(python).has(name) == had


@pytest.mark.parametrize(
    ("python", "symbol", "is_name"),
    [
        ("cp311", "PyList_New", True), ("cp311", "_PyList_New", True), ("cp311", "Python", False),
        ("cp311", "pypy_init", False), ("pp311", "pypy_init", True), ("pp311", "init", False),
        ("pp311", "PyPyList_New", True),
    ],
)  # fmt: skip
def test_names_of_python(python: str, symbol: str, is_name: bool) -> None:  # noqa: FBT001 - a table
    assert names(python).is_name(symbol) == is_name


@pytest.mark.parametrize(
    ("python", "name", "may"),
    [
        ("cp311", "PyNobody_Has", False),
        ("cp311", "PySymtable_Lookup", True),
        ("cp311", "PyPyAnySet_Check", True),
        *(("cp311", name, True) for name in ("_Py_RefTotal", "_Py_DecRefShared", "PyUnicode_DecodeMBCS")),
        ("cp316", "PyNobody_Has", True),  # of which no table tells
        # the table has no private names of newer Pythons without a GIL
        ("cp313t", "_PyNobody_Has", False),
        ("cp314t", "_PyNobody_Has", True),
        ("cp314t", "PyNobody_Has", False),
        ("cp314", "_PyNobody_Has", False),
        ("pp311", "PyNobody_Has", False),
        ("pp311", "PyPyNobody_Has", True),
        ("pp311", "_PyPyNobody_Has", True),
        ("pp311", "pypy_init", True),
        ("pp312", "PyNobody_Has", True),
    ],
)
def test_names_that_may_be_its(python: str, name: str, may: bool) -> None:  # noqa: FBT001 - a table
    assert names(python).may_have(name) == may


@pytest.mark.parametrize(
    ("python", "name", "why"),
    [
        ("cp311", "PyList_New", ""),
        ("cp311", "PyPyAnySet_Check", "which is PyPy's alone"),
        ("cp311", "PyPyNobody_Has", ""),
        ("pp311", "_PyDict_ContainsId", "which is CPython's alone"),
        ("pp311", "PyPyNobody_Has", ""),
        ("pp311", "PyNobody_Has", ""),
        ("cp310", "Py_BytesMain", "which came with Python 3.11, and the host has 3.10"),
        ("cp312", "Py_BytesMain", "which came with Python 3.13, and the host has 3.12"),
        ("cp314", "PySymtable_Lookup", "which no Python after 3.12 has, and the host has 3.14"),
        ("cp316", "PySymtable_Lookup", ""),
        ("cp314", "_PyType_GetModuleByDef", "which no Python after 3.10 has"),
        ("cp313t", "_PyType_GetModuleByDef", "which no Python after 3.10 has"),
        ("cp314t", "_PyType_GetModuleByDef", ""),
        ("cp314t", "PySymtable_Lookup", "which no Python after 3.12 has"),
        ("cp311", "_Py_RefTotal", "which only debug builds of Python have"),
        ("cp314", "_Py_DecRefShared", "which only Pythons without a GIL have"),
        ("cp313t", "_Py_DecRefShared", ""),
        ("cp311", "PyUnicode_DecodeMBCS", "which Python has on Windows alone"),
    ],
)
def test_why_it_lacks_a_name(python: str, name: str, why: str) -> None:
    lacking = names(python).lacks(name)
    assert (lacking.why if lacking else "").startswith(why), lacking
    assert bool(lacking) == bool(why)


def test_what_builds_of_cpython_have_beside() -> None:
    assert names("cp311", system="win_amd64").lacks("PyUnicode_DecodeMBCS") is None
    assert names("cp311", abi="cp311d").lacks("_Py_RefTotal") is None
    assert names("cp311", abi="cp311d").lacks("PyUnicode_DecodeMBCS") is not None


@pytest.mark.parametrize(
    ("python", "symbol", "named"),
    [
        ("cp311", "PyList_New", True), ("pp311", "PyPyList_New", True), ("cp311", "_Py_NoneStruct", True),
        ("pp311", "pypy_find_executable", True), ("cp311", "pypy_find_executable", False),
        ("pp311", "xpypy_find", False), ("cp311", "Pyramid", False), ("cp311", "xPyList_New", False),
    ],
)  # fmt: skip
def test_what_is_named_as_pythons_names_are(python: str, symbol: str, named: bool) -> None:  # noqa: FBT001 - a table
    assert names(python).is_name(symbol) is named


@pytest.mark.parametrize(
    ("python", "name", "may"),
    [
        ("cp314t", "_PyOf_NoTable", True),  # it has no private names of newer Pythons without a GIL
        ("cp314t", "PyOf_NoTable", False),
        ("cp313t", "_PyOf_NoTable", False),
        ("cp314", "_PyOf_NoTable", False),
        ("cp313", "_PyInterpreterState_GetRefTotal", True),  # of debug builds
        ("cp313", "PyErr_SetExcFromWindowsErr", True),
        ("cp313", "_Py_DecRefShared", True),
        ("cp399", "PyOf_NoTable", True),  # nobody knows
    ],
)
def test_what_may_be_pythons(python: str, name: str, may: bool) -> None:  # noqa: FBT001 - a table
    assert names(python).may_have(name) is may
