"""From the shop's own report to what is booked, and on to the package: each step of the difference by its reason.

In euro; sales in other currencies are in the other tables (bookkeeper.md §3.32).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Connection

from boekbrug.acts.lists.report import Report
from boekbrug.acts.lists.scope import Scope
from boekbrug.acts.lists.table import Cell, Part, columns, euro
from boekbrug.booking.compiled import ADVANCE
from boekbrug.booking.sides import NOT_DUE
from boekbrug.contract import Role, to_minor
from boekbrug.store import accounts

BOOKED, OTHER_PERIOD = "booked", "booked-in-other-period"
_COLUMNS = columns("step:word count:count amount:money")
_MONEY = (Role.PAYMENT, Role.DEBTOR)
_TURNOVER = "turnover"
#: what stands in entries beside turnover, in the order in which it is shown
_BESIDE = ("not-turnover", "vouchers-redeemed", "rounding")


class Sales(NamedTuple):
    """Number and cents of the period's documents by (currency, where, reason), and those dated outside by currency."""

    found: Mapping[tuple[str, str, str], list[int]]
    other: Mapping[str, list[int]]


def part(scope: Scope, connection: Connection, sales: Sales, report: Report, compared: Part) -> Part:
    """Lead from the report to the books; what the report has and was not fetched has to be looked at."""
    rows = list(_documents(sales, report))
    documents = _of(sales, BOOKED)[1] + sales.other.get("EUR", (0, 0))[1]
    sums = _sums(scope, connection)
    rows += [(name, None, euro(-sums[name])) for name in _BESIDE if sums[name]]
    rest = sums[_TURNOVER] - documents + sum(sums[name] for name in _BESIDE)
    if rest:
        rows.append(("changed-later", None, euro(rest)))
    rows.append((_TURNOVER, None, euro(sums[_TURNOVER])))
    foreign = [row[-1] for row in compared.rows]
    if foreign and all(isinstance(one, Decimal) for one in foreign):
        rows.append(("foreign-postings", None, sum((one for one in foreign if isinstance(one, Decimal)), Decimal(0))))
    missing = sum(1 for name, _, minor in rows if name == "not-fetched" and minor)
    return Part(name="bridge", columns=_COLUMNS, rows=tuple(rows), differs=missing)


def _documents(sales: Sales, report: Report) -> Iterator[tuple[str, int | None, Cell]]:
    places = sorted({where for currency, where, _ in sales.found if currency == "EUR"} - {BOOKED})
    fetched = _of(sales, BOOKED, *places)
    if report.said is not None:
        said = report.said
        missed = None if said.count is None else said.count - fetched[0]
        yield "report", said.count, euro(to_minor(said.gross, "EUR"))
        yield "not-fetched", missed, euro(fetched[1] - to_minor(said.gross, "EUR"))
    yield "fetched", fetched[0], euro(fetched[1])
    for where in places:
        number, minor = _of(sales, where)
        yield where, number, euro(-minor)
    if "EUR" in sales.other:
        number, minor = sales.other["EUR"]
        yield "from-other-periods", number, euro(minor)


def _of(sales: Sales, *places: str) -> tuple[int, int]:
    sums = [one for (currency, where, _), one in sales.found.items() if currency == "EUR" and where in places]
    return sum(number for number, _ in sums), sum(minor for _, minor in sums)


def _sums(scope: Scope, connection: Connection) -> Mapping[str, int]:
    """Add up the entries in euro by what their lines are, what was sold positive."""
    sums: dict[str, int] = defaultdict(int)
    for id in scope.ids:
        for row in accounts.by_rule(connection, id, scope.days.iso):
            sums[_what(Role(row.role), row.why)] -= row.minor
    return sums


def _what(role: Role, why: str) -> str:
    # money in advance is no turnover before its sale is, and is part of what its sale came to
    if role in _MONEY or why.startswith(ADVANCE):
        return ""
    if role is Role.ROUNDING:
        return "rounding"
    if why.startswith(("vat ", NOT_DUE)):
        return _TURNOVER
    kind = why.partition(" ")[0]
    return {"kind": "not-turnover", "method": "vouchers-redeemed"}.get(kind, "")
