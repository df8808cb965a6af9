"""Finding again: entries by the mark in YourRef or in the text of their lines, customers by their search code."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from boekbrug.contract import EffectKind, EntryKind, MarkAnswer, MarkQuery, Match
from boekbrug_exactonline.books import Books
from boekbrug_exactonline.client import Client, any_of, literal
from boekbrug_exactonline.payloads import BANK, CASH, CUSTOMERS, MEMORIAL, SALES, expected
from boekbrug_exactonline.rows import CustomerRow, MarkedLine, SalesRow, day_of, minor

_LINES: Mapping[str, str] = {
    MEMORIAL: "generaljournalentry/GeneralJournalEntryLines",
    CASH: "financialtransaction/CashEntryLines",
    BANK: "financialtransaction/BankEntryLines",
}
_ALL = (SALES, MEMORIAL, CASH, BANK)
Found = dict[str, dict[str, Match]]


def find(client: Client, division: str, books: Callable[[], Books], queries: Sequence[MarkQuery]) -> list[MarkAnswer]:
    """Look for whole marks where they may stand, 40 in a call; the chart is asked for where only a journal is known."""
    wanted: defaultdict[str, list[MarkQuery]] = defaultdict(list)
    for query in queries:
        for path in _places(query, books):
            wanted[path].append(query)
    found: defaultdict[str, Found] = defaultdict(lambda: defaultdict(dict))
    for path, asked in wanted.items():
        _LOOK.get(path, _in_lines)(client, division, path, asked, found[path])
    return [_answer(query, [found[path] for path in _places(query, books)]) for query in queries]


def _answer(query: MarkQuery, places: Sequence[Found]) -> MarkAnswer:
    return tuple(match for place in places for match in place.get(query.mark, {}).values())


def _places(query: MarkQuery, books: Callable[[], Books]) -> tuple[str, ...]:
    if query.kind is EffectKind.PARTY:
        return (CUSTOMERS,)
    if query.prepared is not None:
        return (query.prepared.group,)
    journal = next((one for one in books().chart.journals if one.code == query.journal), None)
    if journal is None:
        return _ALL
    if EntryKind.SALES in journal.kinds:
        return (SALES,)
    return (MEMORIAL,) if EntryKind.MEMORIAL in journal.kinds else (CASH, BANK)


def _in_sales(client: Client, division: str, path: str, asked: Sequence[MarkQuery], found: Found) -> None:
    prepared = {query.mark: query.prepared for query in asked}
    for where in any_of(f"YourRef eq {literal(mark)}" for mark in prepared):
        for row in client.rows(division, path, SalesRow, where):
            mark = (row.your_ref or "").strip()
            sent = prepared.get(mark)
            found[mark][row.entry_id] = Match(
                id=row.entry_id,
                number=str(row.entry_number or ""),
                total=total_of(row, sent.numbers) if sent else None,
                date=day_of(row.entry_date),
                journal=(row.journal or "").strip(),
            )


def total_of(row: SalesRow, numbers: Mapping[str, str]) -> int | None:
    """Return the debit total of a sales entry: what was sent, moved by as much as Exact's own totals differ.

    Exact states what is owed and the VAT, and no debit total.
    """
    sent = expected(numbers)
    if sent is None or row.amount is None:
        return None
    total, owed, vat = sent
    differs = abs(minor(row.amount, row.currency) - owed)
    if row.vat_amount is not None:
        differs += abs(minor(row.vat_amount, row.currency) - vat)
    return total + differs


def _in_lines(client: Client, division: str, path: str, asked: Sequence[MarkQuery], found: Found) -> None:
    for where in any_of(dict.fromkeys(f"Description eq {literal(query.mark)}" for query in asked)):
        for row in client.rows(division, _LINES[path], MarkedLine, where):
            found[(row.description or "").strip()][row.entry_id] = Match(
                id=row.entry_id, number=str(row.entry_number or ""), date=day_of(row.date)
            )


def _in_customers(client: Client, division: str, path: str, asked: Sequence[MarkQuery], found: Found) -> None:
    for where in any_of(dict.fromkeys(f"SearchCode eq {literal(query.mark)}" for query in asked)):
        for row in client.rows(division, path, CustomerRow, where):
            found[(row.search_code or "").strip()][row.id] = Match(id=row.id, number=(row.code or "").strip())


_LOOK = {SALES: _in_sales, CUSTOMERS: _in_customers}
