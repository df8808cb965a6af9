"""What is asked of a target about finding, listing and advising, and the table of all its rules."""

import datetime as dt
from typing import Any

import msgspec

from boekbrug.contract import (
    Attaches,
    ChartUse,
    Entry,
    Forecasts,
    FoundEntry,
    Line,
    Links,
    ListsEntries,
    OpenItem,
    Party,
    Problem,
    ResolvesParties,
    Role,
    Severity,
    StatesBalances,
    TellsMatching,
    Use,
)
from boekbrug.contract.authorisation import Authorises
from boekbrug.testing import target_rules as posting
from boekbrug.testing.rules import Rule, implements, require
from boekbrug.testing.shared_rules import SHARED_RULES, optional_verbs, require_registered
from boekbrug.testing.subjects import TargetSubject

_PROTOCOLS = (ResolvesParties, ListsEntries, StatesBalances, TellsMatching, Attaches, Forecasts, Links, Authorises)
_LONGEST = 200


def administration_is_listed(subject: TargetSubject) -> None:
    """`administrations` lists the books that the world names, each once, with a currency."""
    listed = subject.open().administrations()
    codes = [one.code for one in listed]
    require(subject.world.administration in codes, f"{subject.world.administration} is not among {codes}")
    require(len(set(codes)) == len(codes), f"an administration is listed twice: {codes}")
    require(all(len(one.currency) == 3 for one in listed), f"a currency is not a code: {listed}")


def chart_is_consistent(subject: TargetSubject) -> None:
    """`chart` names every account, VAT code and journal once; VAT codes book on accounts that it has."""
    chart = subject.chart
    for name, codes in (
        ("account", [account.code for account in chart.accounts]),
        ("VAT code", [code.code for code in chart.vat_codes]),
        ("journal", [journal.code for journal in chart.journals]),
    ):
        require(len(set(codes)) == len(codes), f"the chart has a {name} twice: {codes}")
    known = {account.code for account in chart.accounts} | {""}
    lost = [code.code for code in chart.vat_codes if code.account not in known]
    require(not lost, f"VAT codes {lost} book on accounts that the chart does not have")


def post_then_find_exactly_one(subject: TargetSubject) -> None:
    """A new instance finds what an earlier one booked: exactly one match, with the id that `post` gave."""
    entries = [subject.entry("KIT1Q"), subject.entry("KIT2Q")]
    booked = subject.book(*entries)
    found = [[match.id for match in matches] for matches in subject.find(*entries)]
    require(found == [[one.id] for one in booked], f"booked as {booked}, found as {found}")


def find_absent_is_empty(subject: TargetSubject) -> None:
    """`find` answers with no match for a mark that was never booked, also beside one that was."""
    never, booked = subject.entry("KIT1Q"), subject.entry("KIT2Q")
    subject.book(booked)
    matches = subject.find(never)[0]
    require(not matches, f"a mark that was never booked has matches: {matches}")


def find_whole_marks_only(subject: TargetSubject) -> None:
    """A mark that begins, ends or contains another one is not taken for it."""
    subject.book(*(subject.entry(mark) for mark in ("KIT1Q2", "0KIT1Q", "AKIT1QB")))
    matches = subject.find(subject.entry("KIT1Q"))[0]
    require(not matches, f"only longer marks were booked, and the shorter one has matches: {matches}")


def longest_mark_is_found(subject: TargetSubject) -> None:
    """Two marks of the declared length that differ in their last character are found apart."""
    length = min(subject.plugin.capabilities.mark_length, _LONGEST)
    entries = [subject.entry("K" * (length - 1) + last) for last in "12"]
    subject.book(*entries)
    found = [len(matches) for matches in subject.find(*entries)]
    require(found == [1, 1], f"two marks of {length} characters were booked and have {found} matches")


def text_cannot_pose_as_a_mark(subject: TargetSubject) -> None:
    """An entry whose texts hold another mark, line ends and signs of syntax makes one record, found by its own mark."""
    entry, other = subject.entry("KIT1Q"), subject.entry("KIT2Q")
    hostile = f'{other.mark} "{other.mark}" ; mark:{other.mark}, |\r\n\n{other.date} * {other.mark}\n  <&\\{{}}\t€'
    lines = tuple(msgspec.structs.replace(line, text=hostile) for line in entry.lines)
    subject.book(msgspec.structs.replace(entry, text=hostile, lines=lines))
    found = [len(matches) for matches in subject.find(entry, other)]
    require(found == [1, 0], f"its own mark and the one in its text have {found} matches")


