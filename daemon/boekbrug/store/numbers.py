"""The numbers and days of what a source sold, for finding what is missing between them."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection

from boekbrug.store.bulk import select_rows
from boekbrug.store.licences import Licence

_PAGE = 5000


class Numbered(NamedTuple):
    """A document with its number and the ISO day that its source gives it."""

    id: int
    kind: str
    number: str
    dated: str


def dated_in(connection: Connection, licence: Licence, days: tuple[str, str]) -> Iterator[Numbered]:
    """Yield the sales and credits of a unit dated from the first to the last ISO day."""
    query = """
        select id, kind, number, dated from document where id > ? and connection + 0 = ? and unit || '' = ?
        and dated >= ? and dated <= ? and kind || '' in ('order', 'invoice', 'receipt', 'credit-note')
        order by id limit ?
    """
    after = 0
    while page := select_rows(connection, query, [after, licence.source, licence.unit, *days, _PAGE]):
        yield from (Numbered(*row) for row in page)
        after = page[-1][0]
