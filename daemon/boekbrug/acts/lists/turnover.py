"""Turnover: what the source sold, where it stands, what is booked per account and code, and what the package has."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from sqlalchemy import Connection

from boekbrug.acts.find import amount
from boekbrug.acts.lists import bridge, hybrid
from boekbrug.acts.lists.bridge import Sales
from boekbrug.acts.lists.package import Package, compare
from boekbrug.acts.lists.report import Report
from boekbrug.acts.lists.scope import Scope
from boekbrug.acts.lists.table import BookList, Cell, Part, columns, euro
from boekbrug.acts.lists.vat import figures, listed
from boekbrug.booking.composed import DocumentState
from boekbrug.booking.rules import LEDGER_MODES, Mode
from boekbrug.contract import Role
from boekbrug.store import accounts
from boekbrug.store.accounts import Stood

STUCK = (DocumentState.PROBLEM, DocumentState.HELD, DocumentState.IN_DOUBT)
_REVENUE = (Role.BASE, Role.VAT, Role.ROUNDING)
_SALES = columns("currency where:word reason:reason count:count amount:money")
_CODES = columns("account vat_code amount:money")


def turnover_list(scope: Scope, *, ask: bool = True) -> BookList:
    """Compare a period's turnover at the source, here, and at the package where it can be asked.

    Amounts are as a seller sees them: what was sold is positive. The difference between the source's own report and
    the books is split by reason.
    """
    package, report = Package(scope, scope.days, ask=ask), Report(scope, ask=ask)
    with scope.house.database.read() as connection:
        is_hybrid = scope.rules(connection).mode is Mode.HYBRID
    per_day = hybrid.reported_per_day(scope, ask=ask and report.said is not None) if is_hybrid else {}
    with scope.house.database.read() as connection:
        sales = _sales(scope, connection)
        codes, compared = _booked(scope, connection, package)
        parts = [_where_they_are(sales), codes, compared]
        if scope.rules(connection).mode not in LEDGER_MODES:
            parts.insert(0, bridge.part(scope, connection, sales, report, compared))
        if is_hybrid:
            parts += hybrid.parts(scope, connection, per_day)
        parts += report.parts(figures(scope, connection))
    return listed(scope, "turnover", parts, (*package.remarks, *report.remarks))


def _sales(scope: Scope, connection: Connection) -> Sales:
    found: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    other: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for licence in scope.licences:
        for one in accounts.standing(connection, licence, scope.days.iso):
            _count(found[one.currency, _where(one), one.reason], one.number, one.minor)
        for currency, number, minor in accounts.from_other_periods(connection, licence.id, scope.days.iso):
            _count(other[currency], number, minor)
    return Sales(found, other)


def _where_they_are(sales: Sales) -> Part:
    """Say where the documents of the period stand; their sum is what was fetched."""
    fetched: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for (currency, _, _), sums in sales.found.items():
        _count(fetched[currency], *sums)
    rows = [(*key, *_cells(sums, key[0])) for key, sums in sales.found.items()]
    rows += [(currency, "fetched", "", *_cells(sums, currency)) for currency, sums in fetched.items()]
    rows += [(currency, "from-other-periods", "", *_cells(sums, currency)) for currency, sums in sales.other.items()]
    stuck = sum(1 for _, where, _ in sales.found if where in STUCK)
    return Part(name="sales", columns=_SALES, rows=tuple(sorted(rows, key=lambda row: str(row[0]))), differs=stuck)


def _where(one: Stood) -> str:
    if one.state != DocumentState.BOOKED:
        return one.state
    return {"in": "booked", "out": "booked-in-other-period"}.get(one.booked_on, "taken-out")


def _count(sums: list[int], number: int, minor: int) -> None:
    sums[0] += number
    sums[1] += minor


def _cells(sums: list[int], currency: str) -> tuple[int, Decimal]:
    return sums[0], amount(sums[1], currency)


def _booked(scope: Scope, connection: Connection, package: Package) -> Iterator[Part]:
    revenue = {account for id in scope.ids for account in accounts.of_role(connection, id, scope.days.iso, _REVENUE)}
    codes: dict[tuple[str, str], int] = defaultdict(int)
    for id in scope.ids:
        for row in accounts.moved(connection, id, scope.days.iso):
            if row.account in revenue:
                codes[row.account, row.vat_code] -= row.euro
    rows: list[tuple[Cell, ...]] = [(account, code, euro(sum)) for (account, code), sum in sorted(codes.items())]
    yield Part(name="codes", columns=_CODES, rows=tuple(rows))
    yield compare(scope, connection, revenue, scope.days, package, sign=-1)
