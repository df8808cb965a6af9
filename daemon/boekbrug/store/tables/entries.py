"""What was composed and what became of it: entries, lines, memberships, terms, effects, parties.

Entries and lines are never changed; what happens to them is an event beside one mutable state row. Rows written
together with the row they belong to have no foreign key to it (a tenth of the whole journey); `db check` looks.
"""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table, UniqueConstraint

from boekbrug.store.tables.base import binary, day, integer, key, metadata, moment, partial_index, prose, word

entry = Table(
    "entry",
    metadata,
    key(),
    integer("licence", ForeignKey("licence.id")),
    integer("administration", ForeignKey("administration.id")),
    word("mark", 255),
    word("number", 255),
    word("kind", 16),
    word("journal"),
    day("date"),
    day("due", null=True),
    word("period", 16),
    word("condition"),
    word("currency", 3),
    prose("rate", null=True),
    word("text", 255),
    integer("total"),
    integer("rules"),
    integer("term", null=True),
    integer("reverses", null=True),
    Column("concept", Boolean, nullable=False),
    word("party", 255, null=True),
    binary("party_body", null=True),
    moment("composed_at"),
)
Index("ix_entry_licence", entry.c.licence, entry.c.date, entry.c.id)
partial_index("ix_entry_term", entry.c.term, only="term is not null")
partial_index("ix_entry_reverses", entry.c.reverses, only="reverses is not null")

entry_line = Table(
    "entry_line",
    metadata,
    integer("entry", primary_key=True, autoincrement=False),
    integer("n", primary_key=True, autoincrement=False),
    word("role", 16),
    word("account"),
    integer("minor"),
    integer("euro_minor", null=True),
    word("vat_code", 32),
    integer("vat_minor"),
    word("treatment", 24, null=True),
    integer("base", null=True),
    word("text", 255),
    word("cost_centre"),
    word("reference", 255),
    word("why", 255),
    sqlite_with_rowid=False,
)

entry_state = Table(
    "entry_state",
    metadata,
    integer("entry", primary_key=True, autoincrement=False),
    integer("licence"),
    integer("administration"),
    word("mark", 255),
    integer("after", null=True),
    word("state", 16),
    word("reason"),
    integer("fence", server_default="0"),
    word("claimed_by", null=True),
    moment("next_at", null=True),
    integer("tries", server_default="0"),
    word("remote_id", 255, null=True),
    word("remote_number", 255, null=True),
    moment("changed_at"),
)
# two living entries under one mark: a look-up could not tell which of them is booked
partial_index(
    "uq_entry_state_mark", entry_state.c.administration, entry_state.c.mark, only="state <> 'replaced'", unique=True
)
# one record at the target answering for two entries: one sale would be missing and nobody would know
partial_index(
    "uq_entry_state_remote",
    entry_state.c.administration,
    entry_state.c.remote_id,
    only="remote_id is not null",
    unique=True,
)
partial_index("ix_entry_state_after", entry_state.c.after, only="after is not null")
partial_index("ix_entry_state_unapproved", entry_state.c.licence, entry_state.c.entry, only="state = 'composed'")
partial_index(
    "ix_entry_state_due", entry_state.c.licence, entry_state.c.next_at, entry_state.c.entry, only="next_at is not null"
)

membership = Table(
    "membership",
    metadata,
    integer("entry", primary_key=True, autoincrement=False),
    integer("document", primary_key=True, autoincrement=False),
    word("facet", 32, primary_key=True),
    integer("licence"),
    integer("revision"),
    moment("ended_at", null=True),
    # what a sale adds to the turnover of the entry's day, as it was booked: the shop may change it afterwards
    integer("turnover", null=True),
    # the lines that the facet stands for in a total; without it those of the entry
    binary("share", null=True),
    sqlite_with_rowid=False,
)
# one facet of a document in two living entries is a sale booked twice
partial_index(
    "uq_membership_live",
    membership.c.licence,
    membership.c.document,
    membership.c.facet,
    only="ended_at is null",
    unique=True,
)

# how an entry that was changed at its target looked there last, and how it looked when a person accepted that
seen_at_target = Table(
    "seen_at_target",
    metadata,
    integer("entry", primary_key=True, autoincrement=False),
    word("seen"),
    word("accepted", null=True),
    sqlite_with_rowid=False,
)

term = Table(
    "term",
    metadata,
    key(),
    integer("licence", ForeignKey("licence.id")),
    word("unit"),
    word("kind", 16),
    day("first_day"),
    day("last_day"),
    word("state", 16),
    word("reason"),
    moment("due_at", null=True),
    moment("changed_at"),
)
partial_index("ix_term_due", term.c.licence, term.c.due_at, only="due_at is not null")

term_day = Table(
    "term_day",
    metadata,
    # a day in two terms is a day's turnover booked twice
    integer("licence", ForeignKey("licence.id"), primary_key=True, autoincrement=False),
    word("unit", primary_key=True),
    day("day", primary_key=True),
    integer("term", ForeignKey("term.id")),
    sqlite_with_rowid=False,
)

effect = Table(
    "effect",
    metadata,
    key(),
    integer("licence"),
    integer("administration"),
    word("kind", 16),
    integer("subject"),
    word("mark", 255),
    binary("payload"),
    word("batch", 255),
    prose("numbers"),
    integer("depends_on", null=True),
    word("state", 16),
    prose("reason"),
    integer("fence"),
    word("worker"),
    moment("leased_until"),
    moment("intended_at"),
    moment("settled_at", null=True),
    integer("looks", server_default="0"),
    moment("next_at", null=True),
)
# two open intents for one entry are two chances of it being created twice
partial_index("uq_effect_open", effect.c.kind, effect.c.subject, only="state in ('intent', 'unknown')", unique=True)
partial_index("ix_effect_open", effect.c.licence, effect.c.next_at, only="next_at is not null")
Index("ix_effect_subject", effect.c.subject)
partial_index(
    "ix_effect_booked", effect.c.administration, effect.c.settled_at, only="state = 'booked' and kind = 'entry'"
)

party = Table(
    "party",
    metadata,
    key(),
    integer("administration", ForeignKey("administration.id")),
    word("party_key", 255),
    word("state", 16),
    word("reason"),
    integer("fence", server_default="0"),
    word("claimed_by", null=True),
    moment("next_at", null=True),
    integer("tries", server_default="0"),
    word("remote_id", 255, null=True),
    word("remote_number", 255, null=True),
    moment("changed_at"),
    # a customer created twice splits one debtor's open items over two cards
    UniqueConstraint("administration", "party_key"),
)

event = Table(
    "event",
    metadata,
    integer("subject", primary_key=True, autoincrement=False),
    integer("id", primary_key=True, autoincrement=False),
    word("kind", 8),
    integer("licence"),
    moment("at"),
    word("state", 16),
    word("reason"),
    prose("facts", null=True),
    sqlite_with_rowid=False,
)
