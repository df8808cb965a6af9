import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from tests.integration.flaky import Flaky
from tests.integration.vendor import LIFE, TokenServer, plugins, serving, settings, token_handler

from boekbrug.contract import AuthorisationLost, Http, HttpResponse, PluginBug, Retriable, Tokens
from boekbrug.runtime.apps import Apps
from boekbrug.runtime.clock import microseconds
from boekbrug.runtime.grants import STORING, GrantKeeper, HeldGrant, NoGrant, seal
from boekbrug.runtime.http import HttpPort
from boekbrug.runtime.secrets import DataDamaged, Vault, new_keys
from boekbrug.store import apps, connections, grants
from boekbrug.store.connections import ConnectionRow
from boekbrug.store.database import Database
from boekbrug.testing.clock import SettableClock

APP, GRANT, OTHER = 1, 2, 3
LEASE = dt.timedelta(seconds=90)
DUE = dt.timedelta(seconds=575)


class Vendor:
    """A grant of a vendor that rotates, on one clock for the database and the vendor."""

    def __init__(self, database_url: str, folder: Path, url: str, tokens: TokenServer, clock: SettableClock) -> None:
        self.url, self.tokens, self.clock = url, tokens, clock
        self.database = Database(database_url, self.now, clock=self.now)
        self.vault = Vault(new_keys())
        self.keeper = GrantKeeper(
            database=self.database,
            vault=self.vault,
            clock=clock,
            apps=Apps(settings(folder, database_url, url), plugins()),
            log=structlog.get_logger(),
            lease=LEASE,
        )
        with self.database.write() as connection:
            apps.add(connection, APP, "rotating-app", "rotating")

    def now(self) -> int:
        return microseconds(self.clock)

    def authorise(self, user: str = "eva", id: int = GRANT) -> None:
        status, told = self.tokens.answer("/token", {"grant_type": "code", "code": f"code-{user}"}, "") or (0, {})
        assert status == 200
        assert isinstance(told, dict)
        now = self.clock.now()
        tokens = Tokens(
            access=told["access_token"],
            refresh=told["refresh_token"],
            expires_at=now + LIFE,
            refresh_from=now + dt.timedelta(seconds=570),
            refresh_until=now + dt.timedelta(days=30),
            facts={"site": "nl"},
        )
        self.store(tokens, user, id)

    def store(self, tokens: Tokens, user: str = "eva", id: int = GRANT) -> None:
        pair = seal(self.vault, id, tokens, self.clock.now())
        with self.database.write() as connection:
            if grants.find(connection, APP, user) is None:
                grants.add(connection, id, APP, user, user, pair)
            else:
                grants.replace(connection, id, user, pair)

    def grant(self, http: Http | None = None) -> HeldGrant:
        return HeldGrant(self.keeper, GRANT, http or HttpPort(deadline=10))

    def row(self) -> grants.GrantRow:
        with self.database.read() as connection:
            return grants.get(connection, GRANT)

    def stored(self) -> Tokens:
        return self.keeper.read(GRANT).tokens


@pytest.fixture(params=["sqlite", "postgresql", "pgbouncer"])
def vendor(request: pytest.FixtureRequest, ready: Callable[[str], str], tmp_path: Path) -> Iterator[Vendor]:
    clock = SettableClock()
    tokens = TokenServer(clock)
    with serving(token_handler(tokens)) as url:
        made = Vendor(ready(request.param), tmp_path, url, tokens, clock)
        made.authorise()
        yield made
        made.database.close()


def test_token_is_used_as_it_is_until_it_may_be_refreshed(vendor: Vendor) -> None:
    grant = vendor.grant()
    assert grant.token() == "access-1"
    vendor.clock.advance(dt.timedelta(seconds=569))
    assert grant.token() == "access-1"
    assert not vendor.tokens.presented


def test_new_pair_is_stored_before_it_is_used_and_the_old_one_kept(vendor: Vendor) -> None:
    before = vendor.row().tokens
    vendor.clock.advance(DUE)
    assert vendor.grant().token() == "access-2"
    assert vendor.stored().refresh == "refresh-2"
    with vendor.database.read() as connection:
        kept = connection.exec_driver_sql("select tokens_before from grants").scalar_one()
    assert bytes(kept) == before


def test_facts_outlive_a_refresh_that_tells_none(vendor: Vendor) -> None:
    vendor.clock.advance(DUE)
    grant = vendor.grant()
    grant.token()
    assert grant.facts() == {"site": "nl"}
    assert vendor.grant().facts() == {"site": "nl"}


