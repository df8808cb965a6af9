"""The worked cases of the accounting sheets: each composes what the sheet's golden file says.

bk: bookkeeper.md by point, da: dutch-accounting.md §2 as corrected there, wf: webwinkelfacturen.md §5, bex:
bookingexperts.md §8 and §9.
"""

import datetime as dt
from collections.abc import Callable

from msgspec.structs import replace
from tests.unit.booking.drafts import (
    BELGIAN,
    CANTEEN,
    DAY,
    DUTCH,
    FRENCH,
    HOME,
    LUC,
    MARGIN,
    MARKETPLACE,
    ON_ACCOUNT,
    OSS_SINCE,
    PROVIDER,
    SEVEN_NIGHTS,
    SMALL,
    TWO_RATES,
    ULSTER,
    WITH_SHIPPING,
    advance_of_export,
    amount_only_refund,
    amount_only_refund_with_shipping,
    back,
    cash_scheme_receipt,
    credit_on_account,
    day_turnover,
    deposit_released,
    dollars,
    drafted,
    exchange_difference,
    final_invoice,
    hybrid,
    intra_eu_invoice,
    intra_eu_prepayment,
    movement,
    one,
    other_rate,
    paid_later,
    park_day,
    park_month,
    payout,
    prepayment,
    refund_before_invoice,
    refunded,
    second_hand,
    second_hand_back,
    shipped_and_paid,
    shop_day,
    stay,
    storno,
    voucher_redeemed,
    voucher_sold,
)
from tests.unit.booking.shop import EVIDENCE, RULES, book, item, line, order, shipping

from boekbrug.booking import Draft, compose_individual
from boekbrug.contract import (
    LineKind,
    Treatment,
)

