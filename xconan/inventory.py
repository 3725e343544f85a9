"""What this machine can build now, and what each missing thing needs: no compiling, only asking."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from xconan.build_machine.buildenv import running_libc, running_platform, running_target
from xconan.ground.errors import ConfigError, HostPythonError, ToolchainError
from xconan.ground.record import Record
from xconan.ground.run import which
from xconan.host.platforms import Libc, parse_platform, part_of, table
from xconan.host.pyodide import pyodide_abi, tag_of_emscripten
from xconan.project.config.cross import read_named
from xconan.pythons.adapted import own_headers
from xconan.pythons.own import add_command, may_fetch, own_target, remedy, serves
from xconan.pythons.store import find_stored, stored_pythons
from xconan.toolchains import choose
from xconan.toolchains.emscripten import find_emcc
from xconan.toolchains.records import EMSCRIPTEN
from xconan.toolchains.zig import find_zig, zig_target

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from xconan.build_machine.tools import Tool
    from xconan.host.platforms import Platform
    from xconan.host.targets import Target
    from xconan.pythons.store import StoredPython

EMULATORS = "apt-get install qemu-user-static"
_PYPI_ZIG = "pip install 'xconan[zig]'"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Compiler(Record):
    """A compiler of this machine for hosts of one kind.

    Attributes:
        name: "zig", "gcc", "clang" or "emscripten", as `toolchain` in a cross.toml says it.
        version: its own.
        program: where it is.
        oldest: the oldest C library (on macOS the oldest macOS) that it builds for: "2.17"; "" where hosts have
            no such versions.
    """

    name: str
    version: str
    program: Path
    oldest: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Row(Record):
    """What there is for hosts of one operating system, architecture and C library.

    Attributes:
        os, arch, libc: as in platforms.toml; libc is None where the system has but one.
        tag: the platform tag that the most hosts understand and that can be built for; "" for none.
        compilers: the usual one first.
        emulator: the program that runs the host's programs here; None for none. The build machine's own kind of
            host needs none, see `here`.
        here: this machine runs such programs itself, those for musl by a loader that comes with them.
        needs: commands that provide a compiler, where there is none.
    """

    os: str
    arch: str
    libc: Libc | None
    tag: str
    compilers: tuple[Compiler, ...]
    emulator: Path | None
    here: bool
    needs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Headers(Record):
    """A host Python at hand.

    Attributes:
        python: its tag: "cp313t".
        origin: where it comes from.
        os: the system that it serves, as in platforms.toml.
        hosts: the hosts of that system, as they are listed: "linux aarch64 musl"; empty for all.
    """

    python: str
    origin: str
    os: str
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Answer(Record):
    """Whether one target can be built now.

    Attributes:
        target: as it was asked for.
        compiler: the one that a build would take; None where one is missing.
        python: where the host Python's headers come from; "" where they are missing.
        emulator, here: as in a Row.
        needs: what is missing and how to get it, in one sentence each; empty where the target can be built.
    """

    target: str
    compiler: Compiler | None
    python: str
    emulator: Path | None
    here: bool
    needs: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Whether nothing is missing."""
        return not self.needs


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """The compilers of this machine, asked once: zig, Emscripten, and the GCCs by GNU triplet."""

    zig: Tool | None
    gccs: dict[str, Compiler]
    clang: Compiler | None
    emscripten: Compiler | None = None

    def compilers(self, platform: Platform) -> list[Compiler]:
        """Those that can build for a platform tag, the usual one first."""
        if platform.arch.parts:
            platforms = [part_of(platform, part) for part in platform.arch.parts]
            parts = [{compiler.name: compiler for compiler in self.compilers(part)} for part in platforms]
            common = [name for name in parts[0] if all(name in part for part in parts)]
            return [max((part[name] for part in parts), key=_oldest) for name in common]
        if platform.os == "pyodide":
            wanted = pyodide_abi(platform).emscripten
            return [one for one in [self.emscripten] if one and wanted in ("", one.version)]
        zig = self._zig(platform)
        gcc = self.gccs.get(platform.arch.triplet)
        serves = gcc and choose.serves("gcc", platform) and _reaches(gcc.oldest, platform)
        if gcc and serves and choose.suits(gcc.program, platform):
            clang = self._clang(gcc, platform)
            gcc_first = choose.prefers_gcc(platform, lambda: self.zig)
            return [gcc, *zig, *clang] if gcc_first else [*zig, gcc, *clang]
        return zig

    def _clang(self, gcc: Compiler, platform: Platform) -> list[Compiler]:
        if self.clang is None or not choose.serves("clang", platform):
            return []
        suits = choose.suits(self.clang.program, platform, f"--target={platform.arch.triplet}")
        return [replace(self.clang, oldest=gcc.oldest)] if suits else []

    def _zig(self, platform: Platform) -> list[Compiler]:
        if self.zig is None:
            return []
        try:
            zig_target(platform)
        except ToolchainError:
            return []
        oldest = "1.2" if platform.libc is Libc.MUSL else platform.arch.zig_oldest
        return [Compiler(name="zig", version=self.zig.version, program=self.zig.path, oldest=oldest)]


