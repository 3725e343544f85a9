"""A project of setuptools whose setup.py calls CMake: what its setup() says -> [project] and our keys.

setup.py is read, not run: what it computes is named, and is to be written by hand.
"""

from __future__ import annotations

import ast
import configparser
import re
from typing import TYPE_CHECKING, cast

from xconan.project.packages import packages_nearby

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from xconan.migrate.records import Outcome, Values

_WORDS = {
    "ext_modules": "CMakeLists.txt builds the modules",
    "cmdclass": "CMake is called by xconan",
    "zip_safe": "wheels are not imported from zip files",
    "include_package_data": "all files of a package are packed",
    "long_description_content_type": "the readme's name says it",
    "cmake_with_sdist": "sdists are made without CMake",
    "cmake_languages": "CMakeLists.txt names its languages",
    "cmake_install_target": "CMake's install() rules are followed",
    "setup_requires": "[build-system] requires has them",
    "tests_require": "[dependency-groups] is the place for them",
    "platforms": "the wheel's tag says it",
}
_SAME = {
    "name": "name", "version": "version", "description": "description", "python_requires": "requires-python",
    "install_requires": "dependencies", "extras_require": "optional-dependencies", "classifiers": "classifiers",
    "project_urls": "urls", "license_files": "license-files",
}  # fmt: skip
_SEVERAL = ("install_requires", "classifiers", "license_files")
_CMAKE = {"cmake_args": "cmake.args", "cmake_source_dir": "cmake.source_path", "cmake_install_dir": "wheel.install_dir"}

CONVERTED: Mapping[str, Callable[[object], Values | None]] = {
    "packages": lambda value: {"module.packages": value} if isinstance(value, list) else None,
    "package-dir": lambda value: {"module.directory": value},
    "packages.find.where": lambda _folders: {},  # packages are looked for in all of the project's
}  # of its table in pyproject.toml; packages and their folders are put together in the end


def finish(outcome: Outcome, project: Mapping[str, object]) -> None:
    """Take over what setup.py and setup.cfg say, where [project] does not.

    Args:
        outcome: gets it.
        project: the table that is there.
    """
    for file, said in (
        ("setup.cfg", _of_cfg(outcome.root / "setup.cfg")),
        ("setup.py", _of_py(outcome.root / "setup.py")),
    ):
        for name, value in said.items():
            _take(outcome, f"{file}: {name}", name, value, project)
        if said:
            outcome.dropped.append((file, "nobody reads it any more: remove it"))
    _leave_out_licence_classifiers(outcome)
    readme = next((name for name in ("README.md", "README.rst") if (outcome.root / name).is_file()), "")
    if readme and "readme" not in project:
        outcome.project["readme"] = readme
    named = cast("list[str]", outcome.values.pop("module.packages", []))
    places = cast("dict[str, str]", outcome.values.pop("module.directory", {}))
    outcome.values["module.packages"] = _folders(outcome.root, named, places) or packages_nearby(outcome.root)
    outcome.moved[:] = [(old, "module.packages" if new == "module.directory" else new) for old, new in outcome.moved]
    outcome.moved.append(("the folders of packages", "module.packages"))
    notes = (*outcome.comments.pop("module.directory", ()), *outcome.comments.get("module.packages", ()))
    outcome.comments["module.packages"] = notes


def _folders(root: Path, names: list[str], places: Mapping[str, str]) -> list[str]:
    """Where the packages lie that are named; [] where they are not named, or one is not there."""
    tops = dict.fromkeys(name.partition(".")[0] for name in names)
    found = [(root / places.get(top, f"{places.get('', '.')}/{top}")) for top in tops]
    if not all(folder.is_dir() and folder.is_relative_to(root) for folder in found):
        return []
    return [folder.relative_to(root).as_posix() for folder in found]


def _leave_out_licence_classifiers(outcome: Outcome) -> None:
    """PEP 639 has no such classifiers beside a licence expression."""
    classifiers = cast("list[str]", outcome.project.get("classifiers", []))
    rest = [one for one in classifiers if not one.startswith("License ::")]
    if "license" in outcome.project and rest != classifiers:
        outcome.project["classifiers"] = rest
        outcome.dropped.append(("classifiers of the licence", "project.license says it"))


def _take(outcome: Outcome, place: str, name: str, value: object, project: Mapping[str, object]) -> None:
    """One argument of setup()."""
    if name in _WORDS:
        outcome.dropped.append((place, _WORDS[name]))
    elif name in ("packages", "package_dir", "package_data", "py_modules", "long_description"):
        return  # looked for in the folder
    elif by_hand := _by_hand(name, value):
        if _SAME.get(name, name) not in project:
            outcome.missing.append((place, by_hand))
    elif name in _CMAKE:
        outcome.values[_CMAKE[name]] = value
        outcome.moved.append((place, _CMAKE[name]))
    else:
        found = _standard(name, value)
        if not found:
            outcome.missing.append((place, "nothing that does the same"))
        for key, one in found.items():
            if key not in project:
                outcome.project[key] = _joined(outcome.project.get(key), one)
                outcome.moved.append((place, f"project.{key}"))


