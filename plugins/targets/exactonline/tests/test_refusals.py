"""What Exact says, in both languages, becomes a problem with a fix; what is not known is shown as it is."""

import pytest

from boekbrug.contract import (
    AdministrationBarred,
    BoekbrugError,
    Booked,
    Line,
    MissingRight,
    OutcomeUnknown,
    Prepared,
    Refused,
    Retriable,
    Role,
    Unknown,
)
from boekbrug.testing.wire import Fault
from boekbrug_exactonline.errors import DivisionBusy, DivisionGone, LicenceExpired, ScopeMissing, UserBlocked
from boekbrug_exactonline.problems import codes
from boekbrug_exactonline.settings import ExactOnlineSettings
from boekbrug_exactonline.target import ExactOnlineTarget
from boekbrug_exactonline.texts import CODES, problems_in

from .support import DIVISION, World, effects, facts_of, sale

SALES = f"/api/v1/{DIVISION}/salesentry/SalesEntries"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("Verplicht: Dagboek", "exact-field-missing"),
        ("Mandatory: Journal", "exact-field-missing"),
        ("Verplicht: Betalingsconditie", "exact-condition-unknown"),
        ("Ongeldige referentie: Journals", "exact-journal-unknown"),
        ("Ongeldige referentie: Btw-code", "exact-vat-code-unknown"),
        ("Invalid reference: VAT code", "exact-vat-code-unknown"),
        ("Ongeldige referentie: Kostendrager", "exact-cost-centre"),
        ("Ongeldige referentie: Klant", "exact-customer-gone"),
        ("Ongeldig: Grootboekrekeningtype", "exact-account-unfit"),
        ("Invalid: G/L account type", "exact-account-unfit"),
        ("Ledger account '1300' is of a wrong type: '20 - Accounts receivable'", "exact-account-unfit"),
        ("Ongeldig: Dagboek", "exact-journal-unfit"),
        ("Invalid journal. The journal must be a cash journal.", "exact-journal-unfit"),
        ("Ongeldig: Klant (Type)", "exact-customer-status"),
        ("Invalid: Customer (Type)", "exact-customer-status"),
        ("Niet toegestaan: Btw-code", "exact-journal-without-vat"),
        ("Not allowed: VAT-code", "exact-journal-without-vat"),
        ("Ontbrekend: Btw code", "exact-vat-code-unknown"),
        ("Missing: VAT code", "exact-vat-code-unknown"),
        ("Ongeldig: Btw-code", "exact-vat-code-unknown"),
        ("Geblokkeerd: Btw code", "exact-blocked"),
        ("Ontbrekend: Btw-nummer", "exact-vat-id-missing"),
        ("Invalid: VAT number", "exact-vat-id-missing"),
        ("ledger account 1000 is type Cash (10)", "exact-account-unfit"),
        ("Invalid: Type (VAT to be paid)", "exact-vat-accounts"),
        ("Wrong Division", "exact-division-missing"),
        ("Boekstuknummer in gebruik", "exact-number-used"),
        ("Verplicht: Relatie", "exact-field-missing"),
        ("Verplicht: Vervaldatum", "exact-field-missing"),
        ("Ongeldig: Factuur voor (Type)", "exact-customer-status"),
        ("Not allowed: Exchange rate", "exact-currency-not-allowed"),
        ("Ongeldig: Btw-percentage []", "exact-vat-not-allowed"),
        ("BTW percentage is niet toegestaan", "exact-vat-not-allowed"),
        ("btw-bedrag niet toegestaan bij btw-code type geen btw", "exact-vat-not-allowed"),
        ("Ongeldig: Type (Rekening af te dragen btw)", "exact-vat-accounts"),
        ("Periode is afgesloten: 2026 - 3", "exact-period-closed"),
        ("Period is closed", "exact-period-closed"),
        ("Unknown: Financial year (Period-date table)", "exact-period-missing"),
        ("The financial year cannot be changed.", "exact-year-fixed"),
        ("De boeking is niet in evenwicht op: 2026 / 3 (Type: 90) - Verschil: EUR -0,01", "exact-unbalanced"),
        ("Geblokkeerd: Grootboekrekening: 8000 - Omzet", "exact-blocked"),
        ("Blocked: Ledger account: 85071 - x", "exact-blocked"),
        ("In gebruik: Boekstuknummer", "exact-number-used"),
        ("Already exists - Entry number: 26700001, Journal: 70", "exact-number-used"),
        ("Bestaat reeds: Code", "exact-exists-already"),
        ("Niet toegestaan: Wisselkoers", "exact-currency-not-allowed"),
        ("Reeds verwerkt", "exact-processed"),
        ("Document Type not allowed", "exact-document-type"),
        ("Iets wat nog niemand zag", "exact-refused"),
    ],
)
def test_text_becomes_the_problem_that_explains_it(message: str, code: str) -> None:
    (problem,) = problems_in(message)
    assert problem.code == code
    assert problem.facts["what"] in message


