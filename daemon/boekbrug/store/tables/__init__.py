"""The tables; what must always be true is a constraint, and above it stands the disaster it prevents."""

from boekbrug.store.tables.base import metadata
from boekbrug.store.tables.documents import (
    document,
    document_state,
    fetch_cursor,
    payload,
    problem,
    revision,
    sale_basis,
)
from boekbrug.store.tables.entries import (
    effect,
    entry,
    entry_line,
    entry_state,
    event,
    membership,
    party,
    term,
    term_day,
)
from boekbrug.store.tables.reference import (
    administration,
    app,
    audit,
    authorisation,
    connection,
    grants,
    hook,
    licence,
    rules,
    secret,
    unit,
)
from boekbrug.store.tables.work import budget, cache, fact, id_block, run, worker

__all__ = [
    "administration", "app", "audit", "authorisation", "budget", "cache", "connection", "document", "document_state",
    "effect", "entry", "entry_line", "entry_state", "event", "fact", "fetch_cursor", "grants", "hook", "id_block",
    "licence", "membership", "metadata", "party", "payload", "problem", "revision", "rules", "run", "sale_basis",
    "secret", "term", "term_day", "unit", "worker",
]  # fmt: skip
