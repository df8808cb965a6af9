import json
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml  # type: ignore[import-untyped]
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from boekbrug.problems import catalogue
from boekbrug.runtime.metrics import Metrics, Stock
from boekbrug.runtime.settings import Engine

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "etc" / "prometheus"
BOARD = ROOT / "etc" / "grafana" / "boekbrug.json"
UNIT = ROOT / "systemd" / "boekbrug.service"
EXPOSURE_LIMIT = 15  # tenths, as systemd-analyze counts them

Tool = Callable[[str], Path]


def succeeds(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def expressions() -> Iterator[str]:
    groups = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"]
    yield from (rule["expr"] for group in groups for rule in group["rules"])
    for panel in json.loads(BOARD.read_text())["panels"]:
        yield from (target["expr"] for target in panel["targets"])


def used() -> Metrics:
    metrics = Metrics()
    stock = Stock(documents={"open": 1}, problems={"bug": 1}, in_doubt=0, oldest_waiting_seconds=0, overdue_seconds=0)
    metrics.watch(lambda: stock)
    metrics.runs.labels("fetch", "done").inc()
    metrics.effects.labels("ledger", "booked").inc()
    metrics.call_seconds.labels("ledger", "post").observe(1)
    return metrics


def exposed() -> set[str]:
    families = text_string_to_metric_families(generate_latest(used().registry).decode())
    return {sample.name for family in families for sample in family.samples}


def test_scrape_configuration_is_valid(tool: Tool) -> None:
    succeeds(tool("promtool"), "check", "config", PROMETHEUS / "boekbrug.yml")


def test_alerts_fire_when_they_should_and_only_then(tool: Tool) -> None:
    succeeds(tool("promtool"), "test", "rules", PROMETHEUS / "alerts_test.yml")


def test_each_alert_has_a_test_in_which_it_fires() -> None:
    rules = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"][0]["rules"]
    tests = yaml.safe_load((PROMETHEUS / "alerts_test.yml").read_text())["tests"]
    fired = {case["alertname"] for test in tests for case in test["alert_rule_test"] if case["exp_alerts"]}
    assert fired == {rule["alert"] for rule in rules}


def test_alerts_and_boards_use_metrics_that_exist() -> None:
    named = {name for expression in expressions() for name in re.findall(r"boekbrug_\w+", expression)}
    assert named <= exposed()


def test_expressions_of_the_board_are_valid(tool: Tool, tmp_path: Path) -> None:
    rules = [{"record": f"board_{number}", "expr": expression} for number, expression in enumerate(expressions())]
    file = tmp_path / "rules.yml"
    file.write_text(json.dumps({"groups": [{"name": "board", "rules": rules}]}))
    succeeds(tool("promtool"), "check", "rules", file)


def test_metrics_keep_the_customs_of_prometheus(tool: Tool) -> None:
    done = subprocess.run([tool("promtool"), "check", "metrics"], input=generate_latest(used().registry), check=False)
    assert done.returncode == 0


def test_alerts_name_problem_codes_that_exist() -> None:
    named = [match.split("|") for text in expressions() for match in re.findall(r'code=~?"([^"]+)"', text)]
    assert {code for codes in named for code in codes} <= set(catalogue())


def test_panels_of_the_board_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(BOARD.read_text())["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_unit_is_understood_by_systemd(tool: Tool, tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    start = re.search(r"ExecStart=(\S+)", UNIT.read_text())
    assert start
    unit.write_text(UNIT.read_text().replace(start[1], str(tool("true"))))
    assert succeeds(tool("systemd-analyze"), "verify", unit) == ""


def test_unit_is_hardened(tool: Tool) -> None:
    options = ("--offline=true", f"--threshold={EXPOSURE_LIMIT}", "--no-pager")
    succeeds(tool("systemd-analyze"), "security", *options, UNIT)


def test_unit_waits_for_the_call_in_hand() -> None:
    found = re.search(r"TimeoutStopSec=(\d+)", UNIT.read_text())
    assert found
    assert int(found[1]) > Engine().call_deadline


def test_user_of_the_unit_is_made(tool: Tool, tmp_path: Path) -> None:
    made = succeeds(
        tool("systemd-sysusers"), "--dry-run", f"--root={tmp_path}", ROOT / "systemd/sysusers.d/boekbrug.conf"
    )
    assert "boekbrug" in made


def test_folders_name_the_user_that_is_made() -> None:
    lines = (ROOT / "systemd/tmpfiles.d/boekbrug.conf").read_text().splitlines()
    users = {shlex.split(line)[4] for line in lines if not line.startswith("#")}
    assert users == {"boekbrug"}
