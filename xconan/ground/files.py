"""Small dealings with files that every room needs: read TOML, write whole or not at all, digests, caches."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import stat
import sys
from codecs import BOM_UTF8
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground import reads
from xconan.ground.errors import ConfigError, MachineError
from xconan.ground.places import cache_place, leads_back

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_DEEPEST = 50  # tables and lists in each other, in a TOML file
_LIBRARY = re.compile(r"\.(so(\.[\d.]+)?|dylib|dll|pyd)$")
_PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A file of the wheel: its name there, and the file or the bytes that it holds."""

    name: str
    source: Path | bytes

    def read(self) -> bytes:
        """The content."""
        return self.source if isinstance(self.source, bytes) else self.source.read_bytes()

    @property
    def mode(self) -> int:
        """Permission bits, normalized to those that version control keeps; what is installed as a program is one.

        So are libraries, which CMake installs as programs on some distributions and not on Debian.
        """
        program = ".data/scripts/" in self.name or _LIBRARY.search(self.name)
        executable = isinstance(self.source, Path) and self.source.stat().st_mode & stat.S_IXUSR
        return 0o755 if program or executable else 0o644


def parse_toml(text: str) -> dict[str, object]:
    """Parse TOML.

    Raises:
        ValueError: the text is not TOML.
    """
    return tomllib.loads(text)


def load_toml(path: Path) -> dict[str, object]:
    """Parse a TOML file (UTF-8).

    Raises:
        ConfigError: where the file is missing, not UTF-8 or not TOML.
        MachineError: where it may not be read.
    """
    text = read_text(path, what="TOML")
    try:
        table = tomllib.loads(text)
        _refuse_depth(table)
    except tomllib.TOMLDecodeError as error:
        where = _place(path, str(error))
        raise ConfigError(f"this is not valid TOML: {error}", where=where, hint="mend that line") from None
    except RecursionError:
        raise ConfigError("its tables or lists are nested too deeply", where=str(path), hint="flatten them") from None
    return table


BYTE_ORDER_MARK = "begins with a byte order mark, with which pip and python -m build can't read it"


def has_mark(path: Path) -> bool:
    """Whether a file begins with the mark of UTF-8 (BOM), which tomllib, and so each build frontend, refuses."""
    with path.open("rb") as stream:
        return stream.read(len(BOM_UTF8)) == BOM_UTF8


def read_text(path: Path, *, what: str = "text") -> str:
    """Read a text file (UTF-8) of the user's; `what` it should be is for the error.

    Raises:
        ConfigError: where the file is missing or not UTF-8.
        MachineError: where it may not be read.
    """
    try:
        if path.exists() and not path.is_file():  # a named pipe would never end
            raise ConfigError("this is no file", where=str(path), hint=f"write a {what} file")
        return path.read_text("utf-8-sig")  # editors on Windows write the mark
    except FileNotFoundError:
        raise ConfigError("there is no such file", where=str(path), hint="check the path") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"this is not UTF-8: {error}", where=str(path), hint="save it as UTF-8") from None
    except PermissionError as error:
        raise unreadable(error) from None
    except OSError as error:
        raise ConfigError(f"cannot read it: {error.strerror}", where=str(path), hint="check the path") from None


def unreadable(error: PermissionError) -> MachineError:
    """What is said of a file of the user's that may not be read."""
    return MachineError(f"cannot read it: {error.strerror}", where=str(error.filename),
                        hint="check who owns it and its permissions")  # fmt: skip


