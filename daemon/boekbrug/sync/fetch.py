"""Fetch: write what the source hands over, and the cursor behind it, in one transaction per page."""

import datetime as dt
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import chain
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from boekbrug.contract import BadAmount, Document, DocumentRef, Page, Window, to_minor
from boekbrug.runtime.secrets import Vault
from boekbrug.store import caution, cursors, documents, problems
from boekbrug.store.cursors import CursorClaim
from boekbrug.store.documents import PageRows, Seen
from boekbrug.store.problems import Opened
from boekbrug.sync.revise import Revision
from boekbrug.sync.steps import Step
from boekbrug.sync.workplace import Workplace

RETENTION_YEARS = 7
"""Books are kept for seven years after the year they are about (Algemene wet inzake rijksbelastingen, art. 52)."""

_encode = msgspec.msgpack.Encoder().encode


def fetch(
    work: Workplace,
    source: int,
    unit: str,
    window: Window,
    purpose: str = "daily",
    ends: dt.datetime | None = None,
) -> Iterator[Step]:
    """Fetch a unit from its cursor on, until it is known or the turn `ends`; nothing when another worker is at it.

    1. ask for a page, and when there is one: 2. claim the cursor; 3. per page: keep documents, problems and cursor
    together; 4. let the cursor go, and note when the walk began if it came to its end. Most runs find no page and write
    nothing; only caution wants to know of their walks.
    Errors of the source pass through; pages already kept stand.
    """
    with work.database.read() as connection:
        begun = work.database.now(connection)
        value = cursors.look(connection, source, unit, purpose, begun)
        is_awaited = caution.awaits_walk(connection, source, unit)
    if value is None:
        return
    pages = _pages(work, source, unit, window, value)
    first = next(pages, None)
    if first is None and not is_awaited:
        yield Step("fetch-done")
        return
    with work.database.write() as connection:
        now = work.database.now(connection)
        held = cursors.claim(connection, source, unit, purpose, work.worker, work.until(now), now)
    if held is None:
        return
    yield Step("fetch-claimed")
    # another worker has moved the cursor meanwhile: its pages are not fetched a second time
    found = pages if first is None else chain((first,), pages)
    pages = found if held.value == value else _pages(work, source, unit, window, held.value)
    walked_at: int | None = None
    try:
        for page in pages:
            PageKeeper(work, held).keep(page)
            yield Step("fetched", len(page.documents), page.total)
            if ends is not None and work.clock.now() >= ends:
                yield Step("turn-over", 1)
                break
        else:
            walked_at = begun
    except Exception:
        _let_go(work, held)
        raise
    _let_go(work, held, walked_at)
    yield Step("fetch-done")


def _pages(work: Workplace, source_id: int, unit: str, window: Window, cursor: str) -> Iterator[Page]:
    source = work.instances.source(source_id)
    pages = source.fetch(unit, window, cursor)
    while True:
        with work.metrics.timed(source.name, "fetch"):
            page = next(pages, None)
        if page is None:
            return
        yield page


def _let_go(work: Workplace, held: CursorClaim, walked_at: int | None = None) -> None:
    with work.database.write() as connection:
        cursors.release(connection, held, walked_at)


