"""The chart of accounts as the bookkeeper writes it in chart.toml, checked and turned into what entries need."""

import tomllib
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

import msgspec
from msgspec.structs import asdict

from boekbrug.contract import (
    Account,
    AccountType,
    Chart,
    EntryKind,
    Journal,
    Period,
    Problem,
    SettingsError,
    Treatment,
    VatCode,
    VatKind,
)
from boekbrug_ledger.names import ROOTS, Root, account_name, has_name

CHART = "chart.toml"

_COLUMN = 40
"""Characters for an account in an entry, so that amounts stand below each other."""


class AccountRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A `[[account]]`; `root` moves it under another head than its type's."""

    code: str
    name: str
    type: AccountType
    root: Root | None = None
    blocked: bool = False


class VatCodeRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A `[[vat_code]]`; `account` is where its VAT goes."""

    code: str
    name: str
    rate: Decimal
    kind: VatKind = VatKind.EXCLUSIVE
    treatment: Treatment | None = None
    country: str = "NL"
    account: str = ""
    blocked: bool = False


class JournalRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A `[[journal]]` and the kinds of entries that go into it."""

    code: str
    name: str
    kinds: frozenset[EntryKind]
    blocked: bool = False


class PeriodRow(Period, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A `[[period]]`; a date that no row covers is open."""


class ChartFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of chart.toml."""

    name: str
    currency: Literal["EUR"] = "EUR"
    account: tuple[AccountRow, ...]
    vat_code: tuple[VatCodeRow, ...] = ()
    journal: tuple[JournalRow, ...]
    period: tuple[PeriodRow, ...] = ()


class DeclaredAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account as the books declare it."""

    name: str
    code: str
    root: Root
    is_cash: bool = False


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """One administration's chart and what follows from it."""

    name: str
    chart: Chart
    accounts: tuple[DeclaredAccount, ...]
    #: names by code, padded for an entry
    names: dict[str, str]
    open_accounts: frozenset[str]
    open_vat_codes: frozenset[str]
    journals: dict[str, Journal]
    locks: tuple[Period, ...]


class ChartFault(SettingsError):
    """The chart of an administration cannot be used; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__([", ".join(f"{name}: {fact}" for name, fact in problem.facts.items())])


def read_chart(content: bytes, file: str) -> Book:
    """Check a chart; raise ChartFault that names the file and the keys at fault."""
    try:
        tables = tomllib.loads(content.decode(), parse_float=Decimal)
        chart = msgspec.convert(tables, ChartFile)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as fault:
        raise ChartFault(broken(file, str(fault))) from fault
    if faults := list(_faults(chart)):
        raise ChartFault(broken(file, "; ".join(faults)))
    return _book(chart)


def broken(file: str, fault: str) -> Problem:
    """Say what is wrong with a chart file."""
    return Problem(code="ledger-chart-broken", facts={"file": file, "fault": fault})


def _faults(chart: ChartFile) -> Iterator[str]:
    codes = {row.code for row in chart.account}
    for table, rows in (("account", chart.account), ("vat_code", chart.vat_code), ("journal", chart.journal)):
        for code, count in Counter(row.code for row in rows).items():
            if count > 1:
                yield f"{table}.code {code!r} stands there {count} times"
    for row in chart.account:
        if not has_name(row.code):
            yield f"account.code {row.code!r} has no letter or digit"
    for name, count in Counter(_name(row) for row in chart.account).items():
        if count > 1 and len({row.code for row in chart.account if _name(row) == name}) > 1:
            yield f"account.code: {count} accounts would be called {name}"
    for vat in chart.vat_code:
        if vat.account and vat.account not in codes:
            yield f"vat_code {vat.code!r}: account {vat.account!r} is not among the accounts"
    for period in chart.period:
        if period.end < period.start:
            yield f"period {period.code!r} ends before it starts"


def _name(row: AccountRow) -> str:
    return account_name(row.root or ROOTS[row.type], row.code, row.name)


def _book(file: ChartFile) -> Book:
    chart = Chart(
        accounts=tuple(
            Account(code=row.code, name=row.name, type=row.type, blocked=row.blocked) for row in file.account
        ),
        vat_codes=tuple(VatCode(**asdict(row)) for row in file.vat_code),
        journals=tuple(Journal(**asdict(row)) for row in file.journal),
        periods=tuple(Period(**asdict(row)) for row in file.period),
    )
    return Book(
        name=file.name,
        chart=chart,
        accounts=tuple(_declared(row) for row in file.account),
        names={row.code: f"{_name(row):<{_COLUMN}}" for row in file.account},
        open_accounts=frozenset(row.code for row in file.account if not row.blocked),
        open_vat_codes=frozenset(row.code for row in file.vat_code if not row.blocked),
        journals={journal.code: journal for journal in chart.journals},
        locks=tuple(period for period in chart.periods if not period.open or period.closed_journals),
    )


def _declared(row: AccountRow) -> DeclaredAccount:
    is_cash = row.root is None and row.type in {AccountType.CASH, AccountType.BANK}
    return DeclaredAccount(name=_name(row), code=row.code, root=row.root or ROOTS[row.type], is_cash=is_cash)
