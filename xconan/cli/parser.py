"""What `xconan --help` teaches."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from xconan import __version__
from xconan.project.config.records import KEYS

if TYPE_CHECKING:
    from collections.abc import Callable

TOOLCHAINS = KEYS["cross"]["toolchain"].choices
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
  xconan build                                   a wheel for this machine, of the project in this folder
  xconan build --target cp311-manylinux_2_17_aarch64
                                                 a wheel for 64-bit ARM with glibc 2.17, by zig
  xconan build --cross rpi.cross.toml -o dist    a wheel for the host that rpi.cross.toml describes
  xconan plan --cross rpi.cross.toml             what that build would do
  xconan graph --target cp311-linux_aarch64      which libraries it needs, and which of them must be built
  xconan lock --target cp311-linux_aarch64 --target cp311-linux_armv7l
                                                 their versions, fixed for these targets in conan.lock
  xconan cross cp311-linux_aarch64 -o cross/     the same host as files: cross.toml, toolchain files, profile
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
4 Conan, 5 CMake or compiler, 6 the wheel failed its check. XCONAN_TRACEBACK=1 shows tracebacks.
"""


def _lazily(module: str, function: str) -> Callable[[argparse.Namespace], int]:
    """A verb's function, imported when it is called: what one verb needs is no matter of the others."""

    def verb(arguments: argparse.Namespace) -> int:
        run: Callable[[argparse.Namespace], int] = getattr(import_module(f"xconan.cli.{module}"), function)
        return run(arguments)

    return verb


def make_parser() -> argparse.ArgumentParser:
    """The parser of the command line; each verb's function is set as `verb`."""
    parser = argparse.ArgumentParser(
        prog="xconan", description=_ABOUT, epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"xconan {__version__}")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    _add_build(verbs)
    _add_plan(verbs)
    _add_graph(verbs)
    _add_lock(verbs)
    _add_profile(verbs)
    _add_cross(verbs)
    _add_targets(verbs)
    _add_doctor(verbs)
    _add_python(verbs)
    _add_toolchain(verbs)
    _add_conan_config(verbs)
    _add_recipe(verbs)
    return parser


