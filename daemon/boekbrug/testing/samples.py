"""An ordinary entry on whatever chart a target offers."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

from boekbrug.contract import Account, AccountType, Chart, Entry, EntryKind, Line, Role, VatCode, VatKind, vat_within

_WITH_DEBTOR = {EntryKind.SALES, EntryKind.COLLECTIVE}
PAID_ON = (AccountType.GENERAL, AccountType.BANK, AccountType.CASH)
"""What money may come in on, the likeliest first."""


def sample_entry(chart: Chart, kind: EntryKind, mark: str, gross: int, date: dt.date) -> Entry:
    """Make a sale of `gross` minor units with one VAT rate, on the first accounts, code and journal that fit.

    Raise StopIteration when the chart has no revenue account, no account for what is received or no journal.
    """
    journal = next(journal for journal in chart.journals if kind in journal.kinds and not journal.blocked)
    code = next(filter(is_ordinary, chart.vat_codes), None) if journal.allows_vat else None
    return Entry(
        mark=mark,
        kind=kind,
        journal=journal.code,
        date=date,
        number=mark,
        text="kit",
        period=next((period.code for period in chart.periods if period.start <= date <= period.end), ""),
        lines=(_received(chart, kind, gross), *_sold(chart, code, gross)),
    )


def is_ordinary(code: VatCode) -> bool:
    """Tell whether sales at home with VAT on top can be booked with a code."""
    is_charged = code.kind is VatKind.EXCLUSIVE and code.rate > Decimal(0)
    return is_charged and code.country == "NL" and bool(code.account) and not code.blocked


def _received(chart: Chart, kind: EntryKind, gross: int) -> Line:
    if kind in _WITH_DEBTOR:
        return Line(role=Role.DEBTOR, account=first_account(chart, [AccountType.DEBTOR]).code, minor=gross)
    return Line(role=Role.PAYMENT, account=first_account(chart, PAID_ON).code, minor=gross)


def _sold(chart: Chart, code: VatCode | None, gross: int) -> tuple[Line, ...]:
    revenue = first_account(chart, [AccountType.REVENUE]).code
    if code is None:
        return (Line(role=Role.BASE, account=revenue, minor=-gross),)
    vat = vat_within(gross, code.rate)
    base = Line(role=Role.BASE, account=revenue, minor=vat - gross, vat_code=code.code, vat_minor=-vat)
    return base, Line(role=Role.VAT, account=code.account, minor=-vat, vat_code=code.code, base=1)


def first_account(chart: Chart, types: Iterable[AccountType]) -> Account:
    """Return the first account of the first of these types that a chart has; raise StopIteration."""
    return next(account for wanted in types for account in chart.accounts if _fits(account, wanted))


def _fits(account: Account, wanted: AccountType) -> bool:
    return account.type is wanted and not account.blocked
