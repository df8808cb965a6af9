"""What was fetched: documents, their revisions and payloads, and the one state each has per licence."""

from sqlalchemy import ForeignKey, Index, Table, UniqueConstraint

from boekbrug.store.tables.base import binary, day, integer, key, metadata, moment, partial_index, prefixed, prose, word

document = Table(
    "document",
    metadata,
    key(),
    integer("connection", ForeignKey("connection.id")),
    word("unit"),
    word("kind", 16),
    word("source_id", 255),
    prefixed("number", 255),
    word("sale_ref", 255),
    integer("revision"),
    binary("content_hash"),
    integer("total"),
    word("currency", 3),
    day("dated"),
    binary("email_hash", null=True),
    integer("twin", null=True),
    word("refers_to", 300),
    # the same order under two rows would be composed twice
    UniqueConstraint("connection", "unit", "kind", "source_id", name="identity"),
)
Index("ix_document_number", document.c.number)
Index("ix_document_total", document.c.total, document.c.id)
# the latest of a buyer with thousands of sales are read from the end
partial_index("ix_document_email", document.c.email_hash, document.c.id, only="email_hash is not null")
partial_index("ix_document_sale", document.c.sale_ref, only="sale_ref <> ''")
partial_index("ix_document_refers", document.c.refers_to, only="refers_to <> ''")

revision = Table(
    "revision",
    metadata,
    integer("document", primary_key=True, autoincrement=False),
    integer("n", primary_key=True, autoincrement=False),
    binary("content_hash"),
    moment("seen_at"),
    sqlite_with_rowid=False,
)

payload = Table(
    "payload",
    metadata,
    integer("document", primary_key=True, autoincrement=False),
    integer("n", primary_key=True, autoincrement=False),
    binary("body", null=True),
    day("erase_after"),
)

document_state = Table(
    "document_state",
    metadata,
    integer("licence", primary_key=True, autoincrement=False),
    integer("document", primary_key=True, autoincrement=False),
    word("state", 16),
    word("reason"),
    integer("entry", null=True),
    moment("next_at", null=True),
    integer("tries", server_default="0"),
    integer("fence", server_default="0"),
    moment("changed_at"),
    sqlite_with_rowid=False,
)
Index("ix_document_state_list", document_state.c.licence, document_state.c.state, document_state.c.document)
partial_index(
    "ix_document_state_due",
    document_state.c.licence,
    document_state.c.next_at,
    document_state.c.document,
    only="next_at is not null",
)

# how many documents came into a state or left it; added up they are the counts, so that no page counts a million rows.
# Rows are only added, and taken together at the end of a run: nobody waits for another's lock on a counter
tally = Table("tally", metadata, integer("licence"), word("state", 16), integer("number"))
Index("ix_tally", tally.c.licence, tally.c.state, tally.c.number)

# turnover per day of what is booked, added to in the same way
daily = Table(
    "daily",
    metadata,
    integer("licence"),
    day("day"),
    word("currency", 3),
    integer("number"),
    integer("minor"),
)
Index("ix_daily", *daily.c)

sale_basis = Table(
    "sale_basis",
    metadata,
    # a sale booked from its order and again from its invoice is turnover counted twice
    integer("licence", ForeignKey("licence.id"), primary_key=True, autoincrement=False),
    word("sale_ref", 255, primary_key=True),
    word("kind", 16),
    sqlite_with_rowid=False,
)

# errands after a booking, where the licence wants them: a note to the source, and the source's own file to the target.
# The row is the intent of each call. No call finds a note again, so that one whose answer was lost is written a second
# time; a file is looked for before it is sent
write_back = Table(
    "write_back",
    metadata,
    integer("licence", primary_key=True, autoincrement=False),
    integer("document", primary_key=True, autoincrement=False),
    word("errand", 8, primary_key=True),
    integer("entry"),
    word("state", 16),
    word("reason"),
    integer("fence", server_default="0"),
    integer("tries", server_default="0"),
    moment("next_at", null=True),
    moment("changed_at"),
    sqlite_with_rowid=False,
)
partial_index(
    "ix_write_back_due",
    write_back.c.licence,
    write_back.c.next_at,
    write_back.c.document,
    only="next_at is not null",
)

answer = Table(
    "answer",
    metadata,
    # two answers to one question: which one was booked?
    integer("licence", ForeignKey("licence.id"), primary_key=True, autoincrement=False),
    integer("document", primary_key=True, autoincrement=False),
    prose("body"),
    moment("changed_at"),
)

problem = Table(
    "problem",
    metadata,
    key(),
    integer("connection", null=True),
    word("unit", null=True),
    integer("licence", null=True),
    integer("document", null=True),
    integer("entry", null=True),
    word("place", 255),
    word("code"),
    word("severity", 16),
    prose("facts"),
    # 1 on the first of those that a document has of one code: what is counted is sales, not their lines
    integer("counts", server_default="0"),
    moment("opened_at"),
    moment("closed_at", null=True),
)
partial_index("ix_problem_document", problem.c.licence, problem.c.document, only="closed_at is null")
partial_index("ix_problem_kind", problem.c.licence, problem.c.code, problem.c.document, only="closed_at is null")
partial_index("ix_problem_open", problem.c.id, only="closed_at is null")
partial_index("ix_problem_code", problem.c.code, problem.c.id, only="closed_at is null")
partial_index("ix_problem_place", problem.c.connection, problem.c.place, only="closed_at is null")

# how many problems of a licence were opened and closed, as `tally` counts documents
troubles = Table("troubles", metadata, integer("licence"), word("code"), word("severity", 16), integer("number"))
Index("ix_troubles", *troubles.c)

fetch_cursor = Table(
    "fetch_cursor",
    metadata,
    integer("connection", ForeignKey("connection.id"), primary_key=True, autoincrement=False),
    word("unit", primary_key=True),
    word("purpose", primary_key=True),
    prose("value"),
    integer("fence", server_default="0"),
    word("claimed_by", null=True),
    moment("claimed_until", null=True),
    # when the last walk began that came to its end; without it caution could end before the source was read
    moment("walked_at", null=True),
    moment("changed_at"),
)
