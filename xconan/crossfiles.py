"""The action of `xconan cross`: targets by name, written out as files that say the same.

What is behind a name (toolchains/, pythons/) is found and probed as for a build, and copied with its paths made
relative, so that the folder can be kept under version control and moved.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.build_machine.buildenv import running_target
from xconan.build_machine.tools import cmake_and_ninja
from xconan.fetch.pythons.provide import provide_host_python
from xconan.ground.errors import ConfigError, Problems
from xconan.ground.files import cache_folder, digest, relative_names, write_bytes
from xconan.ground.lock import locked
from xconan.ground.run import which
from xconan.project.config.cross import read_named
from xconan.project.config.records import MINIMUM_CMAKE
from xconan.render import written_out as render
from xconan.render.toolchain import FindPythonModule
from xconan.toolchains.choose import named_toolchain
from xconan.toolchains.find import find_toolchain, with_toolchain_file
from xconan.toolchains.scripts import compiler_script
from xconan.toolchains.zig import zig_scripts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from xconan.build_machine.tools import Tool
    from xconan.project.config.records import CrossConfig
    from xconan.pythons.records import HostPython
    from xconan.toolchains.records import Toolchain

CROSS_PYTHON = Path(__file__).parent / "crosspython"


@dataclass(frozen=True, kw_only=True)
class CrossFile:
    """A file to write: its content, and whether it is a program."""

    content: bytes
    executable: bool = False


def write_cross(
    names: Sequence[str],
    out: Path,
    *,
    toolchain: str | None = None,
    include_dir: Path | None = None,
    force: bool = False,
) -> list[Path]:
    """Write the files of some targets into a folder, and return their cross.tomls.

    A file that is there already and says the same is left alone. Each is written beside its place and renamed,
    the cross.tomls last: one that is there has all that it speaks of.

    Args:
        names: targets, "cp311-manylinux_2_17_aarch64".
        out: the folder; made where missing.
        toolchain: "zig", "gcc" or "clang"; None as for a build by name.
        include_dir: the host Python's headers, absolute; None for those at hand.
        force: replace files that say something else.

    Raises:
        XconanError: a target can't be built, or (without `force`) files are there that say something else.
    """
    if out.exists() and not out.is_dir():
        raise ConfigError("the folder for the files is a file", where=str(out), hint="name another folder")
    tools = cmake_and_ninja(MINIMUM_CMAKE)
    files: dict[str, CrossFile] = {}
    problems = Problems()
    for name in names:
        with problems.collected():
            cross = read_named(name, running=running_target(), toolchain=toolchain, include_dir=include_dir)
            _add(files, _files(cross, tools), name)
    problems.raise_if_any()
    last = sorted(files, key=lambda name: (name.endswith(".cross.toml"), name))
    with locked(cache_folder() / "locks" / digest(str(out))[:16], what=str(out)):
        if not force:
            _refuse_others(files, out)
        _remove_leftovers({(out / name).parent for name in files})
        for name in last:
            write_bytes(out / name, files[name].content, executable=files[name].executable)
    return [out / name for name in last if name.endswith(".cross.toml")]


def _files(named: CrossConfig, tools: tuple[Tool, Tool | None]) -> dict[str, CrossFile]:
    """Everything for one target, by its path in the folder."""
    if named.target.platform.os == "pyodide":
        raise ConfigError(
            f"{named.target.platform.tag} is for Emscripten, whose own CMake file is not to be copied",
            where=named.source, hint="xconan build --target has it as it is; or build it by `pyodide build`",
        )  # fmt: skip
    cross = with_toolchain_file(named)
    file = cross.toolchain_file
    if file is None:
        raise ConfigError("this machine's own compilers need no files", where=named.source)
    toolchain = find_toolchain(cross, cmake=tools[0], ninja=tools[1])
    python = provide_host_python(cross, toolchain, needed=True)
    cross = replace(cross, target=replace(cross.target, abi=python.abi or cross.target.abi))
    target, platform = cross.target, cross.target.platform
    stem = render.stem(platform)
    known = {str(file): f"{render.home()}/{stem}.toolchain.cmake", str(file.parent): f"{render.home()}/{stem}/bin"}
    portable = {path: Path(path).name for path in _programs(toolchain) if which(Path(path).name) == Path(path)}
    scripts = dict(_compiler_scripts(toolchain, platform.tag, portable))
    known |= {script: f"{render.home()}/{stem}/bin/{name}" for script, (name, _) in scripts.items()}
    moved = render.moved(toolchain, {**known, **portable})
    finders = {f"{stem}/modules/Find{name}.cmake": FindPythonModule(name=name).text for name in ("Python", "Python3")}
    texts = {
        f"{stem}.toolchain.cmake": render.toolchain_file(named_toolchain(cross), platform, toolchain, portable),
        f"{stem}.python.toolchain.cmake": render.python_toolchain(platform),
        f"{stem}.profile.conan": render.conan_profile(platform, moved),
        f"{stem}.{target.python_name}.cross.toml": render.cross_toml(cross, python),
    }
    return {
        **{name: CrossFile(content=text.encode()) for name, text in (texts | finders).items()},
        f"{stem}/.gitignore": CrossFile(content=b"__pycache__/\n"),
        f"{stem}/bin/emulator": CrossFile(content=render.PortableEmulator().text.encode(), executable=True),
        **{f"{stem}/bin/{name}": entry for name, entry in _wrappers(cross, file.parent)},
        **{f"{stem}/bin/{name}": entry for name, entry in scripts.values()},
        **{f"{stem}/{target.python_name}/{name}": entry for name, entry in _python_files(cross, python)},
    }


def _programs(toolchain: Toolchain) -> list[str]:
    tools = [
        value for name, value in toolchain.variables.items() if name.startswith("CMAKE_") and Path(value).is_file()
    ]
    return [*(compiler.path for compiler in toolchain.compilers.values()), *tools]


def _compiler_scripts(
    toolchain: Toolchain, tag: str, portable: Mapping[str, str]
) -> Iterator[tuple[str, tuple[str, CrossFile]]]:
    """The scripts that are a compiler with the toolchain file's flags: the path of a build's, a name and the file."""
    for compiler in toolchain.compilers.values():
        named = replace(compiler, path=portable.get(compiler.path, compiler.path))
        script = compiler_script(named, tag) if compiler.script else None
        if script:  # not the compiler's own name: it would find itself on PATH
            name = f"{toolchain.triplet}-{Path(compiler.script).name}"
            yield compiler.script, (name, CrossFile(content=script.text.encode(), executable=True))


def _wrappers(cross: CrossConfig, folder: Path) -> Iterator[tuple[str, CrossFile]]:
    """The compilers that are scripts beside the toolchain file, what they include, and how they find zig."""
    if cross.toolchain != "zig":
        return
    finder = render.ZigFinder(version=folder.parent.name)
    for name, script in {"zig": finder, **zig_scripts(cross.target.platform)}.items():
        yield name, CrossFile(content=script.text.encode(), executable=True)
    for header in sorted(folder.glob("*.h")):
        yield header.name, CrossFile(content=header.read_bytes())


def _python_files(cross: CrossConfig, python: HostPython) -> Iterator[tuple[str, CrossFile]]:
    """Headers, libraries and build data of the host's Python, as an installation has them."""
    name = cross.target.python_name
    if python.include_dir is None or python.pyconfig is None:
        return
    for header in relative_names(python.include_dir, skip=("__pycache__", "numpy")):
        if header.endswith(".h"):
            source = python.pyconfig if header == "pyconfig.h" else python.include_dir / header
            yield f"include/{name}/{header}", CrossFile(content=source.read_bytes())
    libraries = {"dynamic": python.library, "dynamic_stableabi": python.sabi_library}
    for library in libraries.values():
        if library:
            yield f"lib/{library.name}", CrossFile(content=library.read_bytes())
    if python.sysconfig_file:
        yield f"lib/{name}/{python.sysconfig_file.name}", CrossFile(content=python.sysconfig_file.read_bytes())
    paths = {kind: f"lib/{library.name}" for kind, library in libraries.items() if library}
    details = render.build_details(cross.target, python, paths)
    yield f"lib/{name}/build-details.json", CrossFile(content=details.encode())
    yield "bin/python3", CrossFile(content=render.interpreter(cross.target).encode(), executable=True)
    yield "site/_xconan_host.py", CrossFile(content=render.host_facts(cross.target, python).encode())
    for file in CROSS_PYTHON.glob("*.py"):
        yield f"site/{file.name}", CrossFile(content=file.read_bytes())


def _add(files: dict[str, CrossFile], more: Mapping[str, CrossFile], target: str) -> None:
    for name, file in more.items():
        if files.setdefault(name, file) != file:
            raise ConfigError(
                f"another target here wants {name} with another content", where=f"target {target}",
                hint="write it into a folder of its own",
            )  # fmt: skip


def _refuse_others(files: Mapping[str, CrossFile], out: Path) -> None:
    others = [name for name, file in files.items() if (out / name).exists() and not _has(out / name, file)]
    if others:
        more = f", and {len(others) - 3} more" if len(others) > 3 else ""  # noqa: PLR2004 - enough to see which
        raise ConfigError(
            f"there already are files that say something else: {', '.join(others[:3])}{more}",
            where=str(out), hint="name another folder, or replace them by --force",
        )  # fmt: skip


def _remove_leftovers(folders: Iterable[Path]) -> None:
    """What write_bytes wrote beside a file when it was killed: this folder is kept, caches may have them."""
    for folder in folders:
        for path in folder.glob(".*.new"):
            if re.fullmatch(r"\..+\.\d+\.new", path.name):
                path.unlink()


def _has(path: Path, file: CrossFile) -> bool:
    return path.is_file() and path.read_bytes() == file.content
