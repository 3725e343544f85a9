"""What a call of CMake's language, with its variables expanded, asks of the file system."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

import pytest

from xconan.build_machine.cmake_calls import Call, programs_sought, questions_of
from xconan.ground.places import lies_in

if TYPE_CHECKING:
    from pathlib import Path

PROJECT, ENVIRONMENT = "/home/nav/big/project", "/srv/env"
NOBODY_KNOWS = ("", "may look at anything outside of the project")


def is_outside(path: str) -> bool:
    return not any(lies_in(path, folder) for folder in (PROJECT, ENVIRONMENT))


def asked(text: str) -> set[tuple[str, str]]:
    """The questions of `name(words)`, asked in the project's folder, about places that are outside of it."""
    name, _, words = text.removesuffix(")").partition("(")
    call = Call(name=name, words=tuple(words.split(" ")), folder=PROJECT, where="CMakeLists.txt:2")
    found = questions_of(call, is_outside=is_outside, project=PROJECT)
    return {(one.how, one.what) for one in found if not one.how or is_outside(one.what)}


ASKED = {
    "file(READ /etc/hostname x)": ("content", "/etc/hostname"),
    "file(STRINGS ../version.txt x)": ("content", "/home/nav/big/version.txt"),
    f"file(SHA256 {PROJECT}/../a x)": ("content", "/home/nav/big/a"),
    "file(COPY /opt/a.txt DESTINATION /tmp/x)": ("content", "/opt/a.txt"),
    "file(GLOB x RELATIVE /elsewhere ../more/*.c)": ("names", "/home/nav/big/more"),
    "file(GLOB x CONFIGURE_DEPENDS ../more)": ("kind", "/home/nav/big/more"),
    "file(GLOB x ../lib*/src/*.c)": ("tree", "/home/nav/big"),
    "file(GLOB_RECURSE x ../more/*.c)": ("tree", "/home/nav/big/more"),
    "file(DOWNLOAD file:///srv/a.txt a.txt)": ("content", "/srv/a.txt"),
    "if(EXISTS /opt/board)": ("kind", "/opt/board"),
    "elseif(NOT A AND IS_DIRECTORY ../include)": ("kind", "/home/nav/big/include"),
    "while(EXISTS /opt/board)": ("kind", "/opt/board"),
    f"if(/opt/a IS_NEWER_THAN {PROJECT}/b)": ("content", "/opt/a"),
    "include(/opt/late.cmake OPTIONAL)": ("kind", "/opt/late.cmake"),
    "execute_process(COMMAND git describe INPUT_FILE /opt/a)": ("content", "/opt/a"),
    "cmake_language(EVAL CODE file(READ ../a x))": ("content", "/home/nav/big/a"),
}
UNKNOWN = [
    "execute_process(COMMAND cat /etc/os-release OUTPUT_VARIABLE x)",
    "execute_process(COMMAND git describe COMMAND sed s/v//)",
    "execute_process(OUTPUT_VARIABLE x COMMAND sh -c echo)",
    "execute_process(COMMAND git -C /srv/other describe)",
    "execute_process(COMMAND /usr/bin/python3 /home/nav/big/gen.py)",
    f"execute_process(COMMAND /usr/bin/python3 -B {PROJECT}/gen.py)",
    "execute_process(COMMAND python3 -X utf8 gen.py)",
    "execute_process(COMMAND python3 -m compileall ../more)",
    "execute_process(COMMAND cmake -E env A=1 uname -a)",
    "execute_process(COMMAND cmake -E cat ../a)",
    "execute_process(COMMAND cmake -P a.cmake)",
    "execute_process(COMMAND cmake -E cat a WORKING_DIRECTORY ../more)",
    f"execute_process(WORKING_DIRECTORY /opt COMMAND {ENVIRONMENT}/bin/cython a.pyx)",
    "execute_process(COMMAND git describe WORKING_DIRECTORY /srv/other)",
    f"execute_process(COMMAND {PROJECT}/configure)",
    f"execute_process(COMMAND {ENVIRONMENT}/bin/cython --include=/opt/x)",
    "exec_program(uname)",
    "try_run(A B . a.c)",
    "cmake_host_system_information(RESULT x QUERY HOSTNAME)",
    "cmake_language(EVAL CODE file(READ ${x} y))",
]
NOTHING = [
    "file(READ version.txt x)",
    "file(WRITE /tmp/x y)",
    "file(GLOB x src/*.c)",
    f"file(STRINGS {ENVIRONMENT}/lib/python3.11/site-packages/a/version.h x)",
    "file(DOWNLOAD https://example.com/a a)",
    "if(A STREQUAL /opt)",
    "include(/opt/late.cmake)",
    "set(A /opt/x)",
    "message(EXISTS /opt)",
    "execute_process(COMMAND git describe --tags)",
    "execute_process(COMMAND git describe WORKING_DIRECTORY ..)",
    "execute_process(COMMAND cmake -E cat ../a WORKING_DIRECTORY lib)",
    "execute_process(COMMAND git -C /home/nav/big rev-parse HEAD)",
    "execute_process(COMMAND /usr/bin/git describe WORKING_DIRECTORY /home/nav/big)",
    "execute_process(COMMAND /layout/python/bin/build-python -m nanobind --cmake_dir OUTPUT_VARIABLE d)",
    "execute_process(COMMAND python3 -W ignore -c import(numpy))",
    f"execute_process(COMMAND {ENVIRONMENT}/bin/cython --version)",
    f"execute_process(COMMAND cmake -E env --unset=A B=1 {ENVIRONMENT}/bin/python -V)",
    "execute_process(COMMAND cmake -E make_directory generated)",
    "cmake_language(CALL file READ ../a x)",  # the call that it makes is traced, too
]


