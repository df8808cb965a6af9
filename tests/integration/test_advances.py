"""Advances that a source's ledger keeps without VAT: declared at the end of a period, and taken back the next day."""

import csv
import datetime as dt
import re
import subprocess
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace
from tests.integration.journey import Business
from tests.integration.test_lists import listed, rows
from tests.integration.test_terms import numbers, sound
from tests.web.people import add_user, person, served

from boekbrug.acts import licences
from boekbrug.acts.accept import accept
from boekbrug.acts.approve import approve, waiting_of
from boekbrug.acts.correct import correct
from boekbrug.acts.desk import ActRefused
from boekbrug.acts.lists.filing import file_return
from boekbrug.acts.lists.scope import Days
from boekbrug.acts.reconcile import reconcile
from boekbrug.acts.reject import reject
from boekbrug.acts.retry import retry
from boekbrug.acts.reverse import reverse
from boekbrug.acts.set_aside import take_up
from boekbrug.booking.rules import AdvanceRule, Mode
from boekbrug.store.licences import LicenceClaim
from boekbrug.sync.books import open_books
from boekbrug.sync.declare import declare

SEPTEMBER, OCTOBER = "shop-2026-09-30-vooruit", "shop-2026-10-01-vooruit"


@pytest.fixture
def park(tmp_path: Path, ready_url: str) -> Iterator[Business]:
    park = Business(tmp_path, ready_url)
    choose(park)
    yield park
    sound(park.house.database)
    park.house.close()


def choose(park: Business, **changes: Any) -> None:
    rules: dict[str, Any] = {
        "mode": Mode.MEMORIAL_MONTH,
        "accounts": {"bank": "1065", "vooruit": "1064"},
        "advances": (RULE,),
        "filing_period": "quarter",
        "filed_through": dt.date(2026, 6, 30),
    }
    park.choose(**(rules | changes))


RULE = AdvanceRule(ledger="vooruit", account="1063", vat_code="VH", opening=100_000)


def received(n: int, day: str, amount: str) -> dict[str, Any]:
    """Move money in advance: from the bank to the ledger of advances."""
    return {
        "id": f"m{n}", "kind": "ledger-movement", "number": f"m{n}", "date": f"{day}T10:00:00+02:00",
        "status": "paid", "total_incl": "0.00", "currency": "EUR",
        "movements": [{"account": "bank", "amount": amount}, {"account": "vooruit", "amount": str(-Decimal(amount))}],
    }  # fmt: skip


def through_september(park: Business, *later: dict[str, Any]) -> None:
    park.write("a.jsonl", received(1, "2026-08-03", "5000.00"), received(2, "2026-09-03", "6100.00"), *later)
    park.sync()
    park.wait(17)


def stands(park: Business, account: str, day: str) -> int:
    query = (
        "select coalesce(sum(l.minor), 0) from entry_line l join entry e on e.id = l.entry "
        "join entry_state s on s.entry = e.id where s.state = 'booked' and s.reason <> 'deleted-at-target' "
        f"and l.account = '{account}' and e.date <= '{day}'"
    )
    with park.house.database.read() as connection:
        return int(connection.exec_driver_sql(query).scalar_one())


def standing(park: Business, day: str) -> tuple[int, int, int]:
    """Return what stands on the ledger of advances, where they are declared, and on the VAT of the high rate."""
    return stands(park, "1064", day), stands(park, "1063", day), stands(park, "1500", day)


def balances(park: Business) -> list[tuple[str, str, str]]:
    """List the balances that were drawn up, with their states and reasons."""
    query = (
        "select d.number, s.state, s.reason from document d join document_state s on s.document = d.id "
        "where d.kind = 'balance' order by d.number"
    )
    with park.house.database.read() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def hledger(program: Path, park: Business, before: str) -> dict[str, Decimal]:
    """Let hledger add up the accounts of the books before a day."""
    command: list[str | Path] = [
        program,
        "-f",
        park.books / "books.journal",
        "balance",
        "--flat",
        "-N",
        "-O",
        "csv",
        "-e",
        before,
    ]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = list(csv.reader(told.splitlines()))[1:]
    return {name.rpartition(":")[2].partition("-")[0]: Decimal(amount.removesuffix(" EUR")) for name, amount in found}


