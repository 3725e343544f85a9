"""A private apt: other suites and architectures from the machine's own archive, its dpkg untouched."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ETC_APT = Path("/etc/apt")
DEBIAN_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
LAST_LINES = 15
"""How much of apt's output an error repeats."""


class AptError(RuntimeError):
    """What was asked of apt could not be had; the message ends with apt's own last lines."""


@dataclass(frozen=True)
class Archive:
    """A Debian archive as the machine's apt sources name it."""

    address: str
    """The base address, everything before `dists/`."""
    keyring: str
    """The file with the keys that sign its suites; empty: the keys that apt trusts by itself."""


@dataclass(frozen=True)
class PrivateApt:
    """An apt with a configuration, lists and cache of its own in one folder."""

    folder: Path

    def run(self, program: str, *arguments: str, cwd: Path | None = None) -> str:
        """Run one of apt's programs with the private configuration and return its standard output."""
        environment = {**os.environ, "APT_CONFIG": str(self.folder / "apt.conf"), "LC_ALL": "C.UTF-8"}
        command = [program, *arguments]
        try:
            done = subprocess.run(command, cwd=cwd, env=environment, check=False, capture_output=True, text=True)
        except FileNotFoundError:
            message = f"{program} is not installed: host Pythons and sources come from a Debian archive"
            raise AptError(message) from None
        if done.returncode:
            tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-LAST_LINES:])
            message = f"`{' '.join(command)}` failed with exit code {done.returncode}:\n{tail}"
            raise AptError(message)
        return done.stdout

    def download(self, *packages: str) -> list[Path]:
        """Fetch PACKAGES and all that they depend on, as on a machine with nothing installed."""
        self.run("apt-get", "install", "--yes", "--quiet=2", "--download-only", *packages)
        return sorted((self.folder / "cache/archives").glob("*.deb"))

    def download_sources(self, source: str, suite: str) -> list[Path]:
        """Fetch the upstream tarballs of the source package SOURCE as it stands in SUITE."""
        folder = self.folder / "sources" / suite / source
        folder.mkdir(parents=True, exist_ok=True)
        self.run("apt-get", "source", "--quiet=2", "--download-only", "--tar-only", f"{source}/{suite}", cwd=folder)
        return sorted(folder.iterdir())


def private_apt(
    folder: Path, suites: list[str], *, architecture: str | None = None, sources: bool = False
) -> PrivateApt:
    """Set up a private apt in the absolute FOLDER for Debian's SUITES and read their lists of packages.

    ARCHITECTURE is Debian's name of the machine that packages are for (None: this machine);
    SOURCES asks for source packages in place of binary ones.
    """
    for name in ("state/lists/partial", "cache/archives/partial", "none"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    # An empty status file: nothing is installed, so that all that a package depends on is fetched with it.
    (folder / "status").write_text("", encoding="utf-8")
    archive = machine_archive()
    kind = "deb-src" if sources else "deb"
    signed = f"[signed-by={archive.keyring}] " if archive.keyring else ""
    lines = [f"{kind} {signed}{archive.address} {suite} main\n" for suite in suites]
    (folder / "sources.list").write_text("".join(lines), encoding="utf-8")
    (folder / "apt.conf").write_text(_configuration(folder, architecture), encoding="utf-8")
    apt = PrivateApt(folder)
    # Without this option a list that can't be fetched is a warning, and what is missing shows much later.
    apt.run("apt-get", "update", "--quiet=2", "--error-on=any")
    return apt


def _configuration(folder: Path, architecture: str | None) -> str:
    """Render apt.conf; the machine's own settings (a proxy, say) hold where this file is silent."""
    lines = [
        f'Dir::State "{folder}/state";',
        f'Dir::State::status "{folder}/status";',
        f'Dir::Cache "{folder}/cache";',
        f'Dir::Etc::sourcelist "{folder}/sources.list";',
        f'Dir::Etc::sourceparts "{folder}/none";',
        # The machine's pins are about its own suite.
        f'Dir::Etc::preferences "{folder}/none/preferences";',
        f'Dir::Etc::preferencesparts "{folder}/none";',
        'Acquire::Languages "none";',
        'APT::Install-Recommends "false";',
        # apt's own user can't write into a folder below somebody's home.
        'APT::Sandbox::User "root";',
    ]
    if architecture:
        lines += [f'APT::Architecture "{architecture}";', f'APT::Architectures {{ "{architecture}"; }};']
    return "\n".join(lines) + "\n"


def machine_archive(etc_apt: Path = ETC_APT) -> Archive:
    """Find the Debian archive among the machine's apt sources, of either form."""
    found: list[Archive] = []
    for path in sorted((etc_apt / "sources.list.d").glob("*.sources")):
        found += _read_deb822(path.read_text(encoding="utf-8"))
    for path in (etc_apt / "sources.list", *sorted((etc_apt / "sources.list.d").glob("*.list"))):
        if path.is_file():
            found += _read_one_line(path.read_text(encoding="utf-8"))
    for archive in found:
        # Mirrors keep the archive's own name as the last part; security and third parties have others.
        if archive.address.rstrip("/").rpartition("/")[2] == "debian":
            keyring = archive.keyring or (str(DEBIAN_KEYRING) if DEBIAN_KEYRING.is_file() else "")
            return Archive(archive.address, keyring)
    message = f"no Debian archive (an address that ends with /debian) among the apt sources in {etc_apt}"
    raise AptError(message)


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
        archives += [Archive(uri, keyring) for uri in fields.get("uris", "").split()]
    return archives


def _read_one_line(text: str) -> list[Archive]:
    """Read the archives of binary packages from lines like `deb [signed-by=FILE] ADDRESS SUITE main`."""
    archives = []
    for options, uri in re.findall(r"^[ \t]*deb[ \t]+(?:\[([^\]]*)\][ \t]+)?(\S+)", text, re.MULTILINE):
        signed = re.search(r"signed-by=(\S+)", options)
        archives.append(Archive(uri, _keyring(signed[1] if signed else None)))
    return archives


def _keyring(signed_by: str | None) -> str:
    """Keep a Signed-By that names a file, not one that is a fingerprint or a key itself."""
    return signed_by if signed_by and re.fullmatch(r"/\S+", signed_by) else ""
