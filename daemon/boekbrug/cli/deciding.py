"""`boekbrug decide`: what only a person can say of an entry."""

from typing import Annotated

import typer

from boekbrug.cli.shared import Key, at_desk, note

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="Number of the document, or the mark of its entry.")]


def decide(
    context: typer.Context,
    key: Key,
    number: Number,
    there: Annotated[
        str | None,
        typer.Option("--there", metavar="RECORD", help="It is there: its number as the package shows it, or its id."),
    ] = None,
    absent: Annotated[bool, typer.Option("--not-there", help="It is not there: send it again, byte for byte.")] = False,
) -> None:
    """Say whether an entry in doubt is in the books, where the package cannot tell."""
    from boekbrug.acts import licences
    from boekbrug.acts.decide import decide as settle

    if (there is None) is not absent:
        sentence = "say either --there RECORD or --not-there"
        raise typer.BadParameter(sentence)
    with at_desk(context) as desk:
        licence = licences.get(desk.house, key)
        mark = settle(desk, licence, number, there=there)
    note(
        f"{mark} counts as booked." if there else f"{mark} goes out again at the next run: boekbrug sync {licence.name}"
    )
