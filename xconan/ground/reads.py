"""What a build has read: noted as it is read, so that the next one can tell at once whether anything is another.

Python tells of every file that it opens and of every folder that it lists (audit events, PEP 578), whoever asks for
it. What it does not tell of is noted by the reader: that a path is there or is not (`seen`), the folders of PATH that
a name is looked for in (`folder`), and what other programs have read (`by_others`). What can't be known of ends the
hope of knowing (`doubt`).

Nothing is noted until watch() is called. Imported at the door, so it imports next to nothing.
"""

from __future__ import annotations

import os
import sys
import time

from xconan.ground.places import lies_in

TYPE_CHECKING = False  # typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    State = list[int] | None

_SETTLED = 20_000_000  # ns; what is read sooner after it was written may change again within one tick of its clock
_BYTECODE = "__pycache__"  # whoever imports first writes it
_NO_FILES = ("/dev/", "/proc/", "/sys/")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def state(path: str) -> State:
    """Size, mtime, ctime (ns), inode and mode: if they are the same, so is the content, as nobody sets a ctime.

    None where nothing is there; of a folder the names in it are the same.
    """
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return _numbers(status)


def _numbers(status: os.stat_result) -> list[int]:
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_mode]


def names(path: str) -> list[str]:
    """What lies in a folder, but for what Python keeps of its modules; nothing in one that can't be read."""
    try:
        return sorted(name for name in os.listdir(path) if name != _BYTECODE)
    except OSError:
        return []


def unnoted_names(path: str) -> list[str]:
    """The same for who only looks for leftovers of ours there: no listing of it is noted."""
    global _watching  # noqa: PLW0603
    before, _watching = _watching, None
    try:
        return names(path)
    finally:
        _watching = before


class Reads:
    """What was noted since watch().

    Attributes:
        files: the state of each file when it was first read; None: it was not there.
        folders: the state of each folder when it was first listed, and its names.
        kinds: whether "file", "folder" or "" (nothing) was seen at a path.
        answers: what databases among the files were asked: of each the queries, with arguments and rows.
        written: files that this process has opened to write.
        own: folders of xconan's own, in which it alone writes.
        variables: names of variables of the environment that somebody asks for by name.
        wheels: what was made, with the folder where a copy is to be kept.
        doubts: why not everything is known.
        text: what was printed on standard output.
        reminders: lines for people that every build says.
    """

    def __init__(self) -> None:
        """Of nothing yet."""
        self.files: dict[str, State] = {}
        self.folders: dict[str, tuple[State, list[str]]] = {}
        self.kinds: dict[str, str] = {}
        self.answers: dict[str, list[tuple[str, list[str], list[list[object]]]]] = {}
        self.written: set[str] = set()
        self.own: set[str] = set()
        self.variables: set[str] = set()
        self.wheels: dict[str, str] = {}
        self.doubts: list[str] = []
        self.text = ""
        self.reminders: list[str] = []

    def opened(self, path: str, *, writing: bool) -> None:
        """A file was opened."""
        if writing:
            self.written.add(path)
        elif path not in self.files:
            self.files[path] = self._settled(path)

    def listed(self, path: str) -> None:
        """A folder was listed."""
        if path not in self.folders:
            self.folders[path] = (None, [])  # listing it is told of, too
            self.folders[path] = (state(path), names(path))

    def is_own(self, path: str) -> bool:
        """Whether this lies in a folder of xconan's own."""
        return any(lies_in(path, folder) for folder in self.own)

    def is_on_the_way(self, path: str) -> bool:
        """Whether this is a folder of our own, the wheel's, or one that holds such a folder."""
        ours = [*self.own, *map(os.path.dirname, self.wheels)]
        return any(lies_in(folder, path) for folder in ours) or path in self.wheels

    def _settled(self, path: str) -> State:
        known = state(path)
        if known and known[2] > time.time_ns() - _SETTLED:
            known[2] = 0  # read too soon after it was written: it never is the same again
        return known


_watching: Reads | None = None
_hooked = False


def watch() -> Reads:
    """Note from now on, in place of whoever noted before."""
    global _watching, _hooked  # noqa: PLW0603 - an audit hook is for ever, and for the whole process
    _watching = Reads()
    if not _hooked:
        sys.addaudithook(_audited)
        _hooked = True
    return _watching


def unwatch() -> None:
    """Note no longer."""
    global _watching  # noqa: PLW0603
    _watching = None


