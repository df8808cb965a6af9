"""`boekbrug answer`: what a person knows of a document and its source does not say."""

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from boekbrug.cli.shared import Key, at_desk, note


def answer(
    context: typer.Context,
    key: Key,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="Number of the document.")],
    paid_on: Annotated[
        dt.datetime | None, typer.Option("--paid-on", formats=["%Y-%m-%d"], help="The day on which it was paid.")
    ] = None,
    tender: Annotated[
        list[str] | None, typer.Option("--tender", metavar="METHOD=AMOUNT", help="A part of the money; once per part.")
    ] = None,
    line: Annotated[
        list[str] | None,
        typer.Option("--line", metavar="RATE=AMOUNT", help="What an amount is for: VAT rate and amount including VAT."),
    ] = None,
    book_on: Annotated[
        dt.datetime | None,
        typer.Option("--book-on", formats=["%Y-%m-%d"], help="The open day for what belongs in a closed or filed one."),
    ] = None,
) -> None:
    """Say what a held document waits for: when it was paid, how it was divided, which lines it is for, or its date."""
    from boekbrug.acts import licences
    from boekbrug.acts.answer import answer as say

    tenders = [(method, _number(amount)) for method, amount in map(_pair, tender or ())]
    lines = [(_number(rate), _number(amount)) for rate, amount in map(_pair, line or ())]
    with at_desk(context) as desk:
        licence = licences.get(desk.house, key)
        say(
            desk,
            licence,
            number,
            paid=paid_on.date() if paid_on else None,
            tenders=tenders,
            lines=lines,
            book_on=book_on.date() if book_on else None,
        )
    note(f"Kept; it is composed at the next run: boekbrug sync {licence.name}")


def _pair(text: str) -> tuple[str, str]:
    name, equals, amount = text.rpartition("=")
    if not equals or not name:
        message = f"{text!r} is not of the form NAME=AMOUNT, such as ideal=-12.50."
        raise typer.BadParameter(message)
    return name, amount


def _number(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("nan")
    if not found.is_finite():
        message = f"{text!r} is not a number; write a point before the cents: 12.50."
        raise typer.BadParameter(message)
    return found
