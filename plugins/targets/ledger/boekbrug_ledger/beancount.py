"""The dialect of beancount."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar

from boekbrug.contract import MINOR_DIGITS, Entry, Line, Role
from boekbrug_ledger.chart import DeclaredAccount
from boekbrug_ledger.dialect import EURO, Transaction, balance, day, money, posting
from boekbrug_ledger.escape import encode, one_line
from boekbrug_ledger.tags import Form, entry_tags, line_tags

_HEADER = re.compile(r"(\d{4}[-/]\d\d?[-/]\d\d?)\s+(\*|!|txn)(?:\s|$)").match
_POSTING = re.compile(r"\s+(?:[*!]\s+)?([A-Z][^\s:]*(?::[^\s:]+)+)(?:\s+([^;]*))?(?:;.*)?").fullmatch
_AMOUNT = re.compile(r"([-+]?[0-9.]+)\s+([A-Z]{3})(?:\s+@@\s+([0-9.]+)\s+EUR)?").fullmatch
_METADATA = re.compile(r'(\s+)([a-z][\w-]*):\s*(?:"((?:[^"\\]|\\.)*)"|(.*?))\s*').fullmatch
_ESCAPED = re.compile(r"\\(.)")
_ENTRY_FORM = Form(before="  ", colon=': "', after='"\n')
_LINE_FORM = Form(before="    ", colon=': "', after='"\n')
_OPEN = "1970-01-01"
"""When every account opens: before any entry, so that the order of entries never matters."""


class Beancount:
    """Files as `bean-check` wants them."""

    suffix: ClassVar[str] = ".beancount"
    posting: ClassVar = re.compile(rb"\n  ([A-Z]\S*+) ++(\S++) [A-Z]++( @@)?")
    number: ClassVar = re.compile(rb'^  number: "([^"]*)"', re.MULTILINE)
    mark: ClassVar = re.compile(rb'^\s+mark:\s*"([^"]*)"', re.MULTILINE)
    declared: ClassVar = re.compile(r'^\S+ open (\S+)\n  code: "([^"]*)"$', re.MULTILINE)

    @staticmethod
    def entry(entry: Entry, names: Mapping[str, str]) -> str:
        """Write an entry; foreign amounts with their worth in euro, so that it balances in both."""
        digits = MINOR_DIGITS[entry.currency]
        metadata = entry_tags(entry, _ENTRY_FORM)
        if entry.number:
            metadata += f'  number: "{encode(entry.number)}"\n'
        payee = f"{_string(entry.party.name)} " if entry.party is not None else ""
        header = f"{entry.date.isoformat()} {'!' if entry.concept else '*'} {payee}{_string(entry.text)}\n"
        postings = "".join([_posting(line, names, entry.currency, digits) for line in entry.lines])
        return f"{header}{metadata}{postings}"

    @staticmethod
    def currency(code: str, digits: int) -> str:
        """Declare a currency; beancount infers its digits."""
        return f"{_OPEN} commodity {code}\n"

    @staticmethod
    def account(account: DeclaredAccount) -> str:
        """Open an account."""
        return f'{_OPEN} open {account.name}\n  code: "{encode(account.code)}"\n'

    @staticmethod
    def preamble(title: str) -> str:
        """Write what the main file starts with."""
        return f'option "title" {_string(title)}\noption "operating_currency" "{EURO}"\n\n'

    @staticmethod
    def include(name: str) -> str:
        """Include a file."""
        return f'include "{name}"\n'

    @staticmethod
    def read(lines: list[str], place: str) -> Transaction | None:
        """Read the lines of one transaction; None when they are something else."""
        header = _HEADER(lines[0])
        if header is None:
            return None
        read = Transaction(place=place, date=day(header[1]), final=header[2] != "!", tags={}, postings=[])
        for line in lines[1:]:
            _read_line(line.rstrip(), read)
        return balance(read)


def _string(text: str) -> str:
    escaped = one_line(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _posting(line: Line, names: Mapping[str, str], currency: str, digits: int) -> str:
    words = _metadata(line.role, line.vat_code, line.base, line.cost_centre, line.reference, line.text)
    return f"  {names[line.account]}  {money(line, currency, digits)}\n{words}"


@lru_cache(maxsize=4096)
def _metadata(role: Role, vat_code: str, base: int | None, cost_centre: str, reference: str, text: str) -> str:
    # few combinations in a shop's books, so their text is worth remembering
    tags = line_tags(role, vat_code, base, cost_centre, reference, _LINE_FORM)
    return f"{tags}    text: {_string(text)}\n" if text else tags


def _read_line(line: str, into: Transaction) -> None:
    text = line.strip()
    if text[:1] in {"", ";", "#", "^"}:
        return
    if metadata := _METADATA(line):
        value = metadata[4] if metadata[3] is None else _ESCAPED.sub(r"\1", metadata[3])
        (into.postings[-1].tags if into.postings else into.tags)[metadata[2]] = value
        return
    found = _POSTING(line)
    amount = found and found[2] and _AMOUNT(found[2].strip())
    read = posting(found[1], amount or None, {}) if found else None
    if found is None or read is None or (amount is None and (found[2] or "").strip()):
        into.unreadable = f"this line is not understood: {text}"
    else:
        into.postings.append(read)
