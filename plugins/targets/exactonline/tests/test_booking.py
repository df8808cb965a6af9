"""Entries as Exact takes them, and as its ledger shows them afterwards."""

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from boekbrug.contract import (
    Booked,
    Effect,
    EffectKind,
    Entry,
    EntryKind,
    ExchangeRate,
    FoundEntry,
    Line,
    MarkQuery,
    Note,
    Outcome,
    Prepared,
    Refused,
    Role,
    Treatment,
)

from .support import DIVISION, World, effects, facts_of, sale


@pytest.fixture
def world() -> World:
    return World()


def prepared(world: World, entry: Entry) -> Prepared:
    (made,) = world.target().prepare(DIVISION, effects(entry))
    assert isinstance(made, Prepared), made
    return made


def payload(world: World, entry: Entry) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(prepared(world, entry).payload)
    return found


def booked(world: World, entry: Entry) -> Outcome:
    return world.target().post(DIVISION, [prepared(world, entry)])[0]


def refusal(world: World, entry: Entry) -> list[tuple[str, str]]:
    (made,) = world.target().prepare(DIVISION, effects(entry))
    assert isinstance(made, Refused), made
    return facts_of(made.problems)


def test_tender_is_a_negative_line_without_vat_and_the_debtor_keeps_the_rest(world: World) -> None:
    entry = sale(
        world.customer(),
        Line(role=Role.PAYMENT, account="1060", minor=10000),
        Line(role=Role.DEBTOR, account="1300", minor=7550),
    )
    lines = payload(world, entry)["SalesEntryLines"]
    assert [(line["AmountFC"], line["VATCode"]) for line in lines] == [(100.0, "2"), (50.0, "4"), (-100.0, "0")]
    assert [line.get("VATAmountFC") for line in lines] == [21.0, 4.5, None]
    assert isinstance(booked(world, entry), Booked)
    assert world.ledger() == {"1060": 10000, "1300": 7550, "8000": -10000, "1500": -2100, "8010": -5000, "1501": -450}


def test_sale_that_leaves_nothing_open_is_booked(world: World) -> None:
    assert booked(world, sale(world.customer())) == Booked(
        id=next(iter(world.division.entries)), number="26700001", total=17550
    )
    assert world.ledger()["1060"] == 17550
    assert "1300" not in world.ledger()


def test_zero_total_that_exact_refuses_is_named(world: World) -> None:
    world.change(switches={"zero_total": "refuse"})
    outcome = booked(world, sale(world.customer()))
    assert isinstance(outcome, Refused)
    assert facts_of(outcome.problems) == [("exact-zero-total", "Ongeldig: Bedrag")]


def test_vat_cents_of_the_source_are_booked_and_not_computed_ones(world: World) -> None:
    lines = (
        Line(role=Role.BASE, account="8000", minor=-8263, vat_code="2", vat_minor=-1736),
        Line(role=Role.VAT, account="1500", minor=-1736, vat_code="2", base=0),
        Line(role=Role.PAYMENT, account="1060", minor=9999),
    )
    booked(world, sale(world.customer(), lines=lines))
    assert world.ledger() == {"1060": 9999, "8000": -8263, "1500": -1736}


def test_code_that_includes_vat_takes_amounts_with_vat(world: World) -> None:
    lines = (
        Line(role=Role.BASE, account="8000", minor=-10000, vat_code="1", vat_minor=-2100),
        Line(role=Role.VAT, account="1500", minor=-2100, vat_code="1", base=0),
        Line(role=Role.PAYMENT, account="1060", minor=12100),
    )
    entry = sale(world.customer(), lines=lines)
    assert payload(world, entry)["SalesEntryLines"][0]["AmountFC"] == 121.0
    booked(world, entry)
    assert world.ledger() == {"1060": 12100, "8000": -10000, "1500": -2100}


def test_credit_note_is_a_negative_sales_entry(world: World) -> None:
    original = sale(world.customer())
    turned = [msgspec.structs.replace(line, minor=-line.minor, vat_minor=-line.vat_minor) for line in original.lines]
    booked(world, original)
    booked(world, sale(world.customer(), mark="C1-K7QF-1", lines=tuple(turned)))
    assert world.ledger() == {}


