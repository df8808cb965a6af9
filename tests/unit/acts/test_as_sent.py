"""Whatever is other in the books than it was sent is named, and each such look is another one."""

import datetime as dt
from decimal import Decimal

import pytest
from msgspec.structs import replace

from boekbrug.acts.as_sent import differing, look_of
from boekbrug.contract import Entry, EntryKind, ExchangeRate, FoundEntry, Line, Period, Role

DAY = dt.date(2026, 9, 14)
PERIODS = (
    Period(code="2026 - 9", start=dt.date(2026, 9, 1), end=dt.date(2026, 9, 30)),
    Period(code="2026 - 12", start=dt.date(2026, 12, 1), end=dt.date(2026, 12, 31)),
)


def base(minor: int, code: str, euro: int | None = None) -> Line:
    return Line(role=Role.BASE, account="8000", minor=minor, vat_code=code, euro_minor=euro)


def vat(minor: int, euro: int | None = None) -> Line:
    return Line(role=Role.VAT, account="1500", minor=minor, euro_minor=euro)


def payment(minor: int, euro: int | None = None) -> Line:
    return Line(role=Role.PAYMENT, account="1060", minor=minor, euro_minor=euro)


SALE = Entry(
    mark="W1-AAAA-1", kind=EntryKind.MEMORIAL, journal="90", date=DAY,
    lines=(payment(23000), base(-10000, "VH"), base(-10000, "VL"), vat(-3000)),
)  # fmt: skip
FOREIGN = Entry(
    mark="W2-AAAA-1", kind=EntryKind.MEMORIAL, journal="90", date=DAY, currency="USD",
    rate=ExchangeRate(rate=Decimal("1.25"), source="ecb", date="2026-09-14"),
    lines=(payment(12100, 9680), base(-10000, "VH", -8000), vat(-2100, -1680)),
)  # fmt: skip


def booked(entry: Entry) -> FoundEntry:
    return FoundEntry(id="1", lines=entry.lines, date=entry.date, journal="90", period="2026 - 9", status="20")


AS_SENT, IN_DOLLARS = booked(SALE), booked(FOREIGN)
RATE = (payment(12100, 9690), base(-10000, "VH", -8008), vat(-2100, -1682))
CHANGED = {
    "amount": (
        replace(AS_SENT, lines=(payment(23000), base(-10100, "VH"), base(-10000, "VL"), vat(-2900))),
        ["account 1500: -30.00 was sent, -29.00 is booked", "account 8000: -200.00 was sent, -201.00 is booked"],
    ),
    "account": (
        replace(AS_SENT, lines=(*AS_SENT.lines[:3], replace(AS_SENT.lines[3], account="1501"))),
        ["account 1500: -30.00 was sent, 0.00 is booked", "account 1501: 0.00 was sent, -30.00 is booked"],
    ),
    "codes": (
        replace(AS_SENT, lines=(payment(23000), base(-12000, "VH"), base(-8000, "VL"), vat(-3000))),
        ["account 8000: VH -100.00, VL -100.00 was sent, VH -120.00, VL -80.00 is booked"],
    ),
    "no code": (
        replace(AS_SENT, lines=(payment(23000), base(-20000, ""), vat(-3000))),
        ["account 8000: VH -100.00, VL -100.00 was sent, no code is booked"],
    ),
    "journal": (replace(AS_SENT, journal="70"), ["journal: 90 was sent, 70 is booked"]),
    "period": (replace(AS_SENT, period="2026 - 12"), ["period: 2026 - 9 was sent, 2026 - 12 is booked"]),
    "date": (replace(AS_SENT, date=dt.date(2026, 9, 15)), ["date: 2026-09-14 was sent, 2026-09-15 is booked"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGED)
def test_what_is_other_than_was_sent_is_named(name: str) -> None:
    found, told = CHANGED[name]
    assert differing(SALE, found, PERIODS) == told


def test_what_is_as_it_was_sent_differs_in_nothing() -> None:
    assert differing(SALE, AS_SENT, PERIODS) == []
    assert differing(SALE, replace(AS_SENT, status="50", number="26900001", journal="", period=""), PERIODS) == []
    assert differing(FOREIGN, IN_DOLLARS, PERIODS) == []


def test_a_code_on_what_was_sent_without_one_is_no_difference() -> None:
    plain = replace(SALE, lines=(payment(20000), base(-20000, "")))
    assert differing(plain, replace(AS_SENT, lines=(payment(20000), base(-20000, "0")))) == []


def test_another_rate_is_named_and_a_cent_for_each_line_is_not() -> None:
    assert differing(FOREIGN, replace(IN_DOLLARS, lines=RATE)) == [
        "account 1060: 96.80 EUR was sent, 96.90 EUR is booked",
        "account 8000: -80.00 EUR was sent, -80.08 EUR is booked",
    ]
    close = (payment(12100, 9683), base(-10000, "VH", -8003), vat(-2100, -1680))
    assert differing(FOREIGN, replace(IN_DOLLARS, lines=close)) == []
    assert len(differing(FOREIGN, replace(IN_DOLLARS, lines=(payment(12100, 9684), *close[1:])))) == 1


def test_each_look_is_another_one_but_for_status_and_number() -> None:
    looks = [look_of(found) for found, _ in CHANGED.values()]
    looks += [look_of(AS_SENT), look_of(IN_DOLLARS), look_of(replace(IN_DOLLARS, lines=RATE))]
    assert len(set(looks)) == len(looks)
    assert look_of(replace(AS_SENT, status="50", number="26900001")) == look_of(AS_SENT)
