"""`boekbrug licence`: links between a shop and an administration."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from boekbrug.cli.exits import Exit
from boekbrug.cli.shared import Json, Key, at_desk, note, opened, say, shared, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boekbrug.acts.licences import Applied
    from boekbrug.booking.difference import Change
    from boekbrug.store.licences import Licence
    from boekbrug.sync.house import House

app = typer.Typer(help="Links between a shop and an administration.", no_args_is_help=True)
File = Annotated[Path, typer.Argument(metavar="FILE", help="The licence's file; a sample comes with: boekbrug init")]

Code = Annotated[
    str,
    typer.Option(help="Of a licence that a lost database knew: the code in its marks, or `new`.", show_default=False),
]


@app.command("create")
def create(context: typer.Context, file: File, code: Code = "") -> None:
    """Create a licence by its file; it works from its activation on."""
    from boekbrug.acts import licence_file, licences

    with at_desk(context) as desk:
        applied = licences.create(desk, licence_file.read(file), code=code)
        _tell(desk.house, applied, shared(context).spoken)


@app.command("apply")
def apply(
    context: typer.Context,
    file: File,
    force: Annotated[bool, typer.Option("--force", help="Undo what was changed otherwise meanwhile.")] = False,
    code: Code = "",
) -> None:
    """Create or change a licence so that it is as its file says."""
    from boekbrug.acts import licence_file, licences

    with at_desk(context) as desk:
        applied = licences.apply(desk, licence_file.read(file), force=force, code=code)
        _tell(desk.house, applied, shared(context).spoken)


def _tell(house: "House", applied: "Applied", language: str) -> None:
    from boekbrug.cli.errors import sentence_of

    licence = applied.licence
    if applied.created:
        note(f"Licence {licence.name} was created, with code {licence.code} in its marks.")
    elif applied.changed:
        again = f"; {applied.composed_again} documents are composed again" if applied.composed_again else ""
        note(f"Licence {licence.name} was changed: {', '.join(applied.changed)}{again}.")
    else:
        note(f"Licence {licence.name} is as the file says.")
    for problem in applied.problems:
        note(sentence_of(problem, house.plugins.problem_codes, language))
    if applied.problems:
        raise typer.Exit(Exit.ATTENTION)
    if licence.state == "new":
        note(f"Next: boekbrug licence activate {licence.name}")


@app.command("activate")
def activate(context: typer.Context, key: Key) -> None:
    """Switch a licence on; refused while one of the bookkeeper's questions is open."""
    from boekbrug.acts import licences

    with at_desk(context) as desk:
        licence = licences.get(desk.house, key)
        licences.activate(desk, licence)
        note(f"Licence {licence.name} is active.")
        if not licence.automatic:
            note(f"It books nothing without approval; see: boekbrug sync {licence.name}, then preview and approve.")


@app.command("suggest")
def suggest(context: typer.Context, key: Key, as_json: Json = False) -> None:
    """Propose rules from what the shop sells and the books offer; nothing is changed."""
    from boekbrug.acts import licences, rule_sets

    with opened(context) as house:
        changes, to_choose = rule_sets.suggest(house, licences.get(house, key))
    if as_json:
        write_json({"changes": changes, "to_choose": to_choose})
        return
    _differ(changes)
    for name in to_choose:
        note(f"To be chosen by a person: rules.{name}")


@app.command("copy")
def copy(
    context: typer.Context,
    template: Annotated[str, typer.Argument(metavar="FROM", help="The licence whose rules are taken.")],
    key: Annotated[str, typer.Argument(metavar="TO", help="The licence that gets them.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, the difference is shown.")] = False,
    as_json: Json = False,
) -> None:
    """Give a licence the rules of another, its own answers kept; shows the difference first."""
    from boekbrug.acts import licences, rule_sets

    with at_desk(context) as desk:
        one, other = licences.get(desk.house, template), licences.get(desk.house, key)
        changes = rule_sets.copied(desk.house, one, other)
        if yes and changes:
            rule_sets.copy(desk, one, other)
    if as_json:
        write_json({"changes": changes, "done": yes})
        return
    _differ(changes)
    if changes:
        note("Done; write it into the licence's file too." if yes else "Nothing was changed; with --yes it is.")


