"""Packages of a wheel for Windows tell the loader where the wheel's DLLs are, before they import what needs them.

Python looks for a module's DLLs in the module's own folder and in those that os.add_dll_directory() has named. So
the `__init__.py` of the outermost package gets a few lines, behind its docstring and `from __future__`, as delvewheel
has it.
"""

from __future__ import annotations

import ast
import io
import posixpath
import sys
import tokenize
from typing import TYPE_CHECKING

from xconan.ground.errors import CheckError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from xconan.ground.files import Entry
    from xconan.host.targets import Target


def outermost_package(file: str, names: Collection[str]) -> str:
    """The folder of the outermost package that a file is in; "" where it is in none.

    Args:
        file: its name in the wheel.
        names: of all files of the wheel. A folder without `__init__.py` is no package with code that could run.
    """
    parts = file.split("/")[:-1]
    folders = ("/".join(parts[: number + 1]) for number in range(len(parts)))
    return next((folder for folder in folders if f"{folder}/__init__.py" in names), "")


def with_programs(users: Iterable[str], needed: Mapping[str, Iterable[str]]) -> list[str]:
    """Files that need DLLs, and the programs that need one of these files, directly or through others.

    Windows looks for all DLLs of a program in its folder, whichever file asks for them.

    Args:
        users: files that need DLLs themselves.
        needed: names of the DLLs that each of the wheel's files needs.
    """
    wants = {file: {name.lower() for name in names} for file, names in needed.items()}
    found = more = dict.fromkeys(users)
    while more:
        names = {posixpath.basename(file).lower() for file in more}
        more = {file: None for file, wanted in wants.items() if file not in found and wanted & names}
        found = {**found, **more}
    asked = {*users}
    return [file for file in found if file in asked or file.lower().endswith(".exe")]


def told_packages(users: Iterable[str], names: Collection[str]) -> list[str]:
    """The packages whose modules need DLLs; programs don't: Windows looks for their DLLs beside them alone."""
    found = (outermost_package(file, names) for file in users if not file.lower().endswith(".exe"))
    return sorted({folder for folder in found if folder})


def folders_beside(users: Iterable[str], names: Collection[str]) -> list[str]:
    """The folders of files that need DLLs, and that no package tells of them."""
    alone = (file for file in users if file.lower().endswith(".exe") or not outermost_package(file, names))
    return sorted({posixpath.dirname(file) for file in alone})


def tell_loader(content: Sequence[Entry], packages: Iterable[str], folder: str, host: Target) -> dict[str, bytes]:
    """What becomes of the `__init__.py` of these packages, by their names in the wheel.

    Args:
        content: the wheel's files.
        packages: their folders.
        folder: of the DLLs in the wheel.
        host: its Python may know more of the language than the one that runs xconan.

    Raises:
        CheckError: one of the files is in such a newer language.
    """
    entries = {entry.name: entry for entry in content}
    told = {}
    for package in packages:
        if (init := f"{package}/__init__.py") in entries:
            source = entries[init].read()
            told[init] = with_dll_folder(source, posixpath.relpath(folder, package))
            if told[init] == source and int(host.version[1:]) > sys.version_info.minor:
                raise CheckError(
                    f"Python 3.{sys.version_info.minor}, which runs xconan, can't parse {init}, which is to tell "
                    f"Windows where the DLLs in {folder} are", where=init,
                    hint=f"run xconan by Python {host.dotted_version} or newer, or write the file for an older one",
                )  # fmt: skip
    return told


def with_dll_folder(source: bytes, folder: str) -> bytes:
    """A Python file with the lines that name a folder of DLLs, relative to its own.

    They come where the first statement may stand that is neither a docstring nor a `from __future__`. A file that is no
    Python is left as it is: the check says so, or tell_loader() where the check can't know.
    """
    from xconan.render.dll_folder import DllFolder  # noqa: PLC0415 - for wheels for Windows alone

    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        text = source.decode(encoding)
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return source
    ending = "\r\n" if "\r\n" in text else "\n"
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    before, rest = _split(lines, _leading(tree))
    added = DllFolder(folder=folder).text
    return ending.join((before + added + rest).split("\n")).encode(encoding)


def _leading(tree: ast.Module) -> ast.stmt | None:
    """The last of the statements that have to come first."""
    last = None
    for number, statement in enumerate(tree.body):
        docstring = not number and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
        if not (future or (docstring and ast.get_docstring(tree, clean=False) is not None)):
            break
        last = statement
    return last


def _split(lines: Sequence[str], last: ast.stmt | None) -> tuple[str, str]:
    """The text up to the end of a statement, and the rest; where there is none, comments at the top are "before"."""
    if last is None or last.end_lineno is None or last.end_col_offset is None:
        top = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
        return "".join(f"{line}\n" for line in lines[:top]), "\n".join(lines[top:])
    number, place = last.end_lineno - 1, last.end_col_offset
    line = lines[number].encode()
    head, tail = line[:place].decode(), line[place:].decode()
    before = [*lines[:number], head]
    if tail.lstrip().startswith(";") and tail.strip(" ;\t") and not tail.strip(" ;\t").startswith("#"):
        return "\n".join(before) + "\n", "\n".join([tail.lstrip(" ;\t"), *lines[number + 1 :]])
    return "\n".join([*lines[:number], lines[number], ""]), "\n".join(lines[number + 1 :])
