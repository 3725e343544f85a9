"""[project] of pyproject.toml -> core metadata, by pyproject-metadata.

The finished text is kept under the digest of everything that it was made from: pyproject-metadata takes
50 ms to import and use, which an unchanged rebuild can't afford.
"""

from __future__ import annotations

import copy
import os
import re
import warnings
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.ground.errors import ConfigError, ErrorGroup, Problems, XconanError, listed, nearest_names
from xconan.ground.files import digest, file_digest, read_json, unreadable, write_json
from xconan.ground.report import warn
from xconan.project.globs import matching, normal
from xconan.project.links import Reach
from xconan.project.module import read_dynamic
from xconan.project.project_table import KEYS, check_project_table
from xconan.project.providers import provide

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyproject_metadata import StandardMetadata

    from xconan.project.config.records import Project
    from xconan.project.module import Module

from dataclasses import dataclass

from xconan.ground.record import Record


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Metadata(Record):
    """Core metadata, ready to be written.

    Attributes:
        name: as the project spells it.
        file_name: normalized for file names (PEP 427, 625): "lz4_pybind11".
        version: normalized (PEP 440).
        text: METADATA / PKG-INFO.
        entry_points: text of entry_points.txt, "" for none.
        license_files: paths relative to the project, with forward slashes.
    """

    name: str
    file_name: str
    version: str
    text: str
    entry_points: str
    license_files: tuple[str, ...]
    readme: str | None = None


_FORMAT = 2
# key of [project] -> what to write where pyproject-metadata refuses its value
_REMEDIES = {
    "name": 'write name = "…": letters and digits, with - _ . between them',
    "version": 'write version = "1.0"; or dynamic = ["version"], with __version__ = "1.0" in the module',
    "requires-python": 'write the oldest Python: requires-python = ">=3.10"',
    "dependencies": 'write each as pip has it: "numpy", or "numpy>=1.26"',
    "optional-dependencies": 'write each as pip has it: "numpy", or "numpy>=1.26"',
    "readme": "write that file, correct its name, or leave readme out",
    "license": 'write an SPDX expression: license = "MIT"',
    "license-files": "write that file, or leave license-files out: those of the usual names are found without it",
}
_QUOTED = re.compile(
    r""" \(InvalidRequirement\(['"](.*?)\\n.*"""
)  # an error of packaging's, as Python writes it in code
# PEP 639 lets tools look for these where `license-files` says nothing
_BACKUP = re.compile(r"(~|\.orig|\.bak|\.rej)$")  # which editors and patches leave beside a file
_LICENSE_GLOBS = ("LICEN[CS]E*", "COPYING*", "NOTICE*", "AUTHORS*")


def read_metadata(project: Project, module: Module, *, cache: Path | None) -> Metadata:
    """The project's metadata.

    Args:
        project: whose [project] table is read, with the readme and licences that it names.
        module: for a dynamic version or description.
        cache: folder of earlier results; None for none.

    Raises:
        ConfigError: or ErrorGroup, with every error that pyproject-metadata finds.
    """
    problems = Problems()
    given = cast("dict[str, object]", project.pyproject["project"])
    dynamic = given.get("dynamic")
    both = [name for name in given if isinstance(dynamic, list) and name in dynamic]  # the specification forbids that
    for name in both:
        problems.add(f"{name} is set and dynamic as well", file=project.pyproject_file, key=f"project.{name}",
                     hint="remove one: this, or its name in project.dynamic")  # fmt: skip
    given = provide(project, module.main, given)
    if both:  # what is set is looked at further
        given["dynamic"] = [name for name in cast("list[object]", dynamic) if name not in both]
    table = check_project_table(given, problems, project.pyproject_file)
    _check_files(project, table, problems)
    if problems.found:
        with problems.collected():
            _parse(project, module, table)
    problems.raise_if_any()
    key = digest(_FORMAT, table, _files_digest(project, module, table))
    entry = cache / "metadata.json" if cache else None
    stored = read_json(entry) if entry else {}
    if stored.get("key") == key:
        values = cast("dict[str, object]", stored["metadata"])
        licenses = tuple(cast("list[str]", values.pop("license_files")))
        return Metadata(license_files=licenses, **values)  # type: ignore[arg-type]  # written below
    metadata = _parse(project, module, table)
    if entry:
        with suppress(OSError):  # a cache that can't be written costs time, nothing else
            write_json(entry, {"key": key, "metadata": asdict(metadata)})
    return metadata


