"""Tell whether a record at the target is as the entry that was sent."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import TypeVar

import msgspec

from boekbrug.contract import Entry, FoundEntry, Line, Period, Role, from_minor

Key = TypeVar("Key")
_EURO = "EUR"


def differing(body: Entry, found: FoundEntry, periods: Sequence[Period] = ()) -> list[str]:
    """Say in which amounts, accounts, codes, journal, date or period a booked entry differs from what was sent.

    `periods` are those of the chart: an entry belongs into the one of its date. The euro worth of foreign amounts is
    the target's own, by the rate that was sent: a cent for each line is no difference.
    """
    amounts = _amounts(body, found)
    return [
        *(f"account {account}: {what}" for account, what in amounts.items()),
        *_codes(body, found, amounts),
        *_worth(body, found, amounts),
        *_place(body, found, periods),
    ]


def look_of(found: FoundEntry) -> str:
    """Return a digest of all of a record that is compared; its status changes by itself and is not."""
    sums = (_per_account(found.lines), _per_code(found.lines), _euro_per_account(found.lines))
    look = (
        [sorted(map(list, each.items())) for each in sums],
        found.journal, found.period, found.date.isoformat(),
    )  # fmt: skip
    return blake2b(msgspec.json.encode(look), digest_size=16).hexdigest()


def _amounts(body: Entry, found: FoundEntry) -> dict[str, str]:
    sent, there = _per_account(body.lines), _per_account(found.lines)
    return {
        account: _told(
            from_minor(sent.get(account, 0), body.currency), from_minor(there.get(account, 0), body.currency)
        )
        for account in sorted(sent.keys() | there.keys())
        if sent.get(account, 0) != there.get(account, 0)
    }


def _codes(body: Entry, found: FoundEntry, besides: Collection[str]) -> Iterator[str]:
    """Compare what stands under each code that was sent; a target may put codes on lines that were sent without."""
    sent, there = _per_code(line for line in body.lines if line.role is Role.BASE), _per_code(found.lines)
    for account in sorted({account for account, _ in sent} - set(besides)):
        ours, theirs = _of(account, sent), _of(account, there)
        if any(theirs.get(code) != minor for code, minor in ours.items()):
            yield f"account {account}: {_told(_coded(ours, body.currency), _coded(theirs, body.currency))}"


def _worth(body: Entry, found: FoundEntry, besides: Collection[str]) -> Iterator[str]:
    if body.currency == _EURO or any(line.euro_minor is None for line in body.lines):
        return
    sent, there = _euro_per_account(body.lines), _euro_per_account(found.lines)
    lines = max(len(body.lines), len(found.lines))
    for account in sorted((sent.keys() | there.keys()) - set(besides)):
        ours, theirs = sent.get(account, 0), there.get(account, 0)
        if abs(ours - theirs) > lines:
            yield f"account {account}: {_told(*(f'{from_minor(minor, _EURO)} {_EURO}' for minor in (ours, theirs)))}"


def _place(body: Entry, found: FoundEntry, periods: Sequence[Period]) -> Iterator[str]:
    if body.journal and found.journal and body.journal != found.journal:
        yield f"journal: {_told(body.journal, found.journal)}"
    own = [period.code for period in periods if period.start <= body.date <= period.end]
    if own and found.period and found.period not in own:
        yield f"period: {_told(', '.join(own), found.period)}"
    if body.date != found.date:
        yield f"date: {_told(body.date, found.date)}"


def _told(sent: object, there: object) -> str:
    return f"{sent} was sent, {there} is booked"


def _coded(sums: Mapping[str, int], currency: str) -> str:
    return ", ".join(f"{code} {from_minor(minor, currency)}" for code, minor in sorted(sums.items())) or "no code"


def _of(account: str, sums: Mapping[tuple[str, str], int]) -> dict[str, int]:
    return {code: minor for (owner, code), minor in sums.items() if owner == account}


def _per_account(lines: Iterable[Line]) -> dict[str, int]:
    return _summed((line.account, line.minor) for line in lines)


def _euro_per_account(lines: Iterable[Line]) -> dict[str, int]:
    return _summed((line.account, line.worth) for line in lines)


def _per_code(lines: Iterable[Line]) -> dict[tuple[str, str], int]:
    return _summed(((line.account, line.vat_code), line.minor) for line in lines if line.vat_code)


def _summed(amounts: Iterable[tuple[Key, int]]) -> dict[Key, int]:
    sums = Counter[Key]()
    for key, minor in amounts:
        sums[key] += minor
    return {key: minor for key, minor in sums.items() if minor}
