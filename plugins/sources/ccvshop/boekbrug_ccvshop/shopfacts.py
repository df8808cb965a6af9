"""What the shop says of itself: its name, payment methods and the merchant's words for statuses, kept for a day."""

import datetime as dt
from collections.abc import Mapping

import msgspec

from boekbrug.contract import Cache, Choice, RefusedCall
from boekbrug_ccvshop.client import Shop
from boekbrug_ccvshop.listing import read_list
from boekbrug_ccvshop.wire import (
    MISSING,
    PayMethod,
    ShopSettings,
    decode_paymethod,
    decode_settings,
    decode_webshop,
)

_KEEP = dt.timedelta(days=1)
STATUSES = {
    1: "New", 2: "In process", 3: "Wait for manufacturer", 4: "Wait for payment", 5: "Sent", 6: "Delivered",
    7: "Completed", 8: "Cancelled", 9: "Wait for supplier", 10: "Is being packaged", 11: "Ready to be collected",
    12: "Is being assembled", 13: "Backorder", 14: "Reserved",
}  # fmt: skip


class ShopFacts:
    """Facts that change seldom, for one run."""

    def __init__(self, shop: Shop, cache: Cache) -> None:
        self._shop, self._cache = shop, cache
        self._statuses: Mapping[int, str] | None = None

    def webshop(self) -> int:
        """Return the number of the shop that the keys belong to; raise RefusedCall when they belong to none."""
        listed = read_list(self._shop.get("webshops", "webshops/"), "webshops")
        if not listed.items:
            raise RefusedCall(resource="webshops", status="no shop", message="")
        return decode_webshop(listed.items[0]).id

    def statuses(self) -> Mapping[int, str]:
        """Return the merchant's words for statuses, the shop's own where there are none."""
        if self._statuses is None:
            kept = self._cache.get("statuses")
            self._statuses = msgspec.json.decode(kept, type=dict[int, str]) if kept else self._read_statuses()
        return self._statuses

    def paymethods(self) -> tuple[Choice, ...]:
        """List the payment methods by the name that orders carry."""
        listed = read_list(self._shop.get("paymethods", "paymethods/"), "paymethods")
        methods = {name: one for raw in listed.items if (name := _name(one := decode_paymethod(raw)))}
        return tuple(Choice(value=name, label=one.label or name) for name, one in sorted(methods.items()))

    def rates(self) -> tuple[Choice, ...]:
        """List the Dutch rates, and the shop's own default."""
        default = self.settings().default_vat_rat
        rates = {"21", "9", "0"} | (set() if default == MISSING else {f"{default / 1000:g}"})
        return tuple(Choice(value=rate, label=f"{rate} %") for rate in sorted(rates, key=float, reverse=True))

    def settings(self) -> ShopSettings:
        """Read the shop's settings."""
        body = self._shop.get("webshops", f"webshops/{self.webshop()}/settings/")
        return ShopSettings() if body is None else decode_settings(body)

    def _read_statuses(self) -> Mapping[int, str]:
        named = {one.status: one.status_name for one in self.settings().order_status if one.status_name}
        found = {**STATUSES, **named}
        self._cache.put("statuses", msgspec.json.encode(found), _KEEP)
        return found


def _name(method: PayMethod) -> str:
    return method.combined_name or method.method or str(method.id)
