"""Answers on standard output, and what becomes of them where nobody reads it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.golden import REPOSITORY
from tests.unit.cli.test_cli import PURE
from xconan.cli import main, output

if TYPE_CHECKING:
    from collections.abc import Sequence

FULL = Path("/dev/full")
MANY = "from xconan.cli import output\nfor number in range(100000):\n  output.write_lines([number])\n"


def program(code: str, *, stdout: int, words: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-c", code, *words]
    return subprocess.run(argv, cwd=REPOSITORY, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False)


@pytest.fixture
def gone() -> int:
    """A pipe that nobody reads any more."""
    reader, writer = os.pipe()
    os.close(reader)
    return writer


def test_both_forms(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = Namespace(json=False)
    output.write_answer(arguments, facts={"a": 1}, lines=["one", Path("two")])
    assert capsys.readouterr().out == "one\ntwo\n"
    arguments.json = True
    output.write_answer(arguments, facts={"a": 1}, lines=[])
    assert capsys.readouterr().out == '{"a": 1}\n'


@pytest.mark.parametrize("words", [["targets"], ["targets", "--json"], ["python", "list"], ["toolchain", "list"]])
def test_closed_by_whoever_started_us(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert main(words) == 0


def test_errors_of_a_closed_stream(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(SystemExit) as caught:
        main(["build", "/nowhere", "--json"])
    assert caught.value.code == 2
    assert "no such folder" in capsys.readouterr().err


def test_a_reader_that_went_away(gone: int) -> None:
    done = program(MANY, stdout=gone)
    os.close(gone)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_verb_goes_on_without_a_reader(gone: int, tmp_path: Path) -> None:
    """A wheel is built for each target, whoever reads their paths."""
    (tmp_path / "pyproject.toml").write_text(PURE, encoding="utf-8")
    (tmp_path / "demo.py").touch()
    code = "import sys\nfrom xconan.cli import main\nsys.exit(main(sys.argv[1:]))"
    done = program(code, stdout=gone, words=["build", "-q", str(tmp_path)])
    os.close(gone)
    assert (done.returncode, done.stderr) == (0, "")
    assert [path.name for path in (tmp_path / "dist").iterdir()] == ["demo-1.2-py3-none-any.whl"]


def test_narration_that_nobody_reads(gone: int) -> None:
    code = "from xconan.ground.report import say\nsay('one')\nsay('two')\nprint('done')"
    argv = [sys.executable, "-c", code]
    done = subprocess.run(argv, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=gone, text=True, check=False)
    os.close(gone)
    assert (done.returncode, done.stdout) == (0, "done\n")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_a_full_disk() -> None:
    code = "import sys\nfrom xconan.cli import main\nsys.exit(main(['python', 'list', '--json']))"
    with FULL.open("w") as full:
        done = program(code, stdout=full.fileno())
    assert done.returncode == 1
    assert "where: standard output" in done.stderr
    assert "Exception ignored" not in done.stderr


def test_errors_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["build", "/nowhere", "--json"])
    (error,) = json.loads(capsys.readouterr().out)["errors"]
    assert (error["code"], error["message"]) == (2, "there is no such folder")
