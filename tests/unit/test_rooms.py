"""The shape of the house: imports go down only, functions are short, the hooks' face is light."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.golden import REPOSITORY
from tests.support.rooms import draw, read_ground, read_rooms

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.golden import Golden

PACKAGE = REPOSITORY / "xconan"
UNIT = REPOSITORY / "tests" / "unit"
# crosspython, in_conan/files and cmd_*.py are copied, and run inside of other programs
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if not {"crosspython", "files"} & {*path.parts} and not path.name.startswith("cmd_")
}
ROOMS = read_rooms()
ONLY = read_ground()
HEAVY = {
    "argparse", "asyncio", "conan", "configparser", "difflib", "elftools", "email", "hashlib", "importlib.metadata",
    "json", "logging", "packaging", "pathlib", "pyproject_metadata", "sqlite3", "subprocess", "tempfile", "tomllib",
    "typing", "urllib", "zipfile",
}  # fmt: skip
LONGEST = 60  # lines of a function
LONGEST_MODULE = 450
MOST_AT_THE_TOP = 14


def imported(path: Path) -> set[str]:
    """All that a module imports, wherever and for whatever in it: dotted names."""
    found = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def own(path: Path) -> set[str]:
    """The modules of the package that a module imports, as keys of MODULES."""
    found = set()
    for name in imported(path):
        top, _, rest = name.partition(".")
        if top == "xconan":
            known = [rest[:end] for end in range(len(rest), 0, -1) if rest[:end] in MODULES]
            found.add(known[0] if known else "__init__")
    return found


def room(module: str) -> str:
    """The name of the innermost declared room that a module is in; "" is the package itself."""
    parts = module.split(".")
    names = [".".join(parts[:end]) for end in range(len(parts), 0, -1)]
    return next((name for name in names if name in ROOMS), "" if module == "__init__" else f"{module}: no room")


@pytest.mark.parametrize("module", sorted(MODULES))
def test_every_module_has_its_room(module: str) -> None:
    assert not room(module).endswith("no room")


def test_every_room_is_there() -> None:
    assert ROOMS.keys() <= {room(module) for module in MODULES}


@pytest.mark.parametrize("name", sorted(ROOMS))
def test_rooms_import_what_they_declare(name: str) -> None:
    modules = [path for module, path in MODULES.items() if room(module) == name]
    assert {room(other) for path in modules for other in own(path)} - {name, ""} == ROOMS[name].imports


@pytest.mark.parametrize("name", sorted(ROOMS))
def test_imports_go_down(name: str) -> None:
    assert not {other for other in ROOMS[name].imports if ROOMS[other].floor > ROOMS[name].floor}


def test_no_circles_between_rooms() -> None:
    assert not _circle({name: {*room.imports} for name, room in ROOMS.items()})


def test_tests_mirror_the_rooms() -> None:
    """A room's tests are in the folder of its name, where it is a folder and has any."""
    folders = {path.relative_to(UNIT).as_posix() for path in UNIT.rglob("*") if (path / "__init__.py").is_file()}
    assert folders <= {name.replace(".", "/") for name in ROOMS} | {"."}


def test_the_picture_of_the_rooms(compare_golden: Golden) -> None:
    name = "docs/architecture.md"
    compare_golden(name, draw((REPOSITORY / name).read_text("utf-8"), ROOMS))


def test_the_top_is_small() -> None:
    assert len(list(PACKAGE.glob("*.py"))) <= MOST_AT_THE_TOP


@pytest.mark.parametrize("module", sorted(MODULES))
def test_modules_are_short(module: str) -> None:
    assert len(MODULES[module].read_text("utf-8").splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("module", sorted(ONLY))
def test_ground_floor(module: str) -> None:
    assert own(MODULES[module]) <= ONLY[module]


def test_no_circles_between_modules() -> None:
    assert not _circle({module: own(path) - {module} for module, path in MODULES.items()})


def _circle(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """What is left of a graph when its leaves are taken away again and again."""
    while leaves := [name for name, others in graph.items() if not others & graph.keys()]:
        for name in leaves:
            del graph[name]
    return graph


@pytest.mark.parametrize(
    ("library", "door"), [("conan", "conan.driver"), ("conans", "none"), ("subprocess", "ground.run")]
)
def test_one_door(library: str, door: str) -> None:
    users = {module for module, path in MODULES.items() if library in {name.split(".")[0] for name in imported(path)}}
    assert users <= {door}


@pytest.mark.parametrize("module", sorted(MODULES))
def test_functions_are_short(module: str) -> None:
    tree = ast.parse(MODULES[module].read_bytes())
    functions = (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    assert not {one.name for one in functions if (one.end_lineno or 0) - one.lineno + 1 > LONGEST}


def test_the_hooks_face_is_light() -> None:
    code = "import sys; before = set(sys.modules); import xconan.build; print(*(set(sys.modules) - before), sep='\\n')"
    argv = [sys.executable, "-S", "-c", code]
    done = subprocess.run(argv, cwd=PACKAGE.parent, check=True, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert "xconan.build" in loaded
    assert not loaded & HEAVY
    assert {name for name in loaded if name.startswith("xconan")} <= {"xconan", "xconan.build"}
