"""What is asked of a target about booking, one function per rule; the table of all is in `target_table`."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import msgspec

from boekbrug.contract import (
    BoekbrugError,
    Booked,
    Effect,
    EffectKind,
    Entry,
    FoundEntry,
    Line,
    NotSent,
    Outcome,
    OutcomeUnknown,
    Prepared,
    Refused,
    Retriable,
    Role,
    Unknown,
)
from boekbrug.testing.context import KitContext
from boekbrug.testing.portfaults import PortFault, When
from boekbrug.testing.rules import require
from boekbrug.testing.shared_rules import require_registered
from boekbrug.testing.subjects import TargetSubject

_CALLS = 20
Ending: TypeAlias = Outcome | BoekbrugError
Verify: TypeAlias = Callable[[TargetSubject, Entry, list[Prepared], Ending], None]


def prepare_creates_nothing(subject: TargetSubject) -> None:
    """`prepare` leaves the books as they were."""
    subject.prepared(subject.entry("KIT1Q"), subject.entry("KIT2Q"))
    require(subject.world.records() == 0, "preparing put a record into the books")


def prepare_asks_only_where_declared(subject: TargetSubject) -> None:
    """Without `prepare_asks`, entries are prepared as well when nobody can be reached."""
    if subject.plugin.capabilities.prepare_asks:
        return
    effect = Effect(id=1, kind=EffectKind.ENTRY, mark="KIT1Q", body=subject.entry("KIT1Q"))
    cut_off = subject.plugin(KitContext(clock=subject.world.clock), subject.plugin.Settings(**subject.world.settings))
    try:
        answer: object = cut_off.prepare(subject.world.administration, [effect])[0]
    except BoekbrugError as error:
        answer = error
    require(isinstance(answer, Prepared), f"when nobody could be reached it answered {answer!r}")


def prepare_is_byte_stable(subject: TargetSubject) -> None:
    """The same effect, with the same reserved numbers, is prepared to the same bytes by every instance."""
    effect = Effect(id=1, kind=EffectKind.ENTRY, mark="KIT1Q", body=subject.entry("KIT1Q"))
    first, second = (subject.open().prepare(subject.world.administration, [effect])[0] for _ in range(2))
    require(isinstance(first, Prepared) and isinstance(second, Prepared), f"refused: {first} {second}")
    if isinstance(first, Prepared) and isinstance(second, Prepared) and first.numbers == second.numbers:
        require(first == second, f"prepared as {first} and then as {second}")


def prepared_survives_storage(subject: TargetSubject) -> None:
    """What was prepared, stored and read back is posted by another instance."""
    stored = msgspec.msgpack.encode(subject.prepared(subject.entry("KIT1Q")))
    outcomes = subject.post(msgspec.msgpack.decode(stored, type=list[Prepared]))
    require(isinstance(outcomes[0], Booked), f"an entry that was stored in between was not booked: {outcomes[0]}")


def post_books_each_entry_once(subject: TargetSubject) -> None:
    """Each effect that is posted makes one record in the books."""
    subject.book(*(subject.entry(f"KIT{number}Q") for number in range(3)))
    found = subject.world.records()
    require(found == 3, f"three entries were booked and the books hold {found}")


def outcomes_come_in_order_one_per_item(subject: TargetSubject) -> None:
    """A batch is answered item by item in its order, each with the id of its own record."""
    entries = [subject.entry(f"KIT{number}Q", 12100 + 121 * number) for number in range(4)]
    sent = {entry.mark: entry.total for entry in entries}
    for batch in subject.batches(subject.prepared(*entries)):
        outcomes = subject.post(batch)
        require(len(outcomes) == len(batch), f"{len(outcomes)} outcomes of {len(batch)} items")
        for one, outcome in zip(batch, outcomes, strict=True):
            booked = _debit(subject, outcome)
            require(booked == sent[one.mark], f"{one.mark} of {sent[one.mark]} was answered with a record of {booked}")


def full_batch_is_taken(subject: TargetSubject) -> None:
    """A batch of the declared size, of which the kit tries at most a hundred, is booked."""
    size = min(subject.plugin.capabilities.batch_size, 100)
    entries = [subject.entry(f"KIT{number}Q") for number in range(size)]
    prepared = subject.prepared(*entries)
    outcomes = [outcome for batch in subject.batches(prepared) for outcome in subject.post(batch)]
    unbooked = [outcome for outcome in outcomes if not isinstance(outcome, Booked)]
    require(not unbooked and len(outcomes) == size, f"of {size} items {len(unbooked)} were not booked: {unbooked[:1]}")


def every_declared_kind_is_booked(subject: TargetSubject) -> None:
    """Every kind of entry that the capabilities declare can be booked."""
    for number, kind in enumerate(sorted(subject.plugin.capabilities.entry_kinds)):
        subject.book(subject.entry(f"KIT{number}Q", kind=kind))


def longest_entry_is_taken(subject: TargetSubject) -> None:
    """An entry with the declared number of lines, of which the kit tries at most two hundred, is booked."""
    entry = subject.entry("KIT1Q", 12100)
    received, *sold = entry.lines
    more = min(subject.plugin.capabilities.lines_per_entry, 200) - len(sold)
    first = msgspec.structs.replace(received, minor=received.minor - (more - 1))
    cents = [msgspec.structs.replace(received, minor=1)] * (more - 1)
    shifted = [_shifted(line, more - 1) for line in sold]
    subject.book(msgspec.structs.replace(entry, lines=(first, *cents, *shifted)))


def booked_total_equals_sent(subject: TargetSubject) -> None:
    """A total that `post` or `find` states is the debit total that was sent."""
    entry = subject.entry("KIT1Q", 12345)
    stated = [booked.total for booked in subject.book(entry)]
    stated += [match.total for answer in subject.find(entry) for match in answer]
    require(set(stated) <= {entry.total, None}, f"{entry.total} was sent and {stated} stated")


def read_back_lines_equal(subject: TargetSubject) -> None:
    """`read` gives the lines that were sent: account and amount of each, and the VAT code of each base."""
    entry = subject.entry("KIT1Q", 12345)
    found = subject.read(subject.book(entry)[0])
    require(sum(line.minor for line in found.lines) == 0, f"the lines read do not balance: {found.lines}")
    generated = subject.plugin.capabilities.generates
    sent = [line for line in entry.lines if line.role not in generated]
    missing = Counter(map(_key, sent)) - Counter(map(_key, found.lines))
    require(not missing, f"{list(missing)} were sent and not read back from {found.lines}")
    coded = Counter(_code_key(line) for line in sent if line.role is Role.BASE)
    missing_codes = coded - Counter(map(_code_key, found.lines))
    require(not missing_codes, f"bases {list(missing_codes)} were sent and not read back from {found.lines}")
    require(found.date == entry.date, f"dated {entry.date}, read back as {found.date}")


def read_answers_in_order(subject: TargetSubject) -> None:
    """`read` answers each id in the order asked, and never finds what never was."""
    first, second = subject.book(subject.entry("KIT1Q"), subject.entry("KIT2Q"))
    never = subject.world.never
    answers = subject.open().read(subject.world.administration, [second.id, never, first.id])
    ids = [answer.id if isinstance(answer, FoundEntry) else None for answer in answers]
    require(ids == [second.id, None, first.id], f"asked for {second.id}, {never}, {first.id}; answered {answers}")


def unbalanced_entry_is_refused(subject: TargetSubject) -> None:
    """An entry whose lines do not add up to zero is refused."""
    entry = subject.entry("KIT1Q")
    first, *others = entry.lines
    unbalanced = msgspec.structs.replace(first, minor=first.minor + 1)
    _refusal(subject, msgspec.structs.replace(entry, lines=(unbalanced, *others)))


def unknown_account_is_refused(subject: TargetSubject) -> None:
    """An entry on an account that the chart does not have is refused."""
    _refusal(subject, with_unknown_account(subject, "KIT1Q"))


def unknown_vat_code_is_refused(subject: TargetSubject) -> None:
    """An entry with a VAT code that the chart does not have is refused."""
    code = absent_code(code.code for code in subject.chart.vat_codes)
    _refusal(subject, _with_base(subject.entry("KIT1Q"), vat_code=code))


def unknown_journal_is_refused(subject: TargetSubject) -> None:
    """An entry in a journal that the administration does not have is refused."""
    journal = absent_code(journal.code for journal in subject.chart.journals)
    _refusal(subject, msgspec.structs.replace(subject.entry("KIT1Q"), journal=journal))


def refused_leaves_nothing(subject: TargetSubject) -> None:
    """Of a refused entry nothing is in the books."""
    outcome = subject.try_to_book(with_unknown_account(subject, "KIT1Q"))
    records = subject.world.records()
    require(not isinstance(outcome, Refused) or records == 0, "the entry was refused, and the books hold a record")


def refusals_are_registered(subject: TargetSubject) -> None:
    """A refusal states at least one problem, with a registered code and facts as text."""
    outcome = subject.try_to_book(with_unknown_account(subject, "KIT1Q"))
    if isinstance(outcome, Refused):
        require(outcome.problems, "the entry was refused without a problem that says why")
        require_registered(subject, outcome.problems)


def refused_item_does_not_stop_the_others(subject: TargetSubject) -> None:
    """In a batch with a refused item the others are booked."""
    good = [subject.entry("KIT1Q"), subject.entry("KIT3Q")]
    bad = with_unknown_account(subject, "KIT2Q")
    answers = subject.prepare(good[0], bad, good[1])
    prepared = [answer for answer in answers if isinstance(answer, Prepared)]
    for batch in subject.batches(prepared):
        for one, outcome in zip(batch, subject.post(batch), strict=True):
            booked = isinstance(outcome, Booked) or one.mark == bad.mark
            require(booked, f"{one.mark} stood beside a refused item and became {outcome}")
    marks = {one.mark for one in prepared}
    require(marks >= {entry.mark for entry in good}, f"beside a refused item only {sorted(marks)} were prepared")


def call_that_was_not_sent_leaves_nothing(subject: TargetSubject) -> None:
    """A call that could not be sent, or a full disk, leaves the books as they were and is sent again with success."""
    for at in _strikes(subject, When.BEFORE_CREATING, _require_not_sent):
        require(at < _CALLS, f"posting one entry takes more than {_CALLS} calls that create")


def lost_reply_is_found(subject: TargetSubject) -> None:
    """After a lost answer `post` says that it does not know, and `find` tells what is in the books."""
    for at in _strikes(subject, When.AFTER_CREATING, _require_found):
        require(at < _CALLS, f"posting one entry takes more than {_CALLS} calls that create")


def _strikes(subject: TargetSubject, when: When, verify: Verify) -> Iterator[int]:
    """Let the fault strike at each creating call of a post in turn, each time with a new world."""
    at, struck = 0, True
    while struck:
        yield at
        fresh = subject.again()
        entry = fresh.entry("KIT1Q")
        prepared = fresh.prepared(entry)
        fault = PortFault(when, at)
        try:
            outcome: Ending = fresh.post(prepared, fault)[0]
        except BoekbrugError as error:
            outcome = error
        struck = fault.struck
        if struck:
            verify(fresh, entry, prepared, outcome)
        at += 1
    require(at > 1, "posting an entry makes no call that creates: `creates=True`, append or replace")


def _require_not_sent(subject: TargetSubject, entry: Entry, prepared: list[Prepared], outcome: Ending) -> None:
    require(isinstance(outcome, Retriable | NotSent), f"nothing was sent, and post ended with {outcome!r}")
    require(subject.world.records() == 0, "nothing was sent, and the books hold a record")
    again = subject.post(prepared)[0]
    require(isinstance(again, Booked), f"what was not sent was sent again and became {again}")


def _require_found(subject: TargetSubject, entry: Entry, prepared: list[Prepared], outcome: Ending) -> None:
    honest = isinstance(outcome, OutcomeUnknown | Unknown | Booked)
    require(honest, f"the answer was lost, and post ended with {outcome!r}")
    matches, records = len(subject.find(entry)[0]), subject.world.records()
    require(matches == records, f"the answer was lost; find has {matches} matches, the books {records} records")


def with_unknown_account(subject: TargetSubject, mark: str) -> Entry:
    """Make an entry whose base is on an account that the chart does not have."""
    return _with_base(subject.entry(mark), account=absent_code(account.code for account in subject.chart.accounts))


def absent_code(codes: Iterable[str]) -> str:
    """Return a code that is not among those given."""
    known = set(codes)
    return next(code for code in ("9999", "99", "ZZ", "KITZZ", "KITZZZ") if code not in known)


def _with_base(entry: Entry, **changes: str) -> Entry:
    lines = (msgspec.structs.replace(line, **changes) if line.role is Role.BASE else line for line in entry.lines)
    return msgspec.structs.replace(entry, lines=tuple(lines))


def _shifted(line: Line, by: int) -> Line:
    return line if line.base is None else msgspec.structs.replace(line, base=line.base + by)


def _key(line: Line) -> tuple[str, int]:
    return line.account, line.minor


def _code_key(line: Line) -> tuple[str, str, int]:
    return line.account, line.vat_code, line.minor


def _refusal(subject: TargetSubject, entry: Entry) -> None:
    outcome = subject.try_to_book(entry)
    require(isinstance(outcome, Refused), f"it became {outcome}")


def _debit(subject: TargetSubject, outcome: Outcome) -> int | None:
    if not isinstance(outcome, Booked):
        return None
    return sum(line.minor for line in subject.read(outcome).lines if line.minor > 0)
