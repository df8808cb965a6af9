"""Aansluiting: the bookkeeper's lists of a period, who agreed to them, and what was filed."""

import datetime as dt
from decimal import Decimal
from typing import Annotated, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Response
from starlette.requests import Request
from starlette.responses import RedirectResponse, StreamingResponse

from boekbrug.acts import licences
from boekbrug.acts.desk import ActRefused
from boekbrug.acts.lists import every, filing
from boekbrug.acts.lists.gaps import GAPS, sign_gap
from boekbrug.acts.lists.scope import Days, Scope, scope_of
from boekbrug.acts.lists.supplementary import supplementary_list
from boekbrug.acts.lists.table import BookList, Cell, Column, Kind, Part, csv_lines, part_named
from boekbrug.acts.lists.vat import vat_list
from boekbrug.contract import Because
from boekbrug.store import agreed
from boekbrug.store.agreed import RETURNS, Agreement
from boekbrug.store.licences import Licence
from boekbrug.sync.house import House
from boekbrug.web.door import Door, Right, Visit
from boekbrug.web.licence import moment
from boekbrug.web.page import Pages, who
from boekbrug.web.writing import Writing

MOST_ROWS = 200
PERIODS = 5
LATER = "later"
"""The name under which the supplementary list of a return is shown."""
DOCUMENTS = "documents"
SIGNED = ("explained", "by", "on", "note")
"""Columns of the gaps that the page puts together in one."""
ROOMY = frozenset({"treatment", "computed", "other_licences", "under_way", "kind", "currency", "mark", "age", "prefix"})
"""Columns that a phone leaves out."""
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


class Asked(NamedTuple):
    """What a page or a form asks for."""

    name: str
    days: Days
    ask: bool
    view: str

    def query(self, **others: str) -> dict[str, str]:
        """Return it as an address writes it."""
        first, last = self.days.iso
        return {"name": self.name, "first": first, "last": last, **others}


def list_routes(pages: Pages, door: Door) -> APIRouter:
    """Make `/licences/<licence>/lists`, its CSV, and what is done there."""
    router = APIRouter(prefix="/licences/{licence}", include_in_schema=False)
    house = pages.house

    @router.get("/lists")
    def lists(
        request: Request,
        visit: Annotated[Visit, Depends(door.needs(Right.SEE))],
        name: str = "",
        first: str = "",
        last: str = "",
        ask: str = "",
        view: str = "",
    ) -> Response:
        asked = _asked(house, visit.licence, name, first, last)._replace(ask=bool(ask), view=view)
        values = _values(pages, visit, asked)
        return pages.render(request, pages.writing(request, visit), "lists.html", values, visit, "lists")

    @router.get("/lists.csv")
    def as_csv(
        visit: Annotated[Visit, Depends(door.needs(Right.SEE))],
        name: str = "",
        first: str = "",
        last: str = "",
        part: str = "",
        ask: str = "",
        view: str = "",
    ) -> StreamingResponse:
        asked = _asked(house, visit.licence, name, first, last)._replace(ask=bool(ask), view=view)
        found = made(house, visit, asked)
        chosen = part_named(found.parts, part) or found.parts[0]
        file = f"{visit.licence.name}-{found.name}-{chosen.name}-{'-'.join(asked.days.iso)}.csv"
        headers = {"content-disposition": f'attachment; filename="{file}"', "cache-control": "no-store"}
        return StreamingResponse(csv_lines(chosen), media_type="text/csv; charset=utf-8", headers=headers)

    @router.post("/lists/agree")
    def agree(visit: Annotated[Visit, Depends(door.needs(Right.APPROVE))]) -> Response:
        asked = _sent(house, visit)
        digest = visit.fields.one("digest") or "none"
        every.agree(visit.desk(house), _scope(house, visit, asked), asked.name, visit.fields.one("note"), digest=digest)
        return _back(visit, asked, "agreed")

    @router.post("/lists/sign")
    def sign(visit: Annotated[Visit, Depends(door.needs(Right.APPROVE))]) -> Response:
        asked = _sent(house, visit)._replace(name=GAPS)
        sign_gap(visit.desk(house), _scope(house, visit, asked), visit.fields.one("gap"), visit.fields.one("note"))
        return _back(visit, asked, "signed")

    @router.post("/lists/filed")
    def filed(visit: Annotated[Visit, Depends(door.needs(Right.APPROVE))]) -> Response:
        asked = _sent(house, visit)
        demand_whole(house, visit)
        through = visit.fields.one("through")
        try:
            day = dt.date.fromisoformat(through)
        except ValueError:
            raise ActRefused(Because("Choose the last day of what was filed.")) from None
        filing.file_return(visit.desk(house), visit.licence, asked.name, day)
        return _back(visit, asked, "filed")

    return router


def _asked(house: House, licence: Licence, name: str, first: str, last: str) -> Asked:
    """Read what is asked for; what cannot be read is the last period that is over."""
    try:
        days = Days(dt.date.fromisoformat(first), dt.date.fromisoformat(last))
    except ValueError:
        days = periods_before(house.clock.now().date(), _length(house, licence))[0]
    if days.last < days.first:
        days = Days(days.last, days.first)
    return Asked(name if name in every.NAMES else every.NAMES[0], days, ask=False, view="")


def _length(house: House, licence: Licence) -> str:
    return licences.as_file(house, licence).rules.filing_period or "quarter"


