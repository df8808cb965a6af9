"""Ask a target's books about much, as fast as its limits allow."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from boekbrug.contract import BudgetSpent, CannotTell, EntryAnswer, Match, Period
from boekbrug.store import licences
from boekbrug.store.licences import Licence
from boekbrug.sync.asking import Tripped, ask
from boekbrug.sync.workplace import Workplace

Answer = TypeVar("Answer")
Wait = Callable[[dt.timedelta], bool]
"""Lets a time pass that a limit asks for; False when it is to be given up."""


def give_up(_: dt.timedelta) -> bool:
    """Wait for nothing."""
    return False


_LONGEST = dt.timedelta(minutes=2)
_TRIES = 3


class PatientBooks:
    """The books of a licence; what can be asked for tomorrow leaves a part of every limit to daily work.

    A limit that is over within two minutes is waited for, a longer one raised as BudgetSpent.
    """

    def __init__(self, work: Workplace, licence: Licence, wait: Wait) -> None:
        self._work, self._wait = work, wait
        with work.database.read() as connection:
            self._administration = licences.administration_code(connection, licence.administration)
        self._target = work.instances.target(licence.target)

    @property
    def absence_is_final(self) -> bool:
        """Tell whether what is not listed will never be."""
        return self._target.capabilities.absence_is_final

    def periods(self) -> Sequence[Period]:
        """Return the periods of the chart."""
        return self._patiently(lambda: self._target.chart(self._administration)).periods

    def read(self, ids: Sequence[str], *, is_first: bool) -> list[EntryAnswer]:
        """Read entries; of those that the plugin trips over nothing is told, unless these are all of the first ones."""
        answers = self._patiently(
            lambda: ask(
                self._work, self._target, "read", ids, lambda some: self._target.read(self._administration, some)
            )
        )
        tripped = [answer for answer in answers if isinstance(answer, Tripped)]
        if is_first and len(tripped) == len(answers):
            raise tripped[0].error
        return [CannotTell(reason="plugin-bug") if isinstance(answer, Tripped) else answer for answer in answers]

    def marked(self, first: dt.date, end: dt.date) -> Iterator[tuple[str, Match]]:
        """List what carries a mark and is dated in [first, end), in halves where a limit does not last for all."""
        try:
            listed = self._listed(first, end)
        except BudgetSpent as spent:
            self._rest(spent)
            middle = first + (end - first) // 2
            if middle == first:
                listed = self._patiently(lambda: self._listed(first, end))
            else:
                yield from self.marked(first, middle)
                yield from self.marked(middle, end)
                return
        yield from ((mark, match) for mark, matches in listed.items() for match in matches)

    def _listed(self, first: dt.date, end: dt.date) -> Mapping[str, tuple[Match, ...]]:
        with self._work.metrics.timed(self._target.name, "list_marked"):
            return self._target.list_marked(self._administration, first, end)

    def _patiently(self, question: Callable[[], Answer]) -> Answer:
        for _ in range(_TRIES):
            try:
                return question()
            except BudgetSpent as spent:
                self._rest(spent)
        return question()

    def _rest(self, spent: BudgetSpent) -> None:
        if spent.retry_after is None or spent.retry_after > _LONGEST or not self._wait(spent.retry_after):
            raise spent
