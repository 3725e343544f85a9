"""The host's own libraries, where its files are at hand: a sysroot, the roots of a cross compiler, this machine."""

from __future__ import annotations

import io
import re
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.binary import elf
from xconan.binary.dynamic import read_dynamic

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from xconan.binary.dynamic import Dynamic
    from xconan.host.platforms import Arch

_FOLDERS = ("lib", "lib64", "usr/lib", "usr/lib64", "usr/local/lib", "usr/local/lib64", "lib32", "usr/lib32")
_LIBC = ("libc.so.6", "libc.so", "libc.musl-*.so.1", "ld-musl-*")


class HostLibraries:
    """The libraries that a host's loader finds by itself.

    Args:
        roots: folders that stand for the host's `/`, or hold its lib/.
        arch: of the host: libraries of others in the same folders are passed over, as the loader does.
    """

    def __init__(self, roots: Sequence[Path], arch: Arch) -> None:
        self.roots, self.arch = roots, arch
        self._read: dict[str, Dynamic | None] = {}

    @cached_property
    def complete(self) -> bool:
        """Whether these are a host's libraries: its C library is among them."""
        return any(self._fits(Path(file)) for folder in self.folders for name in _LIBC for file in folder.glob(name))

    @cached_property
    def folders(self) -> tuple[Path, ...]:
        """Where the loader looks, ld.so.conf(5) included."""
        folders: dict[Path, None] = {}
        for root in self.roots:
            multiarch = self.arch.multiarch
            for folder in (*(f"{folder}/{multiarch}" for folder in _FOLDERS), *_FOLDERS):
                folders[root / folder] = None
            folders.update(dict.fromkeys(_configured(root, "etc/ld.so.conf")))
        return tuple(folder for folder in folders if folder.is_dir())

    def find(self, name: str, search: Collection[str] = ()) -> Path | None:
        """The file of a library, by its soname; also where an absolute RPATH leads to."""
        own = [root / entry.lstrip("/") for entry in search if entry.startswith("/") for root in self.roots]
        return next((folder / name for folder in (*own, *self.folders) if self._fits(folder / name)), None)

    def dynamic(self, name: str) -> Dynamic | None:
        """What a library says; None where there is none, or it can't be read."""
        if name not in self._read:
            self._read[name] = None
            if path := self.find(name):
                with suppress(ValueError, OSError):
                    self._read[name] = read_dynamic(io.BytesIO(path.read_bytes()))
        return self._read[name]

    def _fits(self, path: Path) -> bool:
        try:
            with path.open("rb") as stream:
                header = elf.read_header(stream)
        except OSError:
            return False
        return header is not None and elf.mismatch(header, self.arch) is None


def _configured(root: Path, name: str, depth: int = 4) -> Iterator[Path]:
    try:
        lines = (root / name).read_text("utf-8", "replace").splitlines()
    except OSError:
        return
    for line in lines:
        text = line.partition("#")[0].strip()
        if match := re.match(r"include\s+(\S+)", text):
            for file in sorted(root.glob(match[1].lstrip("/"))) if depth else ():
                yield from _configured(root, str(file.relative_to(root)), depth - 1)
        elif text.startswith("/"):
            yield root / text.lstrip("/")
