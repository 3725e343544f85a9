"""Arguments that several verbs have, and what they mean."""

from __future__ import annotations

import argparse
import json
import os
import shlex
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.ground.errors import ConfigError
from xconan.host.patterns import files_of, is_pattern, is_pattern_of_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from xconan.release.matrix import Chosen


def chosen_environment(arguments: argparse.Namespace) -> dict[str, str]:
    """What --offline, -v, -q and -C mean as XCONAN_OFFLINE, XCONAN_VERBOSE and their like.

    Raises:
        ConfigError: or ErrorGroup; -C asks for more or less in words that are not known.
    """
    chosen = {"XCONAN_OFFLINE": "1"} if getattr(arguments, "offline", False) else {}
    verbose, quiet = getattr(arguments, "verbose", False), getattr(arguments, "quiet", False)
    if verbose or quiet:
        return chosen | {"XCONAN_VERBOSE": "1" if verbose else "0", "XCONAN_QUIET": "1" if quiet else "0"}
    if not hasattr(arguments, "verbose") and not hasattr(arguments, "settings"):
        return chosen  # a verb that another one runs: its environment says it already
    from xconan.ground.verbosity import asked_for

    return chosen | asked_for(dict(text.partition("=")[::2] for text in getattr(arguments, "settings", [])))


@contextmanager
def as_environment(chosen: Mapping[str, str]) -> Iterator[None]:
    """Have these variables for what runs within, and for what that starts."""
    before = {name: os.environ.get(name) for name in chosen}
    os.environ.update(chosen)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def add_verbosity(parser: argparse.ArgumentParser) -> None:
    """-v and -q, of verbs that build."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "-v", "--verbose", action="store_true",
        help="show all that Conan, CMake and compilers print, as it comes; like XCONAN_VERBOSE=1",
    )  # fmt: skip
    group.add_argument(
        "-q", "--quiet", action="store_true",
        help="say nothing but errors and warnings beside the result; like XCONAN_QUIET=1",
    )  # fmt: skip


class _CrossFiles(argparse.Action):
    """--cross, behind which a shell may have put all files that a pattern means, or stands the project's folder.

    `each` says that several files stand behind one --cross: each is a host of its own.
    """

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: object, option: str | None = None
    ) -> None:
        """Take the values of one --cross."""
        del parser, option
        words = cast("list[str]", values)
        folders = [word for word in words[1:] if Path(word).is_dir()]
        files = [word for word in words if word not in folders]
        namespace.cross = [*namespace.cross, *files]
        namespace.each = namespace.each or len(files) > 1
        namespace.folder = folders[-1] if folders else namespace.folder


def add_json(parser: argparse.ArgumentParser, text: str = "print the result, or the errors, as JSON") -> None:
    """--json; errors are JSON then, too."""
    parser.add_argument("--json", action="store_true", help=text)


def add_offline(parser: argparse.ArgumentParser) -> None:
    """--offline, of verbs that may fetch the headers of a host Python."""
    parser.add_argument(
        "--offline", action="store_true",
        help="fetch no Python headers, name the command that does; like XCONAN_OFFLINE=1 (Conan has its own remotes)",
    )  # fmt: skip


def add_project(parser: argparse.ArgumentParser, again: str = "the later one is stronger") -> None:
    """A project's folder, its hosts and what Conan may do: of verbs that look at a project.

    Args:
        parser: of the verb.
        again: what a second --cross means.
    """
    parser.add_argument(
        "project", metavar="PROJECT", nargs="?", type=Path, default=Path(), help="folder of pyproject.toml [.]"
    )
    parser.add_argument(
        "--cross", metavar="FILE", nargs="+", action=_CrossFiles, default=[],
        help=f"cross.toml of the host; given again, {again}",
    )  # fmt: skip
    parser.set_defaults(folder=None, each=False)
    parser.add_argument(
        "--target",
        metavar="NAME",
        action="append",
        default=[],
        help="host by name: cp311-manylinux_2_17_aarch64; a cross.toml may say more about it",
    )
    for letter, name, what in (("h", "host", "the host's Conan profile"), ("b", "build", "the build machine's")):
        parser.add_argument(
            f"-pr:{letter}", f"--profile:{name}", metavar="PROFILE", action="append", default=[],
            dest=f"{name}_profiles", help=f"on top of {what}: a file, or a name in Conan's home; may be repeated",
        )  # fmt: skip
    parser.add_argument(
        "-b", "--build", metavar="WHAT", action="append", default=[], dest="modes",
        help="what Conan may build, in its words: missing, never, 'lz4/*'; may be repeated [missing]",
    )  # fmt: skip
    parser.add_argument(
        "-C", "--config-setting", metavar="KEY=VALUE", action="append", default=[], dest="settings",
        help="as for `python -m build`: cross=FILE, local=FILE, override='cmake.build_type=\"Debug\"'",
    )  # fmt: skip
    add_offline(parser)


class Actions:
    """The actions of a verb that has several, as `xconan python add`."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        """Of the verb that this parser is for; one of them has to be named."""
        self._parsers = parser.add_subparsers(title="actions", metavar="ACTION", required=True)

    def add(
        self,
        name: str,
        run: Callable[[argparse.Namespace], int],
        *,
        line: str,
        description: str,
    ) -> argparse.ArgumentParser:
        """An action by its name: the parser to give its arguments to.

        Args:
            name: as it is typed.
            run: does it, and returns the exit code.
            line: what the verb's own help says of it.
            description: the beginning of the action's help.
        """
        parser = self._parsers.add_parser(name, help=line, description=description)
        parser.set_defaults(action=run)
        return parser


def run_action(arguments: argparse.Namespace) -> int:
    """Do the action that is named: the `run` of a verb with actions."""
    code: int = arguments.action(arguments)
    return code


def add_targets(parser: argparse.ArgumentParser) -> None:
    """--all, of verbs that look at or build many targets (chosen_targets)."""
    parser.add_argument(
        "--all", action="store_true",
        help="all targets of [tool.xconan.matrix]; with --target those that it names; with * or {a,b} it does alone",
    )  # fmt: skip


def remedy_of_none(path: Path) -> str:
    """What to do about a wheel that is not there; a glob means none where the shell has left it as it is."""
    return "xconan build makes a wheel, and says its path" if "*" in path.name else "name a wheel: dist/*.whl"


def add_bundle_source(parser: argparse.ArgumentParser, what: str, everything: str) -> None:
    """Which bundles, and where from: of verbs that add ready-made toolchains or their Pythons.

    Args:
        parser: of the verb.
        what: which of its names the options are for; "" for all.
        everything: what --all means.
    """
    parser.add_argument("--all", action="store_true", help=f"{everything}; what fails doesn't keep back the rest")
    parser.add_argument("--version", metavar="X.Y.Z", default="", help=f"{what}the release")
    parser.add_argument(
        "--url", metavar="BASE", default="", help=f"{what}a mirror of the releases: BASE/X.Y.Z/ARCHIVE or BASE/ARCHIVE"
    )
    add_bundle_store(parser, what)


def add_bundle_store(parser: argparse.ArgumentParser, what: str = "") -> None:
    """Where bundles are."""
    parser.add_argument(
        "-o", "--out", metavar="DIR", type=Path, default=None,
        help=f"{what}where bundles are, below x-tools [$XCONAN_TOOLCHAINS, else bundles in xconan's cache]",
    )  # fmt: skip


def project_root(arguments: argparse.Namespace) -> Path:
    """The project's folder, absolute, without `..`."""
    from xconan.ground.files import plain_path

    root = plain_path(Path(getattr(arguments, "folder", None) or arguments.project))
    if not root.is_dir():
        raise _no_folder(root, str(arguments.project))
    if not (root / "pyproject.toml").exists():
        raise _no_project(root)
    return root


