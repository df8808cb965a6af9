"""Figures over all that was booked: totals per VAT code, and documents per state and licence."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.contract import Role
from boekbrug.store import tally
from boekbrug.store.tables import entry_line, entry_state
from boekbrug.store.words import EntryState


class VatTotal(NamedTuple):
    """Turnover and VAT under one code of the target, in cents of euro; what was sold is positive."""

    vat_code: str
    treatment: str
    lines: int
    base: int
    vat: int


def vat_totals(connection: Connection, licence: int | None = None) -> list[VatTotal]:
    """Add up what is booked per VAT code and treatment."""
    base, vat = entry_line.alias("base"), entry_line.alias("vat")
    belongs = sa.and_(vat.c.entry == base.c.entry, vat.c.base == base.c.n, vat.c.role == Role.VAT)
    query = (
        sa.select(
            base.c.vat_code,
            sa.func.coalesce(base.c.treatment, ""),
            sa.func.count(),
            -sa.func.sum(_euro(base)),
            -sa.func.coalesce(sa.func.sum(_euro(vat)), 0),
        )
        .select_from(base)
        .join(entry_state, entry_state.c.entry == base.c.entry)
        .outerjoin(vat, belongs)
        .where(entry_state.c.state == EntryState.BOOKED, base.c.role == Role.BASE)
        .group_by(base.c.vat_code, base.c.treatment)
        .order_by(base.c.vat_code, base.c.treatment)
    )
    if licence is not None:
        query = query.where(entry_state.c.licence == licence)
    return [
        VatTotal(code, treatment, lines, int(base), int(vat))
        for code, treatment, lines, base, vat in connection.execute(query)
    ]


def _euro(line: sa.FromClause) -> sa.ColumnElement[int]:
    return sa.func.coalesce(line.c.euro_minor, line.c.minor)


def per_licence(connection: Connection) -> dict[int, dict[str, int]]:
    """Count documents per state for every licence."""
    return tally.counts(connection)
