"""Wheels tried on their hosts: which Python takes one, what the environment is made of, and what is run in it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import sysconfig
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import facts
from tests.support.compare import raises_error
from tests.support.door import Answer, Call
from tests.support.elf import EXEC, Elf
from tests.support.installations import below, headers, write_tree
from tests.support.wheels import Wheel
from xconan.build_machine.buildenv import running_target
from xconan.cli import main
from xconan.emulate import Runner
from xconan.fetch.pythons.add import add_python
from xconan.ground.errors import ConfigError, HostPythonError, HostTestError
from xconan.hosttest.environment import make_environment
from xconan.hosttest.interpreter import Interpreter, find_interpreter, takes
from xconan.hosttest.trial import Wishes, check_sources, try_on_host
from xconan.wheel.finished.opened import read_name

if TYPE_CHECKING:
    from tests.support.door import Door

AARCH64 = "demo-1.0-cp311-cp311-manylinux_2_17_aarch64.whl"


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XCONAN_PYTHONS", str(tmp_path / "store"))


# --- which Python ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("python", "tags", "whether"),
    [
        ("cp311", "cp311-cp311", True),
        ("cp312", "cp311-cp311", False),
        ("cp311", "cp39-abi3", True),
        ("cp38", "cp39-abi3", False),
        ("cp313t", "cp39-abi3", False),
        ("cp315t", "cp315-abi3.abi3t", True),
        ("cp315", "cp315-abi3t", True),
        ("cp313t", "cp313-cp313t", True),
        ("cp313", "cp313-cp313t", False),
        ("cp313t", "cp313-cp313", False),
        ("cp311", "py3-none", True),
        ("cp311", "py2.py3-none", True),
        ("cp311", "py312-none", False),
        ("cp311", "py2-none", False),
        ("pp311", "pp311-pypy311_pp73", True),
        ("pp311", "cp311-cp311", False),
        ("pp311", "py3-none", True),
    ],
)
def test_which_python_takes_which_wheel(python: str, tags: str, whether: bool) -> None:  # noqa: FBT001
    bare = python.removesuffix("t")
    target = facts.target(f"{bare}-linux_aarch64", abi=python if python.startswith("cp") else "pypy311")
    assert takes(target, read_name(Path(f"demo-1.0-{tags}-linux_aarch64.whl")).tags) is whether


@pytest.mark.parametrize(("script", "found"), [("echo 3{minor}", True), ("echo pyenv >&2; exit 127", False)])
def test_a_program_on_path_that_is_no_python(
    script: str, found: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch  # noqa: FBT001
) -> None:  # fmt: skip
    """pyenv has scripts on PATH for each version that any environment has; elsewhere they fail."""
    minor = sys.version_info[1] + 1
    program = tmp_path / "bin" / f"python3.{minor}"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n" + script.format(minor=minor) + "\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    platform = running_target().platform.tag
    wheel = read_name(Path(f"demo-1.0-cp3{minor}-cp3{minor}-{platform}.whl"))
    if found:
        assert find_interpreter(wheel, None).runner.argv[-1] == str(program)
    else:
        with pytest.raises(HostPythonError, match="no Python that takes"):
            find_interpreter(wheel, None)


def test_the_running_python_first() -> None:
    found = find_interpreter(read_name(Path("demo-1.0-py3-none-any.whl")), None)
    assert (found.runner.argv, found.origin) == ((sys.executable,), "the running Python")


def made_root(folder: Path, *names: str, machine: str = "AARCH64") -> Path:
    program = Elf(machine=machine, kind=EXEC).header()
    write_tree(folder, {"usr/lib/ld-linux-aarch64.so.1": b"", **{f"usr/bin/{name}": program for name in names}})
    (folder / "lib").symlink_to("usr/lib")
    return folder


def test_a_root_that_is_named(door: Door, tmp_path: Path) -> None:
    qemu = door.install("qemu-aarch64-static", lambda _: None)
    root = made_root(tmp_path / "root", "python3.9", "python3.11", "python3.13", "python3-config")
    found = find_interpreter(read_name(Path(AARCH64)), root)
    assert found.runner.argv == (str(qemu), "-L", str(root), str(root / "usr/bin/python3.11"))
    newest = find_interpreter(read_name(Path("demo-1.0-cp310-abi3-linux_aarch64.whl")), root)
    assert newest.target.python_tag == "cp313"
    pure = find_interpreter(read_name(Path("demo-1.0-py3-none-any.whl")), root)
    assert pure.target.platform.arch.name == "aarch64"
    program = find_interpreter(read_name(Path(AARCH64)), root / "usr/bin/python3.11")
    assert program.runner == found.runner


@pytest.mark.parametrize("place", ["usr/local", "python", "python/install"])
@pytest.mark.parametrize("loader", ["lib/ld-linux-aarch64.so.1", "lib/ld-musl-aarch64.so.1"])
def test_a_python_anywhere_in_a_root(door: Door, tmp_path: Path, place: str, loader: str) -> None:
    """The images of Docker have it in usr/local, standalone builds bring a folder python: the loader is the root's."""
    door.install("qemu-aarch64", lambda _: None)
    program = f"{place}/bin/python3.11"
    root = write_tree(tmp_path / "root", {loader: b"", program: Elf(machine="AARCH64", kind=EXEC).header()})
    found = find_interpreter(read_name(Path(AARCH64)), root)
    assert found.runner.argv[1:] == ("-L", str(root), str(root / program))
    assert found.runner.env == {"PYTHONHOME": str(root / place)}


