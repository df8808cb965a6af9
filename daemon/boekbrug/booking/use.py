"""What rules use of a package's chart, so that it can be checked before the first booking."""

from collections.abc import Iterator

from boekbrug.booking.rules import FIXED_KINDS, OWED_KINDS, PaymentRole, Rules
from boekbrug.contract import ChartUse, Role, Use


def chart_use(rules: Rules) -> ChartUse:
    """List all that the rules use of a chart, with the setting each use comes from."""
    return ChartUse(
        uses=tuple(_uses(rules)),
        journals=dict(rules.journals),
        conditions=(rules.condition,) if rules.condition else (),
        cost_centres=(rules.cost_centre,) if rules.cost_centre else (),
    )


def _uses(rules: Rules) -> Iterator[Use]:
    for place, row in enumerate(rules.vat):
        path = f"vat[{place}]"
        yield Use(
            account=row.account,
            role=Role.BASE,
            vat_code=row.vat_code,
            vat_rate=row.rate,
            treatment=row.treatment,
            setting=f"{path}.account",
        )
        if row.vat_account:
            yield Use(account=row.vat_account, role=Role.VAT, setting=f"{path}.vat_account")
    for method, payment in rules.payments.items():
        if payment.role is PaymentRole.INTERNAL:
            continue
        role = Role.DEBTOR if payment.role is PaymentRole.DEBTOR else Role.PAYMENT
        setting = f"payments.{method}.account"
        yield Use(account=payment.account, role=role, setting=setting, journal=payment.journal)
    for kind, line in rules.lines.items():
        if line.account:
            role = Role.OTHER if kind in FIXED_KINDS | OWED_KINDS else Role.BASE
            yield Use(account=line.account, role=role, vat_code=line.vat_code or "", setting=f"lines.{kind}.account")
    for place, advance in enumerate(rules.advances):
        setting = f"advances[{place}].account"
        yield Use(account=advance.account, role=Role.OTHER, vat_code=advance.vat_code, setting=setting)
    for account, role, setting in _single_accounts(rules):
        if account:
            yield Use(account=account, role=role, setting=setting)


def _single_accounts(rules: Rules) -> Iterator[tuple[str, Role, str]]:
    yield rules.debtor, Role.DEBTOR, "debtor"
    yield rules.rounding.account, Role.ROUNDING, "rounding.account"
    yield rules.cash_rounding, Role.ROUNDING, "cash_rounding"
    for name in (
        "vat_not_due",
        "received_in_advance",
        "transit",
        "fees",
        "fees_withheld",
        "input_vat",
        "exchange_differences",
    ):
        yield getattr(rules, name), Role.OTHER, name
    for name, account in rules.accounts.items():
        yield account, Role.VAT if name in rules.vat_ledgers else Role.OTHER, f"accounts.{name}"
