"""The bookkeeper's lists against what the documents, the package and hledger say."""

import csv
import datetime as dt
import io
import json
import re
import shutil
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.integration import returns
from tests.integration.journey import Business, order
from tests.integration.test_mode_switch import balances

from boekbrug.acts import connections, licences
from boekbrug.acts.correct import correct
from boekbrug.acts.lists.every import make
from boekbrug.acts.lists.scope import Days, scope_of
from boekbrug.acts.lists.table import BookList, Part, csv_lines
from boekbrug.acts.lists.vat import vat_list
from boekbrug.acts.reverse import reverse
from boekbrug.acts.synchronise import run_named
from boekbrug.booking.rules import Mode, PaymentRule
from boekbrug.contract import DocumentKind

YEAR = Days(dt.date(2026, 1, 1), dt.date(2026, 9, 30))


@pytest.fixture
def business(tmp_path: Path, sqlite_template: Path) -> Iterator[Business]:
    business = Business(tmp_path, f"sqlite:///{shutil.copy(sqlite_template, tmp_path)}")
    yield business
    business.house.close()


@pytest.fixture
def either(tmp_path: Path, ready_url: str) -> Iterator[Business]:
    """A business on one database and then on the other."""
    business = Business(tmp_path, ready_url)
    yield business
    business.house.close()


def listed(business: Business, name: str, days: Days = YEAR, *, ask: bool = True) -> BookList:
    return make(name, scope_of(business.house, business.licence, days), ask=ask)


def rows(found: BookList, part: str) -> list[dict[str, Any]]:
    [chosen] = [one for one in found.parts if one.name == part]
    return [dict(zip((column.name for column in chosen.columns), row, strict=True)) for row in chosen.rows]


def summed(part: list[dict[str, Any]]) -> dict[str, tuple[Decimal, Decimal]]:
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for row in part:
        name = f"oss {row['country']} {row['rate']}" if row["box"] == "oss" else row["box"]
        base, vat = sums.get(name, (Decimal(0), Decimal(0)))
        sums[name] = base + row["base"], vat + row["vat"]
    return {name: both for name, both in sums.items() if any(both)}


def oss_line(row: dict[str, Any]) -> str:
    corrects = row.get("corrects", "")
    return f"{row['quarter']} {corrects} {row['departure']} {row['country']} {row['rate']}"


def random_year(random: Random, size: int) -> list[dict[str, Any]]:
    days = sorted(dt.date(2026, 1, 1) + dt.timedelta(random.randrange(250)) for _ in range(size))
    documents = [returns.sale(random, n, day.isoformat()) for n, day in enumerate(days, start=1)]
    taken_back = [one for one in documents if one["made_as"] not in (*returns.ONCE, *returns.PAID_FIRST)]
    for of in random.sample(taken_back, len(taken_back) // 4):
        day = dt.date.fromisoformat(of["date"][:10]) + dt.timedelta(random.randrange(100))
        documents.append(returns.credited(random, len(documents) + 1, of, min(day, dt.date(2026, 9, 13)).isoformat()))
    return with_payments(documents)


def with_payments(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add the payments of what is paid before it is sold."""
    orders = [one for one in documents if returns.is_open(one)]
    return documents + [returns.paid_first(len(documents) + n, one) for n, one in enumerate(orders, start=1)]


def agrees(business: Business, documents: list[dict[str, Any]], days: Days = YEAR) -> None:
    """Compare every return with the documents', down to the document."""
    scope = scope_of(business.house, business.licence, days)
    wanted = returns.boxes(documents)
    found = vat_list(scope, documents=True)
    assert summed(rows(found, "boxes")) == wanted
    assert summed(rows(found, "documents")) == wanted
    icp = listed(business, "icp", days)
    assert {row["vat_id"]: row["total"] for row in rows(icp, "customers")} == returns.per_vat_id(documents)
    assert rows(icp, "check")[2]["base"] == 0
    oss = listed(business, "oss", days)
    lines = rows(oss, "supplies") + rows(oss, "corrections")
    told = {oss_line(row): row["vat"] for row in lines}
    assert {name: vat for name, vat in told.items() if vat} == returns.per_country(documents)


MODES = st.sampled_from((Mode.INDIVIDUAL, Mode.DAY, Mode.HYBRID))


def year(template: Path, random: Random, mode: Mode, size: int) -> None:
    """Sell for a year, and compare all returns with what its documents say."""
    with TemporaryDirectory() as name:
        path = Path(shutil.copy(template, name))
        business = Business(Path(name) / "it", f"sqlite:///{path}")
        try:
            returns.furnish(business, mode=mode)
            documents = random_year(random, size)
            business.write("a.jsonl", *returns.written(documents))
            business.sync()
            found = business.sync()
            unpaid = sum(map(returns.is_open, documents))
            assert found.get("open", 0) == unpaid
            assert found.get("booked", 0) + found.get("skipped", 0) == len(documents) - unpaid
            agrees(business, documents)
        finally:
            business.house.close()


@settings(max_examples=3, deadline=None)
@given(random=st.randoms(use_true_random=False), mode=MODES)
def test_returns_of_a_random_year_are_what_its_documents_say(sqlite_template: Path, random: Random, mode: Mode) -> None:
    year(sqlite_template, random, mode, 40)


@pytest.mark.prove
@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10**9), mode=MODES)
def test_returns_of_a_hundred_random_years_are_what_their_documents_say(
    sqlite_template: Path, seed: int, mode: Mode
) -> None:
    year(sqlite_template, Random(seed), mode, 150)


