"""What keeps several workers out of each other's way: id blocks, workers, budgets, caches, heartbeat."""

from sqlalchemy import Index, Table

from boekbrug.store.tables.base import binary, integer, key, metadata, moment, partial_index, prose, word

id_block = Table("id_block", metadata, word("name", primary_key=True), integer("next"))

worker = Table(
    "worker",
    metadata,
    word("id", primary_key=True),
    word("host", 255),
    integer("pid"),
    word("started"),
    moment("seen_at"),
)

budget = Table(
    "budget",
    metadata,
    word("plugin", primary_key=True),
    word("key", 255, primary_key=True),
    prose("taken"),
    integer("remaining", null=True),
    moment("resets_at", null=True),
)

cache = Table(
    "cache",
    metadata,
    integer("connection", primary_key=True, autoincrement=False),
    word("key", 255, primary_key=True),
    binary("value"),
    moment("ends_at"),
)
Index("ix_cache_ends_at", cache.c.ends_at)

run = Table(
    "run",
    metadata,
    key(),
    integer("licence"),
    moment("started_at"),
    moment("ended_at", null=True),
    prose("facts"),
)
Index("ix_run_licence", run.c.licence, run.c.id)

mail = Table(
    "mail",
    metadata,
    key(),
    word("kind", 16),
    word("about", 255),
    word("recipient", 254),
    # encrypted, since a one-time link lets in whoever reads it; erased when the mail is over
    binary("sealed", null=True),
    word("state", 16),
    prose("reason"),
    integer("tries"),
    integer("fence"),
    moment("next_at", null=True),
    moment("ends_at"),
    moment("written_at"),
    moment("changed_at"),
)
partial_index("ix_mail_next_at", mail.c.next_at, only="next_at is not null")

fact = Table("fact", metadata, word("name", primary_key=True), prose("value"))
