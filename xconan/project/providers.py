"""Dynamic metadata by providers: a module's `__version__`, a regular expression, version control, or somebody's plugin.

The plugins are scikit-build-core's: a module with `dynamic_metadata(field, settings)`, or, of its later form,
`dynamic_metadata(field, settings, project)`, and perhaps `get_requires_for_dynamic_metadata(settings)`.
https://scikit-build-core.readthedocs.io/en/latest/configuration/dynamic.html
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from xconan.ground import reads
from xconan.ground.errors import ConfigError, first_line, nearest_names
from xconan.project.module import read_dynamic
from xconan.project.project_table import KEYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from types import ModuleType

    from xconan.project.config.free_tables import MetadataProvider
    from xconan.project.config.records import Project

    Table = Mapping[str, object]

_VERSION = r'(?i)^(__version__|VERSION)(?: ?\: ?str)? *= *([\'"])v?(?P<value>.+?)\2'
_THEIRS = "scikit_build_core.metadata."  # its own providers, by their modules


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a provider is asked.

    Attributes:
        provider: as configured.
        root: the project's folder.
        pyproject: pyproject.toml.
        project: [project] with what is known by now.
        main: the module that the project is, None for none.
    """

    provider: MetadataProvider
    root: Path
    pyproject: Table
    project: Table
    main: Path | None

    def text(self, name: str, default: str = "") -> str:
        """A setting that is a string.

        Raises:
            ConfigError: it is none, or there is none and it has no default.
        """
        value = self.provider.settings.get(name, default)
        if not isinstance(value, str) or not value:
            raise ConfigError(f"the provider {self.provider.name} needs {name}", where=self.provider.place,
                              hint=f'write {name} = "…"')  # fmt: skip
        return value

    def file(self) -> Path:
        """The file that `input` names, else the project's module."""
        if self.main is not None and "input" not in self.provider.settings:
            return self.main
        path = self.root / self.text("input")
        if not path.is_file():
            raise ConfigError(f"there is no {path}", where=self.provider.place, hint="correct input")
        return path


def provide(project: Project, main: Path | None, table: Table) -> dict[str, object]:
    """[project] with the values of dynamic keys that have a provider, which are no longer among `dynamic`.

    Args:
        project: with its providers.
        main: the file of the project's module.
        table: [project].

    Raises:
        ConfigError: a key is not dynamic, or a provider can't say it.
    """
    filled = dict(table)
    dynamic = cast("list[str]", filled.get("dynamic", []))
    for provider in project.providers:
        _check(provider)
        if provider.field not in dynamic:
            raise ConfigError(f"{provider.field} has a provider, and is not dynamic", where=provider.place,
                              hint=f'write dynamic = ["{provider.field}"] in [project]')  # fmt: skip
        question = Question(
            provider=provider, root=project.root, pyproject=project.pyproject, project=filled, main=main
        )
        filled[provider.field] = _answer(question)
    named = {provider.field for provider in project.providers}
    return {**filled, "dynamic": [name for name in dynamic if name not in named]} if named else filled


def _check(provider: MetadataProvider) -> None:
    """Whether there is such a key, and for our own providers such settings: what is misspelt would be left out.

    Raises:
        ConfigError: with the nearest name.
    """
    known = _SETTINGS.get(provider.name.removeprefix(_THEIRS))
    for name, names in ((provider.field, KEYS), *((one, known) for one in provider.settings if known is not None)):
        if name not in names:
            close = nearest_names(name, names)
            hint = f"did you mean '{close[0]}'?" if close else f"known keys: {', '.join(names)}"
            raise ConfigError(f"unknown key '{name}'", where=provider.place, hint=hint)


def provider_requires(project: Project) -> list[str]:
    """What the providers need from PyPI."""
    found: list[str] = []
    for provider in project.providers:
        name = provider.name.removeprefix(_THEIRS)
        if name in _BUILT_IN:
            found += _BUILT_IN[name][1]
        else:
            with _import_path(provider.path):
                module = _module(provider)
            asked = getattr(module, "get_requires_for_dynamic_metadata", None)
            found += asked(dict(provider.settings)) if asked else []
    return found


