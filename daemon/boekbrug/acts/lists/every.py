"""All lists by name, and what somebody agreed to of each."""

from collections.abc import Callable
from functools import partial

from boekbrug.acts.desk import ActRefused, Desk
from boekbrug.acts.lists.balance import balance_list
from boekbrug.acts.lists.gaps import gap_list
from boekbrug.acts.lists.oss import oss_list
from boekbrug.acts.lists.scope import Days, Scope
from boekbrug.acts.lists.suspense import suspense_list
from boekbrug.acts.lists.table import BookList
from boekbrug.acts.lists.turnover import turnover_list
from boekbrug.acts.lists.vat import icp_list, vat_list
from boekbrug.contract import Because
from boekbrug.store import agreed
from boekbrug.store.agreed import Agreement
from boekbrug.store.licences import Licence
from boekbrug.sync.house import House

LONGEST = 1000
_ASKING = {"turnover": turnover_list, "suspense": suspense_list, "balance": balance_list}
_OWN: dict[str, Callable[[Scope], BookList]] = {"vat": vat_list, "icp": icp_list, "oss": oss_list, "gaps": gap_list}
NAMES = ("turnover", "vat", "icp", "oss", "suspense", "balance", "gaps")
"""The lists in the order in which a bookkeeper goes through them."""
COMPARED = frozenset(_ASKING)
"""The lists that ask the package for its figures."""


def make(name: str, scope: Scope, *, ask: bool) -> BookList:
    """Make a list; `ask` the package where the list compares with it. Raise KeyError for no list."""
    return partial(_ASKING[name], ask=ask)(scope) if name in _ASKING else _OWN[name](scope)


def subject_of(days: Days) -> str:
    """Name a period, as what somebody agreed to."""
    return "..".join(days.iso)


def agreement_of(house: House, licence: Licence, name: str, days: Days) -> Agreement | None:
    """Say who agreed to a list of a period."""
    with house.database.read() as connection:
        return agreed.agreements(connection, licence.id, name).get(subject_of(days))


def agree(desk: Desk, scope: Scope, name: str, note: str = "", *, digest: str = "") -> Agreement:
    """Note that the actor agrees to a list as it is now; the package's own figures are not part of that.

    Raise ActRefused when it is not as it was shown any more, where `digest` says what that was.
    """
    now = make(name, scope, ask=False).digest
    if digest not in ("", now):
        raise ActRefused(Because("The figures changed since the page was shown; look at them again."))
    licence, subject = scope.licence, subject_of(scope.days)
    with desk.act("list-agree", licence.name) as act:
        new = Agreement(licence.id, name, subject, desk.actor, act.now, note.strip()[:LONGEST], now)
        agreed.agree(act.connection, new)
        act.licence = licence.id
        act.facts = {"list": name, "period": subject, "note": new.note}
    return new
