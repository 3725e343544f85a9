"""`xconan migrate`: a project's pyproject.toml with our tables in place of another backend's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from xconan.ground.errors import ConfigError, Problems
from xconan.migrate import conan_py_build, scikit_build, setuptools
from xconan.migrate.document import keys, parse, plain, rendered
from xconan.migrate.records import Outcome
from xconan.project.config.component import BACKEND as COMPONENT
from xconan.project.config.conan_of_alpha import in_our_keys
from xconan.project.config.conditions import CONDITIONS
from xconan.project.config.layers import Layer
from xconan.project.foreign import foreign_tables, match_key, spelled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from xconan.migrate.records import Old, Values

    Table = Mapping[str, object]
    Converted = Mapping[str, Callable[[object], Values | None]]

_BACKENDS = {
    "scikit_build_core": "scikit-build", "conan_py_build": "conan-py-build", "py_build_cmake": "py-build-cmake",
    "setuptools": "setuptools", "skbuild": "setuptools",
}  # fmt: skip
# requirements of the build that others had, or that xconan asks for by itself
_GONE = {
    "scikit-build-core", "scikit-build", "conan-py-build", "py-build-cmake", "setuptools", "wheel", "cmake", "ninja",
    "conan",
}  # fmt: skip
_CONVERTED: Mapping[str, Converted] = {
    "scikit-build": scikit_build.CONVERTED, "conan-py-build": conan_py_build.CONVERTED,
    "setuptools": setuptools.CONVERTED,
}  # fmt: skip
_ALPHA = {"output_folder", "profile_host", "profile_build", "args", "cmake"}  # of py-build-cmake 0.6's conan table


def migrate(root: Path) -> tuple[str, Outcome]:
    """What a project's pyproject.toml would be, and what became of each key.

    Raises:
        ConfigError: there is nothing to migrate, or it can't be read; no tomlkit.
    """
    file = root / "pyproject.toml"
    document = parse(file)
    table = cast("Table", plain(document))
    backend = _backend(table, file)
    outcome = Outcome(root=root, backend=backend)
    tool = cast("Table", table.get("tool", {}))
    if "xconan" in tool:
        raise ConfigError(f"there is [tool.xconan] already, beside [tool.{backend}]", where=str(file),
                          hint=f"move the rest by hand, and remove [tool.{backend}]")  # fmt: skip
    if backend == "py-build-cmake":
        return _renamed(file, document, tool, outcome), outcome
    for one in [one for one in (backend, "scikit-build") if one in tool][:1]:
        _translate_table(outcome, document["tool"][one], one)
        del document["tool"][one]
    project = cast("Table", table.get("project", {}))
    name = str(project.get("name", ""))
    if backend == "scikit-build":
        scikit_build.finish(outcome, name)
    elif backend == "conan-py-build":
        conan_py_build.finish(outcome, name)
    else:
        setuptools.finish(outcome, project)
    return _written(document, outcome), outcome


def _backend(table: Table, file: Path) -> str:
    tool = cast("Table", table.get("tool", {}))
    system = cast("Table", table.get("build-system", {}))
    named = str(system.get("build-backend", "setuptools"))
    if "setuptools" in named:  # scikit-build-core has a plugin for it
        return "setuptools"
    module = named.partition(".")[0]
    for name in ("scikit-build", "conan-py-build", "py-build-cmake"):
        if name in tool:
            return name
    if module not in _BACKENDS:
        what = "it is xconan's already" if module == "xconan" else f"its backend is {module}"
        raise ConfigError(
            f"there is nothing that xconan can move: {what}", where=f"{file}: build-system.build-backend",
            hint="py-build-cmake, scikit-build-core, conan-py-build and setuptools are known",
        )  # fmt: skip
    return _BACKENDS[module]


def _translate_table(outcome: Outcome, table: object, name: str) -> None:
    """All keys of another backend's table."""
    known, converted = foreign_tables()[name], _CONVERTED[name]
    listed = {*cast("Table", known["changes"]), *cast("Table", known["idle"]), *converted}
    for old in keys(table, lambda key: any(one.startswith(f"{key}.") for one in listed)):
        _translate(outcome, old, known, converted)


