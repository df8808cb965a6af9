"""Documents and the files in them."""

import base64
import binascii
import datetime as dt
from collections.abc import Mapping
from typing import Any

from boekbrug_exactonline_standin.books import guid, known_properties
from boekbrug_exactonline_standin.odata import BadQuery, Row
from boekbrug_exactonline_standin.schema import SCHEMAS, WRITABLE
from boekbrug_exactonline_standin.texts import Refusal
from boekbrug_exactonline_standin.world import Division

DOCUMENTS, FILES = "documents/Documents", "documents/DocumentAttachments"


def document(division: Division, body: Row, now: dt.datetime, switches: Mapping[str, Any]) -> Row:
    """Make a document, which may belong to an entry."""
    known_properties(body, WRITABLE[DOCUMENTS])
    faults: list[tuple[str, ...]] = []
    if not body.get("Subject"):
        faults.append(("mandatory", "Onderwerp"))
    if not body.get("Type"):
        faults.append(("mandatory", "Type"))
    if switches.get("portal_user"):
        faults.append(("document-type",))
    entry = guid(body, "FinancialTransactionEntryID")
    if entry and entry not in division.entries:
        faults.append(("reference", "Boeking"))
    if faults:
        raise Refusal(faults)
    id = division.guid()
    row = dict.fromkeys(SCHEMAS[DOCUMENTS]) | body | {"ID": id, "Created": now, "Modified": now}
    division.documents[id] = row
    return row


def attachment(division: Division, body: Row, now: dt.datetime, switches: Mapping[str, Any]) -> Row:
    """Put a file into a document."""
    known_properties(body, WRITABLE[FILES])
    if guid(body, "Document") not in division.documents:
        raise Refusal([("reference", "Document")])
    if not body.get("FileName"):
        raise Refusal([("mandatory", "Bestandsnaam")])
    try:
        content = base64.b64decode(str(body.get("Attachment") or ""), validate=True)
    except binascii.Error:
        message = (
            "Error processing request stream. Error encountered in converting the value from request payload for "
            "property 'Attachment' to type 'Byte[]', which is the property's expected type."
        )
        raise BadQuery(message) from None
    row = dict.fromkeys(SCHEMAS[FILES]) | body | {"ID": division.guid(), "FileSize": len(content)}
    division.attachments.append(row)
    return row


KINDS = {DOCUMENTS: document, FILES: attachment}
