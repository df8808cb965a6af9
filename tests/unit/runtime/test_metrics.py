import re
from pathlib import Path

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from boekbrug.contract import Booked, Problem, Refused
from boekbrug.runtime.metrics import Metrics, Stock

STOCK = Stock(
    documents={"booked": 40, "problem": 2},
    problems={"wrong-key": 2},
    in_doubt=1,
    oldest_waiting_seconds=61.5,
    overdue_seconds=2,
)
DOCS = Path(__file__).parents[3] / "docs" / "metrics.md"


def read(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(generate_latest(metrics.registry).decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def used() -> Metrics:
    metrics = Metrics()
    metrics.watch(lambda: STOCK)
    metrics.runs.labels("fetch", "done").inc()
    metrics.effects.labels("ledger", "booked").inc(3)
    metrics.refusals.labels("ledger", "entry-unbalanced").inc()
    metrics.call_seconds.labels("ledger", "post").observe(0.02)
    return metrics


def test_stock_is_read_at_each_scrape() -> None:
    metrics = Metrics()
    stocks = iter(
        [STOCK, Stock(documents={"booked": 42}, problems={}, in_doubt=0, oldest_waiting_seconds=0, overdue_seconds=0)]
    )
    metrics.watch(lambda: next(stocks))
    first, second = read(metrics), read(metrics)
    assert first["boekbrug_documents", (("state", "booked"),)] == 40
    assert first["boekbrug_problems", (("code", "wrong-key"),)] == 2
    assert first["boekbrug_oldest_waiting_seconds", ()] == 61.5
    assert second["boekbrug_documents", (("state", "booked"),)] == 42
    assert second["boekbrug_in_doubt", ()] == 0


def test_effects_and_calls_are_counted() -> None:
    found = read(used())
    assert found["boekbrug_effects_total", (("outcome", "booked"), ("target", "ledger"))] == 3
    assert found["boekbrug_call_seconds_count", (("plugin", "ledger"), ("verb", "post"))] == 1


def test_refusals_are_counted_by_code() -> None:
    metrics = used()
    twice = Problem(code="exact-refused", facts={"what": "a"}), Problem(code="exact-refused", facts={"what": "b"})
    metrics.count_effects("exactonline", [Refused(problems=twice), Booked(id="1")])
    assert read(metrics)["boekbrug_refusals_total", (("code", "exact-refused"), ("target", "exactonline"))] == 1


def test_two_processes_in_one_test_do_not_share_a_registry() -> None:
    used()
    assert ("boekbrug_effects_total", (("outcome", "booked"), ("target", "ledger"))) not in read(Metrics())


def test_each_metric_is_documented_with_its_labels_and_no_other_is() -> None:
    rows = re.findall(r"^\| `(boekbrug_\w+)` \| [^|]+ \| ([^|]*)\|", DOCS.read_text(), re.MULTILINE)
    documented = {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows}
    exposed: dict[str, set[str]] = {}
    for name, labels in read(used()):
        if not name.endswith(("_created", "_bucket", "_count")):
            exposed[name.removesuffix("_sum")] = {label for label, _ in labels}
    assert documented == exposed
