import datetime as dt
from typing import Any

import pytest
from msgspec.structs import replace
from tests.unit.booking.drafts import BELGIAN, one
from tests.unit.booking.shop import EVIDENCE, book, item, line, order, rules

from boekbrug.booking import Draft, Held, Original, compose_individual, net_vat, reverse
from boekbrug.booking.dates import DateUnclear, near_period_end, period_end, tax_point
from boekbrug.booking.declared import quarter_end, quarter_of
from boekbrug.booking.periods import locked_through
from boekbrug.contract import Dates, Document, DocumentKind, LineKind, Period, RefundCause

NEW_YEARS_EVE = dt.datetime(2025, 12, 31, 15, tzinfo=dt.UTC)
SECOND = dt.datetime(2026, 1, 2, 9, tzinfo=dt.UTC)


def sale(kind: DocumentKind = DocumentKind.ORDER, **dates: Any) -> Document:
    return order(line("121.00"), kind=kind, dates=Dates(**dates))


@pytest.mark.parametrize(
    ("scheme", "dates", "expected"),
    [
        ("cash", {"ordered": NEW_YEARS_EVE, "paid": SECOND}, dt.date(2026, 1, 2)),
        ("invoice", {"ordered": NEW_YEARS_EVE, "paid": SECOND}, dt.date(2026, 1, 2)),
        # invoiced in the old year, paid in the new one: the schemes differ
        ("cash", {"invoiced": dt.date(2025, 12, 31), "paid": SECOND}, dt.date(2026, 1, 2)),
        ("invoice", {"invoiced": dt.date(2025, 12, 31), "paid": SECOND}, dt.date(2025, 12, 31)),
        # paid before the invoice: the payment makes VAT due under both
        ("invoice", {"paid": NEW_YEARS_EVE, "invoiced": dt.date(2026, 1, 5)}, dt.date(2025, 12, 31)),
        ("invoice", {"ordered": NEW_YEARS_EVE, "supply_to": dt.date(2026, 1, 7)}, dt.date(2026, 1, 7)),
        # half past midnight in Amsterdam is still the old year in UTC
        ("cash", {"paid": dt.datetime(2025, 12, 31, 23, 30, tzinfo=dt.UTC)}, dt.date(2026, 1, 1)),
    ],
)
def test_tax_point_follows_money_or_invoice_and_never_the_order(
    scheme: str, dates: dict[str, Any], expected: dt.date
) -> None:
    assert tax_point(item(sale(**dates)), rules(vat_scheme=scheme), EVIDENCE) == expected


def test_first_seen_paid_counts_where_the_source_has_no_paid_date() -> None:
    seen = item(sale(ordered=NEW_YEARS_EVE), seen_paid=dt.date(2026, 1, 2))
    assert tax_point(seen, rules(), EVIDENCE) == dt.date(2026, 1, 2)


def test_order_date_near_a_period_end_is_not_used() -> None:
    with pytest.raises(DateUnclear):
        tax_point(item(sale(ordered=NEW_YEARS_EVE)), rules(payment_date_unknown="ask"), EVIDENCE)
    midterm = dt.datetime(2026, 2, 11, 12, tzinfo=dt.UTC)
    asked = tax_point(item(sale(ordered=midterm)), rules(payment_date_unknown="ask"), EVIDENCE)
    assert asked == dt.date(2026, 2, 11)


@pytest.mark.parametrize(("scheme", "expected"), [("cash", dt.date(2026, 1, 2)), ("invoice", dt.date(2025, 12, 31))])
def test_credit_counts_at_refund_or_credit_date_by_scheme(scheme: str, expected: dt.date) -> None:
    credit = sale(DocumentKind.CREDIT_NOTE, invoiced=dt.date(2025, 12, 31), refunded=SECOND)
    assert tax_point(item(credit), rules(vat_scheme=scheme), EVIDENCE) == expected


@pytest.mark.parametrize(
    ("filing", "day", "end", "near"),
    [
        ("quarter", dt.date(2026, 9, 27), dt.date(2026, 9, 30), False),
        ("quarter", dt.date(2026, 9, 28), dt.date(2026, 9, 30), True),
        ("quarter", dt.date(2026, 10, 3), dt.date(2026, 12, 31), True),
        ("quarter", dt.date(2026, 10, 4), dt.date(2026, 12, 31), False),
        ("month", dt.date(2028, 2, 27), dt.date(2028, 2, 29), True),
        ("year", dt.date(2026, 6, 30), dt.date(2026, 12, 31), False),
    ],
)
def test_vat_period_ends_as_filed(filing: str, day: dt.date, end: dt.date, near: bool) -> None:
    assert period_end(day, rules(filing_period=filing)) == end
    assert near_period_end(day, rules(filing_period=filing)) is near


def test_a_filed_return_holds_its_own_sales_only() -> None:
    filed = replace(EVIDENCE, filed_oss_through=dt.date(2026, 9, 30), filed_icp_through=dt.date(2026, 7, 31))
    german = order(line("119.00", "19"), ship_to="DE", paid={"ideal": "119.00"})
    belgian = order(line("500.00", "0"), buyer=BELGIAN, ship_to="BE", paid={"ideal": "500.00"})
    rules = book(oss=dt.date(2026, 1, 1))
    reasons = ["OSS return filed through: 2026-09-30", "ICP return filed through: 2026-07-31"]
    found = [compose_individual(item(document), rules, filed) for document in (german, belgian)]
    assert [one.reason for one in found if isinstance(one, Held)] == reasons
    moved = compose_individual(item(german, book_on=dt.date(2026, 10, 1)), rules, filed)
    assert isinstance(moved, Draft)
    assert moved.date == dt.date(2026, 10, 1)
    assert isinstance(compose_individual(item(order(line("121.00"), paid={"ideal": "121.00"})), rules, filed), Draft)
    booked = compose_individual(item(german), rules, EVIDENCE)
    assert isinstance(booked, Draft)
    assert reverse(booked, filed) == Held(reasons[0])
    assert isinstance(reverse(booked, filed, dt.date(2026, 10, 1)), Draft)


