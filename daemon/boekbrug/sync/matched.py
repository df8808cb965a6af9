"""What sales left open in the books, and whether that was paid or set off there since."""

from collections.abc import Sequence

from sqlalchemy import Connection

from boekbrug.booking.money_in import OPEN_ITEM
from boekbrug.contract import SALE_KINDS, DocumentKind, OpenItem, Role, TellsMatching
from boekbrug.store import entries, licences
from boekbrug.store.bulk import select_rows
from boekbrug.store.licences import Licence
from boekbrug.sync.originals import read_share
from boekbrug.sync.standing import Stands
from boekbrug.sync.workplace import Workplace

MATCHED = "item-matched"
"""The code of the problem, and why a document that is paid stays in the books."""
_OPENS = frozenset({*SALE_KINDS, DocumentKind.CREDIT_NOTE})
_KINDS = "select id, kind from document where id in ?*"
_RECORDS = "select entry, remote_id from entry_state where entry in ?* and remote_id is not null"


def open_items(connection: Connection, work: Workplace, standing: Sequence[Stands]) -> list[OpenItem]:
    """List what sales and credits left open by the entries in which they stand; what pays an item opens none."""
    found = select_rows(connection, _KINDS, [[one.document for one in standing]])
    opening = {id for id, kind in found if kind in _OPENS}
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


def paid_of(work: Workplace, licence: Licence, items: Sequence[OpenItem]) -> list[str]:
    """Name the items that the target has matched, by reference; none where it cannot tell. Its errors pass through."""
    target: object = work.instances.target(licence.target) if items else None
    if not isinstance(target, TellsMatching):
        return []
    with work.database.read() as connection:
        administration = licences.administration_code(connection, licence.administration)
    answers = target.matched(administration, items)
    return sorted({item.reference for item, is_matched in zip(items, answers, strict=True) if is_matched})
