"""The parser of the command line, with what `xconan --help` teaches."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

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
  xconan plan --cross rpi.cross.toml             what that build would do
  xconan sdist --verify                          the source distribution, once its wheel is that of this folder
  xconan graph --target cp311-linux_aarch64      which libraries it needs, and which of them must be built
  xconan lock --target cp311-linux_aarch64 --target cp311-linux_armv7l
                                                 their versions, fixed for these targets in conan.lock
  xconan cross cp311-linux_aarch64 -o cross/     the same host as files: cross.toml, toolchain files, profile
  xconan warm cp311-manylinux_2_17_aarch64       zig's C++ library for it, made now, so that no build waits for it
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
4 Conan, 5 CMake or compiler, 6 the wheel failed its check. XCONAN_TRACEBACK=1 shows tracebacks, XCONAN_VERBOSE=1 all
that Conan, CMake and compilers print.
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
    return make_parser(words).parse_args(words)


def make_parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """A parser of all verbs that has the arguments of the one that is named in the words; no other is imported."""
    parser = argparse.ArgumentParser(
        prog="xconan", description=_ABOUT, epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
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
        _refuse(parser, named)
    return parser


def _refuse(parser: argparse.ArgumentParser, name: str) -> None:
    known = [verb.name for verb in VERBS if verb.help]
    close = nearest_names(name, known)
    hint = f"did you mean '{close[0]}'?" if close else f"there are {', '.join(known)}"
    parser.error(f"there is no verb '{name}'; {hint}")
