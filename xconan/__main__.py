"""`python -m xconan`."""

import os
import sys

if sys.path[:1] in ([""], [os.getcwd()]):  # noqa: PTH109 - pathlib imports modules of names that the folder may have
    sys.path.append(sys.path.pop(0))  # the working folder is the last to ask: its json.py is not Python's

if __name__ == "__main__":
    from xconan.cli import main

    sys.exit(main())
