"""A wheel on its host: how the host's Python is run here, and what is tried with it."""

from __future__ import annotations

import sys
import sysconfig
import venv
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import facts
from tests.support.compare import raises_error
from tests.support.door import Answer
from tests.support.elf import EXEC, Elf
from xconan.build_machine.buildenv import running_target
from xconan.emulate import Runner, RunOptions, find_runner, try_wheel
from xconan.ground.errors import CheckError, ConfigError, HostPythonError, HostTestError
from xconan.ground.run import capture
from xconan.host.platforms import table

if TYPE_CHECKING:
    from tests.support.door import Door
    from xconan.host.platforms import Arch
    from xconan.toolchains.records import Toolchain

AARCH64 = facts.target("cp311-linux_aarch64")
HERE = replace(facts.target("cp311-linux_x86_64"), platform=running_target().platform)
BARE = replace(facts.toolchain("aarch64"), implicit_roots=())


# --- how it is run ---------------------------------------------------------------------------------------------------


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """The root of a host with a Python: its headers, its interpreter and its dynamic linker."""
    return made_host(tmp_path / "host")


def made_host(folder: Path, machine: str = "AARCH64", *, prefix: str = "usr", name: str = "python3.11",
              linker: str = "lib/ld-linux-aarch64.so.1") -> Path:  # fmt: skip
    program = folder / prefix / "bin" / name
    program.parent.mkdir(parents=True)
    program.write_bytes(Elf(machine=machine, kind=EXEC).header())
    (folder / prefix / "include" / name).mkdir(parents=True)
    if linker:
        (folder / linker).parent.mkdir(parents=True, exist_ok=True)
        (folder / linker).touch()
    return folder


def runner(
    include: Path | None,
    *,
    options: RunOptions | None = None,
    toolchain: Toolchain | None = BARE,
    **changes: Any,  # noqa: ANN401
) -> Runner | str:
    target = changes.pop("target", AARCH64)
    python = facts.python(target, include_dir=include)
    return find_runner(facts.cross(target, **changes), python, toolchain, options or RunOptions())


def test_host_python_by_the_emulator(door: Door, host: Path) -> None:
    qemu = door.install("qemu-aarch64-static", lambda _: None)
    program = host / "usr/bin/python3.11"
    assert runner(host / "usr/include/python3.11") == Runner(
        argv=(str(qemu), "-L", str(host), str(program)), env={"PYTHONHOME": str(host / "usr")}
    )


def test_host_python_beside_the_prefix(door: Door, host: Path) -> None:
    door.install("qemu-aarch64", lambda _: None)
    found = runner(None, prefix=host / "usr")
    assert isinstance(found, Runner)
    assert found.argv[-1] == str(host / "usr/bin/python3.11")
    found = runner(None, prefix=host)  # a prefix with usr/bin in it
    assert isinstance(found, Runner)
    assert found.argv[1:] == ("-L", str(host), str(host / "usr/bin/python3.11"))


def test_host_python_in_the_sysroot(door: Door, host: Path) -> None:
    door.install("qemu-aarch64", lambda _: None)
    toolchain = replace(BARE, variables={"CMAKE_SYSROOT": str(host)})
    found = runner(None, toolchain=toolchain)
    assert isinstance(found, Runner)
    assert found.argv[1:] == ("-L", str(host), str(host / "usr/bin/python3.11"))


@pytest.mark.parametrize("linker", ["lib/ld64.so.1", "lib64/ld64.so.2", "lib/ld-musl-aarch64.so.1", "lib/ld-2.31.so"])
def test_linkers_of_other_machines(door: Door, tmp_path: Path, linker: str) -> None:
    """s390x, ppc64le and musl name it otherwise."""
    door.install("qemu-aarch64", lambda _: None)
    root = made_host(tmp_path / "host", linker=linker)
    found = runner(root / "usr/include/python3.11")
    assert isinstance(found, Runner)
    assert found.argv[1:3] == ("-L", str(root))


def test_linker_elsewhere(door: Door, tmp_path: Path) -> None:
    """A Python in a folder of its own needs the C library of the compiler's folders."""
    door.install("qemu-aarch64", lambda _: None)
    python = made_host(tmp_path / "python", prefix="opt", linker="")
    root = tmp_path / "cross"
    (root / "lib64").mkdir(parents=True)
    (root / "lib64/ld-linux-aarch64.so.1").touch()
    include = python / "opt/include/python3.11"
    found = runner(include, toolchain=replace(BARE, implicit_roots=(str(root),)))
    assert isinstance(found, Runner)
    assert found.argv[1:3] == ("-L", str(root))
    found = runner(include, toolchain=None)
    assert isinstance(found, Runner)
    assert "-L" not in found.argv


