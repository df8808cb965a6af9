"""What entries hold of sales at a distance, per administration and year: a row for each entry that holds any."""

from collections.abc import Sequence

from sqlalchemy import Connection

from boekbrug.store.bulk import insert_rows, select_rows
from boekbrug.store.tables import distance_sale


def add(connection: Connection, rows: Sequence[tuple[int, int, int, int]]) -> None:
    """Add (entry, administration, year, cents without VAT) of entries composed just now."""
    insert_rows(connection, distance_sale, ("entry", "administration", "year", "minor"), rows)


def sold(connection: Connection, administration: int) -> dict[int, int]:
    """Return the cents sold at a distance per year, of entries that stand."""
    return {year: int(minor) for year, minor in select_rows(connection, _SOLD, [administration])}


_SOLD = """
    select d.year, sum(d.minor) from distance_sale d join entry_state s on s.entry = d.entry
    where d.administration = ? and s.state <> 'replaced' group by d.year
"""
