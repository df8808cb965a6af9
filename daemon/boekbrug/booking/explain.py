"""Say for each line of a draft which documents and which settings it came from."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

import msgspec

from boekbrug.booking.bodies import body_of
from boekbrug.booking.compiled import ADVANCE, CompiledRules, rate_parts
from boekbrug.booking.composed import Draft, Evidence, Item
from boekbrug.booking.header import Body
from boekbrug.booking.rules import Rules
from boekbrug.booking.sides import NOT_DUE
from boekbrug.contract import Line, Role

_SETTINGS = {
    "open item": "debtor",
    "rounding": "rounding.account",
    "cash rounding": "cash_rounding",
    "payout": "transit",
    "provider fees": "fees_withheld",
    "input VAT": "input_vat",
    "exchange difference": "exchange_differences",
}


class Share(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one document adds to a line, in minor units."""

    document_id: int
    number: str
    minor: int


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """A line with the paths of the settings that decided it and the documents that make it up."""

    line: Line
    settings: tuple[str, ...]
    shares: tuple[Share, ...]


def explain(draft: Draft, items: Iterable[Item], book: CompiledRules, evidence: Evidence) -> tuple[Explained, ...]:
    """Explain every line of a draft that was composed from these items under these rules.

    The shares of a line sum to its amount; a document without a share in it is left out.
    """
    bodies = ((item, body_of(item, book, evidence)) for item in items)
    own = [(item.document_id, item.document.number, body.lines) for item, body in bodies if isinstance(body, Body)]
    return explain_shares(draft.lines, own, book.rules, foreign=draft.currency != "EUR")


def explain_shares(
    lines: Sequence[Line], own: Iterable[tuple[int, str, Sequence[Line]]], rules: Rules, *, foreign: bool
) -> tuple[Explained, ...]:
    """Explain lines by those that each document stands for, given as document id, number and lines."""
    shares: dict[tuple[object, ...], list[Share]] = {}
    for document_id, number, its_lines in own:
        for line in its_lines:
            share = Share(document_id=document_id, number=number, minor=line.minor)
            shares.setdefault(_key(line, foreign=foreign), []).append(share)
    alike = Counter(_key(line, foreign=foreign) for line in lines)
    taken: dict[tuple[object, ...], int] = {}
    explained = []
    for line in lines:
        key = _key(line, foreign=foreign)
        mine = shares.get(key, [])
        if alike[key] > 1:
            place = taken[key] = taken.get(key, -1) + 1
            mine = mine[place : place + 1]
        explained.append(Explained(line=line, settings=tuple(settings_of(line, rules)), shares=tuple(mine)))
    return tuple(explained)


def _key(line: Line, *, foreign: bool) -> tuple[object, ...]:
    apart: object = line.minor < 0 if line.role is Role.OTHER or foreign else None
    named = line.reference if line.role is Role.DEBTOR else ""
    # a VAT line is made for each base, so what tells bases apart tells their VAT lines apart
    centre = "" if line.role is Role.VAT else line.cost_centre
    return line.role, line.account, line.vat_code, line.why, centre, named, apart


def settings_of(line: Line, rules: Rules) -> Iterator[str]:
    """Name the settings that a line's rule stands for, by their paths in the licence file."""
    why = line.why
    if why.startswith(NOT_DUE):
        yield "vat_not_due"
        why = why.removeprefix(NOT_DUE)
    if why.startswith(ADVANCE):
        yield "received_in_advance"
        why = why.removeprefix(ADVANCE)
    kind, _, rest = why.partition(" ")
    if why in _SETTINGS:
        yield _SETTINGS[why]
    elif kind == "method":
        yield f"payments.{rest}"
    elif kind == "kind":
        yield f"lines.{rest}"
    elif kind == "ledger":
        name, _, code = rest.partition(" ")
        yield f"accounts.{name}"
        if code.split():
            yield f"vat_codes.{code.split()[0]}"
    elif kind == "vat":
        yield from _vat_settings(rest.split(), rules)


def _vat_settings(words: list[str], rules: Rules) -> Iterator[str]:
    parts = rate_parts(Decimal(words[1]))
    country = words[2] if len(words) > 2 and words[2].isupper() else ""
    kind = words[-1] if len(words) > 2 and words[-1].islower() else None
    rows = [
        (row.kind != kind, row.country != country, f"vat[{place}]")
        for place, row in enumerate(rules.vat)
        if row.treatment == words[0] and rate_parts(row.rate) == parts
        if row.kind in (None, kind) and row.country in ("", country)
    ]
    if rows:
        yield min(rows)[2]
    if kind is not None and kind in rules.lines:
        yield f"lines.{kind}"
