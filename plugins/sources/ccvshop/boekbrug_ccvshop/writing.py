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
from boekbrug_ccvshop.faults import AnswerNotSigned


def write_back(shop: Shop, ref: DocumentRef, note: Note) -> Outcome:
    """Write a note's subject as the invoice's `external_reference`, or all of it as an internal note of the order.

    The reference may be written again with the same effect. A note is at-least-once: no call finds it by its content
    for certain.
    """
    try:
        if ref.kind is DocumentKind.ORDER:
            text = f"boekbrug: {note.subject} ({note.text})" if note.text else f"boekbrug: {note.subject}"
            body = msgspec.json.encode({"note": text})
            shop.write("POST", "ordernotes", f"orders/{ref.source_id}/ordernotes/", body, creates=True)
        else:
            body = msgspec.json.encode({"external_reference": note.subject})
            shop.write("PATCH", "invoices", f"invoices/{ref.source_id}/", body)
    except RefusedCall as refused:
        return Refused(problems=(Problem(code="ccvshop-write-back-refused", facts=dict(refused.facts)),))
    except (AnswerNotSigned, OutcomeUnknown) as unknown:
        return Unknown(reason=unknown.code)
    except Retriable as later:
        return NotSent(reason=later.code, retry_after=later.retry_after)
    return Booked(id=ref.source_id)
