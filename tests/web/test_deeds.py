"""What a page asks of a person, answered there: what the source leaves open, what the books changed, a day at once."""

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.integration.journey import Business, order
from tests.integration.test_terms import balance, sound
from tests.web.people import Person, add_user, logged_in, served
from tests.web.test_home import text_of

from boekbrug.acts.correct import correct
from boekbrug.acts.reconcile import reconcile
from boekbrug.booking.rules import Mode
from boekbrug.store import schema
from boekbrug.store.database import Database

MONTH = (dt.date(2026, 9, 1), dt.date(2026, 10, 1))


@pytest.fixture
def business(tmp_path: Path) -> Iterator[Business]:
    url = f"sqlite:///{tmp_path / 'boekbrug.db'}"
    with closing(Database(url, lambda: 0)) as database:
        schema.upgrade(database)
    found = Business(tmp_path, url)
    yield found
    sound(found.house.database)
    found.house.close()


@pytest.fixture
def books(business: Business) -> Iterator[Person]:
    add_user(business.house, "books@x.nl", "bookkeeper", business.licence.name)
    with served(business.house) as address, logged_in(address, "books@x.nl") as found:
        yield found


def sale_of(books: Person, number: str) -> str:
    """Return the path of the page of a sale, found by its number."""
    return str(re.findall(r'href="(/licences/\w+/sales/\d+)"', books.get(f"/find?q={number}").text)[0])


def send(books: Person, path: str, act: str, **fields: str | list[str]) -> str:
    """Send a form of a sale's page, which has to stand there, and read what is answered."""
    page = books.get(path).text
    base, id = re.fullmatch(r"(.*)/sales/(\d+)", path).groups()  # type: ignore[union-attr]
    assert f'action="{base}/{act}"' in page
    answer = books.send(f"{base}/{act}", {"csrf": books.csrf(path), "only": id, "page": id, **fields})
    assert answer.status_code == 200, text_of(answer.text)
    return text_of(answer.text)


def test_what_the_source_leaves_open_is_answered_on_the_page(business: Business, books: Person) -> None:
    business.choose(payment_date_unknown="ask")
    lines = [*order(1)["lines"], *order(1, amount="10.90", rate=9)["lines"]]
    sale = order(1, lines=lines, total_incl="131.90", total_vat="21.90", date="2026-06-30T23:30:00+02:00")
    back = {"id": 2, "number": "C2", "kind": "credit-note", "date": "2026-09-14", "total_incl": "-17.55"}
    business.write("a.jsonl", sale, {**back, "payment_method": "ideal", "refers_to": {"kind": "order", "id": 1}})
    assert business.sync() == {"held": 1, "waiting": 1}
    page = sale_of(books, "W1")
    assert "De betaaldatum is niet bekend" in text_of(books.get(page).text)
    assert "Uw antwoord is bewaard" in send(books, page, "answer", paid="2026-07-02")
    assert business.wait(1) == {"booked": 1, "held": 1}
    books.log_in("books@x.nl")
    page = sale_of(books, "C2")
    wrong = books.send(
        f"{page.partition('/sales')[0]}/answer",
        {"csrf": books.csrf(page), "only": page.rpartition("/")[2], "rate": ["21"], "line-amount": ["-12,10"]},
    )
    assert (wrong.status_code, "De regels zijn samen -12,10, maar C2 is -17,55." in text_of(wrong.text)) == (409, True)
    send(books, page, "answer", **{"rate": ["21", "9"], "line-amount": ["-12,10", "-5,45"]})
    assert business.sync() == {"booked": 2}
    assert [balance(business, account) for account in ("8000", "1500", "8010", "1501")] == [-9000, -1890, -500, -45]


def test_sale_that_was_changed_is_corrected_on_the_page(business: Business, books: Person) -> None:
    business.write("a.jsonl", order(1))
    business.sync()
    business.write("a.jsonl", order(1, amount="242.00"))
    business.sync()
    page = sale_of(books, "W1")
    assert "na het boeken gewijzigd" in text_of(books.get(page).text)
    assert "De correctie is samengesteld" in send(books, page, "correct", date="")
    assert business.sync() == {"booked": 1}
    assert balance(business, "8000") == -20000
    assert f'action="{page.partition("/sales")[0]}/correct"' not in books.get(page).text


@pytest.mark.parametrize("rebook", ["", "1"])
def test_what_was_deleted_in_the_books_is_accepted_or_booked_anew(
    business: Business, books: Person, rebook: str
) -> None:
    business.write("a.jsonl", order(1), order(2))
    business.sync()
    business.clock.advance(dt.timedelta(hours=1))
    (journal,) = business.books.glob("20*.journal")
    kept = [one for one in journal.read_text().split("\n; boekbrug\n") if "mark:W2-" not in one]
    journal.write_text("\n; boekbrug\n".join(kept))
    reconcile(business.house, business.licence, *MONTH)
    page = sale_of(books, "W2")
    assert "Deze boeking is daar verwijderd" in text_of(books.get(page).text)
    assert "Uw besluit is vastgelegd" in send(books, page, "accept", rebook=rebook)
    assert business.sync() == ({"booked": 2} if rebook else {"booked": 1, "skipped": 1})
    assert business.ledger().count("mark:W2-") == (1 if rebook else 0)


def test_what_was_deleted_while_its_correction_is_under_way_can_be_accepted_on_its_page(
    business: Business, books: Person
) -> None:
    business.write("a.jsonl", order(1))
    business.sync()
    business.clock.advance(dt.timedelta(hours=1))
    business.write("a.jsonl", order(1, amount="242.00"))
    business.sync()
    correct(business.desk, business.licence, "W1")
    (journal,) = business.books.glob("20*.journal")
    journal.write_text("".join(journal.read_text().partition("\n; boekbrug\n")[:1]) + "\n")
    reconcile(business.house, business.licence, *MONTH)
    assert business.counts() == {"waiting": 1}
    page = sale_of(books, "W1")
    assert "Deze boeking is daar verwijderd" in text_of(books.get(page).text)
    assert "Uw besluit is vastgelegd" in send(books, page, "accept", rebook="1")
    assert business.sync() == {"booked": 1}


def test_day_is_previewed_and_composed_at_once(business: Business, books: Person) -> None:
    business.choose(mode=Mode.DAY, delay_days=60)
    business.write("a.jsonl", order(1), order(2))
    business.wait(1)
    books.log_in("books@x.nl")
    terms = f"/licences/{business.licence.name}/terms"
    [preview] = re.findall(rf'href="({terms}/\d+)"', books.get(terms).text)
    looked = text_of(books.get(preview).text)
    assert "Zoals het geboekt zou worden" in looked
    assert "200,00" in looked
    [term] = re.findall(r'name="term" value="([\d-]+)"', books.get(terms).text)
    fields = {"csrf": books.csrf(terms), "term": term, "page": "terms"}
    done = books.send(terms.replace("terms", "hurry"), fields)
    assert "wordt bij de volgende ronde samengesteld" in text_of(done.text)
    assert business.sync() == {"booked": 2}
    refused = text_of(books.send(terms.replace("terms", "hurry"), fields).text)
    assert f"Op {term} wacht niets" in refused
