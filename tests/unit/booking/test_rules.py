import datetime as dt
import tomllib
from decimal import Decimal

import msgspec
import pytest
from tests.unit.booking.shop import RULES, book, rules

from boekbrug.booking import Rules, chart_use, read_rules
from boekbrug.booking.checks import check_chart
from boekbrug.booking.difference import Change, as_template, differences, with_openings
from boekbrug.booking.suggest import suggest
from boekbrug.contract import (
    Account,
    AccountType,
    Catalogue,
    Chart,
    Choice,
    DocumentKind,
    EntryKind,
    Journal,
    Role,
    SettingsError,
    Treatment,
    VatCode,
)

VOUCHER = {"bon": {"account": "1600", "role": "single-purpose-voucher", "rate": "21"}}
CHART = Chart(
    accounts=(
        Account(code="1300", name="Debiteuren", type=AccountType.DEBTOR),
        Account(code="1500", name="Btw", type=AccountType.VAT),
        Account(code="8000", name="Omzet 21%", type=AccountType.REVENUE),
        Account(code="8010", name="Omzet 9%", type=AccountType.REVENUE),
        Account(code="8020", name="Omzet EU", type=AccountType.REVENUE, blocked=True),
    ),
    vat_codes=(VatCode(code="VH", name="Hoog", rate=Decimal(21), treatment=Treatment.DOMESTIC, account="1500"),),
    journals=(Journal(code="70", name="Verkoop", kinds=frozenset({EntryKind.SALES})),),
)


def test_every_fault_is_listed_with_its_path() -> None:
    table = {
        "mode": "weekly",
        "vat": [{"treatment": "domestic", "rate": 21, "account": ""}, {"treatment": "magic", "account": "8000"}],
        "payments": {"ideal": {"account": "1060", "colour": "red"}},
        "rounding": {"per_document": 6},
        "lines": {"gift-wrap": {"account": "8090"}},
    }
    with pytest.raises(SettingsError) as refused:
        read_rules(table)
    paths = {fault.split(":")[0] for fault in refused.value.faults}
    assert paths == {
        "vat_scheme",
        "mode",
        "vat[0].account",
        "vat[1].treatment",
        "payments.ideal.colour",
        "rounding.per_document",
        "lines.gift-wrap",
    }


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"debtor": ""}, "debtor"),
        ({"journals": {}}, "journals.sales"),
        ({"mode": "hybrid", "journals": {"sales": "70"}}, "journals.memorial"),
        ({"paid_sales": "cash", "journals": {"sales": "70", "memorial": "90"}}, "journals.cash"),
        ({"rounding": {}}, "rounding.account"),
        ({"vat_scheme": "cash", "vat_not_due": ""}, "vat_not_due"),
        ({"text": "{number} {password}"}, "text"),
        ({"text": "{number.__class__}"}, "text"),
        ({"text": "{number"}, "text"),
        ({"oss": True}, "oss"),
        ({"basis": "payment"}, "basis"),
        ({"vat": [*RULES["vat"], RULES["vat"][0]]}, "vat[9]"),
        ({"vat": [{"treatment": "domestic", "rate": "21", "account": "8000"}]}, "vat[0].vat_account"),
        ({"vat": [{"treatment": "domestic", "rate": "121", "account": "8000"}]}, "vat[0].rate"),
        ({"vat": [{"treatment": "export", "rate": "9", "account": "8000", "vat_account": "1501"}]}, "vat[0].rate"),
        ({"payments": {"bon": {"account": "1600", "role": "single-purpose-voucher"}}}, "payments.bon.rate"),
        ({"payments": VOUCHER, "gift_cards": "multi-purpose"}, "payments.bon.role"),
        ({"payments": VOUCHER, "gift_cards": "none"}, "payments.bon.role"),
        ({"invoices_by": "package", "basis": "invoice"}, "basis"),
    ],
)
def test_inconsistent_rules_are_refused(changes: dict[str, object], path: str) -> None:
    with pytest.raises(SettingsError) as refused:
        rules(**changes)
    assert [fault.split(":")[0] for fault in refused.value.faults] == [path]


def test_rules_survive_the_database_and_toml() -> None:
    stored = msgspec.json.decode(msgspec.json.encode(rules(oss=dt.date(2026, 7, 1))), type=Rules)
    assert stored == rules(oss=dt.date(2026, 7, 1))
    table = tomllib.loads('vat_scheme = "cash"\nvat_not_due = "1506"\noss = 2026-07-01\ndebtor = "1300"\n'
                          '[journals]\nsales = "70"\n[rounding]\naccount = "4310"\n')  # fmt: skip
    assert read_rules(table).oss == dt.date(2026, 7, 1)