@pytest.mark.parametrize(
    ("host_name", "abi", "name"),
    [
        ("cp313-linux_aarch64", "cp313t", "python3.13t"),
        ("cp313-linux_aarch64", "cp313", "python3.13"),
        ("pp310-linux_aarch64", "", "pypy3.10"),
    ],
)
def test_name_of_the_interpreter(host_name: str, abi: str, name: str, door: Door, tmp_path: Path) -> None:
    door.install("qemu-aarch64", lambda _: None)
    target = facts.target(host_name, abi=abi)
    root = made_host(tmp_path / "host", name=name)
    found = runner(None, prefix=root / "usr", target=target)
    assert isinstance(found, Runner)
    assert Path(found.argv[-1]).name == name
    assert bool(found.env) == (target.implementation == "cp")  # PyPy finds its own home


@pytest.mark.parametrize("machine", ["X86_64", "S390"])
def test_interpreter_of_another_machine_is_none(machine: str, door: Door, tmp_path: Path) -> None:
    door.install("qemu-aarch64", lambda _: None)
    include = made_host(tmp_path / "host", machine) / "usr/include/python3.11"
    found = runner(include)
    assert found == f"no interpreter of {AARCH64.name} is beside {include}; user.xconan:interpreter may name one"


@pytest.mark.usefixtures("door")
def test_interpreter_that_is_a_script_is_none(host: Path) -> None:
    (host / "usr/bin/python3.11").write_bytes(b"#!/bin/sh\n")
    assert "no interpreter of" in str(runner(host / "usr/include/python3.11"))


@pytest.mark.usefixtures("door")
def test_no_interpreter_is_known() -> None:
    assert runner(None) == f"no interpreter of {AARCH64.name} is known; user.xconan:interpreter may name one"


# --- musl: a loader runs programs of this machine's processor, and qemu those of others ------------------------------

OWN = running_target().platform.arch


def for_musl(folder: Path, arch: Arch, *, prefix: str = "python", loader: str = "lib/ld-musl-x.so.1") -> Path:
    """A root with a Python for musl; "" for no loader."""
    root = made_host(folder, prefix=prefix, linker=loader)
    made = Elf(machine=arch.machine, bits=arch.bits, endian=arch.endian)
    (root / prefix / "bin/python3.11").write_bytes(made.program("/lib/ld-musl-x.so.1"))
    return root


def run_for_musl(root: Path, arch: str, prefix: str = "python") -> Runner | str:
    target = facts.target(f"cp311-musllinux_1_2_{arch}")
    return runner(None, target=target, toolchain=None, prefix=root / prefix)


@pytest.mark.parametrize("prefix", ["usr", "usr/local", "python", "python/install", "install"])
@pytest.mark.usefixtures("door")
def test_a_loader_of_musl(tmp_path: Path, prefix: str) -> None:
    root = for_musl(tmp_path / "root", OWN, prefix=prefix)
    found = run_for_musl(root, OWN.name, prefix)
    libraries = ":".join(f"{root}/{folder}" for folder in ("lib", "usr/local/lib", "usr/lib"))
    argv = (f"{root}/lib/ld-musl-x.so.1", "--library-path", libraries, f"{root}/{prefix}/bin/python3.11")
    assert found == Runner(argv=argv, env={"PYTHONHOME": f"{root}/{prefix}"})


@pytest.mark.parametrize("text", ["/usr/lib\n/opt/x/lib\n", "/usr/lib:/opt/x/lib"])
@pytest.mark.usefixtures("door")
def test_where_a_root_has_its_libraries(tmp_path: Path, text: str) -> None:
    root = for_musl(tmp_path / "root", OWN)
    (root / "etc").mkdir()
    (root / "etc/ld-musl-x.path").write_text(text, "utf-8")
    found = run_for_musl(root, OWN.name)
    assert isinstance(found, Runner)
    assert found.argv[2] == f"{root}/usr/lib:{root}/opt/x/lib"


