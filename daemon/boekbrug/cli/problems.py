"""`boekbrug problems` and `boekbrug retry`."""

from typing import Annotated

import typer

from boekbrug.cli.exits import Exit
from boekbrug.cli.shared import Json, Key, at_desk, note, opened, say, shared, write_json


def problems(
    context: typer.Context,
    key: Annotated[str | None, typer.Argument(metavar="[KEY]", help="One licence only.")] = None,
    codes: Annotated[bool, typer.Option("--codes", help="List every code there is instead.")] = False,
    as_json: Json = False,
) -> None:
    """List what is not booked and why, each with its fix."""
    if codes:
        _codes(context, as_json=as_json)
        return
    from boekbrug.acts import licences
    from boekbrug.acts.problems import list_open
    from boekbrug.cli import summary

    with opened(context) as house:
        licence = None if key is None else licences.get(house, key).id
        found = list(list_open(house, shared(context).spoken, licence=licence))
    if as_json:
        write_json(found)
    elif not found:
        note("There is no problem.")
    else:
        summary.problems(summary.console(), found, whole=True)
    raise typer.Exit(Exit.ATTENTION if found else Exit.OK)


def _codes(context: typer.Context, *, as_json: bool) -> None:
    from boekbrug.cli.plugins import installed
    from boekbrug.contract import Problem

    known = installed().problem_codes
    spoken = shared(context).spoken
    texts = {code: known.explain(Problem(code=code), spoken) for code in sorted(known)}
    if as_json:
        write_json(
            [
                {"code": code, "severity": known[code].severity, "retry_helps": known[code].retry_helps,
                 "message": text.message, "cause": text.cause, "fix": text.fix, "where": text.where}
                for code, text in texts.items()
            ]
        )  # fmt: skip
        return
    for code, text in texts.items():
        say(f"{code:<34} {text.message}")


def retry(
    context: typer.Context,
    key: Key,
    numbers: Annotated[list[str] | None, typer.Argument(metavar="[NUMBER]...", help="These documents only.")] = None,
    code: Annotated[list[str] | None, typer.Option("--code", help="Problems of this code only.")] = None,
) -> None:
    """Compose documents with a problem again, after its cause was fixed; then: boekbrug sync KEY."""
    from boekbrug.acts import licences
    from boekbrug.acts.retry import retry as try_again

    with at_desk(context) as desk:
        done = try_again(desk, licences.get(desk.house, key), code or [], numbers or [])
    note(f"{done.documents} documents are composed again, {done.entries} entries are sent again without waiting.")
