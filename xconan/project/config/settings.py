"""What a command line adds to the files: PEP 517 config settings, such as `-C cross=FILE`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground import verbosity
from xconan.ground.errors import Problems, nearest_names
from xconan.ground.record import Record
from xconan.host.targets import is_target

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_PROJECT = "pyproject.toml"
NAMES = ("target", "cross", "local", "override", "test", *verbosity.NAMES)
_SHORT = "o"  # py-build-cmake's -C o=…, for override
_TESTS = {"": "yes", "yes": "yes", "auto": "auto", "no": ""}  # what may be written -> TestConfig.wanted


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Settings(Record):
    """A target by name, cross.toml and local files, single values.

    `folder` is where the command was given: relative paths in `override` are relative to it. `test` is what
    TestConfig.wanted is to be.
    """

    cross: tuple[Path, ...] = ()
    local: tuple[Path, ...] = ()
    override: tuple[str, ...] = ()
    target: str | None = None
    test: str = ""
    folder: Path = Path()

    @property
    def arguments(self) -> tuple[str, ...]:
        """The same as words of xconan's command line."""
        words = ["--target", self.target] if self.target else []
        several = len(self.cross) > 1  # where --cross may be repeated, each is a host of its own; these are one
        for file in self.cross:
            words += ["-C", f"cross={file}"] if several else ["--cross", str(file)]
        for name, values in (("local", self.local), ("override", self.override)):
            words += [word for value in values for word in ("-C", f"{name}={value}")]
        return tuple(words)


def parse_settings(
    given: Mapping[str, object] | None, *, root: Path, environ: Mapping[str, str] | None = None
) -> Settings:
    """Read PEP 517 config settings (`-C cross=FILE`); each may be given several times, with or without dashes.

    Relative paths are relative to the folder where the command was given ($PWD; frontends change the
    working directory before they call us), else to the project.

    Args:
        given: the settings.
        root: the project's folder.
        environ: whose XCONAN_TARGET, XCONAN_CROSS, XCONAN_LOCAL and XCONAN_OVERRIDE mean the same, and are weaker;
            None for nobody's.

    Raises:
        ConfigError: an unknown setting that looks like a known one, or a file that is not there.
    """
    files: dict[str, list[Path]] = {"cross": [], "local": []}
    override: list[str] = []
    targets: list[str] = []
    test = ""
    problems = Problems()
    for place, name, texts in [*_of_environment(environ or {}, given or {}), *_of_settings(given or {})]:
        if name in files:
            files[name] += [_locate(text, root=root, name=name, place=place, problems=problems) for text in texts]
        elif name in ("override", _SHORT):
            override += texts
        elif name == "target":
            targets += texts
        elif name == "test":
            test = _test(texts[-1] if texts else "", problems)
        elif name not in NAMES and (close := nearest_names(name, NAMES)):
            written = place.removeprefix("-C ")
            problems.add(f"unknown setting '{written}'", key=place, hint=f"did you mean '{close[0]}'?")
    if len(targets) > 1:
        problems.add(
            f"{len(targets)} targets are given", key="-C target", hint="one wheel has one: build each by itself"
        )
    problems.raise_if_any()
    return Settings(
        cross=tuple(files["cross"]),
        local=tuple(files["local"]),
        override=tuple(override),
        target=next(iter(targets), None),
        test=test,
        folder=invoked_from(),
    )


def check_names(given: Iterable[str]) -> None:
    """Refuse settings that have no meaning, on our own command line; frontends give all backends the same ones.

    Raises:
        ConfigError: or ErrorGroup: one is none of ours.
    """
    problems = Problems()
    for name in given:
        if name not in (*NAMES, _SHORT, verbosity.SHORT):
            close = nearest_names(name, NAMES)
            hint = f"did you mean '{close[0]}'?" if close else f"there are {', '.join(NAMES)}"
            problems.add(f"unknown setting '{name}'", key=f"-C {name}", hint=hint)
    problems.raise_if_any()


def _test(text: str, problems: Problems) -> str:
    if text.lower() not in _TESTS:
        problems.add(
            f"'{text}' is not one of yes, auto, no", key=f"-C test={text}",
            hint="auto: where the host's Python can be run here",
        )  # fmt: skip
    return _TESTS.get(text.lower(), "")


def _of_settings(given: Mapping[str, object]) -> Iterator[tuple[str, str, list[str]]]:
    """Place for messages, name, values."""
    for written, value in given.items():
        yield (
            f"-C {written}",
            written.lstrip("-"),
            [str(text) for text in (value if isinstance(value, list) else [value])],
        )


def _of_environment(
    environ: Mapping[str, str], given: Mapping[str, object]
) -> Iterator[tuple[str, str, list[str]]]:  # fmt: skip
    """The same of variables; those that choose the host count where no setting does."""
    names = {written.lstrip("-") for written, value in given.items() if value != []}
    if not names & {"target", "cross"}:
        if target := environ.get("XCONAN_TARGET"):
            yield "XCONAN_TARGET", "target", [target]
        yield "XCONAN_CROSS", "cross", [*filter(None, environ.get("XCONAN_CROSS", "").split(os.pathsep))]
    yield "XCONAN_LOCAL", "local", [*filter(None, environ.get("XCONAN_LOCAL", "").split(os.pathsep))]
    lines = [line.strip() for line in environ.get("XCONAN_OVERRIDE", "").splitlines()]
    yield "XCONAN_OVERRIDE", "override", [*filter(None, lines)]


def invoked_from() -> Path:
    """The folder where the command was given, absolute."""
    return Path(os.environ.get("PWD") or ".").absolute()


def _locate(text: str, *, root: Path, name: str, place: str, problems: Problems) -> Path:
    file = Path(text).expanduser()
    tried = [invoked_from() / file, root / file]
    for path in tried:
        if path.is_file():
            return path
    if file.is_absolute() or tried[0] == tried[1]:
        tried = tried[:1]
    places = " or ".join(str(path) for path in dict.fromkeys(tried))
    message = "this is a folder" if any(path.is_dir() for path in tried) else "there is no such file"
    problems.add(message, file=places, key=f"{place}={text}", hint=_meant(file.name, root, name))
    return tried[0]


def _meant(file: str, root: Path, name: str) -> str:
    """What somebody may have meant by a file that is not there: a target by name, or a file of the project."""
    if name == "cross" and is_target(file):
        return f"did you mean --target {file}? In a build frontend: -C target={file}"
    there = {path.name: path for path in (*root.glob("*.toml"), *root.glob("*/*.toml")) if path != root / _PROJECT}
    close = nearest_names(file, there)
    return f"did you mean {there[close[0]].relative_to(root)}?" if close else "check the path"
