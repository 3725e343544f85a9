"""The libraries that a wheel is linked with, as Conan's graph has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from xconan.ground.files import read_json, write_json
from xconan.ground.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from xconan.project.workspace import Layout

_PROVIDED = "linked.json"  # what a recipe hands over; what Conan was asked for stands in conan.json
_PROGRAMS = ("application", "build-scripts", "python-require")  # package types of what is not linked


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class LinkedPackage(Record):
    """A library of the host's.

    Attributes:
        name, version: of the reference.
        revision: of the recipe, "" for an editable package.
        package_id: of the binary.
        licenses: as the recipe declares them.
        kind: Conan's package_type ("static-library"), "" where the recipe has none.
        folder: of the package, "" where there is none.
        requires: names of the packages that it needs.
        direct: whether the project itself asks for it; None where nobody has said.
    """

    name: str
    version: str
    revision: str
    package_id: str
    licenses: tuple[str, ...]
    kind: str
    folder: str
    requires: tuple[str, ...]
    direct: bool | None = None

    @property
    def reference(self) -> str:
        """The whole reference of the binary: NAME/VERSION#REVISION:PACKAGE_ID."""
        return f"{self.name}/{self.version}#{self.revision}:{self.package_id}"


def linked_packages(layout: Layout) -> list[LinkedPackage]:
    """The host's libraries that the last build used, without what only tests or the build machine need."""
    result = cast("dict[str, object]", read_json(layout.conan_result).get("result", {}))
    provided = read_json(layout.root / _PROVIDED).get("packages", [])
    packages = cast("list[dict[str, object]]", result.get("packages", provided))
    return [
        _read(one) for one in packages
        if one.get("context", "host") == "host" and not one.get("test") and one.get("type") not in _PROGRAMS
    ]  # fmt: skip


def keep_linked(layout: Layout, packages: Iterable[Mapping[str, object]]) -> None:
    """Note what a recipe hands over, for linked_packages()."""
    write_json(layout.root / _PROVIDED, {"packages": list(packages)})


def _read(package: Mapping[str, object]) -> LinkedPackage:
    name, _, version = str(package["ref"]).partition("/")
    return LinkedPackage(
        name=name, version=version, revision=str(package.get("revision", "")),
        package_id=str(package.get("package_id", "")),
        licenses=tuple(cast("list[str]", package.get("licenses", ()))), kind=str(package.get("type", "")),
        folder=str(package.get("folder", "")), requires=tuple(cast("list[str]", package.get("requires", ()))),
        direct=cast("bool | None", package.get("direct")),
    )  # fmt: skip
