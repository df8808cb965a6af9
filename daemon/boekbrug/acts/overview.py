"""How it stands: documents per state, totals per VAT code, and when each licence ran last."""

from decimal import Decimal

import msgspec

from boekbrug.acts.find import amount
from boekbrug.booking.composed import DocumentState
from boekbrug.store import approvals, figures, licences, states
from boekbrug.store.licences import Licence
from boekbrug.sync.house import House


class VatShown(msgspec.Struct, frozen=True, kw_only=True):
    """What is booked under one VAT code, in euro."""

    vat_code: str
    treatment: str
    lines: int
    base: Decimal
    vat: Decimal


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """Counts per state, whose sum is what was fetched, and what is booked per VAT code."""

    counts: dict[str, int]
    vat: tuple[VatShown, ...]

    @property
    def fetched(self) -> int:
        """Return how many documents there are."""
        return sum(self.counts.values())


def overview(house: House, licence: int | None = None) -> Overview:
    """Count the documents of a licence, or of all."""
    with house.database.read() as connection:
        counts = states.counts(connection, licence)
        totals = figures.vat_totals(connection, licence)
    vat = tuple(
        VatShown(
            vat_code=one.vat_code, treatment=one.treatment, lines=one.lines, base=amount(one.base, "EUR"),
            vat=amount(one.vat, "EUR"),
        )
        for one in totals
    )  # fmt: skip
    return Overview(counts=counts, vat=vat)


def unapproved(house: House, licence: int) -> int:
    """Count the entries of a licence that wait for a person's approval."""
    with house.database.read() as connection:
        return len({one.entry for one in approvals.unapproved(connection, licence)})


def per_licence(house: House) -> list[tuple[Licence, dict[str, int]]]:
    """List the licences by name with their counts."""
    with house.database.read() as connection:
        found = licences.list_all(connection)
        counts = figures.per_licence(connection)
    every = dict.fromkeys(map(str, DocumentState), 0)
    return [(licence, {**every, **counts.get(licence.id, {})}) for licence in found]