def test_advances_are_declared_at_the_end_of_a_period_and_taken_back(
    park: Business, tool: Callable[[str], Path]
) -> None:
    through_september(park)
    assert park.counts() == {"booked": 4}
    assert numbers(park) == ["shop-2026-08-EUR", SEPTEMBER, "shop-2026-09-EUR", OCTOBER]
    # the opening of 1,000.00 stands in the package from before the licence
    there = {"1064": Decimal(-11100 + 12100), "1063": Decimal(-10000), "1500": Decimal(-2100), "1065": Decimal(11100)}
    assert hledger(tool("hledger"), park, "2026-10-01") == there
    assert hledger(tool("hledger"), park, "2026-10-02") == {"1064": Decimal(-11100), "1065": Decimal(11100)}
    assert boxes(park, "2026-07-01", "2026-09-30") == [("1a", Decimal(10000), Decimal(2100))]
    assert boxes(park, "2026-10-01", "2026-10-01") == [("1a", Decimal(-10000), Decimal(-2100))]
    before = park.ledger()
    park.wait(1)
    park.wait(40)
    assert park.ledger() == before, "declared once"


def boxes(park: Business, first: str, last: str) -> list[tuple[Any, ...]]:
    days = Days(dt.date.fromisoformat(first), dt.date.fromisoformat(last))
    return [(row["box"], row["base"], row["vat"]) for row in rows(listed(park, "vat", days), "boxes") if row["base"]]


def test_what_guests_owe_more_than_they_paid_declares_nothing(park: Business) -> None:
    choose(park, advances=(replace(RULE, opening=0),))
    park.write("a.jsonl", received(1, "2026-09-03", "-50.00"))
    park.sync()
    park.wait(17)
    assert (park.counts(), numbers(park)) == ({"booked": 1}, ["shop-2026-09-EUR"])


def test_a_quiet_period_is_declared_without_any_movement(park: Business) -> None:
    through_september(park)
    assert park.wait(92) == {"booked": 6}
    assert numbers(park)[-2:] == ["shop-2026-12-31-vooruit", "shop-2027-01-01-vooruit"]
    assert (standing(park, "2026-12-30"), standing(park, "2026-12-31")[1:]) == (
        (-1_110_000, 0, 0),
        (-1_000_000, -210_000),
    )


def test_a_run_that_finds_all_drawn_up_writes_nothing_of_it(park: Business) -> None:
    through_september(park)
    park.sync()
    licence, place = park.licence, park.house.place("second")
    with park.house.database.read() as connection:
        books = open_books(connection, place, licence)
    assert list(declare(place, LicenceClaim(licence.id, fence=0), books)) == []


def test_a_late_receipt_changes_what_was_declared_by_its_difference(park: Business) -> None:
    through_september(park)
    park.write("b.jsonl", received(3, "2026-09-20", "121.00"))
    park.sync()
    reason = "changed-at-source"
    assert balances(park) == [(SEPTEMBER, "booked", reason), (OCTOBER, "booked", reason)]
    assert park.codes() == ["changed-after-booking"] * 2
    assert standing(park, "2026-09-30")[1:] == (-1_000_000, -210_000), "a person decides, as of every correction"
    [shown] = correct(park.desk, park.licence, SEPTEMBER)
    assert {(line.account, line.debit, line.credit) for line in shown.lines} >= {
        ("1063", None, Decimal(100)), ("1500", None, Decimal(21)),
    }  # fmt: skip
    correct(park.desk, park.licence, OCTOBER)
    park.sync()
    assert balances(park) == [(SEPTEMBER, "booked", "plain"), (OCTOBER, "booked", "plain")]
    assert standing(park, "2026-09-30") == (-1_122_100 + 1_222_100, -1_010_000, -212_100)
    assert standing(park, "2026-10-01") == (-1_122_100, 0, 0)
    assert park.codes() == []


def test_corrections_are_automatic_where_the_licence_says_so(park: Business) -> None:
    choose(park, corrections="automatic")
    through_september(park)
    park.write("b.jsonl", received(3, "2026-09-20", "-11000.00"), received(4, "2026-09-21", "-5000.00"))
    park.sync()
    assert standing(park, "2026-09-30")[1:] == (0, 0), "what guests owe declares nothing"
    assert {one for _, one, _ in balances(park)} == {"booked"}
    assert standing(park, "2026-10-01") == (-1_110_000 + 1_600_000, 0, 0)
    assert SEPTEMBER + "/2" in numbers(park)


