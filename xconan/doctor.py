"""What of this machine is in order for builds, and what is not: `xconan doctor`.

Nothing here trusts the machine: every check stands alone, has a time limit, and turns what goes wrong into a line.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import sysconfig
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING

from xconan import __version__
from xconan.build_machine.buildenv import running_target
from xconan.build_machine.tools import version_key
from xconan.ground.errors import XconanError
from xconan.ground.files import cache_folder, conan_home
from xconan.ground.record import Record
from xconan.ground.run import capture, which
from xconan.ground.scratch import scratch
from xconan.project.config.records import MINIMUM_CMAKE
from xconan.pythons.own import may_fetch, own_include, remedy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from xconan.inventory import Row

OK, WARNING, PROBLEM = "ok", "warning", "problem"
_TIMEOUT = 20.0  # seconds that any one program has to answer
_MEASURE = 1.0  # seconds to spend on the size of one folder
_LITTLE, _TOO_LITTLE = 1 << 30, 100 << 20  # bytes of free disk
_HELLO = {
    ".c": "int main(void) { return 0; }\n",
    ".cpp": "#include <string>\nint main() { return std::string().size(); }\n",
}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Line(Record):
    """One finding about the machine.

    Attributes:
        about: what was looked at: "cmake".
        state: OK; WARNING, some builds may need it; PROBLEM, builds for this machine can't work.
        says: what was found.
        remedy: what to do about it, "" for nothing.
    """

    about: str
    state: str
    says: str
    remedy: str = ""


def examine(*, online: bool) -> Iterator[Line]:
    """Look at everything that builds need; each line comes as soon as it is known.

    Args:
        online: whether Conan's remotes are asked to answer.
    """
    checks: list[tuple[str, Callable[[], Iterator[Line]]]] = [
        ("xconan", _xconan),
        ("Python", _python),
        ("cmake", lambda: _tool("cmake", MINIMUM_CMAKE)),
        ("ninja", lambda: _tool("ninja", "1.0")),
        ("compilers", _compilers),
        ("cross compilers", _cross),
        ("Conan", lambda: _conan(online=online)),
        ("caches", _caches),
        ("disk", _disk),
    ]
    for about, check in checks:
        yield from _guarded(about, check)


def _guarded(about: str, check: Callable[[], Iterator[Line]]) -> Iterator[Line]:
    """A check's lines, and one that says so where the machine is broken in a way that nobody thought of."""
    try:
        yield from check()
    except XconanError as error:
        yield Line(about=about, state=PROBLEM, says=f"{error.message}: {error.where}", remedy=error.hint)
    except (OSError, ValueError, RuntimeError, LookupError, TypeError) as error:
        yield Line(about=about, state=PROBLEM, says=f"this can't be looked at: {type(error).__name__}: {error}")


def _xconan() -> Iterator[Line]:
    """Xconan's own requirements, in the environment that it runs in."""
    from packaging.requirements import Requirement  # noqa: PLC0415 - slow, and only here

    wrong = []
    for text in requires("xconan") or ():
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            installed = ""
        if not installed or not requirement.specifier.contains(installed, prereleases=True):
            wrong.append(f"{requirement.name}{requirement.specifier} ({installed or 'missing'})")
    if wrong:
        says = f"{__version__}, but its environment lacks {', '.join(wrong)}"
        yield Line(about="xconan", state=PROBLEM, says=says, remedy="pip install --force-reinstall xconan")
    else:
        yield Line(about="xconan", state=OK, says=f"{__version__} in {Path(__file__).parent}")


def _python() -> Iterator[Line]:
    about, name = "Python", f"{sys.version.split()[0]}, {sys.executable}"
    include = Path(sysconfig.get_path("platinclude"))
    try:
        name = f"{running_target().name}, {name}"
    except XconanError as error:
        yield Line(about=about, state=PROBLEM, says=f"{name}: {error.message}", remedy=error.hint)
        return
    headers = own_include()
    if headers:
        yield Line(about=about, state=OK, says=f"{name}, headers in {headers}")
    elif may_fetch():
        says = f"{name}: there is no Python.h in {include}; the first build that needs it fetches it"
        yield Line(about=about, state=WARNING, says=says, remedy=remedy())
    else:
        yield Line(about=about, state=PROBLEM, says=f"{name}: there is no Python.h in {include}", remedy=remedy())


