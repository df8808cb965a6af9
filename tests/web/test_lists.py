"""Aansluiting: the lists on the page, who agrees to them, and what is filed there."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.office import Office, order
from tests.web.people import Person, add_user, logged_in, served
from tests.web.test_home import text_of

from boekbrug.acts.lists.every import NAMES
from boekbrug.problems import LANGUAGES
from boekbrug.runtime.settings import load
from boekbrug.store import audit
from boekbrug.sync.house import House

BASE = "/licences/webshop/lists"
JULY = "first=2026-07-01&last=2026-07-31"
PERIOD = {"first": "2026-07-01", "last": "2026-07-31"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    office = Office(tmp_path_factory.mktemp("lists") / "office")
    office.furnish(automatic=True)
    office.put("orders.jsonl", [order(n) for n in (1, 2, 4, 5)] + [order(6, status="new"), order(7, number="=1+1")])
    office.run("sync", "webshop")
    file = (office.folder / "licences" / "webshop.toml").read_text(encoding="utf-8")
    second = Path(office.folder / "licences" / "second.toml")
    second.write_text(file.replace('name = "webshop"', 'name = "second"'))
    office.run("licence", "apply", str(second))
    found = House(load(office.config, {}))
    add_user(found, "owner@x.nl", "owner", "webshop")
    add_user(found, "books@x.nl", "bookkeeper", "webshop", "second")
    add_user(found, "half@x.nl", "bookkeeper", "webshop")
    yield found
    found.close()


@pytest.fixture(scope="module")
def address(house: House) -> Iterator[str]:
    with served(house) as found:
        yield found


@pytest.fixture
def books(address: str) -> Iterator[Person]:
    with logged_in(address, "books@x.nl") as found:
        yield found


def send(browser: Person, deed: str, **fields: str) -> str:
    answer = browser.send(f"{BASE}/{deed}", {"csrf": browser.csrf("/account"), **PERIOD, **fields})
    return text_of(answer.text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_list_is_shown_with_nothing_untranslated(books: Person, language: str) -> None:
    for name in NAMES:
        for view in ("", "&ask=1", "&view=later", "&view=documents"):
            answer = books.get(f"{BASE}?name={name}&{JULY}{view}&lang={language}")
            assert answer.status_code == 200, (name, view)
            assert "<script" not in answer.text
            text = text_of(answer.text)
            assert not re.findall(r"\b(?:list\w+|remark)\.[\w-]+|\b[a-z]+_[a-z]+\b", text), (name, view)


def test_boxes_are_shown_as_they_are_booked(books: Person) -> None:
    text = text_of(books.get(f"{BASE}?name=vat&{JULY}").text)
    assert re.search(r"1a binnenland 21 41,48 8,71 8,71 0,00", text), text
    assert "Sluit aan" in text
    assert "1e kwartaal" in text or "kwartaal 2026" in text
    whole = text_of(books.get(f"{BASE}?name=vat&{JULY}&view=documents").text)
    assert "P00004" in whole


def test_without_a_period_the_last_one_that_is_over_is_shown(books: Person) -> None:
    for query in ("", "?first=x&last=y&name=z", "?first=2026-07-31&last=2026-07-01"):
        assert books.get(BASE + query).status_code == 200
    assert "Waar de verkopen zijn" in text_of(books.get(BASE).text)


def test_package_is_asked_when_somebody_wants_it(books: Person) -> None:
    text = text_of(books.get(f"{BASE}?name=turnover&{JULY}").text)
    assert "Het boekhoudpakket is nog niet gevraagd" in text
    text = text_of(books.get(f"{BASE}?name=turnover&{JULY}&ask=1").text)
    assert re.search(r"8000 41,48 0,00 0,00 41,48 0,00", text), text


def test_csv_of_a_list_is_no_formula(books: Person) -> None:
    answer = books.get(f"{BASE}.csv?name=vat&{JULY}&view=documents&part=documents")
    assert "webshop-vat-documents-2026-07-01-2026-07-31.csv" in answer.headers["content-disposition"]
    found = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert {row["number"] for row in found} == {"P00001", "P00002", "P00004", "P00005", "'=1+1"}


def test_bookkeeper_agrees_and_owner_sees_who_did(house: House, address: str, books: Person) -> None:
    page = books.get(f"{BASE}?name=oss&{JULY}").text
    digest = re.findall(r'name="digest" value="(\w+)"', page)[0]
    assert "Uw akkoord is vastgelegd" in send(books, "agree", name="oss", digest=digest, note="Klopt <b>zo</b>")
    with logged_in(address, "owner@x.nl") as owner:
        seen = owner.get(f"{BASE}?name=oss&{JULY}").text
        assert "Akkoord door books@x.nl" in text_of(seen)
        assert "&lt;b&gt;zo&lt;/b&gt;" in seen
        assert 'action="/licences/webshop/lists/agree"' not in seen
    with house.database.read() as connection:
        done = next(one for one in audit.list_latest(connection) if one.act == "list-agree")
    assert (done.actor, done.facts["list"]) == ("web:books@x.nl", "oss")


def test_figures_that_were_not_shown_are_not_agreed_to(books: Person) -> None:
    for digest in ("", "f" * 32):
        answer = books.send(
            f"{BASE}/agree", {"csrf": books.csrf("/account"), **PERIOD, "name": "icp", "digest": digest}
        )
        assert answer.status_code == 409


def test_gap_is_explained_on_the_page(books: Person) -> None:
    page = books.get(f"{BASE}?name=gaps&{JULY}").text
    gap = re.findall(r'name="gap" value="(P[\d.P]+)"', page)[0]
    text = send(books, "sign", name="gaps", gap=gap, note="Geannuleerd voor betaling")
    assert "De verklaring is vastgelegd" in text
    assert "Geannuleerd voor betaling" in text


def test_return_is_filed_by_who_sees_the_whole_administration(house: House, address: str, books: Person) -> None:
    with logged_in(address, "half@x.nl") as half:
        assert "Leg de aangifte vast" not in text_of(half.get(f"{BASE}?name=vat&{JULY}").text)
        fields = {"csrf": half.csrf("/account"), **PERIOD, "name": "vat", "through": "2026-07-31"}
        assert half.send(f"{BASE}/filed", fields).status_code == 409
        assert half.get(f"{BASE}?name=vat&{JULY}&view=later").status_code == 200
    assert "De aangifte is vastgezet" in send(books, "filed", name="vat", through="2026-07-31")
    page = books.get(f"{BASE}?name=vat&{JULY}").text
    assert "Leg de aangifte vast" not in text_of(page)
    assert "Aangegeven" in text_of(page)
    later = text_of(books.get(f"{BASE}?name=vat&{JULY}&view=later").text)
    assert "Niets veranderd" in later
