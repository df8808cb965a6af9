"""When a sale that was open was first seen ready: the payment day where the source states none (bookkeeper.md §1.2)."""

import datetime as dt
from collections.abc import Collection, Mapping
from itertools import groupby

import msgspec
from sqlalchemy import Connection

from boekbrug.contract import Document, Readiness
from boekbrug.store.bulk import select_rows
from boekbrug.sync.workplace import MICROSECOND, Workplace

_decode = msgspec.msgpack.Decoder(Document).decode
_REVISIONS = """
    select r.document, r.n, r.seen_at, p.body from revision r
    join payload p on p.document = r.document and p.n = r.n
    where p.body is not null and r.document in ?* order by r.document, r.n
"""


def seen_paid(connection: Connection, work: Workplace, documents: Collection[int]) -> Mapping[int, dt.datetime]:
    """Return for each document that was open in an earlier revision the moment of its first ready one after that."""
    if not documents:
        return {}
    found: dict[int, dt.datetime] = {}
    rows = select_rows(connection, _REVISIONS, [list(documents)])
    for id, revisions in groupby(rows, key=lambda row: int(row[0])):
        was_open = False
        for _, n, seen_at, body in revisions:
            readiness = _decode(work.sealing.open_body(body, id, n)).readiness
            if readiness is Readiness.READY and was_open:
                found[id] = dt.datetime.fromtimestamp(0, dt.UTC) + seen_at * MICROSECOND
                break
            was_open = was_open or readiness is Readiness.OPEN
    return found
