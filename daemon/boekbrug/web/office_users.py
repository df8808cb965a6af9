"""Beheer of users: add and invite them, say which licences they see, send another link, shut them out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from starlette.requests import Request
from starlette.responses import RedirectResponse

from boekbrug.acts import users
from boekbrug.acts.desk import ActRefused
from boekbrug.contract import Because, SettingsError
from boekbrug.problems import LANGUAGES
from boekbrug.store.licences import list_all as list_licences
from boekbrug.store.people import UserRole
from boekbrug.web.door import Door, Right, Visit
from boekbrug.web.licence import moment
from boekbrug.web.page import Pages, kept_language


def user_routes(pages: Pages, door: Door) -> APIRouter:
    """Make `/office/users`."""
    router = APIRouter(prefix="/office/users", include_in_schema=False)
    house = pages.house

    def shown(
        request: Request, visit: Visit, *, link: str = "", faults: list[str] | None = None, status: int = 200
    ) -> Response:
        with house.database.read() as connection:
            names = [row.name for row in list_licences(connection)]
        values = {
            "found": users.list_all(house), "names": names, "roles": list(UserRole), "spoken": LANGUAGES,
            "mails": bool(house.settings.mail.host), "link": link, "faults": faults or [], "moment": moment,
            "sent": visit.fields,
        }  # fmt: skip
        answer = pages.render(request, pages.writing(request, visit), "office_users.html", values, visit, "users")
        answer.status_code = status
        return answer

    def lead_in(request: Request, visit: Visit, email: str) -> Response:
        """Mail a link, or show it this once where no mail can be sent."""
        if house.settings.mail.host:
            users.mail_link(visit.desk(house), email)
            return _to(visit, "mailed")
        address = house.settings.service.public_url or str(request.base_url).rstrip("/")
        return shown(request, visit, link=address + users.link(visit.desk(house), email))

    @router.get("")
    def every(request: Request, visit: Annotated[Visit, Depends(door.needs(Right.OPERATE))]) -> Response:
        return shown(request, visit)

    @router.post("")
    def add(request: Request, visit: Annotated[Visit, Depends(door.needs(Right.OPERATE))]) -> Response:
        fields, mails = visit.fields, bool(house.settings.mail.host)
        email, role, speaks = fields.one("email"), fields.one("role"), fields.one("speaks")
        try:
            users.add(visit.desk(house), email, fields.one("name"), role, fields.all("licence"), speaks, invite=mails)
        except (SettingsError, ActRefused) as error:
            faults = pages.reasons(pages.writing(request, visit), error)
            return shown(request, visit, faults=faults, status=400 if isinstance(error, SettingsError) else 409)
        return _to(visit, "mailed") if mails else lead_in(request, visit, email)

    @router.post("/link")
    def link(request: Request, visit: Annotated[Visit, Depends(door.needs(Right.OPERATE))]) -> Response:
        return lead_in(request, visit, visit.fields.one("email"))

    @router.post("/licences")
    def licences(visit: Annotated[Visit, Depends(door.needs(Right.OPERATE))]) -> Response:
        users.give_licences(visit.desk(house), visit.fields.one("email"), visit.fields.all("licence"))
        return _to(visit, "user-changed")

    @router.post("/switch")
    def switch(visit: Annotated[Visit, Depends(door.needs(Right.OPERATE))]) -> Response:
        assert visit.user is not None
        if users.normal(visit.fields.one("email")) == visit.user.email:
            raise ActRefused(Because("You cannot shut yourself out; ask another operator."))
        chosen = users.enable if visit.fields.one("enable") else users.disable
        chosen(visit.desk(house), visit.fields.one("email"))
        return _to(visit, "user-changed")

    return router


def _to(visit: Visit, done: str) -> Response:
    return RedirectResponse(f"/office/users{kept_language(visit.fields, done=done, n='1')}", 303)
