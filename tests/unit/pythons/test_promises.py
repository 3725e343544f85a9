"""Headers that a pyconfig.h promises are asked of the compiler, where not every C library has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.needs import need_program
from xconan.ground.run import capture
from xconan.pythons.promises import ask, asked_pyconfig, promised

if TYPE_CHECKING:
    from pathlib import Path

PYTHON_H = """\
#include <stdio.h>
#ifdef HAVE_UNISTD_H
#include <unistd.h>
#endif
#ifdef HAVE_CRYPT_H
#include <crypt.h>
#endif
#ifdef HAVE_SYS_LOST_H
# include <sys/lost.h>
#endif
"""
PYCONFIG = "#define HAVE_UNISTD_H 1\n#define HAVE_CRYPT_H 1\n#define HAVE_SYS_LOST_H 1\n/* #undef HAVE_UTIL_H */\n"


@pytest.fixture
def include(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The headers of a Python that was built where there was more."""
    monkeypatch.setenv("XCONAN_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "include"
    folder.mkdir()
    (folder / "Python.h").write_text(PYTHON_H, "utf-8")
    (folder / "pyconfig.h").write_text(PYCONFIG, "utf-8")
    return folder


def test_what_is_asked(include: Path) -> None:
    assert promised(include, PYCONFIG) == ["crypt.h", "sys/lost.h"]
    assert promised(include, "#define HAVE_UNISTD_H 1\n/* #undef HAVE_CRYPT_H */\n") == []
    file = asked_pyconfig(include, include / "pyconfig.h", "cp38")
    text = file.read_text("utf-8")
    assert "#elif __has_include(<crypt.h>)\n#define HAVE_CRYPT_H 1\n#endif\n" in text
    assert text.startswith("#define HAVE_UNISTD_H 1\n")
    assert "/* #undef HAVE_UTIL_H */\n" in text


def test_nothing_to_ask(include: Path) -> None:
    """Python's headers stay where they are."""
    (include / "Python.h").write_text("#include <stdio.h>\n#include <unistd.h>\n", "utf-8")
    assert asked_pyconfig(include, include / "pyconfig.h", "cp311") == include / "pyconfig.h"


def test_the_compiler_answers(tmp_path: Path) -> None:
    need_program("gcc")
    (tmp_path / "crypt.h").write_text("int crypt_is_here;\n", "utf-8")
    (tmp_path / "pyconfig.h").write_text(ask(PYCONFIG, ["crypt.h", "sys/lost.h"]), "utf-8")
    argv = ["gcc", "-E", "-I", str(tmp_path), "-include", "pyconfig.h", "-"]
    done = capture(argv, stdin=PYTHON_H.replace("unistd", "stddef"))
    assert done.code == 0
    assert "crypt_is_here" in done.stdout
