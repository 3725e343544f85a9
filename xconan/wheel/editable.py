"""Editable installs (PEP 660): a tree of what CMake made, and a wheel by which Python finds it and the project's files.

https://peps.python.org/pep-0660/. The tree lies in the build folder and is laid out as the wheel would be. Its files
are put beside their places and renamed, so that a process which has loaded one keeps what it has loaded.
"""

from __future__ import annotations

import filecmp
import os
import pprint
import shutil
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from xconan.ground.errors import combined
from xconan.ground.files import Entry, remove_tree
from xconan.ground.record import Record
from xconan.ground.scratch import temporary_sibling
from xconan.project.module import find_module
from xconan.wheel import write as wheel_action
from xconan.wheel.dist_info import dist_info
from xconan.wheel.pack import build_check, bundled_content, check_untaken

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from xconan.model import BuildPlan
    from xconan.project.module import Module

_HOOK = Path(__file__).with_name("files") / "editable_hook.py"
_WRAPPER = '''\
"""{name} as it is in {place}: an editable install made by xconan."""

__import__("{hook}").FINDER.stand_in(__import__("sys").modules[__name__])
'''


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Tree(Record):
    """What imports lead to.

    Attributes:
        folder: of what CMake made, and in the mode symlink of links to the rest.
        sources: folders that hold the project's own Python files as the wheel would.
        names: of the project's own packages and modules, dotted; without namespaces, which others share.
        packages: those of them that are packages.
        namespaces: whether some of them are in namespaces.
        data: what belongs elsewhere than beside modules: scripts, headers.
    """

    folder: Path
    sources: tuple[Path, ...]
    names: tuple[str, ...]
    packages: frozenset[str]
    namespaces: bool
    data: tuple[Entry, ...]


def make_tree(plan: BuildPlan, module: Module, shared: frozenset[str], folder: Path) -> Tree:
    """Put into the tree what CMake installed, and the shared libraries of Conan's that it needs.

    Args:
        plan: whose staging is filled.
        module: the project's own files.
        shared: file names of Conan's shared libraries.
        folder: of the tree.

    Raises:
        CheckError: a module that CMake built would not be found, or nothing can be imported by the project's name.
    """
    module = find_module(plan.project, again=True) if plan.cmake else module
    unstubbed = replace(plan, project=replace(plan.project, stubgen=None))  # their sources are at hand
    content = wheel_action.collect(unstubbed, module.files)
    check_untaken(plan, module, content)
    if faults := build_check(plan, content).check():
        raise combined(faults)
    content = list(bundled_content(plan, content, shared).content)
    below_data = f"{plan.metadata.file_name}-{plan.metadata.version}.data/"
    files = {entry.name: entry.source for entry in content
             if isinstance(entry.source, Path) and not entry.name.startswith(below_data)}  # fmt: skip
    ours = [part.layout.root for part in (plan, *plan.more)]
    made = {name: path for name, path in files.items() if any(path.is_relative_to(folder) for folder in ours)}
    sources = {name: path for name, path in files.items() if name not in made}
    elsewhere = {name: path for name, path in sources.items() if _root(name, path) is None}
    links = _links(sources if plan.project.editable.mode == "symlink" else elsewhere, made)
    _update(folder, made, links)
    names = dict(_importable([*made, *sources]))
    return Tree(
        folder=folder,
        sources=tuple(dict.fromkeys(root for name, path in sources.items() if (root := _root(name, path)))),
        names=tuple(names),
        packages=frozenset(name for name, package in names.items() if package),
        namespaces=any("." in name for name in names),
        data=tuple(entry for entry in content if entry.name.startswith(below_data)),
    )


# --- the tree --------------------------------------------------------------------------------------------------------


def _importable(files: Sequence[str], above: str = "") -> Iterator[tuple[str, bool]]:
    """Names of packages and modules, and whether each is a package; of a namespace those in it.

    Args:
        files: names in the wheel, all below one folder, relative to it.
        above: the folder's dotted name with a dot.
    """
    tops: dict[str, list[str]] = {}
    for name in sorted(files):
        top, _, rest = name.partition("/")
        tops.setdefault(top, []).append(rest)
    for top, inside in tops.items():
        stem, _, kind = top.partition(".")
        if not stem.isidentifier() or stem == "__init__":
            continue
        if inside == [""]:
            if kind == "py" or kind.endswith(("so", "pyd")):
                yield above + stem, False
        elif not kind and any(rest.startswith("__init__.") and not rest.endswith(".pyi") for rest in inside):
            yield above + stem, True
        elif not kind:
            yield from _importable(inside, f"{above}{stem}.")


def _root(name: str, path: Path) -> Path | None:
    """The folder in which a file has the name that it has in the wheel; None for one that is named otherwise there."""
    return path.parents[name.count("/")] if path.as_posix().endswith(f"/{name}") else None