SPECIAL: dict[str, Callable[[], Draft]] = {
    "bk-03-invoice": intra_eu_invoice,
    "bk-03-paid-by-provider": lambda: one(
        order(line("500.00", "0"), buyer=BELGIAN, ship_to="BE", paid={"klarna": "500.00"})
    ),
    "bk-12-oss-return": lambda: back(order(line("119.00", "19"), ship_to="DE", paid={"ideal": "119.00"}), **OSS_SINCE),
    "bk-18-packaging-deposit": lambda: one(
        order(line("121.00"), line("-13.00", None, kind=LineKind.PACKAGING_DEPOSIT), paid={"contant": "108.00"})
    ),
    "bk-18-security-deposit": lambda: one(
        order(
            line("121.00", kind=LineKind.LODGING),
            line("200.00", None, kind=LineKind.SECURITY_DEPOSIT),
            paid={"pin": "321.00"},
        ),
        lines={**RULES["lines"], "security-deposit": {"account": "1640"}},
    ),
    "bk-18-lodging-split-by-source": lambda: one(
        stay(line("300.00", "9", "24.77", kind=LineKind.LODGING), line("100.00", "21", "17.36", kind=LineKind.LODGING))
    ),
    "bk-18-lodging-back": lambda: back(
        order(line("100.00", None, kind=LineKind.LODGING), dates=SEVEN_NIGHTS, paid={"pin": "100.00"})
    ),
    "bk-18-exempt-seller": lambda: one(
        order(line("80.00", None), paid={"ideal": "80.00"}), **{**HOME, "seller": "exempt"}
    ),
    "bk-25-cancellation": lambda: one(
        order(line("60.50", kind=LineKind.CANCELLATION), paid={"pin": "60.50"}),
        lines={"cancellation": {"account": "8050", "treatment": "domestic"}},
    ),
    "bk-26-northern-ireland": lambda: one(
        order(line("100.00", "0"), ship_to="GB", buyer=ULSTER, paid={"ideal": "100.00"})
    ),
    "bk-26-service-to-northern-ireland": lambda: one(
        order(line("100.00", "0", kind=LineKind.SERVICE), ship_to="GB", buyer=ULSTER, paid={"ideal": "100.00"}), **HOME
    ),
    "bk-27-crossing": lambda: drafted(
        compose_individual(
            item(order(line("121.00"), ship_to="BE", buyer=LUC, paid={"ideal": "121.00"})),
            book(oss=DAY),
            replace(EVIDENCE, distance={2026: 999_999}),
        )
    ),
    "da-1.1-zero": lambda: one(order(line("80.00", "0"), paid={"ideal": "80.00"})),
    "da-1.1-other-rate": lambda: one(
        order(line("113.00", "13"), paid={"contant": "113.00"}), vat=[*RULES["vat"], CANTEEN]
    ),
    "da-1.1-reverse-charge-abroad": lambda: one(
        order(line("1000.00", "0", treatment=Treatment.REVERSE_CHARGE), buyer=BELGIAN, ship_to="BE", on_account=True)
    ),
    "da-1.1-stock-abroad-to-business": lambda: one(
        order(
            line("500.00", "0", treatment=Treatment.INTRA_EU_GOODS),
            buyer=BELGIAN,
            ship_from="DE",
            ship_to="BE",
            on_account=True,
        ),
        vat=[*RULES["vat"], {"treatment": "foreign", "country": "DE", "account": "8028"}],
    ),
    "da-1.1-eu-service-delivered-here": lambda: one(
        order(line("250.00", "0", kind=LineKind.SERVICE), buyer=BELGIAN, ship_to="NL", on_account=True)
    ),
    "bk-15": lambda: one(second_hand("200.00", "79.00"), **MARGIN),
    "bk-15-no-cost": lambda: one(second_hand("200.00", None), **MARGIN),
    "bk-15-loss": lambda: one(second_hand("70.00", "79.00"), **MARGIN),
    "bk-15-back": second_hand_back,
    "bk-15-abroad": lambda: one(
        second_hand("200.00", "79.00", ship_to="FR", buyer=FRENCH), **MARGIN, oss=dt.date(2026, 1, 1)
    ),
    "bk-18-exempt": lambda: one(order(line("80.00", "0"), paid={"ideal": "80.00"}), **HOME),
    "bk-18-small-business": lambda: one(order(line("80.00", None, treatment=None), paid={"ideal": "80.00"}), **SMALL),
    "bk-18-lodging-over-new-year": lambda: one(stay(line("400.00", None, kind=LineKind.LODGING))),
    "bk-18-lodging-with-its-vat": lambda: one(stay(line("400.00", None, "42.14", kind=LineKind.LODGING))),
    "bk-18-bare-pitch": lambda: one(
        stay(line("109.00", "9", kind=LineKind.CAMPING_PITCH), paid={"pin": "109.00"}),
        lines={"camping-pitch": {"account": "8055"}},
    ),
    "bk-18-tourist-tax": lambda: one(
        order(
            line("121.00", kind=LineKind.LODGING), line("6.20", None, kind=LineKind.TOURIST_TAX), paid={"pin": "127.20"}
        )
    ),
    "bk-25-no-show": lambda: one(
        order(line("121.00", kind=LineKind.NO_SHOW), paid={"pin": "121.00"}),
        lines={"no-show": {"account": "8050", "treatment": "domestic"}},
    ),
    "bk-25-damage": lambda: one(
        order(line("75.00", None, kind=LineKind.DAMAGE), paid={"pin": "75.00"}),
        **HOME,
        lines={"damage": {"account": "8070", "treatment": "outside-scope"}},
    ),
    "da-1.1-reverse-charge": lambda: one(
        order(line("1000.00", "0", treatment=Treatment.REVERSE_CHARGE), buyer=DUTCH, on_account=True)
    ),
    "da-1.1-eu-service": lambda: one(
        order(line("250.00", "0", kind=LineKind.SERVICE), buyer=BELGIAN, ship_to="BE", on_account=True)
    ),
    "da-1.1-export": lambda: one(order(line("300.00", "0"), ship_to="US", paid={"ideal": "300.00"})),
    "da-1.1-export-advance": advance_of_export,
    "da-1.1-stock-abroad": lambda: one(
        order(line("119.00", "19"), ship_from="DE", ship_to="DE", paid={"ideal": "119.00"}), **HOME
    ),
    "da-1.1-distance": lambda: one(
        order(line("120.00", "20"), ship_to="FR", buyer=FRENCH, paid={"ideal": "120.00"}), **HOME
    ),
    "da-1.3-oss-from-stock-abroad": lambda: one(
        order(line("121.00"), ship_from="DE", ship_to="BE", paid={"ideal": "121.00"}), oss=dt.date(2026, 1, 1)
    ),
}


