import datetime as dt
import html
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
import requests
from tests.contract.fits.ccvshop import sign
from tests.contract.fits.test_ccvshop import KEYS, Ccv
from tests.integration.vendor import (
    PUBLIC,
    Browser,
    TokenServer,
    browsing,
    plugins,
    serving,
    settings,
    token_handler,
    vendor_handler,
    works,
)
from tests.web.people import add_user, logged_in, served

from boekbrug.acts import authorise, connections
from boekbrug.acts.desk import ActRefused, Desk
from boekbrug.acts.inbound import UNASKED, Denied, NotBegun
from boekbrug.contract import AskKeys, AuthorisationLost, Identity, OpenPage
from boekbrug.runtime.budgets import StoredBudget
from boekbrug.store import apps, audit
from boekbrug.store.connections import OK, PAUSED, UNCLAIMED, set_state
from boekbrug.sync.house import House
from boekbrug.testing.clock import SettableClock
from boekbrug.web import create_app
from boekbrug.web.connect import BODY_LIMIT, REFUSALS
from boekbrug.web.language import catalogue

CALLBACK = "/connect/rotating/rotating-app/callback"
ENGLISH = {"accept-language": "en"}
EVA = Identity(id="eva", name="eva & co")


class Town:
    """A house with a public address, a person at its desk, and the vendor it authorises at."""

    def __init__(self, house: House, url: str, tokens: TokenServer, browser: Browser) -> None:
        self.house, self.url, self.tokens, self.browser = house, url, tokens, browser
        self.desk = Desk(house, "owner")

    def begin(self, name: str = "shop") -> str:
        answer = authorise.begin(self.desk, name)
        assert isinstance(answer, OpenPage)
        return parse_qs(urlsplit(answer.url).query)["state"][0]

    def come_back(self, state: str, code: str = "code-eva") -> requests.Response:
        return self.browser.get(CALLBACK, params={"code": code, "state": state}, headers=ENGLISH)

    def authorised(self, name: str = "shop", user: str = "eva") -> None:
        assert self.come_back(self.begin(name), f"code-{user}").status_code == 200
        authorise.confirm(self.desk, name, user)

    def works(self, name: str = "shop") -> int:
        return works(self.house.context(connections.get(self.house, name)), self.url)

    def count(self, table: str) -> int:
        with self.house.database.read() as connection:
            return int(connection.exec_driver_sql(f"select count(*) from {table}").scalar_one())


@pytest.fixture
def town(ready_url: str, tmp_path: Path) -> Iterator[Town]:
    clock = SettableClock()
    tokens = TokenServer(clock)
    with serving(token_handler(tokens)) as url:
        house = House(settings(tmp_path, ready_url, url), clock=clock, plugins=plugins())
        for name, plugin in (("shop", "rotating"), ("other", "rotating"), ("park", "installed"), ("till", "ccvshop")):
            connections.add(Desk(house, "owner"), name, plugin, {})
        with browsing(create_app(house)) as browser:
            yield Town(house, url, tokens, browser)
        house.close()


def test_grant_is_used_only_after_a_person_has_confirmed_whose_it_is(town: Town) -> None:
    answer = town.come_back(town.begin())
    assert answer.status_code == 200
    assert "eva &amp; co" in answer.text
    assert authorise.arrived(town.house, "shop") == EVA
    with pytest.raises(AuthorisationLost):
        town.works()
    authorise.confirm(town.desk, "shop", "eva")
    assert town.works() == 200
    assert authorise.arrived(town.house, "shop") is None


def test_identity_that_is_turned_down_leaves_nothing(town: Town) -> None:
    town.come_back(town.begin())
    authorise.deny(town.desk, "shop")
    assert (town.count("grants"), town.count("authorisation")) == (0, 0)
    with pytest.raises(ActRefused):
        authorise.confirm(town.desk, "shop", "eva")


def test_another_identity_than_was_shown_is_not_confirmed(town: Town) -> None:
    town.come_back(town.begin())
    with pytest.raises(ActRefused):
        authorise.confirm(town.desk, "shop", "jan")
    assert connections.get(town.house, "shop").grant is None


def test_second_authorisation_of_one_identity_replaces_the_pair_at_once(town: Town) -> None:
    town.authorised()
    with town.house.database.write() as connection:
        set_state(connection, connections.get(town.house, "shop").id, PAUSED, "authorisation-lost", 0)
    answer = town.come_back(town.begin())
    assert "works again" in answer.text
    assert connections.get(town.house, "shop").state == OK
    assert town.works() == 200
    assert town.count("grants") == 1


