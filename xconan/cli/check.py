"""`xconan check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xconan.cli.arguments import add_json, remedy_of_none
from xconan.cli.output import write_answer
from xconan.ground.errors import CheckError, XconanError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from xconan.binary.finding import Finding
    from xconan.wheel.finished.report import WheelReport


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.description = (
        "Check wheels of any platform by their bytes, on any machine: what every build checks before it writes its "
        "wheel, and the file itself: its tags, RECORD, METADATA, WHEEL and the names in the archive. Exit code 6 where "
        "one of them has errors; all of them are checked."
    )
    parser.add_argument("wheels", metavar="WHEEL", nargs="+", type=Path, help="a wheel's file")
    parser.add_argument(
        "--suggest", action="store_true", help="also say the widest platform tag that the bytes of each deserve"
    )
    parser.add_argument("--html", metavar="FILE", type=Path, help="write a page to look at; it needs no network")
    add_json(parser, "the findings, the tags deserved, and the sources of the tables, for programs")


def run(arguments: argparse.Namespace) -> int:
    """Check every wheel and say what is wrong with each; exit code 6 where something is."""
    from xconan.wheel.finished.report import table_sources

    _look_for(arguments.wheels)
    answers = [_check(path) for path in arguments.wheels]
    if arguments.html:
        from xconan.ground.files import write_bytes
        from xconan.wheel.finished.page import report_page

        # names of files, and what damaged wheels say, may be no text
        write_bytes(arguments.html.absolute(), report_page(answers).text.encode("utf-8", "backslashreplace"))
    facts = {"wheels": [_facts(answer) for answer in answers], "tables": table_sources()}
    lines = [line for answer in answers for line in _lines(answer, suggest=arguments.suggest)]
    write_answer(arguments, facts=facts, lines=lines, indent=1)
    return 0 if all(_is_good(answer) for answer in answers) else CheckError.exit_code


def _look_for(paths: Sequence[Path]) -> None:
    """Refuse paths that lead to no file.

    Raises:
        ConfigError: or ErrorGroup; each path that is wrong is named.
    """
    from xconan.ground.errors import Problems

    problems = Problems()
    for path in paths:
        if path.is_dir():
            problems.add("this is a folder, not a wheel", file=path, hint=f"name its wheels: {path}/*.whl")
        elif not path.exists():
            problems.add("there is no such file", file=path, hint=remedy_of_none(path))
        elif not path.is_file():
            problems.add("this is no regular file, but a pipe or a device", file=path, hint="name a wheel: dist/*.whl")
    problems.raise_if_any()


def _check(path: Path) -> WheelReport | XconanError:
    """A wheel's report, or why there can't be one."""
    from xconan.check import check_wheel
    from xconan.ground.errors import MachineError
    from xconan.ground.report import doing

    try:
        with doing(f"checking {path.name}"):
            return check_wheel(path)
    except XconanError as error:
        return error
    except OSError as error:
        return MachineError(error.strerror or str(error), where=str(path), hint="check its owner and permissions")


def _is_good(answer: WheelReport | XconanError) -> bool:
    return not isinstance(answer, XconanError) and not answer.errors


def _facts(answer: WheelReport | XconanError) -> dict[str, object]:
    """One wheel for programs."""
    if isinstance(answer, XconanError):
        return {"wheel": answer.where, "ok": False, "errors": answer.facts(), "findings": []}
    name = answer.name
    return {
        "wheel": str(answer.path), "ok": not answer.errors, "name": name.name, "version": name.version,
        "build": name.build, "tags": {
            "python": [*name.tags.python], "abi": [*name.tags.abi], "platform": [*name.tags.platform],
        }, "findings": [_finding(finding) for finding in answer.findings],
        "deserved": {"platform": answer.deserved.tag, "because": [*answer.deserved.because]}, "errors": [],
    }  # fmt: skip


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "level": "warning" if finding.warning else "error", "file": finding.file, "message": finding.message,
        "hint": finding.hint, "breaks_tag": finding.breaks_tag,
    }  # fmt: skip


def _lines(answer: WheelReport | XconanError, *, suggest: bool) -> Iterator[str]:
    """One wheel for people."""
    from xconan.ground.errors import printable
    from xconan.wheel.finished.claims import SUGGEST

    if isinstance(answer, XconanError):
        yield printable(f"{Path(answer.where).name}: {answer.message}")
        yield f"  help: {printable(answer.hint)}"
        return
    counts = [f"{len(some)} {what}{'' if len(some) == 1 else 's'}"
              for some, what in ((answer.errors, "error"), (answer.warnings, "warning")) if some]  # fmt: skip
    yield printable(f"{answer.name.file}: {', '.join(counts) or 'in order'}")
    for finding in answer.findings:
        level = "warning" if finding.warning else "error"
        yield printable(
            f"  {level}: {'' if finding.file == answer.name.file else f'{finding.file}: '}{finding.message}"
        )
        if not (suggest and finding.hint == SUGGEST):
            yield f"    help: {printable(finding.hint)}"
    if suggest:
        yield from _suggestion(answer)


def _suggestion(answer: WheelReport) -> Iterator[str]:
    from xconan.ground.errors import printable

    tag, because = answer.deserved.tag, answer.deserved.because
    claimed = printable(".".join(answer.name.tags.platform))
    yield f"  deserves {tag or 'no one tag'}" + (
        ", as it is tagged" if tag and tag == claimed else f", tagged {claimed}"
    )
    yield from (f"    {'no wider' if tag else 'why'}: {printable(line)}" for line in because[:3])
