"""Invoices that the package made itself are found before the same sales are booked once more."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.journey import Business, order
from tests.integration.test_matched import accounts

from boekbrug.acts import licences
from boekbrug.acts.desk import ActRefused


@pytest.fixture
def business(tmp_path: Path, ready_url: str) -> Iterator[Business]:
    business = Business(tmp_path, ready_url)
    yield business
    business.house.close()


def test_invoices_of_the_package_stop_a_licence_from_starting(business: Business) -> None:
    business.write("a.jsonl", order(1))
    business.sync()
    names = {line.rpartition(" ")[2].rpartition(":")[2][:4]: line.split()[1] for line in accounts(business)}
    (business.books / "eigen.journal").write_text(
        f"2026-03-02 Eigen factuur  ; journal:VRK\n    {names['1300']}  121.00 EUR\n"
        f"    {names['8000']}  -100.00 EUR\n    {names['1500']}  -21.00 EUR\n"
    )
    licences.pause(business.desk, business.licence)
    licences.resume(business.desk, business.licence)
    licences.pause(business.desk, business.licence)
    licences.activate(business.desk, business.licence)
    business.choose(invoices_by="package")
    licences.pause(business.desk, business.licence)
    with pytest.raises(ActRefused) as refused:
        licences.activate(business.desk, business.licence)
    [problem] = refused.value.problems
    assert (problem.code, problem.facts["count"], problem.facts["amount"]) == ("invoiced-in-package", "1", "100.00")
    (business.books / "eigen.journal").unlink()
    licences.activate(business.desk, business.licence)
    assert business.sync() == {"booked": 1}
