"""The one page that a person sees after an authorisation, whatever became of it."""

import tomllib
from functools import cache
from importlib import resources

from jinja2 import Environment, Template
from starlette.responses import HTMLResponse

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the address of this page holds the vendor's code
    "Cache-Control": "no-store",
}


def page(text: str, languages: str, *, status: int = 200, **facts: str) -> HTMLResponse:
    """Say what happened and what to do next, in the first language of an Accept-Language header that we speak."""
    language = _language(languages)
    told = _texts()[language][text]
    # the facts come from outside: they are put into the text before the page escapes it
    body = _template().render(
        language=language, title=told["title"].format(**facts), lines=[told["text"].format(**facts), told["next"]]
    )
    return HTMLResponse(body, status, headers=_HEADERS)


def _language(header: str) -> str:
    for asked in header.lower().split(","):
        tag = asked.partition(";")[0].strip()[:2]
        if tag in _texts():
            return tag
    return "nl"


@cache
def _texts() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(_read("connect_page.toml"))


@cache
def _template() -> Template:
    return Environment(autoescape=True).from_string(_read("connect_page.html"))


def _read(name: str) -> str:
    return resources.files("boekbrug.web").joinpath(name).read_text(encoding="utf-8")
