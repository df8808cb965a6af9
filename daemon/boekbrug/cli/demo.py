"""`boekbrug demo`: a sample shop's three months, booked into plain-text books."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from boekbrug.cli.shared import note, shared, write_json

if TYPE_CHECKING:
    from boekbrug.acts.desk import Desk
    from boekbrug.cli.journey import Journey
    from boekbrug.sync.house import House

KEY = "webshop"
MAIN_FILES = {"hledger": "books.journal", "beancount": "books.beancount"}


def demo(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="End after the run instead of serving the pages.")] = False,
    folder: Annotated[Path, typer.Option("--dir", help="Where everything is; the same again goes on.")] = Path("demo"),
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object to standard output.")] = False,
    dialect: Annotated[str, typer.Option(help="hledger, the default, or beancount.", show_default=False)] = "",
    database: Annotated[str, typer.Option(help="Another database than SQLite in the folder.")] = "",
    port: Annotated[int, typer.Option(help="Port of the pages, else the next that is free.")] = 8765,
) -> None:
    """Book a sample shop's three months into plain-text books, then serve the first page until Ctrl-C."""
    from boekbrug.cli import demonstration
    from boekbrug.cli.journey import Journey
    from boekbrug.cli.shared import log_to_stderr, open_house
    from boekbrug.contract import SettingsError
    from boekbrug.demo.sample import FACTS

    log_to_stderr()

    if dialect and dialect not in MAIN_FILES:
        raise SettingsError([f"--dialect: {dialect!r} is neither hledger nor beancount"])
    place = folder.absolute()
    settings = demonstration.prepare(place, database)
    with open_house(settings, verbose=shared(context).verbose) as house:
        desk = demonstration.furnish(house, dialect)
        note(f"A sample shop in {place}")
        with Journey(f"From {FACTS.documents} orders and credit notes to the books") as journey:
            _run(desk, journey)
        facts = demonstration.facts(house, place / "books" / MAIN_FILES[demonstration.dialect_of(house)])
        if as_json:
            write_json(facts)
        else:
            demonstration.show(house, facts, shared(context).spoken)
        if not once:
            _serve(house, port)


def _run(desk: "Desk", journey: "Journey") -> None:
    from boekbrug.acts import licences, synchronise

    with desk.house.workplace("demo") as work:
        journey.follow(synchronise.run_named(work, licences.get(desk.house, KEY)))


def _serve(house: "House", port: int) -> None:
    from contextlib import suppress

    import uvicorn

    from boekbrug.cli import demonstration
    from boekbrug.cli.demonstration import HOST, listening
    from boekbrug.web.app import create_app

    config = uvicorn.Config(create_app(house), log_config=None, access_log=False, lifespan="off", ws="none")
    with listening(port) as socket, suppress(KeyboardInterrupt):
        address = f"http://{HOST}:{socket.getsockname()[1]}"
        link = demonstration.login_link(house)
        note(f"\nThe dashboard, until Ctrl-C; this link logs you in, once:\n\n  {address}{link}\n")
        uvicorn.Server(config).run(sockets=[socket])
