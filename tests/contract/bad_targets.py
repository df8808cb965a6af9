"""Targets that break a rule each."""

import datetime as dt
from collections.abc import Sequence
from itertools import count
from typing import Any

import msgspec
from tests.contract import notebook
from tests.contract.bad_plugins import UNREGISTERED, breaks, replace
from tests.contract.notebook_books import NotebookTarget

from boekbrug.contract import (
    Administration,
    Booked,
    Chart,
    ChartUse,
    Effect,
    Entry,
    EntryAnswer,
    EntryKind,
    FoundEntry,
    MarkAnswer,
    MarkQuery,
    Match,
    NotSent,
    OpenItem,
    Outcome,
    Party,
    Prepared,
    Problem,
    Refused,
    Unknown,
)


@breaks("optional_verbs_match_their_protocols")
class LinksOtherwise(NotebookTarget):
    def link(self, administration: str, number: str) -> str:
        return super().link(administration, number)


@breaks("administration_is_listed")
class ListsOthers(NotebookTarget):
    def administrations(self) -> Sequence[Administration]:
        return [Administration(code="2", name="Other books")]


@breaks("chart_is_consistent")
class RepeatsAccounts(NotebookTarget):
    def chart(self, administration: str) -> Chart:
        chart = super().chart(administration)
        return replace(chart, accounts=chart.accounts * 2)


@breaks("prepare_asks_only_where_declared")
class AsksUnawares(NotebookTarget):
    capabilities = replace(NotebookTarget.capabilities, prepare_asks=False)

    def prepare(self, administration: str, effects: Sequence[Effect]) -> Sequence[Prepared | Refused]:
        list(self.entries())
        return super().prepare(administration, effects)


@breaks("prepare_creates_nothing")
class WritesDraft(NotebookTarget):
    def prepare(self, administration: str, effects: Sequence[Effect]) -> Sequence[Prepared | Refused]:
        prepared = super().prepare(administration, effects)
        if len(effects) == 2:
            draft = replace(effects[0].body, mark="draft", date=dt.date(2020, 1, 1))
            notebook.call(self, "POST", "/pages", creates=True, data=msgspec.json.encode(draft))
        return prepared


@breaks("prepare_is_byte_stable")
class PreparesAnew(NotebookTarget):
    times = count()

    def prepare_one(self, effect: Effect) -> Prepared | Refused:
        answer = super().prepare_one(effect)
        return (
            replace(answer, payload=answer.payload + b" " * next(self.times))
            if isinstance(answer, Prepared)
            else answer
        )


class OwnBytes(bytes):
    """Bytes that storage does not keep apart from others."""


@breaks("prepared_survives_storage")
class KnowsItsOwn(NotebookTarget):
    def prepare_one(self, effect: Effect) -> Prepared | Refused:
        answer = super().prepare_one(effect)
        return replace(answer, payload=OwnBytes(answer.payload)) if isinstance(answer, Prepared) else answer

    def post_one(self, one: Prepared) -> Outcome:
        return super().post_one(one) if isinstance(one.payload, OwnBytes) else NotSent(reason="not mine")


@breaks("post_books_each_entry_once")
class WritesThirdTwice(NotebookTarget):
    def post_one(self, one: Prepared) -> Outcome:
        outcome = super().post_one(one)
        if isinstance(outcome, Booked) and outcome.id == "2":
            super().post_one(one)
        return outcome