def take_inventory() -> Inventory:
    """Ask for the compilers of this machine."""
    triplets = {arch.triplet for arches in table().values() for arch in arches.values()}
    gccs = {triplet: gcc for triplet in sorted(triplets) if (gcc := _ask_gcc(triplet))}
    return Inventory(zig=find_zig(), gccs=gccs, clang=_ask_clang(), emscripten=_ask_emscripten())


def list_platforms(inventory: Inventory) -> list[Row]:
    """Every kind of host that platforms.toml knows, apart from those that toolchains of the user's alone reach."""
    return [
        _row(inventory, os, arch, libc)
        for os, arches in table().items()
        for arch, row in arches.items()
        if row.toolchains or row.parts
        for libc in ((Libc.GLIBC, Libc.MUSL) if os == "linux" else (None,))
    ]


def list_pythons() -> list[Headers]:
    """The host Pythons whose headers are at hand without a cross.toml."""
    target = running_target()
    examples = {os: _example(os, next(iter(arches)), None) for os, arches in table().items()}
    try:
        systems = [os for os, platform in examples.items() if own_headers(replace(target, platform=platform))]
    except HostPythonError:  # the store's are damaged, which `xconan python list` says
        systems = []
    origin = f"the headers of {sys.executable}"
    own = [Headers(python=_python_of(target), origin=origin, os=os) for os in systems]
    return [*own, *(_stored(entry) for entry in stored_pythons() if not entry.damage)]


def _stored(entry: StoredPython) -> Headers:
    """An entry of the store: "cp313t-linux-x86_64-musl"."""
    python, os, arch, *libc = entry.name.split("-")
    host = " ".join([os, arch, *(libc or ([Libc.GLIBC.value] if os == "linux" else []))])
    return Headers(python=python, origin=f"xconan's store, {entry.version} of {entry.source}", os=os, hosts=(host,))


def answer(inventory: Inventory, name: str) -> Answer:
    """Whether one target can be built now, and what it needs.

    Raises:
        ConfigError: the name means no target.
    """
    cross = read_named(name, running=running_target())
    platform = cross.target.platform
    compiler = next(iter(inventory.compilers(platform)), None)
    provides = remedy() if serves(cross.target) else add_command(cross.target)
    lacking = f"headers of {_python_of(cross.target)}: {provides}"
    try:
        python = _origin(cross.target)
    except HostPythonError as error:
        python, lacking = "", f"{error.message}: {error.hint}"
    needs = []
    if compiler is None:
        needs.append(f"a compiler for {platform.tag}: {' or '.join(_compiler_needs(inventory, platform))}")
    if not python:
        needs.append(lacking)
    return Answer(
        target=name,
        compiler=compiler,
        python=python,
        emulator=find_emulator(platform),
        here=runs_itself(platform),
        needs=tuple(needs),
    )


def _row(inventory: Inventory, os: str, arch: str, libc: Libc | None) -> Row:
    platform = _example(os, arch, libc)
    if platform.os == "pyodide" and inventory.emscripten:
        platform = parse_platform(tag_of_emscripten(inventory.emscripten.version))
    compilers = tuple(inventory.compilers(platform))
    return Row(
        os=os,
        arch=arch,
        libc=libc,
        tag=_widest(platform, compilers) if compilers else "",
        compilers=compilers,
        emulator=find_emulator(platform),
        here=runs_itself(platform),
        needs=() if compilers else tuple(_compiler_needs(inventory, platform)),
    )


def _example(os: str, arch: str, libc: Libc | None) -> Platform:
    """A tag that every toolchain for such hosts can serve."""
    if os == "windows":
        return parse_platform(arch if arch == "win32" else f"win_{arch}")
    if os == "pyodide":
        return parse_platform(f"pyemscripten_2026_0_{arch}")
    if os == "mac":
        row = table()[os][arch]
        oldest = [table()[os][part].zig_oldest for part in row.parts] or [row.zig_oldest]
        return parse_platform(f"macosx_{max(oldest, key=_numbers).replace('.', '_')}_{arch}")
    return parse_platform(f"musllinux_1_2_{arch}" if libc is Libc.MUSL else f"linux_{arch}")


