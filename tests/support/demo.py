"""The README's first command: examples/lz4-pybind11 built for aarch64 by zig, without root or a cross compiler.

    python -m tests.support.demo [--native]

Everything that it fetches and builds stays in $XCONAN_TEST_CACHE, else ~/.cache/xconan-tests. LZ4's source comes from
Debian's archive where this machine has apt, else from its upstream; the wheel answers under qemu where that is here.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.conan_home import make_conan_home
from tests.support.debian import PYTHONS, host_python
from tests.support.emulate import HostError, emulator, run_python
from tests.support.sources import fill_download_cache
from xconan.fetch.pythons.apt import AptError

if TYPE_CHECKING:
    from collections.abc import Sequence

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "examples" / "lz4-pybind11"
QUESTION = """
import platform, lz4_pybind11
data = b"The quick brown fox jumps over the lazy dog. " * 100
packed = lz4_pybind11.compress(data)
assert lz4_pybind11.decompress(packed) == data
print(f"{platform.machine()}, Python {platform.python_version()}: {len(data)} bytes -> {len(packed)} by LZ4 and back")
"""


VERSION = f"{sys.version_info.major}{sys.version_info.minor}"
NATIVE = "--native"


def main(arguments: Sequence[str]) -> int:
    """Build the wheel, for aarch64 or (--native) for this machine, and let it answer if something here can run it."""
    native = list(arguments) == [NATIVE]
    cache = Path(os.environ.get("XCONAN_TEST_CACHE") or Path("~/.cache/xconan-tests").expanduser())
    with tempfile.TemporaryDirectory(prefix="xconan-demo-") as name:
        folder = Path(name)
        home = make_conan_home(folder / "conan", download_cache=_downloads(cache), recipes=REPOSITORY / "recipes")
        project = folder / "lz4-pybind11"
        shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("host", "dist", ".xconan_cache"))
        argv = [sys.executable, "-m", "xconan", "build", str(project), "-o", str(REPOSITORY / "dist")]
        argv += [] if native else ["--target", f"cp{VERSION}-manylinux_2_17_aarch64"]
        environment = {**os.environ, "CONAN_HOME": str(home)}
        done = subprocess.run(argv, env=environment, check=False, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            return done.returncode
        wheel = Path(done.stdout.strip())
        site = folder / "site"
        zipfile.ZipFile(wheel).extractall(site)
        said = subprocess.check_output([sys.executable, "-c", QUESTION], cwd=site, text=True) if native else ""
        sys.stdout.write(f"{wheel}\n{said.strip() or answer(site, cache)}\n")
    return 0


def _downloads(cache: Path) -> Path:
    """The example's sources from Debian; where it can't be asked, Conan fetches them from upstream."""
    downloads = cache / "downloads"
    wanted = re.findall(r"^\w+/[\w.]+$", (EXAMPLE / "conanfile.txt").read_text("utf-8"), re.MULTILINE)
    try:
        return fill_download_cache(downloads, *wanted)
    except AptError as error:
        sys.stderr.write(f"{error.message.splitlines()[0]}: sources come from upstream\n")
        return downloads


def answer(site: Path, cache: Path) -> str:
    """What the module says on an emulated host, or why there is none."""
    suite = next((suite for suite, version in PYTHONS.items() if version == VERSION), None)
    try:
        emulator("arm64")
        if suite is None:
            return f"checked; Debian has no Python {VERSION} for aarch64 to run it"
        host = host_python(suite, "arm64", cache / "roots" / f"{suite}-arm64")
    except (AptError, HostError) as error:
        return f"checked; not run here: {str(error).splitlines()[0]}"
    return run_python(host, site, QUESTION).strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