def _refuse_depth(value: object) -> None:
    """Raise RecursionError for what those who look into it would only get half through."""
    inner = [value]
    for _ in range(_DEEPEST):
        inner = [
            one
            for outer in inner
            if isinstance(outer, (dict, list))
            for one in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not inner:
            return
    raise RecursionError


def _place(path: Path, message: str) -> str:
    line = re.search(r"at line (\d+)", message)
    return f"{path}:{line[1]}" if line else str(path)


def write_text(path: Path, text: str, *, executable: bool = False) -> bool:
    """Write a text file beside its place and rename it, unless it already says that; return whether it did.

    An unchanged file keeps its time stamp, so that nothing that depends on it is made again.
    """
    return write_bytes(path, text.encode(), executable=executable)


def write_bytes(path: Path, data: bytes, *, executable: bool = False) -> bool:
    """Write a file as write_text does."""
    with contextlib.suppress(OSError):
        if path.read_bytes() == data and os.access(path, os.X_OK) >= executable:
            return False
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        beside.write_bytes(data)
        if executable:
            beside.chmod(0o755)
        beside.replace(path)
    except OSError as error:  # which names the other file, or none
        with contextlib.suppress(OSError):
            beside.unlink()
        raise OSError(error.errno, error.strerror, str(path)) from None
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return True


def read_json(path: Path) -> dict[str, object]:
    """A JSON object from a file of our own, {} where it is missing or damaged."""
    try:
        value: object = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        value = {}
    reads.decides_nothing(path)  # what we wrote down of earlier answers is checked against what they were made from
    return value if isinstance(value, dict) else {}


def write_json(path: Path, value: Mapping[str, object]) -> None:
    """Write a JSON object, whole or not at all."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True) + "\n")


def digest(*parts: object) -> str:
    """A SHA-256 over anything that JSON can hold; mappings count without their order."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: Path | str) -> str:
    """The SHA-256 of a file's content, "" where it can't be read."""
    state = hashlib.sha256()
    try:
        with Path(path).open("rb") as stream:
            while block := stream.read(1 << 20):
                state.update(block)
    except OSError:
        return ""
    return state.hexdigest()


def package_digest(package: Path = _PACKAGE) -> str:
    """A digest of every file of xconan itself: what another state of it has decided is decided anew.

    Of the files' content, because each build environment has them with other times.
    """
    found = (path for path in package.rglob("*") if path.suffix != ".pyc" and path.is_file())
    return digest({path.relative_to(package).as_posix(): file_digest(path) for path in found})


@cache
def own_digest() -> str:
    """package_digest() of the xconan that runs, computed once."""
    return package_digest()


def remove_tree(path: Path) -> None:
    """Remove a file or folder, a read-only one too; nothing there is fine, anything that stays is an OSError."""
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    try:
        shutil.rmtree(path)
    except PermissionError:
        path.chmod(0o700)
        for folder, names, _ in os.walk(path):  # a folder is yielded before those in it are listed
            for inner in (Path(folder, name) for name in names):
                if not inner.is_symlink():
                    inner.chmod(0o700)
        shutil.rmtree(path)


@contextlib.contextmanager
def about(path: Path) -> Iterator[None]:
    """Give an error of the machine the name of the file: writing to a full disk names none."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:
            raise OSError(error.errno, error.strerror, str(path)) from None
        raise


BUILD_FOLDERS = ".xconan_cache"
"""In a project: the folder of build folders, and of what releases leave."""
INDEX_MARK = ".xconan-index"
"""A file that says of its folder: `xconan index` has made it."""

_TAG = "CACHEDIR.TAG"  # https://bford.info/cachedir/: programs that make backups leave such folders out
_TAG_TEXT = """\
Signature: 8a477f597d28d172789f06886806bc55
# This folder is xconan's, which removes and makes anew what is in it.
"""


def mark_as_ours(folder: Path) -> None:
    """Make a folder and say in it that it is ours, so that what is in it may be removed."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / _TAG, _TAG_TEXT)


def is_ours(folder: Path) -> bool:
    """Whether mark_as_ours() has marked a folder."""
    try:
        return (folder / _TAG).read_text("utf-8", "replace") == _TAG_TEXT
    except OSError:
        return False


def plain_path(path: Path) -> Path:
    """The path, absolute and without `..`, so that what is below it can be told by its name.

    Links in it stay, but for one in front of a `..`, which leads out of the folder that the link means.
    """
    if ".." not in path.parts:
        return path.absolute()
    plain = Path(os.path.normpath(path.absolute()))
    same = not path.exists() or (plain.exists() and plain.samefile(path))
    return plain if same else path.resolve()


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where results that every project can share are kept (places.py)."""
    return Path(cache_place(environ))


_CONANRC = ".conanrc"


def conan_home(root: Path | None = None) -> Path:
    """Conan's home as Conan finds it in a folder: conan_home of the nearest .conanrc, else $CONAN_HOME, else ~/.conan2.

    Args:
        root: the project's, in which Conan runs; None: the working folder.

    Raises:
        ConfigError: it is a file, or .conanrc is none that Conan can read.
    """
    folder = (root or Path()).resolve()
    files = (reads.seen(one / _CONANRC) for one in (folder, *folder.parents))
    file = next((one for one in files if one.is_file()), None)
    named = _named_home(file) if file else None
    home = (named or Path(os.environ.get("CONAN_HOME") or "~/.conan2")).expanduser()
    where = f"{file}: conan_home={home}" if named else f"CONAN_HOME: {home}"
    if not home.is_absolute():  # Conan takes no such home
        begin = "begin it with /, ~/, ./ or ../" if named else "begin it with / or ~/"
        raise ConfigError("the Conan home is no absolute path", where=where, hint=begin)
    if home.exists() and not home.is_dir():
        raise ConfigError("the Conan home is a file", where=where, hint="name a folder, or unset it")
    return home.absolute()


def _named_home(file: Path) -> Path | None:
    """What a .conanrc says, None for nothing; Conan stops at the first that it finds."""
    values = {}
    for number, line in enumerate(read_text(file).splitlines(), start=1):
        if not line.startswith("#"):
            name, *value = line.split("=")
            if len(value) != 1:
                raise ConfigError(f"Conan can't read this line: '{line}'", where=f"{file}:{number}",
                                  hint="write conan_home=FOLDER, and # before what is a comment")  # fmt: skip
            values[name] = value[0]
    home = values.get("conan_home")
    return (file.parent / home if home.startswith(("./", "..")) else Path(home)) if home else None


def relative_names(folder: Path, skip: Iterable[str] = ("__pycache__",)) -> list[str]:
    """All files below a folder as sorted relative names with forward slashes; no *.pyc."""
    return sorted(_names(folder, "", set(skip), frozenset({os.path.realpath(folder)})))


def _names(folder: Path, below: str, skip: set[str], above: frozenset[str]) -> Iterator[str]:
    with os.scandir(folder / below) as entries:
        for entry in entries:
            name = f"{below}/{entry.name}" if below else entry.name
            if entry.name in skip or entry.name.endswith(".pyc"):
                continue
            if not _is_folder(entry):
                yield name
            elif not entry.is_symlink():
                yield from _names(folder, name, skip, above)
            elif not leads_back(real := os.path.realpath(entry.path), above):
                yield from _names(folder, name, skip, above | {real})


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself; whoever reads it will say so
        return False
