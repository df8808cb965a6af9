"""A whole house on SQLite between a folder of orders and Exact's stand-in over HTTP, on a clock that is moved."""

import datetime as dt
import json
import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

import requests

from boekbrug.acts import authorise, connections, licences, problems, retry
from boekbrug.acts.desk import Desk
from boekbrug.acts.licence_file import LicenceFile, read
from boekbrug.cli import words
from boekbrug.runtime.settings import load
from boekbrug.store import schema, states
from boekbrug.store.database import Database
from boekbrug.store.problems import list_open
from boekbrug.sync.house import House
from boekbrug.sync.worker import Worker
from boekbrug.testing.clock import SettableClock, ShiftedClock
from boekbrug.testing.standin import running
from boekbrug_exactonline_standin.app import make

METHODS = ("ideal", "paypal", "contant")
CENT = Decimal("0.01")
OFF = {"minutely": 0, "daily": 0, "errors": 0}

LICENCE = """
name = "spaak"
source = "shop"
unit = "shop"
target = "exact"
administration = "1234567"
start = 2026-07-01
automatic = true

[rules]
vat_scheme = "invoice"
oss = false
seller = "normal"
filing_period = "quarter"
filed_through = 2026-06-30
invoices_by = "shop"
gift_cards = "none"
provider_booked_by = "bookkeeper"
zero_rate = "zero"
payment_date_unknown = "order-date"
debtor = "1300"
debtors = "customer"
collective_debtor = "Webwinkel"
rounding = { account = "4310" }
journals = { sales = "70", memorial = "90", cash = "30" }
vat = [
    { treatment = "domestic", rate = "21", account = "8000", vat_code = "2", vat_account = "1500" },
    { treatment = "domestic", rate = "9", account = "8010", vat_code = "4", vat_account = "1501" },
    { treatment = "zero", account = "8020", vat_code = "5" },
    { treatment = "intra-eu-goods", account = "8040", vat_code = "7" },
]

[rules.payments]
ideal = { account = "1060" }
paypal = { account = "1062" }
contant = { account = "1290" }
"""


@cache
def _empty_database() -> bytes:
    """Return a database of this release, made once (0.4 s)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.db"
        database = Database(f"sqlite:///{path}", lambda: 0)
        schema.upgrade(database)
        database.close()
        return path.read_bytes()


class StandIn:
    """The stand-in as its users reach it: over HTTP alone."""

    def __init__(self, ready: dict[str, Any]) -> None:
        self.url, self._control, self.credentials = ready["url"], ready["control"], ready["credentials"]

    def change(self, **what: Any) -> None:
        """Change the state of its books."""
        requests.post(f"{self._control}books", json=what, timeout=10).raise_for_status()

    def books(self, division: str = "1234567") -> dict[str, Any]:
        """Return the division that is booked in."""
        answer = requests.get(f"{self._control}books", timeout=10).json()
        found: dict[str, Any] = answer["divisions"][division]
        return found

    def tokens(self) -> dict[str, Any]:
        """Return the state of the authorisation side."""
        found: dict[str, Any] = requests.get(f"{self._control}books", timeout=10).json()["tokens"]
        return found

    def ledger(self) -> dict[str, Decimal]:
        """Add the ledger lines up per account."""
        sums: dict[str, Decimal] = {}
        for line in self.books()["ledger"]:
            code = line["GLAccountCode"].strip()
            sums[code] = sums.get(code, Decimal(0)) + Decimal(line["AmountDC"])
        return {code: amount for code, amount in sums.items() if amount}

    def calls(self, method: str = "", path: str = "/api/v1/") -> int:
        """Count the calls so far."""
        counted = requests.get(self._control, timeout=10).json()["calls"]
        return sum(n for call, n in counted.items() if call.startswith(method) and path in call)

    def fault(self, **fault: Any) -> None:
        """Let the next call that fits go wrong."""
        requests.post(f"{self._control}faults", json=[fault], timeout=10).raise_for_status()

    def put_clock(self, moment: dt.datetime) -> None:
        """Put its clock at a moment."""
        requests.post(f"{self._control}clock", json={"set": moment.isoformat()}, timeout=10).raise_for_status()

    def let_in(self, page: str) -> str:
        """Go to the vendor's page as a browser would, and return where it sends the person back to."""
        return requests.get(page, allow_redirects=False, timeout=10).headers["Location"]


