"""Post entries to Exact's stand-in, 50 ms away and without limits, beside a bare requests loop: 1 and 8 at a time.

Also counts the calls of a first run of 1,000 entries with known customers. Prints one JSON object per figure:
python -m bench.exact.
"""

import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import structlog
from bench.orders import write_orders

from boekbrug.acts import authorise, connections, licences
from boekbrug.acts.desk import Desk
from boekbrug.acts.licence_file import read
from boekbrug.runtime.settings import load
from boekbrug.store import changes, schema, states
from boekbrug.sync.house import House
from boekbrug.sync.worker import Worker

HERE = Path(__file__).parent
LATENCY = 0.05
DIVISION = "1234567"
EACH = int(os.environ.get("BENCH_EXACT_ENTRIES", "200"))
SERVE = """
import sys
from boekbrug.testing.standin import serve
from boekbrug_exactonline_standin.app import make
serve("exactonline", make, size=int(sys.argv[1]))
"""


@contextmanager
def standin(customers: int) -> Iterator[dict[str, Any]]:
    """Serve a stand-in from a process of its own, so that it takes no time of ours."""
    command = [sys.executable, "-c", SERVE, str(customers)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        control(ready, "books", {"limits": {"minutely": 0, "daily": 0, "errors": 0}})
        try:
            yield ready
        finally:
            process.terminate()


def control(ready: dict[str, Any], name: str, body: Any) -> None:
    requests.post(ready["control"] + name, json=body, timeout=30).raise_for_status()


def house_for(ready: dict[str, Any], folder: Path, orders: int, count: int, rules: str) -> House:
    (folder / "state").mkdir(parents=True)
    given = ready["credentials"]
    (folder / "secret").write_text(given["client_secret"])
    (folder / "boekbrug.toml").write_text(
        'state = "state"\n[[app]]\nname = "exact"\nplugin = "exactonline"\nclient_secret_file = "secret"\n'
        f'client_id = "{given["client_id"]}"\nredirect = "{given["redirect_uri"]}"\n'
        f'settings = {{ base = "{ready["url"]}" }}\n'
    )
    house = House(load(folder / "boekbrug.toml"))
    schema.upgrade(house.database)
    desk = Desk(house, "bench")
    connections.add(desk, "books", "exactonline", {})
    page: Any = authorise.begin(desk, "books")
    back = requests.get(page.url, allow_redirects=False, timeout=30).headers["Location"]
    authorise.paste(desk, "books", back)
    arrived = authorise.arrived(house, "books")
    assert arrived is not None
    authorise.confirm(desk, "books", arrived.id)
    for n in range(count):
        (folder / f"shop{n}").mkdir()
        write_orders(folder / f"shop{n}" / "orders.jsonl", orders)
        connections.add(desk, f"shop{n}", "files", {"folder": str(folder / f"shop{n}")})
        (folder / "licence.toml").write_text(_licence(n, rules))
        licences.apply(desk, read(folder / "licence.toml"))
        licences.activate(desk, licences.get(house, f"bench{n}"))
    return house


def _licence(n: int, rules: str) -> str:
    text = (HERE / "licence.toml").read_text()
    swaps = {
        'name = "bench"': f'name = "bench{n}"', 'source = "shop"': f'source = "shop{n}"',
        '"main"': f'"{DIVISION}"', '"VRK"': '"70"', 'memorial = "70", cash = "70"': 'memorial = "90", cash = "30"',
        '"VH"': '"2"', '"VL"': '"4"', '"V0"': '"5"',
    }  # fmt: skip
    for old, new in swaps.items():
        text = text.replace(old, new)
    return text.replace("[rules]\n", f"[rules]\n{rules}\n")


def drain(house: House, workers: int) -> float:
    """Let workers run all that is due, each in a thread; return the seconds."""

    def work(n: int) -> None:
        with house.workplace(f"bench{n}") as place:
            worker = Worker(place)
            while worker.step():
                pass

    started = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, range(workers)))
    return time.perf_counter() - started


def ours(ready: dict[str, Any], folder: Path, at_once: int) -> float:
    """Return entries per second, chart and debtor known from a first order."""
    house = house_for(ready, folder, 1, at_once, 'collective_debtor = "Webwinkel"')
    drain(house, 1)
    for n in range(at_once):
        write_orders(folder / f"shop{n}" / "orders-2.jsonl", EACH, seed=8)
        _renumbered(folder / f"shop{n}" / "orders-2.jsonl")
    _make_due(house, at_once)
    control(ready, "latency", {"seconds": LATENCY})
    seconds = drain(house, at_once)
    control(ready, "latency", {"seconds": 0})
    with house.database.read() as connection:
        counts = states.counts(connection)
    house.close()
    assert counts["booked"] == (EACH + 1) * at_once == sum(counts.values()), counts
    return EACH * at_once / seconds


