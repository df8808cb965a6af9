"""The person in the simulation: makes room, authorises again, retries, decides what is in doubt, reverses."""

from random import Random
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.acts.decide import decide
from boekbrug.acts.desk import ActRefused, Desk
from boekbrug.acts.retry import retry
from boekbrug.acts.reverse import reverse
from boekbrug.runtime.grants import seal
from boekbrug.store import connections, grants, tables
from boekbrug.store.licences import Licence
from boekbrug.store.problems import DOUBTS
from boekbrug.testing.simulation.place import GRANT, SOURCE, TARGET, SimulatedHouse
from boekbrug.testing.world import World


class Named(NamedTuple):
    """A document by its number, or a day."""

    numbers: tuple[str, ...] = ()
    term: str = ""


class Person:
    """Does at the desk what only a person can; knows the books by looking at what they list."""

    def __init__(self, house: SimulatedHouse, world: World) -> None:
        self._house, self._world = house, world
        self.desk = Desk(house, "person")

    def mend(self) -> None:
        """Make room, authorise again, open the period, answer what is in doubt, offer refused sales once more."""
        self._world.perils.clear()
        self._world.mend()
        self._authorise()
        for licence in self._house.licences():
            self._answer(licence)
            retry(self.desk, licence)

    def reverse(self, random: Random, unit: str, *, rebook: bool) -> str:
        """Counter a sale or a day of a unit that is booked; say which, or why not."""
        licence = next(one for one in self._house.licences() if one.unit == unit)
        named = self._something_booked(licence, random)
        if named is None:
            return "nothing is booked that could be countered"
        which = named.term or named.numbers[0]
        try:
            reverse(self.desk, licence, numbers=named.numbers, term=named.term, rebook=rebook)
        except ActRefused as refused:
            return f"a person may not reverse {which}: {refused.reasons[0] if refused.reasons else ''}"
        return f"a person reverses {which}{' to book it anew' if rebook else ''}"

    def _authorise(self) -> None:
        house = self._house
        with house.database.write() as connection:
            now = house.database.now(connection)
            if house.stage.has_grant and self._is_shut_out(connection):
                pair = seal(house.vault, GRANT, house.tokens(), house.clock.now())
                grants.replace(connection, GRANT, "Books", pair)
            for id in (SOURCE, TARGET):
                connections.set_state(connection, id, connections.OK, "", now)

    def _is_shut_out(self, connection: Connection) -> bool:
        return grants.get(connection, GRANT).state != grants.OK or self._world.vendor.is_ended

    def _answer(self, licence: Licence) -> None:
        """Say of what the books cannot tell whether it is there, after a look at what they list."""
        effect = tables.effect.c
        query = sa.select(effect.mark).where(effect.licence == licence.id, effect.reason.in_(DOUBTS))
        with self._house.database.read() as connection:
            marks = connection.scalars(query.where(effect.state == "unknown")).all()
        for mark in marks:
            try:
                decide(self.desk, licence, mark, there=self._world.there(mark))
            except ActRefused:
                # a call that is thought lost may still arrive: the person looks again another time
                continue

    def _something_booked(self, licence: Licence, random: Random) -> Named | None:
        state, entry = tables.entry_state.c, tables.entry.c
        query = (
            sa.select(entry.number, entry.date, entry.term)
            .join(tables.entry_state, state.entry == entry.id)
            .where(state.licence == licence.id, state.state == "booked", state.reason == "plain")
            .order_by(entry.id)
        )
        with self._house.database.read() as connection:
            rows = connection.execute(query).all()
        if not rows:
            return None
        chosen = random.choice(rows)
        return Named((chosen.number,)) if chosen.term is None else Named(term=chosen.date)
