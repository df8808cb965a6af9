"""Customers: matched in order, judged, created once, and never changed."""

import pytest

from boekbrug.contract import Booked, Effect, EffectKind, MarkQuery, Party, Prepared, Problem, Refused

from .support import DIVISION, World

NEW = Party(key="k1", name="Jansen", email="j@example.org", country="NL", city="Utrecht")


@pytest.fixture
def world() -> World:
    return World()


def resolve(world: World, *parties: Party) -> list[str | Problem | None]:
    return list(world.target().resolve(DIVISION, parties))


def card(world: World, **values: object) -> str:
    world.change(customer={"Name": "Kaart", "Status": "C", **values})
    return str(list(world.division.customers)[-1])


def create(world: World, party: Party) -> str:
    effect = Effect(id=9, kind=EffectKind.PARTY, mark=party.mark, body=party)
    (made,) = world.target().prepare(DIVISION, [effect])
    assert isinstance(made, Prepared)
    (outcome,) = world.target().post(DIVISION, [made])
    assert isinstance(outcome, Booked)
    return outcome.id


def test_customer_is_made_as_customer_and_found_by_its_mark(world: World) -> None:
    assert resolve(world, NEW) == [None]
    id = create(world, NEW)
    row = world.division.customers[id]
    assert (row["Name"], row["Status"], row["Email"], row["Country"].strip()) == ("Jansen", "C", "j@example.org", "NL")
    assert resolve(world, NEW) == [id]
    (matches,) = world.target().find(DIVISION, [MarkQuery(mark=NEW.mark, kind=EffectKind.PARTY)])
    assert isinstance(matches, tuple)
    assert [match.id for match in matches] == [id]


def test_matching_goes_by_stored_id_then_mark_then_vat_number_then_email(world: World) -> None:
    by_email = card(world, Email="J@example.org")
    party = Party(key="k1", name="Jansen", email="j@example.org", vat_id="NL1B01")
    assert resolve(world, NEW) == [by_email]
    by_vat = card(world, VATNumber="NL1B01")
    assert resolve(world, party) == [by_vat]
    by_mark = card(world, SearchCode=party.mark, VATNumber="NL 1.B01")
    assert resolve(world, party) == [by_mark]
    stored = Party(key="k1", name="Jansen", remote_id=by_email)
    assert resolve(world, stored) == [by_email]


def test_collective_debtor_is_found_by_padded_code_or_name(world: World) -> None:
    id = card(world, Code="9000", Name="Webwinkelklanten")
    parties = [Party(key=f"collective {name}", name=name) for name in ("9000", "Webwinkelklanten", "Niemand")]
    assert resolve(world, *parties) == [id, id, None]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"Country": "BE"}, "exact-customer-differs"),
        ({"VATNumber": "NL999999999B01"}, "exact-customer-differs"),
        ({"Status": "P"}, "exact-customer-status"),
        ({"Blocked": True}, "exact-blocked"),
    ],
)
def test_card_that_does_not_fit_is_a_problem(world: World, values: dict[str, object], code: str) -> None:
    card(world, Email="j@example.org", **values)
    party = Party(key="k1", name="Jansen", email="j@example.org", country="NL", vat_id="NL1B01")
    (answer,) = resolve(world, party)
    assert isinstance(answer, Problem)
    assert answer.code == code


def test_two_cards_with_one_email_are_a_problem_and_no_guess(world: World) -> None:
    card(world, Email="j@example.org")
    card(world, Email="j@example.org")
    (answer,) = resolve(world, NEW)
    assert isinstance(answer, Problem)
    assert answer.code == "exact-customer-ambiguous"


def test_hundred_customers_are_looked_up_in_five_calls(world: World) -> None:
    known = [card(world, Email=f"x{n}@example.org") for n in range(50)]
    parties = [Party(key=f"x{n}", name="x", email=f"x{n}@example.org") for n in range(100)]
    world.mounted.calls.clear()
    assert resolve(world, *parties) == [*known, *[None] * 50]
    assert len(world.mounted.calls) == 5


def test_quote_in_a_name_breaks_no_filter(world: World) -> None:
    id = card(world, Name="O'Brien & Co")
    assert resolve(world, Party(key="collective O'Brien & Co", name="O'Brien & Co")) == [id]


def test_without_new_customers_an_unknown_one_is_a_problem(world: World) -> None:
    effect = Effect(id=9, kind=EffectKind.PARTY, mark=NEW.mark, body=NEW)
    (answer,) = world.target(new_customers=False).prepare(DIVISION, [effect])
    assert isinstance(answer, Refused)
    assert answer.problems[0].code == "exact-customer-absent"
