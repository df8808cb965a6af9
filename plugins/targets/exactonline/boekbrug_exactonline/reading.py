"""Reading the ledger back: entries by id, what carries a mark in a period, and movements per account."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from boekbrug.contract import AccountType, CannotTell, EntryAnswer, FoundEntry, Gone, Line, Match, Role
from boekbrug_exactonline.books import Books
from boekbrug_exactonline.client import Client, any_of, literal
from boekbrug_exactonline.rows import LedgerLine, day_of, minor

LEDGER = "financialtransaction/TransactionLines"
#: a thousand lines a page instead of sixty
BULK = "bulk/Financial/TransactionLines"
_ROLES = {AccountType.DEBTOR: Role.DEBTOR, AccountType.VAT: Role.VAT, AccountType.REVENUE: Role.BASE}
_UNKNOWN_DAY = dt.date(1970, 1, 1)
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch
_NUMBER = re.compile(r"[0-9]{1,10}").fullmatch
_LARGEST_NUMBER = 2**31 - 1
Entries = dict[str, list[LedgerLine]]


def read(client: Client, division: str, books: Books, ids: Sequence[str]) -> list[EntryAnswer]:
    """Read entries as they are booked, by id or by the number that Exact shows; an entry without lines is gone."""
    entries = lines_of(client, division, ids)
    numbered = _numbered(client, division, ids)
    return [_answer(id, entries.get(guid_of(id)), numbered.get(_number_of(id), {}), books) for id in ids]


def _answer(asked: str, lines: Sequence[LedgerLine] | None, numbered: Entries, books: Books) -> EntryAnswer:
    """Answer under Exact's own id, whatever was asked."""
    if len(numbered) > 1:
        among = tuple(match(id, found) for id, found in numbered.items())
        return CannotTell(reason=f"{len(among)} entries bear the number {asked.strip()}", among=among)
    lines = lines or next(iter(numbered.values()), ())
    return found_entry(lines[0].entry_id, lines, books) if lines else Gone()


def lines_of(client: Client, division: str, ids: Iterable[str]) -> Entries:
    """Read the ledger lines of entries, by their ids as `guid_of` writes them."""
    entries: Entries = defaultdict(list)
    for where in any_of(f"EntryID eq guid'{guid}'" for guid in dict.fromkeys(map(guid_of, ids)) if guid):
        for line in client.rows(division, BULK, LedgerLine, where):
            entries[line.entry_id.lower()].append(line)
    return entries


def _numbered(client: Client, division: str, ids: Iterable[str]) -> Mapping[str, Entries]:
    """Read the entries that bear numbers: journals count by themselves, so that a number may stand for several."""
    entries: defaultdict[str, Entries] = defaultdict(dict)
    for where in any_of(f"EntryNumber eq {number}" for number in dict.fromkeys(map(_number_of, ids)) if number):
        for line in client.rows(division, BULK, LedgerLine, where):
            entries[str(line.entry_number)].setdefault(line.entry_id, []).append(line)
    return entries


def guid_of(id: str) -> str:
    """Write an id as it is compared, in small letters; "" for what is none. A person may have copied its braces."""
    plain = id.strip().removeprefix("{").removesuffix("}").lower()
    return plain if _GUID(plain) else ""


def _number_of(id: str) -> str:
    """Write the number of an entry as Exact shows it; "" for what can be none."""
    plain = id.strip()
    return str(int(plain)) if _NUMBER(plain) and int(plain) <= _LARGEST_NUMBER else ""


def found_entry(id: str, lines: Sequence[LedgerLine], books: Books) -> FoundEntry:
    """Put an entry together from its lines; lines of nothing are left out."""
    first = lines[0]
    ordered = sorted(lines, key=lambda line: line.line_number or 0)
    return FoundEntry(
        id=id,
        lines=tuple(_line(line, books) for line in ordered if line.amount),
        date=day_of(first.date) or _UNKNOWN_DAY,
        number=str(first.entry_number or ""),
        journal=(first.journal_code or "").strip(),
        period=f"{first.financial_year} - {first.financial_period}",
        status=str(first.status or ""),
    )


def _line(line: LedgerLine, books: Books) -> Line:
    account = (line.account or "").strip()
    return Line(
        role=_ROLES.get(books.account_type(account), Role.OTHER),
        account=account,
        minor=minor(line.amount),
        vat_code=(line.vat_code or "").strip(),
        vat_minor=minor(line.vat_amount),
        text=line.description or "",
        cost_centre=(line.cost_center or "").strip(),
        euro_minor=minor(line.euro) if line.euro is not None and line.euro != line.amount else None,
    )


def list_marked(client: Client, division: str, start: dt.date, end: dt.date) -> dict[str, tuple[Match, ...]]:
    """List by mark what is dated in [start, end): by YourRef, else by a text that all lines with a code share."""
    marked: defaultdict[str, list[Match]] = defaultdict(list)
    for id, lines in _dated(client, division, start, end).items():
        mark = _mark(lines)
        if mark:
            marked[mark].append(match(id, lines))
    return {mark: tuple(matches) for mark, matches in marked.items()}


def list_entries(
    client: Client, division: str, books: Books, journal: str, start: dt.date, end: dt.date
) -> list[tuple[Match, EntryAnswer]]:
    """List all entries of a journal, ours and others'."""
    dated = _dated(client, division, start, end, f" and JournalCode eq {literal(journal)}")
    return [(match(id, lines), found_entry(id, lines, books)) for id, lines in dated.items()]


def balances(client: Client, division: str, start: dt.date, end: dt.date) -> Mapping[str, int]:
    """Add up the movement per account in euro cents."""
    moved: defaultdict[str, int] = defaultdict(int)
    for line in client.rows(division, BULK, LedgerLine, _between(start, end)):
        moved[(line.account or "").strip()] += minor(line.euro)
    return dict(moved)


def match(id: str, lines: Sequence[LedgerLine]) -> Match:
    """Describe an entry by its lines."""
    first = lines[0]
    return Match(
        id=id,
        number=str(first.entry_number or ""),
        total=sum(amount for line in lines if (amount := minor(line.amount)) > 0),
        date=day_of(first.date),
        journal=(first.journal_code or "").strip(),
    )


def _mark(lines: Sequence[LedgerLine]) -> str:
    references = {(line.your_ref or "").strip() for line in lines} - {""}
    if references:
        return references.pop()
    texts = {(line.description or "").strip() for line in lines} - {""}
    return texts.pop() if len(texts) == 1 else ""


def _dated(client: Client, division: str, start: dt.date, end: dt.date, more: str = "") -> Entries:
    entries: Entries = {}
    for line in _lines(client, division, _between(start, end) + more):
        entries.setdefault(line.entry_id, []).append(line)
    return entries


def _lines(client: Client, division: str, where: str) -> Iterator[LedgerLine]:
    yield from client.rows(division, BULK, LedgerLine, where)


def _between(start: dt.date, end: dt.date) -> str:
    return f"Date ge datetime'{start.isoformat()}T00:00:00' and Date lt datetime'{end.isoformat()}T00:00:00'"