def test_connections_of_one_identity_share_one_pair(town: Town) -> None:
    town.authorised("shop")
    town.authorised("other")
    assert town.count("grants") == 1
    assert (town.works("shop"), town.works("other")) == (200, 200)


def test_connection_moves_to_another_identity_only_when_confirmed(town: Town) -> None:
    town.authorised("shop", "eva")
    before = connections.get(town.house, "shop").grant
    town.come_back(town.begin(), "code-jan")
    assert connections.get(town.house, "shop").grant == before
    authorise.confirm(town.desk, "shop", "jan")
    assert connections.get(town.house, "shop").grant != before
    assert town.count("grants") == 1


def test_state_is_stored_as_a_hash_only(town: Town) -> None:
    state = town.begin()
    with town.house.database.read() as connection:
        row = connection.exec_driver_sql("select * from authorisation").one()
    assert state.encode() not in b"".join(bytes(value) for value in row if isinstance(value, bytes | memoryview))
    assert state not in str(row)


def test_state_that_was_used_is_refused(town: Town) -> None:
    state = town.begin()
    town.come_back(state)
    answer = town.come_back(state, "code-jan")
    assert answer.status_code == 400
    assert "not valid any more" in answer.text
    assert authorise.arrived(town.house, "shop") == EVA


def test_wrong_state_is_refused_without_a_call_to_the_vendor(town: Town) -> None:
    town.begin()
    assert town.come_back("guessed").status_code == 400
    assert town.browser.get(CALLBACK, params={"code": "code-eva"}).status_code == 400
    assert town.tokens.refreshes == 0


def test_state_of_another_app_is_refused(town: Town) -> None:
    state = town.begin()
    answer = town.browser.get("/connect/installed/installed-app/callback", params={"code": "x", "state": state})
    assert answer.status_code == 400
    assert town.come_back(state).status_code == 200


def test_state_that_has_expired_is_refused(town: Town) -> None:
    state = town.begin()
    with town.house.database.write() as connection:
        connection.exec_driver_sql("update authorisation set ends_at = ends_at - 3600000000")
    assert town.come_back(state).status_code == 400


def test_beginning_again_ends_the_first(town: Town) -> None:
    first, second = town.begin(), town.begin()
    assert town.come_back(first).status_code == 400
    assert town.come_back(second).status_code == 200


def test_person_who_says_no_at_the_vendor_is_told_that_nothing_changed(town: Town) -> None:
    state = town.begin()
    answer = town.browser.get(CALLBACK, params={"error": "access_denied", "state": state}, headers=ENGLISH)
    assert answer.status_code == 400
    assert "Nothing was changed" in answer.text
    assert not authorise.is_waiting(town.house, "shop")


@pytest.mark.parametrize(
    ("language", "title"), [("", "Deze link"), ("de-AT,de;q=0.9", "Dieser Link"), ("fr, en;q=0.5", "This link")]
)
def test_page_speaks_the_language_of_the_browser(town: Town, language: str, title: str) -> None:
    answer = town.browser.get(CALLBACK, params={"state": "guess"}, headers={"accept-language": language})
    assert title in answer.text
    assert answer.status_code == 400


def test_every_refusal_has_its_page() -> None:
    for _, _, text in REFUSALS:
        for part in ("-title", "", "-next"):
            assert catalogue("nl").pgettext("connect", f"{text}{part}")


def test_page_offers_no_link_that_would_use_the_code_again(town: Town) -> None:
    answer = town.come_back(town.begin())
    assert "code=" not in answer.text


def test_page_gives_the_code_in_its_address_to_nobody(town: Town) -> None:
    answer = town.come_back(town.begin())
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_code_that_the_vendor_refuses_is_a_clear_page(town: Town) -> None:
    assert town.come_back(town.begin(), "spent").status_code == 400


def test_vendor_that_does_not_answer_is_a_clear_page(town: Town) -> None:
    town.tokens.faults = ["close"]
    assert town.come_back(town.begin()).status_code == 502


def test_request_that_the_plugin_cannot_read_ends_nothing(town: Town) -> None:
    assert town.browser.get(CALLBACK, params={"state": town.begin()}).status_code == 500
    assert town.browser.post("/connect/ccvshop/ccvshop-app/handshake", data=b"\xff{").status_code == 500
    assert town.come_back(town.begin()).status_code == 200


def test_app_that_is_not_ours_is_unknown(town: Town) -> None:
    assert town.browser.get("/connect/rotating/strange/callback").status_code == 404
    assert town.browser.get("/connect/ccvshop/rotating-app/callback").status_code == 404