def test_musl_of_another_processor(door: Door, tmp_path: Path) -> None:
    other = next(arch for arch in table()["linux"].values() if arch.name == "s390x")
    root = for_musl(tmp_path / "root", other)
    none = "nothing here runs programs of musllinux_1_2_s390x: apt-get install qemu-user-static"
    assert run_for_musl(root, "s390x") == none
    qemu = door.install("qemu-s390x", lambda _: None)
    found = run_for_musl(root, "s390x")
    assert isinstance(found, Runner)
    assert found.argv == (str(qemu), "-L", str(root), f"{root}/python/bin/python3.11")


@pytest.mark.parametrize("arch", [OWN.name, "s390x"])
@pytest.mark.parametrize("other", ["", "lib/ld-linux.so.2"])
def test_no_loader_of_musl(door: Door, tmp_path: Path, arch: str, other: str) -> None:
    """A loader of glibc is none for it."""
    for name in ("qemu-s390x", f"qemu-{OWN.qemu}"):
        door.install(name, lambda _: None)
    root = for_musl(tmp_path / "root", table()["linux"][arch], loader=other)
    said = run_for_musl(root, arch)
    assert isinstance(said, str)
    reason, _, hint = said.partition(": ")
    assert "python3.11 needs musl's loader /lib/ld-musl-x.so.1" in reason
    assert f"put ld-musl-x.so.1 of an Alpine Linux, or of Debian's package musl:{table()['linux'][arch].debian}" in hint


@pytest.mark.usefixtures("door")
def test_no_emulator(host: Path) -> None:
    found = runner(host / "usr/include/python3.11")
    assert found == "nothing here runs programs of linux_aarch64: apt-get install qemu-user-static"


def test_windows(door: Door, tmp_path: Path) -> None:
    target = facts.target("cp311-win_amd64")
    python = made_host(tmp_path / "host", linker="")
    toolchain = facts.toolchain("zig/win_amd64")
    found = runner(None, target=target, prefix=python / "usr", toolchain=toolchain)
    assert found == "nothing here runs programs of win_amd64: user.xconan:emulator may name one"
    wine = door.install("wine", lambda _: None)
    found = runner(None, target=target, prefix=python / "usr", toolchain=toolchain)
    assert isinstance(found, Runner)
    assert found.argv == (str(wine), str(python / "usr/bin/python3.11"))


@pytest.mark.usefixtures("door")
def test_emulator_of_the_toolchain_file(host: Path) -> None:
    toolchain = replace(BARE, variables={"CMAKE_CROSSCOMPILING_EMULATOR": "/q/qemu;-L;;/root"})
    found = runner(host / "usr/include/python3.11", toolchain=toolchain)
    assert isinstance(found, Runner)
    assert found.argv[:-1] == ("/q/qemu", "-L", "/root")
    found = runner(host / "usr/include/python3.11", toolchain=toolchain, options=RunOptions(emulator=("/mine", "-x")))
    assert isinstance(found, Runner)
    assert found.argv[:-1] == ("/mine", "-x")


@pytest.mark.usefixtures("door")
def test_interpreter_that_the_user_names(tmp_path: Path) -> None:
    program = tmp_path / "bin/python"
    options = RunOptions(interpreter=str(program), emulator=("/q",))
    with raises_error(ConfigError, "there is no such file", where=f"user.xconan:interpreter={program}"):
        runner(None, options=options)
    program.parent.mkdir()
    program.touch()
    found = runner(None, options=options)
    assert isinstance(found, Runner)
    assert found.argv == ("/q", str(program))


def test_running_python_serves_its_own_kind() -> None:
    found = runner(None, target=running_target())
    assert found == Runner(argv=(sys.executable,), env={})


@pytest.mark.parametrize("name", ["cp39", "pp310"])
@pytest.mark.usefixtures("door")
def test_running_python_serves_no_other(name: str, tmp_path: Path) -> None:
    """A Python for this machine needs no emulator."""
    target = replace(facts.target(f"{name}-linux_x86_64"), platform=running_target().platform)
    prefix = made_host(tmp_path / "other", machine_here(), name=interpreter_name(name), linker="")
    found = runner(None, target=target, prefix=prefix / "usr", toolchain=None)
    assert isinstance(found, Runner)
    assert found.argv == (str(prefix / "usr/bin" / interpreter_name(name)),)


def interpreter_name(name: str) -> str:
    return f"{'pypy' if name.startswith('pp') else 'python'}{name[2]}.{name[3:]}"


