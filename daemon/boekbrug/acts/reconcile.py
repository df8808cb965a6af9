"""Compare what is booked with what the target has: missing, changed and extra entries by name."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice

import msgspec

from boekbrug.acts.as_sent import differing, look_of
from boekbrug.acts.licences import note_closed
from boekbrug.acts.patient import PatientBooks, Wait, give_up
from boekbrug.contract import CannotTell, Entry, EntryAnswer, FoundEntry, Line, Match, Period, from_minor
from boekbrug.store import booked, effects, entries, states
from boekbrug.store.booked import BookedEntry, Seen
from boekbrug.store.licences import Licence
from boekbrug.sync.at_target import Noted, keep_differences
from boekbrug.sync.house import House
from boekbrug.sync.workplace import MICROSECOND, Workplace

_BATCH = 200


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that is not at the target as it was sent, or one there that is not booked here."""

    kind: str
    mark: str
    remote_id: str
    what: str = ""
    date: str = ""


class Reconciled(msgspec.Struct, frozen=True, kw_only=True):
    """What became of every entry asked for, and of every document fetched; `end` is not included.

    `unlisted` were booked less than a quiet period ago: that they are not listed yet says nothing.
    """

    licence: str
    first: str
    end: str
    documents: dict[str, int]
    fetched: int
    sums_up: bool
    asked: int
    agreeing: int
    accepted: int
    unlisted: int
    kinds: dict[str, int]
    booked: Decimal
    found: Decimal
    statuses: dict[str, int]
    periods: dict[str, int]
    differences: tuple[Difference, ...]

    @property
    def is_clean(self) -> bool:
        """Tell whether all is as it was sent or as a person accepted it, and nothing is missing or extra."""
        return self.sums_up and not self.differences and not self.unlisted


def reconcile(house: House, licence: Licence, first: dt.date, end: dt.date, *, wait: Wait = give_up) -> Reconciled:
    """Ask the target for every entry booked with a date in [first, end), and for marks of ours that are not booked.

    What is deleted or changed there is marked so, with a problem for a person, and never sent again by itself. Which
    periods are closed there is kept. Raise
    what the target raises, unless it is about single entries: of those it tells nothing; and BudgetSpent where a limit
    is not waited for.
    """
    work = house.place("reconcile", can_wait=True)
    books = PatientBooks(work, licence, wait)
    periods = books.periods()
    note_closed(house, licence, periods)
    tally = _Tally(periods, is_final=books.absence_is_final)
    for batch in _batches(work, licence, first, end):
        answers = books.read([item.remote_id for item in batch], is_first=not tally.asked)
        tally.take(work, licence, batch, answers)
    tally.take_extras(_extras(work, licence, books.marked(first, end)))
    keep_differences(work, licence, tally.noted, tally.extras, (first, end))
    return tally.result(house, licence, first, end)


def _batches(work: Workplace, licence: Licence, first: dt.date, end: dt.date) -> Iterator[list[BookedEntry]]:
    after, days = 0, (first.isoformat(), end.isoformat())
    quiet = work.limits.quiet_period // MICROSECOND
    while True:
        with work.database.read() as connection:
            fresh_after = work.database.now(connection) - quiet
            batch = booked.booked_from(connection, licence.id, *days, fresh_after, after, _BATCH)
        if not batch:
            return
        yield batch
        after = batch[-1].id


def _extras(work: Workplace, licence: Licence, marked: Iterator[tuple[str, Match]]) -> list[tuple[str, Match]]:
    """List the records under marks of this licence that no booked entry answers for and that nobody waits for."""
    mine = ((mark, match) for mark, match in marked if f"-{licence.code}-" in mark)
    extras: list[tuple[str, Match]] = []
    while part := list(islice(mine, _BATCH)):
        with work.database.read() as connection:
            known = effects.answering(connection, [licence.administration], [match.id for _, match in part])
            waited_for = booked.expected(connection, licence.administration, {mark for mark, _ in part})
        answered = {id for _, id in known}
        extras += [(mark, match) for mark, match in part if match.id not in answered and mark not in waited_for]
    return extras


