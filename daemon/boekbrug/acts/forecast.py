"""When a number of entries will be through at a target that allows few calls."""

import datetime as dt
from typing import NamedTuple

from boekbrug.contract import Forecasts
from boekbrug.store import effects, licences
from boekbrug.store.licences import Licence
from boekbrug.sync.house import House


class Forecast(NamedTuple):
    """How many entries are to be sent, and when they will be through; None where the target limits no calls."""

    entries: int
    through: dt.datetime | None


def forecast(house: House, licence: Licence, entries: int | None = None) -> Forecast:
    """Say when a number of entries will be through, or those that a licence has still to send."""
    with house.database.read() as connection:
        code = licences.administration_code(connection, licence.administration)
        number = effects.count_left(connection, licence.id) if entries is None else entries
    target = house.instances().target(licence.target)
    return Forecast(number, target.forecast(code, number) if isinstance(target, Forecasts) else None)
