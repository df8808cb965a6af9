"""What all pages of the dashboard share: the house, the templates, and the language of whoever reads."""

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.requests import Request

from boekbrug import __version__
from boekbrug.acts.desk import ActRefused
from boekbrug.acts.problems import in_words
from boekbrug.booking.composed import DocumentState
from boekbrug.contract import BoekbrugError, SettingsError
from boekbrug.problems import LANGUAGES
from boekbrug.sync.house import House
from boekbrug.web.door import Visit
from boekbrug.web.forms import Fields
from boekbrug.web.language import choose
from boekbrug.web.writing import Writing

TABS = ("home", "problems", "booked", "open", "approvals", "lists", "rules")
"""The pages of a licence, in the order of their tabs."""


OFFICE = ("health", "all-problems", "licences", "connections", "users", "cases", "mail", "audit")
"""The pages of an operator."""
_OFFICE_PATHS = {"health": "", "all-problems": "/problems"}


def _tabs(visit: Visit | None, tab: str) -> list[tuple[str, str]]:
    if tab in OFFICE:
        return [(name, f"/office{_OFFICE_PATHS.get(name, f'/{name}')}") for name in OFFICE]
    if visit is None or visit.found is None:
        return []
    base = f"/licences/{visit.found.name}"
    return [(name, base if name == "home" else f"{base}/{name}") for name in TABS]


def place_of(state: str) -> tuple[str, dict[str, str]] | None:
    """Say which page of a licence lists the documents of a state, with its query."""
    pages = {DocumentState.PROBLEM: "/problems", DocumentState.BOOKED: "/booked"}
    return (pages[DocumentState(state)], {}) if state in pages else ("/open", {"state": state})


def done_of(request: Request) -> tuple[str, int]:
    """Return what was done before this page, and to how many, as the address says."""
    number = request.query_params.get("n", "")
    return request.query_params.get("done", ""), int(number) if number.isascii() and number.isdigit() else 0


def kept_language(fields: Fields, **query: str) -> str:
    """Write a query that keeps the language that a form was read in, empty when there is nothing to say."""
    kept = {"lang": fields.one("lang")[:2]} if fields.one("lang") else {}
    return f"?{urlencode({**query, **kept})}" if query or kept else ""


def who(actor: str) -> str:
    """Name an actor without the door that he or she came in by."""
    return actor.partition(":")[2] or actor


class Pages:
    """Renders pages of one house."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._environment = Environment(
            loader=PackageLoader("boekbrug.web"),
            autoescape=select_autoescape(),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {"place_of": place_of, "who": who}

    def writing(self, request: Request, visit: Visit | None = None) -> Writing:
        """Return the language of a reader: that asked for, else the user's own, else the browser's."""
        asked, accepts = request.query_params.get("lang", ""), request.headers.get("accept-language", "")
        own = visit.user.language if visit and visit.user else ""
        return Writing(choose(asked if asked in LANGUAGES else own, accepts), self.house.clock.now())

    def reasons(self, writing: Writing, error: BoekbrugError, place: Callable[[str], str] | None = None) -> list[str]:
        """Put a refusal into sentences of the reader's language; there are none where its kind says it all.

        `place` names the settings of a form that are not those of a licence.
        """
        if isinstance(error, SettingsError):
            return [writing.fault(one, place) for one in error.faults]
        if not isinstance(error, ActRefused):
            return []
        codes = self.house.plugins.problem_codes
        told = [in_words(codes, problem, writing.language) for problem in error.problems]
        return [*map(writing.because, error.reasons), *(f"{one.message} {one.cause} {one.fix}" for one in told)]

    def render(
        self,
        request: Request,
        writing: Writing,
        template: str,
        values: Mapping[str, object],
        visit: Visit | None = None,
        tab: str = "",
    ) -> HTMLResponse:
        """Render a page; links keep the language that was asked for. `tab` names the page among those of a licence."""
        asked = request.query_params.get("lang", "")
        kept = {"lang": writing.language} if asked == writing.language else {}

        def address(path: str, **query: str) -> str:
            given = {**kept, **query}
            return f"{path}?{urlencode(given)}" if given else path

        query = {name: value for name, value in request.query_params.items() if name != "lang"}
        languages = [(name, f"{request.url.path}?{urlencode({**query, 'lang': name})}") for name in LANGUAGES]
        body = self._environment.get_template(template).render(
            w=writing, address=address, kept=kept, languages=languages, version=__version__, visit=visit, tab=tab,
            tabs=_tabs(visit, tab), done=done_of(request), **values,
        )  # fmt: skip
        return HTMLResponse(body, headers={"cache-control": "no-store", "vary": "accept-language"})