def _audited(event: str, arguments: tuple[object, ...]) -> None:
    if _watching is None or event not in ("open", "os.listdir", "os.rename", "os.scandir"):
        return
    if event == "os.rename":
        if isinstance(arguments[1], (str, os.PathLike)):
            _watching.written.add(os.path.abspath(arguments[1]))
        return
    path = "." if arguments[0] is None else arguments[0]
    if not isinstance(path, (str, bytes, os.PathLike)):  # a descriptor: whoever opened it was noted
        return
    name = os.path.abspath(os.fsdecode(path))
    if name.startswith(_NO_FILES):
        return
    if event != "open":
        if os.path.basename(name) != _BYTECODE:
            _watching.listed(name)
    elif not name.endswith(".pyc"):
        mode, flags = arguments[1], arguments[2]
        writing = isinstance(flags, int) and bool(flags & _WRITING)
        _watching.opened(name, writing=writing or (isinstance(mode, str) and not mode.startswith("r")))


def seen(path: Path) -> Path:
    """The path itself, whose being there, or not, decides something; what it holds is noted by who opens it."""
    if _watching is not None:
        _watching.kinds.setdefault(os.path.abspath(path), kind(str(path)))
    return path


def kind(path: str) -> str:
    """Of what is at a path: "folder", "file", or "" for nothing."""
    return "folder" if os.path.isdir(path) else "file" if os.path.exists(path) else ""


def folder(path: str) -> None:
    """A folder that a name was looked for in, by somebody who lists it not: another name there decides otherwise."""
    if _watching is not None:
        _watching.folders.setdefault(os.path.abspath(path), (state(path), []))


def file(path: Path, status: os.stat_result | None = None) -> None:
    """A file whose content is known from earlier, as it has this status still."""
    if _watching is not None:
        _watching.files.setdefault(os.path.abspath(path), _numbers(status) if status else state(str(path)))


def answered(database: Path, query: str, arguments: list[str], rows: list[list[object]]) -> None:
    """What a database answered, whose file changes although its answer stays (database.py); the file is noted, too."""
    if _watching is not None:
        known = _watching.answers.setdefault(os.path.abspath(database), [])
        known[:] = [*(one for one in known if one[:2] != (query, arguments)), (query, arguments, rows)]


def by_others(paths: Iterable[str], *, since: int) -> None:
    """Files that other programs have read.

    Args:
        paths: absolute.
        since: when the first of them began, as time.time_ns(): a file that changed later may not be what they read.
    """
    if _watching is None:
        return
    for path in paths:
        if path in _watching.files:
            continue
        known = state(path)
        if known and known[2] > since - _SETTLED:
            doubt(f"{path} changed while the build ran")
        _watching.files[path] = known


def made(wheel: Path, *, keep_in: Path) -> None:
    """A wheel was made, or found to be what would be made; a copy is to be kept in that folder."""
    if _watching is not None:
        _watching.wheels[os.path.abspath(wheel)] = str(keep_in)


def watching() -> Reads | None:
    """What was noted so far, None where nobody notes."""
    return _watching


def own(folder: Path) -> None:
    """A folder in which xconan alone writes: what it reads there is as it leaves it."""
    if _watching is not None:
        _watching.own.add(os.path.abspath(folder))


def decides_nothing(path: Path) -> None:
    """What is read here is compared with what it was made from, or only looked through for leftovers."""
    if _watching is not None:
        _watching.files.pop(os.path.abspath(path), None)
        _watching.folders.pop(os.path.abspath(path), None)


def removed(folder: Path) -> None:
    """A temporary folder of our own is gone, with what was read in it."""
    if _watching is not None:
        gone = os.path.abspath(folder)
        for noted in (_watching.files, _watching.folders, _watching.kinds):
            for path in [name for name in noted if lies_in(name, gone)]:
                del noted[path]


def variables(names_: Iterable[str]) -> None:
    """Variables of the environment that a project or a toolchain file asks for by name."""
    if _watching is not None:
        _watching.variables.update(names_)


def doubt(reason: str) -> None:
    """Something decides that can't be noted."""
    if _watching is not None:
        _watching.doubts.append(reason)


def in_doubt() -> bool:
    """Whether something decides that can't be noted."""
    return _watching is not None and bool(_watching.doubts)


def printed(text: str) -> None:
    """What was printed on standard output as the answer."""
    if _watching is not None:
        _watching.text += text


def reminder(text: str) -> None:
    """What every build of this says, one in which nothing has changed too."""
    if _watching is not None:
        _watching.reminders.append(text)
