"""What must hold of sales and of the books they are in, by what can be known of the two."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from boekbrug.contract import Document, Readiness, to_minor
from boekbrug.testing.simulation.invariants import Watch, demand
from boekbrug.testing.simulation.rules import CODES, PAID_TO, TOTALLED
from boekbrug.testing.world import Record, World
from boekbrug.testing.world.plugged import PluggedShop

_SALES = """
    select d.source_id, d.unit, s.state, s.reason from document d join document_state s on s.document = d.id
"""
_LIVING = """
    select d.source_id, e.total from document d
    join membership m on m.document = d.id and m.ended_at is null and m.facet = 'sale'
    join entry e on e.id = m.entry join entry_state s on s.entry = e.id and s.state = 'booked'
"""
_LINES = """
    select s.mark, l.account, l.minor from entry_line l join entry_state s on s.entry = l.entry
    where s.state = 'booked'
"""


class Sale:
    """A sale as boekbrug has it."""

    def __init__(self, source_id: str, unit: str, state: str, reason: str) -> None:
        self.source_id, self.unit, self.state, self.reason = source_id, unit, state, reason

    @property
    def is_living(self) -> bool:
        """Tell whether it is booked and was not countered."""
        return self.reason != "reversed"


class BooksWatch(Watch):
    """Sees all that the simulated books hold."""

    def _look_closer(self) -> None:
        self._check_customers()
        self._check_living()

    def _look_back(self) -> None:
        self._check_sums()

    def _sales(self) -> dict[str, Sale]:
        return {source_id: Sale(source_id, *rest) for source_id, *rest in self._database.execute(_SALES).fetchall()}

    def _check_customers(self) -> None:
        keys = {debtor.id: debtor.party.key for debtor in self._world.debtors}
        for record in self._world.records:
            party = record.entry.party
            fits = party is None or keys.get(party.remote_id) == party.key
            demand(fits, f"{record.mark} is booked on another customer than its own")

    def _check_living(self) -> None:
        """No sale that has entries of its own has two of them at one time that nothing counters."""
        apart = Counter(record.entry.number for record in _living(self._world) if not self._is_total(record))
        doubled = {number: count for number, count in apart.items() if count > 1}
        demand(not doubled, f"a sale is in the books more than once: {doubled}")

    def _is_total(self, record: Record) -> bool:
        return False

    def _check_sums(self) -> None:
        differing, ours, theirs = self._differing(), Counter[str](), Counter[str]()
        for mark, account, minor in self._database.execute(_LINES):
            ours[account] += 0 if mark in differing else minor
        for record in self._world.records:
            for line in record.entry.lines:
                theirs[line.account] += 0 if record.mark in differing else line.minor
        here, there = ({account: minor for account, minor in sums.items() if minor} for sums in (ours, theirs))
        demand(here == there, f"the accounts differ: {here} is booked, the target has {there}")


class OwnWatch(BooksWatch):
    """Sees all of the simulated shop and the simulated books."""

    def _look_back(self) -> None:
        super()._look_back()
        found, prices = self._sales(), _prices(self._world)
        of_till = 0
        for source_id, order in self._world.orders().items():
            sale = _fetched(found, order)
            if sale.state == "booked" and sale.unit == TOTALLED and self._world.totals_per_day:
                of_till += sale.is_living * to_minor(order.total)
            elif sale.state == "booked":
                self._check_sale(order, sale, prices[source_id])
        if self._world.totals_per_day:
            booked = sum(_paid(record) for record in self._world.records if self._is_total(record))
            demand(booked == of_till, f"the till sold {of_till}, and {booked} is booked of it")

    def _check_sale(self, order: Document, sale: Sale, prices: set[int]) -> None:
        living = [record for record in _living(self._world) if record.entry.number == order.number]
        demand(len(living) == sale.is_living, f"{order.number} ({sale.reason}) is at the target {len(living)} times")
        demand({record.entry.total for record in living} <= self._allowed(order, sale, prices), _other_price(order))

    def _allowed(self, order: Document, sale: Sale, prices: set[int]) -> set[int]:
        is_other = sale.reason in ("changed-at-source", "differs-at-target" if self._world.put_back else "")
        return prices if is_other else {to_minor(order.total)}

    def _is_total(self, record: Record) -> bool:
        return self._world.totals_per_day and f"-{CODES[TOTALLED]}-" in record.mark


class TargetWatch(OwnWatch):
    """Sees all of the simulated shop, and of the books only marks and totals."""

    def _look_closer(self) -> None:
        """Leave the books' lines to the author of the plugin."""

    def _look_back(self) -> None:
        found, prices = self._sales(), _prices(self._world)
        living = defaultdict[str, list[int]](list)
        for source_id, total in self._database.execute(_LIVING):
            living[source_id].append(total)
        for source_id, order in self._world.orders().items():
            sale = _fetched(found, order)
            if sale.state == "booked":
                amounts, wanted = living[source_id], int(sale.is_living)
                demand(len(amounts) == wanted, f"{order.number} ({sale.reason}) is booked {len(amounts)} times")
                demand(set(amounts) <= self._allowed(order, sale, prices[source_id]), _other_price(order))


class SourceWatch(BooksWatch):
    """Sees all of the simulated books, and of the shop what was sold."""

    def _look_back(self) -> None:
        super()._look_back()
        world = self._world
        assert isinstance(world, PluggedShop), "this watch is of shops that are plugins"
        found = self._sales()
        for ref in world.sold:
            demand(ref.source_id in found, f"{ref.source_id} was never fetched")
            sale = found[ref.source_id]
            demand(sale.state == "booked", f"{ref.source_id} is {sale.state} ({sale.reason}), not booked")
        living = sum(sale.is_living for sale in found.values())
        booked = len(list(_living(world)))
        demand(booked == living, f"{living} sales are booked and not reversed, the target has {booked}")


def _fetched(found: dict[str, Sale], order: Document) -> Sale:
    demand(order.source_id in found, f"{order.number} was never fetched")
    sale = found[order.source_id]
    expected = "open" if order.readiness is Readiness.OPEN else "booked"
    demand(sale.state == expected, f"{order.number} is {sale.state} ({sale.reason}), not {expected}")
    return sale


def _other_price(order: Document) -> str:
    return f"{order.number} is booked for another amount than the shop says"


def _living(world: World) -> Iterator[Record]:
    countered = {record.entry.reverses for record in world.records if record.entry.reverses}
    return (record for record in world.records if not record.entry.reverses and record.id not in countered)


def _paid(record: Record) -> int:
    return sum(line.minor for line in record.entry.lines if line.account == PAID_TO)


def _prices(world: World) -> dict[str, set[int]]:
    prices = defaultdict[str, set[int]](set)
    for _, document in world.shop:
        prices[document.source_id].add(to_minor(document.total))
    return prices