def test_each_line_of_a_message_is_a_problem() -> None:
    found = problems_in("Verplicht: Factuur voor\r\nVerplicht: Besteld door\r\nVerplicht: Besteld door")
    assert facts_of(found) == [("exact-field-missing", "Factuur voor"), ("exact-field-missing", "Besteld door")]


def test_every_code_of_a_text_or_error_is_registered() -> None:
    raised = {kind.code for kind in (DivisionGone, LicenceExpired, DivisionBusy, UserBlocked, ScopeMissing)}
    assert {code.code for code in codes()} >= CODES | raised


def made(world: World) -> Prepared:
    (one,) = world.target().prepare(DIVISION, effects(sale(world.customer())))
    assert isinstance(one, Prepared)
    return one


@pytest.mark.parametrize("language", ["NL", "EN"])
def test_refusal_after_the_checks_is_explained_in_either_language(language: str) -> None:
    world = World()
    one = made(world)
    world.change(close=[("70", 2026, 9)], language=language, account={"Code": "8000", "IsBlocked": True})
    (outcome,) = world.target().post(DIVISION, [one])
    assert isinstance(outcome, Refused)
    assert {problem.code for problem in outcome.problems} == {"exact-period-closed", "exact-blocked"}


def test_unknown_text_is_logged_once_it_is_met() -> None:
    world = World()
    body = '{"error":{"code":"","message":{"lang":"","value":"Iets nieuws"}}}'
    world.faults.add(Fault(kind="status", status=500, body=body, path=SALES))
    context = world.context()
    target = ExactOnlineTarget(context, ExactOnlineSettings())
    owed = sale(world.customer(), Line(role=Role.DEBTOR, account="1300", minor=17550))
    (one,) = target.prepare(DIVISION, effects(owed))
    assert isinstance(one, Prepared)
    (outcome,) = target.post(DIVISION, [one])
    assert isinstance(outcome, Refused)
    assert facts_of(outcome.problems) == [("exact-refused", "Iets nieuws")]
    assert isinstance(target.post(DIVISION, [one])[0], Booked)
    assert [event for event, _ in context.log.events] == ["exactonline.unknown-text"]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_failure_without_a_message_is_unknown(status: int) -> None:
    world = World()
    one = made(world)
    world.faults.add(Fault(kind="status", status=status, body="<html>", path=SALES))
    assert isinstance(world.target().post(DIVISION, [one])[0], Unknown)


def test_lost_reply_is_raised_as_unknown() -> None:
    world = World()
    one = made(world)
    world.faults.add(Fault(kind="drop-reply", path=SALES))
    with pytest.raises(OutcomeUnknown):
        world.target().post(DIVISION, [one])


@pytest.mark.parametrize(
    ("change", "error", "code", "what"),
    [
        ({"division": {"blocking": 1}}, Retriable, "exact-division-busy", DIVISION),
        ({"switches": {"licence_expired": True}}, AdministrationBarred, "exact-licence-expired", DIVISION),
        (
            {"switches": {"out_of_scope": ["salesentry/SalesEntries"]}}, MissingRight, "exact-scope-missing",
            "salesentry/SalesEntries",
        ),
        (
            {"move": {"owner": "c0a80101-0000-4000-8000-000000000009"}}, AdministrationBarred,
            "exact-division-missing", DIVISION,
        ),
    ],
)  # fmt: skip
def test_what_forbids_the_call_is_raised_and_nothing_is_booked(
    change: dict[str, object], error: type[BoekbrugError], code: str, what: str
) -> None:
    world = World()
    one = made(world)
    division = world.division
    world.change(**change)
    with pytest.raises(error) as caught:
        world.target().post(DIVISION, [one])
    assert (caught.value.code, caught.value.facts["what"]) == (code, what)
    assert not division.entries


def test_blocked_user_is_named_and_another_reason_is_shown_as_it_is() -> None:
    world = World()
    one = made(world)
    for reason, code in (("BlockedUser", "exact-user-blocked"), ("Other", "missing-right")):
        world.faults.add(Fault(kind="status", status=403, headers={"Reason": reason}, path=SALES))
        with pytest.raises(MissingRight) as caught:
            world.target().post(DIVISION, [one])
        assert caught.value.code == code


def test_unknown_text_of_a_paid_sale_is_no_refused_total() -> None:
    world = World()
    body = '{"error":{"code":"","message":{"lang":"","value":"Iets nieuws"}}}'
    world.faults.add(Fault(kind="status", status=500, body=body, path=SALES))
    (outcome,) = world.target().post(DIVISION, [made(world)])
    assert isinstance(outcome, Refused)
    assert facts_of(outcome.problems) == [("exact-refused", "Iets nieuws")]
