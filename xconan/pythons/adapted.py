"""The running interpreter's own headers for another machine: the same Python version, another pyconfig.h.

CPython's headers are the same for all machines; from one Linux machine to another pyconfig.h differs by 4 to 20
macros that say what the compiler could say itself: sizes, alignments, byte order, and a few facts about the
processor. For macOS, what its C library has and lacks comes on top.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.ground import reads
from xconan.ground.files import cache_folder, digest, load_toml, write_text
from xconan.host.platforms import Libc, table
from xconan.host.tags import ext_suffix, platform_triplet, soabi
from xconan.pythons.own import own_include, serves
from xconan.pythons.promises import ask, promised
from xconan.pythons.records import HostPython
from xconan.pythons.store import stored_pythons
from xconan.toolchains.records import TIME_BITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xconan.host.targets import Target
    from xconan.project.config.records import CrossConfig
    from xconan.pythons.store import StoredPython
    from xconan.toolchains.records import Toolchain

_DISPATCH = re.compile(r"#[ \t]*include[ \t]*<([\w.+-]+/[^>\s]*pyconfig\.h)>")
_SIZES = {
    "SIZEOF_LONG": "__SIZEOF_LONG__", "SIZEOF_VOID_P": "__SIZEOF_POINTER__", "SIZEOF_SIZE_T": "__SIZEOF_SIZE_T__",
    "SIZEOF_UINTPTR_T": "__SIZEOF_POINTER__", "SIZEOF_LONG_DOUBLE": "__SIZEOF_LONG_DOUBLE__",
    "SIZEOF_PTHREAD_T": "__SIZEOF_LONG__", "SIZEOF_WCHAR_T": "__SIZEOF_WCHAR_T__", "SIZEOF_SHORT": "__SIZEOF_SHORT__",
    "SIZEOF_INT": "__SIZEOF_INT__", "SIZEOF_FLOAT": "__SIZEOF_FLOAT__", "SIZEOF_DOUBLE": "__SIZEOF_DOUBLE__",
    "ALIGNOF_LONG": "__SIZEOF_LONG__", "ALIGNOF_SIZE_T": "__SIZEOF_SIZE_T__",
}  # fmt: skip
# macro -> when it is 1; it is not defined otherwise
_BIG = "__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__"
_FLAGS = {
    "WORDS_BIGENDIAN": _BIG,
    "FLOAT_WORDS_BIGENDIAN": _BIG,
    "DOUBLE_IS_BIG_ENDIAN_IEEE754": _BIG,
    "DOUBLE_IS_LITTLE_ENDIAN_IEEE754": "__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__",
    "HAVE_GCC_ASM_FOR_X64": "defined(__x86_64__)",
    "HAVE_GCC_ASM_FOR_X87": "defined(__x86_64__) || defined(__i386__)",
    "HAVE_GCC_UINT128_T": "defined(__SIZEOF_INT128__)",
    "HAVE_LARGEFILE_SUPPORT": "__SIZEOF_LONG__ < 8",
    "HAVE_USABLE_WCHAR_T": "defined(__WCHAR_UNSIGNED__) || (defined(__WCHAR_MIN__) && __WCHAR_MIN__ == 0)",
    "HAVE___UINT128_T": "defined(__SIZEOF_INT128__)",
    "PY_HAVE_PERF_TRAMPOLINE": "defined(__x86_64__) || defined(__aarch64__)",
    "X87_DOUBLE_ROUNDING": "defined(__i386__) && !defined(__SSE2_MATH__)",
    "_Py_HACL_CAN_COMPILE_VEC128": "defined(__x86_64__) || defined(__i386__)",
    "_Py_HACL_CAN_COMPILE_VEC256": "defined(__x86_64__) || defined(__i386__)",
}
# macro -> where it can't be so; elsewhere it is as the build machine's headers say
_ABSENT = {
    "_Py_FFI_SUPPORT_C_COMPLEX": "defined(__riscv) || defined(__loongarch__)",
    "_Py_HAVE_EFFICIENT_BUILTIN_SHUFFLEVECTOR": "!defined(__x86_64__) && !defined(__aarch64__)",
    "_Py_HAVE_LIBGCC_EH_FRAME_REGISTRATION": "defined(__ARM_EABI__)",
    "_Py_WITH_FRAME_POINTERS": "defined(__powerpc64__)",
}
_HEADER = re.compile(r"/\*[^*]*\bthe\s+<([\w/.+-]+)>\s+header\s+file[^*]*\*/\s*\n(?:#define|/\*\s*#undef)[ \t]+(\w+)")
# macro -> its values, by what decides between them
_CASES = {
    "ALIGNOF_MAX_ALIGN_T": [("__BIGGEST_ALIGNMENT__ < 16", "8"), ("", "16")],
    # PEP 11; nothing is decided by it
    "PY_SUPPORT_TIER": [
        ("defined(__x86_64__)", "1"), ("defined(__aarch64__)", "2"), ("defined(__powerpc64__)", "2"),
        ("defined(__s390x__)", "3"), ("", "0"),
    ],
}  # fmt: skip


def adapted_python(cross: CrossConfig, toolchain: Toolchain) -> HostPython | None:
    """The running interpreter's headers as the host's; None where they can't serve.

    They serve a CPython of the same version, with or without a GIL as this one, on another Linux machine or a Mac.

    Args:
        cross: the host.
        toolchain: says which C library it has, and so the size of time_t.
    """
    include = own_headers(cross.target)
    if include is None:
        return None
    target = cross.target
    mac = target.platform.os == "mac"
    text = adapt(
        _own_pyconfig(include).read_text("utf-8"),
        triplet=platform_triplet(target), wide_time=mac or _wide_time(toolchain), mac=mac,
    )  # fmt: skip
    pyconfig = cache_folder() / "pythons" / f"{target.abi}-{digest(text)[:16]}" / "pyconfig.h"
    write_text(pyconfig, text)
    info = sys.version_info
    return HostPython(
        include_dir=include,
        pyconfig=pyconfig,
        version=(info.major, info.minor, info.micro, info.releaselevel, info.serial),
        library=None,
        sabi_library=cross.sabi_library,
        soabi=cross.soabi or soabi(target),
        ext_suffix=ext_suffix(target, cross.soabi),
        origin="the running interpreter's headers, adapted to the host",
    )


def stored_for_another(target: Target) -> StoredPython | None:
    """The store's entry of the same Python for another Linux machine, whose headers serve once they are adapted.

    CPython's serve Pyodide as well.

    PyPy's have no word of the machine but in the size of a pointer, so that they serve machines of the same size.
    """
    if target.platform.os != "linux" and (target.platform.os, target.implementation) != ("pyodide", "cp"):
        return None
    arches = table()["linux"]
    for entry in stored_pythons():
        kind, _, machine = entry.name.partition("-linux-")
        arch = arches.get(machine.removesuffix("-musl"))
        same = arch is not None and (target.implementation == "cp" or arch.bits == target.platform.arch.bits)
        if kind == target.interpreter and same and not entry.damage:
            return entry
    return None


def adapted_pyconfig(include: Path, cross: CrossConfig, toolchain: Toolchain) -> Path:
    """The pyconfig.h of headers of another Linux machine, as the host's."""
    target, text = cross.target, (include / "pyconfig.h").read_text("utf-8", "replace")
    if target.implementation == "pp":
        return include / "pyconfig.h"
    text = adapt(text, triplet=platform_triplet(target), wide_time=_wide_time(toolchain))
    text = ask(text, promised(include, text))
    file = cache_folder() / "pythons" / f"{target.abi}-{digest(text)[:16]}" / "pyconfig.h"
    write_text(file, text)
    return file


