"""Worked cases of tills, gift cards and holiday parks beside those of `cases`; amounts without a sheet are ours.

bookingexperts.md §9 names its variants and leaves the figures to the reader.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

import msgspec
from tests.unit.booking.drafts import DAY, PARK, ledger, ledger_rules, movement, one
from tests.unit.booking.shop import EVIDENCE, RULES, book, line, order

from boekbrug.booking import Composed, Draft, Item, Original
from boekbrug.booking.advance_vat import balances, compose_balance
from boekbrug.booking.terms import day_term, month_term
from boekbrug.contract import LineKind

HOUSE: dict[str, Any] = {"payments": {**RULES["payments"], "van de zaak": {"role": "internal"}}}
KEPT_TIP: dict[str, Any] = {"lines": {"tip": {"treatment": "domestic", "follows_goods": True}}}


def park(rows: str, *, month: bool = False) -> Draft:
    return ledger(rows, month_term("park", DAY) if month else day_term("park", DAY), ledger_rules(**PARK))


def expired_voucher() -> Draft:
    return one(movement("verlopen", "-50.00", giftcard="50.00"), accounts={"verlopen": "8900"})


ADVANCES: dict[str, Any] = {
    **ledger_rules(**{**PARK, "vooruit": "2050"}),
    "advances": [{"ledger": "vooruit", "account": "2051", "vat_code": "VH"}],
}


def advance(held: int, *, back: bool = False, licence: int = 7, **known: Any) -> Composed:
    """Compose what a ledger holds at the end of September, or what takes it back."""
    rules = book(**ADVANCES)
    both = balances(licence, "park", rules.rules.advances[0], dt.date(2026, 9, 30), held)
    document = both[back]
    if back:
        known = {"original": Original(lines=()), **known}
    return compose_balance(Item(document_id=1, revision=1, document=document, **known), 7, rules, OCTOBER)


OCTOBER = msgspec.structs.replace(EVIDENCE, today=dt.date(2026, 10, 3), taken=frozenset({dt.date(2026, 9, 30)}))


def declared_advance(*, back: bool = False) -> Draft:
    draft = advance(1_210_000, back=back)
    assert isinstance(draft, Draft)
    return draft


TILL_AND_PARK: dict[str, Callable[[], Draft]] = {
    "bk-24-tip-kept": lambda: one(
        order(line("100.00", "9"), line("10.00", None, kind=LineKind.TIP), paid={"pin": "110.00"}), **KEPT_TIP
    ),
    "bk-24-float": lambda: one(movement("wisselgeld", "-150.00", contant="150.00"), accounts={"wisselgeld": "1065"}),
    "bk-24-withdrawal": lambda: one(movement("prive", "80.00", contant="-80.00"), accounts={"prive": "0600"}),
    "bk-30-on-the-house": lambda: one(order(line("30.25"), paid={"van de zaak": "12.10", "pin": "18.15"}), **HOUSE),
    "da-2.8-expired": expired_voucher,
    "wf-5.3-credit": lambda: one(
        order(line("-60.50"), line("-43.60", "9"), line("-6.05", kind=LineKind.SHIPPING), on_account=True)
    ),
    "bk-17-advances": declared_advance,
    "bk-17-advances-back": lambda: declared_advance(back=True),
    # revenue on the invoice date: nothing is invoiced in advance
    "bex-9-on-invoice": lambda: park("1300 633,8000:hoog -500,hoog -105,1850 -28"),
    # VAT with the revenue: what was invoiced in advance is released with it, the code is on the revenue
    "bex-9-vat-with-revenue": lambda: park("1700 605,8000:hoog -500,hoog -105"),
    # invoiced at check-out: what was paid before stood on the advances
    "bex-9-at-check-out": lambda: park("1300 605,8000:hoog -500,hoog -105,2050 605,1300 -605"),
    # lodging of 2025 and 2026 on one account
    "bex-9-two-rates": lambda: park("1300 1755,8000:hoog -1000,hoog -210,8000:laag -500,laag -45", month=True),
}
