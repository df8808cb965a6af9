"""Drafts and documents that the golden cases and other tests are made from."""

import datetime as dt
from decimal import Decimal
from typing import Any

from msgspec.structs import replace
from tests.unit.booking.shop import EVIDENCE, NOON, RULES, book, item, line, order, shipping

from boekbrug.booking import Composed, Draft, Item, Original, compose_individual
from boekbrug.booking.composed import Cleared
from boekbrug.booking.corrections import Correction, correct, reverse
from boekbrug.booking.memorial import compose_ledger
from boekbrug.booking.terms import compose_term, day_term, month_term
from boekbrug.contract import (
    Buyer,
    Dates,
    Document,
    DocumentKind,
    ExchangeRate,
    LineKind,
    Movement,
    Payout,
    Tender,
)

DAY = dt.date(2026, 7, 14)
BELGIAN = Buyer(company="Chocolade BV", vat_id="BE0403170701", is_business=True, country="BE")


def one(document: Document, *, more: dict[str, Any] | None = None, **changes: Any) -> Draft:
    return drafted(compose_individual(item(document, **(more or {})), book(**changes), EVIDENCE))


def drafted(composed: Composed) -> Draft:
    assert isinstance(composed, Draft), composed
    return composed


def items(*documents: Document) -> list[Item]:
    return [Item(document_id=n, revision=1, document=document) for n, document in enumerate(documents, 1)]


def day(*documents: Document, **changes: Any) -> Draft:
    rules = book(**{"mode": "day", "basis": "receipt", **changes})
    composition = compose_term(items(*documents), day_term("kassa", DAY), rules, EVIDENCE)
    assert composition.others == ()
    (draft,) = composition.drafts
    return draft


def receipt(*lines: Any, **more: Any) -> Document:
    return order(*lines, **{"kind": DocumentKind.RECEIPT, "dates": Dates(business=DAY), **more})


def movement(account: str, amount: str, **till: str) -> Document:
    return Document(
        kind=DocumentKind.TILL_MOVEMENT,
        source_id=account,
        number=account,
        total=Decimal(amount),
        dates=Dates(business=DAY),
        tenders=tuple(Tender(method=method, amount=Decimal(part)) for method, part in till.items()),
        movements=(Movement(account=account, amount=Decimal(amount)),),
    )


def payment(amount: str, method: str = "ideal") -> Document:
    return order(kind=DocumentKind.PAYMENT, paid={method: amount}, total=amount, number="P1")


def payout(method: str, gross: str, fees: str, paid: str, fee_vat: str | None = None) -> Document:
    settled = Payout(
        method=method,
        gross=Decimal(gross),
        fees=Decimal(fees),
        paid=Decimal(paid),
        fee_vat=None if fee_vat is None else Decimal(fee_vat),
    )
    return order(kind=DocumentKind.PAYOUT, total=paid, payout=settled)


ON_ACCOUNT = order(line("242.00"), on_account=True)
TWO_RATES = order(line("49.95", "21", "8.67"), line("24.50", "9", "2.02"), on_account=True)
RETURNED = order(line("49.95"), paid={"ideal": "49.95"})


def cash_scheme_receipt() -> Draft:
    sale = one(ON_ACCOUNT, vat_scheme="cash")
    return one(payment("242.00"), more={"original": Original(lines=sale.lines, number="W1")}, vat_scheme="cash")


def intra_eu_prepayment() -> Draft:
    sale = order(line("500.00", "0"), buyer=BELGIAN, ship_to="BE")
    return one(payment("500.00"), more={"sale": sale})


def lodging(amount: str, *extra: Any, **more: Any) -> Document:
    return order(line(amount, kind=LineKind.LODGING), *extra, **more)


def intra_eu_invoice() -> Draft:
    """Return the invoice of October for what was paid in advance in July."""
    invoiced = Dates(ordered=NOON, paid=NOON, invoiced=dt.date(2026, 10, 2), supply_to=dt.date(2026, 10, 1))
    sale = order(line("500.00", "0"), buyer=BELGIAN, ship_to="BE", on_account=True, dates=invoiced)
    return one(sale, more={"prepaid": (intra_eu_prepayment().lines,)})


