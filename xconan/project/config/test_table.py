"""The keys of `[tool.xconan.test]`."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - dataclasses read it
from dataclasses import dataclass, field

from xconan.ground.record import Record
from xconan.ground.text import Text  # noqa: TC001 - the same
from xconan.project.config.schema import Kind, key

# fmt: off


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TestConfig(Record):
    """`[tool.xconan.test]`: what the host's Python is to run for each wheel; hosttest/ runs it.

    Attributes:
        wanted: what the command line asks of a build: "yes", "auto" (where it can be run here), "" for no test.
    """

    __test__ = False  # nothing for pytest to collect

    command: tuple[str, ...] = field(default=(), metadata=key(
        Kind.LIST, 'Lines for a shell, one after the other, as test-command of cibuildwheel: ["pytest -q tests"]. '
        "{project} is the project's folder, {wheel} the wheel.",
    ))
    requires: tuple[str, ...] = field(default=(), metadata=key(
        Kind.LIST, 'What is installed beside the wheel: ["pytest"].', default="nothing",
    ))
    extras: tuple[str, ...] = field(default=(), metadata=key(Kind.LIST, "Extras of the wheel to install."))
    groups: tuple[str, ...] = field(default=(), metadata=key(
        Kind.LIST, "Groups of `[dependency-groups]` (PEP 735) to install.",
    ))
    sources: tuple[str, ...] = field(default=(), metadata=key(
        Kind.LIST, 'Files and folders of the project that are copied to where the command runs: ["tests"]. Nothing '
        "else is there, so that the wheel is tried and not its sources.", default="nothing",
    ))
    env: Mapping[str, str | Text] = field(default_factory=dict, metadata=key(
        Kind.TEXTS, "Environment of the command; ${NAME} is expanded, $$ is a dollar.",
    ))
    skip: tuple[str, ...] = field(default=(), metadata=key(
        Kind.LIST, 'Patterns of targets that are not tried: ["*-linux_riscv64"]; names of cibuildwheel are known too.',
        default="none",
    ))
    wanted: str = ""


# fmt: on
