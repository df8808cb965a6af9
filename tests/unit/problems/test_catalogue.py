import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import boekbrug.problems
from boekbrug.contract import BoekbrugError, Problem, ProblemCode, ProblemText, errors
from boekbrug.problems import LANGUAGES, Catalogue, CodeRefused, catalogue
from boekbrug.problems.catalogue import faults

ROOT = Path(__file__).parents[3]
FOLDER = Path(boekbrug.problems.__file__).parent


def code(name: str = "shop-closed", *, message: str = "Dicht: {shop}.", **attributes: object) -> ProblemCode:
    text = ProblemText(message=message, cause="Daarom.", fix="Doe open.")
    given = {"texts": dict.fromkeys(LANGUAGES, text), "facts": ("shop",), **attributes}
    return ProblemCode(code=name, **given)  # type: ignore[arg-type]


def error_classes(base: type[BoekbrugError] = BoekbrugError) -> list[type[BoekbrugError]]:
    return [base, *(found for below in base.__subclasses__() for found in error_classes(below))]


def test_all_languages_have_the_codes_of_each_room() -> None:
    for room in (FOLDER / "codes").glob("*.toml"):
        declared = set(tomllib.loads(room.read_text()))
        for language in LANGUAGES:
            texts = tomllib.loads((FOLDER / "locale" / language / room.name).read_text())
            assert set(texts) == declared, f"{language}/{room.name}"


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_texts_are_complete_and_use_only_declared_facts(name: str) -> None:
    assert faults(catalogue()[name]) == []


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_where_to_click_is_said_in_all_languages_or_in_none(name: str) -> None:
    assert len({bool(text.where) for text in catalogue()[name].texts.values()}) == 1


@pytest.mark.parametrize("error", [one for one in error_classes() if one.__module__ == errors.__name__])
def test_each_contract_error_has_a_code_that_agrees_on_retrying(error: type[BoekbrugError]) -> None:
    assert catalogue()[error.code].retry_helps == error.retry_helps


def test_facts_are_filled_in() -> None:
    problem = Problem(code="duplicate-number", facts={"number": "2026-17"})
    assert Catalogue().explain(problem, "nl").message == "Nummer 2026-17 komt twee keer voor, met verschillende inhoud."


@given(
    name=st.sampled_from([*catalogue(), "no-such-code"]),
    facts=st.dictionaries(st.sampled_from(["number", "mark", "a b", "{", ""]) | st.text(), st.text()),
    language=st.sampled_from(["nl", "en", "de", "fr", "", "nl-BE"]),
)
def test_any_facts_in_any_language_give_sentences(name: str, facts: dict[str, str], language: str) -> None:
    text = Catalogue().explain(Problem(code=name, facts=facts), language)
    assert text.message
    assert text.cause
    assert text.fix


def test_missing_fact_shows_as_a_dash() -> None:
    assert Catalogue().explain(Problem(code="deleted-at-source"), "en").message == "– was deleted at the source."


def test_braces_in_a_fact_stay_as_they_are() -> None:
    problem = Problem(code="deleted-at-source", facts={"number": "{mark}"})
    assert Catalogue().explain(problem, "en").message.startswith("{mark} was")


def test_details_show_all_facts_of_an_error() -> None:
    error = errors.NotReachable(host="shop.example.nl", reason="refused")
    text = Catalogue().explain(Problem(code=error.code, facts=error.facts), "en")
    assert "host: shop.example.nl, reason: refused" in text.cause


@pytest.mark.parametrize(("asked", "given"), [("nl-NL", "nl"), ("de-AT", "de"), ("fr", "en"), ("", "en")])
def test_language_falls_back_to_its_base_and_then_to_english(asked: str, given: str) -> None:
    problem = Problem(code="in-doubt", facts={"mark": "M"})
    assert Catalogue().explain(problem, asked) == Catalogue().explain(problem, given)


def test_code_of_a_plugin_that_is_gone_is_still_named() -> None:
    text = Catalogue().explain(Problem(code="till-jammed", facts={"till": "2"}), "en")
    assert "till-jammed" in text.message
    assert "till: 2" in text.cause


def test_added_code_is_explained() -> None:
    codes = Catalogue()
    codes.add([code()], "demo")
    assert codes.explain(Problem(code="shop-closed", facts={"shop": "Kade"}), "nl").message == "Dicht: Kade."
    assert "shop-closed" not in Catalogue()


@pytest.mark.parametrize(("name", "owner"), [("wrong-key", "boekbrug itself"), ("shop-closed", "plugin first")])
def test_code_in_use_is_refused_naming_its_owner(name: str, owner: str) -> None:
    codes = Catalogue()
    codes.add([code()], "first")
    with pytest.raises(CodeRefused) as raised:
        codes.add([code(name)], "second")
    assert str(raised.value) == (f"Plugin second registers problem code {name}, which {owner} already has; rename it.")


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (code("Shop Closed"), "lower-case words joined by hyphens"),
        (code(message=""), "its message in nl is empty"),
        (code(message="{till} is dicht"), "uses {till}, which is not among its facts"),
        (code(message="{shop"), "a brace without its partner"),
        (code(message="{shop:>5}"), "formats {shop}"),
        (code(message="{shop.name}"), "uses {shop.name}"),
        (code(texts={"nl": ProblemText(message="a", cause="b", fix="c")}), "texts in en are missing"),
    ],
)
def test_code_that_cannot_be_shown_is_refused_saying_why(broken: ProblemCode, said: str) -> None:
    with pytest.raises(CodeRefused, match=said):
        Catalogue().add([broken], "demo")


def test_codes_of_a_plugin_are_added_all_or_none() -> None:
    codes = Catalogue()
    before = len(codes)
    with pytest.raises(CodeRefused):
        codes.add([code("fine"), code("wrong-key")], "demo")
    assert len(codes) == before


def test_problems_that_read_the_same_are_one() -> None:
    def missing(line: str, country: str) -> Problem:
        facts = {"document": "W1", "line": line, "amount": "10.00", "country": country}
        return Problem(code="eu-business-without-vat-id", facts=facts)

    def differs(line: str) -> Problem:
        facts = {"document": "W1", "line": line, "amount": "10.00", "vat": "1.00", "rate": "21", "computed": "1.74"}
        return Problem(code="vat-differs", facts=facts)

    found = [missing("Tent", "BE"), differs("Tent"), missing("Pole", "BE"), differs("Pole"), missing("Peg", "DE")]
    assert Catalogue().distinct(found) == [found[0], found[1], found[3], found[4]]


def test_page_of_problems_is_current() -> None:
    made = subprocess.run([sys.executable, "-m", "boekbrug.problems"], capture_output=True, check=True)
    assert made.stdout.decode() == (ROOT / "docs" / "problems.md").read_text()