def own_headers(target: Target) -> Path | None:
    """The folder of the running interpreter's headers, where they serve for a target; None where they can't."""
    return own_include() if serves(target) else None


def adapt(pyconfig: str, *, triplet: str, wide_time: bool, mac: bool = False) -> str:
    """A pyconfig.h whose machine-dependent macros follow the compiler's predefined ones.

    Args:
        pyconfig: the text of another machine's.
        triplet: CPython's name of the host's platform: "aarch64-linux-gnu".
        wide_time: time_t has 64 bits even where long has 32 (musl 1.2; glibc with _TIME_BITS=64).
        mac: the host runs macOS; `pyconfig` is a Linux machine's.
    """
    known = set(re.findall(r"#[ \t]*(?:define|undef)[ \t]+(\w+)", pyconfig))  # "/* #undef X */" is known, too
    values = {**_SIZES, "SIZEOF_TIME_T": "8" if wide_time else "__SIZEOF_LONG__", "SOABI_PLATFORM": f'"{triplet}"'}
    alternatives = {name: [(condition, "1")] for name, condition in _FLAGS.items()} | _CASES
    lines = ["", "/* What differs from machine to machine, as the compiler says it. */"]
    for name, value in values.items():
        if name in known:
            lines += [f"#undef {name}", f"#define {name} {value}"]
    for name, cases in alternatives.items():
        if name in known:
            lines += [f"#undef {name}", *_choice(name, cases)]
    for name, condition in _ABSENT.items():
        if name in known:
            lines += [f"#if {condition}", f"# undef {name}", "#endif"]
    lines += _for_mac(pyconfig, known) if mac else []
    return pyconfig.rstrip("\n") + "\n" + "\n".join(lines) + "\n"


def _choice(name: str, cases: Sequence[tuple[str, str]]) -> Iterator[str]:
    """A macro with the value of the first condition that holds; "" as condition holds always."""
    for number, (condition, value) in enumerate(cases):
        yield f"#{'elif' if number else 'if'} {condition}" if condition else "#else"
        yield f"# define {name} {value}"
    yield "#endif"


def _for_mac(pyconfig: str, known: set[str]) -> list[str]:
    facts = load_toml(Path(__file__).with_name("mac.toml"))
    lines = [f"#undef {name}" for name in cast("list[str]", facts["lacks"]) if name in known]
    values = dict.fromkeys(cast("list[str]", facts["has"]), "1") | cast("dict[str, str]", facts["values"])
    for name, value in values.items():
        lines += [f"#undef {name}", f"#define {name} {value}"] if name in known else []
    for header, name in _HEADER.findall(pyconfig):
        lines += [f"#undef {name}", f"#if __has_include(<{header}>)", f"# define {name} 1", "#endif"]
    return lines


def _wide_time(toolchain: Toolchain) -> bool:
    return toolchain.libc is Libc.MUSL or toolchain.macros.get(TIME_BITS) == "64"


def _own_pyconfig(include: Path) -> Path:
    """This machine's pyconfig.h: Debian's only dispatches to it."""
    file = include / "pyconfig.h"
    multiarch: str = getattr(sys.implementation, "_multiarch", "")
    names: list[str] = _DISPATCH.findall(file.read_text("utf-8"))
    for name in names:
        if name.split("/")[0] == multiarch and reads.seen(include.parent / name).is_file():
            return include.parent / name
    return file