CASES: dict[str, Callable[[], Draft]] = {
    "bk-01-sale": lambda: one(ON_ACCOUNT, vat_scheme="cash"),
    "bk-01-receipt": cash_scheme_receipt,
    "bk-03-prepayment": intra_eu_prepayment,
    "bk-05": deposit_released,
    "bk-06-receipt": prepayment,
    "bk-06-final": final_invoice,
    "bk-06-voucher-sold": voucher_sold,
    "bk-06-voucher-redeemed": voucher_redeemed,
    "bk-07": lambda: one(payout("ideal", "1200.05", "22.51", "1177.54"), **PROVIDER),
    "bk-09-day": day_turnover,
    "bk-09-count": lambda: one(movement("kasverschil", "0.40", contant="-0.40"), accounts={"kasverschil": "4320"}),
    "bk-10": lambda: one(order(line("9.98", "21", "1.73"), paid={"contant": "10.00"})),
    "bk-14-sale": lambda: one(order(line("121.00"), paid={"bol": "121.00"}), **MARKETPLACE),
    "bk-14-commission-and-payout": lambda: one(payout("bol", "121.00", "12.10", "108.90", "2.10"), **MARKETPLACE),
    "bk-19": lambda: one(order(line("60.50"), line("43.60", "9"), shipping("6.05"), on_account=True)),
    "bk-20": refund_before_invoice,
    "bk-21": lambda: one(order(line("121.00"), paid={"giftcard": "25.00", "ideal": "50.00"})),
    "bk-22": lambda: one(order(line("121.00"), paid={"klarna": "121.00"})),
    "bk-23": amount_only_refund,
    "bk-23-pro-rata": amount_only_refund_with_shipping,
    "bk-24-tip": lambda: one(
        order(line("100.00", "9"), line("10.00", None, kind=LineKind.TIP), paid={"pin": "110.00"})
    ),
    "bk-24-tip-paid-out": lambda: one(movement("fooi", "10.00", contant="-10.00"), accounts={"fooi": "1630"}),
    "bk-24-deposited": lambda: one(
        movement("afstorting", "200.00", contant="-200.00"), accounts={"afstorting": "1065"}
    ),
    "bk-28-sale": dollars,
    "bk-28-payout": exchange_difference,
    "da-2.1": lambda: one(TWO_RATES),
    "da-2.1-payment": paid_later,
    "da-2.3-invoice": lambda: hybrid(0),
    "da-2.3-rest": lambda: hybrid(1),
    "da-2.4-credit": credit_on_account,
    "da-2.4-refund": refunded,
    "da-2.8-sold": lambda: one(
        order(line("50.00", None, kind=LineKind.VOUCHER_MULTI_PURPOSE), paid={"ideal": "50.00"})
    ),
    "da-2.8-redeemed": lambda: one(order(line("60.50"), paid={"giftcard": "50.00", "ideal": "10.50"})),
    "da-2.9": lambda: one(order(line("100.01", "21", "17.36"), total="100.00", on_account=True)),
    "da-2.10": storno,
    "da-2.10-other-rate": other_rate,
    "da-2.11-intra-eu": lambda: one(order(line("500.00", "0"), buyer=BELGIAN, ship_to="BE", on_account=True)),
    "da-2.11-oss": lambda: one(
        order(line("119.00", "19"), ship_to="DE", paid={"ideal": "119.00"}), oss=dt.date(2026, 1, 1)
    ),
    "wf-5.1": shop_day,
    "wf-5.3": lambda: one(WITH_SHIPPING),
    "wf-5.4-paid": shipped_and_paid,
    "wf-5.4-payout": lambda: one(payout("ideal", "110.15", "1.25", "108.90"), **PROVIDER),
    "bex-8": park_day,
    "bex-9": park_month,
    **SPECIAL,
}