def _links(sources: Mapping[str, Path], made: Collection[str]) -> dict[str, Path]:
    """Places in the tree and what links there lead to: a whole folder where CMake, and others, put nothing into it."""
    mixed = {str(parent) for name in made for parent in PurePosixPath(name).parents}
    folders: dict[str, set[Path | None]] = {}
    for name, path in sources.items():
        for parent in _above(name):
            folders.setdefault(parent, set()).add(_root(name.removeprefix(f"{parent}/"), path))
    links = {}
    for name, path in sources.items():
        whole = [
            one for one in _above(name) if one not in mixed and len(folders[one]) == 1 and None not in folders[one]
        ]
        (target,) = folders[whole[0]] if whole else (path,)
        links[whole[0] if whole else name] = target or path
    return links


def _above(name: str) -> list[str]:
    """The folders that a file of the wheel is in, the outermost first."""
    return [str(parent) for parent in PurePosixPath(name).parents][-2::-1]  # without "."


def _update(folder: Path, made: Mapping[str, Path], links: Mapping[str, Path]) -> None:
    """Give the tree these files and links and no others; what is the same stays untouched."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {*made, *links}
    above = {str(parent) for name in wanted for parent in PurePosixPath(name).parents}
    _remove_others(folder, "", wanted, above)
    for name, source in made.items():
        place = folder / name
        if place.is_symlink() or not place.is_file() or not filecmp.cmp(source, place, shallow=False):
            _replace(place, partial(shutil.copyfile, source))
        if place.stat().st_mode & 0o111 != source.stat().st_mode & 0o111:
            shutil.copymode(source, place)
    for name, target in links.items():
        place = folder / name
        if not (place.is_symlink() and place.readlink() == target):
            _replace(place, partial(os.symlink, target))


def _remove_others(folder: Path, below: str, wanted: Collection[str], above: Collection[str]) -> None:
    for entry in list(os.scandir(folder)):
        name = f"{below}{entry.name}"
        folder_stays = name in above and entry.is_dir(follow_symlinks=False)
        if folder_stays:
            _remove_others(folder / entry.name, f"{name}/", wanted, above)
        elif entry.is_dir(follow_symlinks=False):
            remove_tree(folder / entry.name)
        elif name not in wanted:
            (folder / entry.name).unlink()


def _replace(place: Path, make: Callable[[Path], object]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    new = temporary_sibling(place)
    new.unlink(missing_ok=True)
    make(new)
    new.replace(place)


# --- the wheel -------------------------------------------------------------------------------------------------------


def write_editable(plan: BuildPlan, tree: Tree, out: Path, *, inputs: Path, build: Mapping[str, object] | None) -> str:
    """Write the wheel that has Python find the project where it is, and return its name.

    Args:
        plan: of the build.
        tree: as it is now.
        out: where the wheel goes.
        inputs: file of what the build has read.
        build: how one is started at an import, None where none is to be.
    """
    metadata, mode = plan.metadata, plan.project.editable.mode
    hook = f"_{metadata.file_name}_editable"
    facts = {
        "project": metadata.name,
        "root": str(plan.project.root),
        "mode": mode,
        "names": list(tree.names),
        "tree": str(tree.folder),
        "sources": [str(folder) for folder in tree.sources],
        "inputs": str(inputs),
        "build": build,
    }
    text = _HOOK.read_text("utf-8") + f"\n\nFINDER = install({pprint.pformat(facts, sort_dicts=False)})\n"
    texts = {f"{hook}.py": text}
    lines = [*_search_path(plan, tree), *([] if mode == "wrapper" else [f"import {hook}"])]
    if lines:
        texts[f"{hook}.pth"] = "".join(f"{line}\n" for line in lines)
    if mode == "wrapper":
        for name in tree.names:
            file = name.replace(".", "/") + ("/__init__.py" if name in tree.packages else ".py")
            texts[file] = _WRAPPER.format(name=name, place=plan.project.root, hook=hook)
    info = dist_info(metadata, plan.tags, plan.project.root, plan.project.wheel.build_tag)
    entries = [Entry(name=name, source=text.encode()) for name, text in sorted(texts.items())]
    folder = f"{metadata.file_name}-{metadata.version}.dist-info"
    wheel = wheel_action.seal([*entries, *tree.data, *info], folder)
    place = out / plan.wheel_name
    with wheel_action.written(wheel, place) as beside:
        beside.replace(place)
    return place.name


def _search_path(plan: BuildPlan, tree: Tree) -> list[str]:
    """Folders for Python's search path: those that programs which only read code find it by, and namespaces are in.

    Not the project's own folder, whose other files would be modules for everybody, unless a namespace is there.
    """
    if plan.project.editable.mode == "symlink":
        return [str(tree.folder)]
    sources = [folder for folder in tree.sources if tree.namespaces or folder != plan.project.root]
    return [str(folder) for folder in ((tree.folder, *sources) if tree.namespaces else sources)]
