"""What is in the books is read back, ours and others', whole marks only."""

import datetime as dt
from pathlib import Path

import pytest

from boekbrug.contract import (
    CannotTell,
    EffectKind,
    EntryKind,
    FoundEntry,
    Gone,
    MarkQuery,
    Match,
    RefusedCall,
    Role,
)
from boekbrug_ledger.settings import DialectName

from .support import CHART, DAY, SALE, book, books, entry, found, line, target
from .test_golden import FOREIGN

YEAR = dt.date(2026, 1, 1), dt.date(2027, 1, 1)


@pytest.fixture(params=DialectName)
def dialect(request: pytest.FixtureRequest) -> DialectName:
    assert isinstance(request.param, DialectName)
    return request.param


def test_booked_states_mark_number_and_debit_total(dialect: DialectName, tmp_path: Path) -> None:
    sale, foreign = book(books(tmp_path, dialect), entry(), FOREIGN)
    assert (sale.id, sale.number, sale.total) == ("20260001-K7QF-1", "20260001", 17550)
    assert (foreign.id, foreign.total) == (FOREIGN.mark, FOREIGN.total)


def test_entry_is_found_by_its_whole_mark_only(dialect: DialectName, tmp_path: Path) -> None:
    ledger = books(tmp_path, dialect)
    book(ledger, entry("12-K7QF-1"), entry("12-K7QF-10"), entry("112-K7QF-1"), entry("12/2-K7QF-1"))
    assert found(ledger, "12-K7QF-1") == (Match(id="12-K7QF-1", number="12", total=17550, date=DAY, journal="70"),)
    assert found(ledger, "12-K7QF") == ()
    assert found(ledger, "2-K7QF-1") == ()


def test_doubles_are_all_found_and_answers_keep_their_order(dialect: DialectName, tmp_path: Path) -> None:
    ledger = books(tmp_path, dialect)
    book(ledger, entry("1-K7QF-1"), entry("2-K7QF-1"))
    book(ledger, entry("1-K7QF-1", date=dt.date(2027, 1, 1)))
    queries = [MarkQuery(mark=mark, kind=EffectKind.ENTRY) for mark in ("3-K7QF-1", "1-K7QF-1", "2-K7QF-1")]
    answers = ledger.find("main", queries)
    assert [len(answer) for answer in answers if isinstance(answer, tuple)] == [0, 2, 1]
    (told,) = ledger.read("main", ["1-K7QF-1"])
    assert isinstance(told, CannotTell)
    assert [(one.id, one.date) for one in told.among] == [("1-K7QF-1", DAY), ("1-K7QF-1", dt.date(2027, 1, 1))]


def test_entry_booked_in_the_other_dialect_is_found(tmp_path: Path) -> None:
    book(books(tmp_path, DialectName.BEANCOUNT), entry())
    assert len(found(target(tmp_path, DialectName.HLEDGER), "20260001-K7QF-1")) == 1


def test_lines_read_back_as_they_were_sent(dialect: DialectName, tmp_path: Path) -> None:
    ledger = books(tmp_path, dialect)
    book(ledger, entry(), FOREIGN)
    sale, gone, foreign = ledger.read("main", ["20260001-K7QF-1", "nowhere", FOREIGN.mark])
    assert sale == FoundEntry(
        id="20260001-K7QF-1", lines=SALE, date=DAY, number="20260001", journal="70", status="final"
    )
    assert gone == Gone()
    assert isinstance(foreign, FoundEntry)
    assert (foreign.period, foreign.status) == ("2026-07", "concept")
    assert [(at.role, at.account, at.minor, at.euro_minor, at.vat_code) for at in foreign.lines] == [
        (at.role, at.account, at.minor, at.euro_minor, at.vat_code) for at in FOREIGN.lines
    ]
    assert (foreign.lines[0].reference, foreign.lines[0].cost_centre) == ("PO 7", "web")


