"""Say whether the service works, for whoever watches it."""

from collections.abc import Callable
from typing import NamedTuple

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from boekbrug.store.schema import SchemaDiffers
from boekbrug.sync.house import House


class Crew(NamedTuple):
    """How many workers live and do not hang, of how many."""

    well: int
    of: int


def health_routes(house: House, crew: Callable[[], Crew] | None) -> APIRouter:
    """Make `/healthz`; `crew` is None where the pages are served without workers."""
    router = APIRouter()

    @router.get("/healthz")
    def healthz() -> Response:
        findings: dict[str, object] = {"database": _database(house)}
        is_well = findings["database"] == "ok"
        if crew is not None:
            workers = crew()
            findings["workers"] = workers._asdict()
            is_well = is_well and workers.well == workers.of
        return JSONResponse({"ok": is_well, **findings}, 200 if is_well else 503, {"cache-control": "no-store"})

    return router


def _database(house: House) -> str:
    try:
        house.check_schema()
    except SchemaDiffers as error:
        return f"schema is {error.facts['found']}, not {error.facts['wanted']}"
    except SQLAlchemyError as error:
        return f"not reachable: {type(error).__name__}"
    return "ok"
