"""The door: an unchanged build is answered here, before anything that takes time is imported.

    visit = knock("build_wheel", settings)   # what the last build has read is compared with what is there
    if visit.wheels: ...                     # all the same: here they are
    ...                                      # else the whole line; meanwhile reads.py notes what it reads
    visit.remember()

A record holds each file by size, mtime, ctime and inode (Conan's database, which each command of Conan's writes to, by
what it answers), each listed folder by its names, the environment by value, the packages of a build environment by what
their RECORDs say (frontends make such an environment anew for each build, at another path), and the wheels by their
content. Any doubt sends the build the whole line; it never is an error.
Records lie in xconan's cache, one for each folder and question.
"""

from __future__ import annotations

import os
import sys

from xconan.ground import reads
from xconan.ground.database import still_answers
from xconan.ground.installed import by_number, environment_roots, installed_packages
from xconan.ground.places import cache_place
from xconan.ground.switches import means_yes

TYPE_CHECKING = False  # typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from xconan.ground.reads import Reads

    Json = dict[str, Any]
    Texts = Mapping[str, str]

# of a terminal, a session, or a build frontend (tox has another PYTHONHASHSEED each time); nothing that a build reads,
# unless CMakeLists.txt names it
_PASSING = frozenset({
    "_", "COLUMNS", "DISPLAY", "FORCE_COLOR", "INVOCATION_ID", "JOURNAL_STREAM", "LINES", "LS_COLORS", "NO_COLOR",
    "OLDPWD", "PIP_BUILD_TRACKER", "PROMPT", "PS1", "PWD", "PYTEST_CURRENT_TEST", "PYTHONHASHSEED", "SHLVL", "TERM",
    "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "TERM_SESSION_ID", "TMUX", "TMUX_PANE", "VIRTUAL_ENV", "VIRTUAL_ENV_PROMPT",
    "WAYLAND_DISPLAY", "WINDOWID", "XCONAN_QUIET", "XCONAN_VERBOSE",
})  # fmt: skip
_PASSING_PREFIXES = ("DBUS_", "GPG_", "PEP517_", "SSH_", "XDG_SESSION_", "_PYPROJECT_HOOKS_")
_FIRST = "no build is written down"
_DAMAGED = (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError)


class Visit:
    """One question, and what is known of it from the last time.

    Attributes:
        wheels: the wheels' paths, where nothing has changed.
        text: what was printed for them on standard output.
        reminders: lines for people that every build says.
        reason: why the whole line has to be gone, "" where it has not.
        asked, root: XCONAN_VERBOSE and XCONAN_QUIET, where options say so; the project's folder.
        doubt: why the next one can't be answered from what is written down, "" where it can.
    """

    def __init__(self, question: Sequence[object], asked: Texts, environ: Texts, root: str) -> None:
        """Of a question about a project's folder, in an environment."""
        import json

        self.question = json.dumps([*question, os.getcwd(), sys.version, sys.base_prefix], sort_keys=True)
        self.entry = os.path.join(_records(), f"{_checksum(self.question)}.json")
        self.environ = environ
        self.asked = asked
        self.root = root
        self.roots = environment_roots()
        self.wheels: list[str] = []
        self.text = ""
        self.reminders: list[str] = []
        self.reason = self.doubt = ""

    def read(self, out: str) -> None:
        """Compare what was written down with what is there."""
        import json

        with open(self.entry, "rb") as stream:
            record: Json = json.load(stream)
        self.reason = next(self._differences(record), "")
        if not self.reason:
            self.wheels = [_in_place(wheel, out) for wheel in record["wheels"]]
            self.text, self.reminders = record["text"], record["reminders"]

    def _differences(self, record: Json) -> Iterator[str]:
        if record["question"] != self.question:
            yield "another question has the same record"
        before = record["environ"]
        now = _environ(self.environ, self.roots, record["named"], salt=record["salt"])
        for name in sorted(before.keys() | now.keys()):
            if before.get(name) != now.get(name):
                yield f"the variable {name} has another value"
        if len(record["roots"]) != len(self.roots):
            yield "Python searches other folders"
        elsewhere = tuple(
            f"{old}{os.sep}"
            for old, new, made in zip(record["roots"], self.roots, record["made"], strict=False)
            if old != new or reads.state(os.path.join(new, "pyvenv.cfg")) != made
        )
        if elsewhere and not any(
            record[way] == installed_packages(self.roots, as_they_are=way == "installed")
            for way in ("installed", "packages")
        ):
            yield "the build environment has other packages"
        yield from _compared(record, elsewhere, self.root)

    def remember(self) -> None:
        """Write down what the build has read since the knock, and what it printed; where it can't be, it isn't."""
        noted = reads.watching()
        reads.unwatch()
        if noted is None:
            return
        import json
        from pathlib import Path

        from xconan.ground.files import cache_folder, mark_as_ours, write_text

        noted.own.add(str(cache_folder()))
        self.doubt = next(doubts(noted), "")
        if self.doubt:
            self.say_verbosely(f"the next build looks at everything again: {self.doubt}")
        try:
            if self.doubt or not noted.wheels:
                os.unlink(self.entry)
                return
            mark_as_ours(cache_folder() / "door")
            write_text(Path(self.entry), json.dumps(self._record(noted), separators=(",", ":")))
        except OSError:  # a cache that can't be written costs time, nothing else
            return

    def _record(self, noted: Reads) -> Json:
        salt = os.urandom(16).hex()
        return {
            "question": self.question,
            "salt": salt,
            "environ": _environ(self.environ, self.roots, noted.variables, salt=salt),
            "named": sorted(noted.variables),
            "roots": self.roots,
            "made": [
                reads.state(os.path.join(root, "pyvenv.cfg")) for root in self.roots
            ],  # tox makes one anew in place
            "installed": installed_packages(self.roots, as_they_are=True),
            "packages": installed_packages(self.roots),
            "kinds": noted.kinds,
            "answers": noted.answers,
            "files": dict([*files(noted), *_modules()]),
            "folders": {path: [state, names] for path, state, names in listed(noted)},
            "wheels": [_kept(wheel, keep_in) for wheel, keep_in in noted.wheels.items()],
            "text": noted.text,
            "reminders": noted.reminders,
        }

    def say_verbosely(self, text: str) -> None:
        """Say on standard error why things are done, where that is asked for."""
        if means_yes(self.asked.get("XCONAN_VERBOSE", os.environ.get("XCONAN_VERBOSE"))) and sys.stderr is not None:
            sys.stderr.write(f"xconan: {text}\n")

    def tell(self) -> None:
        """Say on standard error that nothing has changed, in one line."""
        if means_yes(self.asked.get("XCONAN_QUIET", os.environ.get("XCONAN_QUIET"))) or sys.stderr is None:
            return
        name = f"{'wheel':<10}"
        if os.environ.get("FORCE_COLOR") or sys.stderr.isatty():
            from xconan.ground.terminal import bold

            name = bold(name)
        lines = [*self.reminders, *(f"{name} {_shown(wheel)} unchanged: no input has changed" for wheel in self.wheels)]
        try:
            sys.stderr.write("".join(f"{line}\n" for line in lines))
            sys.stderr.flush()
        except OSError:  # nobody reads it
            return


