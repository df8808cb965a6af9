"""Build the lines of a sale: money first, then a base line per posting with its VAT line, then differences."""

from boekbrug.booking.compiled import CompiledRules, Posting
from boekbrug.booking.money_in import Received
from boekbrug.booking.sums import Sums, portion
from boekbrug.contract import Line, Role

#: starts the `why` of lines whose VAT is not yet due under the cash scheme
NOT_DUE = "not due "


def sale_lines(received: Received, rounding: int, sums: Sums, book: CompiledRules) -> list[Line]:
    """Return balanced lines; a debit is positive, so sales have negative bases and credit notes positive ones."""
    lines = received.lines
    defer = book.defers_vat and received.open_minor != 0
    for (posting, cost_centre), (gross, vat) in sums.bases.items():
        centre = cost_centre or book.rules.cost_centre
        if defer and posting.parts and posting.treatment.value == "domestic":
            late_gross = portion(gross, received.open_minor, received.total)
            late_vat = portion(vat, received.open_minor, received.total)
            _not_due(lines, posting, centre, (late_gross, late_vat), book.rules.vat_not_due)
            gross, vat = gross - late_gross, vat - late_vat  # noqa: PLW2901 - what is left is due now
        if gross or vat:
            add_base(lines, posting, centre, gross, vat)
    if rounding:
        account = book.rules.rounding.account
        lines.append(Line(role=Role.ROUNDING, account=account, minor=rounding, why="rounding"))
    return lines


def add_base(lines: list[Line], posting: Posting, centre: str, gross: int, vat: int) -> None:
    """Add a base line, and the VAT line that belongs to it."""
    base = len(lines)
    lines.append(
        Line(
            role=posting.role,
            account=posting.account,
            minor=vat - gross,
            vat_code=posting.vat_code,
            vat_minor=-vat,
            treatment=posting.treatment,
            cost_centre=centre,
            why=posting.why,
        )
    )
    if vat:
        lines.append(
            Line(
                role=Role.VAT,
                account=posting.vat_account,
                minor=-vat,
                base=base,
                why=posting.why,
            )
        )


def _not_due(lines: list[Line], posting: Posting, centre: str, amounts: tuple[int, int], account: str) -> None:
    gross, vat = amounts
    lines.append(
        Line(
            role=Role.OTHER,
            account=posting.account,
            minor=vat - gross,
            treatment=posting.treatment,
            cost_centre=centre,
            why=NOT_DUE + posting.why,
        )
    )
    lines.append(Line(role=Role.OTHER, account=account, minor=-vat, cost_centre=centre, why=NOT_DUE + posting.why))
