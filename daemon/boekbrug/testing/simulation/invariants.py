"""What must hold after every step, and what must hold when everything has come to rest."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from boekbrug.contract import Document, Readiness, to_minor
from boekbrug.store.database import Database
from boekbrug.store.integrity import INVARIANTS, broken
from boekbrug.testing.simulation.place import CODES, PAID_TO
from boekbrug.testing.world import Record, World


class Broken(AssertionError):
    """Something that must always hold does not."""


ALWAYS = {
    "a document has no state, or a state no document": """
        select d.number from document d left join document_state s on s.document = d.id where s.document is null
        union all
        select s.document from document_state s left join document d on d.id = s.document where d.id is null
    """,
    "documents are more or fewer than the sum of their states": """
        select n, counted from (select count(*) as n from document),
        (select coalesce(sum(number), 0) as counted from tally) where n <> counted
    """,
    "a facet is in two living entries": """
        select licence, document, facet from membership where ended_at is null
        group by licence, document, facet having count(*) > 1
    """,
    "an entry is out of balance": "select entry from entry_line group by entry having sum(minor) <> 0",
    "a document is called booked, and nothing books it": """
        select s.document from document_state s where s.state = 'booked' and s.reason in ('plain', 'changed-at-source')
        and not exists (select 1 from membership m join entry_state e on e.entry = m.entry where m.ended_at is null
            and m.licence = s.licence and m.document = s.document and e.state = 'booked')
    """,
    "an entry is in doubt, and nobody asks for it": """
        select mark from entry_state s where s.state in ('sending', 'in-doubt') and not exists (
            select 1 from effect f where f.kind = 'entry' and f.subject = s.entry and f.next_at is not null
            and f.state in ('intent', 'unknown'))
    """,
    "a customer is in doubt, and nobody asks for them": """
        select party_key from party p where p.state in ('sending', 'in-doubt') and not exists (
            select 1 from effect f where f.kind = 'party' and f.subject = p.id and f.next_at is not null
            and f.state in ('intent', 'unknown'))
    """,
    "a call may be under way that is not in doubt": """
        select f.mark from effect f join entry_state s on s.entry = f.subject and f.kind = 'entry'
        where f.state in ('intent', 'unknown') and s.state not in ('sending', 'in-doubt')
    """,
    "an entry is claimed for ever": "select mark from entry_state where state = 'claimed' and next_at is null",
}
"""What holds at any moment, by what is wrong otherwise, with the query for the rows that show it."""


class Watch:
    """Looks at database and world, past the engine; what has not changed since the last look is not looked at again."""

    def __init__(self, path: Path, world: World) -> None:
        self._world = world
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("pragma query_only = on")
        self._seen: tuple[object, ...] = ()

    def close(self) -> None:
        """Stop looking."""
        self._database.close()

    def states(self) -> list[str]:
        """List the states that entries are in."""
        return [state for (state,) in self._database.execute("select distinct state from entry_state order by state")]

    def now(self) -> None:
        """Check what holds at any moment; raise Broken."""
        world = self._world
        (version,) = self._database.execute("pragma data_version").fetchone()
        seen = (version, len(world.records), len(world.debtors), len(world.vendor.spent))
        if seen == self._seen:
            return
        self._seen = seen
        _demand(not world.vendor.spent, f"a refresh token was used again after its successor: {world.vendor.spent}")
        doubled = {mark: count for mark, count in world.by_mark().items() if count > 1}
        _demand(not doubled, f"more than one record under a mark: {doubled}")
        _check_debtors(world)
        _check_living(world)
        self._check_booked()
        for wrong, query in ALWAYS.items():
            rows = self._database.execute(query).fetchmany(5)
            _demand(not rows, f"{wrong}: {rows}")

    def end(self, database: Database) -> None:
        """Check what holds when nothing moves any more: every sale is booked once, and nothing else is.

        Which event was the last is not asked where the clock was put back.
        """
        self.now()
        with database.read() as connection:
            for sentence, query in INVARIANTS.items():
                if self._world.went_back and "last event" in sentence:
                    continue
                count, examples = broken(connection, query)
                _demand(not count, f"not true: {sentence}: {examples}")
        marks = {mark for mark, _, _ in self._booked()}
        strange = [record.mark for record in self._world.records if record.mark not in marks]
        _demand(not strange, f"records at the target that no booked entry answers for: {strange}")
        self._check_sums()
        self._check_every_sale()

    def _booked(self) -> list[tuple[str, str, int]]:
        query = """
            select s.mark, s.remote_id, e.total from entry_state s join entry e on e.id = s.entry
            where s.state = 'booked'
        """
        return self._database.execute(query).fetchall()

    def _differing(self) -> dict[str, int]:
        """List marks with our total that are shown as differing: repriced since the copy that was put back."""
        if not self._world.put_back:
            return {}
        query = """
            select s.mark, e.total from entry_state s join entry e on e.id = s.entry
            where s.state = 'booked' and s.reason = 'differs-at-target'
        """
        return dict(self._database.execute(query).fetchall())

    def _check_booked(self) -> None:
        differing = self._differing()
        there = {(record.mark, record.id): record.entry.total for record in self._world.records}
        for mark, remote_id, total in self._booked():
            found = there.get((mark, remote_id))
            _demand(found is not None, f"called booked, but not at the target: {mark}")
            same = found == total or mark in differing
            _demand(same, f"{mark} is booked for {total}, the target has {found}")

    def _check_sums(self) -> None:
        if self._differing():
            return
        ours = self._database.execute(
            """select l.account, sum(l.minor) from entry_line l join entry_state s on s.entry = l.entry
            where s.state = 'booked' group by l.account having sum(l.minor) <> 0"""
        )
        theirs = Counter[str]()
        for record in self._world.records:
            for line in record.entry.lines:
                theirs[line.account] += line.minor
        there = {account: minor for account, minor in theirs.items() if minor}
        _demand(dict(ours) == there, f"the accounts differ: the target has {there}")

    def _check_every_sale(self) -> None:
        rows = self._database.execute(_SALES).fetchall()
        found = {source_id: Sale(source_id, *rest) for source_id, *rest in rows}
        prices = _prices(self._world)
        of_till = 0
        for source_id, order in self._world.orders().items():
            _demand(source_id in found, f"{order.number} was never fetched")
            sale = found[source_id]
            expected = "open" if order.readiness is Readiness.OPEN else "booked"
            _demand(sale.state == expected, f"{order.number} is {sale.state} ({sale.reason}), not {expected}")
            if sale.state == "booked" and sale.unit == "till" and self._world.totals_per_day:
                of_till += sale.is_living * to_minor(order.total)
            elif sale.state == "booked":
                self._check_sale(order, sale, prices[source_id])
        if self._world.totals_per_day:
            booked = sum(_paid(record) for record in self._world.records if _is_total(record, self._world))
            _demand(booked == of_till, f"the till sold {of_till}, and {booked} is booked of it")

    def _check_sale(self, order: Document, sale: "Sale", prices: set[int]) -> None:
        living = [record for record in _living(self._world) if record.entry.number == order.number]
        _demand(len(living) == sale.is_living, f"{order.number} ({sale.reason}) is at the target {len(living)} times")
        amounts = [record.entry.total for record in living]
        is_other = sale.reason in ("changed-at-source", "differs-at-target" if self._world.put_back else "")
        allowed = prices if is_other else {to_minor(order.total)}
        _demand(set(amounts) <= allowed, f"{order.number} is booked for {amounts}, the shop says {allowed}")


_SALES = """
    select d.source_id, d.unit, s.state, s.reason from document d join document_state s on s.document = d.id
