"""Sum the lines of a document per posting, with the source's own VAT cents, and check each line on the way."""

from boekbrug.booking.apart import Part, margin_parts, night_parts, spans_new_year
from boekbrug.booking.compiled import FULL, CompiledRules, Posting, PostingKey, rate_words
from boekbrug.booking.place import Misfit, Place
from boekbrug.booking.rules import ACCESSORY_KINDS
from boekbrug.contract import (
    MINOR_SCALES,
    BadAmount,
    Document,
    DocumentLine,
    LineKind,
    Problem,
    Treatment,
    divide_half_up,
    from_minor,
    to_minor,
)

BaseKey = tuple[Posting, str]

#: more digits of minor units are no amount, and would take a minute to write out
_MOST_DIGITS = 18
_SHIPPING = LineKind.SHIPPING


class Sums:
    """Gross and VAT per (posting, cost centre) in minor units, credit notes negative, and what was found wrong."""

    __slots__ = ("bases", "computed", "faults", "gross", "loose", "vat", "warnings")

    def __init__(self) -> None:
        self.bases: dict[BaseKey, list[int]] = {}
        self.loose: list[DocumentLine] = []
        self.faults: list[Problem] = []
        self.warnings: list[Problem] = []
        self.gross = 0
        self.vat = 0
        #: how many lines had their VAT computed here because the source states none
        self.computed = 0

    def add(self, key: BaseKey, gross: int, vat: int) -> None:
        """Add an amount to its base."""
        base = self.bases.get(key)
        if base is None:
            self.bases[key] = [gross, vat]
        else:
            base[0] += gross
            base[1] += vat
        self.gross += gross
        self.vat += vat


def sum_lines(
    document: Document, book: CompiledRules, place: Place, mirrored: dict[PostingKey, Posting] | None = None
) -> Sums:
    """Sum a document's lines; `mirrored` holds the original's postings of a credit note, which come first."""
    sums = Sums()
    bases, scale = sums.bases, MINOR_SCALES[document.currency]
    known = book.postings(place) if mirrored is None else mirrored
    shipped: DocumentLine | None = None
    whole_gross = whole_vat = 0
    for line in document.lines:
        posting = known.get((line.kind, line.vat_rate, line.treatment))
        if posting is None and (posting := _first_time(document, line, book, place, sums)) is None:
            continue
        if line.kind is _SHIPPING:
            shipped = line
        # to_minor, vat_inside and add, written out: together they are a third of composing a sale
        exact = line.amount * scale
        gross = int(exact) if exact.adjusted() < _MOST_DIGITS else to_minor(line.amount, document.currency)
        if gross != exact:
            raise BadAmount(amount=str(line.amount), currency=document.currency)
        full = posting.full
        due = (gross * posting.twice + full) // (2 * full) if gross >= 0 else vat_inside(gross, posting.parts)
        if line.vat is None:
            vat = due
            sums.computed += 1
        else:
            exact = line.vat * scale
            vat = int(exact) if exact.adjusted() < _MOST_DIGITS else to_minor(line.vat, document.currency)
            if vat != exact or not -posting.tolerance <= vat - due <= posting.tolerance:
                sums.faults.append(_vat_fault(document, line, posting, due))
        base = bases.get((posting, line.cost_centre))
        if base is None:
            bases[posting, line.cost_centre] = [gross, vat]
        else:
            base[0] += gross
            base[1] += vat
        whole_gross += gross
        whole_vat += vat
    sums.gross += whole_gross
    sums.vat += whole_vat
    if shipped is not None:
        _warn_of_other_rate(document, shipped, sums)
    return _spread_loose(document, sums, book) if sums.loose else sums


def _spread_loose(document: Document, sums: Sums, book: CompiledRules) -> Sums:
    for line in sums.loose:
        spread(document, line, sums, book)
    return sums


def _warn_of_other_rate(document: Document, shipped: DocumentLine, sums: Sums) -> None:
    """Warn where shipping was invoiced at a rate that none of the goods have: it is owed all the same (§1.19)."""
    rates = [line.vat_rate for line in document.lines if line.kind not in ACCESSORY_KINDS]
    if rates and shipped.vat_rate not in rates:
        facts = {"document": document.number, "rate": str(shipped.vat_rate)}
        sums.warnings.append(Problem(code="shipping-rate-differs", facts=facts))


