"""No document makes a traceback: 10,000 of them through the whole reading, to the list of the files to pack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.documents import read_documents

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENTS = 10_000
BATCHES = 20


@pytest.mark.parametrize("seed", range(100, 100 + BATCHES))
def test_no_document_makes_a_traceback(
    tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.delenv("PWD", raising=False)
    read_documents(tmp_path, seed, DOCUMENTS // BATCHES, capsys)
