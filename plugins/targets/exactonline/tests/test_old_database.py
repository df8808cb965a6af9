"""An old copy of the database is put back: what it has forgotten is looked up at Exact before anything is sent."""

from pathlib import Path

import pytest

from boekbrug.acts import licences
from boekbrug.acts.backup import backup
from boekbrug.acts.restore import restore
from boekbrug.store import caution

from .journey import LICENCE, Journey, expected_ledger, journey, none_twice, orders

ENTRIES = "/api/v1/1234567/"
NEW_DAY = "2026-09-16T09:00:00+02:00"
DAY = LICENCE.replace("[rules]\n", '[rules]\nmode = "day"\n')


def is_cautious(made: Journey) -> bool:
    """Tell whether the books are looked at before anything is sent."""
    with made.house.database.read() as connection:
        return caution.since(connection, licences.get(made.house, "spaak").administration) is not None


def put_back(made: Journey, copy: Path) -> None:
    """Lose the database and go on with a copy of it."""
    made.house.close()
    restore(made.house.settings, copy, made.clock)
    made.reopen()


@pytest.mark.parametrize("licence", [LICENCE, DAY], ids=["individual", "day"])
def test_what_an_old_copy_has_forgotten_is_found_and_not_booked_again(tmp_path: Path, licence: str) -> None:
    # what is new is of another day: a total that was booked smaller is told as differing, not booked again
    sold = [*orders(12, customers=8), *({**one, "date": NEW_DAY} for one in orders(4, customers=8, first=13))]
    with journey(tmp_path, size=0, licence=licence) as made:
        made.sell(sold[:4])
        made.run()
        made.advance(days=3)
        made.run()
        backup(made.house, tmp_path / "copy.db", lambda *_: None)
        made.sell(sold[4:12])
        assert made.run_for(20) == {"booked": 12}
        put_back(made, tmp_path / "copy.db")
        made.sell(sold[12:])
        posted = made.exact.calls("POST", ENTRIES)
        made.advance(minutes=5)
        # calls of the database that was lost may still arrive
        assert made.run()["waiting"] == 12
        assert (made.exact.calls("POST", ENTRIES), is_cautious(made)) == (posted, True)
        made.run_for(20)
        # the copy holds a refresh token that was used since, so that a person is asked first
        assert made.problems() == {"authorisation-lost"}
        made.authorise()
        made.run_for(60)
        assert (made.counts(), is_cautious(made)) == ({"booked": 16}, False)
        assert made.problems() == set()
        assert made.exact.ledger() == expected_ledger(sold)
        assert none_twice(made)
