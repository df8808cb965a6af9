"""`boekbrug list`: the bookkeeper's lists as tables, JSON or CSV."""

import datetime as dt
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from boekbrug.cli.exits import Exit
from boekbrug.cli.shared import Json, Key, note, opened, write_json

if TYPE_CHECKING:
    from boekbrug.acts.lists.scope import Scope
    from boekbrug.acts.lists.table import BookList

app = typer.Typer(help="The bookkeeper's lists of a licence over a period.", no_args_is_help=True)

First = Annotated[dt.datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")]
Last = Annotated[dt.datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")]
Csv = Annotated[bool, typer.Option("--csv", help="Write CSV to standard output; --part says which table.")]
PartName = Annotated[str, typer.Option("--part", help="This table only, as --json names them.")]
Whole = Annotated[bool, typer.Option("--all", help="All licences of the same administration together.")]
Supplementary = Annotated[
    bool, typer.Option("--supplementary", help="What changed in periods since they were filed, instead.")
]
Documents = Annotated[bool, typer.Option("--documents", help="Name every document with what it has in each box.")]


@app.command("turnover")
def turnover(
    context: typer.Context, key: Key, first: First, last: Last, *, as_json: Json = False, as_csv: Csv = False,
    part: PartName = "", whole: Whole = False,
) -> None:  # fmt: skip
    """Compare turnover: the source, what is booked here, and what the package has, with the difference by reason."""
    from boekbrug.acts.lists.turnover import turnover_list

    _list(context, key, (first, last), turnover_list, as_json=as_json, as_csv=as_csv, part=part, whole=whole)


@app.command("vat")
def vat(
    context: typer.Context, key: Key, first: First, last: Last, *, as_json: Json = False, as_csv: Csv = False,
    part: PartName = "", whole: Whole = False, documents: Documents = False, supplementary: Supplementary = False,
) -> None:  # fmt: skip
    """Add up the boxes of the VAT return: base, VAT, base times rate, and the difference."""
    from functools import partial

    from boekbrug.acts.lists.vat import vat_list

    make = _later("vat") if supplementary else partial(vat_list, documents=documents)
    _list(context, key, (first, last), make, as_json=as_json, as_csv=as_csv, part=part, whole=whole)


@app.command("icp")
def icp(
    context: typer.Context, key: Key, first: First, last: Last, *, as_json: Json = False, as_csv: Csv = False,
    part: PartName = "", whole: Whole = False, supplementary: Supplementary = False,
) -> None:  # fmt: skip
    """Add up supplies to businesses in the Union per VAT id, compared with box 3b."""
    from boekbrug.acts.lists.vat import icp_list

    make = _later("icp") if supplementary else icp_list
    _list(context, key, (first, last), make, as_json=as_json, as_csv=as_csv, part=part, whole=whole)


@app.command("oss")
def oss(
    context: typer.Context, key: Key, first: First, last: Last, *, as_json: Json = False, as_csv: Csv = False,
    part: PartName = "", whole: Whole = False, supplementary: Supplementary = False,
) -> None:  # fmt: skip
    """Add up sales at other countries' VAT per quarter, country and rate, corrections apart."""
    from boekbrug.acts.lists.oss import oss_list

    make = _later("oss") if supplementary else oss_list
    _list(context, key, (first, last), make, as_json=as_json, as_csv=as_csv, part=part, whole=whole)


@app.command("suspense")
def suspense(
    context: typer.Context, key: Key, first: First, last: Last, *, as_json: Json = False, as_csv: Csv = False,
    part: PartName = "", whole: Whole = False,
) -> None:  # fmt: skip
    """Specify the suspense accounts of payment methods, with what is still open by age."""
    from boekbrug.acts.lists.suspense import suspense_list

    _list(context, key, (first, last), suspense_list, as_json=as_json, as_csv=as_csv, part=part, whole=whole)


@app.command("balance")
def balance(
    context: typer.Context, key: Key, last: Last, *, as_json: Json = False, as_csv: Csv = False,
    part: PartName = "", whole: Whole = False,
) -> None:  # fmt: skip
    """List vouchers, prepayments, deposits, tips, tourist tax and open items as they stand on a day."""
    from boekbrug.acts.lists.balance import balance_list

    _list(context, key, (last, last), balance_list, as_json=as_json, as_csv=as_csv, part=part, whole=whole)


@app.command("gaps")
def gaps(
    context: typer.Context, key: Key, first: First, last: Last, *, as_json: Json = False, as_csv: Csv = False,
    part: PartName = "",
) -> None:  # fmt: skip
    """Find missing numbers and days without turnover, each explained or signed."""
    from boekbrug.acts.lists.gaps import gap_list

    _list(context, key, (first, last), gap_list, as_json=as_json, as_csv=as_csv, part=part, whole=False)


def _later(kind: str) -> "Callable[[Scope], BookList]":
    from functools import partial

    from boekbrug.acts.lists.supplementary import supplementary_list

    return partial(supplementary_list, kind=kind)


def _list(
    context: typer.Context,
    key: str,
    period: tuple[dt.datetime, dt.datetime],
    make: "Callable[[Scope], BookList]",
    *,
    as_json: bool,
    as_csv: bool,
    part: str,
    whole: bool,
) -> None:
    from boekbrug.acts import licences
    from boekbrug.acts.lists.scope import Days, scope_of

    days = Days(period[0].date(), period[1].date())
    if days.last < days.first:
        raise typer.BadParameter("--to is before --from.")
    with opened(context) as house:
        found = make(scope_of(house, licences.get(house, key), days, whole=whole))
    if as_json:
        write_json(found.as_dict())
    elif as_csv:
        _write_csv(found, part)
    else:
        _print(found, part)
    raise typer.Exit(Exit.OK if found.is_clean else Exit.ATTENTION)


def _write_csv(found: "BookList", part: str) -> None:
    from boekbrug.acts.lists.table import csv_lines, part_named

    chosen = part_named(found.parts, part)
    if chosen is None:
        there = ", ".join(one.name for one in found.parts)
        raise typer.BadParameter(" ".join(("There is no such table; there are:", there)))
    sys.stdout.writelines(csv_lines(chosen))


def _print(found: "BookList", part: str) -> None:
    from boekbrug.cli import summary
    from boekbrug.cli.words import REMARKS

    out = summary.console()
    for one in found.parts:
        if part in ("", one.name):
            summary.part(out, one)
    for remark in found.remarks:
        note(REMARKS.get(remark, remark))
