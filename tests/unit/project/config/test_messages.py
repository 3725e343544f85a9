"""What users read when a project's configuration is wrong: each message whole, with its place and its help.

tests/data/messages/configuration.txt has them, each below the project that is wrong, whose lines begin with "# ":

    # [tool.xconan.cmake]                the end of its pyproject.toml, whose [project] is in order
    # pyproject.toml: [project]          a line of a file, which is not there otherwise; of a folder "NAME/:"
    # -C target=nonsense                 a setting of a build frontend

To add one, write its lines, then `pytest --update-golden`, and read the diff.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support.golden import REPOSITORY
from tests.unit.project.config.test_config import BASE, RUNNING
from xconan.ground.errors import XconanError, name_table
from xconan.project.config.project import read_project
from xconan.project.config.settings import parse_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEPT = "tests/data/messages/configuration.txt"
ALL_KEYS = re.compile(r"known keys: [\w, ]+")  # which test_config.py looks at; each new key would be a diff here
OF_A_FILE = re.compile(r"([\w.-]+(?:\.(?:toml|py|txt)|/)): ?(.*)")


@pytest.fixture(autouse=True)
def _table() -> Iterator[None]:
    yield
    name_table("xconan")  # messages speak of the table that was read last


def projects() -> list[list[str]]:
    """The lines of each project that is wrong."""
    blocks = (REPOSITORY / KEPT).read_text("utf-8").split("\n\n")
    return [[line[2:] for line in block.splitlines() if line.startswith("# ")] for block in blocks]


def said_of(lines: list[str], root: Path) -> str:
    """The errors of a project, as they are shown, with ROOT for its folder."""
    files: dict[str, list[str]] = {}
    settings: dict[str, str] = {}
    for line in lines:
        if line.startswith("-C "):
            name, _, value = line.removeprefix("-C ").partition("=")
            settings[name] = value.replace("ROOT", str(root))
        elif match := OF_A_FILE.fullmatch(line):
            files.setdefault(match[1], []).append(match[2])
        else:
            files.setdefault("pyproject.toml", BASE.splitlines()).append(line)
    for name, text in {"CMakeLists.txt": [""], "pyproject.toml": [BASE], **files}.items():
        if name.endswith("/"):
            (root / name).mkdir(parents=True)
        else:
            root.mkdir(exist_ok=True)
            (root / name).write_text("".join(f"{line}\n" for line in text), "utf-8")
    with pytest.raises(XconanError) as caught:
        read_project(root, parse_settings(settings, root=root), running=RUNNING)
    said = caught.value.render().replace(str(root), "ROOT").replace(str(root.parent), "TMP")
    return ALL_KEYS.sub("known keys: …", said)


def test_messages(
    compare_golden: Callable[[str, str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setenv("CONAN_HOME", str(tmp_path / "home"))
    texts = []
    for number, lines in enumerate(projects()):
        root = tmp_path / str(number)
        root.mkdir()
        monkeypatch.setenv("PWD", str(root))
        shown = "".join(f"# {line}\n" for line in lines)
        try:
            texts.append(f"{shown}{said_of(lines, root)}\n")
        except pytest.fail.Exception:
            pytest.fail(f"nothing is said of:\n{shown}")
    compare_golden(KEPT, "\n".join(texts))
