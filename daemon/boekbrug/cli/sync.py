"""`boekbrug sync`: run licences now."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from boekbrug.cli.exits import Exit
from boekbrug.cli.shared import Json, note, opened, shared, write_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from boekbrug.store.licences import Licence
    from boekbrug.sync.house import House
    from boekbrug.sync.steps import Step
    from boekbrug.sync.workplace import Workplace


def sync(
    context: typer.Context,
    keys: Annotated[list[str] | None, typer.Argument(metavar="[KEY]...", help="Licences; else what is due.")] = None,
    as_json: Json = False,
) -> None:
    """Run licences now: fetch, compose, deliver, and say how it stands."""
    from boekbrug.cli.journey import Journey
    from boekbrug.runtime.processes import spare_the_collector

    spare_the_collector()
    with opened(context) as house, house.workplace("cli") as work:
        done = []
        for licence, steps in _runs(house, work, keys or []):
            with Journey(f"{licence.name}") as journey:
                journey.follow(steps)
            done.append((licence, journey))
        if not done:
            note("No licence is due. Name one to run it now; see: boekbrug licence list")
        results = [_result(house, licence, journey, shared(context).spoken) for licence, journey in done]
        if as_json:
            write_json(results)
        else:
            _show(house, done, shared(context).spoken)
        raise typer.Exit(_exit(results))


def _runs(house: "House", work: "Workplace", keys: list[str]) -> "Iterator[tuple[Licence, Iterator[Step]]]":
    from boekbrug.acts import licences, synchronise

    if keys:
        named = [licences.get(house, key) for key in keys]
        yield from ((licence, synchronise.run_named(work, licence)) for licence in named)
        return
    while found := synchronise.next_due(work):
        yield found


def _result(house: "House", licence: "Licence", journey: Any, language: str) -> dict[str, Any]:
    from boekbrug.acts import overview, problems

    counts = overview.overview(house, licence.id).counts
    open_problems = [one for one in problems.list_open(house, language, licence=licence.id) if one.severity == "error"]
    return {
        "licence": licence.name,
        "fetched": journey.counts["fetched"],
        "composed": journey.counts["composed"],
        "delivered": journey.counts["delivered"],
        "failed": [phase.removesuffix("-failed") for phase in journey.failed],
        "states": counts,
        "problems": len(open_problems),
        "unapproved": overview.unapproved(house, licence.id),
    }


def _show(house: "House", done: "list[tuple[Licence, Any]]", language: str) -> None:
    from boekbrug.acts import overview, problems
    from boekbrug.cli import summary
    from boekbrug.cli.words import number

    out = summary.console()
    for licence, _ in done:
        found = overview.overview(house, licence.id)
        out.print(f"\n[bold]{licence.name}[/]")
        summary.states(out, found.counts)
        summary.problems(out, list(problems.list_open(house, language, licence=licence.id)))
        if count := overview.unapproved(house, licence.id):
            out.print(f"\n  {number(count)} entries wait for your approval: boekbrug preview {licence.name}")


def _exit(results: list[dict[str, Any]]) -> Exit:
    attention = any(one["failed"] or one["problems"] or one["states"]["in-doubt"] for one in results)
    return Exit.ATTENTION if attention else Exit.OK
