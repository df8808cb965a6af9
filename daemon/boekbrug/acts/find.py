"""Where is my sale: its state and why, its entry line by line, and what is wrong with what to do about it."""

import re
from collections.abc import Collection, Sequence
from decimal import Decimal

import msgspec
from sqlalchemy import Connection

from boekbrug.acts.desk import NotKnown
from boekbrug.acts.problems import ShownProblem, show
from boekbrug.contract import Entry, from_minor
from boekbrug.store import entries, problems, search
from boekbrug.store.search import Hit
from boekbrug.sync.house import House
from boekbrug.sync.sealing import Sealing

_AMOUNT = re.compile(r"-?[0-9]+[.,][0-9]{2}")


class ShownLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an entry: debit or credit, with the rule that put it there."""

    account: str
    debit: Decimal | None
    credit: Decimal | None
    role: str
    vat_code: str
    why: str


class ShownEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as it was composed, and what the target calls it once it is there."""

    mark: str
    number: str
    kind: str
    journal: str
    date: str
    currency: str
    lines: tuple[ShownLine, ...]
    remote_number: str = ""
    remote_id: str = ""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A document and where it stands for one licence."""

    id: int
    kind: str
    number: str
    source_id: str
    connection: str
    unit: str
    dated: str
    total: Decimal
    currency: str
    licence: str
    state: str
    reason: str
    entry: ShownEntry | None
    problems: tuple[ShownProblem, ...]


def find(
    house: House, text: str, language: str, limit: int = search.MOST, sees: Collection[int] | None = None
) -> list[Found]:
    """Find documents by the beginning of a number, a whole mark, an exact amount or an e-mail address.

    Those of the licences that one `sees`, None for all and for documents that no licence wants.
    """
    text = text.strip()
    with house.database.read() as connection:
        hits = _hits(connection, house, text, limit, sees)
        bodies = entries.load(connection, {hit.entry for hit in hits if hit.entry}, Sealing(house.vault).open_party)
        troubles = _troubles(connection, house, hits, language)
    return [_found(hit, bodies.get(hit.entry or 0), troubles.get((hit.licence_id, hit.id), ())) for hit in hits]


def of_document(house: House, licence: int, document: int, language: str) -> Found:
    """Show one document as it stands for a licence; raise NotKnown."""
    with house.database.read() as connection:
        hits = search.by_ids(connection, licence, [document])
        if not hits:
            raise NotKnown(document=str(document))
        bodies = entries.load(connection, {hit.entry for hit in hits if hit.entry}, Sealing(house.vault).open_party)
        troubles = _troubles(connection, house, hits, language)
    return _found(hits[0], bodies.get(hits[0].entry or 0), troubles.get((licence, document), ()))


def _hits(connection: Connection, house: House, text: str, limit: int, sees: Collection[int] | None) -> list[Hit]:
    if "@" in text:
        return search.by_email(connection, house.vault.keyed_hash(text), limit, sees)
    hits = search.by_number(connection, text, limit, sees) if text else []
    if not hits and _AMOUNT.fullmatch(text):
        return search.by_total(connection, int(text.replace(".", "").replace(",", "")), limit, sees)
    return hits


def _troubles(
    connection: Connection, house: House, hits: Sequence[Hit], language: str
) -> dict[tuple[int | None, int], tuple[ShownProblem, ...]]:
    links = {hit.licence_id: hit.licence or "" for hit in hits if hit.licence_id is not None}
    numbers = {hit.id: hit.number for hit in hits}
    found: dict[tuple[int | None, int], tuple[ShownProblem, ...]] = {}
    for one in problems.of_documents(connection, list(links), list(numbers)):
        key = (one.licence, one.document or 0)
        found[key] = (*found.get(key, ()), show(house.plugins.problem_codes, one, language, numbers, {}, links))
    return found


def _found(hit: Hit, body: Entry | None, troubles: Sequence[ShownProblem]) -> Found:
    return Found(
        id=hit.id, kind=hit.kind, number=hit.number, source_id=hit.source_id, connection=hit.connection, unit=hit.unit,
        dated=hit.dated, total=amount(hit.total, hit.currency), currency=hit.currency, licence=hit.licence or "",
        state=hit.state or "", reason=hit.reason or "",
        entry=None if body is None else shown_entry(body, hit.remote_number or "", hit.remote_id or ""),
        problems=tuple(troubles),
    )  # fmt: skip


def shown_entry(body: Entry, remote_number: str = "", remote_id: str = "") -> ShownEntry:
    """Show an entry with its amounts in its own currency."""
    return ShownEntry(
        mark=body.mark, number=body.number, kind=str(body.kind), journal=body.journal, date=body.date.isoformat(),
        currency=body.currency, remote_number=remote_number, remote_id=remote_id,
        lines=tuple(
            ShownLine(
                account=line.account, role=str(line.role), vat_code=line.vat_code, why=line.why,
                debit=amount(line.minor, body.currency) if line.minor > 0 else None,
                credit=amount(-line.minor, body.currency) if line.minor <= 0 else None,
            )
            for line in body.lines
        ),
    )  # fmt: skip


def amount(minor: int, currency: str) -> Decimal:
    """Turn minor units into an amount; of a currency that is not known nothing but the figure is."""
    try:
        return from_minor(minor, currency)
    except KeyError:
        return Decimal(minor)
