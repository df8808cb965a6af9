"""Tell the shop what was booked: our number on the invoice, or a note on the order."""

import msgspec

from boekbrug.contract import (
    Booked,
    DocumentKind,
    DocumentRef,
    Note,
    NotSent,
    Outcome,
    OutcomeUnknown,
    Problem,
    Refused,
    RefusedCall,
    Retriable,
    Unknown,
)
from boekbrug_ccvshop.client import Shop


def write_back(shop: Shop, choice: str, ref: DocumentRef, note: Note) -> Outcome:
    """Write a note's subject as the invoice's `external_reference`, or its text as an order note.

    The reference may be written again with the same effect. A note is at-least-once: no call finds it by its content
    for certain.
    """
    try:
        if choice == "reference" and ref.kind is not DocumentKind.ORDER:
            body = msgspec.json.encode({"external_reference": note.subject})
            shop.write("PATCH", "invoices", f"invoices/{ref.source_id}/", body)
        elif choice == "note" and ref.kind is DocumentKind.ORDER:
            body = msgspec.json.encode({"note": f"{note.subject}: {note.text}" if note.text else note.subject})
            shop.write("POST", "ordernotes", f"orders/{ref.source_id}/ordernotes/", body, creates=True)
        else:
            return Refused(problems=(Problem(code="ccvshop-write-back-off", facts={"kind": ref.kind.value}),))
    except RefusedCall as refused:
        return Refused(problems=(Problem(code="ccvshop-write-back-refused", facts=dict(refused.facts)),))
    except OutcomeUnknown as unknown:
        return Unknown(reason=unknown.code)
    except Retriable as later:
        return NotSent(reason=later.code, retry_after=later.retry_after)
    return Booked(id=ref.source_id)