def test_mark_is_read_with_blanks_around_it_and_in_no_other_case(dialect: DialectName, tmp_path: Path) -> None:
    ledger = books(tmp_path, dialect)
    book(ledger, entry("web-K7QF-1"))
    sale, other = ledger.read("main", [" web-K7QF-1\t", "WEB-K7QF-1"])
    assert isinstance(sale, FoundEntry)
    assert (sale.id, other) == ("web-K7QF-1", Gone())


def test_mark_with_blanks_of_its_own_is_another_one(dialect: DialectName, tmp_path: Path) -> None:
    ledger = books(tmp_path, dialect)
    book(ledger, entry(" web-K7QF-1 "))
    assert ledger.read("main", ["web-K7QF-1"]) == [Gone()]
    (sale,) = ledger.read("main", [" web-K7QF-1 "])
    assert isinstance(sale, FoundEntry)
    assert sale.id == " web-K7QF-1 "


def test_account_that_was_renamed_keeps_its_code(dialect: DialectName, tmp_path: Path) -> None:
    book(books(tmp_path, dialect), entry())
    (tmp_path / "chart.toml").write_text(CHART.replace("Debiteuren", "Klanten"))
    ledger = target(tmp_path, dialect)
    book(ledger, entry("20260002-K7QF-1"))
    for answer in ledger.read("main", ["20260001-K7QF-1", "20260002-K7QF-1"]):
        assert isinstance(answer, FoundEntry)
        assert answer.lines[1].account == "1300"


def test_list_marked_covers_the_period_and_nothing_else(dialect: DialectName, tmp_path: Path) -> None:
    ledger = books(tmp_path, dialect)
    days = [dt.date(2026, 6, 30), DAY, dt.date(2026, 7, 31), dt.date(2026, 8, 1), dt.date(2027, 7, 1)]
    book(ledger, *(entry(f"{at}-K7QF-1", date=day) for at, day in enumerate(days)))
    assert list(ledger.list_marked("main", DAY, dt.date(2026, 8, 1))) == ["1-K7QF-1", "2-K7QF-1"]


def test_reversal_nets_to_zero(dialect: DialectName, tmp_path: Path) -> None:
    ledger = books(tmp_path, dialect)
    (sale,) = book(ledger, entry())
    lines = tuple(
        line(one.role, one.account, -one.minor, vat_code=one.vat_code, vat_minor=-one.vat_minor, base=one.base)
        for one in SALE
    )
    book(ledger, entry("20260001-K7QF-1R", lines=lines, reverses=sale.id))
    assert set(ledger.balances("main", *YEAR).values()) == {0}
    assert len(found(ledger, "20260001-K7QF-1")) == 1


def test_balances_are_in_euro_per_account_and_period(dialect: DialectName, tmp_path: Path) -> None:
    ledger = books(tmp_path, dialect)
    book(ledger, entry(), entry("1-K7QF-1", date=dt.date(2027, 1, 1)), FOREIGN)
    assert ledger.balances("main", *YEAR) == {
        "1201": 12100, "1300": 5450 + 9200, "8000": -10000 - 3681, "1500": -2100, "8100": -5000 - 5520, "1501": -450,
        "4999": 1,
    }  # fmt: skip


OTHERS = {
    DialectName.HLEDGER: (
        "own.journal",
        """
account Assets:Kluis
2026/7/2 (77) Zelf geboekt  ; journal:90
    Assets:Kluis         5.00 EUR
    ; een opmerking
    Assets:1000-Kas
2026-07-03 ! zonder dagboek
    Assets:Kluis        -5.00 EUR
    Assets:1000-Kas      5 EUR  ; role:payment
2026-07-04 vreemd  ; journal:90
    Assets:Kluis        1 AAPL
    Assets:1000-Kas     = 3 EUR
""",
    ),
    DialectName.BEANCOUNT: (
        "own.beancount",
        """
1970-01-01 open Assets:Kluis
2026-07-02 * "Zelf" "geboekt" ; met de hand
  journal: "90"
  number: 77
  Assets:Kluis         5.00 EUR
  Assets:1000-Kas

2026-07-03 ! "zonder dagboek"
  Assets:Kluis        -5.00 EUR
  Assets:1000-Kas      5 EUR ; uit de kas
    role: "payment"

2026-07-04 * "vreemd"
  journal: "90"
  Assets:Kluis        1 AAPL {3.00 EUR}
  Assets:1000-Kas
""",
    ),
}


