"""A private apt: other suites and architectures from a Debian archive; the machine's own dpkg is not touched.

All that apt writes is in one folder, so that it works for an ordinary user as for root.
"""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground.errors import MachineError
from xconan.ground.report import say, ticking
from xconan.ground.run import capture, which

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xconan.host.targets import Target

ETC_APT = Path("/etc/apt")
DEBIAN_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
ARCHIVE_VARIABLE = "XCONAN_DEBIAN_URL"
_MISSING = 127


class AptError(MachineError):
    """What was asked of apt could not be had; the message ends with apt's own reason."""


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A Debian archive.

    Attributes:
        address: the base address, everything before `dists/`.
        keyring: the file with the keys that sign its suites; "" for those that apt trusts by itself.
    """

    address: str
    keyring: str


@dataclass(frozen=True, kw_only=True)
class PrivateApt:
    """An apt with a configuration, lists and cache of its own in one folder.

    Attributes:
        folder: absolute.
        inherit: descriptors of locks that its programs hold on to if we are killed.
    """

    folder: Path
    inherit: tuple[int, ...] = ()

    def run(self, program: str, *arguments: str, cwd: Path | None = None) -> str:
        """Run one of apt's programs with the private configuration and return its standard output.

        Raises:
            AptError: it is not installed, or failed.
        """
        environment = {**os.environ, "APT_CONFIG": str(self.folder / "apt.conf"), "LC_ALL": "C.UTF-8"}
        with ticking(f"{program} {arguments[0]}"):
            done = capture([program, *arguments], cwd=cwd, env=environment, inherit=self.inherit)
        if done.code == _MISSING:
            raise AptError(
                f"{program} is not installed", where=program,
                hint="install apt, or take the Python from elsewhere: --from standalone",
            )  # fmt: skip
        if done.code:
            raise AptError(
                f"{program} {arguments[0]} failed with exit code {done.code}: {_reason(done.stdout + done.stderr)}",
                where=shlex.join([program, *arguments]),
                hint=f"check the connection, the disk and the archive; {ARCHIVE_VARIABLE} names another one",
            )
        return done.stdout

    def packages(self, prefix: str) -> list[str]:
        """The names of all packages that begin with this."""
        return sorted(self.run("apt-cache", "pkgnames", prefix).split())

    def fetch(self, *packages: str) -> list[Path]:
        """Fetch these packages alone."""
        folder = self.folder / "packages"
        folder.mkdir(exist_ok=True)
        self.run("apt-get", "download", "--quiet=2", *packages, cwd=folder)
        return sorted(folder.glob("*.deb"))

    def download(self, *packages: str) -> list[Path]:
        """Fetch these packages and all that they depend on, as on a machine with nothing installed."""
        self.run("apt-get", "install", "--yes", "--quiet=2", "--download-only", *packages)
        return sorted((self.folder / "cache/archives").glob("*.deb"))

    def download_sources(self, source: str, suite: str) -> list[Path]:
        """Fetch the upstream tarballs of a source package as it stands in a suite."""
        folder = self.folder / "sources" / suite / source
        folder.mkdir(parents=True, exist_ok=True)
        self.run("apt-get", "source", "--quiet=2", "--download-only", "--tar-only", f"{source}/{suite}", cwd=folder)
        return sorted(folder.iterdir())


def private_apt(
    folder: Path,
    suites: Sequence[str],
    *,
    architecture: str | None = None,
    sources: bool = False,
    inherit: tuple[int, ...] = (),
) -> PrivateApt:
    """Set up a private apt for Debian's suites and read their lists of packages.

    Args:
        folder: absolute; all that apt writes goes there.
        suites: by their names: "trixie".
        architecture: Debian's name of the machine that packages are for; None: this machine.
        sources: ask for source packages in place of binary ones.
        inherit: as for PrivateApt.

    Raises:
        AptError: no apt, no Debian archive, no connection.
    """
    archive = machine_archive()
    kind = "deb-src" if sources else "deb"
    signed = f"[signed-by={archive.keyring}] " if archive.keyring else ""
    lines = [f"{kind} {signed}{archive.address} {suite} main\n" for suite in suites]
    own = [
        f'Dir::Etc::sourcelist "{folder}/sources.list";',
        f'Dir::Etc::sourceparts "{folder}/none";',
        # The machine's pins are about its own suite.
        f'Dir::Etc::preferences "{folder}/none/preferences";',
        f'Dir::Etc::preferencesparts "{folder}/none";',
    ]
    apt = _set_up(folder, [*own, *_of_architecture(architecture)], inherit)
    (folder / "sources.list").write_text("".join(lines), encoding="utf-8")
    # Without this option a list that can't be fetched is a warning, and what is missing shows much later.
    apt.run("apt-get", "update", "--quiet=2", "--error-on=any")
    return apt


def machine_apt(folder: Path, architecture: str, *, inherit: tuple[int, ...] = ()) -> PrivateApt:
    """Set up a private apt with the machine's own sources and pins, of whatever distribution, and read their lists.

    A source that can't be reached is passed over: others may have what is asked for.

    Args:
        folder: absolute; all that apt writes goes there.
        architecture: Debian's name of this machine's architecture.
        inherit: as for PrivateApt.

    Raises:
        AptError: no apt, or no list can be read.
    """
    apt = _set_up(folder, _of_architecture(architecture), inherit)
    try:
        apt.run("apt-get", "update", "--quiet=2")
    except AptError as error:
        if not any((folder / "state/lists").glob("*_Packages*")):
            raise
        say(f"xconan: apt could not read all of its sources: {error.message}")
    return apt


def _reason(said: str) -> str:
    """The first file that could not be fetched, which apt's last line does not name; else that line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    failed = [line for line in lines if line.startswith("E: Failed to fetch")]
    return (failed or lines[-1:] or ["it said nothing"])[0]


