"""`boekbrug user`: who may open the pages."""

from typing import Annotated

import typer

from boekbrug.cli.shared import Json, at_desk, note, opened, say, write_json

app = typer.Typer(help="Who may open the pages.", no_args_is_help=True)
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The user's e-mail address, which is the name to log in.")]
Licences = Annotated[list[str] | None, typer.Option("--licence", help="A licence to show; more than once for more.")]
Shown = Annotated[bool, typer.Option("--print", help="Print the link, even where it could be mailed.")]
_MAILED = "The link is in the outbox; a running boekbrug sends it within seconds. See: boekbrug mail list"


@app.command("add")
def add(
    context: typer.Context,
    email: Email,
    role: Annotated[str, typer.Option(help="owner, bookkeeper or operator; an operator sees all licences.")] = "owner",
    licence: Licences = None,
    name: Annotated[str, typer.Option(help="How to address the user.")] = "",
    language: Annotated[str, typer.Option("--speaks", help="nl, en or de.")] = "nl",
    shown: Shown = False,
) -> None:
    """Add a user and mail a link with which a password is chosen, or print it where no mail can be sent."""
    from boekbrug.acts import users

    with at_desk(context) as desk:
        by_mail = bool(desk.house.settings.mail.host) and not shown
        users.add(desk, email, name, role, licence or [], language, invite=by_mail)
        if by_mail:
            note(_MAILED)
        else:
            _print_link(desk.house.settings.service.public_url, users.link(desk, email))


@app.command("link")
def link(context: typer.Context, email: Email, shown: Shown = False) -> None:
    """Mail or print a new link for a user, for who forgot the password; it works once, for three days."""
    from boekbrug.acts import users

    with at_desk(context) as desk:
        if desk.house.settings.mail.host and not shown:
            users.mail_link(desk, email)
            note(_MAILED)
            return
        _print_link(desk.house.settings.service.public_url, users.link(desk, email))


def _print_link(public_url: str, path: str) -> None:
    say(f"{public_url}{path}")
    if not public_url:
        note("Put the address of your boekbrug before it, or set service.public_url.")


@app.command("licences")
def licences(context: typer.Context, email: Email, licence: Licences = None) -> None:
    """Show a user these licences and no others."""
    from boekbrug.acts import users

    with at_desk(context) as desk:
        users.give_licences(desk, email, licence or [])


@app.command("disable")
def disable(context: typer.Context, email: Email) -> None:
    """Shut a user out at once; the account stays, for the account of who did what."""
    from boekbrug.acts import users

    with at_desk(context) as desk:
        users.disable(desk, email)


@app.command("enable")
def enable(context: typer.Context, email: Email) -> None:
    """Let a disabled user in again."""
    from boekbrug.acts import users

    with at_desk(context) as desk:
        users.enable(desk, email)


@app.command("key")
def key(
    context: typer.Context,
    email: Email,
    name: Annotated[str, typer.Option(help="What the key is for.")] = "",
    scope: Annotated[str, typer.Option(help="read or write.")] = "read",
) -> None:
    """Print a new API key for a user; it is shown this once."""
    from boekbrug.acts import users

    with at_desk(context) as desk:
        say(users.give_key(desk, email, name, scope))


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """List users with their roles and licences."""
    from boekbrug.acts import users

    with opened(context) as house:
        found = users.list_all(house)
    rows = [
        {
            "email": one.user.email,
            "name": one.user.name,
            "role": one.user.role,
            "licences": list(one.licences),
            "password": one.user.password is not None,
            "disabled": one.user.disabled_at is not None,
        }
        for one in found
    ]
    if as_json:
        write_json(rows)
        return
    if not rows:
        note("There is no user yet, hence the pages open on this machine alone; add one: boekbrug user add EMAIL")
    for one in found:
        sees = "all licences" if one.user.role == "operator" else ", ".join(one.licences) or "no licence"
        say(f"{one.user.email:<32} {one.user.role:<10} {sees}{'' if one.user.disabled_at is None else '  (disabled)'}")
