import csv
import io
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.office import Office, order
from tests.web.people import Person, add_user, logged_in, person, served
from tests.web.test_home import text_of

from boekbrug.acts.integrity import check
from boekbrug.acts.lists.table import safe
from boekbrug.runtime.settings import load
from boekbrug.store import audit
from boekbrug.sync.house import House


@pytest.fixture(scope="module")
def owner(manned_address: str) -> Iterator[Person]:
    with logged_in(manned_address, "owner@x.nl") as found:
        yield found


BASE = "/licences/webshop"


def sale_of(browser: Person, number: str) -> str:
    return str(re.findall(r'href="(/licences/webshop/sales/\d+)"', browser.get(f"/find?q={number}").text)[0])


def send(browser: Person, act: str, **fields: str | list[str]) -> str:
    answer = browser.send(f"{BASE}/{act}", {"csrf": browser.csrf("/account"), **fields})
    return text_of(answer.text)


def test_owner_with_one_licence_comes_home_to_it(owner: Person) -> None:
    home = owner.get("/")
    assert home.url.endswith(BASE)
    text = text_of(home.text)
    assert "verkopen zitten vast" in text
    assert "Verkopen per dag, juli 2026" in text
    assert home.text.count('<rect class="is-booked"') >= 4
    assert "Werkt naar behoren" in text


def test_open_says_why_and_what_to_do(owner: Person) -> None:
    text = text_of(owner.get(f"{BASE}/open").text)
    assert "P00008" in text
    assert "In de winkel staat dit op ‘new’" in text


def test_report_shows_the_entry_and_where_it_is_booked(owner: Person) -> None:
    page = owner.get(f"{BASE}/booked")
    assert page.text.count('<details class="row">') == 4
    assert re.search(r"<code>P00001-\w{4}-1</code>", page.text)
    none = owner.get(f"{BASE}/booked?first=2027-01-01").text
    assert "In deze periode is niets geboekt" in none


