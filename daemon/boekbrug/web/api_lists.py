"""The API of the bookkeeper's lists: read them, agree to them, sign for what is missing, mark a return as filed."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Response

from boekbrug.acts.lists import every, filing
from boekbrug.acts.lists.filing import FiledPeriod
from boekbrug.acts.lists.gaps import sign_gap
from boekbrug.acts.lists.scope import Days, scope_of
from boekbrug.acts.lists.table import BookList, Cell
from boekbrug.store import agreed
from boekbrug.store.agreed import RETURNS, Agreement
from boekbrug.sync.house import House
from boekbrug.web.api_calls import PREFIX, Call, Done, Note, Refusal, Refused, answer, desk_of, needs, read, says
from boekbrug.web.door import Door, Right
from boekbrug.web.lists import DOCUMENTS, LATER, Asked, demand_whole, made

ListName = Annotated[str, Path(pattern=f"^({'|'.join(every.NAMES)})$")]
ReturnName = Annotated[str, Path(pattern=f"^({'|'.join(RETURNS)})$")]
View = Annotated[str, Query(pattern=f"^({LATER}|{DOCUMENTS})?$")]


class ShownPart(msgspec.Struct, frozen=True, kw_only=True):
    """A table of a list, its rows by column; `differs` counts those that somebody has to look at."""

    name: str
    differs: int
    rows: list[dict[str, str | int | None]]


class ShownAgreement(msgspec.Struct, frozen=True, kw_only=True):
    """Who agreed to a list, or explained a gap; `at` is in microseconds since 1970."""

    list: str
    subject: str
    actor: str
    at: int
    note: str
    digest: str


class ShownList(msgspec.Struct, frozen=True, kw_only=True):
    """A list over a period; `digest` stands for its figures, and is what an agreement to them names."""

    name: str
    first: str
    last: str
    clean: bool
    remarks: tuple[str, ...]
    parts: list[ShownPart]
    digest: str
    agreed: ShownAgreement | None


class ShownFiling(msgspec.Struct, frozen=True, kw_only=True):
    """A period of a return that was filed; figures are (base, VAT) or (goods, services) in cents of euro."""

    kind: str
    first: str
    last: str
    actor: str
    at: int
    figures: Mapping[str, tuple[int, int]]


class Signatures(msgspec.Struct, frozen=True, kw_only=True):
    """What was agreed to for a licence, of any period, and what was filed for its administration."""

    agreed: list[ShownAgreement]
    filed: list[ShownFiling]


class AgreeCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To which figures somebody agrees: the digest of the list as it was read."""

    first: dt.date
    last: dt.date
    digest: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    note: Note = ""


class SignCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which gap of the period is explained, by the name that the list gives it, and how."""

    first: dt.date
    last: dt.date
    gap: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    note: Note


class FiledCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Through which day a return was filed, from where the last one ended."""

    through: dt.date


def api_lists(house: House, door: Door) -> APIRouter:
    """Make the routes."""
    router = APIRouter(prefix=f"{PREFIX}/licences/{{licence}}/lists")
    may_see, may_approve = Depends(needs(door, Right.SEE)), Depends(needs(door, Right.APPROVE))

    @router.get("", **says(Signatures))
    def signatures(call: Annotated[Call, may_see]) -> Response:
        """List what was agreed to and what was filed."""
        licence = call.visit.licence
        with house.database.read() as connection:
            by_name = {name: agreed.agreements(connection, licence.id, name) for name in every.NAMES}
        found = [_agreement(one) for of_name in by_name.values() for one in of_name.values()]
        return answer(Signatures(agreed=found, filed=[_filing(one) for one in filing.filed(house, licence)]))

    @router.get("/{name}", **says(ShownList))
    def one_list(
        call: Annotated[Call, may_see],
        name: ListName,
        first: dt.date,
        last: dt.date,
        ask: bool = False,
        view: View = "",
    ) -> Response:
        """Make a list over a period; `ask` the package for its figures, `view` what came later or each document."""
        asked = Asked(name, _days(first, last), ask, view)
        found = made(house, call.visit, asked)
        own = made(house, call.visit, asked._replace(ask=False, view="")) if ask or view else found
        by = every.agreement_of(house, call.visit.licence, name, asked.days)
        return answer(_shown(found, own.digest, None if by is None else _agreement(by)))

    @router.post("/{name}/agree", **says(Done, AgreeCall))
    def agree(call: Annotated[Call, may_approve], name: ListName) -> Response:
        """Agree to a list as it was read; refused when its figures changed since."""
        sent = read(call, AgreeCall)
        scope = scope_of(house, call.visit.licence, _days(sent.first, sent.last))
        every.agree(desk_of(house, call), scope, name, sent.note, digest=sent.digest)
        return answer(Done(count=1))

    @router.post("/gaps/sign", **says(Done, SignCall))
    def sign(call: Annotated[Call, may_approve]) -> Response:
        """Explain a number or a day that is missing."""
        sent = read(call, SignCall)
        scope = scope_of(house, call.visit.licence, _days(sent.first, sent.last))
        sign_gap(desk_of(house, call), scope, sent.gap, sent.note)
        return answer(Done(count=1))

    @router.post("/{name}/filed", **says(Done, FiledCall))
    def filed(call: Annotated[Call, may_approve], name: ReturnName) -> Response:
        """Mark a return of the administration as filed; its key's user has to see all licences of that."""
        sent = read(call, FiledCall)
        demand_whole(house, call.visit)
        filing.file_return(desk_of(house, call), call.visit.licence, name, sent.through)
        return answer(Done(count=1))

    return router


def _days(first: dt.date, last: dt.date) -> Days:
    # the day after the last has to exist
    if not first <= last < dt.date.max:
        raise Refused(400, Refusal(code="period", reasons=[f"{first} to {last} is no period."]))
    return Days(first, last)


def _shown(found: BookList, digest: str, by: ShownAgreement | None) -> ShownList:
    parts = [
        ShownPart(
            name=part.name, differs=part.differs,
            rows=[dict(zip((one.name for one in part.columns), map(_plain, row), strict=True)) for row in part.rows],
        )
        for part in found.parts
    ]  # fmt: skip
    return ShownList(
        name=found.name, first=found.first, last=found.last, clean=found.is_clean, remarks=found.remarks, parts=parts,
        digest=digest, agreed=by,
    )  # fmt: skip


def _plain(cell: Cell) -> str | int | None:
    return str(cell) if isinstance(cell, Decimal) else cell


def _agreement(one: Agreement) -> ShownAgreement:
    return ShownAgreement(
        list=one.list, subject=one.subject, actor=one.actor, at=one.at, note=one.note, digest=one.digest
    )


def _filing(one: FiledPeriod) -> ShownFiling:
    row = one.row
    return ShownFiling(
        kind=row.kind, first=row.first_day, last=row.last_day, actor=row.actor, at=row.at, figures=one.figures
    )
