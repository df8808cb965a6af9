"""What does not fit together in the rules of a licence."""

from collections.abc import Iterator
from decimal import Decimal
from string import Formatter

from boekbrug.booking.rules import LEDGER_MODES, TEXT_FIELDS, WITH_RATE, Mode, PaymentRole, Rules, VatScheme
from boekbrug.contract import DocumentKind, EntryKind, Fault, LineKind, Treatment


def rule_faults(rules: Rules) -> tuple[Fault, ...]:
    """List every inconsistency of rules, each with the path of its setting and what to do."""
    return tuple(_faults(rules))


def _faults(rules: Rules) -> Iterator[Fault]:
    yield from _vat_faults(rules)
    yield from _account_faults(rules)
    yield from _advance_faults(rules)
    yield from _template_faults(rules.text)
    if rules.basis not in (DocumentKind.ORDER, DocumentKind.INVOICE, DocumentKind.RECEIPT):
        yield Fault("basis", "{given} does not book a sale; choose order, invoice or receipt", given=rules.basis)
    if rules.invoices_by == "package" and rules.basis is DocumentKind.INVOICE:
        yield Fault("basis", "the package makes the invoices, so the shop has none to book; choose order")
    if rules.oss is True:
        yield Fault("oss", "write false, or the first day of the one-stop shop as a date")
    for method, payment in rules.payments.items():
        if not payment.account and payment.role is not PaymentRole.INTERNAL:
            yield Fault(
                f"payments.{method}.account", "name the account its money goes to, or give it the role internal"
            )
        if payment.role is PaymentRole.SINGLE_PURPOSE_VOUCHER and not _is_rate(payment.rate):
            yield Fault(f"payments.{method}.rate", "a single-purpose voucher needs the VAT rate inside it")
        if payment.role is PaymentRole.SINGLE_PURPOSE_VOUCHER and not rules.has_gift_cards("single-purpose"):
            yield Fault(
                f"payments.{method}.role", "gift_cards says that there are no such vouchers; change one of them"
            )


def _vat_faults(rules: Rules) -> Iterator[Fault]:
    seen: dict[tuple[object, ...], int] = {}
    profits: dict[LineKind | None, int] = {}
    for place, row in enumerate(rules.vat):
        path = f"vat[{place}]"
        first = seen.setdefault((row.treatment, row.rate, row.country, row.kind), place)
        if first != place:
            yield Fault(
                path,
                "the same treatment, rate, country and kind as vat[{first}]; keep one of them",
                first=first,
                row=first + 1,
            )
        if not _is_rate(row.rate):
            yield Fault(
                f"{path}.rate",
                "{rate} is not a percentage between 0 and 100 with at most three decimals",
                rate=row.rate,
            )
        elif row.rate and not row.vat_account:
            yield Fault(
                f"{path}.vat_account", "a rate of {rate} % needs the account its VAT is booked on", rate=row.rate
            )
        if row.rate and row.treatment not in WITH_RATE:
            yield Fault(f"{path}.rate", "{treatment} carries no VAT; leave the rate out", treatment=row.treatment)
        if row.treatment is Treatment.MARGIN and row.rate:
            first = profits.setdefault(row.kind, place)
            if first != place:
                yield Fault(
                    f"{path}.rate",
                    "vat[{first}] says already at which rate the margin is taxed; give each a kind",
                    first=first,
                    row=first + 1,
                )
        if row.treatment is Treatment.DOMESTIC and not row.rate:
            yield Fault(
                f"{path}.rate", "domestic VAT needs a rate; use treatment zero, exempt or outside-scope for 0 %"
            )


def _is_rate(rate: Decimal | None) -> bool:
    return rate is not None and rate.is_finite() and 0 <= rate <= 100 and rate * 1000 % 1 == 0


def _account_faults(rules: Rules) -> Iterator[Fault]:
    sales = EntryKind.SALES if rules.mode in (Mode.INDIVIDUAL, Mode.HYBRID) else EntryKind.MEMORIAL
    if sales not in rules.journals:
        yield Fault(f"journals.{sales}", "mode {mode} needs a journal for {kind} entries", mode=rules.mode, kind=sales)
    if rules.mode is Mode.HYBRID and EntryKind.MEMORIAL not in rules.journals:
        yield Fault("journals.memorial", "mode hybrid needs a journal for its day totals")
    if rules.mode in LEDGER_MODES:
        return
    without = [method for method, payment in rules.payments.items() if not payment.journal]
    if rules.paid_sales == "cash" and EntryKind.CASH not in rules.journals and without:
        yield Fault(
            "journals.cash",
            "paid sales go into a cash or bank journal; name it, or one for payments.{method}",
            method=without[0],
        )
    if not rules.debtor:
        yield Fault("debtor", "name the account of what customers owe")
    if not rules.rounding.account and rules.rounding.per_document:
        yield Fault("rounding.account", "name the account for gross differences, or set rounding.per_document to 0")
    if rules.vat_scheme is VatScheme.CASH and not rules.vat_not_due and not rules.package_defers_vat:
        yield Fault("vat_not_due", "the cash scheme needs an account for VAT not yet due, or package_defers_vat = true")


def _advance_faults(rules: Rules) -> Iterator[Fault]:
    taxed = {row.vat_code for row in rules.vat if row.rate and row.vat_account}
    seen: dict[str, int] = {}
    for place, row in enumerate(rules.advances):
        path, account = f"advances[{place}]", rules.accounts.get(row.ledger)
        if account is None:
            yield Fault(
                f"{path}.ledger", "{ledger} is none of accounts; name the ledger as the source does", ledger=row.ledger
            )
        elif (first := seen.setdefault(account, place)) != place:
            yield Fault(
                f"{path}.ledger",
                "{account} is declared by advances[{first}] already; keep one of them",
                account=account,
                first=first,
                row=first + 1,
            )
        if row.vat_code not in taxed:
            yield Fault(
                f"{path}.vat_code", "no VAT row with a rate and an account has the code {code}", code=row.vat_code
            )


def _template_faults(text: str) -> Iterator[Fault]:
    try:
        fields = {field for _, field, _, _ in Formatter().parse(text) if field is not None}
    except ValueError:
        yield Fault("text", "a brace stands alone; write names such as {{number}}, and twice what is a brace")
        return
    for unknown in sorted(fields - TEXT_FIELDS):
        yield Fault(
            "text", "{{{given}}} is not known; use {known}", given=unknown, known=", ".join(sorted(TEXT_FIELDS))
        )