@pytest.mark.parametrize("text", ASKED)
def test_what_is_asked(text: str) -> None:
    assert asked(text) == {ASKED[text]}


@pytest.mark.parametrize("text", UNKNOWN)
def test_what_nobody_knows(text: str) -> None:
    assert asked(text) == {NOBODY_KNOWS}


@pytest.mark.parametrize("text", NOTHING)
def test_what_asks_nothing_of_the_outside(text: str) -> None:
    assert not asked(text)


def test_folders_and_links(tmp_path: Path) -> None:
    """What is copied as a folder, and where a link leads, is more than one file."""
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "data")
    questions = partial(questions_of, is_outside=lambda path: path.startswith(str(tmp_path)), project=PROJECT)
    for words in (("COPY", str(tmp_path / "data"), "DESTINATION", "x"), ("REAL_PATH", str(tmp_path / "link"), "x")):
        (one,) = questions(Call(name="file", words=words, folder=PROJECT, where="CMakeLists.txt:2"))
        assert not one.how, words
    words = ("VAR", str(tmp_path / "link"), "REALPATH")
    (one,) = questions(Call(name="get_filename_component", words=words, folder=PROJECT, where="CMakeLists.txt:2"))
    assert not one.how
    (one,) = questions(Call(name="aux_source_directory", words=("../x", "V"), folder=f"{PROJECT}/a", where=""))
    assert (one.how, one.what) == ("names", f"{PROJECT}/x")
    whole = os.path.realpath(tmp_path / "data")
    (one,) = questions(Call(name="file", words=("REAL_PATH", whole, "x"), folder=PROJECT, where="CMakeLists.txt:2"))
    assert (one.how, one.what) == ("kind", whole)


@pytest.mark.parametrize(
    ("words", "places"),
    [
        ("CCACHE ccache", ["/path/ccache"]),
        ("CCACHE NAMES ccache sccache NAMES_PER_DIR", ["/path/ccache", "/path/sccache"]),
        ("CCACHE ccache ../tools /opt/bin", ["/path/ccache", "/home/nav/big/tools/ccache", "/opt/bin/ccache"]),
        ("CCACHE NAMES ccache HINTS /opt/bin NO_DEFAULT_PATH DOC any", ["/path/ccache", "/opt/bin/ccache"]),
        ("CCACHE ccache PATH_SUFFIXES libexec", []),
        ("CCACHE ccache NO_CACHE", []),
        ("CCACHE NAMES ccache HINTS ENV TOOLS", []),
    ],
)
def test_where_a_program_may_appear(words: str, places: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/path")
    call = Call(name="find_program", words=tuple(words.split(" ")), folder=PROJECT, where="CMakeLists.txt:2")
    sought = programs_sought(call)
    assert [place for place in sought if not place.startswith(("/usr/", "/bin/", "/sbin/"))] == places
    assert ("/usr/bin/ccache" in sought) == bool(places)
