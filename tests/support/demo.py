"""The README's first command: examples/lz4-pybind11 built for aarch64 by zig, without root or a cross compiler.

    python -m tests.support.demo

Everything that it fetches and builds stays in $XCONAN_TEST_CACHE, else ~/.cache/xconan-tests. LZ4's source comes from
Debian's archive where this machine has apt, else from its upstream; the wheel answers under qemu where that is here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tests.support.conan_home import make_conan_home
from tests.support.debian import PYTHONS, host_python
from tests.support.emulate import HostError, emulator, run_python
from tests.support.sources import fill_download_cache
from xconan.fetch.pythons.apt import AptError

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


def main() -> int:
    """Build the wheel, and let it answer if something here can run it."""
    cache = Path(os.environ.get("XCONAN_TEST_CACHE") or Path("~/.cache/xconan-tests").expanduser())
    downloads = cache / "downloads"
    try:
        fill_download_cache(downloads)
    except AptError:
        downloads.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="xconan-demo-") as name:
        folder = Path(name)
        home = make_conan_home(folder / "conan", download_cache=downloads, recipes=REPOSITORY / "recipes")
        project = folder / "lz4-pybind11"
        shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("host", "dist", ".xconan_cache"))
        argv = [sys.executable, "-m", "xconan", "build", str(project), "-o", str(REPOSITORY / "dist")]
        argv += ["--target", f"cp{VERSION}-manylinux_2_17_aarch64"]
        done = subprocess.run(
            argv, env={**os.environ, "CONAN_HOME": str(home)}, check=False, stdout=subprocess.PIPE, text=True
        )
        if done.returncode:
            return done.returncode
        wheel = Path(done.stdout.strip())
        zipfile.ZipFile(wheel).extractall(folder / "site")
        sys.stdout.write(f"{wheel}\n{answer(folder / 'site', cache)}\n")
    return 0


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
    sys.exit(main())