def _by_hand(name: str, value: object) -> str:
    """What is to be written where nothing can be taken over; "" where it can."""
    if value is None:
        return f"its value is computed: write {_SAME.get(name, name)} in [project]"
    if name == "license" and not _is_expression(str(value)):
        return 'it is no SPDX expression: write license = "MIT" or the like in [project]'
    return ""


def _joined(before: object, value: object) -> object:
    """What two arguments say of one key: tables together, and the name and the address of one person."""
    if isinstance(before, dict) and isinstance(value, dict):
        return {**before, **value}
    if isinstance(before, list) and isinstance(value, list) and before and isinstance(before[0], dict):
        return [{**before[0], **value[0]}]
    return value


def _standard(name: str, value: object) -> dict[str, object]:
    """The same as keys of [project]; none where it has none."""
    if name in _SAME:
        tables = {"extras_require": _lists, "project_urls": _texts}
        convert = tables.get(name, _lines if name in _SEVERAL else lambda one: one)
        return {_SAME[name]: convert(value)}
    special: dict[str, Callable[[object], dict[str, object]]] = {
        "author": lambda text: {"authors": [{"name": text}]},
        "maintainer": lambda text: {"maintainers": [{"name": text}]},
        "author_email": lambda text: {"authors": [{"email": text}]},
        "maintainer_email": lambda text: {"maintainers": [{"email": text}]},
        "url": lambda text: {"urls": {"Homepage": text}},
        "license": lambda text: {"license": text},
        "license_file": lambda text: {"license-files": [text]},
        "keywords": lambda text: {"keywords": text if isinstance(text, list) else _words(str(text))},
        "entry_points": _entry_points,
    }
    return special[name](value) if name in special else {}


def _lines(value: object) -> list[str]:
    """A list, which may be written as lines of a text."""
    lines = value.splitlines() if isinstance(value, str) else cast("list[str]", value)
    return [line.strip() for line in lines if line.strip()]


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[,\s]+" if "," not in text else r"\s*[,\n]\s*", text.strip()) if word]


def _lists(value: object) -> dict[str, list[str]]:
    return {name: _lines(one) for name, one in cast("dict[str, object]", value).items()}


def _texts(value: object) -> object:
    """A table of texts, which may be written as lines, NAME = TEXT."""
    if isinstance(value, dict):
        return value
    return {name.strip(): text.strip() for name, _, text in (line.partition("=") for line in _lines(value))}


def _is_expression(text: str) -> bool:
    """Whether it is a licence as [project] has it (PEP 639)."""
    try:
        from packaging.licenses import canonicalize_license_expression  # noqa: PLC0415 - not in older ones
    except ImportError:
        return " " not in text
    try:
        return bool(canonicalize_license_expression(text))
    except ValueError:
        return False


def _entry_points(value: object) -> dict[str, object]:
    groups = _lists(_sections(value) if isinstance(value, str) else value)
    tables = {group: {name.strip(): target.strip() for name, _, target in (one.partition("=") for one in points)}
              for group, points in groups.items()}  # fmt: skip
    known = {"console_scripts": "scripts", "gui_scripts": "gui-scripts"}
    others = {group: table for group, table in tables.items() if group not in known}
    return {**{known[group]: table for group, table in tables.items() if group in known},
            **({"entry-points": others} if others else {})}  # fmt: skip


def _sections(text: str) -> dict[str, list[str]]:
    """Entry points as a text: sections of lines."""
    found: dict[str, list[str]] = {}
    for line in _lines(text):
        if match := re.fullmatch(r"\[(.+)\]", line):
            group = found.setdefault(match[1].strip(), [])
        elif found:
            group.append(line)
    return found


def _of_py(file: Path) -> dict[str, object]:
    """The arguments of setup(); None for those that are computed."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return {}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("setup")]
    words = {one.arg: one.value for call in calls for one in call.keywords if one.arg}
    return {name: _literal(value) for name, value in words.items()}


def _literal(node: ast.expr) -> object:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        return None
    return [*value] if isinstance(value, tuple) else value


def _of_cfg(file: Path) -> dict[str, object]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[method-assign, assignment]  # names of extras keep their case
    try:
        parser.read_string(file.read_text("utf-8"))
    except (OSError, configparser.Error, UnicodeDecodeError):
        return {}
    said: dict[str, object] = {}
    for section in ("metadata", "options"):
        for name, text in parser.items(section) if parser.has_section(section) else ():
            lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
            key = name.replace("-", "_")
            computed = text.strip().startswith(("attr:", "file:", "find"))
            said[key] = None if computed else lines if key in _SEVERAL else text.strip()
    for name in ("extras_require", "entry_points"):
        if parser.has_section(f"options.{name}"):
            said[name] = dict(parser.items(f"options.{name}"))
    return said