def test_tokens_are_encrypted_for_their_own_row(vendor: Vendor) -> None:
    vendor.authorise("jan", OTHER)
    assert b"access-1" not in vendor.row().tokens
    with vendor.database.write() as connection:
        connection.exec_driver_sql(
            "update grants set tokens = (select tokens from grants where identity = 'jan') where identity = 'eva'"
        )
    with pytest.raises(DataDamaged):
        vendor.grant().token()


def test_eight_threads_never_present_a_refresh_token_twice(vendor: Vendor) -> None:
    rounds, calls = 8, 5
    ahead = iter([DUE, dt.timedelta(seconds=700)] * rounds)
    barrier = threading.Barrier(8, action=lambda: vendor.clock.advance(next(ahead)))

    def work() -> list[int]:
        http = HttpPort(deadline=30)
        grant = vendor.grant(http)
        statuses = []
        for _ in range(rounds):
            barrier.wait(60)
            statuses += [_patiently(lambda: _call(vendor, http, grant)) for _ in range(calls)]
        return statuses

    with ThreadPoolExecutor(8) as pool:
        answers = [future.result() for future in [pool.submit(work) for _ in range(8)]]
    assert {status for each in answers for status in each} == {200}
    assert set(vendor.tokens.presented.values()) == {1}
    assert vendor.tokens.refreshes == 1 + rounds


def _call(vendor: Vendor, http: Http, grant: HeldGrant) -> int:
    token = grant.token()
    answer = _api(vendor, http, token)
    return _api(vendor, http, grant.refused(token)).status_code if answer.status_code == 401 else answer.status_code


def _api(vendor: Vendor, http: Http, token: str) -> HttpResponse:
    return http.request("POST", f"{vendor.url}/api", headers={"Authorization": f"Bearer {token}"})


def _patiently(call: Callable[[], int]) -> int:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            return call()
        except Retriable as wait:
            assert wait.retry_after
        time.sleep(0.005)
    return 0


def test_colleagues_wait_while_one_refreshes_what_has_ended(vendor: Vendor) -> None:
    vendor.clock.advance(dt.timedelta(seconds=700))
    with vendor.database.write() as connection:
        assert grants.lease(connection, vendor.row(), vendor.now() + 1_000_000, vendor.now())
    with pytest.raises(Retriable) as wait:
        vendor.grant().token()
    assert wait.value.retry_after == dt.timedelta(seconds=5)
    assert not vendor.tokens.presented


def test_colleagues_go_on_with_a_token_that_has_not_ended(vendor: Vendor) -> None:
    vendor.clock.advance(DUE)
    with vendor.database.write() as connection:
        assert grants.lease(connection, vendor.row(), vendor.now() + 1_000_000, vendor.now())
    assert vendor.grant().token() == "access-1"


def test_refused_token_is_first_looked_for_in_the_store(vendor: Vendor) -> None:
    mine, theirs = vendor.grant(), vendor.grant()
    old = mine.token()
    vendor.clock.advance(DUE)
    theirs.token()
    assert mine.refused(old) == "access-2"
    assert vendor.tokens.presented == {"refresh-1": 1}


def test_refused_token_is_not_refreshed_before_its_time(vendor: Vendor) -> None:
    grant = vendor.grant()
    vendor.clock.advance(dt.timedelta(seconds=500))
    with pytest.raises(Retriable) as wait:
        grant.refused(grant.token())
    assert wait.value.retry_after == dt.timedelta(seconds=70)
    assert not vendor.tokens.presented


def test_new_token_that_is_refused_at_once_is_for_a_person_to_look_at(vendor: Vendor) -> None:
    vendor.store(Tokens(access="a", refresh="r"))
    grant = vendor.grant()
    with pytest.raises(AuthorisationLost, match="when it was new"):
        grant.refused(grant.token())
    assert vendor.row().state == grants.OK
    assert not vendor.tokens.presented


def test_pair_that_was_not_used_for_too_long_is_not_presented(vendor: Vendor) -> None:
    vendor.clock.advance(dt.timedelta(days=30))
    with pytest.raises(AuthorisationLost, match="not used for too long"):
        vendor.grant().token()
    assert not vendor.tokens.presented


def test_token_without_refresh_lasts_until_it_ends(vendor: Vendor) -> None:
    vendor.store(Tokens(access="only", expires_at=vendor.clock.now() + LIFE))
    vendor.clock.advance(dt.timedelta(seconds=599))
    assert vendor.grant().token() == "only"
    vendor.clock.advance(dt.timedelta(seconds=1))
    with pytest.raises(AuthorisationLost):
        vendor.grant().token()


