"""A Debian that has nothing but Python, git and certificates: made by debootstrap, entered by chroot.

Commands run in mount and process namespaces of their own, so that nothing stays mounted and nothing stays running;
where mounting is not permitted, by proot, which needs no right to.
What this machine needs to reach its archive and its package index (apt's addresses and proxies, pip's configuration,
certificates) is read from it each time and given to the new one; none of it is written into the repository.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.golden import REPOSITORY
from tests.support.needs import missing, need_program
from tests.support.once import make_once
from xconan.fetch.pythons.apt import AptError, machine_archive
from xconan.ground.files import remove_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES = ("python3", "git", "ca-certificates")
"""What a fresh machine has beside Debian's essential packages."""
CHECKOUT = "/srv/xconan"
"""Where the repository is, on the fresh machine."""
USER = "someone"
"""A user without rights."""
LAYOUT = 1
"""Raised when a machine is put together differently, so that older ones are made anew."""
_IGNORED = shutil.ignore_patterns(
    ".git", ".venv", ".nox", ".work", "__pycache__", "*.pyc", ".*_cache", "dist", "build", "*.egg-info"
)
_PASSED = re.compile(r"(?i)((https?|ftp|all|no)_proxy|PIP_.*|.*_CERT|.*_CA_BUNDLE|SSL_CERT_\w+|.*_CAINFO)")
_ACQUIRE = re.compile(r"Acquire::(https?|Check-|Retries|ForceIP)")
_CERTIFICATES = ("/etc/ssl/certs/ca-certificates.crt", "/usr/local/share/ca-certificates")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_MINUTE_S = 60.0


@dataclass(frozen=True)
class Done:
    """What a command left: its exit code, what it wrote, and how long it took."""

    code: int
    log: str
    seconds: float

    @property
    def tail(self) -> str:
        """The last lines, for people."""
        return "\n".join(self.log.splitlines()[-60:])


@dataclass(frozen=True)
class Machine:
    """A fresh machine, and the folders of this one that it sees."""

    root: Path
    shared: tuple[tuple[Path, str], ...]
    """Folders of this machine and where the other has them."""

    def run(self, command: str, *, user: str = "root", minutes: float = 30) -> Done:
        """Run a shell's command in the checkout, as a user who has just logged in; what it says is shown, too."""
        home = "/root" if user == "root" else f"/home/{user}"
        environment = {name: value for name, value in os.environ.items() if _PASSED.fullmatch(name)}
        environment |= {
            "HOME": home,
            "USER": user,
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        }
        environment |= {"LANG": "C.UTF-8", "TERM": "dumb"}
        words = ["env", "-i", *(f"{name}={value}" for name, value in environment.items())]
        words += ["bash", "-euo", "pipefail", "-c", f"cd {CHECKOUT} && {command}"]
        ids = _ids(self.root, user)
        login = [] if user == "root" else ["setpriv", f"--reuid={ids[0]}", f"--regid={ids[1]}", "--clear-groups"]
        argv = self._mounted([*login, *words]) if may_mount() else [*login, *self._traced(), *words]
        start = time.monotonic()
        say(f"{self.root.name}, {user}: {command}")
        code, log = _shown(argv, minutes)
        seconds = time.monotonic() - start
        say(f"{self.root.name}, {user}: exit code {code} after {seconds:.0f} s")
        return Done(code, log, seconds)

    def _mounted(self, argv: list[str]) -> list[str]:
        """A command in a chroot with mounts and processes of its own, which end with it."""
        memory = f"{self.root}/dev/shm"  # noqa: S108 - a mount point, for semaphores
        places = [("proc", "-t proc", f"{self.root}/proc"), ("tmpfs", "-t tmpfs", memory)]
        places += [("devpts", "-t devpts -o newinstance,ptmxmode=0666", f"{self.root}/dev/pts")]
        places += [(str(source), "--rbind", f"{self.root}{place}") for source, place in self.shared]
        lines = [
            f"mkdir -p {shlex.quote(place)} && mount {how} {shlex.quote(source)} {shlex.quote(place)}"
            for source, how, place in places
        ]
        lines += [f"exec chroot {shlex.quote(str(self.root))} {shlex.join(argv)}"]
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-euc", "\n".join(lines)]

    def _traced(self) -> list[str]:
        """The words before a command that have proot show it the machine: slower, and with no right to mount."""
        shared = [f"--bind={source}:{place}" for source, place in (*self.shared, ("/proc", "/proc"), ("/dev", "/dev"))]
        return ["proot", f"--rootfs={self.root}", *shared, "--cwd=/"]


@cache
def may_mount() -> bool:
    """Whether this machine lets us mount; containers do with --privileged alone."""
    argv = ["unshare", "--mount", "--pid", "--fork", "true"]
    return subprocess.run(argv, check=False, capture_output=True).returncode == 0


def check_rights() -> None:
    """Whether this machine may make others; else the test ends."""
    if os.geteuid() != 0:
        missing("root, who alone makes a Debian by debootstrap")
    need_program("debootstrap")
    need_program("setpriv")
    if not may_mount():
        need_program("proot")


@contextmanager
def fresh_machine(suite: str, kept: Path, scratch: Path) -> Iterator[Machine]:
    """A machine that nobody has used, gone again afterwards.

    Args:
        suite: Debian's: "bookworm".
        kept: folder of what is made once for all runs: what debootstrap makes, zig's C++ library.
        scratch: an empty or absent folder for the machine.
    """
    check_rights()
    base = _base(suite, kept)
    try:
        # of this file system alone: what debootstrap has mounted there, /proc, would fill the disk
        copy = ["cp", "--archive", "--one-file-system", "--reflink=auto", str(base), str(scratch)]
        subprocess.run(copy, check=True)
        _connect(scratch)
        checkout = scratch / CHECKOUT.lstrip("/")
        shutil.copytree(REPOSITORY, checkout, ignore=_IGNORED, symlinks=True)
        _own(scratch, checkout, "root")
        yield Machine(scratch, (*_pip_folders(), *_zig_folders(scratch, kept)))
    finally:
        remove_tree(scratch)


