"""Propose rules from what a source sells and what a chart offers; a person confirms every line of it.

Only what is unmistakable is proposed: no account is guessed from its number (bookkeeper.md §4.43).
"""

from collections.abc import Collection, Iterable

import msgspec

from boekbrug.booking.place import TAXED
from boekbrug.booking.rules import Mode, Rules, VatRule
from boekbrug.contract import Account, AccountType, Catalogue, Chart, DocumentKind, EntryKind, VatCode


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """Rules with what could be filled in, and the settings that a person still has to choose."""

    rules: Rules
    to_choose: tuple[str, ...]


def suggest(rules: Rules, catalogue: Catalogue, chart: Chart, kinds: Collection[DocumentKind] = ()) -> Suggestion:
    """Fill in what the rules leave open and the chart answers in exactly one way.

    The mode follows from the kinds of documents that the source delivers, where they are those of one trade.
    """
    vat, open_vat = _vat_rows(rules, chart)
    journals = dict(rules.journals)
    to_choose = list(open_vat)
    for kind in (EntryKind.SALES, EntryKind.MEMORIAL, EntryKind.CASH):
        fitting = [journal.code for journal in chart.journals if kind in journal.kinds and not journal.blocked]
        if kind not in journals and len(fitting) == 1:
            journals[kind] = fitting[0]
    debtor = rules.debtor or _only(chart.accounts, AccountType.DEBTOR)
    if not debtor:
        to_choose.append("debtor")
    to_choose += [
        f"payments.{method.value}" for method in catalogue.payment_methods if method.value not in rules.payments
    ]
    mode = mode_for(kinds) if rules.mode is Mode.INDIVIDUAL else None
    filled = msgspec.structs.replace(
        rules, vat=rules.vat + vat, journals=journals, debtor=debtor, mode=mode or rules.mode
    )
    return Suggestion(rules=filled, to_choose=tuple(to_choose))


_TRADES = (
    (Mode.HYBRID, frozenset({DocumentKind.ORDER, DocumentKind.INVOICE})),
    (Mode.DAY, frozenset({DocumentKind.RECEIPT, DocumentKind.TILL_MOVEMENT})),
    (Mode.MEMORIAL_DAY, frozenset({DocumentKind.LEDGER_MOVEMENT})),
)


def mode_for(kinds: Collection[DocumentKind]) -> Mode | None:
    """Return the mode for a source of these documents: a webshop, a till, or one that keeps a ledger of its own.

    A ledger is booked per day first, and per month once a month of days was right (bookkeeper.md §4.41). None where
    the documents are of several trades, or of none.
    """
    found = [mode for mode, own in _TRADES if not own.isdisjoint(kinds)]
    return found[0] if len(found) == 1 else None


def _vat_rows(rules: Rules, chart: Chart) -> tuple[tuple[VatRule, ...], list[str]]:
    known = {(row.treatment, row.rate, row.country) for row in rules.vat}
    revenue = _only(chart.accounts, AccountType.REVENUE)
    rows, to_choose = [], []
    for code in chart.vat_codes:
        if code.treatment is None or code.blocked:
            continue
        country = code.country if code.treatment in TAXED and code.country != rules.country else ""
        if (code.treatment, code.rate, country) in known:
            continue
        account = revenue or _named_after(code, chart.accounts)
        if account and (code.account or not code.rate):
            rows.append(_row(code, country, account))
        else:
            to_choose.append(f"vat {code.treatment} {code.rate} {country}".rstrip())
    return tuple(rows), to_choose


def _row(code: VatCode, country: str, account: str) -> VatRule:
    assert code.treatment is not None, "codes without a treatment are passed over"
    return VatRule(
        treatment=code.treatment,
        rate=code.rate,
        country=country,
        account=account,
        vat_code=code.code,
        vat_account=code.account,
    )


def _only(accounts: Iterable[Account], kind: AccountType) -> str:
    found = [account.code for account in accounts if account.type is kind and not account.blocked]
    return found[0] if len(found) == 1 else ""


def _named_after(code: VatCode, accounts: Iterable[Account]) -> str:
    """Return the one revenue account whose name has the code's percentage in it."""
    percentage = f"{code.rate.normalize():f}%"
    found = [
        account.code
        for account in accounts
        if account.type is AccountType.REVENUE and not account.blocked
        if percentage in account.name.replace(" %", "%").split()
    ]
    return found[0] if len(found) == 1 else ""