def machine_here() -> str:
    return {"x86_64": "X86_64", "aarch64": "AARCH64"}[running_target().platform.arch.name]


@pytest.mark.parametrize(
    ("values", "options"),
    [
        ({}, RunOptions()),
        ({"emulator": None, "interpreter": None}, RunOptions()),
        ({"emulator": "qemu -L '/a b'"}, RunOptions(emulator=("qemu", "-L", "/a b"))),
        ({"emulator": ["qemu", "-L", "/a b"]}, RunOptions(emulator=("qemu", "-L", "/a b"))),
        ({"interpreter": "/p"}, RunOptions(interpreter="/p")),
    ],
)
def test_options_of_a_profile(values: dict[str, object], options: RunOptions) -> None:
    assert RunOptions.read(values) == options


# --- what is tried ---------------------------------------------------------------------------------------------------

FILES = {
    "demo/__init__.py": "",
    "demo/helper.py": "",
    "demo/_core.cpython-311-aarch64-linux-gnu.so": "",
    "demo/sub/_deep.abi3.so": "",
    "demo/not-a-name/x.so": "",
    "demo/lib-x.so": "",
    "single.py": "",
    "with-dash.py": "",
    "data/table.csv": "",
    "demo-1.0.data/platlib/inner/__init__.py": "",
    "demo-1.0.data/purelib/pure.py": "",
    "demo-1.0.data/scripts/run": "",
    "demo-1.0.dist-info/METADATA": "",
}


def made_wheel(folder: Path, files: dict[str, str]) -> Path:
    wheel = folder / "demo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return wheel