def month(tmp_path: Path, template: Path, hledger: Path, size: int) -> None:
    """Sell for a month, half of it in totals, and let hledger add up the VAT accounts."""
    business = Business(tmp_path, f"sqlite:///{shutil.copy(template, tmp_path)}")
    returns.furnish(business, mode=Mode.HYBRID)
    random, sold = Random(size), []
    for n in range(1, size + 1):
        kind = returns.KINDS[n % len(returns.KINDS)]
        sold.append(returns.sale(random, n, f"2026-08-{n * 30 // size + 1:02}", kind))
    documents = with_payments(sold)
    business.write("a.jsonl", *returns.written(documents))
    unpaid = len(documents) - size
    assert business.sync() == {"booked": size, "open": unpaid}
    days = Days(dt.date(2026, 8, 1), dt.date(2026, 8, 31))
    agrees(business, documents, days)
    found = rows(listed(business, "turnover", days), "compared")
    used = {account for *_, revenue, _, vat in returns.RULES for account in (revenue, vat) if account}
    assert used < {row["account"] for row in found}
    assert {row["difference"] for row in found} == {Decimal("0.00")}
    books = balances(hledger, business.books)
    assert {row["account"]: row["booked"] for row in found} == {row["account"]: -books[row["account"]] for row in found}
    of_box = summed(rows(listed(business, "vat", days), "boxes"))
    assert of_box["1a"][1] == -books["1500"]
    assert of_box["1b"][1] == -books["1501"]
    assert (of_box["1c"][1], of_box["3c"][1], of_box["foreign"][1]) == (-books["1509"], -books["1507"], -books["1508"])
    assert sum(vat for box, (_, vat) in of_box.items() if box.startswith("oss")) == -books["1505"]
    business.house.close()


def test_month_of_every_treatment_is_in_hledger_as_it_is_listed(
    tmp_path: Path, sqlite_template: Path, tool: Callable[[str], Path]
) -> None:
    month(tmp_path, sqlite_template, tool("hledger"), 300)


@pytest.mark.prove
def test_ten_thousand_sales_of_every_treatment_are_in_hledger_as_they_are_listed(
    tmp_path: Path, sqlite_template: Path, tool: Callable[[str], Path]
) -> None:
    month(tmp_path, sqlite_template, tool("hledger"), 10_000)


