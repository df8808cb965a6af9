"""How a connection is allowed in: a person at the vendor's page, a handshake, or an installation that starts there.

Inbound requests arrive at `/connect/<plugin>/<app>/<step>`. The host finds the pending authorisation by `state`; a
vendor that starts by itself (no `state`, see `StartsAtVendor`) yields an unclaimed connection, which the operator
confirms and assigns.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import msgspec

from boekbrug.contract.context import Clock, Http


class App(msgspec.Struct, frozen=True, kw_only=True):
    """Our registration at a vendor, from boekbrug.toml; `public_url` is where the vendor reaches us."""

    name: str
    client_id: str
    client_secret: str
    redirect_uri: str
    public_url: str
    settings: dict[str, str] = {}


class InboundRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it came in, byte for byte, so that its signature can be checked; header names in lower case."""

    step: str
    method: str
    url: str
    headers: dict[str, str]
    query: dict[str, str]
    body: bytes


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """What the vendor gave; the host refreshes between `refresh_from` and `refresh_until` (UTC)."""

    access: str
    refresh: str = ""
    expires_at: dt.datetime | None = None
    refresh_from: dt.datetime | None = None
    refresh_until: dt.datetime | None = None
    facts: dict[str, str] = {}


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who authorised, shown to the operator to confirm; `id` is the remote user or organisation."""

    id: str
    name: str


class OpenPage(msgspec.Struct, frozen=True, kw_only=True):
    """Send the person to this page of the vendor."""

    url: str


class AskKeys(msgspec.Struct, frozen=True, kw_only=True):
    """Ask the person for these settings fields instead of sending them anywhere."""

    fields: tuple[str, ...]


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What the vendor's request is answered with."""

    status: int = 200
    body: str = "OK"
    redirect: str = ""


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    """The authorisation is complete; a second one of the same identity replaces the tokens, never adds a pair."""

    tokens: Tokens
    identity: Identity
    reply: Reply = Reply()


class Continue(msgspec.Struct, frozen=True, kw_only=True):
    """One step of several is done; `keep` (encrypted) is handed to the next step of the same `identity`."""

    identity: str
    keep: dict[str, str]
    reply: Reply = Reply()


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """The vendor says that this identity has withdrawn (uninstalled)."""

    identity: str
    reply: Reply = Reply()


@runtime_checkable
class Authorises(Protocol):
    """A source or target class whose connections are authorised at the vendor; all are class-level functions.

    `kept` is what earlier steps of the same identity asked to keep. Raise WrongKey for a signature that does not fit,
    AuthorisationLost when a refresh is refused for good, Retriable when it may be tried again. A refresh `creates`: its
    lost answer is OutcomeUnknown, after which the host tries the old token once more.
    """

    @staticmethod
    def begin(app: App, state: str) -> OpenPage | AskKeys:
        """Start an authorisation that carries `state` through the vendor and back."""
        ...

    @staticmethod
    def complete(
        app: App, http: Http, clock: Clock, request: InboundRequest, kept: Mapping[str, str]
    ) -> Granted | Continue | Ended:
        """Turn what came back into a grant, or into the next step."""
        ...

    @staticmethod
    def refresh(app: App, http: Http, clock: Clock, tokens: Tokens) -> Tokens:
        """Exchange the refresh token; the host stores the pair before anybody uses it."""
        ...


@runtime_checkable
class StartsAtVendor(Authorises, Protocol):
    """A class whose authorisation may start at the vendor, without `state`; of others such a request is refused."""

    @staticmethod
    def identify(request: InboundRequest) -> str:
        """Name the identity that a request claims, unverified, so that `kept` can be found; "" when it names none."""
        ...
