"""Which VAT ids of the supplies within the Union VIES has not proven: listed with each return (bookkeeper.md §1.8)."""

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection

from boekbrug.acts.lists.table import Cell, Part, columns, euro
from boekbrug.runtime.clock import EPOCH
from boekbrug.store import outside
from boekbrug.store.outside import Standing
from boekbrug.sync.workplace import MICROSECOND

PROVEN, NOT_ASKED = "proven", "not-asked"
_UNPROVEN = columns("vat_id proof:word since:day by note base:money")


def proof_of(standing: Standing | None) -> str:
    """Say how a VAT id stands: proven, accepted by a person, invalid, unanswered or not asked."""
    if standing is None:
        return NOT_ASKED
    if standing.valid:
        return PROVEN
    if outside.is_accepted(standing):
        return "accepted"
    return "unanswered" if standing.valid is None else "invalid"


def unproven_part(connection: Connection, found: Mapping[str, tuple[int, int]]) -> Part:
    """List the VAT ids of a period without proof, with who took them and why; each has to be looked at."""
    known = outside.standings(connection, found)
    rows = tuple(_rows(known, found))
    return Part(name="unproven", columns=_UNPROVEN, rows=rows, differs=len(rows))


def _rows(known: Mapping[str, Standing], found: Mapping[str, tuple[int, int]]) -> Iterator[tuple[Cell, ...]]:
    for vat_id, amounts in sorted(found.items()):
        one = known.get(vat_id)
        if not any(amounts) or (proof := proof_of(one)) == PROVEN:
            continue
        since = by = note = ""
        if one is not None:
            is_accepted = proof == "accepted"
            moment = one.accepted_at if is_accepted else one.asked_at if one.valid is None else one.answered_at
            since = (EPOCH + (moment or 0) * MICROSECOND).date().isoformat()
            by, note = (one.accepted_by, one.accepted_because or "") if is_accepted else ("", one.fault)
        yield vat_id, proof, since, by, note, euro(sum(amounts))