def test_body_beyond_the_limit_is_refused(town: Town) -> None:
    assert town.browser.post(CALLBACK, data=b"x" * (BODY_LIMIT + 1)).status_code == 413


def test_address_can_be_brought_by_hand(town: Town) -> None:
    state = town.begin()
    completed = authorise.paste(town.desk, "shop", f" {PUBLIC}{CALLBACK}?code=code-eva&state={state}\n")
    assert (completed.identity, completed.confirmed) == (EVA, False)
    authorise.confirm(town.desk, "shop", "eva")
    assert town.works() == 200
    with pytest.raises(ActRefused):
        authorise.paste(town.desk, "shop", f"{PUBLIC}{CALLBACK}?code=code-eva&state={state}")


def test_pasted_address_with_a_strange_state_is_refused(town: Town) -> None:
    town.begin()
    with pytest.raises(NotBegun):
        authorise.paste(town.desk, "shop", f"{PUBLIC}{CALLBACK}?code=code-eva&state=strange")
    with pytest.raises(Denied):
        authorise.paste(town.desk, "shop", f"{PUBLIC}{CALLBACK}?error=access_denied&state={town.begin()}")


def test_installation_that_starts_at_the_vendor_waits_to_be_assigned(town: Town) -> None:
    answer = town.browser.get("/connect/installed/installed-app/callback", params={"code": "code-eva"})
    assert answer.status_code == 200
    (found,) = authorise.unclaimed(town.house)
    assert (found.state, found.reason, found.plugin) == (UNCLAIMED, "eva & co", "installed")
    authorise.assign(town.desk, found.name, "park")
    assert town.works("park") == 200
    assert authorise.unclaimed(town.house) == []
    assert town.count("grants") == 1


def test_installation_by_a_known_identity_makes_no_second_connection(town: Town) -> None:
    for _ in range(2):
        town.browser.get("/connect/installed/installed-app/callback", params={"code": "code-eva"})
    assert len(authorise.unclaimed(town.house)) == 1


def test_unclaimed_connection_is_not_assigned_to_another_system(town: Town) -> None:
    town.browser.get("/connect/installed/installed-app/callback", params={"code": "code-eva"})
    (found,) = authorise.unclaimed(town.house)
    for name in ("shop", found.name):
        with pytest.raises(ActRefused):
            authorise.assign(town.desk, found.name, name)


def test_installations_that_nobody_asked_for_are_limited(town: Town) -> None:
    assert town.browser.get("/connect/installed/installed-app/callback", params={"code": "spent"}).status_code == 400
    with town.house.database.read() as connection:
        app = apps.find(connection, "installed-app")
    StoredBudget(town.house.database, "(connect)", [UNASKED]).take(f"unasked:{app}", cost=UNASKED.calls - 1)
    answer = town.browser.get("/connect/installed/installed-app/callback", params={"code": "code-eva"})
    assert answer.status_code == 503
    assert town.tokens.refreshes == 0


def test_vendor_that_is_begun_here_but_sends_no_state_goes_by_hand(town: Town) -> None:
    town.begin("park")
    completed = authorise.paste(town.desk, "park", f"{PUBLIC}/connect/installed/installed-app/callback?code=code-eva")
    assert completed.connection == "park"
    authorise.confirm(town.desk, "park", "eva")
    assert town.works("park") == 200


def test_keys_are_asked_for_where_the_vendor_has_no_page(town: Town) -> None:
    assert authorise.begin(town.desk, "till") == AskKeys(fields=("root", "public", "secret"))
    assert town.count("authorisation") == 0


def test_acts_and_arrivals_are_in_the_audit(town: Town) -> None:
    town.authorised()
    with town.house.database.read() as connection:
        acts = {(done.actor, done.act) for done in audit.list_latest(connection)}
    vendor = ("rotating rotating-app", "authorised")
    assert acts >= {("owner", "authorise-begin"), vendor, ("owner", "authorise-confirm")}


class CcvTown:
    """A shop that installs us in three signed steps."""

    def __init__(self, town: Town, ccv: Ccv, root: str) -> None:
        self.town, self.ccv, self.root = town, ccv, root

    def handshake(self, secret: str = "app_secret_demo") -> requests.Response:
        given = {"api_public": KEYS["public"], "api_secret": KEYS["secret"], "api_root": self.root}
        return self.post("handshake", {**given, "return_url": "https://lamp.example/back"}, secret)

    def install(self) -> requests.Response:
        path = "/connect/ccvshop/ccvshop-app/install"
        proof = sign("app_secret_demo", f"{PUBLIC}{path}|{KEYS['public']}".encode())
        return self.town.browser.get(path, params={"api_public": KEYS["public"], "language": "nl", "x-hash": proof})

    def post(self, step: str, told: dict[str, str], secret: str = "app_secret_demo") -> requests.Response:
        path, body = f"/connect/ccvshop/ccvshop-app/{step}", msgspec.json.encode(told)
        proof = sign(secret, f"{PUBLIC}{path}|".encode() + body)
        return self.town.browser.post(path, data=body, headers={"x-hash": proof})