def periods_before(day: dt.date, length: str, number: int = PERIODS) -> list[Days]:
    """Return the months, quarters or years that were over before a day, the latest first."""
    months = _MONTHS[length]
    start = dt.date(day.year, (day.month - 1) // months * months + 1, 1)
    found = []
    for _ in range(number):
        last = start - dt.timedelta(days=1)
        start = dt.date(last.year, (last.month - 1) // months * months + 1, 1)
        found.append(Days(start, last))
    return found


def _sent(house: House, visit: Visit) -> Asked:
    fields = visit.fields
    if fields.one("name") not in every.NAMES:
        raise ActRefused(Because("Choose a list."))
    return _asked(house, visit.licence, fields.one("name"), fields.one("first"), fields.one("last"))


def _scope(house: House, visit: Visit, asked: Asked) -> Scope:
    return scope_of(house, visit.licence, asked.days)


def made(house: House, visit: Visit, asked: Asked) -> BookList:
    """Make the list that is asked for, over what its reader sees."""
    scope = _scope(house, visit, asked)
    if asked.view == LATER and asked.name in RETURNS and _sees_whole(house, visit):
        return supplementary_list(scope_of(house, visit.licence, asked.days, whole=True), asked.name)
    if asked.view == DOCUMENTS and asked.name == "vat":
        return vat_list(scope, documents=True)
    return every.make(asked.name, scope, ask=asked.ask)


def demand_whole(house: House, visit: Visit) -> None:
    """Refuse what concerns a whole administration to whoever does not see all licences of it."""
    if not _sees_whole(house, visit):
        raise ActRefused(
            Because("This concerns licences that you do not see; ask whoever sees all of the administration.")
        )


def _sees_whole(house: House, visit: Visit) -> bool:
    scope = scope_of(house, visit.licence, Days(dt.date.min, dt.date.min), whole=True)
    return visit.sees is None or visit.sees.issuperset(scope.ids)


def _values(pages: Pages, visit: Visit, asked: Asked) -> dict[str, object]:
    house, licence = pages.house, visit.licence
    found = made(house, visit, asked)
    own = found if not (asked.ask or asked.view) else every.make(asked.name, _scope(house, visit, asked), ask=False)
    by_name = _agreements(house, licence, asked.days)
    by = by_name.get(asked.name)
    is_return = asked.name in RETURNS
    periods = [one for one in filing.filed(house, licence) if one.row.kind == asked.name] if is_return else []
    return {
        "found": found, "asked": asked, "names": every.NAMES, "agreed": by_name, "by": by,
        "changed": by is not None and by.digest != own.digest, "digest": own.digest, "most": MOST_ROWS,
        "periods": periods_before(house.clock.now().date(), _length(house, licence)), "period_name": period_name,
        "cell": cell, "moment": moment, "is_return": is_return, "filed": periods,
        "filed_now": any(asked.days.last <= one.days.last for one in periods),
        "whole": is_return and _sees_whole(house, visit), "side": side, "left_out_of": left_out_of,
        "gap_name": gap_name,
        "compares": asked.name in every.COMPARED, "later": LATER, "each": DOCUMENTS, "who": who,
    }  # fmt: skip


def _agreements(house: House, licence: Licence, days: Days) -> dict[str, Agreement]:
    subject = every.subject_of(days)
    with house.database.read() as connection:
        found = {name: agreed.agreements(connection, licence.id, name).get(subject) for name in every.NAMES}
    return {name: one for name, one in found.items() if one is not None}


def period_name(writing: Writing, days: Days) -> str:
    """Name a period as people do: a month, a quarter, a year, else its two days."""
    if days in periods_before(days.end, "month", 1):
        return writing.month(days.first)
    if days in periods_before(days.end, "quarter", 1):
        return writing.quarter(days.first)
    if days in periods_before(days.end, "year", 1):
        return str(days.first.year)
    return " – ".join(writing.day(day) for day in days.iso)


def side(column: Column) -> str:
    """Return the classes of a column's cells."""
    figures = "money" if column.kind in (Kind.MONEY, Kind.COUNT, Kind.RATE) else "text"
    return f"{figures} wide-only" if column.name in ROOMY else figures


def left_out_of(part: Part) -> set[str]:
    """Name the columns of a part that the page does not show as such."""
    wide = {column.name for column in part.columns if column.wide}
    return wide | set(SIGNED) if part.name == GAPS else wide


def gap_name(writing: Writing, name: str) -> str:
    """Write what is missing, days as the reader writes them."""
    try:
        return " – ".join(writing.day(one) for one in name.split(".."))
    except ValueError:
        return name.replace("..", " – ")


def cell(writing: Writing, kind: Kind, value: Cell) -> str:
    """Write a cell in the reader's language."""
    if value is None:
        return ""
    if isinstance(value, Decimal | int):
        return writing.number(value)
    if kind is Kind.WORD:
        return " · ".join(writing.known("listword", word) for word in value.split())
    if kind is Kind.REASON:
        return writing.reason(value)
    return writing.day(value) if kind is Kind.DAY else value


def _back(visit: Visit, asked: Asked, done: str) -> Response:
    query = asked.query(done=done)
    if lang := visit.fields.one("lang"):
        query["lang"] = lang[:2]
    return RedirectResponse(f"/licences/{visit.licence.name}/lists?{urlencode(query)}", 303)
