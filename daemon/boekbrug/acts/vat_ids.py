"""VAT ids of buyers: what VIES said of them, and a person's decision to take one without proof."""

from collections.abc import Sequence

import msgspec

from boekbrug.acts import compose_again
from boekbrug.acts.desk import Act, ActRefused, Desk
from boekbrug.booking.place import Standing, plain_vat_id, standing_of_id
from boekbrug.booking.proofs import UNPROVEN
from boekbrug.contract import Because, BoekbrugError
from boekbrug.runtime.clock import EPOCH
from boekbrug.store import changes, outside
from boekbrug.sync.house import House
from boekbrug.sync.workplace import MICROSECOND


class ShownProof(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of VIES: the moment in ISO form, and the identifier under which it can be looked up there."""

    at: str
    valid: bool
    request_id: str
    requester: str


class ShownId(msgspec.Struct, frozen=True, kw_only=True):
    """A VAT id with its state (valid, invalid, unanswered, accepted), who accepted it and why, and its proofs."""

    vat_id: str
    state: str
    fault: str
    accepted_by: str
    accepted_because: str
    proofs: tuple[ShownProof, ...]


def list_ids(house: House, *, unproven: bool = False) -> list[ShownId]:
    """List the VAT ids that were asked about, or those that VIES has not called valid."""
    with house.database.read() as connection:
        standings = outside.all_standings(connection, unproven=unproven)
        answers = outside.answers(connection, [one.vat_id for one in standings])
    return [
        ShownId(
            vat_id=one.vat_id, state=_state(one), fault=one.fault, accepted_by=one.accepted_by,
            accepted_because=one.accepted_because or "",
            proofs=tuple(_proof(answer) for answer in answers if answer.vat_id == one.vat_id),
        )
        for one in standings
    ]  # fmt: skip


def _state(one: outside.Standing) -> str:
    if one.valid:
        return "valid"
    if outside.is_accepted(one):
        return "accepted"
    return "unanswered" if one.valid is None else "invalid"


def _proof(answer: outside.Answer) -> ShownProof:
    at = (EPOCH + answer.at * MICROSECOND).isoformat(timespec="seconds")
    return ShownProof(at=at, valid=answer.valid, request_id=answer.request_id, requester=answer.requester)


def accept(desk: Desk, written: str, because: str) -> int:
    """Take a VAT id as it is, without proof; what was held for it is composed. Return how many documents.

    VIES goes on being asked. Raise ActRefused for an id that cannot exist, or without a reason.
    """
    vat_id = plain_vat_id(written)
    if standing_of_id(vat_id, "") is not Standing.FOREIGN_ID:
        raise ActRefused(Because("{id} is no VAT id of a member state; its check digits are wrong", id=written))
    if not because.strip():
        raise ActRefused(Because("say why the id is taken without proof; the reason is kept for the tax inspector"))
    held, ids = _held(desk.house, vat_id)
    with desk.act("vat-accept", vat_id, ids=ids) as act:
        outside.accepted(act.connection, vat_id, desk.actor, because.strip(), act.now)
        _compose_again(act, held)
        act.facts = {"because": because.strip()[:1000], "documents": str(len(held))}
    return len(held)


def _held(house: House, vat_id: str) -> tuple[list[tuple[int, int]], int]:
    """List (licence, document) of what is held for a proof, and how many ids it takes to compose it anew."""
    with house.database.read() as connection:
        held = outside.held_for(connection, UNPROVEN + vat_id)
        return held, compose_again.ids_for(connection, [document for _, document in held])


def _compose_again(act: Act, held: Sequence[tuple[int, int]]) -> None:
    for licence in sorted({licence for licence, _ in held}):
        compose_again.start_over(act, licence, [document for of, document in held if of == licence])
        changes.make_due(act.connection, licence, act.now)


def check(desk: Desk, written: str) -> ShownId:
    """Ask VIES about a VAT id now, keep the answer as proof, and let what was held for it be composed.

    Raise ActRefused where there is no answer.
    """
    vat_id, vies = plain_vat_id(written), desk.house.vies()
    if vies is None:
        raise ActRefused(Because("no VIES is set; give its address in the settings, [vies] url"))
    if standing_of_id(vat_id, "") is not Standing.FOREIGN_ID:
        raise ActRefused(Because("{id} is no VAT id of a member state; its check digits are wrong", id=written))
    try:
        verdict = vies.check(vat_id)
    except BoekbrugError as silent:
        raise ActRefused(
            Because("VIES does not answer: {answer}; try again later", answer=silent.facts.get("reason", silent.code))
        ) from silent
    at = (verdict.at - EPOCH) // MICROSECOND
    held, ids = _held(desk.house, vat_id)
    with desk.act("vat-check", vat_id, ids=ids) as act:
        answer = outside.Answer(vat_id, at, verdict.valid, verdict.request_id, vies.requester, vies.url)
        outside.answered(act.connection, answer, None)
        _compose_again(act, held)
        act.facts = {"valid": str(verdict.valid).lower(), "request_id": verdict.request_id}
    return next(one for one in list_ids(desk.house) if one.vat_id == vat_id)