def prepayment() -> Draft:
    return one(payment("242.00"), more={"sale": lodging("726.00")}, lines={})


def final_invoice() -> Draft:
    prepaid = prepayment()
    return one(lodging("726.00", on_account=True), more={"prepaid": (prepaid.lines,)})


def voucher_sold() -> Draft:
    sold = line("60.50", kind=LineKind.VOUCHER_SINGLE_PURPOSE)
    return one(order(sold, paid={"ideal": "60.50"}), lines={"voucher-single-purpose": {"account": "1600"}})


def voucher_redeemed() -> Draft:
    methods = {"bon": {"account": "1600", "role": "single-purpose-voucher", "rate": "21"}}
    return one(order(line("60.50"), paid={"bon": "60.50"}), payments=methods)


PROVIDER: dict[str, Any] = {"provider_booked_by": "boekbrug"}


def day_turnover() -> Draft:
    return day(
        receipt(
            line("1210.00", "21", "210.00"),
            line("545.00", "9", "45.00"),
            line("50.00", None, kind=LineKind.VOUCHER_MULTI_PURPOSE),
            line("12.50", None, kind=LineKind.PACKAGING_DEPOSIT),
            paid={"contant": "487.50", "pin": "1105.00", "creditcard": "200.00", "giftcard": "25.00"},
        ),
        receipt(line("-7.50", None, kind=LineKind.PACKAGING_DEPOSIT), paid={"contant": "-7.50"}, source_id="2"),
    )


def refund_before_invoice() -> Draft:
    sale = order(line("49.95"))
    prepaid = one(payment("49.95"), more={"sale": sale})
    return one(payment("-49.95"), more={"sale": sale, "prepaid": (prepaid.lines,)})


def amount_only_refund() -> Draft:
    sale = one(RETURNED)
    refund = order(kind=DocumentKind.CREDIT_NOTE, total="-49.95", paid={"giftcard": "-49.95"})
    return one(refund, more={"original": Original(lines=sale.lines)})


def amount_only_refund_with_shipping() -> Draft:
    sale = one(order(line("60.50"), shipping("6.05", "21"), paid={"ideal": "66.55"}))
    refund = order(kind=DocumentKind.CREDIT_NOTE, total="-33.28", paid={"ideal": "-33.28"})
    return one(refund, more={"original": Original(lines=sale.lines)})


MARKETPLACE: dict[str, Any] = {
    "payments": {"bol": {"account": "1070", "role": "debtor", "party": "bol", "fees": "4350"}},
    **PROVIDER,
}


def dollars() -> Draft:
    rate = ExchangeRate(rate=Decimal("1.10"), source="ECB", date="2026-07-14")
    return one(order(line("110.00", "0"), ship_to="US", paid={"paypal": "110.00"}, currency="USD", rate=rate))


def exchange_difference() -> Draft:
    document = payout("paypal", "98.50", "1.00", "97.50")
    methods = {"paypal": {"account": "1062", "fees": "4300"}}
    return one(
        document,
        more={"cleared": Cleared(stood=10000, is_foreign=True)},
        payments=methods,
        exchange_differences="4330",
        **PROVIDER,
    )


def paid_later() -> Draft:
    return one(payment("74.45"), more={"original": Original(lines=one(TWO_RATES).lines, number="W1")})


def hybrid(take: int) -> Draft:
    rules = book(mode="hybrid")
    documents = items(ON_ACCOUNT, order(line("605.00"), paid={"ideal": "605.00"}, source_id="2"))
    composition = compose_term(documents, day_term("shop", DAY), rules, EVIDENCE)
    return [drafted(composition.others[0][1]), *composition.drafts][take]


def credit_on_account() -> Draft:
    sale = one(RETURNED)
    return one(order(line("-49.95"), kind=DocumentKind.CREDIT_NOTE), more={"original": Original(lines=sale.lines)})


