"""Book a credit note on the accounts and codes of its original."""

from decimal import Decimal

from boekbrug.booking.compiled import CompiledRules, Posting, PostingKey
from boekbrug.booking.composed import Original
from boekbrug.booking.sides import NOT_DUE
from boekbrug.booking.sums import Sums, shares_of
from boekbrug.contract import Document, DocumentLine, Line, LineKind, Role, Treatment, from_minor, to_minor


def mirrored_postings(document: Document, original: Original, book: CompiledRules) -> dict[PostingKey, Posting]:
    """Return for each kind of line in a credit note the posting that the original used for it."""
    used = [book.posting(_posting(line, original.lines)) for line in original.lines if line.role is Role.BASE]
    used += [posting for line in original.lines if (posting := _not_due_posting(line, book)) is not None]
    found: dict[PostingKey, Posting] = {}
    for line in document.lines:
        if line.vat_rate is None:
            continue
        parts = int(line.vat_rate * 1000)
        like = [p for p in used if p.parts == parts and line.treatment in (None, p.treatment)]
        own = [p for p in like if p.kind is line.kind] or [p for p in like if p.kind is None]
        # what a margin sale was split into follows from the cost, which the credit states
        if len({id(p) for p in own}) == 1 and own[0].treatment is not Treatment.MARGIN:
            found[line.kind, line.vat_rate, line.treatment] = own[0]
    return found


def _not_due_posting(line: Line, book: CompiledRules) -> Posting | None:
    """Return the posting of a base whose VAT is not yet due: its account as booked, its code under today's rules."""
    if not line.why.startswith(NOT_DUE) or line.account == book.rules.vat_not_due:
        return None
    today = book.named(line.why.removeprefix(NOT_DUE))
    return today if today is None or today.account == line.account else book.posting(today.on(line.account))


def _posting(line: Line, lines: tuple[Line, ...]) -> Posting:
    place = lines.index(line)
    vat = next((other.account for other in lines if other.role is Role.VAT and other.base == place), "")
    words = line.why.split()
    assert line.treatment is not None, "a base line has a treatment"
    kind = words[-1] if len(words) > 3 and words[-1].islower() else None
    return Posting(
        account=line.account,
        vat_code=line.vat_code,
        vat_account=vat,
        treatment=line.treatment,
        parts=_parts(words[2]),
        why=line.why,
        kind=None if kind is None else LineKind(kind),
    )


def _parts(rate: str) -> int:
    whole, _, fraction = rate.partition(".")
    return int(whole) * 1000 + int(fraction.ljust(3, "0")[:3])


def amount_only_lines(document: Document, original: Original) -> tuple[DocumentLine, ...]:
    """Spread a refund of a bare amount over a sale of one rate pro rata; empty where a person has to choose the lines.

    The last line takes the remainder (bookkeeper.md §2.23).
    """
    gross: dict[str, int] = {}
    used: dict[str, Posting] = {}
    for line in original.lines:
        if line.role is Role.BASE:
            used.setdefault(line.why, _posting(line, original.lines))
            gross[line.why] = gross.get(line.why, 0) + line.minor + line.vat_minor
    whole = -sum(gross.values())
    if len({(posting.treatment, posting.parts, posting.country) for posting in used.values()}) != 1 or not whole:
        return ()
    shares = shares_of(to_minor(document.total, document.currency), [-one for one in gross.values()], whole)
    return tuple(
        DocumentLine(
            amount=from_minor(share, document.currency),
            vat_rate=Decimal(posting.parts) / 1000,
            treatment=posting.treatment,
            kind=posting.kind or LineKind.GOODS,
        )
        for posting, share in zip(used.values(), shares, strict=True)
        if share
    )


def keep_remainder(sums: Sums, original: Original) -> None:
    """Give a credit that takes all that is left of a rate the VAT that is left, where VAT was computed here."""
    if not sums.computed:
        return
    left: dict[str, list[int]] = {}
    for line in original.lines + original.later:
        if line.role is Role.BASE or line.role is Role.VAT:
            rest = left.setdefault(line.why, [0, 0])
            rest[0] -= line.minor
            rest[1] -= line.minor if line.role is Role.VAT else 0
    for (posting, _), base in sums.bases.items():
        gross, vat = left.get(posting.why, (0, 0))
        if base[0] == -gross and abs(base[1] + vat) <= sums.computed:
            sums.vat -= base[1] + vat
            base[1] = -vat
