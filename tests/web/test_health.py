from pathlib import Path

from tests.web.conftest import browsing, settings_with

from boekbrug.runtime.settings import load
from boekbrug.store import schema
from boekbrug.sync.house import House
from boekbrug.web.health import Crew


def test_hanging_worker_is_told(house: House) -> None:
    with browsing(house, Crew(well=3, of=4)) as client:
        answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"ok": False, "database": "ok", "workers": {"well": 3, "of": 4}}


def test_other_schema_is_told(tmp_path: Path) -> None:
    house = House(load(settings_with(tmp_path), {}))
    (tmp_path / "state").mkdir(exist_ok=True)
    with browsing(house) as client:
        answer = client.get("/healthz")
        assert answer.status_code == 503
        assert answer.json()["database"] == f"schema is empty, not {schema.newest()}"
    house.close()


def test_lost_database_is_told_without_its_address(tmp_path: Path) -> None:
    settings = load(settings_with(tmp_path), {})
    house = House(settings)
    settings.state.rename(tmp_path / "gone")
    with browsing(house) as client:
        answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "not reachable: OperationalError"
    house.close()
