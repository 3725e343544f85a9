"""What xconan keeps: its cache, and the build folders of a project; how large, how old, and taken away."""

from __future__ import annotations

import os
import re
import time
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.ground.errors import ConfigError, listed
from xconan.ground.files import BUILD_FOLDERS, cache_folder, is_ours, load_toml, remove_tree
from xconan.ground.lock import cache_to_trim, when_free
from xconan.ground.scratch import remove_half_made, temporary_sibling
from xconan.host.patterns import matches

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_DAY = 86_400.0  # seconds
_CONFIGURATION = re.compile(r"(?P<python>\w+)-(?P<abi>\w+)-(?P<platform>\w+)(-\d+)?")
_KINDS = Path(__file__).with_name("kept.toml")


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A file or folder that is kept.

    Attributes:
        path: of it.
        kind: the name in the cache that it belongs to; the target for a build folder.
        about: what that is.
        again: what makes it anew; "" for what is the user's own.
        size: in bytes on the disk; what has several names counts once.
        age: seconds since any of it was last used, as far as the file system notes reading.
    """

    path: Path
    kind: str
    about: str
    again: str
    size: int
    age: float

    def facts(self) -> dict[str, object]:
        """The same for programs."""
        return {**vars(self), "path": str(self.path), "age": round(self.age)}


def kept_in_cache() -> list[Kept]:
    """Everything in xconan's cache, each part by itself; what others have put there is left out."""
    cache, found = cache_folder(), []
    for kind, about in _table().items():
        place = cache / kind
        if place.is_dir() and not about.get("whole"):
            parts = sorted(path for path in place.iterdir() if not path.name.startswith("."))
        else:
            parts = [place] if place.exists() else []
        found += [_kept(path, kind, str(about["about"]), str(about.get("again", ""))) for path in parts]
    return found


def trim(*, older: float, below: int | None = None, dry: bool = False) -> list[Kept]:
    """Remove from the cache what makes itself anew: the oldest first, once nobody uses any of it.

    Args:
        older: remove what was not used for so many days.
        below: and then the oldest, until all together are not larger than so many bytes; None for no bound.
        dry: remove nothing.

    Returns:
        what was removed, or would be.
    """
    with nullcontext() if dry or not cache_folder().is_dir() else cache_to_trim():
        for place in () if dry else _places_of_parts():
            remove_half_made(place)  # what trims that were ended have put aside
        return _trimmed(older=older, below=below, dry=dry)


def _places_of_parts() -> Iterator[Path]:
    """The folders in whose parts xconan's cache is trimmed: its own, and those of the kinds that are not whole."""
    yield cache_folder()
    yield from (cache_folder() / kind for kind, about in _table().items() if about.get("again"))


def _trimmed(*, older: float, below: int | None, dry: bool) -> list[Kept]:
    kept = kept_in_cache()
    total = sum(one.size for one in kept)
    removed = []
    for one in sorted((one for one in kept if one.again), key=lambda one: -one.age):
        due = one.age >= older * _DAY or (below is not None and total > below)
        if due and (dry or _remove(one.path)):
            removed.append(one)
            total -= one.size
    return removed


def kept_in_project(root: Path, build_path: str, patterns: Sequence[str] = ()) -> list[Kept]:
    """The build folders of a project, and what its releases have left.

    Args:
        root: the project's folder.
        build_path: `cmake.build_path`, with {build_config} for the target.
        patterns: of targets, as `--target` has them, "cp311-linux_aarch64"; () for everything.

    Raises:
        ConfigError: a pattern means none of them.
    """
    found = dict(_build_folders(root, build_path))
    for pattern in patterns:
        if not any(matches(name, pattern) for name in found.values()):
            known = f"there are {listed(sorted(found.values()), 6)}" if found else "nothing was built"
            raise ConfigError(f"there is no build folder of '{pattern}'", where=str(root), hint=known)
    return [
        _kept(path, name, "the build folder", "the next build")
        for path, name in found.items()
        if not patterns or any(matches(name, pattern) for pattern in patterns)
    ]


def remove_builds(folders: Sequence[Kept]) -> tuple[list[Kept], list[Kept]]:
    """Remove build folders; those in which a build is at work stay.

    Returns:
        what was removed, and what stays.
    """
    removed = [one for one in folders if _remove(one.path)]
    return removed, [one for one in folders if one not in removed]


def _build_folders(root: Path, build_path: str) -> Iterator[tuple[Path, str]]:
    """The build folders of a project with their targets, and what its releases have left.

    Outside of our own folder in the project other things of ours, such as the cache, may lie beside them: there a
    build folder is marked as ours and has a configuration's name.
    """
    own, whole, place = root / BUILD_FOLDERS, root / build_path, "{build_config}"
    folders = [whole]
    if place in build_path:
        above = next(folder for folder in whole.parents if place not in str(folder))
        folders = sorted(above.glob(escape(str(whole.relative_to(above))).replace(place, "*")))
    shape = re.escape(str(whole)).replace(re.escape(place), f"({_CONFIGURATION.pattern})", 1)
    shape = shape.replace(re.escape(place), r"\1")
    for path in filter(Path.is_dir, folders):
        named = re.fullmatch(shape, str(path))
        if (named and is_ours(path)) or own in path.parents:
            name = named[1] if named and place in build_path else path.name
            yield path, _target_of(name)
    if (own / "release").is_dir():
        yield own / "release", "release"


def _target_of(name: str) -> str:
    """The target of a build folder: "cp311-cp311-linux_aarch64" is that of cp311-linux_aarch64, as is its second."""
    match = _CONFIGURATION.fullmatch(name)
    return f"{match['python']}-{match['platform']}" if match and match["python"] == match["abi"] else name


def _remove(path: Path) -> bool:
    """Remove something whole or not at all, unless somebody is at work in it: whether it is gone."""
    lock = path / "lock"
    if not lock.is_file():
        _take_away(path)
        return True
    with when_free(lock) as free:
        if free:
            _take_away(path)
        return free


def _take_away(path: Path) -> None:
    aside = temporary_sibling(path)
    path.rename(aside)
    remove_tree(aside)


def _kept(path: Path, kind: str, about: str, again: str) -> Kept:
    size, used = 0, 0.0
    seen: set[tuple[int, int]] = set()
    for status in _statuses(path):
        if (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        # Windows has no blocks
        size += getattr(status, "st_blocks", 0) * 512 or status.st_size
        used = max(used, status.st_mtime, status.st_atime)
    return Kept(path=path, kind=kind, about=about, again=again, size=size, age=max(time.time() - used, 0.0))


def _statuses(path: Path) -> Iterator[os.stat_result]:
    """Of a file itself, or of all files in a folder; one that is gone meanwhile is left out."""
    if not path.is_dir() or path.is_symlink():
        with suppress(OSError):
            yield path.lstat()
        return
    for folder, _folders, names in os.walk(path):
        for name in names:
            with suppress(OSError):
                yield Path(folder, name).lstat()


def _table() -> Mapping[str, dict[str, object]]:
    return cast("dict[str, dict[str, object]]", load_toml(_KINDS))
