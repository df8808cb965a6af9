"""What pages ask of the database: by an index however many sales there are, and no count of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from tests.web.people import Person, logged_in
from tests.web.test_dashboard import BASE, sale_of

from boekbrug.sync.house import House

LARGE = (
    "document",
    "document_state",
    "revision",
    "payload",
    "entry",
    "entry_line",
    "entry_state",
    "membership",
    "event",
)


@contextmanager
def asked(house: House) -> Iterator[list[tuple[str, Any]]]:
    """Gather the statements that are sent to the database."""
    found: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_rest: object) -> None:
        found.append((statement, values))

    sa.event.listen(house.database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        sa.event.remove(house.database.engine, "before_cursor_execute", note)


def scans(house: House, statement: str, values: Any) -> list[str]:
    """Return the steps of a plan that read a large table from end to end."""
    with house.database.read() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"explain query plan {statement}", values)]
    return [step for step in plan if step.startswith("SCAN ") and step.split()[1] in LARGE]


@pytest.fixture(scope="module")
def owner(manned_address: str) -> Iterator[Person]:
    with logged_in(manned_address, "owner@x.nl") as found:
        yield found


@pytest.mark.parametrize(
    "path",
    [
        BASE,
        f"{BASE}/problems",
        f"{BASE}/problems?code=payment-method-unmapped&before=99999",
        f"{BASE}/booked",
        f"{BASE}/booked?first=2026-07-01&last=2026-07-31&before=2026-07-09~9~9~sale",
        f"{BASE}/open?state=open",
        f"{BASE}/open?state=skipped&before=99999",
        f"{BASE}/approvals?after=1",
        f"{BASE}/rules",
        "sale",
        "/find?q=P0000",
        "/find?q=10,01",
        "/find?q=k1@example.org",
        "/account",
    ],
)
def test_no_page_reads_a_table_from_end_to_end(manned_house: House, owner: Person, path: str) -> None:
    there = sale_of(owner, "P00001") if path == "sale" else path
    with asked(manned_house) as statements:
        assert owner.get(there).status_code == 200
    assert len(statements) > 1
    for statement, values in statements:
        if statement.lower().startswith(("select", "with")):
            assert scans(manned_house, statement, values) == [], statement
