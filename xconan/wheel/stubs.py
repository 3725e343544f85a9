"""The action: mypy's stubgen writes .pyi files of the wheel's Python files.

It parses them and imports nothing, so a wheel for another machine has the same stubs as one for this.
"""

from __future__ import annotations

import os
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from xconan.ground.errors import ConfigError
from xconan.ground.files import digest, file_digest, read_json, relative_names, remove_tree, write_json
from xconan.ground.report import step, warn
from xconan.ground.run import stream

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from xconan.model import BuildPlan
    from xconan.project.config.records import Project, StubgenConfig

# mypy is compiled, so -m can't run it
_OUTPUT = {"-o", "--output"}
_STUBGEN = "import sys; sys.path[:] = filter(None, sys.path); from mypy.stubgen import main; main()"


def refuse_without_mypy(project: Project) -> None:
    """Say that the program which writes stubs is missing, before anything is compiled.

    Raises:
        ConfigError: stubs are asked for, and there is no mypy.
    """
    if project.stubgen is not None:
        _mypy(project)


def make_stubs(plan: BuildPlan, files: Mapping[str, Path]) -> dict[str, Path]:
    """Stubs of a wheel's Python files, of those that have none: (place in the wheel, file).

    Args:
        plan: whose project has a stubgen table; without one there are none.
        files: of the wheel, by place.

    Raises:
        ConfigError: there is no mypy, or stubgen failed; its own words stand above.
    """
    config = plan.project.stubgen
    if config is None:
        return {}
    sources = {name: path for name, path in files.items() if name.endswith((".py", ".pyi"))}
    out, stamp = plan.layout.root / "stubs", plan.layout.root / "stubs.json"
    argv = _arguments(config, _own_names(plan), sources)
    state = digest(_mypy(plan.project), argv, [(name, file_digest(path)) for name, path in sorted(sources.items())])
    if read_json(stamp).get("state") != state:
        stamp.unlink(missing_ok=True)
        with step("stubs"):
            _run(plan, sources, argv, out)
        write_json(stamp, {"state": state})
    found = [name for name in relative_names(out) if name.endswith(".pyi")]
    if argv and not found and _OUTPUT & {*argv}:
        warn(f"{plan.project.place('stubgen.args')}: stubs go where {' or '.join(sorted(_OUTPUT & {*argv}))} says, and "
             "none into the wheel; leave it out to have them there")  # fmt: skip
    return {name: out / name for name in found if not _has_stub(name, files)}


def _mypy(project: Project) -> str:
    try:
        return version("mypy")
    except PackageNotFoundError:
        raise ConfigError(
            "stubs are asked for, and there is no mypy to write them", where=project.place("stubgen"),
            hint="pip install mypy, or use `python -m build -w`, which does; or leave the table out",
        ) from None  # fmt: skip


def _own_names(plan: BuildPlan) -> list[str]:
    """The import names of the project's packages and modules."""
    config = plan.project.module
    return [config.name] if config.packages is None else [PurePosixPath(one).stem for one in config.packages]


def _arguments(config: StubgenConfig, names: Sequence[str], sources: Collection[str]) -> list[str]:
    """What stubgen is asked; a package module by module, as it finds those of one by importing it."""
    own = [name for name in names if any(one.startswith(f"{name.replace('.', '/')}/") for one in sources)]
    packages = config.packages if config.packages is not None else own
    modules = config.modules if config.modules is not None else [name for name in names if name not in own]
    named = [*dict.fromkeys([one for each in packages for one in _modules_in(each, sources)] + [*modules])]
    words = [*(word for one in named for word in ("-m", one)), *config.files]
    return ["--no-import", *config.args, *words] if words else []


def _modules_in(package: str, sources: Collection[str]) -> list[str]:
    folder = f"{package.replace('.', '/')}/"
    files = [one.removesuffix(".py") for one in sources if one.startswith(folder) and one.endswith(".py")]
    dotted = [one.removesuffix("/__init__").replace("/", ".") for one in files if f"{one}.pyi" not in sources]
    return sorted(one for one in dotted if all(part.isidentifier() for part in one.split(".")))


def _run(plan: BuildPlan, sources: Mapping[str, Path], argv: list[str], out: Path) -> None:
    tree = plan.layout.root / "stubs-sources"
    for folder in (tree, out):
        remove_tree(folder)
        folder.mkdir(parents=True)
    for name, path in sources.items():
        place = tree / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
        for folder in place.relative_to(tree).parents[:-1]:
            (tree / folder / "__init__.py").touch()  # stubgen finds no namespace packages without importing them
    if not argv:
        return
    given = [] if _OUTPUT & {*argv} else ["-o", str(out)]
    given += [] if "--search-path" in argv else ["--search-path", str(tree)]
    env = {**os.environ, "MYPYPATH": str(tree), "MYPY_CACHE_DIR": str(plan.layout.root / "mypy")}
    code = stream([sys.executable, "-c", _STUBGEN, *argv, *given], cwd=tree, env=env)
    if code:
        raise ConfigError(f"stubgen failed with exit code {code}", where=plan.project.place("stubgen"),
                          hint="the reason stands above")  # fmt: skip


def _has_stub(name: str, files: Mapping[str, Path]) -> bool:
    """Whether a module has a stub already, its own or one of a package that it would be in."""
    stem = name.removesuffix(".pyi")
    above = stem.split("/")[:-1]
    packages = {f"{'/'.join(above[:end])}.pyi" for end in range(1, len(above) + 1)}
    return bool({name, f"{stem}/__init__.pyi"} & {*files}) or bool(packages & {*files})
