"""`boekbrug agree` and `boekbrug filed`: who signed a list or a gap, and which periods were filed."""

import datetime as dt
from typing import Annotated

import typer

from boekbrug.cli.lists import First, Last
from boekbrug.cli.shared import Json, Key, at_desk, note, opened, say, write_json


def agree(
    context: typer.Context,
    key: Key,
    name: Annotated[str, typer.Argument(metavar="LIST", help="turnover, vat, icp, oss, suspense, balance or gaps.")],
    first: First,
    last: Last,
    gap: Annotated[str, typer.Option("--gap", help="Explain one gap of the list gaps, by its name.")] = "",
    text: Annotated[str, typer.Option("--note", help="Why; a gap is not signed without.")] = "",
) -> None:
    """Sign a list of a period as it is now, or explain a gap; who and when are kept."""
    from boekbrug.acts import licences
    from boekbrug.acts.lists import every, gaps
    from boekbrug.acts.lists.scope import Days, scope_of

    if name not in every.NAMES or (gap and name != gaps.GAPS):
        raise typer.BadParameter("There are turnover, vat, icp, oss, suspense, balance and gaps; --gap is for gaps.")
    with at_desk(context) as desk:
        scope = scope_of(desk.house, licences.get(desk.house, key), Days(first.date(), last.date()))
        if gap:
            gaps.sign_gap(desk, scope, gap, text)
        else:
            every.agree(desk, scope, name, text)
    note(f"Signed: {gap or name} of {scope.licence.name}, {every.subject_of(scope.days)}.")


def filed(
    context: typer.Context,
    key: Key,
    name: Annotated[str, typer.Argument(metavar="[RETURN]", help="vat, icp or oss.")] = "",
    through: Annotated[
        dt.datetime | None, typer.Option("--through", formats=["%Y-%m-%d"], help="Last day of what was filed.")
    ] = None,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take the last one back, marked by mistake.")] = False,
    as_json: Json = False,
) -> None:
    """Mark a return of the licence's administration as filed, which freezes its figures; without one, list them."""
    from boekbrug.acts import licences
    from boekbrug.acts.lists import filing

    if not name:
        _list(context, key, as_json=as_json)
        return
    if withdraw == (through is not None):
        raise typer.BadParameter("Say --through DATE, or --withdraw.")
    with at_desk(context) as desk:
        licence = licences.get(desk.house, key)
        row = (
            filing.withdraw(desk, licence, name)
            if through is None
            else filing.file_return(desk, licence, name, through.date()).row
        )
    later = f"is filed; what changes now is listed by: boekbrug list {name} {key} --supplementary"
    what = "is open again" if withdraw else later
    note(f"{name} {row.first_day} to {row.last_day} {what}")


def _list(context: typer.Context, key: str, *, as_json: bool) -> None:
    from boekbrug.acts import licences
    from boekbrug.acts.lists import filing
    from boekbrug.runtime.clock import EPOCH
    from boekbrug.sync.workplace import MICROSECOND

    with opened(context) as house:
        found = filing.filed(house, licences.get(house, key))
    rows = [
        {"return": one.row.kind, "from": one.row.first_day, "through": one.row.last_day, "by": one.row.actor,
         "at": (EPOCH + one.row.at * MICROSECOND).isoformat(), "figures": one.figures}
        for one in found
    ]  # fmt: skip
    if as_json:
        write_json(rows)
        return
    if not rows:
        note("Nothing was marked as filed yet.")
    for row in rows:
        say(f"  {row['return']:<4} {row['from']} to {row['through']}  by {row['by']}, {row['at']}")