class PageKeeper:
    """Keeps one page: looks up what is known, gathers the rows, writes them behind the cursor."""

    def __init__(self, work: Workplace, held: CursorClaim) -> None:
        self._work, self._held = work, held
        self._seal = work.sealing.body
        self._new: dict[tuple[int, int], Document] = {}

    def keep(self, page: Page) -> None:
        """Write a page in one transaction; raise ClaimLost when another worker has moved the cursor."""
        work, held = self._work, self._held
        seen = [digest(document, work.vault) for document in page.documents]
        work.ids.ensure(len(seen))
        with work.database.read() as connection:
            now = work.database.now(connection)
            rows = self._rows(connection, seen, page.documents, now)
            revision = Revision(work.ids, rows.licences)
            changed = rows.changed + _ids_of(connection, held, page.gone)
            needed = revision.ids_for(connection, len(seen) + len(page.gone), changed)
        work.ids.ensure(len(page.unreadable) + needed)
        with work.database.write() as connection:
            cursors.advance(connection, held, page.cursor, work.until(now), now)
            revision.changed(connection, rows.write(connection), now)
            revision.gone(connection, held.connection, held.unit, page.gone, now)
            problems.close_at_places(connection, held.connection, held.unit, page.cleared, now)
            problems.open_problems(connection, _unreadable(held, page), work.ids.take(len(page.unreadable)), now)
        work.fetched.clear()
        work.fetched.update(self._new)

    def _rows(self, connection: Connection, seen: Sequence[Seen], contents: Sequence[Document], now: int) -> PageRows:
        held, ids = self._held, self._work.ids
        latest = {(item.kind, item.source_id): item for item in seen}
        content = {(item.kind, item.source_id): document for item, document in zip(seen, contents, strict=True)}
        known = documents.known(connection, held.connection, held.unit, [key[1] for key in latest])
        numbers = documents.numbered(connection, held.connection, held.unit, [item.number for item in latest.values()])
        licences = documents.licences_of(connection, held.connection, held.unit)
        rows = PageRows(held.connection, held.unit, licences, self._seal, now)
        next_id = ids.take(len(latest))
        for key, item in latest.items():
            before = known.get(key)
            if before is None:
                owner = numbers.setdefault((item.kind, item.number), (item.source_id, next_id))
                rows.add_new(item, next_id, _twin(item, owner))
                self._new[next_id, 1] = content[key]
                next_id += 1
            elif before.content_hash != item.content_hash:
                rows.add_change(item, before, _twin(item, numbers.get((item.kind, item.number))))
        return rows


def _ids_of(connection: Connection, held: CursorClaim, refs: Sequence[DocumentRef]) -> list[int]:
    if not refs:
        return []
    known = documents.known(connection, held.connection, held.unit, [ref.source_id for ref in refs])
    return [one.id for one in known.values()]


def _twin(item: Seen, owner: tuple[str, int] | None) -> int | None:
    if owner is None or owner[0] == item.source_id or item.kind not in documents.NUMBERED_KINDS:
        return None
    return owner[1]


def _unreadable(held: CursorClaim, page: Page) -> list[Opened]:
    return [
        Opened(item.problem, connection=held.connection, unit=held.unit, place=item.place.name)
        for item in page.unreadable
    ]


def digest(document: Document, vault: Vault) -> Seen:
    """Turn a document into what is kept of it: index fields in the clear, the rest as one body."""
    body = _encode(document)
    buyer = document.buyer
    refers_to = document.refers_to
    dated = _dated(document)
    return Seen(
        kind=document.kind._value_,
        source_id=document.source_id,
        number=document.number,
        sale_ref=document.sale_ref,
        content_hash=blake2b(body, digest_size=16).digest(),
        body=body,
        total=_total(document),
        currency=document.currency[:3],
        dated=dated,
        email_hash=vault.keyed_hash(buyer.email) if buyer is not None and buyer.email else None,
        refers_to=f"{refers_to.kind}:{refers_to.source_id}" if refers_to is not None else "",
        erase_after=f"{int(dated[:4] or 9000) + RETENTION_YEARS + 1}-01-01",
    )


def _total(document: Document) -> int:
    try:
        return to_minor(document.total, document.currency)
    except BadAmount:
        # kept and shown as a problem when it is composed; it cannot be found by its amount
        return 0


_AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def _dated(document: Document) -> str:
    dates = document.dates
    day = dates.business or dates.invoiced
    if day is not None:
        return day.isoformat()
    moment = dates.ordered or dates.paid or dates.refunded
    return "" if moment is None else _local_day(moment)


def _local_day(moment: dt.datetime) -> str:
    return moment.astimezone(_AMSTERDAM).date().isoformat()
