"""A first project: its texts from templates, and the folder that they are written into, whole or not at all."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground.errors import ConfigError
from xconan.ground.files import write_text
from xconan.ground.record import Record
from xconan.starter.choices import Kind, Library, choose_library, kinds
from xconan.starter.names import import_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment

_TEMPLATES = Path(__file__).parent / "templates"
_STAGE = ".xconan-new"
_ELSEWHERE = "manylinux_2_17_aarch64"  # the example of another machine


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Starter(Record):
    """A first project to be.

    Attributes:
        name: of the project.
        module: what its package is imported by.
        kind: of its compiled module.
        library: that the module uses.
        python: the version of the Python that runs us, as tags have it: "311".
        matrix: it names the targets of a release.
    """

    name: str
    module: str
    kind: Kind
    library: Library | None
    python: str
    matrix: bool = False

    @property
    def named(self) -> bool:
        """Whether xconan must be told what is imported."""
        return self.module != self.name.replace("-", "_")

    @property
    def target(self) -> str:
        """A host by name, for an example."""
        return f"cp{self.python}-{_ELSEWHERE}"

    @property
    def next_commands(self) -> tuple[tuple[str, str], ...]:
        """What to type in its folder, and what each is for."""
        install = f"pip install --no-index --find-links dist --force-reinstall {self.name}"
        needs = " ".join(f"'{one}'" for one in (*self.kind.requires, "xconan[zig]"))
        return (
            (f"pip install {needs} pytest", "what it is built with"),
            ("xconan build", "a wheel for this machine"),
            (f"{install} && python -m pytest", "its tests"),
            (f"xconan build --target {self.target}", "a wheel for 64-bit ARM"),
        )


def choose(name: str, kind: str, library: str | None, *, matrix: bool = False) -> Starter:
    """The project that is asked for; `matrix` has it name the targets of a release.

    Raises:
        ConfigError: the name, or the library, can't be used.
    """
    chosen = kinds()[kind]
    taken = {"xconan", "pytest", "pybind11", "nanobind", "cython"}
    return Starter(
        name=name,
        module=import_name(name, taken),
        kind=chosen,
        library=choose_library(library) if library else None,
        python=f"{sys.version_info.major}{sys.version_info.minor}",
        matrix=matrix,
    )


def texts(starter: Starter) -> dict[str, str]:
    """The files' texts by their names in the project's folder."""
    files = {
        "pyproject.toml": "pyproject.toml",
        "CMakeLists.txt": "CMakeLists.txt",
        "README.md": "README.md",
        ".gitignore": "gitignore",
        f"src/{starter.kind.source}": starter.kind.name,
        f"src/{starter.module}/__init__.py": "package.py",
        f"tests/test_{starter.module}.py": "test.py",
    }
    environment = _environment()
    values = {**vars(starter), "target": starter.target, "named": starter.named}
    return {name: environment.get_template(f"{file}.j2").render(values) for name, file in files.items()}


def write_project(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files into a folder that is not there yet, or empty.

    They are put together in a folder inside, and then moved to their places; if that fails, nothing is left.

    Raises:
        ConfigError: something is there.
        OSError: it can't be written there.
    """
    _refuse_what_is_there(folder)
    above = _missing(folder)
    folder.mkdir(parents=True, exist_ok=True)
    stage = folder / _STAGE
    try:
        for name, text in files.items():
            write_text(stage / name, text)
        for path in sorted(stage.iterdir()):
            path.rename(folder / path.name)
        stage.rmdir()
    except BaseException:
        for top in {_STAGE, *(name.split("/")[0] for name in files)}:
            _remove(folder / top)
        for made in above:
            made.rmdir()
        raise


def _refuse_what_is_there(folder: Path) -> None:
    hint = "choose another name, or another folder with -o"
    if folder.is_dir():
        if any(folder.iterdir()):
            raise ConfigError("there are files in the project's folder already", where=str(folder), hint=hint)
    elif os.path.lexists(folder):
        raise ConfigError("where the project's folder would be is a file", where=str(folder), hint=hint)


def _missing(folder: Path) -> list[Path]:
    """The folders that will be made, the innermost first."""
    return [path for path in (folder, *folder.parents) if not path.exists()]


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _environment() -> Environment:
    """Of jinja2. What fills the templates needs no quoting: names, versions and our own tables' words."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - help needs no jinja2

    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - nothing here is HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
