"""What is held of a sale in advance, and how it is turned back: at its invoice, or when it is refunded before one."""

from collections.abc import Iterable

from msgspec.structs import replace

from boekbrug.booking.compiled import ADVANCE
from boekbrug.booking.sums import portion
from boekbrug.contract import Line


class Held:
    """What one line of prepayments holds, credit negative, with the VAT that became due with it."""

    __slots__ = ("like", "net", "vat", "vat_like")

    def __init__(self, like: Line) -> None:
        self.like = like
        self.vat_like: Line | None = None
        self.net = self.vat = 0

    def add_vat(self, line: Line) -> None:
        """Add a VAT line of this base."""
        self.vat_like = line
        self.vat += line.minor


def held_in_advance(entries: Iterable[tuple[Line, ...]]) -> tuple[Held, ...]:
    """Sum what entries hold in advance of a sale, less what they released."""
    sums: dict[tuple[str, str, str, str], Held] = {}
    for lines in entries:
        placed: list[Held | None] = []
        for line in lines:
            held = None
            if line.why.startswith(ADVANCE):
                if line.base is not None:
                    held = placed[line.base]
                    assert held is not None, "the VAT of an advance belongs to its base"
                    held.add_vat(line)
                else:
                    key = (line.account, line.vat_code, line.why, line.cost_centre)
                    held = sums.setdefault(key, Held(line))
                    held.net += line.minor
            placed.append(held)
    return tuple(held for held in sums.values() if held.net or held.vat)


def total_held(held: Iterable[Held]) -> int:
    """Return the gross amount that is held, positive."""
    return -sum(one.net + one.vat for one in held)


def release(held: Iterable[Held], amount: int, whole: int, place: int) -> list[Line]:
    """Turn back `amount` of the `whole` that is held, code and VAT with it (bookkeeper.md §1.6, §1.20).

    `place` is the position that the first line gets in its entry. The last line takes the remainder.
    """
    lines: list[Line] = []
    rest = amount
    held = list(held)
    for one in held:
        gross = -one.net - one.vat
        share = rest if one is held[-1] else portion(gross, amount, whole)
        vat = -one.vat if amount == whole else portion(-one.vat, amount, whole)
        rest -= share
        base = place + len(lines)
        lines.append(replace(one.like, minor=share - vat, vat_minor=vat))
        if one.vat_like is not None and vat:
            lines.append(replace(one.vat_like, minor=vat, base=base))
    return lines
