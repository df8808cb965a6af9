"""Webhooks of the shop: registered one address per event, verified, and only ever a reason to look."""

from collections.abc import Iterator, Mapping

import msgspec

from boekbrug.contract import (
    DocumentKind,
    DocumentRef,
    Hint,
    InboundRequest,
    Log,
    RefusedCall,
    WrongKey,
)
from boekbrug_ccvshop.client import Shop
from boekbrug_ccvshop.listing import SIZE, read_list
from boekbrug_ccvshop.signing import fits, sign
from boekbrug_ccvshop.wire import Known, decode_known

ORDER_TOPICS = ("orders.created", "orders.updated.ispaid", "orders.updated.status", "orders.deleted")
#: `invoices.created` stands in no list of events: it is tried, and polling does without it
INVOICE_TOPICS = ("invoices.created", "invoices.updated.status")
TOPICS = (*ORDER_TOPICS, *INVOICE_TOPICS)
_WEBHOOKS = "webhooks"


class _Call(msgspec.Struct):
    id: int
    triggered_at: str = ""


def subscribe(shop: Shop, addresses: Mapping[str, str], log: Log) -> dict[str, str]:
    """Register an address per event, in place of earlier ones of ours; events the shop does not know are left out."""
    places = {address.rpartition("/")[0] for address in addresses.values()}
    for old in list(_registered(shop)):
        if (old.address or "").rpartition("/")[0] in places:
            shop.write("DELETE", _WEBHOOKS, f"webhooks/{old.id}/")
    kept: dict[str, str] = {}
    for topic, address in addresses.items():
        body = msgspec.json.encode({"event": topic, "address": address, "is_active": True})
        try:
            made = decode_known(shop.write("POST", _WEBHOOKS, "webhooks/", body, creates=True))
        except RefusedCall as refused:
            log.warning("ccvshop.event-refused", topic=topic, **refused.facts)
            continue
        kept |= {f"{topic} id": str(made.id), f"{topic} key": made.key or "", f"{topic} address": address}
    return kept


def _registered(shop: Shop) -> Iterator[Known]:
    start, more = 0, True
    while more:
        page = read_list(shop.get(_WEBHOOKS, f"webhooks/?start={start}&size={SIZE}"), _WEBHOOKS)
        yield from map(decode_known, page.items)
        start += len(page.items)
        more = page.next is not None and bool(page.items)


def unsubscribe(shop: Shop, kept: Mapping[str, str]) -> None:
    """Withdraw what `subscribe` registered; what is gone already is as good."""
    for name, id in kept.items():
        if name.endswith(" id"):
            try:
                shop.write("DELETE", _WEBHOOKS, f"webhooks/{id}/")
            except RefusedCall as refused:
                if not refused.facts.get("status", "").startswith("404"):
                    raise


def parse(topic: str, request: InboundRequest, kept: Mapping[str, str], log: Log, *, require: bool) -> Hint | None:
    """Say what a call is about; raise WrongKey for one that the shop did not sign, where signatures are required.

    How the shop signs its calls is not documented but follows from how it signs all others. What comes is believed in
    nothing but that something happened, so that a call without the signature still makes us look.
    """
    signed = sign(kept.get(f"{topic} key", ""), kept.get(f"{topic} address", ""), request.body)
    if not fits(signed, request.headers.get("x-hash", "")):
        if require:
            raise WrongKey(topic=topic)
        log.warning("ccvshop.hook-not-signed", topic=topic)
    call = msgspec.json.decode(request.body, type=_Call)
    kind = DocumentKind.ORDER if topic in ORDER_TOPICS else DocumentKind.INVOICE
    ref = DocumentRef(kind=kind, source_id=str(call.id))
    return Hint(key=f"{topic} {call.id} {call.triggered_at}", refs=(ref,))
