"""Who is linked with what: apps, grants, connections, units, administrations, licences and their rules."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table, UniqueConstraint, text

from boekbrug.store.tables.base import binary, day, integer, key, metadata, moment, partial_index, prose, word

app = Table(
    "app",
    metadata,
    key(),
    word("name"),
    word("plugin"),
    # two apps of one name would let a connection use the wrong client secret
    UniqueConstraint("name"),
)

grants = Table(
    "grants",
    metadata,
    key(),
    integer("app", ForeignKey("app.id")),
    word("identity", 255),
    word("identity_name", 255),
    word("state", 16),
    binary("tokens"),
    binary("tokens_before", null=True),
    integer("pair", server_default="1"),
    moment("expires_at", null=True),
    moment("refresh_from", null=True),
    moment("refresh_until", null=True),
    integer("fence", server_default="0"),
    integer("tries", server_default="0"),
    moment("refreshing_until", null=True),
    moment("given_at"),
    # a second pair for one remote user would invalidate the first at the vendor, and neither would work
    UniqueConstraint("app", "identity"),
)

authorisation = Table(
    "authorisation",
    metadata,
    key(),
    integer("app", ForeignKey("app.id")),
    binary("state_hash", null=True),
    word("identity", 255, null=True),
    binary("kept"),
    integer("connection", null=True),
    integer("grant", ForeignKey("grants.id"), null=True),
    moment("ends_at"),
    # a state that is answered twice could bind somebody else's grant to our connection
    UniqueConstraint("state_hash"),
    # two rows of one installation would hand the next step the keys of either
    UniqueConstraint("app", "identity"),
)

connection = Table(
    "connection",
    metadata,
    key(),
    word("name"),
    word("plugin"),
    word("role", 8),
    prose("settings"),
    integer("app", ForeignKey("app.id"), null=True),
    integer("grant", ForeignKey("grants.id"), null=True),
    word("state", 16),
    prose("reason"),
    moment("changed_at"),
    # a name on the command line must mean one connection
    UniqueConstraint("name"),
)

secret = Table(
    "secret",
    metadata,
    integer("connection", ForeignKey("connection.id"), primary_key=True, autoincrement=False),
    word("name", primary_key=True),
    binary("value"),
)

hook = Table(
    "hook",
    metadata,
    integer("connection", ForeignKey("connection.id"), primary_key=True, autoincrement=False),
    word("unit", primary_key=True),
    binary("secret_hash"),
    binary("kept"),
    moment("changed_at"),
)

unit = Table(
    "unit",
    metadata,
    integer("connection", ForeignKey("connection.id"), primary_key=True, autoincrement=False),
    word("code", primary_key=True),
    word("name", 255),
    word("time_zone"),
)

administration = Table(
    "administration",
    metadata,
    key(),
    integer("connection", ForeignKey("connection.id")),
    word("code"),
    word("name", 255),
    word("currency", 3),
    word("environment", 255),
    prose("facts"),
    # two rows for one set of books would each keep their own marks, and a sale could be booked once per row
    UniqueConstraint("connection", "code"),
)

licence = Table(
    "licence",
    metadata,
    key(),
    word("name"),
    word("code", 4),
    integer("source"),
    word("unit"),
    integer("target"),
    integer("administration", ForeignKey("administration.id")),
    day("start"),
    word("state", 16),
    Column("automatic", Boolean, nullable=False),
    integer("interval_minutes"),
    integer("delay_days", server_default="1"),
    Column("write_back", Boolean, nullable=False, server_default=text("false")),
    integer("rules"),
    prose("applied"),
    moment("next_at", null=True),
    moment("last_run_at", null=True),
    integer("fence", server_default="0"),
    word("claimed_by", null=True),
    moment("claimed_until", null=True),
    integer("hinted", server_default="0"),
    # when the books are to be compared next, when they were, and of how many entries they told nothing then
    moment("compare_at", null=True),
    moment("compared_at", null=True),
    integer("untold", server_default="0"),
    moment("changed_at"),
    UniqueConstraint("name"),
    # one code for two licences of an administration would make their marks look alike, and one could settle the other's
    UniqueConstraint("administration", "code"),
)
partial_index("ix_licence_due", licence.c.next_at, only="next_at is not null")
Index("ix_licence_compare", licence.c.compare_at)
Index("ix_licence_source", licence.c.source, licence.c.unit)

rules = Table(
    "rules",
    metadata,
    integer("licence", ForeignKey("licence.id"), primary_key=True, autoincrement=False),
    integer("version", primary_key=True, autoincrement=False),
    prose("body"),
    word("actor", 255),
    moment("at"),
)

audit = Table(
    "audit",
    metadata,
    key(),
    moment("at"),
    word("actor", 255),
    word("act"),
    word("subject", 255),
    integer("licence", null=True),
    prose("facts"),
)
Index("ix_audit_licence", audit.c.licence, audit.c.id)
