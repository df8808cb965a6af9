"""`boekbrug db`: the schema, the invariants, and a copy."""

from pathlib import Path
from typing import Annotated

import typer

from boekbrug.cli.exits import Exit
from boekbrug.cli.shared import Json, note, opened, say, shared, write_json

app = typer.Typer(help="The database: its schema, its invariants, a copy.", no_args_is_help=True)


@app.command("upgrade")
def upgrade(context: typer.Context) -> None:
    """Bring the database to the schema of this release, made when absent; refused while anybody works on it."""
    from contextlib import closing

    from boekbrug.cli.shared import log_to_stderr
    from boekbrug.runtime.single import single
    from boekbrug.store import schema
    from boekbrug.sync.house import House

    settings = shared(context).settings()
    log_to_stderr(settings)
    with single(settings.database_url), closing(House(settings)) as house, house.alone():
        say(schema.upgrade(house.database))


@app.command("check")
def check(context: typer.Context, as_json: Json = False) -> None:
    """Check what must always be true, and every state against its last event."""
    from boekbrug.acts import integrity

    with opened(context) as house:
        found = list(integrity.check(house))
    if as_json:
        write_json(found)
    for one in [] if as_json else found:
        say(f"Broken: {one.invariant}. {one.rows} rows, such as {'; '.join(one.examples)}")
    if found:
        note("Stop the daemon, keep a copy of the database, and report this.")
        raise typer.Exit(Exit.BUG)
    note("All that must be true is true.")


@app.command("backup")
def backup(context: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")]) -> None:
    """Copy a SQLite database while everything goes on; the key file is copied apart."""
    from rich.console import Console
    from rich.progress import Progress

    from boekbrug.acts import backup as copying

    console = Console(stderr=True)
    with opened(context) as house, Progress(console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("backup", total=None)
        copying.backup(house, file, lambda _, left, total: bar.update(task, completed=total - left, total=total))
        note(f"Copied to {file}. The key {house.settings.key_file} belongs to it; keep that apart.")


@app.command("restore")
def restore(context: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE", help="A copy.")]) -> None:
    """Put a copy of a SQLite database back; what it has forgotten is looked up in the books before anything is sent."""
    from boekbrug.acts import restore as putting_back
    from boekbrug.cli.shared import log_to_stderr
    from boekbrug.runtime.clock import SystemClock

    settings = shared(context).settings()
    log_to_stderr(settings)
    kept = putting_back.restore(settings, file, SystemClock())
    if kept is not None:
        note(f"The database as it was is kept as {kept}.")
    note(f"{file} is in its place. What it does not know is fetched again, and looked for in the books before it goes.")
    note("Connections whose authorisation was renewed since have to be authorised again.")


@app.command("cautious")
def cautious(context: typer.Context) -> None:
    """Say that the database is an old copy: from now on it is looked in the books before anything is sent."""
    from boekbrug.acts import cautious as caution
    from boekbrug.cli.shared import at_desk

    with at_desk(context) as desk:
        caution.begin(desk)
    note("What this database does not know is fetched again, and looked for in the books before it goes.")
    note("Connections whose authorisation was renewed since the copy was taken have to be authorised again.")