def _widest(platform: Platform, compilers: Sequence[Compiler]) -> str:
    """The tag with the oldest C library that any of the compilers builds for."""
    oldest = min((compiler.oldest for compiler in compilers if compiler.oldest), key=_numbers, default="")
    if platform.os == "linux" and platform.libc is None and oldest and platform.arch.has_manylinux:
        return f"manylinux_{oldest.replace('.', '_')}_{platform.arch.name}"
    return platform.tag


def _compiler_needs(inventory: Inventory, platform: Platform) -> list[str]:
    """The commands that provide a compiler for a platform; none can where the tag is too old for all of them."""
    if platform.os == "pyodide":
        wanted = pyodide_abi(platform).emscripten or "latest"
        return [f"emsdk install {wanted}, emsdk activate {wanted} (Emscripten's own installer)"]
    commands = []
    if inventory.zig is None:
        commands.append(_PYPI_ZIG)
    else:
        try:
            zig_target(platform)
        except ToolchainError as error:
            commands.append(error.hint)
    if platform.arch.gcc_package and choose.promises_no_libc(platform):
        commands.append(f"apt-get install {platform.arch.gcc_package}")
    return commands


def _origin(target: Target) -> str:
    """Where the headers come from that a build by name takes; "" for nowhere."""
    if stored := find_stored(target):
        return f"xconan's store, {stored.folder}"
    if headers := own_headers(target):
        return f"the running interpreter's headers, {headers}"
    return f"fetched by the first build: {add_command(own_target())}" if serves(target) and may_fetch() else ""


def find_emulator(platform: Platform) -> Path | None:
    """The program of this machine that runs the platform's programs."""
    names = [f"qemu-{platform.arch.qemu}-static", f"qemu-{platform.arch.qemu}"] if platform.arch.qemu else []
    names += ["wine"] if platform.os == "windows" else []
    return next((path for name in names if (path := which(name))), None)


def runs_here(platform: Platform) -> bool:
    """Whether this machine runs the platform's programs itself."""
    own = running_libc()
    return own_processor(platform) and (platform.libc or own) is own


def runs_itself(platform: Platform) -> bool:
    """Whether this machine's processor runs the platform's programs; those for musl bring their loader."""
    return runs_here(platform) or (platform.libc is Libc.MUSL and own_processor(platform))


def own_processor(platform: Platform) -> bool:
    """Whether the platform's system and processor are this machine's, whatever the C library."""
    try:
        here = running_platform()
    except ConfigError:
        return False
    if platform.os == "pyodide":  # as which the running Python answers in its builds
        return False
    return (platform.os, platform.arch) == (here.os, here.arch)


def _reaches(oldest: str, platform: Platform) -> bool:
    return not (oldest and platform.floor) or _numbers(oldest) <= platform.floor


def _ask_gcc(triplet: str) -> Compiler | None:
    compilers = choose.find_gcc(triplet)
    if compilers is None:
        return None
    c, _cxx = compilers
    macros = choose.predefined(c, "#include <features.h>\n") or choose.predefined(c, "")
    version = ".".join(macros.get(f"__GNUC{part}__", "") for part in ("", "_MINOR", "_PATCHLEVEL"))
    oldest = f"{macros['__GLIBC__']}.{macros['__GLIBC_MINOR__']}" if "__GLIBC_MINOR__" in macros else ""
    return Compiler(name="gcc", version=version, program=c, oldest=oldest) if macros else None


def _ask_clang() -> Compiler | None:
    compilers = choose.find_clang()
    if compilers is None:
        return None
    c, _cxx = compilers
    macros = choose.predefined(c, "")
    version = ".".join(macros.get(f"__clang_{part}__", "") for part in ("major", "minor", "patchlevel"))
    return Compiler(name="clang", version=version, program=c, oldest="") if "__clang_major__" in macros else None


def _ask_emscripten() -> Compiler | None:
    compilers = find_emcc()
    if compilers is None:
        return None
    c, _cxx = compilers
    macros = choose.predefined(c, "#include <emscripten/version.h>\n")
    version = ".".join(macros.get(name, "") for name in EMSCRIPTEN)
    return Compiler(name="emscripten", version=version, program=c, oldest="") if EMSCRIPTEN[0] in macros else None


def _python_of(target: Target) -> str:
    return f"{target.python_tag}{'t' if target.free_threaded else ''}"


def _oldest(compiler: Compiler) -> tuple[int, ...]:
    return _numbers(compiler.oldest)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
