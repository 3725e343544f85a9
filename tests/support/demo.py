"""The README's first command: examples/lz4-pybind11 built for aarch64, answering on the emulated host.

    python -m tests.support.demo

Everything that it fetches and builds stays in $XCONAN_TEST_CACHE, else ~/.cache/xconan-tests.
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
from tests.support.debian import host_python
from tests.support.emulate import run_python
from tests.support.sources import fill_download_cache

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "examples" / "lz4-pybind11"
QUESTION = """
import platform, lz4_pybind11
data = b"The quick brown fox jumps over the lazy dog. " * 100
packed = lz4_pybind11.compress(data)
assert lz4_pybind11.decompress(packed) == data
print(f"{platform.machine()}, Python {platform.python_version()}: {len(data)} bytes -> {len(packed)} by LZ4 and back")
"""


def main() -> int:
    """Fetch the host's Python and the library's source, build the wheel, let it answer."""
    cache = Path(os.environ.get("XCONAN_TEST_CACHE") or Path("~/.cache/xconan-tests").expanduser())
    host = host_python("bookworm", "arm64", cache / "roots" / "bookworm-arm64")
    downloads = fill_download_cache(cache / "downloads")
    with tempfile.TemporaryDirectory(prefix="xconan-demo-") as name:
        folder = Path(name)
        home = make_conan_home(folder / "conan", download_cache=downloads, recipes=REPOSITORY / "recipes")
        project = folder / "lz4-pybind11"
        shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("host", "dist", ".xconan_cache"))
        override = f"override=cross.include_dir={str(host.include_dir)!r}"
        argv = [sys.executable, "-m", "xconan", "build", str(project), "--cross", str(project / "aarch64.cross.toml")]
        argv += ["-C", override, "-o", str(REPOSITORY / "dist")]
        done = subprocess.run(
            argv, env={**os.environ, "CONAN_HOME": str(home)}, check=False, stdout=subprocess.PIPE, text=True
        )
        if done.returncode:
            return done.returncode
        wheel = Path(done.stdout.strip())
        zipfile.ZipFile(wheel).extractall(folder / "site")
        answer = run_python(host, folder / "site", QUESTION)
    sys.stdout.write(f"{wheel}\n{answer}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
