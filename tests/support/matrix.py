"""Parameters of which a run has the usual ones, and `--whole-matrix` all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet


def combination(*values: object, rest: bool, name: str | None = None) -> ParameterSet:
    """A set of parameters; `rest` says that others test its parts, NAME is its part of the test's id."""
    return pytest.param(*values, id=name, marks=[pytest.mark.whole_matrix] if rest else [])
