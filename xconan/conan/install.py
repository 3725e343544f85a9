"""The action: Conan provides the plan's dependencies, or has already done so for the very same inputs.

The work happens in driver.py, in a process of its own, under one lock for each Conan home: Conan's
cache breaks when two write to it at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.build_machine.tools import version_key
from xconan.conan.failures import failure, upload_failure
from xconan.ground.errors import ConanError, ConfigError, MachineError, nearest_names
from xconan.ground.files import conan_home, digest, file_digest, read_json, remove_tree, write_json, write_text
from xconan.ground.lock import locked
from xconan.ground.run import capture, say, stream
from xconan.plan import platform_tools
from xconan.render import toolchain as render

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xconan.model import BuildPlan, ConanPlan, GivenDependencies

_ENVIRONMENT = ("CC", "CXX", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS")
_DECIDES = re.compile(r"CONAN_(?!LOGIN_USERNAME|PASSWORD)")  # credentials open a remote, and change nothing
_TIMEOUT = 60.0  # seconds that Conan has to say what is in a profile
_LONGEST_PROFILE = 1 << 16  # bytes; what is longer is no profile
_WORDS = re.compile(r"""include\(([^)\n\0]{1,250})\)|["']([^"'\n\0]{1,250})["']""")  # files and variables, in a profile
# our own search path and nothing else: the project's folder may hold modules with the names of Conan's
_OURS = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from xconan.conan.driver import "
_DRIVER = f"{_OURS}main; sys.exit(main(sys.argv[2:]))"
_TOOLS = f"{_OURS}tools; tools()"
_REPORT = f"{_OURS}report; report(online=sys.argv[2] == '1')"
CONAN_VERSIONS = ("2.34", "2.35")  # the oldest, and the first that is too new; as pyproject.toml pins it


@dataclass(frozen=True, kw_only=True)
class Dependencies:
    """What Conan made.

    Attributes:
        identity: changes whenever CMake has to be configured again because of them.
        text: of dependencies.cmake, which the outer toolchain includes.
        env: for CMake, with ${NAME} for what the environment already says.
        shared: file names of the shared libraries in the host's packages.
    """

    identity: str
    text: str
    env: Mapping[str, str]
    shared: frozenset[str]


def install_dependencies(plan: BuildPlan, *, inherit: int) -> Dependencies:
    """Have the dependencies in Conan's cache and its generated files in the layout.

    Args:
        plan: whose conan part is not None.
        inherit: descriptor of the layout's lock.

    Raises:
        ConanError: Conan failed; its own words stand above.
    """
    wish = plan.conan
    if wish is None or plan.toolchain is None:
        raise ValueError("this plan asks nothing of Conan")
    stamp = plan.layout.root / "conan.json"
    inputs = _inputs(plan, wish)
    done = read_json(stamp)
    if not (done.get("inputs") == inputs and _still_there(done)):
        stamp.unlink(missing_ok=True)
        done = {"inputs": inputs, "result": _run(plan, wish, inherit)}
        write_json(stamp, {**done, "cache": _cache_state(done), "read": _read(done)})
    result = cast("dict[str, object]", done["result"])
    packages = cast("list[dict[str, str]]", result["packages"])
    folders = [one["folder"] for one in packages if one["context"] == "host" and one["folder"]]
    text = render.dependencies_cmake(
        toolchain_file=str(result["toolchain_file"]),
        generators=str(result["generators_folder"]),
        packages=folders,
        toolchain=plan.toolchain,
        derived_profile=wish.derived and result["cppstd"] == plan.toolchain.cppstd,
        variables=preset_variables(Path(str(result["generators_folder"]))),
    )
    env = cast("dict[str, str]", result["build_env"])
    return Dependencies(identity=digest(inputs, packages), text=text, env=env, shared=_shared_libraries(folders))


def preset_variables(generators: Path) -> tuple[tuple[str, str], ...]:
    """What a recipe sets by `CMakeToolchain.cache_variables`, which Conan hands on by CMakePresets.json alone."""
    found = cast(
        "list[dict[str, dict[str, object]]]", read_json(generators / "CMakePresets.json").get("configurePresets", [])
    )
    variables = {name: value for one in found for name, value in one.get("cacheVariables", {}).items()}
    return tuple(
        (name, str(value["value"] if isinstance(value, dict) else value))
        for name, value in variables.items()
        if name not in ("CMAKE_BUILD_TYPE", "CMAKE_POLICY_DEFAULT_CMP0091")  # Conan's own, and ours already
    )


def take_dependencies(plan: BuildPlan, given: GivenDependencies) -> Dependencies:
    """What a recipe hands over, as if Conan had provided it here.

    Raises:
        ConanError: Conan's toolchain file is not there.
    """
    if plan.toolchain is None:
        raise ValueError("this plan has no toolchain")
    if not given.toolchain_file.is_file():
        raise ConanError("the recipe's generate() made no toolchain file", where=str(given.toolchain_file),
                         hint="call super().generate() in it, or CMakeToolchain and CMakeConfigDeps")  # fmt: skip
    folders = [folder.as_posix() for folder in given.packages]
    standard = given.settings.get("compiler.cppstd")
    text = render.dependencies_cmake(
        toolchain_file=given.toolchain_file.as_posix(),
        generators=given.generators.as_posix(),
        packages=folders,
        toolchain=plan.toolchain,
        derived_profile=bool(given.abi) and standard == plan.toolchain.cppstd,
    )
    files = sorted(given.generators.glob("*.cmake"))
    identity = digest(folders, dict(given.env), [(path.name, file_digest(path)) for path in files])
    return Dependencies(identity=identity, text=text, env=given.env, shared=_shared_libraries(folders))


def default_tools() -> tuple[list[str], dict[str, str]]:
    """What the default profile says of this machine's programs: [platform_tool_requires], [replace_tool_requires].

    Raises:
        ConanError: the default profile can't be read.
    """
    done = capture([sys.executable, "-c", _TOOLS, json.dumps(sys.path)], timeout=_TIMEOUT)
    try:
        found = cast("dict[str, object]", json.loads(done.stdout))
    except ValueError:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.code}"])[-1]
        raise ConanError(f"Conan can't read its default profile: {last}", where=str(conan_home()),
                         hint="conan profile show") from None  # fmt: skip
    return cast("list[str]", found["platform"]), cast("dict[str, str]", found["replaced"])


def report(*, online: bool, timeout: float) -> tuple[dict[str, object], str]:
    """What Conan says of itself (driver.report), and its last words where it failed.

    Args:
        online: whether remotes are asked to answer; those that did not are in "silent", by name.
        timeout: in seconds.
    """
    argv = [sys.executable, "-c", _REPORT, json.dumps(sys.path), "1" if online else "0"]
    done = capture(argv, timeout=timeout)
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


def _shared_libraries(folders: Sequence[str]) -> frozenset[str]:
    places = [Path(folder) / below for folder in folders for below in ("lib", "lib64")]
    return frozenset(path.name for place in places if place.is_dir() for path in place.iterdir() if ".so" in path.name)


def _run(plan: BuildPlan, wish: ConanPlan, inherit: int) -> dict[str, object]:
    layout = plan.layout
    remove_tree(layout.conan)
    layout.conan.mkdir(parents=True)
    request = {"kind": "install", **write_request(plan, wish, layout.root), "output_folder": str(layout.conan)}
    say(_equivalent(wish, request, layout.conan))
    return ask(request, plan, layout.root, inherit=(inherit,))


def write_request(plan: BuildPlan, wish: ConanPlan, folder: Path) -> dict[str, object]:
    """Write the files that Conan reads into a folder; the part of a request for the driver that names them."""
    host, build = folder / "host.profile", folder / "build.profile"
    write_text(host, wish.host_profile)
    write_text(build, wish.build_profile)
    conanfile = wish.conanfile
    if wish.conanfile_text is not None:
        conanfile = folder / "conanfile.txt"
        write_text(conanfile, wish.conanfile_text)
    lockfile = lockfile_of(plan)
    return {
        "conanfile": str(conanfile),
        "output_folder": str(folder),
        "host_profile": str(host),
        "build_profile": str(build),
        "derived": wish.derived,
        "tag": plan.cross.target.platform.tag,
        "options": list(wish.options),
        "settings": list(wish.settings),
        "host_profiles": [str(path) for path in wish.host_profiles],
        "build_profiles": [str(path) for path in wish.build_profiles],
        "build_type": wish.settings[0].partition("=")[2],
        "build": [*wish.build, *([] if "never" in wish.build else ["editable"])],
        "lockfile": str(lockfile) if lockfile.is_file() else "",
    }


def lockfile_of(plan: BuildPlan) -> Path:
    """Where the project's conan.lock is, or would be: beside the conanfile, else beside pyproject.toml."""
    conanfile = plan.project.conan.conanfile
    return (conanfile.parent if conanfile else plan.project.root) / "conan.lock"


