"""Refuse to take out of the books what was paid or set off there: the payment would be left without its item."""

from collections.abc import Sequence

from boekbrug.acts.desk import ActRefused
from boekbrug.contract import Because, BoekbrugError, OpenItem, Problem
from boekbrug.store.licences import Licence
from boekbrug.sync.matched import MATCHED, paid_of
from boekbrug.sync.workplace import Workplace


def demand_unmatched(work: Workplace, licence: Licence, items: Sequence[OpenItem]) -> None:
    """Raise ActRefused for items that the package has matched, and where it tells of matching and does not answer."""
    try:
        paid = paid_of(work, licence, items)
    except BoekbrugError as error:
        because = Because("The package does not say whether it is paid ({reason}); try again later.", reason=error.code)
        raise ActRefused(because) from error
    if paid:
        raise ActRefused(problems=[Problem(code=MATCHED, facts={"number": one}) for one in paid])
