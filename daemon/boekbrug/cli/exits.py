"""What a command's exit code means to a script."""

from enum import IntEnum


class Exit(IntEnum):
    """How a command ended."""

    #: done, and nothing needs attention
    OK = 0
    #: done, but a problem or a doubt is waiting for somebody
    ATTENTION = 1
    #: wrong usage or settings: nothing was done
    USAGE = 2
    #: not possible now; the same command later may succeed
    LATER = 3
    #: a fault of boekbrug or of a plugin
    BUG = 4


EPILOG = (
    "Exit codes: 0 done; 1 something needs attention; 2 wrong usage or settings; 3 not possible now, try later; "
    "4 a fault of boekbrug."
)