def upload(plan: BuildPlan, remote: str) -> list[str]:
    """Put the dependencies of a finished build that were built on this machine into a remote, with their recipes.

    Args:
        plan: of the build.
        remote: by name; credentials are Conan's own.

    Returns:
        NAME/VERSION of those that the remote did not have.

    Raises:
        ConanError: the remote can't be reached, or refuses; packages that are there already stay there.
    """
    import tempfile  # noqa: PLC0415 - only here

    result = cast("dict[str, object]", read_json(plan.layout.root / "conan.json").get("result", {}))
    built = [one["built"] for one in cast("list[dict[str, str]]", result.get("packages", [])) if one["built"]]
    if not built:
        say("xconan: nothing to upload: no dependency was built on this machine")
        return []
    request = {"kind": "upload", "remote": remote, "packages": built}
    with tempfile.TemporaryDirectory(prefix="xconan-upload-") as folder:
        answer = ask(request, plan, Path(folder))
    return [one.partition("#")[0] for one in cast("list[str]", answer["uploaded"])]


def check_remote(name: str) -> None:
    """Refuse a remote that nothing can be uploaded to, before hours of building.

    Raises:
        ConfigError: it is not there, disabled, or a folder of recipes.
    """
    facts, reason = report(online=False, timeout=60)
    remotes = {str(one["name"]): one for one in cast("list[dict[str, object]]", facts.get("remotes", []))}
    if reason and not remotes:
        raise ConanError(f"Conan does not work: {reason}", where=f"CONAN_HOME: {conan_home()}", hint="xconan doctor")
    message, hint = "", ""
    if name not in remotes:
        close = nearest_names(name, remotes)
        message = f"Conan has no remote '{name}'"
        hint = f"did you mean '{close[0]}'?" if close else "conan remote add NAME URL; conan remote list shows them"
    elif not remotes[name]["enabled"]:
        message, hint = f"the remote '{name}' is disabled", f"conan remote enable {name}"
    elif not str(remotes[name]["url"]).startswith(("http:", "https:")):
        message, hint = f"the remote '{name}' is a folder of recipes", "name a server"
    if message:
        raise ConfigError(message, where="--upload", hint=hint)


