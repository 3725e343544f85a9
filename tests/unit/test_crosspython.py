"""The cross interpreter, run: this machine's Pythons answer as the host's where that is asked of them."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import xconan
from tests.support import facts
from tests.support.needs import missing
from tests.support.pythons import interpreters
from xconan.host.tags import extension_suffixes
from xconan.project.config.records import WheelConfig
from xconan.project.wheel_tags import wheel_tags
from xconan.project.workspace import Layout
from xconan.render import interpreter as render

if TYPE_CHECKING:
    from xconan.host.targets import Target
    from xconan.pythons.records import HostPython

CROSS_FILES = Path(xconan.__file__).parent / "crosspython"
PYTHONS = interpreters()
HOSTS = {
    "cp311-linux_aarch64": "",
    "cp313-linux_armv7l": "cp313t",
    "cp39-manylinux_2_17_s390x": "",
    "cp314-musllinux_1_2_x86_64": "",
    "cp37-linux_i686": "cp37m",
}

ASK = """
import importlib.machinery, json, os, platform, struct, sys, sysconfig
print(json.dumps({
    "EXT_SUFFIX": sysconfig.get_config_var("EXT_SUFFIX"),
    "SOABI": sysconfig.get_config_var("SOABI"),
    "INCLUDEPY": sysconfig.get_config_var("INCLUDEPY"),
    "paths": [sysconfig.get_path("include"), sysconfig.get_path("platinclude")],
    "platform": sysconfig.get_platform(),
    "pointer": struct.calcsize("P"),
    "version": list(sys.version_info),
    "named": [sys.version_info.major, sys.version_info.minor, sys.version_info.releaselevel],
    "abiflags": sys.abiflags,
    "wide": sys.maxsize > 2**32,
    "machine": platform.machine(),
    "gil": sysconfig.get_config_var("Py_GIL_DISABLED"),
    "suffixes": importlib.machinery.EXTENSION_SUFFIXES,
}))
"""


@dataclass(frozen=True)
class Wrapper:
    """A cross interpreter as xconan would write it."""

    path: Path
    layout: Layout
    host: Target
    python: HostPython

    def __call__(self, *arguments: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> str:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "_PYTHON"))}
        done = subprocess.run(
            [self.path, *arguments], cwd=cwd, env={**clean, **(env or {})}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert not done.stderr
        return done.stdout

    def ask(self, *arguments: str, **options: dict[str, str]) -> dict[str, object]:
        found: dict[str, object] = json.loads(self(*arguments, **options))  # type: ignore[arg-type]
        return found


def make(folder: Path, interpreter: Path, name: str = "cp311-linux_aarch64", **changes: object) -> Wrapper:
    host = facts.target(name, abi=HOSTS.get(name, ""))
    layout, python = Layout(root=folder / "la yout"), facts.python(host, **changes)
    tags = wheel_tags(host, WheelConfig(), pure=False)
    site = layout.python / "site"
    site.mkdir(parents=True)
    (site / "_xconan_host.py").write_text(
        render.host_facts(facts.facts(host, python=python, layout=layout), tags).text, encoding="utf-8"
    )
    for file in CROSS_FILES.glob("*.py"):
        (site / file.name).write_bytes(file.read_bytes())
    path = layout.python / "bin" / "python3"
    path.parent.mkdir()
    machine = facts.machine(python=interpreter)
    wrapper = render.interpreter(machine, cross=facts.cross(host), layout=layout, as_host=True)
    path.write_text(wrapper.text, encoding="utf-8")
    path.chmod(0o755)
    return Wrapper(path, layout, host, python)


@pytest.fixture(scope="module")
def newest() -> Path:
    if not PYTHONS:
        missing("a Python")
    return list(PYTHONS.values())[-1]


@pytest.mark.parametrize("version", sorted({"3.10", "3.11", "3.12", "3.13", "3.14"} & PYTHONS.keys()))
@pytest.mark.parametrize("host", sorted(HOSTS))
def test_answers(tmp_path: Path, version: str, host: str) -> None:
    wrapper = make(tmp_path, PYTHONS[version], host)
    target, python = wrapper.host, wrapper.python
    flags = target.abi.removeprefix(f"cp{target.version}")
    bits = target.platform.arch.bits
    assert wrapper.ask("-c", ASK) == {
        "EXT_SUFFIX": python.ext_suffix,
        "SOABI": python.soabi,
        "INCLUDEPY": str(python.include_dir),
        "paths": [str(python.include_dir)] * 2,
        "platform": f"linux-{target.platform.arch.name}",
        "pointer": bits // 8,
        "version": list(python.version),
        "named": [*python.version[:2], "final"],
        "abiflags": flags,
        "wide": bits == 64,
        "machine": target.platform.arch.name,
        "gil": int(flags == "t"),
        "suffixes": list(extension_suffixes(target, python.ext_suffix)),
    }


@pytest.mark.parametrize("version", sorted({"3.10", "3.11", "3.12", "3.13", "3.14"} & PYTHONS.keys()))
@pytest.mark.parametrize("options", [[], ["-I"], ["-S"]], ids=" ".join)
def test_sysconfig_as_a_program(tmp_path: Path, version: str, options: list[str]) -> None:
    """`python -m sysconfig` says what the module does: of older Pythons it would be a second copy of it."""
    wrapper = make(tmp_path, PYTHONS[version], "cp39-linux_i686")
    told = wrapper(*options, "-m", "sysconfig")
    assert 'Platform: "linux-i686"\n' in told
    assert f'\tEXT_SUFFIX = "{wrapper.python.ext_suffix}"\n' in told
    assert f'\tplatinclude = "{wrapper.python.include_dir}"\n' in told


HONEST = "import sys, struct, os\nprint(sys.version_info[:3], struct.calcsize('P'), os.uname().machine, sys.maxsize)\n"


@pytest.fixture
def truth(newest: Path) -> str:
    return subprocess.run([newest, "-c", HONEST], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("arguments", [["-c", HONEST], ["-B", "-c", HONEST], ["-X", "utf8", "-c", HONEST]])
def test_commands_get_the_hosts_answers(tmp_path: Path, newest: Path, truth: str, arguments: list[str]) -> None:
    assert make(tmp_path, newest, "cp39-manylinux_2_17_s390x")(*arguments) != truth


@pytest.mark.parametrize(
    "arguments",
    [["tool.py"], ["tool.py", "-c", "x"], ["-m", "tool"], ["-m", "tool", "-c", "x"], ["-B", "tool.py", "-c"], ["-"]],
    ids=" ".join,
)
def test_scripts_get_honest_answers(tmp_path: Path, newest: Path, truth: str, arguments: list[str]) -> None:
    (tmp_path / "tool.py").write_text(HONEST, encoding="utf-8")
    wrapper = make(tmp_path, newest, "cp39-linux_i686")
    if arguments == ["-"]:
        done = subprocess.run([wrapper.path, "-"], input=HONEST, capture_output=True, text=True, check=True)
        assert done.stdout == truth
    else:
        assert wrapper(*arguments, cwd=tmp_path) == truth


def test_packages_get_honest_answers(tmp_path: Path, newest: Path, truth: str) -> None:
    """nanobind and pybind11 look at the interpreter that runs them when they are imported."""
    (tmp_path / "third_party.py").write_text(HONEST, encoding="utf-8")
    wrapper = make(tmp_path, newest, "cp39-linux_i686")
    code = "import sys; before = sys.version_info[:2]; import third_party; print(before, sys.version_info[:2])"
    first, second = wrapper("-c", code, env={"PYTHONPATH": str(tmp_path)}).splitlines()
    assert first + "\n" == truth
    assert second.startswith("(3, 9) (3, ")
    assert not second.endswith("(3, 9)")


@pytest.mark.parametrize("host", ["cp311-linux_aarch64", "cp313-linux_armv7l"])
def test_questions_in_any_order(tmp_path: Path, newest: Path, host: str) -> None:
    """Asking sysconfig first does not change what is said of the version."""
    wrapper = make(tmp_path, newest, host)
    code = "import sysconfig, sys; s = sysconfig.get_config_var('SOABI'); print(s, sys.version_info[1], sys.maxsize)"
    arch = wrapper.host.platform.arch
    assert wrapper("-c", code).split() == [
        wrapper.python.soabi,
        wrapper.host.version[1:],
        str(2 ** (arch.bits - 1) - 1),
    ]
    # what the host's own sysconfig data would say and nobody knows is the build machine's
    assert wrapper("-c", "import sysconfig; print(len(sysconfig.get_config_vars()) > 100)") == "True\n"


def test_hosts_own_sysconfig_data(tmp_path: Path, newest: Path) -> None:
    file = tmp_path / "_sysconfigdata__linux_aarch64-linux-gnu.py"
    file.write_text("build_time_vars = {'CC': 'host-gcc', 'SOABI': 'wrong', 'ONLY': 1}\n", encoding="utf-8")
    wrapper = make(tmp_path, newest, sysconfig_file=file)
    code = "import sysconfig as s; print(s.get_config_var('CC'), s.get_config_var('ONLY'), s.get_config_var('SOABI'))"
    assert wrapper("-c", code) == f"host-gcc 1 {wrapper.python.soabi}\n"


def test_next_sitecustomize_still_runs(tmp_path: Path, newest: Path) -> None:
    other = tmp_path / "isolation"
    other.mkdir()
    (other / "sitecustomize.py").write_text("import sys\nsys.isolated = True\n", encoding="utf-8")
    wrapper = make(tmp_path, newest)
    env = {"PYTHONPATH": str(other)}
    assert wrapper("-c", "import sys; print(sys.isolated, sys.version_info[1])", env=env) == "True 11\n"
    (tmp_path / "a.py").write_text("import sys; print(sys.isolated)", encoding="utf-8")
    assert wrapper("a.py", env=env, cwd=tmp_path) == "True\n"


def test_children_of_a_command(tmp_path: Path, newest: Path, truth: str) -> None:
    """A command that starts the wrapper again for a script: the script sees the truth."""
    (tmp_path / "tool.py").write_text(HONEST, encoding="utf-8")
    wrapper = make(tmp_path, newest, "cp39-linux_i686")
    code = "import subprocess, sys; print(subprocess.check_output([sys.executable, 'tool.py'], text=True), end='')"
    assert wrapper("-c", code, cwd=tmp_path) == truth


def test_other_uses_of_struct_are_true(tmp_path: Path, newest: Path) -> None:
    wrapper = make(tmp_path, newest, "cp39-linux_i686")
    code = (
        "import struct; print(struct.calcsize('i'), struct.calcsize('<q'), struct.calcsize('@P'), struct.calcsize('P'))"
    )
    assert wrapper("-c", code) == "4 8 4 4\n"


def test_module_of_the_host_is_spoken_of(tmp_path: Path, newest: Path) -> None:
    wrapper = make(tmp_path, newest)
    module = tmp_path / f"_core{wrapper.python.ext_suffix}"
    module.write_bytes(b"")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\ntry:\n    import _core\nexcept ImportError as e: print(e)"
    )
    said = wrapper("-c", code)
    assert str(module) in said
    assert "is a module of the host machine" in said
    assert "if(NOT CMAKE_CROSSCOMPILING)" in said


FOREIGN = b"\x7fELF\x02\x02\x01" + bytes(9) + b"\x00\x03\x00\x16"  # s390x


@pytest.mark.parametrize("suffix", [".cpython-311-aarch64-linux-gnu.so", ".abi3.so", ".so"])
def test_command_that_begins_again_on_the_host(suffix: str, tmp_path: Path, newest: Path) -> None:
    """As soon as it imports a module of the host, as it was given, without what makes the cross interpreter."""
    wrapper = make(tmp_path, newest)
    host = tmp_path / "host python"
    host.write_text('#!/bin/sh\nprintf "%s|" "$HOME" "${_PYTHON_HOST_PLATFORM-none}" "$PYTHONPATH" "$@"\n', "utf-8")
    host.chmod(0o755)
    with (wrapper.layout.python / "site" / "_xconan_host.py").open("a", encoding="utf-8") as file:
        file.write(f'HOST |= {{"runner": [{str(host)!r}], "runner_env": {{"HOME": "/host"}}}}\n')
    package = tmp_path / "built" / "nav"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / f"_core{suffix}").write_bytes(FOREIGN)
    code = "import json, sys; print('here'); from nav import _core"
    said = wrapper("-B", "-c", code, "a b", env={"PYTHONPATH": str(package.parent)})
    here, home, platform, path, *words = said.replace("here\n", "here|").split("|")
    assert (here, home, platform, words) == ("here", "/host", "none", ["-B", "-c", code, "a b", ""])
    assert str(package.parent) in path.split(os.pathsep)
    assert str(wrapper.layout.python / "site") not in path.split(os.pathsep)


@pytest.mark.parametrize("name", ["plain.py", "__init__.py"])
def test_python_files_come_first_as_ever(name: str, tmp_path: Path, newest: Path) -> None:
    """A package before a module of its name in one folder; and what lies in an earlier folder."""
    wrapper = make(tmp_path, newest)
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    (second / "plain.abi3.so").write_bytes(FOREIGN)
    file = first / "plain.py" if name == "plain.py" else second / "plain" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("print('python')\n", "utf-8")
    assert wrapper("-c", "import plain", env={"PYTHONPATH": f"{first}{os.pathsep}{second}"}) == "python\n"


OPTIONS = [
    ["-I"], ["-E"], ["-S"], ["-I", "-S"], ["-IES"], ["-W", "ignore", "-I"], ["-X", "utf8", "-Wignore", "-BI"],
    ["-IXutf8"], ["--check-hash-based-pycs", "always", "-E"],
]  # fmt: skip
EXT_SUFFIX = "import sysconfig; print(sysconfig.get_config_var('EXT_SUFFIX'))"


@pytest.mark.parametrize("version", sorted({"3.10", "3.11", "3.12", "3.13", "3.14"} & PYTHONS.keys()))
@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_answers_without_pythonpath_or_site(tmp_path: Path, version: str, options: list[str]) -> None:
    wrapper = make(tmp_path, PYTHONS[version], "cp313-linux_armv7l")
    expected = make(tmp_path / "plain", PYTHONS[version], "cp313-linux_armv7l").ask("-c", ASK)
    found = wrapper.ask(*options, "-c", ASK)
    folders = {"INCLUDEPY", "paths"}
    assert {name: found[name] for name in found.keys() - folders} == {
        name: expected[name] for name in expected.keys() - folders
    }
    code = "import sys; print(sys.argv, sys.flags.isolated, sys.flags.ignore_environment, sys.flags.no_site)"
    argv, *flags = wrapper(*options, "-c", code, "a b", "-I").rsplit(maxsplit=3)
    assert argv == "['-c', 'a b', '-I']"
    letters = "".join(options)
    assert flags == [str(int("I" in letters)), str(int("I" in letters or "E" in letters)), str(int("S" in letters))]
    if options[-1] in {"-I", "-E", "-S", "-IES", "-BI"}:
        assert wrapper(*options[:-1], f"{options[-1]}cprint(1)") == "1\n"


@pytest.mark.parametrize("options", [*OPTIONS, []], ids=" ".join)
def test_scripts_and_modules_with_options(tmp_path: Path, newest: Path, truth: str, options: list[str]) -> None:
    """Honest about the interpreter, the host's in sysconfig, and started as Python starts them."""
    text = HONEST + EXT_SUFFIX + "\nprint(__name__, sys.argv[1:], sys.path[0] == sys.argv[1])\n"
    (tmp_path / "tool.py").write_text(text, encoding="utf-8")
    wrapper = make(tmp_path, newest, "cp39-linux_i686")
    isolated = "I" in "".join(options)
    where = str(tmp_path)
    expected = f"{truth}{wrapper.python.ext_suffix}\n__main__ ['{where}', '-c'] {not isolated}\n"
    assert wrapper(*options, str(tmp_path / "tool.py"), where, "-c") == expected
    if not isolated:
        assert wrapper(*options, "-m", "tool", where, "-c", cwd=tmp_path) == expected
        assert wrapper(*options, "-mtool", where, "-c", cwd=tmp_path) == expected
    done = subprocess.run([wrapper.path, *options], input=EXT_SUFFIX, capture_output=True, text=True, check=True)
    assert done.stdout == f"{wrapper.python.ext_suffix}\n"


