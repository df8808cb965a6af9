import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from tests.web.people import Person, person, served

from boekbrug.acts import users
from boekbrug.acts.desk import Desk
from boekbrug.sync.house import House
from boekbrug.web.api import described

BASE = "/api/v1/licences/webshop"


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


def test_booking_has_its_lines_with_amounts_as_text(program: Person) -> None:
    first = read(program, f"{BASE}/bookings?limit=1")
    assert first["before"]
    (one,) = first["items"]
    sides = [line["debit"] for line in one["entry"]["lines"] if line["debit"]]
    assert sides == [one["total"]]
    assert isinstance(one["total"], str)


def test_acts_are_refused_with_their_reasons(program: Person) -> None:
    def send(act: str, body: object) -> tuple[int, Any]:
        answer = program.session.post(f"{program.address}{BASE}/{act}", data=json.dumps(body), timeout=30)
        return answer.status_code, answer.json()

    booked = read(program, f"{BASE}/documents?state=booked&limit=1")["items"][0]["id"]
    aside = {"documents": [booked], "reason": "ignored", "note": "no"}
    status, refused = send("set-aside", aside)
    assert (status, refused["code"]) == (409, "act-refused")
    assert "cannot be set aside" in refused["reasons"][0]
    assert send("retry", {"documents": "all"})[0] == 400
    assert send("retry", {"documents": [], "more": 1})[0] == 400
    assert send("report", {"document": 999_999, "text": "?"}) == (404, {"code": "not-known", "reasons": []})


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
    wander(manned_house, keeper, examples=400)


def wander(house: House, key: str, *, examples: int) -> None:
    schema = schemathesis.openapi.from_dict(described(house))
    operations: list[Any] = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
    assert len(operations) == 19
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