def _translate(outcome: Outcome, old: Old, known: Table, converted: Converted) -> None:
    """One key of another backend's table."""
    if outcome.backend == "scikit-build" and old.name in ("generate", "metadata", "overrides"):
        _take_table(outcome, old, known, converted)
        return
    changes, idle = cast("dict[str, str]", known["changes"]), cast("dict[str, str]", known["idle"])
    usual = cast("Table", known.get("usual", {}))
    words = match_key(old.name, changes, idle)
    reason = match_key(old.name, idle, changes)
    convert = converted.get(old.name)
    if old.value in ([], {}) and old.name != "wheel.packages":
        outcome.drop(old, "it says nothing")
    elif convert:
        values = convert(old.value)
        if values is None:
            outcome.lack(old, spelled(words) if words else str(reason))
        elif values:
            outcome.move(old, values)
        else:
            outcome.drop(old, "that is so anyway")
    elif old.name in usual and usual[old.name] == old.value:
        outcome.drop(old, "that is so anyway")
    elif old.name == "build.requires":
        outcome.requires += cast("list[str]", old.value)
        outcome.moved.append((old.name, "build-system.requires"))
    elif words and re.fullmatch(r"(?!project\b)\w+\.[\w-]+", words):
        outcome.move(old, {words: old.value})
    elif words:
        outcome.lack(old, spelled(words))
    else:
        outcome.drop(old, str(reason))


def _take_table(outcome: Outcome, old: Old, known: Table, converted: Converted) -> None:
    """A table, or a list of tables, that both have."""
    if old.name == "metadata":
        outcome.values |= {f"metadata.{field}": one for field, one in cast("Table", old.value).items()}
    elif old.name == "generate":
        tables = cast("list[Table]", old.value)
        outcome.tables["generate"] = [{key.replace("-", "_"): one for key, one in table.items()} for table in tables]
    else:
        overrides = [_override(table, outcome, known, converted) for table in cast("list[Table]", old.value)]
        if None in overrides:
            outcome.lack(old, "[[tool.xconan.overrides]] has not all of these conditions, or keys")
            return
        outcome.tables["overrides"] = cast("list[Table]", overrides)
    outcome.moved.append((old.name, old.name))


def _override(table: Table, outcome: Outcome, known: Table, converted: Converted) -> Table | None:
    """One of scikit-build-core's overrides as ours; None where a part of it has no equivalent."""
    listed = {*cast("Table", known["changes"]), *cast("Table", known["idle"]), *converted}
    asked = cast("Table", table.get("if", {}))
    conditions = {name.replace("-", "_"): one for name, one in asked.items()}
    inside = Outcome(root=outcome.root, backend="override")
    rest = {name: one for name, one in table.items() if name != "if"}
    for old in keys(rest, lambda name: any(one.startswith(f"{name}.") for one in listed)):
        _translate(inside, old, known, converted)
    names = {*conditions, *cast("Table", conditions.get("any", {}))}
    if inside.kept or {name.replace("-", "_") for name in names} - {*CONDITIONS} or "inherit" in table:
        return None
    ours: dict[str, object] = {"if": conditions}
    for dotted, value in inside.values.items():
        name, _, key = dotted.partition(".")
        cast("dict[str, object]", ours.setdefault(name, {}))[key] = value
    return ours


def _written(document: object, outcome: Outcome) -> str:
    """The document with our tables behind what it has."""
    import tomlkit  # noqa: PLC0415 - an extra

    table = cast("dict[str, dict[str, object]]", document)
    _build_system(table, outcome)
    standard = {
        name.partition(".")[2]: outcome.values.pop(name) for name in [*outcome.values] if name.startswith("project.")
    }
    for name, value in {**outcome.project, **standard}.items():
        if "project" not in table:
            table["project"] = cast("dict[str, object]", tomlkit.table())
        if name not in table["project"] and value not in ([], ""):
            table["project"][name] = value
    ours: dict[str, object] = {}
    for dotted, value in outcome.values.items():
        name, _, key = dotted.partition(".")
        cast("dict[str, object]", ours.setdefault(name, {}))[key] = value
    text = tomlkit.dumps(cast("tomlkit.TOMLDocument", document)).rstrip() + "\n"
    if ours or outcome.tables:
        text += "\n" + rendered("tool.xconan", {**ours, **outcome.tables}, outcome.comments)
    if outcome.kept:
        head = "# nothing of xconan's does the same: see to these keys, and remove the table"
        lines = rendered(
            f"tool.{outcome.backend}", _nested(outcome.kept), {old.name: old.comments for old in outcome.kept}
        )
        text += f"\n{head}\n{lines}"
    return text


def _nested(kept: list[Old]) -> dict[str, object]:
    table: dict[str, object] = {}
    for old in kept:
        inner = table
        *above, last = old.name.split(".")
        for part in above:
            inner = cast("dict[str, object]", inner.setdefault(part, {}))
        inner[last] = old.value
    return table


