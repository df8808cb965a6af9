"""What special VAT needs: the words of VIES and the European Central Bank, and the counter of distance sales."""

from sqlalchemy import Boolean, Column, Index, Table

from boekbrug.store.tables.base import day, integer, metadata, moment, prose, word

vat_id = Table(
    "vat_id",
    metadata,
    # one standing per VAT id, whoever sells to it
    word("vat_id", 20, primary_key=True),
    Column("valid", Boolean, nullable=True),
    moment("answered_at", null=True),
    moment("asked_at"),
    word("fault", 64, server_default=""),
    integer("tries", server_default="0"),
    moment("next_at", null=True),
    word("accepted_by", 255, server_default=""),
    prose("accepted_because", null=True),
    moment("accepted_at", null=True),
)

vat_answer = Table(
    "vat_answer",
    metadata,
    word("vat_id", 20, primary_key=True),
    integer("at", primary_key=True, autoincrement=False),
    Column("valid", Boolean, nullable=False),
    word("request_id", 64),
    word("requester", 20),
    word("source", 255),
)

exchange_rate = Table(
    "exchange_rate",
    metadata,
    word("currency", 3, primary_key=True),
    day("day", primary_key=True),
    # a number as the bank wrote it, never a float
    word("rate", 32),
    word("source", 255),
    moment("fetched_at"),
)

distance_sale = Table(
    "distance_sale",
    metadata,
    # an entry counted twice would cross the threshold of the one-stop shop too early
    integer("entry", primary_key=True, autoincrement=False),
    integer("administration"),
    integer("year"),
    integer("minor"),
)
Index("ix_distance_sale_administration", distance_sale.c.administration, distance_sale.c.year)
