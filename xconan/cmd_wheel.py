"""`conan xconan:wheel`: the wheels of a recipe, made by `conan create` and laid into a folder.

A custom command of Conan's, copied into its home by `conan config install`. Conan imports it as xconan.cmd_wheel:
from there, or from this very package where the two share an environment. So it uses nothing else of xconan.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING

from conan.api.output import ConanOutput
from conan.cli.command import conan_command
from conan.errors import ConanException

if TYPE_CHECKING:
    from conan.api.conan_api import ConanAPI


def _print(wheels: list[str]) -> None:
    sys.stdout.writelines(f"{one}\n" for one in wheels)


@conan_command(group="xconan", formatters={"text": _print})  # type: ignore[untyped-decorator]
def wheel(conan_api: ConanAPI, parser: ArgumentParser, *args: list[str]) -> list[str]:
    """
    Create the package of a wheel, with the libraries that it needs, and copy the wheel into a folder.

    All arguments of 'conan create' are understood, too, the recipe's folder first of all. Libraries are built where
    they are missing, unless --build says otherwise. The wheels' paths are printed.
    """  # noqa: D212 - Conan prints it as it stands
    _add_arguments(parser)
    if {"-h", "--help"} & {*args[0]}:
        parser.parse_args(["--help"])
    # a parser of long options alone: the other would take -c or -o:h for the beginning of its -cc or --out-file
    own = ArgumentParser(add_help=False, allow_abbrev=False)
    _add_arguments(own)
    arguments, more = own.parse_known_args(args[0])
    out = Path(arguments.output_folder).absolute()
    if out.exists() and not out.is_dir():
        raise ConanException(f"--output-folder {out} is a file")
    conan_api.command.run(["export", str(recipe_file(conan_api).parent)])
    if not any(re.match(r"(-b|--build)(=|$)|-b[^t]", word) for word in more):
        more.append("--build=missing")
    if not any(word.startswith("--lockfile") for word in more):
        more.append("--lockfile-partial")  # a lockfile of `xconan lock` has no programs of this machine
    if arguments.python:
        more += ["-c", f"user.xconan:python={arguments.python}"]
        os.environ["XCONAN_PYTHON"] = arguments.python  # for a version that only xconan finds: no conf is known then
    wheels = []
    with tempfile.TemporaryDirectory() as place:
        for target in arguments.target or [None]:
            profile = Path(place, str(target))
            if target:
                run_xconan(conan_api, arguments.python, ["profile", "--target", target, "-o", str(profile)])
            result = conan_api.command.run(["create", *([f"-pr:h={profile}"] if target else []), *more])
            wheels += _copy(result["graph"], out)
    return wheels


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--output-folder", metavar="DIR", default="dist", help="where the wheels go [dist]")
    parser.add_argument(
        "--target", metavar="NAME", action="append", default=[],
        help="host by name: cp311-manylinux_2_28_aarch64; may be repeated. No host profile is needed then",
    )  # fmt: skip
    add_python(parser)


def add_python(parser: ArgumentParser) -> None:
    """The option that names a Python with xconan."""
    parser.add_argument(
        "--python", metavar="FILE", default="",
        help="a Python that has xconan [$XCONAN_PYTHON, Conan's own, or that of the xconan on PATH]",
    )  # fmt: skip


def recipe_file(conan_api: ConanAPI) -> Path:
    """The recipe `xconan` as `conan config install` laid it down."""
    file = Path(conan_api.home_folder, "xconan", "xconan", "conanfile.py")
    if not file.is_file():
        raise ConanException(f"there is no {file}: xconan conan-config -o DIR && conan config install DIR")
    return file


def run_xconan(conan_api: ConanAPI, python: str, words: list[str]) -> str:
    """Run xconan, which may be in another environment, and return what it printed; errors are its own words."""
    file = recipe_file(conan_api)
    spec = spec_from_file_location("_xconan_recipe", file)
    if spec is None or spec.loader is None:
        raise ConanException(f"{file} can't be read")
    recipe = module_from_spec(spec)
    spec.loader.exec_module(recipe)
    command = [*recipe.find_xconan(python), *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise ConanException(f"`{recipe.shown(command)}` failed with exit code {done.returncode}")
    return done.stdout


def _copy(graph: object, out: Path) -> list[str]:
    """The created packages' wheels, each written beside its place and renamed."""
    packages = graph.root.conanfile.dependencies.direct_host.values()  # type: ignore[attr-defined]
    found = [wheel for one in packages for wheel in sorted(Path(one.package_folder).glob("*.whl"))]
    if not found:
        raise ConanException("the package has no wheel: does its recipe extend xconan.XconanWheel?")
    out.mkdir(parents=True, exist_ok=True)
    for wheel in found:
        beside = out / f".{wheel.name}.new"
        try:
            shutil.copyfile(wheel, beside)
            beside.replace(out / wheel.name)
        finally:
            beside.unlink(missing_ok=True)
        ConanOutput().success(f"wheel: {out / wheel.name}")
    return [str(out / wheel.name) for wheel in found]
