"""Switching between ways of booking never counts a sale twice, whatever happened to it before.

Hypothesis draws what a shop lives through: sales, credits, changes and late arrivals, reversals of sales and terms, and
the ways of booking it goes through meanwhile, the source's own ledger among them.
"""

import csv
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from tests.integration.journey import Business, order
from tests.integration.test_terms import rows, sound

from boekbrug.acts.desk import ActRefused
from boekbrug.acts.reverse import reverse
from boekbrug.booking.rules import HybridRule, Mode
from boekbrug.sync.originals import OUT, order_of

MODES = (Mode.INDIVIDUAL, Mode.DAY, Mode.HYBRID, Mode.MEMORIAL_DAY, Mode.MEMORIAL_MONTH)
REVENUE, VAT = {21: "8000", 9: "8010"}, {21: "1500", 9: "1501"}
CODES = {21: "VH", 9: "VL"}
LEDGER: dict[str, Any] = {
    "accounts": {code: code for code in ("1060", *REVENUE.values(), *VAT.values())},
    "vat_codes": {code: code for code in CODES.values()},
    "vat_ledgers": tuple(VAT.values()),
}


class Step(NamedTuple):
    """A day of the shop: how it books, what it lives through, and what a person reverses."""

    mode: Mode
    seed: int
    reversed: str = ""
    rebook: bool = True


steps = st.lists(
    st.builds(
        Step, st.sampled_from(MODES), st.integers(0, 10_000), st.sampled_from(("", "", "sale", "term")), st.booleans()
    ),
    min_size=2,
    max_size=5,
)
EVERY_MODE = [Step(mode, seed, "term" if seed == 2 else "") for seed, mode in enumerate((*MODES, *MODES[::-1]))]


class Shop:
    """Sells, credits and changes at random; remembers each version of each document, and its ledger's rows."""

    def __init__(self) -> None:
        self.versions: dict[int, list[dict[str, Any]]] = {}
        self.ledger: dict[int, dict[str, Any]] = {}
        self._told: set[int] = set()

    def live(self, day: int, random: Random) -> None:
        for _ in range(random.randint(1, 4)):
            amount, date = f"{random.randint(1, 90000) / 100:.2f}", day - random.randint(0, 2)
            self._tell(order(self._next(), amount=amount, rate=random.choice((21, 9)), date=moment(date, 10)))
        sold = [n for n, told in self.versions.items() if "kind" not in told[-1] and not self._is_credited(n)]
        if sold and random.random() < 0.7:
            self._credit(random.choice(sold), day)
        elif sold and random.random() < 0.7:
            sale = self.versions[n := random.choice(sold)][-1]
            amount = f"{random.randint(1, 90000) / 100:.2f}"
            changed = order(n, amount=amount, rate=sale["lines"][0]["vat_rate"], date=sale["date"])
            if n in self._told:
                self.versions[n].append(changed)
            else:
                self._tell(changed)

    def _next(self) -> int:
        return len(self.versions) + 1

    def _tell(self, document: dict[str, Any]) -> None:
        self.versions[document["id"]] = [document]
        self.ledger[document["id"] + 1000] = movements(document)

    def _is_credited(self, n: int) -> bool:
        return any(told[-1].get("refers_to") == {"kind": "order", "id": n} for told in self.versions.values())

    def _credit(self, of: int, day: int) -> None:
        sale, n = self.versions[of][-1], self._next()
        back = order(n, amount=f"-{sale['total_incl']}", rate=sale["lines"][0]["vat_rate"], kind="credit-note",
                     number=f"C{n}", date=moment(day, 18), refers_to={"kind": "order", "id": of})  # fmt: skip
        self._tell(back)

    def documents(self) -> Iterator[dict[str, Any]]:
        self._told.update(self.versions)
        yield from (told[-1] for told in self.versions.values())
        yield from self.ledger.values()

    def told(self, kind: str, n: int, revision: int) -> dict[str, Any]:
        return self.versions[n - 1000 if kind == "ledger-movement" else n][0 if n > 1000 else revision - 1]


def moment(day: int, hour: int) -> str:
    return f"2026-09-{day:02}T{hour}:00:00+02:00"


