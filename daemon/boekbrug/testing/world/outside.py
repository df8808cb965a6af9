"""The world outside: a shop whose orders come and change, and the books that its sales go to."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import msgspec

from boekbrug.contract import Booked, Document, EffectKind, Entry, NotReachable, Party, Prepared, RefusedCall, Retriable
from boekbrug.testing.clock import SettableClock
from boekbrug.testing.world.chance import Chance
from boekbrug.testing.world.faults import FindFault
from boekbrug.testing.world.orders import an_order, changed
from boekbrug.testing.world.perils import Perils
from boekbrug.testing.world.vendor import Vendor

UNITS = ("shop", "till")
"""What sells, each for a licence of its own."""
PERIOD_CLOSED, MOVED = "period-closed", "moved"


@dataclass(kw_only=True, slots=True)
class Record:
    """What the books hold under a mark; `listed_at` is when look-ups begin to show it."""

    id: str
    mark: str
    entry: Entry
    listed_at: dt.datetime


@dataclass(kw_only=True, slots=True)
class Debtor:
    """A customer in the books."""

    id: str
    mark: str
    party: Party
    listed_at: dt.datetime


@dataclass(kw_only=True)
class World:
    """Shop and books, outside of boekbrug; every accident is drawn from `chance`."""

    clock: SettableClock
    chance: Chance
    perils: Perils
    call_deadline: dt.timedelta
    shop: list[tuple[str, Document]] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    debtors: list[Debtor] = field(default_factory=list)
    #: what has its effect later, although its client has given up
    under_way: list[tuple[dt.datetime, Callable[[], object]]] = field(default_factory=list)
    #: the books' period is closed, and whatever is sent is refused
    is_closed: bool = False
    #: the books have moved to another address
    is_moved: bool = False
    #: a server is left at the old address that knows nothing of them
    answers_404: bool = False
    #: how many orders the shop lists in a page; 0 leaves it to chance
    page_size: int = 0
    #: the till's sales are booked as one total per day
    totals_per_day: bool = False
    #: the clock was put back at some time
    went_back: bool = False
    #: an old copy of the database was put back at some time
    put_back: bool = False
    _serial: int = 0
    _hit: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.vendor = Vendor(self.clock, self.chance)
        self._random = self.chance.random

    def sell(self, unit: str | None = None, buyer: int | None = None) -> Document:
        """Let a customer order something, at a named unit or by a numbered buyer if that matters."""
        self._serial += 1
        unit = unit or UNITS[self._serial % len(UNITS)]
        return self._put(unit, an_order(self._random, self._serial, self.clock.now(), buyer))

    def change(self) -> None:
        """Let the shop change an order it has: another amount, or paid at last."""
        if self.shop:
            unit, document = self._random.choice(self.shop)
            self._put(unit, changed(self._random, self.orders()[document.source_id], self.clock.now()))

    def listed(self, unit: str) -> list[Document]:
        """List what a unit sold and changed, in the order in which it did."""
        return [document for of, document in self.shop if of == unit]

    def orders(self) -> dict[str, Document]:
        """Return every order as it is now."""
        return {document.source_id: document for _, document in self.shop}

    def size(self) -> tuple[int, ...]:
        """Count what the books hold, so that it can be told whether anything came."""
        return len(self.records), len(self.debtors)

    def by_mark(self) -> Mapping[str, Sequence[tuple[str, int | None]]]:
        """Return id and total of the entries in the books, per mark."""
        found = defaultdict[str, list[tuple[str, int | None]]](list)
        for record in self.records:
            found[record.mark].append((record.id, record.entry.total))
        return found

    def customers(self) -> Mapping[str, Sequence[str]]:
        """Return the ids of the customers in the books, per mark."""
        found = defaultdict[str, list[str]](list)
        for debtor in self.debtors:
            found[debtor.mark].append(debtor.id)
        return found

    def there(self, mark: str) -> str | None:
        """Return the id of what the books list under a mark by now, as a person sees it."""
        now = self.clock.now()
        known: list[Record | Debtor] = [*self.records, *self.debtors]
        return next((one.id for one in known if one.mark == mark and one.listed_at <= now), None)

    def unfetched(self, documents: int, cursors: Sequence[str]) -> int:
        """Count what of the shop has not come through, beside so many documents with the cursors of its units."""
        changes = len(self.shop) - sum(int(one or 0) for one in cursors)
        return len(self.orders()) - documents + changes

    def settle_late_commits(self) -> None:
        """Commit what is still under way and whose moment has come."""
        now = self.clock.now()
        arrived = [call for call in self.under_way if call[0] <= now]
        self.under_way = [call for call in self.under_way if call[0] > now]
        for _, commit in arrived:
            commit()

    def commit(self, prepared: Prepared) -> Booked:
        """Write an entry or a customer into the books; nothing in the world forbids the same one twice."""
        booked = self._write(prepared, self.clock.now())
        self.perils.call()
        return booked

    def commit_later(self, prepared: Prepared) -> None:
        """Write it after the client has given up, before its deadline has passed twice."""
        at = self.later()
        self.under_way.append((at, partial(self._write, prepared, at)))

    def later(self) -> dt.datetime:
        """Choose a moment after the client has given up, and before its deadline has passed twice."""
        latest = int(self.call_deadline.total_seconds())
        return self.clock.now() + dt.timedelta(seconds=self._random.randint(1, latest))

    def commits_before_it_fails(self) -> bool:
        """Say whether a call that ends in 5xx had its effect before."""
        return self._random.random() < 0.5

    def retry_after(self) -> dt.timedelta:
        """Say how long to stay away."""
        return dt.timedelta(seconds=self._random.randint(1, 90))

    def debtor(self, party: Party) -> str | None:
        """Return the id of a customer, if it is listed by now."""
        now = self.clock.now()
        listed = (debtor for debtor in self.debtors if debtor.party.key == party.key and debtor.listed_at <= now)
        return next((debtor.id for debtor in listed), None)

    def close(self, *, closed: bool) -> None:
        """Close the books' period, or open it again."""
        self.is_closed = closed
        self._hit.discard(PERIOD_CLOSED)

    def move(self, *, leaving_a_server: bool = False) -> None:
        """Let the books be at another address from now on; `leaving_a_server` answers 404 at the old one."""
        self.is_moved, self.answers_404 = True, leaving_a_server
        self._hit.discard(MOVED)

    def mend(self) -> None:
        """Open the period again and let the books be found where they are."""
        self.close(closed=False)
        self.is_moved = False
        self.chance.storm = 0

    def hit(self, what: str) -> None:
        """Count what lasts for a while when it hits its first call."""
        if what not in self._hit:
            self._hit.add(what)
            self.chance.met[what] += 1

    def enter(self, access: str) -> None:
        """Let a call in; raise what keeps it out."""
        self.perils.call()
        if self.is_moved:
            self.hit(MOVED)
            raise RefusedCall(status="404") if self.answers_404 else NotReachable(host="books")
        if self.chance.storms():
            raise Retriable(retry_after=self.retry_after())
        self.vendor.demand(access)

    def _write(self, prepared: Prepared, at: dt.datetime) -> Booked:
        late = self.chance.draw(FindFault.LATE_LISTING, 0.3)
        listed_at = at + dt.timedelta(seconds=self._random.randint(1, 240)) if late else at
        self._serial += 1
        if prepared.kind is EffectKind.PARTY:
            party = msgspec.msgpack.decode(prepared.payload, type=Party)
            self.debtors.append(Debtor(id=f"d{self._serial}", mark=prepared.mark, party=party, listed_at=listed_at))
            return Booked(id=f"d{self._serial}")
        entry = msgspec.msgpack.decode(prepared.payload, type=Entry)
        self.records.append(Record(id=f"r{self._serial}", mark=prepared.mark, entry=entry, listed_at=listed_at))
        return Booked(id=f"r{self._serial}", total=entry.total)

    def _put(self, unit: str, document: Document) -> Document:
        self.shop.append((unit, document))
        return document
