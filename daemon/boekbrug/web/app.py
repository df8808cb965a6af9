"""The app that serves all pages."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from boekbrug.sync.house import House
from boekbrug.web.connect import connect_routes
from boekbrug.web.find import find_routes
from boekbrug.web.guard import Guard
from boekbrug.web.health import Crew, health_routes
from boekbrug.web.home import home_routes
from boekbrug.web.hooks import hook_routes
from boekbrug.web.page import Pages
from boekbrug.web.watching import metrics_routes


def create_app(house: House, crew: Callable[[], Crew] | None = None) -> FastAPI:
    """Make the app over an open house; `crew` tells how the workers of this process are, when it has any."""
    app = FastAPI(title="boekbrug", docs_url=None, redoc_url=None, openapi_url=None)
    pages = Pages(house)
    for routes in (
        health_routes(house, crew),
        metrics_routes(house),
        connect_routes(house),
        hook_routes(house),
        home_routes(pages),
        find_routes(pages),
    ):
        app.include_router(routes)
    app.mount("/static", StaticFiles(directory=Path(str(files("boekbrug.web"))) / "static"))
    app.add_middleware(Guard, listens_on=house.settings.service.host)
    return app