@pytest.mark.usefixtures("door")
def test_roots_that_will_not_do(tmp_path: Path) -> None:
    wheel = read_name(Path(AARCH64))
    with raises_error(ConfigError, "there is no such folder", where=f"--python {tmp_path}/none"):
        find_interpreter(wheel, tmp_path / "none")
    root = made_root(tmp_path / "root", "python3.9")
    with raises_error(HostPythonError, "no Python 3.11 for manylinux_2_17_aarch64 in it", where=str(root)):
        find_interpreter(wheel, root)
    other = made_root(tmp_path / "other", "python3.11", machine="S390")
    with raises_error(HostPythonError, "no Python 3.11 for manylinux_2_17_aarch64 in it", where=str(other)):
        find_interpreter(wheel, other)
    right = made_root(tmp_path / "right", "python3.11")
    with raises_error(HostPythonError, "nothing here runs programs", hint="apt-get install qemu-user-static"):
        find_interpreter(wheel, right)


@pytest.mark.parametrize("tag", ["manylinux_2_17_aarch64", "musllinux_1_2_aarch64"])
def test_a_root_with_another_c_library(door: Door, tmp_path: Path, tag: str) -> None:
    """Its Python is none for the wheel; for linux_*, which names no C library, it is."""
    door.install("qemu-aarch64", lambda _: None)
    root = made_root(tmp_path / "root", "python3.11")
    loader = "/lib/ld-linux-aarch64.so.1" if "musl" in tag else "/lib/ld-musl-aarch64.so.1"
    write_tree(root, {"usr/bin/python3.11": Elf().program(loader), f"usr{loader}": b""})
    with raises_error(HostPythonError, f"no Python 3.11 for {tag} in it", where=str(root)):
        find_interpreter(read_name(Path(f"demo-1.0-cp311-cp311-{tag}.whl")), root)
    found = find_interpreter(read_name(Path("demo-1.0-cp311-cp311-linux_aarch64.whl")), root)
    assert found.runner.argv[1:3] == ("-L", str(root))


