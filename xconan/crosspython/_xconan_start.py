"""Goes on with what the cross interpreter was asked, once the answers are given: `python -I _xconan_start.py -I …`.

Under -I and -E Python does not look into PYTHONPATH, under -S it imports no sitecustomize; the interpreter's script
then calls this file, with the same options, and hands on all its words.
"""

from __future__ import annotations

import importlib.util
import os
import runpy
import sys
import types

HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - as sys.path spells it


def _answers() -> types.ModuleType:
    """Our sitecustomize under another name: the other ones have run already, or were not to."""
    sys.orig_argv[1:] = sys.argv[1:]
    sys.path[:] = [HERE, *(folder for folder in sys.path if folder != HERE)]
    spec = importlib.util.spec_from_file_location("_xconan_answers", f"{HERE}/sitecustomize.py")
    module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]  # a file that is there
    sys.modules["_xconan_answers"] = module
    spec.loader.exec_module(module)  # type: ignore[union-attr]
    sys.path.remove(HERE)
    return module


def _go_on(kind: str, words: list[str]) -> None:
    """Do what `python -c`, `python -m` or `python FILE` do."""
    safe = sys.flags.isolated or getattr(sys.flags, "safe_path", False)
    if kind == "m":
        sys.argv[:] = ["-m", *words[1:]]
        sys.path[:0] = [] if safe else [os.getcwd()]  # noqa: PTH109 - as sys.path spells it
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
    elif kind == "" and words and words[0] != "-":
        sys.argv[:] = words
        sys.path[:0] = [] if safe else [os.path.dirname(os.path.abspath(words[0]))]  # noqa: PTH100, PTH120 - the same
        runpy.run_path(words[0], run_name="__main__")
    else:
        text, name = (words[0], "<string>") if kind == "c" else (sys.stdin.read(), "<stdin>")
        sys.argv[:] = [f"-{kind}", *words[1:]] if words else [""]
        sys.path[:0] = [] if safe else [""]
        main = sys.modules["__main__"] = types.ModuleType("__main__")
        exec(compile(text, name, "exec", dont_inherit=True), vars(main))  # noqa: S102 - what Python was asked to do


if __name__ == "__main__":
    _go_on(*_answers().asked(sys.argv[1:]))
