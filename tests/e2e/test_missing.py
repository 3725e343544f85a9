"""What a wheel lacks of what CMake made, and modules where no import finds them: each kind with the sentence for it.

Natively, with a compiler of this machine: targets, install() rules and binaries are real ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.support.native import CORE, GOOD, HEAD, MODULE, native_project

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.crossbuild import Workshop


@dataclass(frozen=True)
class Case:
    """A project by what differs from the usual one, and what is said of it; nothing where its wheel is good."""

    lists: str
    said: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    tool: str = ""
    code: int = 6


DEEP = {
    "deep.c": "int deep(void) { return 42; }\n",
    "core.c": MODULE.replace("static", "int deep(void);\nint use(void) { return deep(); }\nstatic", 1),
}
ADD_DEEP = "add_library(deep SHARED deep.c)\n"
DEEP_FILE = "libdeep.so"
OPENS = (
    f"import ctypes, pathlib\nplace = pathlib.Path(__file__).parent / '{DEEP_FILE}'\ndeep = ctypes.CDLL(str(place))\n"
)
GUARDED = {"src/nav/__init__.py": "try:\n    from . import _fast\nexcept ImportError:\n    from . import _core\n"}
LINKED = "target_link_libraries(_core PRIVATE deep)\n"
FAST = {"fast.c": MODULE.replace("_core", "_fast")}
ADD_FAST = "Python_add_library(_fast MODULE WITH_SOABI fast.c)\n"
NO_PYTHON = {"src/nav/__init__.py": "answer = 1\n"}
RPATH = 'set_target_properties(_core PROPERTIES INSTALL_RPATH "{}")\n'
PLATFORM = "and no file in it is a binary"
CASES = {
    # a platform wheel without any binary
    "nothing installed": Case(
        CORE, (PLATFORM, "CMake built _core", "CMakeLists.txt:4", "write install(TARGETS _core DESTINATION nav)")
    ),
    "nothing built": Case(
        f"{GOOD}set_target_properties(_core PROPERTIES EXCLUDE_FROM_ALL ON)\n".replace(
            "DESTINATION nav", "DESTINATION nav OPTIONAL"
        ),
        (PLATFORM, "CMake did not build _core", "take EXCLUDE_FROM_ALL away"),
    ),
    "nothing made": Case(HEAD, (PLATFORM, "set tool.xconan.wheel.pure_python = true if there is to be none")),
    "only objects": Case(
        f"{HEAD}add_library(o OBJECT core.c)\ntarget_link_libraries(o PRIVATE Python::Module)\n"
        "install(FILES core.c DESTINATION nav)\n", (PLATFORM,),
    ),
    "component excluded": Case(
        GOOD.replace("nav)", "nav COMPONENT py EXCLUDE_FROM_ALL)"),
        (PLATFORM, "component py", 'set tool.xconan.cmake.install_components = ["", "py"]'),
    ),
    "component misspelt": Case(
        GOOD.replace("nav)", "nav COMPONENT python)"),
        (PLATFORM, "no install() has the component pyton; there is python"),
        tool='[tool.xconan.cmake]\ninstall_components = ["pyton"]\n',
    ),
    "no binary on purpose": Case(
        f"{HEAD}install(FILES core.c DESTINATION nav)\n", tool="[tool.xconan.wheel]\npure_python = false\n"
    ),
    "pure on purpose": Case(
        f"{HEAD}install(FILES core.c DESTINATION nav)\n", files={"src/nav/__init__.py": "answer = 42\n"},
        tool="[tool.xconan.wheel]\npure_python = true\n",
    ),
    "a program alone": Case(
        f'{HEAD}file(WRITE ${{CMAKE_BINARY_DIR}}/p.c "int main(void) {{ return 0; }}\\n")\n'
        "add_executable(p ${CMAKE_BINARY_DIR}/p.c)\ninstall(TARGETS p DESTINATION nav)\n",
        files=NO_PYTHON,
    ),
    # a shared library that a module needs
    "library forgotten": Case(
        f"{GOOD}{ADD_DEEP}{LINKED}",
        ("needs libdeep.so, which CMake built (target deep)", "CMakeLists.txt:6",
         "write install(TARGETS deep DESTINATION nav), with INSTALL_RPATH $ORIGIN"),
        DEEP,
    ),
    "versioned library forgotten": Case(
        f"{GOOD}{ADD_DEEP}set_target_properties(deep PROPERTIES VERSION 1.2 SOVERSION 1)\n{LINKED}",
        ("needs libdeep.so.1, which CMake built (target deep)",), DEEP,
    ),
    "renamed library forgotten": Case(
        f"{GOOD}{ADD_DEEP}set_target_properties(deep PROPERTIES OUTPUT_NAME abyss)\n{LINKED}",
        ("needs libabyss.so, which CMake built (target deep)",), DEEP,
    ),
    "library of a library forgotten": Case(
        f"{GOOD}{ADD_DEEP}add_library(mid SHARED mid.c)\n"
        "target_link_libraries(mid PRIVATE deep)\ntarget_link_libraries(_core PRIVATE mid)\n"
        f"install(TARGETS mid DESTINATION nav)\n{RPATH.format('$ORIGIN')}",
        ("nav/libmid.so needs libdeep.so",),
        {**DEEP, "mid.c": "int deep(void);\nint mid(void) { return deep(); }\n",
         "core.c": DEEP["core.c"].replace("deep", "mid")},
    ),
    "library in a component": Case(
        f"{GOOD}{ADD_DEEP}{LINKED}install(TARGETS deep DESTINATION nav COMPONENT libs EXCLUDE_FROM_ALL)\n",
        ("needs libdeep.so", "its install() has the component libs"), DEEP,
    ),
    "library static": Case(f"{GOOD}add_library(deep STATIC deep.c)\nset_target_properties(deep PROPERTIES "
                           f"POSITION_INDEPENDENT_CODE ON)\n{LINKED}", files=DEEP),
    "library of objects": Case(f"{GOOD}add_library(deep OBJECT deep.c)\nset_target_properties(deep PROPERTIES "
                               f"POSITION_INDEPENDENT_CODE ON)\n{LINKED}", files=DEEP),
    "library installed": Case(
        f"{GOOD}{ADD_DEEP}{LINKED}install(TARGETS deep DESTINATION nav)\n{RPATH.format('$ORIGIN')}",
        files=DEEP,
    ),
    "library that nobody needs": Case(f"{GOOD}{ADD_DEEP}", files={**DEEP, "core.c": MODULE}),
    "library of another wheel": Case(
        f"{GOOD}{ADD_DEEP}{LINKED}{RPATH.format('$ORIGIN/../deeplibs')}", files=DEEP
    ),
    "library left out on purpose": Case(
        f"{GOOD}{ADD_DEEP}{LINKED}", files=DEEP,
        tool='[tool.xconan.wheel]\nexclude = ["**/libdeep.so"]\n',
    ),
    # a module that Python files import
    "module forgotten": Case(
        f"{GOOD}{ADD_FAST}",
        ("nav/__init__.py imports _fast, which CMake built (target _fast) and the wheel lacks", "CMakeLists.txt:6",
         "write install(TARGETS _fast DESTINATION nav)"),
        {**FAST, "src/nav/__init__.py": "from nav._fast import go\n"},
    ),
    "module of a subpackage forgotten": Case(
        f"{GOOD}{ADD_FAST}", ("nav/sub/a.py imports _fast", "write install(TARGETS _fast DESTINATION nav/sub)"),
        {**FAST, "src/nav/sub/a.py": "def go():\n    from ._fast import go\n"},
    ),
    "module forgotten, import guarded": Case(
        f"{GOOD}{ADD_FAST}", ("nav/__init__.py imports _fast",),
        {**FAST, "src/nav/__init__.py": "try:\n    from . import _fast\nexcept ImportError:\n    pass\n"},
    ),
    "module forgotten, by importlib": Case(
        f"{GOOD}{ADD_FAST}", ("imports _fast", "TARGETS _fast"),
        {**FAST, "src/nav/__init__.py": "import importlib\nimportlib.import_module('nav._fast')\n"},
    ),
    "module forgotten, with a stub": Case(
        f"{GOOD}{ADD_FAST}", ("nav/_fast.pyi describes _fast",), {**FAST, "src/nav/_fast.pyi": "def go() -> int: ...\n"}
    ),
    "the project's own module forgotten": Case(
        f"{HEAD}Python_add_library(nav MODULE WITH_SOABI nav.c)\nPython_add_library(_fast MODULE WITH_SOABI fast.c)\n"
        "install(TARGETS _fast DESTINATION nav)\n",
        ("CMake built nav (target nav), which is the module that the project is to have",),
        {**FAST, "nav.c": MODULE.replace("_core", "nav"), "src/nav/__init__.py": "x = 1\n"},
    ),
    "module by a comment alone": Case(
        f"{GOOD}{ADD_FAST}", ("warning: CMake built the module _fast, and nothing installs it",),
        {**FAST, "src/nav/__init__.py": '"""Without _fast."""\nfrom . import _core  # not _fast\n'}, code=0,
    ),
    "module of the tests": Case(f"{GOOD}{ADD_FAST.replace('(_fast', '(test_fast')}",
                                files={"fast.c": MODULE.replace("_core", "test_fast")}),
    "module in the tests' folder": Case(
        f"{GOOD}add_subdirectory(tests)\n", files={"tests/fast.c": FAST["fast.c"], "tests/CMakeLists.txt": ADD_FAST}
    ),
    "module not built": Case(f"{GOOD}{ADD_FAST}set_target_properties(_fast PROPERTIES EXCLUDE_FROM_ALL ON)\n", files={
        **FAST, **GUARDED}),
    "module of a component that is not chosen": Case(
        f"{GOOD}{ADD_FAST}install(TARGETS _fast DESTINATION nav COMPONENT fast EXCLUDE_FROM_ALL)\n",
        files={**FAST, **GUARDED},
    ),
    "module of a component that is needed": Case(
        f"{GOOD}{ADD_FAST}install(TARGETS _fast DESTINATION nav COMPONENT fast EXCLUDE_FROM_ALL)\n",
        ("nav/__init__.py imports _fast", "its install() has the component fast"),
        {**FAST, "src/nav/__init__.py": "from . import _core, _fast\n"},
    ),
    "module left out on purpose": Case(
        f"{GOOD}{ADD_FAST}", files={**FAST, "src/nav/__init__.py": "from nav._fast import go\n"},
        tool='[tool.xconan.wheel]\nexclude = ["**/_fast.*"]\n',
    ),
    "plugin that is no module of Python's": Case(
        f"{GOOD}add_library(plug MODULE deep.c)\n", files={**DEEP, "core.c": MODULE}
    ),
    "library opened by a Python file": Case(
        f"{GOOD}{ADD_DEEP}",
        (f"nav/__init__.py opens {DEEP_FILE}, which CMake built (target deep) and the wheel lacks", "CMakeLists.txt:6",
         "write install(TARGETS deep DESTINATION nav)"),
        files={**DEEP, "core.c": MODULE, "src/nav/__init__.py": OPENS},
    ),
    "library opened by a module": Case(
        f"{GOOD}{ADD_DEEP}", (f"opens {DEEP_FILE}, which CMake built (target deep) and the wheel lacks",),
        files={**DEEP, "core.c": f'#include <dlfcn.h>\n{MODULE}void *o(void) {{ return dlopen("{DEEP_FILE}", 1); }}\n'},
    ),
    "library that a comment names": Case(
        f"{GOOD}{ADD_DEEP}",
        files={**DEEP, "core.c": MODULE, "src/nav/__init__.py": f"# {DEEP_FILE}\nfrom . import _core\n"},
    ),
    "library opened and left out on purpose": Case(
        f"{GOOD}{ADD_DEEP}", files={**DEEP, "core.c": MODULE, "src/nav/__init__.py": OPENS},
        tool=f'[tool.xconan.wheel]\nexclude = ["**/{DEEP_FILE}"]\n',
    ),
    # a module where no import finds it
    "folder misspelt": Case(
        GOOD.replace("DESTINATION nav", "DESTINATION navv"),
        ("navv/_core.cpython-", "navv/ has no Python file, and no file of the wheel imports from it",
         "write install(TARGETS _core DESTINATION nav)"),
    ),
    "folder that is no name": Case(
        GOOD.replace("DESTINATION nav", "DESTINATION nav/x-86"),
        ("no import can name its folder 'x-86'", "write install(TARGETS _core DESTINATION nav/x_86)"),
    ),
    "folder that is a word of Python's": Case(
        GOOD.replace("DESTINATION nav", "DESTINATION nav/class"),
        ("no import can name its folder 'class'", "write install(TARGETS _core DESTINATION nav/class_)"),
    ),
    "folder that begins with a digit": Case(
        GOOD.replace("DESTINATION nav", "DESTINATION nav/2d"),
        ("no import can name its folder '2d'", "write install(TARGETS _core DESTINATION nav/_2d)"),
    ),
    "top of the wheel": Case(
        GOOD.replace("DESTINATION nav", "DESTINATION ."),
        ("it lies at the top of the wheel, but nav/__init__.py imports nav._core",
         "write install(TARGETS _core DESTINATION nav)"),
    ),
    "top of the wheel, and meant": Case(
        GOOD.replace("DESTINATION nav", "DESTINATION ."), files={"src/nav/__init__.py": "import _core\n"}
    ),
    "top of the wheel, imported by nobody": Case(GOOD.replace("DESTINATION nav", "DESTINATION ."), files=NO_PYTHON),
    "another package": Case(
        GOOD.replace("DESTINATION nav", "DESTINATION other"), files={"src/nav/__init__.py": "from other import _core\n"}
    ),
    "loaded by its path": Case(
        GOOD.replace("DESTINATION nav", "DESTINATION nav/x-86"),
        files={"src/nav/__init__.py": "import pathlib\nplace = pathlib.Path(__file__).with_name('x-86')\n"},
    ),
    "platlib by its name": Case(GOOD.replace("DESTINATION nav", "DESTINATION nav-1.0.data/platlib/nav")),
    "subfolder, imported from above": Case(
        GOOD.replace("DESTINATION nav", "DESTINATION nav/deep"),
        ("nav/__init__.py:1 imports nav._core, and no file of the wheel is that module; there is nav/deep/_core.",
         "write install(TARGETS _core DESTINATION nav)"),
    ),
    "hidden by a package": Case(
        GOOD, ("can never be imported: the package nav/_core/ beside it",), {"src/nav/_core/__init__.py": "x = 1\n"}
    ),
    "subfolder": Case(GOOD.replace("DESTINATION nav", "DESTINATION nav/deep"), files=NO_PYTHON),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_is_missing(name: str, native: Workshop, tmp_path: Path) -> None:
    case = CASES[name]
    project = native_project(tmp_path / "p", {"CMakeLists.txt": case.lists, **case.files}, tool=case.tool)
    code = case.code if case.said else 0
    built = native.build(project, fails=code != 0)
    said = built.log[built.log.find("xconan: ") :] if "xconan: " in built.log else ""
    assert built.code == code
    assert all(words in said for words in case.said), said
    assert bool(said) == bool(case.said), said
    assert (code == 0) == bool(list((project / "dist").glob("*.whl")))


def test_a_remedy_works(native: Workshop, tmp_path: Path) -> None:
    lists = GOOD + ADD_DEEP + LINKED
    project = native_project(tmp_path / "p", {"CMakeLists.txt": lists, **DEEP})
    assert native.build(project, fails=True).code == 6
    with (project / "CMakeLists.txt").open("a", encoding="utf-8") as stream:
        stream.write(f"install(TARGETS deep DESTINATION nav)\n{RPATH.format('$ORIGIN')}")
    assert "nav/libdeep.so" in native.build(project).names


def test_a_new_target_is_looked_at_though_the_wheel_is_the_same(native: Workshop, tmp_path: Path) -> None:
    files = {**FAST, "src/nav/__init__.py": "try:\n    from . import _fast\nexcept ImportError:\n    pass\n"}
    project = native_project(tmp_path / "p", {"CMakeLists.txt": GOOD, **files})
    native.build(project)
    with (project / "CMakeLists.txt").open("a", encoding="utf-8") as stream:
        stream.write(ADD_FAST)
    assert "nav/__init__.py imports _fast" in native.build(project, fails=True).log


def test_what_cmake_writes_into_the_package_is_in_the_first_wheel(native: Workshop, tmp_path: Path) -> None:
    lists = (
        f'{GOOD}file(WRITE ${{CMAKE_BINARY_DIR}}/v.in "version = 1\\n")\n'
        "configure_file(${CMAKE_BINARY_DIR}/v.in ${CMAKE_CURRENT_SOURCE_DIR}/src/nav/_version.py)\n"
        'install(CODE "file(WRITE \\"${CMAKE_CURRENT_SOURCE_DIR}/src/nav/_made.py\\" \\"x = 1\\")")\n'
    )
    files = {"src/nav/__init__.py": "from . import _core, _version\nfrom ._made import x\n"}
    project = native_project(tmp_path / "p", {"CMakeLists.txt": lists, **files})
    assert {"nav/_version.py", "nav/_made.py"} <= {*native.build(project).names}
