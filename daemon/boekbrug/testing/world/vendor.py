"""The vendor behind the books: gives pairs of tokens, of which each refresh token works once."""

import datetime as dt

from boekbrug.contract import AuthorisationLost, Clock, NotReachable, OutcomeUnknown, Tokens
from boekbrug.testing.world.chance import Chance
from boekbrug.testing.world.faults import TokenFault

LIVES = dt.timedelta(minutes=10)
"""How long an access token lives."""


class Vendor:
    """Exchanges refresh tokens; one that is presented although its successor is in use ends the authorisation."""

    def __init__(self, clock: Clock, chance: Chance) -> None:
        self._clock, self._chance = clock, chance
        self._pair = 0
        self._in_use = False
        #: whoever holds a pair has to be authorised again
        self.is_ended = False
        self._alive: dict[str, dt.datetime] = {}
        #: presentations of a spent token that an honest client cannot have made
        self.spent: list[str] = []
        #: the client may hold an old pair through no fault of its own, until it presents the latest
        self.excused = False

    @property
    def ends(self) -> dt.datetime:
        """When the access token ends that was given last."""
        return self._alive[f"access {self._pair}"]

    def authorise(self) -> Tokens:
        """Give a first pair, as a person at the vendor's page does."""
        self.is_ended = self.excused = False
        self._alive.clear()
        return self._next()

    def demand(self, access: str) -> None:
        """Let a call pass whose access token is alive; raise AuthorisationLost."""
        if self._alive.get(access, self._clock.now()) <= self._clock.now():
            raise AuthorisationLost(reason="the access token is not alive")
        if access == f"access {self._pair}":
            self._in_use = True

    def refresh(self, tokens: Tokens) -> Tokens:
        """Exchange a pair; raise AuthorisationLost for one that is spent, OutcomeUnknown when the answer is lost."""
        if self._chance.draw(TokenFault.NOT_SENT, 0.05):
            raise NotReachable(host="vendor")
        if self._chance.draw(TokenFault.CALL_LOST, 0.1):
            raise OutcomeUnknown(call="refresh")
        self._demand_unspent(tokens.refresh)
        given = self._next()
        if self._chance.draw(TokenFault.REPLY_LOST, 0.15):
            raise OutcomeUnknown(call="refresh")
        return given

    def _demand_unspent(self, refresh: str) -> None:
        latest = refresh == f"refresh {self._pair}"
        # a client whose answer was lost may come back with the token before, until the new pair is used
        again = refresh == f"refresh {self._pair - 1}" and not self._in_use
        if self.is_ended or not (latest or again):
            if not self.is_ended and not self.excused:
                self.spent.append(refresh)
            self.is_ended = True
            raise AuthorisationLost(reason="the refresh token was used before")
        self.excused = self.excused and not latest

    def _next(self) -> Tokens:
        self._pair += 1
        self._in_use = False
        ends = self._clock.now() + LIVES
        self._alive[f"access {self._pair}"] = ends
        return Tokens(access=f"access {self._pair}", refresh=f"refresh {self._pair}", expires_at=ends)
