import datetime as dt

from msgspec.structs import replace
from tests.unit.booking.drafts import one
from tests.unit.booking.shop import EVIDENCE, NOON, amounts, book, item, line, order

from boekbrug.booking import Draft, Held, Rejected, Skipped, compose_individual
from boekbrug.booking.corrections import Correction, correct, net_vat, reverse, reverse_term
from boekbrug.contract import Buyer, DocumentKind

SALE = order(line("121.00"), paid={"ideal": "121.00"})
BOOKED = one(SALE)
FILED = replace(EVIDENCE, filed_through=dt.date(2026, 9, 30))


def corrected(replacement: Draft | Skipped) -> Correction:
    found = correct(BOOKED, replacement, 1, 2, EVIDENCE)
    assert isinstance(found, Correction)
    return found


def test_change_of_an_amount_is_one_net_entry() -> None:
    (net,) = corrected(one(order(line("60.50"), paid={"ideal": "60.50"}))).entries
    assert amounts(net) == "C1060 60.50, D1500 10.50, D8000(VH) 50.00"
    assert net.number == "W1/2"
    assert [member.facet for member in net.members] == ["correction 1 out", "correction 1 in"]


def test_change_of_party_takes_out_and_puts_in() -> None:
    other = one(order(line("121.00"), on_account=True, buyer=Buyer(name="Els", customer_id="8", country="NL")))
    out, into = corrected(other).entries
    assert amounts(out) == "C1060 121.00, D1500 21.00, D8000(VH) 100.00"
    assert amounts(into) == "C1500 21.00, C8000(VH) 100.00, D1300 121.00"
    assert (out.number, into.number) == ("W1/2", "W1/3")
    assert [out.members[0].facet, into.members[0].facet] == ["correction 1 out", "correction 1 in"]


def test_change_that_does_not_touch_the_booking_is_no_entry() -> None:
    assert isinstance(correct(BOOKED, one(replace(SALE, status="sent")), 1, 2, EVIDENCE), Skipped)


def test_document_that_became_void_is_only_taken_out() -> None:
    (out,) = corrected(Skipped("void: cancelled")).entries
    assert net_vat([BOOKED, out]) == {"VH": (0, 0)}


def test_broken_change_leaves_the_booking_alone() -> None:
    broken = compose_individual(item(order(line("1.00"), total="9.00", on_account=True)), book(), EVIDENCE)
    assert isinstance(broken, Rejected)
    assert correct(BOOKED, broken, 1, 2, EVIDENCE) is broken


def test_filed_period_needs_a_date_from_a_person_for_both_halves() -> None:
    other = one(order(line("121.00"), on_account=True))
    assert isinstance(correct(BOOKED, other, 1, 2, FILED), Held)
    found = correct(BOOKED, other, 1, 2, FILED, chosen=dt.date(2026, 10, 1))
    assert isinstance(found, Correction)
    assert {entry.date for entry in found.entries} == {dt.date(2026, 10, 1)}
    assert isinstance(correct(BOOKED, other, 1, 2, FILED, chosen=dt.date(2026, 9, 1)), Held)


def test_reversal_keeps_the_date_while_its_period_is_open() -> None:
    counter = reverse(BOOKED, EVIDENCE)
    assert isinstance(counter, Draft)
    assert counter.date == NOON.date()
    assert isinstance(reverse(BOOKED, FILED), Held)


def test_locked_year_is_not_crossed_before_it_is_filed() -> None:
    locked = replace(EVIDENCE, locked_through=dt.date(2026, 12, 31), today=dt.date(2027, 1, 5))
    assert isinstance(reverse(BOOKED, locked, dt.date(2027, 1, 2)), Held)


def test_term_is_reversed_as_a_whole_newest_first() -> None:
    later = replace(BOOKED, number="W1/2")
    counters = reverse_term([BOOKED, later], EVIDENCE)
    assert not isinstance(counters, Held)
    assert [counter.number for counter in counters] == ["W1/2", "W1"]
    assert net_vat([BOOKED, later, *counters]) == {"VH": (0, 0)}
    half_filed = [replace(BOOKED, date=dt.date(2026, 10, 5)), BOOKED]
    assert isinstance(reverse_term(half_filed, FILED), Held)


def test_credit_after_a_change_of_rules_still_mirrors_the_booking() -> None:
    credit = order(line("-121.00"), kind=DocumentKind.CREDIT_NOTE, paid={"ideal": "-121.00"})
    from boekbrug.booking import Original

    mirrored = one(credit, more={"original": Original(lines=BOOKED.lines)}, vat=[])
    assert net_vat([BOOKED, mirrored]) == {"VH": (0, 0)}