def test_a_period_waits_for_all_of_it_to_be_booked(park: Business) -> None:
    wrong = received(9, "2026-09-12", "10.00")
    wrong["movements"][0]["account"] = "kluis"
    park.write("z.jsonl", wrong)
    through_september(park)
    assert (park.counts(), balances(park)) == ({"booked": 1, "problem": 2}, [])
    named = [row["state"] for row in rows(listed(park, "balance", LAST), "advances")]
    assert (set(named), listed(park, "balance", LAST).remarks[-1]) == ({""}, "advances-not-drawn-up")
    with pytest.raises(ActRefused) as refused:
        file_return(park.desk, park.licence, "vat", dt.date(2026, 9, 30))
    assert "shop-2026-09-30: dated in the period" in refused.value.reasons[0]
    park.write("z.jsonl", received(9, "2026-09-12", "10.00"))
    retry(park.desk, park.licence)
    park.sync()
    assert park.sync() == {"booked": 5}
    assert standing(park, "2026-09-30")[1:] == (-1_000_826, -210_174)
    file_return(park.desk, park.licence, "vat", dt.date(2026, 9, 30))


LAST = Days(dt.date(2026, 9, 30), dt.date(2026, 9, 30))


def test_balance_list_shows_what_is_declared_and_whether_it_is_booked(park: Business) -> None:
    through_september(park)
    found = listed(park, "balance", LAST)
    there = [("1064", "", Decimal(12100)), ("1063", "VH", Decimal(-10000)), ("1500", "", Decimal(-2100))]
    assert [tuple(row.values()) for row in rows(found, "advances")] == [
        *((SEPTEMBER, "2026-09-30", *one, "booked") for one in there),
        *((OCTOBER, "2026-10-01", *one[:2], -one[2], "booked") for one in there),
    ]
    assert "advances-not-drawn-up" not in found.remarks


def test_a_person_approves_both_or_holds_both(park: Business) -> None:
    park.choose(automatic=False)
    through_september(park)
    approve(park.desk, park.licence)
    park.sync()
    waiting = waiting_of(park.house, park.licence)
    assert balances(park) == [(SEPTEMBER, "waiting", "approval"), (OCTOBER, "waiting", "approval")]
    there = min(one.entry for one in waiting)
    reject(park.desk, park.licence, [there], "first ask the accountant")
    assert balances(park) == [(SEPTEMBER, "held", "rejected"), (OCTOBER, "held", "rejected")]
    take_up(park.desk, park.licence, [one.document for one in waiting])
    park.sync()
    assert approve(park.desk, park.licence, [SEPTEMBER, OCTOBER]) == 2
    park.sync()
    assert balances(park) == [(SEPTEMBER, "booked", "plain"), (OCTOBER, "booked", "plain")]


def test_reversal_takes_both_back_or_is_refused(park: Business) -> None:
    through_september(park)
    with pytest.raises(ActRefused) as refused:
        reverse(park.desk, park.licence, numbers=[SEPTEMBER])
    assert f"{OCTOBER} was booked upon it" in refused.value.reasons[0]
    reverse(park.desk, park.licence, numbers=[SEPTEMBER, OCTOBER])
    park.sync()
    assert standing(park, "2026-10-02") == standing(park, "2026-09-30") == (-1_110_000, 0, 0)
    park.wait(1)
    assert balances(park) == [(SEPTEMBER, "booked", "reversed"), (OCTOBER, "booked", "reversed")]


def test_reversed_and_booked_anew_they_are_declared_once(park: Business) -> None:
    through_september(park)
    reverse(park.desk, park.licence, numbers=[SEPTEMBER, OCTOBER], rebook=True)
    park.sync()
    park.sync()
    assert balances(park) == [(SEPTEMBER, "booked", "plain"), (OCTOBER, "booked", "plain")]
    assert standing(park, "2026-09-30")[1:] == (-1_000_000, -210_000)
    assert standing(park, "2026-10-01") == (-1_110_000, 0, 0)


def test_another_mode_or_filing_period_declares_nothing_twice(park: Business) -> None:
    through_september(park)
    choose(park, filing_period="month")
    park.write("b.jsonl", received(3, "2026-10-05", "10.00"))
    park.sync()
    choose(park, filing_period="month", mode=Mode.MEMORIAL_DAY)
    park.sync()
    choose(park, filing_period="month", mode=Mode.DAY)
    park.sync()
    assert standing(park, "2026-09-30")[1:] == (-1_000_000, -210_000)
    assert len([one for one in balances(park) if one[0] in (SEPTEMBER, OCTOBER)]) == 2
    # under monthly returns July and August have their own; each day after it is taken back
    assert (standing(park, "2026-08-31")[1:], standing(park, "2026-09-01")[1:]) == ((-495_868, -104_132), (0, 0))
    assert standing(park, "2026-10-01")[1:] == (0, 0)


