"""build-details.json: what a Python installation says of itself without being run.

https://packaging.python.org/specifications/build-details/ (PEP 739); CPython installs it from 3.14 on. It may say
what is true of the build machine alone (https://github.com/python/cpython/issues/136267), so nothing in it is
believed that contradicts the cross.toml.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeVar

from xconan.ground import reads
from xconan.ground.errors import HostPythonError, Problems
from xconan.ground.report import warn
from xconan.host.platforms import table
from xconan.host.tags import is_suffix_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xconan.host.platforms import Arch
    from xconan.host.targets import Target
    from xconan.project.config.records import CrossConfig

T = TypeVar("T")

_NAME = re.compile(r"build-details(\.(?P<flags>\w*)\.(?P<multiarch>[\w-]+))?\.json")
_LIMIT = 1 << 20  # bytes; real ones have two thousand
_LONGEST = 1024  # letters of a path
# what `uname -m` says of 32-bit systems on 64-bit kernels, and by other names
_MACHINES = {
    "armv8l": "armv7l", "arm": "armv7l", "armhf": "armv7l", "i386": "i686", "i586": "i686", "amd64": "x86_64",
    "arm64": "aarch64",
}  # fmt: skip
_WIDER = {"armv7l": "aarch64", "armv6l": "aarch64", "i686": "x86_64"}


@dataclass(frozen=True, kw_only=True)
class Details:
    """What a build-details.json says, in the build machine's paths.

    Attributes:
        file: it.
        version: (major, minor, micro) of the language.
        include: the folder that should have Python.h; None where it says none.
        suffix: of extension modules, ".cpython-314-aarch64-linux-gnu.so"; None where it says none.
        library, sabi_library: shared libraries that are there.
    """

    file: Path
    version: tuple[int, int, int]
    include: Path | None
    suffix: str | None
    library: Path | None
    sabi_library: Path | None


def find_details(root: Path, origin: str, cross: CrossConfig) -> Iterator[Details]:
    """Read those below a root that are of the Python that is asked for.

    Args:
        root: the host's `/`, or the folder that its Python is installed in.
        origin: who names it, for people.
        cross: what is asked for.

    Raises:
        HostPythonError: one is damaged, or contradicts the cross.toml; both sides are shown.
    """
    for below in ("usr/local", "usr", "."):
        for lib in ("lib", "lib64"):
            for file in _files(root / below / lib / cross.target.python_name, cross.target):
                if details := _Reader(file=file, root=root, origin=origin, cross=cross).read():
                    yield details


def _files(folder: Path, target: Target) -> list[Path]:
    """Debian names them by ABI flags and architecture, because several may be installed beside each other."""
    ranked: list[tuple[int, Path]] = []
    for path in sorted(folder.glob("build-details*.json")):
        match = _NAME.fullmatch(path.name)
        if match is None or match["multiarch"] is None:
            ranked.append((1, path))
        elif (match["flags"], match["multiarch"]) == (target.abi_flags, target.platform.arch.multiarch):
            ranked.append((0, path))
    return [path for _rank, path in sorted(ranked)]


class _DamagedError(Exception):
    """What is not as the specification says."""


@dataclass(frozen=True, kw_only=True)
class _Reader:
    """One file, read and compared."""

    file: Path
    root: Path
    origin: str
    cross: CrossConfig

    def read(self) -> Details | None:
        """The details; None for a format that is newer than we are."""
        try:
            data = self._load()
            schema = _get(data, "schema_version", str)
            if schema.partition(".")[0] != "1":
                warn(f"{self.file} is of schema {schema}, which is not known; it is passed over")
                return None
            return self._details(data)
        except _DamagedError as error:
            raise HostPythonError(
                f"{self.file.name} is damaged: {error}", where=f"{self.file} ({self.origin})",
                hint="mend it, or set include_dir: it is not read then",
            ) from None  # fmt: skip

    def _load(self) -> dict[str, object]:
        try:
            with self.file.open("rb") as stream:
                text = stream.read(_LIMIT + 1)
        except OSError as error:
            raise _DamagedError(error.strerror) from None
        if len(text) > _LIMIT:
            message = f"it is larger than {_LIMIT} bytes"
            raise _DamagedError(message)
        try:
            data: object = json.loads(text)
        except (ValueError, RecursionError) as error:
            message = f"it is no JSON: {error}"
            raise _DamagedError(message) from None
        if not isinstance(data, dict):
            message = "it is no object"
            raise _DamagedError(message)
        return data

    def _details(self, data: dict[str, object]) -> Details:
        version = _version(data)
        suffix = _optional(data, "abi.extension_suffix", str)
        extensions = _optional(data, "suffixes.extensions", list) or []
        if suffix is None and extensions and isinstance(extensions[0], str) and extensions[0].count(".") > 1:
            suffix = extensions[0]
        self._compare(data, version, suffix)
        paths = {}
        for key in ("c_api.headers", "libpython.dynamic", "libpython.dynamic_stableabi"):
            text = _optional(data, key, str)
            paths[key] = self._host_path(text, _get(data, "base_prefix", str)) if text else None
        library, stable = paths["libpython.dynamic"], paths["libpython.dynamic_stableabi"]
        return Details(
            file=self.file,
            version=version,
            include=paths["c_api.headers"],
            suffix=suffix,
            library=library if library and reads.seen(library).is_file() else None,
            sabi_library=stable if stable and reads.seen(stable).is_file() else None,
        )

    def _host_path(self, text: str, base_prefix: str) -> Path:
        """A path of the file as one of the build machine's: what is absolute is the host's, so below the root."""
        here = self.file.parent.parent.parent  # the base prefix as it lies here: its lib/python3.14 has the file
        base, path = PurePosixPath(base_prefix), PurePosixPath(text)
        if not path.is_absolute():
            return here / path
        if base.is_absolute() and path.is_relative_to(base):
            return here / path.relative_to(base)
        return self.root / path.relative_to(path.anchor)

    def _compare(self, data: dict[str, object], version: tuple[int, int, int], suffix: str | None) -> None:
        target, problems = self.cross.target, Problems()
        name = _get(data, "implementation.name", str)
        dotted = f"{version[0]}.{version[1]}"
        if dotted != target.dotted_version:
            self._wrong(problems, "version", f"'{target.version}' ({target.dotted_version})", dotted)
        if name != target.implementation_name:
            self._wrong(problems, "implementation", f"'{target.implementation}'", name)
        flags = _optional(data, "abi.flags", list)
        if flags is not None and target.implementation == "cp" and ("t" in flags) != target.free_threaded:
            actual = f"a Python {'without' if 't' in flags else 'with'} a GIL"
            self._wrong(problems, "abi", f"'{target.abi}'", actual)
        platform, multiarch = _get(data, "platform", str), _optional(data, "implementation._multiarch", str)
        if not self._is_platform(platform, multiarch):
            self._wrong(problems, "arch", f"'{target.platform.tag}'", f"the platform {platform}")
        processor = multiarch.split("-")[0] if multiarch and target.platform.os == "linux" else None
        if processor and processor != self._arch.multiarch.split("-")[0]:
            self._wrong(problems, "arch", f"'{target.platform.tag}'", f"the architecture {multiarch}")
        if suffix and not self.cross.soabi and not is_suffix_of(target, suffix):
            self._wrong(problems, "arch", f"'{target.platform.tag}' ({target.abi})", f"the module suffix {suffix}")
        problems.raise_if_any()

    @property
    def _arch(self) -> Arch:
        return self.cross.target.platform.arch

    def _is_platform(self, platform: str, multiarch: str | None) -> bool:
        """Whether sysconfig.get_platform() could say this on the host."""
        target = self.cross.target.platform
        if target.os != "linux":
            return platform.startswith({"mac": "macosx-", "windows": "win"}[target.os])
        system, _, machine = platform.partition("-")
        machine = _MACHINES.get(machine, machine)
        if multiarch == self._arch.multiarch and machine == _WIDER.get(self._arch.name):
            return system == "linux"  # a 32-bit system under a 64-bit kernel
        row = table()["linux"].get(machine)
        return system == "linux" and row is not None and row.machine == self._arch.machine

    def _wrong(self, problems: Problems, key: str, asked: str, actual: str) -> None:
        error = HostPythonError(
            f"{key} is {asked}, but {self.file.name} says {actual}",
            where=f"{self.cross.place(key)}, and {self.file} ({self.origin})",
            hint=f"correct {key}, or set include_dir: the file is not read then, and the headers are looked at alone",
        )  # fmt: skip
        problems.found.append(error)


def _version(data: dict[str, object]) -> tuple[int, int, int]:
    text = _get(data, "language.version", str)
    info = {part: _optional(data, f"language.version_info.{part}", int) for part in ("major", "minor", "micro")}
    if not re.fullmatch(r"\d{1,3}\.\d{1,3}", text):
        message = f"language.version is '{text}'"
        raise _DamagedError(message)
    major, minor = (int(part) for part in text.split("."))
    if (info["major"] or major, minor if info["minor"] is None else info["minor"]) != (major, minor):
        message = f"language.version is {text}, but language.version_info {info['major']}.{info['minor']}"
        raise _DamagedError(message)
    return major, minor, -1 if info["micro"] is None else info["micro"]


def _get(data: dict[str, object], key: str, kind: type[T]) -> T:
    value = _optional(data, key, kind)
    if value is None:
        message = f"it has no {key}"
        raise _DamagedError(message)
    return value


def _optional(data: dict[str, object], key: str, kind: type[T]) -> T | None:
    value: object = data
    for part in key.split("."):
        if not isinstance(value, dict):
            message = f"the part with {key} is no object"
            raise _DamagedError(message)
        value = value.get(part)
        if value is None:
            return None
    if isinstance(value, str) and (len(value) > _LONGEST or not value.isprintable()):
        message = f"{key} is no text for a path or name"
        raise _DamagedError(message)
    if isinstance(value, kind) and not isinstance(value, bool):
        return value
    message = f"{key} is no {kind.__name__}"
    raise _DamagedError(message)
