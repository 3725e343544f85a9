"""WebAssembly modules of a hundred bytes, made up: nothing in them would run."""

from __future__ import annotations

HEAD = b"\0asm\1\0\0\0"
FUNCTION, TABLE, MEMORY, GLOBAL, TAG = range(5)


def number(value: int) -> bytes:
    """A number, seven bits a byte (LEB128)."""
    data = b""
    while value > 0x7F:
        data += bytes([value & 0x7F | 0x80])
        value >>= 7
    return data + bytes([value])


def name(text: str) -> bytes:
    """A name behind its length."""
    return number(len(text.encode())) + text.encode()


def row(*items: bytes) -> bytes:
    """Items behind their number."""
    return number(len(items)) + b"".join(items)


def section(kind: int, body: bytes) -> bytes:
    """A section, or a part of one."""
    return bytes([kind]) + number(len(body)) + body


def library(  # noqa: PLR0913 - each is a part of the file
    *exported: str, data: tuple[str, ...] = (), undefined: tuple[str, ...] = (), addresses: tuple[str, ...] = (),
    weak: tuple[str, ...] = (), tags: tuple[str, ...] = (), needed: tuple[str, ...] = (), path: tuple[str, ...] = (),
    memory: int = 0, dynamic: str = "dylink.0", first: bytes = b"", more: bytes = b"",
) -> bytes:  # fmt: skip
    """A side module as Emscripten's linker writes it.

    Args:
        exported: names that it exports, of these `data` as no functions.
        undefined: functions that it imports; `addresses`: names whose addresses it imports; `weak`: of both, those that
            it can do without.
        tags: of exceptions, which it imports.
        needed: libraries; `path`: folders to look for them in.
        memory: flags of the memory that it imports.
        dynamic: the name of the section for the dynamic linker, "" for none.
        first, more: sections before and behind all others.
    """
    parts = section(1, b"\x10\x04\x00\x00")
    parts += section(2, row(*map(name, needed))) if needed else b""
    parts += section(4, row(*(name("env") + name(one) + number(1) for one in weak))) if weak else b""
    parts += section(5, row(*map(name, path))) if path else b""
    imports = [name("env") + name("memory") + bytes([MEMORY, memory, 1, *([2] if memory & 1 else [])])]
    imports += [name("env") + name("__indirect_function_table") + bytes([TABLE, 0x70, 0, 1])]
    imports += [name("env") + name("__memory_base") + bytes([GLOBAL, 0x7F, 0])]
    imports += [name("env") + name(one) + bytes([FUNCTION, 0]) for one in undefined]
    imports += [name("GOT.mem") + name(one) + bytes([GLOBAL, 0x7F, 1]) for one in addresses]
    imports += [name("env") + name(one) + bytes([TAG, 0, 0]) for one in tags]
    exports = [name(one) + bytes([GLOBAL if one in data else FUNCTION, 0]) for one in (*exported, "__wasm_call_ctors")]
    head = section(0, name(dynamic) + parts) if dynamic else b""
    return HEAD + first + head + section(2, row(*imports)) + section(7, row(*exports)) + more


def unlinked(*exported: str) -> bytes:
    """An object file, as a compiler writes it."""
    return library(*exported, dynamic="", more=section(0, name("linking") + b"\2"))
