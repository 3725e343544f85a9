"""The action: platform_tag = "auto", once there are files: the tags of the plan -> those that the files deserve."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from xconan.ground.errors import listed
from xconan.ground.files import digest, read_json, write_json
from xconan.ground.report import warn
from xconan.host.platforms import parse_platform
from xconan.project.wheel_tags import AUTO, wheel_tags
from xconan.wheel import check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xconan.ground.files import Entry
    from xconan.model import BuildPlan
    from xconan.wheel.check.deserved import Deserved


def with_deserved_tags(plan: BuildPlan, content: Sequence[Entry]) -> BuildPlan:
    """The plan with the widest platform tag that the wheel's files deserve, where the project asks for it.

    Where they deserve none that speaks for other machines, that is a warning that names what is in the way.

    Args:
        plan: whose tags are the target's so far.
        content: the wheel's files without .dist-info.
    """
    if plan.tags.pure or AUTO not in (plan.project.wheel.platform_tag or ()):
        return plan
    stamp = plan.layout.root / "deserved.json"
    files = [(entry.name, digest(entry.read().hex())) for entry in content]
    key = digest(files, plan.cross.target.name, plan.project.wheel.bundle_exclude, check.identity())
    known = read_json(stamp)
    if known.get("content") != key:
        found = _look(plan, content)
        known = {"content": key, "tag": found.tag, "because": list(found.because)}
        write_json(stamp, known)
    tag, because = str(known["tag"]), [str(line) for line in known["because"]]  # type: ignore[attr-defined]
    if tag in ("", "any"):  # binaries of other machines, or none: the check says so
        return plan
    if tag.startswith("linux_"):
        warn(f"the wheel is tagged {tag}, which promises nothing to other machines: {listed(because, 1)}")
    target = replace(plan.cross.target, platform=parse_platform(tag))
    return replace(plan, tags=wheel_tags(target, plan.project.wheel, pure=False))


def _look(plan: BuildPlan, content: Sequence[Entry]) -> Deserved:
    from xconan.wheel.check.deserved import deserved  # noqa: PLC0415 - an unchanged wheel needs none of it
    from xconan.wheel.check.modules import Host, examine  # noqa: PLC0415

    expected = plan.project.wheel.bundle_exclude
    host = Host(tags=plan.tags, target=plan.cross.target, python=plan.python, expected=expected)
    return deserved(content, examine(content, host), host)
