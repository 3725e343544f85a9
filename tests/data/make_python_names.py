"""Writes xconan/wheel/check/python_names.toml: the names that each Python has for modules.

python -m tests.data.make_python_names FOLDER

fetches Pythons into FOLDER, by apt and pip, reads what they export and writes the table: the interpreters that
cx_Freeze brings along (3.8 to 3.13, and 3.13 without a GIL), and Debian's libraries of CPython, its debug build and
PyPy. Several bug fix releases of a version are taken together, because these add names at times.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

from xconan.binary.dynamic import read_dynamic
from xconan.fetch.pythons.apt import private_apt
from xconan.fetch.pythons.debian import MOVING, PYPYS, PYTHONS

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE = Path(__file__).parents[2] / "xconan" / "wheel" / "check" / "python_names.toml"
FROZEN = {"38": "7.2.10", **dict.fromkeys(("39", "310", "311", "312", "313", "313t"), "8.4.1")}
LIBRARY = re.compile(r"libpython(3\.\d+)(d?)\.so\.1\.0|libpypy(3[\d.]*)-c\.so")
NAME = re.compile(r"_*Py[A-Z_]\w*")
INIT = re.compile(r"PyInit\w*_")
HEADER = """\
# The names that Pythons have for modules, rewritten by tests/data/make_python_names.py from what these export:
# {sources}.
#
# source            what was asked
# cpython, pypy     by the versions that have them: "39-311"
# windows           of CPython on Windows alone
# threaded          that Pythons without a GIL have beside them
# debug             that debug builds have beside them

source = "{sources}"
"""


def main(folder: Path) -> None:
    """Fetch, read, write."""
    from abi3info import DATAS, FUNCTIONS  # noqa: PLC0415 - no package of ours

    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, dict[str, set[str]]] = {"cpython": {}, "pypy": {}, "debug": {}, "threaded": {}}
    sources = []
    for kind, version, source, file in [*frozen(folder), *debian(folder)]:
        with file.open("rb") as stream:
            exported = read_dynamic(stream).exported
        names = {name for name in exported if NAME.fullmatch(name) and not INIT.match(name)}
        found[kind].setdefault(version, set()).update(names)
        sources.append(source)
    windows = {
        item.symbol.name for table in (FUNCTIONS, DATAS) for item in table.values()
        if item.ifdef and item.ifdef.name == "MS_WINDOWS"
    }  # fmt: skip
    everywhere = set().union(*found["cpython"].values())
    lines = [HEADER.format(sources=", ".join(dict.fromkeys(sources)))]
    for kind in ("cpython", "pypy"):
        versions = sorted(found[kind], key=int)
        lines += [f"[{kind}]", f"versions = {[int(one) for one in versions]}"]
        for span, names in sorted(spans(versions, found[kind]).items()):
            lines += [f'"{span}" = """', textwrap.fill(" ".join(names), 118, break_long_words=False), '"""']
        lines.append("")
    beside = {
        "windows": windows - everywhere,
        "threaded": set().union(*found["threaded"].values()) - everywhere,
        "debug": set().union(*found["debug"].values()) - everywhere,
    }
    lines.append("[beside]")
    for kind, names in beside.items():
        lines += [f'{kind} = """', textwrap.fill(" ".join(sorted(names)), 118, break_long_words=False), '"""']
    TABLE.write_text("\n".join(lines) + "\n", "utf-8")


def spans(versions: list[str], found: dict[str, set[str]]) -> dict[str, list[str]]:
    """The names by the runs of versions that have them."""
    runs: dict[str, list[str]] = {}
    for name in sorted(set().union(*found.values())):
        having = [name in found[version] for version in versions]
        start: int | None = None
        for number, has in enumerate([*having, False]):
            if has and start is None:
                start = number
            elif not has and start is not None:
                runs.setdefault(f"{versions[start]}-{versions[number - 1]}", []).append(name)
                start = None
    return runs


def frozen(folder: Path) -> Iterator[tuple[str, str, str, Path]]:
    """The interpreters of cx_Freeze's wheels."""
    for version, release in FROZEN.items():
        place = folder / f"frozen-{version}"
        if not place.exists():
            platforms = [f"--platform=manylinux{one}_x86_64" for one in ("2014", "_2_17", "_2_28")]
            subprocess.run(
                [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", *platforms,
                 "--implementation=cp", f"--python-version={version.rstrip('t')}", f"--abi=cp{version}",
                 f"--dest={folder}", f"cx_freeze=={release}"], check=True)  # fmt: skip
            (wheel,) = folder.glob(f"*-cp{version}-*.whl")
            with ZipFile(wheel) as opened:
                (name,) = [one for one in opened.namelist() if "/console-cpython" in one]
                place.write_bytes(opened.read(name))
            wheel.unlink()
        kind = "threaded" if version.endswith("t") else "cpython"
        yield kind, version.rstrip("t"), f"cx_Freeze {release}", place


def debian(folder: Path) -> Iterator[tuple[str, str, str, Path]]:
    """Debian's libraries of CPython and PyPy."""
    for suite in (*PYTHONS, MOVING):
        root = folder / suite
        if not root.exists():
            apt = private_apt(folder / f"apt-{suite}", [suite], architecture="amd64")
            wanted = [one for one in apt.packages("libpython3.") if re.fullmatch(r"libpython3\.\d+(-dbg)?", one)]
            wanted += ["pypy3"] if suite in PYPYS else []
            for package in apt.fetch(*wanted):
                subprocess.run(["dpkg-deb", "-x", package, root], check=True)
            shutil.rmtree(folder / f"apt-{suite}")
        for file in sorted(root.rglob("lib*.so*")):
            match = LIBRARY.fullmatch(file.name)
            if match and file.is_file() and not file.is_symlink():
                dotted = match[1] or match[3]
                version = dotted.replace(".", "") if "." in dotted else PYPYS[suite]
                kind = "pypy" if match[3] else "debug" if match[2] else "cpython"
                yield kind, version, f"Debian {suite}", file


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