def test_refresh_that_did_not_arrive_is_tried_once_more_with_the_old_token(vendor: Vendor) -> None:
    vendor.clock.advance(DUE)
    vendor.tokens.faults = ["close"]
    assert vendor.grant().token() == "access-2"
    assert vendor.row().tries == 0


def test_refresh_whose_answer_was_lost_ends_in_authorise_again(vendor: Vendor) -> None:
    vendor.clock.advance(DUE)
    vendor.tokens.faults = ["lose"]
    with pytest.raises(AuthorisationLost, match="Old refresh token used"):
        vendor.grant().token()
    assert vendor.tokens.presented == {"refresh-1": 2}
    with pytest.raises(AuthorisationLost):
        vendor.grant().token()
    assert vendor.tokens.presented == {"refresh-1": 2}
    assert vendor.row().state == grants.LOST


def test_refresh_without_answer_twice_is_not_tried_a_third_time(vendor: Vendor) -> None:
    vendor.clock.advance(DUE)
    vendor.tokens.faults = ["close", "close", "close"]
    with pytest.raises(AuthorisationLost, match="answers to the last refreshes were lost"):
        vendor.grant().token()
    assert vendor.tokens.faults == ["close"]


def test_vendor_that_cannot_be_reached_costs_no_try(vendor: Vendor) -> None:
    vendor.clock.advance(dt.timedelta(seconds=700))
    for _ in range(3):
        with pytest.raises(Retriable):
            vendor.grant(_Unreachable()).token()
    assert vendor.row().tries == 0
    assert vendor.grant().token() == "access-2"


class _Unreachable(HttpPort):
    def request(self, method: str, url: str, **options: object) -> HttpResponse:  # type: ignore[override]
        raise Retriable


class _Dies(HttpPort):
    """Ends its worker in the middle of a call, as kill -9 would."""

    def request(self, method: str, url: str, **options: object) -> HttpResponse:  # type: ignore[override]
        raise _Killed


class _Killed(BaseException):
    pass


def test_worker_that_dies_in_a_refresh_leaves_one_try_to_others(vendor: Vendor) -> None:
    vendor.clock.advance(dt.timedelta(seconds=700))
    with pytest.raises(_Killed):
        vendor.grant(_Dies()).token()
    with pytest.raises(Retriable):
        vendor.grant().token()
    vendor.clock.advance(LEASE)
    assert vendor.grant().token() == "access-2"
    assert vendor.tokens.presented == {"refresh-1": 1}


def test_pair_that_comes_late_is_kept_even_from_a_worker_that_was_given_up(vendor: Vendor) -> None:
    vendor.clock.advance(dt.timedelta(seconds=700))
    row = vendor.row()
    with vendor.database.write() as connection:
        slow = grants.lease(connection, row, vendor.now() + 1, vendor.now())
    assert slow
    vendor.clock.advance(dt.timedelta(seconds=1))
    with vendor.database.write() as connection:
        other = grants.lease(connection, vendor.row(), vendor.now() + 1, vendor.now())
        assert other
        assert grants.lose(connection, other)
        late = Tokens(access="late", refresh="late")
        assert grants.keep(connection, slow, seal(vendor.vault, GRANT, late, vendor.clock.now()))
    assert vendor.grant().token() == "late"


class _LosesMeanwhile(HttpPort):
    """Gets its answer when another worker has taken over and lost the grant, so that its connection stands still."""

    def __init__(self, vendor: Vendor) -> None:
        super().__init__(deadline=10)
        self._vendor = vendor

    def request(self, *args: Any, **options: Any) -> HttpResponse:  # type: ignore[override]
        answer = super().request(*args, **options)
        vendor = self._vendor
        vendor.clock.advance(LEASE)
        with vendor.database.write() as connection:
            other = grants.lease(connection, vendor.row(), vendor.now() + 1, vendor.now())
            assert other
            assert grants.lose(connection, other)
            connections.set_state(connection, OTHER, connections.PAUSED, AuthorisationLost.code, vendor.now())
        return answer


def test_pair_that_comes_late_lets_the_connections_go_on_that_stood_still_for_it(vendor: Vendor) -> None:
    row = ConnectionRow(OTHER, "books", "rotating", "target", "{}", None, None, connections.OK, "")
    with vendor.database.write() as connection:
        connections.add(connection, row, {}, vendor.now())
        grants.bind(connection, OTHER, GRANT, vendor.now())
    vendor.clock.advance(dt.timedelta(seconds=700))
    assert vendor.grant(_LosesMeanwhile(vendor)).token() == "access-2"
    with vendor.database.read() as connection:
        assert connections.get(connection, OTHER).state == connections.OK


