import datetime as dt
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import msgspec
import pytest
from tests.contract.fits.ports import Answer, Call, GivenGrant, Ports
from tests.contract.fits.samples import effects, memorial, sale
from tests.contract.fits.twinfield import Twinfield

from boekbrug.contract import Booked, OutcomeUnknown, PluginSettings, Prepared, Problem, Refused, Retriable, Unknown

CLUSTER = "https://api.accounting2.twinfield.com"


class Twin:
    """Judges every transaction of an envelope for itself; VAT code 4 does not exist here when told so."""

    def __init__(self) -> None:
        self.booked: list[ET.Element] = []
        self.unknown_code = ""
        self.fault = ""

    def __call__(self, call: Call) -> Answer:
        if self.fault == "429":
            return Answer(status=429, headers={"Retry-After": "17"})
        asked = ET.fromstring(call.body).findtext(".//{http://www.twinfield.com/}xmlRequest") or ""
        root = ET.fromstring(asked)
        for transaction in root:
            self._judge(transaction)
        failed = any(child.get("result") == "0" for child in root)
        root.set("result", "0" if failed else "1")
        if self.fault == "reset":
            raise ConnectionResetError
        if self.fault == "short":
            root.remove(root[-1])
        inner = escape(ET.tostring(root).decode())
        result = f"<ProcessXmlStringResult xmlns='http://www.twinfield.com/'>{inner}</ProcessXmlStringResult>"
        return Answer(body=f"<Envelope><Body>{result}</Body></Envelope>".encode())

    def _judge(self, transaction: ET.Element) -> None:
        for code in transaction.iter("vatcode"):
            if code.text == self.unknown_code:
                code.attrib |= {"msgtype": "error", "msg": f"Btw {code.text} bestaat niet.", "result": "0"}
                transaction.set("result", "0")
                return
        transaction.set("result", "1")
        self.booked.append(transaction)
        (header,) = transaction.iter("header")
        ET.SubElement(header, "number").text = f"2026{len(self.booked):05}"


@pytest.fixture
def twin() -> Twin:
    return Twin()


@pytest.fixture
def ports(twin: Twin) -> Ports:
    return Ports(twin, GivenGrant("token", **{"twf.clusterUrl": CLUSTER, "twf.organisationId": "org-1"}))


@pytest.fixture
def target(ports: Ports) -> Twinfield:
    return Twinfield(ports, PluginSettings())


def prepared(target: Twinfield, *entries: object) -> list[Prepared]:
    made = target.prepare("NL001", effects(*entries))  # type: ignore[arg-type]
    return [item for item in made if isinstance(item, Prepared)]


def test_one_refused_entry_leaves_the_others_of_its_batch_booked(target: Twinfield, twin: Twin, ports: Ports) -> None:
    twin.unknown_code = "4"
    payment, high, *_ = memorial("x").lines
    lines = (msgspec.structs.replace(payment, minor=121_00), high)
    first, third = (memorial(mark, lines=lines) for mark in ("a K7QX1", "c K7QX1"))
    outcomes = target.post("NL001", prepared(target, first, memorial("b K7QX1"), third))
    assert outcomes == [
        Booked(id="90/202600001", number="202600001", total=121_00),
        Refused(problems=(Problem(code="twinfield-refused", facts={"message": "Btw 4 bestaat niet."}),)),
        Booked(id="90/202600002", number="202600002", total=121_00),
    ]
    assert len(ports.http.calls) == 1


def test_batch_is_an_envelope_around_payloads_kept_one_by_one(target: Twinfield, ports: Ports) -> None:
    items = prepared(target, sale("a K7QX1"), sale("b K7QX1"))
    target.post("NL001", items)
    sent = ET.fromstring(ports.http.calls[0].body).findtext(".//{http://www.twinfield.com/}xmlRequest") or ""
    assert sent.encode() == b"<transactions>" + items[0].payload + items[1].payload + b"</transactions>"


@pytest.mark.parametrize(("concept", "destiny"), [(True, "temporary"), (False, "final")])
def test_concept_chooses_where_an_entry_lands(target: Twinfield, concept: bool, destiny: str) -> None:
    (item,) = prepared(target, sale("a K7QX1", concept=concept))
    assert ET.fromstring(item.payload).get("destiny") == destiny


def test_sales_leave_vat_lines_out_and_memorials_send_them(target: Twinfield) -> None:
    kinds = [
        [line.get("type") for line in ET.fromstring(item.payload).iter("line")]
        for item in prepared(target, sale("a K7QX1"), memorial("b K7QX1"))
    ]
    assert kinds == [["total", "detail", "detail"], ["detail", "detail", "detail", "vat", "vat"]]


def test_too_many_calls_means_that_nothing_of_the_batch_was_processed(target: Twinfield, twin: Twin) -> None:
    twin.fault = "429"
    with pytest.raises(Retriable) as told:
        target.post("NL001", prepared(target, sale("a K7QX1")))
    assert told.value.retry_after == dt.timedelta(seconds=17)


def test_lost_answer_leaves_the_whole_batch_unknown(target: Twinfield, twin: Twin) -> None:
    twin.fault = "reset"
    with pytest.raises(OutcomeUnknown):
        target.post("NL001", prepared(target, sale("a K7QX1"), sale("b K7QX1")))
    assert len(twin.booked) == 2


def test_answer_that_names_fewer_entries_is_trusted_for_none(target: Twinfield, twin: Twin) -> None:
    twin.fault = "short"
    outcomes = target.post("NL001", prepared(target, sale("a K7QX1"), sale("b K7QX1")))
    assert [type(outcome) for outcome in outcomes] == [Unknown, Unknown]


def test_a_call_that_books_costs_three_credits(target: Twinfield, ports: Ports) -> None:
    target.post("NL001", prepared(target, sale("a K7QX1")))
    assert ports.budget.taken == {"client": 3, "organisation:org-1": 3}


def test_host_of_the_cluster_comes_from_the_grant(target: Twinfield, ports: Ports) -> None:
    target.post("NL001", prepared(target, sale("a K7QX1")))
    assert ports.http.calls[0].url.startswith(CLUSTER)
