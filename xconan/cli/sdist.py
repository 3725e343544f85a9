"""`xconan sdist`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xconan.cli.arguments import add_json, add_project, add_verbosity, project_root, settings
from xconan.cli.output import write_answer

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.description = (
        "Write the source distribution: what version control tracks, and what the wheel is made from. Prints its path. "
        "With --verify, the wheel is built from it in a clean folder, and of the project's folder, for each target: "
        "exit code 6 where they differ."
    )
    add_project(parser)
    parser.add_argument("-o", "--out", metavar="DIR", type=Path, default=None, help="where it goes [PROJECT/dist]")
    parser.add_argument("--verify", action="store_true", help="first build its wheels and the folder's, and compare")
    add_verbosity(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the source distribution; its path is the only thing on standard output.

    With --verify it is put in its place after its wheels, one for each target, were found to be those of the folder.
    """
    from xconan.project.requirements import check_build_requirements
    from xconan.wheel.sdist import build_sdist

    root = project_root(arguments)
    out = (arguments.out or root / "dist").absolute()
    targets = settings(arguments)
    facts: dict[str, object] = {}
    if arguments.verify:
        check_build_requirements(root)
        name, wheels = _verified(root, out, targets)
        facts["verified"] = wheels
    else:
        name = build_sdist(root, out, targets[0])
    write_answer(arguments, facts={"sdist": str(out / name), **facts}, lines=[out / name])
    return 0


def _verified(root: Path, out: Path, targets: list[dict[str, object]]) -> tuple[str, list[str]]:
    """The names of the source distribution and of the wheels that were compared."""
    import tempfile

    from xconan.fetch.archives import unpack
    from xconan.ground.errors import MachineError
    from xconan.ground.files import write_bytes
    from xconan.wheel.sdist import build_sdist

    with tempfile.TemporaryDirectory(prefix="xconan-sdist-") as work:
        name = build_sdist(root, Path(work), targets[0], ours=out)
        clean = Path(work) / "clean"
        unpack(Path(work) / name, clean, kind=MachineError)
        (unpacked,) = clean.iterdir()
        wheels = [_verify(root, unpacked, Path(work) / f"wheels-{at}", one) for at, one in enumerate(targets)]
        write_bytes(out / name, (Path(work) / name).read_bytes())
    return name, wheels


def _verify(root: Path, unpacked: Path, out: Path, chosen: Mapping[str, object]) -> str:
    """Build the same wheel of both and compare them; return its name.

    Raises:
        CheckError: or ErrorGroup; they hold other things.
        XconanError: one of them can't be built.
    """
    from xconan.ground.errors import Problems
    from xconan.ground.report import say
    from xconan.pipeline import build_wheel
    from xconan.wheel.compare import compare_wheels

    say("xconan: the wheel of the project's folder")
    mine = out / "folder" / build_wheel(root, out / "folder", chosen)
    say("xconan: the wheel of the source distribution")
    theirs = out / "sdist" / build_wheel(unpacked, out / "sdist", _for_the_same_host(root, unpacked, chosen))
    comparison = compare_wheels(mine, theirs)
    for note in comparison.notes:
        say(f"xconan: {note}")
    Problems(found=list(comparison.errors)).raise_if_any()
    say(f"xconan: {mine.name} is the same of both")
    return mine.name


def _for_the_same_host(root: Path, unpacked: Path, chosen: Mapping[str, object]) -> dict[str, object]:
    """The settings, and the files of this machine that the project's folder has and the source distribution has not."""
    from xconan.project.config.layers import CROSS_FILES, LOCAL_FILES

    found = dict(chosen)
    for key, names in (("cross", CROSS_FILES), ("local", LOCAL_FILES)):
        beside = next((root / name for name in names if (root / name).is_file()), None)
        if beside and not (unpacked / beside.name).is_file():
            given = chosen.get(key, [])
            found[key] = [str(beside), *(given if isinstance(given, list) else [given])]
    return found
