"""Pyodide under Node, and the environment that `pyodide build` works in, made of what npm, PyPI and Debian have.

The cross environment that Pyodide's project publishes is made with its own Emscripten. This one has the same parts for
Debian's: the sysconfig data of the Pyodide that runs the wheels, and the running Python's headers, adapted.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.needs import missing, need_program
from tests.support.once import locked
from xconan.ground.run import capture
from xconan.pythons.adapted import adapt

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PYODIDE = "0.25.1"  # whose Python is 3.11, and so is that of the build environment
PYTHON, MICRO = (3, 11), 3
# of the time of that version
BUILD = (f"pyodide-build=={PYODIDE}", "wheel==0.42.0", "typer==0.9.4", "click==8.1.7")
DATA = "_sysconfigdata__emscripten_wasm32-emscripten"
LOAD = """\
const { loadPyodide } = require(process.argv[2]);
const fs = require("fs");
(async () => {
  const pyodide = await loadPyodide();
  if (process.argv[5]) await pyodide.loadPackage("file://" + process.argv[3], { messageCallback: () => {} });
  else pyodide.unpackArchive(new Uint8Array(fs.readFileSync(process.argv[3])).buffer, "wheel");
  console.log(pyodide.runPython(process.argv[4]));
})().catch((error) => { console.error(error); process.exit(1); });
"""
ENVS = """\
export PYVERSION ?= {python}
export PYODIDE_EMSCRIPTEN_VERSION ?= {emscripten}
export PLATFORM_TRIPLET = wasm32-emscripten
export SYSCONFIG_NAME = {data}
export PYMAJOR = 3
export PYMINOR = 11
export PYMICRO = {micro}
export TARGETINSTALLDIR = $(PYODIDE_ROOT)/cpython/installs/python-$(PYVERSION)
export SYSCONFIGDATA_DIR = $(TARGETINSTALLDIR)/sysconfigdata/
export PYTHONINCLUDE = $(TARGETINSTALLDIR)/include/python3.11
export HOSTINSTALLDIR = $(PYODIDE_ROOT)/packages/.artifacts
export HOSTSITEPACKAGES = $(HOSTINSTALLDIR)/lib/python3.11/site-packages
export SIDE_MODULE_CFLAGS = -O2 -g0 -fPIC -fexceptions -I$(PYTHONINCLUDE)
export SIDE_MODULE_CXXFLAGS = -fexceptions
export SIDE_MODULE_LDFLAGS = -O2 -g0 -s WASM_BIGINT -fexceptions -s SIDE_MODULE=1
.output_vars:
\tset
"""


@dataclass(frozen=True)
class Pyodide:
    """What builds and runs wheels for Pyodide here.

    Attributes:
        package: npm's, with the interpreter.
        program: `pyodide` of pyodide-build.
        root: its PYODIDE_ROOT.
        emscripten: the version of Debian's.
    """

    package: Path
    program: Path
    root: Path
    emscripten: str

    @property
    def tag(self) -> str:
        """The tags of a wheel that is made here."""
        return f"cp311-cp311-emscripten_{self.emscripten.replace('.', '_')}_wasm32"

    def build(self, project: Path, out: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run `pyodide build`; what it prints is in stdout."""
        argv = [str(self.program), "build", str(project), "-o", str(out)]
        return subprocess.run(
            argv, cwd=project, env={**env, "PYODIDE_ROOT": str(self.root)}, check=False, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def run(self, wheel: Path, code: str, *, installed: bool = False) -> str:
        """What the last expression of some Python is, with the wheel unpacked in Pyodide, or installed."""
        script = self.root / "load.js"
        script.write_text(LOAD, "utf-8")
        argv = ["node", str(script), str(self.package), str(wheel), code, "installed" if installed else ""]
        done = subprocess.run(argv, check=False, text=True, capture_output=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().splitlines()[-1]


def make_pyodide(kept: Path, root: Path) -> Pyodide:
    """Have all of it, or end the test naming what is missing.

    Args:
        kept: a folder for what is downloaded.
        root: a new one, for PYODIDE_ROOT.
    """
    if sys.version_info[:2] != PYTHON:
        missing("a Python 3.11 to run the tests with, as this Pyodide has")
    for name in ("emcc", "em-config", "npm", "node", "make", "llvm-readobj"):
        need_program(name)
    place = kept / f"pyodide-{PYODIDE}"
    package, program = place / "node_modules/pyodide", place / "env/bin/pyodide"
    with locked(place / "lock"):
        if not (package / "pyodide.js").is_file():
            _run("npm", "install", "--no-audit", "--no-fund", "--prefix", str(place), f"pyodide@{PYODIDE}")
        if not program.is_file():
            _run(sys.executable, "-m", "venv", str(place / "env"))
            _run(str(place / "env/bin/pip"), "install", "--quiet", *BUILD)
    emscripten = capture(["emcc", "-dumpversion"]).stdout.strip()
    _make_root(root, package, emscripten)
    return Pyodide(package=package, program=program, root=root, emscripten=emscripten)


def _make_root(root: Path, package: Path, emscripten: str) -> None:
    version = f"3.11.{MICRO}"
    install = root / "cpython/installs" / f"python-{version}"
    include = install / "include/python3.11"
    packages = root / "packages/.artifacts/lib/python3.11/site-packages"
    for folder in (install / "sysconfigdata", include.parent, packages):
        folder.mkdir(parents=True)
    with zipfile.ZipFile(package / "python_stdlib.zip") as library:
        library.extract(f"{DATA}.py", install / "sysconfigdata")
    _run("cp", "-r", sysconfig.get_path("include"), str(include))
    pyconfig = include / "pyconfig.h"
    pyconfig.write_text(adapt(pyconfig.read_text("utf-8"), triplet="wasm32-emscripten", wide_time=True), "utf-8")
    (root / "unisolated.txt").touch()
    text = ENVS.format(python=version, emscripten=emscripten, data=DATA, micro=MICRO)
    (root / "Makefile.envs").write_text(text, "utf-8")


def _run(*argv: str) -> None:
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{argv[0]}: {done.stdout}{done.stderr}"
