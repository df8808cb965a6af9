"""A kill during an append leaves the beginning of a record; wherever it was cut, nothing is lost, glued or doubled."""

from pathlib import Path

import pytest

from boekbrug_ledger.settings import DialectName

from .support import Room, book, books, entry, found, prepared, target

FIRST, SECOND = "20260001-K7QF-1", "20260002-K7QF-1"
WHOLE_LINES = (b"\n; end", b"\n; end\n")


@pytest.fixture(params=DialectName)
def dialect(request: pytest.FixtureRequest) -> DialectName:
    assert isinstance(request.param, DialectName)
    return request.param


def _year(folder: Path, dialect: DialectName) -> Path:
    return folder / ("2026.journal" if dialect is DialectName.HLEDGER else "2026.beancount")


def _aside(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("torn-*"))


def test_torn_record_is_absent_and_kept_aside_wherever_it_was_cut(dialect: DialectName, tmp_path: Path) -> None:
    ledger = books(tmp_path, dialect)
    book(ledger, entry(FIRST))
    year = _year(tmp_path, dialect)
    before = year.read_bytes()
    (second,) = prepared(ledger, entry(SECOND))
    for cut in range(len(second.payload) + 1):
        torn = second.payload[:cut]
        year.write_bytes(before + torn)
        is_whole = torn.endswith(WHOLE_LINES)
        assert len(found(ledger, FIRST)) == 1
        assert len(found(ledger, SECOND)) == is_whole, cut
        rest = year.read_bytes().removeprefix(before)
        assert rest == (torn if is_whole or cut <= 1 else b""), cut
        assert _aside(tmp_path) == (b"" if rest else torn + b"\n" if cut else b""), cut
        for path in tmp_path.glob("torn-*"):
            path.unlink()


def test_entry_after_a_torn_one_stands_alone_wherever_it_was_cut(dialect: DialectName, tmp_path: Path) -> None:
    ledger = books(tmp_path, dialect)
    book(ledger, entry(FIRST))
    year = _year(tmp_path, dialect)
    before = year.read_bytes()
    (second,) = prepared(ledger, entry(SECOND))
    for cut in range(len(second.payload)):
        torn = second.payload[:cut]
        year.write_bytes(before + torn)
        ledger.post("main", [second])
        kept = torn if torn.endswith(WHOLE_LINES) or cut == 1 else b""
        assert year.read_bytes() == before + kept + second.payload, cut


def test_batch_cut_short_keeps_its_whole_records(dialect: DialectName, tmp_path: Path) -> None:
    ledger = books(tmp_path, dialect)
    items = prepared(ledger, *(entry(f"2026000{at}-K7QF-1") for at in range(1, 6)))
    ledger.post("main", items)
    year = _year(tmp_path, dialect)
    year.write_bytes(year.read_bytes()[: -len(items[4].payload) - 20])
    assert [len(found(ledger, item.mark)) for item in items] == [1, 1, 1, 0, 0]


def test_torn_record_longer_than_the_window_is_cut_whole(dialect: DialectName, tmp_path: Path) -> None:
    lines = entry(FIRST).lines * 800
    ledger = books(tmp_path, dialect)
    book(ledger, entry(FIRST))
    year = _year(tmp_path, dialect)
    before = year.read_bytes()
    (long,) = prepared(ledger, entry(SECOND, lines=lines))
    assert len(long.payload) > 200_000
    year.write_bytes(before + long.payload[:-10])
    assert found(ledger, SECOND) == ()
    assert year.read_bytes() == before


def test_what_was_cut_is_logged(dialect: DialectName, tmp_path: Path) -> None:
    book(books(tmp_path, dialect), entry(FIRST))
    year = _year(tmp_path, dialect)
    year.write_bytes(year.read_bytes()[:-9])
    ledger = target(tmp_path, dialect)
    found(ledger, FIRST)
    assert isinstance(ledger.context, Room)
    assert [event for event, _ in ledger.context.log.events] == ["ledger-torn-record-cut"]


FOREIGN_TAILS = {
    "entry without line feed": b"\n2026-08-01 * Zelf\n    Assets:1000-Kas  1.00 EUR\n    Income:8000-Omzet-hoog",
    "comment": b"; een eigen opmerking\n",
    "blank lines": b"\n\n\n",
    "nothing": b"",
}


@pytest.mark.parametrize("tail", FOREIGN_TAILS.values(), ids=FOREIGN_TAILS)
def test_what_a_person_added_is_never_cut_nor_glued_to(tail: bytes, tmp_path: Path) -> None:
    ledger = books(tmp_path)
    book(ledger, entry(FIRST))
    year = tmp_path / "2026.journal"
    before = year.read_bytes() + tail
    year.write_bytes(before)
    (second,) = prepared(ledger, entry(SECOND))
    ledger.post("main", [second])
    assert year.read_bytes() == before + second.payload
    assert second.payload.startswith(b"\n")
    assert len(found(ledger, FIRST)) == len(found(ledger, SECOND)) == 1


def test_closing_line_without_its_line_feed_still_closes(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    book(ledger, entry(FIRST))
    year = tmp_path / "2026.journal"
    year.write_bytes(year.read_bytes().rstrip())
    assert len(found(ledger, FIRST)) == 1
    book(ledger, entry(SECOND))
    assert len(found(ledger, FIRST)) == len(found(ledger, SECOND)) == 1