def _renumbered(path: Path) -> None:
    lines = path.read_text().replace('"number": "W', '"number": "X').splitlines()
    path.write_text("".join(json.dumps({**json.loads(line), "id": f"x{n}"}) + "\n" for n, line in enumerate(lines)))


def _make_due(house: House, count: int) -> None:
    for n in range(count):
        with Desk(house, "bench").act("due", f"bench{n}") as act:
            changes.make_due(act.connection, licences.get(house, f"bench{n}").id, act.now)


def floor(ready: dict[str, Any], at_once: int) -> float:
    """Return entries per second of a loop that posts what we post and checks the status."""
    token = _token(ready)
    body = _entry(ready, token)
    headers = {"Authorization": f"Bearer {token}", "Prefer": "return=representation"}
    control(ready, "latency", {"seconds": LATENCY})

    def post(numbers: Sequence[int]) -> None:
        with requests.Session() as session:
            for n in numbers:
                url = f"{ready['url']}/api/v1/{DIVISION}/salesentry/SalesEntries"
                answer = session.post(url, json={**body, "YourRef": f"floor-{n}"}, headers=headers, timeout=30)
                assert answer.status_code == 201, answer.text

    started = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(post, [range(k * EACH, (k + 1) * EACH) for k in range(at_once)]))
    seconds = time.perf_counter() - started
    control(ready, "latency", {"seconds": 0})
    return EACH * at_once / seconds


def _token(ready: dict[str, Any]) -> str:
    given = ready["credentials"]
    asked = {"client_id": given["client_id"], "redirect_uri": given["redirect_uri"], "response_type": "code"}
    page = requests.get(f"{ready['url']}/api/oauth2/auth", params=asked, allow_redirects=False, timeout=30)
    code = page.headers["Location"].split("code=")[1].split("&")[0]
    form = {**given, "grant_type": "authorization_code", "code": code}
    answer = requests.post(f"{ready['url']}/api/oauth2/token", data=form, timeout=30).json()
    return str(answer["access_token"])


def _entry(ready: dict[str, Any], token: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    root = f"{ready['url']}/api/v1/{DIVISION}"
    rows = requests.get(f"{root}/financial/GLAccounts?$select=Code,ID", headers=headers, timeout=30).json()
    ids = {row["Code"].strip(): row["ID"] for row in rows["d"]["results"]}
    card = requests.post(f"{root}/crm/Accounts", json={"Name": "F", "Status": "C"}, headers=headers, timeout=30).json()
    lines = [
        {"GLAccount": ids["1060"], "AmountFC": -175.5, "VATCode": "0", "Description": "W1"},
        {"GLAccount": ids["8000"], "AmountFC": 100.0, "VATCode": "2", "VATAmountFC": 21.0, "Description": "W1"},
        {"GLAccount": ids["8010"], "AmountFC": 50.0, "VATCode": "4", "VATAmountFC": 4.5, "Description": "W1"},
    ]
    return {
        "Journal": "70", "Customer": card["d"]["ID"], "EntryDate": "2025-06-01", "Description": "W1",
        "SalesEntryLines": lines,
    }  # fmt: skip


def calls(folder: Path, entries: int = 1000) -> int:
    """Count the calls of a first run with known customers, authorisation aside."""
    with standin(entries // 3 + 1) as ready:
        house = house_for(ready, folder, entries, 1, 'debtors = "customer"')
        requests.delete(ready["control"] + "calls", timeout=30)
        drain(house, 1)
        with house.database.read() as connection:
            assert states.counts(connection)["booked"] == entries, states.counts(connection)
        house.close()
        counted = requests.get(ready["control"], timeout=30).json()["calls"]
        return sum(n for path, n in counted.items() if "/api/v1/" in path)


def figure(name: str, value: float, unit: str, ratio: float | None = None, against: str | None = None) -> None:
    print(json.dumps({"name": name, "value": round(value, 1), "unit": unit, "ratio": ratio, "against": against}))


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as name:
        for at_once in (1, 8):
            with standin(0) as ready:
                bare = floor(ready, at_once)
                found = ours(ready, Path(name) / str(at_once), at_once)
            figure(f"exact-bare-{at_once}", bare, "entries/s")
            figure(f"exact-{at_once}", found, "entries/s", round(found / bare, 2), "bare requests loop")
        made = calls(Path(name) / "calls")
        figure("exact-calls-1000", made, "calls", round(made / 1000, 3), "entries")


if __name__ == "__main__":
    main()
