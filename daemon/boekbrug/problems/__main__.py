"""Write docs/problems.md to standard output: `python -m boekbrug.problems > docs/problems.md`."""

import sys

from boekbrug.problems.page import page

sys.stdout.write(page())