class Journey:
    """A house whose licence books a shop's orders into the stand-in; `advance` moves both clocks."""

    def __init__(
        self, folder: Path, exact: StandIn, clock: SettableClock | ShiftedClock, licence: str = LICENCE
    ) -> None:
        self.folder, self.exact, self.clock = folder, exact, clock
        (folder / "shop").mkdir(parents=True, exist_ok=True)
        (folder / "state").mkdir(exist_ok=True)
        self._write_settings()
        (folder / "state" / "boekbrug.db").write_bytes(_empty_database())
        self.house = House(load(folder / "boekbrug.toml"), clock=clock)
        (folder / "licence.toml").write_text(licence)

    def _write_settings(self) -> None:
        credentials = self.exact.credentials
        (self.folder / "secret").write_text(credentials["client_secret"])
        (self.folder / "boekbrug.toml").write_text(
            'state = "state"\n[[app]]\nname = "exact"\nplugin = "exactonline"\n'
            f'client_id = "{credentials["client_id"]}"\nclient_secret_file = "secret"\n'
            f'redirect = "{credentials["redirect_uri"]}"\nsettings = {{ base = "{self.exact.url}" }}\n'
        )

    def link(self) -> None:
        """Add connections, authorise at the stand-in, and switch the licence on."""
        desk = self.desk()
        self.add_source()
        connections.add(desk, "exact", "exactonline", {})
        self.authorise()
        licences.apply(desk, self.licence_file())
        licences.activate(desk, licences.get(self.house, "spaak"))

    def add_source(self) -> None:
        """Add the connection that sales come from."""
        connections.add(self.desk(), "shop", "files", {"folder": str(self.folder / "shop")})

    def link_second(self) -> None:
        """Let another licence on the same connections book into the other division."""
        other = LICENCE.replace('name = "spaak"', 'name = "verhuur"').replace('"1234567"', '"7654321"')
        (self.folder / "second.toml").write_text(other)
        licences.apply(self.desk(), read(self.folder / "second.toml"))
        licences.activate(self.desk(), licences.get(self.house, "verhuur"))

    def authorise(self) -> None:
        """Let the stand-in's user authorise, bring the address back, and confirm who it is."""
        desk = self.desk()
        page: Any = authorise.begin(desk, "exact")
        authorise.paste(desk, "exact", self.exact.let_in(page.url))
        arrived = authorise.arrived(self.house, "exact")
        # who authorises again needs no confirmation
        if arrived is not None:
            authorise.confirm(desk, "exact", arrived.id)

    def licence_file(self) -> LicenceFile:
        """Read the licence's file."""
        return read(self.folder / "licence.toml")

    def choose(self, licence: str) -> None:
        """Apply another text of the licence."""
        (self.folder / "licence.toml").write_text(licence)
        licences.apply(self.desk(), self.licence_file(), force=True)

    def reopen(self) -> None:
        """Open the database anew, as the next process does."""
        self.house = House(self.house.settings, clock=self.clock)

    def desk(self) -> Desk:
        """Return a desk for a person."""
        return Desk(self.house, "test")

    def sell(self, orders: Sequence[dict[str, Any]]) -> None:
        """Put orders into the shop's file."""
        with (self.folder / "shop" / "orders.jsonl").open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(order) + "\n" for order in orders)

    def run(self) -> dict[str, int]:
        """Work until nothing is due at this moment; return the documents per state."""
        with self.house.workplace("test") as work:
            worker = Worker(work)
            while worker.step():
                pass
        return self.counts()

    def run_for(self, minutes: int, step: int = 5) -> dict[str, int]:
        """Let time pass, working every few minutes."""
        for _ in range(minutes // step):
            self.advance(minutes=step)
            self.run()
        return self.counts()

    def advance(self, **by: float) -> None:
        """Move both clocks."""
        self.clock.advance(dt.timedelta(**by))
        self.exact.put_clock(self.clock.now())

    def retry(self) -> None:
        """Offer everything once more that is a problem."""
        retry.retry(self.desk(), licences.get(self.house, "spaak"))

    def counts(self) -> dict[str, int]:
        """Count the documents per state, without the states that none is in."""
        with self.house.database.read() as connection:
            return {state: count for state, count in states.counts(connection).items() if count}

    def problems(self) -> set[str]:
        """Name the codes of the open problems."""
        with self.house.database.read() as connection:
            return {problem.code for problem in list_open(connection)}

    def entries_of_one(self) -> set[str]:
        """Return the ids at Exact of the entries that book one document."""
        query = "select s.remote_id from entry_state s join membership m on m.entry = s.entry group by 1"
        with self.house.database.read() as connection:
            return {row[0] for row in connection.exec_driver_sql(f"{query} having count(*) = 1")}

    def reasons(self, state: str) -> set[str]:
        """Return why documents are in a state, as a person reads it."""
        with self.house.database.read() as connection:
            query = "select distinct reason from document_state where state = ?"
            return {words.reason(row[0]) for row in connection.exec_driver_sql(query, (state,))}

    def transaction_lines(self) -> list[dict[str, Any]]:
        """Read all ledger lines back as Exact tells them, page by page, with the connection's own token."""
        target = self.house.instances().target(connections.get(self.house, "exact").id)
        headers = {"Authorization": f"Bearer {target.context.grant.token()}"}
        asked = "$select=GLAccountCode,AmountDC,AmountFC,VATCode,EntryID,Account&$filter=FinancialYear ge 2024"
        url = f"{self.exact.url}/api/v1/1234567/financialtransaction/TransactionLines?{asked}"
        rows: list[dict[str, Any]] = []
        while url:
            page = json.loads(requests.get(url, headers=headers, timeout=10).content, parse_float=Decimal)["d"]
            rows, url = rows + page["results"], page.get("__next", "")
        return rows

    def read_back(self) -> dict[str, Decimal]:
        """Sum the ledger lines up per account, as they are read back."""
        sums: dict[str, Decimal] = {}
        for row in self.transaction_lines():
            code = row["GLAccountCode"].strip()
            sums[code] = sums.get(code, Decimal(0)) + Decimal(row["AmountDC"])
        return {code: amount for code, amount in sums.items() if amount}

    def words(self, code: str, language: str) -> str:
        """Return what a person reads of the first open problem of a code."""
        return next(one.message for one in problems.list_open(self.house, language) if one.code == code)


@contextmanager
def journey(folder: Path, *, size: int = 5, licence: str = LICENCE) -> Iterator[Journey]:
    """Run a stand-in and a house that is linked to it."""
    clock = SettableClock()
    with running(make, size=size) as ready:
        exact = StandIn(ready)
        exact.put_clock(clock.now())
        made = Journey(folder, exact, clock, licence)
        try:
            made.link()
            yield made
        finally:
            made.house.close()


def orders(count: int, *, customers: int = 5, seed: int = 3, first: int = 1) -> list[dict[str, Any]]:
    """Make paid orders of early September: 1 to 3 lines at 21, 9 or 0 percent, of customers that come back."""
    chance = random.Random(seed)
    return [_order(n, chance, customers) for n in range(first, first + count)]


def _order(n: int, chance: random.Random, customers: int) -> dict[str, Any]:
    lines = [_line(chance) for _ in range(chance.randint(1, 3))]
    return {
        "id": n, "number": f"W{1000 + n}", "date": f"2026-09-{1 + n % 10:02}T09:00:00+02:00", "status": "paid",
        "payment_method": chance.choice(METHODS),
        "customer": {
            "email": f"klant{chance.randrange(customers)}@example.org", "name": "Klant", "country": "NL",
            "city": "Utrecht",
        },
        "lines": lines, "total_incl": str(sum(Decimal(line["amount_incl"]) for line in lines)),
        "total_vat": str(sum(Decimal(line["vat"]) for line in lines)), "currency": "EUR",
    }  # fmt: skip


def _line(chance: random.Random) -> dict[str, Any]:
    rate = chance.choice((21, 9, 0))
    amount = Decimal(chance.randint(199, 19999)) / 100
    vat = (amount * rate / (100 + rate)).quantize(CENT, rounding=ROUND_HALF_UP)
    return {
        "sku": "SKU", "name": "Artikel", "quantity": 1, "amount_incl": str(amount), "vat_rate": rate, "vat": str(vat),
    }  # fmt: skip


def expected_ledger(sold: Sequence[dict[str, Any]]) -> dict[str, Decimal]:
    """Add orders up by hand to what the books have to hold."""
    accounts = {21: ("8000", "1500"), 9: ("8010", "1501"), 0: ("8020", "")}
    money = {"ideal": "1060", "paypal": "1062", "contant": "1290"}
    sums: dict[str, Decimal] = {}

    def add(account: str, amount: Decimal) -> None:
        sums[account] = sums.get(account, Decimal(0)) + amount

    for order in sold:
        add(money[order["payment_method"]], Decimal(order["total_incl"]))
        for line in order["lines"]:
            revenue, vat = accounts[line["vat_rate"]]
            add(revenue, Decimal(line["vat"]) - Decimal(line["amount_incl"]))
            if vat:
                add(vat, -Decimal(line["vat"]))
    return {account: amount for account, amount in sums.items() if amount}


def none_twice(made: Journey) -> bool:
    """Tell whether every mark, which memorials carry in their lines, and every customer stands in the books once."""
    books = made.exact.books()
    texts = {line["EntryID"]: line["Description"] for line in books["ledger"]}
    references = Counter(entry.get("YourRef") or texts[entry["EntryID"]] for entry in books["entries"])
    emails = Counter(customer["Email"] for customer in books["customers"])
    return set(references.values()) == {1} and set(emails.values()) <= {1}
