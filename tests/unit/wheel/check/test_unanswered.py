"""Imports of the wheel's own package that nothing answers, and the many that something may."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.elf import Elf
from xconan.cmake.targets import CMakeProject, Target
from xconan.ground.files import Entry
from xconan.project.config.records import ModuleConfig, WheelConfig
from xconan.wheel.check.missing import Missing
from xconan.wheel.check.unanswered import find_unanswered, lacks_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SO = "cpython-311-aarch64-linux-gnu.so"
CORE = f"demo/_core.{SO}"
DEEP = f"demo/sub/_core.{SO}"
MODULE = Elf().library("PyInit__core").decode("latin-1")
INIT = "demo/__init__.py"

SURE: dict[str, tuple[Mapping[str, str], str, int]] = {
    # files of the wheel; the module that isn't there, and the line that imports it
    "in a subfolder": ({INIT: "x = 1\nfrom ._core import f\n", DEEP: ""}, "demo._core", 2),
    "in a subpackage": ({INIT: "from ._core import f\n", "demo/sub/__init__.py": "", DEEP: ""}, "demo._core", 1),
    "by its full name": ({INIT: "import demo._core\n", DEEP: ""}, "demo._core", 1),
    "renamed": ({INIT: "import demo._core as c\n", DEEP: ""}, "demo._core", 1),
    "from the package itself": ({INIT: "from . import _core\n", DEEP: ""}, "demo._core", 1),
    "in __all__, too": ({INIT: "from . import _core\n__all__ = ['_core']\n", DEEP: ""}, "demo._core", 1),
    "by importlib": (
        {INIT: "import importlib\nf = importlib.import_module('._core', __name__).f\n", DEEP: ""}, "demo._core", 2
    ),
    "in a folder of its name": ({INIT: "from demo._core import f\n", f"demo/_core/_core.{SO}": ""}, "demo._core", 1),
    "further up": ({INIT: "from .sub import f\n", "demo/sub/__init__.py": "from ._core import f\n", CORE: ""},
                   "demo.sub._core", 1),
    "of a module": ({INIT: "from .api import f\n", "demo/api.py": "from ._core import f\n", DEEP: ""}, "demo._core", 1),
    "misspelt": ({INIT: "from ._cor import f\n", CORE: ""}, "demo._cor", 1),
    "no such folder": ({INIT: "from .sub import _core\n", CORE: ""}, "demo.sub", 1),
    "from a package of comments": (
        {INIT: "from .sub import a\n", "demo/sub/__init__.py": "# nothing\n"}, "demo.sub.a", 1
    ),
}  # fmt: skip


def entries(files: Mapping[str, str]) -> dict[str, Entry]:
    """A wheel's files; modules are libraries with an init function."""
    return {
        name: Entry(name=name, source=(MODULE if name.endswith(".so") else text).encode("latin-1"))
        for name, text in files.items()
    }


@pytest.mark.parametrize("case", SURE)
def test_an_import_that_fails(case: str) -> None:
    files, name, line = SURE[case]
    found = list(find_unanswered(entries(files), facts.project()))
    assert [(one.name, one.line) for one in found] == [(name, line)]


