"""Amounts between integer minor units and the text of the books."""

import re

from boekbrug.contract import MINOR_DIGITS

_AMOUNT = re.compile(r"([-+]?)([0-9]{1,18})(?:\.([0-9]{1,18}))?").fullmatch


def written(minor: int, digits: int = 2) -> str:
    """Write minor units with a point before the last digits."""
    if digits == 2 and (minor >= 100 or minor <= -100):  # almost all of them
        text = str(minor)
        return f"{text[:-2]}.{text[-2:]}"
    if not digits:
        return str(minor)
    text = str(abs(minor)).rjust(digits + 1, "0")
    return f"{'-' if minor < 0 else ''}{text[:-digits]}.{text[-digits:]}"


def minor_of(text: str, currency: str) -> int | None:
    """Read minor units; None for what is no amount in a currency we know."""
    digits, found = MINOR_DIGITS.get(currency), _AMOUNT(text)
    if digits is None or found is None:
        return None
    sign, whole, fraction = found[1], found[2], (found[3] or "").rstrip("0")
    if len(fraction) > digits:
        return None
    minor = int(whole + fraction.ljust(digits, "0"))
    return -minor if sign == "-" else minor
