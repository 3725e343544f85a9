"""The action: a wheel imported by the host's own Python, emulated where this machine can't run it."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import zipfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, cast

from xconan.binary import elf
from xconan.binary.exported import exported_names
from xconan.build_machine.buildenv import running_target
from xconan.ground.errors import CheckError, ConfigError, HostPythonError, HostTestError
from xconan.ground.files import remove_tree
from xconan.ground.report import doing, warn
from xconan.ground.run import capture, stream
from xconan.ground.scratch import scratch
from xconan.inventory import EMULATORS, find_emulator, own_processor, runs_here

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from xconan.host.targets import Target
    from xconan.project.config.records import CrossConfig
    from xconan.pythons.records import HostPython
    from xconan.toolchains.records import Toolchain

# where installations are in a root: standalone builds bring the last three
_TAILS = (("usr", "local"), ("usr",), ("python", "install"), ("python",), ("install",))
# what `python -c` runs first: the folder that it runs in, first on sys.path, may have sources of what is tried
WITHOUT_FOLDER = "import sys; sys.path[:] = filter(None, sys.path)"
_IMPORT = (
    f"{WITHOUT_FOLDER}; import importlib; "
    "[print('imported', importlib.import_module(name).__name__) for name in sys.argv[1:]]"
)
_NEEDED = "packages that it needs must be in the host's Python"
_LOAD = f"""\
{WITHOUT_FOLDER}
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
path, parts = None, sys.argv[1].split(".")
for number in range(len(parts)):
    spec = PathFinder.find_spec(".".join(parts[: number + 1]), path)
    path = spec.submodule_search_locations
spec.loader.exec_module(module_from_spec(spec))
print("loaded", spec.name)
"""  # without the packages that it is in
_SITES = "import json, site; print(json.dumps(site.getsitepackages()))"
_PATIENCE = 300.0  # seconds that a Python has for what takes a moment, on a busy machine


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """What a profile says of how the host's programs are run; each is empty where it says nothing.

    Attributes:
        emulator: the program of this machine and its arguments, `qemu-aarch64-static -L ROOT`.
        interpreter: the host's Python, a path of this machine.
    """

    emulator: tuple[str, ...] = ()
    interpreter: str = ""

    @classmethod
    def read(cls, values: Mapping[str, object]) -> RunOptions:
        """From a recipe's request: confs are texts or lists."""
        emulator = values.get("emulator") or ()
        words = shlex.split(emulator) if isinstance(emulator, str) else cast("list[str]", emulator)
        return cls(emulator=tuple(str(word) for word in words), interpreter=str(values.get("interpreter") or ""))


@dataclass(frozen=True, kw_only=True)
class Runner:
    """How the host's Python is run here: its command, and the environment that it needs."""

    argv: tuple[str, ...]
    env: Mapping[str, str]


def find_runner(
    cross: CrossConfig, python: HostPython, toolchain: Toolchain | None, options: RunOptions
) -> Runner | str:
    """How the host's Python can be run here, or in one sentence why it can't.

    Args:
        cross: the host.
        python: whose headers tell where the rest of its installation is.
        toolchain: its CMAKE_CROSSCOMPILING_EMULATOR and sysroot are used.
        options: the user's; they come first.

    Raises:
        ConfigError: the interpreter that the user names is not there.
    """
    target = cross.target
    if not (options.emulator or options.interpreter) and _is_running(target):
        return Runner(argv=(sys.executable,), env={})
    program = Path(options.interpreter) if options.interpreter else _interpreter(cross, python, toolchain)
    if program is None:
        beside = f" beside {python.include_dir}" if python.include_dir else ""
        return f"no interpreter of {target.name} is{beside or ' known'}; user.xconan:interpreter may name one"
    if not program.is_file():
        if options.interpreter:
            raise ConfigError(
                "there is no such file", where=f"user.xconan:interpreter={program}", hint="check the path"
            )
        return f"there is no {program}"
    return run_by(target, program, toolchain, options)


