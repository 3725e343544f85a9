"""A plan that was handed out, `xconan plan --all --json > FILE`, and is built later: `xconan build --plan FILE`.

It says what is built, and from what. Where xconan, the project, the environment or this machine's tools are others by
then, the wheels would be others, too: that is refused before anything is built.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

from xconan.ground.errors import ConfigError, Problems, listed
from xconan.release.contract import check_header, check_identity, rooted, told_environment
from xconan.release.matrix import Chosen
from xconan.release.parcel import project_contents

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from xconan.release.prepare import PlannedTarget

_DIST = "dist"  # where wheels go by default, which are no part of a project
_SHOWN = 5  # names in a line


@dataclass(frozen=True, kw_only=True)
class HandedPlan:
    """A plan of this project, as it is now.

    Attributes:
        file: that it stands in.
        chosen: its targets.
        expected: by target, what identity() said of it.
    """

    file: Path
    chosen: tuple[Chosen, ...]
    expected: Mapping[str, Mapping[str, object]]

    def check(self, targets: Iterable[PlannedTarget]) -> None:
        """Refuse what this machine would build otherwise.

        Raises:
            ToolchainError: or ErrorGroup: with both sides of the first difference of each target.
        """
        problems = Problems()
        for one in targets:
            with problems.collected():
                check_identity(
                    one.plan, self.expected[one.name], where="this machine",
                    remedy=f"build where it was planned; or {_again(self.file)}",
                )  # fmt: skip
        problems.raise_if_any()


def file_digests(root: Path, settings: Sequence[Mapping[str, object]]) -> dict[str, str]:
    """The SHA-256 of each file that a project is built from, by name; `settings` are those of all targets."""
    contents = project_contents(root, settings, out=root / _DIST)
    return {name: sha256(data).hexdigest() for name, (data, _executable) in contents.items()}


def read_plan(file: Path, root: Path, *, out: Path) -> HandedPlan:
    """Read a plan that was handed out.

    Args:
        file: with the plan; it may stand in the project.
        root: the project's folder, here.
        out: where the wheels go.

    Raises:
        ConfigError: or ErrorGroup: it is none, is of another xconan, or lacks targets; the project or the environment
            has changed.
    """
    document = _document(file)
    check_header(document, where=str(file), remedy=_again(file))
    if errors := cast("list[dict[str, Any]]", document.get("errors")):
        names = listed([*dict.fromkeys(str(one.get("target")) for one in errors)], _SHOWN)
        raise ConfigError(f"the plan is not whole, as these could not be planned: {names}", where=str(file),
                          hint=f"mend what it says of them, and {_again(file)}")  # fmt: skip
    targets = cast("list[dict[str, Any]]", document["targets"])
    chosen = tuple(
        Chosen(name=one["target"], settings=cast("dict[str, object]", rooted(one["settings"], root))) for one in targets
    )
    problems = Problems()
    _check_environment(cast("dict[str, str]", document["env"]), file, root, problems)
    with problems.collected():
        _check_files(cast("dict[str, str]", document["files"]), file, root, out, chosen)
    problems.raise_if_any()
    return HandedPlan(file=file, chosen=chosen, expected={one["target"]: one["identity"] for one in targets})


def _document(file: Path) -> dict[str, object]:
    try:
        document = json.loads(file.read_bytes())
    except OSError as error:
        raise ConfigError(f"the plan can't be read: {error.strerror}", where=f"--plan {file}",
                          hint=_again(file)) from None  # fmt: skip
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or "plan" not in document:
        raise ConfigError("this is no plan", where=f"--plan {file}", hint=_again(file))
    return document


def _again(file: Path) -> str:
    return f"plan again: xconan plan --all --json > {file}"


def _check_environment(planned: Mapping[str, str], file: Path, root: Path, problems: Problems) -> None:
    here = cast("dict[str, str]", told_environment(root))
    for name in sorted({*planned, *here}):
        theirs, ours = planned.get(name), here.get(name)
        if theirs != ours:
            set_it = f"export {name}='{rooted(theirs, root)}'" if theirs is not None else f"unset {name}"
            problems.add(
                f"{name} is {_shown(theirs)} in the plan, and {_shown(ours)} here", file=str(file),
                hint=f"{set_it}; or {_again(file)}",
            )  # fmt: skip


def _shown(value: str | None) -> str:
    return "not set" if value is None else f"'{value}'"


def _check_files(planned: Mapping[str, str], file: Path, root: Path, out: Path, chosen: Sequence[Chosen]) -> None:
    """Refuse a project that is not as it was planned; the plan's own file and wheels are no part of it."""
    here = file_digests(root, [one.settings for one in chosen])
    ours = (str(root / _DIST) + os.sep, str(out) + os.sep)
    changed = [
        name for name in sorted({*planned, *here})
        if planned.get(name) != here.get(name) and root / name != file and not str(root / name).startswith(ours)
    ]  # fmt: skip
    if changed:
        raise ConfigError(
            f"the project has changed since it was planned: {listed(changed, _SHOWN)}", where=str(root),
            hint=f"have these as they were; or {_again(file)}",
        )  # fmt: skip
