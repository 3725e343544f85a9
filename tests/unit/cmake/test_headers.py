"""The headers that were compiled against are the host's, whoever led the compiler to others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.compare import raises_error
from tests.support.crossbuild import write
from tests.support.door import Answer
from xconan.cmake import headers
from xconan.cmake.made_from import read_made_from
from xconan.ground.errors import CMakeError, ErrorGroup

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.support.door import FakeCMake
    from xconan.model import BuildPlan

OBJECT = "CMakeFiles/_core.dir/src/core.c.o"


def verify_headers(plan: BuildPlan, env: Mapping[str, str]) -> None:
    headers.verify_headers(plan, read_made_from(plan), env)


def python_folder(folder: Path, minor: int = 13) -> Path:
    folder.mkdir(parents=True)
    (folder / "Python.h").touch()
    (folder / "pyconfig.h").touch()
    version = f"#define PY_MAJOR_VERSION        3\n#define PY_MINOR_VERSION {minor}\n"
    (folder / "patchlevel.h").write_text(version, "utf-8")
    return folder


@pytest.fixture
def host(tmp_path: Path) -> Path:
    return python_folder(tmp_path / "host" / "include" / "python3.11", 11)


@pytest.fixture
def other(tmp_path: Path) -> Path:
    return python_folder(tmp_path / "opt" / "python3.13")


@pytest.fixture
def built(plan: Callable[..., BuildPlan], cmake: FakeCMake, host: Path) -> Callable[..., BuildPlan]:
    """A plan whose build made these objects of these headers, by what Ninja or a compiler says."""

    def build(
        objects: dict[str, list[Path]], *, by: str = "ninja", state: str = "VALID", **changes: object
    ) -> BuildPlan:
        made = plan(python=facts.python(include_dir=host, pyconfig=host / "pyconfig.h"), **changes)
        folder = made.layout.build
        folder.mkdir(parents=True, exist_ok=True)
        if by == "ninja":
            lines = [
                f"{name}: #deps {len(files)}, deps mtime 17 ({state})\n" + "".join(f"    {file}\n" for file in files)
                for name, files in objects.items()
            ]
            cmake.door.install("ninja", lambda _: Answer(stdout="\n".join(lines)))
            (folder / ".ninja_deps").write_text("\n".join(lines), "utf-8")
        else:
            for name, files in objects.items():
                rule = folder / f"{name}.d"
                rule.parent.mkdir(parents=True, exist_ok=True)
                names = [str(file).replace(" ", "\\ ") for file in files]
                rule.write_text(f"{name}: core.c \\\n " + " \\\n ".join(names) + "\n", "utf-8")
        return made

    return build


@pytest.mark.parametrize("by", ["ninja", "compiler"])
def test_the_hosts_own(built: Callable[..., BuildPlan], host: Path, by: str) -> None:
    made = built({OBJECT: [host / "Python.h", host / "pyconfig.h", Path("/usr/include/stdio.h")]}, by=by)
    verify_headers(made, {})
    copy = python_folder(made.layout.python / "include", 11)
    verify_headers(built({OBJECT: [copy / "Python.h", copy / "pyconfig.h"]}, by=by), {})


@pytest.mark.parametrize("by", ["ninja", "compiler"])
@pytest.mark.parametrize("name", ["Python.h", "pyconfig.h", "patchlevel.h"])
def test_anothers(built: Callable[..., BuildPlan], host: Path, other: Path, by: str, name: str) -> None:
    made = built({OBJECT: [host / "patchlevel.h", other / name]}, by=by)
    with raises_error(CMakeError) as caught:
        verify_headers(made, {"CPATH": str(other)})
    assert caught.value.message == (
        "the target _core was compiled against the headers of Python 3.13, not of the host's 3.11"
    )
    assert caught.value.where == str(other / name)
    assert caught.value.hint.startswith("unset CPATH, which leads there")
    with raises_error(CMakeError):  # nothing has been mended
        verify_headers(made, {})


def test_remedies(built: Callable[..., BuildPlan], other: Path, root: Path) -> None:
    config = facts.cmake_config(source_path=root, env_passthrough=("CPATH",))
    with raises_error(CMakeError) as caught:
        verify_headers(built({OBJECT: [other / "Python.h"]}, cmake=config), {"CPATH": str(other)})
    assert "take CPATH, which leads there, out of cmake.env_passthrough" in caught.value.hint
    with raises_error(CMakeError) as caught:
        verify_headers(built({OBJECT: [other / "Python.h"]}), {})
    assert "include directories of the target _core" in caught.value.hint


def test_debians_pyconfig_of_another_machine(built: Callable[..., BuildPlan], tmp_path: Path) -> None:
    folder = tmp_path / "usr" / "x86_64-linux-gnu" / "python3.11"
    folder.mkdir(parents=True)
    (folder / "pyconfig.h").touch()
    with raises_error(CMakeError):
        verify_headers(built({OBJECT: [folder / "pyconfig.h"]}), {})


def test_several_targets(built: Callable[..., BuildPlan], other: Path) -> None:
    objects = {f"CMakeFiles/{name}.dir/a.c.o": [other / "Python.h", other / "pyconfig.h"] for name in ("a", "b")}
    with pytest.raises(ErrorGroup) as caught:
        verify_headers(built(objects), {})
    assert len(caught.value.errors) == 2


def test_no_pythons(built: Callable[..., BuildPlan], tmp_path: Path, other: Path) -> None:
    """Files of the project with such names, and objects that the next build makes anew."""
    (tmp_path / "src").mkdir()
    names = [tmp_path / "src" / "Python.h", tmp_path / "src" / "pyconfig.h"]
    verify_headers(built({OBJECT: names}), {})
    (tmp_path / "src" / "python").mkdir()
    verify_headers(built({OBJECT: [tmp_path / "src/python/Python.h"]}), {})
    verify_headers(built({OBJECT: [other / "Python.h"]}, state="STALE"), {})


def test_native_builds_know_the_version(built: Callable[..., BuildPlan], tmp_path: Path, other: Path) -> None:
    same = python_folder(tmp_path / "same", 11)
    verify_headers(built({OBJECT: [same / "Python.h"]}, native=True), {})
    with raises_error(CMakeError):
        verify_headers(built({OBJECT: [other / "Python.h"]}, native=True), {})


def test_not_looked_at_twice(built: Callable[..., BuildPlan], host: Path) -> None:
    made = built({OBJECT: [host / "Python.h"]})
    verify_headers(made, {})
    stamp = made.layout.root / "headers.json"
    before = stamp.stat().st_ino
    verify_headers(made, {})
    assert stamp.stat().st_ino == before
    other = replace(made, python=replace(made.python, include_dir=host.parent, pyconfig=None))
    verify_headers(other, {})  # where other folders are allowed, the same objects are looked at again
    assert stamp.stat().st_ino != before


def test_a_host_without_headers_has_none_to_compare(built: Callable[..., BuildPlan], other: Path) -> None:
    made = built({OBJECT: [other / "Python.h"]})
    verify_headers(replace(made, python=facts.python(include_dir=None)), {})
    verify_headers(replace(made, machine=None), {})


def test_ninja_is_asked_where_it_has_built(built: Callable[..., BuildPlan], other: Path, cmake: FakeCMake) -> None:
    verify_headers(built({OBJECT: []}, by="compiler"), {})
    assert [call for call in cmake.door.called("ninja") if "deps" in call.argv] == []
    made = built({OBJECT: [other / "Python.h"]})
    assert made.machine
    verify_headers(replace(made, machine=replace(made.machine, ninja=None)), {})


@pytest.mark.parametrize("by", ["ninja", "compiler"])
def test_pyconfig_in_a_folder_of_the_hosts_machine(
    built: Callable[..., BuildPlan], host: Path, tmp_path: Path, by: str
) -> None:
    """As Debian has it: beside the headers that all its machines share."""
    folder = tmp_path / "aarch64-linux-gnu" / "python3.11"
    folder.mkdir(parents=True)
    (folder / "pyconfig.h").touch()
    made = built({OBJECT: [host / "Python.h", folder / "pyconfig.h"]}, by=by)
    with raises_error(CMakeError, "the headers of another Python"):
        verify_headers(made, {})
    verify_headers(replace(made, python=replace(made.python, pyconfig=folder / "pyconfig.h")), {})


@pytest.mark.parametrize("by", ["ninja", "compiler"])
def test_folder_with_a_blank(built: Callable[..., BuildPlan], tmp_path: Path, by: str) -> None:
    other = python_folder(tmp_path / "my opt" / "python3.13")
    with raises_error(CMakeError, "the headers of Python 3.13", where=str(other / "Python.h")):
        verify_headers(built({OBJECT: [other / "Python.h"]}, by=by), {})


CC = "/opt/cross/bin/aarch64-linux-gnu-gcc"
NINJA = """\
build made.o | ${{cmake_ninja_workdir}}made.o: CUSTOM_COMMAND ../made.c
  COMMAND = cd /src && {compiler} {words} -o made.o
  DESC = Generating made.o
  restat = 1

