"""What must hold after every step, and what must hold when everything has come to rest."""

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from boekbrug.store.database import Database
from boekbrug.store.integrity import INVARIANTS, broken
from boekbrug.testing.world import World


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

    def licence_of(self, worker: str) -> int | None:
        """Return the licence that a worker holds."""
        row = self._database.execute("select id from licence where claimed_by = ?", [worker]).fetchone()
        return None if row is None else int(row[0])

    def has_entries_of(self, worker: str) -> bool:
        """Tell whether a worker has claimed or sends an entry."""
        query = "select 1 from entry_state where claimed_by = ? and state in ('claimed', 'sending')"
        return self._database.execute(query, [worker]).fetchone() is not None

    def states(self, licence: int | None = None) -> list[str]:
        """List the states that entries are in, of one licence or of all."""
        query = "select distinct state from entry_state where licence = ?1 or ?1 is null order by state"
        return [state for (state,) in self._database.execute(query, [licence])]

    def now(self) -> None:
        """Check what holds at any moment; raise Broken."""
        world = self._world
        (version,) = self._database.execute("pragma data_version").fetchone()
        seen = (version, world.size(), len(world.vendor.spent))
        if seen == self._seen:
            return
        self._seen = seen
        demand(not world.vendor.spent, f"a refresh token was used again after its successor: {world.vendor.spent}")
        there = world.by_mark()
        doubled = {mark: len(found) for mark, found in there.items() if len(found) > 1}
        demand(not doubled, f"more than one record under a mark: {doubled}")
        made_twice = {mark: len(ids) for mark, ids in world.customers().items() if len(ids) > 1}
        demand(not made_twice, f"a customer was made more than once: {made_twice}")
        self._look_closer()
        self._check_booked(there)
        for wrong, query in ALWAYS.items():
            rows = self._database.execute(query).fetchmany(5)
            demand(not rows, f"{wrong}: {rows}")

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
                demand(not count, f"not true: {sentence}: {examples}")
        marks = {mark for mark, _, _ in self._booked()}
        strange = [mark for mark in self._world.by_mark() if mark not in marks]
        demand(not strange, f"records at the target that no booked entry answers for: {strange}")
        self._look_back()

    def _look_closer(self) -> None:
        """Check what else holds at any moment in this world; raise Broken."""

    def _look_back(self) -> None:
        """Check what else holds in this world when nothing moves any more; raise Broken."""

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

    def _check_booked(self, there: Mapping[str, Sequence[tuple[str, int | None]]]) -> None:
        differing = self._differing()
        for mark, remote_id, total in self._booked():
            found = dict(there.get(mark, ()))
            demand(remote_id in found, f"called booked, but not at the target: {mark}")
            same = found[remote_id] in (None, total) or mark in differing
            demand(same, f"{mark} is booked for {total}, the target has {found[remote_id]}")


def demand(holds: bool, sentence: str) -> None:
    """Raise Broken with a sentence unless something holds."""
    if not holds:
        raise Broken(sentence)