MEMORIAL = (
    Line(role=Role.PAYMENT, account="1290", minor=48000),
    Line(role=Role.PAYMENT, account="1050", minor=73000),
    Line(role=Role.BASE, account="8000", minor=-100000, vat_code="2", vat_minor=-21000),
    Line(role=Role.VAT, account="1500", minor=-21000, vat_code="2", base=2),
)


def day(*lines: Line, journal: str = "90") -> Entry:
    return sale("", lines=lines or MEMORIAL, kind=EntryKind.MEMORIAL, journal=journal, party=None)


@pytest.mark.parametrize("code", ["1", "2"], ids=["included", "on-top"])
def test_day_turnover_balances_as_memorial_with_either_type_of_code(world: World, code: str) -> None:
    lines = tuple(msgspec.structs.replace(line, vat_code=code) if line.vat_code else line for line in MEMORIAL)
    entry = day(*lines)
    assert isinstance(booked(world, entry), Booked)
    assert world.ledger() == {"1290": 48000, "1050": 73000, "8000": -100000, "1500": -21000}


def test_memorial_whose_vat_differs_by_a_cent_states_it(world: World) -> None:
    lines = (
        Line(role=Role.PAYMENT, account="1290", minor=12101),
        Line(role=Role.BASE, account="8000", minor=-10000, vat_code="2", vat_minor=-2101),
        Line(role=Role.VAT, account="1500", minor=-2101, vat_code="2", base=1),
    )
    entry = day(*lines)
    assert [line.get("AmountVATFC") for line in payload(world, entry)["GeneralJournalEntryLines"]] == [None, -21.01]
    booked(world, entry)
    assert world.ledger() == {"1290": 12101, "8000": -10000, "1500": -2101}


def test_memorial_with_cash_or_without_vat_journal_is_refused_before_it_is_sent(world: World) -> None:
    cash = msgspec.structs.replace(MEMORIAL[0], account="1000")
    assert refusal(world, day(cash, *MEMORIAL[1:])) == [("exact-account-unfit", "1000 (Kas)")]
    assert refusal(world, day(journal="91")) == [("exact-journal-without-vat", "91")]
    assert world.records() == 0


@pytest.mark.parametrize(("journal", "account", "path"), [("30", "1010", "BankEntries"), ("20", "1000", "CashEntries")])
def test_later_payment_goes_into_cash_or_bank_with_customer_and_number(
    world: World, journal: str, account: str, path: str
) -> None:
    lines = (
        Line(role=Role.PAYMENT, account=account, minor=12100),
        Line(role=Role.DEBTOR, account="1300", minor=-12100, reference="26700001"),
    )
    entry = sale(world.customer(), lines=lines, kind=EntryKind.CASH, journal=journal)
    made = prepared(world, entry)
    assert made.group.endswith(path)
    (line,) = msgspec.json.decode(made.payload)[path.replace("ies", "yLines")]
    assert (line["Account"], line["OurRef"], line["AmountFC"]) == (world.customer(), 26700001, 121.0)
    assert isinstance(booked(world, entry), Booked)
    assert world.ledger() == {account: 12100, "1300": -12100}


def test_payment_on_another_account_than_the_journals_is_booked_as_it_is(world: World) -> None:
    lines = (
        Line(role=Role.PAYMENT, account="1060", minor=12100),
        Line(role=Role.DEBTOR, account="1300", minor=-12100),
    )
    booked(world, sale(world.customer(), lines=lines, kind=EntryKind.CASH, journal="30"))
    assert world.ledger() == {"1060": 12100, "1300": -12100}