def _check_files(project: Project, table: dict[str, object], problems: Problems) -> None:
    """Readme and licence must be files of the project; what can't be looked at further is taken out of the table.

    A readme above the project is read, as the packages of a monorepo share one; no source distribution can hold it.
    """
    reach = Reach(root=project.root)
    for key in ("readme", "license"):
        name = _named_file(table, key)
        if name is None:
            continue
        inside = Path(os.path.normpath(name)).parts[:1] != ("..",)
        refusal = reach.refusal(project.root / name) if inside and os.path.lexists(project.root / name) else None
        if refusal and (project.root / name).is_dir():
            refusal = "it is a folder", "name a file in it"
        if Path(name).is_absolute() or (key == "license" and not inside):
            refusal = "it must be a file of the project", "put it, or a link to it, beside pyproject.toml"
        elif not inside and not (project.root / name).is_file():
            refusal = "there is no such file", "check the path"
        if refusal:
            where = key if isinstance(table[key], str) else f"{key}.file"
            problems.add(f"{name} can't be used: {refusal[0]}", file=project.pyproject_file, key=f"project.{where}",
                         hint=refusal[1])  # fmt: skip
            del table[key]
    where = f"{project.pyproject_file}: project.license-files"
    before = len(problems.found)
    for pattern in cast("list[str]", table.get("license-files", [])):
        with problems.collected():
            found = matching(project.root, normal(pattern, where=where), where=where)
            if found and found[0].is_dir() and not any(path.is_file() for path in found):
                problems.found.append(_no_file(found[0], project.root, pattern, where))
    if len(problems.found) > before:
        del table["license-files"]


def _no_file(folder: Path, root: Path, pattern: str, where: str) -> ConfigError:
    """A folder in place of licence files, such as LICENSES/ of REUSE."""
    name = folder.relative_to(root).as_posix()
    below = "*" if any(path.is_file() for path in folder.iterdir()) else "**/*"
    there = any(path.is_file() for path in folder.rglob("*"))
    hint = f'write "{name}/{below}"' if there else "put a licence file into it, or leave it out"
    return ConfigError(f"'{pattern}' names a folder, and licences are files", where=where, hint=hint)


def _named_file(table: dict[str, object], key: str) -> str | None:
    value = table.get(key)
    if isinstance(value, dict):
        value = value.get("file")
    elif key == "license":  # an expression
        return None
    return value if isinstance(value, str) and value else None


def _files_digest(project: Project, module: Module, table: dict[str, object]) -> dict[str, str]:
    names = [name for key in ("readme", "license") if (name := _named_file(table, key))]
    files = [project.root / name for name in names]
    files += [module.main] if module.main and table.get("dynamic") else []
    digests = {str(path): file_digest(path) for path in files if path.is_file()}
    patterns = cast("list[str]", table.get("license-files", _LICENSE_GLOBS))
    for pattern in patterns:
        digests[pattern] = ";".join(sorted(str(path) for path in project.root.glob(pattern)))
    return digests


def _parse(project: Project, module: Module, table: dict[str, object]) -> Metadata:
    from packaging.utils import canonicalize_name  # noqa: PLC0415 - slow to import, and often not needed
    from pyproject_metadata import StandardMetadata  # noqa: PLC0415

    filled = _fill_dynamic(project, module, table)
    try:
        with _told(project):
            standard = StandardMetadata.from_pyproject({"project": filled}, project.root, all_errors=True)
            if standard.license_files is None and (standard.license is None or isinstance(standard.license, str)):
                standard.license_files = _default_licenses(project.root)
            text = str(standard.as_rfc822())
    except Exception as error:  # noqa: BLE001 - sorted by _as_config_error, which gives back what is not ours
        raise _as_config_error(error, project) from None
    licenses = _licenses(standard, project.root)
    _check_licenses(project, licenses)
    if standard.version is None:
        raise ConfigError("there is no version", where=f"{project.pyproject_file}: project.version",
                          hint='set it, or dynamic = ["version"] with __version__ in the module')  # fmt: skip
    return Metadata(
        name=standard.name,
        file_name=canonicalize_name(standard.name).replace("-", "_"),
        version=str(standard.version),
        text=text,
        entry_points=_entry_points(standard),
        license_files=licenses,
        readme=_relative(standard.readme.file, project.root) if standard.readme and standard.readme.file else None,
    )


@contextmanager
def _told(project: Project) -> Iterator[None]:
    """Tell pyproject-metadata's warnings as ours: one line each, in place of Python's, with the file.

    A key that [project] does not have is an error: what was meant by it would be missing in the metadata.
    """
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", UserWarning)
        yield
    for message in dict.fromkeys(re.sub(r"\s+", " ", str(one.message)) for one in heard):
        if message.startswith("Extra keys"):
            raise ConfigError(message, where=f"{project.pyproject_file}: project", hint=_remedy(message, "project"))
        warn(f"{project.pyproject_file}: {message}")


