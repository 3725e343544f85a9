"""What can go wrong, as the user reads it: one line what, one line where, one line what to do.

The exit codes are part of the interface (docs/errors.md): 1 the build machine got in the way (disk,
permissions) or an internal error, 2 usage and configuration, 3 a toolchain or host Python missing or wrong,
4 Conan, 5 CMake or the compiler, 6 the wheel failed its check, 7 its tests failed on the host.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path


def printable(text: str) -> str:
    """A text in which what a terminal would obey, or a reader not see, is written as Python escapes it."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


_table = "xconan"


def name_table(name: str) -> None:
    """Have messages speak of [tool.NAME], the table that the project at hand has, where they say [tool.xconan]."""
    global _table  # noqa: PLW0603 - messages are written in many places, and a process reads one project at a time
    _table = name


def of_table(text: str) -> str:
    """A message with the name of the project's own table."""
    return text.replace("tool.xconan", f"tool.{_table}")


def nearest_names(name: str, known: Iterable[str]) -> list[str]:
    """The known name that is most like a misspelt one, if any is like it."""
    from difflib import get_close_matches  # noqa: PLC0415 - for errors alone

    return get_close_matches(name, known, n=1)


def first_line(error: Exception) -> str:
    """What an error of somebody else's says first; its name where it says nothing."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def listed(names: Sequence[str], most: int = 3) -> str:
    """The first names, and how many more there are: "a, b, c and 2 more"."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


class XconanError(Exception):
    """An error that the user can act on.

    Args:
        message: what is wrong, in one line, with both sides of a contradiction.
        where: the file and key, or the program and its argument list.
        hint: what to do about it; it may name a command.
    """

    exit_code: int = 1

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def render(self) -> str:
        """The error as lines for a person to read, without a trailing newline."""
        lines = [f"error: {printable(of_table(self.message))}"]
        lines += [f"  where: {printable(of_table(self.where))}"] if self.where else []
        lines += [f"  help:  {printable(of_table(self.hint))}"] if self.hint else []
        return "\n".join(lines)

    def facts(self) -> list[dict[str, object]]:
        """The same for programs: one object an error with code, message, where and hint."""
        return [{"code": self.exit_code, "message": self.message, "where": self.where, "hint": self.hint}]


class MachineError(XconanError):
    """The build machine got in the way: a full disk, missing permissions."""


class ConfigError(XconanError):
    """A configuration file, key or command line that can't be used."""

    exit_code: int = 2


class ToolchainError(XconanError):
    """A toolchain that is missing, broken, or not for the host that was asked for."""

    exit_code: int = 3


class HostPythonError(XconanError):
    """A host Python that is missing or is not what the cross.toml says."""

    exit_code: int = 3


class ConanError(XconanError):
    """Conan could not provide the dependencies."""

    exit_code: int = 4


class CMakeError(XconanError):
    """CMake, or a compiler that it ran, failed."""

    exit_code: int = 5


class CheckError(XconanError):
    """The finished wheel would not work where its tag says it does."""

    exit_code: int = 6


class HostTestError(XconanError):
    """The wheel failed when the host's Python imported it."""

    exit_code: int = 7


class ErrorGroup(XconanError):
    """Several errors found in one pass; the exit code is that of the first."""

    def __init__(self, errors: list[XconanError]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors
        self.exit_code = errors[0].exit_code

    def render(self) -> str:
        """All errors, in the order in which they were found."""
        return "\n".join(error.render() for error in self.errors)

    def facts(self) -> list[dict[str, object]]:
        """The facts of every error."""
        return [fact for error in self.errors for fact in error.facts()]


def combined(errors: Sequence[XconanError]) -> XconanError:
    """The error itself where it is the only one, else an ErrorGroup of all."""
    return errors[0] if len(errors) == 1 else ErrorGroup(list(errors))


@dataclass(kw_only=True)
class Problems:
    """Collects errors, so that a user sees all of them at once."""

    found: list[XconanError] = field(default_factory=list)

    def add(self, message: str, *, file: Path | str = "", key: str = "", hint: str = "") -> None:
        """Note a configuration error at a key of a file."""
        where = ": ".join(part for part in (str(file), key) if part)
        self.found.append(ConfigError(message, where=where, hint=hint))

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Note the error that is raised within, and go on behind it."""
        try:
            yield
        except ErrorGroup as group:
            self.found += group.errors
        except XconanError as error:
            self.found.append(error)

    def __iter__(self) -> Iterator[XconanError]:
        return iter(self.found)

    def raise_if_any(self) -> None:
        """Raise what was found: the error itself if it is one, an ErrorGroup if there are several."""
        if self.found:
            raise combined(self.found)
