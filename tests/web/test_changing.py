"""Changing a licence, undoing what is booked, and keeping the office: each as a person does it, form by form."""

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import sqlalchemy as sa
from tests.office import Office, edit, order
from tests.web.people import Person, add_user, logged_in, person, served
from tests.web.test_home import text_of

from boekbrug.acts import connections, licences, users
from boekbrug.acts.desk import Desk
from boekbrug.acts.integrity import check
from boekbrug.problems import LANGUAGES
from boekbrug.runtime.settings import load
from boekbrug.store import audit
from boekbrug.store.licences import Licence
from boekbrug.sync.house import House

ROOT = Path(__file__).parents[2]
BASE = "/licences/webshop"
RULES = f"{BASE}/rules"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    found = Office(tmp_path_factory.mktemp("firm") / "office")
    found.furnish(automatic=False)
    found.put("orders.jsonl", [*(order(n) for n in range(1, 7)), order(7, payment_method="unheard-of")])
    found.run("sync", "webshop", exits=1)
    file = (found.folder / "licences" / "webshop.toml").read_text(encoding="utf-8")
    till = found.folder / "licences" / "till.toml"
    till.write_text(file.replace('name = "webshop"', 'name = "till"'), encoding="utf-8")
    edit(till, "[rules]", '[rules]\nmode = "day"')
    found.run("licence", "apply", str(till))
    found.run("licence", "activate", "till")
    found.run("sync", "till", exits=1)
    return found


@pytest.fixture(scope="module")
def house(office: Office) -> Iterator[House]:
    found = House(load(office.config, {}))
    for email, role in (("owner@x.nl", "owner"), ("books@x.nl", "bookkeeper"), ("keeper@x.nl", "operator")):
        add_user(found, email, role, *([] if role == "operator" else ["webshop", "till"]))
    yield found
    with found.database.read() as connection:
        assert list(check(found)) == []
        assert connection.scalar(sa.text("select count(*) from audit where act = 'login'"))
    found.close()


@pytest.fixture(scope="module")
def address(house: House) -> Iterator[str]:
    with served(house) as found:
        yield found


@pytest.fixture(scope="module")
def owner(address: str) -> Iterator[Person]:
    with logged_in(address, "owner@x.nl") as found:
        yield found


@pytest.fixture(scope="module")
def books(address: str) -> Iterator[Person]:
    with logged_in(address, "books@x.nl") as found:
        yield found


@pytest.fixture(scope="module")
def keeper(address: str) -> Iterator[Person]:
    with logged_in(address, "keeper@x.nl") as found:
        yield found


def licence_of(house: House, name: str = "webshop") -> Licence:
    return licences.get(house, name)