def _fill_dynamic(project: Project, module: Module, table: dict[str, object]) -> dict[str, object]:
    filled = copy.deepcopy(table)
    dynamic = cast("list[str]", filled.get("dynamic", []))
    if not dynamic:
        return filled
    where = f"{project.pyproject_file}: project.dynamic"
    keys_hint = "version and description can; others by a provider, [tool.xconan.metadata.KEY]"
    if unknown := [name for name in dynamic if name not in ("version", "description")]:
        raise ConfigError(f"{', '.join(unknown)} can't be dynamic", where=where, hint=keys_hint)
    if module.main is None:
        raise ConfigError(
            "there is no module to read them from", where=where,
            hint='set them in [project], or say where they are by [tool.xconan.metadata.version] provider = "regex"',
        )  # fmt: skip
    version, description = read_dynamic(module.main)
    for name, value in (("version", version), ("description", description)):
        if name in dynamic:
            if value is None:
                what = "__version__ = '…'" if name == "version" else "a docstring"
                raise ConfigError(f"{module.main.name} has no {what}", where=where, hint=f"add it to {module.main}")
            filled[name] = value
    filled["dynamic"] = []
    return filled


def _default_licenses(root: Path) -> list[Path]:
    found = {path for pattern in _LICENSE_GLOBS for path in root.glob(pattern) if path.is_file()}
    licenses = [path for path in found if not _BACKUP.search(path.name)]
    return [path.relative_to(root) for path in sorted(licenses)]


def _licenses(standard: StandardMetadata, root: Path) -> tuple[str, ...]:
    paths = list(standard.license_files or ())
    table = standard.license
    if table is not None and not isinstance(table, str) and table.file:
        paths.append(table.file)
    return tuple(sorted(_relative(path, root) for path in paths))


def _check_licenses(project: Project, names: tuple[str, ...]) -> None:
    reach, problems = Reach(root=project.root), Problems()
    for name in names:
        if refusal := reach.refusal(project.root / name):
            problems.add(f"{name} can't be a licence file: {refusal[0]}", file=project.pyproject_file,
                         key="project.license-files", hint=refusal[1])  # fmt: skip
    problems.raise_if_any()


def _relative(path: Path, root: Path) -> str:
    return Path(os.path.relpath(root / path, root)).as_posix()


def _entry_points(standard: StandardMetadata) -> str:
    groups = {
        "console_scripts": standard.scripts,
        "gui_scripts": standard.gui_scripts,
        **standard.entrypoints,
    }
    parts = [
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in sorted(points.items()))
        for group, points in sorted(groups.items())
        if points
    ]
    return "\n".join(parts)


def _as_config_error(error: Exception, project: Project) -> Exception:
    """pyproject-metadata's errors as ours; anything else stays what it is."""
    if isinstance(error, PermissionError):
        return unreadable(error)
    nested = getattr(error, "exceptions", None)
    if nested:
        converted = [_as_config_error(inner, project) for inner in nested]
        ours = [inner for inner in converted if isinstance(inner, XconanError)]
        return ErrorGroup(list(ours)) if len(ours) == len(converted) else error
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & {"ConfigurationError", "InvalidVersion", "ConfigurationWarning", "OSError", "UnicodeDecodeError"}:
        key = getattr(error, "key", None) or "project"
        message = _QUOTED.sub(r": \1", re.sub(r"\s+", " ", str(error)))
        return ConfigError(message, where=f"{project.pyproject_file}: {key}", hint=_remedy(message, key))
    return error


def _remedy(message: str, key: str) -> str:
    """What to write in place of what pyproject-metadata refuses."""
    if extra := re.match(r"Extra keys present in \"project\": (.*)", message):
        wrong = re.findall(r"'([^']*)'", extra[1])
        if newer := [name for name in wrong if name in KEYS]:
            return (
                f"pip install --upgrade 'pyproject-metadata>=0.10'; the installed one does not know {listed(newer)} yet"
            )
        close = {name: near[0] for name in wrong if (near := nearest_names(name, KEYS))}
        meant = ", ".join(f"'{near}' in place of '{name}'" for name, near in close.items())
        return f"did you mean {meant}?" if meant else f"known keys: {', '.join(KEYS)}"
    if wanting := re.search(r"Could not infer content type for readme file (['\"])(.*)\1", message):
        return f'write readme = {{file = "{wanting[2]}", content-type = "text/plain"}}'
    if "'License ::' classifiers" in message:
        return "take the classifiers that begin with 'License ::' out of project.classifiers: license says it"
    name = re.sub(r"\[.*", "", key.removeprefix("project.").partition(".")[0])
    return _REMEDIES.get(name, "https://packaging.python.org/specifications/pyproject-toml/ has what it may say")
