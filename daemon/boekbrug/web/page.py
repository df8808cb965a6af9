"""What all pages of the dashboard share: the house, the templates, and the language of whoever reads."""

from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.requests import Request

from boekbrug import __version__
from boekbrug.problems import LANGUAGES
from boekbrug.sync.house import House
from boekbrug.web.language import choose
from boekbrug.web.writing import Writing


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

    def writing(self, request: Request) -> Writing:
        """Return the language of a reader."""
        asked, accepts = request.query_params.get("lang", ""), request.headers.get("accept-language", "")
        return Writing(choose(asked, accepts), self.house.clock.now())

    def render(self, request: Request, writing: Writing, template: str, values: Mapping[str, object]) -> HTMLResponse:
        """Render a page; links keep the language that was asked for."""
        asked = request.query_params.get("lang", "")
        kept = {"lang": writing.language} if asked == writing.language else {}

        def address(path: str, **query: str) -> str:
            given = {**kept, **query}
            return f"{path}?{urlencode(given)}" if given else path

        query = {name: value for name, value in request.query_params.items() if name != "lang"}
        languages = [(name, f"{request.url.path}?{urlencode({**query, 'lang': name})}") for name in LANGUAGES]
        body = self._environment.get_template(template).render(
            w=writing, address=address, kept=kept, languages=languages, version=__version__, **values
        )
        return HTMLResponse(body, headers={"cache-control": "no-store", "vary": "accept-language"})
