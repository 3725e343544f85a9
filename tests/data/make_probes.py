"""Asks Debian's cross compilers, clang, emcc and zig what xconan asks of a toolchain; the answers: tests/data/probes.

    apt-get install g++-{aarch64,s390x,riscv64,powerpc64le,i686,x86-64}-linux-gnu g++-arm-linux-gnueabihf
    apt-get install clang g++-mingw-w64-{x86-64,i686}
    apt-get install emscripten
    apt-get remove gfortran-aarch64-linux-gnu     # or the answers have a Fortran compiler, too
    python -m tests.data.make_probes gcc clang mingw emscripten
    XCONAN_CACHE=… python -m tests.data.make_probes zig     # in an environment with ziglang
    XCONAN_CACHE=… python -m tests.data.make_probes zig loongarch64     # for these architectures alone

The paths in them are replaced by those of a made-up /opt/cross. Goldens made from them: pytest --update-golden.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.build_machine.tools import Tool, find_tool
from xconan.ground.files import cache_folder
from xconan.host.platforms import parse_platform, table
from xconan.host.targets import Target
from xconan.inventory import Inventory, list_platforms
from xconan.project.config.records import CrossConfig
from xconan.toolchains.find import find_toolchain, with_toolchain_file
from xconan.toolchains.probe import probe, record_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xconan.host.platforms import Arch
    from xconan.toolchains.records import Toolchain

PROBES = Path(__file__).parent / "probes"
GLIBC = "2.36"  # of Debian 12's cross compilers


def zig_tags() -> tuple[str, ...]:
    """What zig is asked for: the oldest tag that it reaches for each row of the table and each C library."""
    zig = Inventory(zig=Tool(path=Path("zig"), version="0"), gccs={}, clang=None)
    rows = [row for row in list_platforms(zig) if row.compilers and not table()[row.os][row.arch].parts]
    return tuple(dict.fromkeys(row.tag for row in rows))


def debian_tags(toolchain: str, *systems: str) -> tuple[str, ...]:
    """What Debian's gcc or clang is asked for: each row of these systems that it reaches, or whose code it can make."""
    named = {"armv6l": ("gcc",)}  # by a toolchain file: its code runs there, the compiler's own files do not
    rows = [(os, arch) for os in systems for arch in table()[os].values()
            if toolchain in (*arch.toolchains, *named.get(arch.name, ()))]  # fmt: skip
    return tuple(_debian_tag(os, arch) for os, arch in rows)


def _debian_tag(os: str, arch: Arch) -> str:
    if os == "windows":
        return arch.name if arch.name == "win32" else f"win_{arch.name}"
    return f"manylinux_{GLIBC.replace('.', '_')}_{arch.name}" if arch.has_manylinux else f"linux_{arch.name}"


ZIG_TAGS = zig_tags()
GCC_TAGS = debian_tags("gcc", "linux")
CLANG_TAGS = debian_tags("clang", "linux")
MINGW_TAGS = debian_tags("gcc", "windows")
EMSCRIPTEN_TAGS = ("emscripten_3_1_6_wasm32",)  # of Debian 12's
NAMED = {
    "zig": ("zig", ZIG_TAGS), "clang": ("clang", CLANG_TAGS), "mingw": ("gcc", MINGW_TAGS),
    "emscripten": ("emscripten", EMSCRIPTEN_TAGS),
}  # fmt: skip
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


def keep(name: str, found: Toolchain, replacements: Mapping[str, str]) -> None:
    """Write one answer, free of this machine's paths and of what changes with them."""
    tools = {name: path for name, path in found.variables.items() if not path.startswith("/usr/bin/llvm-")}
    record = {key: value for key, value in record_of(replace(found, variables=tools)).items() if key != "content"}
    text = json.dumps(record, indent=1, sort_keys=True)
    for ours, theirs in replacements.items():
        text = text.replace(ours, theirs)
    place = PROBES / f"{name}.json"
    place.parent.mkdir(exist_ok=True, parents=True)
    place.write_text(text + "\n", "utf-8")


def ask_gcc(tags: Sequence[str], cmake: Tool, folder: str) -> None:
    """Probe Debian's cross compiler for each of some platforms."""
    for tag in tags:
        row = parse_platform(tag).arch
        architecture = row.name
        file = Path(folder, f"{row.triplet}.cmake")
        file.write_text(toolchain_file(architecture), "utf-8")
        found = probe(file, cmake=cmake, ninja=None, cache=Path(folder, "cache"))
        replacements = {folder: "/opt/cross", "/usr/bin/": "/opt/cross/bin/",
                        f"/usr/{row.triplet}": f"/opt/cross/{row.triplet}"}  # fmt: skip
        keep(architecture, found, replacements)


def ask_named(name: str, tags: Sequence[str], cmake: Tool) -> None:
    """Probe a toolchain by name for each of some platforms."""
    for tag in tags:
        target = Target(implementation="cp", version="311", abi="cp311", platform=parse_platform(tag))
        cross = with_toolchain_file(CrossConfig(target=target, native=False, source="make_probes", toolchain=name))
        asked = find_toolchain(cross, cmake=cmake, ninja=None)
        compilers = {language: replace(compiler, script="") for language, compiler in asked.compilers.items()}
        found = replace(asked, compilers=compilers, included=None)
        triplet = target.platform.arch.triplet
        if cross.toolchain_file:
            above = cross.toolchain_file.parents[1 if name == "emscripten" else 2]
            replacements = {f"{cache_folder()}/refused": "/opt/xconan/refused",
                            str(above): "/opt/zig" if name == "zig" else "/opt/cross",
                            "/usr/bin/": "/opt/cross/bin/", f"/usr/{triplet}": f"/opt/cross/{triplet}"}  # fmt: skip
            keep(f"{name}/{tag}", found, replacements)


def main() -> None:
    """Probe by the toolchains that the command line names, for the architectures that it names, else for all."""
    known = ("gcc", *NAMED)
    toolchains = [word for word in sys.argv[1:] if word in known]
    architectures = [word for word in sys.argv[1:] if word not in known]

    def chosen(tags: Sequence[str]) -> list[str]:
        return [tag for tag in tags if not architectures or parse_platform(tag).arch.name in architectures]

    cmake = find_tool("cmake", minimum="3.20")
    if cmake is None:
        sys.exit("error: there is no cmake 3.20 or newer on PATH")
    with tempfile.TemporaryDirectory() as folder:
        for name in toolchains:
            if name == "gcc":
                ask_gcc(chosen(GCC_TAGS), cmake, folder)
            else:
                toolchain, tags = NAMED[name]
                ask_named(toolchain, chosen(tags), cmake)


if __name__ == "__main__":
    main()
