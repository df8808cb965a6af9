"""`boekbrug compose`, `correct` and `reverse`: terms at once, and what is done about what is booked."""

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from boekbrug.cli.shared import Json, Key, at_desk, note, say, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boekbrug.acts.find import ShownEntry

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="Number of the document.")]
Date = Annotated[
    dt.datetime | None,
    typer.Option("--date", formats=["%Y-%m-%d"], help="Date of the entries, where that of the booking is closed."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do it; without, it is only shown.")]


def compose(
    context: typer.Context,
    key: Key,
    term: Annotated[str, typer.Option("--term", help="The day, or the month: 2026-09-14 or 2026-09.")],
) -> None:
    """Compose a day or month that is over now, without waiting for the licence's delay."""
    from boekbrug.acts import compose_term, licences

    with at_desk(context) as desk:
        licence = licences.get(desk.house, key)
        compose_term.hurry(desk, licence, term)
        with desk.house.workplace("cli") as work:
            count = sum(step.done for step in compose_term.run(work, licence) if step.phase == "composed")
    note(
        f"{count} documents were composed; see: boekbrug preview {licence.name}, or go on: boekbrug sync {licence.name}"
    )


def correct(context: typer.Context, key: Key, number: Number, date: Date = None, yes: Yes = False) -> None:
    """Take a document that changed out as it was booked, and put it in as it is now."""
    from boekbrug.acts import licences
    from boekbrug.acts.correct import correct as change

    with at_desk(context) as desk:
        licence = licences.get(desk.house, key)
        found = change(desk, licence, number, date=date.date() if date else None, only_look=not yes)
    if not found:
        note("The change does not touch what is booked.")
    _show(found)
    _end(licence.name, done=yes)


def reverse(
    context: typer.Context,
    key: Key,
    numbers: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NUMBER]...", help="Numbers of documents, or marks of entries, all at once."),
    ] = None,
    term: Annotated[str, typer.Option("--term", help="All of a day or month instead: 2026-09-14 or 2026-09.")] = "",
    date: Date = None,
    rebook: Annotated[bool, typer.Option("--rebook", help="Compose the documents anew afterwards.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Counter documents, entries or a term, newest first; shows the effect per box of the VAT return."""
    from boekbrug.acts import licences
    from boekbrug.acts.reverse import reverse as counter

    if bool(numbers) == bool(term):
        raise typer.BadParameter("Name documents or a term, one of both.")
    with at_desk(context) as desk:
        licence = licences.get(desk.house, key)
        day = date.date() if date else None
        found = counter(desk, licence, numbers=numbers or (), term=term, date=day, rebook=rebook, only_look=not yes)
    if as_json:
        write_json({"reversal": found, "done": yes})
        return
    _show(found.entries)
    for one in found.net:
        say(f"  box {one.box or '–'}, VAT code {one.vat_code or '–'}: turnover {one.base:+,}, VAT {one.vat:+,}")
    _end(licence.name, done=yes)


def _show(entries: "Sequence[ShownEntry]") -> None:
    from boekbrug.cli import summary

    out = summary.console()
    for one in entries:
        summary.entry(out, one, explain=False)


def _end(licence: str, *, done: bool) -> None:
    then = f"it goes to the books at the next run: boekbrug sync {licence}"
    note(
        f"Done; {then}, after approval where the licence asks for it."
        if done
        else "Nothing was done; with --yes it is."
    )
