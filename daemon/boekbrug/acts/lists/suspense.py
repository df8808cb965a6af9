"""The suspense accounts: how they moved, why, and which payments are still open there."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from boekbrug.acts.find import amount
from boekbrug.acts.lists.package import Package, compare
from boekbrug.acts.lists.scope import Days, Facet, Scope
from boekbrug.acts.lists.table import BookList, Cell, Part, columns
from boekbrug.acts.lists.vat import listed
from boekbrug.booking.rules import FIXED_KINDS, PaymentRole, Rules
from boekbrug.contract import Document, Line
from boekbrug.store import accounts, facets
from boekbrug.sync.sealing import Sealing

PAYOUTS_ELSEWHERE = "payouts-booked-elsewhere"
"""Payouts are not booked by boekbrug, so that it cannot tell which payments are still open."""
WAYS = ("sales", "refunds", "payouts", "fees", "other")
AGES = (7, 14, 30)
_BATCH = 500
_MOVEMENT = columns(
    "account currency opening:money sales:money refunds:money payouts:money fees:money other:money closing:money"
)
_OPEN = columns("account currency payment number date:day age:count over amount:money")
_AGES = columns("account currency up_to_7:money up_to_14:money up_to_30:money older:money open:money")
_decode = msgspec.msgpack.Decoder(Document).decode
_FEES = ("provider fees", "input VAT")


class Item(NamedTuple):
    """What is open of a payment, in minor units."""

    account: str
    currency: str
    payment: str
    number: str
    date: str
    minor: int


def suspense_accounts(rules: Rules) -> list[str]:
    """Name the accounts of payment methods, but for those on which vouchers stand."""
    vouchers = {rules.lines[kind].account for kind in FIXED_KINDS if kind in rules.lines}
    chosen = (PaymentRole.PAYMENT, PaymentRole.DEBTOR)
    return sorted({one.account for one in rules.payments.values() if one.role in chosen} - vouchers)


def suspense_list(scope: Scope, *, ask: bool = True) -> BookList:
    """Specify each suspense account and currency over a period, and compare it with the package."""
    with scope.house.database.read() as connection:
        each = scope.each_rules(connection)
        named = sorted({account for rules in each for account in suspense_accounts(rules)})
        since = _since(scope)
        movement = tuple(_movement(scope, connection, named))
        by_us = all(rules.provider_booked_by == "boekbrug" for rules in each)
        opened = _open_items(scope, connection, named) if by_us else []
    package = Package(scope, since, ask=ask)
    with scope.house.database.read() as connection:
        compared = compare(scope, connection, named, since, package)
    parts = [Part(name="accounts", columns=_MOVEMENT, rows=movement), compared]
    if by_us:
        parts.append(Part(name="ages", columns=_AGES, rows=tuple(_age_rows(opened, scope.days.last))))
        parts.append(Part(name="open", columns=_OPEN, rows=tuple(_open_rows(opened, scope.days.last))))
    return listed(scope, "suspense", parts, (*package.remarks, *(() if by_us else (PAYOUTS_ELSEWHERE,))))


def _since(scope: Scope) -> Days:
    """Return the days since the first licence began: what was on the accounts before is not ours to explain."""
    return Days(min(dt.date.fromisoformat(one.start) for one in scope.licences), scope.days.last)


def _movement(scope: Scope, connection: Connection, named: Sequence[str]) -> Iterator[tuple[Cell, ...]]:
    before = Days(_since(scope).first, scope.days.first - dt.timedelta(days=1))
    opening: dict[tuple[str, str], int] = defaultdict(int)
    for id in scope.ids:
        for row in accounts.moved(connection, id, before.iso):
            if row.account in named:
                opening[row.account, row.currency] += row.minor
    moved: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(WAYS, 0))
    for facet in scope.facets(connection, accounts=named):
        for line in facet.lines:
            if line.account in named:
                ways = moved[line.account, facet.head.currency]
                for way, minor in _ways(facet, line):
                    ways[way] += minor
    for key in sorted({*opening, *moved}):
        begun, ways = opening[key], moved[key]
        sums = (begun, *(ways[way] for way in WAYS), begun + sum(ways.values()))
        yield (*key, *(amount(one, key[1]) for one in sums))


def _ways(facet: Facet, line: Line) -> Iterator[tuple[str, int]]:
    """Say why an account moved; of a payout, what was withheld of it apart."""
    name = "" if facet.part is None else facet.part.facet
    if name == "payout":
        fees = -sum(one.minor for one in facet.lines if one.why in _FEES)
        exchange = -sum(one.minor for one in facet.lines if one.why == "exchange difference")
        yield from (("fees", fees), ("other", exchange), ("payouts", line.minor - fees - exchange))
    elif name in ("sale", "payment", "prepayment"):
        yield ("sales" if line.minor > 0 else "refunds"), line.minor
    else:
        yield "other", line.minor


def _open_items(scope: Scope, connection: Connection, named: Sequence[str]) -> list[Item]:
    """Find which payments no payout cleared; a payout that names none stands by itself."""
    found: dict[tuple[str, str, str], Item] = {}
    facets_of = scope.over(_since(scope)).facets(connection, accounts=named)
    while page := list(islice(facets_of, _BATCH)):
        payments = _payments(scope, connection, page)
        for facet in page:
            for line in facet.lines:
                if line.account in named:
                    _clear(found, facet, line, payments.get(facet.part.document, ()) if facet.part else ())
    return sorted((item for item in found.values() if item.minor), key=lambda item: (item.account, item.date, item[2]))


def _clear(found: dict[tuple[str, str, str], Item], facet: Facet, line: Line, payments: Sequence[str]) -> None:
    head, rest = facet.head, line.minor
    for payment in payments:
        item = found.pop((line.account, head.currency, payment), None)
        rest += 0 if item is None else item.minor
    if rest:
        key = (line.account, head.currency, line.reference or facet.number)
        before = found.get(key)
        date, minor = (head.date, 0) if before is None else (before.date, before.minor)
        item = Item(*key, facet.number, date, minor + rest)
        found[key] = item
        if not item.minor:
            del found[key]


def _payments(scope: Scope, connection: Connection, page: Sequence[Facet]) -> dict[int, tuple[str, ...]]:
    """Read which payments each payout says that it holds."""
    payouts = [(one.part.document, one.part.revision) for one in page if one.part and one.part.facet == "payout"]
    sealed = facets.bodies(connection, payouts) if payouts else {}
    sealing, found = Sealing(scope.house.vault), {}
    for document, (n, body) in sealed.items():
        payout = _decode(sealing.open_body(body, document, n)).payout
        found[document] = () if payout is None else payout.payments
    return found


def _age_rows(opened: Iterable[Item], last: dt.date) -> Iterator[tuple[Cell, ...]]:
    """Add up what is open per account and currency by its age in days."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * (len(AGES) + 1))
    for one in opened:
        age = (last - dt.date.fromisoformat(one.date)).days
        sums[one.account, one.currency][sum(1 for limit in AGES if age > limit)] += one.minor
    for (account, currency), of_age in sorted(sums.items()):
        yield account, currency, *(amount(minor, currency) for minor in (*of_age, sum(of_age)))


def _open_rows(opened: Iterable[Item], last: dt.date) -> Iterator[tuple[Cell, ...]]:
    for one in opened:
        age = (last - dt.date.fromisoformat(one.date)).days
        over = max((limit for limit in AGES if age > limit), default=0)
        cells = (one.account, one.currency, one.payment, one.number, one.date)
        yield (*cells, age, f">{over}" if over else "", amount(one.minor, one.currency))
