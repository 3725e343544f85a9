"""zig's C++ library: made once for each target, aloud, and given to the linker whatever the flags are."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from xconan.build_machine.tools import Tool
from xconan.ground.errors import ToolchainError
from xconan.host.platforms import parse_platform
from xconan.toolchains.zig import write_zig_toolchain
from xconan.toolchains.zig_library import warm_zig

if TYPE_CHECKING:
    from pathlib import Path

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
        (["a.cpp", "b.o", "-o", "a"], False),
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