def test_what_was_countered_or_corrected_counts_once(either: Business) -> None:
    returns.furnish(either, mode=Mode.DAY)
    random = Random(7)
    documents = [returns.sale(random, n, "2026-05-04", kind) for n, kind in enumerate(("high", "be", "low", "de"), 1)]
    either.write("a.jsonl", *returns.written(documents))
    assert either.sync() == {"booked": 4}
    documents[1] = returns.sale(random, 2, "2026-05-04", "be")
    either.write("a.jsonl", *returns.written(documents))
    either.sync()
    correct(either.desk, either.licence, "W2", only_look=False)
    either.sync()
    agrees(either, documents)
    reverse(either.desk, either.licence, term="2026-05-04", rebook=True, date=None)
    either.sync()
    either.sync()
    agrees(either, documents)


def test_credit_of_an_invoice_that_names_its_order_corrects_the_quarter_of_the_sale(either: Business) -> None:
    returns.furnish(either, basis=DocumentKind.INVOICE)
    sold = returns.sale(Random(1), 1, "2026-05-04", "be")
    bill = sold | {"id": "F1", "number": "F1", "kind": "invoice", "order_number": "W1"}
    back = returns.credited(Random(1), 2, sold, "2026-08-12")
    either.write("a.jsonl", *returns.written([sold, bill]))
    either.sync()
    either.write("b.jsonl", *returns.written([back]))
    assert either.sync() == {"booked": 2, "skipped": 1}
    [row] = rows(listed(either, "oss"), "corrections")
    assert (row["quarter"], row["corrects"], row["vat"]) == ("2026-Q3", "2026-Q2", Decimal(back["total_vat"]))


def test_turnover_says_where_every_sale_of_the_period_is(either: Business) -> None:
    late = order(5, date="2026-09-01T10:00:00+02:00", paid_at="2026-10-05T10:00:00+02:00")
    either.write("a.jsonl", order(1), order(2, status="new"), order(3, payment_method="x"), order(4, amount="60.50"))
    either.sync()
    either.write("b.jsonl", late)
    either.wait(30)
    found = rows(listed(either, "turnover"), "sales")
    assert {row["where"]: (row["count"], row["amount"]) for row in found if not row["reason"]} == {
        "booked": (2, Decimal("181.50")), "open": (1, Decimal("121.00")), "problem": (1, Decimal("121.00")),
        "booked-in-other-period": (1, Decimal("121.00")), "fetched": (5, Decimal("544.50")),
    }  # fmt: skip


def report(business: Business, gross: str, vat: dict[str, str], count: int, **days: str) -> None:
    said = {"from": "2026-09-01", "to": "2026-09-30", "gross": gross, "vat": vat, "count": count, **days}
    (business.shop.parent / "totals-2026.jsonl").write_text(json.dumps(said))


def test_turnover_leads_from_the_shop_s_report_to_the_books_by_reason(either: Business) -> None:
    returns.furnish(either)
    bottle = {"name": "Statiegeld", "kind": "packaging-deposit", "amount_incl": "0.50"}
    crate = order(6) | {"total_incl": "121.50"}
    crate["lines"] = [*crate["lines"], bottle]
    late = order(5, date="2026-09-01T10:00:00+02:00", paid_at="2026-10-05T10:00:00+02:00")
    early = order(7, amount="12.10", date="2026-08-31T10:00:00+02:00", paid_at="2026-09-01T10:00:00+02:00")
    either.write(
        "a.jsonl", order(1, total_incl="121.01"), order(2, status="new"), order(3, payment_method="x"), crate, early
    )
    either.sync()
    either.write("b.jsonl", late)
    either.wait(30)
    assert either.codes() == ["payment-method-unmapped"]
    # a sale of 60.50 stands in the shop's report and never came
    report(either, "666.01", {"21": "115.50"}, 6)
    days = Days(dt.date(2026, 9, 1), dt.date(2026, 9, 30))
    found = listed(either, "turnover", days)
    steps = {row["step"]: (row["count"], row["amount"]) for row in rows(found, "bridge")}
    assert steps == {
        "report": (6, Decimal("666.01")), "not-fetched": (1, Decimal("-60.50")), "fetched": (5, Decimal("605.51")),
        "booked-in-other-period": (1, Decimal("-121.00")), "open": (1, Decimal("-121.00")),
        "problem": (1, Decimal("-121.00")), "from-other-periods": (1, Decimal("12.10")),
        "not-turnover": (None, Decimal("-0.50")), "rounding": (None, Decimal("-0.01")),
        "turnover": (None, Decimal("254.10")), "foreign-postings": (None, Decimal("0.00")),
    }  # fmt: skip
    assert sum(amount for step, (_, amount) in steps.items() if step not in ("fetched", "turnover")) == Decimal(
        "254.10"
    )
    [rate] = rows(found, "report")
    assert (rate["reported"], rate["booked"], rate["difference"]) == tuple(map(Decimal, ("115.50", "44.10", "71.40")))
    assert found.parts[0].differs == 1
    assert listed(either, "turnover", days, ask=False).parts[0].differs == 0


