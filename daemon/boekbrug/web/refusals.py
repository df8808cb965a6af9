"""What is said to who is turned away, and what became of an act that was refused."""

from collections.abc import Mapping

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from boekbrug.acts.desk import ActRefused, NotKnown
from boekbrug.contract import BoekbrugError, SettingsError
from boekbrug.problems import LANGUAGES
from boekbrug.web.api_calls import PREFIX, Refusal, answer
from boekbrug.web.door import Turned
from boekbrug.web.page import Pages
from boekbrug.web.writing import Writing

_STATUS: Mapping[type[BoekbrugError], int] = {ActRefused: 409, NotKnown: 404, SettingsError: 400}
"""What an act that cannot be done answers to a program."""


def refuse(app: FastAPI, pages: Pages) -> None:
    """Answer refusals with a page that says what to do."""

    def turned(request: Request, error: Exception) -> Response:
        assert isinstance(error, Turned)
        if error.login:
            return RedirectResponse(error.login, 303)
        return page(request, error.status, f"refused.s{error.status}")

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, BoekbrugError)
        if request.url.path.startswith(f"{PREFIX}/"):
            language = getattr(request.state, "language", LANGUAGES[0])
            reasons = pages.reasons(Writing(language, pages.house.clock.now()), error)
            return answer(Refusal(code=error.code, reasons=reasons), _STATUS[type(error)])
        status = 404 if isinstance(error, NotKnown) else 409
        return page(request, status, f"refused.s{status}", pages.reasons(pages.writing(request), error))

    def page(request: Request, status: int, word: str, reasons: list[str] | None = None) -> Response:
        values = {"word": word, "reasons": reasons or []}
        shown = pages.render(request, pages.writing(request), "refused.html", values)
        shown.status_code = status
        return shown

    def unfit(request: Request, _error: Exception) -> Response:
        # a text that PostgreSQL cannot hold: with a zero byte, which nothing of ours has either
        if request.url.path.startswith(f"{PREFIX}/"):
            return answer(Refusal(code="text"), 400)
        return page(request, 404, "refused.s404")

    def nothing(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if request.url.path.startswith(f"{PREFIX}/"):
            return answer(Refusal(code="not-known"), error.status_code)
        shown = page(request, 404, "refused.s404")
        shown.status_code = error.status_code
        return shown

    def unread(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        if request.url.path.startswith(f"{PREFIX}/"):
            reasons = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
            return answer(Refusal(code="query", reasons=reasons), 400)
        return page(request, 404, "refused.s404")

    app.add_exception_handler(HTTPException, nothing)
    app.add_exception_handler(RequestValidationError, unread)
    app.add_exception_handler(DataError, unfit)
    app.add_exception_handler(Turned, turned)
    for kind in _STATUS:
        app.add_exception_handler(kind, refused)