class _ChangedError(Exception):
    """Something is another than it was."""


def knock(
    *question: object, out: str = "", asked: Texts | None = None, ignored: Collection[str] = (), root: str = ""
) -> Visit:
    """Ask whether anything has changed since the last build that answered this question; note what is read if it has.

    Args:
        question: of JSON's types: who asks, and with which settings. The working folder, and the Python that runs, are
            part of every question.
        out: the folder where the wheel goes; "" for where it went the last time.
        asked: XCONAN_VERBOSE and XCONAN_QUIET as options ask for them; the environment's count where these say nothing.
        ignored: names of variables that whoever asks sets itself, each time to another value that decides nothing.
        root: the project's folder; "" for the working folder.
    """
    environ = {name: value for name, value in os.environ.items() if name not in ignored}
    visit = Visit(question, asked or {}, environ, root or os.getcwd())
    try:
        visit.read(out)
    except FileNotFoundError:
        visit.reason = _FIRST
    except _ChangedError as changed:
        visit.reason = str(changed)
    except _DAMAGED:
        visit.reason = "what was written down can't be read"
    if visit.reason:
        if visit.reason != _FIRST:
            visit.say_verbosely(f"built anew where needed: {visit.reason}")
        visit.wheels = []
        reads.watch()
    return visit


# --- comparing -------------------------------------------------------------------------------------------------------


def _compared(record: Json, elsewhere: tuple[str, ...], root: str) -> Iterator[str]:
    """What is another than it was, apart from what lies in build environments that are at another path now."""
    for path, known in record["files"].items():
        if (elsewhere and path.startswith(elsewhere)) or reads.state(path) == known:
            continue
        if not (known and still_answers(path, record["answers"].get(path, ()))):
            yield f"{path} has changed" if known else f"{path} is there now"
    for path, known in record["kinds"].items():
        if not (elsewhere and path.startswith(elsewhere)) and reads.kind(path) != known:
            yield f"{path} is gone" if known else f"{path} is there now"
    for path, (known, names) in record["folders"].items():
        if reads.state(path) == known or (elsewhere and f"{path}{os.sep}".startswith(elsewhere)):
            continue
        other = {*names} ^ {*reads.names(path)}
        if known is None or not names or not all(_holds_wheels_alone(os.path.join(path, name), root) for name in other):
            yield f"{path} has other files"


def _holds_wheels_alone(path: str, root: str) -> bool:
    """Whether this is a folder of wheels in the project's, or a wheel in one: pip puts it there when all is done.

    A wheel of another build may be on its way there, under a name that holds its own.
    """
    folder = os.path.dirname(path) if path.endswith(".whl") else path
    inside = reads.names(folder) if os.path.dirname(folder) == root else []
    return bool(inside) and all(".whl." in f"{name}." for name in inside)


