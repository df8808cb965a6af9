import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from tests.office import Office
from tests.web.people import Person, person, served

from boekbrug.acts import users
from boekbrug.acts.desk import Desk
from boekbrug.acts.lists import every
from boekbrug.sync.house import House
from boekbrug.web.api import described

BASE, OTHER = "/api/v1/licences/webshop", "/api/v1/licences/other"


@pytest.fixture(scope="module")
def key(manned_house: House) -> str:
    return users.give_key(Desk(manned_house, "test"), "books@x.nl", "test", users.WRITE)


@pytest.fixture(scope="module")
def keeper(manned_house: House) -> str:
    return users.give_key(Desk(manned_house, "test"), "keeper@x.nl", "test", users.WRITE)


@pytest.fixture(scope="module")
def program(manned_address: str, key: str) -> Iterator[Person]:
    with person(manned_address) as found:
        found.session.headers["authorization"] = f"Bearer {key}"
        yield found


@pytest.fixture(scope="module")
def operator(manned_address: str, keeper: str) -> Iterator[Person]:
    with person(manned_address) as found:
        found.session.headers["authorization"] = f"Bearer {keeper}"
        yield found


def read(program: Person, path: str) -> Any:
    answer = program.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_licences_are_listed_with_their_counts(program: Person) -> None:
    (found,) = read(program, "/api/v1/licences")
    assert found["name"] == "webshop"
    assert sum(found["counts"].values()) == 9


def test_documents_come_a_page_at_a_time(program: Person) -> None:
    whole = read(program, f"{BASE}/documents?state=booked")["items"]
    first = read(program, f"{BASE}/documents?state=booked&limit=3")
    rest = read(program, f"{BASE}/documents?state=booked&limit=3&before={first['before']}")
    assert [one["id"] for one in first["items"] + rest["items"]] == [one["id"] for one in whole]
    assert rest["before"] is None


@pytest.mark.parametrize("period", ["", "&first=2026-01-01&last=2026-12-31"])
def test_bookings_come_a_page_at_a_time(program: Person, period: str) -> None:
    whole = [one["id"] for one in read(program, f"{BASE}/bookings?limit=200{period}")["items"]]
    assert len(whole) > 3
    found: list[int] = []
    before: str | None = ""
    while before is not None:
        page = read(program, f"{BASE}/bookings?limit=2&before={before}{period}")
        found += [one["id"] for one in page["items"]]
        before = page["before"]
    assert found == whole


def test_booking_has_its_lines_with_amounts_as_text(program: Person) -> None:
    first = read(program, f"{BASE}/bookings?limit=1")
    assert first["before"]
    (one,) = first["items"]
    sides = [line["debit"] for line in one["entry"]["lines"] if line["debit"]]
    assert sides == [one["total"]]
    assert isinstance(one["total"], str)


def test_acts_are_refused_with_their_reasons(program: Person) -> None:
    def send_to(act: str, body: object) -> tuple[int, Any]:
        return send(program, f"{BASE}/{act}", body)

    booked = read(program, f"{BASE}/documents?state=booked&limit=1")["items"][0]["id"]
    aside = {"documents": [booked], "reason": "ignored", "note": "no"}
    status, refused = send_to("set-aside", aside)
    assert (status, refused["code"]) == (409, "act-refused")
    assert "Niet boeken kan daarom niet meer" in refused["reasons"][0]
    assert send_to("retry", {"documents": "all"})[0] == 400
    assert send_to("retry", {"documents": [], "more": 1})[0] == 400
    assert send_to("report", {"document": 999_999, "text": "?"}) == (404, {"code": "not-known", "reasons": []})


def send(program: Person, path: str, body: object) -> tuple[int, Any]:
    answer = program.session.post(f"{program.address}{path}", data=json.dumps(body), timeout=30)
    return answer.status_code, answer.json()


PERIOD = "first=2026-07-01&last=2026-09-30"
DAYS = {"first": "2026-07-01", "last": "2026-09-30"}


