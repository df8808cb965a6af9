"""Compose one document into its own entry, or say why it has none."""

from boekbrug.booking.bodies import body_of
from boekbrug.booking.compiled import CompiledRules
from boekbrug.booking.composed import Composed, Evidence, Item
from boekbrug.booking.header import Body, finish


def compose_individual(item: Item, book: CompiledRules, evidence: Evidence) -> Composed:
    """Compose the facet that a document books by itself: its sale, credit, payment, payout or till movement."""
    body = body_of(item, book, evidence)
    return finish(item, body, book, evidence) if isinstance(body, Body) else body