@pytest.mark.parametrize("options", [[], ["-I"], ["-E"], ["-S"]], ids=" ".join)
def test_child_of_a_child(tmp_path: Path, newest: Path, options: list[str]) -> None:
    """sys.executable leads back, also where a child gets no environment."""
    wrapper = make(tmp_path, newest, "cp39-linux_i686")
    inner = f"import subprocess, sys; subprocess.run([sys.executable, *{options}, '-c', {EXT_SUFFIX!r}], check=True)"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-I', '-c', {inner!r}], env={{}}, check=True)"
    (tmp_path / "tool.py").write_text(outer, encoding="utf-8")
    assert wrapper(*options, "tool.py", cwd=tmp_path) == f"{wrapper.python.ext_suffix}\n"
    assert wrapper("-c", "import sys; print(sys.executable)") == f"{wrapper.path}\n"


def test_other_pythons_are_the_build_machines(tmp_path: Path, newest: Path) -> None:
    """Virtual environments made from a command or a script, and other installations, as children of the interpreter.

    Nothing of the host's is in their environment: pip would choose the host's wheels by its platform.
    """
    wrapper = make(tmp_path, newest, "cp39-linux_i686")
    wrapper("-m", "venv", "--without-pip", str(tmp_path / "a"))
    wrapper("-Im", "venv", "--without-pip", str(tmp_path / "b"))
    code = f"import venv; venv.create({str(tmp_path / 'c')!r}, symlinks=True)"
    wrapper("-c", code)
    asked = f"{HONEST}{EXT_SUFFIX}; print(sysconfig.get_platform())"
    plain = subprocess.run([newest, "-c", asked], capture_output=True, text=True, check=True).stdout
    for python in (*(tmp_path / name / "bin" / "python3" for name in "abc"), newest):
        ask = f"import subprocess; subprocess.run([{str(python)!r}, '-c', {asked!r}], check=True)"
        for options in ([], ["-I"], ["-S"]):
            assert wrapper(*options, "-c", ask) == plain
        done = subprocess.run([python, "-I", "-c", asked], capture_output=True, text=True, check=True)
        assert done.stdout == plain


