"""Log in and out, and use a one-time link."""

import hmac
import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from starlette.requests import Request
from starlette.responses import RedirectResponse

from boekbrug.acts import login
from boekbrug.acts.login import LinkUsed, TooManyTries, WrongLogin
from boekbrug.acts.users import PasswordLength
from boekbrug.runtime.passwords import SHORTEST
from boekbrug.web.door import Door, Right, Visit, cookie_name, csrf_of
from boekbrug.web.forms import Fields, fields_of
from boekbrug.web.page import Pages

FORM_LASTS = 3600


def login_routes(pages: Pages, door: Door) -> APIRouter:
    """Make `/login`, `/logout` and `/enter/<link>`."""
    router = APIRouter(include_in_schema=False)
    house = pages.house

    @router.get("/login")
    def ask(request: Request) -> Response:
        return _form(pages, request, "login.html", {"failed": "", "email": ""})

    @router.post("/login/forgot")
    def forgot(request: Request, sent: Annotated[Fields | None, Depends(fields_of)]) -> Response:
        if sent is None or not _is_ours(pages, request, sent):
            return _form(pages, request, "login.html", {"failed": "stale", "email": ""}, 403)
        try:
            login.forgot(house, sent.one("email")[:254], _address(request))
        except TooManyTries as error:
            shown: dict[str, object] = {"failed": "often", "minutes": error.facts["minutes"], "email": ""}
            return _form(pages, request, "login.html", shown, 429)
        return _form(pages, request, "login.html", {"failed": "", "email": "", "mailed": True})

    @router.post("/login")
    def log_in(request: Request, sent: Annotated[Fields | None, Depends(fields_of)]) -> Response:
        if sent is None or not _is_ours(pages, request, sent):
            return _form(pages, request, "login.html", {"failed": "stale", "email": ""}, 403)
        email = sent.one("email")[:254]
        try:
            token = login.with_password(house, email, sent.one("password"), _address(request))
        except WrongLogin:
            return _form(pages, request, "login.html", {"failed": "wrong", "email": email}, 403)
        except TooManyTries as error:
            minutes = error.facts["minutes"]
            answer = _form(pages, request, "login.html", {"failed": "often", "minutes": minutes, "email": email}, 429)
            answer.headers["retry-after"] = str(int(minutes) * 60)
            return answer
        return _entered(request, token, _inside(request.query_params.get("next", "")))

    @router.post("/logout")
    def log_out(request: Request, visit: Annotated[Visit, Depends(door.needs(Right.SELF))]) -> Response:
        login.out(house, request.cookies[cookie_name(request)])
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(cookie_name(request), secure=request.url.scheme == "https", httponly=True, samesite="lax")
        return answer

    @router.get("/enter/{link}")
    def arrive(request: Request, link: str) -> Response:
        try:
            user = login.guest(house, link)
        except LinkUsed:
            return _form(pages, request, "enter.html", {"guest": None, "failed": ""}, 404)
        return _form(pages, request, "enter.html", {"guest": user, "failed": "", "shortest": SHORTEST})

    @router.post("/enter/{link}")
    def enter(request: Request, link: str, sent: Annotated[Fields | None, Depends(fields_of)]) -> Response:
        values: dict[str, object] = {"guest": None, "failed": "", "shortest": SHORTEST}
        try:
            values["guest"] = login.guest(house, link)
            if sent is None or not _is_ours(pages, request, sent):
                return _form(pages, request, "enter.html", {**values, "failed": "stale"}, 403)
            token = login.with_link(house, link, sent.one("password"), _address(request))
        except LinkUsed:
            return _form(pages, request, "enter.html", {**values, "guest": None}, 404)
        except PasswordLength:
            return _form(pages, request, "enter.html", {**values, "failed": "short"}, 400)
        return _entered(request, token, "/")

    return router


def _form_cookie(request: Request) -> str:
    return f"{cookie_name(request)}-form"


def _form(pages: Pages, request: Request, template: str, values: dict[str, object], status: int = 200) -> Response:
    # before there is a session, a cookie of its own tells that a form comes from the page that this browser saw
    token = request.cookies.get(_form_cookie(request)) or secrets.token_hex(16)
    own = {"mailed": False, "mails": bool(pages.house.settings.mail.host)}
    path = str(request.url.path).removesuffix("/forgot")
    shown = {"csrf": csrf_of(pages.house, token), "path": path, **own, **values}
    shown["query"] = f"?{request.url.query}" if request.url.query else ""
    answer = pages.render(request, pages.writing(request), template, shown)
    answer.status_code = status
    is_secure = request.url.scheme == "https"
    answer.set_cookie(_form_cookie(request), token, max_age=FORM_LASTS, secure=is_secure, httponly=True, samesite="lax")
    return answer


def _is_ours(pages: Pages, request: Request, sent: Fields) -> bool:
    token = request.cookies.get(_form_cookie(request), "")
    return bool(token) and hmac.compare_digest(sent.one("csrf").encode(), csrf_of(pages.house, token).encode())


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _inside(path: str) -> str:
    """Return a path of ours; what would lead elsewhere becomes the first page."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() else "/"


def _entered(request: Request, token: str, path: str) -> Response:
    answer = RedirectResponse(path, 303)
    is_secure = request.url.scheme == "https"
    age = login.SESSION_LASTS // 1_000_000
    answer.set_cookie(cookie_name(request), token, max_age=age, secure=is_secure, httponly=True, samesite="lax")
    return answer