def test_a_licence_beside_leaves_them_out_and_one_without_the_rule_has_none(park: Business) -> None:
    file = licences.as_file(park.house, park.licence)
    other = replace(file, name="beside", rules=replace(file.rules, advances=()))
    licences.apply(park.desk, other)
    through_september(park)
    states = "select state, reason from document_state s join document d on d.id = s.document where d.kind = 'balance'"
    with park.house.database.read() as connection:
        beside = connection.exec_driver_sql(f"{states} and s.licence <> {park.licence.id}").all()
        periods = connection.exec_driver_sql("select distinct licence from term where kind = 'period'").all()
    assert {tuple(row) for row in beside} == {("waiting", "compose")}, "switched off: it has composed nothing yet"
    assert [id for (id,) in periods] == [park.licence.id]


@pytest.mark.parametrize("seed", (0, 4, 9))
def test_whatever_comes_late_each_period_declares_what_was_held(park: Business, seed: int) -> None:
    """Receive and release at random, often late; a naive sum of the documents says what each period declares."""
    choose(park, corrections="automatic", mode=Mode.MEMORIAL_DAY, filing_period="month")
    random, moved = Random(seed), list[tuple[str, int]]()
    for n in range(12):
        today = park.clock.now().date()
        days = [today - dt.timedelta(random.randrange(1, 70)) for _ in range(random.randrange(3))]
        rows = []
        for place, day in enumerate(sorted(max(day, dt.date(2026, 7, 1)) for day in days)):
            cents = random.choice((1, -1)) * random.randrange(1, 200_000)
            moved.append((day.isoformat(), cents))
            rows.append(received(100 * n + place, day.isoformat(), str(Decimal(cents) / 100)))
        park.write(f"{n}.jsonl", *rows)
        park.wait(random.randrange(1, 25))
    park.wait(3)
    park.sync()
    last = park.clock.now().date()
    for month in range(7, 13):
        end = (dt.date(2026, month, 1) + dt.timedelta(31)).replace(day=1) - dt.timedelta(1)
        if end + dt.timedelta(2) > last:
            break
        held = max(100_000 + sum(cents for day, cents in moved if day <= end.isoformat()), 0)
        gross = sum(standing(park, end.isoformat())[1:])
        assert gross == -held, end
        assert standing(park, (end + dt.timedelta(1)).isoformat())[1:] == (0, 0)
    assert {state for _, state, _ in balances(park)} <= {"booked", "skipped"}


def test_a_person_sees_them_on_the_pages_and_reverses_the_two_there(park: Business) -> None:
    through_september(park)
    add_user(park.house, "eva@example.org", "bookkeeper", "bench")
    with served(park.house) as address, person(address) as eva:
        eva.log_in("eva@example.org")
        booked = eva.get("/licences/bench/booked?kind=balance&first=2026-09-01&last=2026-12-31").text
        ids = re.findall(r'name="sale" value="(\d+)"', booked)
        assert (len(ids), "Saldo" in booked, "vooruit ontvangen" in booked) == (2, True, True)
        assert all(number in booked and "12.100,00" in eva.get(f"/find?q={number}").text for number in BOTH)
        found = eva.get("/licences/bench/lists?name=balance&first=2026-09-30&last=2026-09-30").text
        assert "Btw over vooruit ontvangen bedragen" in found
        undo = f"/licences/bench/undo?sale={ids[0]}&sale={ids[1]}"
        shown = eva.get(undo).text
        assert "10.000,00" in shown
        eva.send("/licences/bench/undo", {"csrf": eva.csrf(undo), "sale": ids})
    park.sync()
    assert standing(park, "2026-09-30")[1:] == (0, 0)


BOTH = (SEPTEMBER, OCTOBER)


def test_what_was_deleted_in_the_books_is_seen_and_booked_anew_by_a_person(park: Business) -> None:
    through_september(park)
    park.clock.advance(dt.timedelta(hours=1))
    [year] = park.books.glob("2026.journal")
    kept = [one for one in year.read_text().split("\n; boekbrug\n") if f"mark:{SEPTEMBER}-" not in one]
    year.write_text("\n; boekbrug\n".join(kept))
    first, end = dt.date(2026, 9, 1), dt.date(2026, 11, 1)
    found = reconcile(park.house, park.licence, first, end)
    assert [(one.kind, one.mark.startswith(SEPTEMBER)) for one in found.differences] == [("deleted", True)]
    park.sync()
    assert SEPTEMBER not in year.read_text(), "never sent again by itself"
    accept(park.desk, park.licence, SEPTEMBER, rebook=True)
    park.sync()
    assert reconcile(park.house, park.licence, first, end).is_clean
    assert standing(park, "2026-09-30")[1:] == (-1_000_000, -210_000)
    assert standing(park, "2026-10-01")[1:] == (0, 0)
