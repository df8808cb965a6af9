"""The rules that simulated licences book by: those of the simulated books, and those that fit a plugin."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from boekbrug.booking.rules import Mode, PaymentRule, Rules, VatRule, VatScheme
from boekbrug.contract import AccountType, Chart, DocumentKind, EntryKind, Treatment
from boekbrug.testing.samples import PAID_ON, first_account, is_ordinary

PAID_TO = "1060"
"""The account that all money comes in on."""
TOTALLED = "till"
"""The unit whose sales are booked as one total per day, in worlds that do so."""
CODES = {"shop": "S1M7", TOTALLED: "S1M8", "fair": "S1M9", "stall": "S1MA"}
"""The licences' codes, as marks have them, by the unit that sells."""
SHOP_RULES = Rules(
    vat_scheme=VatScheme.INVOICE,
    basis=DocumentKind.ORDER,
    oss=False,
    payment_date_unknown="order-date",
    vat=(VatRule(treatment=Treatment.DOMESTIC, rate=Decimal(21), account="8000", vat_code="VH", vat_account="1500"),),
    payments={"ideal": PaymentRule(account=PAID_TO)},
    journals=dict.fromkeys(EntryKind, "VRK"),
    debtor="1300",
    debtors="customer",
)
"""Each sale an entry of its own, on its customer."""
DAY_RULES = msgspec.structs.replace(SHOP_RULES, mode=Mode.DAY, debtors="collective", corrections="automatic")
"""One entry per day; what changes afterwards is corrected by itself."""
_RATES = (Decimal(21), Decimal(9))


def rules_on(chart: Chart, *, customers: bool) -> Rules:
    """Book the simulated shop's sales on the first accounts, codes and journals of a chart that fit.

    Raise StopIteration when the chart has no revenue account, no debtor, no account for what is received, or no
    ordinary VAT code of 21 percent.
    """
    code = next(code for code in chart.vat_codes if is_ordinary(code) and code.rate == _RATES[0])
    open_journals = [journal for journal in chart.journals if not journal.blocked]
    return msgspec.structs.replace(
        SHOP_RULES,
        vat=(
            VatRule(
                treatment=Treatment.DOMESTIC, rate=code.rate, vat_code=code.code, vat_account=code.account,
                account=first_account(chart, [AccountType.REVENUE]).code,
            ),
        ),
        payments={"ideal": PaymentRule(account=first_account(chart, PAID_ON).code)},
        journals={kind: journal.code for journal in reversed(open_journals) for kind in journal.kinds},
        debtor=first_account(chart, [AccountType.DEBTOR]).code,
        debtors="customer" if customers else "collective",
        collective_debtor="Webwinkel" if customers else "",
    )  # fmt: skip


def rules_for(kind: DocumentKind, methods: Iterable[str]) -> Rules:
    """Book the documents of a kind that come from a plugin, paid by any of these methods."""
    payments: Mapping[str, PaymentRule] = {method: PaymentRule(account=PAID_TO) for method in methods}
    vat = [
        VatRule(treatment=Treatment.DOMESTIC, rate=rate, account="8000", vat_code="V", vat_account="1500")
        for rate in _RATES
    ]
    return msgspec.structs.replace(SHOP_RULES, basis=kind, vat=tuple(vat), payments=dict(payments))
