"""Post entries to Exact's stand-in, 50 ms away and without limits, beside a bare requests loop: 1 and 8 at a time.

Both post the same entries to the same stand-in, in turns; of the ratios of the turns the median is the figure. Also
counts the calls of a first run of 1,000 entries with known customers. Prints one JSON object per figure:
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
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import requests
import sqlalchemy as sa
import structlog
from bench.orders import write_orders

from boekbrug.acts import authorise, connections, licences
from boekbrug.acts.desk import Desk
from boekbrug.acts.licence_file import read
from boekbrug.runtime.settings import load
from boekbrug.store import changes, schema, states
from boekbrug.store.tables import effect
from boekbrug.sync.house import House
from boekbrug.sync.worker import Worker
from boekbrug.sync.workplace import Workplace

HERE = Path(__file__).parent
LATENCY = 0.05
DIVISION = "1234567"
EACH = int(os.environ.get("BENCH_EXACT_ENTRIES", "200"))
ROUNDS = int(os.environ.get("BENCH_EXACT_ROUNDS", "3"))
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


def drain(places: Sequence[Workplace]) -> float:
    """Let the workers at these places run all that is due, each in a thread; return the seconds."""

    def work(place: Workplace) -> None:
        worker = Worker(place)
        while worker.step():
            pass

    started = time.perf_counter()
    with ThreadPoolExecutor(len(places)) as pool:
        list(pool.map(work, places))
    return time.perf_counter() - started


class Ours:
    """A business of some licences with a worker for each; chart and debtor are known from a first order."""

    def __init__(self, ready: dict[str, Any], folder: Path, at_once: int, places: ExitStack) -> None:
        self._ready, self._folder, self._runs = ready, folder, 0
        self._house = house_for(ready, folder, 1, at_once, 'collective_debtor = "Webwinkel"')
        places.callback(self._house.close)
        # as in a daemon, whose workers live as long as it does
        self._places = [places.enter_context(self._house.workplace(f"bench{n}")) for n in range(at_once)]
        drain(self._places)

    def run(self) -> float:
        """Let new orders come in at all licences; return how many seconds their way into the books took."""
        self._runs += 1
        for n in range(len(self._places)):
            path = self._folder / f"shop{n}" / f"orders-{self._runs}.jsonl"
            # of its own, or each would be warned of as a possible double of the other shops'
            write_orders(path, EACH, seed=100 * self._runs + n)
            _renumbered(path, f"X{self._runs}", f"shop{n}.klant")
        _make_due(self._house, len(self._places))
        with far_away(self._ready):
            seconds = drain(self._places)
        with self._house.database.read() as connection:
            counts = states.counts(connection)
        assert counts["booked"] == (EACH * self._runs + 1) * len(self._places) == sum(counts.values()), counts
        return seconds

    def sent(self) -> list[bytes]:
        """Return what the last run posted."""
        newest = sa.select(effect.c.id, effect.c.payload).where(effect.c.kind == "entry").order_by(effect.c.id.desc())
        with self._house.database.read() as connection:
            rows = connection.execute(newest.limit(EACH * len(self._places))).all()
        return [self._places[0].sealing.open_payload(payload, id) for id, payload in rows]

    def token(self) -> str:
        """Return the access token that our calls carry: a second grant of this user would end ours."""
        target = self._places[0].instances.target(licences.get(self._house, "bench0").target)
        return target.context.grant.token()


@contextmanager
def far_away(ready: dict[str, Any]) -> Iterator[None]:
    control(ready, "latency", {"seconds": LATENCY})
    try:
        yield
    finally:
        control(ready, "latency", {"seconds": 0})


def _renumbered(path: Path, prefix: str, buyer: str) -> None:
    text = path.read_text().replace('"number": "W', f'"number": "{prefix}-').replace("klant", buyer)
    rows = [{**json.loads(line), "id": f"{prefix}-{n}"} for n, line in enumerate(text.splitlines())]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _make_due(house: House, count: int) -> None:
    for n in range(count):
        with Desk(house, "bench").act("due", f"bench{n}") as act:
            changes.make_due(act.connection, licences.get(house, f"bench{n}").id, act.now)


def floor(ready: dict[str, Any], token: str, bodies: Sequence[bytes], at_once: int) -> float:
    """Return the seconds of a loop that posts what we posted and checks the status; Exact takes it twice."""
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Prefer": "return=representation",
    }
    url = f"{ready['url']}/api/v1/{DIVISION}/salesentry/SalesEntries"

    def post(mine: Sequence[bytes]) -> None:
        with requests.Session() as session:
            for body in mine:
                answer = session.post(url, data=body, headers=headers, timeout=30)
                assert answer.status_code == 201, answer.text

    with far_away(ready):
        started = time.perf_counter()
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(post, [bodies[k::at_once] for k in range(at_once)]))
        return time.perf_counter() - started


def compare(folder: Path, at_once: int) -> None:
    """Let both post the same entries to the same stand-in, now one and now the other first; print the medians."""
    with standin(0) as ready, ExitStack() as places:
        ours = Ours(ready, folder, at_once, places)
        ours.run()
        pairs = [_both(ready, ours, at_once, ours_first=n % 2 == 0) for n in range(ROUNDS)]
    entries = EACH * at_once
    figure(f"exact-bare-{at_once}", median(entries / bare for bare, _ in pairs), "entries/s")
    ratio = median(bare / taken for bare, taken in pairs)
    figure(
        f"exact-{at_once}",
        median(entries / taken for _, taken in pairs),
        "entries/s",
        round(ratio, 3),
        "bare requests loop",
    )


def _both(ready: dict[str, Any], ours: Ours, at_once: int, *, ours_first: bool) -> tuple[float, float]:
    taken = ours.run() if ours_first else None
    bare = floor(ready, ours.token(), ours.sent(), at_once)
    return bare, taken if taken is not None else ours.run()


def calls(folder: Path, entries: int = 1000) -> int:
    """Count the calls of a first run with known customers, authorisation aside."""
    with standin(entries // 3 + 1) as ready:
        house = house_for(ready, folder, entries, 1, 'debtors = "customer"')
        requests.delete(ready["control"] + "calls", timeout=30)
        with house.workplace("bench") as place:
            drain([place])
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
            compare(Path(name) / str(at_once), at_once)
        made = calls(Path(name) / "calls")
        figure("exact-calls-1000", made, "calls", round(made / 1000, 3), "entries")


if __name__ == "__main__":
    main()
