"""The API of the office: what is wrong over all licences, who did what, cases, connections and mail.

Users and authorisations are left to the pages: a key that adds users would let in whoever holds it for good.
"""

from collections.abc import Mapping
from typing import Annotated, Generic, TypeVar

import msgspec
from fastapi import APIRouter, Depends, Query, Response

from boekbrug.acts import cases, connections, licences, mailing
from boekbrug.acts.problems import ShownProblem, in_words
from boekbrug.contract import ProblemText
from boekbrug.store import audit
from boekbrug.store import cases as kept
from boekbrug.store import licences as known
from boekbrug.sync.house import House
from boekbrug.web.api_calls import PREFIX, Call, Done, Note, answer, desk_of, language_of, needs, read, says
from boekbrug.web.door import LARGEST, Door, Id, PathId, Right
from boekbrug.web.office import PAGE, open_everywhere

Text = Annotated[str, Query(max_length=255)]
T = TypeVar("T")


class Problems(msgspec.Struct, frozen=True, kw_only=True):
    """A page of open problems; `after` begins the next page, if there is one."""

    items: list[ShownProblem]
    after: int | None


class Latest(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A page of what there is, the latest first; `before` begins the next page, if there is one."""

    items: list[T]
    before: int | None


class ShownAct(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody did; `at` is in microseconds since 1970."""

    id: int
    at: int
    actor: str
    act: str
    subject: str
    licence: str
    facts: Mapping[str, str]


class ShownCase(msgspec.Struct, frozen=True, kw_only=True):
    """What a user asks the operator to look at, with the facts as they stood at that moment."""

    id: int
    licence: str
    document: int | None
    actor: str
    text: str
    state: str
    at: int
    facts: Mapping[str, str]


class CloseCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was done about a case."""

    note: Note = ""


class ShownConnection(msgspec.Struct, frozen=True, kw_only=True):
    """How a connection stands; its settings are not told."""

    name: str
    plugin: str
    role: str
    state: str
    reason: str


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What trying a connection found; `identity` names the account that answered."""

    identity: str
    problems: list[ProblemText]


class ShownMail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail without its text, which may hold a link that lets in; moments are in microseconds since 1970."""

    id: int
    kind: str
    recipient: str
    state: str
    reason: str
    tries: int
    next_at: int | None
    written_at: int


Shown = TypeVar("Shown", ShownAct, ShownCase, ShownMail)


def api_office(house: House, door: Door) -> APIRouter:
    """Make the routes of what goes over all licences."""
    router = APIRouter(prefix=f"{PREFIX}/office")
    may_operate = Depends(needs(door, Right.OPERATE))

    @router.get("/problems", **says(Problems))
    def problems(call: Annotated[Call, may_operate], code: Text = "", after: Id = 0) -> Response:
        """List what is wrong over all licences, the oldest first."""
        found, more = open_everywhere(house, language_of(call), code, after)
        return answer(Problems(items=[shown for _, shown in found], after=more))

    @router.get("/audit", **says(Latest[ShownAct]))
    def account(call: Annotated[Call, may_operate], before: Id = LARGEST, actor: Text = "", act: Text = "") -> Response:
        """List what people did, the latest first."""
        with house.database.read() as connection:
            found = audit.search(connection, PAGE + 1, before=before, actor=actor, act=act)
        names = _names(house)
        items = [
            ShownAct(
                id=one.id, at=one.at, actor=one.actor, act=one.act, subject=one.subject,
                licence=names.get(one.licence or 0, ""), facts=one.facts,
            )
            for one in found
        ]  # fmt: skip
        return _latest(items)

    @router.get("/cases", **says(Latest[ShownCase]))
    def raised(call: Annotated[Call, may_operate], before: Id = LARGEST) -> Response:
        """List what users asked the operator to look at, the latest first."""
        with house.database.read() as connection:
            found = kept.list_latest(connection, PAGE + 1, before)
        names = _names(house)
        items = [
            ShownCase(
                id=one.id, licence=names[one.licence], document=one.document, actor=one.actor, text=one.text,
                state=one.state, at=one.at, facts=cases.facts_of(one),
            )
            for one in found
        ]  # fmt: skip
        return _latest(items)

    @router.post("/cases/{case}/close", **says(Done, CloseCall))
    def close(call: Annotated[Call, may_operate], case: PathId) -> Response:
        """Close a case that is open."""
        cases.close(desk_of(house, call), case, read(call, CloseCall).note)
        return answer(Done(count=1))

    @router.post("/licences/{licence}/end", **says(Done))
    def end(call: Annotated[Call, may_operate]) -> Response:
        """End a paused licence for good."""
        licences.end(desk_of(house, call), call.visit.licence)
        return answer(Done(count=1))

    return router


def api_post(house: House, door: Door) -> APIRouter:
    """Make the routes of connections and mail."""
    router = APIRouter(prefix=f"{PREFIX}/office")
    may_operate = Depends(needs(door, Right.OPERATE))

    @router.get("/connections", **says(list[ShownConnection]))
    def connected(call: Annotated[Call, may_operate]) -> Response:
        """List the connections and how they stand."""
        found = [
            ShownConnection(name=one.name, plugin=one.plugin, role=one.role, state=one.state, reason=one.reason)
            for one in connections.list_all(house)
        ]
        return answer(found)

    @router.post("/connections/{name}/check", **says(Checked))
    def check(call: Annotated[Call, may_operate], name: str) -> Response:
        """Try a connection out."""
        found = connections.check(house, connections.get(house, name))
        codes, language = house.plugins.problem_codes, language_of(call)
        problems = [in_words(codes, one, language, place=name) for one in found.problems]
        return answer(Checked(identity=found.identity, problems=problems))

    @router.get("/mail", **says(Latest[ShownMail]))
    def mail(call: Annotated[Call, may_operate], before: Id = LARGEST) -> Response:
        """List the mail that was written, the latest first."""
        found = mailing.list_latest(house, PAGE + 1, before)
        items = [
            ShownMail(
                id=one.id, kind=one.kind, recipient=one.recipient, state=one.state, reason=one.reason, tries=one.tries,
                next_at=one.next_at, written_at=one.written_at,
            )
            for one in found
        ]  # fmt: skip
        return _latest(items)

    @router.post("/mail/{mail}/again", **says(Done))
    def again(call: Annotated[Call, may_operate], mail: PathId) -> Response:
        """Try a mail now that is not sent."""
        mailing.again(desk_of(house, call), mail)
        return answer(Done(count=1))

    @router.post("/mail/{mail}/withdraw", **says(Done))
    def withdraw(call: Annotated[Call, may_operate], mail: PathId) -> Response:
        """Do not send a mail any more."""
        mailing.withdraw(desk_of(house, call), mail)
        return answer(Done(count=1))

    return router


def _latest(found: "list[Shown]") -> Response:
    """Answer a page of what was found, of which one row more says that there is a next page."""
    items = found[:PAGE]
    return answer(Latest(items=items, before=items[-1].id if len(found) > PAGE else None))


def _names(house: House) -> dict[int, str]:
    with house.database.read() as connection:
        return {row.id: row.name for row in known.list_all(connection)}
