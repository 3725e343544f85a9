"""What the matrix table of a project may say: a field for each key, as in records.py."""

from __future__ import annotations

from dataclasses import dataclass, field

from xconan.ground.record import Record
from xconan.project.config.schema import Kind, key

# a key reads as a row
# fmt: off


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class MatrixConfig(Record):
    """`[tool.xconan.matrix]`: the targets of a release, pythons x platforms; release/matrix.py makes names of it.

    In all of them braces stand for each of their words: "cp3{11,12}". The table's `overrides` are a list of tables,
    each with `select` and the tables of a host (config/matrix.py).
    """

    pythons: tuple[str, ...] = field(default=(), metadata=key(
        Kind.LIST, 'Host Pythons, each for every platform, or with a pattern for some: ["cp3{11,12}", "pp311-many*"].',
        default="none",
    ))
    platforms: tuple[str, ...] = field(default=(), metadata=key(
        Kind.LIST, 'Platform tags: ["manylinux_2_17_{x86_64,aarch64}"].', default="none",
    ))
    include: tuple[str, ...] = field(default=(), metadata=key(
        Kind.LIST, 'Further targets: ["cp313t-linux_armv7l"], or files relative to the project: '
        '["hosts/*.cross.toml"].', default="none",
    ))
    exclude: tuple[str, ...] = field(default=(), metadata=key(
        Kind.LIST, 'Patterns of targets to leave out: ["pp*-*_s390x"].', default="none",
    ))
    test: str = field(default="import", metadata=key(
        Kind.STRING, "import: the host's Python imports each wheel, where it can be run here; none: nothing is run.",
        choices=("import", "none"),
    ))