@pytest.mark.parametrize(
    ("name", "command"),
    [
        (AARCH64, "xconan python add 3.11 --for manylinux_2_17_aarch64 --runnable;"),
        ("demo-1.0-cp313-cp313t-linux_armv7l.whl", "xconan python add 3.13t --for linux_armv7l --runnable;"),
        ("demo-1.0-pp311-pypy311_pp73-linux_s390x.whl", "xconan python add pypy3.11 --for linux_s390x --runnable;"),
        ("demo-1.0-cp36-abi3-linux_s390x.whl",
         f"xconan python add {running_target().python_version} --for linux_s390x --runnable;"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("door")
def test_the_command_that_brings_it(name: str, command: str) -> None:
    with raises_error(HostPythonError, f"no Python that takes {name}", hint=command):
        find_interpreter(read_name(Path(name)), None)


def test_one_of_the_store(door: Door, tmp_path: Path) -> None:
    """A folder that runs stays where it is; one without its interpreter is refused, and replaced when it has one."""
    door.install("qemu-aarch64", lambda _: None)
    root = write_tree(tmp_path / "root", below("usr/include/python3.11", headers((3, 11, 2))))
    target = facts.target("cp311-linux_aarch64")
    with raises_error(HostPythonError, "no interpreter python3.11 in it", hint="--from debian"):
        add_python(target, source=str(root), runnable=True)
    assert add_python(target, source=str(root)).program == ""
    with pytest.raises(HostPythonError):
        find_interpreter(read_name(Path(AARCH64)), None)
    made_root(root, "python3.11")
    entry = add_python(target, source=str(root), runnable=True)
    assert entry.program == str(root / "usr/bin/python3.11")
    found = find_interpreter(read_name(Path(AARCH64)), None)
    assert (found.runner.argv[-1], found.origin) == (entry.program, f"3.11.2, from {root}")
    assert add_python(target, source=None).program == entry.program  # what is there runs, and is not made less
    (root / "usr/bin/python3.11").unlink()
    with pytest.raises(HostPythonError):
        find_interpreter(read_name(Path(AARCH64)), None)


def test_an_interpreter_that_is_added_is_tried(
    door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where something here can run it; else it is said that nobody has."""
    root = write_tree(made_root(tmp_path / "root", "python3.11"), below("usr/include/python3.11", headers((3, 11, 2))))
    words = ["python", "add", "3.11", "--for", "linux_aarch64", "--from", str(root), "--runnable", "--force"]
    monkeypatch.setattr("xconan.emulate.find_emulator", lambda _platform: None)
    assert main(words) == 0
    told = capfd.readouterr().err
    assert "the interpreter of cp311-linux-aarch64 was not run: nothing here runs programs of linux_aarch64" in told
    answers = {"code": 0}
    qemu = door.install("qemu-aarch64", lambda _: Answer(code=answers["code"], stderr="qemu: no\nlibz.so.1: missing\n"))
    monkeypatch.setattr("xconan.emulate.find_emulator", lambda _platform: qemu)
    assert main(words) == 0
    assert "the interpreter of cp311-linux-aarch64 runs here" in capfd.readouterr().err
    assert door.calls[-1].argv == (str(qemu), "-L", str(root), str(root / "usr/bin/python3.11"), "-c", "")
    answers["code"] = 127
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == HostPythonError.exit_code
    told = capfd.readouterr().err
    assert "the interpreter of cp311-linux-aarch64 does not run: libz.so.1: missing" in told
    assert "runs here" not in told


# --- which tags it takes --------------------------------------------------------------------------------------------

# stands for qemu: runs this machine's Python in place of any other, and is what musl's loader is
EMULATOR = """\
#!/bin/sh
[ "$1 $2" = "-L {root}" ] || exit 9
shift 2
[ "$1" = -0 ] && shift 2
program=$1
shift
case $program in
  {root}/lib/ld-musl-x86_64.so.1) printf 'musl libc (x86_64)\\nVersion 1.2.4\\n' >&2; exit 1 ;;
  {root}/bin/python3.11) exec {python} "$@" ;;
esac
exit 9
"""


@pytest.mark.skipif(sysconfig.get_platform() != "linux-x86_64", reason="packaging's tags are those of this machine")
def test_a_python_of_musl_takes_wheels_for_musl(tmp_path: Path) -> None:
    """What the program and its loader say, not the script that runs the program here, and not this machine's loader."""
    root = write_tree(tmp_path / "root", {"bin/python3.11": Elf(machine="X86_64").program("/lib/ld-musl-x86_64.so.1")})
    emulator = tmp_path / "qemu-x86_64"
    emulator.write_text(EMULATOR.format(root=root, python=sys.executable), "utf-8")
    emulator.chmod(0o755)
    runner = Runner(argv=(str(emulator), "-L", str(root), str(root / "bin/python3.11")), env={})
    host = Interpreter(target=facts.target("cp311-musllinux_1_2_x86_64"), runner=runner, origin="")
    programs = {
        "hello": b"#!python\nimport sys, demo\nprint(*sys.argv[1:])\n",
        "tool": Elf(machine="X86_64").program("/lib/ld-musl-x86_64.so.1"),
        "shell": b"#!/bin/sh\nexec hello from sh\n",
        "notes": b"no program",
    }
    scripts = [(zipfile.ZipInfo(f"demo-1.0.data/scripts/{name}"), data) for name, data in programs.items()]
    for info, _ in scripts:
        info.external_attr = (stat.S_IFREG | 0o755) << 16
    files = {"demo/__init__.py": b""}
    wheel = Wheel(tags="py3-none-musllinux_1_2_x86_64", files=files, more=tuple(scripts)).write(tmp_path)
    (tmp_path / "env").mkdir()
    made = make_environment(tmp_path / "env", host, [str(wheel)])
    assert (made.site / "demo/__init__.py").is_file()
    assert f'exec {emulator} -L {root} {made.site}/bin/tool "$@"' in (made.bin / "tool").read_text("utf-8")
    assert not (made.bin / "notes").exists()
    for argv, said in ((["hello", "a b"], "a b\n"), (["shell"], "from sh\n")):
        env = made.variables()
        done = subprocess.run([made.bin / argv[0], *argv[1:]], env=env, capture_output=True, text=True, check=True)
        assert done.stdout == said


# --- what is run -----------------------------------------------------------------------------------------------------


class FakeHost:
    """A door whose scripts are the environment's, and whose pip notes what it is given."""

    def __init__(self, door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.door, self.codes = door, {"pip": 0, "import": 0, "sh": 0}
        self.root = made_root(tmp_path / "root", "python3.11")
        door.install("qemu-aarch64", lambda _: None)
        door.install("python3", self.pip)
        start = door.start

        def started(argv: Any, **options: Any) -> object:  # noqa: ANN401 - Popen's
            if argv[0].endswith("/bin/python"):
                door.scripts[argv[0]] = self.python
            door.scripts["/bin/sh"] = lambda _: Answer(code=self.codes["sh"])
            return start(argv, **options)

        monkeypatch.setattr("xconan.ground.run.subprocess.Popen", started)

    def pip(self, call: Call) -> Answer:
        if "pip" in call.argv[2]:
            return Answer(code=self.codes["pip"], stderr="no such wheel\n")
        return Answer(stdout='{"pytest": "pytest:console_main", "odd": "x"}')

    def python(self, call: Call) -> Answer:
        if "EXT_SUFFIX" in call.argv[2]:
            said = {"libc": "glibc 2.18", "macos": "", "suffix": ".cpython-311-aarch64-linux-gnu.so"}
            return Answer(stdout=json.dumps({**said, "markers": {"python_full_version": "3.11.2"}}))
        return Answer(code=self.codes["import"])


@pytest.fixture
def fake(door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    return FakeHost(door, tmp_path, monkeypatch)


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / AARCH64
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("demo/__init__.py", "")
        archive.writestr("demo/_core.so", "")
    return path


def test_what_pip_is_told(fake: FakeHost, wheel: Path) -> None:
    tried = try_on_host(wheel, fake.root, Wishes(requires=("pytest>=8",), extras=("fast", "more")))
    assert (tried.modules, tried.commands, tried.python) == (("demo", "demo._core"), 0, "python3.11, aarch64")
    pip = next(call for call in fake.door.called("python3") if "--target" in call.argv)
    assert json.loads(pip.argv[3]) == {"python_full_version": "3.11.2"}
    words = pip.argv[4:]
    assert words[-2:] == (f"{wheel}[fast,more]", "pytest>=8")
    for option, values in {
        "--platform": [f"{kind}_aarch64" for kind in ("manylinux_2_18", "manylinux_2_17", "manylinux2014", "linux")],
        "--abi": ["cp311", "abi3", "none"],
        "--implementation": ["cp"], "--python-version": ["3.11.2"],
    }.items():  # fmt: skip
        assert [value for before, value in pairwise(words) if before == option] == values
    asked, imported = fake.door.called("python")
    assert imported.argv[3:] == ("demo", "demo._core")
    assert not {name for name in asked.env if name.startswith("PYTHON")}


def test_the_environments_programs(fake: FakeHost, wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """python3.11 runs the host's, which knows its own script as sys.executable; pytest runs it too."""
    scripts: dict[str, str] = {}
    host = fake.python

    def keep(call: Call) -> Answer:
        scripts.update((path.name, path.read_text("utf-8")) for path in Path(call.argv[0]).parent.iterdir())
        return host(call)

    monkeypatch.setattr(fake, "python", keep)
    try_on_host(wheel, fake.root, Wishes())
    assert set(scripts) == {"python", "python3", "python3.11", "pytest", "py.test", "coverage", "nose2"}
    assert f"export PYTHONHOME={fake.root}/usr\n" in scripts["python"]
    last = scripts["python3.11"].splitlines()[-1]
    assert f"qemu-aarch64 -L {fake.root} -0 " in last
    assert last.endswith(f'/bin/python3.11 {fake.root}/usr/bin/python3.11 "$@"')
    assert "from pytest import console_main" in scripts["pytest"]


def test_commands_in_their_order(fake: FakeHost, wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_x.py").touch()
    wishes = Wishes(commands=("ls tests", "echo {project} {wheel}"), sources=("tests",), project=tmp_path)
    assert try_on_host(wheel, fake.root, wishes).commands == len(wishes.commands)
    calls = fake.door.called("sh")
    assert [call.argv[2] for call in calls] == ["ls tests", f"echo {tmp_path} {wheel}"]
    assert calls[0].cwd
    assert calls[0].env["PATH"].split(os.pathsep)[0].endswith("/bin")


@pytest.mark.parametrize(
    ("which", "message", "remedy"),
    [
        ("pip", "pip can't install", ""),
        ("import", "failed on its host with exit code 9", "project.dependencies"),
        ("sh", "exit code 9", "--require, or test.requires"),
    ],
)
def test_what_fails(fake: FakeHost, wheel: Path, which: str, message: str, remedy: str) -> None:
    fake.codes[which] = 9
    with raises_error(HostTestError, message, hint="the reason stands above") as caught:
        try_on_host(wheel, fake.root, Wishes(commands=("false",)))
    assert remedy in caught.value.hint


@pytest.mark.parametrize("name", ["none", "../out", "/etc"])
def test_sources_that_are_not_there(tmp_path: Path, name: str) -> None:
    with raises_error(ConfigError, f"'{name}' is no file or folder of the project", where="/p: test.sources"):
        check_sources(Wishes(sources=(name,), project=tmp_path), place="/p: test.sources")


def test_command_line_and_the_projects_own(
    fake: FakeHost, wheel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its command runs where none is given; what it requires is installed for both."""
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "demo"\nversion = "1.0"\n[tool.xconan.test]\ncommand = ["own", "more"]\nrequires = ["x"]\n'
        'env = { B = "b", A = "${B}b" }\n', "utf-8",
    )  # fmt: skip
    arguments = ["test", str(wheel), "--python", str(fake.root), "--project", str(tmp_path), "--require", "y"]
    assert main(arguments) == 0
    assert capsys.readouterr().out.endswith(": 2 modules imported, 2 commands\n")
    assert [call.argv[2] for call in fake.door.called("sh")] == ["own", "more"]
    assert fake.door.called("sh")[0].env["A"] == "bb"
    assert main([*arguments, "--", "qemu-aarch64"]) == 0
    assert capsys.readouterr().out.endswith(": 2 modules imported, 1 command\n")
    for pip in (call for call in fake.door.called("python3") if "--target" in call.argv):
        assert pip.argv[-2:] == ("x", "y")
    fake.codes["sh"] = 4
    with pytest.raises(SystemExit):
        main(arguments)
    said = capsys.readouterr().err
    assert "where: own" in said
    assert "by test.sources, as they run in an empty folder" in said


def test_command_line(fake: FakeHost, wheel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "pyproject.toml").write_text('[project]\nname = "other"\n', "utf-8")
    arguments = ["test", str(wheel), "--python", str(fake.root)]
    assert main([*arguments, "--", "qemu-aarch64", "--help", "--"]) == 0
    assert capsys.readouterr().out == f"{AARCH64}: passed on python3.11, aarch64: 2 modules imported, 1 command\n"
    assert fake.door.called("qemu-aarch64")[-1].argv[1:] == ("--help", "--")
    assert main([*arguments, "--json", "--", "no-such-program"]) == ConfigError.exit_code
    (error,) = json.loads(capsys.readouterr().out)["errors"]
    assert "--require no-such-program" in error["hint"]
    assert main([*arguments, "--project", str(other)]) == 0
    assert f"{AARCH64} is not of the project in {other}" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*arguments, "--project", str(other / "nowhere")])
    assert "there is no pyproject.toml" in capsys.readouterr().err
    fake.codes["import"] = 1
    for words, kind in ((arguments, HostTestError), (["test", "nowhere.whl"], ConfigError)):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == kind.exit_code


def real_wheel(folder: Path, code: str) -> Path:
    """One that pip installs, with a script demo-says."""
    files = {
        "demo.py": code.encode(),
        "demo-1.0.dist-info/entry_points.txt": b"[console_scripts]\ndemo-says = demo:says\n",
    }
    metadata = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: none; python_version < '3'\n"
    return Wheel(tags="py3-none-any", metadata=metadata, files=files).write(folder)


def test_the_real_thing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """By the running Python in an environment of its own, without network."""
    path = real_wheel(tmp_path, "import sys\ndef says():\n    print('said', *sys.argv[1:])\n    return 5\n")
    try_on_host(path, None, Wishes(commands=("python -c 'import demo'", "demo-says 'a b' || test $? = 5")))
    said = capfd.readouterr().err
    assert "imported demo\n" in said
    assert "said a b\n" in said
    with raises_error(HostTestError, "exit code 127", where="true && pytest"):
        try_on_host(path, None, Wishes(commands=("true && pytest",)))  # neither is ours
    assert "is not installed beside the wheel" in (said := capfd.readouterr().err)
    assert 'requires = ["pytest"] in [tool.xconan.test]' in said
    with raises_error(HostTestError, "failed on its host with exit code 1", where="import conan"):
        try_on_host(path, None, Wishes(commands=("python -c 'import conan'",)))  # ours is not the wheel's


def test_what_lies_in_the_current_folder_is_not_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A project's sources beside the command, and modules of it that are named as Python's own and pip's are."""
    path = real_wheel(tmp_path, "def says():\n    print('said by the wheel')\n")
    folder = tmp_path / "project"
    names = ("json", "pip", "platform", "runpy", "sysconfig", "venv", "importlib")
    write_tree(folder, {f"{name}.py": b"raise SystemExit(f'{__file__} of the project')\n" for name in names})
    write_tree(folder, {"demo.py": b"def says():\n    print('said by the sources')\n"})
    monkeypatch.chdir(folder)
    try_on_host(path, None, Wishes(words=("demo-says",)))
    said = capfd.readouterr().err
    assert "said by the wheel\n" in said
    assert "of the project" not in said
    Path("others").mkdir()
    other = real_wheel(Path("others"), "").rename("demo-1.0-py3-none-any.whl")  # named from here, pip finds it
    assert try_on_host(other, None, Wishes(requires=("./demo-1.0-py3-none-any.whl",))).modules == ("demo",)
