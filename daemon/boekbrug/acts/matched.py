"""Refuse to take out of the books what was paid or set off there: the payment would be left without its item."""

from collections.abc import Sequence

from sqlalchemy import Connection

from boekbrug.acts.desk import ActRefused, Because
from boekbrug.booking.money_in import OPEN_ITEM
from boekbrug.contract import SALE_KINDS, BoekbrugError, DocumentKind, OpenItem, Problem, Role, TellsMatching
from boekbrug.store import entries, licences
from boekbrug.store.bulk import select_rows
from boekbrug.store.licences import Licence
from boekbrug.sync.originals import read_share
from boekbrug.sync.standing import Stands
from boekbrug.sync.workplace import Workplace

_OPENS = frozenset({*SALE_KINDS, DocumentKind.CREDIT_NOTE})

_KINDS = "select id, kind from document where id in ?*"
_RECORDS = "select entry, remote_id from entry_state where entry in ?* and remote_id is not null"


def open_items(connection: Connection, work: Workplace, standing: Sequence[Stands]) -> list[OpenItem]:
    """List what sales and credits left open by the entries in which they stand; what pays an item opens none."""
    kinds = "select id, kind from document where id in ?*"
    opening = {
        id for id, kind in select_rows(connection, kinds, [[one.document for one in standing]]) if kind in _OPENS
    }
    mine = [one for one in standing if one.document in opening]
    whole = {one.entry for one in mine if one.share is None}
    bodies = entries.load(connection, whole, work.sealing.open_party)
    records = dict(select_rows(connection, _RECORDS, [[one.entry for one in mine]]))
    sums: dict[tuple[str, str, str], int] = {}
    for one in mine:
        for line in bodies[one.entry].lines if one.share is None else read_share(one.share):
            if line.role is Role.DEBTOR and line.why == OPEN_ITEM and one.entry in records:
                key = records[one.entry], line.account, line.reference
                sums[key] = sums.get(key, 0) + line.minor
    return [
        OpenItem(remote_id=id, account=account, reference=reference, minor=minor)
        for (id, account, reference), minor in sums.items()
        if minor
    ]


def demand_unmatched(work: Workplace, licence: Licence, items: Sequence[OpenItem]) -> None:
    """Raise ActRefused for items that the package has matched, and where it tells of matching and does not answer."""
    target: object = work.instances.target(licence.target) if items else None
    if not isinstance(target, TellsMatching):
        return
    with work.database.read() as connection:
        administration = licences.administration_code(connection, licence.administration)
    try:
        answers = target.matched(administration, items)
    except BoekbrugError as error:
        because = Because("The package does not say whether it is paid ({reason}); try again later.", reason=error.code)
        raise ActRefused(because) from error
    paid = sorted({item.reference for item, is_matched in zip(items, answers, strict=True) if is_matched})
    if paid:
        raise ActRefused(problems=[Problem(code="item-matched", facts={"number": one}) for one in paid])
