"""`boekbrug run` and `boekbrug check`."""

import typer

from boekbrug.cli.exits import Exit
from boekbrug.cli.shared import Json, say, shared, write_json


def run(context: typer.Context) -> None:
    """Work until stopped: fetch, compose and deliver what is due, and serve the pages."""
    from boekbrug.service.run import main

    raise typer.Exit(main(shared(context).settings()))


def check(context: typer.Context, as_json: Json = False) -> None:
    """Say what is wrong and what to do: settings, key, database, plugins, connections, licences."""
    from boekbrug.cli.checking import findings

    given = shared(context)
    found = list(findings(given.settings(), given.spoken))
    if as_json:
        write_json([{"subject": one.subject, "ok": one.ok, "says": one.says} for one in found])
    else:
        for one in found:
            say(f"{'✓' if one.ok else '✗'} {one.subject}: {one.says[0]}")
            for line in one.says[1:]:
                say(f"    {line}")
    if not all(one.ok for one in found):
        raise typer.Exit(Exit.ATTENTION)