def test_foreign_currency_carries_the_rate_the_other_way_round(world: World) -> None:
    rate = ExchangeRate(rate=Decimal("1.10"), source="ecb", date="2026-09-14")
    lines = (
        Line(role=Role.BASE, account="8030", minor=-11000, vat_code="6", euro_minor=-10000),
        Line(role=Role.PAYMENT, account="1062", minor=11000, euro_minor=10000),
    )
    entry = sale(world.customer(), lines=lines, currency="USD", rate=rate)
    booked(world, entry)
    assert world.ledger() == {"8030": -10000, "1062": 10000}
    elsewhere = msgspec.structs.replace(entry, journal="71")
    assert refusal(world, elsewhere) == [("exact-currency-not-allowed", "USD (71)")]


@pytest.mark.parametrize(
    ("account", "code", "treatment", "vat", "ledger"),
    [
        ("8040", "7", Treatment.INTRA_EU_GOODS, 0, {"8040": -10000, "1060": 10000}),
        ("8040", "8", Treatment.INTRA_EU_SERVICE, 0, {"8040": -10000, "1060": 10000}),
        ("8000", "9", Treatment.REVERSE_CHARGE, 0, {"8000": -10000, "1060": 10000}),
        ("8030", "6", Treatment.EXPORT, 0, {"8030": -10000, "1060": 10000}),
        ("8050", "DE", Treatment.OSS, 1900, {"8050": -10000, "1502": -1900, "1060": 11900}),
    ],
)
def test_special_vat_goes_by_its_own_code_and_names_the_customer(
    world: World, account: str, code: str, treatment: Treatment, vat: int, ledger: dict[str, int]
) -> None:
    lines = [
        Line(role=Role.BASE, account=account, minor=-10000, vat_code=code, vat_minor=-vat, treatment=treatment),
        Line(role=Role.PAYMENT, account="1060", minor=10000 + vat),
    ]
    if vat:
        lines.append(Line(role=Role.VAT, account="1502", minor=-vat, vat_code=code, base=0))
    entry = sale(world.customer(), lines=tuple(lines))
    assert entry.party is not None
    named = msgspec.structs.replace(entry.party, vat_id="DE123456789", country="DE")
    assert isinstance(booked(world, msgspec.structs.replace(entry, party=named)), Booked)
    assert world.ledger() == ledger
    assert [line["VATCode"].strip() for line in world.division.ledger if line["VATCode"]].count(code) == 1 + bool(vat)
    sold = next(iter(world.division.entries.values()))
    assert sold["Customer"] == world.customer()


def test_intra_eu_sale_without_vat_id_is_refused(world: World) -> None:
    lines = (
        Line(role=Role.BASE, account="8040", minor=-100, vat_code="7", treatment=Treatment.INTRA_EU_GOODS),
        Line(role=Role.PAYMENT, account="1060", minor=100),
    )
    assert refusal(world, sale(world.customer(), lines=lines)) == [("exact-vat-id-missing", "W1")]


def test_what_the_chart_tells_is_refused_before_it_is_sent(world: World) -> None:
    customer = world.customer()
    found = {
        "account": refusal(world, sale(customer, Line(role=Role.PAYMENT, account="1999", minor=17550))),
        "cash": refusal(world, sale(customer, Line(role=Role.PAYMENT, account="1000", minor=17550))),
        "blocked": refusal(world, sale(customer, Line(role=Role.PAYMENT, account="8999", minor=17550))),
        "centre": refusal(world, sale(customer, Line(role=Role.OTHER, account="8100", minor=17550))),
        "journal": refusal(world, sale(customer, journal="90")),
        "year": refusal(world, sale(customer, date=dt.date(2031, 1, 1))),
        "condition": refusal(world, sale(customer, condition="99")),
        "customer": refusal(world, sale("", party=None)),
        "balance": refusal(world, sale(customer, Line(role=Role.PAYMENT, account="1060", minor=17549))),
    }
    assert found == {
        "account": [("exact-account-unknown", "1999")],
        "cash": [("exact-account-unfit", "1000 (Kas)")],
        "blocked": [("exact-blocked", "8999")],
        "centre": [("exact-cost-centre", "8100")],
        "journal": [("exact-journal-unfit", "90 (sales)")],
        "year": [("exact-period-missing", "2031-01-01")],
        "condition": [("exact-condition-unknown", "99")],
        "customer": [("exact-customer-needed", "W1")],
        "balance": [("exact-unbalanced", "W1 (-1)")],
    }
    assert world.records() == 0


