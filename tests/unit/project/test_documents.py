"""No document makes a traceback; the tier of Conan reads more of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.documents import read_documents

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("seed", range(2))
def test_no_document_makes_a_traceback(root: Path, seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    read_documents(root, seed, 500, capsys)
