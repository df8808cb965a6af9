"""Every promise names a test that exists."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")


def test_every_test_that_a_guarantee_names_exists() -> None:
    defined = {
        name
        for folder in (ROOT / "tests", *ROOT.glob("plugins/*/*/tests"))
        for file in folder.glob("**/test_*.py")
        for name in re.findall(r"^def (test_\w+)\(", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 10
    assert named <= defined, named - defined


def test_every_promise_names_a_test() -> None:
    promised = PAGE.split("## Promised")[1].split("## Conditions")[0]
    for promise in re.split(r"^\d+\. ", promised, flags=re.MULTILINE)[1:]:
        assert "`test_" in promise, promise


def test_every_condition_and_limit_names_a_test_or_says_that_it_is_assumed() -> None:
    for bullet in re.split(r"^- ", PAGE.split("## Conditions")[1], flags=re.MULTILINE)[1:]:
        assert "`test_" in bullet or "an assumption" in bullet, bullet
