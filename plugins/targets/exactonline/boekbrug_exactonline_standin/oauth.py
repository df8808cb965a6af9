"""Who may call: users, their grants to the client, and tokens that rotate."""

import datetime as dt
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec

CODE_LIFE = dt.timedelta(seconds=180)
ACCESS_LIFE = 600
TOO_EARLY = dt.timedelta(seconds=570)
UNUSED = dt.timedelta(days=30)
PER_DAY = 200


class Answer(msgspec.Struct):
    """What is answered to a call."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = {}


class User(msgspec.Struct):
    """Somebody who can log in and grant divisions."""

    id: str
    name: str
    language: str
    divisions: list[int]
    active: bool = True


class Chain(msgspec.Struct):
    """One grant: the refresh token that is good now, and the access token given with it."""

    user: str
    refresh: str
    access: str
    given_at: dt.datetime
    alive: bool = True


class Tokens:
    """The authorisation side of one app."""

    def __init__(self, client_id: str, client_secret: str, redirect_uri: str, random: Random) -> None:
        self.client_id, self.client_secret, self.redirect_uri = client_id, client_secret, redirect_uri
        self.users: dict[str, User] = {}
        self.at_the_door = ""
        self.chains: list[Chain] = []
        self.old_refreshes = 0
        self._codes: dict[str, tuple[str, dt.datetime]] = {}
        self._calls: dict[tuple[str, dt.date], int] = {}
        self._random = random

    def authorise(self, query: dict[str, str], now: dt.datetime) -> Answer:
        """Let the user at the door grant at once, and send them back."""
        if query.get("client_id") != self.client_id or query.get("redirect_uri") != self.redirect_uri:
            return Answer(400, b"invalid client or redirect")
        if query.get("response_type") != "code":
            return _fault(400, "unsupported_response_type", "Only code is supported.")
        code = self._secret("stampNL001.")
        self._codes[code] = (self.at_the_door, now)
        back = urlencode({"code": code, "state": query.get("state", "")})
        return Answer(302, headers={"Location": f"{self.redirect_uri}?{back}"})

    def token(self, body: bytes, now: dt.datetime) -> Answer:
        """Exchange a code or a refresh token."""
        asked = dict(parse_qsl(body.decode()))
        if (asked.get("client_id"), asked.get("client_secret")) != (self.client_id, self.client_secret):
            return _fault(400, "invalid_client", "Client authentication failed.")
        if asked.get("grant_type") == "authorization_code":
            return self._exchange(asked, now)
        if asked.get("grant_type") == "refresh_token":
            return self._refresh(asked.get("refresh_token", ""), now)
        return _fault(400, "unsupported_grant_type", "Unknown grant type.")

    def user_of(self, access: str, now: dt.datetime) -> User | None:
        """Return whose access token this is; None when it is unknown or has ended."""
        for chain in self.chains:
            if chain.alive and chain.access == access and now < chain.given_at + dt.timedelta(seconds=ACCESS_LIFE):
                return self.users[chain.user]
        return None

    def revoke(self, user: str) -> None:
        """Withdraw what a user granted."""
        for chain in self.chains:
            if chain.user == user:
                chain.alive, chain.access = False, ""

    def _exchange(self, asked: dict[str, str], now: dt.datetime) -> Answer:
        user, given_at = self._codes.pop(asked.get("code", ""), ("", now))
        if not user or now - given_at > CODE_LIFE or asked.get("redirect_uri") != self.redirect_uri:
            return _fault(400, "invalid_grant", "Token is not allowed, because of invalid or empty chainId")
        if self._too_often(user, now):
            return Answer(429)
        self.revoke(user)
        chain = Chain(user=user, refresh="", access="", given_at=now)
        self.chains.append(chain)
        return self._given(chain, now)

    def _refresh(self, token: str, now: dt.datetime) -> Answer:
        chain = next((chain for chain in self.chains if chain.alive and chain.refresh == token), None)
        if chain is None:
            self.old_refreshes += 1
            return _fault(401, "unauthorized_client", "Old refresh token used.")
        if not self.users[chain.user].active:
            return _fault(400, "invalid_grant", "The user is not active")
        if now - chain.given_at < TOO_EARLY:
            early = _fault(400, "access_denied", "Rate limit exceeded: access_token not expired")
            early.headers["Reason"] = "TooEarlyToRefreshTokens: wait until the access token has expired"
            return early
        if now - chain.given_at > UNUSED:
            ends = chain.given_at + UNUSED
            told = f"The refresh token expired at {ends:%m/%d/%Y %H:%M:%S} and it is now {now:%m/%d/%Y %H:%M:%S}."
            return _fault(400, "invalid_request", told)
        if self._too_often(chain.user, now):
            return Answer(429)
        return self._given(chain, now)

    def _given(self, chain: Chain, now: dt.datetime) -> Answer:
        chain.access, chain.refresh, chain.given_at = self._secret("AAEA"), self._secret("abcd!IAAA"), now
        given = {
            "access_token": chain.access, "token_type": "bearer", "expires_in": str(ACCESS_LIFE),
            "refresh_token": chain.refresh,
        }  # fmt: skip
        return Answer(200, msgspec.json.encode(given), {"Content-Type": "application/json"})

    def _too_often(self, user: str, now: dt.datetime) -> bool:
        key = user, now.date()
        self._calls[key] = self._calls.get(key, 0) + 1
        return self._calls[key] > PER_DAY

    def _secret(self, start: str) -> str:
        return start + self._random.randbytes(24).hex()

    def state(self) -> dict[str, Any]:
        """Return what may be looked at from outside."""
        return {"chains": [msgspec.to_builtins(chain) for chain in self.chains], "old_refreshes": self.old_refreshes}


def _fault(status: int, error: str, description: str) -> Answer:
    body = msgspec.json.encode({"error": error, "error_description": description})
    return Answer(status, body, {"Content-Type": "application/json"})
