"""`xconan new`: what it writes, and when it writes nothing."""

from __future__ import annotations

import ast
import errno
import json
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

from xconan import build
from xconan.cli import main
from xconan.ground.files import load_toml, relative_names, write_text
from xconan.project.files import read_project_files
from xconan.starter.choices import kinds, libraries
from xconan.starter.project import choose, texts, write_project
from xconan.wheel.sdist import build_sdist

if TYPE_CHECKING:
    from tests.support.golden import Golden

EVERY = [(kind, library) for kind in kinds() for library in (None, *libraries())]


def failed(*arguments: str) -> object:
    with pytest.raises(SystemExit) as caught:
        main(["new", *arguments])
    return caught.value.code


@pytest.fixture(autouse=True)
def here(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(root)
    return root


@pytest.mark.parametrize(("kind", "library"), EVERY)
def test_is_a_project(kind: str, library: str | None, here: Path) -> None:
    write_project(here / "p", texts(choose("fast-pack", kind, library)))
    files = read_project_files(here / "p")
    assert files.metadata.file_name == "fast_pack"
    assert [place for place, _ in files.module.files] == ["fast_pack/__init__.py"]
    table = load_toml(here / "p" / "pyproject.toml")
    names = [Requirement(one).name for one in table["build-system"]["requires"]]  # type: ignore[index]
    assert names == ["xconan", *(Requirement(one).name for one in kinds()[kind].requires)]
    assert table["build-system"]["build-backend"] == build.__name__  # type: ignore[index]
    for path in (here / "p").rglob("*.py"):
        ast.parse(path.read_text("utf-8"))
    for name in relative_names(here / "p"):
        text = (here / "p" / name).read_text("utf-8")
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
        assert "\n\n\n\n" not in text
        assert all(line == line.rstrip() for line in text.splitlines()), name
        assert "{{" not in text
        assert "{%" not in text


@pytest.mark.parametrize(
    ("kind", "library"), [("pybind11", "lz4"), ("nanobind", None), ("capi", None), ("cython", "lz4")]
)
def test_texts(kind: str, library: str | None, compare_golden: Golden) -> None:
    files = texts(replace(choose("fast-pack", kind, library), python="311"))
    whole = "".join(f"==> {name} <==\n{text}" for name, text in files.items())
    compare_golden(f"tests/unit/starter/golden/{kind}.txt", whole)


def test_capitals_are_told_to_xconan(here: Path) -> None:
    write_project(here, texts(choose("Fast-Pack", "capi", None)))
    assert [place for place, _ in read_project_files(here).module.files] == ["fast_pack/__init__.py"]


def test_source_distribution_has_everything(here: Path) -> None:
    files = texts(choose("fast-pack", "cython", "lz4"))
    write_project(here, files)
    with tarfile.open(here / "dist" / build_sdist(here, here / "dist")) as archive:
        packed = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    assert files.keys() <= packed


def test_command(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "fast-pack"]) == 0
    said = capsys.readouterr()
    assert said.out == f"{here / 'fast-pack'}\n"
    assert "    cd fast-pack\n" in said.err
    assert "pip install 'pybind11>=2.13' 'xconan[zig]' pytest" in said.err
    assert relative_names(here / "fast-pack") == sorted(texts(choose("fast-pack", "pybind11", None)))


def test_json(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "fast-pack", "--kind", "capi", "--library", "bzip2", "-o", "a b/c", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["project"] == str(here / "a b/c")
    assert sorted(facts["files"]) == relative_names(here / "a b/c")
    assert facts["next"][0] == "cd 'a b/c'"
    assert "xconan build" in facts["next"]


def test_an_empty_folder_will_do(here: Path) -> None:
    assert main(["new", "fast-pack", "-o", "."]) == 0
    assert (here / "src" / "fast_pack" / "__init__.py").is_file()
    assert not [path for path in here.iterdir() if path.name.startswith(".xconan")]


def test_nothing_is_overwritten(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "fast-pack").mkdir()
    (here / "fast-pack" / "README.md").write_text("mine", "utf-8")
    assert failed("fast-pack", "--json") == 2
    (error,) = json.loads(capsys.readouterr().out)["errors"]
    assert error["message"] == "there are files in the project's folder already"
    assert error["where"] == str(here / "fast-pack")
    assert relative_names(here) == ["fast-pack/README.md"]


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to("nowhere")])
def test_a_file_is_in_the_way(make: object, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(here / "fast-pack")  # type: ignore[operator]
    assert failed("fast-pack") == 2
    assert "where the project's folder would be is a file" in capsys.readouterr().err


def test_a_place_that_can_not_be_written(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "file").touch()
    assert failed("fast-pack", "-o", "file/below/fast-pack") == 1
    assert str(here / "file") in capsys.readouterr().err
    assert relative_names(here) == ["file"]


@pytest.mark.parametrize("after", [0, 3])
def test_a_full_disk_leaves_nothing(after: int, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Path] = []

    def write(path: Path, text: str) -> None:
        if len(written) == after:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        written.append(path)
        write_text(path, text)

    monkeypatch.setattr("xconan.starter.project.write_text", write)
    with pytest.raises(OSError, match="No space"):
        write_project(here / "a" / "b", texts(choose("fast-pack", "capi", None)))
    assert [*here.iterdir()] == []


def test_bad_names_write_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert failed("class") == 2
    assert "it is a word of Python's own" in capsys.readouterr().err
    assert [*here.iterdir()] == []


def test_unknown_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert failed("fast-pack", "--kind", "swig") == 2
    assert "pybind11" in capsys.readouterr().err


@pytest.mark.parametrize("service", ["github", "gitlab"])
def test_a_pipeline_comes_with_a_matrix(service: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "fast-pack", "--ci", service, "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    place = {"github": ".github/workflows/wheels.yml", "gitlab": ".gitlab-ci.yml"}[service]
    assert place in files
    assert "cp312-musllinux_1_2_x86_64" in (here / "fast-pack" / place).read_text("utf-8")
    assert "[tool.xconan.matrix]" in (here / "fast-pack/pyproject.toml").read_text("utf-8")
