"""Say of a document what its source leaves open: when it was paid, how a refund was divided, which lines it is for."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

import msgspec
from sqlalchemy import Connection

from boekbrug.acts import compose_again
from boekbrug.acts.desk import ActRefused, Desk
from boekbrug.booking.answers import Answers
from boekbrug.booking.composed import DocumentState
from boekbrug.contract import Because, Document, DocumentLine, Tender
from boekbrug.store import answers, changes, states
from boekbrug.store.licences import Licence
from boekbrug.sync.books import Books, booked_ids, content_of, open_books

_UNDECIDED = (DocumentState.HELD, DocumentState.PROBLEM)


def answer(
    desk: Desk,
    licence: Licence,
    number: str,
    *,
    paid: dt.date | None = None,
    tenders: Sequence[tuple[str, Decimal]] = (),
    lines: Sequence[tuple[Decimal, Decimal]] = (),
    book_on: dt.date | None = None,
) -> None:
    """Keep the answer and compose the document with it; `tenders` are (method, amount), `lines` (rate, amount).

    Amounts include VAT and have the document's sign. Raise ActRefused when nothing is asked, when the source says it
    itself, and when amounts do not add up to the document's.
    """
    said = Answers(
        paid=paid,
        tenders=tuple(Tender(method=method, amount=amount) for method, amount in tenders),
        lines=tuple(DocumentLine(amount=amount, vat_rate=rate) for rate, amount in lines),
        book_on=book_on,
    )
    work = desk.house.place("answer")
    with desk.house.database.read() as connection:
        id = _asked(connection, licence, number)
        said = _together(answers.read(connection, licence.id, [id]).get(id), said)
        [candidate] = booked_ids(connection, licence.id, [id])
        content = content_of(work, candidate)
        _demand_fitting(said, content, open_books(connection, work, licence))
        ids = compose_again.ids_for(connection, [id])
    with desk.act("answer", licence.name, ids=ids) as act:
        answers.keep(act.connection, licence.id, id, msgspec.json.encode(said).decode(), act.now)
        compose_again.start_over(act, licence.id, [id])
        changes.make_due(act.connection, licence.id, act.now)
        act.licence = licence.id
        act.facts = {"number": number, "answer": msgspec.json.encode(said).decode()}


def _together(before: str | None, said: Answers) -> Answers:
    """Add to what was said before; of the same thing the last word counts."""
    if before is None or said == Answers():
        return said
    known = msgspec.json.decode(before, type=Answers)
    return Answers(**{name: getattr(said, name) or getattr(known, name) for name in Answers.__struct_fields__})


def _asked(connection: Connection, licence: Licence, number: str) -> int:
    documents = states.numbered(connection, licence.id, [number])[number]
    open_ones = [
        one.document
        for one in states.standings(connection, documents)
        if one.licence == licence.id and one.state in _UNDECIDED
    ]
    if len(open_ones) != 1:
        if open_ones:
            raise ActRefused(Because("{number} names several documents; see: boekbrug find {number}", number=number))
        raise ActRefused(Because("{number} waits for no answer; see: boekbrug find {number}", number=number))
    return open_ones[0]


def _demand_fitting(said: Answers, content: Document, books: Books) -> None:
    reasons = [
        why
        for why, mine, its in (
            (Because("The source itself says when it was paid; correct it there."), said.paid, content.dates.paid),
            (Because("The source itself says how it was paid; correct it there."), said.tenders, content.tenders),
            (Because("The source itself says which lines it is for; correct it there."), said.lines, content.lines),
        )
        if mine and its
    ]
    sums = [sum((one.amount for one in amounts), Decimal(0)) for amounts in (said.tenders, said.lines)]
    about = {"number": content.number, "total": content.total}
    if said.tenders and sums[0] != content.total:
        reasons.append(Because("The payments add up to {sum}, {number} is {total}.", sum=sums[0], **about))
    if said.lines and sums[1] != content.total:
        reasons.append(Because("The lines add up to {sum}, {number} is {total}.", sum=sums[1], **about))
    known = books.rules.rules.payments
    unknown = sorted({one.method for one in said.tenders} - known.keys())
    reasons += [
        Because("{method} is no payment method of the settings: {known}.", method=method, known=", ".join(known))
        for method in unknown
    ]
    if said == Answers():
        reasons.append(Because("Say what you know: --paid-on, --tender, --line or --book-on."))
    if reasons:
        raise ActRefused(*reasons)