SILENT: dict[str, Mapping[str, str]] = {
    "there": {INIT: "from ._core import f\n", CORE: ""},
    "a package": {INIT: "from .sub import f\n", "demo/sub/__init__.py": "f = 1\n"},
    "an attribute": {INIT: "from .sub import f\n", "demo/sub/__init__.py": "def f(): ...\n"},
    "defined in a condition": {INIT: "if 1:\n    x = 1\nfrom .a import y\n", "demo/a.py": "from . import x\n"},
    "imported from elsewhere": {INIT: "from os import path\nfrom .a import y\n", "demo/a.py": "from . import path\n"},
    "__getattr__": {INIT: "def __getattr__(name): ...\nfrom .a import y\n", "demo/a.py": "from . import x\n"},
    "a star": {INIT: "from os import *\nfrom .a import y\n", "demo/a.py": "from demo import x\n"},
    "globals()": {INIT: "globals().update(x=1)\nfrom .a import y\n", "demo/a.py": "from demo import x\n"},
    "set from outside": {INIT: "from . import a\nfrom . import x\n", "demo/a.py": "import demo\ndemo.x = 1\n"},
    "the version": {INIT: "from .a import y\n", "demo/a.py": "from . import __version__, __file__\n"},
    "in try": {INIT: "try:\n    from ._core import f\nexcept ImportError:\n    pass\n", DEEP: ""},
    "in a function": {INIT: "def g():\n    from ._core import f\n", DEEP: ""},
    "for type checkers": {INIT: "if TYPE_CHECKING:\n    from ._core import f\n", DEEP: ""},
    "suppressed": {INIT: "with suppress(ImportError):\n    from ._core import f\n", DEEP: ""},
    "within a module of C": {INIT: "from ._core.deep import f\nimport demo._core.x\n", CORE: ""},
    "within a module": {INIT: "from .six.moves import f\n", "demo/six.py": ""},
    "a namespace's": {"demo/a.py": "import demo.b\n", CORE: ""},
    "a namespace within": {INIT: "from .plugins import a\nimport demo.plugins.b\n", "demo/plugins/c.py": ""},
    "another distribution": {INIT: "import numpy.none\nfrom os import nothing\n"},
    "out of the wheel": {INIT: "from ... import x\n"},
    "a finder of its own": {INIT: "import sys\nsys.meta_path.append(1)\nfrom ._core import f\n"},
    "put into sys.modules": {INIT: "from . import a\nfrom demo.b import c\n",
                             "demo/a.py": "import sys\nsys.modules['demo.b'] = sys\n"},
    "a path of its own": {INIT: "__path__.append('x')\nfrom ._core import f\n"},
    "never run": {INIT: "x = 1\n", "demo/_windows.py": "from ._winapi import f\n"},
    "a lazy loader": {INIT: "import lazy\nx = lazy.attach(__name__, ['_core'])\n", DEEP: ""},
    "of importlib, in a function": {INIT: "def f():\n    return importlib.import_module('demo._core')\n", DEEP: ""},
    "a file of another Python": {INIT: "from .a import b\nfrom . import x\nprint 1\n"},
}  # fmt: skip


@pytest.mark.parametrize("case", SILENT)
def test_an_import_that_may_work(case: str) -> None:
    assert list(find_unanswered(entries(SILENT[case]), facts.project())) == []


LACKING = {"bar/__init__.py": "from . import _bar\n", INIT: "x = 1\n"}
BEGINNINGS: dict[str, tuple[Mapping[str, str], tuple[str, ...], str, str]] = {
    # files of the wheel, module.packages, entry_points.txt; what is imported in vain
    "another package": (LACKING, ("src/demo", "src/bar", "src/cli.py"), "", "bar._bar"),
    "a module": ({"cli.py": "import demo.a\n", INIT: ""}, ("src/demo", "src/cli.py"), "", "demo.a"),
    "an entry point": (
        {INIT: "", "demo/cli.py": "from ._core import f\n"}, (), "[console_scripts]\nx = demo.cli:main [all]\n",
        "demo._core",
    ),
    "a plugin": ({INIT: "", "demo/p.py": "import demo.q\n"}, (), "[some.group]\nx = demo.p\n", "demo.q"),
    "python -m": ({INIT: "", "demo/__main__.py": "from .cli import main\n"}, (), "", "demo.cli"),
    "nowhere": ({**LACKING, "demo/cli.py": "from ._core import f\n"}, (), "[x]\ny = other.cli:main\n", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", BEGINNINGS)
def test_where_imports_begin(root: Path, case: str) -> None:
    files, packages, entry_points, name = BEGINNINGS[case]
    for package in packages:
        path = root / package
        (path.parent if path.suffix else path).mkdir(parents=True, exist_ok=True)
        if path.suffix:
            path.touch()
    project = facts.project(root, module=ModuleConfig(name="demo", packages=packages or None))
    found = find_unanswered(entries(files), project, entry_points)
    assert [one.name for one in found] == ([name] if name else [])


BOUND = (
    "def main(): ...", "async def main(): ...", "class main: ...", "main = 1", "main: int = 1", "a, (*main, b) = c",
    "import main", "import main.x", "import x.y as main", "from x import main", "from x import y as main",
    "from x import *", "for main in (): ...",
    "with x as main: ...", "def f():\n    global main\n    main = 1", "(main := 1)", "del main",
    "match x:\n    case [*main]: ...", "match x:\n    case {'a': 1, **main}: ...",
    "match x:\n    case int() as main: ...",
    "try:\n    from x import main\nexcept ImportError:\n    main = None", "if x:\n    def main(): ...",
    "exec('main = 1')", "globals()['ma' + 'in'] = 1", "def __getattr__(name): ...", "__getattr__, __dir__ = attach()",
    "setattr(x, y, 1)", "x.main = 1", "name = 'main'", "sys.modules[__name__] = X()", "print 1", "__path__.append('x')",
)  # fmt: skip


@pytest.mark.parametrize("text", BOUND)
def test_a_name_that_a_module_may_have(text: str) -> None:
    assert lacks_name(entries({INIT: text}), "demo", "main") == ""
    assert lacks_name(entries({INIT: "", "demo/cli.py": text}), "demo.cli", "main") == ""


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({CORE: "", INIT: "from . import _core\n"}, "demo._core"),
        ({f"demo.{SO}": "", "demo.py": ""}, "demo"),
        ({"demo.py": "", INIT: ""}, "demo"),
        ({INIT: "", "demo/main.py": ""}, "demo"),
        ({INIT: "", "other.py": "import demo\ndemo.main = 1\n"}, "demo"),
        ({"other.py": ""}, "demo"),
    ],
)
def test_a_module_whose_names_are_not_known(files: Mapping[str, str], name: str) -> None:
    assert lacks_name(entries(files), name, "main") == ""