@pytest.fixture
def ccv_town(town: Town) -> Iterator[CcvTown]:
    ccv = Ccv()
    with serving(vendor_handler(ccv)) as root:
        yield CcvTown(town, ccv, root)


def test_installation_in_steps_keeps_the_keys_of_the_first_for_the_second(ccv_town: CcvTown) -> None:
    first = ccv_town.handshake()
    assert (first.status_code, first.text) == (200, "OK")
    second = ccv_town.install()
    assert (second.status_code, second.headers["location"]) == (302, "https://lamp.example/back")
    assert ccv_town.ccv.installed
    house, town = ccv_town.town.house, ccv_town.town
    (found,) = authorise.unclaimed(house)
    authorise.assign(town.desk, found.name, "till")
    context = house.context(connections.get(house, "till"))
    assert context.grant.facts() == {**KEYS, "root": ccv_town.root}
    assert town.count("authorisation") == 0


def test_what_is_kept_between_steps_is_encrypted(ccv_town: CcvTown) -> None:
    ccv_town.handshake()
    with ccv_town.town.house.database.read() as connection:
        kept = bytes(connection.exec_driver_sql("select kept from authorisation").scalar_one())
    assert KEYS["secret"].encode() not in kept


def test_handshake_with_a_wrong_signature_is_refused(ccv_town: CcvTown) -> None:
    assert ccv_town.handshake("guessed").status_code == 403
    assert ccv_town.town.count("authorisation") == 0


def test_repeated_handshake_takes_the_place_of_the_first(ccv_town: CcvTown) -> None:
    ccv_town.handshake()
    ccv_town.handshake()
    assert ccv_town.install().status_code == 302


def test_withdrawal_at_the_vendor_ends_the_grant_until_it_is_installed_again(ccv_town: CcvTown) -> None:
    house, town = ccv_town.town.house, ccv_town.town
    ccv_town.handshake()
    ccv_town.install()
    (found,) = authorise.unclaimed(house)
    authorise.assign(town.desk, found.name, "till")
    assert ccv_town.post("uninstall", {"api_public": KEYS["public"]}).status_code == 200
    with pytest.raises(AuthorisationLost):
        house.context(connections.get(house, "till")).grant.facts()
    ccv_town.handshake()
    ccv_town.install()
    assert house.context(connections.get(house, "till")).grant.facts()["secret"] == KEYS["secret"]
    assert authorise.unclaimed(house) == []


def test_context_refreshes_through_the_app_of_the_settings(town: Town) -> None:
    town.authorised()
    clock = town.house.clock
    assert isinstance(clock, SettableClock)
    clock.advance(dt.timedelta(seconds=700))
    assert town.works() == 200
    assert town.tokens.presented == {"refresh-1": 1}


def test_operator_authorises_on_the_page_and_says_whose_it_is(town: Town) -> None:
    add_user(town.house, "keeper@x.nl", "operator")
    page = "/office/connections/shop"
    with served(town.house) as address, logged_in(address, "keeper@x.nl") as browser:
        csrf = browser.csrf("/account")
        assert "Geef toegang" in browser.get(page).text
        begun = browser.send(f"{page}/authorise", {"csrf": csrf}).text
        there = html.unescape(re.findall(r'<a class="button main" href="([^"]+)" rel="noreferrer"', begun)[0])
        town.come_back(parse_qs(urlsplit(there).query)["state"][0])
        assert "eva &amp; co (eva) gave access" in browser.get(f"{page}?lang=en").text
        assert connections.get(town.house, "shop").grant is None
        browser.send(f"{page}/confirm", {"csrf": csrf, "identity": "eva"})
        assert town.works() == 200
        again = browser.send(f"{page}/authorise", {"csrf": csrf}).text
        assert "/authorise?" in again or "state=" in again
        pasted = browser.send(f"{page}/paste", {"csrf": csrf, "address": "https://us.example/none?state=guess&code=x"})
        assert pasted.status_code in (400, 409)
        assert browser.get("/office/connections/park").status_code == 200
        asked = browser.send("/office/connections/till/authorise", {"csrf": csrf})
        assert asked.status_code < 500
