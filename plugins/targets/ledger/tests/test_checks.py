"""What cannot be booked becomes a problem with a code, before anything is written."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from boekbrug.contract import (
    Attachment,
    ChartUse,
    Effect,
    EffectKind,
    EntryKind,
    Problem,
    ProblemCode,
    Refused,
    Role,
    Use,
)
from boekbrug.problems.catalogue import Catalogue
from boekbrug_ledger.plugin import register_problem_codes

from .support import SALE, books, effects, entry, line

BASE = line(Role.BASE, "8000", -100, vat_code="VH")
REFUSED: dict[str, tuple[dict[str, object], str]] = {
    "account": ({"lines": (*SALE, line(Role.OTHER, "9999", 0))}, "ledger-account-unknown"),
    "blocked account": ({"lines": (*SALE, line(Role.OTHER, "1999", 0))}, "ledger-account-blocked"),
    "vat code": ({"lines": (*SALE, line(Role.BASE, "8000", 0, vat_code="VX"))}, "ledger-vat-code-unknown"),
    "blocked vat code": ({"lines": (*SALE, line(Role.BASE, "8000", 0, vat_code="OUD"))}, "ledger-vat-code-blocked"),
    "journal": ({"journal": "71"}, "ledger-journal-unknown"),
    "journal for another kind": ({"journal": "90"}, "ledger-journal-unfit"),
    "year": ({"date": dt.date(2025, 12, 31)}, "ledger-period-closed"),
    "month for this journal": ({"date": dt.date(2026, 1, 31)}, "ledger-period-closed"),
    "balance": ({"lines": SALE[1:]}, "ledger-unbalanced"),
    "currency": ({"currency": "XTS"}, "ledger-currency-unknown"),
    "worth in euro": ({"currency": "USD"}, "ledger-euro-missing"),
    "worth on the other side": (
        {
            "currency": "USD",
            "lines": (line(Role.DEBTOR, "1300", 1, euro_minor=-1), line(Role.BASE, "8000", -1, euro_minor=1)),
        },
        "ledger-euro-missing",
    ),
    "balance in euro": (
        {
            "currency": "USD",
            "lines": (line(Role.DEBTOR, "1300", 9, euro_minor=8), line(Role.BASE, "8000", -9, euro_minor=-7)),
        },
        "ledger-unbalanced",
    ),
}


@pytest.mark.parametrize(("changes", "code"), REFUSED.values(), ids=REFUSED)
def test_entry_that_does_not_fit_the_chart_is_refused(changes: dict[str, object], code: str, tmp_path: Path) -> None:
    ledger = books(tmp_path)
    refused, fine = ledger.prepare("main", effects(entry("1-K7QF-1", **changes), entry("2-K7QF-1")))
    assert isinstance(refused, Refused)
    assert [problem.code for problem in refused.problems] == [code]
    assert not isinstance(fine, Refused)
    assert [path.name for path in tmp_path.iterdir()] == ["chart.toml"]


def test_all_faults_of_an_entry_are_named_at_once_and_once(tmp_path: Path) -> None:
    lines = (*SALE[1:], line(Role.OTHER, "9999", 1), line(Role.OTHER, "9999", 1))
    (refused,) = books(tmp_path).prepare("main", effects(entry(journal="71", lines=lines)))
    assert isinstance(refused, Refused)
    assert [problem.code for problem in refused.problems] == [
        "ledger-journal-unknown", "ledger-account-unknown", "ledger-unbalanced",
    ]  # fmt: skip


def test_month_closed_for_one_journal_is_open_for_another(tmp_path: Path) -> None:
    fine = entry(date=dt.date(2026, 1, 31), journal="90", kind=EntryKind.MEMORIAL)
    (answer,) = books(tmp_path).prepare("main", effects(fine))
    assert not isinstance(answer, Refused)


def test_what_is_no_entry_is_refused(tmp_path: Path) -> None:
    file = Attachment(name="bon.pdf", media_type="application/pdf", content=b"%PDF")
    effect = Effect(id=1, kind=EffectKind.ATTACHMENT, mark="1-K7QF-1", body=file)
    problem = Problem(code="ledger-entries-only", facts={"kind": "attachment"})
    assert books(tmp_path).prepare("main", [effect]) == [Refused(problems=(problem,))]


def test_preflight_names_what_the_chart_lacks(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    uses = (
        Use(account="8000", role=Role.BASE, vat_code="VH", vat_rate=Decimal(21)),
        Use(account="8000", role=Role.BASE, vat_code="VL", vat_rate=Decimal(21)),
        Use(account="8000", role=Role.BASE, vat_code="V0", vat_rate=Decimal(21)),
        Use(account="8000", role=Role.BASE, vat_code="VX", vat_rate=Decimal(21)),
        Use(account="8000", role=Role.BASE, vat_code="OUD", vat_rate=Decimal(19)),
        Use(account="9999", role=Role.PAYMENT),
        Use(account="1999", role=Role.PAYMENT),
    )
    use = ChartUse(uses=uses, journals={EntryKind.SALES: "70", EntryKind.MEMORIAL: "70", EntryKind.CASH: "20"})
    assert [(one.code, *one.facts.values()) for one in ledger.preflight(use, ledger.chart("main"))] == [
        ("ledger-vat-rate-differs", "VL", "9", "21"),
        ("ledger-vat-code-unknown", "VX"),
        ("ledger-vat-code-blocked", "OUD"),
        ("ledger-account-unknown", "9999"),
        ("ledger-account-blocked", "1999"),
        ("ledger-journal-unfit", "70", "memorial"),
        ("ledger-journal-unknown", "20"),
    ]


def test_problem_codes_have_their_sentences_in_three_languages() -> None:
    codes: list[ProblemCode] = []
    register_problem_codes(codes.append)
    catalogue = Catalogue()
    catalogue.add(codes, "ledger")
    expected = {code for _, code in REFUSED.values()} | {
        "ledger-chart-broken", "ledger-chart-missing", "ledger-entries-only", "ledger-folder-unusable",
        "ledger-vat-rate-differs",
    }  # fmt: skip
    assert {code.code for code in codes} == expected
