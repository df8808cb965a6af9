"""The shop's own arithmetic: what a sale comes to, and the VAT in it per rate."""

from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

import msgspec

HUNDRED = Fraction(100)


class Item(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A row: price per piece in cents before options, with or without VAT as the shop states prices."""

    name: str
    price: int
    tax: int | None = 21
    count: int = 1
    option: int = 0
    reduced: int = 0
    type: str = "product"

    @property
    def total(self) -> int:
        """Return the row's total with paid options and after its own discount."""
        return (self.price - self.reduced + self.option) * self.count


class Content(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an order or invoice charges, in cents; `net` prices come without VAT, `untaxed` sales have none."""

    items: tuple[Item, ...] = ()
    shipping: int = 0
    shipping_tax: int | None = 21
    fee: int = 0
    option_fee: int = 0
    extra: int = 0
    discount: int = 0
    points: int = 0
    net: bool = False
    untaxed: bool = False
    intra: bool = False
    platform: bool = False


class Totals(NamedTuple):
    """Total and VAT in cents, and gross and VAT per rate."""

    total: int
    tax: int
    rates: dict[int, tuple[int, int]]


def half_up(value: Fraction) -> int:
    """Round to whole cents, half away from zero."""
    whole = int(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


@lru_cache(maxsize=4096)
def totals(content: Content) -> Totals:
    """Add a sale up: VAT is rounded once per rate; costs and discounts are taxed as the goods are, pro rata."""
    bases = _bases(content)
    rates: dict[int, tuple[int, int]] = {}
    for rate, amount in bases.items():
        factor = Fraction(rate) / (HUNDRED if content.net else HUNDRED + rate)
        rates[rate] = (0, half_up(amount * factor))
    tax = sum(vat for _, vat in rates.values())
    stated = sum(item.total for item in content.items) + content.shipping + _costs(content)
    total = stated + tax if content.net else stated
    return Totals(total, tax, _with_gross(bases, rates, total, net=content.net))


def _bases(content: Content) -> dict[int, Fraction]:
    bases: dict[int, Fraction] = {}
    for item in content.items:
        _add(bases, 0 if content.untaxed else item.tax or 0, Fraction(item.total))
    goods = {
        rate: sum(Fraction(i.total) for i in content.items if i.type == "product" and _rate(content, i) == rate)
        for rate in bases
    }
    whole = sum(goods.values())
    _add(bases, 0 if content.untaxed else content.shipping_tax or 0, Fraction(content.shipping))
    for rate, weight in goods.items():
        if whole:
            _add(bases, rate, _costs(content) * weight / whole)
    if not whole:
        _add(bases, 0 if content.untaxed else 21, Fraction(_costs(content)))
    return {rate: base for rate, base in bases.items() if base}


def _rate(content: Content, item: Item) -> int:
    return 0 if content.untaxed else item.tax or 0


def _costs(content: Content) -> int:
    return content.fee + content.option_fee + content.extra - content.discount - content.points


def _add(bases: dict[int, Fraction], rate: int, amount: Fraction) -> None:
    bases[rate] = bases.get(rate, Fraction(0)) + amount


def _with_gross(
    bases: dict[int, Fraction], rates: dict[int, tuple[int, int]], total: int, *, net: bool
) -> dict[int, tuple[int, int]]:
    """Round what each rate comes to with VAT; the first rate takes what rounding leaves over."""
    found = {rate: (half_up(base) + (rates[rate][1] if net else 0), rates[rate][1]) for rate, base in bases.items()}
    left = total - sum(gross for gross, _ in found.values())
    if left and found:
        first = next(iter(found))
        found[first] = (found[first][0] + left, found[first][1])
    return found
