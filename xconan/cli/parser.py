"""The parser of the command line, with what `xconan --help` teaches."""

from __future__ import annotations

import argparse
import re
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from xconan import __version__
from xconan.cli.verbs import VERBS
from xconan.ground.errors import nearest_names

if TYPE_CHECKING:
    from collections.abc import Sequence

_ABOUT = """\
Cross-compile Python extension wheels together with the native libraries they need.

A cross.toml says which host Python and platform:

    implementation = 'cp'
    version = '311'
    arch = 'linux_aarch64'
    toolchain_file = 'aarch64-linux-gnu.cmake'
    include_dir = 'sysroot/usr/include/python3.11'

From it xconan derives the Conan host profile, has Conan cross-build the libraries, runs CMake with a
toolchain that finds the host's Python, and writes a checked wheel.
"""

_EXAMPLES = """\
examples:
  xconan new fast-pack                           a first project, in a folder of that name
  xconan build                                   a wheel for this machine, of the project in this folder
  xconan build --target cp311-manylinux_2_17_aarch64
                                                 a wheel for 64-bit ARM with glibc 2.17, by zig
  xconan build --cross rpi.cross.toml -o dist    a wheel for the host that rpi.cross.toml describes
  xconan build --all                             wheels for all targets of the project's matrix, libraries built once
  xconan plan --cross rpi.cross.toml             what that build would do
  xconan plan --all                              the same for all targets, and all that is missing
  xconan test dist/*.whl -- pytest tests         the wheels' tests, run by their hosts' Pythons
  xconan sdist --verify                          the source distribution, once its wheel is that of this folder
  xconan graph --target cp311-linux_aarch64      which libraries it needs, and which of them must be built
  xconan lock --target cp311-linux_aarch64 --target cp311-linux_armv7l
                                                 their versions, fixed for these targets in conan.lock
  xconan cross cp311-linux_aarch64 -o cross/     the same host as files: cross.toml, toolchain files, profile
  xconan warm cp311-manylinux_2_17_aarch64       zig's C++ library for it, made now, so that no build waits for it
  xconan ci github                               a pipeline that builds the matrix
  xconan clean                                   the project's build folders removed; xconan cache list: what is kept
  xconan targets                                 what this machine can build for
  xconan doctor                                  what keeps builds from working
  xconan profile rpi.cross.toml -o rpi.profile   the Conan profile; then: conan install . -pr:h rpi.profile
  xconan conan-config -o conan-config            for conan config install; then: conan xconan:wheel
  xconan python add 3.13 --for manylinux_2_17_aarch64
                                                 a host Python's headers, for builds with --target to use
  xconan toolchain add x-tools:aarch64-rpi3-linux-gnu
  xconan python add python-dev:aarch64-rpi3-linux-gnu
                                                 a ready-made toolchain, Pythons for it, and their cross.tomls

exit codes: 0 done, 1 the machine got in the way, 2 usage or configuration, 3 toolchain or host Python,
4 Conan, 5 CMake or compiler, 6 the wheel failed its check, 7 it failed when its host's Python tried it.
XCONAN_TRACEBACK=1 shows tracebacks, XCONAN_VERBOSE=1 all that Conan, CMake and compilers print.
"""


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Parse a command line.

    Args:
        words: without the program's own name.

    Returns:
        the arguments of the verb, and as `run` its function.

    Raises:
        SystemExit: help was asked for (0), or the words mean nothing (2); it has been printed.
    """
    command: Sequence[str] = ()
    if "--" in words and any(verb.command for verb in VERBS if verb.name == words[0]):
        at = list(words).index("--")
        words, command = words[:at], words[at + 1 :]
    if words[:1] == ["build"]:  # argparse would take the project's folder for its value
        words = ["--test=yes" if word == "--test" else word for word in words]
    arguments = make_parser(words).parse_args(words)
    arguments.command = command
    return arguments


def make_parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """A parser of all verbs that has the arguments of the one that is named in the words; no other is imported."""
    parser = _Parser(
        prog="xconan", description=_ABOUT, epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.words = words
    parser.add_argument("--version", action="version", version=f"xconan {__version__}")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    named = next((word for word in words if not word.startswith("-")), None)
    for verb in VERBS:
        if verb.name != named:
            if verb.help:
                verbs.add_parser(verb.name, help=verb.help)
            continue
        # without help it is not listed, with an empty one it would be
        chosen = verbs.add_parser(verb.name, help=verb.help) if verb.help else verbs.add_parser(verb.name)
        module = verb.module()
        chosen.set_defaults(run=module.run)
        module.add_arguments(chosen)
    if named is not None and named not in verbs.choices:
        parser.error(f"there is no verb '{named}'; {_meant(named, [verb.name for verb in VERBS if verb.help])}")
    return parser


class _Parser(argparse.ArgumentParser):
    """A parser whose errors name what was probably meant.

    Attributes:
        words: the command line.
        below: the parsers of its verbs, or of its actions, by name.
    """

    words: Sequence[str] = ()
    below: dict[str, _Parser]

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - argparse's own
        super().__init__(**options)
        self.below = {}

    def add_subparsers(self, **options: Any) -> argparse._SubParsersAction[Any]:  # noqa: ANN401 - argparse's own
        """As argparse has it; the parsers are noted."""
        made = super().add_subparsers(**options)
        self.below = made.choices
        return made

    def error(self, message: str) -> NoReturn:
        """Leave with exit code 2, after the usage and argparse's message in our words."""
        at = self._at()
        at.print_usage(sys.stderr)
        self.exit(2, f"xconan: error: {_in_our_words(message, at)}\n")

    def _at(self) -> _Parser:
        """The parser of the verb and action that the command line names; this one where it names none."""
        at = self
        for word in self.words:
            at = at.below.get(word, at)
        return at


def _in_our_words(message: str, at: _Parser) -> str:
    """What argparse says of a command line, with what was probably meant."""
    if wrong := re.fullmatch(r"argument (\S+): invalid choice: '(.*)' \(choose from (.*)\)", message):
        what = "there is no action" if wrong[1] == "ACTION" else f"{wrong[1]} can't be"
        known = re.findall(r"[^\s,']+", wrong[3])  # in quotes, or not: that depends on the version of Python
        return f"{what} '{wrong[2]}'; {_meant(wrong[2], known)}"
    if unknown := re.fullmatch(r"unrecognized arguments: (.*)", message):
        word = unknown[1].split()[0].partition("=")[0]
        if not word.startswith("-"):
            return f"'{word}' is one word too many; {at.prog} --help shows what it takes"
        close = nearest_names(word, re.findall(r"(?<![\w-])--[\w:-]+", at.format_help()))
        return f"there is no option {word}; {f'did you mean {close[0]}?' if close else f'{at.prog} --help lists them'}"
    if missing := re.fullmatch(r"the following arguments are required: (VERB|ACTION)", message):
        there = f": {', '.join(at.below)}" if missing[1] == "ACTION" else ""
        hint = f"{at.prog} --help lists them{there}"
        return f"which {missing[1].lower()}? {hint}"
    return message


def _meant(word: str, known: Sequence[str]) -> str:
    close = nearest_names(word, known)
    return f"did you mean '{close[0]}'?" if close else f"there are {', '.join(known)}"