def refunded() -> Draft:
    sale, credit = one(RETURNED), credit_on_account()
    return one(payment("-49.95"), more={"original": Original(lines=sale.lines, later=credit.lines)})


def storno() -> Draft:
    counter = reverse(one(TWO_RATES), EVIDENCE)
    assert isinstance(counter, Draft)
    return counter


def other_rate() -> Draft:
    wrong = one(order(line("109.00", "9"), on_account=True))
    right = one(order(line("109.00", "21"), on_account=True))
    corrected = correct(wrong, right, 1, 2, EVIDENCE)
    assert isinstance(corrected, Correction)
    return corrected.entries[0]


def shop_day() -> Draft:
    return day(
        receipt(
            line("1210.00", "21", "210.00"),
            line("545.00", "9", "45.00"),
            line("50.00", None, kind=LineKind.VOUCHER_MULTI_PURPOSE),
            paid={"contant": "305.00", "pin": "1250.00", "creditcard": "200.00", "giftcard": "50.00"},
        )
    )


WITH_SHIPPING = order(line("60.50"), line("43.60", "9"), shipping("6.05", "21"), on_account=True)


def shipped_and_paid() -> Draft:
    return one(payment("110.15"), more={"original": Original(lines=one(WITH_SHIPPING).lines)})


def ledger_rules(**accounts: str) -> dict[str, Any]:
    return {
        "mode": "memorial-day",
        "accounts": accounts,
        "vat_codes": {"hoog": "VH", "laag": "VL"},
        "vat_ledgers": ["hoog", "laag"],
        "vat": [
            {**RULES["vat"][0], "vat_account": accounts["hoog"]},
            {**RULES["vat"][1], "vat_account": accounts["laag"]},
        ],
    }


def ledger(rows: str, term: Any, rules: dict[str, Any]) -> Draft:
    """Compose rows `account[:vat code] amount`, debit positive."""
    movements = []
    for row in rows.split(","):
        name, amount = row.split()
        account, _, code = name.partition(":")
        movements.append(Movement(account=account, amount=Decimal(amount), vat_code=code))
    documents = [
        Document(
            kind=DocumentKind.LEDGER_MOVEMENT,
            source_id=str(n),
            number=str(n),
            total=moved.amount,
            dates=Dates(business=DAY),
            movements=(moved,),
        )
        for n, moved in enumerate(movements)
    ]
    composition = compose_ledger(items(*documents), term, book(**rules), EVIDENCE)
    assert composition.others == (), composition.others[:1]
    return composition.drafts[0]


def deposit_released() -> Draft:
    rules = ledger_rules(
        gasten="1301",
        pin="1050",
        vooruit="1600",
        logies="8050",
        ontbijt="8060",
        hoog="1500",
        laag="1501",
        toerist="1520",
    )
    rows = (
        "gasten 3935,pin 8000,vooruit:hoog 2000,logies:hoog -10000,ontbijt:laag -1500,hoog -1680,laag -135,toerist -620"
    )
    return ledger(rows, month_term("park", DAY), rules)


PARK = {
    **{name: name for name in ("1000", "1010", "1020", "1030", "1300", "1320", "1700", "1850", "2020", "2050", "2060")},
    **{name: name for name in ("4910", "8000", "8010", "8200", "8210")},
    "hoog": "1810",
    "laag": "1800",
}


def park_day() -> Draft:
    rows = (
        "1300 633,1700:hoog -500,hoog -105,1850 -28,1300 150,2060 -150,1020 150,1300 -150,1030 300,1300 -300,"
        "1700 200,8010 -200,1320 21.80,8200:laag -20,laag -1.80,1000 21.80,1320 -21.80"
    )
    return ledger(rows, day_term("park", DAY), ledger_rules(**PARK))


