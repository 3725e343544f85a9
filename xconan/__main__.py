"""`python -m xconan`."""

import sys

from xconan.cli import main

sys.exit(main())
