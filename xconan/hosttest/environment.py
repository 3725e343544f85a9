"""An environment of a host's Python: a folder with the wheel and what it needs, and programs that run it.

pip of this machine fills it, because it is at hand and fast; it is told the tags that the host's own Python says it
takes, and the values of its environment markers, which pip's options have no word for.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.binary import elf
from xconan.emulate import WITHOUT_FOLDER, isolated
from xconan.ground.errors import HostTestError, MachineError
from xconan.ground.report import doing
from xconan.ground.run import capture, stream
from xconan.hosttest.asked import ask_python

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xconan.emulate import Runner
    from xconan.hosttest.asked import Answer
    from xconan.hosttest.interpreter import Interpreter

# pip's own markers are those of the Python that runs it, whatever --python-version and --platform say; and only where
# an index tells Requires-Python it holds that against --python-version, else against the Python that runs it
_PIP = f"""\
{WITHOUT_FOLDER}
import json, runpy
markers = json.loads(sys.argv.pop(1))
from pip._vendor.packaging import markers as module
module.default_environment = lambda: dict(markers)
from pip._internal.cli.req_command import RequirementCommand
version = tuple(int(part) for part in sys.argv[sys.argv.index("--python-version") + 1].split("."))
make = RequirementCommand.make_resolver
RequirementCommand.make_resolver = staticmethod(lambda **given: make(**{{**given, "py_version_info": version}}))
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""
_SCRIPTS = """\
import importlib.metadata, json, sys
points = [point for one in importlib.metadata.distributions(path=[sys.argv[1]]) for point in one.entry_points]
print(json.dumps({p.name: p.value for p in points if p.group == "console_scripts"}))
"""
# programs that import what they try: this machine's would try another installation than the wheel, or none
_RUNNERS = ("pytest", "py.test", "coverage", "nose2")
_OF_PYTHON = re.compile(rb"#!.*python|#!/bin/sh\n'''exec' ")  # pip writes the second where Python's path is long
_LOOKED_AT = 1024  # bytes, that tell a program from a text
_ARGV0 = {"qemu-": "-0", "ld-musl-": "--argv0"}  # emulators and loaders, and their option for what argv[0] is to be
_OF_OURS = ("LD_LIBRARY_PATH", "LD_PRELOAD", "VIRTUAL_ENV", "CONDA_PREFIX", "__PYVENV_LAUNCHER__")


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Where a wheel is tried.

    Attributes:
        bin: programs of this machine that run the host's: python, and the scripts of what is installed.
        site: where it is installed.
    """

    bin: Path
    site: Path

    @property
    def python(self) -> Path:
        """The program that runs the host's Python with what is installed."""
        return self.bin / _script("python")

    def variables(self) -> dict[str, str]:
        """The environment of commands: this machine's without what is its own Python's, `bin` first on PATH."""
        kept = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
        for name in _OF_OURS:
            kept.pop(name, None)
        return {**kept, "PATH": os.pathsep.join([str(self.bin), os.environ.get("PATH", os.defpath)])}


def make_environment(folder: Path, host: Interpreter, requirements: Sequence[str]) -> Environment:
    """Make an environment of a host's Python and install into it.

    Args:
        folder: empty.
        host: the Python.
        requirements: as pip takes them; a wheel's path with its extras is one.

    Raises:
        HostPythonError: the Python does not run.
        HostTestError: pip can't install these; what it said stands above.
        MachineError: this machine has no pip.
    """
    environment = Environment(bin=folder / "bin", site=folder / "site")
    environment.bin.mkdir()
    environment.site.mkdir()
    _write_python(environment, replace(host, runner=isolated(host.runner, folder / "venv")))
    answer = ask_python(environment.python, environment.variables(), host.target, host.runner)
    _install(environment, host, answer, requirements)
    _write_scripts(environment, host.runner)
    return environment


def _install(environment: Environment, host: Interpreter, answer: Answer, requirements: Sequence[str]) -> None:
    version = "".join(re.findall(r"^[\d.]+", answer.markers["python_full_version"]))
    options = [
        "install", "--target", str(environment.site), "--only-binary=:all:", "--no-compile", "--quiet",
        "--disable-pip-version-check", "--no-warn-script-location", "--no-input",
        "--implementation", host.target.implementation, "--python-version", version,
    ]  # fmt: skip
    for option, values in (("--abi", answer.abis), ("--platform", answer.platforms)):
        options += [word for value in values for word in (option, value)]
    place = _pip_place()
    env = {**os.environ, **({"PYTHONPATH": place} if place else {}), "PIP_ROOT_USER_ACTION": "ignore"}
    argv = [sys.executable, "-c", _PIP, json.dumps(dict(answer.markers)), *options, *requirements]
    with doing(f"pip installs for the host: {' '.join(Path(one).name for one in requirements)}"):
        code = stream(argv, env=env, echo=False)
    if code:
        raise HostTestError(
            f"pip can't install what the test needs (exit code {code})",
            where=f"pip install {shlex.join(requirements)}",
            hint=f"the reason stands above; it looks for wheels that {host.target.python_version} on the host takes",
        )  # fmt: skip