def vat_inside(gross: int, parts: int) -> int:
    """Return the VAT inside a gross amount in minor units, at a rate in thousandths of a percent."""
    if not parts:
        return 0
    whole = FULL + parts
    if gross >= 0:
        return (2 * gross * parts + whole) // (2 * whole)
    return -((-2 * gross * parts + whole) // (2 * whole))


def _first_time(
    document: Document, line: DocumentLine, book: CompiledRules, place: Place, sums: Sums
) -> Posting | None:
    """Find a line's posting; None when it has none, or none of its own, which is then noted in the sums."""
    if line.kind in ACCESSORY_KINDS and line.treatment is None and not line.vat_rate:
        stated = line.vat_rate is not None or line.vat is not None
        if stated and not line.vat and line.amount > 0 and _goods_carry_vat(document):
            sums.faults.append(_misfit(document, line, place, Misfit("vat-missing-on-shipping")))
            return None
    if line.vat_rate is None and line.treatment is None and book.follows_goods(line.kind):
        sums.loose.append(line)
        return None
    found: Posting | list[Part] | Misfit
    if spans_new_year(document, line):
        found = night_parts(document, line, book, place)
    else:
        found = book.resolve(place, line.kind, line.vat_rate, line.treatment)
    if isinstance(found, Posting) and found.treatment is Treatment.MARGIN:
        if book.profits and line.cost is None:
            sums.warnings.append(_line_problem("margin-cost-missing", document, line))
        found = margin_parts(document, line, found, book)
    if isinstance(found, Misfit):
        sums.faults.append(_misfit(document, line, place, found))
        return None
    if isinstance(found, Posting):
        return found
    _add_parts(document, line, found, sums)
    return None


def _add_parts(document: Document, line: DocumentLine, parts: list[Part], sums: Sums) -> None:
    """Add a line in parts; VAT that the source states has to be theirs, a cent per part allowed."""
    vats = [vat_inside(part.gross, part.posting.parts) for part in parts]
    if line.vat is None:
        sums.computed += 1
    elif line.vat or line.kind is LineKind.LODGING:
        stated = to_minor(line.vat, document.currency)
        if abs(stated - sum(vats)) > sum(1 for part in parts if part.posting.parts):
            computed = str(from_minor(sum(vats), document.currency))
            rates = " + ".join(rate_words(part.posting.parts) for part in parts)
            sums.faults.append(
                _line_problem("vat-differs", document, line, vat=str(line.vat), rate=rates, computed=computed)
            )
            return
        vats[0] += stated - sum(vats)
    for part, vat in zip(parts, vats, strict=True):
        sums.add((part.posting, line.cost_centre), part.gross, vat)


def _goods_carry_vat(document: Document) -> bool:
    return any(line.vat_rate for line in document.lines if line.kind not in ACCESSORY_KINDS)


def spread(document: Document, line: DocumentLine, sums: Sums, book: CompiledRules) -> None:
    """Spread a line without a rate over the goods' rates by gross amount; the last rate takes the remainder.

    VAT that the source states for the line is kept: a cent of difference per rate goes to the largest share.
    """
    goods = [(key, base[0]) for key, base in sums.bases.items() if _is_goods(key[0])]
    whole = sum(gross for _, gross in goods)
    if not whole:
        sums.faults.append(_line_problem("nothing-to-follow", document, line))
        return
    amount = to_minor(line.amount, document.currency)
    shares = shares_of(amount, [gross for _, gross in goods], whole)
    vats = [vat_inside(share, key[0].parts) for share, (key, _) in zip(shares, goods, strict=True)]
    if line.vat is not None:
        stated = to_minor(line.vat, document.currency)
        if abs(stated - sum(vats)) > len(vats):
            sums.faults.append(_line_problem("vat-differs", document, line, vat=str(line.vat), rate="", computed=""))
            return
        largest = max(range(len(shares)), key=lambda n: abs(shares[n]))
        vats[largest] += stated - sum(vats)
    else:
        sums.computed += 1
    for (key, _), share, vat in zip(goods, shares, vats, strict=True):
        posting = book.alongside(key[0], line.kind)
        sums.add((posting, line.cost_centre or key[1]), share, vat)


def _is_goods(posting: Posting) -> bool:
    return posting.role.value == "base" and posting.kind not in ACCESSORY_KINDS


def shares_of(amount: int, weights: list[int], whole: int) -> list[int]:
    """Divide an amount by weights that sum to `whole`; the last takes the remainder."""
    shares = [portion(amount, weight, whole) for weight in weights[:-1]]
    return [*shares, amount - sum(shares)]


def portion(amount: int, part: int, whole: int) -> int:
    """Return the part of an amount, half a cent away from zero; a credit's whole is negative."""
    return divide_half_up(amount * part, whole) if whole > 0 else divide_half_up(-amount * part, -whole)


def check_total_vat(document: Document, sums: Sums) -> None:
    """Compare with the document's own VAT total; what was computed here gives way to it, a cent per line."""
    if document.total_vat is None or document.total_vat * MINOR_SCALES[document.currency] == sums.vat:
        return
    stated = to_minor(document.total_vat, document.currency)
    difference = stated - sums.vat
    if abs(difference) > sums.computed:
        facts = {"total": str(document.total_vat), "lines": str(from_minor(sums.vat, document.currency))}
        sums.faults.append(Problem(code="vat-differs-from-total", facts={"document": document.number, **facts}))
        return
    taxed = [base for (posting, _), base in sums.bases.items() if posting.parts]
    if taxed:
        max(taxed, key=lambda base: abs(base[0]))[1] += difference
        sums.vat = stated


def _misfit(document: Document, line: DocumentLine, place: Place, misfit: Misfit) -> Problem:
    facts = {"country": misfit.country or place.destination, "kind": line.kind.value}
    facts["treatment"] = str(misfit.treatment or line.treatment or "")
    facts["rate"] = "" if line.vat_rate is None else str(line.vat_rate)
    if document.buyer is not None and misfit.code.startswith("vat-id"):
        facts["vat_id"] = document.buyer.vat_id
    return _line_problem(misfit.code, document, line, **facts)


def _vat_fault(document: Document, line: DocumentLine, posting: Posting, due: int) -> Problem:
    if not posting.parts:
        return _line_problem("vat-on-untaxed", document, line, vat=str(line.vat), treatment=posting.treatment.value)
    code = "vat-missing-on-shipping" if line.kind in ACCESSORY_KINDS and not line.vat else "vat-differs"
    computed = str(from_minor(due, document.currency))
    return _line_problem(code, document, line, vat=str(line.vat), rate=rate_words(posting.parts), computed=computed)


def _line_problem(code: str, document: Document, line: DocumentLine, **facts: str) -> Problem:
    named = line.text or line.sku or line.kind.value
    return Problem(code=code, facts={"document": document.number, "line": named, "amount": str(line.amount), **facts})
