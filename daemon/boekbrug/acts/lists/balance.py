"""What stands on a day on the accounts for others' money: vouchers, prepayments, deposits, tips, what is owed."""

import datetime as dt
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection

from boekbrug.acts.find import amount
from boekbrug.acts.lists.package import Package, compare, moved_in
from boekbrug.acts.lists.scope import Days, Scope
from boekbrug.acts.lists.table import BookList, Cell, Part, columns, euro
from boekbrug.acts.lists.vat import listed
from boekbrug.booking.advance_vat import declare_advances
from boekbrug.booking.rules import FIXED_KINDS, OWED_KINDS, Rules
from boekbrug.contract import LineKind
from boekbrug.store import accounts

_ITEMS = columns("item:word account currency amount:money")
_OPEN = columns("account currency number date:day age:count amount:money")
_ADVANCES = columns("date:day account vat_code amount:money")
ADVANCES_BY_HAND = "advances-booked-by-hand"
"""The VAT on advances is worked out, and booked by the bookkeeper."""
_SINGLE = ("received_in_advance", "vat_not_due", "fees_withheld", "transit", "debtor")


def items_of(rules: Rules) -> dict[str, list[str]]:
    """Name the balance items of a licence by account; an account may hold several."""
    found: dict[str, list[str]] = {}
    for kind in sorted(FIXED_KINDS - {LineKind.CASH_ROUNDING}):
        if kind in rules.lines and (account := rules.lines[kind].account):
            found.setdefault(account, []).append(str(kind))
    for kind in sorted(OWED_KINDS):
        if kind in rules.lines and (account := rules.lines[kind].account):
            found.setdefault(account, []).append(str(kind))
    for name in _SINGLE:
        if account := getattr(rules, name):
            found.setdefault(account, []).append(name.replace("_", "-"))
    return found


def _merged(each: Iterable[dict[str, list[str]]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for items in each:
        for account, names in items.items():
            known = found.setdefault(account, [])
            known += [name for name in names if name not in known]
    return found


def balance_list(scope: Scope, *, ask: bool = True) -> BookList:
    """State each balance item on the last day of the scope, since the licence began, debit positive."""
    since = Days(min(dt.date.fromisoformat(one.start) for one in scope.licences), scope.days.last)
    package = Package(scope, since, ask=ask)
    with scope.house.database.read() as connection:
        items = _merged(items_of(rules) for rules in scope.each_rules(connection))
        stands = tuple(_stands(scope, connection, items, since))
        compared = compare(scope, connection, sorted(items), since, package)
        opened = tuple(_opened(scope, connection))
        kept = any(rules.advances for rules in scope.each_rules(connection))
        declared = tuple(_advances(scope, connection, since))
    parts = [
        Part(name="items", columns=_ITEMS, rows=stands),
        compared,
        Part(name="open", columns=_OPEN, rows=opened),
    ]
    if kept:
        parts.append(Part(name="advances", columns=_ADVANCES, rows=declared))
    return listed(scope, "balance", parts, (*package.remarks, *((ADVANCES_BY_HAND,) if declared else ())))


def _stands(
    scope: Scope, connection: Connection, items: dict[str, list[str]], since: Days
) -> Iterator[tuple[Cell, ...]]:
    sums: dict[tuple[str, str], int] = {}
    for id in scope.ids:
        for row in accounts.moved(connection, id, since.iso):
            if row.account in items:
                key = row.account, row.currency
                sums[key] = sums.get(key, 0) + row.minor
    for account, names in sorted(items.items()):
        for of, currency in sorted(sums):
            if of == account:
                yield (" ".join(names), account, currency, amount(sums[of, currency], currency))


def _opened(scope: Scope, connection: Connection) -> Iterator[tuple[Cell, ...]]:
    for licence, rules in zip(scope.ids, scope.each_rules(connection), strict=True):
        for one in accounts.open_items(connection, licence, rules.debtor, scope.days.iso[1]):
            age = (scope.days.last - dt.date.fromisoformat(one.day)).days
            yield (one.account, one.currency, one.reference, one.day, age, amount(one.minor, one.currency))


def _advances(scope: Scope, connection: Connection, since: Days) -> Iterator[tuple[Cell, ...]]:
    """Write the lines that declare what was received in advance by the last day, and those that take them back."""
    for licence in scope.licences:
        book = scope.book(connection, licence.id, licence.rules)
        moved = moved_in(connection, [licence.id], since) if book.rules.advances else {}
        for rule in book.rules.advances:
            held = rule.opening - moved.get(book.rules.accounts[rule.ledger], 0)
            for draft in declare_advances(rule, held, since.last, licence.unit, book) or ():
                day = draft.date.isoformat()
                yield from ((day, line.account, line.vat_code, euro(line.minor)) for line in draft.lines)