@pytest.mark.parametrize("name", ["turnover", "vat", "gaps"])
def test_list_says_what_the_command_line_says(program: Person, manned: Office, name: str) -> None:
    found = read(program, f"{BASE}/lists/{name}?{PERIOD}&ask=true")
    exits = 0 if found["clean"] else 1
    said = manned.json("list", name, "webshop", "--from", DAYS["first"], "--to", DAYS["last"], exits=exits)
    assert {part["name"]: part["rows"] for part in found["parts"]} == {
        part["name"]: said[part["name"]] for part in found["parts"]
    }
    assert found["clean"] is said["clean"]


def test_every_list_is_made(program: Person) -> None:
    for name in every.NAMES:
        assert read(program, f"{BASE}/lists/{name}?{PERIOD}")["name"] == name


def test_list_is_agreed_to_as_it_was_read(program: Person) -> None:
    found = read(program, f"{BASE}/lists/turnover?{PERIOD}&ask=true")
    assert found["agreed"] is None
    assert send(program, f"{BASE}/lists/turnover/agree", {**DAYS, "digest": "0" * 32})[0] == 409
    assert send(program, f"{BASE}/lists/turnover/agree", {**DAYS, "digest": found["digest"]}) == (200, {"count": 1})
    by = read(program, f"{BASE}/lists/turnover?{PERIOD}")["agreed"]
    assert (by["actor"], by["digest"]) == ("api:books@x.nl", found["digest"])
    assert by in read(program, f"{BASE}/lists")["agreed"]


def test_gap_is_explained(program: Person) -> None:
    gaps = [row["gap"] for row in read(program, f"{BASE}/lists/gaps?{PERIOD}")["parts"][0]["rows"]]
    status, _ = send(program, f"{BASE}/lists/gaps/sign", {**DAYS, "gap": gaps[0], "note": "Gesloten"})
    assert status == 200
    rows = read(program, f"{BASE}/lists/gaps?{PERIOD}")["parts"][0]["rows"]
    assert {row["gap"]: row["note"] for row in rows}[gaps[0]] == "Gesloten"


def test_return_concerns_whoever_sees_the_whole_administration(program: Person) -> None:
    status, refused = send(program, f"{BASE}/lists/vat/filed", {"through": "2026-09-30"})
    assert status == 409
    assert "licenties die u niet ziet" in refused["reasons"][0]


def test_period_that_is_none_is_refused(program: Person) -> None:
    for first, last in (("2026-09-30", "2026-07-01"), ("2026-07-01", "9999-12-31")):
        assert program.get(f"{BASE}/lists/vat?first={first}&last={last}").status_code == 400


def test_change_is_tried_proposed_and_approved(operator: Person) -> None:
    file = read(operator, f"{OTHER}/rules")
    status, trial = send(operator, f"{OTHER}/rules/try", {"licence": {**file, "interval": 30}})
    assert (status, trial["changes"]) == (200, [{"setting": "interval", "old": "15", "new": "30"}])
    assert len(trial["tried"]) == 9
    assert read(operator, f"{OTHER}/rules") == file
    status, change = send(operator, f"{OTHER}/changes", {"licence": {**file, "interval": 30}, "note": "Rustiger"})
    assert (status, change["state"], change["note"]) == (200, "proposed", "Rustiger")
    assert read(operator, f"{OTHER}/changes/{change['id']}")["trial"]["changes"] == change["changes"]
    assert send(operator, f"{OTHER}/changes/{change['id']}/approve", {})[0] == 200
    assert read(operator, f"{OTHER}/rules") == {**file, "interval": 30}
    assert read(operator, f"{OTHER}/changes/{change['id']}")["trial"] is None


def test_change_of_what_a_licence_keeps_for_life_is_refused_at_once(operator: Person) -> None:
    file = read(operator, f"{OTHER}/rules")
    status, refused = send(operator, f"{OTHER}/changes", {"licence": {**file, "administration": "other"}})
    assert status == 409
    assert refused["reasons"] == ["administration van een licentie verandert nooit; maak een andere licentie."]


