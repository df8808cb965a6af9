"""VAT ids are proven before a sale is booked at 0 %, whatever VIES does meanwhile."""

import datetime as dt
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.integration.journey import Business, order
from tests.integration.outside import REQUESTER, Service, service, vies_settings
from tests.integration.test_lists import listed, rows

from boekbrug.acts import vat_ids
from boekbrug.acts.desk import ActRefused
from boekbrug.acts.lists.scope import Days
from boekbrug.booking.rules import VatRule
from boekbrug.contract import Treatment

IDS = {
    "AT": "ATU13585627", "BE": "BE0403170701", "DE": "DE136695976", "ES": "ESB58378431", "FR": "FR40303265045",
    "IT": "IT00743110157", "PT": "PT501964843",
}  # fmt: skip
ENGINE = "[engine]\ncall_deadline = 5\n"


@pytest.fixture
def vies() -> Iterator[Service]:
    with service("vies") as found:
        yield found


@pytest.fixture
def business(ready_url: str, tmp_path: Path, vies: Service) -> Iterator[Business]:
    with opened(tmp_path, ready_url, vies) as one:
        yield one


@pytest.fixture
def small_business(sqlite_template: Path, tmp_path: Path, vies: Service) -> Iterator[Business]:
    with opened(tmp_path, f"sqlite:///{shutil.copy(sqlite_template, tmp_path)}", vies) as one:
        yield one


@contextmanager
def opened(folder: Path, url: str, vies: Service) -> Iterator[Business]:
    one = Business(folder, url, more=ENGINE + vies_settings(vies))
    with closing(one.house):
        intra = VatRule(treatment=Treatment.INTRA_EU_GOODS, account="8020", vat_code="V0")
        one.choose(vat=(*_rules(one).vat, intra))
        yield one


def _rules(business: Business) -> Any:
    from boekbrug.acts import licences

    return licences.as_file(business.house, business.licence).rules


def sold_to(n: int, country: str) -> dict[str, Any]:
    buyer = {"name": "Koper", "company": "Koper BV", "vat_id": IDS[country], "is_business": True, "country": country}
    return order(n, rate=0, customer=buyer, ship_from="NL", ship_to=country)


def states(business: Business) -> dict[str, tuple[str, str]]:
    """Return state and reason per country of the sales abroad."""
    from sqlalchemy import text

    query = "select d.number, s.state, s.reason from document d join document_state s on s.document = d.id"
    with business.house.database.read() as connection:
        found = {number: (state, reason) for number, state, reason in connection.execute(text(query))}
    return {country: found[f"W{n}"] for n, country in enumerate(IDS, 1) if f"W{n}" in found}


def test_vies_up_down_slow_invalid_and_lying_loses_nothing(business: Business, vies: Service) -> None:
    business.write("a.jsonl", *[sold_to(n, country) for n, country in enumerate(IDS, 1)], order(50))
    moods = {"DE": "MS_UNAVAILABLE", IDS["IT"]: "invalid", "ES": "other", "AT": "page", "PT": "late"}
    vies.set("ids", moods)
    assert business.sync() == {"booked": 3, "problem": 1, "waiting": 4}
    found = states(business)
    assert found["BE"] == found["FR"] == ("booked", "plain")
    assert found["IT"] == ("problem", "vat-id-invalid")
    assert {found[silent] for silent in ("AT", "DE", "ES", "PT")} == {("waiting", "proof")}
    assert set(vies.state("ids")["asked"]) == set(IDS.values()), "each was asked about in one run"

    vies.set("ids", {"DE": "valid", "PT": "unnamed"})
    business.wait(1)
    assert states(business)["DE"] == ("booked", "plain")
    after_the_quarter = business.wait(20)
    assert after_the_quarter == {"booked": 4, "problem": 1, "held": 3}
    assert states(business)["AT"] == ("held", f"VAT id not proven: {IDS['AT']}")
    assert business.ledger().count("BE0403170701") >= 1
    assert IDS["IT"] not in business.ledger()

    vies.set("ids", {"AT": "valid", "ES": "invalid", "PT": "valid"})
    assert business.wait(1) == {"booked": 6, "problem": 2}, "what is held goes on being asked about"
    assert states(business)["ES"] == ("problem", "vat-id-invalid")


def test_vies_that_is_away_for_all_is_left_alone_after_three(small_business: Business, vies: Service) -> None:
    small_business.write("a.jsonl", *[sold_to(n, country) for n, country in enumerate(IDS, 1)], order(50))
    vies.set("ids", {"*": "GLOBAL_MAX_CONCURRENT_REQ"})
    assert small_business.sync() == {"waiting": 7, "booked": 1}, "what needs no proof is booked"
    assert len(vies.state("ids")["asked"]) == 3


