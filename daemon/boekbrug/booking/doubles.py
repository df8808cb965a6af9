"""Describe a sale that two licences of one administration may both be booking."""

from boekbrug.contract import Problem


def possible_double(document: str, total: str, other: str, licence: str) -> Problem:
    """Describe a document that looks like one that another licence booked; a warning, never a stop."""
    return Problem(
        code="possible-double", facts={"document": document, "total": total, "other": other, "licence": licence}
    )
