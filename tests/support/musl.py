"""CPython for musl in the layout of python-build-standalone, compiled once a machine out of Debian's packages.

    python -m tests.support.musl x86_64 FOLDER

Debian has no Python for musl, and the archives of those who publish one can't be reached from everywhere. So CPython's
source, musl's headers and its library come from Debian, and Debian's GCC compiles: with a specs file like that of
musl-gcc, for other machines the cross compiler. What tests don't need is left out: no OpenSSL, no libffi, no zlib.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.needs import need_patchelf, need_program
from tests.support.once import make_once
from xconan.build_machine.tools import find_tool
from xconan.fetch.pythons.apt import private_apt
from xconan.host.platforms import table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SUITE = "bookworm"
VERSION = "3.11"
"""The CPython of that suite."""
LOADERS = {"x86_64": "x86_64", "aarch64": "aarch64", "armv7l": "armhf"}
"""Architectures that were tried, and how musl names its loader for them."""
LAYOUT = 1
"""Raised when it is made differently, so that an older one is made anew."""
DISABLED = """\
_bz2 _crypt _ctypes _curses _curses_panel _dbm _gdbm _hashlib _lzma _sqlite3 _ssl _tkinter _uuid nis ossaudiodev
readline spwd syslog xxlimited xxlimited_35 zlib
"""
# as musl-gcc's, with paths of ours; programs that the build runs are loaded by our copy of musl
SPECS = """\
%rename cpp_options old_cpp_options

*cpp_options:
-nostdinc -isystem {include} -isystem include%s %(old_cpp_options)

*cc1:
%(cc1_cpu) -nostdinc -isystem {include} -isystem include%s

*link_libgcc:
-L{shared} -L{library} -L .%s

*libgcc:
libgcc.a%s %:if-exists(libgcc_eh.a%s)

*startfile:
%{{!shared: {library}/Scrt1.o}} {library}/crti.o crtbeginS.o%s

*endfile:
crtendS.o%s {library}/crtn.o

*link:
-dynamic-linker {loader} -nostdlib %{{shared:-shared}} %{{static:-static}} %{{rdynamic:-export-dynamic}}

*esp_link:


*esp_options:


*esp_cpp_options:


"""
# from what GCC says of its folders, CPython's setup.py would have those of glibc's libraries
COMPILER = """\
#!/bin/sh
case " $* " in
  *print-multiarch*) echo {musl}; exit ;;
  *" -E -v "*) {triplet}-gcc -specs={specs} {options} "$@" 2>&1 >/dev/null | grep -v ^LIBRARY_PATH= >&2; exit ;;
esac
exec {triplet}-gcc -specs={specs} {options} "$@"
"""


@dataclass(frozen=True, kw_only=True)
class MuslPython:
    """What was made.

    Attributes:
        archive: as python-build-standalone's install_only archives are, a folder `python` in it.
        root: the same, unpacked, with musl's loader in lib.
    """

    archive: Path
    root: Path


def musl_python(arch: str, kept: Path) -> MuslPython:
    """CPython for musl on an architecture, made in a folder of KEPT unless it is there already.

    Args:
        arch: as platform tags have it: one of LOADERS.
        kept: where what tests fetch and make is kept.
    """
    folder = kept / "musl" / f"{VERSION}-{arch}"
    need_program(f"{_triplet(arch)}-gcc")
    make_once(folder, f"{LAYOUT} {SUITE} {VERSION} {arch}\n", lambda work: _make(arch, work, kept))
    return MuslPython(archive=folder / "python.tar.gz", root=folder / "root")


def patchelf() -> str:
    """The program, of the environment or PATH, or the test is ended."""
    need_patchelf()
    return str(find_tool("patchelf").path)  # type: ignore[union-attr]  # it was found just now


def loader_name(arch: str) -> str:
    return f"ld-musl-{LOADERS[arch]}.so.1"


def _triplet(arch: str) -> str:
    return table()["linux"][arch].triplet


def _musl_triplet(arch: str) -> str:
    return _triplet(arch).replace("-gnu", "-musl")


def _make(arch: str, work: Path, kept: Path) -> None:
    """Fetch, compile, install, pack; WORK is left with the archive and the root alone."""
    scratch, root = work / "scratch", work / "root"
    sysroot = _sysroot(arch, scratch)
    source = _source(scratch)
    compiler = _compiler(arch, sysroot, scratch)
    build = _Build(arch=arch, source=source, folder=scratch / "build", compiler=compiler)
    build.configure(_build_python(arch, scratch, kept))
    build.compile()
    build.install(root / "python")
    (root / "lib").mkdir()
    shutil.copy2((sysroot / "lib" / loader_name(arch)).resolve(), root / "lib" / loader_name(arch))
    with tarfile.open(work / "python.tar.gz", "w:gz", compresslevel=1) as tar:
        tar.add(root / "python", "python")
    shutil.rmtree(scratch)


def _sysroot(arch: str, scratch: Path) -> Path:
    """Debian's musl for an architecture, unpacked: loader, headers, library and startup files."""
    apt = private_apt(scratch / "apt", [SUITE], architecture=table()["linux"][arch].debian)
    root = scratch / "sysroot"
    for package in apt.fetch("musl", "musl-dev"):
        _run(["dpkg-deb", "--extract", str(package), str(root)], scratch)
    return root


