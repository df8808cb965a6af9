"""Which box of the Dutch VAT return a base is declared in (dutch-accounting.md §1.1)."""

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from boekbrug.booking.compiled import FROM
from boekbrug.contract import Line, Role, Treatment


class Box(StrEnum):
    """A box of the Dutch VAT return, or the other return that a base belongs to."""

    #: standard rate
    STANDARD = "1a"
    #: reduced rate
    REDUCED = "1b"
    #: other rates
    OTHER = "1c"
    #: zero rate and reverse charge within the country
    UNTAXED = "1e"
    #: out of the Union
    EXPORT = "3a"
    #: to businesses in the Union; the ICP return lists the same per VAT id
    UNION = "3b"
    #: distance and installation sales declared in the buyer's country
    DISTANCE = "3c"
    #: the return of the one-stop shop
    OSS = "oss"
    #: the return of the country in which the stock lies
    FOREIGN = "foreign"


class Words(NamedTuple):
    """What a base's `why` says of its VAT; `rate` in percent, `country` empty where the treatment says it all.

    `origin` is where the stock of a one-stop shop's sale lies, where that is not the seller's country.
    """

    treatment: Treatment
    rate: Decimal
    country: str = ""
    origin: str = ""

    @property
    def box(self) -> Box | None:
        """Return the box of these words."""
        return box_of(self.treatment, self.rate)


#: every standard and reduced rate that the Netherlands had since 2001
_STANDARD = frozenset({Decimal(19), Decimal(21)})
_REDUCED = frozenset({Decimal(6), Decimal(9)})

_BOXES = {
    Treatment.ZERO: Box.UNTAXED,
    Treatment.REVERSE_CHARGE: Box.UNTAXED,
    Treatment.EXPORT: Box.EXPORT,
    Treatment.INTRA_EU_GOODS: Box.UNION,
    Treatment.INTRA_EU_SERVICE: Box.UNION,
    Treatment.DISTANCE: Box.DISTANCE,
    Treatment.OSS: Box.OSS,
    Treatment.FOREIGN: Box.FOREIGN,
}
_TAXED = frozenset({Treatment.DOMESTIC, Treatment.MARGIN})


def box_of(treatment: Treatment, rate: Decimal) -> Box | None:
    """Return the box of a base with this treatment at a rate in percent; None for what no return mentions.

    Of a margin sale only the margin has a rate, and a box; what was paid for the article is in none.
    """
    if treatment not in _TAXED:
        return _BOXES.get(treatment)
    if not rate:
        return None
    return Box.STANDARD if rate in _STANDARD else Box.REDUCED if rate in _REDUCED else Box.OTHER


def vat_words(line: Line) -> Words | None:
    """Read from a booked line what was declared with it; None for a line that declares nothing (yet).

    VAT not yet due under the cash scheme is declared by the payment's lines; movements of the source's own ledger have
    their rate in the rules alone.
    """
    words = line.why.removeprefix("advance ").split()
    if line.role not in (Role.BASE, Role.VAT) or words[:1] != ["vat"]:
        return None
    country = words[3] if len(words) > 3 and words[3].isupper() else ""
    stock = words[4] if len(words) > 4 and words[4].startswith(FROM) else ""
    return Words(Treatment(words[1]), Decimal(words[2]), country, stock.removeprefix(FROM))
