"""The rooms of the package, as docs/rooms.toml declares them, and their table and picture in docs/architecture.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from tests.support.golden import REPOSITORY
from xconan.ground.files import load_toml

if TYPE_CHECKING:
    from collections.abc import Mapping

BEGIN = "<!-- rooms: from docs/rooms.toml, by pytest --update-golden -->\n"
END = "<!-- end of rooms -->\n"


@dataclass(frozen=True, kw_only=True)
class Room:
    """A folder or module below xconan/: its floor, counted from the ground, what lives there, what it imports."""

    floor: int
    floor_name: str
    about: str
    imports: frozenset[str]


def read_rooms() -> dict[str, Room]:
    """The rooms by their dotted names, from the ground up."""
    listed = cast("list[dict[str, str]]", _rooms_file()["room"])
    floors = list(dict.fromkeys(row["floor"] for row in listed))
    return {
        row["name"]: Room(
            floor=floors.index(row["floor"]),
            floor_name=row["floor"],
            about=row["about"],
            imports=frozenset(row["imports"]),
        )
        for row in listed
    }


def read_ground() -> dict[str, set[str]]:
    """Modules of the ground, and the only others that they import, by dotted names."""
    listed = cast("dict[str, list[str]]", _rooms_file()["ground"])
    return {f"ground.{name}": {f"ground.{other}" for other in others} for name, others in listed.items()}


def _rooms_file() -> Mapping[str, object]:
    return load_toml(REPOSITORY / "docs" / "rooms.toml")


def draw(page: str, rooms: Mapping[str, Room]) -> str:
    """The page with its table and picture of the rooms made anew, faces first."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    down = sorted(rooms.items(), key=lambda item: -item[1].floor)
    rows = "".join(f"| {room.floor_name} | {_path(name)} | {room.about} |\n" for name, room in down)
    table = f"| floor | room | what lives there |\n|---|---|---|\n{rows}\n"
    return f"{before}{BEGIN}\n{table}{_picture(rooms)}{END}{after}"


def _path(name: str) -> str:
    path = name.replace(".", "/")
    return f"`{path}/`" if (REPOSITORY / "xconan" / path).is_dir() else f"`{path}.py`"


def _picture(rooms: Mapping[str, Room]) -> str:
    """A mermaid flowchart: a box a floor, an arrow to the one below it."""
    floors = dict.fromkeys(room.floor_name for room in sorted(rooms.values(), key=lambda room: -room.floor))
    boxes = [
        f'    {name}["{name}: {", ".join(key for key, room in rooms.items() if room.floor_name == name)}"]\n'
        for name in floors
    ]
    arrows = [f"    {upper} --> {lower}\n" for upper, lower in zip(floors, [*floors][1:], strict=False)]
    return f"```mermaid\nflowchart TD\n{''.join([*boxes, *arrows])}```\n"
