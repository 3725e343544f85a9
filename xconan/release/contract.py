"""The plan of a release as other machines are given it, and what of it they must agree with.

`xconan plan --all --json` shows it. A machine that would plan a target otherwise, as it has another compiler or another
host Python, would make another wheel: it is refused, and so is a plan of another xconan.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, cast

from xconan import __version__
from xconan.ground.errors import ConfigError, ToolchainError
from xconan.ground.files import digest, file_digest, own_digest
from xconan.render.profile import abi_identity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from typing import Any

    from xconan.model import BuildPlan
    from xconan.release.prepare import PlannedTarget

VERSION = 1  # of the plan's format
_HERE = "${XCONAN_PROJECT}"  # stands for the project's folder in what travels
_ENVIRONMENT = ("SOURCE_DATE_EPOCH", "XCONAN_TARGET", "XCONAN_CROSS", "XCONAN_LOCAL", "XCONAN_OVERRIDE")
_ALIKE = "have the same on all workers, best by one container image; or take that worker away"
_CODE = 12  # characters of the digest that people are shown
_WHAT = {"abi": "toolchain", "python": "host Python", "conan": "options, profiles or requirements of Conan's"}


def identity(plan: BuildPlan) -> dict[str, object]:
    """What a target's plan must have in common wherever the wheel is built; no path is in it.

    `abi` is `user.xconan:abi`, the digest of the toolchain that is in the package ids of libraries.
    """
    return {"wheel": plan.wheel_name, "parts": [_part(one) for one in plan.parts or (plan,)]}


def _part(plan: BuildPlan) -> dict[str, object]:
    toolchain, conan, platform = plan.toolchain, plan.conan, plan.cross.target.platform
    compilers = toolchain.compilers if toolchain else {}
    version = ".".join(str(part) for part in plan.python.version[:3])
    return {
        "platform": platform.tag,
        "abi": abi_identity(platform, toolchain) if toolchain else "",
        "compilers": {language: f"{one.id} {one.version}" for language, one in compilers.items()},
        "python": f"{version} {plan.python.ext_suffix}",
        "conan": digest(
            conan.conanfile_text, conan.options, conan.settings, conan.build,
            [file_digest(path) for path in (*conan.host_profiles, *conan.build_profiles)],
        )[:16] if conan else "",
    }  # fmt: skip


def plan_document(targets: Iterable[PlannedTarget], root: Path) -> dict[str, object]:
    """The plan that workers are given: of JSON's types, with ${XCONAN_PROJECT} where the project's folder stood."""
    return {**header(), "targets": [target_facts(one, root) for one in targets], "env": told_environment(root)}


def target_facts(one: PlannedTarget, root: Path) -> dict[str, object]:
    """What the plan says of a target: how it is chosen, and what must be the same wherever it is built."""
    return {"target": one.name, "settings": portable(one.settings, root), "identity": identity(one.plan)}


def told_environment(root: Path) -> object:
    """The variables that decide what is built, which hold wherever that is."""
    return portable({name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}, root)


def header() -> dict[str, object]:
    """Of which format a plan is, and which xconan made it."""
    return {"plan": VERSION, "xconan": __version__, "code": own_digest()[:_CODE]}


def check_header(document: Mapping[str, object], *, where: str, remedy: str = "") -> None:
    """Refuse a plan of another format, or of another xconan.

    Args:
        document: what plan_document() made, there.
        where: this machine, or the plan's file, for people.
        remedy: what one can do beside installing that xconan.

    Raises:
        ConfigError: with both versions.
    """
    place, otherwise = ("here", f"; or {remedy}") if remedy else ("there", "")
    theirs, ours = (f"{one.get('xconan')} ({one.get('code')})" for one in (document, header()))
    if document.get("plan") != VERSION:
        raise ConfigError(
            f"the plan is of format {document.get('plan')}, and this xconan {ours} knows format {VERSION}",
            where=where, hint=f"install xconan {document.get('xconan')} {place}, as it made the plan{otherwise}",
        )  # fmt: skip
    if theirs != ours:
        raise ConfigError(
            f"the plan is of xconan {theirs}, and this is xconan {ours}", where=where,
            hint=f"install the same xconan {place}: pip install xconan=={document.get('xconan')}{otherwise}",
        )  # fmt: skip


def check_identity(plan: BuildPlan, expected: Mapping[str, object], *, where: str, remedy: str = _ALIKE) -> None:
    """Refuse to build a target that this machine plans otherwise than the plan says.

    Args:
        plan: as planned here.
        expected: what identity() said where the plan was made.
        where: this machine, for people.
        remedy: what one can do.

    Raises:
        ToolchainError: with both sides of the first difference.
    """
    found = cast("dict[str, Any]", json.loads(json.dumps(identity(plan))))
    if found == expected:
        return
    parts = zip(found["parts"], cast("dict[str, Any]", expected)["parts"], strict=False)
    pairs = [("wheel", found["wheel"], expected["wheel"])]
    pairs += [(key, ours[key], theirs.get(key)) for ours, theirs in parts for key in ("compilers", *ours)]
    what, ours, theirs = next(
        (pair for pair in pairs if pair[1] != pair[2]), ("parts", len(found["parts"]), "another number")
    )
    raise ToolchainError(
        f"{where} would build {plan.cross.target.name} with another {_WHAT.get(what, what)}: {_shown(ours)} there, "
        f"{_shown(theirs)} in the plan", where=where,
        hint=remedy,
    )  # fmt: skip


def _shown(value: object) -> str:
    return ", ".join(f"{key} {one}" for key, one in value.items()) if isinstance(value, dict) else str(value)


def portable(value: object, root: Path) -> object:
    """A value of JSON's types with ${XCONAN_PROJECT} in place of the project's folder."""
    return _replaced(value, str(root), _HERE)


def rooted(value: object, root: Path) -> object:
    """What portable() made, for the folder in which the project is here."""
    return _replaced(value, _HERE, str(root))


def _replaced(value: object, old: str, new: str) -> object:
    if isinstance(value, str):
        # not the folder beside it, whose name only begins with the same
        return re.sub(re.escape(old) + r"(?![\w.-])", lambda _found: new, value)
    if isinstance(value, (list, tuple)):
        return [_replaced(one, old, new) for one in value]
    if isinstance(value, dict):
        return {key: _replaced(one, old, new) for key, one in value.items()}
    return value
