"""The verbs: their names, what `xconan --help` says of them, and their modules. None of these is imported here."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from xconan.ground.record import Record

if TYPE_CHECKING:
    import argparse


class VerbModule(Protocol):
    """What the module of a verb has. It imports what run() needs in run(), so that help is there at once."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Give the verb's parser its description and arguments."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do what is asked and return the exit code.

        Raises:
            XconanError: it can't be done.
        """


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Verb(Record):
    """A verb.

    Attributes:
        name: as it is typed.
        help: one line of `xconan --help`; "" for verbs that programs call and people don't.
        command: words behind `--` are a command, and become `arguments.command`.
    """

    name: str
    help: str = ""
    command: bool = False

    def module(self) -> VerbModule:
        """Its module, imported now."""
        return cast("VerbModule", import_module(f"xconan.cli.{self.name.replace('-', '_')}"))


VERBS = (
    Verb(name="new", help="write a first project"),
    Verb(name="migrate", help="rewrite pyproject.toml of another backend's project"),
    Verb(name="build", help="build a wheel"),
    Verb(name="sdist", help="write a source distribution, and verify it"),
    Verb(name="check", help="check wheels of any platform by their bytes"),
    Verb(name="test", help="install wheels for their hosts' Pythons, and run their tests", command=True),
    Verb(name="index", help="write a package index of wheels, for pip and uv"),
    Verb(name="plan", help="show what a build would do"),
    Verb(name="config", help="show what each key is set to, and where"),
    Verb(name="schema", help="print the JSON schema of [tool.xconan]"),
    Verb(name="graph", help="show the Conan packages, and where each binary would come from"),
    Verb(name="lock", help="write conan.lock for all targets"),
    Verb(name="profile", help="print the Conan host profile for a cross.toml or target"),
    Verb(name="cross", help="write a target's cross.toml, toolchain files and Conan profile"),
    Verb(name="warm", help="have zig make its C++ library for targets ahead of builds"),
    Verb(name="targets", help="show what this machine can build for, and what is missing"),
    Verb(name="doctor", help="look for what keeps builds from working"),
    Verb(name="python", help="keep host Pythons at hand"),
    Verb(name="toolchain", help="fetch and list ready-made toolchains"),
    Verb(name="ci", help="write a pipeline for GitHub or GitLab"),
    Verb(name="clean", help="remove a project's build folders"),
    Verb(name="cache", help="show and trim what is kept for all projects"),
    Verb(name="conan-config", help="write a folder that makes Conan make wheels"),
    Verb(name="conan-recipe"),
    Verb(name="task"),
)
