"""Supplies within the Union: when they are declared, to whom, and what a source may not say of them."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace
from tests.unit.booking.drafts import BELGIAN, DAY, FRENCH, items, one, payment
from tests.unit.booking.shop import EVIDENCE, RULES, book, codes, item, line, order

from boekbrug.booking import BeforeStart, Draft, Held, Original, Rejected, Waiting, compose_individual
from boekbrug.booking.memorial import compose_ledger
from boekbrug.booking.terms import day_term
from boekbrug.contract import (
    Buyer,
    Dates,
    Document,
    DocumentKind,
    DocumentLine,
    LineKind,
    Movement,
    RefundCause,
    Treatment,
)

PAID = dt.datetime(2026, 9, 28, 10, tzinfo=dt.UTC)
PROOF = replace(EVIDENCE, demands_proof=True)


def to_belgium(*lines: DocumentLine, **more: Any) -> Document:
    return order(*(lines or (line("500.00", "0"),)), **{"buyer": BELGIAN, "ship_to": "BE", "on_account": True, **more})


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("dates", "kind", "expected"),
    [
        # paid in the third quarter, invoiced in the fourth: box 3b follows the invoice
        ({"paid": PAID, "invoiced": day("2026-10-02"), "supply_to": day("2026-10-01")}, "goods", "2026-10-02"),
        ({"paid": PAID, "invoiced": day("2026-10-02")}, "goods", "2026-10-02"),
        # an invoice that comes late does not put it off beyond the 15th of the month after supply
        ({"invoiced": day("2026-11-20"), "supply_to": day("2026-09-30")}, "goods", "2026-10-15"),
        ({"invoiced": day("2026-11-20"), "supply_from": day("2025-12-31")}, "goods", "2026-01-15"),
        # an invoice before supply counts on its own day
        ({"invoiced": day("2026-07-01"), "supply_to": day("2026-09-30")}, "goods", "2026-07-01"),
        # without an invoice not before supply
        ({"paid": PAID, "supply_to": day("2026-10-05")}, "goods", "2026-10-05"),
        ({"paid": PAID}, "goods", "2026-09-28"),
        # services are declared when they are performed
        ({"paid": PAID, "invoiced": day("2026-10-02"), "supply_to": day("2026-08-31")}, "service", "2026-08-31"),
        ({"paid": PAID, "invoiced": day("2026-10-02")}, "service", "2026-10-02"),
    ],
)
@pytest.mark.parametrize("scheme", ["cash", "invoice"])
def test_supply_is_declared_by_its_invoice_and_not_by_its_payment(
    dates: dict[str, Any], kind: str, expected: str, scheme: str
) -> None:
    document = to_belgium(line("500.00", "0", kind=LineKind(kind)), dates=Dates(**dates))
    assert one(document, vat_scheme=scheme).date == day(expected)


def test_bookkeeper_may_leave_the_fifteenth_out() -> None:
    document = to_belgium(dates=Dates(invoiced=day("2026-11-20"), supply_to=day("2026-09-30")))
    assert one(document, union_by_fifteenth=False).date == day("2026-11-20")


def test_credit_note_of_a_supply_has_its_own_day() -> None:
    back = to_belgium(
        line("-500.00", "0"),
        kind=DocumentKind.CREDIT_NOTE,
        dates=Dates(invoiced=day("2026-11-03"), refunded=PAID, supply_to=day("2026-07-01")),
    )
    assert one(back, vat_scheme="cash").date == day("2026-11-03")


@pytest.mark.parametrize(("cause", "expected"), [("error", "2026-09-30"), ("return", "2026-11-03")])
def test_error_is_taken_back_in_its_own_period_and_a_return_in_that_of_its_credit(cause: str, expected: str) -> None:
    sale = one(to_belgium(dates=Dates(invoiced=day("2026-09-30"))))
    back = to_belgium(
        line("-500.00", "0"),
        kind=DocumentKind.CREDIT_NOTE,
        dates=Dates(invoiced=day("2026-11-03")),
        refund_cause=RefundCause(cause),
    )
    credit = one(back, more={"original": Original(lines=sale.lines, date=sale.date)})
    assert credit.date == day(expected)


def test_start_and_filed_periods_go_by_the_day_of_declaration() -> None:
    document = to_belgium(dates=Dates(paid=PAID, invoiced=day("2026-10-02")))
    started = replace(EVIDENCE, start=day("2026-10-01"))
    assert isinstance(compose_individual(item(document), book(), started), Draft)
    filed = replace(EVIDENCE, filed_through=day("2026-09-30"))
    assert isinstance(compose_individual(item(document), book(), filed), Draft)
    late = replace(EVIDENCE, start=day("2026-10-03"))
    assert compose_individual(item(document), book(), late) == BeforeStart()


def test_supply_beside_taxed_lines_is_held_where_their_periods_differ() -> None:
    lines = (line("500.00", "0"), line("121.00", treatment=Treatment.DOMESTIC))
    apart = to_belgium(*lines, dates=Dates(paid=PAID, invoiced=day("2026-10-02")))
    assert compose_individual(item(apart), book(), EVIDENCE) == Held(
        "supplies with and without VAT fall in different VAT periods"
    )
    together = to_belgium(*lines, dates=Dates(paid=PAID, invoiced=day("2026-09-30")))
    assert one(together).date == day("2026-09-28")


def test_advance_names_the_business_and_is_in_no_return() -> None:
    icp_filed = replace(EVIDENCE, filed_icp_through=day("2026-09-30"))
    drafted = compose_individual(item(payment("500.00"), sale=to_belgium()), book(), icp_filed)
    assert isinstance(drafted, Draft)
    assert drafted.party is not None
    assert (drafted.party.key, drafted.party.vat_id) == ("vat BE0403170701", "BE0403170701")
    assert isinstance(compose_individual(item(to_belgium()), book(), icp_filed), Held)


def test_customer_is_named_even_where_a_provider_owes_the_money() -> None:
    drafted = one(to_belgium(on_account=False, paid={"klarna": "500.00"}))
    assert drafted.party is not None
    assert drafted.party.vat_id == "BE0403170701"


@pytest.mark.parametrize("treatment", [None, Treatment.INTRA_EU_SERVICE])
def test_service_is_proven_wherever_it_is_delivered(treatment: Treatment | None) -> None:
    here = to_belgium(line("250.00", "0", kind=LineKind.SERVICE, treatment=treatment), ship_to="NL")
    assert isinstance(compose_individual(item(here), book(), PROOF), Waiting)


@pytest.mark.parametrize(
    ("document", "rules", "code"),
    [
        (order(line("121.00", treatment=Treatment.DOMESTIC)), {"seller": "small-business"}, "vat-by-untaxed-seller"),
        (order(line("121.00", treatment=Treatment.OSS), ship_to="BE"), {"seller": "exempt"}, "vat-by-untaxed-seller"),
        (order(line("121.00", treatment=Treatment.OSS), ship_to="BE", buyer=FRENCH), {}, "oss-not-registered"),
        (
            order(line("121.00", treatment=Treatment.OSS), ship_to="BE", buyer=FRENCH),
            {"oss": day("2026-07-15")},
            "oss-not-registered",
        ),
        (order(line("80.00", "0"), ship_to="EL", buyer=Buyer(name="Eleni")), {}, "eu-consumer-without-vat"),
        (order(line("80.00", "0"), ship_to="MC", buyer=FRENCH), {}, "eu-consumer-without-vat"),
        (
            order(line("80.00", "0"), ship_to="GB", buyer=Buyer(name="Sean", country="GB", postcode="bt1 5gs")),
            {},
            "eu-consumer-without-vat",
        ),
    ],
)
def test_what_a_source_may_not_say(document: Document, rules: dict[str, Any], code: str) -> None:
    assert codes(compose_individual(item(document), book(**rules), EVIDENCE)) == [code]


def test_sale_from_stock_abroad_asks_for_the_row_of_that_country() -> None:
    stated = line("500.00", "0", treatment=Treatment.INTRA_EU_GOODS)
    found = compose_individual(item(to_belgium(stated, ship_from="DE")), book(), EVIDENCE)
    assert isinstance(found, Rejected)
    facts = found.problems[0].facts
    assert (found.problems[0].code, facts["treatment"], facts["country"]) == ("rate-unmapped", "foreign", "DE")


@pytest.mark.parametrize("code", ["ICL", "ICD", "VV"])
def test_total_of_a_ledger_names_no_customer_and_is_refused(code: str) -> None:
    moved = Document(
        kind=DocumentKind.LEDGER_MOVEMENT, source_id="1", number="1", total=Decimal(0), dates=Dates(business=DAY),
        movements=(
            Movement(account="pin", amount=Decimal(500)),
            Movement(account="omzet", amount=Decimal(-500), vat_code="eu"),
        ),
    )  # fmt: skip
    rules = book(mode="memorial-day", accounts={"pin": "1050", "omzet": "8020"}, vat_codes={"eu": code})
    composition = compose_ledger(items(moved), day_term("park", DAY), rules, EVIDENCE)
    assert composition.drafts == ()
    assert codes(composition.others[0][1]) == ["movement-names-customer"]


def test_fixed_accounts_of_the_rules_stay_as_they_were() -> None:
    """The Dutch sale of a foreign business that picks its goods up is no supply within the Union."""
    picked_up = to_belgium(line("121.00"), ship_to="NL", on_account=False, paid={"pin": "121.00"})
    assert one(picked_up).date == DAY
    assert RULES["zero_rate"] == "zero"