def test_report_as_csv_is_no_formula(owner: Person) -> None:
    answer = owner.get(f"{BASE}/booked.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == 12
    assert {row["number"] for row in rows} == {"P00001", "P00002", "P00003", "'=cmd()"}
    assert {row["total"] for row in rows if row["number"] == "P00001"} == {"10.01"}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\tx", "\r=1"])
def test_text_that_begins_a_formula_is_quoted(text: str) -> None:
    assert safe(text) == f"'{text}"


def test_rules_are_shown_in_words_with_their_history(owner: Person) -> None:
    text = text_of(owner.get(f"{BASE}/rules").text)
    assert "Btw-stelsel kas" in text
    assert "Startdatum 3 juli 2026" in text
    assert "Licentie geactiveerd" in text


def test_sale_set_aside_stays_aside_until_taken_up(manned: Office, manned_house: House, owner: Person) -> None:
    sale = sale_of(owner, "P00004")
    id = sale.rpartition("/")[2]
    refused = send(owner, "set-aside", only=id, reason="by-hand", note="  ", page=id)
    assert "Vul in waarom" in refused
    text = send(owner, "set-aside", only=id, reason="by-hand", note="Stond al in het kasboek", page=id)
    assert "Met de hand geboekt" in text
    manned.put("again.jsonl", [order(4, payment_method="unheard-of", customer={"email": "x@example.org"})])
    manned.run("retry", "webshop")
    manned.run("sync", "webshop", exits=1)
    assert "Met de hand geboekt" in text_of(owner.get(sale).text)
    with manned_house.database.read() as connection:
        done = [one for one in audit.list_latest(connection) if one.act == "set-aside"]
    assert done[0].actor == "web:owner@x.nl"
    assert done[0].facts == {"reason": "by-hand", "note": "Stond al in het kasboek", "numbers": "P00004"}
    assert "1 wordt alsnog geboekt" in send(owner, "take-up", only=id, page=id)
    manned.run("sync", "webshop", exits=1)
    assert "unheard-of" in owner.get(sale).text
    assert list(check(manned_house)) == []


def test_retry_tries_those_chosen_again(manned: Office, owner: Person) -> None:
    ids = [sale_of(owner, number).rpartition("/")[2] for number in ("P00005", "P00006")]
    assert "2 opnieuw aangeboden" in send(owner, "retry", sale=ids, page="problems")
    text = text_of(owner.get(f"{BASE}/problems").text)
    assert "P00007" in text
    assert "P00005" not in text
    manned.run("sync", "webshop", exits=1)
    assert "P00005" in text_of(owner.get(f"{BASE}/problems").text)
    assert "P00005" not in owner.get(f"{BASE}/problems?code=no-such-code").text
    assert "Er is niets gekozen" in send(owner, "retry", page="problems")


def test_case_keeps_what_was_wrong(owner: Person) -> None:
    sale = sale_of(owner, "P00007")
    id = sale.rpartition("/")[2]
    assert "Uw melding is vastgelegd" in send(owner, "report", only=id, text="<b>Hoe nu?</b>", page=id)
    page = owner.get(sale).text
    assert "&lt;b&gt;Hoe nu?&lt;/b&gt;" in page


def test_bookkeeper_approves_what_was_shown(tmp_path: Path) -> None:
    office = Office(tmp_path / "office")
    office.furnish(automatic=False)
    office.put("orders.jsonl", [order(n) for n in range(1, 5)])
    office.run("sync", "webshop")
    house = House(load(office.config, {}))
    add_user(house, "keeper@x.nl", "bookkeeper", "webshop")
    with closing(house), served(house) as address, logged_in(address, "keeper@x.nl") as keeper:
        page = keeper.get(f"{BASE}/approvals").text
        ids = re.findall(r'name="sale" value="(\d+)" checked', page)
        assert len(ids) == 4
        done = keeper.send(f"{BASE}/approve", {"csrf": keeper.csrf("/account"), "sale": ids[:1], "page": "approvals"})
        assert "1 goedgekeurd" in text_of(done.text)
        assert len(re.findall(r'name="sale" value="(\d+)" checked', done.text)) == 3
        assert list(check(house)) == []


def test_pages_follow_each_other_without_gap_or_double(manned_house: House, owner: Person) -> None:
    from boekbrug.acts import licences, listing

    licence = licences.get(manned_house, "webshop")
    whole, end = listing.booked(manned_house, licence, "0001-01-01", "9999-12-31", 50)
    assert end is None
    pieces, place = listing.booked(manned_house, licence, "0001-01-01", "9999-12-31", 1)
    while place is not None:
        more, place = listing.booked(manned_house, licence, "0001-01-01", "9999-12-31", 1, place)
        pieces += more
    assert [one.id for one in pieces] == [one.id for one in whole]
    stuck = listing.in_state(manned_house, licence, "problem", "nl", 50)
    second = listing.in_state(manned_house, licence, "problem", "nl", 50, before=stuck[0].id)
    assert [one.id for one in second] == [one.id for one in stuck[1:]]


def test_page_of_nonsense_is_the_first_page(owner: Person) -> None:
    for query in ("before=1", "before=x~y~z~w", "first=nonsense&last=2026-99-99", "before=2026-01-01~1~1~sale"):
        assert owner.get(f"{BASE}/booked?{query}").status_code == 200
    assert owner.get(f"{BASE}/open?state=nonsense").status_code == 200
    assert owner.get(f"{BASE}/sales/999999999").status_code == 404


def test_form_of_another_site_does_nothing(owner: Person) -> None:
    for fields in ({}, {"csrf": "guess"}, {"csrf": ""}):
        assert owner.send(f"{BASE}/retry", {**fields, "all": "1"}).status_code == 403


def test_pages_need_no_scripts_and_no_styles_of_their_own(owner: Person) -> None:
    sale = sale_of(owner, "P00007")
    for page in ("", "/problems", "/booked", "/open", "/approvals", "/lists", "/rules", sale.removeprefix(BASE)):
        answer = owner.get(BASE + page)
        assert answer.status_code == 200
        assert "<script" not in answer.text
        assert " style=" not in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_strangers_see_nothing(manned_address: str) -> None:
    with person(manned_address) as nobody:
        for path in ("/", "/find?q=P", BASE, f"{BASE}/booked.csv", "/account", "/licences/none"):
            assert nobody.look(path).status_code == 303