def _pip_place() -> str:
    """What PYTHONPATH needs for pip: nothing where it is installed, else the wheel that ensurepip has.

    Raises:
        MachineError: there is neither.
    """
    if importlib.util.find_spec("pip"):
        return ""
    bundled = importlib.util.find_spec("ensurepip")
    folder = Path(str(bundled.origin)).parent / "_bundled" if bundled else Path()
    wheels = sorted(folder.glob("pip-*.whl"))
    if not wheels:
        raise MachineError("there is no pip here", where=sys.executable, hint="install pip into its environment")
    return str(wheels[-1])


def _write_python(environment: Environment, host: Interpreter) -> None:
    """The programs `python`, `python3` and `python3.11`, which run the host's with what is installed."""
    runner = host.runner
    emulator = Path(runner.argv[0]).name
    windows = host.target.platform.os == "windows" and os.name != "nt"
    site = f"Z:{environment.site}".replace("/", "\\") if windows else str(environment.site)  # wine's own drive
    names = ("python", "python3", host.target.python_name)
    for name in names:
        path = environment.bin / _script(name)
        words = list(runner.argv)
        for kind, option in _ARGV0.items():  # so that sys.executable is a program that this machine runs
            if emulator.startswith(kind):
                words[-1:] = [option, str(path), words[-1]]
                _tell_pypy(environment.bin.parent, host)
        env = {"PYTHONPATH": site, "PYTHONNOUSERSITE": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"}
        _write_script(path, words, {**env, **runner.env})


def _tell_pypy(folder: Path, host: Interpreter) -> None:
    """Where its library is: PyPy looks for it above argv[0], then below "/", which 32-bit emulators take for ours."""
    if host.target.implementation == "pp":
        home = Path(host.runner.argv[-1]).parent
        (folder / "pyvenv.cfg").write_text(f"home = {home}\ninclude-system-site-packages = true\n", "utf-8")


def _write_scripts(environment: Environment, runner: Runner) -> None:
    """The console scripts of what is installed, by their entry points: pip's are for the Python that runs it.

    Runners of tests that are not installed have a script that says so, before those on PATH.
    """
    done = capture([sys.executable, "-I", "-c", _SCRIPTS, str(environment.site)])
    points = cast("dict[str, str]", json.loads(done.stdout or "{}"))
    for name, value in points.items():
        module, _, attribute = value.partition("[")[0].strip().partition(":")
        top = attribute.partition(".")[0]
        code = f"{WITHOUT_FOLDER}; sys.argv[0] = {name!r}; from {module} import {top}; sys.exit({attribute}())"
        path = environment.bin / _script(name)
        if attribute and path.parent == environment.bin and not path.exists():
            _write_script(path, [str(environment.python), "-c", code], {})
    _write_programs(environment, runner)
    for name in _RUNNERS if os.name != "nt" else ():
        if not (path := environment.bin / name).exists():
            text = (f"xconan: {name} is not installed beside the wheel, and this machine's own would not try it: give "
                    f'--require {name}, or write requires = ["{name}"] in [tool.xconan.test]')  # fmt: skip
            _write_script(path, ["/bin/sh", "-c", f"echo {shlex.quote(text)} >&2; exit 127"], {})


def _write_programs(environment: Environment, runner: Runner) -> None:
    """The other programs that wheels bring (`.data/scripts`): pip puts them into a folder that is not on PATH."""
    for file in sorted(environment.site.glob("bin/*")):
        path = environment.bin / _script(file.name.removesuffix(".exe"))
        if not file.is_file() or path.exists():
            continue
        with file.open("rb") as stream:
            head = stream.read(_LOOKED_AT)
        if _OF_PYTHON.match(head):
            _write_script(path, [str(environment.python), str(file)], {})
        elif head.startswith(b"#!"):
            _write_script(path, [str(file)], {})
        elif b"\0" in head:
            static = Path(runner.argv[0]).name.startswith("ld-musl-") and not elf.loader(file)
            _write_script(path, [*(() if static else runner.argv[:-1]), str(file)], runner.env)


def _script(name: str) -> str:
    return f"{name}.cmd" if os.name == "nt" else name


def _write_script(path: Path, words: Sequence[str], env: Mapping[str, str]) -> None:
    """A program of this machine that runs another with an environment of its own."""
    if os.name == "nt":
        lines = ["@echo off", *(f'set "{name}={text}"' for name, text in env.items())]
        lines.append(" ".join([*(f'"{word}"' for word in words), "%*"]))
        path.write_text("\r\n".join([*lines, ""]), "utf-8")
        return
    lines = ["#!/bin/sh", *(f"export {name}={shlex.quote(text)}" for name, text in env.items())]
    lines.append(f'exec {shlex.join(words)} "$@"')
    path.write_text("\n".join([*lines, ""]), "utf-8")
    path.chmod(0o755)