def test_foreign_entries_are_listed_and_read_as_far_as_they_are_understood(
    dialect: DialectName, tmp_path: Path
) -> None:
    ledger = books(tmp_path, dialect)
    book(ledger, entry())
    name, text = OTHERS[dialect]
    (tmp_path / name).write_text(text)
    (first, answer), (strange, unread) = ledger.list_entries("main", "90", *YEAR)
    assert (first.number, first.total, first.date) == ("77", 500, dt.date(2026, 7, 2))
    assert isinstance(answer, FoundEntry)
    assert [(one.account, one.minor) for one in answer.lines] == [("Assets:Kluis", 500), ("1000", -500)]
    assert strange.total is None
    assert isinstance(unread, CannotTell)
    assert name in unread.reason
    ((_, other),) = ledger.list_entries("main", "", *YEAR)
    assert isinstance(other, FoundEntry)
    assert (other.status, other.lines[1].role, other.lines[1].minor) == ("concept", Role.PAYMENT, 500)
    assert ledger.read("main", [first.id]) == [answer]
    assert [match.id for match, _ in ledger.list_entries("main", "70", *YEAR)] == ["20260001-K7QF-1"]


def test_balances_are_refused_rather_than_wrong(dialect: DialectName, tmp_path: Path) -> None:
    ledger = books(tmp_path, dialect)
    name, text = OTHERS[dialect]
    (tmp_path / name).write_text(text)
    with pytest.raises(RefusedCall, match=name):
        ledger.balances("main", *YEAR)
    before = ledger.balances("main", dt.date(2026, 7, 1), dt.date(2026, 7, 4))
    assert before == {"Assets:Kluis": 0, "1000": 0}


@pytest.mark.parametrize(
    ("ours", "theirs", "total"),
    [
        ("121.00 EUR", "122.00 EUR", 17650),
        ("2026-07-01 *", "2026-07-01", 17550),
        ("2026-07-01 *", "07-01 *", None),
        ("121.00 EUR", "€ 121,00", None),
    ],
)
def test_entry_that_a_person_changed_is_still_found(ours: str, theirs: str, total: int | None, tmp_path: Path) -> None:
    ledger = books(tmp_path)
    book(ledger, entry())
    year = tmp_path / "2026.journal"
    year.write_text(year.read_text().replace(ours, theirs))
    assert [match.total for match in found(ledger, "20260001-K7QF-1")] == [total]


def test_every_kind_of_entry_is_taken(dialect: DialectName, tmp_path: Path) -> None:
    ledger = books(tmp_path, dialect)
    kinds = {EntryKind.SALES: "70", EntryKind.COLLECTIVE: "70", EntryKind.MEMORIAL: "90"}
    book(ledger, *(entry(f"{kind}-K7QF-1", kind=kind, journal=journal) for kind, journal in kinds.items()))
    assert len(ledger.list_marked("main", *YEAR)) == 3


@pytest.mark.parametrize(
    "garbage", [b"\xff\xfe\0\0", b"2026-99-99 x\n  y\n", b"2026-07-01 * (\n\t;\n  a  b\n" * 3, b"\0"]
)
def test_garbage_in_a_file_is_no_crash(garbage: bytes, dialect: DialectName, tmp_path: Path) -> None:
    ledger = books(tmp_path, dialect)
    book(ledger, entry())
    (tmp_path / f"zz.{'journal' if dialect is DialectName.HLEDGER else 'beancount'}").write_bytes(garbage)
    assert len(found(ledger, "20260001-K7QF-1")) == 1
    ledger.list_entries("main", "70", *YEAR)