"""


class Sale:
    """A sale as boekbrug has it."""

    def __init__(self, source_id: str, unit: str, state: str, reason: str) -> None:
        self.source_id, self.unit, self.state, self.reason = source_id, unit, state, reason

    @property
    def is_living(self) -> bool:
        """Tell whether it is booked and was not countered."""
        return self.reason != "reversed"


def _demand(holds: bool, sentence: str) -> None:
    if not holds:
        raise Broken(sentence)


def _check_debtors(world: World) -> None:
    marks = Counter(debtor.mark for debtor in world.debtors)
    doubled = {mark: count for mark, count in marks.items() if count > 1}
    _demand(not doubled, f"a customer was made more than once: {doubled}")
    keys = {debtor.id: debtor.party.key for debtor in world.debtors}
    for record in world.records:
        party = record.entry.party
        fits = party is None or keys.get(party.remote_id) == party.key
        _demand(fits, f"{record.mark} is booked on another customer than its own")


def _living(world: World) -> Iterator[Record]:
    countered = {record.entry.reverses for record in world.records if record.entry.reverses}
    return (record for record in world.records if not record.entry.reverses and record.id not in countered)


def _check_living(world: World) -> None:
    """No sale that has entries of its own has two of them at one time that nothing counters."""
    apart = Counter(record.entry.number for record in _living(world) if not _is_total(record, world))
    doubled = {number: count for number, count in apart.items() if count > 1}
    _demand(not doubled, f"a sale is in the books more than once: {doubled}")


def _is_total(record: Record, world: World) -> bool:
    return world.totals_per_day and f"-{CODES['till']}-" in record.mark


def _paid(record: Record) -> int:
    return sum(line.minor for line in record.entry.lines if line.account == PAID_TO)


def _prices(world: World) -> dict[str, set[int]]:
    prices = defaultdict(set)
    for _, document in world.shop:
        prices[document.source_id].add(to_minor(document.total))
    return prices