def run_by(
    target: Target, program: Path, toolchain: Toolchain | None, options: RunOptions, roots: Sequence[Path] = ()
) -> Runner | str:
    """How one program, a Python of the target's kind, is run here, or in one sentence why it can't be.

    Args:
        target: what the program is.
        program: the file.
        toolchain: as for find_runner().
        options: the user's.
        roots: folders that may be `/` to the program, wherever in them it is.
    """
    emulator = _emulator(target, program, toolchain, options, roots)
    if isinstance(emulator, str):
        return emulator
    env = {"PYTHONHOME": str(program.parent.parent)} if target.implementation == "cp" else {}
    return Runner(argv=(*emulator, str(program)), env=env)


def _emulator(
    target: Target, program: Path, toolchain: Toolchain | None, options: RunOptions, roots: Sequence[Path]
) -> tuple[str, ...] | str:
    """The program and arguments that run a host's program, () for none; else why there is none."""
    configured_emulator = toolchain.variables.get("CMAKE_CROSSCOMPILING_EMULATOR", "").split(";") if toolchain else []
    if words := options.emulator or tuple(word for word in configured_emulator if word):
        return words
    loader = elf.loader(program) if target.platform.os == "linux" else ""
    musl = loader if elf.is_of_musl(loader) else ""
    root = _root(program.parent.parent, toolchain, roots, loader)
    if runs_here(target.platform) and root in (None, Path("/")):
        return ()
    if musl and root is None and not Path(musl).exists():
        return _without_loader(target, program, musl)
    if musl and own_processor(target.platform):
        return (str(root / musl[1:]), "--library-path", _library_path(root, musl)) if root else ()
    if (emulator := find_emulator(target.platform)) is None:
        hint = EMULATORS if target.platform.os == "linux" else "user.xconan:emulator may name one"
        return f"nothing here runs programs of {target.platform.tag}: {hint}"
    return (str(emulator), "-L", str(root)) if root and target.platform.os == "linux" else (str(emulator),)


def _library_path(root: Path, loader: str) -> str:
    """Where musl's loader looks for libraries of a root, as its musl would where the root is `/`.

    Args:
        root: the folder.
        loader: "/lib/ld-musl-x86_64.so.1"; what /etc/ld-musl-x86_64.path says is as ldso/dynlink.c reads it.
    """
    file = root / "etc" / f"{PurePosixPath(loader).name.removesuffix('.so.1')}.path"
    folders = re.split(r"[:\n]", file.read_text("utf-8")) if file.is_file() else ["/lib", "/usr/local/lib", "/usr/lib"]
    return ":".join(str(root / folder.lstrip("/")) for folder in folders if folder)


def _without_loader(target: Target, program: Path, loader: str) -> str:
    """Why a program for musl does not run where there is no musl."""
    name = PurePosixPath(loader).name
    return (
        f"{program.name} needs musl's loader {loader}, and neither this machine nor a folder above {program} has it: "
        f"put {name} of an Alpine Linux, or of Debian's package musl:{target.platform.arch.debian}, into lib of the "
        f"folder that --python names; `xconan python add --runnable` brings it by itself"
    )


def try_wheel(wheel: Path, folder: Path, runner: Runner, scripts: Sequence[Path]) -> None:
    """Unpack a wheel and run scripts with it; without any, import all that is in it.

    Args:
        wheel: the file.
        folder: to unpack it into; made afresh.
        runner: the host's Python.
        scripts: Python files, run one after the other in `folder`.

    Raises:
        CheckError: there is nothing to import in it.
        HostPythonError: the Python makes no environment.
        HostTestError: one of them failed; what it said stands above.
    """
    remove_tree(folder)
    folder.mkdir(parents=True)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    places = [folder, *folder.glob("*.data/platlib"), *folder.glob("*.data/purelib")]
    names = module_names(wheel)
    if not names:
        raise CheckError("there is nothing to import in the wheel", where=str(wheel))
    with scratch("python") as made:
        _try(runner, isolated(runner, made / "venv"), [*places, *_packages(runner)], names, scripts)