@pytest.mark.parametrize("version", sorted({"3.8", "3.10", "3.11"} & PYTHONS.keys()))
def test_distutils_answers_with_the_hosts_platform(tmp_path: Path, version: str) -> None:
    """It reads the variable by itself, which other programs are not to have."""
    wrapper = make(tmp_path, PYTHONS[version], "cp39-linux_i686")
    ask = "import os; from distutils.util import *; print(get_host_platform(), get_platform(), list(os.environ))"
    told = wrapper("-W", "ignore", "-c", ask, env={"SETUPTOOLS_USE_DISTUTILS": "stdlib"})
    assert told.startswith("linux-i686 linux-i686 [")
    assert "_PYTHON_HOST_PLATFORM" not in told


def test_errors_of_what_was_asked(tmp_path: Path, newest: Path) -> None:
    wrapper = make(tmp_path, newest)
    for code, words in (("import sys; sys.exit(7)", (7, "")), ("raise ValueError('so')", (1, "ValueError: so"))):
        done = subprocess.run([wrapper.path, "-I", "-c", code], capture_output=True, text=True, check=False)
        assert done.returncode == words[0]
        assert words[1] in done.stderr
    future = "from __future__ import annotations\nx: unknown = 1\nprint(x)"
    assert wrapper("-I", "-c", future) == "1\n"
