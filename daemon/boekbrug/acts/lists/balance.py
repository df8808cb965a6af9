"""What stands on a day on the accounts for others' money: vouchers, prepayments, deposits, tips, what is owed."""

import datetime as dt
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection

from boekbrug.acts.find import amount
from boekbrug.acts.lists.package import Package, compare
from boekbrug.acts.lists.scope import Days, Scope
from boekbrug.acts.lists.table import BookList, Cell, Part, columns, euro
from boekbrug.acts.lists.vat import listed
from boekbrug.booking.advance_vat import DECLARED, advance_lines, balances, held_on
from boekbrug.booking.corrections import reverse_lines
from boekbrug.booking.dates import period_end
from boekbrug.booking.rules import FIXED_KINDS, OWED_KINDS, Rules
from boekbrug.contract import LineKind
from boekbrug.store import accounts, periods

_ITEMS = columns("item:word account currency amount:money")
_OPEN = columns("account currency number date:day age:count amount:money")
_ADVANCES = columns("number date:day account vat_code amount:money state:word")
NOT_DRAWN_UP = "advances-not-drawn-up"
"""A VAT period ends on the last day, and boekbrug has not drawn up yet what was received in advance by then."""
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
        each_rules = tuple(scope.each_rules(connection))
        declared = tuple(_advances(scope, connection))
    parts = [
        Part(name="items", columns=_ITEMS, rows=stands),
        compared,
        Part(name="open", columns=_OPEN, rows=opened),
    ]
    if any(rules.advances for rules in each_rules):
        parts.append(Part(name="advances", columns=_ADVANCES, rows=declared))
    ends = any(period_end(scope.days.last, rules) == scope.days.last for rules in each_rules)
    remarks = (NOT_DRAWN_UP,) if ends and any(not row[-1] for row in declared) else ()
    return listed(scope, "balance", parts, (*package.remarks, *remarks))


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


def _advances(scope: Scope, connection: Connection) -> Iterator[tuple[Cell, ...]]:
    """Write the lines that declare what was received in advance by the last day, and those that take them back."""
    for licence in scope.licences:
        book = scope.book(connection, licence.id, licence.rules)
        accounts_of = {book.rules.accounts[rule.ledger] for rule in book.rules.advances}
        last, moved = scope.days.last, dict[str, int]()
        if accounts_of:
            for account, _, cents in periods.moved(connection, licence.id, accounts_of, last.isoformat(), DECLARED):
                moved[account] = moved.get(account, 0) + cents
        for rule in book.rules.advances:
            held = held_on(rule, book, moved)
            lines = advance_lines(rule, held, book)
            both = balances(licence.id, licence.unit, rule, last, held)
            states = periods.states_of(connection, licence, [one.source_id for one in both])
            for one, own in zip(both, (lines, reverse_lines(lines)), strict=True):
                state, day = states.get(one.source_id, ""), one.dates.business
                for line in own:
                    yield one.number, str(day), line.account, line.vat_code, euro(line.minor), state
