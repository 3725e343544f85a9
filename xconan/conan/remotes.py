"""Conan's remotes: packages that were built here, uploaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.conan.process import ask, report
from xconan.ground.errors import ConanError, ConfigError, nearest_names
from xconan.ground.files import conan_home, read_json
from xconan.ground.report import say

if TYPE_CHECKING:
    from xconan.model import BuildPlan


def upload(plan: BuildPlan, remote: str) -> list[str]:
    """Put the dependencies of a finished build that were built on this machine into a remote, with their recipes.

    Args:
        plan: of the build.
        remote: by name; credentials are Conan's own.

    Returns:
        NAME/VERSION of those that the remote did not have.

    Raises:
        ConanError: the remote can't be reached, or refuses; packages that are there already stay there.
    """
    from xconan.ground.scratch import scratch  # noqa: PLC0415 - for uploads alone

    result = cast("dict[str, object]", read_json(plan.layout.conan_result).get("result", {}))
    built = [
        package["built"] for package in cast("list[dict[str, str]]", result.get("packages", [])) if package["built"]
    ]
    if not built:
        say("xconan: nothing to upload: no dependency was built on this machine")
        return []
    request = {"kind": "upload", "remote": remote, "packages": built}
    with scratch("upload") as folder:
        answer = ask(request, plan, Path(folder))
    return [reference.partition("#")[0] for reference in cast("list[str]", answer["uploaded"])]


def check_remote(name: str, root: Path, option: str = "--upload") -> None:
    """Refuse a remote that nothing can be uploaded to, before hours of building; `option` is where it was named.

    Raises:
        ConfigError: it is not there, disabled, or a folder of recipes.
    """
    facts, reason = report(online=False, timeout=60, root=root)
    remotes = {str(remote["name"]): remote for remote in cast("list[dict[str, object]]", facts.get("remotes", []))}
    if reason and not remotes:
        raise ConanError(f"Conan does not work: {reason}", where=str(conan_home(root)), hint="xconan doctor")
    message, hint = "", ""
    if name not in remotes:
        close = nearest_names(name, remotes)
        message = f"Conan has no remote '{name}'"
        hint = f"did you mean '{close[0]}'?" if close else "conan remote add NAME URL; conan remote list shows them"
    elif not remotes[name]["enabled"]:
        message, hint = f"the remote '{name}' is disabled", f"conan remote enable {name}"
    elif not str(remotes[name]["url"]).startswith(("http:", "https:")):
        message, hint = f"the remote '{name}' is a folder of recipes", "name a server"
    if message:
        raise ConfigError(message, where=option, hint=hint)
