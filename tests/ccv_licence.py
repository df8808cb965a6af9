"""The licence of a CCV Shop that tests begin with, whichever package it books in."""

import datetime as dt
from typing import NamedTuple


class Package(NamedTuple):
    """Where a licence books: connection, administration, journals, and what is sold at 21 %, 9 %, to the EU and abroad.

    Of each of these the revenue account and the VAT code, at home the VAT account too.
    """

    target: str
    administration: str
    journals: tuple[str, str, str]
    high: tuple[str, str, str]
    low: tuple[str, str, str]
    intra_eu: tuple[str, str]
    export: tuple[str, str]


EXACT = Package(
    "exact", "1234567", ("70", "30", "90"),
    ("8000", "2", "1500"), ("8010", "4", "1501"), ("8040", "7"), ("8030", "6"),
)  # fmt: skip
LEDGER = Package(
    "books", "main", ("70", "20", "90"),
    ("8000", "VH", "1500"), ("8010", "VL", "1501"), ("8020", "ICL"), ("8030", "EX"),
)  # fmt: skip
_TEXT = """
name = "{name}"
source = "shop"
unit = "shop"
target = "{package.target}"
administration = "{package.administration}"
start = {start}
automatic = true
{settings}

[rules]
{rules}
vat_scheme = "{scheme}"
package_defers_vat = true
oss = false
seller = "normal"
filing_period = "quarter"
filed_through = {filed}
invoices_by = "shop"
gift_cards = "none"
provider_booked_by = "bookkeeper"
payment_date_unknown = "order-date"
debtor = "1300"
rounding = {{ account = "4310" }}
journals = {{ sales = "{sales}", cash = "{cash}", memorial = "{memorial}" }}
vat = [
    {{ treatment = "domestic", rate = 21, account = "{high[0]}", vat_code = "{high[1]}", vat_account = "{high[2]}" }},
    {{ treatment = "domestic", rate = 9, account = "{low[0]}", vat_code = "{low[1]}", vat_account = "{low[2]}" }},
    {{ treatment = "intra-eu-goods", account = "{intra_eu[0]}", vat_code = "{intra_eu[1]}" }},
    {{ treatment = "export", account = "{export[0]}", vat_code = "{export[1]}" }},
]
[rules.payments]
DemoPSP_ideal = {{ account = "1060" }}
DemoPSP_creditcard = {{ account = "1061" }}
BankTransfer = {{ account = "1300", role = "debtor" }}
OnAccount = {{ account = "1300", role = "debtor" }}
"""


def ccv_licence(
    package: Package, start: dt.date, *, name: str = "webshop", scheme: str = "invoice", settings: str = "",
    rules: str = "",
) -> str:  # fmt: skip
    """Return the file of a licence, with `settings` and `rules` of its own as they stand there."""
    sales, cash, memorial = package.journals
    return _TEXT.format(
        **package._asdict(), package=package, start=start, filed=start - dt.timedelta(days=1), name=name,
        scheme=scheme, settings=settings, rules=rules, sales=sales, cash=cash, memorial=memorial,
    )  # fmt: skip
