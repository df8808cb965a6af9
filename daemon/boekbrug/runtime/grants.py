"""The port behind `Context.grant`: tokens that are valid now, refreshed by one worker at a time.

A refresh token works once. Therefore a refresh is leased and its try counted before the call; the new pair is stored
before anybody uses it; and a pair is presented again only when the answer to the first time was lost, and then once.
"""

import datetime as dt
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NoReturn

import msgspec
from sqlalchemy.exc import OperationalError

from boekbrug.contract import (
    AuthorisationLost,
    BoekbrugError,
    Clock,
    Http,
    Log,
    OutcomeUnknown,
    PluginBug,
    Retriable,
    Tokens,
)
from boekbrug.runtime.apps import Apps
from boekbrug.runtime.clock import to_microseconds
from boekbrug.runtime.secrets import Vault
from boekbrug.store import grants
from boekbrug.store.database import Database
from boekbrug.store.grants import GrantRow, Lease, Pair

MARGIN = dt.timedelta(seconds=30)
"""A token is refreshed this long before its end, if the vendor allows it: a call may be on its way for a while."""
PATIENCE = dt.timedelta(seconds=5)
"""When to come back while another worker refreshes."""
JUST_GIVEN = dt.timedelta(minutes=1)
MOST_TRIES = 2
STORING = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8)
"""Seconds between the tries to store a pair; together longer than a database takes to start, shorter than a lease."""
_decode = msgspec.msgpack.Decoder(Tokens).decode
_MICROSECOND = dt.timedelta(microseconds=1)


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A grant as it was read: the row and its opened tokens."""

    row: GrantRow
    tokens: Tokens

    def is_valid(self, now: dt.datetime) -> bool:
        """Tell whether the access token has not ended."""
        return self.tokens.expires_at is None or now < self.tokens.expires_at

    def is_due(self, now: dt.datetime) -> bool:
        """Tell whether the pair is to be refreshed before its access token is used."""
        ends, allowed = self.tokens.expires_at, self.tokens.refresh_from
        return ends is not None and now >= max(ends - MARGIN, allowed or ends - MARGIN)


def seal(vault: Vault, id: int, tokens: Tokens, now: dt.datetime) -> Pair:
    """Encrypt a pair for the row of its grant."""
    return Pair(
        tokens=vault.encrypt(msgspec.msgpack.encode(tokens), _place(id)),
        expires_at=_moment(tokens.expires_at),
        refresh_from=_moment(tokens.refresh_from),
        refresh_until=_moment(tokens.refresh_until),
        given_at=to_microseconds(now),
    )


def _moment(told: dt.datetime | None) -> int | None:
    return to_microseconds(told) if told else None


def _place(id: int) -> bytes:
    return b"grant %d" % id


@dataclass(frozen=True, kw_only=True, slots=True)
class GrantKeeper:
    """Reads grants and refreshes them; shared by all connections of a process. The lease outlasts two calls."""

    database: Database
    vault: Vault
    clock: Clock
    apps: Apps
    log: Log
    lease: dt.timedelta
    pause: Callable[[float], None] = time.sleep

    def read(self, id: int) -> Held:
        """Read a grant; raise AuthorisationLost when it has ended."""
        with self.database.read() as connection:
            row = grants.get(connection, id)
        if row.state != grants.OK:
            raise AuthorisationLost(identity=row.identity_name, app=row.app)
        return Held(row=row, tokens=_decode(self.vault.decrypt(row.tokens, _place(id))))

    def current(self, id: int, http: Http) -> Held:
        """Return a grant whose access token is valid now, refreshed when it is due."""
        held = self.read(id)
        now = self.clock.now()
        if not held.is_due(now) or (held.is_valid(now) and not held.tokens.refresh):
            return held
        try:
            return self.refresh(held, http)
        except Retriable:
            if held.is_valid(self.clock.now()):
                return held
            raise

    def replacement(self, id: int, refused: str, http: Http) -> Held:
        """Return another token than the one that was refused: what a colleague has stored, else a new one."""
        held = self.read(id)
        if held.tokens.access != refused:
            return self.current(id, http)
        age = to_microseconds(self.clock.now()) - held.row.given_at
        if held.tokens.refresh_from is None and age < JUST_GIVEN // _MICROSECOND:
            raise AuthorisationLost(identity=held.row.identity_name, reason="the token was refused when it was new")
        return self.refresh(held, http)

    def refresh(self, held: Held, http: Http) -> Held:
        """Exchange a pair for a new one, within the time that the vendor allows for it.

        Raise Retriable when it is too early, another worker is at it or the vendor cannot be reached.
        """
        self._check_time(held)
        kind, app = self.apps.authorises(held.row.app), self.apps.app(held.row.app)
        begun = self.clock.now()
        with self.database.write() as connection:
            now = self.database.now(connection)
            lease = grants.lease(connection, held.row, now + self.lease // _MICROSECOND, now)
        if lease is None:
            return self._of_a_colleague(held)
        if lease.tries > MOST_TRIES:
            self._lose(held, lease, "the answers to the last refreshes were lost")
        exchange = partial(kind.refresh, app, http, self.clock, held.tokens)
        return self._keep(held, lease, self._exchange(held, lease, exchange, begun))

    def _check_time(self, held: Held) -> None:
        now, tokens = self.clock.now(), held.tokens
        if not tokens.refresh:
            raise AuthorisationLost(identity=held.row.identity_name, reason="it cannot be refreshed")
        if tokens.refresh_from and now < tokens.refresh_from:
            raise Retriable(tokens.refresh_from - now)
        if tokens.refresh_until and now >= tokens.refresh_until:
            raise AuthorisationLost(identity=held.row.identity_name, reason="it was not used for too long")

    def _of_a_colleague(self, held: Held) -> Held:
        again = self.read(held.row.id)
        if again.row.pair > held.row.pair and again.is_valid(self.clock.now()):
            return again
        raise Retriable(PATIENCE)

    def _exchange(self, held: Held, lease: Lease, exchange: Callable[[], Tokens], begun: dt.datetime) -> Tokens:
        # who stood still since may find the pair spent by another; a call has to be over before the lease is
        if not dt.timedelta() <= self.clock.now() - begun < self.lease / 3:
            self._release(lease, answered=True)
            raise Retriable(PATIENCE)
        try:
            return exchange()
        except OutcomeUnknown:
            if lease.tries >= MOST_TRIES:
                self._lose(held, lease, "the answers to the last refreshes were lost")
            begun = self.clock.now()
            return self._exchange(held, self._renewed(lease), exchange, begun)
        except AuthorisationLost as refused:
            self._lose(held, lease, refused.facts.get("reason", "the vendor refused to refresh it"))
        except BoekbrugError:
            self._release(lease, answered=True)
            raise
        except Exception as error:
            self._release(lease, answered=False)
            # the name alone: what could not be read may hold a token
            raise PluginBug(app=held.row.app, error=type(error).__name__) from error

    def _keep(self, held: Held, lease: Lease, given: Tokens) -> Held:
        tokens = msgspec.structs.replace(
            given, refresh=given.refresh or held.tokens.refresh, facts={**held.tokens.facts, **given.facts}
        )
        pair = seal(self.vault, lease.grant, tokens, self.clock.now())
        # the old pair is spent and this one is nowhere else: a database that starts anew must not cost it
        for wait in STORING:
            try:
                self._store(lease, pair)
                break
            except OperationalError as error:
                self.log.warning("grant.not-stored-yet", grant=lease.grant, error=str(error.orig), wait=wait)
                self.pause(wait)
        else:
            self._store(lease, pair)
        self.log.info("grant.refreshed", grant=lease.grant, app=held.row.app)
        return self.read(lease.grant)

    def _store(self, lease: Lease, pair: Pair) -> None:
        with self.database.write() as connection:
            if grants.keep(connection, lease, pair):
                # the grant may have been lost meanwhile
                now = self.database.now(connection)
                grants.resume_connections(connection, lease.grant, AuthorisationLost.code, now)

    def _renewed(self, lease: Lease) -> Lease:
        with self.database.write() as connection:
            until = self.database.now(connection) + self.lease // _MICROSECOND
            renewed = grants.renew(connection, lease, until)
        if renewed is None:
            raise Retriable(PATIENCE)
        return renewed

    def _release(self, lease: Lease, *, answered: bool) -> None:
        with self.database.write() as connection:
            grants.release(connection, lease, answered=answered)

    def _lose(self, held: Held, lease: Lease, reason: str) -> NoReturn:
        with self.database.write() as connection:
            lost = grants.lose(connection, lease)
        if not lost:
            raise Retriable(PATIENCE)
        self.log.warning("grant.lost", grant=lease.grant, app=held.row.app, reason=reason)
        raise AuthorisationLost(identity=held.row.identity_name, app=held.row.app, reason=reason)

    def keep_alive(self, http: Http) -> dict[int, BoekbrugError | None]:
        """Refresh the grants that would end for want of use; return why not by grant, None where it went well.

        It begins when half of their time is over; what fails is tried again next time.
        """
        with self.database.read() as connection:
            ageing = grants.ageing(connection, to_microseconds(self.clock.now()))
        return {id: self._kept_alive(id, http) for id in ageing}

    def _kept_alive(self, id: int, http: Http) -> BoekbrugError | None:
        try:
            self.refresh(self.read(id), http)
        except BoekbrugError as error:
            self.log.warning("grant.not-kept-alive", grant=id, code=error.code)
            return error
        return None


class HeldGrant:
    """The grant of one connection for one run and thread; a token that is still good costs no look at the database."""

    def __init__(self, keeper: GrantKeeper, id: int, http: Http) -> None:
        self._keeper, self._id, self._http = keeper, id, http
        self._held: Held | None = None

    def token(self) -> str:
        """Return an access token that is valid now; raise AuthorisationLost or Retriable."""
        held = self._held
        if held is None or held.is_due(self._keeper.clock.now()):
            held = self._held = self._keeper.current(self._id, self._http)
        return held.tokens.access

    def refused(self, token: str) -> str:
        """Return a fresh token after the outside system refused `token`; raise AuthorisationLost or Retriable."""
        self._held = self._keeper.replacement(self._id, token, self._http)
        return self._held.tokens.access

    def facts(self) -> Mapping[str, str]:
        """Return the facts stored with the grant; raise AuthorisationLost."""
        if self._held is None:
            self._held = self._keeper.read(self._id)
        return self._held.tokens.facts


class NoGrant:
    """The grant of a connection that was never authorised."""

    def token(self) -> str:
        """Raise AuthorisationLost."""
        raise AuthorisationLost(reason="the connection was never authorised")

    def refused(self, token: str) -> str:
        """Raise AuthorisationLost."""
        return self.token()

    def facts(self) -> Mapping[str, str]:
        """Raise AuthorisationLost."""
        raise AuthorisationLost(reason="the connection was never authorised")
