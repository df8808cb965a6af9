"""`boekbrug reconcile` and `boekbrug accept`: is what is booked still in the books."""

import datetime as dt
import time
from typing import TYPE_CHECKING, Annotated

import typer

from boekbrug.cli.exits import Exit
from boekbrug.cli.shared import Json, Key, at_desk, note, opened, say, write_json

if TYPE_CHECKING:
    from boekbrug.acts.reconcile import Reconciled

Day = Annotated[dt.datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, by the entries' date.")]
LastDay = Annotated[dt.datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")]


def reconcile(context: typer.Context, key: Key, first: Day, last: LastDay, as_json: Json = False) -> None:
    """Ask the package for every entry that is booked, and name what is missing, changed or extra."""
    from boekbrug.acts import licences
    from boekbrug.acts.reconcile import reconcile as compare

    if last < first:
        raise typer.BadParameter("--to is before --from.")
    with opened(context) as house:
        end = last.date() + dt.timedelta(days=1)
        result = compare(house, licences.get(house, key), first.date(), end, wait=_wait)
    if as_json:
        write_json(result)
    else:
        _show(result)
    raise typer.Exit(Exit.OK if result.is_clean else Exit.ATTENTION)


def _wait(span: dt.timedelta) -> bool:
    note(f"The package allows no more calls now; going on in {span // dt.timedelta(seconds=1) + 1} seconds.")
    time.sleep(span.total_seconds())
    return True


def _show(result: "Reconciled") -> None:
    from boekbrug.cli import summary
    from boekbrug.cli.words import number

    summary.states(summary.console(), result.documents)
    say(f"  Booked here {number(result.booked)}, in the books {number(result.found)}.")
    say(f"  {number(result.asked)} entries were asked for, {number(result.agreeing)} are as they were sent.")
    if result.unlisted:
        say(f"  {number(result.unlisted)} were booked just now and are not listed there yet: reconcile again later.")
    if result.accepted:
        say(f"  {number(result.accepted)} differ as it was accepted.")
    for name, counted in (("status", result.statuses), ("period", result.periods)):
        if counted.keys() - {"-"}:
            told = ", ".join(f"{number(count)} {what}" for what, count in sorted(counted.items()))
            say(f"  By {name}: {told}.")
    for one in result.differences:
        say(f"  {one.kind:<8} {one.mark}  {one.remote_id}  {one.what}".rstrip())
    if result.kinds["deleted"] or result.kinds["changed"]:
        note(f"Mend it in the books, or accept it as it is: boekbrug accept {result.licence} MARK")
    if not result.sums_up:
        note("The states do not sum up to what was fetched; run: boekbrug db check")


def accept(
    context: typer.Context,
    key: Key,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="Number of the document, or the mark of one entry.")],
    rebook: Annotated[
        bool, typer.Option("--rebook", help="Book a deleted entry anew, under a mark of its own.")
    ] = False,
) -> None:
    """Accept that an entry was deleted or changed in the books; a document's number stands for all that books it."""
    from boekbrug.acts import licences
    from boekbrug.acts.accept import accept as take

    with at_desk(context) as desk:
        licence = licences.get(desk.house, key)
        count = take(desk, licence, number, rebook=rebook)
    again = f"; booked anew at the next run: boekbrug sync {licence.name}" if rebook else ""
    note(f"Accepted for {count} documents{again}.")