@breaks("outcomes_come_in_order_one_per_item")
class AnswersBackwards(NotebookTarget):
    def post(self, administration: str, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
        return [*reversed(super().post(administration, prepared))]


@breaks("full_batch_is_taken")
class LeavesTenth(NotebookTarget):
    def post(self, administration: str, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
        return [*super().post(administration, prepared[:9]), *(NotSent(reason="tired") for _ in prepared[9:])]


class Picky(NotebookTarget):
    """Refuses what a licence may send."""

    def dislikes(self, entry: Entry) -> bool:
        return False

    def faults(self, entry: Entry) -> list[str]:
        return [*super().faults(entry), *(["disliked"] if self.dislikes(entry) else [])]


@breaks("every_declared_kind_is_booked")
class DislikesMemorials(Picky):
    def dislikes(self, entry: Entry) -> bool:
        return entry.kind is EntryKind.MEMORIAL


@breaks("longest_entry_is_taken")
class DislikesLength(Picky):
    def dislikes(self, entry: Entry) -> bool:
        return len(entry.lines) > 40


@breaks("reversal_is_booked")
class DislikesReversals(Picky):
    def dislikes(self, entry: Entry) -> bool:
        return bool(entry.reverses)


@breaks("booked_total_equals_sent")
class AddsCent(NotebookTarget):
    def match(self, page: str, entry: Entry) -> Match:
        return replace(super().match(page, entry), total=entry.total + 1)


@breaks("read_back_lines_equal")
class MovesAccount(NotebookTarget):
    def found(self, page: str, entry: Entry) -> FoundEntry:
        lines = tuple(replace(line, account="8000") for line in entry.lines)
        return replace(super().found(page, entry), lines=lines)


@breaks("read_answers_in_order")
class ReadsLastFirst(NotebookTarget):
    def read(self, administration: str, ids: Sequence[str]) -> Sequence[EntryAnswer]:
        return [*reversed(super().read(administration, ids))]


class Lenient(NotebookTarget):
    """Overlooks one fault."""

    overlooked = ""

    def faults(self, entry: Entry) -> list[str]:
        return [fault for fault in super().faults(entry) if fault != self.overlooked]


@breaks("unbalanced_entry_is_refused")
class TakesUnbalanced(Lenient):
    overlooked = "unbalanced"


@breaks("unknown_account_is_refused")
class TakesAnyAccount(NotebookTarget):
    def unknown_accounts(self, lines: Sequence[Any], chart: Chart) -> list[str]:
        return [] if hasattr(lines[0], "minor") else super().unknown_accounts(lines, chart)


@breaks("unknown_vat_code_is_refused")
class TakesAnyCode(NotebookTarget):
    def unknown_codes(self, lines: Sequence[Any], chart: Chart) -> list[str]:
        return [] if hasattr(lines[0], "minor") else super().unknown_codes(lines, chart)


@breaks("unknown_journal_is_refused")
class TakesAnyJournal(Lenient):
    overlooked = "journal"


@breaks("refused_leaves_nothing")
class WritesRefused(NotebookTarget):
    def prepare_one(self, effect: Effect) -> Prepared | Refused:
        answer = super().prepare_one(effect)
        if isinstance(answer, Refused):
            notebook.call(self, "POST", "/pages", creates=True, data=msgspec.json.encode(effect.body))
        return answer


@breaks("refusals_are_registered")
class RefusesWithoutWords(NotebookTarget):
    def prepare_one(self, effect: Effect) -> Prepared | Refused:
        answer = super().prepare_one(effect)
        return Refused(problems=(UNREGISTERED,)) if isinstance(answer, Refused) else answer


@breaks("refused_item_does_not_stop_the_others")
class AllOrNone(NotebookTarget):
    def prepare(self, administration: str, effects: Sequence[Effect]) -> Sequence[Prepared | Refused]:
        answers = super().prepare(administration, effects)
        refused = next((answer for answer in answers if isinstance(answer, Refused)), None)
        return answers if refused is None else [refused for _ in answers]


@breaks("call_that_was_not_sent_leaves_nothing")
class RefusesWhenClosed(NotebookTarget):
    def post_one(self, one: Prepared) -> Outcome:
        outcome = super().post_one(one)
        return Refused(problems=()) if isinstance(outcome, NotSent) else outcome


@breaks("lost_reply_is_found")
class TakesLossForFailure(NotebookTarget):
    def post_one(self, one: Prepared) -> Outcome:
        outcome = super().post_one(one)
        return NotSent(reason=outcome.reason) if isinstance(outcome, Unknown) else outcome


@breaks("post_then_find_exactly_one")
class FindsOtherId(NotebookTarget):
    def find(self, administration: str, queries: Sequence[MarkQuery]) -> Sequence[MarkAnswer]:
        answers = super().find(administration, queries)
        return [
            tuple(replace(match, id=f"x{match.id}") for match in answer)
            for answer in answers
            if isinstance(answer, tuple)
        ]


@breaks("find_absent_is_empty")
class FindsOnlyPage(NotebookTarget):
    def find(self, administration: str, queries: Sequence[MarkQuery]) -> Sequence[MarkAnswer]:
        entries = list(self.entries())
        if len(entries) == 1 and entries[0][1].mark > queries[0].mark:
            return [(self.match(*entries[0]),) for _ in queries]
        return super().find(administration, queries)


@breaks("find_whole_marks_only")
class FindsParts(NotebookTarget):
    def carries(self, entry: Entry, mark: str) -> bool:
        return mark in entry.mark


@breaks("longest_mark_is_found")
class CutsMarks(NotebookTarget):
    def carries(self, entry: Entry, mark: str) -> bool:
        return entry.mark[:39] == mark[:39]


@breaks("text_cannot_pose_as_a_mark")
class SearchesTexts(NotebookTarget):
    def carries(self, entry: Entry, mark: str) -> bool:
        return mark == entry.mark or mark in entry.text


@breaks("read_tells_the_id_that_is_listed")
class RepeatsWhatWasTyped(NotebookTarget):
    def read(self, administration: str, ids: Sequence[str]) -> Sequence[EntryAnswer]:
        answers = super().read(administration, [id.strip() for id in ids])
        return [
            replace(answer, id=id) if isinstance(answer, FoundEntry) else answer
            for id, answer in zip(ids, answers, strict=True)
        ]


@breaks("list_marked_covers_period")
class ListsLastDay(NotebookTarget):
    def list_marked(self, administration: str, start: dt.date, end: dt.date) -> dict[str, tuple[Match, ...]]:
        return {**super().list_marked(administration, start, end + dt.timedelta(days=1))}


@breaks("preflight_passes_good_rules")
class NeverContent(NotebookTarget):
    def preflight(self, use: ChartUse, chart: Chart) -> Sequence[Problem]:
        return [Problem(code="notebook-refuses", facts={"what": "always"})]


@breaks("preflight_finds_unknown_account")
class SkipsAccounts(NotebookTarget):
    def preflight(self, use: ChartUse, chart: Chart) -> Sequence[Problem]:
        known = [one for one in use.uses if not self.unknown_accounts([one], chart)]
        return super().preflight(replace(use, uses=tuple(known)), chart)


@breaks("preflight_finds_unknown_vat_code")
class SkipsCodes(NotebookTarget):
    def preflight(self, use: ChartUse, chart: Chart) -> Sequence[Problem]:
        return super().preflight(replace(use, uses=tuple(replace(one, vat_code="") for one in use.uses)), chart)


@breaks("balances_move_by_what_was_booked")
class BalancesDebits(NotebookTarget):
    def balances(self, administration: str, start: dt.date, end: dt.date) -> dict[str, int]:
        return {code: max(sum_, 0) for code, sum_ in super().balances(administration, start, end).items()}


@breaks("open_item_is_not_matched_at_once")
class TakesAllForPaid(NotebookTarget):
    def matched(self, administration: str, items: Sequence[OpenItem]) -> Sequence[bool | None]:
        return [True for _ in items]


@breaks("list_entries_holds_what_was_booked")
class ListsNothing(NotebookTarget):
    def list_entries(
        self, administration: str, journal: str, start: dt.date, end: dt.date
    ) -> Sequence[tuple[Match, EntryAnswer]]:
        return []


@breaks("link_is_an_address")
class LinksToPage(NotebookTarget):
    def link(self, administration: str, remote_id: str) -> str:
        return f"page {remote_id}"


@breaks("resolve_creates_nothing")
class MakesParties(NotebookTarget):
    def resolve(self, administration: str, parties: Sequence[Party]) -> Sequence[str | Problem | None]:
        return ["1" for _ in parties]
