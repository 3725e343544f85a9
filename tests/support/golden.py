"""Golden files: what a test makes is compared with what is kept; only `pytest --update-golden` changes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.support.compare import assert_same_text

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Golden:
    """Compares texts with the files that are kept of them."""

    update: bool

    def __call__(self, name: str, text: str) -> None:
        """Compare TEXT with the file NAME (relative to the repository), or write it there."""
        __tracebackhide__ = True
        path = REPOSITORY / name
        if self.update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        kept = path.read_text("utf-8") if path.is_file() else ""
        assert_same_text(text, kept, name=name, advice="if that is meant: pytest --update-golden, and read the diff")