def _tool(name: str, minimum: str) -> Iterator[Line]:
    """The first that a build would take; what is wrong with those before it is said."""
    own = Path(sys.executable).parent / name
    wrong = []
    for path in dict.fromkeys(path for path in (own if own.is_file() else None, which(name)) if path):
        done = capture([str(path), "--version"], timeout=_TIMEOUT)
        tool_version = next((word for word in done.stdout.split() if word[0].isdigit()), "")
        if done.code or not tool_version:
            wrong.append(f"{path} does not work ({_last(done.stderr) or f'exit code {done.code}'})")
        elif version_key(tool_version) < version_key(minimum):
            wrong.append(f"{path} is {tool_version}, older than {minimum}")
        else:
            yield Line(about=name, state=WARNING if wrong else OK, says=", ".join([f"{tool_version}, {path}", *wrong]),
                       remedy="remove what does not work" if wrong else "")  # fmt: skip
            return
    says = "; ".join(wrong) or f"there is none on PATH (needed: {minimum} or newer)"
    yield Line(about=name, state=PROBLEM, says=says, remedy=f"pip install {name}; build frontends do so by themselves")


def _compilers() -> Iterator[Line]:
    """The compilers that CMake would take for this machine, tried on a program of one line."""
    wanted = (
        ("C compiler", "CC", ("cc", "gcc", "clang"), ".c"),
        ("C++ compiler", "CXX", ("c++", "g++", "clang++"), ".cpp"),
    )
    for about, variable, names, suffix in wanted:
        chosen = shlex.split(os.environ.get(variable, ""))
        commands = [chosen] if chosen else [[str(path)] for name in names if (path := which(name))][:1]
        if not commands:
            yield Line(about=about, state=PROBLEM, says=f"none of {', '.join(names)} is on PATH",
                       remedy="install one (g++ on Debian); cross-builds by zig need none")  # fmt: skip
            continue
        error = _try_compiler(commands[0], suffix)
        says = f"{shlex.join(commands[0])}{f' ({variable})' if chosen else ''}"
        if error:
            yield Line(about=about, state=PROBLEM, says=f"{says} can't build a program: {error}",
                       remedy="install the C library's headers too (g++ on Debian), or set CC and CXX")  # fmt: skip
        else:
            yield Line(about=about, state=OK, says=says)


def _try_compiler(argv: list[str], suffix: str) -> str:
    with scratch("doctor") as folder:
        source = Path(folder, f"hello{suffix}")
        source.write_text(_HELLO[suffix], "utf-8")
        done = capture([*argv, str(source), "-o", f"{folder}/hello"], timeout=_TIMEOUT)
    return "" if done.code == 0 else _last(done.stderr) or f"exit code {done.code}"


def _cross() -> Iterator[Line]:
    from xconan.inventory import list_platforms, take_inventory  # noqa: PLC0415 - only here

    inventory = take_inventory()
    rows = list_platforms(inventory)
    foreign = [row for row in rows if row.compilers and not row.here]
    if foreign:
        names = sorted({f"{compiler.name} {compiler.version}" for row in foreign for compiler in row.compilers})
        says = f"{', '.join(names)}, for {len(foreign)} kinds of hosts (`xconan targets` lists them)"
        yield Line(about="cross compilers", state=OK, says=says)
    else:
        yield Line(about="cross compilers", state=WARNING, says="there is none: builds for this machine alone",
                   remedy="pip install 'xconan[zig]'")  # fmt: skip
    yield _emulators(rows)


def _emulators(rows: list[Row]) -> Line:
    from xconan.inventory import EMULATORS  # noqa: PLC0415 - only here

    names = sorted({row.emulator.name for row in rows if row.emulator and not row.here})
    if names:
        return Line(about="emulators", state=OK, says=", ".join(names))
    return Line(about="emulators", state=WARNING, says="there is none: wheels for other machines can't be tried here",
                remedy=EMULATORS)  # fmt: skip