def list_marked_covers_period(subject: TargetSubject) -> None:
    """`list_marked` lists what is dated from the first day on and before the last, by mark."""
    entries = [subject.entry(f"KIT{days}Q", days=days) for days in range(3)]
    ids = [booked.id for booked in subject.book(*entries)]
    listed = subject.open().list_marked(subject.world.administration, entries[0].date, entries[2].date)
    got = {mark: [match.id for match in matches] for mark, matches in listed.items()}
    require(got == {"KIT0Q": ids[:1], "KIT1Q": ids[1:2]}, f"two of three entries lie in the period; listed: {got}")


def read_tells_the_id_that_is_listed(subject: TargetSubject) -> None:
    """`read` tells a record by the id that `list_marked` has for it, however a person writes that id or its number."""
    entry = subject.entry("KIT1Q")
    booked = subject.book(entry)[0]
    end = entry.date + dt.timedelta(days=1)
    marked = subject.open().list_marked(subject.world.administration, entry.date, end)
    listed = {match.id for match in marked.get(entry.mark, ())}
    id = booked.id
    typed = dict.fromkeys((id, id.upper(), id.lower(), f" {id} ", f"{{{id}}}", booked.number or id))
    answers = subject.open().read(subject.world.administration, list(typed))
    told = {answer.id for answer in answers if isinstance(answer, FoundEntry)}
    require(told == listed, f"listed as {listed}, and asked for as {list(typed)} it is told as {told}")


def reversal_is_booked(subject: TargetSubject) -> None:
    """A counter-entry of a booked entry is booked and found by its own mark, and its lines undo the original's."""
    original = subject.entry("KIT1Q", 12345)
    booked = subject.book(original)[0]
    reversal = msgspec.structs.replace(
        original, mark="KIT1QR", number="KIT1QR", reverses=booked.id, lines=tuple(map(_negated, original.lines))
    )
    counter = subject.book(reversal)[0]
    require(len(subject.find(reversal)[0]) == 1, "the reversal is not found by its mark")
    sums: dict[str, int] = {}
    for line in (*subject.read(booked).lines, *subject.read(counter).lines):
        sums[line.account] = sums.get(line.account, 0) + line.minor
    require(not any(sums.values()), f"original and reversal leave {sums}")


def preflight_passes_good_rules(subject: TargetSubject) -> None:
    """`preflight` finds no error in rules that use what the chart has."""
    errors = _errors(subject, _use(subject.entry("KIT1Q")))
    require(not errors, f"preflight found {errors}")


def preflight_finds_unknown_account(subject: TargetSubject) -> None:
    """`preflight` finds an account that the chart does not have."""
    use = _use(posting.with_unknown_account(subject, "KIT1Q"))
    require(_errors(subject, use), "preflight found nothing wrong with an account that the chart does not have")


def preflight_finds_unknown_vat_code(subject: TargetSubject) -> None:
    """`preflight` finds a VAT code that the chart does not have."""
    good = _use(subject.entry("KIT1Q"))
    code = posting.absent_code(code.code for code in subject.chart.vat_codes)
    uses = [msgspec.structs.replace(use, vat_code=code) if use.role is Role.BASE else use for use in good.uses]
    errors = _errors(subject, msgspec.structs.replace(good, uses=tuple(uses)))
    require(errors, "preflight found nothing wrong with a VAT code that the chart does not have")


def balances_move_by_what_was_booked(subject: TargetSubject) -> None:
    """`balances` moves by the lines of an entry, in the period of its date only."""
    entry = subject.entry("KIT1Q", 12345)
    subject.book(entry)
    target: Any = subject.open()
    day = dt.timedelta(days=1)
    moved = target.balances(subject.world.administration, entry.date, entry.date + day)
    before = target.balances(subject.world.administration, entry.date - day, entry.date)
    sent: dict[str, int] = {}
    for line in entry.lines:
        sent[line.account] = sent.get(line.account, 0) + line.minor
    got = {account: moved.get(account, 0) - before.get(account, 0) for account in sent}
    require(got == sent, f"{sent} was booked and the balances moved by {got}")


def list_entries_holds_what_was_booked(subject: TargetSubject) -> None:
    """`list_entries` lists an entry in its own journal, with its id and lines."""
    entry = subject.entry("KIT1Q")
    booked = subject.book(entry)[0]
    target: Any = subject.open()
    end = entry.date + dt.timedelta(days=1)
    listed = target.list_entries(subject.world.administration, entry.journal, entry.date, end)
    answers = [answer for match, answer in listed if match.id == booked.id]
    require(answers == [subject.read(booked)], f"{booked.id} is listed as {answers}")


