"""The dialect of hledger."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar

from boekbrug.contract import MINOR_DIGITS, Entry, Line, Role
from boekbrug_ledger.chart import DeclaredAccount
from boekbrug_ledger.dialect import Transaction, balance, day, money, posting
from boekbrug_ledger.escape import encode, one_line
from boekbrug_ledger.names import Root
from boekbrug_ledger.tags import Form, entry_tags, line_tags

_HEADER = re.compile(r"(\d{4}[-/.]\d\d?[-/.]\d\d?)(?:=\S+)?(?:\s+([*!]))?(?:\s*\(([^)]*)\))?[^;]*(?:;(.*))?").match
_POSTING = re.compile(r"\s+(?:[*!]\s*)?([^\s;](?: ?[^\s;])*)(?:(?:  |\t)\s*([^;]*))?(?:;(.*))?").fullmatch
_AMOUNT = re.compile(r"([-+]?[0-9.]+) ([A-Z]{3})(?: @@ ([0-9.]+) EUR)?").fullmatch
_TAG = re.compile(r"\s*([^\s:,]+):\s*(.*)").fullmatch
_FORM = Form(before=", ", colon=":", after="")
_TYPES = {Root.ASSETS: "A", Root.LIABILITIES: "L", Root.EQUITY: "E", Root.INCOME: "R", Root.EXPENSES: "X"}


class Hledger:
    """Journal files as `hledger check --strict` wants them."""

    suffix: ClassVar[str] = ".journal"
    posting: ClassVar = re.compile(rb"\n    (\S++) ++(\S++) \S++( @@)?")
    number: ClassVar = re.compile(rb"^\S+ . \(([^)]*)\)", re.MULTILINE)
    mark: ClassVar = re.compile(rb";(?:.*[\s,])?mark:\s*([^\s,]+)")
    declared: ClassVar = re.compile(r"^account (\S+)  ; type:\w, code:(\S*)$", re.MULTILINE)

    @staticmethod
    def entry(entry: Entry, names: Mapping[str, str]) -> str:
        """Write an entry; foreign amounts with their worth in euro, so that it balances in both."""
        digits = MINOR_DIGITS[entry.currency]
        tags = entry_tags(entry, _FORM).removeprefix(_FORM.before)
        status, number = "!" if entry.concept else "*", encode(entry.number)
        header = f"{entry.date.isoformat()} {status} ({number}) {_description(entry)}  ; {tags}\n"
        return header + "".join([_posting(line, names, entry.currency, digits) for line in entry.lines])

    @staticmethod
    def currency(code: str, digits: int) -> str:
        """Declare a currency."""
        return f"commodity 1000.{'0' * digits} {code}\n"

    @staticmethod
    def account(account: DeclaredAccount) -> str:
        """Declare an account with what hledger's statements want to know."""
        kind = "C" if account.is_cash else _TYPES[account.root]
        return f"account {account.name}  ; type:{kind}, code:{encode(account.code)}\n"

    @staticmethod
    def preamble(title: str) -> str:
        """Write what the main file starts with."""
        return f"; {one_line(title)}\n\n"

    @staticmethod
    def include(name: str) -> str:
        """Include a file."""
        return f"include {name}\n"

    @staticmethod
    def read(lines: list[str], place: str) -> Transaction | None:
        """Read the lines of one transaction; whatever starts with a figure is one."""
        header = _HEADER(lines[0])
        if header is None:
            reason = "its date has no year or cannot be read"
            return Transaction(place=place, date=None, final=False, tags={}, postings=[], unreadable=reason)
        tags = _tags(header[4] or "")
        if header[3]:
            tags["number"] = header[3]
        read = Transaction(place=place, date=day(header[1]), final=header[2] == "*", tags=tags, postings=[])
        for line in lines[1:]:
            _read_line(line, read)
        return balance(read)


def _description(entry: Entry) -> str:
    text = one_line(entry.text)
    if entry.party is not None:
        text = f"{one_line(entry.party.name).replace('|', '/')} | {text.replace('|', '/')}"
    return text.replace(";", ",")


def _posting(line: Line, names: Mapping[str, str], currency: str, digits: int) -> str:
    words = _comment(line.role, line.vat_code, line.base, line.cost_centre, line.reference, line.text)
    return f"    {names[line.account]}  {money(line, currency, digits)}{words}"


@lru_cache(maxsize=4096)
def _comment(role: Role, vat_code: str, base: int | None, cost_centre: str, reference: str, text: str) -> str:
    # few combinations in a shop's books, so their text is worth remembering
    tags = line_tags(role, vat_code, base, cost_centre, reference, _FORM).removeprefix(_FORM.before)
    return f"  ; {tags}, {_prose(text)}\n" if text else f"  ; {tags}\n"


def _prose(text: str) -> str:
    """Take from a comment what hledger would read as a tag or a date."""
    return one_line(text).replace(":", ".").replace("[", "(").replace("]", ")")


def _read_line(line: str, into: Transaction) -> None:
    text = line.strip()
    if text.startswith(";"):
        (into.postings[-1].tags if into.postings else into.tags).update(_tags(text[1:]))
        return
    found = _POSTING(line)
    amount = found and found[2] and _AMOUNT(found[2].strip())
    read = posting(found[1], amount or None, _tags(found[3] or "")) if found else None
    if found is None or read is None or found[1][0] in "([" or (amount is None and (found[2] or "").strip()):
        into.unreadable = f"this line is not understood: {text}"
    else:
        into.postings.append(read)


def _tags(comment: str) -> dict[str, str]:
    tags, prose = {}, []
    for part in comment.split(","):
        if found := _TAG(part):
            tags[found[1]] = found[2].rstrip()
        else:
            prose.append(part)
    if text := ",".join(prose).strip():
        tags["text"] = text
    return tags
