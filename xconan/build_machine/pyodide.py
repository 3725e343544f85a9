"""The environment of `pyodide build`, whose Python answers as Pyodide's and whose compilers stand before all others.

In a folder of its own, new for each build, there are programs named cc, c++, ar, cmake and others that call those of
Emscripten (pyodide_build/pypabuild.py); it is the first on PATH, and CC, CXX and others name them. What is built for
the host is compiled by them; what runs here, a tool that Conan builds say, must not be.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from xconan.ground.run import program_path

if TYPE_CHECKING:
    from collections.abc import Mapping

WRAPPERS = "COMPILER_WRAPPER_DIR"
"""The variable that names the folder."""

NEW_IN_EACH_BUILD = (WRAPPERS, "BUILD_ENV_SCRIPTS_DIR")
"""Variables that name other folders in each build, which have the same in them."""

# sysconfig's, and CMake's, which is for the host alone
_PRETENCE = ("_PYTHON_HOST_PLATFORM", "_PYTHON_SYSCONFIGDATA_NAME", "CMAKE_TOOLCHAIN_FILE")


def has_wrappers(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether this is the environment of `pyodide build`, with compilers of its own."""
    return bool(environ.get(WRAPPERS))


def without_wrappers(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment for programs of the build machine: compilers are its own, and Python answers as itself.

    COMPILER_WRAPPER_DIR stays, by which the scripts that stand for these compilers find them. Any other environment is
    left as it is.
    """
    folder = environ.get(WRAPPERS)
    if not folder:
        return dict(environ)
    below = folder.rstrip(os.sep) + os.sep
    kept = {name: value for name, value in environ.items() if name not in _PRETENCE and not value.startswith(below)}
    return {**kept, "PATH": program_path(environ)}