def movements(document: dict[str, Any]) -> dict[str, Any]:
    """Tell a sale or credit as the source's own ledger does."""
    rate, gross, vat = document["lines"][0]["vat_rate"], Decimal(document["total_incl"]), Decimal(document["total_vat"])
    moves = [("1060", gross, ""), (REVENUE[rate], vat - gross, CODES[rate]), (VAT[rate], -vat, "")]
    rows = [{"account": account, "amount": str(amount), "vat_code": code} for account, amount, code in moves if amount]
    date = document["date"][:10]
    return {
        "id": document["id"] + 1000, "kind": "ledger-movement", "date": date, "business_date": date,
        "total_incl": "0.00", "movements": rows,
    }  # fmt: skip


def live(business: Business, script: list[Step]) -> Shop:
    """Let a shop live through a script, and the books come to rest."""
    shop = Shop()
    for day, step in enumerate(script, start=15):
        random = Random(step.seed)
        business.choose(mode=step.mode, corrections="automatic", delay_days=0, hybrid=HybridRule(above=40000), **LEDGER)
        shop.live(day, random)
        business.write("orders.jsonl", *shop.documents())
        business.sync()
        if step.reversed:
            reverse_one(business, random, step)
        business.wait(1)
    business.wait(30)
    business.sync()
    return shop


def reverse_one(business: Business, random: Random, step: Step) -> None:
    """Reverse a booked term or sale, where that may be."""
    terms = rows(
        business, "select distinct t.first_day from term t join entry e on e.term = t.id where t.state = 'composed'"
    )
    sales = rows(
        business, "select d.number from document d join document_state s on s.document = d.id where s.state = 'booked'"
    )
    chosen = sorted(terms if step.reversed == "term" else sales)
    if not chosen:
        return
    [(name,)] = random.sample(chosen, 1)
    what: dict[str, Any] = {"term": name} if step.reversed == "term" else {"numbers": [name]}
    try:
        reverse(business.desk, business.licence, **what, rebook=step.rebook)
    except ActRefused as refused:
        assert all(refused.reasons), "a refusal says why"


def balances(hledger: Path, books: Path) -> dict[str, Decimal]:
    journals = [argument for file in sorted(books.glob("20*.journal")) for argument in ("-f", str(file))]
    done = subprocess.run(
        [hledger, *journals, "balance", "--flat", "--no-total", "-O", "csv"], capture_output=True, text=True, check=True
    )
    found = {}
    for account, amount in list(csv.reader(done.stdout.splitlines()))[1:]:
        code = account.rpartition(":")[2].partition("-")[0]
        found[code] = Decimal(amount.removesuffix(" EUR"))
    return found


_LIVING = """
    select d.kind, d.source_id, m.facet, m.revision, e.date from membership m join document d on d.id = m.document
    join entry e on e.id = m.entry where m.ended_at is null and m.facet not like 'reversal%'
"""


def living(business: Business) -> list[tuple[str, int, int, str]]:
    """List what stands in the books: kind, id, the revision that is booked, and the day."""
    facets: dict[tuple[str, int], list[tuple[Any, ...]]] = {}
    for kind, source_id, *facet in rows(business, _LIVING):
        facets.setdefault((kind, int(source_id)), []).append(tuple(facet))
    found = []
    for key, of_document in facets.items():
        assert len({facet for facet, _, _ in of_document}) == len(of_document)
        last, revision, date = max(of_document, key=lambda one: order_of(one[0]))
        if not last.endswith(OUT):
            found.append((*key, revision, date))
    return found


def check(business: Business, shop: Shop, hledger: Path) -> None:
    """Whatever stands is in the books once, to the cent; whatever does not has a reason."""
    sound(business.house.database)
    stands = living(business)
    states = rows(business, "select d.kind, d.source_id, s.state, s.reason from document_state s join document d "
                            "on d.id = s.document")  # fmt: skip
    assert len(states) == len(shop.versions) + len(shop.ledger)
    booked = {(kind, n) for kind, n, _, _ in stands}
    for kind, source_id, state, reason in states:
        assert reason, (kind, source_id, state)
        assert (state == "booked" and reason != "reversed") == ((kind, int(source_id)) in booked)
    ways: dict[str, set[bool]] = {}
    for kind, _, _, date in stands:
        ways.setdefault(date, set()).add(kind == "ledger-movement")
    assert all(len(way) == 1 for way in ways.values()), "a day is booked from sales or from the ledger"
    sums: Counter[str] = Counter()
    for kind, n, revision, _ in stands:
        told = shop.told(kind, n, revision)
        rate, vat = told["lines"][0]["vat_rate"], round(Decimal(told["total_vat"]) * 100)
        sums[VAT[rate]] -= vat
        sums[REVENUE[rate]] -= round(Decimal(told["total_incl"]) * 100) - vat
    found = balances(hledger, business.books)
    accounts = [*REVENUE.values(), *VAT.values()]
    assert {code: found.get(code, Decimal(0)) for code in accounts} == {
        code: Decimal(sums[code]) / 100 for code in accounts
    }


