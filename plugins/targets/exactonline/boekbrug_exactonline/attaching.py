"""Files on entries: a document of Exact that belongs to the entry, with the file in it."""

import base64

import msgspec

from boekbrug.contract import Attachment, Booked, HttpResponse, Outcome, Refused, Unknown
from boekbrug_exactonline import texts
from boekbrug_exactonline.client import Client, literal, refusal_of
from boekbrug_exactonline.payloads import shortened
from boekbrug_exactonline.rows import Row

DOCUMENTS = "documents/Documents"
FILES = "documents/DocumentAttachments"
_SALES_INVOICE = 10


class DocumentRow(Row, frozen=True):
    """A document."""

    id: str = msgspec.field(name="ID")


class FileRow(Row, frozen=True):
    """A file in a document."""

    id: str = msgspec.field(name="ID")
    file_name: str = ""


class _Made(msgspec.Struct):
    d: DocumentRow


def attach(client: Client, division: str, entry_id: str, mark: str, file: Attachment) -> Outcome:
    """Hang a file on an entry (at most 4 calls); what stands there already, by mark and name, is not made again."""
    found = next(iter(client.rows(division, DOCUMENTS, DocumentRow, f"Subject eq {literal(mark)}")), None)
    if found is None:
        asked = {"Subject": mark, "Type": _SALES_INVOICE, "FinancialTransactionEntryID": entry_id}
        made = _created(client.post(division, DOCUMENTS, msgspec.json.encode(asked)))
        if not isinstance(made, DocumentRow):
            return made
        found = made
    name = shortened(file.name)
    if all(row.file_name != name for row in client.rows(division, FILES, FileRow, f"Document eq guid'{found.id}'")):
        content = base64.b64encode(file.content).decode()
        asked = {"Document": found.id, "FileName": name, "Attachment": content}
        made = _created(client.post(division, FILES, msgspec.json.encode(asked)))
        if not isinstance(made, DocumentRow):
            return made
    return Booked(id=found.id)


def _created(answer: HttpResponse) -> DocumentRow | Refused | Unknown:
    if answer.status_code != 201:
        message = refusal_of(answer)
        if message is None:
            return Unknown(reason=f"HTTP {answer.status_code} without a message")
        return Refused(problems=texts.problems_in(message))
    try:
        return msgspec.json.decode(answer.content, type=_Made).d
    except msgspec.MsgspecError:
        return Unknown(reason="HTTP 201 without the record")