def _differ(changes: "Sequence[Change]") -> None:
    for change in changes:
        say(f"rules.{change.setting}: {change.old or '–'} → {change.new or '–'}")
    if not changes:
        note("There is no difference.")


@app.command("pause")
def pause(context: typer.Context, key: Key) -> None:
    """Switch a licence off for now."""
    from boekbrug.acts import licences

    with at_desk(context) as desk:
        licences.pause(desk, licences.get(desk.house, key))


@app.command("resume")
def resume(context: typer.Context, key: Key) -> None:
    """Switch a paused licence on again; what came in meanwhile is caught up."""
    from boekbrug.acts import licences

    with at_desk(context) as desk:
        licences.resume(desk, licences.get(desk.house, key))


@app.command("end")
def end(
    context: typer.Context, key: Key, yes: Annotated[bool, typer.Option("--yes", help="Do it, for good.")] = False
) -> None:
    """End a paused licence for good; what is booked stays booked, and its name and code are never used again."""
    from boekbrug.acts import licences

    with at_desk(context) as desk:
        found = licences.get(desk.house, key)
        if not yes:
            note(f"Licence {found.name} would end for good; do it with --yes.")
            return
        licences.end(desk, found)
        note(f"Licence {found.name} has ended.")


@app.command("forecast")
def forecast(
    context: typer.Context,
    key: Key,
    entries: Annotated[int | None, typer.Option(min=0, help="How many; without it those that wait to be sent.")] = None,
    as_json: Json = False,
) -> None:
    """Say when entries will be through, where the package allows few calls."""
    from boekbrug.acts import licences
    from boekbrug.acts.forecast import forecast

    with opened(context) as house:
        found = forecast(house, licences.get(house, key), entries)
    if as_json:
        write_json(found._asdict())
    elif found.through is None:
        note("The package does not limit its calls.")
    else:
        moment = found.through.astimezone().isoformat(sep=" ", timespec="minutes")
        say(f"{found.entries:,} entries will be through at {moment}.")


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """List licences with their documents per state."""
    from boekbrug.acts import overview

    with opened(context) as house:
        found = overview.per_licence(house)
    if as_json:
        write_json([{**_row(licence), "states": counts} for licence, counts in found])
        return
    if not found:
        note("There is no licence yet; create one: boekbrug licence apply FILE")
    for licence, counts in found:
        troubled = counts["problem"] + counts["in-doubt"]
        trouble = f", {troubled} need a look" if troubled else ""
        ran = f"ran {_moment(licence.last_run_at)}" if licence.last_run_at else "never ran"
        say(f"{licence.name:<20} {licence.code}  {licence.state:<7} {counts['booked']:>9,} booked{trouble}; {ran}")


def _row(licence: "Licence") -> dict[str, Any]:
    moments = {name: _moment(getattr(licence, name)) for name in ("next_at", "last_run_at")}
    return {**licence._asdict(), "automatic": bool(licence.automatic), **moments}


def _moment(microseconds: int | None) -> str | None:
    if microseconds is None:
        return None
    moment = dt.datetime.fromtimestamp(microseconds // 1_000_000, dt.UTC)
    return moment.astimezone().isoformat(sep=" ", timespec="minutes")


@app.command("show")
def show(context: typer.Context, key: Key, as_json: Json = False) -> None:
    """Show a licence with its rules, as it is now."""
    import msgspec

    from boekbrug.acts import licence_file, licences

    with opened(context) as house:
        licence = licences.get(house, key)
        file = licences.as_file(house, licence)
        questions = file.rules.open_questions()
    if as_json:
        write_json({**_row(licence), "file": file, "open_questions": questions})
        return
    say(f"{licence.name}  {licence.code}  {licence.state}, rules version {licence.rules}")
    say(msgspec.json.format(licence_file.written(file), indent=2))
    for name in questions:
        note(f"Not answered yet: rules.{name}")