build other.txt: CUSTOM_COMMAND
  COMMAND = cat -I{other} -o other.txt
"""


@pytest.mark.parametrize("words", ["-I{} -c made.c", "-isystem {} -c made.c", "-c made.c '-I{}'", "-I {}/. -c made.c"])
def test_command_of_the_projects_own(built: Callable[..., BuildPlan], host: Path, other: Path, words: str) -> None:
    """Of its object no compiler tells; what is not compiled may look where it likes."""
    made = built({OBJECT: [host / "Python.h"]})
    (made.layout.build / "build.ninja").write_text(
        NINJA.format(words=words.format(host), other=other, compiler=CC), "utf-8"
    )
    verify_headers(made, {})
    (made.layout.build / "build.ninja").write_text(
        NINJA.format(words=words.format(other), other=other, compiler=CC), "utf-8"
    )
    said, remedy = "made.o was compiled against the headers of Python 3.13", "out of the command that makes made.o"
    with raises_error(CMakeError, said, where=str(other), hint=remedy):
        verify_headers(made, {})


def test_command_that_goes_elsewhere_first(built: Callable[..., BuildPlan], other: Path) -> None:
    made = built({})
    text = NINJA.format(words=f"-I{other.name} -c made.c", other=other, compiler=CC).replace(
        "cd /src", f"cd {other.parent}"
    )
    (made.layout.build / "build.ninja").write_text(text, "utf-8")
    with raises_error(CMakeError, "Python 3.13"):
        verify_headers(made, {})


def test_what_is_compiled_for_this_machine(built: Callable[..., BuildPlan], other: Path) -> None:
    """A generator may embed the Python that runs here."""
    made = built({})
    text = NINJA.format(words=f"-I{other} -c made.c", other=other, compiler="/usr/bin/cc")
    (made.layout.build / "build.ninja").write_text(text, "utf-8")
    verify_headers(made, {})


@pytest.mark.parametrize(
    "command",
    [
        "cc -c tool.c -I{other}",  # this machine's own, of the name that zig's has
        "/usr/bin/cc -c tool.c -I{other} && {cc} -c made.c -I{host}",
        "{cc} -c made.c && /usr/bin/cc -c tool.c -I{other}",
        "{cc} -I{host} -I{other} -c made.c",
        "{cc} -isystem {other} -I{host} -c made.c",
        "{cc} -idirafter {other} -isystem {host} -c made.c",
        "{cc} -iquote {other} -c made.c",
    ],
)
def test_what_the_hosts_compiler_does_not_read(
    built: Callable[..., BuildPlan], host: Path, other: Path, command: str
) -> None:
    toolchain = facts.toolchain("zig/win_amd64")
    made = replace(built({}), toolchain=toolchain)
    words = command.format(cc=toolchain.compiler.path, host=host, other=other)
    text = f"build made.o: CUSTOM_COMMAND ../made.c\n  COMMAND = cd /src && {words}\n"
    (made.layout.build / "build.ninja").write_text(text, "utf-8")
    verify_headers(made, {"PATH": "/usr/bin:/bin"})


@pytest.mark.parametrize(
    "command",
    [
        "{cc} -I{other} -I{host} -c made.c",
        "{cc} -isystem {host} -I{other} -c made.c",
        "/usr/bin/cc -c tool.c -I{host} && cd {other}/.. && {cc} -I{other.name} -c made.c",
        "ccache {cc} -I{other} -c made.c",
        "{cc.name} -I{other} -c made.c",  # found on PATH
    ],
)
def test_what_the_hosts_compiler_reads_first(
    built: Callable[..., BuildPlan], host: Path, other: Path, tmp_path: Path, command: str
) -> None:
    cc = write(tmp_path / "zig" / "cc", "#!/bin/sh\n")
    cc.chmod(0o755)
    toolchain = facts.toolchain("zig/win_amd64")
    toolchain = replace(toolchain, compilers={"C": replace(toolchain.compiler, path=str(cc), script="")})
    made = replace(built({}), toolchain=toolchain)
    words = command.format(cc=cc, host=host, other=other)
    text = f"build made.o: CUSTOM_COMMAND ../made.c\n  COMMAND = cd /src && {words}\n"
    (made.layout.build / "build.ninja").write_text(text, "utf-8")
    with raises_error(CMakeError, "Python 3.13"):
        verify_headers(made, {"PATH": f"{cc.parent}:/usr/bin"})
