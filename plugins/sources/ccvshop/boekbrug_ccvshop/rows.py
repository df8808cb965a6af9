"""The rows of one order or invoice: one call more for each, however the list is asked."""

from msgspec import DecodeError

from boekbrug.contract import RefusedCall
from boekbrug_ccvshop.client import Shop
from boekbrug_ccvshop.listing import SIZE, read_list
from boekbrug_ccvshop.parts import Unclear
from boekbrug_ccvshop.wire import Row, decode_row


def rows_of(shop: Shop, resource: str, path: str, number: str) -> list[Row] | None:
    """Read all rows below a path; None when the sale is not there any more. Raise Unclear for what cannot be read."""
    rows: list[Row] = []
    more = True
    try:
        while more:
            body = shop.get(resource, f"{path}/{resource}/?start={len(rows)}&size={SIZE}")
            if body is None:
                return None
            page = read_list(body, resource)
            rows += [decode_row(raw) for raw in page.items]
            more = page.next is not None and bool(page.items)
    except RefusedCall as refused:
        raise Unclear("ccvshop-rows-refused", document=number, status=refused.facts.get("status", "")) from refused
    except DecodeError as error:
        raise Unclear("ccvshop-rows-unreadable", document=number, reason=str(error)[:120]) from error
    return rows
