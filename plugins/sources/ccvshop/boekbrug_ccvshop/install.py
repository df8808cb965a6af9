"""The installation of our app in a shop: handshake, install, uninstall, each signed with the app's secret."""

from collections.abc import Mapping

import msgspec

from boekbrug.contract import (
    App,
    Clock,
    Continue,
    Ended,
    Granted,
    Http,
    Identity,
    InboundRequest,
    RefusedCall,
    Reply,
    Tokens,
    WrongKey,
)
from boekbrug_ccvshop.client import Shop
from boekbrug_ccvshop.listing import read_list
from boekbrug_ccvshop.signing import fits, sign
from boekbrug_ccvshop.wire import decode_known

HANDSHAKE, INSTALL, UNINSTALL = "handshake", "install", "uninstall"


class _Handshake(msgspec.Struct):
    api_public: str
    api_secret: str
    api_root: str
    return_url: str


class _Named(msgspec.Struct):
    api_public: str = ""


def identify(request: InboundRequest) -> str:
    """Name the key that a request claims, unverified."""
    if request.step == INSTALL:
        return request.query.get("api_public", "")
    try:
        return msgspec.json.decode(request.body, type=_Named).api_public
    except (msgspec.DecodeError, UnicodeError):
        return ""


def complete(
    app: App, http: Http, clock: Clock, request: InboundRequest, kept: Mapping[str, str]
) -> Granted | Continue | Ended:
    """Take one step of the installation; raise WrongKey for one that the vendor did not sign."""
    identity = identify(request)
    _verify(app, request, identity)
    if request.step == HANDSHAKE:
        given = msgspec.json.decode(request.body, type=_Handshake)
        keys = {"public": given.api_public, "secret": given.api_secret, "root": given.api_root.rstrip("/")}
        return Continue(identity=identity, keep={**keys, "back": given.return_url})
    if request.step == INSTALL:
        if not kept.get("secret"):
            raise WrongKey(step=request.step, reason="the handshake is missing or too long ago; install again")
        return _installed(Shop(http, clock, None, kept), kept)
    return Ended(identity=identity)


def _verify(app: App, request: InboundRequest, identity: str) -> None:
    if request.step not in (HANDSHAKE, INSTALL, UNINSTALL) or not identity:
        raise WrongKey(step=request.step)
    address = f"{app.public_url}/connect/ccvshop/{app.name}/{request.step}"
    in_query = request.step == INSTALL
    expected = sign(app.client_secret, address, identity.encode() if in_query else request.body)
    told = request.query.get("x-hash", "") if in_query else request.headers.get("x-hash", "")
    if not app.client_secret or not fits(expected, told):
        raise WrongKey(step=request.step)


def _installed(shop: Shop, kept: Mapping[str, str]) -> Granted:
    listed = read_list(shop.get("apps", "apps/"), "apps").items
    if len(listed) != 1:
        raise RefusedCall(resource="apps", status=f"{len(listed)} apps", message="")
    shop.write("PATCH", "apps", f"apps/{decode_known(listed[0]).id}/", b'{"is_installed":true}')
    keys = {name: kept[name] for name in ("root", "public", "secret")}
    return Granted(
        tokens=Tokens(access=keys["public"], facts=keys),
        identity=Identity(id=keys["public"], name=keys["root"]),
        reply=Reply(status=302, body="", redirect=kept.get("back", "")),
    )
