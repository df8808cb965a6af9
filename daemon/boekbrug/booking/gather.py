"""Add lines of many documents together, without ever computing VAT anew: the sources' cents are summed."""

from collections.abc import Iterable

from boekbrug.contract import Line, Role

#: a line's place in an entry: money first, differences last
_ORDER = {Role.DEBTOR: 0, Role.PAYMENT: 1, Role.BASE: 2, Role.VAT: 3, Role.OTHER: 4, Role.ROUNDING: 5}


_OTHER, _DEBTOR = Role.OTHER, Role.DEBTOR


class Sum:
    """One line to be: the first line of its kind, with the amounts of all."""

    __slots__ = ("euro", "like", "minor", "order", "vat", "vat_euro", "vat_like", "vat_minor")

    def __init__(self, like: Line) -> None:
        self.like = like
        self.minor = self.vat_minor = self.euro = self.vat = self.vat_euro = 0
        self.vat_like: Line | None = None
        sign = like.minor < 0 and (like.role is Role.OTHER or like.euro_minor is not None)
        named = like.reference if like.role is Role.DEBTOR else ""
        self.order = (_ORDER[like.role], like.account, like.vat_code, like.why, like.cost_centre, named, sign)

    def add_vat(self, line: Line) -> None:
        """Add a VAT line of this base."""
        if self.vat_like is None:
            self.vat_like = line
        self.vat += line.minor
        if line.euro_minor is not None:
            self.vat_euro += line.euro_minor


def gather(entries: Iterable[Iterable[Line]]) -> list[Line]:
    """Sum lines per role, account, code, rule and cost centre, in an order that does not depend on the documents'.

    Open items keep their own line by reference, and what is neither money nor revenue keeps debit and credit apart
    (bookkeeper.md §1.9). Lines that come to nothing are left out.
    """
    sums: dict[tuple[object, ...], Sum] = {}
    for lines in entries:
        placed: list[Sum] = []
        for line in lines:
            role, base, minor = line.role, line.base, line.minor
            if base is not None:
                found = placed[base]
                found.add_vat(line)
                placed.append(found)
                continue
            apart: object = None
            if role is _OTHER:
                apart = minor < 0
            elif role is _DEBTOR:
                apart = line.reference
            if line.euro_minor is not None:
                # at different rates a net amount and its euro could end on different sides
                apart = (apart, minor < 0)
            key = (line.why, line.account, line.vat_code, role, line.cost_centre, apart)
            known = sums.get(key)
            if known is None:
                known = sums[key] = Sum(line)
            known.minor += minor
            if line.vat_minor:
                known.vat_minor += line.vat_minor
            if line.euro_minor is not None:
                known.euro += line.euro_minor
            placed.append(known)
    return _lines(sorted(sums.values(), key=lambda sum: sum.order))


def _lines(sums: Iterable[Sum]) -> list[Line]:
    lines: list[Line] = []
    for sum in sums:
        if not (sum.minor or sum.vat or sum.euro):
            continue
        like, foreign = sum.like, sum.like.euro_minor is not None
        place = len(lines)
        lines.append(
            Line(
                role=like.role,
                account=like.account,
                minor=sum.minor,
                vat_code=like.vat_code,
                vat_minor=sum.vat_minor,
                treatment=like.treatment,
                cost_centre=like.cost_centre,
                reference=like.reference if like.role is Role.DEBTOR else "",
                euro_minor=sum.euro if foreign else None,
                why=like.why,
            )
        )
        if sum.vat_like is not None and sum.vat:
            euro = sum.vat_euro if foreign else None
            account = sum.vat_like.account
            lines.append(Line(role=Role.VAT, account=account, minor=sum.vat, base=place, euro_minor=euro, why=like.why))
    return lines
