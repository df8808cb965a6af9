"""Whether a supply to a business in another member state is proven (bookkeeper.md §1.8).

A valid VAT id is a condition of the 0 %: without VIES' word the sale waits until the VAT period is over, then a person
decides.
"""

import datetime as dt

from boekbrug.booking.compiled import CompiledRules
from boekbrug.booking.composed import Composed, Evidence, Held, Need, Proof, Rejected, Waiting
from boekbrug.booking.dates import period_end
from boekbrug.booking.periods import INTRA_EU
from boekbrug.booking.place import Place, Standing, plain_vat_id
from boekbrug.booking.sums import Sums
from boekbrug.contract import Document, Problem

UNPROVEN = "VAT id not proven: "
"""How the reason of what a person has to decide begins; the id follows."""
PATIENCE = dt.timedelta(days=3)
"""Least time to wait for an outside system, for documents that come after their VAT period."""
_INVALID_FOR = dt.timedelta(days=1)


def unproven(
    document: Document, day: dt.date, place: Place, sums: Sums, book: CompiledRules, evidence: Evidence
) -> Composed | None:
    """Say why a sale cannot be booked at 0 % yet; None when it can. What a person accepted is booked with a warning."""
    if not evidence.demands_proof or place.standing is not Standing.FOREIGN_ID or document.buyer is None:
        return None
    if not any(posting.treatment in INTRA_EU for posting, _ in sums.bases):
        return None
    vat_id = plain_vat_id(document.buyer.vat_id)
    proof = evidence.proofs.get(vat_id) or Proof()
    if _counts(proof, evidence):
        return None if proof.valid else _refused(document, vat_id, proof)
    if proof.accepted:
        sums.warnings.append(Problem(code="vat-id-unproven", facts={"document": document.number, "vat_id": vat_id}))
        return None
    if evidence.today > last_day_to_wait(day, proof.asked or evidence.today, book):
        return Held(UNPROVEN + vat_id)
    return Waiting(f"proof of {vat_id}", Need(vat_id=vat_id))


def last_day_to_wait(day: dt.date, asked: dt.date, book: CompiledRules) -> dt.date:
    """Return the last day on which what happened on a day waits for an outside system."""
    return max(period_end(day, book.rules), asked + PATIENCE)


def _counts(proof: Proof, evidence: Evidence) -> bool:
    if proof.valid is None or proof.answered is None:
        return False
    age = evidence.today - proof.answered
    return age <= (dt.timedelta(evidence.proof_days) if proof.valid else _INVALID_FOR)


def _refused(document: Document, vat_id: str, proof: Proof) -> Rejected:
    facts = {"document": document.number, "vat_id": vat_id, "date": str(proof.answered)}
    return Rejected((Problem(code="vat-id-invalid", facts=facts),))