class _Freezes(Database):
    """Its worker stands still after the first transaction, while something else happens."""

    then: Callable[[], None] | None = None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with super().write() as connection:
            yield connection
        then, self.then = self.then, None
        if then:
            then()


def test_worker_that_stood_still_after_taking_a_refresh_presents_no_spent_token(vendor: Vendor) -> None:
    frozen = _Freezes(vendor.database.url.render_as_string(hide_password=False), vendor.now, clock=vendor.now)

    def others() -> None:
        vendor.clock.advance(LEASE)
        assert vendor.grant().token() == "access-2"

    frozen.then = others
    vendor.clock.advance(dt.timedelta(seconds=700))
    with pytest.raises(Retriable):
        HeldGrant(replace(vendor.keeper, database=frozen), GRANT, HttpPort(deadline=10)).token()
    assert vendor.tokens.presented == {"refresh-1": 1}
    assert (vendor.row().state, vendor.grant().token()) == (grants.OK, "access-2")
    frozen.close()


def test_worker_that_stood_still_alone_leaves_the_refresh_to_the_next(vendor: Vendor) -> None:
    frozen = _Freezes(vendor.database.url.render_as_string(hide_password=False), vendor.now, clock=vendor.now)
    frozen.then = lambda: vendor.clock.advance(LEASE / 2)
    vendor.clock.advance(dt.timedelta(seconds=700))
    with pytest.raises(Retriable):
        HeldGrant(replace(vendor.keeper, database=frozen), GRANT, HttpPort(deadline=10)).token()
    assert (vendor.tokens.presented, vendor.row().tries) == ({}, 0)
    assert vendor.grant().token() == "access-2"
    frozen.close()


class _Demotes(HttpPort):
    """Gets its answer when the database may only be read, as after a failover; `promote` ends that for new sessions."""

    def __init__(self, database: Database) -> None:
        super().__init__(deadline=10)
        self._database = database
        address = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._admin = psycopg.connect(address, autocommit=True, options="-c default_transaction_read_only=off")

    def _set(self, how: str) -> None:
        self._admin.execute(f'alter database "{self._database.url.database}" {how}')

    def request(self, *args: Any, **options: Any) -> HttpResponse:  # type: ignore[override]
        answer = super().request(*args, **options)
        self._set("set default_transaction_read_only = on")
        self._database.close()
        return answer

    def promote(self, _: float) -> None:
        self._set("reset default_transaction_read_only")
        self._admin.close()


@pytest.mark.parametrize("vendor", ["postgresql"], indirect=True)
def test_database_that_may_only_be_read_while_a_pair_is_to_be_stored_costs_nothing(vendor: Vendor) -> None:
    demoting = _Demotes(vendor.database)
    vendor.keeper = replace(vendor.keeper, pause=demoting.promote)
    vendor.clock.advance(dt.timedelta(seconds=700))
    assert vendor.grant(demoting).token() == "access-2"
    assert vendor.stored().refresh == "refresh-2"


def test_worker_that_was_given_up_may_not_end_a_grant(vendor: Vendor) -> None:
    vendor.clock.advance(dt.timedelta(seconds=700))
    with vendor.database.write() as connection:
        slow = grants.lease(connection, vendor.row(), vendor.now() + 1, vendor.now())
    vendor.clock.advance(dt.timedelta(seconds=1))
    assert vendor.grant().token() == "access-2"
    assert slow
    with vendor.database.write() as connection:
        assert not grants.lose(connection, slow)
    assert vendor.row().state == grants.OK


def test_answer_that_the_plugin_cannot_read_counts_as_a_try(vendor: Vendor) -> None:
    vendor.clock.advance(DUE)
    vendor.tokens.faults = ["garbage"]
    with pytest.raises(PluginBug):
        vendor.grant().token()
    assert vendor.row().tries == 1
    assert vendor.grant().token() == "access-2"


POINTS = {
    # what is lost, and: how often the old token was presented, and whether a person has to authorise again
    "taking the refresh": (["before"], [], 1, False),
    "the word that it is taken": (["after"], [], 1, False),
    "the request": ([], ["close"], 1, False),
    "the answer": ([], ["lose"], 2, True),
    "the meaning of the answer": ([], ["garbage"], 1, False),
    "the request, and that it is tried again": (["", "before"], ["close"], 1, False),
    "storing the pair": (["", "before", "before", "before"], [], 1, False),
    "the word that it is stored": (["", "after"], [], 1, False),
}


