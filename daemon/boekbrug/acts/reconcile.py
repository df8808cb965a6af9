"""Compare what is booked with what the target has: missing, changed and extra entries by name."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from hashlib import blake2b

import msgspec

from boekbrug.contract import CannotTell, Entry, EntryAnswer, FoundEntry, Gone, Line, Match, Role, from_minor
from boekbrug.store import booked, effects, entries, licences, nights, states
from boekbrug.store.booked import BookedEntry, Seen
from boekbrug.store.licences import Licence
from boekbrug.sync.asking import Tripped, ask
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
    """What became of every entry asked for, and of every document fetched; `end` is not included."""

    licence: str
    first: str
    end: str
    documents: dict[str, int]
    fetched: int
    sums_up: bool
    asked: int
    agreeing: int
    accepted: int
    kinds: dict[str, int]
    booked: Decimal
    found: Decimal
    statuses: dict[str, int]
    periods: dict[str, int]
    differences: tuple[Difference, ...]

    @property
    def is_clean(self) -> bool:
        """Tell whether all is as it was sent or as a person accepted it, and nothing is missing or extra."""
        return self.sums_up and not self.differences


def reconcile(house: House, licence: Licence, first: dt.date, end: dt.date) -> Reconciled:
    """Ask the target for every entry booked with a date in [first, end), and for marks of ours that are not booked.

    What is deleted or changed there is marked so, with a problem for a person, and never sent again by itself. Raise
    what the target raises, unless it is about single entries: of those it tells nothing.
    """
    work = house.place("reconcile")
    tally = _Tally()
    with house.database.read() as connection:
        administration = licences.administration_code(connection, licence.administration)
    for batch in _batches(work, licence, first, end):
        tally.take(work, licence, batch, _ask(work, licence, administration, batch, is_first=not tally.asked))
    tally.take_extras(_extras(work, licence, administration, first, end))
    keep_differences(work, licence, tally.noted, tally.extras, (first, end))
    result = tally.result(house, licence, first, end)
    with house.database.write() as connection:
        nights.keep(connection, licence.id, len(result.differences), house.database.now(connection))
    return result


def _batches(work: Workplace, licence: Licence, first: dt.date, end: dt.date) -> Iterator[list[BookedEntry]]:
    after, days = 0, (first.isoformat(), end.isoformat())
    # a record that is not listed yet must not be taken for one that was deleted
    quiet = work.limits.quiet_period // MICROSECOND
    while True:
        with work.database.read() as connection:
            settled_by = work.database.now(connection) - quiet
            batch = booked.booked_from(connection, licence.id, *days, settled_by, after, _BATCH)
        if not batch:
            return
        yield batch
        after = batch[-1].id


def _ask(
    work: Workplace, licence: Licence, administration: str, batch: Sequence[BookedEntry], *, is_first: bool
) -> Sequence[EntryAnswer]:
    target = work.instances.target(licence.target)
    answers = ask(
        work, target, "read", [item.remote_id for item in batch], lambda some: target.read(administration, some)
    )
    tripped = [answer for answer in answers if isinstance(answer, Tripped)]
    if is_first and len(tripped) == len(batch):
        raise tripped[0].error
    return [CannotTell(reason="plugin-bug") if isinstance(answer, Tripped) else answer for answer in answers]


def _extras(
    work: Workplace, licence: Licence, administration: str, first: dt.date, end: dt.date
) -> list[tuple[str, Match]]:
    """List the records under marks of this licence that no booked entry answers for and that nobody waits for."""
    target = work.instances.target(licence.target)
    with work.metrics.timed(target.name, "list_marked"):
        listed = target.list_marked(administration, first, end)
    mine = {mark: matches for mark, matches in listed.items() if f"-{licence.code}-" in mark}
    found = [(mark, match) for mark, matches in mine.items() for match in matches]
    extras: list[tuple[str, Match]] = []
    for start in range(0, len(found), _BATCH):
        part = found[start : start + _BATCH]
        with work.database.read() as connection:
            known = effects.answering(connection, [licence.administration], [match.id for _, match in part])
            waited_for = booked.expected(connection, licence.administration, {mark for mark, _ in part})
        answered = {id for _, id in known}
        extras += [(mark, match) for mark, match in part if match.id not in answered and mark not in waited_for]
    return extras


class _Tally:
    """Counts what is asked, and keeps what is to be noted."""

    def __init__(self) -> None:
        self.asked = self.agreeing = self.accepted = self.sent = self.there = 0
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
        if noted.kind in ("", "accepted"):
            self.agreeing += noted.kind == ""
            self.accepted += noted.kind == "accepted"
            return
        named = {"mark": noted.entry.mark, "remote_id": noted.entry.remote_id, "date": body.date.isoformat()}
        self.differences.append(Difference(kind=noted.kind, what=noted.what, **named))

    def _compare(self, item: BookedEntry, body: Entry, answer: EntryAnswer, before: Seen | None) -> Noted:
        if isinstance(answer, FoundEntry):
            self.there += _euro(answer.lines)
            self.statuses[answer.status or "-"] += 1
            self.periods[answer.period or "-"] += 1
            what = "; ".join(differing(body, answer))
            if not what:
                return Noted(item)
            look = look_of(answer)
            is_accepted = before is not None and before.accepted == look
            return Noted(item, "accepted" if is_accepted else "changed", what, look)
        return Noted(item, "deleted" if isinstance(answer, Gone) else "untold", answer.reason)

    def take_extras(self, found: Sequence[tuple[str, Match]]) -> None:
        """Take what stands there beside what is booked."""
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
            accepted=self.accepted,
            kinds={kind: kinds[kind] for kind in ("deleted", "changed", "untold", "extra")},
            booked=from_minor(self.sent, "EUR"), found=from_minor(self.there, "EUR"), statuses=dict(self.statuses),
            periods=dict(self.periods), differences=tuple(self.differences),
        )  # fmt: skip


def differing(body: Entry, found: FoundEntry) -> list[str]:
    """Say in which amounts, accounts, codes, journal, date or period a booked entry differs from what was sent."""
    sent, there = _per_account(body.lines), _per_account(found.lines)
    what = [
        f"account {account}: {_amount(sent.get(account, 0), body.currency)} was sent, "
        f"{_amount(there.get(account, 0), body.currency)} is booked"
        for account in sorted(sent.keys() | there.keys())
        if sent.get(account, 0) != there.get(account, 0)
    ]
    codes = _codes(line for line in body.lines if line.role is Role.BASE)
    booked_codes = _codes(found.lines)
    what += [
        f"account {account}: code {', '.join(sorted(codes[account]))} was sent, "
        f"{', '.join(sorted(booked_codes.get(account, ()))) or 'none'} is booked"
        for account in sorted(codes)
        # a target that tells no codes at all says nothing about them
        if not what and booked_codes and codes[account] != booked_codes.get(account, set())
    ]
    plain = (("journal", body.journal, found.journal), ("period", body.period, found.period))
    what += [
        f"{name}: {one} was sent, {other} is booked" for name, one, other in plain if one and other and one != other
    ]
    if body.date != found.date:
        what.append(f"date: {body.date} was sent, {found.date} is booked")
    return what


def look_of(found: FoundEntry) -> str:
    """Return a digest of all of a record that is compared; its status changes by itself and is not."""
    codes = sorted((account, sorted(codes)) for account, codes in _codes(found.lines).items())
    look = (sorted(_per_account(found.lines).items()), codes, found.journal, found.period, found.date.isoformat())
    return blake2b(msgspec.json.encode(look), digest_size=16).hexdigest()


def _per_account(lines: Sequence[Line]) -> dict[str, int]:
    sums = Counter[str]()
    for line in lines:
        sums[line.account] += line.minor
    return {account: minor for account, minor in sums.items() if minor}


def _codes(lines: Iterable[Line]) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for line in lines:
        if line.vat_code:
            found.setdefault(line.account, set()).add(line.vat_code)
    return found


def _amount(minor: int, currency: str) -> str:
    return str(from_minor(minor, currency))


def _euro(lines: Sequence[Line]) -> int:
    worth = (line.minor if line.euro_minor is None else line.euro_minor for line in lines)
    return sum(minor for minor in worth if minor > 0)
