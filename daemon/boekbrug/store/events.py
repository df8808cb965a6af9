"""The append-only account of what happened to documents, entries and effects.

The row of each is its own first event: it says when it came to be, and in which state that was. An entry says when
its documents came to wait for delivery, and an effect that was settled by the answer to its call says how and when,
for its entry too. The rest is here.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from boekbrug.store.bulk import Row, insert_rows
from boekbrug.store.tables import event

DOCUMENT, ENTRY, EFFECT, PARTY = "document", "entry", "effect", "party"

COLUMNS = ("subject", "id", "kind", "licence", "at", "state", "reason", "facts")


def record(connection: Connection, rows: Sequence[Row]) -> None:
    """Append events; each row stands in the order of COLUMNS."""
    insert_rows(connection, event, COLUMNS, rows)
