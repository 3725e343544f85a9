"""The project's habits as commands: `nox -s lint unit conan e2e demo`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nox

nox.options.default_venv_backend = "venv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "unit", "conan", "e2e"]

HERE = Path(__file__).parent
TRIPLETS = ("aarch64-linux-gnu", "arm-linux-gnueabihf", "s390x-linux-gnu")
# what the e2e tier needs on a Debian machine, by program
DEBIAN = {
    "g++": "g++",
    "clang++": "clang",
    "make": "make",
    "git": "git",
    "/usr/bin/cmake": "cmake",  # an older one than PyPI's
    "dpkg-source": "dpkg-dev",
    **{f"{triplet}-g++": f"g++-{triplet}" for triplet in TRIPLETS},
    "powerpc64le-linux-gnu-cpp": "cpp-powerpc64le-linux-gnu",
    "qemu-aarch64-static": "qemu-user-static",
}


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff, mypy --strict."""
    session.install("-e", ".", *nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "lint", "test"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")


@nox.session
def unit(session: nox.Session) -> None:
    """No compiler, no Conan; on all cores."""
    _tier(session, "unit", ".", "--numprocesses", "logical")


@nox.session
def conan(session: nox.Session) -> None:
    """Conan itself, no cross compiler."""
    _tier(session, "conan")


@nox.session
def e2e(session: nox.Session) -> None:
    """Real cross compilers, real wheels, the emulated host."""
    _apt(session)
    # a configure step keeps one core busy; what tests download is kept under locks
    _tier(session, "e2e", ".[zig]", "--numprocesses", "2", "--dist", "loadfile")


@nox.session
def demo(session: nox.Session) -> None:
    """Build examples/lz4-pybind11 for aarch64 by zig; no root, no apt, no cross compiler."""
    groups = nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "test")
    session.install("-e", ".[zig]", *groups)
    session.run("python", "-m", "tests.support.demo", *session.posargs)


def _tier(session: nox.Session, name: str, package: str = ".", *options: str) -> None:
    session.install("-e", package, *nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "test"))
    session.run("pytest", "-m", name, *options, f"tests/{name}", *session.posargs)


def _apt(session: nox.Session) -> None:
    """Install what is missing, where we may: as root, or not at all."""
    missing = sorted({package for program, package in DEBIAN.items() if shutil.which(program) is None})
    if not missing:
        return
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        session.warn(f"missing, and not installed for want of root and apt: {' '.join(missing)}")
        return
    session.run("apt-get", "update", "-qq", external=True)
    session.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing, external=True,
                env={"DEBIAN_FRONTEND": "noninteractive"})  # fmt: skip
