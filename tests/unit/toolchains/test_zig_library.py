"""zig's C++ library: made once for each target, aloud, and given to the linker whatever the flags are."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from xconan.build_machine.tools import Tool
from xconan.ground.errors import ToolchainError
from xconan.host.platforms import parse_platform
from xconan.toolchains.zig import write_zig_toolchain
from xconan.toolchains.zig_library import warm_zig

# a zig that has made its library, and says what it gives to the linker; it counts how often it was asked
ZIG = """\
#!/bin/sh
if [ "$REFUSE" ]; then echo "error: no such thing" >&2; exit 1; fi
echo "$@" >> {folder}/asked
if [ "$ZIG_VERBOSE_LINK" ]; then
  mkdir -p {folder}/o; echo x > {folder}/o/libc++.a; echo y > {folder}/o/libc++abi.a
  echo "ar rcs {folder}/o/libc++.a" >&2
  echo "ld.lld -o warm.so {folder}/o/libc++abi.a {folder}/o/libc++.a" >&2
fi
"""


@pytest.fixture
def compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A C++ compiler by a zig on PATH, in a cache of the test's own."""
    monkeypatch.setenv("XCONAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("ZIG_GLOBAL_CACHE_DIR", raising=False)
    zig = tmp_path / "zig"
    zig.write_text(ZIG.format(folder=tmp_path), "utf-8")
    zig.chmod(0o755)
    platform = parse_platform("manylinux_2_17_aarch64")
    return write_zig_toolchain(platform, Tool(path=zig, version="9.9"), tmp_path / "cache").with_name("c++")


def link(compiler: Path, *words: str) -> str:
    """What the script makes of a command line."""
    asked = compiler.parents[4] / "asked"
    env = {name: value for name, value in os.environ.items() if name != "ZIG_VERBOSE_LINK"}
    subprocess.run([compiler, *words], env=env, check=True)
    return asked.read_text("utf-8").splitlines()[-1]


def test_once_and_aloud(compiler: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = warm_zig(str(compiler), what="manylinux_2_17_aarch64")
    assert first.made
    said = capsys.readouterr().err
    for word in ("manylinux_2_17_aarch64", "once", "minutes", "xconan warm", str(tmp_path / "cache/zig/cache")):
        assert word in said
    again = warm_zig(str(compiler), what="manylinux_2_17_aarch64")
    assert not again.made
    assert capsys.readouterr().err == ""
    assert len((tmp_path / "asked").read_text("utf-8").splitlines()) == 1


def test_a_cache_whose_path_has_blanks(compiler: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What zig prints is words, without quotes."""
    cache = tmp_path / "my cäche" / "zig x"
    monkeypatch.setenv("ZIG_GLOBAL_CACHE_DIR", str(cache))
    lines = ZIG.replace("mkdir -p {folder}/o", 'mkdir -p "$ZIG_GLOBAL_CACHE_DIR/o/h"').replace(
        "> {folder}/o/", '> "$ZIG_GLOBAL_CACHE_DIR"/o/h/'
    )
    text = lines.replace("{folder}/o/", "$ZIG_GLOBAL_CACHE_DIR/o/h/").format(folder=tmp_path)
    (tmp_path / "zig").write_text(text, "utf-8")
    assert warm_zig(str(compiler), what="x").made
    place = cache / "xconan/9.9/aarch64-linux-gnu.2.17"
    assert {path.name: path.read_text("utf-8") for path in place.glob("*.a")} == {
        "libc++.a": "x\n",
        "libc++abi.a": "y\n",
    }


def test_follows_what_zig_keys_by(compiler: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another zig, another cache, a lost archive: the library is asked for again."""
    warm_zig(str(compiler), what="x")
    monkeypatch.setenv("ZIG_GLOBAL_CACHE_DIR", str(tmp_path / "other"))
    assert warm_zig(str(compiler), what="x").made
    (tmp_path / "other/xconan/9.9/aarch64-linux-gnu.2.17/libc++.a").unlink()
    assert warm_zig(str(compiler), what="x").made
    assert not warm_zig(str(compiler), what="x").made
    (tmp_path / "zig").write_text(ZIG.format(folder=tmp_path) + "# newer\n", "utf-8")
    assert warm_zig(str(compiler), what="x").made


def test_a_failure_is_told_and_not_remembered(
    compiler: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REFUSE", "1")
    with pytest.raises(ToolchainError, match="can't compile C\\+\\+"):
        warm_zig(str(compiler), what="x")
    assert "error: no such thing" in capsys.readouterr().err
    monkeypatch.delenv("REFUSE")
    assert warm_zig(str(compiler), what="x").made


@pytest.mark.parametrize(
    ("words", "given"),
    [
        (["-shared", "-s", "a.o", "-o", "a.so"], True),
        (["-g", "-Os", "-mcpu=cortex_a72", "a.o", "b.a", "-o", "a"], True),
        (["-shared", "@a.rsp", "-o", "a.so"], True),
        (["-c", "a.cpp", "-o", "a.o"], False),
        (["-fsanitize=undefined", "a.o"], True),
        (["-shared", "-Wl,--whole-archive", "a.a", "-o", "a.so"], True),
        (["-x", "c++", "a.cpp", "b.o", "-o", "a"], False),
        (["-nostdlib++", "a.o"], False),
        (["-nodefaultlibs", "a.o", "-lc++"], False),
        (["-fsanitize=thread", "a.o"], False),
        (["-r", "a.o", "-o", "b.o"], False),
        (["-v"], False),
    ],
)  # fmt: skip
def test_links_get_the_library_that_is_there(words: list[str], compiler: Path, tmp_path: Path, *, given: bool) -> None:
    made = tmp_path / "cache/zig/cache/xconan/9.9/aarch64-linux-gnu.2.17"
    more = f" -nostdlib++ {made}/libc++abi.a {made}/libc++.a -lunwind"
    plain = (
        f"c++ -target aarch64-linux-gnu.2.17 -fPIC -fno-sanitize=undefined -Wno-date-time -UNDEBUG {' '.join(words)}"
    )
    assert link(compiler, *words) == plain  # before it was made, zig has its own ways
    warm_zig(str(compiler), what="x")
    assert link(compiler, *words) == plain + (more if given else "")
    assert " -nostdlib++" not in link(compiler.with_name("cc"), "a.o")


@pytest.mark.parametrize("tag", ["manylinux_2_17_aarch64", "macosx_11_0_arm64", "win_amd64"])
@pytest.mark.usefixtures("compiler")
def test_sources_that_are_linked_at_once_become_objects(tag: str, tmp_path: Path) -> None:
    """zig would make a library for the flags of `c++ a.cpp -o a`; objects get the one that is there."""
    here = write_zig_toolchain(parse_platform(tag), Tool(path=tmp_path / "zig", version="9.9"), tmp_path / "cache")
    cxx = here.with_name("c++")
    place = tmp_path / "cache/zig/cache/xconan/9.9" / cxx.parent.name
    place.mkdir(parents=True)
    names = ("c++abi.lib", "c++.lib") if tag == "win_amd64" else ("libc++abi.a", "libc++.a")
    for name in names:
        (place / name).write_text("", "utf-8")
    link(cxx, "-g", "-DA=1", "x.cpp", "-I", "inc", "y.c", "z.o", "-L", "lib", "-lm", "-lstdc++", "-s", "-o", "a")
    first, second, last = (tmp_path / "asked").read_text("utf-8").splitlines()
    start = first.partition(" -g ")[0]
    folder = Path(first.rpartition(" -o ")[2]).parent
    assert first == f"{start} -g -DA=1 -I inc -c x.cpp -o {folder}/1.o"
    assert second == f"{start} -g -DA=1 -I inc -c y.c -o {folder}/2.o"
    unwind = "" if "macosx" in tag else " -lunwind"
    assert last == (f"{start} -g -DA=1 {folder}/1.o -I inc {folder}/2.o z.o -L lib -lm -s -o a -nostdlib++ "
                    f"{place}/{names[0]} {place}/{names[1]}{unwind}")  # fmt: skip
    assert not folder.exists()


def test_a_source_that_fails_ends_the_command(compiler: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warm_zig(str(compiler), what="x")
    monkeypatch.setenv("REFUSE", "1")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    assert subprocess.run([compiler, "a.cpp", "-o", "a"], check=False, capture_output=True).returncode == 1
    assert not list((tmp_path / "tmp").iterdir())


def test_c_compilers_get_it_where_they_ask(compiler: Path, tmp_path: Path) -> None:
    """`cc a.o -lstdc++` is how build files link C++ into a program of C."""
    warm_zig(str(compiler), what="x")
    made = tmp_path / "cache/zig/cache/xconan/9.9/aarch64-linux-gnu.2.17"
    cc = compiler.with_name("cc")
    assert link(cc, "a.o", "-lstdc++").endswith(f" a.o {made}/libc++abi.a {made}/libc++.a -lunwind")
    assert link(cc, "a.c", "-o", "a").endswith(" a.c -o a")
