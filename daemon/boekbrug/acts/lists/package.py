"""What the accounting package itself says moved on its accounts, where it can be asked."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from boekbrug.acts.lists.scope import Days, Scope
from boekbrug.acts.lists.table import Part, columns, euro
from boekbrug.contract import BoekbrugError, StatesBalances
from boekbrug.store import accounts, licences

NO_BALANCES, NOT_ASKED, UNREACHABLE = "package-states-no-balances", "package-not-asked", "package-unreachable"
"""Why a list has no figures of the package."""
_COMPARED = columns("account booked:money other_licences:money under_way:money package:money difference:money")


class Package:
    """The movements per account at the package, debit positive in cents of euro; None where it was not told."""

    def __init__(self, scope: Scope, days: Days, *, ask: bool) -> None:
        self.moved: Mapping[str, int] | None = None
        self.remarks: tuple[str, ...] = (NOT_ASKED,) if not ask else ()
        if ask:
            self._ask(scope, days)

    def _ask(self, scope: Scope, days: Days) -> None:
        licence = scope.licence
        with scope.house.database.read() as connection:
            code = licences.administration_code(connection, licence.administration)
        target = scope.house.instances().target(licence.target)
        if not isinstance(target, StatesBalances):
            self.remarks = (NO_BALANCES,)
            return
        try:
            self.moved = target.balances(code, days.first, days.end)
        except BoekbrugError as error:
            scope.house.log.warning("list.package", licence=licence.name, code=error.code, **error.facts)
            self.remarks = (UNREACHABLE,)

    def on(self, account: str) -> int | None:
        """Return the movement on an account; None where the package was not asked."""
        return None if self.moved is None else self.moved.get(account, 0)


def moved_in(connection: Connection, ids: list[int], days: Days, *, under_way: bool = False) -> dict[str, int]:
    """Add up per account what licences moved, debit positive in cents of euro."""
    found: dict[str, int] = {}
    for id in ids:
        for row in accounts.moved(connection, id, days.iso, under_way=under_way):
            found[row.account] = found.get(row.account, 0) + row.euro
    return found


def beside(connection: Connection, scope: Scope, days: Days) -> dict[str, int]:
    """Add up per account what the other licences of the administration moved."""
    return moved_in(connection, accounts.beside(connection, scope.licence.administration, scope.ids), days)


def compare(
    scope: Scope, connection: Connection, named: Iterable[str], days: Days, package: Package, *, sign: int = 1
) -> Part:
    """Compare accounts with the package in euro, debit positive unless `sign` is turned."""
    ours, others = moved_in(connection, scope.ids, days), beside(connection, scope, days)
    sending = moved_in(connection, scope.ids, days, under_way=True)
    rows, differs = [], 0
    for account in sorted(named):
        there = package.on(account)
        known = [found.get(account, 0) for found in (ours, others, sending)]
        difference = None if there is None else there - sum(known)
        differs += bool(difference)
        rows.append((account, *(None if one is None else euro(sign * one) for one in (*known, there, difference))))
    return Part(name="compared", columns=_COMPARED, rows=tuple(rows), differs=differs)
