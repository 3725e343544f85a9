"""Conan's own process: what it is asked, where it runs, and that it is alone in its home.

The work happens in driver.py, under one lock for each Conan home: Conan's cache breaks when two write to it at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import sys
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.build_machine.tools import version_key
from xconan.conan.failures import failure, upload_failure
from xconan.ground.errors import ConanError, ConfigError, MachineError
from xconan.ground.files import conan_home, read_json, write_json, write_text
from xconan.ground.lock import locked
from xconan.ground.report import doing
from xconan.ground.run import capture, program_path, stream
from xconan.plan import platform_tools, without_cleared
from xconan.project.workspace import lockfile_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xconan.model import BuildPlan, ConanPlan

COMPILER_VARIABLES = ("CC", "CXX", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS")


_TIMEOUT = 60.0  # seconds that Conan has to say what is in a profile


# our own search path and nothing else: the project's folder may hold modules with the names of Conan's, or of Python's
_OURS = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from xconan.conan.driver import "


_DRIVER = f"{_OURS}main; sys.exit(main(sys.argv[2:]))"


_TOOLS = f"{_OURS}tools; tools()"


_REPORT = f"{_OURS}report; report(online=sys.argv[2] == '1')"


CONAN_VERSIONS = ("2.34", "2.35")  # the oldest, and the first that is too new; as pyproject.toml pins it


def ask(
    request: Mapping[str, object],
    plan: BuildPlan,
    folder: Path,
    *,
    inherit: Sequence[int] = (),
    env: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """Have driver.py do what the request says, alone in this Conan home, and return its answer.

    Args:
        request: with its kind; driver.py says what else.
        plan: one of those that it is about, for the environment and for errors.
        folder: where request and answer are written.
        inherit: descriptors of locks that Conan keeps if we are killed.
        env: further variables for what Conan runs.

    Raises:
        ConanError: Conan failed, or is not one of the versions that we know.
        ConfigError: a profile contradicts the toolchain; or an ErrorGroup of these.
    """
    seen = {**_environment(plan), **(env or {})}
    code, result = drive(request, folder, env=seen, cwd=plan.project.root, inherit=inherit)
    if code == 0 and result and "error" not in result:
        return result
    if request["kind"] == "upload":
        store = bool(request.get("store"))
        raise upload_failure(str(result.get("error", "")), code, str(request["remote"]), store=store)
    raise failure(result, plan, code=code)


def drive(
    request: Mapping[str, object],
    folder: Path,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    inherit: Sequence[int] = (),
) -> tuple[int, dict[str, object]]:
    """Have driver.py do what the request says: its exit code, and its answer, which has an `error` where it failed."""
    _check_version()
    question, answer = folder / "conan-request.json", folder / "conan-result.json"
    answer.unlink(missing_ok=True)
    write_json(question, request)
    with _home_locked(cwd) as lock, doing("asking Conan"):
        argv = [*_python(_DRIVER), str(question), str(answer)]
        code = stream(argv, env=env, cwd=cwd, inherit=(*inherit, lock), echo=False)
    return code, read_json(answer)


def _python(code: str) -> list[str]:
    """The interpreter that runs us, for code that begins with _OURS: isolated, with our search path as its argument.

    Isolated mode (-I) leaves out the working folder, which `python -c` searches first, and PYTHON* of the environment;
    what these have set here is set there by options. Where we ourselves search the working folder, as `python -m`
    does, Conan searches it last.
    """
    here = {"", str(Path.cwd())}
    path = sorted(sys.path, key=lambda entry: entry in here)  # stable: the rest stays in order
    options = ["-B"] if sys.dont_write_bytecode else []
    options += ["-X", "utf8"] if sys.flags.utf8_mode else []
    return [sys.executable, "-I", *options, "-c", code, json.dumps(path)]


@contextmanager
def _home_locked(root: Path | None) -> Iterator[int]:
    home = conan_home(root)
    with ExitStack() as stack:
        try:
            lock = stack.enter_context(locked(home / ".xconan.lock", what=f"the Conan home {home}"))
        except OSError as error:
            raise MachineError(
                f"Conan's home can't be written: {error.strerror}", where=str(home),
                hint="set CONAN_HOME to a folder that can be, or mend its permissions",
            ) from None  # fmt: skip
        yield lock


def _environment(plan: BuildPlan) -> dict[str, str]:
    """Ours, with the plan's cmake, ninja and meson first on PATH: recipes call them by name."""
    folders = [str(tool.path.parent) for _, tool in platform_tools(plan.machine)] if plan.machine else []
    path = os.pathsep.join([*dict.fromkeys(folders), program_path()])
    env = without_cleared(plan, os.environ)
    if not plan.cross.native:  # flags are meant for the project; they are in no package id, so no library may see them
        env = {name: value for name, value in env.items() if name not in COMPILER_VARIABLES}
    return {**env, "PATH": path}