def ask(
    request: Mapping[str, object], plan: BuildPlan, folder: Path, *, inherit: Sequence[int] = ()
) -> dict[str, object]:
    """Have driver.py do what the request says, alone in this Conan home, and return its answer.

    Args:
        request: with its kind; driver.py says what else.
        plan: one of those that it is about, for the environment and for errors.
        folder: where request and answer are written.
        inherit: descriptors of locks that Conan keeps if we are killed.

    Raises:
        ConanError: Conan failed, or is not one of the versions that we know.
        ConfigError: a profile contradicts the toolchain; or an ErrorGroup of these.
    """
    _check_version()
    question, answer = folder / "conan-request.json", folder / "conan-result.json"
    answer.unlink(missing_ok=True)
    write_json(question, request)
    with _home_locked() as lock:
        argv = [sys.executable, "-c", _DRIVER, json.dumps(sys.path), str(question), str(answer)]
        code = stream(argv, env=_environment(plan), cwd=plan.project.root, inherit=(*inherit, lock), echo=False)
    result = read_json(answer)
    if code == 0 and result and "error" not in result:
        return result
    if request["kind"] == "upload":
        raise upload_failure(str(result.get("error", "")), code, str(request["remote"]))
    raise failure(result, plan, code=code)


@contextmanager
def _home_locked() -> Iterator[int]:
    home = conan_home()
    with ExitStack() as stack:
        try:
            lock = stack.enter_context(locked(home / ".xconan.lock", what=f"the Conan home {home}"))
        except OSError as error:
            raise MachineError(
                f"Conan's home can't be written: {error.strerror}", where=str(home),
                hint="set CONAN_HOME to a folder that can be, or mend its permissions",
            ) from None  # fmt: skip
        yield lock


