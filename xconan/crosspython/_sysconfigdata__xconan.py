"""The host's sysconfig variables: its own file where there is one, else the build Python's, then the facts."""

from __future__ import annotations

import importlib.util
import runpy
import sys

from _xconan_host import HOST  # type: ignore[import-not-found]


def _base() -> dict[str, object]:
    if HOST["sysconfig_file"]:
        return dict(runpy.run_path(HOST["sysconfig_file"])["build_time_vars"])
    multiarch = getattr(sys.implementation, "_multiarch", "")
    for name in (f"_sysconfigdata_{sys.abiflags}_{sys.platform}_{multiarch}", f"_sysconfigdata__{multiarch}"):
        if importlib.util.find_spec(name):
            return dict(importlib.import_module(name).build_time_vars)
    return {}


build_time_vars = {**_base(), **HOST["sysconfig"]}