def test_everything_is_imported(door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/of/this/machine")
    program = door.install("qemu", lambda _: None)
    folder = tmp_path / "try"
    folder.mkdir()
    (folder / "old.py").touch()
    wheel = made_wheel(tmp_path, FILES)
    try_wheel(wheel, folder, Runner(argv=(str(program), "/host/python"), env={"PYTHONHOME": "/host"}), [])
    (call,) = door.calls
    assert call.argv[1:3] == ("/host/python", "-c")
    assert call.argv[4:] == ("demo", "demo._core", "demo.sub._deep", "inner", "pure", "single")
    assert call.cwd == folder
    places = [str(folder), str(folder / "demo-1.0.data/platlib"), str(folder / "demo-1.0.data/purelib")]
    assert call.env == {
        "PATH": str(door.folder),
        "PYTHONPATH": ":".join(places),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONUTF8": "1",
        "PYTHONHOME": "/host",
    }


def test_imports_that_are_said_do_what_they_say(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The real thing, by the Python that runs us."""
    wheel = made_wheel(tmp_path, {"demo.py": "x = 1\n"})
    try_wheel(wheel, tmp_path / "try", Runner(argv=(sys.executable,), env={}), [])
    assert "imported demo\n" in capfd.readouterr().err
    wheel = made_wheel(tmp_path, {"demo.py": "import no_such_module\n"})
    with raises_error(HostTestError, "failed on its host with exit code 1", where=sys.executable, hint="stands above"):
        try_wheel(wheel, tmp_path / "try", Runner(argv=(sys.executable,), env={}), [])


FINDER = """\
import sys
from importlib.util import spec_from_file_location
class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return spec_from_file_location(name, {source!r}) if name == "demo" else None
sys.meta_path.insert(0, Finder)
"""


def test_a_wheel_and_not_what_is_installed_editable(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Editable installs stand before all of sys.path; what is installed as usual is there for the wheel."""
    venv.create(tmp_path / "own")
    python = tmp_path / "own/bin/python"
    (site,) = (tmp_path / "own/lib").glob("python3*/site-packages")
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources/demo.py").write_text("print('of the sources')\n", "utf-8")
    (tmp_path / "sources/beside.py").touch()
    (site / "finder.py").write_text(FINDER.format(source=str(tmp_path / "sources/demo.py")), "utf-8")
    (site / "demo.pth").write_text(f"import finder\n{tmp_path}/sources\n", "utf-8")
    (site / "needed.py").touch()
    assert capture([str(python), "-c", "import demo, beside"]).stdout == "of the sources\n"
    runner, folder = Runner(argv=(str(python),), env={}), tmp_path / "try"
    script = tmp_path / "script.py"
    script.write_text("import demo\nexit()\n", "utf-8")
    for code in ("raise SystemExit(3)", "import beside"):
        for scripts in ([], [script]):
            with raises_error(HostTestError, "failed on its host", where=str(python)):
                try_wheel(made_wheel(tmp_path, {"demo.py": code}), folder, runner, scripts)
    for scripts in ([], [script]):
        try_wheel(made_wheel(tmp_path, {"demo.py": "import needed; print('of the wheel')"}), folder, runner, scripts)
    assert capfd.readouterr().err.count("of the wheel\n") == len(("imported", "by the script"))


def test_a_python_that_makes_no_environment(door: Door, tmp_path: Path) -> None:
    program = door.install("python", lambda _: Answer(code=1, stderr="No module named venv\n"))
    runner = Runner(argv=(str(program),), env={})
    with raises_error(HostPythonError, "makes no environment: No module named venv", where=f"{program} -I -m venv"):
        try_wheel(made_wheel(tmp_path, {"demo.py": ""}), tmp_path / "try", runner, [])


def test_modules_that_no_program_loads_together(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Two builds of a module, for use and for debugging, are each imported by itself; what fails so has failed."""
    other = "import sys\nassert '{}' not in sys.modules\n"
    files = {"demo.py": "", "fast.py": other.format("slow"), "slow.py": other.format("fast")}
    try_wheel(made_wheel(tmp_path, files), tmp_path / "try", Runner(argv=(sys.executable,), env={}), [])
    said = capfd.readouterr().err
    assert "each of these can be loaded by itself, and not all of them by one process: demo, fast, slow" in said
    files["slow.py"] = "import no_such_module\n"
    with raises_error(HostTestError, "failed on its host with exit code 1"):
        try_wheel(made_wheel(tmp_path, files), tmp_path / "try", Runner(argv=(sys.executable,), env={}), [])


def own_extension() -> Path:
    """An extension module of Python's own; distributions link one or another into the program."""
    folder = Path(sysconfig.get_config_var("DESTSHARED"))
    return next(path for name in ("_json", "_queue", "_bz2", "_lzma") for path in folder.glob(f"{name}.*.so"))


def test_a_module_whose_package_loads_another(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """By its name it can't be had, as its package comes first; without that it can. It is one of Python's own."""
    extension = own_extension()
    name = extension.name.partition(".")[0]
    files = {"demo/__init__.py": f"import sys\nsys.modules['demo.{name}'] = None\n"}
    wheel = made_wheel(tmp_path, files)
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.write(extension, f"demo/{extension.name}")
    try_wheel(wheel, tmp_path / "try", Runner(argv=(sys.executable,), env={}), [])
    said = capfd.readouterr().err
    assert f"loaded demo.{name}\n" in said
    assert "each of these can be loaded by itself" in said
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("demo/_other.abi3.so", "no module")
    with raises_error(HostTestError, "failed on its host with exit code 1"):
        try_wheel(wheel, tmp_path / "try", Runner(argv=(sys.executable,), env={}), [])


def test_a_package_that_fails_is_no_choice_between_modules(tmp_path: Path) -> None:
    """Its module may be loaded without it, which nobody will ever do."""
    extension = own_extension()
    wheel = made_wheel(tmp_path, {"demo/__init__.py": "", "demo/sub/__init__.py": "from . import forgotten\n"})
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.write(extension, f"demo/sub/{extension.name}")
    with raises_error(HostTestError, "failed on its host with exit code 1"):
        try_wheel(wheel, tmp_path / "try", Runner(argv=(sys.executable,), env={}), [])


def test_scripts_in_their_order(door: Door, tmp_path: Path) -> None:
    codes = iter([0, 3, 0])

    def run(_: object) -> Answer:
        return Answer(code=next(codes))

    program = door.install("python", run)
    scripts = [tmp_path / name for name in ("a.py", "b.py", "c.py")]
    with raises_error(HostTestError, "exit code 3", where=f"{program} py {tmp_path}/b.py"):
        try_wheel(made_wheel(tmp_path, FILES), tmp_path / "try", Runner(argv=(str(program), "py"), env={}), scripts)
    assert [call.argv[2:] for call in door.calls] == [(str(script),) for script in scripts[:2]]


@pytest.mark.usefixtures("door")
def test_wheel_with_nothing_to_import(tmp_path: Path) -> None:
    wheel = made_wheel(tmp_path, {"data/table.csv": ""})
    with raises_error(CheckError, "nothing to import", where=str(wheel)):
        try_wheel(wheel, tmp_path / "try", Runner(argv=("python",), env={}), [])
