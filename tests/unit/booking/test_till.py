"""What tills, parks and careful licences need beside the worked cases."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.unit.booking.drafts import PARK, items, ledger_rules, movement, one, payment
from tests.unit.booking.shop import EVIDENCE, amounts, book, codes, item, line, order
from tests.unit.booking.till_and_park import ADVANCES, HOUSE, advance, declared_advance

from boekbrug.acts.licence_file import read
from boekbrug.booking import Open, Original, Skipped, Waiting, chart_use, compose_individual
from boekbrug.booking.boxes import Box
from boekbrug.booking.checks import check_chart
from boekbrug.booking.declared import declared
from boekbrug.booking.memorial import compose_ledger
from boekbrug.booking.rules import Rules
from boekbrug.booking.terms import day_term
from boekbrug.contract import (
    Account,
    AccountType,
    Chart,
    Dates,
    Document,
    DocumentKind,
    LineKind,
    Movement,
    Readiness,
    Role,
    SettingsError,
)

DAY = dt.date(2026, 7, 14)


def test_what_was_given_whole_is_nothing_to_book() -> None:
    meal = order(line("24.50", "9"), line("12.10"), paid={"van de zaak": "36.60"})
    assert compose_individual(item(meal), book(**HOUSE), EVIDENCE) == Skipped("nothing to book")
    unknown = compose_individual(item(meal), book(), EVIDENCE)
    assert codes(unknown) == ["payment-method-unmapped"]


@pytest.mark.parametrize("given", ["0.01", "7.77", "18.30", "36.59"])
def test_what_was_given_in_part_lowers_every_rate(given: str) -> None:
    rest = str(Decimal("36.60") - Decimal(given))
    meal = one(order(line("24.50", "9"), line("12.10"), paid={"van de zaak": given, "pin": rest}), **HOUSE)
    sold = {"VL": 0, "VH": 0}
    for booked in meal.lines:
        if booked.role is Role.BASE:
            sold[booked.vat_code] = booked.minor + booked.vat_minor
    assert -sum(sold.values()) == int(Decimal(rest) * 100)
    assert abs(sold["VL"] * 1210 - sold["VH"] * 2450) <= 2450, "both by the same part, a cent aside"


def test_package_that_defers_vat_itself_gets_it_at_once() -> None:
    sale = one(order(line("242.00"), on_account=True), vat_scheme="cash", vat_not_due="", package_defers_vat=True)
    assert amounts(sale) == "C1500 42.00, C8000(VH) 200.00, D1300 242.00"
    receipt = one(payment("242.00"), more={"original": Original(lines=sale.lines)}, vat_scheme="cash",
                  vat_not_due="", package_defers_vat=True)  # fmt: skip
    assert amounts(receipt) == "C1300 242.00, D1060 242.00"


def test_payment_clears_its_invoice_by_name() -> None:
    sale = one(order(line("121.00"), on_account=True))
    paid = one(payment("121.00"), more={"original": Original(lines=sale.lines, number="W1")})
    [cleared] = [booked for booked in paid.lines if booked.role is Role.DEBTOR]
    assert (cleared.reference, cleared.minor, paid.kind.value) == ("W1", -12100, "cash")


@pytest.mark.parametrize(
    ("count", "off", "fits"), [(1, 1, True), (1, 2, False), (5, 5, True), (9, 5, True), (9, 6, False)]
)
def test_rounding_is_capped_per_line_and_per_document(count: int, off: int, fits: bool) -> None:
    total = str(Decimal(count) - Decimal(off) / 100)
    found = compose_individual(item(order(*[line("1.00")] * count, total=total, on_account=True)), book(), EVIDENCE)
    if fits:
        assert f"D4310 0.0{off}" in amounts(found)
    else:
        assert codes(found) == ["lines-differ-from-total"]


def test_pay_later_is_open_until_capture_and_a_dispute_is_a_problem() -> None:
    sale = order(line("121.00"), paid={"klarna": "121.00"})
    authorised = replace(sale, readiness=Readiness.OPEN, status="authorised")
    assert compose_individual(item(authorised), book(), EVIDENCE) == Open("authorised")
    captured = one(sale)
    assert captured.party is not None
    assert captured.party.name == "Klarna"
    dispute = item(payment("-121.00", "klarna"), original=Original(lines=captured.lines, number="W1"))
    assert codes(compose_individual(dispute, book(), EVIDENCE)) == ["payment-exceeds-open"]


def test_chargeback_is_a_problem() -> None:
    sale = one(order(line("74.45"), paid={"ideal": "74.45"}))
    back = item(payment("-74.45"), original=Original(lines=sale.lines, number="W1"))
    assert codes(compose_individual(back, book(), EVIDENCE)) == ["payment-exceeds-open"]


def test_petty_expense_takes_its_input_vat() -> None:
    bought = replace(
        movement("schoonmaak", "10.00", contant="-12.10"),
        movements=(Movement(account="schoonmaak", amount=Decimal(10), vat_code="inkoop hoog", vat=Decimal("2.10")),),
    )
    found = one(bought, accounts={"schoonmaak": "4100"}, vat_codes={"inkoop hoog": "IH"})
    assert amounts(found) == "C1290 12.10, D1510 2.10, D4100(IH) 10.00"


def test_tip_that_carries_vat_is_a_problem_until_the_bookkeeper_says_it_is_kept() -> None:
    tip = order(line("10.90", "9", kind=LineKind.TIP), paid={"pin": "10.90"})
    assert codes(compose_individual(item(tip), book(), EVIDENCE)) == ["vat-on-untaxed"]
    kept = one(tip, lines={"tip": {"treatment": "domestic"}})
    assert amounts(kept) == "C1501 0.90, C8010(VL) 10.00, D1050 10.90"


def test_clearing_account_that_is_left_open_is_warned_of() -> None:
    def sold(paid: str) -> Document:
        moves = (("1320", "21.80"), ("8200:laag", "-20"), ("laag", "-1.80"), ("1000", paid), ("1320", f"-{paid}"))
        return Document(
            kind=DocumentKind.LEDGER_MOVEMENT, source_id="1", number="1", total=Decimal(0), dates=Dates(business=DAY),
            movements=tuple(
                Movement(account=name.partition(":")[0], amount=Decimal(amount), vat_code=name.partition(":")[2])
                for name, amount in moves
            ),
        )  # fmt: skip

    rules = book(**ledger_rules(**PARK), clearing_ledgers=["1320"])
    whole = compose_ledger(items(sold("21.80")), day_term("park", DAY), rules, EVIDENCE)
    assert whole.warnings == ()
    half = compose_ledger(items(sold("20.00")), day_term("park", DAY), rules, EVIDENCE)
    assert len(half.drafts) == 1
    [(document, [warning])] = half.warnings
    assert (document, warning.code, warning.facts["rest"]) == (1, "clearing-not-zero", "1.80")


def test_advances_are_declared_for_a_day_as_a_sale_would_be() -> None:
    there, back = declared_advance(), declared_advance(back=True)
    assert (there.date, back.date) == (dt.date(2026, 9, 30), dt.date(2026, 10, 1))
    [(words, amounts_of)] = declared(there.lines, book(**ADVANCES)).items()
    assert (words.box, words.rate, amounts_of) == (Box.STANDARD, Decimal(21), (1_000_000, 210_000))
    assert all(sum(line.minor for line in one.lines) == 0 for one in (there, back))
    assert advance(0) == advance(0, back=True) == Skipped("nothing to book")


def test_an_advance_is_taken_back_only_where_it_was_declared() -> None:
    assert advance(1_210_000, back=True, original=None, original_pending=True) == Waiting("original")
    assert advance(1_210_000, back=True, original=None) == Skipped("nothing to book")
    assert advance(1_210_000, licence=71) == Skipped("drawn up for another licence")


def test_advances_name_a_ledger_and_a_taxed_code() -> None:
    with pytest.raises(SettingsError) as wrong:
        book(**{**ADVANCES, "advances": [{"ledger": "elders", "account": "2051", "vat_code": "V0"}]})
    assert [fault.partition(":")[0] for fault in wrong.value.faults] == ["advances[0].ledger", "advances[0].vat_code"]


def test_vat_account_as_a_plain_line_is_refused() -> None:
    account = Account(code="1810", name="Btw", type=AccountType.VAT)
    chart = Chart(accounts=(account,), vat_codes=(), journals=())
    rules = ledger_rules(**PARK)

    def found(**changes: object) -> list[str]:
        problems = check_chart(chart_use(book(**{**rules, **changes}).rules), chart)
        return [problem.code for problem in problems if problem.facts.get("setting") == "accounts.hoog"]

    assert found() == []
    assert found(vat_ledgers=["laag"]) == ["rules-vat-as-plain-line"]


def licence(folder: Path, mode: str, more: str = "") -> Path:
    path = folder / "licence.toml"
    path.write_text(
        'name = "park"\nsource = "s"\nunit = "u"\ntarget = "t"\nadministration = "a"\nstart = 2026-01-01\n'
        f'{more}\n[rules]\nvat_scheme = "cash"\nmode = "{mode}"\ndebtor = "1300"\nvat_not_due = "1506"\n'
        'rounding = { per_document = 0 }\njournals = { memorial = "90" }\n'
    )
    return path


def test_months_wait_three_days_and_other_terms_one(tmp_path: Path) -> None:
    assert read(licence(tmp_path, "memorial-month")).delay_days == 3
    assert read(licence(tmp_path, "memorial-month", "delay_days = 1")).delay_days == 1
    assert read(licence(tmp_path, "day")).delay_days == 1


def test_new_licence_books_nothing_by_itself_and_corrects_nothing(tmp_path: Path) -> None:
    file = read(licence(tmp_path, "day"))
    assert (file.automatic, file.rules.corrections, file.rules.closed_period) == (False, "ask", "hold")
    assert Rules(vat_scheme=file.rules.vat_scheme).provider_booked_by is None
