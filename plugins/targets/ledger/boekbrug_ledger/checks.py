"""What the books refuse: of an entry before it is written, and of a licence's rules before anything is."""

from collections.abc import Iterator
from decimal import Decimal

from boekbrug.contract import (
    MINOR_DIGITS,
    Chart,
    ChartUse,
    Effect,
    Entry,
    EntryKind,
    Journal,
    Line,
    Problem,
    Use,
    VatCode,
    VatKind,
)
from boekbrug_ledger.chart import Book
from boekbrug_ledger.dialect import EURO

_TAXED = {VatKind.EXCLUSIVE, VatKind.INCLUSIVE}


def faults(effect: Effect, book: Book) -> list[Problem]:
    """List all that keeps an effect from being written; the common case costs one pass over the lines."""
    entry = effect.body
    if not isinstance(entry, Entry):
        return [Problem(code="ledger-entries-only", facts={"kind": effect.kind.value})]
    total, accounts, vat_codes = 0, book.open_accounts, book.open_vat_codes
    found = _head_faults(entry, book)
    for line in entry.lines:
        total += line.minor
        if line.account not in accounts:
            found.append(_account_fault(line.account, book.chart))
        if line.vat_code and line.vat_code not in vat_codes:
            found.append(_vat_fault(line.vat_code, book.chart))
    if total:
        found.append(_problem("ledger-unbalanced", entry=entry.number, currency=entry.currency, difference=str(total)))
    if entry.currency != EURO:
        found += _euro_faults(entry)
    return _distinct(found)


def rule_faults(use: ChartUse, chart: Chart) -> list[Problem]:
    """List what the chart lacks for a licence's rules."""
    found = [problem for one in use.uses for problem in _use_faults(one, chart)]
    journals = {journal.code: journal for journal in chart.journals}
    found += [fault for kind, code in use.journals.items() if (fault := _journal_fault(code, kind, journals))]
    return _distinct(found)


def _head_faults(entry: Entry, book: Book) -> list[Problem]:
    fault = _journal_fault(entry.journal, entry.kind, book.journals)
    found = [fault] if fault else []
    for lock in book.locks:
        if lock.start <= entry.date <= lock.end and (not lock.open or entry.journal in lock.closed_journals):
            facts = {"entry": entry.number, "period": lock.code, "date": entry.date.isoformat()}
            found.append(Problem(code="ledger-period-closed", facts=facts))
    return found


def _journal_fault(code: str, kind: EntryKind, journals: dict[str, Journal]) -> Problem | None:
    journal = journals.get(code)
    if journal is None:
        return _problem("ledger-journal-unknown", journal=code)
    if journal.blocked or kind not in journal.kinds:
        return _problem("ledger-journal-unfit", journal=code, kind=kind.value)
    return None


def _account_fault(code: str, chart: Chart) -> Problem:
    is_known = any(account.code == code for account in chart.accounts)
    return _problem(f"ledger-account-{'blocked' if is_known else 'unknown'}", account=code)


def _vat_fault(code: str, chart: Chart) -> Problem:
    is_known = any(vat.code == code for vat in chart.vat_codes)
    return _problem(f"ledger-vat-code-{'blocked' if is_known else 'unknown'}", vat_code=code)


def _euro_faults(entry: Entry) -> list[Problem]:
    if entry.currency not in MINOR_DIGITS:
        return [_problem("ledger-currency-unknown", currency=entry.currency, entry=entry.number)]
    if any(_lacks_euro(line) for line in entry.lines):
        return [_problem("ledger-euro-missing", currency=entry.currency, entry=entry.number)]
    difference = sum(line.euro_minor or 0 for line in entry.lines)
    if difference:
        return [_problem("ledger-unbalanced", entry=entry.number, currency=EURO, difference=str(difference))]
    return []


def _lacks_euro(line: Line) -> bool:
    """Tell whether a foreign amount has no euro worth, or one on the other side."""
    return line.euro_minor is None or line.minor * line.euro_minor < 0


def _use_faults(use: Use, chart: Chart) -> Iterator[Problem]:
    account = next((account for account in chart.accounts if account.code == use.account), None)
    if account is None or account.blocked:
        yield _account_fault(use.account, chart)
    if not use.vat_code:
        return
    vat = next((vat for vat in chart.vat_codes if vat.code == use.vat_code), None)
    if vat is None or vat.blocked:
        yield _vat_fault(use.vat_code, chart)
    elif use.vat_rate is not None and _differs(vat, use.vat_rate):
        yield _problem("ledger-vat-rate-differs", vat_code=vat.code, chart=str(vat.rate), rules=str(use.vat_rate))


def _differs(vat: VatCode, rate: Decimal) -> bool:
    return vat.kind in _TAXED and vat.rate != rate


def _distinct(problems: list[Problem]) -> list[Problem]:
    return [problem for position, problem in enumerate(problems) if problem not in problems[:position]]


def _problem(code: str, **facts: str) -> Problem:
    return Problem(code=code, facts=facts)