def _equivalent(wish: ConanPlan, request: Mapping[str, object], folder: Path) -> str:
    host, build = str(request["host_profile"]), str(request["build_profile"])
    hosts = [host] if wish.derived else ["default", host]
    hosts += [str(path) for path in wish.host_profiles]
    builds = ["default", build, *(str(path) for path in wish.build_profiles)]
    words = ["conan", "install", str(request["conanfile"])]
    words += [word for one in hosts for word in ("-pr:h", one)] + [word for one in builds for word in ("-pr:b", one)]
    words += ["-of", str(folder), *(f"--build={mode}" for mode in cast("list[str]", request["build"]))]
    words += [word for option in wish.options for word in ("-o:h", option)]
    words += ["--lockfile", str(request["lockfile"])] if request["lockfile"] else []
    return f"$ {' '.join(words)}"


def _environment(plan: BuildPlan) -> dict[str, str]:
    """Ours, with the plan's cmake, ninja and meson first on PATH: recipes call them by name."""
    folders = [str(tool.path.parent) for _, tool in platform_tools(plan.machine)] if plan.machine else []
    path = os.pathsep.join([*dict.fromkeys(folders), os.environ.get("PATH", os.defpath)])
    env = dict(os.environ)
    if not plan.cross.native:  # the user's wish for the project; in no package id, so no library may see them
        env = {name: value for name, value in env.items() if name not in _ENVIRONMENT}
    return {**env, "PATH": path}


def _inputs(plan: BuildPlan, wish: ConanPlan) -> str:
    """A digest of everything that decides what Conan does, as far as it can be seen from here."""
    folder, home = wish.conanfile.parent, conan_home()
    names = [wish.conanfile, folder / "conandata.yml", lockfile_of(plan)]
    names += sorted(folder.glob("*.py")) if wish.conanfile.suffix == ".py" else []
    names += [home / name for name in ("global.conf", "settings.yml", "settings_user.yml", "remotes.json")]
    names += [home / "editable_packages.json"]
    texts = [wish.host_profile, wish.build_profile, wish.conanfile_text, wish.build]
    profiles = _included([home / "profiles" / "default", *wish.host_profiles, *wish.build_profiles], home / "profiles")
    tools = [str(plan.machine.cmake.version)] if plan.machine else []
    asked = _quoted(wish.conanfile) if wish.conanfile_text is None else set()
    env = {
        name: value for name, value in os.environ.items()
        if _DECIDES.match(name) or name in _ENVIRONMENT or name in asked
    }  # fmt: skip
    return digest(
        [(str(name), file_digest(name)) for name in names if wish.conanfile_text is None or name != wish.conanfile],
        texts, profiles, wish.options, wish.settings, tools, env, str(home), file_digest(_conan_init()),
    )  # fmt: skip


