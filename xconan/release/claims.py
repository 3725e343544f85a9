"""The names of a release's wheels, each of one target: platform_tag = "auto" may find the same for two.

Which name a wheel has is known once it is made, by one of several processes. Whoever is first has the name; another
target's wheel goes there only where it is the very same.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground import reads
from xconan.ground.errors import ConfigError
from xconan.ground.files import file_digest, read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = "claims"


def claim(request: Mapping[str, object], wheel: Path, name: str) -> None:
    """Have a name for a wheel that is about to be put into its place, or is there.

    Args:
        request: of the wheel's task: `claims`, a folder of this release alone, and `target`; without these nothing is
            done, as workers hand wheels on under any name.
        wheel: its file.
        name: that it is going to have.

    Raises:
        ConfigError: another target has it, with other contents.
    """
    if FOLDER not in request:
        return
    from xconan.ground.lock import locked  # noqa: PLC0415 - the door imports next to nothing

    folder, mine = Path(str(request[FOLDER])), {"target": str(request["target"]), "wheel": file_digest(wheel)}
    with locked(folder / "lock", what="the names of wheels"):
        other = read_json(folder / f"{name}.json") or mine
        if mine["wheel"] != other["wheel"] and mine["target"] != other["target"]:
            raise taken(name, str(other["target"]), mine["target"])
        write_json(folder / f"{name}.json", {**mine, "target": other["target"]})
    reads.decides_nothing(folder / f"{name}.json")


def taken(name: str, first: str, second: str) -> ConfigError:
    """The error of a target whose wheel has the name of another one's."""
    return ConfigError(
        f"{first} and {second} make the same wheel, {name}, with other contents; that of {first} stands there",
        where="wheel.platform_tag",
        hint=f"leave {second} out, or have it keep its own tag: [[tool.xconan.matrix.overrides]] with "
        f'select = "{second}" and wheel.platform_tag = "guess"',
    )