def hand_over(machine: Machine, user: str = USER) -> None:
    """Make a user, who owns the checkout from then on, and the home that is theirs."""
    home = f"/home/{user}"
    place = machine.root / home.lstrip("/")
    done = machine.run(f"useradd --create-home --shell /bin/bash {user} || test -d {home}")
    assert done.code == 0, done.tail
    _own(machine.root, machine.root / CHECKOUT.lstrip("/"), user)
    _own(machine.root, place, user)
    for source, where in machine.shared:
        if where.startswith(f"{home}/"):
            _own(machine.root, source, user)


def readme_commands() -> list[str]:
    """The README's commands: the demonstration, and all tiers."""
    lines = (REPOSITORY / "README.md").read_text("utf-8").splitlines()
    return [line.strip().partition("  #")[0] for line in lines if line.startswith("    ") and "bin/nox" in line]


def say(text: str) -> None:
    """Tell whoever waits; pytest shows it with -s alone, nox's session has that."""
    sys.stderr.write(f"fresh: {text}\n")
    sys.stderr.flush()


def _base(suite: str, kept: Path) -> Path:
    try:
        archive = machine_archive()
    except AptError as error:
        missing(str(error))
    destination = kept / "fresh" / suite
    include = ",".join(PACKAGES)

    def make(folder: Path) -> None:
        # in a namespace of its own, so that nothing of what it mounts stays
        argv = ["unshare", "--mount"] if may_mount() else []
        argv += ["debootstrap", "--variant=minbase", f"--include={include}"]
        argv += [f"--keyring={archive.keyring}"] if archive.keyring else []
        say(f"debootstrap {suite}")
        code, log = _shown([*argv, suite, str(folder), archive.address], 30)
        if code:
            missing(f"debootstrap of {suite}: {log[-2000:]}")

    make_once(destination, f"{LAYOUT} {suite} {include} {archive.address}\n", make)
    return destination


def _connect(root: Path) -> None:
    """Give the machine what this one needs to reach its archive and its package index."""
    for name in ("/etc/resolv.conf", "/etc/hosts", *_CERTIFICATES):
        source, place = Path(name), root / name.lstrip("/")
        if source.is_dir():
            shutil.copytree(source, place, dirs_exist_ok=True)
        elif source.is_file():
            shutil.copyfile(source, place)
    dumped = _said(["apt-config", "dump", "--format", '%F "%v";%n', "Acquire"])
    lines = [line for line in dumped.splitlines() if _ACQUIRE.match(line)]
    (root / "etc/apt/apt.conf.d/00machine").write_text("\n".join([*lines, ""]), "utf-8")
    settings = _pip_settings()
    (root / "etc/pip.conf").write_text(
        "\n".join(["[global]", *(f"{key} = {value}" for key, value in settings.items()), ""]), "utf-8"
    )
    for value in settings.values():  # constraints and certificates are files, folders are mounted
        for word in value.split():
            if Path(word).is_absolute() and Path(word).is_file():
                place = root / word.lstrip("/")
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(word, place)


def _pip_settings() -> dict[str, str]:
    said = _said([sys.executable, "-m", "pip", "config", "list"])
    found = re.findall(r"^global\.([\w-]+)='(.*)'$", said, re.MULTILINE)
    return {key: value.replace("\\n", " ").strip() for key, value in found}


def _pip_folders() -> Iterator[tuple[Path, str]]:
    """Local folders that pip is told to look into."""
    words = [word for value in _pip_settings().values() for word in value.split()]
    words += [word for name, value in os.environ.items() if name.startswith("PIP_") for word in value.split()]
    folders = {Path(word.removeprefix("file://")) for word in words}
    for folder in sorted(folders):
        if folder.is_absolute() and folder.is_dir():
            top = folder.parent if folder.name == "simple" else folder  # an index links to files beside it
            yield top, str(top)


def _zig_folders(root: Path, kept: Path) -> Iterator[tuple[Path, str]]:
    """What zig has made of a C++ library stays from run to run, as CI keeps it; all else begins cold."""
    for home in ("/root", f"/home/{USER}"):
        source = kept / "fresh" / "zig" / f"{root.name}{home.replace('/', '-')}"
        source.mkdir(parents=True, exist_ok=True)
        yield source, f"{home}/.cache/xconan/zig"


def _own(root: Path, folder: Path, user: str) -> None:
    owner = ":".join(_ids(root, user))
    subprocess.run(["chown", "--recursive", "--no-dereference", owner, str(folder)], check=True)


def _ids(root: Path, user: str) -> tuple[str, str]:
    found = re.search(rf"^{user}:[^:]*:(\d+):(\d+):", (root / "etc/passwd").read_text("utf-8"), re.MULTILINE)
    assert found, f"there is no user {user}"
    return found[1], found[2]


def _said(argv: list[str]) -> str:
    return subprocess.run(argv, check=False, capture_output=True, text=True).stdout


def _shown(argv: list[str], minutes: float) -> tuple[int, str]:
    """Run a program, show what it says as it says it, and keep it."""
    lines = []
    with subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        timer = threading.Timer(minutes * _MINUTE_S, process.kill)
        timer.start()
        for line in process.stdout or ():
            sys.stderr.write(line)
            lines.append(line)
        timer.cancel()
    return process.returncode, "".join(lines)