def filled_in(browser: Person, path: str = f"{RULES}/edit") -> dict[str, str | list[str]]:
    """Read the fields of a form as a browser would send them unchanged."""
    page = browser.get(path).text
    form = page[page.index(f'action="{RULES}/edit"') :]
    found = {
        html.unescape(name): html.unescape(value)
        for name, value in re.findall(r'<input [^>]*name="([^"]+)"[^>]*?value="([^"]*)"', form)
    }
    for name, options in re.findall(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        found[name] = re.findall(r'value="([^"]*)" selected', options)[0]
    return {name: value for name, value in found.items() if name != "more"}


def change_of(browser: Person, **fields: str) -> str:
    """Send the form with some fields changed; return the address of the change."""
    sent = browser.send(f"{RULES}/edit", {**filled_in(browser), **{k.replace("__", "."): v for k, v in fields.items()}})
    assert sent.status_code == 200, text_of(sent.text)
    return sent.url.partition(BASE)[2].partition("?")[0]


def all_waiting(office: Office, books: Person) -> list[str]:
    """See to it that the sale that is stuck has its payment method and all are composed; return what then waits."""
    if "unheard-of" not in filled_in(books).values():
        change = change_of(books, **{"payments.8.name": "unheard-of", "payments.8.account": "1062"})
        assert books.send(f"{BASE}{change}/approve", {"csrf": books.csrf("/account")}).status_code == 200
    office.attempt("sync", "webshop")
    return entries_waiting(books, BASE)


def test_owner_proposes_and_the_bookkeeper_approves(office: Office, house: House, owner: Person, books: Person) -> None:
    change = change_of(owner, **{"payments.8.name": "unheard-of", "payments.8.account": "1062"})
    page = text_of(owner.get(BASE + change).text)
    assert "Betaalmethoden · unheard-of · Rekening" in page
    assert "P00007 wordt anders" in page
    assert "P00006 blijft gelijk" in page
    assert "Laat ingaan" not in page
    csrf = owner.csrf("/account")
    assert owner.send(f"{BASE}{change}/approve", {"csrf": csrf}).status_code == 403
    assert licence_of(house).rules == 1
    owner.send(f"{BASE}{change}/propose", {"csrf": csrf, "note": "Nieuwe betaalwijze"})
    assert "1 voorstel" in text_of(books.get(BASE).text)
    assert "1 voorstel" in text_of(books.get("/clients").text)
    assert "Nieuwe betaalwijze" in text_of(books.get(BASE + change).text)
    done = books.send(f"{BASE}{change}/approve", {"csrf": books.csrf("/account")})
    assert "De wijziging is ingegaan" in text_of(done.text)
    assert licence_of(house).rules == 2
    assert books.send(f"{BASE}{change}/approve", {"csrf": books.csrf("/account")}).status_code == 409
    with house.database.read() as connection:
        found = {done.act: done for done in audit.list_latest(connection, licence=licence_of(house).id)}
    assert found["licence-apply"].actor == "web:books@x.nl"
    assert found["licence-apply"].facts["written by"] == "web:owner@x.nl"
    # who applies an old file would undo this, and is told so
    file = office.folder / "licences" / "webshop.toml"
    assert "was changed since its file was applied" in office.attempt("licence", "apply", str(file)).stderr


def test_change_of_what_was_changed_meanwhile_does_not_take_effect(books: Person, house: House) -> None:
    first, second = (change_of(books, interval=minutes) for minutes in ("20", "25"))
    csrf = books.csrf("/account")
    assert books.send(f"{BASE}{first}/approve", {"csrf": csrf}).status_code == 200
    assert "intussen op een andere manier gewijzigd" in text_of(books.get(BASE + second).text)
    assert books.send(f"{BASE}{second}/approve", {"csrf": csrf}).status_code == 409
    assert licence_of(house).interval_minutes == 20
    books.send(f"{BASE}{second}/withdraw", {"csrf": csrf})
    assert "Ingetrokken" in text_of(books.get(BASE + second).text)


def test_proposal_that_is_rejected_changes_nothing(owner: Person, books: Person, house: House) -> None:
    change = change_of(owner, delay_days="3")
    owner.send(f"{BASE}{change}/propose", {"csrf": owner.csrf("/account")})
    books.send(f"{BASE}{change}/reject", {"csrf": books.csrf("/account")})
    assert "Afgekeurd" in text_of(owner.get(BASE + change).text)
    assert licence_of(house).delay_days == 1


def test_what_the_package_refuses_is_said_before_it_takes_effect(books: Person) -> None:
    change = change_of(books, **{"payments.9.name": "cheque", "payments.9.account": "9999"})
    assert "Dit weigert het boekhoudpakket" in text_of(books.get(BASE + change).text)


def test_faulty_form_comes_back_as_it_was_filled_in(books: Person) -> None:
    sent = books.send(f"{RULES}/edit", {**filled_in(books), "interval": "soon"})
    assert sent.status_code == 400
    assert 'value="soon"' in sent.text
    assert "Minuten tussen twee rondes: soon is geen heel getal van 1 tot en met 10080" in text_of(sent.text)
    folded = re.findall(r'<details class="licence fold" id="group-(\w+)"( open)?>', sent.text)
    assert folded == [("schedule", " open"), ("answers", ""), ("accounts", "")]
    books_wrong = books.send(f"{RULES}/edit", {**filled_in(books), "oss": "maybe"}).text
    assert '<details class="licence fold" id="group-answers" open>' in books_wrong
    same = books.send(f"{RULES}/edit", filled_in(books))
    assert (same.status_code, "Er is niets gewijzigd" in same.text) == (400, True)


def test_more_rows_are_empty_and_keep_what_was_typed(books: Person) -> None:
    sent = books.send(f"{RULES}/edit", {**filled_in(books), "interval": "77", "more": "1"})
    assert sent.status_code == 200
    assert 'value="77"' in sent.text
    rows = [
        len(re.findall(rf'name="{re.escape("vat")}\.\d+\.account"', one.text))
        for one in (sent, books.get(f"{RULES}/edit"))
    ]
    assert rows[0] == rows[1] + 6


def test_form_has_the_lists_of_shop_and_package(books: Person) -> None:
    page = books.get(f"{RULES}/edit?suggest=1").text
    assert '<datalist id="list-accounts"><option value="' in page
    assert 'list="list-methods"' in page
    assert "Voorgesteld" in page


def test_suggestion_without_books_says_what_is_wrong(office: Office, house: House, books: Person) -> None:
    folder = office.folder / "books"
    away = folder.rename(office.folder / "away")
    try:
        page = books.get(f"{RULES}/edit?suggest=1")
        assert page.status_code == 200
        assert str(folder) in page.text
        assert "Voorgesteld" not in page.text
        key = {"authorization": f"Bearer {users.give_key(Desk(house, 'test'), 'books@x.nl', 'test', users.READ)}"}
        assert books.get(f"/api/v1{RULES}/suggested", **key).status_code == 403
        key = {"authorization": f"Bearer {users.give_key(Desk(house, 'test'), 'books@x.nl', 'test', users.WRITE)}"}
        refused = books.get(f"/api/v1{RULES}/suggested", **key)
        assert refused.status_code == 409
        assert refused.json()["reasons"]
    finally:
        away.rename(folder)


def test_licence_is_paused_and_resumed(books: Person, house: House) -> None:
    csrf = books.csrf("/account")
    for to, state in (("pause", "paused"), ("resume", "active")):
        assert books.send(f"{RULES}/switch", {"csrf": csrf, "to": to}).status_code == 200
        assert licence_of(house).state == state


def entries_waiting(books: Person, base: str) -> list[str]:
    return re.findall(r'name="sale" value="(\d+)"', books.get(f"{base}/approvals").text)


def test_rejected_entry_is_held_until_somebody_takes_it_up(office: Office, books: Person) -> None:
    first, *_ = all_waiting(office, books)
    csrf = books.csrf("/account")
    fields = {"csrf": csrf, "sale": first, "page": "approvals"}
    assert books.send(f"{BASE}/reject", fields).status_code == 409
    assert "1 afgekeurd" in text_of(books.send(f"{BASE}/reject", {**fields, "note": "Verkeerde rekening"}).text)
    assert first not in entries_waiting(books, BASE)
    held = books.get(f"{BASE}/open?state=held").text
    assert "De boeking is afgekeurd" in text_of(held)
    sale = re.findall(rf'{BASE}/sales/(\d+)"', held)[0]
    office.attempt("sync", "webshop")
    assert first not in entries_waiting(books, BASE)
    assert "Toch boeken" in text_of(books.get(f"{BASE}/sales/{sale}").text)
    books.send(f"{BASE}/take-up", {"csrf": csrf, "only": sale, "page": sale})
    office.attempt("sync", "webshop")
    assert len(entries_waiting(books, BASE)) == 7


def test_command_rejects_too(office: Office, books: Person, house: House) -> None:
    office.attempt("sync", "webshop")
    office.run("reject", "webshop", "P00404", "--because", "no", exits=2)
    office.run("reject", "webshop", "P00002", "--because", "Eerst vragen")
    assert house_counts(house)["held"] == 1
    assert "Eerst vragen" in text_of(books.get(RULES).text)
    sale = re.findall(rf"{BASE}/sales/(\d+)", books.get(f"{BASE}/open?state=held").text)[0]
    books.send(f"{BASE}/take-up", {"csrf": books.csrf("/account"), "only": sale, "page": sale})
    office.attempt("sync", "webshop")


def test_sales_are_reversed_with_the_boxes_shown_first(office: Office, house: House, books: Person) -> None:
    csrf = books.csrf("/account")
    books.send(f"{BASE}/approve", {"csrf": csrf, "sale": all_waiting(office, books)})
    office.run("sync", "webshop", exits=0)
    sales = re.findall(r'name="sale" value="(\d+)"', books.get(f"{BASE}/booked").text)[:2]
    chosen = "&".join(f"sale={id}" for id in sales)
    looked = text_of(books.get(f"{BASE}/undo?{chosen}").text)
    assert "2 documenten · 2 tegenboekingen" in looked
    assert re.search(r"1a \w+ €\s-\d+,\d\d €\s-\d,\d\d", looked)
    assert house_counts(house) == {"booked": 7}
    done = books.send(f"{BASE}/undo", {"csrf": csrf, "sale": sales})
    assert "2 wordt teruggeboekt" in text_of(done.text)
    assert len(entries_waiting(books, BASE)) == 2
    books.send(f"{BASE}/approve", {"csrf": csrf, "sale": entries_waiting(books, BASE)})
    office.run("sync", "webshop", exits=0)
    assert [mark.endswith("R") for mark in sorted(office.marks(), key=lambda mark: mark[-1])][-2:] == [True, True]
    again = text_of(books.get(f"{BASE}/undo?{chosen}").text)
    assert "staat niet geboekt" in again


def house_counts(house: House, name: str = "webshop") -> dict[str, int]:
    with house.database.read() as connection:
        query = sa.text("select state, count(*) from document_state where licence = :id group by state")
        return dict(connection.execute(query, {"id": licence_of(house, name).id}).all())


def test_day_is_previewed_approved_and_reversed_whole(office: Office, books: Person, house: House) -> None:
    base, csrf = "/licences/till", books.csrf("/account")
    listed = books.get(f"{base}/terms").text
    assert "wacht op goedkeuring" in text_of(listed)
    books.send(f"{base}/approve", {"csrf": csrf, "sale": entries_waiting(books, base)})
    office.run("sync", "till", exits=1)
    term = re.findall(rf'href="{base}/undo\?term=([\d-]+)"', books.get(f"{base}/terms").text)[0]
    looked = text_of(books.get(f"{base}/undo?term={term}&rebook=1").text)
    assert "opnieuw samengesteld" in looked
    sale = re.findall(r'name="sale" value="(\d+)"', books.get(f"{base}/booked").text)[:2]
    refused = text_of(books.get(f"{base}/undo?sale={sale[0]}&sale={sale[1]}").text)
    assert "zit in een totaal" in refused or "tegenboeking" in refused
    assert "1 wordt teruggeboekt" in text_of(books.send(f"{base}/undo", {"csrf": csrf, "term": term}).text)
    assert house_counts(house, "till")["waiting"] == 1


def test_owner_may_not_undo_or_reject(owner: Person) -> None:
    csrf = owner.csrf("/account")
    assert owner.get(f"{BASE}/undo?number=P00001").status_code == 403
    for act in ("undo", "reject", "accept", "correct", "hurry"):
        assert owner.send(f"{BASE}/{act}", {"csrf": csrf, "sale": "1", "number": "P00001"}).status_code == 403


def test_user_is_added_sees_what_was_given_and_is_shut_out(keeper: Person, house: House, address: str) -> None:
    csrf = keeper.csrf("/account")
    new: dict[str, str | list[str]]
    new = {"csrf": csrf, "email": "new@x.nl", "name": "Nieuw", "role": "owner", "speaks": "nl", "licence": ["till"]}
    bad = keeper.send("/office/users", {**new, "email": "nobody"})
    assert (bad.status_code, "is geen e-mailadres" in bad.text) == (400, True)
    added = keeper.send("/office/users", new)
    path = re.findall(r"(/enter/\w+)</code>", added.text)[0]
    assert keeper.send("/office/users", new).status_code == 409
    with person(address) as browser:
        browser.send(path, {"csrf": browser.csrf(path), "password": "a longer password"})
        assert browser.get("/").url.endswith("/licences/till")
        keeper.send("/office/users/licences", {"csrf": csrf, "email": "new@x.nl", "licence": ["webshop"]})
        assert browser.look("/licences/till").status_code == 404
        keeper.send("/office/users/switch", {"csrf": csrf, "email": "new@x.nl"})
        assert browser.look("/").status_code == 303
    assert keeper.send("/office/users/switch", {"csrf": csrf, "email": "keeper@x.nl"}).status_code == 409


def test_connection_is_added_changed_and_tried_and_its_secret_is_never_shown(keeper: Person, house: House) -> None:
    csrf = keeper.csrf("/account")
    fields = {"csrf": csrf, "plugin": "ccvshop", "role": "source", "name": "winkel", "secrets": "secret"}
    fields |= {
        "set.root": "https://shop.example",
        "set.public": "abc",
        "set.secret": "s3cr3t-key",
        "set.overlap_days": "2",
    }
    bad = keeper.send("/office/new-connection", {**fields, "set.overlap_days": "many"})
    assert (bad.status_code, "is geen heel getal" in text_of(bad.text)) == (400, True)
    assert "s3cr3t-key" not in bad.text
    page = keeper.send("/office/new-connection", fields)
    assert page.url.partition("?")[0].endswith("/office/connections/winkel")
    assert "s3cr3t-key" not in page.text
    first = sealed_secret(house)
    keeper.send("/office/connections/winkel", {**fields, "set.secret": "", "set.public": "def"})
    assert sealed_secret(house) == first
    wrong = keeper.send("/office/connections/winkel", {**fields, "set.secret": "n3w-key", "set.overlap_days": "many"})
    assert (wrong.status_code, "n3w-key" in wrong.text) == (400, False)
    assert sealed_secret(house) == first
    with house.database.read() as connection:
        kept = connection.scalar(sa.text("select settings from connection where name = 'winkel'"))
    assert '"public":"def"' in kept.replace(" ", "")
    assert "s3cr3t-key" not in kept
    tried = text_of(keeper.send("/office/connections/shop/check", {"csrf": csrf}).text)
    assert "Het werkt." in tried
    keeper.send("/office/connections/winkel", {**fields, "set.secret": "n3w-key"})
    assert sealed_secret(house) != first
    assert "n3w-key" not in keeper.get("/office/connections/winkel").text
    account = keeper.get("/office/audit").text
    assert "s3cr3t-key" not in account
    assert "n3w-key" not in account


def test_a_new_connection_begins_with_the_choice_of_a_plugin(keeper: Person) -> None:
    assert keeper.get("/office/new-connection").url.endswith("/office/connections")


def test_settings_of_a_connection_are_called_by_words(keeper: Person, house: House) -> None:
    for language, word in (
        ("nl", "Map met de bestanden"),
        ("en", "Folder with the files"),
        ("de", "Ordner mit den Dateien"),
    ):
        assert word in text_of(keeper.get(f"/office/connections/shop?lang={language}").text)
        assert word in text_of(keeper.get(f"/office/new-connection?plugin=files&role=source&lang={language}").text)
    models = [kind.Settings for kind in house.plugins.sources.values()]
    models += [kind.Settings for kind in house.plugins.targets.values()]
    for model in models:
        for name, field in model.model_fields.items():
            extra = field.json_schema_extra
            assert isinstance(extra, dict)
            assert model.labels[str(extra["label"])].keys() == set(LANGUAGES), (model, name)


def test_several_values_of_a_setting_are_written_with_commas(keeper: Person, house: House) -> None:
    page = keeper.get("/office/connections/shop").text
    assert 'value="cancelled, canceled, expired"' in page
    assert re.findall(r'name="several" value="([^"]*)"', page) == ["bookable_statuses void_statuses"]
    fields = {"csrf": keeper.csrf("/account"), "several": "void_statuses", "set.void_statuses": "cancelled,  expired ,"}
    assert keeper.send("/office/connections/shop", fields).status_code == 200
    assert connections.get(house, "shop").settings.count('"void_statuses":["cancelled","expired"]') == 1


def sealed_secret(house: House) -> bytes:
    with house.database.read() as connection:
        return bytes(connection.scalar(sa.text("select value from secret where name = 'secret'")) or b"")


def test_office_shows_problems_acts_and_cases(keeper: Person, owner: Person, house: House) -> None:
    sale = re.findall(rf"{BASE}/sales/\d+", owner.get("/find?q=P00001").text)[0]
    owner.send(
        f"{BASE}/report", {"csrf": owner.csrf("/account"), "only": sale.rpartition("/")[2], "text": "Klopt niet"}
    )
    cases = keeper.get("/office/cases").text
    assert "Klopt niet" in text_of(cases)
    assert re.search("Stand (Wacht|Geboekt) ", " ".join(text_of(cases).split()))
    case = re.findall(r"/office/cases/(\d+)/close", cases)[0]
    csrf = keeper.csrf("/account")
    closed = text_of(keeper.send(f"/office/cases/{case}/close", {"csrf": csrf, "note": "Uitgelegd"}).text)
    assert "Afgesloten" in closed
    assert keeper.send(f"/office/cases/{case}/close", {"csrf": csrf}).status_code == 404
    assert "owner@x.nl" in text_of(keeper.get("/office/audit?actor=owner&act=case-open").text)
    assert "Niets gevonden" in text_of(keeper.get("/office/audit?actor=nobody").text)
    assert "payment-method-unmapped" in text_of(keeper.get("/office").text)
    assert "unheard-of" in text_of(keeper.get("/office/problems?code=payment-method-unmapped").text)


def test_programs_reverse_reject_and_approve_with_a_key(house: House, address: str, owner: Person) -> None:
    keys = {
        email: users.give_key(Desk(house, "test"), f"{email}@x.nl", "t", users.WRITE) for email in ("owner", "books")
    }
    change = change_of(owner, delay_days="4")
    owner.send(f"{BASE}{change}/propose", {"csrf": owner.csrf("/account")})

    def call(path: str, body: object = None, email: str = "books") -> requests.Response:
        url, headers = f"{address}/api/v1/licences/webshop/{path}", {"authorization": f"Bearer {keys[email]}"}
        return requests.request("GET" if body is None else "POST", url, json=body, headers=headers, timeout=30)

    (proposed,) = [one for one in call("changes").json() if one["state"] == "proposed"]
    assert proposed["changes"] == [{"setting": "delay_days", "old": "1", "new": "4"}]
    assert call(f"changes/{proposed['id']}/approve", {}, "owner").status_code == 403
    assert call(f"changes/{proposed['id']}/reject", {}).status_code == 200
    looked = call("reverse", {"numbers": ["P00003"], "only_look": True})
    assert looked.status_code in (200, 409)
    assert call("reverse", {"numbers": ["P00003"], "only_look": True}, "owner").status_code == 403
    assert call("reverse", {"term": "soon"}).status_code == 400
    assert call("decide", {"number": "P00003", "there": None}).status_code == 409
    assert call("reject", {"entries": [1], "note": "no"}).status_code == 409


def test_logins_are_shown_and_all_of_them_ended(address: str, house: House) -> None:
    with logged_in(address, "books@x.nl") as one, logged_in(address, "books@x.nl") as other:
        shown = text_of(one.get("/account").text)
        assert "127.0.0.1" in shown
        one.send("/account/out", {"csrf": one.csrf("/account")})
        assert other.look("/account").status_code == 303