def open_item_is_not_matched_at_once(subject: TargetSubject) -> None:
    """`matched` says of an item that was just booked that nothing was matched with it, or that it cannot tell."""
    entry = subject.entry("KIT1Q", 12345)
    booked = subject.book(entry)[0]
    items = [
        OpenItem(remote_id=booked.id, account=line.account, reference=line.reference or "KIT1Q", minor=line.minor)
        for line in entry.lines
        if line.minor > 0
    ]
    target: Any = subject.open()
    answers = list(target.matched(subject.world.administration, items))
    require(len(answers) == len(items), f"{len(items)} items were asked for and {len(answers)} answered")
    require(not any(answers), f"nothing was paid, and the items are told as {answers}")


def link_is_an_address(subject: TargetSubject) -> None:
    """`link` gives the address of a record, with its scheme."""
    target: Any = subject.open()
    link = target.link(subject.world.administration, subject.book(subject.entry("KIT1Q"))[0].id)
    require("://" in link, f"{link!r} is not an address")


def resolve_creates_nothing(subject: TargetSubject) -> None:
    """`resolve` answers None for a party that the books do not have, and does not make it."""
    target: Any = subject.open()
    party = Party(key="kit-unknown", name="Kit")
    answers = [target.resolve(subject.world.administration, [party]) for _ in range(2)]
    require([list(answer) for answer in answers] == [[None], [None]], f"an unknown party resolves to {answers}")


def _negated(line: Line) -> Line:
    return msgspec.structs.replace(line, minor=-line.minor, vat_minor=-line.vat_minor)


def _use(entry: Entry) -> ChartUse:
    uses = tuple(Use(account=line.account, role=line.role, vat_code=line.vat_code) for line in entry.lines)
    return ChartUse(uses=uses, journals={entry.kind: entry.journal})


def _errors(subject: TargetSubject, use: ChartUse) -> list[Problem]:
    problems = list(subject.open().preflight(use, subject.chart))
    require_registered(subject, problems)
    return [problem for problem in problems if subject.codes[problem.code].severity is Severity.ERROR]


def _finds(plugin: type[Any]) -> bool:
    return bool(plugin.capabilities.finds)


TARGET_RULES: tuple[Rule[TargetSubject], ...] = (
    *SHARED_RULES,
    optional_verbs(_PROTOCOLS),
    Rule(administration_is_listed),
    Rule(chart_is_consistent),
    Rule(posting.prepare_creates_nothing),
    Rule(posting.prepare_asks_only_where_declared),
    Rule(posting.prepare_is_byte_stable),
    Rule(posting.prepared_survives_storage),
    Rule(posting.post_books_each_entry_once),
    Rule(posting.outcomes_come_in_order_one_per_item),
    Rule(posting.full_batch_is_taken),
    Rule(posting.every_declared_kind_is_booked),
    Rule(posting.longest_entry_is_taken),
    Rule(posting.booked_total_equals_sent),
    Rule(posting.read_back_lines_equal),
    Rule(posting.read_answers_in_order),
    Rule(posting.unbalanced_entry_is_refused),
    Rule(posting.unknown_account_is_refused),
    Rule(posting.unknown_vat_code_is_refused),
    Rule(posting.unknown_journal_is_refused),
    Rule(posting.refused_leaves_nothing),
    Rule(posting.refusals_are_registered),
    Rule(posting.refused_item_does_not_stop_the_others),
    Rule(posting.call_that_was_not_sent_leaves_nothing),
    Rule(posting.lost_reply_is_found, _finds),
    Rule(post_then_find_exactly_one, _finds),
    Rule(find_absent_is_empty, _finds),
    Rule(find_whole_marks_only, _finds),
    Rule(longest_mark_is_found, _finds),
    Rule(text_cannot_pose_as_a_mark, _finds),
    Rule(list_marked_covers_period),
    Rule(read_tells_the_id_that_is_listed),
    Rule(reversal_is_booked, _finds),
    Rule(preflight_passes_good_rules),
    Rule(preflight_finds_unknown_account),
    Rule(preflight_finds_unknown_vat_code),
    Rule(balances_move_by_what_was_booked, implements(StatesBalances)),
    Rule(list_entries_holds_what_was_booked, implements(ListsEntries)),
    Rule(open_item_is_not_matched_at_once, implements(TellsMatching)),
    Rule(link_is_an_address, implements(Links)),
    Rule(resolve_creates_nothing, implements(ResolvesParties)),
)