def _conan(*, online: bool) -> Iterator[Line]:
    from xconan.conan.process import report  # noqa: PLC0415 - only here

    about = "Conan"
    home = conan_home()
    if not home.exists():
        yield Line(about=about, state=OK, says=f"{version('conan')}; it has not been used yet ({home})")
        return
    facts, error = report(online=online, timeout=3 * _TIMEOUT)
    if "version" in facts:
        yield Line(about=about, state=OK, says=f"{facts['version']}, {home}")
    if error:
        remedy = (
            f"correct or move away what it names in {home}"
            if "version" in facts
            else "pip install --force-reinstall conan"
        )
        says = f"it can't be used: {error.removeprefix('conan.errors.ConanException: ')}"
        yield Line(about=about, state=PROBLEM, says=says, remedy=remedy)
    elif not os.access(home, os.W_OK):
        yield Line(
            about=about, state=PROBLEM, says=f"{home} can't be written", remedy="check its owner and permissions"
        )
    if "remotes" in facts:
        yield _remotes(facts)
    if "profile_error" in facts:
        yield Line(about="Conan's profile", state=PROBLEM, says=str(facts["profile_error"]), remedy="correct it")


def _remotes(facts: dict[str, object]) -> Line:
    remotes, silent = facts["remotes"], facts["silent"]
    if not isinstance(remotes, list) or not isinstance(silent, dict):
        raise TypeError
    enabled = [remote["name"] for remote in remotes if remote["enabled"]]
    if not enabled:
        return Line(about="Conan's remotes", state=WARNING, says="none is enabled: only what is in the cache is there",
                    remedy="conan remote enable NAME, or conan remote add NAME URL")  # fmt: skip
    if silent:
        says = "; ".join(f"{name} does not answer: {why}" for name, why in silent.items())
        return Line(about="Conan's remotes", state=WARNING, says=says,
                    remedy="check the network, or disable it: conan remote disable NAME")  # fmt: skip
    return Line(about="Conan's remotes", state=OK, says=", ".join(enabled))


def _caches() -> Iterator[Line]:
    cache = cache_folder()
    existing = next(parent for parent in (cache, *cache.parents) if parent.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        yield Line(about="cache", state=WARNING, says=f"{cache} can't be written, as targets by name need it",
                   remedy="set XCONAN_CACHE to a folder of yours")  # fmt: skip
    else:
        yield Line(about="cache", state=OK, says=f"{_size(cache)} in {cache}" if cache.exists() else f"{cache}, empty")


def _disk() -> Iterator[Line]:

    places = {"cache": cache_folder(), "Conan": conan_home(), "TMPDIR": Path(tempfile.gettempdir())}
    for name, place in places.items():
        existing = next(parent for parent in (place, *place.parents) if parent.exists())
        free = shutil.disk_usage(existing).free
        state = PROBLEM if free < _TOO_LITTLE else WARNING if free < _LITTLE else OK
        remedy = "" if state == OK else "free some space, or set XCONAN_CACHE, CONAN_HOME and TMPDIR to a larger disk"
        yield Line(about=f"disk of {name}", state=state, says=f"{_readable(free)} free at {existing}", remedy=remedy)


def _size(folder: Path) -> str:
    """The size of what lies below a folder, as far as it can be counted in a second."""
    total, end = 0, time.monotonic() + _MEASURE
    for top, _folders, files in os.walk(folder):
        for name in files:
            with suppress(OSError):
                total += Path(top, name).lstat().st_size
        if time.monotonic() > end:
            return f"more than {_readable(total)}"
    return _readable(total)


def _readable(size: float) -> str:
    power = min(len(f"{size:.0f}") - 1, 12) // 3  # in thousands, as disks are sold
    number = size / 1000**power
    return f"{number:.{1 if power and number < 10 else 0}f} {('bytes', 'KB', 'MB', 'GB', 'TB')[power]}"  # noqa: PLR2004


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
