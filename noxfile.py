"""The project's habits as commands: `nox -s machine lint unit peers conan e2e demo fresh pyodide browser`."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import nox

nox.options.default_venv_backend = "venv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["machine", "lint", "unit", "oldest", "peers", "conan", "e2e"]

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from tests.support.packages import missing_packages  # noqa: E402 - beside this file, which is no module of a package

TIERS = ["unit", "conan", "e2e"]
SHARED = HERE / ".nox" / "tests"


@nox.session(venv_backend="none")
def machine(session: nox.Session) -> None:
    """What the tiers need of Debian, installed before any of them."""
    _apt(session, *TIERS)


@nox.session(venv_backend="none")
def lint(session: nox.Session) -> None:
    """Ruff, mypy --strict."""
    programs = _shared(session, ".", "lint", "test")
    session.run(programs / "ruff", "check", ".")
    session.run(programs / "ruff", "format", "--check", ".")
    session.run(programs / "mypy")


@nox.session(venv_backend="none")
def unit(session: nox.Session) -> None:
    """No compiler, no Conan; on all cores."""
    _tier(session, "unit", ".", "--numprocesses", "logical")


@nox.session
def oldest(session: nox.Session) -> None:
    """The rooms that use what we depend on, with the oldest of it that pyproject.toml lets be installed."""
    session.install("uv")
    python = f"--python={session.virtualenv.location}"
    session.run("uv", "pip", "install", "-q", python, "--resolution", "lowest-direct", "-e", ".", "pytest>=8")
    names = ["binary", "render", "wheel/finished", "fetch/test_download.py", "project/test_metadata.py"]
    session.run("pytest", *(f"tests/unit/{name}" for name in names))


@nox.session
def peers(session: nox.Session) -> None:
    """Configuration and variables beside py-build-cmake's and scikit-build-core's own code; stubs by mypy."""
    session.install("-e", ".", *_group("test"), *_group("peers"))
    names = ["project/config", "wheel/test_stubs.py", "test_scikit_build.py"]
    session.run("pytest", "--numprocesses", "logical", *(f"tests/unit/{name}" for name in names))


@nox.session(venv_backend="none")
def conan(session: nox.Session) -> None:
    """Conan itself, no cross compiler; two at once, as most of a test is another program's start."""
    _tier(session, "conan", ".", "--numprocesses", "2")


@nox.session(venv_backend="none")
def e2e(session: nox.Session) -> None:
    """Real cross compilers, real wheels, the emulated host."""
    # a configure step keeps one core busy; what tests download is kept under locks
    _tier(session, "e2e", ".[zig]", "--numprocesses", "2", "--dist", "loadfile")


@nox.session
def demo(session: nox.Session) -> None:
    """Build examples/lz4-pybind11 for aarch64 by zig; no root, no apt, no cross compiler."""
    session.install("-e", ".[zig,standalone]", *_group("demo"))
    session.run("python", "-m", "tests.support.demo", *session.posargs)


@nox.session
def fresh(session: nox.Session) -> None:
    """The README's commands on Debians that have nothing, made by debootstrap; as root. `-- -k demo` is the first."""
    _apt(session, "fresh")
    session.install("-e", ".", *_group("fresh"))
    session.run("pytest", "-m", "fresh", "--capture=no", "tests/fresh", *session.posargs)


@nox.session(venv_backend="none")
def pyodide(session: nox.Session) -> None:
    """Wheels by Debian's Emscripten and pyodide-build, imported in Pyodide under Node; Emscripten takes a gigabyte."""
    _tier(session, "pyodide")


@nox.session
def browser(session: nox.Session) -> None:
    """The pages of reports in a Chromium, which the unit tier does without: colours, widths, the keyboard."""
    _apt(session, "browser")
    session.install("-e", ".", *_group("test"))
    session.run("pytest", "-m", "unit", "tests/unit/wheel/finished/test_page.py", *session.posargs)


@nox.session
def real(session: nox.Session) -> None:
    """ConanCenter's recipes and public sdists, for hours: `-- --index PATH`, a checkout of conan-center-index.

    Tables of what was made are printed, as docs/real.md has them, and why the rest was not. Before that, wheels for
    musl are tried on a CPython for musl of each processor.
    """
    _apt(session, "e2e")
    session.install("-e", ".[zig]", *_group("test"))
    session.run("pytest", "-m", "e2e", "--whole-matrix", "tests/e2e/test_musl.py")
    session.run("python", "-m", "benchmarks.real", *session.posargs, success_codes=[0, 1])
    session.run("python", "-m", "benchmarks.public_sdists", success_codes=[0, 1])


def _tier(session: nox.Session, name: str, package: str = ".", *options: str) -> None:
    _apt(session, name)
    programs = _shared(session, package, "test")
    session.run(programs / "pytest", "-m", name, *options, f"tests/{name}", *session.posargs)


def _shared(session: nox.Session, package: str, *groups: str) -> Path:
    """The programs of one environment for linters and tiers, first on PATH: pip takes a minute to make it."""
    programs = SHARED / "bin"
    if not (programs / "pip").is_file():
        session.run(sys.executable, "-m", "venv", "--clear", SHARED)
    wanted = [one for group in groups for one in _group(group)]
    session.run(programs / "pip", "install", "--quiet", "-e", package, *wanted)
    session.env["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"
    return programs


def _group(name: str) -> list[str]:
    return list(nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), name))


def _apt(session: nox.Session, *tiers: str) -> None:
    """Install what is missing, where we may: as root, or not at all."""
    missing = missing_packages([*tiers])
    if not missing:
        return
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        session.warn(f"tests of {', '.join(tiers)} will be skipped; as root on Debian, run: {' '.join(command)}")
        return
    session.run("apt-get", "update", "-qq", external=True)
    session.run(*command, external=True, env={"DEBIAN_FRONTEND": "noninteractive"})
