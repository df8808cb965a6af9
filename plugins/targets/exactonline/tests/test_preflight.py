"""What is found of a licence's rules before the first booking."""

from decimal import Decimal

import pytest

from boekbrug.contract import Chart, ChartUse, EntryKind, Problem, Role, Treatment, Use, VatKind

from .support import DIVISION, World, facts_of


@pytest.fixture(scope="module")
def chart() -> Chart:
    return World().target().chart(DIVISION)


def found(chart: Chart, *uses: Use, **changes: object) -> list[tuple[str, str]]:
    journals = {EntryKind.SALES: "70", EntryKind.MEMORIAL: "90"}
    use = ChartUse(uses=uses, **{"journals": journals, **changes})  # type: ignore[arg-type]
    return facts_of(World().target().preflight(use, chart))


def test_chart_tells_types_kinds_and_treatments(chart: Chart) -> None:
    codes = {code.code: code for code in chart.vat_codes}
    assert (codes["2"].kind, codes["2"].rate, codes["2"].account) == (VatKind.EXCLUSIVE, Decimal(21), "1500")
    assert codes["1"].kind is VatKind.INCLUSIVE
    assert codes["7"].treatment is Treatment.INTRA_EU_GOODS
    assert codes["8"].treatment is Treatment.INTRA_EU_SERVICE
    assert codes["9"].treatment is Treatment.REVERSE_CHARGE
    assert (codes["DE"].treatment, codes["DE"].country) == (Treatment.OSS, "DE")
    journals = {journal.code: journal for journal in chart.journals}
    assert journals["90"].allows_vat
    assert not journals["91"].allows_vat
    assert chart.cost_centres == ("AMS", "UTR")
    assert [condition.days for condition in chart.conditions] == [14, 30]
    assert any(period.code == "2026 - 9" for period in chart.periods)


def test_rules_that_fit_pass(chart: Chart) -> None:
    uses = [
        Use(account="8000", role=Role.BASE, vat_code="2", vat_rate=Decimal(21)),
        Use(account="8020", role=Role.BASE, vat_code="5", vat_rate=Decimal(0)),
        Use(account="1500", role=Role.VAT),
        Use(account="1060", role=Role.PAYMENT),
        Use(account="1300", role=Role.DEBTOR),
    ]
    assert found(chart, *uses, conditions=("14",), cost_centres=("AMS",)) == []


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        (Use(account="1999", role=Role.PAYMENT), ("exact-account-unknown", "1999")),
        (Use(account="8999", role=Role.BASE), ("exact-blocked", "8999")),
        (Use(account="1000", role=Role.PAYMENT), ("exact-account-unfit", "1000 (Kas)")),
        (Use(account="1300", role=Role.OTHER), ("exact-account-unfit", "1300 (Debiteuren)")),
        (Use(account="8000", role=Role.BASE, vat_code="77"), ("exact-vat-code-unknown", "77")),
        (Use(account="8000", role=Role.BASE, vat_code="11"), ("exact-blocked", "11")),
        (
            Use(account="8000", role=Role.BASE, vat_code="4", vat_rate=Decimal(21)),
            ("exact-vat-rate-differs", "4"),
        ),
        (Use(account="8000", role=Role.BASE, vat_code="10"), ("exact-vat-code-unknown", "10")),
        (
            Use(account="8040", role=Role.BASE, vat_code="5", vat_rate=Decimal(0), treatment=Treatment.INTRA_EU_GOODS),
            ("exact-vat-treatment-differs", "5"),
        ),
        (
            Use(account="8000", role=Role.BASE, vat_code="8", vat_rate=Decimal(0), treatment=Treatment.ZERO),
            ("exact-vat-treatment-differs", "8"),
        ),
    ],
)
def test_what_exact_would_refuse_is_found(chart: Chart, use: Use, expected: tuple[str, str]) -> None:
    assert found(chart, use) == [expected]


def test_journals_conditions_and_cost_centres_are_checked(chart: Chart) -> None:
    journals = {EntryKind.SALES: "90", EntryKind.CASH: "99", EntryKind.MEMORIAL: "91"}
    use = Use(account="8000", role=Role.BASE, vat_code="2")
    assert found(chart, use, journals=journals, conditions=("60",), cost_centres=("XX",)) == [
        ("exact-journal-unfit", "90 (sales)"),
        ("exact-journal-unknown", "99"),
        ("exact-journal-without-vat", "91"),
        ("exact-condition-unknown", "60"),
        ("exact-cost-centre", "XX"),
    ]


def test_journals_of_payment_methods_are_checked(chart: Chart) -> None:
    uses = [
        Use(account=account, role=Role.PAYMENT, journal=journal)
        for account, journal in (("1000", "20"), ("1010", "20"), ("1060", "30"), ("1060", "70"), ("1060", "99"))
    ]
    assert found(chart, *uses) == [
        ("exact-journal-unfit", "70 (cash)"),
        ("exact-journal-unknown", "99"),
        ("exact-account-unfit", "1010 (Bank)"),
    ]


def test_code_without_a_vat_account_of_its_own_is_found() -> None:
    world = World()
    world.change(vat={"Code": "2", "GLToPayCode": "8000"})
    use = Use(account="8000", role=Role.BASE, vat_code="2", vat_rate=Decimal(21), treatment=Treatment.DOMESTIC)
    target = world.target()
    answer = target.preflight(ChartUse(uses=(use,), journals={}), target.chart(DIVISION))
    assert facts_of(answer) == [("exact-vat-accounts", "2")]


def test_rate_that_differs_names_both(chart: Chart) -> None:
    use = Use(account="8000", role=Role.BASE, vat_code="4", vat_rate=Decimal("21.0"))
    answer = World().target().preflight(ChartUse(uses=(use,), journals={}), chart)
    facts = {"what": "4", "chart": "9", "rules": "21"}
    assert answer == [Problem(code="exact-vat-rate-differs", facts=facts)]
