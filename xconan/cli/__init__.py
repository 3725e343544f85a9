"""The command line: one module a verb, with its arguments, its run() and what it prints."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run `xconan ARGV` and return its exit code; docs/errors.md lists them."""
    if argv is None:
        from xconan.ground.encoding import use_utf8

        use_utf8()
    words = sys.argv[1:] if argv is None else [*argv]
    if words[:1] != ["build"]:
        return _run(words)
    from xconan.ground.door import knock

    if not _has_folder():
        return _run(words)

    visit = knock("xconan", _without_jobs(words), asked=_asked(words))
    if visit.wheels:
        from xconan.cli.output import write

        visit.tell()
        write(visit.text)
        return 0
    code = _run(words)
    if code == 0:
        try:
            visit.remember()
        except KeyboardInterrupt:  # the wheel is in its place, and the next build looks at it again
            return 130
    return code


def _has_folder() -> bool:
    """Whether the working folder has not been removed by now."""
    import os

    try:
        os.getcwd()  # noqa: PTH109 - pathlib is slow to import
    except OSError:
        return False
    return True


def _without_jobs(words: Sequence[str]) -> list[str]:
    """The words without -j N, by which nothing of a wheel changes."""
    kept: list[str] = []
    for word in words:
        number = word.removeprefix("--jobs=").removeprefix("-j")
        if number.isdecimal() and int(number) and (number != word or kept[-1:] in (["-j"], ["--jobs"])):
            if number == word:
                kept.pop()
        else:
            kept.append(word)
    return kept


def _asked(words: Sequence[str]) -> dict[str, str]:
    """How much a build is to tell, by its options; what reads them all is imported only where there is one."""
    import os

    options = " ".join(words) + " "
    if (
        not any(name in options for name in ("-v ", "-q ", "verbose", "quiet", "loglevel", "V"))
        and "PY_BUILD_CMAKE_LOGLEVEL" not in os.environ
    ):
        return {}
    from xconan.ground.verbosity import of_words

    return of_words(words)


def _run(words: Sequence[str]) -> int:
    import os
    from functools import partial

    from xconan.cli.arguments import as_environment, chosen_environment
    from xconan.cli.output import write_errors
    from xconan.cli.parser import parse
    from xconan.ground.boundary import guarded
    from xconan.ground.errors import MachineError

    arguments = parse(words)
    report = write_errors if getattr(arguments, "json", False) else None
    guard = partial(guarded, report=report, out=getattr(arguments, "out", None), what=f"{words[0]} is at work")
    with guard():
        if not _has_folder():
            raise MachineError("the folder that this runs in is gone", where=os.environ.get("PWD", ""),
                               hint="cd to a folder that is there")  # fmt: skip
        chosen = chosen_environment(arguments)
    with as_environment(chosen), guard():
        code: int = arguments.run(arguments)
        return code


if __name__ == "__main__":
    sys.exit(main())
