"""`boekbrug find`: where is my sale."""

from typing import TYPE_CHECKING, Annotated

import typer

from boekbrug.cli.exits import Exit
from boekbrug.cli.shared import Json, note, opened, shared, write_json

if TYPE_CHECKING:
    from rich.console import Console

    from boekbrug.acts.find import Found


def find(
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="NUMBER", help="Beginning of a number, a mark, an amount, an e-mail.")],
    explain: Annotated[bool, typer.Option("--explain", help="Show the rule behind each line.")] = False,
    as_json: Json = False,
) -> None:
    """Show where a sale is: its state and why, its entry and mark, and what to do."""
    from boekbrug.acts.find import find as look
    from boekbrug.cli import summary

    with opened(context) as house:
        found = look(house, text, shared(context).spoken)
    if as_json:
        write_json(found)
    elif not found:
        note(f"Nothing was fetched under {text}. It may be dated before what was fetched, or not be at the source.")
    else:
        out = summary.console()
        for one in found:
            _show(out, one, explain=explain)
    raise typer.Exit(Exit.OK if found else Exit.ATTENTION)


def _show(out: "Console", one: "Found", *, explain: bool) -> None:
    from rich.text import Text

    from boekbrug.cli import summary
    from boekbrug.cli.words import STYLES, number, reason

    amount = f"{one.currency} {number(one.total)}"
    out.print()
    out.print(Text.assemble((one.number or one.source_id, "bold"), f"  {one.kind}  {one.dated}  {amount}"))
    why = "" if one.problems else reason(one.reason)
    out.print(
        Text.assemble("  ", (one.state or "of no licence", STYLES.get(one.state, "")), f": {why}" if why else "",
                      (f"  ({one.connection} → {one.licence})" if one.licence else f"  ({one.connection})", "dim"))
    )  # fmt: skip
    if one.entry is not None:
        summary.entry(out, one.entry, explain=explain)
        if one.entry.remote_id:
            out.print(Text(f"    in the books as {one.entry.remote_number or one.entry.remote_id}", "dim"))
    summary.problems(out, one.problems)