def lived(folder: Path, template: Path, script: list[Step]) -> tuple[Business, Shop]:
    folder.mkdir(exist_ok=True)
    path = folder / "boekbrug.db"
    path.write_bytes(template.read_bytes())
    business = Business(folder, f"sqlite:///{path}")
    return business, live(business, script)


@pytest.mark.parametrize("examples", [pytest.param(2, id="few"), pytest.param(200, id="many", marks=pytest.mark.prove)])
def test_every_facet_is_in_one_living_entry_and_the_books_say_what_the_shop_says(
    examples: int, sqlite_template: Path, tool: Callable[[str], Path]
) -> None:
    @settings(max_examples=examples, deadline=None, derandomize=examples < 10, database=None,
              phases=[Phase.explicit, Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @example(script=EVERY_MODE)
    @given(script=steps)
    def run(script: list[Step]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            business, shop = lived(Path(folder), sqlite_template, script)
            try:
                check(business, shop, tool("hledger"))
            finally:
                business.house.close()

    run()


def test_the_same_life_gives_the_same_books(tmp_path: Path, sqlite_template: Path) -> None:
    def told(name: str) -> str:
        business, _ = lived(tmp_path / name, sqlite_template, EVERY_MODE[:4])
        business.house.close()
        return re.sub(rf"\b{business.licence.code}\b", "CODE", business.ledger())

    once, again = told("once"), told("again")
    assert once == again
    assert len(once) > 1000


def ledger(n: int, day: int, gross: str) -> dict[str, Any]:
    """Tell a sale at 21 % as the source's own ledger does."""
    amount = Decimal(gross)
    vat = (amount * 21 / 121).quantize(Decimal("0.01"))
    moves = [("1060", amount, ""), ("8000", vat - amount, "VH"), ("1500", -vat, "")]
    rows = [{"account": account, "amount": str(minor), "vat_code": code} for account, minor, code in moves]
    date = f"2026-09-{day:02}"
    return {
        "id": n,
        "kind": "ledger-movement",
        "date": date,
        "business_date": date,
        "total_incl": "0.00",
        "movements": rows,
    }


def test_between_sales_and_the_sources_own_ledger_no_day_is_booked_twice(
    tmp_path: Path, sqlite_template: Path, tool: Callable[[str], Path]
) -> None:
    path = tmp_path / "boekbrug.db"
    path.write_bytes(sqlite_template.read_bytes())
    business = Business(tmp_path, f"sqlite:///{path}")
    accounts = {code: code for code in ("1060", "8000", "1500")}
    memorial: dict[str, Any] = {"accounts": accounts, "vat_codes": {"VH": "VH"}, "vat_ledgers": ("1500",)}
    rows: list[dict[str, Any]] = []
    modes = (Mode.INDIVIDUAL, Mode.MEMORIAL_DAY, Mode.DAY, Mode.MEMORIAL_DAY, Mode.INDIVIDUAL)
    for n, mode in enumerate(modes):
        day = 14 + n
        rows += [order(n + 1, date=f"2026-09-{day}T10:00:00+02:00"), ledger(100 + n, day, "121.00")]
        business.choose(mode=mode, delay_days=0, **memorial)
        business.write("orders.jsonl", *rows)
        business.sync()
        business.wait(1)
    business.sync()
    # every day was sold for 121.00 and is in the books once, by whichever way was chosen then
    assert balances(tool("hledger"), business.books)["8000"] == Decimal(-500), business.counts()
    assert business.counts()["booked"] == len(modes)
    business.house.close()
