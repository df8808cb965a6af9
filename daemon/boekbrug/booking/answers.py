"""What a person says of a document where its source is silent: never what it says otherwise."""

import datetime as dt
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from boekbrug.contract import Document, DocumentLine, Tender


class Answers(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The day on which it was paid, how the money was divided, and the lines that an amount is for.

    `book_on` is the day for what belongs in a closed or filed period.
    """

    paid: dt.date | None = None
    tenders: tuple[Tender, ...] = ()
    lines: tuple[DocumentLine, ...] = ()
    book_on: dt.date | None = None


def answered(document: Document, answers: Answers, zone: ZoneInfo) -> Document:
    """Fill in what the source leaves open."""
    dates = document.dates
    if answers.paid is not None and dates.paid is None:
        noon = dt.datetime.combine(answers.paid, dt.time(12), zone)
        document = replace(document, dates=replace(dates, paid=noon))
    if answers.tenders and not document.tenders:
        document = replace(document, tenders=answers.tenders)
    return replace(document, lines=answers.lines) if answers.lines and not document.lines else document