def write_request(plan: BuildPlan, conan_plan: ConanPlan, folder: Path) -> dict[str, object]:
    """Write the files that Conan reads into a folder; the part of a request for the driver that names them."""
    host, build = folder / "host.profile", folder / "build.profile"
    write_text(host, conan_plan.host_profile)
    write_text(build, conan_plan.build_profile)
    conanfile = conan_plan.conanfile
    if conan_plan.conanfile_text is not None:
        conanfile = folder / "conanfile.txt"
        write_text(conanfile, conan_plan.conanfile_text)
    lockfile = lockfile_of(plan.project)
    return {
        "conanfile": str(conanfile),
        "output_folder": str(folder),
        "host_profile": str(host),
        "build_profile": str(build),
        "derived": conan_plan.derived,
        "tag": plan.cross.target.platform.tag,
        "options": list(conan_plan.options),
        "settings": list(conan_plan.settings),
        "conf": list(conan_plan.conf),
        "host_profiles": [str(path) for path in conan_plan.host_profiles],
        "build_profiles": [str(path) for path in conan_plan.build_profiles],
        "build_type": conan_plan.settings[0].partition("=")[2],
        "toolchain_words": _toolchain_words(plan),
        "compilers": {name: one.path for name, one in plan.toolchain.compilers.items()} if plan.toolchain else {},
        "toolchain_package": plan.cross.toolchain_package or "",
        "build": [*conan_plan.build, *([] if "never" in conan_plan.build else ["editable"])],
        "lockfile": str(lockfile) if lockfile.is_file() else "",
        "file_prefix_map": bool(plan.local_folders),
    }


def _toolchain_words(plan: BuildPlan) -> list[str]:
    """What the toolchain adds to every call of a compiler."""
    compilers = plan.toolchain.compilers.values() if plan.toolchain else ()
    return [word for compiler in compilers for word in shlex.split(compiler.flags)]


def _check_version() -> None:
    """Refuse a Conan whose Python API is not the one that the driver was written for.

    Raises:
        ConanError: with the command that installs the right one.
    """
    oldest, first_unknown = CONAN_VERSIONS
    version_line = re.search(r"__version__ = '([^']+)'", conan_init().read_text("utf-8"))
    version = version_line[1] if version_line else "of an unknown version"
    if not version_key(oldest) <= version_key(version) < version_key(first_unknown):
        raise ConanError(
            f"this xconan works with Conan {oldest} and newer, older than {first_unknown}; this is Conan {version}",
            where=sys.executable,
            hint=f"pip install 'conan>={oldest},<{first_unknown}', into the same environment",
        )


def conan_init() -> Path:
    """The file of Conan's package, which says its version.

    Raises:
        ConfigError: it is not installed.
    """
    spec = find_spec("conan")
    if spec is None or spec.origin is None:
        raise ConfigError("Conan is not installed beside xconan", where=sys.executable,
                          hint="pip install conan, into the same environment")  # fmt: skip
    return Path(spec.origin)


def default_tools() -> tuple[list[str], dict[str, str]]:
    """What the default profile says of this machine's programs: [platform_tool_requires], [replace_tool_requires].

    Raises:
        ConanError: the default profile can't be read.
    """
    with doing("asking Conan for its default profile"):
        done = capture(_python(_TOOLS), timeout=_TIMEOUT)
    try:
        profile = cast("dict[str, object]", json.loads(done.stdout))
    except ValueError:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.code}"])[-1]
        raise ConanError(f"Conan can't read its default profile: {last}", where=str(conan_home()),
                         hint="conan profile show") from None  # fmt: skip
    return cast("list[str]", profile["platform"]), cast("dict[str, str]", profile["replaced"])


def report(*, online: bool, timeout: float, root: Path | None = None) -> tuple[dict[str, object], str]:
    """What Conan says of itself (driver.report), and its last words where it failed.

    Args:
        online: whether remotes are asked to answer; those that did not are in "silent", by name.
        timeout: in seconds.
        root: the folder that it is asked in; None: the working folder.
    """
    with doing("asking Conan and its remotes"):
        done = capture([*_python(_REPORT), "1" if online else "0"], timeout=timeout, cwd=root)
    facts: dict[str, object] = {}
    silent: dict[str, str] = {}
    for line in done.stdout.splitlines():
        with contextlib.suppress(ValueError):  # some plugin's own words
            fact = cast("dict[str, object]", json.loads(line))
            answer = cast("dict[str, str] | None", fact.pop("answer", None))
            silent |= {answer["name"]: answer["error"]} if answer and answer["error"] else {}
            facts |= fact
    facts["silent"] = silent
    last = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    return facts, (last[-1] if last else f"exit code {done.code}") if done.code else ""
