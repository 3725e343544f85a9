"""The action: Conan provides the plan's dependencies, or has already done so for the very same inputs.

The work happens in conan_driver.py, in a process of its own, under one lock for each Conan home: Conan's
cache breaks when two write to it at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan import render
from xconan.errors import ConanError, ConfigError
from xconan.files import digest, file_digest, read_json, remove_tree, write_json, write_text
from xconan.lock import locked
from xconan.run import capture, say, stream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xconan.model import BuildPlan, ConanPlan, GivenDependencies

_ENVIRONMENT = ("CC", "CXX", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS")
# our own search path and nothing else: the project's folder may hold modules with the names of Conan's
_DRIVER = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from xconan.conan_driver import main; sys.exit(main(sys.argv[2:]))"
)
_REPORT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from xconan.conan_driver import report; report(online=sys.argv[2] == '1')"
)
_HINTS = (
    # what Conan's message says -> what to do
    ("Max retries exceeded", "check the network, or disable that remote: conan remote disable NAME"),
    ("not resolved", "check the name and version; `conan remote list` shows where Conan looks"),
    ("Unable to find", "check the name and version; `conan remote list` shows where Conan looks"),
    ("Unable to connect", "check the network, or disable that remote: conan remote disable NAME"),
    ("Invalid setting", "this Conan does not know that compiler; a newer Conan may"),
    ("Missing prebuilt package", "xconan builds what is missing; see the reason above"),
    ("Invalid ID", "the recipe says that it can't be built for this host; see the reason above"),
)


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
        write_json(stamp, {**done, "cache": _cache_state(done)})
    result = cast("dict[str, object]", done["result"])
    packages = cast("list[dict[str, str]]", result["packages"])
    folders = [one["folder"] for one in packages if one["context"] == "host" and one["folder"]]
    text = render.dependencies_cmake(
        toolchain_file=str(result["toolchain_file"]),
        generators=str(result["generators_folder"]),
        packages=folders,
        toolchain=plan.toolchain,
        derived_profile=wish.derived,
    )
    env = cast("dict[str, str]", result["build_env"])
    return Dependencies(identity=digest(inputs, packages), text=text, env=env, shared=_shared_libraries(folders))


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


def report(*, online: bool, timeout: float) -> tuple[dict[str, object], str]:
    """What Conan says of itself (conan_driver.report), and its last words where it failed.

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
    host, build = layout.root / "host.profile", layout.root / "build.profile"
    write_text(host, wish.host_profile)
    write_text(build, wish.build_profile)
    if wish.conanfile_text is not None:
        write_text(wish.conanfile, wish.conanfile_text)
    request = {
        "conanfile": str(wish.conanfile),
        "output_folder": str(layout.conan),
        "host_profile": str(host),
        "build_profile": str(build),
        "derived": wish.derived,
        "options": list(wish.options),
        "settings": list(wish.settings),
    }
    answer = layout.root / "conan-result.json"
    answer.unlink(missing_ok=True)
    write_json(layout.root / "conan-request.json", request)
    say(_equivalent(wish, host, build, layout.conan))
    with locked(conan_home() / ".xconan.lock", what=f"the Conan home {conan_home()}") as lock:
        argv = [
            sys.executable,
            "-c",
            _DRIVER,
            json.dumps(sys.path),
            str(layout.root / "conan-request.json"),
            str(answer),
        ]
        code = stream(argv, env=_environment(plan), cwd=plan.project.root, inherit=(inherit, lock), echo=False)
    result = read_json(answer)
    if code != 0 or "error" in result or not result:
        raise _failure(str(result.get("error", "")), code, wish)
    return result


def _equivalent(wish: ConanPlan, host: Path, build: Path, folder: Path) -> str:
    profiles = [str(host)] if wish.derived else ["default", str(host)]
    words = ["conan", "install", str(wish.conanfile), *(word for one in profiles for word in ("-pr:h", one))]
    words += ["-pr:b", "default", "-pr:b", str(build), "-of", str(folder), "--build=missing"]
    words += [word for option in wish.options for word in ("-o:h", option)]
    return f"$ {' '.join(words)}"


def _failure(message: str, code: int, wish: ConanPlan) -> ConanError:
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    # a recipe's exception stands in the last line, where it was raised in the first
    words = dict.fromkeys((lines[0].removeprefix("ERROR: "), lines[-1])) if lines else [f"exit code {code}"]
    hint = next((hint for words, hint in _HINTS if words in message), "see Conan's output above")
    return ConanError(
        f"Conan could not provide the dependencies: {'; '.join(words)}", where=str(wish.conanfile), hint=hint
    )


def _environment(plan: BuildPlan) -> dict[str, str]:
    """Ours, with the plan's cmake and ninja first on PATH: recipes call them by name."""
    machine = plan.machine
    tools = [tool for tool in (machine.cmake, machine.ninja) if tool] if machine else []
    folders = [str(tool.path.parent) for tool in tools]
    path = os.pathsep.join([*dict.fromkeys(folders), os.environ.get("PATH", os.defpath)])
    env = dict(os.environ)
    if not plan.cross.native:  # the user's wish for the project; in no package id, so no library may see them
        env = {name: value for name, value in env.items() if name not in _ENVIRONMENT}
    return {**env, "PATH": path}


def conan_home() -> Path:
    """Conan's home: $CONAN_HOME, else ~/.conan2.

    Raises:
        ConfigError: it is a file.
    """
    home = Path(os.environ.get("CONAN_HOME") or "~/.conan2").expanduser().absolute()
    if home.exists() and not home.is_dir():
        raise ConfigError("the Conan home is a file", where=f"CONAN_HOME: {home}", hint="name a folder, or unset it")
    return home


def _inputs(plan: BuildPlan, wish: ConanPlan) -> str:
    """A digest of everything that decides what Conan does, as far as it can be seen from here."""
    folder, home = wish.conanfile.parent, conan_home()
    names = [wish.conanfile, folder / "conandata.yml", folder / "conan.lock"]
    names += sorted(folder.glob("*.py")) if wish.conanfile.suffix == ".py" else []
    names += [home / name for name in ("global.conf", "settings.yml", "settings_user.yml", "remotes.json")]
    names += [home / "profiles" / "default", home / "editable_packages.json"]
    texts = [wish.host_profile, wish.build_profile, wish.conanfile_text]
    tools = [str(plan.machine.cmake.version)] if plan.machine else []
    env = {name: value for name, value in os.environ.items() if name.startswith("CONAN_") or name in _ENVIRONMENT}
    return digest(
        [(str(name), file_digest(name)) for name in names if wish.conanfile_text is None or name != wish.conanfile],
        texts, wish.options, wish.settings, tools, env, str(home), _conan_version(),
    )  # fmt: skip


def _conan_version() -> str:
    spec = find_spec("conan")
    if spec is None or spec.origin is None:
        raise ConfigError("Conan is not installed beside xconan", where=sys.executable,
                          hint="pip install conan, into the same environment")  # fmt: skip
    return file_digest(spec.origin)


def _still_there(done: Mapping[str, object]) -> bool:
    """Whether what an earlier run made and used is still as it was."""
    result = cast("dict[str, object]", done.get("result", {}))
    packages = cast("list[dict[str, str]]", result.get("packages", []))
    folders = [one["folder"] for one in packages if one["folder"]]
    return (
        Path(str(result.get("toolchain_file", ""))).is_file()
        and all(Path(folder).is_dir() for folder in folders)
        and _same_recipes(done)
    )


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
    database = Path(str(result["home"])) / "p" / "cache.sqlite3"
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
