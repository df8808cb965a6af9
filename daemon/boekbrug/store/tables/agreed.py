"""What people signed: periods that were filed, and lists and gaps that somebody agreed to."""

from sqlalchemy import ForeignKey, Table, UniqueConstraint

from boekbrug.store.tables.base import day, integer, key, metadata, moment, prose, word

filing = Table(
    "filing",
    metadata,
    key(),
    integer("administration", ForeignKey("administration.id")),
    word("kind", 8),
    day("first_day"),
    day("last_day"),
    prose("figures"),
    word("actor", 255),
    moment("at"),
    # one period filed twice has two sets of frozen figures, and a change would be told twice or not at all
    UniqueConstraint("administration", "kind", "last_day"),
)

agreement = Table(
    "agreement",
    metadata,
    integer("licence", ForeignKey("licence.id"), primary_key=True, autoincrement=False),
    word("list", 16, primary_key=True),
    word("subject", 255, primary_key=True),
    word("actor", 255),
    moment("at"),
    prose("note"),
    word("digest"),
)