@pytest.mark.parametrize("point", POINTS)
def test_reply_lost_at_any_point_costs_a_person_s_time_only_where_the_vendor_alone_knows(
    vendor: Vendor, point: str
) -> None:
    database = Flaky(vendor.database.url.render_as_string(hide_password=False), vendor.now, clock=vendor.now)
    vendor.keeper = replace(vendor.keeper, database=database, pause=lambda _: None)
    vendor.clock.advance(dt.timedelta(seconds=700))
    lost, faults, presented, is_lost = POINTS[point]
    database.lost, vendor.tokens.faults = lost, [*faults]
    assert _persistently(vendor) == ("lost" if is_lost else "access-2")
    assert sum(vendor.tokens.presented.values()) == presented
    vendor.authorise()
    assert _persistently(vendor) == f"access-{vendor.tokens.refreshes}"
    database.close()


def _persistently(vendor: Vendor) -> str:
    """Ask for a token as run after run does, a lease apart."""
    for _ in range(3):
        try:
            return vendor.grant().token()
        except AuthorisationLost:
            return "lost"
        except (Retriable, OperationalError, PluginBug):
            vendor.clock.advance(LEASE)
    return "never"


def test_database_that_starts_anew_while_a_pair_is_to_be_stored_costs_nothing(vendor: Vendor) -> None:
    database = Flaky(vendor.database.url.render_as_string(hide_password=False), vendor.now, clock=vendor.now)
    database.lost = ["", *["before"] * len(STORING)]
    waited: list[float] = []
    vendor.keeper = replace(vendor.keeper, database=database, pause=waited.append)
    vendor.clock.advance(dt.timedelta(seconds=700))
    assert vendor.grant().token() == "access-2"
    assert waited == list(STORING)
    assert 20 < sum(waited) < LEASE.total_seconds()
    database.close()


def test_second_authorisation_replaces_the_pair(vendor: Vendor) -> None:
    grant = vendor.grant()
    old = grant.token()
    vendor.authorise()
    assert grant.refused(old) == "access-2"
    with vendor.database.read() as connection:
        assert connection.exec_driver_sql("select count(*) from grants").scalar_one() == 1


def test_refresh_under_way_does_not_undo_a_second_authorisation(vendor: Vendor) -> None:
    row = vendor.row()
    with vendor.database.write() as connection:
        slow = grants.lease(connection, row, vendor.now() + 90_000_000, vendor.now())
    assert slow
    vendor.authorise()
    with vendor.database.write() as connection:
        stale = seal(vendor.vault, GRANT, Tokens(access="stale"), vendor.clock.now())
        assert not grants.keep(connection, slow, stale)
        assert not grants.lose(connection, slow)
    assert vendor.grant().token() == "access-2"


def test_grants_that_would_end_for_want_of_use_are_kept_alive(vendor: Vendor) -> None:
    vendor.clock.advance(dt.timedelta(days=14))
    assert vendor.keeper.keep_alive(HttpPort(deadline=10)) == {}
    vendor.clock.advance(dt.timedelta(days=1))
    assert vendor.keeper.keep_alive(HttpPort(deadline=10)) == {GRANT: None}
    assert vendor.keeper.keep_alive(HttpPort(deadline=10)) == {}
    vendor.clock.advance(dt.timedelta(days=20))
    assert vendor.grant().token() == "access-3"


def test_keeping_alive_goes_on_after_a_grant_that_is_lost(vendor: Vendor) -> None:
    vendor.tokens.dead = True
    vendor.clock.advance(dt.timedelta(days=15))
    (lost,) = vendor.keeper.keep_alive(HttpPort(deadline=10)).values()
    assert isinstance(lost, AuthorisationLost)
    assert vendor.row().state == grants.LOST


def test_plugin_that_breaks_does_not_keep_others_from_being_kept_alive(vendor: Vendor) -> None:
    vendor.authorise("jan", OTHER)
    vendor.tokens.faults = ["garbage"]
    vendor.clock.advance(dt.timedelta(days=15))
    answers = vendor.keeper.keep_alive(HttpPort(deadline=10))
    assert [type(answer) for answer in answers.values()] == [PluginBug, type(None)]


def test_connection_without_grant_has_lost_its_authorisation() -> None:
    for use in (NoGrant().token, NoGrant().facts, lambda: NoGrant().refused("x")):
        with pytest.raises(AuthorisationLost):
            use()
