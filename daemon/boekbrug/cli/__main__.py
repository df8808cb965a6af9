"""Run the command line as `python -m boekbrug.cli`."""

from boekbrug.cli import main

main()