def _quoted(recipe: Path) -> set[str]:
    """The words of a recipe that may be names of variables of the environment."""
    try:
        return set(re.findall(r"""["'](\w+)["']""", recipe.read_text("utf-8")))
    except (OSError, ValueError):  # Conan says what is wrong with it
        return set()


def _included(profiles: Sequence[Path], home: Path) -> list[object]:
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
        words = {(include or quoted).strip() for include, quoted in _WORDS.findall(text)}
        seen |= {f"${word}": os.environ[word] for word in words if word in os.environ}
        waiting += [folder / word for word in words for folder in (path.parent, home)]
    return [list(pair) for pair in sorted(seen.items())]


def _conan_init() -> Path:
    spec = find_spec("conan")
    if spec is None or spec.origin is None:
        raise ConfigError("Conan is not installed beside xconan", where=sys.executable,
                          hint="pip install conan, into the same environment")  # fmt: skip
    return Path(spec.origin)


def _check_version() -> None:
    """Refuse a Conan whose Python API is not the one that the driver was written for.

    Raises:
        ConanError: with the command that installs the right one.
    """
    oldest, first_unknown = CONAN_VERSIONS
    said = re.search(r"__version__ = '([^']+)'", _conan_init().read_text("utf-8"))
    version = said[1] if said else "of no version that it says"
    if not version_key(oldest) <= version_key(version) < version_key(first_unknown):
        raise ConanError(
            f"this xconan works with Conan {oldest} and newer, older than {first_unknown}; this is Conan {version}",
            where=sys.executable,
            hint=f"pip install 'conan>={oldest},<{first_unknown}', into the same environment",
        )


def _still_there(done: Mapping[str, object]) -> bool:
    """Whether what an earlier run made and used is still as it was."""
    result = cast("dict[str, object]", done.get("result", {}))
    packages = cast("list[dict[str, str]]", result.get("packages", []))
    folders = [one["folder"] for one in packages if one["folder"]]
    return (
        not any(one["recipe"] == "Editable" for one in packages)  # whose state nobody has noted
        and Path(str(result.get("toolchain_file", ""))).is_file()
        and all(Path(folder).is_dir() for folder in folders)
        and done.get("read") == _read(done)
        and _same_recipes(done)
    )


def _read(done: Mapping[str, object]) -> dict[str, str]:
    """The files that the recipe read, with their digests."""
    result = cast("dict[str, object]", done["result"])
    return {name: file_digest(name) for name in cast("list[str]", result["read"])}


def _same_recipes(done: Mapping[str, object]) -> bool:
    before, now = cast("list[object]", done.get("cache", [])), _cache_state(done)
    return len(before) == len(now) == 2 and before[1] == now[1]  # noqa: PLR2004 - (file's state, recipes)


def _cache_state(done: Mapping[str, object]) -> list[object]:
    """The recipes in Conan's cache by the dependencies' names: a new one may be what a range resolves to.

    Read from the cache's own database, unless its file is as it was; where that fails, the answer never equals
    an earlier one.
    """
    result = cast("dict[str, object]", done["result"])
    names = sorted({one["name"] for one in cast("list[dict[str, str]]", result["packages"])})
    names += cast("list[str]", result["python_requires"])
    database = Path(str(result["storage"])) / "cache.sqlite3"
    try:
        status = database.stat()
        seen: list[object] = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
        before = cast("list[object]", done.get("cache", [[]]))
        return before if before[0] == seen else [seen, _recipes(database, names)]
    except (OSError, ValueError):
        return [["unknown", os.getpid(), os.times().elapsed]]


def _recipes(database: Path, names: Sequence[str]) -> list[object]:
    import sqlite3  # noqa: PLC0415 - the database rarely changes

    query = "SELECT reference, rrev, timestamp FROM recipes WHERE reference LIKE ? ORDER BY 1, 2"
    try:
        with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
            return [list(row) for name in names for row in connection.execute(query, (f"{name}/%",))]
    except sqlite3.Error as error:
        raise ValueError(str(error)) from error
