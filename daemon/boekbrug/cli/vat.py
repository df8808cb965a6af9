"""`boekbrug vat`: buyers' VAT ids with their proofs, and the threshold of the one-stop shop."""

from typing import TYPE_CHECKING, Annotated

import typer

from boekbrug.cli.shared import Json, at_desk, note, opened, say, write_json

if TYPE_CHECKING:
    from boekbrug.acts.vat_ids import ShownId

app = typer.Typer(help="Buyers' VAT ids and their proofs; the threshold of the one-stop shop.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="VAT_ID", help="With its country, as BE0403170701.")]


@app.command("list")
def ids(
    context: typer.Context,
    unproven: Annotated[bool, typer.Option("--unproven", help="Only those that VIES has not called valid.")] = False,
    as_json: Json = False,
) -> None:
    """List the VAT ids that were asked about, with what VIES said and when."""
    from boekbrug.acts.vat_ids import list_ids

    with opened(context) as house:
        found = list_ids(house, unproven=unproven)
    if as_json:
        write_json(found)
        return
    for one in found:
        say(_line(one))


def _line(one: "ShownId") -> str:
    last = one.proofs[-1] if one.proofs else None
    proof = f"{last.at}  {last.request_id}" if last else one.fault
    return f"{one.vat_id:<16}  {one.state:<10}  {proof}".rstrip()


@app.command("threshold")
def threshold(context: typer.Context, as_json: Json = False) -> None:
    """Show what each administration sold at a distance per year, against the limit of the one-stop shop."""
    from boekbrug.acts.distance import list_counters

    with opened(context) as house:
        found = list_counters(house)
    if as_json:
        write_json(found)
        return
    for one in found:
        say(f"{one.administration:<24}  {one.year}  {one.sold:>12}  of {one.limit}  {', '.join(one.licences)}")


@app.command("accept")
def accept(
    context: typer.Context,
    vat_id: Id,
    because: Annotated[str, typer.Option(help="Why it is taken without proof; kept for the tax inspector.")],
) -> None:
    """Take a VAT id without proof: what was held for it is booked at 0 %, and VIES goes on being asked."""
    from boekbrug.acts.vat_ids import accept as take

    with at_desk(context) as desk:
        count = take(desk, vat_id, because)
    note(f"Accepted; {count} documents are composed at the next run.")


@app.command("check")
def check(context: typer.Context, vat_id: Id, as_json: Json = False) -> None:
    """Ask VIES about a VAT id now, and keep the answer as proof."""
    from boekbrug.acts.vat_ids import check as ask

    with at_desk(context) as desk:
        found = ask(desk, vat_id)
    if as_json:
        write_json(found)
    else:
        say(_line(found))
