"""Say that the database is an old one, where boekbrug cannot know it."""

from boekbrug.acts.desk import Desk
from boekbrug.store import caution


def begin(desk: Desk) -> None:
    """Look in the books before anything is sent from now on; raise InUse while somebody works on the database."""
    with desk.house.alone(), desk.act("db-cautious", "database") as act:
        caution.begin(act.connection, act.now)
