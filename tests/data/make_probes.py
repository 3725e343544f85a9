"""Asks Debian's cross compilers what xconan asks of a toolchain, and keeps the answers in tests/data/probes.

    apt-get install g++-{aarch64,s390x,riscv64,powerpc64le,i686,x86-64}-linux-gnu g++-arm-linux-gnueabihf
    python -m tests.data.make_probes

The paths in them are replaced by those of a made-up /opt/cross. Goldens made from them: pytest --update-golden.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from xconan.platforms import table
from xconan.toolchains.probe import probe, record_of
from xconan.tools import find_tool

PROBES = Path(__file__).parent / "probes"
FLAGS = {"armv6l": "-march=armv6+fp -marm", "armv7l": "-march=armv7-a+fp"}


def toolchain_file(architecture: str) -> str:
    """The plainest toolchain file for a Debian cross compiler."""
    row = table()["linux"][architecture]
    lines = ["set(CMAKE_SYSTEM_NAME Linux)", f"set(CMAKE_SYSTEM_PROCESSOR {row.processor})"]
    lines += [f"set(CMAKE_C_COMPILER {row.triplet}-gcc)", f"set(CMAKE_CXX_COMPILER {row.triplet}-g++)"]
    if flags := FLAGS.get(architecture):
        lines += [f'set(CMAKE_{language}_FLAGS_INIT "{flags}")' for language in ("C", "CXX")]
    modes = {"PROGRAM": "NEVER", "LIBRARY": "ONLY", "INCLUDE": "ONLY", "PACKAGE": "ONLY"}
    lines += [f"set(CMAKE_FIND_ROOT_PATH_MODE_{kind} {mode})" for kind, mode in modes.items()]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Probe each architecture of platforms.toml."""
    cmake = find_tool("cmake", minimum="3.20")
    if cmake is None:
        sys.exit("error: there is no cmake 3.20 or newer on PATH")
    with tempfile.TemporaryDirectory() as folder:
        for architecture, row in table()["linux"].items():
            file = Path(folder, f"{row.triplet}.cmake")
            file.write_text(toolchain_file(architecture), "utf-8")
            found = probe(file, options=(), cmake=cmake, ninja=None, cache=Path(folder, "cache"))
            text = json.dumps(record_of(found), indent=1, sort_keys=True)
            text = text.replace(folder, "/opt/cross").replace("/usr/bin/", "/opt/cross/bin/")
            text = text.replace(f"/usr/{row.triplet}", f"/opt/cross/{row.triplet}")
            PROBES.mkdir(exist_ok=True)
            (PROBES / f"{architecture}.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
