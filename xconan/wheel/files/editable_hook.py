"""An editable install made by xconan: imports lead to the project's own files and to what CMake has made of them.

This file stands alone: what it has to know is written below, and nothing of xconan has to be installed. Python reads it
whenever it starts, so that everything that takes time is imported where it is needed.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from pathlib import Path
    from types import ModuleType
    from typing import Any

    Json = dict[str, Any]

SKIPPED = "XCONAN_EDITABLE_SKIP"  # trees that a build is at work on: its own steps must not import them
WANTED = "XCONAN_REBUILD"  # 0: import what the last good build has made
AGAIN = "run pip install -e"  # in a line of a build's that says what an import can't change
_YES = ("1", "true", "yes", "y", "on")
_PATIENCE = 1.0  # seconds of silence


class Finder:
    """Finds the modules of one project in its folders, and has them built anew before the first where asked to."""

    def __init__(self, facts: Json) -> None:
        """Of what xconan wrote down.

        Args:
            facts: `project`: its name. `root`: its folder. `mode`. `names`: dotted names of the packages and modules
                that are its own, without namespaces. `tree`: folder of what CMake has made, as in the wheel. `sources`:
                folders that hold the project's Python files, as in the wheel. `inputs`: file of what the last build has
                read. `build`: how a build is started, None where none is to be.
        """
        self.facts = facts
        self.names = frozenset(facts["names"])
        self.roots = [facts["tree"], *facts["sources"]]
        self.looked = False

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        """Where a module of the project is; None for all others."""
        del target
        if not self._owns(fullname) or self.facts["tree"] in os.environ.get(SKIPPED, "").split(os.pathsep):
            return None
        self.look()
        return self.located(fullname, path)

    def _owns(self, fullname: str) -> bool:
        if fullname in self.names:
            return True
        above = fullname.rpartition(".")[0]
        while above:
            if above in self.names:
                return True
            above = above.rpartition(".")[0]
        return False

    def located(self, fullname: str, path: Sequence[str] | None = None) -> ModuleSpec | None:
        """The module's own place, with each folder that a package has files in."""
        from importlib.machinery import PathFinder

        above, _, last = fullname.rpartition(".")
        if fullname in self.names:
            path = [os.path.join(root, *above.split(".")) if above else root for root in self.roots]
        spec = PathFinder.find_spec(fullname, path and [*path])
        if spec is None or spec.origin is None or spec.submodule_search_locations is None:
            return spec
        folders = [os.path.join(folder, last) for folder in path or ()]
        folders = [folder for folder in folders if os.path.isdir(folder)]
        spec.submodule_search_locations[:] = folders
        return _with_resources(spec, folders) if self.facts["mode"] != "symlink" else spec

    # --- building ----------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Once in a process: have everything built that has changed, if that is asked for.

        Raises:
            ImportError: what CMake has made is gone, or the build fails.
        """
        if self.looked:
            return
        build = self.facts["build"] if os.environ.get(WANTED) != "0" else None
        if build is None:
            self._refuse_gone()
        elif reason := next(self._changes(), ""):
            self._build(build, reason)
        self.looked = True

    def _refuse_gone(self) -> None:
        tree, root = self.facts["tree"], self.facts["root"]
        if not os.path.isdir(tree):
            raise self._error(f"{tree} is gone, which has what CMake made of {root}", self._again())

    def _changes(self) -> Iterator[str]:
        """What is another than the last build has read. It is compared as xconan does at the door of a build."""
        import json

        try:
            with open(self.facts["inputs"], "rb") as stream:
                record = json.load(stream)
            if not os.path.isdir(self.facts["tree"]):
                yield f"{self.facts['tree']} is gone"
            if record["doubt"]:
                yield record["doubt"]
            for path, known in record["files"].items():
                if state_of(path) != known:
                    yield f"{path} has changed" if known else f"{path} is there now"
            for path, known in record["kinds"].items():
                if kind_of(path) != known:
                    yield f"{path} is gone" if known else f"{path} is there now"
            for path, (known, names) in record["folders"].items():
                if state_of(path) != known and (known is None or not names or names_of(path) != names):
                    yield f"{path} has other files"
        except (OSError, ValueError, KeyError, TypeError):
            yield "no good build is written down"

    def _build(self, build: Json, reason: str) -> None:
        import subprocess

        root, python = self.facts["root"], build["argv"][0]
        if not os.path.isdir(root):
            raise self._error(f"its folder {root} is gone", f"pip uninstall {self.facts['project']}")
        if not os.path.exists(python):
            raise self._error(f"the environment that it is built in is gone: {python}", self._again())
        loud = os.environ.get("XCONAN_VERBOSE", "").lower() in _YES
        if loud:
            self._say(reason)
        process = subprocess.Popen(
            build["argv"], cwd=root, env=self._environment(build), stdin=subprocess.DEVNULL,
            stdout=sys.__stderr__ if loud else subprocess.PIPE, stderr=None if loud else subprocess.STDOUT,
        )  # fmt: skip
        try:
            output = process.communicate(timeout=None if loud else _PATIENCE)[0]
        except subprocess.TimeoutExpired:
            self._say(reason)
            output = process.communicate()[0]
        text = (output or b"").decode("utf-8", "replace").rstrip()
        if process.returncode:
            raise self._error(
                f"it was to be built anew, as {reason}, and that failed (exit code {process.returncode})",
                f"mend it and import it again, or set {WANTED}=0 to have what the last good build made",
                said=text or "its output stands above",
            )
        self._show(line for line in text.splitlines() if AGAIN in line)
        import importlib

        importlib.invalidate_caches()

    def _environment(self, build: Json) -> dict[str, str]:
        """Ours, with what matters to builds as it was when the project was installed."""
        import re

        matters = re.compile(build["matters"])
        env = {name: value for name, value in os.environ.items() if not matters.fullmatch(name)}
        skipped = [*filter(None, os.environ.get(SKIPPED, "").split(os.pathsep)), self.facts["tree"]]
        return {**env, **build["environ"], SKIPPED: os.pathsep.join(skipped)}

    def _say(self, reason: str) -> None:
        self._show([f"xconan: {self.facts['project']} is built anew: {reason}"])

    def _show(self, lines: Iterable[str]) -> None:
        if os.environ.get("XCONAN_QUIET", "").lower() not in _YES and sys.stderr is not None:
            sys.stderr.writelines(f"{line}\n" for line in lines)
            sys.stderr.flush()

    def _again(self) -> str:
        """What installs the project again, as a shell takes it."""
        import shlex

        return f"pip install -e {shlex.quote(self.facts['root'])}"

    def _error(self, problem: str, hint: str, *, said: str = "") -> ImportError:
        project = self.facts["project"]
        words = ["", said, ""] if said else []
        lines = [f"{project} is installed as editable, and {problem}", *words, f"hint: {hint}"]
        return ImportError("\n".join(lines), name=next(iter(self.facts["names"]), project))

    # --- without a hook ----------------------------------------------------------------------------------------------

    def stand_in(self, module: ModuleType) -> None:
        """Make the real package of one that stands in for it (mode wrapper).

        Args:
            module: the wrapper, which is being imported.
        """
        name = module.__name__
        if self.facts["tree"] not in os.environ.get(SKIPPED, "").split(os.pathsep):
            self.look()
        spec, old = self.located(name), module.__spec__
        if spec is None or spec.loader is None or spec.origin is None or old is None:
            raise self._error(f"{name} is not in {' or '.join(self.roots)}", self._again())
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)  # for the packages in it
        old.origin, old.loader, old.cached = spec.origin, spec.loader, spec.cached
        module.__file__, module.__loader__ = spec.origin, spec.loader
        if spec.submodule_search_locations is not None:
            old.submodule_search_locations = spec.submodule_search_locations
            module.__path__ = spec.submodule_search_locations
        spec.loader.exec_module(module)


def _with_resources(spec: ModuleSpec, folders: Sequence[str]) -> ModuleSpec:
    """The package with the data files of all its folders, for importlib.resources."""
    from importlib.machinery import SourceFileLoader

    if len(folders) < 2 or type(spec.loader) is not SourceFileLoader:  # noqa: PLR2004 - one has all of it
        return spec

    class Loader(SourceFileLoader):
        def get_resource_reader(self, name: str | None = None) -> Any:  # noqa: ANN401 - its base is slow to import
            del name
            return _Reader(folders)

    spec.loader = Loader(spec.loader.name, str(spec.loader.path))
    return spec


class _Reader:
    """importlib.resources.abc.TraversableResources over several folders."""

    def __init__(self, folders: Sequence[str]) -> None:
        from pathlib import Path

        self.places = [Path(folder) for folder in folders]

    def files(self) -> Any:  # noqa: ANN401 - a path, or folders as one
        return _Merged(self.places)

    def open_resource(self, resource: str) -> Any:  # noqa: ANN401
        return self.files().joinpath(resource).open("rb")

    def resource_path(self, resource: str) -> str:
        return str(self.files().joinpath(resource))

    def is_resource(self, name: str) -> bool:
        return bool(self.files().joinpath(name).is_file())

    def contents(self) -> Iterator[str]:
        return (item.name for item in self.files().iterdir())


class _Merged:
    """importlib.resources.abc.Traversable of folders as one: the first that has a file gives it."""

    def __init__(self, places: Sequence[Path]) -> None:
        self.places = places
        self.name = places[0].name

    def is_dir(self) -> bool:
        return True

    def is_file(self) -> bool:
        return False

    def iterdir(self) -> Iterator[Any]:
        names = dict.fromkeys(path.name for place in self.places for path in place.iterdir())
        return (self.joinpath(name) for name in names)

    def joinpath(self, *descendants: str | os.PathLike[str]) -> Any:  # noqa: ANN401
        inside = os.path.join(*descendants) if descendants else ""
        there = [place / inside for place in self.places if (place / inside).exists()]
        if len(there) > 1 and all(place.is_dir() for place in there):
            return _Merged(there)
        return there[0] if there else self.places[0] / inside

    __truediv__ = joinpath

    def open(self, *arguments: object, **options: object) -> Any:  # noqa: ANN401
        del arguments, options
        raise IsADirectoryError(str(self.places[0]))

    def read_bytes(self) -> bytes:
        raise IsADirectoryError(str(self.places[0]))

    def read_text(self, encoding: str | None = None) -> str:
        del encoding
        raise IsADirectoryError(str(self.places[0]))


# --- as xconan.ground.reads has it; a test compares them -------------------------------------------------------------


def state_of(path: str) -> list[int] | None:
    """Size, times, inode and mode; None where nothing is there."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_mode]


def kind_of(path: str) -> str:
    """Of what is at a path: "folder", "file", or "" for nothing."""
    return "folder" if os.path.isdir(path) else "file" if os.path.exists(path) else ""


def names_of(path: str) -> list[str]:
    """What lies in a folder and may matter."""
    try:
        return sorted(name for name in os.listdir(path) if is_told_of(name))
    except OSError:
        return []


def is_told_of(name: str) -> bool:
    """Whether a file that comes or goes in a folder may matter: what Python and tools leave behind does not."""
    return not (name.startswith(".") or name in ("__pycache__", "dist") or name.endswith(".egg-info"))


def install(facts: Mapping[str, Any]) -> Finder:
    """Have the project found; with a wrapper, which is found by itself, only from its import on."""
    finder = Finder(dict(facts))
    if finder.facts["mode"] != "wrapper":
        sys.meta_path.insert(0, finder)
    return finder