def park_month() -> Draft:
    rows = (
        "1300 76600,1700:hoog -50000,hoog -10500,1700:laag -10000,laag -900,1850 -2200,2060 -3000,"
        "1300 -1210,1700:hoog 1000,hoog 210,1700 51000,8000 -42000,8010 -9000,1030 61240,1010 8500,1020 3260,"
        "1300 -73000,1030 -800,1300 800,2060 2400,1300 -2400,1300 2400,2020 -2400,1320 5570,8200:laag -4000,laag -360,"
        "8210:hoog -1000,hoog -210,1000 2070,1020 3500,1320 -5570,1000 -5,4910 5"
    )
    return ledger(rows, month_term("park", DAY), ledger_rules(**PARK))


MARGIN: dict[str, Any] = {
    "zero_rate": "margin",
    "vat": [
        *RULES["vat"],
        {"treatment": "margin", "rate": "21", "account": "8060", "vat_code": "VM", "vat_account": "1500"},
        {"treatment": "margin", "account": "8061"},
    ],
}


def second_hand(amount: str, cost: str | None, **more: Any) -> Document:
    paid = {"contant": amount}
    sold = line(amount, "0", cost=None if cost is None else Decimal(cost))
    return order(sold, **{"paid": paid, **more})


def second_hand_back() -> Draft:
    sale = one(second_hand("200.00", "79.00"), **MARGIN)
    back = second_hand("-200.00", "79.00", kind=DocumentKind.CREDIT_NOTE)
    return one(back, more={"original": Original(lines=sale.lines)}, **MARGIN)


STAY: dict[str, Any] = {"supply_from": dt.date(2025, 12, 29), "supply_to": dt.date(2026, 1, 2)}
HOME: dict[str, Any] = {
    "zero_rate": "exempt",
    "vat": [
        *RULES["vat"],
        {"treatment": "exempt", "account": "8040"},
        {"treatment": "outside-scope", "account": "8041"},
        {"treatment": "foreign", "rate": "19", "country": "DE", "account": "8027", "vat_account": "1508"},
        {"treatment": "distance", "rate": "20", "country": "FR", "account": "8026", "vat_account": "1507"},
    ],
}
DUTCH = Buyer(company="Bouw BV", vat_id="NL123456789B13", is_business=True, country="NL")
FRENCH = Buyer(name="M. Dupont", country="FR")
LUC = Buyer(name="Luc", country="BE")


def stay(*lines: Any, **more: Any) -> Document:
    """Return a stay over New Year 2026, paid on arrival."""
    arrived = dt.datetime(2026, 1, 2, 9, tzinfo=dt.UTC)
    return order(*lines, **{"dates": Dates(paid=arrived, **STAY), "paid": {"pin": "400.00"}, **more})


def back(sale: Document, **rules: Any) -> Draft:
    """Take a whole sale back."""
    lines = tuple(replace(one, amount=-one.amount) for one in sale.lines)
    paid = {tender.method: str(-tender.amount) for tender in sale.tenders}
    more: dict[str, Any] = {
        "kind": DocumentKind.CREDIT_NOTE,
        "paid": paid,
        "ship_to": sale.ship_to,
        "dates": sale.dates,
    }
    original = Original(lines=one(sale, **rules).lines)
    return one(order(*lines, **more), more={"original": original}, **rules)


SEVEN_NIGHTS = Dates(
    paid=dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC), supply_from=dt.date(2025, 12, 29), supply_to=dt.date(2026, 1, 5)
)
ULSTER = Buyer(company="Ltd", vat_id="XI980780684", is_business=True, country="GB", postcode="BT1 5GS")
CANTEEN = {"treatment": "domestic", "rate": "13", "account": "8016", "vat_code": "VO", "vat_account": "1502"}


def advance_of_export() -> Draft:
    return one(payment("300.00"), more={"sale": order(line("300.00", "0"), ship_to="US")})


SMALL: dict[str, Any] = {"seller": "small-business", "vat": [{"treatment": "small-business", "account": "8000"}]}

OSS_SINCE: dict[str, Any] = {"oss": dt.date(2026, 1, 1)}
