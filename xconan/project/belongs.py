"""What lies in a project's folder and is no part of it: caches, virtual environments, secrets, one user's settings.

What version control tracks is the project's own, whatever its name; these rules are for everything else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from xconan.ground.files import INDEX_MARK
from xconan.project.config.layers import LOCAL_FILES

if TYPE_CHECKING:
    from xconan.project.config.records import CMakeConfig

_SCRAPS = re.compile(r"\.git|\.hg|\.svn|\.jj|\.bzr|__pycache__|\.ipynb_checkpoints|\..*_cache")  # folders, at any depth
_TOOLS = re.compile(r"node_modules|\.tox|\.nox|\.venv|\.eggs")  # the same, but a wheel may want to hold them
_AT_THE_TOP = re.compile(r"dist|venv")  # deeper down they may be packages
_MARKS = ("pyvenv.cfg", "conda-meta/history", "CMakeCache.txt", "CACHEDIR.TAG", INDEX_MARK)  # say so of their folder
_FILES = re.compile(r"\.git|.*\.py[co]|\.DS_Store|Thumbs\.db|desktop\.ini|\..*\.sw[op]|\..*\.part")
_SECRETS = re.compile(
    r"\.env|\.env\.(?!(example|sample|template|dist)$).*|.*\.env|\.envrc|\.netrc|_netrc|\.pypirc|\.npmrc"
    r"|\.git-credentials|\.pgpass|\.my\.cnf|\.s3cfg|\.boto|\.dockercfg"
    r"|\.htpasswd|id_(rsa|dsa|ecdsa|ed25519)|.*\.(p12|pfx|jks|keystore|kdbx|ppk)"
)
_SECRET_FOLDERS = re.compile(r"\.(ssh|gnupg|aws|azure|kube|gcloud)")
_KEY_FILES = (".pem", ".key", ".asc", ".der")  # public ones as well: the text tells
_PRIVATE_KEY = b"PRIVATE KEY"
_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY")  # what one without a suffix begins with
_BINARIES = re.compile(r".*\.(so|so\.[\d.]+|pyd|dll|dylib|o|obj|a|lib|exe)")
_CROSS_FILES = ".cross.toml"


def is_scrap(name: str) -> bool:
    """Whether a file is what tools leave behind, and nobody publishes, by its name below the project's folder."""
    *folders, last = name.split("/")
    return bool(_FILES.fullmatch(last)) or any(_SCRAPS.fullmatch(folder) for folder in folders)


def is_secret(name: str, path: Path) -> bool:
    """Whether a file holds a key or a password, by its name below some folder, and for key files by their text."""
    *folders, last = name.split("/")
    if _SECRETS.fullmatch(last) or any(_SECRET_FOLDERS.fullmatch(folder) for folder in folders):
        return True
    known = path.suffix in _KEY_FILES
    if not (known or "." not in last.lstrip(".")) or not path.is_file():
        return False
    try:
        with path.open("rb") as stream:
            return _PRIVATE_KEY in stream.read(1 << 16) if known else bool(_KEY.match(stream.read(64)))
    except OSError:  # whoever reads it says so
        return False


def is_binary(name: str) -> bool:
    """Whether a file is what compilers make, by its name."""
    return bool(_BINARIES.fullmatch(PurePosixPath(name).name))


def is_personal_file(name: str) -> bool:
    """Whether a file at the project's top is one user's: local settings, or a description of a host."""
    return "/" not in name and (name in LOCAL_FILES or name.endswith(_CROSS_FILES))


@dataclass(kw_only=True)
class Folders:
    """Which folders of a project are caches, build trees or environments; each is looked at once.

    `build` are the folders that `cmake.build_path` names, relative: "build", or "build-*" for a pattern.
    """

    root: Path
    build: str = ""
    _known: dict[str, bool] = field(default_factory=dict)

    def leave_out(self, name: str) -> bool:
        """Whether a folder, relative to the project, is left out with all that is in it."""
        if name not in self._known:
            above, _, last = name.rpartition("/")
            self._known[name] = (bool(above) and self.leave_out(above)) or self._is_left_out(name, last)
        return self._known[name]

    def _is_left_out(self, name: str, last: str) -> bool:
        return bool(
            _SCRAPS.fullmatch(last)
            or _TOOLS.fullmatch(last)
            or ("/" not in name and _AT_THE_TOP.fullmatch(name))
            or (self.build and PurePosixPath(name).match(self.build) and name.count("/") == self.build.count("/"))
            or any((self.root / name / mark).is_file() for mark in _MARKS)
        )


def build_folders(cmake: CMakeConfig | None) -> str:
    """The folders that builds work in, for Folders: what is the same for all configurations, "" where nothing is."""
    parts: list[str] = []
    for part in PurePosixPath(cmake.build_path).parts if cmake else ():
        if part == "{build_config}" and parts:
            break
        parts.append(part.replace("{build_config}", "?*"))
        if "*" in parts[-1]:
            break
    text = "/".join(parts)
    return "" if text in ("?*", ".") or text.startswith(("/", "..")) else text