def _in_place(wheel: Json, out: str) -> str:
    """The wheel's path in the folder where it goes, put there from the copy where nothing is there."""
    place = os.path.join(out or os.path.dirname(wheel["path"]), os.path.basename(wheel["path"]))
    if place == wheel["path"] and reads.state(place) == wheel["state"]:
        return place
    if os.path.lexists(place):
        if _sha256(place) == wheel["sha256"]:
            return place
        raise _ChangedError(f"{place} has changed")
    if _sha256(wheel["kept"]) != wheel["sha256"]:
        raise _ChangedError(f"{place} is gone")
    os.makedirs(os.path.dirname(place), exist_ok=True)
    beside = os.path.join(
        os.path.dirname(place), f".{os.path.basename(place)}.{os.getpid()}.part"
    )  # as scratch.part_of
    try:
        _copy(wheel["kept"], beside)
        os.replace(beside, place)
    except BaseException:
        if os.path.lexists(beside):
            os.unlink(beside)
        raise
    return place


def _shown(path: str) -> str:
    """A path as people like it: from the working folder, where it lies there."""
    return path.removeprefix(os.getcwd() + os.sep)


def _environ(environ: Texts, roots: Sequence[str], named: Collection[str], *, salt: str) -> dict[str, str]:
    """A digest of each variable's value, with the folders of a build environment by number.

    Digests, as there are passwords among the values.

    Args:
        environ: all of it.
        roots: of environment_roots().
        named: variables that count although they are a terminal's or a session's.
        salt: of the record.
    """
    from hashlib import sha256

    return {
        name: sha256(f"{salt}{by_number(value, roots)}".encode("utf-8", "surrogateescape")).hexdigest()
        for name, value in environ.items()
        if name in named or not (name in _PASSING or name.startswith(_PASSING_PREFIXES))
    }


# --- writing down ----------------------------------------------------------------------------------------------------


def doubts(noted: Reads) -> Iterator[str]:
    """Why this build can't be answered from a record."""
    yield from noted.doubts
    for folder, (_state, names) in noted.folders.items():
        if names and not noted.is_own(folder):
            for name in set(names) ^ set(reads.names(folder)):
                if not noted.is_on_the_way(os.path.join(folder, name)):
                    yield f"{folder} got or lost {name} while the build ran"


def files(noted: Reads) -> Iterator[tuple[str, reads.State]]:
    """Each file with its state when it was read; what the build itself has written is taken as it is now."""
    for path, known in noted.files.items():
        if path not in noted.wheels:
            yield path, reads.state(path) if path in noted.written or noted.is_own(path) else known


def listed(noted: Reads) -> Iterator[tuple[str, reads.State, list[str]]]:
    """Each folder with its names now; without names, and as it was then, one in which somebody looked for a name."""
    for folder, (known, names) in noted.folders.items():
        now = reads.names(folder)
        as_it_was = now and not (names or noted.is_own(folder) or noted.is_on_the_way(folder))
        yield folder, known if as_it_was else reads.state(folder), now if names else []


def _modules() -> Iterable[tuple[str, reads.State]]:
    """The modules that were loaded from elsewhere than Python's own folder, and all of xconan's own files."""
    loaded = {getattr(module, "__file__", None) for name, module in [*sys.modules.items()] if name != "__main__"}
    standard = os.path.dirname(os.__file__) + os.sep
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    files = {path for path in loaded if path and not path.startswith(standard) and not path.endswith(".pyc")}
    for folder, _folders, names in os.walk(own):
        files |= {os.path.join(folder, name) for name in names if not name.endswith(".pyc")}
    return [(os.path.abspath(path), reads.state(path)) for path in sorted(files)]


def _kept(wheel: str, keep_in: str) -> Json:
    """A wheel as it is written down, with a copy of it that stays when frontends take the wheel away."""
    kept = os.path.join(keep_in, os.path.basename(wheel))
    sha256 = _sha256(wheel)
    if _sha256(kept) != sha256:
        for name in reads.names(keep_in):
            os.unlink(os.path.join(keep_in, name))
        os.makedirs(keep_in, exist_ok=True)
        try:
            os.link(wheel, kept)
        except OSError:  # another file system, or one without such links
            _copy(wheel, kept)
    return {"path": wheel, "state": reads.state(wheel), "sha256": sha256, "kept": kept}


# --- small dealings with files, without what files.py imports ---------------------------------------------


def _records() -> str:
    return os.path.join(cache_place(os.environ), "door")


def _checksum(text: str) -> str:
    import zlib

    data = text.encode("utf-8", "surrogateescape")
    return f"{zlib.crc32(data):08x}{zlib.adler32(data):08x}"


def _sha256(path: str) -> str:
    import hashlib

    found = hashlib.sha256()
    try:
        with open(path, "rb") as stream:
            while block := stream.read(1 << 20):
                found.update(block)
    except OSError:
        return ""
    return found.hexdigest()


def _copy(source: str, target: str) -> None:
    with open(source, "rb") as reader, open(target, "wb") as writer:
        while block := reader.read(1 << 20):
            writer.write(block)
