"""The shape of the house: imports go down only, functions are short, the hooks' face is light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "xconan"
# crosspython, conan_files and cmd_*.py are copied, and run inside of other programs
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if not {"crosspython", "conan_files"} & {*path.parts} and not path.name.startswith("cmd_")
}
# from the ground up; a room is named by its first word below xconan
FLOORS = (
    ("__init__", "errors", "ground"),
    ("files", "run"),
    ("archives", "binary", "boundary", "download", "host", "lock", "model", "platforms", "tags", "targets"),
    (
        "build_machine",
        "buildenv",
        "check",
        "project",
        "config",
        "metadata",
        "module",
        "pythons",
        "requirements",
        "sources",
        "toolchains",
        "tools",
    ),
    ("contradictions", "plan", "render", "render_cross", "render_graph", "inventory"),
    (
        "cmake",
        "conan",
        "conan_driver",
        "conan_failures",
        "sdist",
        "fetch",
        "store",
        "universal",
        "wheel",
        "workspace",
        "editable",
        "bundle",
        "sbom",
        "emulate",
    ),
    (
        "bundles",
        "in_conan",
        "pipeline",
        "release",
        "matrix",
        "crossfiles",
        "dependencies",
        "doctor",
        "conan_config",
        "recipe",
    ),
    ("__main__", "build", "build_component", "cli"),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
ONLY: dict[str, set[str]] = {
    "ground.errors": set(),
    "ground.run": {"ground.errors"},
    "ground.lock": {"ground.run"},
    "ground.boundary": {"ground.errors", "ground.run"},
    "model": set(),
}
HEAVY = {
    "argparse", "asyncio", "conan", "configparser", "difflib", "elftools", "email", "hashlib", "importlib.metadata",
    "json", "logging", "packaging", "pathlib", "pyproject_metadata", "sqlite3", "subprocess", "tempfile", "tomllib",
    "typing", "urllib", "zipfile",
}  # fmt: skip
LONGEST = 80


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
    return module.split(".", maxsplit=1)[0]


@pytest.mark.parametrize("module", sorted(MODULES))
def test_every_module_has_its_floor(module: str) -> None:
    assert room(module) in FLOOR


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_go_down(module: str) -> None:
    upwards = {name for name in own(MODULES[module]) if FLOOR[room(name)] > FLOOR[room(module)]}
    assert not upwards


@pytest.mark.parametrize("module", sorted(ONLY))
def test_ground_floor(module: str) -> None:
    assert own(MODULES[module]) <= ONLY[module]


def test_no_cycles() -> None:
    graph = {module: own(path) - {module} for module, path in MODULES.items()}
    while leaves := [module for module, names in graph.items() if not names & graph.keys()]:
        for module in leaves:
            del graph[module]
    assert not graph


@pytest.mark.parametrize(
    ("library", "door"), [("conan", "conan_driver"), ("conans", "none"), ("subprocess", "ground.run")]
)
def test_one_door(library: str, door: str) -> None:
    users = {module for module, path in MODULES.items() if library in {name.split(".")[0] for name in imported(path)}}
    assert users <= {door}


@pytest.mark.parametrize("module", sorted(MODULES))
def test_functions_are_short(module: str) -> None:
    tree = ast.parse(MODULES[module].read_bytes())
    functions = (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    assert not {one.name for one in functions if (one.end_lineno or 0) - one.lineno >= LONGEST}


def test_the_hooks_face_is_light() -> None:
    code = "import sys; before = set(sys.modules); import xconan.build; print(*(set(sys.modules) - before), sep='\\n')"
    argv = [sys.executable, "-S", "-c", code]
    done = subprocess.run(argv, cwd=PACKAGE.parent, check=True, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert "xconan.build" in loaded
    assert not loaded & HEAVY
    assert {name for name in loaded if name.startswith("xconan")} <= {"xconan", "xconan.build"}
