"""Orders in a folder to entries in Exact's stand-in, over HTTP and through the whole engine."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from boekbrug.acts import connections, licences
from boekbrug.acts.forecast import forecast
from boekbrug.acts.keeping import keep_grants
from boekbrug.contract import BudgetSpent, Retriable
from boekbrug.runtime.settings import load
from boekbrug.store import connections as connection_rows
from boekbrug.sync.house import House

from .journey import LICENCE, OFF, expected_ledger, journey, none_twice, orders

SALES = "/api/v1/1234567/salesentry/SalesEntries"
CUSTOMERS = "/api/v1/1234567/crm/Accounts"


def test_orders_of_known_customers_stand_in_the_ledger_to_the_cent(tmp_path: Path) -> None:
    sold = orders(40, customers=5)
    with journey(tmp_path, size=5) as made:
        made.exact.change(limits=OFF)
        before = made.exact.calls()
        made.sell(sold)
        assert made.run() == {"booked": 40}
        assert made.exact.ledger() == expected_ledger(sold)
        assert none_twice(made)
        # one call per entry, and what is asked beside them does not grow with their number
        assert made.exact.calls() - before <= 40 + 10
        again = made.exact.calls()
        made.sell(orders(10, customers=5, first=41))
        made.advance(minutes=16)
        made.run()
        assert made.exact.calls("GET") + made.exact.calls("POST") - again == 10


def test_new_customers_are_made_once_and_never_again(tmp_path: Path) -> None:
    with journey(tmp_path, size=0) as made:
        made.sell(orders(8, customers=2))
        assert made.run() == {"booked": 8}
        assert len(made.exact.books()["customers"]) == 2
        assert made.exact.calls("POST", CUSTOMERS) == 2
        assert {customer["Status"] for customer in made.exact.books()["customers"]} == {"C"}


def test_lost_reply_to_an_entry_is_looked_up_and_not_sent_again(tmp_path: Path) -> None:
    with journey(tmp_path) as made:
        made.sell(orders(5))
        made.exact.fault(kind="drop-reply", method="POST", path=SALES)
        assert made.run()["in-doubt"] == 1
        assert made.reasons("in-doubt") == {"the target is being asked what became of it"}
        assert made.run_for(30) == {"booked": 5}
        assert made.exact.calls("POST", SALES) == 5
        assert none_twice(made)


def test_call_that_never_arrived_is_sent_again_after_the_quiet_period(tmp_path: Path) -> None:
    with journey(tmp_path) as made:
        made.sell(orders(5))
        made.exact.fault(kind="close", method="POST", path=SALES)
        assert made.run()["in-doubt"] == 1
        assert made.run_for(10)["in-doubt"] == 1
        assert made.run_for(30) == {"booked": 5}
        assert none_twice(made)


def test_lost_reply_to_a_customer_makes_no_second_card(tmp_path: Path) -> None:
    with journey(tmp_path, size=0) as made:
        made.sell(orders(6, customers=2))
        made.exact.fault(kind="drop-reply", method="POST", path=CUSTOMERS)
        counts = made.run()
        assert counts.get("waiting")
        assert made.run_for(30) == {"booked": 6}
        assert made.exact.calls("POST", CUSTOMERS) == 2
        assert none_twice(made)


def test_minutely_and_daily_limits_only_make_it_slower(tmp_path: Path) -> None:
    with journey(tmp_path) as made:
        made.exact.change(limits={"minutely": 12, "daily": 24, "errors": 10})
        made.sell(orders(16, customers=2))
        assert made.run()["waiting"] > 4
        assert made.words("budget-spent", "nl") == "Het aantal toegestane aanvragen is op."
        assert 0 < made.run_for(10)["waiting"] < 16
        made.advance(hours=17)
        assert made.run_for(60) == {"booked": 16}
        assert none_twice(made)


def test_forecast_says_when_entries_will_be_through_as_the_headers_tell(tmp_path: Path) -> None:
    with journey(tmp_path) as made:
        made.exact.change(limits={"minutely": 60, "daily": 5000, "errors": 10})
        made.sell(orders(100))
        assert made.run()["waiting"] > 40
        licence, now = licences.get(made.house, "spaak"), made.clock.now()
        told = forecast(made.house, licence)
        assert (told.entries, told.through) == (made.counts()["waiting"], now + dt.timedelta(minutes=2))
        assert made.run_for(4, step=1) == {"booked": 100}
        later = forecast(made.house, licence, 12_000)
        midnight = dt.datetime(2026, 9, 17, tzinfo=dt.UTC)
        assert later.through is not None
        assert midnight < later.through < midnight + dt.timedelta(minutes=60)


def test_backfill_leaves_a_quarter_of_the_day_for_daily_work(tmp_path: Path) -> None:
    with journey(tmp_path) as made:
        with made.house.database.read() as connection:
            row = connection_rows.by_name(connection, "exact")
        assert row is not None
        made.exact.change(limits={"minutely": 0, "daily": 5000, "errors": 0})
        made.house.instances().target(row.id).chart("1234567")
        backfill = made.house.context(row, can_wait=True).budget
        key = f"day:{made.exact.credentials['client_id']}:1234567"
        backfill.take(key, cost=3700)
        with pytest.raises(BudgetSpent):
            backfill.take(key, cost=50)
        made.house.context(row).budget.take(key, cost=1200)


def test_closed_period_is_a_problem_until_it_is_opened(tmp_path: Path) -> None:
    with journey(tmp_path) as made:
        made.exact.change(close=[["70", 2026, 9]])
        made.sell(orders(3))
        assert made.run() == {"problem": 3}
        assert made.problems() == {"exact-period-closed"}
        assert made.words("exact-period-closed", "nl") == "Periode is afgesloten: 2026 - 9."
        made.exact.change(open=[["70", 2026, 9]])
        made.advance(minutes=5)
        made.retry()
        assert made.run() == {"booked": 3}


def test_endpoint_that_refuses_rests_before_exact_blocks_it_and_goes_on_after_the_hour(tmp_path: Path) -> None:
    with journey(tmp_path) as made:
        made.sell(orders(1))
        assert made.run() == {"booked": 1}
        # the chart that is kept knows nothing of it, so that only posting shows what is refused
        strict = {"minutely": 0, "daily": 0, "errors": 10, "refusals": 1}
        made.exact.change(limits=strict, close=[["70", 2026, 9]])
        made.sell(orders(29, first=2))
        made.advance(minutes=16)
        assert made.run() == {"booked": 1, "problem": 9, "waiting": 20}
        assert made.problems() == {"exact-period-closed", "exact-endpoint-rests"}
        told = "Exact weigerde te veel achter elkaar; salesentry/SalesEntries rust tot 2026-09-15 "
        assert made.words("exact-endpoint-rests", "nl").startswith(told)
        made.exact.change(open=[["70", 2026, 9]])
        made.retry()
        assert made.run_for(45) == {"booked": 1, "waiting": 29}
        assert made.exact.calls("POST", SALES) == 1 + 9
        assert made.run_for(30) == {"booked": 30}
        assert made.problems() == set()
        assert made.exact.calls("POST", SALES) == 30 + 9
        assert none_twice(made)


def test_withdrawn_grant_waits_for_a_person_and_loses_nothing(tmp_path: Path) -> None:
    with journey(tmp_path) as made:
        made.exact.change(revoke=made.exact.credentials["user"])
        made.sell(orders(3))
        assert made.run() == {"waiting": 3}
        made.advance(minutes=11)
        assert made.run() == {"waiting": 3}
        assert made.problems() == {"authorisation-lost"}
        assert made.words("authorisation-lost", "nl") == "De autorisatie is verlopen of ingetrokken."
        made.authorise()
        assert made.run_for(30) == {"booked": 3}


def test_lost_reply_to_a_refresh_is_tried_once_more_and_then_asks_a_person(tmp_path: Path) -> None:
    with journey(tmp_path) as made:
        made.advance(minutes=11)
        made.exact.fault(kind="drop-reply", method="POST", path="/api/oauth2/token")
        made.sell(orders(3))
        assert made.run() == {"waiting": 3}
        assert made.problems() == {"authorisation-lost"}
        assert made.exact.tokens()["old_refreshes"] == 1
        made.authorise()
        assert made.run_for(30) == {"booked": 3}


def test_tokens_are_refreshed_in_their_time_for_days(tmp_path: Path) -> None:
    with journey(tmp_path) as made:
        for day in range(3):
            made.sell(orders(2, first=1 + 2 * day))
            made.advance(days=1)
            made.run()
        assert made.counts() == {"booked": 6}
        assert made.exact.tokens()["old_refreshes"] == 0


def test_grant_that_nobody_uses_is_kept_alive_for_months(tmp_path: Path) -> None:
    with journey(tmp_path) as made:
        for _ in range(100):
            made.advance(days=1)
            keep_grants(made.house)
        made.sell(orders(2))
        assert made.run() == {"booked": 2}
        assert made.exact.tokens()["old_refreshes"] == 0


def test_warning_comes_two_weeks_before_a_grant_ends_and_goes_when_it_is_prolonged(tmp_path: Path) -> None:
    with journey(tmp_path) as made:
        made.advance(days=16)
        made.exact.fault(kind="status", status=429, method="POST", path="/api/oauth2/token")
        keep_grants(made.house)
        keep_grants_again = made.problems()
        assert keep_grants_again == {"authorisation-ends"}
        assert made.words("authorisation-ends", "nl").startswith("De autorisatie eindigt op 15 oktober 2026")
        made.advance(hours=1)
        keep_grants(made.house)
        assert made.problems() == set()


def test_grant_that_was_withdrawn_while_nobody_used_it_is_told(tmp_path: Path) -> None:
    with journey(tmp_path) as made:
        made.exact.change(revoke=made.exact.credentials["user"])
        made.advance(days=16)
        keep_grants(made.house)
        assert made.problems() == {"authorisation-lost"}


def test_card_of_another_country_is_a_problem_and_is_left_as_it_is(tmp_path: Path) -> None:
    with journey(tmp_path, size=1) as made:
        card = made.exact.books()["customers"][0]["ID"]
        made.exact.change(customer={"ID": card, "Country": "DE "})
        made.sell(orders(3, customers=1))
        assert made.run() == {"problem": 3}
        assert made.problems() == {"exact-customer-differs"}
        assert made.exact.calls("POST", CUSTOMERS) == 0
        made.exact.change(customer={"ID": card, "Country": "NL "})
        made.advance(minutes=5)
        made.retry()
        assert made.run() == {"booked": 3}


def test_deleted_card_is_looked_for_again_when_its_sale_is_retried(tmp_path: Path) -> None:
    with journey(tmp_path, size=1) as made:
        made.sell(orders(2, customers=1))
        assert made.run() == {"booked": 2}
        card = made.exact.books()["customers"][0]["ID"]
        made.exact.change(customer={"ID": card, "Status": "A"})
        made.sell(orders(1, customers=1, first=3))
        made.advance(minutes=16)
        assert made.run() == {"booked": 2, "problem": 1}
        assert made.problems() == {"exact-customer-status"}
        made.exact.change(customer={"ID": card, "Status": "C"})
        made.retry()
        assert made.run() == {"booked": 3}


def test_other_total_at_exact_is_told(tmp_path: Path) -> None:
    with journey(tmp_path) as made:
        made.exact.change(division={"wrong_total": 1})
        made.sell(orders(1))
        assert made.run() == {"booked": 1}
        assert made.problems() == {"differs-at-target"}


def test_two_daemons_on_one_grant_never_present_an_old_refresh_token(tmp_path: Path) -> None:
    with journey(tmp_path) as made:
        made.sell(orders(2))
        assert made.run() == {"booked": 2}
        houses = [House(load(tmp_path / "boekbrug.toml"), clock=made.clock) for _ in range(2)]
        for _ in range(5):
            made.advance(minutes=10)
            with ThreadPoolExecutor(2) as pool:
                tokens = list(pool.map(_token, houses))
            assert any(tokens)
        for house in houses:
            house.close()
        assert made.exact.tokens()["old_refreshes"] == 0


def _token(house: House) -> str:
    target = house.instances().target(connections.get(house, "exact").id)
    try:
        return target.context.grant.token()
    except Retriable:
        # the other one is at it
        return ""


def test_day_turnover_is_one_memorial_a_day_to_the_cent(tmp_path: Path) -> None:
    sold = orders(50)
    licence = LICENCE.replace("[rules]\n", '[rules]\nmode = "day"\n')
    with journey(tmp_path, licence=licence) as made:
        made.exact.change(limits=OFF)
        before = made.exact.calls()
        made.sell(sold)
        made.run()
        made.advance(days=2)
        assert made.run() == {"booked": 50}
        assert made.exact.ledger() == expected_ledger(sold)
        assert len(made.exact.books()["entries"]) == 10
        assert made.exact.calls() - before <= 30