def reads_files_alone(project: Project) -> bool:
    """Whether the providers are those whose answers hang on the project's files, which are noted."""
    return all(provider.name.removeprefix(_THEIRS) in ("module", "regex", "template") for provider in project.providers)


def files_of_provider(provider: MetadataProvider, project: Project) -> list[Path]:
    """The files of the project that a provider of ours is told to read, beside the project's module."""
    name = provider.name.removeprefix(_THEIRS)
    named: list[object] = [provider.settings.get("input")] if name in ("module", "regex") else []
    if name == "fancy_pypi_readme":
        hooks = [cast("Table", project.pyproject.get("tool", {}))]
        for key in ("hatch", "metadata", "hooks", "fancy-pypi-readme"):
            hooks.append(cast("Table", hooks[-1].get(key, {})))
        named += [one.get("path") for one in cast("list[Table]", hooks[-1].get("fragments", []))]
    return [project.root / path for path in named if isinstance(path, str)]


def _answer(question: Question) -> object:
    provider = question.provider
    name = provider.name.removeprefix(_THEIRS)
    if name not in ("module", "regex", "template"):
        reads.doubt(f"what the provider {name} reads is not known")
    if name in _BUILT_IN:
        return _BUILT_IN[name][0](question)
    with _import_path(provider.path):
        function = getattr(_module(provider), "dynamic_metadata", None)
        if function is None:
            raise ConfigError(f"the provider {provider.name} has no dynamic_metadata()", where=provider.place,
                              hint="name a module that has it, or one of " + ", ".join(_BUILT_IN))  # fmt: skip
        words: list[object] = [provider.field, dict(provider.settings)]
        if len(inspect.signature(function).parameters) > len(words):
            words.append(dict(question.project))
        try:
            return function(*words)
        except Exception as error:  # a plugin may raise anything, and it is the project's matter
            raise _failed(question, error) from error


def _failed(question: Question, error: Exception) -> ConfigError:
    provider = question.provider
    return ConfigError(f"the provider {provider.name} can't say {provider.field}: {first_line(error)}",
                       where=provider.place,
                       hint="correct what it asks for; XCONAN_TRACEBACK=1 shows where")  # fmt: skip


def _module(provider: MetadataProvider) -> ModuleType:
    try:
        return importlib.import_module(provider.name)
    except ImportError as error:
        close = nearest_names(provider.name, _BUILT_IN)
        known = f"did you mean '{close[0]}'? known are" if close else "known are"
        raise ConfigError(f"there is no provider {provider.name}: {error}", where=provider.place,
                          hint=f"{known} {', '.join(_BUILT_IN)}; for a module of yours write provider_path, for an "
                          "installed one name its distribution in [build-system] requires") from None  # fmt: skip


@contextmanager
def _import_path(folder: Path | None) -> Iterator[None]:
    """Import from this folder first; what is imported there is forgotten, as another project may have its namesake."""
    if folder is None:
        yield
        return
    before = {*sys.modules}
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in {*sys.modules} - before:
            file = getattr(sys.modules[name], "__file__", None) or ""
            if file.startswith(str(folder)):
                del sys.modules[name]


# --- those that need no name of a module -----------------------------------------------------------------------------


def _of_module(question: Question) -> str:
    file = question.file()
    version, description = read_dynamic(file)
    value = description if question.provider.field == "description" else version
    if value is None:
        raise ConfigError(
            f"{file.name} has no __version__ = '…'", where=question.provider.place, hint=f"add it to {file}"
        )
    return value


