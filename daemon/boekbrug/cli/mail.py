"""`boekbrug mail`: what was mailed, and what is stuck."""

from typing import Annotated

import typer

from boekbrug.cli.shared import Json, at_desk, note, opened, say, write_json

app = typer.Typer(help="What was mailed, and what is stuck.", no_args_is_help=True)
Id = Annotated[int, typer.Argument(metavar="ID", help="The mail, as `boekbrug mail list` shows it.")]
MOST = 100


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """List the latest mail with what became of it."""
    from boekbrug.acts import mailing

    with opened(context) as house:
        found = mailing.list_latest(house, MOST)
    if as_json:
        columns = ("id", "kind", "recipient", "state", "reason", "tries", "written_at", "next_at")
        write_json([{name: getattr(one, name) for name in columns} for one in found])
        return
    if not found:
        note("No mail was written yet.")
    for one in found:
        say(f"{one.id:<8} {one.kind:<10} {one.recipient:<32} {one.state:<9} {one.reason}".rstrip())


@app.command("again")
def again(context: typer.Context, id: Id) -> None:
    """Try a mail now that is not sent."""
    from boekbrug.acts import mailing

    with at_desk(context) as desk:
        mailing.again(desk, id)


@app.command("withdraw")
def withdraw(context: typer.Context, id: Id) -> None:
    """Do not send a mail any more."""
    from boekbrug.acts import mailing

    with at_desk(context) as desk:
        mailing.withdraw(desk, id)