def test_rules_that_do_not_fit_are_refused_with_every_fault_in_the_language_of_the_keys_user(operator: Person) -> None:
    file = read(operator, f"{OTHER}/rules")
    wrong = {**file["rules"], "debtor": "", "basis": "payout"}
    for act in ("rules/try", "changes"):
        status, refused = send(operator, f"{OTHER}/{act}", {"licence": {**file, "rules": wrong}})
        assert (status, refused["code"]) == (400, "settings")
        assert refused["reasons"] == [
            "Debiteurenrekening: noem de rekening voor wat klanten schuldig zijn",
            "Boekt op basis van: payout boekt geen verkoop; kies bestelling, factuur of bon",
        ]


def test_change_is_taken_back(operator: Person) -> None:
    file = read(operator, f"{OTHER}/rules")
    _, change = send(operator, f"{OTHER}/changes", {"licence": {**file, "interval": 45}})
    assert send(operator, f"{OTHER}/changes/{change['id']}/withdraw", {})[0] == 200
    assert send(operator, f"{OTHER}/changes/{change['id']}/approve", {})[0] == 409


def test_source_and_books_propose_rules(program: Person) -> None:
    found = read(program, f"{BASE}/rules/suggested")
    assert found["rules"]["vat_scheme"]


def test_answer_has_to_fit(program: Person) -> None:
    status, refused = send(program, f"{BASE}/answer", {"number": "none", "paid": "2026-09-14"})
    assert (status, refused["code"]) == (409, "act-refused")
    assert send(program, f"{BASE}/answer", {"number": "none", "tenders": [{"method": "x", "amount": "NaN"}]})[0] == 400


def test_office_is_read_and_kept(operator: Person, program: Person) -> None:
    stuck = read(program, f"{BASE}/documents?state=problem")["items"][0]["id"]
    assert send(program, f"{BASE}/report", {"document": stuck, "text": "Wat nu?"})[0] == 200
    case = read(operator, "/api/v1/office/cases")["items"][0]
    assert (case["text"], case["licence"], case["state"]) == ("Wat nu?", "webshop", "open")
    assert send(operator, f"/api/v1/office/cases/{case['id']}/close", {"note": "Gebeld"})[0] == 200
    assert read(operator, "/api/v1/office/cases")["items"][0]["state"] == "closed"
    last = read(operator, "/api/v1/office/audit?act=case-close")["items"][0]
    assert (last["actor"], last["facts"]["note"]) == ("api:keeper@x.nl", "Gebeld")
    assert {one["licence"] for one in read(operator, "/api/v1/office/problems")["items"]} >= {"webshop"}
    names = [one["name"] for one in read(operator, "/api/v1/office/connections")]
    for name in names:
        assert send(operator, f"/api/v1/office/connections/{name}/check", {})[1]["problems"] == []
    assert send(operator, "/api/v1/office/licences/webshop/end", {})[0] == 409


def test_description_names_every_shape(program: Person) -> None:
    found = read(program, "/api/v1/openapi.json")
    text = json.dumps(found)
    for name in ("Documents", "ShownSale", "ShownBooking", "Found", "SetAsideCall", "Refusal"):
        assert name in found["components"]["schemas"]
    refs = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert refs <= set(found["components"]["schemas"])


def test_nothing_that_fits_the_description_breaks_the_service(manned_house: House, keeper: str) -> None:
    wander(manned_house, keeper, examples=6)


@pytest.mark.prove
def test_nothing_that_fits_the_description_breaks_the_service_for_long(manned_house: House, keeper: str) -> None:
    wander(manned_house, keeper, examples=60)


def wander(house: House, key: str, *, examples: int) -> None:
    schema = schemathesis.openapi.from_dict(described(house))
    operations: list[Any] = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
    assert len(operations) == 45
    with served(house) as address, requests.Session() as session:
        session.headers["authorization"] = f"Bearer {key}"
        for operation in operations:
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                _wander_through(operation, mode, address, session, examples)


def _wander_through(operation: Any, mode: Any, address: str, session: requests.Session, examples: int) -> None:
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        if "licence" in case.path_parameters and mode is GenerationMode.POSITIVE:
            case.path_parameters["licence"] = "other"
        answer = case.call(base_url=address, session=session, headers=dict(session.headers))
        assert answer.status_code < 500, (case.method, case.formatted_path, answer.text)

    check()
