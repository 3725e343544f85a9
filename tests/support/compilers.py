"""The programs behind each name that `toolchain` may have."""

from __future__ import annotations

# C and C++ compiler, for a GNU triplet; zig is a package of Python's, so tests give it in their own ways
PROGRAMS = {
    "gcc": ("{triplet}-gcc", "{triplet}-g++"), "clang": ("clang", "clang++"), "emscripten": ("emcc", "em++"),
}  # fmt: skip


def compilers_of(name: str, triplet: str) -> tuple[str, ...]:
    """The programs by which a toolchain by name compiles for a triplet; () for zig."""
    return () if name == "zig" else tuple(program.format(triplet=triplet) for program in PROGRAMS[name])
