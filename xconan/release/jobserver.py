"""GNU make's job server: one number of compilers for all that a release runs, whoever starts them.

https://www.gnu.org/software/make/manual/html_node/POSIX-Jobserver.html, the style "fifo": a named pipe that holds a
byte for each compiler that may be started. make 4.4 and newer and ninja 1.13 and newer take one before each and put it
back; each task takes one for itself, which is the protocol's "implicit" slot of the make or ninja below it. An older
make does not know the style and fails on it, so it is run without.
"""

from __future__ import annotations

import os
import re
import shlex
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground.files import cache_folder, write_text
from xconan.ground.run import capture, which
from xconan.ground.scratch import scratch

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = b"+"
_FIRST_MAKE = (4, 4)
_TIMEOUT = 10.0
_USUAL_PLACE = "/tmp"  # noqa: S108 - the pipe lies in a folder of its own there
_WITHOUT = """\
#!/bin/sh
# This make is older than 4.4 and does not know the job server of `xconan build --all`.
unset MAKEFLAGS
exec {make} "$@"
"""


class JobServer:
    """The server of one release, which holds the pipe open.

    Attributes:
        env: what its clients have in their environment.
    """

    def __init__(self, path: Path, jobs: int) -> None:
        """Fill the pipe.

        Args:
            path: of the pipe, which is not there yet.
            jobs: compilers at once.
        """
        os.mkfifo(path, 0o600)
        self._jobs = jobs
        # both ends in one descriptor, as make itself does it: no end is ever closed while we are there
        self._pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self._put(jobs)
        self.env = {"MAKEFLAGS": f" -j{jobs} --jobserver-auth=fifo:{path}", **_path_without_old_make()}

    def take(self, count: int) -> bool:
        """Take so many slots, or none where there are fewer."""
        taken = 0
        with suppress(BlockingIOError):
            while taken < count:
                taken += len(os.read(self._pipe, count - taken))
        if taken == count:
            return True
        self._put(taken)
        return False

    def give(self, count: int) -> None:
        """Put slots back."""
        self._put(count)

    def refill(self) -> None:
        """Have all slots there again, once nobody is at work: who was killed took theirs along."""
        with suppress(BlockingIOError):
            while os.read(self._pipe, 4096):
                pass
        self._put(self._jobs)

    def close(self) -> None:
        """Close our end."""
        os.close(self._pipe)

    def _put(self, count: int) -> None:
        if count:
            os.write(self._pipe, _TOKEN * count)


@contextmanager
def job_server(jobs: int) -> Iterator[JobServer | None]:
    """Serve so many compilers until we leave; None where there are no named pipes, or no place for one."""
    place = next(_places(), None) if hasattr(os, "mkfifo") else None
    if place is None:
        yield None
        return
    with scratch("jobs", place) as folder:
        server = JobServer(folder / "jobs", jobs)
        try:
            yield server
        finally:
            server.close()


def is_read_whole(path: Path) -> bool:
    """Whether make and ninja read a path in MAKEFLAGS as it is: a blank ends it, for ninja even behind a backslash."""
    return re.search(r"[\s\\$]", str(path)) is None


def _places() -> Iterator[Path]:
    for name in (tempfile.gettempdir(), os.environ.get("XDG_RUNTIME_DIR", ""), _USUAL_PLACE):
        path = Path(name)
        if path.is_absolute() and is_read_whole(path) and path.is_dir() and os.access(path, os.W_OK | os.X_OK):
            yield path


def told(jobs: int) -> dict[str, str]:
    """What tells CMake, and Conan in our processes (surroundings.py), of so many compilers where no server counts."""
    return {"CMAKE_BUILD_PARALLEL_LEVEL": str(jobs), "_XCONAN_JOBS": str(jobs)}


def one_compiler(*, served: bool) -> dict[str, str]:
    """Without the server each task has one compiler, and with it each wheel that an old ninja builds.

    What the user says to CMake is stronger.
    """
    env = {"CMAKE_BUILD_PARALLEL_LEVEL": "1"} if served else told(1)
    return {name: os.environ.get(name, number) for name, number in env.items()}


def _path_without_old_make() -> dict[str, str]:
    """PATH with scripts in front that run an old make without the server; nothing where make knows it."""
    scripts = {}
    for name in ("make", "gmake"):
        if program := which(name):
            version = re.match(r"GNU Make (\d+)\.(\d+)", capture([str(program), "--version"], timeout=_TIMEOUT).stdout)
            if version and (int(version[1]), int(version[2])) < _FIRST_MAKE:
                scripts[name] = program
    if not scripts:
        return {}
    folder = cache_folder() / "jobserver"
    for name, program in scripts.items():
        if program.parent != folder:
            write_text(folder / name, _WITHOUT.format(make=shlex.quote(str(program))), executable=True)
    return {"PATH": os.pathsep.join([str(folder), os.environ.get("PATH", os.defpath)])}
