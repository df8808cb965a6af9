"""The tables; what must always be true is a constraint, and above it stands the disaster it prevents."""

from boekbrug.store.tables.base import metadata
from boekbrug.store.tables.documents import (
    answer,
    document,
    document_state,
    fetch_cursor,
    payload,
    problem,
    revision,
    sale_basis,
    tally,
    write_back,
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
from boekbrug.store.tables.outside import distance_sale, exchange_rate, vat_answer, vat_id
from boekbrug.store.tables.people import api_key, cases, login_failure, login_link, session, user_licence, users
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
    "administration", "answer", "api_key", "app", "audit", "authorisation", "budget", "cache", "cases", "connection",
    "distance_sale", "document", "document_state", "effect", "entry", "entry_line", "entry_state", "event",
    "exchange_rate", "fact", "fetch_cursor", "grants", "hook", "id_block", "licence", "login_failure", "login_link",
    "membership", "metadata", "party", "payload", "problem", "revision", "rules", "run", "sale_basis", "secret",
    "session", "tally", "term", "term_day", "unit", "user_licence", "users", "vat_answer", "vat_id", "worker",
    "write_back",
]  # fmt: skip
