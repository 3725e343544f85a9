"""A wheel for another machine by cross-building, against what the same compile takes under emulation, in one run.

    python -m benchmarks.emulated [--project "40 source files"] [--suite bookworm] [--architecture arm64]

Emulated: Debian's own compiler, CMake and ninja of that architecture, by qemu-user in a chroot, configure, compile and
install the project, as containers for other machines do; a backend, pip and the container itself would come on top.
Cross: `xconan build` makes and checks the whole wheel, from nothing, by this machine's cross compiler. The bound:
emulation takes at least 8 times as long; exit code 1 where it does not. Linux 6.7 or newer, whose user namespaces have
a binfmt_misc each, so that this machine is left as it is.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pybind11

from benchmarks.projects import PROJECTS
from tests.support.debian import MULTIARCH, unpacked
from tests.support.emulate import emulator
from tests.support.once import make_once

BOUND = 8.0
PACKAGES = ("g++", "cmake", "ninja-build", "python3-dev", "python3", "dash", "coreutils")
INSIDE, PYBIND11 = "/srv/project", "/srv/pybind11"
COMMANDS = (
    ("cmake", "-S", INSIDE, "-B", f"{INSIDE}/build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
     f"-Dpybind11_DIR={PYBIND11}/share/cmake/pybind11", "-DCMAKE_CXX_COMPILER=g++", "-DCMAKE_C_COMPILER=gcc"),
    ("cmake", "--build", f"{INSIDE}/build"),
    ("cmake", "--install", f"{INSIDE}/build", "--prefix", f"{INSIDE}/staging"),
)  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    """Measure both, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.emulated")
    parser.add_argument("--project", choices=[name for name, one in PROJECTS.items() if not one.requires])
    parser.add_argument("--suite", default="bookworm")
    parser.add_argument("--architecture", choices=MULTIARCH, default="arm64")
    given = parser.parse_args(argv)
    project = PROJECTS[given.project or [*PROJECTS][-1]]
    cache = Path(os.environ.get("XCONAN_TEST_CACHE") or Path("~/.cache/xconan-tests").expanduser())
    root = cache / "roots" / f"{given.suite}-{given.architecture}-compilers"
    make_once(
        root, f"{given.suite} {given.architecture} {' '.join(PACKAGES)}\n",
        lambda place: _machine(place, given.suite, given.architecture),
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="xconan-emulated-") as name:
        folders = Path(name, "emulated"), Path(name, "cross")
        for folder in folders:
            project.write(folder, "xconan", Path(name))
        emulated = _emulated(root, given.architecture, folders[0])
        cross = _cross(MULTIARCH[given.architecture], folders[1], Path(name))
    ratio = emulated / cross
    print(f"{project.name} for {given.architecture}, {os.cpu_count()} cores")
    print(f"compiled under emulation  {emulated:8.1f} s")
    print(f"xconan build, cross       {cross:8.1f} s")
    print(f"emulation over cross      {ratio:8.1f} x  bound {BOUND:g}")
    return 0 if ratio >= BOUND else 1


def _machine(root: Path, suite: str, architecture: str) -> None:
    """The architecture's own compilers, unpacked, and the places of what is shared with them."""
    unpacked(root, suite, architecture, list(PACKAGES))
    for place in (INSIDE, PYBIND11, "/proc", "/dev", "/tmp"):  # noqa: S108 - of the emulated machine
        (root / place.lstrip("/")).mkdir(parents=True, exist_ok=True)


def _emulated(root: Path, architecture: str, folder: Path) -> float:
    """Seconds that the architecture's own tools take."""
    shared = {str(folder): INSIDE, str(Path(pybind11.__file__).parent): PYBIND11}
    inside = [shlex.join(command) for command in COMMANDS]
    lines = [
        "mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc",
        f"printf %s {shlex.quote(_handler(root, emulator(architecture)))} > /proc/sys/fs/binfmt_misc/register",
        *(f"mount --bind {shlex.quote(source)} {shlex.quote(f'{root}{place}')}" for source, place in shared.items()),
        *(f"mount --rbind {place} {shlex.quote(f'{root}{place}')}" for place in ("/proc", "/dev")),
        f"exec chroot {shlex.quote(str(root))} /bin/sh -euc {shlex.quote(chr(10).join(inside))}",
    ]
    argv = ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "sh", "-euc", "\n".join(lines)]
    begun = time.perf_counter()
    _run(argv, {"PATH": os.defpath + ":/usr/sbin:/sbin", "HOME": "/tmp", "LANG": "C.UTF-8"})  # noqa: S108
    return time.perf_counter() - begun


def _handler(root: Path, program: str) -> str:
    """What the kernel is told to run the architecture's programs by.

    By the ELF header's class, byte order and machine (https://docs.kernel.org/admin-guide/binfmt-misc.html); F: the
    program is opened now, so that it serves inside of the chroot, too.
    """
    with (root / "usr/bin/cmake").open("rb") as stream:
        header = stream.read(20)
    counts = [1] * 7 + [0] * 11 + [1] * 2
    magic, mask = ("".join(f"\\x{one:02x}" for one in each) for each in (header, [255 * count for count in counts]))
    return f":emulated:M::{magic}:{mask}:{program}:F"


def _cross(triplet: str, folder: Path, place: Path) -> float:
    """Seconds of a first build, with what a machine learns once (answers of the compiler) known already."""
    target = f"cp{sys.version_info[0]}{sys.version_info[1]}-linux_{triplet.partition('-')[0]}"
    argv = [sys.executable, "-m", "xconan", "build", "--target", target, "-o", str(folder / "dist")]
    warm = place / "warm"
    PROJECTS["no dependency"].write(warm, "xconan", place)
    _run([*argv, "-C", "override=cross.toolchain='gcc'", str(warm)], dict(os.environ))
    begun = time.perf_counter()
    _run([*argv, "-C", "override=cross.toolchain='gcc'", str(folder)], dict(os.environ))
    return time.perf_counter() - begun


def _run(argv: list[str], env: dict[str, str]) -> None:
    done = subprocess.run(argv, env=env, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(argv)} failed:\n{(done.stdout + done.stderr)[-3000:]}")


if __name__ == "__main__":
    sys.exit(main())
