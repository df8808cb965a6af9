import datetime as dt
import re
from decimal import Decimal
from importlib.resources import files
from string import Formatter

import pytest

from boekbrug.booking.composed import DocumentState
from boekbrug.contract import DocumentKind
from boekbrug.problems import LANGUAGES
from boekbrug.store.words import Reason
from boekbrug.web.language import choose, words
from boekbrug.web.writing import Writing

NOW = dt.datetime(2026, 7, 3, 22, 30, tzinfo=dt.UTC)
SPACE = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_languages_have_the_same_words_with_the_same_facts(language: str) -> None:
    def facts(one: str) -> dict[str, set[str | None]]:
        return {
            name: {field for _, field, _, _ in Formatter().parse(word)} - {None} for name, word in words(one).items()
        }

    assert facts(language) == facts("nl")


def test_every_state_reason_and_kind_has_its_word() -> None:
    for room, names in (
        ("state", DocumentState),
        ("meaning", DocumentState),
        ("reason", Reason),
        ("kind", DocumentKind),
    ):
        assert {f"{room}.{name}" for name in map(str, names)} <= set(words("nl"))


def test_words_and_templates_belong_together() -> None:
    folder = files("boekbrug.web")
    templates = "".join(file.read_text() for file in folder.joinpath("templates").iterdir())
    code = "".join(file.read_text() for file in folder.iterdir() if file.name.endswith(".py"))
    named = set(re.findall(r"word\(f?[\"']([\w.-]+\w)[\"']", templates + code))
    counted = {
        f"{name}.{n}" for name in re.findall(r"counted\([\"']([\w-]+)[\"']", templates + code) for n in ("one", "many")
    }
    assert named <= set(words("nl"))
    known = re.findall(r"known\([\"']([\w-]+)[\"']", templates + code)
    rooms = ("date.", "refused.", *(f"{room}." for room in known))
    looked_up = {name for name in words("nl") if name.startswith(rooms)} | {"problem.error", "problem.warning"}
    assert set(words("nl")) - named - counted - looked_up == set()


@pytest.mark.parametrize(
    ("asked", "accepts", "chosen"),
    [
        ("", "", "nl"),
        ("de", "en", "de"),
        ("", "en-GB,en;q=0.9", "en"),
        ("", "de;q=0.4, en;q=0.7", "en"),
        ("", "fr, es", "nl"),
        ("", "en;q=x, de;q=0.1", "de"),
        ("fr", "de", "de"),
    ],
)
def test_language_is_that_asked_for_or_accepted(asked: str, accepts: str, chosen: str) -> None:
    assert choose(asked, accepts) == chosen


@pytest.mark.parametrize(
    ("language", "value", "currency", "written"),
    [
        ("nl", "1234.56", "EUR", f"€{SPACE}1.234,56"),
        ("nl", "-1234567.00", "EUR", f"€{SPACE}{MINUS}1.234.567,00"),
        ("nl", "12.00", "CHF", f"CHF{SPACE}12,00"),
        ("en", "1234.56", "EUR", "€1,234.56"),
        ("en", "-12.00", "CHF", f"{MINUS}CHF{SPACE}12.00"),
        ("de", "-1234.56", "EUR", f"{MINUS}1.234,56{SPACE}€"),
    ],
)
def test_amounts_look_as_readers_write_them(language: str, value: str, currency: str, written: str) -> None:
    assert Writing(language, NOW).amount(Decimal(value), currency) == written


def test_days_and_moments_are_those_of_amsterdam() -> None:
    writing = Writing("nl", NOW)
    assert writing.moment(NOW) == f"vandaag{SPACE}00:30"
    assert writing.moment(NOW - dt.timedelta(minutes=31)) == f"gisteren{SPACE}23:59"
    assert writing.moment(NOW + dt.timedelta(hours=24)) == f"morgen{SPACE}00:30"
    assert writing.moment(NOW - dt.timedelta(days=9)) == f"25 juni 2026{SPACE}00:30"
    assert writing.day("2026-12-01") == "1 december 2026"
    assert Writing("de", NOW).day("2026-03-01") == "1. März 2026"


def test_counts_take_the_right_number() -> None:
    assert Writing("nl", NOW).counted("sales", 1) == "1 verkoop"
    assert Writing("nl", NOW).counted("sales", 1200) == "1.200 verkopen"
