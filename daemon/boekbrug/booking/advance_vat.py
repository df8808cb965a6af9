"""Declare the VAT on advances that a source's own ledger keeps without it (bookkeeper.md §1.17).

VAT is due when the money comes in. What stands on such a ledger on the last day of a VAT period is declared on that day
and taken back on the next, so that the ledger goes on as the source keeps it.
"""

import datetime as dt

from msgspec.structs import replace

from boekbrug.booking.compiled import CompiledRules
from boekbrug.booking.composed import Draft
from boekbrug.booking.corrections import reverse_lines
from boekbrug.booking.rules import AdvanceRule
from boekbrug.booking.sums import vat_inside
from boekbrug.contract import EntryKind, Line, Role


def declare_advances(
    rule: AdvanceRule, held: int, last: dt.date, unit: str, book: CompiledRules
) -> tuple[Draft, Draft] | None:
    """Compose the entry of a period's last day and the one of the next day that takes it back.

    `held` is what was received in advance, VAT included, in cents of euro. None when nothing is: what is negative is
    owed to the source, and declares nothing.
    """
    if held <= 0:
        return None
    vat_account, parts = book.vat_of_code(rule.vat_code)
    vat, why = vat_inside(held, parts), f"advances {rule.ledger}"
    lines = (
        Line(role=Role.OTHER, account=book.rules.accounts[rule.ledger], minor=held, why=why),
        Line(
            role=Role.BASE, account=rule.account, minor=vat - held, vat_code=rule.vat_code, vat_minor=-vat,
            treatment=book.treatment_of_code(rule.vat_code), cost_centre=book.rules.cost_centre, why=why,
        ),
        Line(role=Role.VAT, account=vat_account, minor=-vat, base=1, why=why),
    )  # fmt: skip
    number = f"{unit}-{last.isoformat()}-{rule.ledger}"
    declared = Draft(
        kind=EntryKind.MEMORIAL, journal=book.journals[EntryKind.MEMORIAL], date=last, lines=lines, members=(),
        number=number, text=number,
    )  # fmt: skip
    return declared, replace(declared, date=last + dt.timedelta(days=1), lines=reverse_lines(lines))
