"""The mark by which an entry is found again at its target: booking number, licence code, generation."""

from hashlib import blake2b

_TAIL = 5


def mark_of(number: str, code: str, generation: int = 1, *, longest: int, reversal: bool = False) -> str:
    """Build a mark of at most `longest` characters; where space is short the number is shortened, nothing else.

    A shortened number ends in "~" and four characters of its hash, so that two long numbers stay apart.
    """
    suffix = f"-{code}-{generation}{'R' if reversal else ''}"
    room = longest - len(suffix)
    return (number if len(number) <= room else _shorten(number, room)) + suffix


def later_number(number: str, n: int) -> str:
    """Name the n-th entry of one document or term; the first keeps the number as it is."""
    return number if n == 1 else f"{number}/{n}"


def _shorten(number: str, room: int) -> str:
    digest = blake2b(number.encode(), digest_size=2).hexdigest()
    return f"{number[: max(room - _TAIL, 0)]}~{digest}"
