"""Values of cmake.options as CMake receives them, when it configures first and again.

They are those of py-build-cmake 0.5.1, but for what it loses.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.support.native import GOOD, native_project

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.support.crossbuild import Workshop

# as written in TOML -> (elements of the list that CMake has, the value)
VALUES: dict[str, tuple[int, str]] = {
    '"a;b"': (1, r"a\;b"),
    '["a", "b"]': (2, "a;b"),
    '["a;b", "c"]': (2, r"a\;b;c"),
    '{"=" = "a;b", type = "STRING"}': (1, r"a\;b"),
    '"x  "': (1, "x  "),  # behind a -D CMake takes blanks away
    '"  x"': (1, "  x"),
    r'["a\\", "b"]': (1, r"a\;b"),
    r'"end\\"': (1, "end\\"),
    '["a]]", "b"]': (1, "a]];b"),  # CMake counts brackets
    '["[a", "b]", "c"]': (2, "[a;b];c"),
    r'"one\ntwo"': (1, "one\ntwo"),
    r'"a\tb"': (1, "a\tb"),
    "'say \"hi\" $X ${Y} @Z@'": (1, 'say "hi" $X ${Y} @Z@'),
    "\"'q'\"": (1, "'q'"),  # and quotes around it
    '"a # b // c"': (1, "a # b // c"),
    '""': (0, ""),
    '[true, "x"]': (2, "On;x"),
}
TOLD = """
foreach(number RANGE {last})
  list(LENGTH VALUE_${{number}} length)
  file(APPEND ${{CMAKE_SOURCE_DIR}}/told.txt "${{number}} ${{length}} <${{VALUE_${{number}}}}>\\n")
endforeach()
"""


def test_values_arrive_as_written(native: Workshop, tmp_path: Path) -> None:
    options = "".join(f"VALUE_{number} = {text}\n" for number, text in enumerate(VALUES))
    lists = GOOD + TOLD.format(last=len(VALUES) - 1)
    project = native_project(tmp_path / "p", {"CMakeLists.txt": lists}, tool=f"[tool.xconan.cmake.options]\n{options}")
    expected = "".join(f"{number} {length} <{text}>\n" for number, (length, text) in enumerate(VALUES.values()))
    native.build(project)
    assert (project / "told.txt").read_text("utf-8") == expected
    for text in (f"{lists}# CMake configures again\n", None):  # the second time because it is newer alone
        (project / "told.txt").unlink()
        (project / "CMakeLists.txt").write_text(text, "utf-8") if text else (project / "CMakeLists.txt").touch()
        native.build(project)
        assert (project / "told.txt").read_text("utf-8") == expected


def test_compiler_cache(native: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compilers are called through the program that the key names, unless an option of CMake's says another."""
    for name in ("ccache", "other"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/{name}.log\nexec "$@"\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    tool = '[tool.xconan.cmake]\ncompiler_cache = "ccache"\n'
    native.build(native_project(tmp_path / "p", {}, tool=tool))
    assert "-c" in (tmp_path / "ccache.log").read_text("utf-8").split()
    (tmp_path / "ccache.log").unlink()
    option = '[tool.xconan.cmake.options]\nCMAKE_C_COMPILER_LAUNCHER = "other"\n'
    native.build(native_project(tmp_path / "q", {}, tool=tool + option))
    assert (tmp_path / "other.log").exists()
    assert not (tmp_path / "ccache.log").exists()
