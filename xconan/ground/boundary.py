"""The one place where errors end: shown to the user, and turned into an exit code."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from xconan.ground import terminal
from xconan.ground.errors import MachineError, XconanError
from xconan.ground.files import BUILD_FOLDERS, cache_folder
from xconan.ground.report import attended, say, show
from xconan.ground.run import terminable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_HINTS = {
    errno.ENOENT: "it is not there, or can't be made there; choose another path",
    errno.ENOTDIR: "a part of that path is a file; choose another one",
    errno.EEXIST: "a file is in the way; choose another path",
    errno.EISDIR: "a folder is in the way; choose another path",
    errno.ENAMETOOLONG: "choose a shorter path",
    errno.ELOOP: "its symbolic links lead in a circle; choose another path",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.EACCES: "check who owns it and its permissions",
    errno.EPERM: "check who owns it and its permissions",
    errno.EROFS: "that file system is read-only; choose another folder, for results by -o DIR",
}
_FULL = (errno.ENOSPC, errno.EDQUOT)
_OTHER = "check that path and the disk that it is on"
_FOLDERS = ("XCONAN_CACHE", "XCONAN_TOOLCHAINS", "XCONAN_PYTHONS", "CONAN_HOME", "TMPDIR")


@contextmanager
def guarded(
    *, report: Callable[[XconanError], None] | None = None, out: Path | None = None, what: str = "at work"
) -> Iterator[None]:
    """Show an error of ours, or of the machine, without a traceback and leave with its exit code.

    Until then nothing stays silent for long (report.attended).

    XCONAN_TRACEBACK=1 shows the traceback as well. Anything else is a bug of ours and keeps its traceback.

    Args:
        report: tells it to programs, too.
        out: what -o names.
        what: what is done, in a few words.

    Raises:
        SystemExit: with the error's exit code; 130 after Ctrl-C, 143 after SIGTERM.
    """
    for ours in (sys.stdout, sys.stderr):
        if isinstance(ours, TextIOWrapper):  # a path may hold letters that the terminal's encoding has not
            ours.reconfigure(errors="backslashreplace")
    try:
        with terminable(), attended(what):
            yield
    except KeyboardInterrupt:
        _end_interrupted()
    except Exception as error:
        _end_if_interrupted(error)
        if not isinstance(error, (XconanError, OSError)):
            raise
        known = of_machine(error, out) if isinstance(error, OSError) else error
        _show(known, report)
        raise SystemExit(known.exit_code) from None


def of_machine(error: OSError, out: Path | None = None) -> MachineError:
    """An error of the machine with where and what to do; `out` is what -o names."""
    hint = _room(error, out) if error.errno in _FULL else _hint(error)
    return MachineError(error.strerror or str(error), where=_place(error, out), hint=hint)


def _end_interrupted() -> NoReturn:
    say("xconan: interrupted")
    raise SystemExit(130) from None


def _end_if_interrupted(error: BaseException) -> None:
    """Leave as the signal wants that came before the error: a file closed in the middle of its change is one.

    Before 3.12 Python wraps in RuntimeError, too, what comes while it makes a class.
    """
    before = error.__cause__ or error.__context__
    if isinstance(before, KeyboardInterrupt):
        _end_interrupted()
    if isinstance(before, SystemExit):
        raise before from None
    if before:
        _end_if_interrupted(before)


def _hint(error: OSError) -> str:
    """What to do; of a cache folder that nobody has named, the variable that names another one."""
    known = _HINTS.get(error.errno or 0, _OTHER)
    if isinstance(error.filename, (str, bytes)) and not os.environ.get("XCONAN_CACHE"):
        path, cache = Path(os.fsdecode(error.filename)), cache_folder()
        if path.absolute() in (cache.parent, cache) or cache in path.absolute().parents:
            return f"set XCONAN_CACHE to a folder that can be written; {known}"
    return known


def _room(error: OSError, out: Path | None) -> str:
    """What to do about a full disk: whatever has the folder in question lie on another one."""
    if not isinstance(error.filename, (str, bytes)):
        return "free some space, or set XCONAN_CACHE and TMPDIR to a larger disk"
    path = Path(os.fsdecode(error.filename)).absolute()
    if BUILD_FOLDERS in path.parts:
        return "free some space; or set cmake.build_path in [tool.xconan], as by -C override, to a larger disk"
    if out and path.is_relative_to(out.absolute()):
        return "free some space, or name a folder on a larger disk by -o"
    # not tempfile.gettempdir(), which tries to write there
    variables = {"XCONAN_CACHE": cache_folder(), "TMPDIR": Path(os.environ.get("TMPDIR") or "/tmp")}  # noqa: S108
    named = next((name for name, folder in variables.items() if path.is_relative_to(folder)), "")
    return f"free some space, or set {named} to a larger disk" if named else "free some space on that disk"


def _place(error: OSError, out: Path | None) -> str:
    """The path, and the option or variable that leads there."""
    if not isinstance(error.filename, (str, bytes)):
        return ""
    path = Path(os.fsdecode(error.filename))
    named = {"-o": out, **{name: Path(os.environ[name]) for name in _FOLDERS if os.environ.get(name)}}
    for name, place in named.items():
        if place and (
            (own := place.expanduser().absolute()) in (path, *path.parents)
            or (path in own.parents and not path.is_dir())
        ):
            return f"{path} ({name})"
    return str(path)


def _show(error: XconanError, report: Callable[[XconanError], None] | None) -> None:
    if os.environ.get("XCONAN_TRACEBACK") == "1":
        traceback.print_exc()
    if report:
        report(error)
    show("\n".join(_coloured(line) for line in error.render().split("\n")))


def _coloured(line: str) -> str:
    """A line of an error with what it is standing out, and with where it is standing back."""
    if line.startswith("error:"):
        return f"xconan: {terminal.red('error:')}{line.removeprefix('error:')}"
    return terminal.dim(line) if line.startswith("  where:") else line