def _add_build(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = _verb(
        verbs, "build", "build a wheel",
        "Build a wheel in the environment that xconan runs in, which must have the project's build requirements "
        "(`python -m build` makes such an environment by itself). Prints the wheel's path.",
    )  # fmt: skip
    _add_project(verb)
    verb.add_argument("-o", "--out", metavar="DIR", type=Path, default=None, help="where the wheel goes [PROJECT/dist]")
    verb.add_argument(
        "--upload", metavar="REMOTE", default="",
        help="put the Conan packages that were built on this machine into this remote, once the wheel is there",
    )  # fmt: skip
    verb.add_argument("--json", action="store_true", help="print the result, or the errors, as JSON")
    verb.set_defaults(verb=_lazily("build", "run"))


def _add_plan(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = _verb(
        verbs, "plan", "show what a build would do",
        "Show the host, the toolchain, the host's Python, the Conan profile and the calls of CMake that a build "
        "would use. Only the compilers are asked; nothing is built.",
    )  # fmt: skip
    _add_project(verb)
    verb.add_argument("--json", action="store_true", help="the whole plan, for programs")
    verb.set_defaults(verb=_lazily("plan", "run"))


def _add_graph(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = _verb(
        verbs, "graph", "show the Conan packages, and where each binary would come from",
        "Resolve what the project asks of Conan for each target, and show the packages: in Conan's cache, to download, "
        "to build, this machine's own, or the reason why not. Recipes are fetched; nothing is built.",
    )  # fmt: skip
    _add_project(verb, "another host")
    verb.add_argument("--json", action="store_true", help="the graph and its errors, for programs")
    verb.add_argument("--html", metavar="FILE", type=Path, help="write a page to look at; it needs no network")
    verb.set_defaults(verb=_lazily("graph", "run"))


def _add_lock(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = _verb(
        verbs, "lock", "write conan.lock for all targets",
        "Write the versions and revisions of all recipes that the targets need into one conan.lock, beside the "
        "conanfile or pyproject.toml; builds then use these alone. What is locked already is kept. --target and "
        "--cross may be repeated; without any target this machine's packages are locked. Prints the file's path.",
    )  # fmt: skip
    _add_project(verb, "another host")
    verb.add_argument("--upgrade", action="store_true", help="lock everything anew, by the newest that remotes have")
    verb.add_argument("--json", action="store_true", help="print the result, or the errors, as JSON")
    verb.set_defaults(verb=_lazily("lock", "run"))


def _add_profile(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = _verb(
        verbs, "profile", "print the Conan host profile for a cross.toml or target",
        "Derive the Conan host profile from a cross.toml and its toolchain file, or for a target by name. "
        "`conan install -pr:h` takes it as it is, and `conan create` of a wheel reads its host from it.",
    )  # fmt: skip
    verb.add_argument("files", metavar="FILE", nargs="*", type=Path, help="cross.toml; a later one is stronger")
    verb.add_argument(
        "--target", metavar="NAME", help="host by name: cp311-manylinux_2_17_aarch64; a FILE may say more about it"
    )
    verb.add_argument("-o", "--out", metavar="FILE", type=Path, help="write it there instead of printing it")
    verb.set_defaults(verb=_lazily("profile", "run"), usage_error=verb.error)


def _add_conan_config(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = _verb(
        verbs, "conan-config", "write a folder that makes Conan make wheels",
        "Write a folder for `conan config install`: the commands `conan xconan:wheel` and `conan xconan:profile`, host "
        "profiles, the deployer xconan_wheels, and the recipe xconan, which recipes of wheels extend. Prints the "
        "folder.",
    )  # fmt: skip
    verb.add_argument("-o", "--out", metavar="DIR", type=Path, required=True, help="the folder to write")
    verb.add_argument(
        "--target", metavar="NAME", action="append", default=[],
        help="host by name to write a profile for, may be repeated "
        "[the running Python on every host that there is a compiler for]",
    )  # fmt: skip
    verb.add_argument("--json", action="store_true", help="print the result, or the errors, as JSON")
    verb.set_defaults(verb=_lazily("conan_config", "run"))


def _add_recipe(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = verbs.add_parser("conan-recipe", description="What recipes of wheels call by themselves (docs/conan.md).")
    verb.add_argument("request", metavar="FILE", type=Path, help="the recipe's request, JSON")
    verb.set_defaults(verb=_lazily("conan_recipe", "run"))


def _add_cross(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = _verb(
        verbs, "cross", "write a target's cross.toml, toolchain files and Conan profile",
        "Write what is behind a target's name as files: cross.toml, CMake toolchain files with and without Python, "
        "Conan profile, compiler scripts and headers of the host's Python. They can be edited, moved and kept under "
        "version control, and `xconan build --cross FILE` makes the same wheel of them as of the name. Prints the "
        "paths of the cross.tomls.",
    )  # fmt: skip
    verb.add_argument("targets", metavar="TARGET", nargs="+", help="host by name: cp311-manylinux_2_17_aarch64")
    verb.add_argument("-o", "--out", metavar="DIR", type=Path, required=True, help="the folder to write them into")
    verb.add_argument(
        "--toolchain", choices=TOOLCHAINS, help="compiler [this machine's cross gcc for linux_ tags, else zig]"
    )
    verb.add_argument(
        "--include-dir", metavar="DIR", type=Path, help="headers of the host's Python [the running Python's, adapted]"
    )
    _add_offline(verb)
    verb.add_argument("--force", action="store_true", help="replace files that say something else")
    verb.add_argument("--json", action="store_true", help="print the result, or the errors, as JSON")
    verb.set_defaults(verb=_lazily("cross", "run"))


def _add_targets(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = _verb(
        verbs, "targets", "show what this machine can build for, and what is missing",
        "Show the hosts that xconan knows, the compilers here for each, the oldest platform tag that they reach, "
        "what runs their programs, and the commands that provide what is missing. With names: whether these targets "
        "can be built (exit code 0) or not (3). Nothing is compiled.",
    )  # fmt: skip
    verb.add_argument("targets", metavar="TARGET", nargs="*", help="host by name: cp311-manylinux_2_17_aarch64")
    verb.add_argument("--json", action="store_true", help="the same facts for programs")
    verb.set_defaults(verb=_lazily("targets", "run"))


def _add_doctor(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = _verb(
        verbs, "doctor", "look for what keeps builds from working",
        "Look at everything that builds need of this machine: Python and its headers, cmake, ninja, compilers, Conan "
        "and its remotes, emulators, caches, disk. Exit code 0 if builds for this machine can work, else 3.",
    )  # fmt: skip
    verb.add_argument("--online", action="store_true", help="ask Conan's remotes for an answer, too")
    verb.add_argument("--json", action="store_true", help="the same facts for programs")
    verb.set_defaults(verb=_lazily("doctor", "run"))


def _add_python(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = _verb(
        verbs, "python", "keep host Pythons at hand",
        "The store of host Pythons: headers, sysconfig data and libraries that builds find by themselves. It is in "
        "$XCONAN_PYTHONS, else in xconan's cache.",
    )  # fmt: skip
    actions = verb.add_subparsers(title="actions", metavar="ACTION", required=True)
    one = _verb(
        actions, "add", "fetch a host Python and put it into the store",
        "Fetch a Python's headers, verify them and put them into the store; its folder is printed. What is there "
        "already is not fetched again. The Pythons that belong to a ready-made toolchain, python-dev:TRIPLE, go to "
        "the toolchain instead, and their cross.tomls are printed.",
    )  # fmt: skip
    one.add_argument(
        "versions", metavar="VERSION", nargs="*",
        help="3.13, 3.13t (without a GIL), pypy3.11; or python-dev:TRIPLE",
    )  # fmt: skip
    _add_for(one)
    one.add_argument(
        "--from", metavar="SOURCE", dest="source", default=None,
        help="debian, standalone (needs xconan[standalone]), a folder that holds an installation or a file system, "
        "an archive, or the address of one [debian where this machine has apt and Debian that Python, else standalone]",
    )  # fmt: skip
    one.add_argument("--sha256", metavar="SUM", default=None, help="what the archive must have")
    one.add_argument("--force", action="store_true", help="replace what is there")
    _add_bundles(one, "of python-dev:TRIPLE: ", "python-dev of the common machines")
    _add_json(one, _lazily("python", "add"))
    one = _verb(actions, "list", "what is in the store", "List the store: name, version, source.")
    _add_json(one, _lazily("python", "show"))
    one = _verb(actions, "path", "where a host Python is", "Print the prefix of a host Python in the store.")
    one.add_argument("name", metavar="NAME", help="as `list` says it; a version with --for")
    _add_for(one)
    _add_json(one, _lazily("python", "path"))
    one = _verb(actions, "remove", "take host Pythons away", "Remove host Pythons from the store.")
    one.add_argument("names", metavar="NAME", nargs="+", help="as `list` says it; a version with --for")
    _add_for(one)
    one.set_defaults(verb=_lazily("python", "remove"))


def _add_toolchain(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = _verb(
        verbs, "toolchain", "fetch and list ready-made toolchains",
        "Ready-made cross compilers for old C libraries, with their files for CMake and Conan. A bundle's name is "
        "x-tools:TRIPLE, python-dev:TRIPLE for the Pythons that belong to it.",
    )  # fmt: skip
    actions = verb.add_subparsers(title="actions", metavar="ACTION", required=True)
    one = _verb(
        actions, "add", "fetch and unpack",
        "Fetch, verify, unpack and try bundles; what is there already is not fetched again. Prints a toolchain's "
        "folder, or the cross.tomls of the Pythons. The environment may say where the archives are: "
        "XCONAN_X_TOOLS_URL, _VERSION and _GCC, XCONAN_PYTHON_DEV_URL and _VERSION.",
    )  # fmt: skip
    one.add_argument(
        "names", metavar="NAME", nargs="*",
        help="x-tools:TRIPLE, python-dev:TRIPLE, or the path or address of an archive of their layout",
    )  # fmt: skip
    one.add_argument("--gcc", metavar="N", default="", help="major version of the compiler")
    one.add_argument("--sha256", metavar="SUM", default=None, help="what the archive must have")
    _add_bundles(one, "", "the toolchains and Pythons for the common machines")
    _add_json(one, _lazily("toolchain", "add"))
    one = _verb(actions, "list", "what is there", "List what is there, and what could be added.")
    _add_store(one)
    _add_json(one, _lazily("toolchain", "show"))
    one = _verb(actions, "path", "where a bundle is", "Print a toolchain's folder, or the cross.tomls of its Pythons.")
    one.add_argument("name", metavar="NAME", help="x-tools:TRIPLE or python-dev:TRIPLE")
    one.add_argument("--python", metavar="VERSION", default="", help="of python-dev:TRIPLE this alone: 3.11")
    one.set_defaults(verb=_lazily("toolchain", "path"))
    _add_store(one)
    one = _verb(actions, "remove", "take bundles away", "Remove bundles; files that were changed since stay.")
    one.add_argument("names", metavar="NAME", nargs="+", help="x-tools:TRIPLE or python-dev:TRIPLE")
    one.set_defaults(verb=_lazily("toolchain", "remove"))
    _add_store(one)


def _add_bundles(verb: argparse.ArgumentParser, what: str, everything: str) -> None:
    verb.add_argument("--all", action="store_true", help=f"{everything}; what fails doesn't keep back the rest")
    verb.add_argument("--version", metavar="X.Y.Z", default="", help=f"{what}the release")
    verb.add_argument(
        "--url", metavar="BASE", default="", help=f"{what}a mirror of the releases: BASE/X.Y.Z/ARCHIVE or BASE/ARCHIVE"
    )
    _add_store(verb, what)


def _add_store(verb: argparse.ArgumentParser, what: str = "") -> None:
    verb.add_argument(
        "-o", "--out", metavar="DIR", type=Path, default=None,
        help=f"{what}where bundles are, below x-tools [$XCONAN_TOOLCHAINS, else bundles in xconan's cache]",
    )  # fmt: skip


def _add_for(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--for", metavar="TAG", dest="platforms", action="append", default=[],
        help="the host's platform tag, as wheels have it: manylinux_2_17_aarch64, win_amd64; may be repeated",
    )  # fmt: skip


def _add_offline(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--offline", action="store_true",
        help="fetch no Python headers, name the command that does; like XCONAN_OFFLINE=1 (Conan has its own remotes)",
    )  # fmt: skip


def _add_json(verb: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    verb.add_argument("--json", action="store_true", help="print the result, or the errors, as JSON")
    verb.set_defaults(verb=run)


def _verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str, short: str, text: str
) -> argparse.ArgumentParser:
    return verbs.add_parser(name, help=short, description=text)


def _add_project(verb: argparse.ArgumentParser, again: str = "the later one is stronger") -> None:
    verb.add_argument(
        "project", metavar="PROJECT", nargs="?", type=Path, default=Path(), help="folder of pyproject.toml [.]"
    )
    verb.add_argument(
        "--cross", metavar="FILE", action="append", default=[],
        help=f"cross.toml of the host; given again, {again}",
    )  # fmt: skip
    verb.add_argument(
        "--target",
        metavar="NAME",
        action="append",
        default=[],
        help="host by name: cp311-manylinux_2_17_aarch64; a cross.toml may say more about it",
    )
    for letter, name, what in (("h", "host", "the host's Conan profile"), ("b", "build", "the build machine's")):
        verb.add_argument(
            f"-pr:{letter}", f"--profile:{name}", metavar="PROFILE", action="append", default=[],
            dest=f"{name}_profiles", help=f"on top of {what}: a file, or a name in Conan's home; may be repeated",
        )  # fmt: skip
    verb.add_argument(
        "-b", "--build", metavar="WHAT", action="append", default=[], dest="modes",
        help="what Conan may build, in its words: missing, never, 'lz4/*'; may be repeated [missing]",
    )  # fmt: skip
    verb.add_argument(
        "-C", "--config-setting", metavar="KEY=VALUE", action="append", default=[], dest="settings",
        help="as for `python -m build`: cross=FILE, local=FILE, override='cmake.build_type=\"Debug\"'",
    )  # fmt: skip
    _add_offline(verb)
