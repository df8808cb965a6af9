"""Behind a pooler that has a single session, whatever needs two of them would wait for itself."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.journey import Business
from tests.office import order
from tests.servers import Postgres, pooling

from boekbrug.acts.reverse import reverse


@pytest.fixture
def narrow(
    postgres: Postgres, postgres_template: str, tool: Callable[[str], Path], tmp_path: Path
) -> Iterator[Business]:
    name = postgres.create(postgres_template)
    # below /tmp itself: a socket's path may have 107 characters
    with (
        tempfile.TemporaryDirectory(prefix="boekbrug-pool-") as folder,
        pooling(postgres.sockets, Path(folder), tool, sessions=1) as address,
    ):
        business = Business(tmp_path, address(name))
        yield business
        business.house.close()
    postgres.drop(name)


def test_one_session_is_enough_to_fetch_book_and_reverse(narrow: Business) -> None:
    narrow.write("a.jsonl", *(order(n) for n in range(3)))
    assert narrow.sync() == {"booked": 3}
    [entry] = reverse(narrow.desk, narrow.licence, numbers=["P00001"]).entries
    assert narrow.sync() == {"booked": 3}
    assert entry.lines
