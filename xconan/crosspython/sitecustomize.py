"""Makes the build machine's Python answer questions about itself as the host's Python would.

Copied beside `_xconan_host.py`, which holds the facts, into a folder on the cross interpreter's PYTHONPATH.
sysconfig's answers come from `_sysconfigdata__xconan.py`. Version, pointer size and machine are only answered
as the host's for `python -c` (how CMake, pybind11 and nanobind ask), and only until the command imports a
package: a package must see the interpreter that really runs it.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import struct
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

from _xconan_host import HOST  # type: ignore[import-not-found]

_OURS = ("sitecustomize", "usercustomize", "_xconan_host", "_sysconfigdata__xconan")


def _answer_include_paths() -> None:
    if not HOST["include"]:
        return
    folder = HOST["include"].replace("{", "{{").replace("}", "}}")
    for scheme in getattr(sysconfig, "_INSTALL_SCHEMES", {}).values():
        scheme.update(include=folder, platinclude=folder)


class _Disguise:
    """The host's answers, taken off as soon as a package is imported; a finder that never finds."""

    def __init__(self) -> None:
        version = type("version_info", (tuple,), {})(HOST["version_info"])
        for index, name in enumerate(("major", "minor", "micro", "releaselevel", "serial")):
            setattr(type(version), name, property(lambda self, index=index: self[index]))
        calcsize, uname = struct.calcsize, os.uname()
        pointer = HOST["pointer_size"]
        host = os.uname_result((HOST["sysname"], *uname[1:4], HOST["machine"]))
        self._true = [
            (module, name, getattr(module, name))
            for module, name in (
                (sys, "version_info"),
                (sys, "abiflags"),
                (sys, "maxsize"),
                (struct, "calcsize"),
                (os, "uname"),
            )
        ]
        sys.version_info = version  # type: ignore[misc]
        sys.abiflags = HOST["abiflags"]
        sys.maxsize = HOST["maxsize"]
        struct.calcsize = lambda form: pointer if form in ("P", "@P") else calcsize(form)  # type: ignore[assignment,misc]
        os.uname = lambda: host

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: object = None) -> None:
        """Importlib asks here first; a name that is not the standard library's ends the disguise."""
        del path, target
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and top not in _OURS:
            for module, attribute, value in self._true:
                setattr(module, attribute, value)
            sys.meta_path.remove(self)  # type: ignore[arg-type]


def _run_next_sitecustomize() -> None:
    """Run the sitecustomize that we stand in front of, pip's build isolation has one."""
    here = str(Path(__file__).parent)
    rest = [folder for folder in sys.path if folder != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", rest)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


_answer_include_paths()
_run_next_sitecustomize()
if "-c" in sys.orig_argv[1:4]:
    sys.meta_path.insert(0, _Disguise())  # type: ignore[arg-type]
