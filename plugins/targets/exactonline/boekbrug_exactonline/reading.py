"""Reading the ledger back: entries by id, what carries a mark in a period, and movements per account."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from boekbrug.contract import AccountType, EntryAnswer, FoundEntry, Gone, Line, Match, Role
from boekbrug_exactonline.books import Books
from boekbrug_exactonline.client import Client, any_of, literal
from boekbrug_exactonline.rows import LedgerLine, day_of, minor

LEDGER = "financialtransaction/TransactionLines"
#: a thousand lines a page instead of sixty
BULK = "bulk/Financial/TransactionLines"
_ROLES = {AccountType.DEBTOR: Role.DEBTOR, AccountType.VAT: Role.VAT, AccountType.REVENUE: Role.BASE}
_UNKNOWN_DAY = dt.date(1970, 1, 1)
Entries = dict[str, list[LedgerLine]]


def read(client: Client, division: str, books: Books, ids: Sequence[str]) -> list[EntryAnswer]:
    """Read entries as they are booked; an entry without lines is gone."""
    entries = lines_of(client, division, ids)
    return [found_entry(id, entries[id.lower()], books) if id.lower() in entries else Gone() for id in ids]


def lines_of(client: Client, division: str, ids: Sequence[str]) -> Entries:
    """Read the ledger lines of entries, by their ids in small letters."""
    entries: Entries = defaultdict(list)
    for where in any_of(f"EntryID eq guid'{id}'" for id in dict.fromkeys(ids) if _is_guid(id)):
        for line in client.rows(division, BULK, LedgerLine, where):
            entries[line.entry_id.lower()].append(line)
    return entries


def _is_guid(id: str) -> bool:
    return len(id) == 36 and id.count("-") == 4 and id.replace("-", "").isalnum()


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
