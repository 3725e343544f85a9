"""Targets that are compiled for newer processors than their wheel's tag promises."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from xconan.cmake.compiled import Compiled, Group, Word
from xconan.host.platforms import parse_platform
from xconan.wheel.check.instructions import Instructions

if TYPE_CHECKING:
    from xconan.binary.finding import Finding

TAG = "manylinux_2_17_x86_64"


def words(text: str, where: str = "", *, of_sources: bool = False) -> tuple[Word, ...]:
    return tuple(Word(text=word, where=where, of_sources=of_sources) for word in text.split())


def compiled(name: str, *groups: tuple[str, str, tuple[Word, ...]], linked: tuple[str, ...] = ()) -> Compiled:
    """A target by (language, sources, words); one that is linked into no other makes a module."""
    file = f"{name}.so" if linked or name == "_core" else ""
    return Compiled(
        name=name, kind="MODULE_LIBRARY" if file else "OBJECT_LIBRARY", file=file, folder="src", linked=(name, *linked),
        groups=tuple(Group(language=one, sources=tuple(two.split()), words=three) for one, two, three in groups),
    )  # fmt: skip


def check(
    *targets: Compiled, tag: str = TAG, dispatch: tuple[str, ...] = (), source: Path = Path("/none"),
    toolchain: str = "", given: dict[str, list[str]] | None = None,
) -> list[Finding]:  # fmt: skip
    return list(
        Instructions(
            targets=targets, platform=parse_platform(tag), inside={"_core.so": "nav/_core.so"}, source=source,
            files=[str(source / name) for name in ("CMakeLists.txt", "src/CMakeLists.txt", "gone.cmake")],
            dispatch=dispatch, dispatch_place="p: wheel.runtime_dispatch", given=given or {},
            toolchain=("/host.cmake", tuple(toolchain.split())),
        ).check()
    )  # fmt: skip


def test_a_whole_target() -> None:
    (found,) = check(compiled("_core", ("C", "a.c b.c", words("-O3 -mavx2 -mfma", "CMakeLists.txt:5"))))
    assert (found.file, found.breaks_tag, found.warning) == ("nav/_core.so", True, False)
    assert found.message == (
        f"target _core is compiled with -mavx2 -mfma (CMakeLists.txt:5), for newer processors: not every host of the "
        f"tag {TAG} has more than x86-64-v1"
    )
    assert 'wheel.runtime_dispatch = ["_core"]' in found.hint
    assert "the tag linux_x86_64" in found.hint


def test_single_sources() -> None:
    avx = words("-mavx2", "CMakeLists.txt:7", of_sources=True)
    (found,) = check(compiled("_core", ("C", "a.c", ()), ("C", "k.c l.c", avx)))
    assert (found.breaks_tag, found.warning) == (False, True)
    assert "k.c, l.c of its sources are compiled with -mavx2 (CMakeLists.txt:7)" in found.message
    assert 'wheel.runtime_dispatch = ["k.c", "l.c"]' in found.hint
    # what COMPILE_FLAGS say has no line, but not all sources have it
    (found,) = check(compiled("_core", ("C", "a.c", ()), ("C", "k.c", words("-mavx2"))))
    assert found.warning
    # the only C source of a target in C++, by its own property
    (found,) = check(compiled("_core", ("CXX", "a.cpp", ()), ("C", "k.c", avx)))
    assert found.warning
    # one language of two, by a variable
    (found,) = check(compiled("_core", ("CXX", "a.cpp", ()), ("C", "k.c", words("-mavx2"))))
    assert not found.warning


@pytest.mark.parametrize(
    ("dispatch", "count"),
    [((), 2), (("_core",), 1), (("_*", "fast"), 0), (("k.c", "fast"), 0), (("*.c",), 1), (("src/*.c", "_core"), 0)],
)
def test_what_is_chosen_when_it_runs(dispatch: tuple[str, ...], count: int) -> None:
    core = compiled("_core", ("C", "k.c", words("-mavx2")), linked=("fast",))
    fast = compiled("fast", ("C", "src/f.c", words("-mavx")))
    assert len(check(core, fast, dispatch=dispatch)) == count


def test_targets_that_are_not_in_the_wheel() -> None:
    core = compiled("_core", ("C", "k.c", ()))
    assert check(core, compiled("bench", ("C", "f.c", words("-march=native")))) == []
    assert (
        len(check(compiled("_core", linked=("bench",)), compiled("bench", ("C", "f.c", words("-march=native"))))) == 1
    )


def test_languages_whose_options_choose_no_instructions() -> None:
    assert check(compiled("_core", ("ASM", "k.s", words("-mavx2")), ("CUDA", "k.cu", words("-march=native")))) == []


def test_where_it_is_said(tmp_path: Path) -> None:
    core = compiled("_core", ("C", "k.c", words("-march=haswell")))
    (tmp_path / "src").mkdir()
    (tmp_path / "CMakeLists.txt").write_text(
        'project(x)\n# -march=haswell\nset(CMAKE_C_FLAGS "-march=haswell")\n', "utf-8"
    )
    assert "(CMakeLists.txt:3)" in check(core, source=tmp_path)[0].message
    (tmp_path / "src/CMakeLists.txt").write_text("set(X -march=haswell)\n", "utf-8")
    assert "(src/CMakeLists.txt:1)" in check(core, source=tmp_path)[0].message
    given = {"CFLAGS of the environment": ["-march=haswell"]}
    (found,) = check(core, given=given)
    assert "(CFLAGS of the environment)" in found.message
    assert found.hint.startswith("unset CFLAGS, which has it; ")
    assert "(/host.cmake)" in check(core, toolchain="-march=haswell")[0].message
    assert "(by CMAKE_<LANG>_FLAGS)" in check(core)[0].message


def test_this_machines_processor() -> None:
    core = compiled("_core", ("C", "k.c", words("-march=native", "CMakeLists.txt:2")))
    (found,) = check(core)
    assert "for the processor of this machine" in found.message
    assert "runtime_dispatch" not in found.hint
    (found,) = check(core, tag="linux_x86_64", toolchain="-march=native")
    assert found.breaks_tag


def test_a_linux_tag_promises_what_the_toolchain_does() -> None:
    core = compiled("_core", ("C", "k.c", words("-mcpu=cortex-a72")))
    assert check(core, tag="linux_aarch64", toolchain="-mcpu=cortex-a72") == []
    assert len(check(core, tag="manylinux_2_28_aarch64", toolchain="-mcpu=cortex-a72")) == 1
    (found,) = check(core, tag="linux_aarch64")
    assert "write it into the toolchain file: CMAKE_C_FLAGS_INIT" in found.hint
    assert check(core, tag="macosx_11_0_universal2") == []


def test_a_toolchain_for_one_board_is_said_and_not_refused() -> None:
    def checked(word: str, given: dict[str, list[str]] | None = None) -> Finding:
        core = compiled("_core", ("C", "k.c", words(word)))
        (found,) = check(core, tag="manylinux_2_27_aarch64", toolchain=word, given=given)
        return found

    found = checked("-mcpu=cortex-a53+crc+simd")
    assert (found.warning, found.breaks_tag) == (True, False)
    assert found.hint.endswith("for boards with it alone, the tag linux_aarch64")
    for word in ("-march=armv8.2-a", "-mcpu=native"):
        assert checked(word).breaks_tag, word
    assert checked("-mcpu=cortex-a53", {"CFLAGS of the environment": ["-mcpu=cortex-a53"]}).breaks_tag
