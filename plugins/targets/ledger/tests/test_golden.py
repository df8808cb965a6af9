"""The bytes of one entry in each dialect, and of the files around it."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from boekbrug.contract import ExchangeRate, Party, Role
from boekbrug_ledger.settings import DialectName

from .support import SALE, books, entry, line, prepared, target

GOLDEN = Path(__file__).with_name("golden")

FOREIGN = entry(
    "20260002-K7QF-1",
    text='Order "2026/2"; geleverd | betaald',
    party=Party(key="NO:12", name="Olsen & Søn; Oslo"),
    currency="USD",
    rate=ExchangeRate(rate=Decimal("1.0870"), source="ECB", date="2026-06-30"),
    due=dt.date(2026, 7, 31),
    period="2026-07",
    condition="30",
    concept=True,
    lines=(
        line(Role.DEBTOR, "1300", 10000, euro_minor=9200, reference="PO 7", cost_centre="web"),
        line(Role.BASE, "8100", -6000, vat_code="V0", euro_minor=-5520, text="mark:vals, [2026-01-01]"),
        line(Role.BASE, "8000", -4000, vat_code="V0", euro_minor=-3681),
        line(Role.ROUNDING, "4999", 0, euro_minor=1),
    ),
)


@pytest.mark.parametrize("dialect", DialectName)
def test_entry_is_written_to_the_byte(dialect: DialectName, tmp_path: Path) -> None:
    sale, foreign = prepared(books(tmp_path, dialect), entry(lines=SALE), FOREIGN)
    assert (sale.payload + foreign.payload).decode() == (GOLDEN / f"entries.{dialect}.txt").read_text()
    assert sale.group == foreign.group == {"hledger": "2026.journal", "beancount": "2026.beancount"}[dialect]


@pytest.mark.parametrize("dialect", DialectName)
def test_entry_is_written_the_same_twice(dialect: DialectName, tmp_path: Path) -> None:
    first = prepared(books(tmp_path, dialect), FOREIGN)
    assert prepared(target(tmp_path, dialect), FOREIGN) == first