def _set_up(folder: Path, lines: list[str], inherit: tuple[int, ...]) -> PrivateApt:
    """The folders and apt.conf; the machine's own settings (a proxy, say) hold where this file is silent."""
    for name in ("state/lists/partial", "cache/archives/partial", "none"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    # An empty status file: nothing is installed, so that all that a package depends on is fetched with it.
    (folder / "status").write_text("", encoding="utf-8")
    common = [
        f'Dir::State "{folder}/state";',
        f'Dir::State::status "{folder}/status";',
        f'Dir::Cache "{folder}/cache";',
        'Acquire::Languages "none";',
        'APT::Install-Recommends "false";',
        # apt's own user can't write into a folder below somebody's home.
        'APT::Sandbox::User "root";',
    ]
    (folder / "apt.conf").write_text("\n".join([*common, *lines, ""]), encoding="utf-8")
    return PrivateApt(folder=folder, inherit=inherit)


def _of_architecture(architecture: str | None) -> list[str]:
    if architecture is None:
        return []
    return [f'APT::Architecture "{architecture}";', f'APT::Architectures {{ "{architecture}"; }};']


def apt_is_here() -> bool:
    """Whether this machine has apt and knows a Debian archive."""
    try:
        machine_archive()
    except AptError:
        return False
    return which("apt-get") is not None


def header_packages(target: Target) -> list[str]:
    """Debian's packages with a Python's headers and build data; the first is the one that has Python.h."""
    if target.implementation == "pp":
        return ["pypy3-dev", "pypy3"]
    return [f"libpython{target.dotted_version}-dev", f"libpython{target.dotted_version}-minimal"]


def machine_archive(etc_apt: Path = ETC_APT, environ: Mapping[str, str] = os.environ) -> Archive:
    """The Debian archive: $XCONAN_DEBIAN_URL, else the one among the machine's apt sources, of either form.

    Raises:
        AptError: there is none.
    """
    keyring = str(DEBIAN_KEYRING) if DEBIAN_KEYRING.is_file() else ""
    if chosen := environ.get(ARCHIVE_VARIABLE):
        return Archive(address=chosen, keyring=keyring)
    found: list[Archive] = []
    for path in sorted((etc_apt / "sources.list.d").glob("*.sources")):
        found += _read_deb822(path.read_text("utf-8", "replace"))
    for path in (etc_apt / "sources.list", *sorted((etc_apt / "sources.list.d").glob("*.list"))):
        if path.is_file():
            found += _read_one_line(path.read_text("utf-8", "replace"))
    for archive in found:
        # Mirrors keep the archive's own name as the last part; security and third parties have others.
        if archive.address.rstrip("/").rpartition("/")[2] == "debian":
            return Archive(address=archive.address, keyring=archive.keyring or keyring)
    raise AptError(
        "no Debian archive (an address that ends with /debian) among the apt sources", where=str(etc_apt),
        hint=f"set {ARCHIVE_VARIABLE} to a Debian mirror, or take the Python from elsewhere: --from standalone",
    )  # fmt: skip


def _read_deb822(text: str) -> list[Archive]:
    """Read the archives of binary packages from paragraphs of `Key: value` lines."""
    archives = []
    without_comments = re.sub(r"^#.*\n?", "", text, flags=re.MULTILINE)
    for paragraph in re.split(r"\n\s*\n", without_comments):
        fields = {
            key.lower(): value.strip()
            for key, value in re.findall(r"^([\w-]+):((?:.*)(?:\n[ \t].*)*)", paragraph, re.MULTILINE)
        }
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() == "no":
            continue
        keyring = _keyring(fields.get("signed-by"))
        archives += [Archive(address=uri, keyring=keyring) for uri in fields.get("uris", "").split()]
    return archives


def _read_one_line(text: str) -> list[Archive]:
    """Read the archives of binary packages from lines like `deb [signed-by=FILE] ADDRESS SUITE main`."""
    archives = []
    for options, uri in re.findall(r"^[ \t]*deb[ \t]+(?:\[([^\]]*)\][ \t]+)?(\S+)", text, re.MULTILINE):
        signed = re.search(r"signed-by=(\S+)", options)
        archives.append(Archive(address=uri, keyring=_keyring(signed[1] if signed else None)))
    return archives


def _keyring(signed_by: str | None) -> str:
    """Keep a Signed-By that names a file, not one that is a fingerprint or a key itself."""
    return signed_by if signed_by and re.fullmatch(r"/\S+", signed_by) else ""
