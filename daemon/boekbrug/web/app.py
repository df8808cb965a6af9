"""The app that serves all pages."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from boekbrug.sync.house import House
from boekbrug.web.account import account_routes
from boekbrug.web.api import add_api
from boekbrug.web.booked import booked_routes
from boekbrug.web.clients import client_routes
from boekbrug.web.configure import change_routes, configure_routes
from boekbrug.web.connect import connect_routes
from boekbrug.web.deeds import deed_routes
from boekbrug.web.door import Door
from boekbrug.web.find import find_routes
from boekbrug.web.guard import Guard
from boekbrug.web.health import Crew, health_routes
from boekbrug.web.home import home_routes
from boekbrug.web.hooks import hook_routes
from boekbrug.web.licence import licence_routes
from boekbrug.web.lists import list_routes
from boekbrug.web.login import login_routes
from boekbrug.web.office import office_routes
from boekbrug.web.office_connections import connection_routes, new_connection_routes
from boekbrug.web.office_users import user_routes
from boekbrug.web.page import Pages
from boekbrug.web.refusals import refuse
from boekbrug.web.sale import sale_routes
from boekbrug.web.terms import term_routes
from boekbrug.web.undo import undo_routes
from boekbrug.web.watching import metrics_routes


def create_app(house: House, crew: Callable[[], Crew] | None = None) -> FastAPI:
    """Make the app over an open house; `crew` tells how the workers of this process are, when it has any."""
    app = FastAPI(title="boekbrug", docs_url=None, redoc_url=None, openapi_url=None)
    pages, door = Pages(house), Door(house)
    for routes in (
        health_routes(house, crew),
        metrics_routes(house),
        connect_routes(pages),
        hook_routes(house),
        login_routes(pages, door),
        home_routes(pages, door),
        licence_routes(pages, door),
        configure_routes(pages, door),
        change_routes(pages, door),
        undo_routes(pages, door),
        term_routes(pages, door),
        client_routes(pages, door),
        office_routes(pages, door),
        user_routes(pages, door),
        connection_routes(pages, door),
        new_connection_routes(pages, door),
        booked_routes(pages, door),
        list_routes(pages, door),
        sale_routes(pages, door),
        deed_routes(pages, door),
        account_routes(pages, door),
        find_routes(pages, door),
    ):
        app.include_router(routes)
    add_api(app, house, door)
    refuse(app, pages)
    app.mount("/static", StaticFiles(directory=Path(str(files("boekbrug.web"))) / "static"))
    service = house.settings.service
    is_https = service.public_url.startswith("https://")
    app.add_middleware(Guard, listens_on=service.host, is_peopled=door.is_peopled, stays_on_https=is_https)
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(service.trusted_proxies))
    return app
