"""Whether Conan has to be asked again: all that decides what it does, and what it made and used."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.build_machine.pyodide import without_wrappers
from xconan.conan.process import COMPILER_VARIABLES, conan_init
from xconan.ground import reads
from xconan.ground.database import rows
from xconan.ground.files import conan_home, digest, file_digest, relative_names
from xconan.project.workspace import lockfile_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xconan.model import BuildPlan, ConanPlan

_DECIDES = re.compile(r"CONAN_(?!LOGIN_USERNAME|PASSWORD)")  # credentials open a remote, and change nothing


_LONGEST_PROFILE = 1 << 16  # bytes; what is longer is no profile


_RECIPES = "SELECT reference, rrev, timestamp FROM recipes WHERE reference LIKE ? ORDER BY 1, 2"
# files and variables, in a profile; and files of flags
_WORDS = re.compile(
    r"""include\(([^)\n\0]{1,250})\)|["'](?:@|--config=)?([^"'\n\0]{1,250})["']|(?:@|--config[= ])([^\s"'\0]{1,250})"""
)


def inputs_digest(plan: BuildPlan, conan_plan: ConanPlan) -> str:
    """A digest of everything that decides what Conan does, as far as it can be seen from here."""
    folder, root = conan_plan.conanfile.parent, plan.project.root.resolve()
    home = conan_home(root)
    names = [conan_plan.conanfile, folder / "conandata.yml", lockfile_of(plan.project)]
    names += sorted(folder.glob("*.py")) if conan_plan.conanfile.suffix == ".py" else []
    names += [home / name for name in ("settings.yml", "settings_user.yml", "remotes.json", "editable_packages.json")]
    names += [above / name for above in (root, *root.parents) for name in ("conanws.yml", "conanws.py")]
    folders = [home / "extensions" / kind for kind in ("plugins", "hooks", "generators")]
    names += [one / name for one in folders if reads.seen(one).is_dir() for name in relative_names(one)]
    texts = [conan_plan.host_profile, conan_plan.build_profile, conan_plan.conanfile_text, conan_plan.build]
    named = [file for text in conan_plan.conf for file in _words(text) if file.startswith("/")]
    profiles = profile_digests([*conan_plan.host_profiles, *conan_plan.build_profiles, *named], home)
    tools = [str(plan.machine.cmake.version)] if plan.machine else []
    asked = _quoted(conan_plan.conanfile) if conan_plan.conanfile_text is None else set()
    let_through = plan.project.cmake.env_passthrough if plan.project.cmake else ()
    env = {
        name: value for name, value in without_wrappers().items()
        if _DECIDES.match(name) or name in (*COMPILER_VARIABLES, *let_through) or name in asked
    }  # fmt: skip
    files = [name for name in names if conan_plan.conanfile_text is None or name != conan_plan.conanfile]
    return digest(
        [(str(name), file_digest(name)) for name in files],
        texts, profiles, conan_plan.options, conan_plan.settings, conan_plan.conf, tools, env, str(home),
        file_digest(conan_init()),
        [file_digest(Path(__file__).with_name(f"{name}.py")) for name in ("driver", "nodes", "surroundings")],
    )  # fmt: skip


def profile_digests(own: Sequence[Path | str], home: Path) -> list[tuple[str, str]]:
    """What global.conf and the user's own profiles say and include; still_there() looks at the default ones.

    Args:
        own: their files.
        home: Conan's.
    """
    first = [home / "global.conf", home / "global_user.conf"]
    return _included([*first, *map(Path, own)], home / "profiles")


def _quoted(recipe: Path) -> set[str]:
    """The words of a recipe that may be names of variables of the environment."""
    try:
        return set(re.findall(r"""["'](\w+)["']""", recipe.read_text("utf-8")))
    except (OSError, ValueError):  # Conan says what is wrong with it
        return set()


def _included(profiles: Sequence[Path], home: Path) -> list[tuple[str, str]]:
    """The profiles and what they may read: included files, and the environment, by their names alone."""
    seen: dict[str, str] = {}
    waiting = list(profiles)
    while waiting:
        path = waiting.pop()
        if str(path) in seen:
            continue
        seen[str(path)] = file_digest(path)
        try:
            text = path.read_text("utf-8") if path.stat().st_size < _LONGEST_PROFILE else ""
        except (OSError, ValueError):  # no file, or a program that a profile names
            continue
        words = _words(text)
        seen |= {f"${word}": os.environ[word] for word in words if word in os.environ}
        waiting += [folder / word for word in words for folder in (path.parent, home)]
    return sorted(seen.items())


def _words(text: str) -> set[str]:
    """What may name files or variables in a profile's text."""
    return {"".join(found).strip() for found in _WORDS.findall(text)}


def still_there(done: Mapping[str, object]) -> bool:
    """Whether what an earlier run made and used is still as it was."""
    result = cast("dict[str, object]", done.get("result", {}))
    packages = cast("list[dict[str, str]]", result.get("packages", []))
    folders = [package["folder"] for package in packages if package["folder"]]
    return (
        not result.get("doubts")
        and Path(str(result.get("toolchain_file", ""))).is_file()
        and all(reads.seen(Path(folder)).is_dir() for folder in folders)
        and done.get("read") == read_files(done)
        and _same_recipes(done)
    )


def read_files(done: Mapping[str, object]) -> dict[str, str]:
    """The files that the recipe read, and the default profiles with what they include, with their digests."""
    result = cast("dict[str, object]", done["result"])
    defaults = [Path(file) for file in cast("list[str]", result["profiles"])]
    profiles = _included(defaults, Path(str(result["home"]), "profiles"))
    return {name: digest(state) for name, state in profiles} | {
        name: file_digest(name) for name in cast("list[str]", result["read"])
    }


def note_doubts(done: Mapping[str, object]) -> None:
    """Have builds look at everything again where Conan's answer hangs on what nobody can note."""
    for reason in cast("list[str]", cast("dict[str, object]", done["result"])["doubts"]):
        reads.doubt(reason)


def _same_recipes(done: Mapping[str, object]) -> bool:
    before, now = cast("list[object]", done.get("cache", [])), cache_state(done)
    return len(before) == len(now) == 2 and before[1] == now[1]  # noqa: PLR2004 - (file's state, recipes)


def cache_state(done: Mapping[str, object]) -> list[object]:
    """The recipes in Conan's cache by the dependencies' names: a new one may be what a range resolves to.

    Read from the cache's own database, unless its file is as it was; where that fails, the answer never equals
    an earlier one.
    """
    result = cast("dict[str, object]", done["result"])
    names = sorted({package["name"] for package in cast("list[dict[str, str]]", result["packages"])})
    patterns = [f"{name}/%" for name in (*names, *cast("list[str]", result["python_requires"]))]
    database = Path(str(result["storage"])) / "cache.sqlite3"
    try:
        status = database.stat()
        reads.file(database, status)
        seen: list[object] = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
        before = cast("list[object]", done.get("cache", [[]]))
        state = before if before[0] == seen else [seen, rows(str(database), _RECIPES, patterns)]
        reads.answered(database, _RECIPES, patterns, cast("list[list[object]]", state[1]))
    except (OSError, ValueError):
        return [["unknown", os.getpid(), os.times().elapsed]]
    return state