def _build_system(table: dict[str, dict[str, object]], outcome: Outcome) -> None:
    import tomlkit  # noqa: PLC0415 - an extra

    if "build-system" not in table:
        table["build-system"] = cast("dict[str, object]", tomlkit.table())
    system = table["build-system"]
    before = cast("list[str]", plain(system.get("requires", [])))
    rest = [
        one for one in before if re.split(r"[^\w.-]", one.strip(), maxsplit=1)[0].lower().replace("_", "-") not in _GONE
    ]
    system["requires"] = [*dict.fromkeys(["xconan", *rest, *outcome.requires])]
    is_component = system.get("build-backend") == "py_build_cmake.build_component"
    system["build-backend"] = COMPONENT if is_component else "xconan.build"
    outcome.moved.append(("[build-system]", "requires and build-backend"))


def _renamed(file: Path, document: object, tool: Table, outcome: Outcome) -> str:
    """py-build-cmake's table under our name: its keys are ours."""
    import tomlkit  # noqa: PLC0415 - an extra

    table = cast("dict[str, dict[str, object]]", document)
    theirs = cast("Table", tool.get("py-build-cmake", {}))
    project = cast("Table", plain(table.get("project", {})))
    _build_system(table, outcome)
    lower = "" if "main_project" in theirs else _lower_name(theirs, project)  # a component has no module
    if _ALPHA & {*cast("Table", theirs.get("conan", {}))}:
        problems = Problems()
        layer = in_our_keys(
            Layer(source=str(file), path="tool.py-build-cmake", table=theirs, folder=file.parent), problems
        )
        problems.raise_if_any()
        del table["tool"]["py-build-cmake"]
        outcome.moved.append(("[tool.py-build-cmake], its conan table as of 0.6", "[tool.xconan]"))
        ours = _without_operations(layer.table)
        if lower and "module" in theirs:
            cast("dict[str, object]", ours["module"])["name"] = lower
        body = rendered("tool.xconan", ours, {})
        text = f"{tomlkit.dumps(cast('tomlkit.TOMLDocument', document)).rstrip()}\n\n{body}"
    else:
        if lower and "module" in theirs:
            cast("dict[str, dict[str, object]]", table["tool"]["py-build-cmake"])["module"]["name"] = lower
        text = tomlkit.dumps(cast("tomlkit.TOMLDocument", document))
        text = re.sub(
            r"^(\s*\[\[?\s*tool\s*\.\s*)[\"']?py-build-cmake[\"']?(?=[\s.\]])", r"\1xconan", text, flags=re.MULTILINE
        )
        outcome.moved.append(("[tool.py-build-cmake]", "[tool.xconan]"))
    return text.rstrip() + "\n" + _other_meaning(file.parent, theirs, lower, outcome)


def _lower_name(theirs: Table, project: Table) -> str:
    """The import name in lower case; "" where the table says one, or ours means the same without it."""
    name = str(project.get("name", ""))
    import_name = re.sub(r"[-_.]+", "-", name).lower().replace("-", "_")
    said = "name" in cast("Table", theirs.get("module", {})) or import_name == re.sub(r"[-.\s]+", "_", name)
    return "" if said else import_name


def _without_operations(table: Table) -> dict[str, object]:
    """Lists that replace others as lists: in a table of one layer there are no others."""
    return {
        name: (value["value"] if [*value] == ["value"] else _without_operations(value))
        if isinstance(value, dict)
        else value
        for name, value in table.items()
    }


def _other_meaning(root: Path, theirs: Table, lower: str, outcome: Outcome) -> str:
    """What py-build-cmake means where its table says nothing, and our table otherwise."""
    said = ""
    if lower:
        said += f'\n[tool.xconan.module]\nname = "{lower}"\n' if "module" not in theirs else ""
        outcome.moved.append(("the import name in lower case", "module.name"))
    alpha = cast("Table", theirs.get("conan", {}))
    by_cmake = (
        "cmake" in alpha
        or "cmake" in theirs
        or any("cmake" in cast("Table", theirs.get(one, {})) for one in ("linux", "windows", "mac"))
    )
    if not by_cmake and (root / "CMakeLists.txt").is_file() and "wheel" not in theirs:
        said += "\n[tool.xconan.wheel]\npure_python = true\n"
        outcome.moved.append(("no cmake table", "wheel.pure_python"))
    return said
