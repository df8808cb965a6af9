"""Profiel: one's own password, language and API keys."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from starlette.requests import Request
from starlette.responses import RedirectResponse

from boekbrug.acts import users
from boekbrug.acts.users import PasswordLength
from boekbrug.problems import LANGUAGES
from boekbrug.runtime import passwords
from boekbrug.store import audit, people
from boekbrug.web.door import Door, Right, Visit
from boekbrug.web.licence import moment
from boekbrug.web.page import Pages

LOGINS = 10


def account_routes(pages: Pages, door: Door) -> APIRouter:
    """Make `/account`."""
    router = APIRouter(prefix="/account", include_in_schema=False)
    house = pages.house

    def shown(request: Request, visit: Visit, *, status: int = 200, failed: str = "", token: str = "") -> Response:
        assert visit.user is not None
        with house.database.read() as connection:
            logins = audit.of_subject(connection, "login", visit.user.email, LOGINS)
            open_ones = people.sessions_of(connection, visit.user.id, house.database.now(connection))
            keys = people.keys_of(connection, visit.user.id)
            seen = people.licences_of(connection, visit.user.id)
        values = {
            "logins": logins, "open": open_ones,
            "user": visit.user, "keys": keys, "seen": list(seen.values()), "failed": failed, "token": token,
            "moment": moment, "shortest": passwords.SHORTEST, "scopes": (users.READ, users.WRITE),
        }  # fmt: skip
        answer = pages.render(request, pages.writing(request, visit), "account.html", values, visit, "account")
        answer.status_code = status
        return answer

    @router.get("")
    def account(request: Request, visit: Annotated[Visit, Depends(door.needs(Right.SELF))]) -> Response:
        return shown(request, visit)

    @router.post("/password")
    def password(request: Request, visit: Annotated[Visit, Depends(door.needs(Right.SELF))]) -> Response:
        assert visit.user is not None
        if visit.user.password and not passwords.matches(visit.fields.one("old"), visit.user.password):
            return shown(request, visit, status=403, failed="old")
        try:
            users.choose_password(visit.desk(house), visit.user, visit.fields.one("new"))
        except PasswordLength:
            return shown(request, visit, status=400, failed="short")
        return RedirectResponse("/login", 303)

    @router.post("/out")
    def out(visit: Annotated[Visit, Depends(door.needs(Right.SELF))]) -> Response:
        assert visit.user is not None
        users.end_sessions(visit.desk(house), visit.user)
        return RedirectResponse("/login", 303)

    @router.post("/language")
    def language(visit: Annotated[Visit, Depends(door.needs(Right.SELF))]) -> Response:
        chosen = visit.fields.one("language")
        assert visit.user is not None
        users.choose_language(visit.desk(house), visit.user, chosen if chosen in LANGUAGES else LANGUAGES[0])
        return RedirectResponse("/account", 303)

    @router.post("/keys")
    def add_key(request: Request, visit: Annotated[Visit, Depends(door.needs(Right.SELF))]) -> Response:
        assert visit.user is not None
        scope = users.WRITE if visit.fields.one("scope") == users.WRITE else users.READ
        token = users.give_key(visit.desk(house), visit.user.email, visit.fields.one("name"), scope)
        return shown(request, visit, token=token)

    @router.post("/keys/{key:int}/end")
    def end_key(key: int, visit: Annotated[Visit, Depends(door.needs(Right.SELF))]) -> Response:
        assert visit.user is not None
        users.end_key(visit.desk(house), visit.user, key)
        return RedirectResponse("/account", 303)

    return router
