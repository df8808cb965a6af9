"""Settings of a connection to a CCV Shop."""

from decimal import Decimal
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import field_validator, model_validator

from boekbrug.contract import LineKind, PluginSettings, Unfit, setting
from boekbrug_ccvshop.labels import HALF_KEYS, LABELS, NO_ADDRESS

CANCELLED = 8
"""The status of an order that is cancelled; it may be paid all the same."""


class CcvSettings(PluginSettings):
    """Which shop, what of it is booked, and what its API leaves unsaid.

    Keys are left empty where the shop installed our app: the installation brought them. `books` chooses paid orders
    or invoices; `locale` says what each leaves out.
    """

    labels = LABELS

    root: str = setting("", label="ccvshop.root")
    public: str = setting("", label="ccvshop.public", needs="root")
    secret: str = setting("", label="ccvshop.secret", secret=True, needs="public")
    name: str = setting("CCV Shop", label="ccvshop.name", min_length=1)
    books: Literal["invoices", "orders"] = setting("invoices", label="ccvshop.books")
    #: statuses (1 to 14) that let an order be booked although it is not paid: it becomes an open item of the debtor
    statuses: tuple[int, ...] = setting((), label="ccvshop.statuses", pick="source.statuses")
    #: VAT in payment costs, extra costs and order discounts where `total_tax` leaves more than one reading
    costs_rate: Literal["derive", "goods"] | Decimal = setting("derive", label="ccvshop.costs_rate")
    #: what a row's `product_type` stands for beside goods, such as {"deposit": "packaging-deposit"}
    row_kinds: dict[str, LineKind] = setting({}, label="ccvshop.row_kinds")
    country: str = setting("NL", label="ccvshop.country", pattern="^[A-Z]{2}$")
    #: days that are listed again, because a basket that is finished late stands before newer orders
    overlap_days: int = setting(2, label="ccvshop.overlap_days", ge=1, le=60)
    require_webhook_hash: bool = setting(False, label="ccvshop.require_webhook_hash")

    @field_validator("root")
    @classmethod
    def _is_an_origin(cls, root: str) -> str:
        root = root.rstrip("/")
        parts = urlsplit(root)
        if root and (parts.scheme not in ("https", "http") or not parts.netloc or parts.query or parts.fragment):
            raise Unfit(NO_ADDRESS, root=root)
        return root

    @model_validator(mode="after")
    def _whole_keys(self) -> Self:
        given = [bool(self.root), bool(self.public), bool(self.secret)]
        if any(given) and not all(given):
            raise Unfit(HALF_KEYS)
        return self