def test_unanswered_questions_are_named() -> None:
    asked = rules().open_questions()
    assert asked == ("filed_through", "invoices_by", "gift_cards", "provider_booked_by")


def test_chart_check_names_what_is_missing_blocked_or_of_another_type() -> None:
    problems = check_chart(chart_use(rules(debtor="8000")), CHART)
    found = {(problem.code, problem.facts["setting"]) for problem in problems}
    assert ("rules-account-type", "debtor") in found
    assert ("rules-account-blocked", "vat[3].account") in found
    assert ("rules-account-unknown", "payments.ideal.account") in found
    assert ("rules-vat-code-unknown", "vat[1].account") in found
    assert ("rules-journal-unfit", "journals.memorial") in found
    assert not {setting for _, setting in found} & {"vat[0].account", "vat[0].vat_account", "journals.sales"}


def test_suggestion_fills_in_only_what_is_unmistakable() -> None:
    bare = Rules(vat_scheme=rules().vat_scheme)
    catalogue = Catalogue(payment_methods=(Choice(value="ideal", label="iDEAL"),))
    suggestion = suggest(bare, catalogue, CHART)
    assert [(row.account, row.vat_code, row.vat_account) for row in suggestion.rules.vat] == [("8000", "VH", "1500")]
    assert suggestion.rules.debtor == "1300"
    assert suggestion.rules.journals == {EntryKind.SALES: "70"}
    assert suggestion.to_choose == ("payments.ideal",)


@pytest.mark.parametrize(
    ("kinds", "mode"),
    [
        ({"order", "invoice", "credit-note"}, "hybrid"),
        ({"receipt", "till-movement"}, "day"),
        ({"ledger-movement"}, "memorial-day"),
        (set(DocumentKind), "individual"),
        ({"payment"}, "individual"),
    ],
)
def test_mode_is_proposed_by_what_the_source_delivers(kinds: set[str], mode: str) -> None:
    suggestion = suggest(rules(), Catalogue(), CHART, {DocumentKind(kind) for kind in kinds})
    assert suggestion.rules.mode == mode


def test_mode_that_was_chosen_is_kept() -> None:
    suggestion = suggest(rules(mode="day"), Catalogue(), CHART, {DocumentKind.ORDER})
    assert suggestion.rules.mode == "day"


def test_difference_names_rows_by_what_they_match() -> None:
    changed = [{**row, "account": "8009"} if row.get("vat_code") == "VL" else row for row in reversed(RULES["vat"])]
    assert differences(rules(), rules(vat=changed, text="Order {number}")) == (
        Change(setting="text", old="", new="Order {number}"),
        Change(setting="vat.domestic 9.account", old="8010", new="8009"),
    )


def test_template_leaves_out_what_belongs_to_one_licence() -> None:
    template = as_template(rules(filed_through="2026-06-30", cost_centre="AMS"))
    assert template == rules()


def test_template_leaves_out_what_a_ledger_of_advances_opened_with() -> None:
    advances = [{"ledger": "vooruit", "account": "1601", "vat_code": "VH", "opening": 5000}]
    template = as_template(rules(accounts={"vooruit": "1600"}, advances=advances))
    assert [(one.ledger, one.opening) for one in template.advances] == [("vooruit", 0)]
    assert [one.opening for one in with_openings(template, {"vooruit": 700}).advances] == [700]


def test_kind_of_line_may_have_rows_of_its_own() -> None:
    own = {"treatment": "domestic", "rate": "9", "kind": "shipping", "account": "8091"}
    both = book(vat=[*RULES["vat"], {**own, "vat_account": "1501", "vat_code": "VL"}])
    from tests.unit.booking.shop import EVIDENCE, amounts, item, line, order, shipping

    from boekbrug.booking import compose_individual

    document = order(line("109.00", "9"), shipping("10.90", "9"), paid={"ideal": "119.90"})
    assert amounts(compose_individual(item(document), both, EVIDENCE)) == (
        "C1501 9.90, C8010(VL) 100.00, C8091(VL) 10.00, D1060 119.90"
    )


@pytest.mark.parametrize("kind", ["voucher-single-purpose", "down-payment"])
def test_account_of_what_is_paid_before_it_is_delivered_may_be_a_debt(kind: str) -> None:
    use = chart_use(rules(lines={kind: {"account": "1600"}}))
    [held] = [one for one in use.uses if one.setting == f"lines.{kind}.account"]
    assert held.role is Role.OTHER


def test_what_is_written_out_is_no_difference_to_what_is_left_out() -> None:
    left_out = rules()
    vat = tuple(
        msgspec.structs.replace(row, rate=Decimal(str(row.rate)), country="".join(row.country)) for row in left_out.vat
    )
    written_out = msgspec.structs.replace(left_out, country="".join(("N", "L")), vat=vat)
    assert differences(left_out, written_out) == ()
