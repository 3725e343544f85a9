"""Keys of scikit-build-core's table -> ours, where that is no mere change of names.

https://scikit-build-core.readthedocs.io/en/latest/reference/configs.html
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xconan.migrate.records import Outcome, Values

_SCHEMES = {"SKBUILD_SCRIPTS_DIR": "{scripts}", "SKBUILD_DATA_DIR": "{data}", "SKBUILD_HEADERS_DIR": "{headers}"}
_USUAL_FOLDERS = ("src/{name}", "python/{name}", "{name}")  # where it looks, the first that is there


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _targets(value: object) -> Values:
    return {"cmake.build_args": [word for one in _list(value) for word in ("--target", one)]}


def _py_api(value: object) -> Values | None:
    text = str(value)
    if text in ("py3", "py2.py3"):
        return {"wheel.python_abi": "none", "wheel.python_tag": text.split(".")}
    if match := re.fullmatch(r"cp(3\d+)", text):
        return {"wheel.python_abi": "abi3", "wheel.abi3_minimum_cpython_version": int(match[1])}
    return {} if not text else None


def _packages(value: object) -> Values | None:
    if isinstance(value, dict):
        same = {place for place, folder in value.items() if PurePosixPath(str(folder)).name == place}
        if same == {*value}:
            return {"module.packages": [*value.values()]}
        return {"module.packages": [], "wheel.include": dict(value)}
    return {"module.packages": _list(value)}


def _defines(value: object) -> Values | None:
    """Strings, bools and lists mean the same; a table asks the environment, which CMakeLists.txt can do itself."""
    table = cast("dict[str, object]", value)
    if any(isinstance(one, dict) for one in table.values()):
        return None
    return {"cmake.options": table}


def _included(value: object) -> Values:
    places = cast("dict[str, object]", value)
    return {"wheel.include": {_place(str(place)): str(source) for source, place in places.items()}}


def _place(place: str) -> str:
    text = re.sub(r"^\$\{?(\w+)\}?", lambda match: _SCHEMES.get(match[1], match[0]), place)
    return text.removeprefix("${SKBUILD_PLATLIB_DIR}/")


def _oldest(value: object) -> Values | None:
    match = re.fullmatch(r">=\s*(\d+(?:\.\d+)*)", str(value).strip())
    return {"cmake.minimum_version": match[1]} if match else None


def _build_folder(value: object) -> Values | None:
    text = re.sub(r"\{(wheel_tag|cache_tag|state)\}", "{build_config}", str(value))
    if "{" in text.replace("{build_config}", "") or text.count("{build_config}") > 1:
        return None
    return {"cmake.build_path": text if "{build_config}" in text else f"{text.rstrip('/')}/{{build_config}}"}


def _configurations(value: object) -> Values:
    if isinstance(value, list):
        return {"cmake.config": value, "cmake.generator": "Ninja Multi-Config"}
    return {"cmake.build_type": value}


CONVERTED: Mapping[str, Callable[[object], Values | None]] = {
    "build.targets": _targets,
    "cmake.targets": _targets,
    "cmake.build-type": _configurations,
    "cmake.define": _defines,
    "cmake.version": _oldest,
    "cmake.minimum-version": lambda value: {"cmake.minimum_version": str(value)},
    "cmake.verbose": lambda value: {"cmake.build_args": ["-v"]} if value else {},
    "build.verbose": lambda value: {"cmake.build_args": ["-v"]} if value else {},
    "build-dir": _build_folder,
    "editable.rebuild": lambda value: {"editable.build_hook": True} if value else {},
    "env": lambda value: {"cmake.env": value},
    "install.strip": lambda value: {"cmake.install_args": ["--strip"]} if value else {},
    "wheel.py-api": _py_api,
    "wheel.packages": _packages,
    "wheel.cmake": lambda value: {} if value else {"wheel.pure_python": True},
    "wheel.platlib": lambda value: {"wheel.pure_python": not value},
    "wheel.force-include": _included,
    "wheel.tags": lambda _tags: None,
    "wheel.expand-macos-universal-tags": lambda value: None if value else {},
    "wheel.license-files": lambda value: {"project.license-files": value},
    "wheel.exclude": lambda value: {"wheel.exclude": [str(one).replace("**.", "**/*.") for one in _list(value)]},
    "sdist.exclude": lambda value: {"sdist.exclude": value},
}  # key -> our values; None where this value of it has none


def finish(outcome: Outcome, name: str) -> None:
    """What the backend does where its table says nothing, and xconan otherwise.

    Args:
        outcome: of the keys that are there.
        name: of the project.
    """
    if "module.packages" in outcome.values:
        return
    folders = [template.format(name=name.replace("-", "_").replace(".", "/")) for template in _USUAL_FOLDERS]
    found = [folder for folder in folders if (outcome.root / folder).is_dir()]
    if not found:
        outcome.values["module.packages"] = []
        outcome.moved.append(("no package of the project's name", "module.packages"))
    elif "." in name and "/" in folders[2]:
        outcome.values["module.name"] = name.replace("-", "_")
        outcome.moved.append(("the namespace in the project's name", "module.name"))
    elif found[0].startswith("python/") or len(found) > 1:
        outcome.values["module.packages"] = found[:1]
        outcome.moved.append((f"the package {found[0]}", "module.packages"))
