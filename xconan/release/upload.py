"""The dependencies of a wheel, uploaded once it is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xconan.conan import remotes
from xconan.ground.report import logged, step, working_on
from xconan.pipeline import plan_wheel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def upload(root: Path, remote: str, settings: Mapping[str, object] | None = None) -> list[str]:
    """Upload the dependencies of a wheel that has been built, as far as this machine built them.

    Returns:
        NAME/VERSION of those that the remote did not have.

    Raises:
        ConanError: the remote can't be reached, or refuses.
    """
    plan, _module = plan_wheel(root, settings)
    plans = [part for part in (plan, *plan.parts) if part.conan]
    with step("upload") as now, logged(plan.layout.log_of("upload")):
        working_on(f"to {remote}")
        names = [name for part in plans for name in remotes.upload(part, remote)]
        if names:
            now.end(f"{', '.join(names)} to {remote} in {now.took}")
    return names