def test_chart_is_read_once_and_anew_when_it_refuses(world: World) -> None:
    target = world.target()
    world.change(close=[("70", 2026, 9)])
    assert isinstance(target.prepare(DIVISION, effects(sale(world.customer())))[0], Refused)
    read = len(world.mounted.paths("GET"))
    world.change(open=[("70", 2026, 9)])
    assert isinstance(target.prepare(DIVISION, effects(sale(world.customer())))[0], Refused)
    assert len(world.mounted.paths("GET")) == read
    assert world.clock is not None
    world.clock.advance(dt.timedelta(minutes=2))
    assert isinstance(target.prepare(DIVISION, effects(sale(world.customer())))[0], Prepared)


def test_forty_marks_are_looked_for_in_one_call(world: World) -> None:
    marks = [f"W{n}-K7QF-1" for n in range(45)]
    target = world.target()
    for mark in marks[:3]:
        target.post(DIVISION, [prepared(world, sale(world.customer(), mark=mark))])
    made = [prepared(world, sale(world.customer(), mark=mark)) for mark in marks]
    world.mounted.calls.clear()
    queries = [MarkQuery(mark=one.mark, kind=EffectKind.ENTRY, prepared=one) for one in made]
    answers = target.find(DIVISION, queries)
    assert [len(answer) for answer in answers if isinstance(answer, tuple)] == [1, 1, 1] + [0] * 42
    assert [matches[0].total for matches in answers[:3] if isinstance(matches, tuple)] == [17550] * 3
    assert len(world.mounted.paths("GET")) == 2


def test_two_entries_under_one_mark_are_both_found(world: World) -> None:
    one = prepared(world, sale(world.customer()))
    world.target().post(DIVISION, [one, one])
    (matches,) = world.target().find(DIVISION, [MarkQuery(mark=one.mark, kind=EffectKind.ENTRY, prepared=one)])
    assert isinstance(matches, tuple)
    assert len(matches) == 2


def test_entry_reads_back_with_codes_period_and_status(world: World) -> None:
    outcome = booked(world, sale(world.customer()))
    assert isinstance(outcome, Booked)
    (found,) = world.target().read(DIVISION, [outcome.id])
    assert isinstance(found, FoundEntry)
    assert (found.period, found.status, found.journal) == ("2026 - 9", "20", "70")
    coded = {(line.account, line.vat_code, line.minor) for line in found.lines}
    assert {("8000", "2", -10000), ("8010", "4", -5000), ("1060", "0", 17550)} <= coded


def test_entry_is_read_under_its_own_id_however_a_person_writes_it(world: World) -> None:
    outcome = booked(world, sale(world.customer()))
    assert isinstance(outcome, Booked)
    id, number = outcome.id, outcome.number
    typed = [id, id.upper(), f"{{{id.upper()}}}", f" {id} ", number, f" {number}", "26709999", "99999999999", "W1", ""]
    calls = len(world.mounted.calls)
    answers = world.target().read(DIVISION, [*typed, id[:-1] + "g"])
    assert [answer.id if isinstance(answer, FoundEntry) else "" for answer in answers] == [*[id] * 6, *[""] * 5]
    asked = [path for _, path, _ in world.mounted.calls[calls:] if "bulk/Financial/TransactionLines" in path]
    assert ["EntryNumber%20eq" in path for path in asked] == [False, True]


def test_long_texts_are_cut_and_stay_one_line(world: World) -> None:
    entry = sale(world.customer(), text="Bestelling\r\n" + "x" * 200)
    description = payload(world, entry)["Description"]
    assert description == "Bestelling " + "x" * 49


def test_note_is_refused(world: World) -> None:
    effect = Effect(id=1, kind=EffectKind.NOTE, mark="m", body=Note(subject="a", text="b"))
    (answer,) = world.target().prepare(DIVISION, [effect])
    assert isinstance(answer, Refused)
