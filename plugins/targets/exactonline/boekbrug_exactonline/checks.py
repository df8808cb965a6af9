"""What Exact would refuse: of a licence's rules before anything is booked, and of an entry before it is sent."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from boekbrug.contract import (
    Account,
    AccountType,
    Chart,
    ChartUse,
    Effect,
    Entry,
    EntryKind,
    Journal,
    Problem,
    Role,
    Treatment,
    Use,
    VatCode,
    VatKind,
)
from boekbrug_exactonline.books import Books

#: sales entries take no lines on control accounts; the debtor and the VAT are Exact's own
_NOT_ON_SALES = frozenset(
    {AccountType.CASH, AccountType.BANK, AccountType.DEBTOR, AccountType.CREDITOR, AccountType.VAT}
)
#: a memorial refuses cash, bank, receivable and payable accounts
_NOT_IN_MEMORIAL = frozenset({AccountType.CASH, AccountType.BANK, AccountType.DEBTOR, AccountType.CREDITOR})
_FORBIDDEN = {
    EntryKind.SALES: _NOT_ON_SALES, EntryKind.COLLECTIVE: _NOT_ON_SALES, EntryKind.MEMORIAL: _NOT_IN_MEMORIAL,
    EntryKind.CASH: frozenset[AccountType](),
}  # fmt: skip
_TAXED = (VatKind.EXCLUSIVE, VatKind.INCLUSIVE)
_NAMED = frozenset({Treatment.INTRA_EU_GOODS, Treatment.INTRA_EU_SERVICE, Treatment.REVERSE_CHARGE})
#: what is declared per customer or country, which Exact does by the code
_RETURNED = _NAMED | {Treatment.OSS}
_FROM_BOTH = "B"


def rule_faults(use: ChartUse, chart: Chart) -> list[Problem]:
    """List all that Exact would refuse of a licence's rules."""
    journals = {journal.code: journal for journal in chart.journals}
    accounts = {account.code: account for account in chart.accounts}
    codes = {code.code: code for code in chart.vat_codes}
    found = [fault for kind, code in use.journals.items() if (fault := _journal_fault(code, kind, journals.get(code)))]
    own = dict.fromkeys(one.journal for one in use.uses if one.journal)
    found += [fault for code in own if (fault := _journal_fault(code, EntryKind.CASH, journals.get(code)))]
    forbidden = frozenset[AccountType]().union(*(_FORBIDDEN[kind] for kind in use.journals))
    for one in use.uses:
        account = accounts.get(one.account)
        if account is None:
            found.append(problem("exact-account-unknown", one.account))
        elif account.blocked:
            found.append(problem("exact-blocked", one.account))
        elif account.type in forbidden and not _is_taken(one, journals.get(one.journal)):
            found.append(problem("exact-account-unfit", f"{one.account} ({account.name})"))
        if one.vat_code:
            found += _code_faults(one, codes.get(one.vat_code), accounts)
    found += _vat_journal_faults(use, journals)
    known = {condition.code for condition in chart.conditions}
    found += [problem("exact-condition-unknown", code) for code in use.conditions if code not in known]
    found += [problem("exact-cost-centre", code) for code in use.cost_centres if code not in chart.cost_centres]
    return distinct(found)


def _is_taken(use: Use, journal: Journal | None) -> bool:
    """Tell whether Exact makes the line by itself: debtor, VAT, and the account that a cash or bank journal is of."""
    return use.role in (Role.DEBTOR, Role.VAT) or (journal is not None and journal.account == use.account)


def _code_faults(use: Use, code: VatCode | None, accounts: Mapping[str, Account]) -> Iterator[Problem]:
    if code is None or (use.role is Role.BASE and not code.for_sales):
        yield problem("exact-vat-code-unknown", use.vat_code)
        return
    if code.blocked:
        yield problem("exact-blocked", use.vat_code)
    if use.vat_rate is None or use.role is not Role.BASE:
        return
    if use.vat_rate and code.kind not in _TAXED:
        yield problem("exact-vat-not-allowed", code.code)
    if code.rate != use.vat_rate and (use.vat_rate or code.kind in _TAXED):
        facts = {"what": code.code, "chart": _percent(code.rate), "rules": _percent(use.vat_rate)}
        yield Problem(code="exact-vat-rate-differs", facts=facts)
    own = accounts.get(code.account)
    if use.vat_rate and code.kind in _TAXED and (own is None or own.type is not AccountType.VAT):
        yield problem("exact-vat-accounts", code.code)
    if use.treatment is not code.treatment and not _RETURNED.isdisjoint((use.treatment, code.treatment)):
        facts = {"what": code.code, "chart": code.treatment or "-", "rules": use.treatment or "-"}
        yield Problem(code="exact-vat-treatment-differs", facts=facts)


