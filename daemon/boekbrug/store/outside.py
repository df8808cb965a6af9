"""Keep what outside systems said: the standing of VAT ids with the answers that prove it, and exchange rates."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store.bulk import run_rows, select_rows
from boekbrug.store.tables import exchange_rate, vat_answer, vat_id


class Standing(NamedTuple):
    """What is known of a VAT id; moments in microseconds, `valid` None while VIES has not answered."""

    vat_id: str
    valid: bool | None
    answered_at: int | None
    asked_at: int
    fault: str
    tries: int
    next_at: int | None
    accepted_by: str
    accepted_because: str | None
    accepted_at: int | None


class Answer(NamedTuple):
    """One answer of VIES, kept as proof."""

    vat_id: str
    at: int
    valid: bool
    request_id: str
    requester: str
    source: str


def is_accepted(one: Standing) -> bool:
    """Tell whether a person took an id; what VIES said afterwards weighs more than what was decided before."""
    return one.accepted_at is not None and (one.answered_at or 0) < one.accepted_at


UNPROVEN = "(accepted_at is not null and valid is not true or fault <> '')"
"""The condition of VAT ids that are asked about again: taken without proof, or left without an answer."""
_DUE = "select vat_id from vat_id where {} and next_at <= ? order by next_at limit ?"
_DUE_AGAIN = _DUE.format(UNPROVEN)
_STANDING = sa.select(*(vat_id.c[name] for name in Standing._fields))


def standings(connection: Connection, ids: Collection[str]) -> dict[str, Standing]:
    """Read what is known of VAT ids."""
    rows = connection.execute(_STANDING.where(vat_id.c.vat_id.in_(ids))) if ids else ()
    return {row.vat_id: Standing(*row) for row in rows}


def all_standings(connection: Connection, *, unproven: bool = False) -> list[Standing]:
    """List all VAT ids; with `unproven` those that VIES has not called valid."""
    query = _STANDING.order_by(vat_id.c.vat_id)
    return [
        Standing(*row) for row in connection.execute(query.where(vat_id.c.valid.is_not(True)) if unproven else query)
    ]


def due_again(connection: Connection, now: int, limit: int) -> list[str]:
    """List VAT ids whose time to be asked again has come: taken without proof, or left without an answer."""
    return [id for (id,) in select_rows(connection, _DUE_AGAIN, [now, limit])]


def answered(connection: Connection, answer: Answer, again: int | None) -> None:
    """Keep an answer as proof, and as what is known of its id; `again` says when to ask once more by itself."""
    connection.execute(sa.insert(vat_answer).values(answer._asdict()))
    values = {
        "valid": answer.valid,
        "answered_at": answer.at,
        "asked_at": answer.at,
        "fault": "",
        "tries": 0,
        "next_at": again,
    }
    _put(connection, answer.vat_id, values, asked_at=answer.at)


def failed(connection: Connection, one: str, fault: str, now: int, next_at: int) -> None:
    """Note that VIES could not be asked about an id."""
    first = sa.case((vat_id.c.asked_at <= vat_id.c.answered_at, now), else_=vat_id.c.asked_at)
    values = {"fault": fault[:64], "next_at": next_at, "tries": vat_id.c.tries + 1, "asked_at": first}
    _put(connection, one, values, asked_at=now)


def accepted(connection: Connection, one: str, by: str, because: str, now: int) -> None:
    """Note that a person takes an id as it is, without proof."""
    values = {"accepted_by": by, "accepted_because": because, "accepted_at": now, "next_at": now}
    _put(connection, one, values, asked_at=now)


def _put(connection: Connection, one: str, values: dict[str, object], *, asked_at: int) -> None:
    run_rows(connection, _FIRST, [(one, asked_at)])
    connection.execute(sa.update(vat_id).where(vat_id.c.vat_id == one).values(values))


_FIRST = "insert into vat_id (vat_id, asked_at) values (?, ?) on conflict (vat_id) do nothing"


def answers(connection: Connection, ids: Collection[str]) -> list[Answer]:
    """List the answers about VAT ids, oldest first."""
    columns = [vat_answer.c[name] for name in Answer._fields]
    query = sa.select(*columns).where(vat_answer.c.vat_id.in_(ids)).order_by(vat_answer.c.vat_id, vat_answer.c.at)
    return [Answer(*row) for row in connection.execute(query)]


class Rate(NamedTuple):
    """Units of a currency for one euro, as published for a day."""

    currency: str
    day: str
    rate: str
    source: str


def rates(connection: Connection, currency: str, since: str) -> list[Rate]:
    """List the published rates of a currency from a day on."""
    query = sa.select(*(exchange_rate.c[name] for name in Rate._fields)).where(
        exchange_rate.c.currency == currency, exchange_rate.c.day >= since
    )
    return [Rate(*row) for row in connection.execute(query)]


def keep_rates(connection: Connection, found: Sequence[Rate], now: int) -> None:
    """Keep rates; what was published for a day before stays as it was."""
    run_rows(connection, _KEEP, [(*rate, now) for rate in found])


_KEEP = (
    "insert into exchange_rate (currency, day, rate, source, fetched_at) values (?, ?, ?, ?, ?) "
    "on conflict (currency, day) do nothing"
)


def wake(connection: Connection, licence: int, reason: str, now: int) -> None:
    """Let what waits for such a fact be composed at once."""
    run_rows(connection, _WAKE, [(now, licence, reason)])


_WAKE = "update document_state set next_at = ? where licence = ? and state = 'waiting' and reason = ?"


def held_for(connection: Connection, reason: str) -> list[tuple[int, int]]:
    """List (licence, document) of what is held for a reason."""
    query = "select licence, document from document_state where state = 'held' and reason = ?"
    return [(licence, document) for licence, document in select_rows(connection, query, [reason])]
