"""A plan that was handed out, `xconan plan --all --json > FILE`, and is built later: `xconan build --plan FILE`.

It says what is built, from what, and by which options of `xconan plan` it was made. Where xconan, the project, the
environment or this machine's tools are others by then, the wheels would be others, too: that is refused before
anything is built.
"""

from __future__ import annotations

import json
import os
import shlex
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from xconan.ground.errors import ConfigError, Problems, XconanError, listed
from xconan.release.contract import check_header, check_identity, header, portable, rooted, told_environment
from xconan.release.matrix import Chosen, has_matrix
from xconan.release.parcel import named_files, project_contents

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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
        again: the command that makes another one.
    """

    file: Path
    chosen: tuple[Chosen, ...]
    expected: Mapping[str, Mapping[str, object]]
    again: str

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
                    remedy=f"build where it was planned; or {self.again}",
                )  # fmt: skip
        problems.raise_if_any()


def handed_facts(root: Path, chosen: Sequence[Chosen], options: Sequence[str]) -> dict[str, object]:
    """What a plan says of itself beside its targets: xconan, what it is made of, and the options it was made with.

    One whose project can't be packed has no files, which is told to whoever builds by it.
    """
    files: dict[str, str] = {}
    with suppress(XconanError):
        files = file_digests(root, [one.settings for one in chosen])
    made_of = {"env": told_environment(root), "files": files, "options": portable(list(options), root)}
    return {**header(), **made_of}


def file_digests(root: Path, settings: Sequence[Mapping[str, object]]) -> dict[str, str]:
    """The mode, 644 or 755, and SHA-256 of each file that a project is built from, by name.

    Those outside of the project that `settings` name, of all targets, have their whole path as their name.
    """
    contents = project_contents(root, settings, out=root / _DIST)
    for path in named_files(root, settings):
        if path.is_file() and not path.is_relative_to(root):
            contents[str(path)] = path.read_bytes(), os.access(path, os.X_OK)
    return {name: f"{755 if executable else 644} {sha256(data).hexdigest()}"
            for name, (data, executable) in contents.items()}  # fmt: skip


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
    document = _document(file, root)
    again = _again(file, root, document)
    check_header(document, where=str(file), remedy=again)
    if errors := cast("list[dict[str, Any]]", document.get("errors")):
        names = listed([*dict.fromkeys(str(one.get("target")) for one in errors)], _SHOWN)
        raise ConfigError(f"the plan is not whole, as these could not be planned: {names}", where=str(file),
                          hint=f"mend what it says of them, and {again}")  # fmt: skip
    targets = cast("list[dict[str, Any]]", document["targets"])
    chosen = tuple(
        Chosen(name=one["target"], settings=cast("dict[str, object]", rooted(one["settings"], root))) for one in targets
    )
    expected = {one["target"]: one["identity"] for one in targets}
    plan = HandedPlan(file=file, chosen=chosen, expected=expected, again=again)
    problems = Problems()
    _check_environment(cast("dict[str, str]", document["env"]), plan, root, problems)
    with problems.collected():
        _check_files(cast("dict[str, str]", document["files"]), plan, root, out)
    problems.raise_if_any()
    return plan


def _document(file: Path, root: Path) -> dict[str, object]:
    try:
        document = json.loads(file.read_bytes())
    except OSError as error:
        raise ConfigError(f"the plan can't be read: {error.strerror}", where=f"--plan {file}",
                          hint=_again(file, root, {})) from None  # fmt: skip
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or "plan" not in document:
        raise ConfigError("this is no plan", where=f"--plan {file}", hint=_again(file, root, {}))
    return document


def _again(file: Path, root: Path, document: Mapping[str, object]) -> str:
    """The command that plans again: with the same options, where they are known."""
    options = document.get("options")
    if not isinstance(options, list):
        options = ["--all"] if has_matrix(root) else []
    words = [str(one) for one in cast("list[object]", rooted(options, root))]
    return f"plan again: {planning(words, file, root)}"


def planning(options: Sequence[str], file: Path, root: Path) -> str:
    """The command that plans a project into a file, for a shell in this folder."""
    project = [] if root == Path.cwd() else [str(root)]
    return f"{shlex.join(['xconan', 'plan', *options, '--json', *project])} > {shlex.quote(str(file))}"


def _check_environment(planned: Mapping[str, str], plan: HandedPlan, root: Path, problems: Problems) -> None:
    here = cast("dict[str, str]", told_environment(root))
    for name in sorted({*planned, *here}):
        theirs, ours = planned.get(name), here.get(name)
        if theirs != ours:
            value = shlex.quote(str(rooted(theirs, root)))
            set_it = f"unset {name}" if theirs is None else f"export {name}={value}"
            problems.add(
                f"{name} is {_shown(theirs)} in the plan, and {_shown(ours)} here", file=str(plan.file),
                hint=f"{set_it}; or {plan.again}",
            )  # fmt: skip


def _shown(value: str | None) -> str:
    return "not set" if value is None else f"'{value}'"


def _check_files(planned: Mapping[str, str], plan: HandedPlan, root: Path, out: Path) -> None:
    """Refuse a project that is not as it was planned; the plan's own file and wheels are no part of it."""
    gone = {name for name in planned if name != "PKG-INFO" and not (root / name).is_file()}
    try:
        here = file_digests(root, [one.settings for one in plan.chosen])
    except XconanError:
        if not gone:  # else it is known what is missed
            raise
        here = {name: value for name, value in planned.items() if name not in gone}
    ours = (str(root / _DIST) + os.sep, str(out) + os.sep)
    changed = [
        name for name in sorted({*planned, *here})
        if planned.get(name) != here.get(name) and root / name != plan.file and not str(root / name).startswith(ours)
    ]  # fmt: skip
    if changed:
        raise ConfigError(
            f"the project has changed since it was planned: {listed(changed, _SHOWN)}", where=str(root),
            hint=f"have these as they were; or {plan.again}",
        )  # fmt: skip
