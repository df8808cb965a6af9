"""What a dialect of plain-text books has to write and read, and what both have in common."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import ClassVar, NamedTuple, Protocol

import msgspec

from boekbrug.contract import CannotTell, Entry, EntryAnswer, FoundEntry, Line, Match
from boekbrug_ledger.amounts import minor_of, written
from boekbrug_ledger.chart import DeclaredAccount
from boekbrug_ledger.escape import decode
from boekbrug_ledger.tags import tagged_line, with_vat

EURO = "EUR"

_MINUS = ord("-")


class Posting(msgspec.Struct, kw_only=True):
    """A posting as it stands in the books; `minor` is None where the amount was left out."""

    account: str
    minor: int | None
    currency: str
    euro_minor: int | None
    tags: dict[str, str]


class Transaction(msgspec.Struct, kw_only=True):
    """A transaction as it stands in the books; `unreadable` holds what we do not understand of it."""

    place: str
    date: dt.date | None
    final: bool
    tags: dict[str, str]
    postings: list[Posting]
    unreadable: str = ""

    @property
    def id(self) -> str:
        """Name it by its mark, else by where it stands."""
        return decode(self.tags["mark"]) if "mark" in self.tags else self.place

    @property
    def currency(self) -> str:
        """Return the currency that its lines are in."""
        foreign = (posting.currency for posting in self.postings if posting.euro_minor is not None)
        return next(foreign, self.postings[0].currency if self.postings else EURO)

    def match(self) -> Match:
        """Say what carries the mark."""
        total = None if self.unreadable else sum(line.minor for line in self._lines({}) if line.minor > 0)
        number, journal = decode(self.tags.get("number", "")), decode(self.tags.get("journal", ""))
        return Match(id=self.id, number=number, total=total, date=self.date, journal=journal)

    def answer(self, codes: Mapping[str, str]) -> EntryAnswer:
        """Turn it into the contract's words; an account without a code keeps its name in the books."""
        if self.unreadable or self.date is None:
            return CannotTell(reason=f"{self.place}: {self.unreadable}")
        return FoundEntry(
            id=self.id,
            lines=with_vat(self._lines(codes)),
            date=self.date,
            number=decode(self.tags.get("number", "")),
            journal=decode(self.tags.get("journal", "")),
            period=decode(self.tags.get("period", "")),
            status="final" if self.final else "concept",
        )

    def _lines(self, codes: Mapping[str, str]) -> list[Line]:
        currency = self.currency
        return [_line(posting, codes.get(posting.account, posting.account), currency) for posting in self.postings]


class Dialect(Protocol):
    """Writes entries and declarations, and reads transactions back."""

    suffix: ClassVar[str]
    #: finds account, amount and " @@" of every posting in an entry that we wrote
    posting: ClassVar[re.Pattern[bytes]]
    #: finds the number in an entry that we wrote
    number: ClassVar[re.Pattern[bytes]]
    #: finds the mark in the lines of a transaction
    mark: ClassVar[re.Pattern[bytes]]
    #: finds name and code in what `account` wrote, over many lines
    declared: ClassVar[re.Pattern[str]]

    @staticmethod
    def entry(entry: Entry, names: Mapping[str, str]) -> str:
        """Write an entry, without the lines around it; `names` are accounts by code, padded."""
        ...

    @staticmethod
    def currency(code: str, digits: int) -> str:
        """Declare a currency."""
        ...

    @staticmethod
    def account(account: DeclaredAccount) -> str:
        """Declare an account."""
        ...

    @staticmethod
    def preamble(title: str) -> str:
        """Write what the main file starts with."""
        ...

    @staticmethod
    def include(name: str) -> str:
        """Include a file."""
        ...

    @staticmethod
    def read(lines: list[str], place: str) -> Transaction | None:
        """Read the lines of one transaction; None when they are something else."""
        ...


def money(line: Line, currency: str, digits: int) -> str:
    """Write a line's amount, a foreign one with its worth in euro."""
    if currency == EURO:
        return written(line.minor, digits).rjust(12) + " EUR"
    if not line.minor:  # the euro remainder has no foreign amount
        return f"{written(line.euro_minor or 0):>12} EUR"
    return f"{written(line.minor, digits):>12} {currency} @@ {written(abs(line.euro_minor or 0))} EUR"


class Written(NamedTuple):
    """What an entry that we wrote posts: accounts by their names in the books, and the debit total in minor units."""

    accounts: set[bytes]
    total: int


def posted(entry: bytes, dialect: type[Dialect]) -> Written:
    """Read back what an entry that we wrote posts; far quicker than `Dialect.read`, and only for these."""
    postings = dialect.posting.findall(entry)
    # the euro remainder of a foreign entry is not in its currency
    foreign = [amount for _, amount, cost in postings if cost] if b" @@ " in entry else []
    amounts = foreign or [amount for _, amount, _ in postings]
    total = sum([int(amount.replace(b".", b"")) for amount in amounts if amount[0] != _MINUS])
    return Written({account for account, _, _ in postings}, total)


def _line(posting: Posting, account: str, currency: str) -> Line:
    minor, euro_minor = posting.minor or 0, posting.euro_minor
    if posting.currency != currency:  # the euro remainder of a foreign entry
        minor, euro_minor = 0, minor
    return tagged_line(posting.tags, account, minor, euro_minor)


def balance(transaction: Transaction) -> Transaction:
    """Fill in the one amount that may be left out, and tell what keeps the rest from being read."""
    if transaction.unreadable:
        return transaction
    currencies = {posting.currency for posting in transaction.postings if posting.minor is not None}
    bare = {posting.currency for posting in transaction.postings if posting.minor and posting.euro_minor is None}
    silent = [posting for posting in transaction.postings if posting.minor is None]
    if transaction.date is None:
        transaction.unreadable = "its date does not exist"
    elif len(currencies - {EURO}) > 1 or (len(currencies) > 1 and bare - {EURO}):
        transaction.unreadable = "it mixes currencies without their worth in euro"
    elif len(silent) > 1 or (silent and len(currencies) > 1):
        transaction.unreadable = "more than one amount is left out"
    elif silent:
        silent[0].currency = next(iter(currencies), EURO)
        silent[0].minor = -sum(posting.minor or 0 for posting in transaction.postings)
    return transaction


def day(text: str) -> dt.date | None:
    """Read a date; None when there is no such day."""
    try:
        return dt.date(*(int(part) for part in re.split(r"[-/.]", text)))
    except ValueError:
        return None


def posting(account: str, amount: re.Match[str] | None, tags: dict[str, str]) -> Posting | None:
    """Make a posting of an amount `[-]N CUR [@@ N EUR]`; None when its figures cannot be read."""
    if amount is None:
        return Posting(account=account, minor=None, currency=EURO, euro_minor=None, tags=tags)
    minor = minor_of(amount[1], amount[2])
    if minor is None:
        return None
    if amount[3] is None:
        return Posting(account=account, minor=minor, currency=amount[2], euro_minor=None, tags=tags)
    worth = minor_of(amount[3], EURO)
    if worth is None:
        return None
    return Posting(
        account=account, minor=minor, currency=amount[2], euro_minor=-worth if minor < 0 else worth, tags=tags
    )