def _try(
    runner: Runner, alone: Runner, places: Sequence[str | Path], names: Sequence[str], scripts: Sequence[Path]
) -> None:
    """Run what is to be run by `alone`, which `runner` is to people, in the first of the places."""
    folder = Path(places[0])
    env = {
        "PATH": os.environ.get("PATH", os.defpath),  # of this machine's own Python's nothing: it is another
        "PYTHONPATH": os.pathsep.join(map(str, places)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONUTF8": "1",
        **alone.env,
    }

    def run(call: Sequence[str]) -> int:
        return stream([*alone.argv, *call], cwd=folder, env=env)

    for script in scripts:
        refuse_failed(run([str(script)]), shlex.join([*runner.argv, str(script)]), _NEEDED)
    if not scripts:
        refuse_failed(import_modules(names, run), shlex.join([*runner.argv, *import_call(names)]), _NEEDED)


def isolated(runner: Runner, folder: Path) -> Runner:
    """A Python that sees none of its packages: of one that runs here by itself a venv, which has none.

    What its `.pth` files do is not done either: those of editable installs put a project's sources before the wheel.
    An emulated one stays as it is.

    Args:
        runner: the Python.
        folder: of the venv, to be made.

    Raises:
        HostPythonError: it makes no venv.
    """
    if len(runner.argv) > 1:
        return runner
    program = getattr(sys, "_base_executable", "") if runner.argv[0] == sys.executable else ""
    argv = [program or runner.argv[0], "-I", "-m", "venv", "--without-pip", str(folder)]
    with doing("the host's Python makes an environment"):
        done = capture(argv, timeout=_PATIENCE)
    if done.code:
        raise HostPythonError(
            f"the Python makes no environment: {done.stderr.strip()}", where=shlex.join(argv),
            hint="have `python -m venv` work there; xconan test takes another Python by --python ROOT",
        )  # fmt: skip
    made = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    return Runner(argv=(str(made),), env={})


def _packages(runner: Runner) -> list[str]:
    """The folders of packages that a Python has and isolated() took away: on PYTHONPATH their `.pth` files are dead."""
    if len(runner.argv) > 1:
        return []
    done = capture([runner.argv[0], "-I", "-c", _SITES], timeout=_PATIENCE)
    return [] if done.code else cast("list[str]", json.loads(done.stdout))


def refuse_failed(code: int, where: str, remedy: str) -> None:
    """Refuse a wheel that failed where its host's Python ran it.

    Args:
        code: the exit code; 0 is no failure.
        where: what was run.
        remedy: what may help.

    Raises:
        HostTestError: it failed; what it said stands above.
    """
    if code:
        raise HostTestError(
            f"the wheel failed on its host with exit code {code}",
            where=where,
            hint=f"the reason stands above; {remedy}",
        )


def import_call(names: Sequence[str]) -> list[str]:
    """The arguments with which Python imports modules, one after the other."""
    return ["-c", _IMPORT, *names]


def import_modules(names: Sequence[str], run: Callable[[Sequence[str]], int]) -> int:
    """Import modules in one process; where that fails, each in one of its own, at last without its package.

    Two builds of one module in a wheel, for use and for debugging, are no failure: no program loads both, and the
    package loads one of them.

    Args:
        names: of the modules.
        run: runs the host's Python with some arguments, and returns its exit code.

    Returns:
        the exit code of the first that can't be loaded by itself; 0 where there is none.
    """
    code = run(import_call(names))
    if code == 0 or len(names) == 1:
        return code
    for name in names:
        package = name.rpartition(".")[0]
        code = run(import_call([name]))
        if code and (not package or run(import_call([package])) or run(["-c", _LOAD, name])):
            return code
    warn(f"each of these can be loaded by itself, and not all of them by one process: {', '.join(names)}")
    return 0


def module_names(wheel: Path) -> list[str]:
    """The packages and modules of a wheel to import by name: the top ones, and every extension module."""
    with zipfile.ZipFile(wheel) as archive:
        files = {file: name for file in archive.namelist() if (name := _module(PurePosixPath(file)))}
        return sorted({name for file, name in files.items() if not _is_plain(file, partial(archive.read, file))})


def _is_plain(file: str, read: Callable[[], bytes]) -> bool:
    """Whether a file that could be a module by its name, `core.so`, is a library that something else opens."""
    stem, suffix = file.rpartition("/")[2].split(".", 1)
    if suffix not in ("so", "pyd"):
        return False  # its name says which Python imports it
    names = exported_names(read())
    if names is None:
        return stem.startswith("lib")
    starts = ("PyInit", "PyModExport")  # behind U_, a name that is not ASCII is spelled otherwise
    return not any(name.startswith(f"{start}U_") or name == f"{start}_{stem}" for name in names for start in starts)


def _module(file: PurePosixPath) -> str:
    """The module that a file of a wheel is, if it is one to import; "" else."""
    parts = file.parts
    if len(parts) > 2 and parts[0].endswith(".data") and parts[1] in ("platlib", "purelib"):  # noqa: PLR2004 - a file in them
        parts = parts[2:]
    *folders, name = parts
    stem = name.partition(".")[0]
    if not all(part.isidentifier() for part in (*folders, stem)):
        return ""
    if file.suffix in (".so", ".pyd"):
        return ".".join([*folders, stem])
    if name == "__init__.py" and len(folders) == 1:
        return folders[0]
    return stem if file.suffix == ".py" and not folders else ""


def _is_running(target: Target) -> bool:
    """Whether the Python that runs us is of the target's kind, on the target's kind of machine."""
    running = running_target()
    same = (target.python_tag, target.free_threaded) == (running.python_tag, running.free_threaded)
    return same and runs_here(target.platform)


def _interpreter(cross: CrossConfig, python: HostPython, toolchain: Toolchain | None) -> Path | None:
    target = cross.target
    prefixes = [cross.prefix, python.include_dir.parent.parent if python.include_dir else None]
    prefixes += [Path(toolchain.sysroot) / "usr"] if toolchain and toolchain.sysroot else []
    candidates = (prefix / below / target.python_name for prefix in prefixes if prefix for below in ("bin", "usr/bin"))
    return next((path for path in candidates if path.is_file() and _is_of(path, target)), None)


def _is_of(program: Path, target: Target) -> bool:
    """Whether a program is one of the target's: headers of the running Python serve other hosts, too."""
    if program.parent.parent == Path(sys.base_prefix):
        return runs_here(target.platform)
    if target.platform.os != "linux":
        return True
    header, platform = elf.read_library(program), target.platform
    return header is not None and not elf.mismatch(header, platform.arch) and elf.is_for(program, platform.libc)


def _root(prefix: Path, toolchain: Toolchain | None, named: Sequence[Path], loader: str) -> Path | None:
    """The folder that is `/` to the host's programs: it has their dynamic linker; for glibc one will do."""
    sysroots = [Path(toolchain.sysroot)] if toolchain and toolchain.sysroot else []
    sysroots += [Path(root) for root in toolchain.implicit_roots] if toolchain else []
    tails = (tail for tail in _TAILS if prefix.parts[-len(tail) :] == tail)
    above = [prefix.parents[len(tail) - 1] for tail in tails]
    roots = (*above[:1], prefix, *named, *sysroots)
    if loader and (own := next((root for root in roots if (root / loader.lstrip("/")).exists()), None)):
        return own
    patterns = [] if elf.is_of_musl(loader) else ["lib/ld*.so*", "lib64/ld*.so*"]
    return next((root for root in roots if any(any(root.glob(pattern)) for pattern in patterns)), None)
