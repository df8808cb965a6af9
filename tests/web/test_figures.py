"""Amounts, days and rules within sentences are those of the reader's language."""

import pytest

from boekbrug.contract import Problem
from boekbrug.problems import LANGUAGES
from boekbrug.problems.catalogue import Catalogue
from boekbrug.runtime.clock import SystemClock
from boekbrug.web.writing import Writing

SPACE = "\N{NO-BREAK SPACE}"
DIFFERS = Problem(code="lines-differ-from-total", facts={"document": "2026.10", "lines": "1233.20", "total": "43.20"})


@pytest.mark.parametrize(
    ("language", "amounts"),
    [("nl", ("1.233,20", "43,20")), ("de", ("1.233,20", "43,20")), ("en", ("1233.20", "43.20"))],
)
def test_amounts_of_a_problem_are_written_as_its_reader_does(language: str, amounts: tuple[str, str]) -> None:
    message = Catalogue().explain(DIFFERS, language).message
    assert all(amount in message for amount in amounts)
    assert "2026.10" in message


def test_day_and_rate_of_a_problem_are_written_out() -> None:
    facts = {"document": "W1", "line": "x", "date": "2026-07-03", "rate": "5.5", "country": "NL", "kind": "goods"}
    told = Catalogue().explain(Problem(code="rate-not-in-force", facts=facts), "nl")
    text = " ".join((told.message, told.cause, told.fix))
    assert "3 juli 2026" in text and "5,5" in text
    odd = Catalogue().explain(Problem(code="rate-not-in-force", facts={**facts, "date": "2026-13-40"}), "nl")
    assert "2026-13-40" in " ".join((odd.message, odd.cause, odd.fix))


def test_code_has_a_title_without_what_differs() -> None:
    titles = {language: Catalogue().title("lines-differ-from-total", language) for language in LANGUAGES}
    assert titles["nl"] == "De regels van … tellen op tot …, maar het totaal is …"
    assert len(set(titles.values())) == 3
    assert Catalogue().title("of-another-version", "nl") == "of-another-version"


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("method ideal", "Betaalmethode ideal"),
        ("method cash", "Betaalmethode cash"),
        ("ledger 8000 H", "Rekening van de bron 8000 H"),
        ("vat domestic 21", f"Btw binnenland 21{SPACE}%"),
        ("vat oss 25.5 FI", f"Btw OSS 25,5{SPACE}% FI"),
        ("kind shipping", "Soort regel verzending"),
        ("not due vat domestic 9", f"Nog niet verschuldigd: Btw binnenland 9{SPACE}%"),
        ("provider fees", "Kosten van de betaaldienst"),
        ("open item", "Open post"),
    ],
)
def test_rule_of_a_line_is_said_in_words(why: str, said: str) -> None:
    assert Writing("nl", SystemClock().now()).why(why) == said