def _no_folder(root: Path, given: str) -> ConfigError:
    """The error for a project that is no folder: a target, or a cross.toml, without its option."""
    from xconan.host.targets import is_target

    message = "this is a file, not the project's folder" if root.exists() else "there is no such folder"
    hint = "name the folder of pyproject.toml"
    if root.suffix == ".toml" and root.name != "pyproject.toml":
        hint = f"did you mean --cross {given}?"
    elif is_target(given):
        hint = f"did you mean --target {given}?"
    return ConfigError(message, where=str(root), hint=hint)


def _no_project(root: Path) -> ConfigError:
    """The error for a folder without pyproject.toml; it names a project above or below, if there is one."""
    above = next((folder for folder in root.parents if (folder / "pyproject.toml").is_file()), None)
    below = sorted(file.parent for file in root.glob("*/pyproject.toml"))
    hint = "go to the folder of a project, or name it; `xconan new NAME` writes a first one"
    if above or below:
        hint = f"name the project's folder: {shlex.quote(str(below[0] if below else above))}"
    return ConfigError("this is no project's folder: it has no pyproject.toml", where=str(root), hint=hint)


def settings(arguments: argparse.Namespace) -> list[dict[str, object]]:
    """--target, --cross and -C as PEP 517 config settings: one set for each target."""
    common = _common_settings(arguments, arguments.cross)
    named = cast("list[str]", common.pop("target", []))
    return [{**common, "target": target} for target in dict.fromkeys([*arguments.target, *named])] or [common]


