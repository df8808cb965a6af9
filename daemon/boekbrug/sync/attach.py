"""Attach: carry the file that a source keeps of a sale to the entry that books it."""

from boekbrug.contract import Attaches, BoekbrugError, Booked, DocumentKind, DocumentRef, KeepsFiles, Outcome
from boekbrug.store import licences
from boekbrug.store.licences import Licence
from boekbrug.store.write_backs import WriteBack
from boekbrug.sync.workplace import Workplace


class FilesNotOffered(BoekbrugError):
    """The source keeps no files or the target takes none; leave `attachments` out of the rules."""

    code = "attachments-not-offered"


def attach(work: Workplace, licence: Licence, asked: WriteBack) -> Outcome:
    """Fetch the file of a sale and hang it on its entry; a sale without one is done."""
    source, target = work.instances.source(licence.source), work.instances.target(licence.target)
    if not (isinstance(source, KeepsFiles) and isinstance(target, Attaches)):
        # refused when the licence was made; a plugin may be another by now
        raise FilesNotOffered(plugin=target.name if isinstance(source, KeepsFiles) else source.name)
    ref = DocumentRef(kind=DocumentKind(asked.kind), source_id=asked.source_id)
    with work.metrics.timed(source.name, "file"):
        file = source.file(licence.unit, ref)
    if file is None:
        return Booked(id="")
    with work.database.read() as connection:
        administration = licences.administration_code(connection, licence.administration)
    with work.metrics.timed(target.name, "attach"):
        return target.attach(administration, asked.remote_id or "", asked.mark, file)
