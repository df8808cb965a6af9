import msgspec
import pytest
from tests.contract.fits.multivers import Multivers
from tests.contract.fits.ports import Answer, Call, GivenGrant, Ports, json_answer
from tests.contract.fits.samples import effects, memorial

from boekbrug.contract import (
    Booked,
    CannotTell,
    EffectKind,
    MarkQuery,
    Match,
    OutcomeUnknown,
    PluginSettings,
    Prepared,
    Problem,
    Refused,
)

JSON = {"Content-Type": "application/json"}


class Multi:
    """Hands out numbers per journal and refuses one that is taken."""

    def __init__(self) -> None:
        self.next = 57
        self.entries: dict[str, dict[str, object]] = {}
        self.fault = ""

    def __call__(self, call: Call) -> Answer:
        if self.fault == "html":
            return Answer(status=502, headers={"Content-Type": "text/html"})
        if "GetNextJournalTransactionCommand" in call.path:
            self.next += 1
            return json_answer({"nextJournalTransaction": self.next - 1, "messages": []})
        if call.method == "GET":
            found = self.entries.get(call.path.partition("FinTrans/")[2])
            return json_answer(found) if found else Answer(status=404)
        return self._book(msgspec.json.decode(call.body))

    def _book(self, row: dict[str, object]) -> Answer:
        path = f"{row['fiscalYear']}/{row['journalId']}/{row['journalTransaction']}"
        if path in self.entries:
            told = {"messages": [{"message": "Transactie bestaat al"}]}
            return Answer(status=400, body=msgspec.json.encode(told), headers=JSON)
        lines = row["finTransEntries"]
        assert isinstance(lines, list)
        self.entries[path] = {**row, "totalDebitAmount": sum(line["debitAmount"] for line in lines)}
        if self.fault == "reset":
            raise ConnectionResetError
        return json_answer(self.entries[path])


@pytest.fixture
def multi() -> Multi:
    return Multi()


@pytest.fixture
def target(multi: Multi) -> Multivers:
    return new_run(multi)


def new_run(multi: Multi) -> Multivers:
    return Multivers(Ports(multi, GivenGrant("token")), PluginSettings())


def prepared(target: Multivers, mark: str) -> Prepared:
    (made,) = target.prepare("MVL00001", effects(memorial(mark)))
    assert isinstance(made, Prepared)
    return made


def asked(item: Prepared) -> list[MarkQuery]:
    return [MarkQuery(mark=item.mark, kind=EffectKind.ENTRY, prepared=item)]


def test_reserved_number_is_part_of_the_intent_and_nothing_is_booked_yet(target: Multivers, multi: Multi) -> None:
    item = prepared(target, "WS 14 K7QX1")
    assert item.numbers == {"path": "2026/90/57"}
    assert msgspec.json.decode(item.payload)["journalTransaction"] == 57
    assert multi.entries == {}


def test_lost_reply_is_looked_up_by_the_reserved_number_in_a_later_run(target: Multivers, multi: Multi) -> None:
    item = prepared(target, "WS 14 K7QX1")
    multi.fault = "reset"
    with pytest.raises(OutcomeUnknown):
        target.post("MVL00001", [item])
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(item), type=Prepared)
    assert new_run(multi).find("MVL00001", asked(kept)) == [(Match(id="2026/90/57", number="57", total=175_50),)]


def test_entry_of_somebody_else_under_our_number_is_not_ours(target: Multivers, multi: Multi) -> None:
    item = prepared(target, "WS 14 K7QX1")
    multi.entries["2026/90/57"] = {"document": "handmatig", "totalDebitAmount": 1}
    assert target.find("MVL00001", asked(item)) == [()]


def test_sent_again_under_a_taken_number_is_refused_and_prepared_anew(target: Multivers, multi: Multi) -> None:
    item = prepared(target, "WS 14 K7QX1")
    multi.entries["2026/90/57"] = {"document": "handmatig", "totalDebitAmount": 1}
    problem = Problem(code="multivers-refused", facts={"message": "Transactie bestaat al"})
    assert target.post("MVL00001", [item]) == [Refused(problems=(problem,))]
    again = prepared(target, "WS 14 K7QX1")
    assert target.post("MVL00001", [again]) == [Booked(id="2026/90/58", number="58", total=175_50)]


def test_without_a_reserved_number_it_does_not_guess(target: Multivers) -> None:
    (answer,) = target.find("MVL00001", [MarkQuery(mark="WS 14 K7QX1", kind=EffectKind.ENTRY)])
    assert isinstance(answer, CannotTell)


def test_failing_look_up_is_not_absence(target: Multivers, multi: Multi) -> None:
    item = prepared(target, "WS 14 K7QX1")
    multi.fault = "html"
    (answer,) = target.find("MVL00001", asked(item))
    assert isinstance(answer, CannotTell)


def test_one_writer_draws_numbers() -> None:
    assert Multivers.capabilities.writers == 1
