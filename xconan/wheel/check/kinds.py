"""What is named as a library, and is none: texts, archives, objects that no linker has seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xconan.binary.finding import Finding

if TYPE_CHECKING:
    from xconan.binary.elf import Header

LIBRARY = re.compile(r"\.(so(\.\d+)*|pyd|dylib|dll)$")
# what importlib takes for a module of some Python: PEP 3149, 384, 803; ".pyd" is nothing else
_TAGGED = re.compile(r"\.((cpython-|pypy|graalpy|cp\d|abi3)[\w.-]*\.(so|pyd)|pyd)$")
_LINKER_SCRIPT = re.compile(rb"\s*(/\*.*?\*/\s*)*(INPUT|GROUP|OUTPUT_FORMAT)\s*\(", re.DOTALL)
_TEXT = re.compile(rb"[\t\n\f\r\x1b\x20-\x7e\x80-\xff]+")
_LOOKED_AT = 4096  # bytes, that tell a text from other files
_AGAIN = "build the target as MODULE or SHARED, and install() what its linker made"
_KINDS = [
    (b"!<arch>\n", "a static library", "make the target MODULE or SHARED, not STATIC"),
    (b"!<thin>\n", "a static library", "make the target MODULE or SHARED, not STATIC"),
    (b"BC\xc0\xde", "LLVM's bitcode, not linked", _AGAIN),
    (b"\xde\xc0\x17\x0b", "LLVM's bitcode, not linked", _AGAIN),
    (b"version https://git-lfs", "a pointer of Git LFS", "git lfs pull, then build again"),
    (b"PK\x03\x04", "a ZIP archive", _AGAIN),
]


def stem_and_suffix(name: str) -> tuple[str, str]:
    """A module's name and its suffix: ("_core", ".abi3.so"); that of a package itself is its folder's name."""
    folder, _, base = name.rpartition("/")
    stem, dot, rest = base.partition(".")
    return (folder.rpartition("/")[2] if stem == "__init__" and folder else stem), dot + rest


def is_tagged(name: str) -> bool:
    """Whether the name says that this is a module, and of which Python."""
    return _TAGGED.search(name.rsplit("/", 1)[-1]) is not None


def is_importable(name: str) -> bool:
    """Whether `import` would take it for a module: bare libraries are, unless their names say otherwise."""
    stem, suffix = stem_and_suffix(name)
    return is_tagged(name) or (suffix == ".so" and stem.isidentifier() and not stem.startswith("lib"))


def check_other_file(name: str, data: bytes) -> Finding | None:
    """What is named as a library, and is a binary of no machine at all."""
    kind = "an empty file" if not data else ""
    hint = _AGAIN
    for magic, what, remedy in _KINDS:
        if data.startswith(magic):
            kind, hint = what, remedy
    if not kind and not is_importable(name):
        return None  # a linker script, data: whoever looks for it knows what it is
    if not kind:
        text = _TEXT.fullmatch(data[:_LOOKED_AT]) is not None
        script = text and _LINKER_SCRIPT.match(data)
        kind = "a linker script" if script else "a text file" if text else "no library at all"
        hint = _AGAIN if is_tagged(name) else f"{_AGAIN}; if it is data, name it otherwise"
    return Finding(file=name, message=f"it is {kind}, but named as {_meaning(name)}", hint=hint)


def check_object(name: str, header: Header, data: bytes) -> Finding | None:
    """An object file that was never linked."""
    from xconan.binary.elf import OBJECT  # noqa: PLC0415 - of what is read by then

    if header.kind != OBJECT:
        return None
    slim = b".gnu.lto_" in data
    kind = "an object of link-time optimization, without code" if slim else "an object file that is not linked"
    return Finding(file=name, message=f"it is {kind}, but named as {_meaning(name)}", hint=_AGAIN)


def unlinked(name: str) -> Finding:
    """Of a Mach-O, PE or WebAssembly file that is an object or a program."""
    return Finding(
        file=name, message=f"it is no library that a linker made, but named as {_meaning(name)}", hint=_AGAIN
    )


def _meaning(name: str) -> str:
    return "a module" if is_importable(name) else "a library"
