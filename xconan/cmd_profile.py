"""`conan xconan:profile`: a host profile that says which Python wheels are for.

A custom command of Conan's, as cmd_wheel.py is.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from conan.api.output import ConanOutput
from conan.cli.command import conan_command
from conan.errors import ConanException

from xconan.cmd_wheel import add_python, run_xconan

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from conan.api.conan_api import ConanAPI


@conan_command(group="xconan", formatters={"text": sys.stdout.write})  # type: ignore[untyped-decorator]
def profile(conan_api: ConanAPI, parser: ArgumentParser, *args: list[str]) -> str:
    """
    Derive the host profile of a cross.toml, or of a target by name, for 'conan create' of wheels and for libraries.

    It is printed, or with --name kept among Conan's own profiles.
    """  # noqa: D212 - Conan prints it as it stands
    parser.add_argument(
        "hosts",
        metavar="HOST",
        nargs="+",
        help="cp311-manylinux_2_28_aarch64, or cross.toml files, of which a later one is stronger",
    )
    parser.add_argument("--name", help="keep it under this name, for -pr:h NAME")
    add_python(parser)
    arguments = parser.parse_args(args[0])
    files = [str(Path(host).absolute()) for host in arguments.hosts if host.endswith(".toml")]
    names = [host for host in arguments.hosts if not host.endswith(".toml")]
    if len(names) > 1:
        raise ConanException(f"a profile is for one host: {' and '.join(names)} are two")
    targets = ["--target", names[0]] if names else []
    if not arguments.name:
        return run_xconan(conan_api, arguments.python, ["profile", *files, *targets])
    if Path(arguments.name).is_absolute() or ".." in Path(arguments.name).parts:
        raise ConanException(f"'{arguments.name}' is not a profile's name")
    place = Path(conan_api.home_folder, "profiles", arguments.name)
    if place.exists() and "derived by xconan" not in place.read_text("utf-8", "replace"):
        raise ConanException(f"{place} is a profile of yours: choose another name, or remove it first")
    run_xconan(conan_api, arguments.python, ["profile", *files, *targets, "-o", str(place)])
    ConanOutput().success(f"profile: {place}")
    return ""