@pytest.mark.parametrize(
    "text", ["", "x = 1\n", "main()\n", "import x.main\n", "from main import x\n", "def f(main): ..."]
)
def test_a_name_that_a_module_lacks(text: str) -> None:
    assert lacks_name(entries({INIT: text}), "demo", "main") == INIT
    assert lacks_name(entries({INIT: "main = 1\n", "demo/cli.py": text}), "demo.cli", "main") == "demo/cli.py"


def test_what_another_wheel_brings() -> None:
    project = facts.project(wheel=WheelConfig(exclude=("demo/_core.*",)))
    assert list(find_unanswered(entries({INIT: "from ._core import f\n"}), project)) == []


def check(tmp_path: Path, files: Mapping[str, str], made: str = f"_core.{SO}") -> list[tuple[str, str]]:
    """What is said of a wheel in which CMake made the target _core."""
    file = tmp_path / made
    file.write_bytes(MODULE.encode("latin-1"))
    target = Target(name="_core", kind="MODULE_LIBRARY", file=file, where="CMakeLists.txt:3")
    told = CMakeProject(targets=(target,), rules=())
    given = [*entries(files).values()]
    found = Missing(entries=given, project=facts.project(), made=told, tags="cp311-cp311-x").check()
    return [(error.message, error.hint) for error in found]


SAID = {
    "misplaced": (
        SURE["in a subfolder"][0], f"_core.{SO}",
        f"{INIT}:2 imports demo._core, and no file of the wheel is that module; there is {DEEP}",
        "write install(TARGETS _core DESTINATION demo), or correct the import",
    ),
    "renamed by CMake": (
        {INIT: "from ._core import f\n", f"demo/_other.{SO}": ""}, f"_other.{SO}",
        f"{INIT}:1 imports demo._core, and no file of the wheel is that module",
        f"the target _core is in the wheel as _other.{SO}: take its OUTPUT_NAME away, or correct the import",
    ),
    "misspelt": (
        SURE["misspelt"][0], f"_core.{SO}", f"{INIT}:1 imports demo._cor, and no file of the wheel is that module",
        ("it may mean demo._core; correct the import, or bring the module: as demo/_cor.py, or by "
         "install(TARGETS _cor DESTINATION demo)"),
    ),
    "beside a package": (
        {INIT: "from ._core import f\n", "demo/_core/__init__.py": "", CORE: ""}, f"_core.{SO}",
        f"{CORE} can never be imported: the package demo/_core/ beside it has the same name, and Python finds it first",
        "give one of them another name, or remove the package",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SAID)
def test_what_is_said(tmp_path: Path, case: str) -> None:
    files, made, message, hint = SAID[case]
    assert check(tmp_path, files, made) == [(message, hint)]


def test_a_module_in_platlib_by_its_name(tmp_path: Path) -> None:
    assert check(tmp_path, {INIT: "from ._core import f\n", f"demo-1.2.data/platlib/{CORE}": ""}) == []


def test_a_package_that_loads_its_module_by_path(tmp_path: Path) -> None:
    loading = "from importlib.machinery import ExtensionFileLoader\nf = 1\n"
    assert check(tmp_path, {INIT: "from ._core import f\n", "demo/_core/__init__.py": loading, CORE: ""}) == []
