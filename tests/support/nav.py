"""The project nav for two hosts, and tiny/1.0, which it needs: what builds of many targets are tried on.

Both can be kept from going on, so that something can happen to whoever builds them; and say who has built them.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.support.crossbuild import write
from tests.support.native import MODULE, PYPROJECT

if TYPE_CHECKING:
    from pathlib import Path

PYTHON = f"cp{sys.version_info[0]}{sys.version_info[1]}"
HOSTS = ("aarch64", "s390x")  # of Debian's cross compilers
WHEELS = [f"nav-1.0-{PYTHON}-{PYTHON}-linux_{arch}.whl" for arch in HOSTS]
PATIENCE_S = 240.0  # that a build may take

_RECIPE = """\
import os
import random
import time
from pathlib import Path
from conan import ConanFile

class Tiny(ConanFile):
    name = "tiny"
    version = "1.0"
    settings = "os", "arch", "compiler", "build_type"
    package_type = "static-library"
    python_requires = {shares!r}

    def build(self):
        with open({log!r}, "a") as file:
            file.write(f"{{self.settings.arch}} {{self.conf.get('tools.build:jobs')}} {{os.environ['CONAN_HOME']}}\\n")
        while Path({hold!r}, f"library-{{self.settings.arch}}").exists():
            time.sleep(0.1)

    def package(self):
        Path(self.package_folder, "include").mkdir()
        Path(self.package_folder, "include", "tiny.h").write_text("#define TINY 1\\n")
        Path(self.package_folder, "ballast").write_bytes(random.Random(1).randbytes({ballast}))

    def package_info(self):
        self.cpp_info.libs = []
"""
_COMMON = """\
from conan import ConanFile

class Common(ConanFile):
    name = "common"
    version = "1.0"
    package_type = "python-require"
"""
LISTS = """\
cmake_minimum_required(VERSION 3.20...4.2)
project(nav LANGUAGES C)
while(HOLD AND EXISTS "${HOLD}")
  file(TOUCH "${HOLD}.reached")
  execute_process(COMMAND sleep 0.1)
endwhile()
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
find_package(tiny REQUIRED CONFIG)
Python_add_library(_core MODULE WITH_SOABI core.c)
target_compile_definitions(_core PRIVATE ${DEFINE})
target_link_libraries(_core PRIVATE tiny::tiny)
install(TARGETS _core DESTINATION nav)
"""
_MATRIX = f"""\
[tool.xconan.conan]
requires = ["tiny/1.0"]
[tool.xconan.cmake.options]
DEFINE = "FINE"
[tool.xconan.matrix]
pythons = ["{PYTHON}"]
platforms = ["linux_{{aarch64,s390x}}"]
[[tool.xconan.matrix.overrides]]
select = "*_s390x"
cmake.options.DEFINE = "{{define}}"
cmake.options.HOLD = "{{hold}}"
"""


def write_recipe(folder: Path, *, log: Path, hold: Path, shares: bool = False, ballast: int = 0) -> None:
    """Write tiny's recipe.

    Args:
        folder: where its conanfile.py goes.
        log: a line is added for each build: architecture, tools.build:jobs, CONAN_HOME.
        hold: a folder; a file library-ARCHITECTURE in it keeps the build of that from going on.
        shares: it is made of a second recipe, common/1.0 (write_common).
        ballast: bytes that don't compress, in each package.
    """
    text = _RECIPE.format(log=str(log), hold=str(hold), shares="common/1.0" if shares else (), ballast=ballast)
    write(folder / "conanfile.py", text)


def write_common(folder: Path) -> None:
    """Write the recipe that tiny's is made of."""
    write(folder / "conanfile.py", _COMMON)


def write_sources(root: Path) -> None:
    """Write the project's sources; write_settings() does the rest."""
    write(root / "CMakeLists.txt", LISTS)
    write(root / "core.c", f"#include <tiny.h>\n#ifdef WRONG\n#error wrong\n#endif\n{MODULE}")
    write(root / "src/nav/__init__.py", "from . import _core\n")


def write_settings(root: Path, *, define: str = "FINE", hold: str = "") -> None:
    """Write the project's pyproject.toml.

    Args:
        root: its folder.
        define: for s390x; "WRONG" is an error of the compiler's.
        hold: a file that keeps CMake for s390x from going on, and makes it touch HOLD.reached; "" for none.
    """
    write(root / "pyproject.toml", PYPROJECT + _MATRIX.replace("{define}", define).replace("{hold}", hold))