@pytest.mark.parametrize(
    ("cause", "filed", "expected"),
    [
        (RefundCause.RETURN, None, dt.date(2026, 10, 9)),
        (None, None, dt.date(2026, 10, 9)),
        (RefundCause.ERROR, None, dt.date(2026, 7, 14)),
        (RefundCause.ERROR, dt.date(2026, 6, 30), dt.date(2026, 7, 14)),
        # the return went out: the credit counts now, and the supplementary list names it
        (RefundCause.ERROR, dt.date(2026, 9, 30), dt.date(2026, 10, 9)),
    ],
)
def test_cause_of_a_credit_decides_its_period(
    cause: RefundCause | None, filed: dt.date | None, expected: dt.date
) -> None:
    booked = one(order(line("121.00"), on_account=True))
    credit = order(line("-121.00"), kind=DocumentKind.CREDIT_NOTE, dates=Dates(invoiced=dt.date(2026, 10, 9)))
    original = Original(lines=booked.lines, number="W1", date=booked.date)
    composed = compose_individual(
        item(replace(credit, refund_cause=cause), original=original), book(), replace(EVIDENCE, filed_through=filed)
    )
    assert isinstance(composed, Draft)
    assert composed.date == expected
    assert net_vat([booked, composed]) == {"VH": (0, 0)}


def held_codes(composed: object) -> str:
    assert isinstance(composed, Held)
    return "" if composed.problem is None else composed.problem.code


def test_what_is_closed_is_booked_on_another_day_by_choice_only() -> None:
    document = item(order(line("121.00"), paid={"ideal": "121.00"}))
    closed = replace(EVIDENCE, locked_through=dt.date(2026, 7, 31))
    assert held_codes(compose_individual(document, book(), closed)) == "period-closed"
    moved = compose_individual(document, book(closed_period="first-open-day"), closed)
    assert isinstance(moved, Draft)
    assert moved.date == dt.date(2026, 8, 1)
    # a VAT period, or a return, ends before the first open day
    for left in (
        compose_individual(document, book(closed_period="first-open-day", filing_period="month"), closed),
        compose_individual(
            document, book(closed_period="first-open-day"), replace(closed, filed_through=dt.date(2026, 7, 31))
        ),
    ):
        assert isinstance(left, Held)


def test_a_person_chooses_the_day_for_what_was_filed() -> None:
    filed = replace(EVIDENCE, filed_through=dt.date(2026, 9, 30), locked_through=dt.date(2026, 10, 31))
    sale = item(order(line("121.00"), paid={"ideal": "121.00"}))
    assert held_codes(compose_individual(sale, book(), filed)) == "period-filed"
    chosen = compose_individual(replace(sale, book_on=dt.date(2026, 11, 5)), book(), filed)
    assert isinstance(chosen, Draft)
    assert chosen.date == dt.date(2026, 11, 5)
    assert held_codes(compose_individual(replace(sale, book_on=dt.date(2026, 10, 5)), book(), filed)) == "period-closed"
    open_day = compose_individual(replace(sale, book_on=dt.date(2026, 11, 5)), book(), EVIDENCE)
    assert isinstance(open_day, Draft)
    assert open_day.date == dt.date(2026, 7, 14), "what is open stays where it belongs"


def test_the_rate_stays_that_of_the_supply_when_the_date_moves() -> None:
    stays = Dates(supply_from=dt.date(2025, 12, 20), supply_to=dt.date(2025, 12, 24))
    night = order(line("109.00", "9", kind=LineKind.LODGING), paid={"pin": "109.00"}, dates=stays)
    filed = replace(EVIDENCE, start=dt.date(2025, 1, 1), filed_through=dt.date(2025, 12, 31))
    moved = compose_individual(item(night, book_on=dt.date(2026, 2, 1)), book(), filed)
    assert isinstance(moved, Draft)
    assert {booked.vat_code for booked in moved.lines if booked.vat_code} == {"VL"}


def test_books_are_locked_through_the_closed_periods_they_begin_with() -> None:
    def month(n: int, **more: Any) -> Period:
        first = dt.date(2026, n, 1)
        return Period(code=str(n), start=first, end=dt.date(2026, n + 1, 1) - dt.timedelta(1), **more)

    closed = [month(2, closed_journals=("70",)), month(1, open=False)]
    assert locked_through([*closed, month(3), month(4, open=False)], ["70"]) == dt.date(2026, 2, 28)
    assert locked_through([*closed, month(3)], ["90"]) == dt.date(2026, 1, 31)
    assert locked_through([month(1)], ["70"]) is None


@pytest.mark.parametrize("month", range(1, 13))
def test_quarter_ends_with_its_last_month(month: int) -> None:
    last = quarter_end(quarter_of(dt.date(2026, month, 1)))
    assert (last.year, last.month) == (2026, (month + 2) // 3 * 3)
    assert (last + dt.timedelta(days=1)).day == 1