def test_id_checked_by_a_person_lets_go_of_what_was_held(business: Business, vies: Service) -> None:
    vies.set("ids", {"*": "MS_UNAVAILABLE"})
    business.write("a.jsonl", sold_to(1, "BE"), sold_to(2, "BE"))
    business.sync()
    assert business.wait(25) == {"held": 2}
    with pytest.raises(ActRefused) as silent:
        vat_ids.check(business.desk, IDS["BE"])
    assert silent.value.reasons == ("VIES does not answer: MS_UNAVAILABLE; try again later",)
    vies.set("ids", {"*": "valid"})
    assert vat_ids.check(business.desk, IDS["BE"]).state == "valid"
    assert business.counts() == {"waiting": 2}
    assert business.sync() == {"booked": 2}


def test_each_return_lists_the_ids_that_are_not_proven(business: Business, vies: Service) -> None:
    vies.set("ids", {"AT": "MS_UNAVAILABLE"})
    business.write("a.jsonl", sold_to(1, "AT"), sold_to(2, "BE"))
    business.sync()
    business.wait(25)
    vat_ids.accept(business.desk, IDS["AT"], "known for years")
    business.sync()
    days = Days(dt.date(2026, 9, 1), dt.date(2026, 9, 30))
    for name in ("vat", "icp"):
        found = listed(business, name, days)
        assert not found.is_clean
        [row] = rows(found, "unproven")
        assert (row["vat_id"], row["proof"], row["since"], row["by"], row["note"], row["base"]) == (
            IDS["AT"], "accepted", "2026-10-10", "tests", "known for years", Decimal("121.00"),
        )  # fmt: skip
    vies.set("ids", {"AT": "valid"})
    business.wait(2)
    assert listed(business, "vat", days).is_clean
    assert [row["proof"] for row in rows(listed(business, "icp", days), "customers")] == ["proven", "proven"]


def test_answer_is_kept_as_proof_and_not_asked_for_again(small_business: Business, vies: Service) -> None:
    small_business.write("a.jsonl", sold_to(1, "BE"), sold_to(2, "BE"))
    assert small_business.sync() == {"booked": 2}
    [shown] = vat_ids.list_ids(small_business.house)
    assert (shown.vat_id, shown.state, shown.proofs[0].requester) == (IDS["BE"], "valid", REQUESTER)
    assert shown.proofs[0].request_id.startswith("WAPI")
    assert shown.proofs[0].at.startswith("2026-09-15T10:20")
    small_business.write("b.jsonl", sold_to(3, "BE"))
    small_business.wait(10)
    assert vies.state("ids")["asked"] == {IDS["BE"]: 1}, "cached"
    small_business.write("c.jsonl", sold_to(4, "BE"))
    assert small_business.wait(31) == {"booked": 4}
    assert vies.state("ids")["asked"] == {IDS["BE"]: 2}, "a proof grows old"


def test_person_may_accept_an_id_which_is_asked_about_until_it_is_proven(
    small_business: Business, vies: Service
) -> None:
    vies.set("ids", {"*": "MS_UNAVAILABLE"})
    small_business.write("a.jsonl", sold_to(1, "AT"), sold_to(2, "ES"))
    small_business.sync()
    assert small_business.wait(25) == {"held": 2}
    with pytest.raises(ActRefused):
        vat_ids.accept(small_business.desk, "ATU13585628", "typed wrongly")
    for country in ("AT", "ES"):
        assert vat_ids.accept(small_business.desk, IDS[country], "known for years") == 1
    assert small_business.sync() == {"booked": 2}
    assert small_business.codes() == ["vat-id-unproven"] * 2
    assert [one.state for one in vat_ids.list_ids(small_business.house, unproven=True)] == ["accepted"] * 2
    vies.set("ids", {"*": "valid", IDS["ES"]: "invalid"})
    small_business.wait(1)
    assert [one.vat_id for one in vat_ids.list_ids(small_business.house, unproven=True)] == [IDS["ES"]]
    assert sorted(set(small_business.codes())) == ["vat-id-found-invalid", "vat-id-unproven"]
    vies.set("ids", {IDS["ES"]: "valid"})
    small_business.wait(2)
    assert "vat-id-found-invalid" not in small_business.codes()


def test_invalid_id_is_asked_about_again_on_a_later_retry(small_business: Business, vies: Service) -> None:
    from boekbrug.acts.retry import retry

    vies.set("ids", {IDS["IT"]: "invalid"})
    small_business.write("a.jsonl", sold_to(1, "IT"))
    assert small_business.sync() == {"problem": 1}
    vies.set("ids", {IDS["IT"]: "valid"})
    small_business.clock.advance(dt.timedelta(days=2))
    retry(small_business.desk, small_business.licence)
    assert small_business.sync() == {"booked": 1}


def test_day_totals_leave_the_sale_out_until_it_is_proven(small_business: Business, vies: Service) -> None:
    small_business.choose(mode="day")
    vies.set("ids", {"*": "SERVICE_UNAVAILABLE"})
    small_business.write("a.jsonl", sold_to(1, "BE"), order(2), order(3))
    assert small_business.wait(2) == {"waiting": 1, "booked": 2}
    vies.set("ids", {"*": "valid"})
    assert small_business.wait(1) == {"booked": 3}