def _source(scratch: Path) -> Path:
    apt = private_apt(scratch / "apt-source", [SUITE], sources=True)
    files = apt.download_sources(f"python{VERSION}", SUITE)
    (archive,) = (file for file in files if ".orig.tar." in file.name and file.suffix != ".asc")
    _run(["tar", "--extract", "--file", str(archive)], scratch)
    (folder,) = scratch.glob("Python-*")
    return folder


def _compiler(arch: str, sysroot: Path, scratch: Path) -> Path:
    """A script that compiles and links for musl."""
    places = {"include": "usr/include", "library": "usr/lib", "shared": "lib"}
    found = {name: next(sysroot.glob(f"{place}/*-linux-musl*")) for name, place in places.items()}
    specs = scratch / "musl.specs"
    specs.write_text(SPECS.format(**found, loader=sysroot / "lib" / loader_name(arch)), "utf-8")
    # those of libgcc ask glibc for the processor's abilities
    options = "-mno-outline-atomics" if arch == "aarch64" else ""
    script = scratch / "cc"
    script.write_text(
        COMPILER.format(triplet=_triplet(arch), musl=_musl_triplet(arch), specs=specs, options=options), "utf-8"
    )
    script.chmod(0o755)
    return script


def _build_python(arch: str, scratch: Path, kept: Path) -> Path | None:
    """The same Python for this machine, which a cross build runs; None where it runs what it makes."""
    if arch == os.uname().machine:
        return None
    root = musl_python(os.uname().machine, kept).root
    script = scratch / "build-python"
    program = root / f"python/bin/python{VERSION}"
    words = f"{root}/lib/{loader_name(os.uname().machine)} --argv0 {script} {program}"
    script.write_text(f'#!/bin/sh\nexport PYTHONHOME={root}/python\nexec {words} "$@"\n', "utf-8")
    script.chmod(0o755)
    return script


@dataclass(frozen=True, kw_only=True)
class _Build:
    """One build of CPython in a folder of its own."""

    arch: str
    source: Path
    folder: Path
    compiler: Path

    def configure(self, build_python: Path | None) -> None:
        """Configure, as autoconf's cross builds do; BUILD_PYTHON is None where this machine is the host."""
        self.folder.mkdir()
        (self.source / "Modules/Setup.local").write_text(f"*disabled*\n{DISABLED}", "utf-8")
        machines = [f"--build={_musl_triplet(os.uname().machine)}", f"--host={_musl_triplet(self.arch)}"]
        argv = [
            str(self.source / "configure"), "--quiet", *machines, "--prefix=/install",
            "--enable-shared", "--without-ensurepip", "--disable-test-modules", "--without-doc-strings",
        ]  # fmt: skip
        if build_python:
            argv += [f"--with-build-python={build_python}", "ac_cv_file__dev_ptmx=yes", "ac_cv_file__dev_ptc=no",
                     "ac_cv_buggy_getaddrinfo=no"]  # fmt: skip
        # pkg-config knows of this machine's libraries, whose headers musl's compiler does not see
        tools = {"PKG_CONFIG": "false"}
        tools |= {name.upper(): f"{_triplet(self.arch)}-{name}" for name in ("ar", "readelf")}
        _run(argv, self.folder, {"CC": str(self.compiler), "OPT": "-DNDEBUG -O1 -fwrapv -Wall", **tools})

    def compile(self) -> None:
        _run(["make", "--silent", f"-j{os.cpu_count()}"], self.folder)

    def install(self, place: Path) -> None:
        """Install into the folder PLACE, movable: found by the loader of whatever root it is in."""
        whole = self.folder / "whole"
        _run(["make", "--silent", "install", f"DESTDIR={whole}", "TESTSUBDIRS="], self.folder)
        installed = whole / "install"
        for name in ("test", "idlelib", "tkinter", "turtledemo", "lib2to3"):
            shutil.rmtree(installed / f"lib/python{VERSION}" / name, ignore_errors=True)
        program = installed / f"bin/python{VERSION}"
        options = ["--set-interpreter", f"/lib/{loader_name(self.arch)}", "--set-rpath", "$ORIGIN/../lib"]
        _run([patchelf(), *options, str(program)], self.folder)
        place.parent.mkdir()
        installed.rename(place)


def _run(argv: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> None:
    """Run a program of the build; what it said last is in the error."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "CONAN", "XCONAN"))}
    done = subprocess.run(argv, cwd=cwd, env={**kept, **(env or {})}, check=False, capture_output=True, text=True)
    if done.returncode:
        message = f"{' '.join(argv)} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-3000:]}"
        raise RuntimeError(message)


if __name__ == "__main__":
    made = musl_python(sys.argv[1], Path(sys.argv[2]).absolute())
    sys.stdout.write(f"{made.archive}\n{made.root}\n")
