"""A database that loses transactions as they are committed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from boekbrug.store.database import Database


class Flaky(Database):
    """A database whose transactions are lost: `lost` names for each what is, before or after it was committed."""

    lost: Sequence[str] = ()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        moment, self.lost = (self.lost[0], self.lost[1:]) if self.lost else ("", ())
        if moment == "before":
            raise went_away()
        with super().write() as connection:
            yield connection
        if moment == "after":
            raise went_away()


def went_away() -> OperationalError:
    """Make the error of a server that is gone."""
    return OperationalError("commit", {}, Exception("the server closed the connection"))
