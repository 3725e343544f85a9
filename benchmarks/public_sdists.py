"""Source distributions of the index, as they are but for the tables of their backend, as wheels for aarch64.

    python -m benchmarks.public_sdists [--only WORD]

Each of real.toml's [[sdist]] is downloaded by pip. Its [build-system] is replaced by xconan's, whose requires are the
row's, and its backend's own table is taken out; nothing else is changed. The wheel is built in an isolated environment,
by this machine's cross gcc. A row of a table is printed for each; exit code 1 where one is not made.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import cast

from benchmarks.real import TABLE
from xconan.ground.files import load_toml

HERE = Path(__file__).parents[1]
TARGET = "linux_aarch64"
_OF_THE_BACKEND = r"^\[(?:build-system|tool\.(?:scikit-build|meson-python|py-build-cmake)[\w.-]*)\]\n(?:(?!\[\w).*\n)*"


def main(arguments: list[str] | None = None) -> int:
    """Download, change, build, print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.public_sdists")
    parser.add_argument("--only", default="", help="requirements that contain this")
    given = parser.parse_args(arguments)
    rows = [row for row in cast("list[dict[str, object]]", load_toml(TABLE)["sdist"]) if given.only in str(row["name"])]
    wrong = 0
    print("| sdist | wheel |\n|---|---|", flush=True)
    for row in rows:
        with tempfile.TemporaryDirectory() as scratch:
            said = _built(str(row["name"]), cast("list[str]", row["requires"]), Path(scratch))
        wrong += not said.endswith(" s")
        print(f"| {row['name']} | {said} |", flush=True)
    return int(wrong > 0)


def _built(requirement: str, requires: list[str], scratch: Path) -> str:
    name = requirement.partition("==")[0]  # its build requirements may be binaries
    done = _run("-m", "pip", "download", "-q", "--no-deps", "--no-binary", name, "-d", str(scratch), requirement)
    archive = next(scratch.glob("*.tar.gz"), None)
    if archive is None:
        return f"pip could not download it: {(done.stderr.strip().splitlines() or ['no word'])[-1]}"
    with tarfile.open(archive) as tar:
        tar.extractall(scratch, filter="data")
    root = next(path for path in scratch.iterdir() if path.is_dir())
    text = (root / "pyproject.toml").read_text("utf-8")
    text = re.sub(_OF_THE_BACKEND, "", text, flags=re.MULTILINE)
    system = {"requires": [f"xconan @ {HERE.as_uri()}", *requires], "build-backend": "xconan.build"}
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in system.items())
    (root / "pyproject.toml").write_text(f"[build-system]\n{lines}\n{text}", "utf-8")
    start = time.monotonic()
    target = f"cp{sys.version_info.major}{sys.version_info.minor}-{TARGET}"
    done = _run("-m", "build", "--wheel", "-C", f"target={target}", "-o", str(scratch / "dist"), str(root))
    if wheel := next((scratch / "dist").glob("*.whl"), None):
        return f"{wheel.name}, {time.monotonic() - start:.0f} s"
    found = re.search(r"error: (.*)", done.stdout + done.stderr)
    return (found[1] if found else f"exit code {done.returncode}").replace("|", "/")


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False, env=env)


if __name__ == "__main__":
    sys.exit(main())
