"""What to book: pure functions from documents, rules and evidence to drafts of entries, or to the reason why not.

Nothing here reads a clock, a file or a database; the same input gives the same bytes.
"""

from boekbrug.booking.boxes import Box, Words, box_of, vat_words
from boekbrug.booking.compiled import CompiledRules
from boekbrug.booking.composed import (
    BeforeStart,
    Composed,
    DocumentState,
    Draft,
    Evidence,
    Held,
    Item,
    Member,
    Open,
    Original,
    Rejected,
    Skipped,
    Waiting,
    state_of,
)
from boekbrug.booking.corrections import Correction, correct, net_vat, reverse, reverse_term
from boekbrug.booking.distance import distance_of
from boekbrug.booking.explain import explain
from boekbrug.booking.individual import compose_individual
from boekbrug.booking.memorial import compose_ledger
from boekbrug.booking.reading import read_rules
from boekbrug.booking.rules import Rules
from boekbrug.booking.terms import Composition, Term, compose_term, day_term, month_term
from boekbrug.booking.use import chart_use

__all__ = [
    "BeforeStart",
    "Box",
    "CompiledRules",
    "Composed",
    "Composition",
    "Correction",
    "DocumentState",
    "Draft",
    "Evidence",
    "Held",
    "Item",
    "Member",
    "Open",
    "Original",
    "Rejected",
    "Rules",
    "Skipped",
    "Term",
    "Waiting",
    "Words",
    "box_of",
    "chart_use",
    "compose_individual",
    "compose_ledger",
    "compose_term",
    "correct",
    "day_term",
    "distance_of",
    "explain",
    "month_term",
    "net_vat",
    "read_rules",
    "reverse",
    "reverse_term",
    "state_of",
    "vat_words",
]
