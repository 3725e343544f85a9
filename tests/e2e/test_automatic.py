"""A real environment whose Python answers as the host's: crossenv's, over Debian's Python for ARM."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.compare import assert_says
from tests.support.crossbuild import REPOSITORY
from tests.support.native import native_project
from tests.support.needs import missing, need_package

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.crossbuild import Host, Workshop


def test_crossenv(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    need_package("crossenv")
    target = host("aarch64")
    if target.python.version != f"{sys.version_info.major}{sys.version_info.minor}":
        missing(f"a Python {target.python.version} to run the tests with, as the host has")
    folder = tmp_path / "cross-env"
    argv = [sys.executable, "-m", "crossenv", "--without-pip", str(target.python.python), str(folder)]
    subprocess.run(argv, check=True, capture_output=True)
    project = native_project(tmp_path / "project", {})
    spec = find_spec("conan")
    assert spec
    assert spec.origin
    packages = Path(spec.origin).parents[1]
    env = {"PYTHONPATH": f"{REPOSITORY}:{packages}"}
    built = workshop.build(project, python=folder / "bin/cross-python", env=env)
    assert_says(built.log, "the host is linux_aarch64: the Python that runs here answers as that of a host")
    assert built.wheel.name == f"nav-1.0-{target.tag}.whl"
    assert f"nav/_core{target.suffix}" in built.names
    assert target.run(built.wheel, "import nav; print(nav._core.__name__)") == "nav._core"