def test_turnover_says_why_it_has_no_report(business: Business) -> None:
    business.write("a.jsonl", order(1))
    business.sync()
    assert "source-report-incomplete" in listed(business, "turnover").remarks
    shutil.rmtree(business.shop.parent)
    found = listed(business, "turnover")
    assert "source-unreachable" in found.remarks
    assert rows(found, "bridge")[0]["step"] == "fetched"


def test_turnover_names_what_others_booked_on_the_account(business: Business) -> None:
    business.write("a.jsonl", order(1))
    business.sync()
    book = business.books / "2026.journal"
    names = dict(re.findall(r"^ +((?:\S+:)+(\d{4})\S*)", book.read_text(), re.MULTILINE))
    of = {code: name for name, code in names.items()}
    with book.open("a") as file:
        file.write(f"\n2026-09-14 by hand\n    {of['8000']}    -10.00 EUR\n    {of['1060']}    10.00 EUR\n")
    clean = listed(business, "turnover", Days(dt.date(2026, 1, 1), dt.date(2026, 6, 30)))
    assert clean.is_clean
    found = listed(business, "turnover")
    by_hand = {row["account"]: row["difference"] for row in rows(found, "compared")}
    assert not found.is_clean
    assert sorted(by_hand.values()) == [Decimal(0), Decimal("10.00")]


def test_suspense_is_specified_and_open_payments_grow_old(either: Business) -> None:
    either.choose(
        provider_booked_by="boekbrug", transit="1065", fees_withheld="4310",
        payments={"ideal": PaymentRule(account="1060"), "paypal": PaymentRule(account="1062")},
    )  # fmt: skip
    paid = [
        order(n, payment_method="", tenders=[{"method": "ideal", "amount": "121.00", "id": f"tr_{n}"}])
        for n in (1, 2, 3)
    ]
    payout = {
        "id": "po1", "kind": "payout", "date": "2026-09-14T20:00:00+02:00", "currency": "EUR",
        "payout": {
            "method": "ideal", "gross": "242.00", "fees": "0.58", "paid": "241.42", "payments": ["tr_1", "tr_3"],
        },
    }  # fmt: skip
    either.write("a.jsonl", *paid, payout)
    assert either.sync() == {"booked": 4}
    found = listed(either, "suspense", Days(dt.date(2026, 9, 1), dt.date(2026, 9, 25)))
    [row] = rows(found, "accounts")
    assert (row["opening"], row["sales"], row["payouts"], row["fees"], row["closing"]) == tuple(
        map(Decimal, ("0.00", "363.00", "-241.42", "-0.58", "121.00"))
    )
    [left] = rows(found, "open")
    assert (left["payment"], left["number"], left["age"], left["over"], left["amount"]) == (
        "tr_2", "W2", 11, ">7", Decimal("121.00"),
    )  # fmt: skip
    assert found.is_clean, "as the package has it"
    [ages] = rows(found, "ages")
    assert (ages["up_to_7"], ages["up_to_14"], ages["up_to_30"], ages["older"], ages["open"]) == tuple(
        map(Decimal, ("0.00", "121.00", "0.00", "0.00", "121.00"))
    )
    assert rows(listed(either, "suspense", Days(dt.date(2026, 10, 1), dt.date(2026, 10, 31))), "open")[0]["age"] == 47


