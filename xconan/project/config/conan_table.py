"""What the conan table of a project may say: a field for each key, as in records.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xconan.ground.record import Record
from xconan.project.config.schema import DefaultContext, Kind, Spelling, key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CONANFILES = ("conanfile.py", "conanfile.txt")  # the first that is there

# NAME/VERSION or NAME/[RANGE], and what may follow: @USER/CHANNEL, #REVISION; https://docs.conan.io/2/reference
REFERENCE = Spelling(
    pattern=r"[\w+.-]+/(\[[^\[\]]+\]|[^\s\[\]/@#=<>,;]+)(@[^\s,;#]*)?(#\w+)?",
    problem="is not one requirement of Conan's",
    hint='write NAME/VERSION, each in its own quotes: ["lz4/1.9.4", "zlib/[>=1.3 <2]"]',
)


def _conanfile(context: DefaultContext, _values: Mapping[str, object]) -> Path | None:
    return next((context.root / name for name in CONANFILES if (context.root / name).exists()), None)


# a key reads as a row
# fmt: off


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ConanConfig(Record):
    """`[tool.xconan.conan]` and the project's conanfile, if it has one.

    Attributes:
        options: (pattern:option, value) as a profile spells them.
        settings, conf: (name, value), likewise.
        host_profiles, build_profiles: Conan profiles that go on top of ours, absolute.
        build_type: what the host profiles say of it; None where they say nothing.
        build: what Conan may build, as its --build spells it.
        recipe_builds: as the project says; None where it leaves that to what is there.
    """

    conanfile: Path | None = field(default=None, metadata=key(
        Kind.PATH, "The conanfile, or its folder.", default="conanfile.py, else conanfile.txt beside pyproject.toml",
        compute=_conanfile,
    ))
    requires: tuple[str, ...] = field(default=(), metadata=key(
        Kind.LIST_PLUS, 'Libraries for the host: ["lz4/1.9.4"], where there is no conanfile.', spelling=REFERENCE,
    ))
    tool_requires: tuple[str, ...] = field(default=(), metadata=key(
        Kind.LIST_PLUS, "Programs for the build machine, where there is no conanfile.", spelling=REFERENCE,
    ))
    options: tuple[tuple[str, str], ...] = field(default=(), metadata=key(
        Kind.OPTIONS, 'Options of packages, over those of profiles: {"lz4/*:shared" = true}.',
    ))
    settings: tuple[tuple[str, str], ...] = field(default=(), metadata=key(
        Kind.OPTIONS, 'Settings of the host, over those of profiles: {"compiler.cppstd" = "20"}.',
    ))
    conf: tuple[tuple[str, str], ...] = field(default=(), metadata=key(
        Kind.OPTIONS, 'Confs of the host: {"tools.build:jobs" = 4}.',
    ))
    host_profiles: tuple[Path, ...] = field(default=(), metadata=key(
        Kind.PROFILES, "Conan profiles on top of the host profile: files, or names in Conan's home.",
    ))
    build_profiles: tuple[Path, ...] = field(default=(), metadata=key(
        Kind.PROFILES, "The same on top of the build profile.",
    ))
    build_type: str | None = None
    recipe_builds: bool | None = field(default=None, metadata=key(
        Kind.BOOL, "The conanfile.py's own source(), build() and package() make the wheel's files, not CMakeLists.txt.",
        default="whether it has build() and package(), and there is no CMakeLists.txt",
    ))
    build: tuple[str, ...] = field(default=("missing",), metadata=key(
        Kind.LIST, 'What Conan may build, as its --build says: "missing", "never", ["lz4/*"].',
    ))

    @property
    def wanted(self) -> bool:
        """Whether there is anything for Conan to do."""
        return self.conanfile is not None or bool(self.requires or self.tool_requires)
