"""By which words CMake has each target compiled, as cmake-file-api(7) has it."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - pytest reads it

from tests.unit.cmake.test_targets import target, write
from xconan.cmake.compiled import Group, Word, read_compiled
from xconan.conan.machine_flags import split_words

GRAPH = {
    "files": ["CMakeLists.txt"], "commands": ["add_compile_options", "set_source_files_properties"],
    "nodes": [{"file": 0}, {"file": 0, "line": 3, "command": 0}, {"file": 0, "line": 5, "command": 1}],
}  # fmt: skip
SOURCES = [{"path": "a.c"}, {"path": "src/b_avx2.c"}, {"path": "c.h"}]
GROUPS = [
    {"language": "C", "sourceIndexes": [0], "compileCommandFragments": [
        {"fragment": " -O3 '-DX=a b'"}, {"fragment": "-mavx", "backtrace": 1},
    ]},
    {"language": "C", "sourceIndexes": [1], "compileCommandFragments": [{"fragment": "-mavx2", "backtrace": 2}]},
    {"language": "CXX", "sourceIndexes": []},
]  # fmt: skip


def test_words_of_a_target(tmp_path: Path) -> None:
    write(tmp_path, target("_core", sources=SOURCES, compileGroups=GROUPS, backtraceGraph=GRAPH,
                           paths={"source": "src"}))  # fmt: skip
    (core,) = read_compiled(tmp_path)
    assert (core.name, core.kind, core.file, core.folder) == ("_core", "MODULE_LIBRARY", "_core.so", "src")
    flags = (Word(text="-O3"), Word(text="-DX=a b"), Word(text="-mavx", where="CMakeLists.txt:3"))
    single = (Word(text="-mavx2", where="CMakeLists.txt:5", of_sources=True),)
    assert core.groups == (
        Group(language="C", sources=("a.c",), words=flags),
        Group(language="C", sources=("src/b_avx2.c",), words=single),
        Group(language="CXX", sources=(), words=()),
    )


def test_words_of_launchers(tmp_path: Path) -> None:
    """CMake's answer has none of them."""
    write(tmp_path, target("_core", sources=SOURCES, compileGroups=GROUPS, backtraceGraph=GRAPH))
    (core,) = read_compiled(tmp_path, launchers={"C": ["-march=armv9-a"]})
    assert [group.words[-1].text if group.words else "" for group in core.groups] == ["-march=armv9-a"] * 2 + [""]


def test_what_becomes_a_part_of_a_target(tmp_path: Path) -> None:
    def needs(*names: str) -> list[dict[str, str]]:
        return [{"id": f"{name}::@1"} for name in names]

    write(
        tmp_path, target("_core", dependencies=needs("fast", "gen", "gone")),
        target("fast", "OBJECT_LIBRARY", dependencies=needs("deep")),
        target("deep", "STATIC_LIBRARY", dependencies=needs("fast")),
        target("gen", "EXECUTABLE", dependencies=needs("only")), target("only", "STATIC_LIBRARY"),
    )  # fmt: skip
    linked = {one.name: one.linked for one in read_compiled(tmp_path)}
    assert linked["_core"] == ("_core", "fast", "deep")
    assert linked["gen"] == ("gen", "only")


def test_configurations_that_are_not_installed(tmp_path: Path) -> None:
    write(tmp_path, target("_core"), configurations=("Debug", "Release"))
    assert len(read_compiled(tmp_path, ["Release"])) == 1
    assert read_compiled(tmp_path, ["Profile"]) == []
    assert read_compiled(tmp_path / "none") == []


def test_words_with_broken_quotes() -> None:
    assert split_words("-DX='a b' -mavx") == ["-DX=a b", "-mavx"]
    assert split_words("-DX=' -mavx") == ["-DX='", "-mavx"]