def chosen_targets(arguments: argparse.Namespace, *, always: bool = False) -> list[Chosen] | None:
    """The targets where many are asked for: --all, patterns, several cross.tomls; None where it is one as ever.

    Args:
        arguments: of the verb.
        always: one target is many, too, by all that --cross, -C and the environment say of it together.
    """
    patterns = [name for name in arguments.target if is_pattern(name)]
    files = [file for written in arguments.cross for file in _files(written)]
    several = arguments.each or any(is_pattern_of_files(written) for written in arguments.cross)
    many = arguments.all or patterns or several or len(arguments.target) > 1
    if not many and not always:
        return None
    from xconan.release.matrix import Chosen, each_once, matrix_targets, one_target, targets_of_files

    if not many:
        return [one_target(project_root(arguments), one) for one in settings(arguments)]
    if several:
        if arguments.all or arguments.target:
            raise ConfigError("a pattern of --cross names targets, and so do --all and --target", where="--cross",
                              hint="name them by one of these")  # fmt: skip
        return targets_of_files(files, _common_settings(arguments, ()))
    common = _common_settings(arguments, arguments.cross)
    plain = [] if arguments.all else [name for name in arguments.target if not is_pattern(name)]
    chosen = [Chosen(name=name, settings={**common, "target": name}) for name in plain]
    if arguments.all or patterns:
        chosen += matrix_targets(project_root(arguments), common, arguments.target if arguments.all else patterns)
    return each_once(chosen, named="--target", remedy="leave the name out: the matrix has the file")


def planning_options(arguments: argparse.Namespace) -> list[str]:
    """The options by which `xconan plan` plans the same, from any folder."""
    files = [str(Path(name).expanduser().absolute()) for name in arguments.cross]
    options = ["--all"] if arguments.all else []
    options += ["--cross", *files] if arguments.each else [word for name in files for word in ("--cross", name)]
    common = _common_settings(arguments, ())
    options += [word for name in arguments.target for word in ("--target", name)]
    named = cast("dict[str, list[str]]", {key: value for key, value in common.items() if key not in ("override", "o")})
    options += [word for key, values in named.items() for value in values for word in ("-C", f"{key}={value}")]
    return options + _override_options(arguments)


def _override_options(arguments: argparse.Namespace) -> list[str]:
    """-C override, --profile:host, --profile:build and --build as they were given; a profile's file by its path."""
    given = [text for text in arguments.settings if text.partition("=")[0].lstrip("-") in ("override", "o")]
    options = [word for text in given for word in ("-C", text)]
    for option, names in (("-pr:h", arguments.host_profiles), ("-pr:b", arguments.build_profiles)):
        paths = [Path(name).expanduser().absolute() for name in names]
        for path, name in zip(paths, names, strict=True):
            options += [option, str(path) if path.is_file() else name]
    return options + [word for mode in arguments.modes for word in ("-b", mode)]


def _files(written: str) -> list[str]:
    """The files that a pattern means, by name; what is no pattern is a file."""
    if not is_pattern_of_files(written):
        return [written]
    if not (found := files_of(Path.cwd(), str(Path(written).expanduser()))):
        raise ConfigError(f"'{written}' is no file", where="--cross", hint="check the path; quote patterns")
    return found


def every_host(arguments: argparse.Namespace) -> list[dict[str, object]]:
    """The same for verbs that look at many hosts: each --target and each --cross is one of its own."""
    common = _common_settings(arguments, ())
    by_name = [{**common, "target": target} for target in arguments.target]
    by_file = [_common_settings(arguments, [file]) for file in arguments.cross]
    return [*by_name, *by_file] or [common]


def _common_settings(arguments: argparse.Namespace, cross: Sequence[str]) -> dict[str, object]:
    from xconan.project.config.settings import check_names

    values: dict[str, list[str]] = {}
    for text in arguments.settings:
        key, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(f"'{text}' is not KEY=VALUE", where="-C", hint="for example -C cross=FILE")
        values.setdefault(key.lstrip("-"), []).append(value)
    check_names(values)
    if cross:
        values.setdefault("cross", []).extend(cross)
    if when := getattr(arguments, "test", None):
        values["test"] = [when]
    values["override"] = [*values.get("override", []), *_conan_overrides(arguments)]
    for key in ("cross", "local"):
        # here the working directory is the user's; a build frontend's hooks have to ask $PWD
        values[key] = [str(Path(name).expanduser().absolute()) for name in values.get(key, [])]
    return dict(values)


def _conan_overrides(arguments: argparse.Namespace) -> list[str]:
    """--profile:host, --profile:build and --build as overrides; JSON's strings and lists are TOML's."""
    from xconan.project.config.override import spelt

    overrides = []
    for key, option, profiles in (
        ("host_profiles", "-pr:h", arguments.host_profiles),
        ("build_profiles", "-pr:b", arguments.build_profiles),
    ):
        paths = [Path(name).expanduser().absolute() for name in profiles]
        names = [str(path) if path.is_file() else name for path, name in zip(paths, profiles, strict=True)]
        if names:
            value = json.dumps(names, ensure_ascii=False)
            words = " ".join(f"{option} {name}" for name in profiles)
            overrides.append(spelt(f"conan.{key} += {value}", words))
    if arguments.modes:
        words = " ".join(f"-b {mode}" for mode in arguments.modes)
        overrides.append(spelt(f"conan.build = {json.dumps(arguments.modes, ensure_ascii=False)}", words))
    return overrides
