"""What Prometheus reads: counters that the stages raise, and the stock of the store at the moment of reading."""

from collections import Counter as Tally
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager

import msgspec
from prometheus_client import CollectorRegistry, Counter, Histogram, Info
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from boekbrug import __version__
from boekbrug.contract import CONTRACT, Booked, NotSent, Outcome, Refused, Unknown
from boekbrug.store import outbox, stock
from boekbrug.store.database import Database

OUTCOMES: Mapping[type, str] = {Booked: "booked", Refused: "refused", NotSent: "not-sent", Unknown: "unknown"}
START_BUCKETS = (0.1, 0.25, 0.5, 1, 1.5, 2.5, 5, 10, 30, 60, 300, 900)
CALL_BUCKETS = (0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Stock(msgspec.Struct, frozen=True, kw_only=True):
    """What the store holds now; what waits for its term or an approval is not counted as waiting.

    `last_run_timestamp` is when a licence last ended a run that left no trouble with its connections; 0 is never.
    `reconciled_timestamp` is when the licence had its nightly comparison whose last one was the longest ago.
    """

    documents: Mapping[str, int]
    problems: Mapping[str, int]
    in_doubt: int
    oldest_waiting_seconds: float
    overdue_seconds: float
    last_run_timestamp: float = 0
    differences_at_target: int = 0
    reconciled_timestamp: float = 0
    mail_stuck: int = 0


def read_stock(database: Database) -> Stock:
    """Read the stock of the store."""
    with database.read() as connection:
        now = database.now(connection)
        last_run = stock.last_run(connection)
        differences, reconciled = stock.at_target(connection)
        return Stock(
            documents=stock.documents_by_state(connection),
            problems=stock.problems_by_code(connection),
            in_doubt=stock.in_doubt(connection),
            oldest_waiting_seconds=_seconds_since(stock.waiting_since(connection), now),
            overdue_seconds=_seconds_since(stock.due_since(connection, now), now),
            last_run_timestamp=0 if last_run is None else last_run / 1_000_000,
            differences_at_target=differences,
            reconciled_timestamp=0 if reconciled is None else reconciled / 1_000_000,
            mail_stuck=outbox.stuck(connection, now),
        )


def _seconds_since(moment: int | None, now: int) -> float:
    return 0 if moment is None else max(now - moment, 0) / 1_000_000


class Metrics:
    """The metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        build = Info("boekbrug_build", "Version of boekbrug and of the contract it speaks.", registry=self.registry)
        build.info({"version": __version__, "contract": ".".join(map(str, CONTRACT))})
        self.runs = Counter(
            "boekbrug_runs_total", "Steps of licences by stage and result.", ("stage", "result"), registry=self.registry
        )
        self.effects = Counter(
            "boekbrug_effects_total",
            "Creating calls by target plugin and outcome.",
            ("target", "outcome"),
            registry=self.registry,
        )
        self.refusals = Counter(
            "boekbrug_refusals_total",
            "Calls that a target plugin's system refused, by problem code.",
            ("target", "code"),
            registry=self.registry,
        )
        self.call_seconds = Histogram(
            "boekbrug_call_seconds",
            "Time that calls of a plugin's verbs took.",
            ("plugin", "verb"),
            buckets=CALL_BUCKETS,
            registry=self.registry,
        )

        self.start_seconds = Histogram(
            "boekbrug_start_seconds",
            "Time from when a licence was due until a worker began with it.",
            buckets=START_BUCKETS,
            registry=self.registry,
        )

    def count_effects(self, target: str, outcomes: Sequence[Outcome]) -> None:
        """Count the outcomes of creating calls."""
        for kind, number in Tally(map(type, outcomes)).items():
            self.effects.labels(target, OUTCOMES[kind]).inc(number)
        for outcome in outcomes:
            for code in {problem.code for problem in outcome.problems} if isinstance(outcome, Refused) else ():
                self.refusals.labels(target, code).inc()

    def timed(self, plugin: str, verb: str) -> AbstractContextManager[object]:
        """Measure how long a call of a plugin's verb takes."""
        return self.call_seconds.labels(plugin, verb).time()

    def watch(self, read: Callable[[], Stock]) -> None:
        """Show the stock of the store at every reading."""
        self.registry.register(_StockCollector(read))


class _StockCollector(Collector):
    def __init__(self, read: Callable[[], Stock]) -> None:
        self._read = read

    def describe(self) -> Iterator[Metric]:
        return _families(Stock(documents={}, problems={}, in_doubt=0, oldest_waiting_seconds=0, overdue_seconds=0))

    def collect(self) -> Iterator[Metric]:
        return _families(self._read())


def _families(stock: Stock) -> Iterator[Metric]:
    documents = GaugeMetricFamily("boekbrug_documents", "Documents by state.", labels=("state",))
    for state, number in stock.documents.items():
        documents.add_metric((state,), number)
    yield documents
    problems = GaugeMetricFamily("boekbrug_problems", "Open problems by code.", labels=("code",))
    for code, number in stock.problems.items():
        problems.add_metric((code,), number)
    yield problems
    yield GaugeMetricFamily("boekbrug_in_doubt", "Effects whose outcome is unknown.", value=stock.in_doubt)
    yield GaugeMetricFamily(
        "boekbrug_oldest_waiting_seconds", "How long the longest has waited.", value=stock.oldest_waiting_seconds
    )
    yield GaugeMetricFamily(
        "boekbrug_overdue_seconds", "How long the oldest due work has not been taken.", value=stock.overdue_seconds
    )
    yield GaugeMetricFamily(
        "boekbrug_last_run_timestamp_seconds",
        "When a licence last ended a run without trouble.",
        value=stock.last_run_timestamp,
    )
    yield GaugeMetricFamily(
        "boekbrug_differences_at_target",
        "Entries that are missing, changed or extra at the target and neither put back nor accepted.",
        value=stock.differences_at_target,
    )
    yield GaugeMetricFamily(
        "boekbrug_reconciled_timestamp_seconds",
        "When books were last compared with what was booked, at night.",
        value=stock.reconciled_timestamp,
    )
    yield GaugeMetricFamily(
        "boekbrug_mail_stuck", "Mail that is refused, or was tried in vain for a while.", value=stock.mail_stuck
    )
