"""Small made-up Pythons in the layouts of those who publish them."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

from tests.support.elf import Elf

if TYPE_CHECKING:
    from pathlib import Path

PATCHLEVEL = "#define PY_MAJOR_VERSION {}\n#define PY_MINOR_VERSION {}\n#define PY_MICRO_VERSION {}\n{}"
WINDOWS = "#define MS_WIN32\n#ifdef MS_WIN64\n#define SIZEOF_VOID_P 8\n#else\n#define SIZEOF_VOID_P 4\n#endif\n"


def headers(version: tuple[int, int, int] = (3, 13, 5), *, size: int = 8, gil: bool = True, pypy: bool = False,
            pyconfig: str = "") -> dict[str, bytes]:  # fmt: skip
    """The files of an include folder."""
    text = f"#define SIZEOF_VOID_P {size}\n" + ("" if gil else "#define Py_GIL_DISABLED 1\n")
    files = {
        "Python.h": "",
        "patchlevel.h": PATCHLEVEL.format(*version, '#define PYPY_VERSION "7.3"\n' if pypy else ""),
        "pyconfig.h": pyconfig or text,
        "cpython/object.h": "/* inner */\n",
    }
    if pypy:
        files["pypy_macros.h"] = ""
    return {name: content.encode() for name, content in files.items()}


def below(folder: str, files: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{folder}/{name}": content for name, content in files.items()}


def standalone(triplet: str = "aarch64-linux-gnu", machine: str = "AARCH64", *, threads: str = "", top: str = "python",
               gil: bool = True) -> dict[str, bytes]:  # fmt: skip
    """CPython 3.13 as python-build-standalone's install_only archives have it."""
    name = f"python3.13{threads}"
    library = Elf(machine=machine).library()
    return {
        **below(f"{top}/include/{name}", headers(gil=gil)),
        f"{top}/lib/{name}/_sysconfigdata_{threads}_linux_{triplet}.py":
            f"build_time_vars = {{'EXT_SUFFIX': '.cpython-313{threads}-{triplet}.so'}}\n".encode(),
        f"{top}/lib/{name}/os.py": b"",
        f"{top}/lib/lib{name}.so.1.0": library,
        f"{top}/lib/lib{name}.so": library,
        f"{top}/bin/{name}": library,
    }  # fmt: skip


def write_tree(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def packed(files: dict[str, bytes]) -> bytes:
    """A .tar.gz of them."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return stream.getvalue()
