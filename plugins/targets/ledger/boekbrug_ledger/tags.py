"""What an entry and its lines carry beside account and amount; the same words in both dialects.

`vat` stands on bases only, so that `hledger balance tag:vat=VH` shows taxable amounts; the VAT itself carries its code
as `taxcode` (hledger finds tags by part of their name, so no other may contain "vat") and the position of its base.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec

from boekbrug.contract import Entry, Line, Role
from boekbrug_ledger.escape import decode, encode

Tags = list[tuple[str, str]]

_ROLES = {role.value: role for role in Role}
_POSITION = re.compile(r"[1-9][0-9]{0,5}").fullmatch
_encode_code = lru_cache(maxsize=1024)(encode)


class Form(NamedTuple):
    """How a dialect writes a tag: `before`name`colon`value`after`."""

    before: str
    colon: str
    after: str


def entry_tags(entry: Entry, form: Form) -> str:
    """Write an entry's tags, values encoded."""
    before, colon, after = form
    text = (
        f"{before}mark{colon}{encode(entry.mark)}{after}"
        f"{before}journal{colon}{_encode_code(entry.journal)}{after}"
        f"{before}kind{colon}{entry.kind}{after}"
    )
    return text + "".join([f"{before}{name}{colon}{value}{after}" for name, value in _rare_tags(entry)])


def line_tags(role: Role, vat_code: str, base: int | None, cost_centre: str, reference: str, form: Form) -> str:
    """Write a line's tags, values encoded; `base` counts lines from 1."""
    before, colon, after = form
    tags = [("role", role.value)]
    if vat_code:
        tags.append(("taxcode" if role is Role.VAT else "vat", encode(vat_code)))
    if base is not None:
        tags.append(("base", str(base + 1)))
    if cost_centre:
        tags.append(("cost-centre", encode(cost_centre)))
    if reference:
        tags.append(("reference", encode(reference)))
    return "".join([f"{before}{name}{colon}{value}{after}" for name, value in tags])


def _rare_tags(entry: Entry) -> Tags:
    tags: Tags = []
    if entry.period:
        tags.append(("period", encode(entry.period)))
    if entry.due is not None:
        tags.append(("due", entry.due.isoformat()))
    if entry.condition:
        tags.append(("condition", encode(entry.condition)))
    if entry.party is not None:
        tags.append(("party", encode(entry.party.key)))
    if entry.reverses:
        tags.append(("reverses", encode(entry.reverses)))
    if entry.rate is not None:
        rate = entry.rate
        tags += [("rate", str(rate.rate)), ("rate-source", encode(rate.source)), ("rate-date", encode(rate.date))]
    return tags


def tagged_line(tags: Mapping[str, str], account: str, minor: int, euro_minor: int | None) -> Line:
    """Make the contract's line of a posting; a tag that makes no sense (a person may have typed it) is left out."""
    base = tags.get("base", "")
    return Line(
        role=_ROLES.get(tags.get("role", ""), Role.OTHER),
        account=account,
        minor=minor,
        vat_code=decode(tags.get("vat") or tags.get("taxcode") or ""),
        base=int(base) - 1 if _POSITION(base) else None,
        text=tags.get("text", ""),
        cost_centre=decode(tags.get("cost-centre", "")),
        reference=decode(tags.get("reference", "")),
        euro_minor=euro_minor,
    )


def with_vat(lines: Sequence[Line]) -> tuple[Line, ...]:
    """State on each base line the VAT of the lines that point at it."""
    vat = Counter[int]()
    for line in lines:
        if line.role is Role.VAT and line.base is not None:
            vat[line.base] += line.minor
    return tuple(
        msgspec.structs.replace(line, vat_minor=vat[at]) if line.role is Role.BASE and vat[at] else line
        for at, line in enumerate(lines)
    )
