"""Entries that the examples book: one sale with two rates, one day as a memorial, 175.50 each."""

import datetime as dt

from boekbrug.contract import Effect, EffectKind, Entry, EntryKind, Line, Party, Role, Treatment

DAY = dt.date(2026, 3, 14)
EVA = Party(key="shop:77001", name="Eva Voorbeeld", remote_id="6f2b1c1e")

_REVENUE = (
    Line(role=Role.BASE, account="8000", minor=-100_00, vat_code="2", vat_minor=-21_00, treatment=Treatment.DOMESTIC),
    Line(role=Role.BASE, account="8010", minor=-50_00, vat_code="4", vat_minor=-4_50, treatment=Treatment.DOMESTIC),
    Line(role=Role.VAT, account="1530", minor=-21_00, vat_code="2", base=1),
    Line(role=Role.VAT, account="1531", minor=-4_50, vat_code="4", base=2),
)


def sale(mark: str, **changes: object) -> Entry:
    """Sell on account."""
    fields: dict[str, object] = {
        "mark": mark,
        "kind": EntryKind.SALES,
        "journal": "70",
        "date": DAY,
        "number": mark.split(maxsplit=1)[0],
        "party": EVA,
        "lines": (Line(role=Role.DEBTOR, account="1300", minor=175_50), *_REVENUE),
    }
    return Entry(**(fields | changes))  # type: ignore[arg-type]


def memorial(mark: str, **changes: object) -> Entry:
    """Book a day's turnover."""
    payment = Line(role=Role.PAYMENT, account="1250", minor=175_50, text="iDEAL")
    return sale(
        mark, **{"kind": EntryKind.MEMORIAL, "journal": "90", "party": None, "lines": (payment, *_REVENUE)} | changes
    )


def effects(*entries: Entry) -> list[Effect]:
    """Number entries as the host numbers effects."""
    return [
        Effect(id=number, kind=EffectKind.ENTRY, mark=entry.mark, body=entry)
        for number, entry in enumerate(entries, start=1)
    ]
