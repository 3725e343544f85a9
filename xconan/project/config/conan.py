"""What the conan table may say beside names: profiles that exist, and what Conan may build."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from xconan.ground.errors import nearest_names
from xconan.ground.files import conan_home

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from xconan.ground.errors import Problems
    from xconan.project.config.layers import Layer

# https://docs.conan.io/2/reference/commands/install.html, --build
_MODES = ("missing", "never", "cascade", "editable")
_PATTERN = re.compile(r"[~!]?(missing:|compatible:)?[~!]?[^\s:]*[/*&][^\s]*")


@dataclass(frozen=True, kw_only=True)
class ConanTable:
    """The merged conan table, and the tables that it was merged from, weakest first."""

    tables: Sequence[Layer]
    values: Mapping[str, object]
    problems: Problems

    def bad(self, key: str, message: str, hint: str, value: str = "") -> None:
        """Note what is wrong with a key, where it, or this value of it, was said last."""
        said = [layer for layer in self.tables if value in str(layer.table.get(key, ""))]
        layer = next((layer for layer in reversed(said) if key in layer.table), self.tables[-1])
        self.problems.add(message, file=layer.file, key=layer.key(key), hint=hint)

    def profiles(self, key: str) -> tuple[Path, ...]:
        """The files of the profiles: what is no file is a name in Conan's home."""
        found = []
        if not self.values.get(key):
            return ()
        home = conan_home() / "profiles"
        for name in cast("tuple[str, ...]", self.values.get(key, ())):
            path = home / name  # what is absolute already stays so
            if name and path.is_file():
                found.append(path)
                continue
            known = [one.relative_to(home).as_posix() for one in sorted(home.rglob("*")) if one.is_file()]
            close = nearest_names(name, known)
            hint = f"did you mean '{close[0]}'?" if close else f"name a file, or a profile in {home}"
            self.bad(key, f"there is no profile '{name}'", hint, name)
        return tuple(found)

    def build(self) -> tuple[str, ...]:
        """What Conan may build."""
        modes = cast("tuple[str, ...]", self.values.get("build", ("missing",)))
        for mode in modes:
            if mode in _MODES or _PATTERN.fullmatch(mode):
                continue
            close = nearest_names(mode, _MODES)
            hint = f"did you mean '{close[0]}'?" if close else f"for a package write '{mode or 'name'}/*'"
            self.bad("build", f"'{mode}' is neither a pattern of packages nor one of {', '.join(_MODES)}", hint, mode)
        if not modes:
            self.bad("build", "this says nothing", 'write build = "never", or leave it out')
        if "never" in modes and len(modes) > 1:
            self.bad("build", "'never' leaves nothing to be built", "take it out, or the others")
        return modes


def build_type_of(profiles: Sequence[Path]) -> str | None:
    """The build type that host profiles plainly say, the last one's: the modules are built so as well."""
    chosen = None
    for path in profiles:
        sections = re.split(r"^\s*\[", path.read_text("utf-8", "replace"), flags=re.MULTILINE)
        settings = "\n".join(section for section in sections if section.startswith("settings]"))
        chosen = next(iter(re.findall(r"^\s*build_type\s*=\s*(\w+)\s*$", settings, re.MULTILINE)[-1:]), chosen)
    return chosen