class _Tally:
    """Counts what is asked, and keeps what is to be noted."""

    def __init__(self, periods: Sequence[Period], *, is_final: bool) -> None:
        self._periods, self._is_final = periods, is_final
        self.asked = self.agreeing = self.accepted = self.unlisted = self.sent = self.there = 0
        self._ids: set[str] = set()
        self.statuses, self.periods = Counter[str](), Counter[str]()
        self.differences: list[Difference] = []
        self.noted: list[Noted] = []
        self.extras: list[tuple[str, Match]] = []

    def take(
        self, work: Workplace, licence: Licence, batch: Sequence[BookedEntry], answers: Sequence[EntryAnswer]
    ) -> None:
        """Compare a batch with the answers about it."""
        with work.database.read() as connection:
            bodies = entries.load(connection, [item.id for item in batch], work.sealing.open_party)
            before = booked.seen(connection, [item.id for item in batch])
        for item, answer in zip(batch, answers, strict=True):
            body = bodies[item.id]
            self.asked += 1
            self.sent += _euro(body.lines)
            noted = self._compare(item, body, answer, before.get(item.id))
            self.noted.append(noted)
            self._count(noted, body)

    def _count(self, noted: Noted, body: Entry) -> None:
        if noted.kind in ("", "accepted", "unlisted"):
            self.agreeing += noted.kind == ""
            self.accepted += noted.kind == "accepted"
            self.unlisted += noted.kind == "unlisted"
            return
        named = {"mark": noted.entry.mark, "remote_id": noted.entry.remote_id, "date": body.date.isoformat()}
        self.differences.append(Difference(kind=noted.kind, what=noted.what, **named))

    def _compare(self, item: BookedEntry, body: Entry, answer: EntryAnswer, before: Seen | None) -> Noted:
        if isinstance(answer, FoundEntry):
            self._ids.add(answer.id)
            self.there += _euro(answer.lines)
            self.statuses[answer.status or "-"] += 1
            self.periods[answer.period or "-"] += 1
            what = "; ".join(differing(body, answer, self._periods))
            if not what:
                return Noted(item)
            look = look_of(answer)
            is_accepted = before is not None and before.accepted == look
            return Noted(item, "accepted" if is_accepted else "changed", what, look)
        if isinstance(answer, CannotTell):
            return Noted(item, "untold", answer.reason)
        return Noted(item, "unlisted" if item.is_fresh and not self._is_final else "deleted", answer.reason)

    def take_extras(self, listed: Sequence[tuple[str, Match]]) -> None:
        """Take what stands there beside what is booked, unless it was read under another spelling of its id."""
        found = [(mark, match) for mark, match in listed if match.id not in self._ids]
        self.extras += found
        self.differences += [
            Difference(kind="extra", mark=mark, remote_id=match.id, date=match.date.isoformat() if match.date else "")
            for mark, match in found
        ]

    def result(self, house: House, licence: Licence, first: dt.date, end: dt.date) -> Reconciled:
        """Sum up."""
        with house.database.read() as connection:
            counts = states.counts(connection, licence.id)
            fetched, stated = booked.fetched(connection, licence.id)
        kinds = Counter(one.kind for one in self.differences)
        return Reconciled(
            licence=licence.name, first=first.isoformat(), end=end.isoformat(), documents=counts, fetched=fetched,
            sums_up=fetched == stated == sum(counts.values()), asked=self.asked, agreeing=self.agreeing,
            accepted=self.accepted, unlisted=self.unlisted,
            kinds={kind: kinds[kind] for kind in ("deleted", "changed", "untold", "extra")},
            booked=from_minor(self.sent, "EUR"), found=from_minor(self.there, "EUR"), statuses=dict(self.statuses),
            periods=dict(self.periods), differences=tuple(self.differences),
        )  # fmt: skip


def _euro(lines: Sequence[Line]) -> int:
    return sum(line.worth for line in lines if line.worth > 0)
