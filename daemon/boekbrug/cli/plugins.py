"""`boekbrug plugins`: what is installed, and what was refused and why."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from boekbrug.cli.exits import Exit
from boekbrug.cli.shared import Json, note, say, write_json

if TYPE_CHECKING:
    from boekbrug.runtime.plugins import PluginHost

app = typer.Typer(help="What is installed.", invoke_without_command=True)


def installed() -> "PluginHost":
    """Load the plugins without a database."""
    import structlog

    from boekbrug.cli.shared import log_to_stderr
    from boekbrug.runtime.plugins import PluginHost

    log_to_stderr()
    return PluginHost.load(structlog.get_logger())


@app.callback()
def plugins(context: typer.Context, as_json: Json = False) -> None:
    """List what is installed, with version and origin, and say why a plugin was refused."""
    if context.invoked_subcommand is not None:
        return
    host = installed()
    if as_json:
        write_json({"installed": host.installed, "refused": host.refused})
    else:
        rows = [(one.name, one.version, ", ".join(one.kinds), one.distribution) for one in host.installed]
        widths = [max(len(row[column]) for row in rows) for column in range(3)] if rows else []
        for *cells, origin in rows:
            say("  ".join([*(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)), origin]))
        for sentence in host.refused:
            note(sentence)
    raise typer.Exit(Exit.ATTENTION if host.refused else Exit.OK)


@app.command("schema")
def schema(
    name: Annotated[str, typer.Argument(metavar="PLUGIN", help="Its name.")],
    settings: Annotated[bool, typer.Option("--settings", help="Of the settings, not of the documents.")] = False,
) -> None:
    """Write the JSON schema of what a source reads, where it has one; else that of a connection's settings."""
    from boekbrug.acts.connections import model_of, role_of

    host = installed()
    role = role_of(host, name)
    document_schema = getattr(host.sources.get(name), "schema", None)
    found = model_of(host, name, role).model_json_schema() if settings or not document_schema else document_schema()
    say(json.dumps(found, ensure_ascii=False, indent=2))
