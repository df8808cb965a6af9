"""What was paid or set off in the books is not reversed before that is undone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.journey import Business, order
from tests.integration.test_money_later import invoice
from tests.integration.test_reverse import refused
from tests.integration.test_terms import balance, numbers, sound

from boekbrug.acts.correct import correct
from boekbrug.acts.desk import ActRefused
from boekbrug.acts.problems import in_words
from boekbrug.acts.reverse import reverse
from boekbrug.booking.rules import Mode, VatScheme
from boekbrug.contract import DocumentKind

RECEIVED = """
2026-09-20 Bank
    Assets:1300-debiteuren  -121.00 EUR  ; reference:{number}
    Assets:1065-overige  121.00 EUR
"""


@pytest.fixture
def business(tmp_path: Path, ready_url: str) -> Iterator[Business]:
    business = Business(tmp_path, ready_url)
    business.choose(basis=DocumentKind.INVOICE)
    yield business
    sound(business.house.database)
    business.house.close()


def pay(business: Business, number: str) -> Path:
    """Let a person book a payment with the reference of its invoice in a file of their own."""
    [debtors] = [line.split()[1] for line in accounts(business) if " Assets:1300" in line or ":1300" in line]
    [other] = [line.split()[1] for line in accounts(business) if ":1065" in line]
    file = business.books / "bank.journal"
    text = RECEIVED.format(number=number)
    file.write_text(text.replace("Assets:1300-debiteuren", debtors).replace("Assets:1065-overige", other))
    return file


def accounts(business: Business) -> list[str]:
    lines = (business.books / "accounts.journal").read_text().splitlines()
    return [line for line in lines if line.startswith("account ")]


def test_paid_invoice_is_not_reversed_before_the_payment_is_taken_back(business: Business) -> None:
    business.write("f.jsonl", invoice(1, 1), invoice(2, 2))
    assert business.sync() == {"booked": 2}
    paid = pay(business, "F1")
    for only_look in (True, False):
        with pytest.raises(ActRefused) as raised:
            reverse(business.desk, business.licence, numbers=["F1"], only_look=only_look)
        assert [(one.code, one.facts["number"]) for one in raised.value.problems] == [("item-matched", "F1")]
    codes = business.house.plugins.problem_codes
    words = {language: in_words(codes, raised.value.problems[0], language).message for language in ("nl", "en", "de")}
    assert words["en"] == "F1 was paid or set off in the package, and cannot be reversed."
    assert len(set(words.values())) == 3
    reverse(business.desk, business.licence, numbers=["F2"])
    business.sync()
    assert balance(business, "1300") == 12100
    paid.unlink()
    reverse(business.desk, business.licence, numbers=["F1"])
    business.sync()
    assert balance(business, "1300") == 0


def test_one_of_a_total_is_not_taken_out_while_it_is_paid(business: Business) -> None:
    business.choose(basis=DocumentKind.INVOICE, mode=Mode.DAY, delay_days=0)
    business.write("f.jsonl", invoice(1, 1), invoice(2, 2))
    business.sync()
    assert numbers(business) == ["shop-2026-09-14-EUR"]
    pay(business, "F1")
    with pytest.raises(ActRefused) as raised:
        reverse(business.desk, business.licence, numbers=["F1"])
    assert [one.code for one in raised.value.problems] == ["item-matched"]
    with pytest.raises(ActRefused) as raised:
        reverse(business.desk, business.licence, term="2026-09-14")
    assert [one.facts["number"] for one in raised.value.problems] == ["F1"]
    reverse(business.desk, business.licence, numbers=["F2"])
    business.sync()
    assert balance(business, "1300") == 12100


def test_books_that_cannot_be_read_refuse_the_reversal(business: Business) -> None:
    business.write("f.jsonl", invoice(1, 1))
    business.sync()
    (business.books / "chart.toml").rename(business.books / "chart.toml.away")
    with refused("does not say whether it is paid"):
        reverse(business.desk, business.licence, numbers=["F1"])


def on_account(n: int, **changes: Any) -> dict[str, Any]:
    row = order(n, on_account=True, **changes)
    return {name: value for name, value in row.items() if name != "payment_method"}


def test_cancelled_order_that_was_paid_stays_booked_with_a_problem(business: Business) -> None:
    cash: dict[str, Any] = {"vat_scheme": VatScheme.CASH, "package_defers_vat": True}
    business.choose(basis=DocumentKind.ORDER, corrections="automatic", **cash)
    business.write("f.jsonl", on_account(1), on_account(2))
    assert (business.sync(), balance(business, "1300")) == ({"booked": 2}, 24200)
    paid = pay(business, "W1")
    business.write("f.jsonl", on_account(1, status="cancelled"), on_account(2, status="cancelled"))
    business.sync()
    business.sync()
    assert balance(business, "1300") == 12100, "what was not paid is taken out"
    assert sorted(business.codes()) == ["changed-after-booking", "item-matched"]
    with pytest.raises(ActRefused) as raised:
        correct(business.desk, business.licence, "W1")
    assert [one.code for one in raised.value.problems] == ["item-matched"]
    paid.unlink()
    correct(business.desk, business.licence, "W1")
    business.sync()
    assert (balance(business, "1300"), business.codes()) == (0, [])
