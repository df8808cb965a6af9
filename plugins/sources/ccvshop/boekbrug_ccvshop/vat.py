"""Split the shop's VAT total over lines and rates, to the cent; what does not follow from it is Unclear.

The shop states one VAT total and no split. Costs and order discounts carry no rate: they follow the goods pro rata
(bookkeeper.md §1.19) where the total agrees, else have the one rate with which it does.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import product
from typing import Literal, NamedTuple

from boekbrug_ccvshop.parts import CENT, NO_GOODS, Part, Unclear

RATES = (21_000, 9_000, 0)
"""Dutch rates in thousandths of a percent: a cost may have one that none of the goods has."""
FOLLOW = -2
MOST_UNKNOWN = 4
"""Parts without a rate that are tried apart from each other: four choices each are 256 sums."""
_WHOLE = 100_000

CostsRate = Literal["derive", "goods"] | Decimal


class Line(NamedTuple):
    """A line to be: gross and VAT in cents, the rate in thousandths of a percent."""

    part: Part
    gross: int
    vat: int
    rate: int


class _Share(NamedTuple):
    part: Part
    amount: int
    rate: int

    @property
    def vat(self) -> int:
        return vat_of(self.amount, self.rate, net=self.part.net)


def split(parts: Sequence[Part], tax: int, costs_rate: CostsRate, document: str) -> list[Line]:
    """Give each part its rate and the cents of VAT that add up to `tax` (in millionths); raise Unclear."""
    cents = rounded(tax)
    shares = _shares(parts, cents, costs_rate, document)
    amounts = apportion([share.amount for share in shares], rounded(sum(share.amount for share in shares)))
    vats = _vats(shares, cents, document)
    return [
        Line(share.part, amount + vat if share.part.net else amount, vat, share.rate)
        for share, amount, vat in zip(shares, amounts, vats, strict=True)
    ]


def vat_of(amount: int, rate: int, *, net: bool) -> int:
    """Return the VAT in, or on top of, an amount in millionths; what is below a millionth is cut off."""
    return amount * rate // (_WHOLE if net else _WHOLE + rate)


def rounded(amount: int) -> int:
    """Round millionths to cents, half away from zero."""
    cents = (2 * abs(amount) + CENT) // (2 * CENT)
    return cents if amount >= 0 else -cents


def apportion(amounts: Sequence[int], cents: int) -> list[int]:
    """Round amounts down to cents and hand out the rest by the largest remainder, so that they sum to `cents`."""
    floors = [amount // CENT for amount in amounts]
    rest = cents - sum(floors)
    order = sorted(range(len(amounts)), key=lambda n: (-(amounts[n] % CENT), n))
    for n in order[: max(rest, 0)]:
        floors[n] += 1
    if rest < 0 or rest > len(floors):
        floors[order[0]] += rest - max(0, min(rest, len(floors)))
    return floors


def _shares(parts: Sequence[Part], cents: int, costs_rate: CostsRate, document: str) -> list[_Share]:
    unknown = [part for part in parts if part.rate is None]
    if not unknown:
        return list(_assigned(parts, ()))
    named = ", ".join(part.text or part.kind.value for part in unknown)
    for tier in _tiers(parts, unknown, costs_rate):
        found = [shares for choice in tier if _fits(shares := list(_assigned(parts, choice)), cents)]
        if len(found) > 1:
            raise Unclear("ccvshop-vat-ambiguous", document=document, costs=named)
        if found:
            return found[0]
    raise Unclear("ccvshop-vat-not-derived", document=document, costs=named, tax=_euro(cents))


def _tiers(
    parts: Sequence[Part], unknown: Sequence[Part], costs_rate: CostsRate
) -> Iterator[Iterator[tuple[int, ...]]]:
    """Yield choices of a rate for each unknown part: all with the goods, all at one rate, each at its own."""
    rates = sorted({part.rate for part in parts if part.rate is not None} | set(RATES), reverse=True)
    options = [_options(part, rates, costs_rate) for part in unknown]
    has_goods = any(weight for weight in _goods(parts).values())
    if has_goods and all(FOLLOW in choices for choices in options):
        yield iter([(FOLLOW,) * len(unknown)])
    alike = [rate for rate in rates if all(rate in choices for choices in options)]
    yield ((rate,) * len(unknown) for rate in alike)
    if 1 < len(unknown) <= MOST_UNKNOWN:
        rest = [[option for option in choices if option != FOLLOW or has_goods] for choices in options]
        yield (choice for choice in product(*rest) if len(set(choice)) > 1)


def _options(part: Part, rates: list[int], costs_rate: CostsRate) -> list[int]:
    if part.kind not in NO_GOODS:
        return rates
    if isinstance(costs_rate, Decimal):
        return [int(costs_rate * 1000)]
    return [FOLLOW] if costs_rate == "goods" else [FOLLOW, *rates]


def _goods(parts: Sequence[Part]) -> dict[int, int]:
    """Sum the goods per rate, in the order in which the rates come."""
    goods: dict[int, int] = {}
    for part in parts:
        if part.rate is not None and part.kind not in NO_GOODS:
            goods[part.rate] = goods.get(part.rate, 0) + part.amount
    return goods if sum(goods.values()) else {}


def _assigned(parts: Sequence[Part], choice: Sequence[int]) -> Iterator[_Share]:
    chosen = iter(choice)
    goods = _goods(parts) if FOLLOW in choice else {}
    whole = sum(goods.values())
    for part in parts:
        rate = next(chosen) if part.rate is None else part.rate
        if rate != FOLLOW:
            yield _Share(part, part.amount, rate)
            continue
        left = part.amount
        for n, (each, weight) in enumerate(goods.items(), 1):
            share = left if n == len(goods) else part.amount * weight // whole
            left -= share
            yield _Share(part, share, each)


def _per_rate(shares: Sequence[_Share]) -> dict[int, int]:
    sums: dict[int, int] = {}
    for share in shares:
        sums[share.rate] = sums.get(share.rate, 0) + share.vat
    return sums


def _fits(shares: Sequence[_Share], cents: int) -> bool:
    """Tell whether the VAT total is one of the sums that rounding each rate's VAT may give."""
    exact = [vat for vat in _per_rate(shares).values() if vat]
    nearest = sum(map(rounded, exact))
    return cents in (nearest, rounded(sum(exact)))


def _vats(shares: Sequence[_Share], cents: int, document: str) -> list[int]:
    """Round VAT per rate; where that misses the total, let the lines decide that rounding tips the least."""
    per_rate = _per_rate(shares)
    found = {rate: rounded(vat) for rate, vat in per_rate.items()}
    if sum(found.values()) == cents:
        return _within_rates(shares, found)
    exact = [share.vat for share in shares]
    lowest = sum(vat // CENT for vat in exact)
    if not lowest <= cents <= lowest + sum(1 for vat in exact if vat % CENT):
        computed = _euro(rounded(sum(exact)))
        raise Unclear("ccvshop-vat-differs", document=document, tax=_euro(cents), computed=computed)
    return apportion(exact, cents)


def _within_rates(shares: Sequence[_Share], per_rate: dict[int, int]) -> list[int]:
    vats = [0] * len(shares)
    for rate, cents in per_rate.items():
        places = [n for n, share in enumerate(shares) if share.rate == rate]
        for n, vat in zip(places, apportion([shares[n].vat for n in places], cents), strict=True):
            vats[n] = vat
    return vats


def _euro(cents: int) -> str:
    return f"{Decimal(cents) / 100:.2f}"