def _of_regex(question: Question) -> str:
    expression = question.text("regex", _VERSION if question.provider.field == "version" else "")
    file = question.file()
    try:
        match = re.search(expression, file.read_text("utf-8"), re.MULTILINE)
    except re.error as error:
        raise ConfigError(f"this is no regular expression: {error}", where=question.provider.place,
                          hint="correct regex") from None  # fmt: skip
    if match is None:
        raise ConfigError(f"nothing in {file} is matched by {expression!r}", where=question.provider.place,
                          hint="correct regex, or input")  # fmt: skip
    result = question.text("result", "{value}")
    try:
        text = result.format(*match.groups(), **match.groupdict())
    except (KeyError, IndexError) as error:
        what = f"the regular expression has no group {error}, which result names"
        raise ConfigError(what, where=question.provider.place,
                          hint="name the group in regex: (?P<value>…)") from None  # fmt: skip
    removed = question.provider.settings.get("remove", "")
    try:
        return re.sub(str(removed), "", text) if removed else text
    except re.error as error:
        raise ConfigError(f"this is no regular expression: {error}", where=question.provider.place,
                          hint="correct remove") from None  # fmt: skip


def _of_setuptools_scm(question: Question) -> str:
    scm = _library(question, "setuptools_scm", "setuptools-scm")
    tool = cast("Mapping[str, Table]", question.pyproject.get("tool", {}))
    table = {"root": ".", **tool.get("setuptools_scm", {}), **question.provider.settings}
    name = str(question.project.get("name", ""))
    try:
        # which also writes what version_file names
        version = scm.get_version(relative_to=str(question.root / "pyproject.toml"), dist_name=name, **table)
    except Exception as error:  # it raises what version control and the file give reason for
        raise _failed(question, error) from error
    return str(version)


def _of_hatch_vcs(question: Question) -> str:
    library = _library(question, "hatch_vcs.version_source", "hatch-vcs")
    tool = cast("Table", question.pyproject.get("tool", {}))
    hatch = cast("Table", cast("Table", tool.get("hatch", {})).get("version", {}))
    try:
        source = library.VCSVersionSource(str(question.root), {"source": "vcs", **hatch, **question.provider.settings})
        return str(source.get_version_data()["version"])
    except Exception as error:  # the same
        raise _failed(question, error) from error


def _of_fancy_readme(question: Question) -> dict[str, str]:
    builder = _library(question, "hatch_fancy_pypi_readme._builder", "hatch-fancy-pypi-readme")
    config = _library(question, "hatch_fancy_pypi_readme._config", "hatch-fancy-pypi-readme")
    tool = cast("Mapping[str, Mapping[str, Mapping[str, Mapping[str, Table]]]]", question.pyproject.get("tool", {}))
    try:
        loaded = config.load_and_validate_config(tool["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"])
        known = {
            "version": str(question.project.get("version", "")),
            "package_name": str(question.project.get("name", "")),
        }
        accepted = inspect.signature(builder.build_text).parameters
        more = {name: value for name, value in known.items() if name in accepted}
        text = builder.build_text(loaded.fragments, loaded.substitutions, **more)
    except Exception as error:  # the same
        raise _failed(question, error) from error
    return {"content-type": loaded.content_type, "text": text}


def _of_template(question: Question) -> object:
    """`result` with {project[name]} and the like filled in: a string, a list or a table of these."""

    def filled(value: object) -> object:
        if isinstance(value, str):
            return value.format(project=question.project)
        if isinstance(value, list):
            return [filled(one) for one in value]
        return {name: filled(one) for name, one in value.items()} if isinstance(value, dict) else value

    try:
        return filled(question.provider.settings.get("result", ""))
    except (KeyError, IndexError, ValueError) as error:
        raise _failed(question, error) from error


def _library(question: Question, module: str, distribution: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ConfigError(f"the provider {question.provider.name} needs {distribution}: {error}",
                          where=question.provider.place,
                          hint=f"pip install {distribution}, or use `python -m build`") from None  # fmt: skip


_SETTINGS = {"module": ("input",), "regex": ("input", "regex", "result", "remove"), "template": ("result",)}
_BUILT_IN: Mapping[str, tuple[Callable[[Question], object], list[str]]] = {
    "module": (_of_module, []),
    "regex": (_of_regex, []),
    "template": (_of_template, []),
    "setuptools_scm": (_of_setuptools_scm, ["setuptools-scm"]),
    "hatch_vcs": (_of_hatch_vcs, ["hatch-vcs"]),
    "fancy_pypi_readme": (_of_fancy_readme, ["hatch-fancy-pypi-readme>=22.3"]),
}
