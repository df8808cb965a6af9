"""`boekbrug connection`: accounts at sources and targets."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from boekbrug.cli.exits import Exit
from boekbrug.cli.shared import Json, at_desk, note, opened, say, shared, write_json

if TYPE_CHECKING:
    from boekbrug.acts.desk import Desk
    from boekbrug.contract import PluginSettings
    from boekbrug.store.connections import ConnectionRow
    from boekbrug.sync.house import House

app = typer.Typer(help="Accounts at sources and targets.", no_args_is_help=True)


@app.command("add")
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What you call it.")],
    plugin: Annotated[str, typer.Argument(help="Its plugin; see: boekbrug plugins")],
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting.")] = None,
    secrets: Annotated[
        list[str] | None, typer.Option("--secret", metavar="NAME=FILE", help="A file that holds a secret.")
    ] = None,
    role: Annotated[str | None, typer.Option(help="source or target, for a plugin that is both.")] = None,
) -> None:
    """Add a connection and try it out; `boekbrug plugins schema PLUGIN` lists the settings."""
    from boekbrug.acts import connections

    with at_desk(context) as desk:
        plugins = desk.house.plugins
        kind = connections.role_of(plugins, plugin) if role is None else _role(role)
        values = _values(connections.model_of(plugins, plugin, kind), settings or [], secrets or [])
        row = connections.add(desk, name, plugin, values, kind)
        note(f"Connection {name} was added.")
        if not _show_check(desk.house, row, shared(context).spoken):
            raise typer.Exit(Exit.ATTENTION)


def _role(text: str) -> Any:
    from boekbrug.contract import SettingsError

    if text not in ("source", "target"):
        raise SettingsError([f"--role: {text!r} is neither source nor target"])
    return text


def _values(model: "type[PluginSettings]", settings: list[str], secrets: list[str]) -> dict[str, Any]:
    """Read settings and secrets, folders made absolute; raise SettingsError with all that is wrong with them."""
    from boekbrug.contract import SettingsError
    from boekbrug.contract.settings import folder_fields, secret_fields

    hidden, folders = secret_fields(model), folder_fields(model)
    values: dict[str, Any] = {}
    faults = []
    for text in settings:
        name, equals, value = text.partition("=")
        if not equals:
            faults.append(f"--set {text}: write NAME=VALUE")
        elif name in hidden:
            faults.append(f"{name}: is a secret, which a command line shows to others; use --secret {name}=FILE")
        else:
            values[name] = str(Path(value).absolute()) if name in folders and value else _parsed(value)
    for text in secrets:
        name, _, file = text.partition("=")
        try:
            values[name] = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"--secret {text}: the file cannot be read: {error}")
    if faults:
        raise SettingsError(faults)
    return values | _asked(model, hidden - values.keys())


def _parsed(value: str) -> Any:
    """Take lists and objects as JSON; anything else is text, which the plugin's settings convert."""
    if value[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _asked(model: "type[PluginSettings]", names: "frozenset[str]") -> dict[str, str]:
    import sys

    required = sorted(name for name in names if model.model_fields[name].is_required())
    if not sys.stdin.isatty():
        return {}
    return {name: typer.prompt(name, hide_input=True, err=True) for name in required}


def _show_check(house: "House", row: "ConnectionRow", language: str) -> bool:
    from boekbrug.acts import connections
    from boekbrug.cli.errors import sentence_of

    result = connections.check(house, row)
    if result.ok:
        note(f"It works{f': {result.identity}' if result.identity else ''}.")
    for problem in result.problems:
        note(sentence_of(problem, house.plugins.problem_codes, language))
    return result.ok


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """List connections with their plugin and how they stand."""
    from boekbrug.acts import connections

    with opened(context) as house:
        rows = connections.list_all(house)
    if as_json:
        write_json(
            [
                {"name": row.name, "plugin": row.plugin, "role": row.role, "state": row.state, "reason": row.reason,
                 "settings": json.loads(row.settings)}
                for row in rows
            ]
        )  # fmt: skip
        return
    if not rows:
        note("There is no connection yet; add one: boekbrug connection add NAME PLUGIN --set NAME=VALUE")
    for row in rows:
        say(f"{row.name:<20} {row.role:<7} {row.plugin:<12} {row.state}{f' ({row.reason})' if row.reason else ''}")


@app.command("authorise")
def authorise(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The connection.")],
    app_name: Annotated[str, typer.Option("--app", help="Our registration at the vendor, of boekbrug.toml.")] = "",
    paste: Annotated[bool, typer.Option("--paste", help="Bring the address you end at yourself.")] = False,
    assign: Annotated[str, typer.Option("--assign", help="Use what a vendor began: an unclaimed connection.")] = "",
) -> None:
    """Let a connection in at its vendor's page, or with the keys that it asks for."""
    from boekbrug.acts import authorise as acts
    from boekbrug.contract import AskKeys

    with at_desk(context) as desk:
        if assign:
            acts.assign(desk, assign, name)
            note(f"Connection {name} uses what {assign} was given.")
            return
        answer = acts.begin(desk, name, app_name)
        if isinstance(answer, AskKeys):
            _ask_keys(desk, name, answer.fields)
            return
        say(answer.url)
        if paste:
            acts.paste(desk, name, typer.prompt("The address that you ended at", err=True))
        else:
            note("Open this page and allow the connection; this waits until it comes back. Ctrl-C ends the waiting.")
        _confirm(desk, name)


def _ask_keys(desk: "Desk", name: str, fields: tuple[str, ...]) -> None:
    from boekbrug.acts import connections

    row = connections.get(desk.house, name)
    hidden = connections.secrets_of(desk.house, row)
    connections.change(desk, name, {one: typer.prompt(one, hide_input=one in hidden, err=True) for one in fields})
    note(f"The keys of {name} are stored; try them: boekbrug check")


def _confirm(desk: "Desk", name: str) -> None:
    from time import sleep

    from boekbrug.acts import authorise as acts

    while (identity := acts.arrived(desk.house, name)) is None and acts.is_waiting(desk.house, name):
        sleep(1)
    if identity is None:
        note(f"Connection {name} is authorised.")
    elif typer.confirm(f"{identity.name} ({identity.id}) gave access. Is that the right account?", err=True):
        acts.confirm(desk, name, identity.id)
    else:
        acts.deny(desk, name)
        raise typer.Exit(Exit.ATTENTION)