def test_balance_items_stand_as_their_accounts_do(business: Business) -> None:
    business.choose(basis=DocumentKind.INVOICE)
    business.write("a.jsonl", order(1, kind="invoice", payment_method="", on_account=True), order(2, kind="invoice"))
    business.sync()
    found = listed(business, "balance", Days(dt.date(2026, 9, 30), dt.date(2026, 9, 30)))
    assert found.is_clean
    assert [(row["item"], row["amount"]) for row in rows(found, "items")] == [("debtor", Decimal("121.00"))]
    assert [(row["number"], row["age"]) for row in rows(found, "open")] == [("W1", 16)]


def test_each_licence_of_an_administration_brings_its_own_accounts(business: Business, tmp_path: Path) -> None:
    (tmp_path / "till" / "orders").mkdir(parents=True)
    connections.add(business.desk, "till", "files", {"folder": str(tmp_path / "till")})
    first = licences.as_file(business.house, business.licence)
    rules = replace(first.rules, payments={"pin": PaymentRule(account="1064")}, transit="1065")
    licences.apply(business.desk, replace(first, name="second", source="till", rules=rules))
    licences.activate(business.desk, licences.get(business.house, "second"))
    business.write("a.jsonl", order(1))
    (tmp_path / "till" / "orders" / "b.jsonl").write_text(json.dumps(order(2, payment_method="pin")))
    business.sync()
    with business.house.workplace("second") as work:
        for _ in run_named(work, licences.get(business.house, "second")):
            pass
    whole = scope_of(business.house, business.licence, YEAR, whole=True)
    found = make("suspense", whole, ask=True)
    assert {row["account"]: row["closing"] for row in rows(found, "accounts")} == {
        "1060": Decimal("121.00"), "1064": Decimal("121.00"),
    }  # fmt: skip
    assert found.is_clean
    assert {row["account"] for row in rows(make("balance", whole, ask=True), "compared")} == {"1065", "1300"}


def test_vouchers_and_advances_are_balance_items(business: Business) -> None:
    returns.furnish(business)
    sold = [returns.sale(Random(n), n, "2026-08-03", kind) for n, kind in enumerate(returns.KINDS, 1)]
    business.write("a.jsonl", *returns.written(with_payments(sold)))
    business.sync()
    found = listed(business, "balance", Days(dt.date(2026, 9, 30), dt.date(2026, 9, 30)))
    assert found.is_clean
    stands = {row["item"]: row["amount"] for row in rows(found, "items")}
    owed = {
        "voucher-multi-purpose", "voucher-single-purpose", "packaging-deposit", "security-deposit", "tourist-tax",
        "received-in-advance",
    }  # fmt: skip
    assert owed <= set(stands)
    [voucher] = [one for one in sold if one["made_as"] == "voucher"]
    [redeemed] = [one for one in sold if one["made_as"] == "redeemed"]
    net = {one["id"]: Decimal(one["total_incl"]) - Decimal(one["total_vat"]) for one in (voucher, redeemed)}
    assert stands["voucher-single-purpose"] == net[redeemed["id"]] - net[voucher["id"]]


def test_csv_of_a_list_is_no_formula(business: Business) -> None:
    business.write("a.jsonl", order(1, number="=1+1"), order(2))
    business.sync()
    scope = scope_of(business.house, business.licence, YEAR)
    part: Part = vat_list(scope, documents=True).parts[1]
    text = "".join(csv_lines(part))
    found = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))
    assert {row["number"] for row in found} == {"'=1+1", "W2"}
    assert {row["base"] for row in found} == {"100.00"}