def _vat_journal_faults(use: ChartUse, journals: dict[str, Journal]) -> Iterator[Problem]:
    journal = journals.get(use.journals.get(EntryKind.MEMORIAL, ""))
    if journal and not journal.allows_vat and any(one.vat_code for one in use.uses):
        yield problem("exact-journal-without-vat", journal.code)


def _journal_fault(code: str, kind: EntryKind, journal: Journal | None) -> Problem | None:
    if journal is None:
        return problem("exact-journal-unknown", code)
    if journal.blocked:
        return problem("exact-blocked", code)
    return None if kind in journal.kinds else problem("exact-journal-unfit", f"{code} ({kind.value})")


def entry_faults(effect: Effect, books: Books) -> list[Problem]:
    """List all that Exact would refuse of an entry, as far as the chart tells."""
    entry = effect.body
    if not isinstance(entry, Entry):
        return [problem("exact-entries-only", effect.kind.value)]
    found = list(_head_faults(entry, books))
    forbidden = _FORBIDDEN[entry.kind]
    total = 0
    for line in entry.lines:
        total += line.minor
        account = books.accounts.get(line.account)
        if account is None:
            found.append(problem("exact-account-unknown", line.account))
            continue
        if line.role is Role.VAT or (line.role is Role.DEBTOR and forbidden is _NOT_ON_SALES):
            continue
        if account.is_blocked:
            found.append(problem("exact-blocked", line.account))
        if books.account_type(line.account) in forbidden:
            found.append(problem("exact-account-unfit", f"{line.account} ({account.description})"))
        if account.use_costcenter == 1 and not line.cost_centre:
            found.append(problem("exact-cost-centre", line.account))
        if line.cost_centre and line.cost_centre not in books.cost_centres:
            found.append(problem("exact-cost-centre", line.cost_centre))
    found += _vat_faults(entry, books)
    if total:
        found.append(problem("exact-unbalanced", f"{entry.number} ({total})"))
    return distinct(found)


def _head_faults(entry: Entry, books: Books) -> Iterator[Problem]:
    journal = books.journals.get(entry.journal)
    known = next((one for one in books.chart.journals if one.code == entry.journal), None)
    if fault := _journal_fault(entry.journal, entry.kind, known):
        yield fault
    period = books.period_on(entry.date)
    if period is None:
        yield problem("exact-period-missing", entry.date.isoformat())
    elif entry.journal in period.closed:
        yield problem("exact-period-closed", period.code)
    if entry.condition and entry.condition not in books.conditions:
        yield problem("exact-condition-unknown", entry.condition)
    if entry.currency != "EUR":
        if entry.rate is None:
            yield problem("exact-rate-missing", entry.currency)
        if journal and not (journal.allow_variable_currency and journal.allow_variable_exchange_rate):
            yield problem("exact-currency-not-allowed", f"{entry.currency} ({entry.journal})")
    if entry.kind in (EntryKind.SALES, EntryKind.COLLECTIVE) and (entry.party is None or not entry.party.remote_id):
        yield problem("exact-customer-needed", entry.number)
    if _is_named(entry) and entry.party is not None and not entry.party.vat_id:
        yield problem("exact-vat-id-missing", entry.number)


def _is_named(entry: Entry) -> bool:
    return any(line.treatment in _NAMED for line in entry.lines)


def _vat_faults(entry: Entry, books: Books) -> Iterator[Problem]:
    """Find what keeps the VAT that Exact generates from being the VAT of the entry."""
    journal = books.journals.get(entry.journal)
    generated = 0
    for line in entry.lines:
        if line.role is Role.VAT:
            generated -= line.minor
        if not line.vat_code:
            if line.vat_minor:
                yield problem("exact-vat-not-allowed", line.account)
            continue
        code = books.vat_codes.get(line.vat_code)
        if code is None:
            yield problem("exact-vat-code-unknown", line.vat_code)
            continue
        if code.is_blocked:
            yield problem("exact-blocked", line.vat_code)
        if line.role is Role.VAT:
            continue
        generated += line.vat_minor
        if line.vat_minor and code.type not in "EI":
            yield problem("exact-vat-not-allowed", line.vat_code)
        if entry.kind in (EntryKind.SALES, EntryKind.COLLECTIVE) and (code.transactions or _FROM_BOTH) not in "SB":
            yield problem("exact-vat-code-unknown", line.vat_code)
        if entry.kind is EntryKind.MEMORIAL and journal is not None and not journal.allow_vat:
            yield problem("exact-journal-without-vat", entry.journal)
    if generated:
        yield problem("exact-unbalanced", f"{entry.number} ({generated})")


def problem(code: str, what: str) -> Problem:
    """Name a problem with the one fact that all texts tell."""
    return Problem(code=code, facts={"what": what})


def distinct(problems: Iterable[Problem]) -> list[Problem]:
    """Leave out repeats."""
    found: list[Problem] = []
    for one in problems:
        if one not in found:
            found.append(one)
    return found


def _percent(rate: Decimal) -> str:
    return format(rate.normalize(), "f")
