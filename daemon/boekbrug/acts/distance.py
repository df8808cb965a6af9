"""What each administration sold at a distance, against the threshold of the one-stop shop."""

from decimal import Decimal

import msgspec
import sqlalchemy as sa

from boekbrug.booking.distance import LIMIT
from boekbrug.contract import from_minor
from boekbrug.store import distance, licences
from boekbrug.store.tables import administration
from boekbrug.sync.house import House


class Counter(msgspec.Struct, frozen=True, kw_only=True):
    """One administration in one year: euros sold at a distance without VAT, the limit, and the licences that sell."""

    administration: str
    year: int
    sold: Decimal
    limit: Decimal
    licences: tuple[str, ...]


def list_counters(house: House) -> list[Counter]:
    """List the counters of all administrations, latest year first."""
    with house.database.read() as connection:
        names = dict(connection.execute(sa.select(administration.c.id, administration.c.name)).all())
        links = licences.list_all(connection)
        sold = {id: distance.sold(connection, id) for id in names}
    return [
        Counter(
            administration=name, year=year, sold=from_minor(sold[id][year]), limit=from_minor(LIMIT),
            licences=tuple(one.name for one in links if one.administration == id),
        )
        for id, name in sorted(names.items())
        for year in sorted(sold[id], reverse=True)
    ]  # fmt: skip
