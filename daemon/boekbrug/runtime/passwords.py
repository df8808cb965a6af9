"""Passwords: hashed with argon2id, never kept, and never tried by many at once."""

from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

SHORTEST = 12
LONGEST = 200

# 19 MiB and two passes, the smallest that OWASP's password storage sheet names; some 25 ms here
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# a flood of logins must not take the memory and the cores that the books need
_AT_ONCE = BoundedSemaphore(2)


def hashed(password: str) -> str:
    """Hash a password, with its salt and parameters in the text."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def matches(password: str, kept: str | None) -> bool:
    """Tell whether a password is the one that was hashed; without one it takes as long to say no."""
    try:
        with _AT_ONCE:
            _HASHER.verify(kept or _nobody_s(), password)
    except (Argon2Error, InvalidHashError):
        return False
    return kept is not None


@cache
def _nobody_s() -> str:
    return _HASHER.hash("")
