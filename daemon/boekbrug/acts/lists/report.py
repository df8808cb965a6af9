"""The source's own report of a period, a second source beside its documents, where it has one."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from boekbrug.acts.lists.scope import Scope
from boekbrug.acts.lists.table import Cell, Part, columns, euro
from boekbrug.booking.declared import Amounts
from boekbrug.contract import BoekbrugError, CannotTell, StatesTotals, Totals
from boekbrug.store.licences import Licence

NO_REPORT, INCOMPLETE, UNREACHABLE = "source-has-no-report", "source-report-incomplete", "source-unreachable"
"""Why a list has no figures of the source's own report."""
_VAT = columns("rate:rate reported:money booked:money difference:money")


class Report:
    """What the sources of a scope say that they sold, in euro; None where one of them does not say."""

    def __init__(self, scope: Scope, *, ask: bool) -> None:
        self.said: Totals | None = None
        self.remarks: tuple[str, ...] = ()
        if ask:
            self._ask(scope)

    def _ask(self, scope: Scope) -> None:
        found: list[Totals] = []
        asked: set[tuple[int, str]] = set()
        for licence in scope.licences:
            if (licence.source, licence.unit) in asked:
                continue
            asked.add((licence.source, licence.unit))
            answer = self._of(scope, licence)
            if isinstance(answer, str):
                self.remarks = (answer,)
                return
            found.append(answer)
        self.said = _added(found)

    def _of(self, scope: Scope, licence: Licence) -> Totals | str:
        source = scope.house.instances().source(licence.source)
        if not isinstance(source, StatesTotals):
            return NO_REPORT
        try:
            answer = source.totals(licence.unit, scope.days.first, scope.days.end)
        except BoekbrugError as error:
            scope.house.log.warning("list.report", licence=licence.name, code=error.code, **error.facts)
            return UNREACHABLE
        if isinstance(answer, CannotTell):
            scope.house.log.info("list.report", licence=licence.name, reason=answer.reason)
            return INCOMPLETE
        return answer

    def parts(self, booked: Amounts) -> Iterator[Part]:
        """Compare the VAT of the report per rate with what is booked, of whichever country."""
        if self.said is None:
            return
        here: dict[Decimal, int] = defaultdict(int)
        for words, (_, vat) in booked.items():
            here[words.rate] += vat
        there = {Decimal(rate): vat for rate, vat in self.said.vat_by_rate.items()}
        rows: list[tuple[Cell, ...]] = []
        for rate in sorted({*there, *(rate for rate, vat in here.items() if vat)}, reverse=True):
            reported, ours = there.get(rate, Decimal("0.00")), euro(here.get(rate, 0))
            rows.append((rate, reported, ours, reported - ours))
        yield Part(name="report", columns=_VAT, rows=tuple(rows))


def _added(found: list[Totals]) -> Totals:
    vat: dict[str, Decimal] = defaultdict(Decimal)
    for one in found:
        for rate, amount in one.vat_by_rate.items():
            vat[rate] += amount
    counts = [one.count for one in found if one.count is not None]
    gross = sum((one.gross for one in found), Decimal(0))
    return Totals(gross=gross, vat_by_rate=dict(vat), count=sum(counts) if len(counts) == len(found) else None)
