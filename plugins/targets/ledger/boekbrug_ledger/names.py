"""What a ledger account is called in the books: root, code and a word or two, valid in both dialects."""

import re
import unicodedata
from enum import StrEnum

from boekbrug.contract import AccountType


class Root(StrEnum):
    """The five heads under which both dialects hang every account."""

    #: what the business has
    ASSETS = "Assets"
    #: what it owes
    LIABILITIES = "Liabilities"
    #: what its owners put in
    EQUITY = "Equity"
    #: revenue
    INCOME = "Income"
    #: costs
    EXPENSES = "Expenses"


ROOTS = {
    AccountType.REVENUE: Root.INCOME,
    AccountType.COST: Root.EXPENSES,
    AccountType.GENERAL: Root.ASSETS,
    AccountType.CASH: Root.ASSETS,
    AccountType.BANK: Root.ASSETS,
    AccountType.DEBTOR: Root.ASSETS,
    AccountType.CREDITOR: Root.LIABILITIES,
    AccountType.VAT: Root.LIABILITIES,
}
"""The head of an account whose row in the chart names none."""

_OTHER = re.compile(r"[^A-Za-z0-9]+")


def account_name(root: Root, code: str, name: str) -> str:
    """Name an account; the code may be empty only when it holds no letter or digit."""
    return f"{root}:{'-'.join(part for part in (_word(code), _word(name)) if part)}"


def has_name(code: str) -> bool:
    """Tell whether a code leaves anything to name an account by."""
    return bool(_word(code))


def _word(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    slug = _OTHER.sub("-", plain).strip("-")
    return slug[:1].upper() + slug[1:]
