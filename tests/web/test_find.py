import re

import pytest
from tests.web.conftest import Browser

from boekbrug.web.find import plain_amount


def numbers(client: Browser, text: str) -> list[str]:
    return re.findall(r"<h2>(P\d+)</h2>", client.get("/find", params={"q": text}).text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("P0000", [f"P{n:05}" for n in range(1, 8)]),
        ("P00002", ["P00002"]),
        ("10,02", ["P00002"]),
        ("€ 10,02", ["P00002"]),
        ("eva@example.org", ["P00002"]),
        ("nobody@example.org", []),
        ("' or 1=1 --", []),
        ("%", []),
    ],
)
def test_sale_is_found_by_number_amount_or_address(client: Browser, text: str, found: list[str]) -> None:
    assert numbers(client, text) == found


def test_booked_sale_shows_its_mark_and_lines(client: Browser) -> None:
    page = client.get("/find", params={"q": "P00001"}).text
    assert re.search(r"<code>P00001-\w{4}-1</code>", page)
    assert "Geboekt" in page
    assert page.count('<th scope="row">') == 3


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("P00003", "unheard-of"),
        ("P00005", "In de winkel staat dit op ‘new’"),
        ("P00006", "In de winkel vervallen (cancelled)"),
        ("P00007", "Vóór startdatum"),
    ],
)
def test_what_is_not_booked_says_why(client: Browser, number: str, says: str) -> None:
    assert says in client.get("/find", params={"q": number}).text


def test_nothing_found_says_how_to_search(client: Browser) -> None:
    page = client.get("/find", params={"q": "<script>alert(1)</script>"})
    assert page.status_code == 200
    assert "<script>" not in page.text
    assert "Zoek op het begin" in page.text


def test_search_is_a_form_that_keeps_the_language(client: Browser) -> None:
    page = client.get("/find", params={"q": "P00001", "lang": "de"}).text
    assert '<input type="hidden" name="lang" value="de">' in page
    assert 'value="P00001"' in page


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("€ 1.234,56", "1234,56"),
        ("EUR 12 345,00", "12345,00"),
        ("-10,00", "-10,00"),
        ("1.234", "1.234"),
        ("W1.234,5", "W1.234,5"),
        ("2026,071", "2026,071"),
    ],
)
def test_amounts_are_read_as_they_are_written_here(text: str, plain: str) -> None:
    assert plain_amount(text) == plain
