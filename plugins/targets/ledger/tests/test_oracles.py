"""hledger and bean-check judge the books, whatever shops and customers write."""

import datetime as dt
import json
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boekbrug.contract import Entry, ExchangeRate, FoundEntry, Party, Role
from boekbrug_ledger.settings import DialectName

from .support import SALE, book, books, entry, found, line, target

BEAN_CHECK = str(Path(sys.executable).with_name("bean-check"))
HLEDGER = shutil.which("hledger")
needs_hledger = pytest.mark.skipif(HLEDGER is None, reason="hledger is not installed")
UTF8 = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}


def hledger(folder: Path, *words: str) -> str:
    assert HLEDGER is not None
    command = [HLEDGER, "-f", str(folder / "books.journal"), *words]
    ended = subprocess.run(command, env=UTF8, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def bean_check(folder: Path) -> None:
    command = [BEAN_CHECK, str(folder / "books.beancount")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr


def _year_of_sales() -> list[Entry]:
    start = dt.date(2026, 2, 1)
    return [entry(f"{20260000 + at}-K7QF-1", date=start + dt.timedelta(days=at * 5)) for at in range(100)]


YEN = entry(
    "JP1-K7QF-1",
    currency="JPY",
    rate=ExchangeRate(rate=Decimal("170.01"), source="ECB", date="2026-06-30"),
    lines=(
        line(Role.DEBTOR, "1300", 1000, euro_minor=588),
        line(Role.BASE, "8000", -999, vat_code="V0", euro_minor=-588),
        line(Role.BASE, "8000", -1, vat_code="V0", euro_minor=-1),
        line(Role.ROUNDING, "4999", 0, euro_minor=1),
    ),
)


@needs_hledger
def test_hledger_accepts_the_books_strictly_and_knows_taxable_amounts(tmp_path: Path) -> None:
    book(books(tmp_path), *_year_of_sales(), YEN)
    hledger(tmp_path, "check", "--strict")
    assert hledger(tmp_path, "balance", "tag:vat=^VH$", "-N", "--format", "%(total)").split() == ["-10000.00", "EUR"]
    assert hledger(tmp_path, "balance", "tag:taxcode=^VH$", "-N", "--format", "%(total)").split() == ["-2100.00", "EUR"]
    assert len(json.loads(hledger(tmp_path, "print", "tag:mark=^20260042-K7QF-1$", "-O", "json"))) == 1
    assert hledger(tmp_path, "balance", "--cost", "--format", "%(total)").split()[-1] == "0"


def test_bean_check_accepts_the_books(tmp_path: Path) -> None:
    book(books(tmp_path, DialectName.BEANCOUNT), *_year_of_sales(), YEN)
    bean_check(tmp_path)


@needs_hledger
def test_renamed_account_leaves_the_books_acceptable(tmp_path: Path) -> None:
    book(books(tmp_path), entry("20260001-K7QF-1"))
    book(books(tmp_path, DialectName.BEANCOUNT), entry("20260001-K7QF-1"))
    chart = tmp_path / "chart.toml"
    chart.write_text(chart.read_text().replace("Debiteuren", "Debiteuren handel"))
    for dialect in DialectName:
        book(target(tmp_path, dialect), entry("20260002-K7QF-1"))
    hledger(tmp_path, "check", "--strict")
    bean_check(tmp_path)
    both = target(tmp_path).read("main", ["20260002-K7QF-1"])
    assert target(tmp_path).balances("main", dt.date(2026, 1, 1), dt.date(2027, 1, 1))["1300"] == 4 * 5450, both


NASTY = [
    "; mark:00000001-AAAA-1",
    "x  ; mark:00000001-AAAA-1, vat:VH",
    "a, mark:00000001-AAAA-1",
    "\n; end\n\n; boekbrug\n2026-07-01 * (1) x  ; mark:00000001-AAAA-1\n    Assets:1000-Kas  1.00 EUR\n",
    '"\n  mark: "00000001-AAAA-1"\n  Assets:1000-Kas  1.00 EUR\n',
    '\\" mark: \\"00000001-AAAA-1',
    "\\",
    '"',
    "(x) y | z",
    "  leading and trailing  ",
    "date:2026-01-01",
    "[2026-13-45]",
    "[2026-01-01=2026-01-02] date2:x",
    "= 100 EUR",
    "@@ 1.00 EUR",
    "\u2028\u0085\x0b\x0c\r\0\ufeff\u200f\ud800",
    "\u00a0;\u00a0",
    "Zoë Ünal 東京 🚲",
    "%20%3B",
    "",
    "*",
    "! x",
    "#tag ^link",
    "mark:",
    "https://example.org/?a=b;c:d",
]
texts = st.one_of(st.sampled_from(NASTY), st.text(max_size=60), st.text(alphabet=';:,|()[]"\\\n =@%ma:rk', max_size=30))


@st.composite
def _entries(draw: st.DrawFn) -> list[Entry]:
    names = draw(st.lists(texts, min_size=1, max_size=12, unique=True))
    return [_entry(draw, at, name) for at, name in enumerate(names)]


def _entry(draw: st.DrawFn, at: int, name: str) -> Entry:
    party = Party(key=draw(texts), name=draw(texts)) if draw(st.booleans()) else None
    lines = tuple(
        line(one.role, one.account, one.minor, vat_code=one.vat_code, base=one.base, text=draw(texts), reference=name)
        for one in SALE
    )
    return entry(f"{name}/{at}", number=name, text=draw(texts), party=party, reverses=draw(texts), lines=lines)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(written=_entries(), dialect=st.sampled_from(DialectName))
def test_no_text_forges_a_mark_a_tag_or_a_posting(written: list[Entry], dialect: DialectName) -> None:
    if dialect is DialectName.HLEDGER and HLEDGER is None:
        return
    with TemporaryDirectory() as name:
        folder = Path(name)
        ledger = books(folder, dialect)
        book(ledger, *written)
        if dialect is DialectName.HLEDGER:
            _assert_hledger_sees(folder, written)
        else:
            _assert_beancount_sees(folder, written)
        assert found(ledger, "00000001-AAAA-1") == ()
        assert len(ledger.list_marked("main", dt.date(2026, 1, 1), dt.date(2027, 1, 1))) == len(written)
        for one, answer in zip(written, ledger.read("main", [one.mark for one in written]), strict=True):
            assert isinstance(answer, FoundEntry)
            assert [(at.account, at.minor, at.vat_code) for at in answer.lines] == [
                (at.account, at.minor, at.vat_code) for at in one.lines
            ]


def _assert_hledger_sees(folder: Path, written: list[Entry]) -> None:
    hledger(folder, "check", "--strict")
    seen = json.loads(hledger(folder, "print", "-O", "json"))
    assert len(seen) == len(written)
    for transaction in seen:
        assert {name for name, _ in transaction["ttags"]} <= {"mark", "journal", "kind", "party", "reverses"}
        assert [posting["pdate"] for posting in transaction["tpostings"]] == [None] * len(SALE)
        for posting in transaction["tpostings"]:
            assert {name for name, _ in posting["ptags"]} <= {
                "role", "vat", "taxcode", "base", "reference", "type", "code",
            }  # fmt: skip


def _assert_beancount_sees(folder: Path, written: list[Entry]) -> None:
    bean_check(folder)
    from beancount import loader
    from beancount.core.data import Transaction

    entries, errors, _ = loader.load_file(str(folder / "books.beancount"))
    seen = [one for one in entries if isinstance(one, Transaction)]
    assert not errors
    assert len({one.meta["mark"] for one in seen}) == len(seen) == len(written)
    assert all(len(one.postings) == len(SALE) and not one.tags and not one.links for one in seen)
