"""The scripts by which a build calls Python."""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.hostile import HOSTILE
from xconan.build_machine.buildenv import BuildPackage
from xconan.model import HostRunner
from xconan.project.config.records import WheelConfig
from xconan.project.wheel_tags import wheel_tags
from xconan.project.workspace import Layout
from xconan.render import interpreter as render

if TYPE_CHECKING:
    from pathlib import Path


def run(script: Path, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([script, *arguments], env=env, capture_output=True, text=True, check=False)


def executable(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("folder", [name[1:] for name in HOSTILE])
def test_hostile_paths_in_the_interpreter(folder: str, tmp_path: Path) -> None:
    place = tmp_path / folder
    python = executable(place / "py thon", '#!/bin/sh\nprintf "%s\\n" "$PYTHONPATH" "$@"\n')
    machine = facts.machine(python=python, packages=(BuildPackage(name="p", prefixes=(), import_path=str(place)),))
    text = render.interpreter(machine, cross=facts.cross(), layout=Layout(root=place), as_host=True).text
    done = run(executable(place / "bin" / "python3", text), "a b", "$c", env={"PATH": "/usr/bin:/bin"})
    assert done.stdout.splitlines() == [f"{place}/python/site:{place}", "a b", "$c"], done.stderr


def test_build_interpreter_keeps_the_users_path(tmp_path: Path) -> None:
    python = executable(tmp_path / "python", '#!/bin/sh\necho "$PYTHONPATH,$_PYTHON_HOST_PLATFORM"\n')
    machine = facts.machine(python=python, packages=(BuildPackage(name="p", prefixes=(), import_path="/shelf"),))
    layout = Layout(root=tmp_path)
    scripts = {
        as_host: executable(
            tmp_path / str(as_host),
            render.interpreter(machine, cross=facts.cross(), layout=layout, as_host=as_host).text,
        )
        for as_host in (False, True)
    }
    assert run(scripts[False], env={"PYTHONPATH": "/mine"}).stdout == "/shelf:/mine,\n"
    assert run(scripts[True], env={}).stdout == f"{tmp_path}/python/site:/shelf,linux-aarch64\n"


def test_another_pythons_home_is_not_ours(tmp_path: Path) -> None:
    """PYTHONHOME would lead the build's Python to the library of another one."""
    python = executable(tmp_path / "python", '#!/bin/sh\necho "${PYTHONHOME-none}"\n')
    for as_host in (False, True):
        made = render.interpreter(
            facts.machine(python=python), cross=facts.cross(), layout=Layout(root=tmp_path), as_host=as_host
        )
        script = executable(tmp_path / str(as_host), made.text)
        assert run(script, env={"PYTHONHOME": "/elsewhere"}).stdout == "none\n"


def test_emulator_runs_the_interpreter_alone(tmp_path: Path) -> None:
    layout = Layout(root=tmp_path / "o ut")
    wrapper = executable(layout.python / "bin" / "python3", '#!/bin/sh\necho wrapped "$@"\n')
    program = executable(tmp_path / "program", "#!/bin/sh\necho ran\n")
    emulator = executable(layout.python / "bin" / "emulator", render.emulator(layout, "", None).text)
    link = tmp_path / "link"
    link.symlink_to(wrapper)
    assert run(emulator, str(wrapper), "a b").stdout == "wrapped a b\n"
    assert run(emulator, str(link), "x").stdout == "wrapped x\n"
    refused = run(emulator, str(program))
    assert (refused.returncode, refused.stdout) == (126, "")
    assert "program of the host" in refused.stderr


def test_emulator_hands_on_to_the_users(tmp_path: Path) -> None:
    layout = Layout(root=tmp_path)
    wrapper = executable(layout.python / "bin" / "python3", "#!/bin/sh\necho wrapped\n")
    users = executable(tmp_path / "qe mu", '#!/bin/sh\nprintf "%s|" "$@"\n')
    emulator = executable(tmp_path / "e", render.emulator(layout, f"{users};-L;/sys root", None).text)
    assert run(emulator, "/prog", "a b").stdout == "-L|/sys root|/prog|a b|"
    assert run(emulator, str(wrapper)).stdout == "wrapped\n"


def test_emulator_of_the_hosts_python(tmp_path: Path) -> None:
    """It runs other programs of the host's, too, where the toolchain file names none."""
    layout, users = Layout(root=tmp_path), executable(tmp_path / "qemu", '#!/bin/sh\nprintf "%s|" "$@"\n')
    runner = HostRunner(argv=(str(users), "-L", "/root", "/root/usr/bin/python3.11"), env={})
    emulator = executable(tmp_path / "e", render.emulator(layout, "", runner).text)
    assert run(emulator, "/prog", "a b").stdout == "-L|/root|/prog|a b|"
    first = executable(tmp_path / "f", render.emulator(layout, f"{users};mine", runner).text)
    assert run(first, "/prog").stdout == "mine|/prog|"


def test_a_loader_runs_no_static_programs(tmp_path: Path) -> None:
    """musl's says by --list whether a program is one of its own."""
    loads = '#!/bin/sh\ncase "$1 $2" in "--list /dynamic") exit 0;; --list*) exit 1;; esac\nprintf "%s|" "$@"\n'
    loader = executable(tmp_path / "ld-musl-x.so.1", loads)
    static = executable(tmp_path / "static", '#!/bin/sh\necho by itself "$@"\n')
    runner = HostRunner(argv=(str(loader), "--library-path", "/r/lib", "/r/bin/python3.11"), env={})
    emulator = executable(tmp_path / "e", render.emulator(Layout(root=tmp_path), "", runner).text)
    assert run(emulator, "/dynamic", "a b").stdout == "--library-path|/r/lib|/dynamic|a b|"
    assert run(emulator, str(static), "a b").stdout == "by itself a b\n"


def test_host_facts_tell_the_runner() -> None:
    runner = HostRunner(argv=("/q", "/python"), env={"PYTHONHOME": "/usr"})
    scope: dict[str, dict[str, object]] = {}
    told = render.host_facts(facts.facts(runner=runner), wheel_tags(facts.target(), WheelConfig(), pure=False))
    exec(told.text, scope)  # noqa: S102 - our own text
    assert (scope["HOST"]["runner"], scope["HOST"]["runner_env"]) == (["/q", "/python"], {"PYTHONHOME": "/usr"})


def test_host_facts_are_python() -> None:
    host = facts.target("cp313-linux_armv7l", abi="cp313t")
    scope: dict[str, dict[str, object]] = {}
    exec(render.host_facts(facts.facts(host), wheel_tags(host, WheelConfig(), pure=False)).text, scope)  # noqa: S102 - our own text
    found = scope["HOST"]
    assert (found["pointer_size"], found["maxsize"], found["machine"]) == (4, 2**31 - 1, "armv7l")
    assert found["abiflags"] == "t"
    variables = found["sysconfig"]
    assert isinstance(variables, dict)
    assert (variables["Py_GIL_DISABLED"], variables["LDVERSION"], variables["VERSION"]) == (1, "3.13t", "3.13")
    assert variables["MULTIARCH"] == "arm-linux-gnueabihf"
    assert shlex.quote(str(variables["INCLUDEPY"])) == "/host/usr/include/python3.13"
