"""A Conan server of the tests' own, on loopback.

PyPI's conan-server holds the modules of Conan itself, so it is installed into a folder that only its process sees.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tarfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.conan_home import run_conan
from tests.support.needs import missing
from tests.support.once import locked
from xconan.ground.files import load_toml

if TYPE_CHECKING:
    from collections.abc import Iterator

USER, PASSWORD = "demo", "hush"
START_S = 30
_CONFIGURATION = """\
[server]
jwt_secret: for-these-tests-and-nothing-else
jwt_expire_minutes: 120
ssl_enabled: False
port: {port}
public_port:
host_name: 127.0.0.1
authorize_timeout: 1800
disk_storage_path: {data}
disk_authorize_timeout: 1800
updown_secret: for-these-tests-and-nothing-else

[write_permissions]
*/*@*/*: {user}

[read_permissions]
*/*@*/*: {readers}

[users]
{user}: {password}
guest: guest
"""
_RUN = (
    "import sys; from conans.server.launcher import ServerLauncher; "
    "ServerLauncher(server_dir=sys.argv[1]).server.run(host='127.0.0.1')"
)


@dataclass(frozen=True)
class ConanServer:
    """A running server; USER with PASSWORD may write, guest (password guest) may read."""

    port: int
    data: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def add_to(self, home: Path, name: str = "shared", user: str = "") -> None:
        """Make it a remote of a Conan home, with credentials if a user is named."""
        run_conan(home, "remote", "add", name, self.url)
        if user:
            run_conan(home, "remote", "login", name, user, "-p", PASSWORD if user == USER else user)

    def stop(self) -> None:
        """End it; what was uploaded stays in its folder."""
        self.process.terminate()
        self.process.wait(10)

    def packages(self) -> list[str]:
        """The names of all packages that were uploaded, by NAME/VERSION."""
        found = {"/".join(path.relative_to(self.data).parts[:2]) for path in self.data.rglob("conan_package.tgz")}
        return sorted(found)

    def torn(self) -> list[str]:
        """Packages that the server lists, and whose archive is missing or can't be read to its end."""
        listed = [path for path in self.data.rglob("conanmanifest.txt") if "package" in path.parts]
        return sorted(str(path) for path in listed if not _is_whole(path.with_name("conan_package.tgz")))


def _is_whole(archive: Path) -> bool:
    try:
        with tarfile.open(archive) as opened:
            return bool([opened.extractfile(entry).read() for entry in opened if entry.isfile()])  # type: ignore[union-attr]
    except (OSError, EOFError, tarfile.TarError):
        return False


def install_conan_server(kept: Path) -> Path:
    """The folder with the server and what it needs, filled once by pip."""
    groups = load_toml(Path(__file__).parents[2] / "pyproject.toml")["dependency-groups"]
    requirement = str(groups["conan-server"][0] if isinstance(groups, dict) else "")
    folder = kept / "conan-server"
    kept.mkdir(parents=True, exist_ok=True)
    with locked(kept / "conan-server.lock"):
        if not (folder / "complete").is_file():
            argv = [
                sys.executable,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--upgrade",
                "--target",
                str(folder),
                requirement,
            ]
            done = subprocess.run(argv, check=False, capture_output=True, text=True)
            if done.returncode:
                missing(f"conan-server, by pip: {done.stderr.strip()}")
            (folder / "complete").touch()
    return folder


@contextmanager
def running_server(installed: Path, folder: Path, *, readers: str = "*", port: int = 0) -> Iterator[ConanServer]:
    """Run a server that keeps its packages in FOLDER; READERS may read, '?' stands for whoever logs in.

    With PORT, it is one that has run there before.
    """
    if not port:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
    folder.mkdir(parents=True, exist_ok=True)
    text = _CONFIGURATION.format(port=port, data=folder / "data", user=USER, password=PASSWORD, readers=readers)
    (folder / "server.conf").write_text(text, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    with (folder / "log").open("wb") as log:
        argv = [sys.executable, "-S", "-c", _RUN, str(folder)]  # -S: the Conan of this environment is not the server's
        process = subprocess.Popen(argv, env=environment, stdout=log, stderr=log)
    try:
        end = time.monotonic() + START_S
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > end:
                missing(f"a Conan server: {(folder / 'log').read_text('utf-8', 'replace')[-2000:]}")
            time.sleep(0.05)
        yield ConanServer(port, folder / "data", process)
    finally:
        process.terminate()
        process.wait(10)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
