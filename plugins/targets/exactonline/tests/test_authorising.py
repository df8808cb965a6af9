"""Being let in: the code flow, tokens that rotate, and what every answer of the token endpoint means."""

import datetime as dt

import msgspec
import pytest

from boekbrug.contract import (
    App,
    AuthorisationLost,
    Authorises,
    Granted,
    OpenPage,
    OutcomeUnknown,
    Retriable,
    SettingsError,
    Tokens,
    WrongKey,
)
from boekbrug.testing.wire import Fault
from boekbrug_exactonline.authorising import SITES, ExactAuthorisation
from boekbrug_exactonline.target import ExactOnlineTarget

from .support import BASE, World, authorised, inbound

TOKEN = "/api/oauth2/token"


@pytest.fixture
def world() -> World:
    return World()


def refresh(world: World, tokens: Tokens) -> Tokens:
    assert world.clock is not None
    return ExactAuthorisation.refresh(world.app, world.mounted, world.clock, tokens)


def let_in(world: World) -> Tokens:
    assert world.clock is not None
    return authorised(world.app, world.mounted, world.clock)


def pass_time(world: World, **by: float) -> None:
    assert world.clock is not None
    world.clock.advance(dt.timedelta(**by))


def test_grant_names_the_user_and_keeps_to_the_times_of_exact(world: World) -> None:
    assert world.clock is not None
    assert issubclass(ExactOnlineTarget, Authorises)
    request = inbound(world.app, world.mounted, "st4te")
    assert request.query["state"] == "st4te"
    granted = ExactOnlineTarget.complete(world.app, world.mounted, world.clock, request, {})
    assert isinstance(granted, Granted)
    assert granted.identity.id == world.user
    now, tokens = world.clock.now(), granted.tokens
    assert tokens.expires_at == now + dt.timedelta(seconds=600)
    assert tokens.refresh_from == now + dt.timedelta(seconds=570)
    assert tokens.refresh_until == now + dt.timedelta(days=30)


def test_code_works_once_and_for_three_minutes(world: World) -> None:
    assert world.clock is not None
    request = inbound(world.app, world.mounted)
    ExactAuthorisation.complete(world.app, world.mounted, world.clock, request, {})
    with pytest.raises(AuthorisationLost, match="chainId"):
        ExactAuthorisation.complete(world.app, world.mounted, world.clock, request, {})
    late = inbound(world.app, world.mounted)
    pass_time(world, seconds=181)
    with pytest.raises(AuthorisationLost, match="chainId"):
        ExactAuthorisation.complete(world.app, world.mounted, world.clock, late, {})


def test_person_who_declines_is_told(world: World) -> None:
    assert world.clock is not None
    request = msgspec.structs.replace(inbound(world.app, world.mounted), query={"error_description": "no"})
    with pytest.raises(AuthorisationLost, match="no"):
        ExactAuthorisation.complete(world.app, world.mounted, world.clock, request, {})


def test_refresh_before_570_seconds_keeps_the_pair(world: World) -> None:
    tokens = let_in(world)
    pass_time(world, seconds=569)
    with pytest.raises(Retriable):
        refresh(world, tokens)
    pass_time(world, seconds=1)
    assert refresh(world, tokens).refresh != tokens.refresh


def test_old_refresh_token_ends_the_grant(world: World) -> None:
    tokens = let_in(world)
    pass_time(world, seconds=580)
    refresh(world, tokens)
    with pytest.raises(AuthorisationLost, match="Old refresh token used"):
        refresh(world, tokens)


def test_second_authorisation_of_the_user_ends_the_first(world: World) -> None:
    first = let_in(world)
    let_in(world)
    pass_time(world, seconds=580)
    with pytest.raises(AuthorisationLost):
        refresh(world, first)


def test_refresh_token_ends_after_30_days_unused(world: World) -> None:
    tokens = let_in(world)
    pass_time(world, days=30, seconds=1)
    with pytest.raises(AuthorisationLost, match="expired"):
        refresh(world, tokens)


def test_user_who_left_ends_the_grant(world: World) -> None:
    tokens = let_in(world)
    world.exact.tokens.users[world.user].active = False
    pass_time(world, seconds=580)
    with pytest.raises(AuthorisationLost, match="not active"):
        refresh(world, tokens)


def test_lost_and_broken_answers_to_a_refresh_are_unknown(world: World) -> None:
    tokens = let_in(world)
    pass_time(world, seconds=580)
    for fault in (Fault(kind="status", status=502, path=TOKEN), Fault(kind="status", status=200, path=TOKEN)):
        world.faults.add(fault)
        with pytest.raises(OutcomeUnknown):
            refresh(world, tokens)
    world.faults.add(Fault(kind="drop-reply", path=TOKEN))
    with pytest.raises(OutcomeUnknown):
        refresh(world, tokens)


def test_wrong_secret_and_too_many_exchanges_are_told_apart(world: World) -> None:
    tokens = let_in(world)
    pass_time(world, seconds=580)
    wrong = msgspec.structs.replace(world.app, client_secret="wrong")
    assert world.clock is not None
    with pytest.raises(WrongKey):
        ExactAuthorisation.refresh(wrong, world.mounted, world.clock, tokens)
    world.faults.add(Fault(kind="status", status=429, path=TOKEN))
    with pytest.raises(Retriable):
        refresh(world, tokens)


@pytest.mark.parametrize("site", list(SITES))
def test_every_site_has_its_own_page(world: World, site: str) -> None:
    app = App(
        name="a", client_id="c", client_secret="s", redirect_uri="https://us.example/cb", public_url="",
        settings={"site": site},
    )  # fmt: skip
    page = ExactAuthorisation.begin(app, "s")
    assert isinstance(page, OpenPage)
    assert page.url.startswith(f"{SITES[site]}/api/oauth2/auth?client_id=c")
    assert BASE not in page.url


def test_unknown_site_is_named(world: World) -> None:
    with pytest.raises(SettingsError, match="xx"):
        ExactAuthorisation.begin(msgspec.structs.replace(world.app, settings={"site": "xx"}), "s")
