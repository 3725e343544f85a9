"""The lines that tell what a build goes without and what its steps came to, as people read them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from xconan.ground.progress import seconds
from xconan.host.platforms import Libc

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from xconan.host.platforms import Platform
    from xconan.toolchains.records import Toolchain

_COMPILERS = {"GNU": "gcc", "Clang": "clang", "AppleClang": "Apple clang", "MSVC": "MSVC"}
_STATES = {
    # Conan's words for what it did, other than to find a package in its cache
    "Build": "built", "Download": "downloaded", "Update": "downloaded", "Editable": "editable",
    "EditableBuild": "editable, built",
}  # fmt: skip
_SHOWN = 4  # packages that were there already, by name; the others are counted


def cleared_line(names: Collection[str]) -> str:
    """What a cross-build does not see of the environment, and how a variable is let through.

    Args:
        names: of the variables, one at least.
    """
    verb = "speak" if len(names) > 1 else "speaks"
    return (
        f"this cross-build does not see {', '.join(sorted(names))}, which {verb} of the build machine; "
        "cmake.env_passthrough in [tool.xconan] lets a variable through"
    )


def toolchain_line(toolchain: Toolchain, platform: Platform, *, name: str = "") -> str:
    """The compiler and what it builds for: "gcc 12.2 for aarch64, glibc 2.36".

    Args:
        toolchain: as it was probed.
        platform: of the host.
        name: "zig" where it is known by that.
    """
    compiler = toolchain.compiler
    version = ".".join(compiler.version.split(".")[:2])
    known = f"{_COMPILERS.get(compiler.id, compiler.id)} {version}".strip()
    known = f"emcc {toolchain.emscripten}" if toolchain.emscripten else known
    what = f"zig ({known})" if name == "zig" else known
    libc = toolchain.libc.value if toolchain.libc else ""
    if libc and toolchain.libc_version:
        libc += f" {'.'.join(map(str, toolchain.libc_version))}"
    return f"{what} for {platform.arch.name}{', ' if libc else ''}{libc}"


def libraries_line(packages: Iterable[Mapping[str, str]], took: Mapping[str, float]) -> str:
    """The packages and what was done about each: "snappy/1.1.9 built in 14 s, nlohmann_json/3.11.3 cached".

    Args:
        packages: as conan/nodes.py has them; programs for the build are named only if they were not there already.
        took: seconds by reference, of those that were built.
    """
    made, there = [], []
    for package in packages:
        state = _STATES.get(package.get("binary", ""), "")
        if state:
            time = f" in {seconds(took[package['ref']])}" if state == "built" and package["ref"] in took else ""
            made.append(f"{package['ref']} {state}{time}")
        elif package["context"] == "host":
            there.append(f"{package['ref']} cached")
    there = list(dict.fromkeys(there))
    more = [f"{len(there) - _SHOWN} more cached"] if len(there) > _SHOWN else []
    return ", ".join([*made, *there[:_SHOWN], *more]) or "none"


def compile_line(made: int, took: str, part: str = "") -> str:
    """How much was done: "12 steps in 4.1 s", counted as Ninja and Make do it; the time alone where nobody counted.

    Args:
        made: how many.
        took: a time.
        part: which architecture of a universal wheel, "" for the only one.
    """
    steps = f"{made} step{'s' * (made != 1)} in {took}" if made else f"done in {took}"
    return f"{part}: {steps}" if part else steps


def check_line(modules: int, libraries: int, platforms: Sequence[Platform]) -> str:
    """What was looked at, and what the wheel's tags promise of it: "1 module, GLIBC <= 2.17"."""
    counts = Counter({"module": modules, "librar": libraries})
    endings = {"module": ("", "s"), "librar": ("y", "ies")}
    parts = [f"{number} {word}{endings[word][number != 1]}" for word, number in counts.items() if number]
    floors = [(platform, ".".join(map(str, platform.floor))) for platform in platforms if platform.floor]
    for platform, floor in floors[:1]:
        if platform.libc is Libc.GLIBC:
            parts.append(f"GLIBC <= {floor}")
        else:
            parts.append(f"musl {floor}" if platform.libc else f"macOS {floor} or newer")
    return ", ".join(parts) or "Python files"


def wheel_line(wheel: Path, here: Path, size: int, took: str, *, unchanged: bool) -> str:
    """The wheel, its size and the whole time: "dist/demo.whl 112 kB in 31 s".

    The path is relative where it is below the working directory.
    """
    shown = wheel.relative_to(here) if here in wheel.parents else wheel
    return f"{shown} unchanged, {took}" if unchanged else f"{shown} {shown_size(size)} in {took}"


def shown_size(number: int) -> str:
    """A size as people read it: "112 kB"."""
    for unit, scale in (("MB", 1_000_000), ("kB", 1000)):
        if number >= scale:
            return f"{number / scale:.1f} {unit}" if number < 10 * scale else f"{number / scale:.0f} {unit}"
    return f"{number} bytes"
