"""`boekbrug preview` and `boekbrug approve`: what goes to the books."""

from typing import Annotated

import typer

from boekbrug.cli.exits import Exit
from boekbrug.cli.shared import Json, Key, at_desk, note, opened, shared, write_json


def preview(
    context: typer.Context,
    key: Key,
    explain: Annotated[bool, typer.Option("--explain", help="Show the rule behind each line.")] = False,
    most: Annotated[int, typer.Option("--most", help="How many documents at most.", min=1)] = 50,
    as_json: Json = False,
) -> None:
    """Show what waits as it would be booked, line by line; nothing is changed."""
    from boekbrug.acts import licences
    from boekbrug.acts.preview import preview as look
    from boekbrug.cli import previewing

    with opened(context) as house:
        found = look(house, licences.get(house, key), shared(context).spoken, most)
    if as_json:
        write_json(found)
    elif not found:
        note("Nothing waits to be booked.")
    else:
        previewing.show(found, explain=explain)
    raise typer.Exit(Exit.OK)


def approve(
    context: typer.Context,
    key: Key,
    numbers: Annotated[list[str] | None, typer.Argument(metavar="[NUMBER]...", help="These documents only.")] = None,
) -> None:
    """Let entries that wait for approval go to the books; then: boekbrug sync KEY."""
    from boekbrug.acts import licences
    from boekbrug.acts.approve import approve as let_go

    with at_desk(context) as desk:
        licence = licences.get(desk.house, key)
        count = let_go(desk, licence, numbers or [])
    note(f"{count} entries were approved; they go to the books at the next run: boekbrug sync {licence.name}")


def reject(
    context: typer.Context,
    key: Key,
    numbers: Annotated[list[str], typer.Argument(metavar="NUMBER...", help="Documents whose entries are rejected.")],
    because: Annotated[str, typer.Option("--because", help="Why; kept in the audit.")],
) -> None:
    """Do not let entries go to the books; their documents are held until taken up, or until the rules change."""
    from boekbrug.acts import licences
    from boekbrug.acts.approve import waiting_of
    from boekbrug.acts.reject import reject as turn_down

    with at_desk(context) as desk:
        licence = licences.get(desk.house, key)
        chosen = {one.entry for one in waiting_of(desk.house, licence, numbers)}
        count = turn_down(desk, licence, chosen, because)
    note(f"{count} documents are held; change the rules, or take them up on the dashboard.")
