"""What a library asks of the host's loader and processor: its stack, thread-local storage and instructions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xconan.binary.finding import Finding
from xconan.host.platforms import Libc
from xconan.wheel.check.kinds import LIBRARY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xconan.binary.dynamic import Dynamic
    from xconan.host.platforms import Platform

# glibc's DEFAULT_STACK_PERMS: where a file that says nothing gets an executable stack
_EXECUTABLE = ("386", "X86_64", "ARM", "S390")
_SURPLUS = 1664  # bytes of static TLS for all that is loaded later: glibc's elf/dl-tls.c, the same since 2.0
_PLENTY = 512  # a third of it: more than one library may ask for, when others have theirs
_LEVELS = {2: "SSE4.2", 3: "AVX2", 4: "AVX-512"}  # x86-64 psABI, 3.1.1
# rv64gc and the parts into which later specifications have divided it
_RISCV = frozenset((
    "i", "m", "a", "f", "d", "c", "g", "zicsr", "zifencei", "zicntr", "zihpm", "zmmul", "zaamo", "zalrsc", "zca", "zcd",
))  # fmt: skip


def check_running(binaries: Mapping[str, Dynamic], platform: Platform) -> Iterator[Finding]:
    """What the loader or the processor of some hosts of the tag would refuse."""
    for file, dynamic in binaries.items():
        if LIBRARY.search(file) and dynamic.linked:
            yield from _check_stack(file, dynamic, platform)
            yield from _check_tls(file, dynamic, platform)
        yield from _check_processor(file, dynamic, platform)


def _check_stack(file: str, dynamic: Dynamic, platform: Platform) -> Iterator[Finding]:
    if platform.libc is Libc.MUSL:
        return  # it never makes a stack executable
    if dynamic.stack or (dynamic.stack is None and platform.arch.machine in _EXECUTABLE):
        why = "" if dynamic.stack else " (PT_GNU_STACK is missing)"
        yield Finding(
            file=file, message=f"it asks for an executable stack{why}, which glibc 2.41 and newer refuse to load",
            hint="link it with -Wl,-z,noexecstack; assembler files need -Wa,--noexecstack or a section .note.GNU-stack",
            breaks_tag=True,
        )  # fmt: skip


def _check_tls(file: str, dynamic: Dynamic, platform: Platform) -> Iterator[Finding]:
    size = dynamic.static_tls
    if not size:
        return
    why, warning = f"of the {_SURPLUS} that glibc has for all libraries together", size <= _SURPLUS
    if platform.libc is Libc.MUSL:
        why, warning = "which musl gives to no library that is loaded later", False
    elif size <= _PLENTY:
        return
    yield Finding(file=file, message=f"it wants {size} bytes of static thread-local storage, {why}", warning=warning,
                  hint="compile it with -fPIC, and without -ftls-model=initial-exec")  # fmt: skip


def _check_processor(file: str, dynamic: Dynamic, platform: Platform) -> Iterator[Finding]:
    arch = platform.arch
    if arch.machine in ("X86_64", "386") and dynamic.x86_level > 1:
        level = f"x86-64-v{dynamic.x86_level} ({_LEVELS.get(dynamic.x86_level, 'newer')} and more)"
        yield Finding(file=file, message=f"it needs {level}, which not every host of the tag {platform.tag} has",
                      hint="compile it with -march=x86-64, and without -mneeded", breaks_tag=True)  # fmt: skip
    base = int(arch.name[4]) if arch.max_arm else 0  # of "armv7l"
    if arch.max_arm and dynamic.arm > base:
        yield Finding(
            file=file, message=f"it is compiled for ARMv{dynamic.arm}, which not every {arch.name} host runs",
            hint=f"compile it with -march=armv{base}, by a toolchain whose own files are for ARMv{base}",
            # linux_* promises no more than the toolchain does, whose startup files may be one newer than all the rest
            warning=dynamic.arm <= arch.max_arm or (platform.floor is None and dynamic.arm == base + 1),
        )  # fmt: skip
    beyond = [extension for extension in dynamic.riscv if extension not in _RISCV]
    if beyond:
        yield Finding(
            file=file, message=f"it is compiled for {', '.join(beyond)}, which not every {arch.name} host has",
            hint="compile it with -march=rv64gc; what is chosen when it runs may stay", warning=True,
        )  # fmt: skip
