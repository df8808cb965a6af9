import ast
import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Formatter

import pytest
from babel.messages import Catalog, Message
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from boekbrug.booking.composed import DocumentState
from boekbrug.booking.header import TAKEN
from boekbrug.booking.periods import YEAR_OPEN
from boekbrug.booking.proofs import UNPROVEN
from boekbrug.booking.terms import NO_JOURNAL
from boekbrug.contract import SALE_KINDS, Because, DocumentKind, EntryKind
from boekbrug.problems import LANGUAGES
from boekbrug.store.words import Reason
from boekbrug.sync.corrections import DELETED, RELEASED, WHOLE_TERM
from boekbrug.sync.terms import NOT_CLOSED
from boekbrug.web.language import catalogue, choose
from boekbrug.web.ruleform import layout
from boekbrug.web.writing import Writing

NOW = dt.datetime(2026, 7, 3, 22, 30, tzinfo=dt.UTC)
SPACE = "\N{NO-BREAK SPACE}"
WEB = files("boekbrug.web")
ROOMS_OF_THE_STORE = {"connect", "date", "refusal", "refused", "setting"}
"""Rooms whose words are named by what happened, beside those that `known` looks into."""


def catalogue_of(language: str) -> Catalog:
    with WEB.joinpath("locale", f"{language}.po").open("rb") as text:
        return read_po(text, locale=language, abort_invalid=True)


def messages(language: str) -> dict[str, Message]:
    return {f"{one.context}.{name_of(one)}": one for one in catalogue_of(language) if one.id}


def name_of(message: Message) -> str:
    return str(message.id[0] if message.pluralizable else message.id)


def sentences(message: Message) -> list[str]:
    said = message.string
    return [str(one) for one in said] if isinstance(said, tuple | list) else [said or ""]


def facts(sentence: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(sentence) if field is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_untranslated_and_all_say_the_same_facts(language: str) -> None:
    dutch, own = messages("nl"), messages(language)
    assert own.keys() == dutch.keys()
    for name, message in own.items():
        assert all(sentences(message)), name
        assert not message.fuzzy, name
        assert {frozenset(facts(one)) for one in sentences(message)} == {frozenset(facts(sentences(dutch[name])[0]))}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_count_has_its_plural(language: str) -> None:
    for name, message in messages(language).items():
        assert message.pluralizable == name.startswith("count."), name
        assert not message.pluralizable or len(sentences(message)) == catalogue_of(language).num_plurals


def test_every_state_reason_and_kind_has_its_word() -> None:
    for room, names in (
        ("state", DocumentState),
        ("meaning", DocumentState),
        ("reason", Reason),
        ("kind", DocumentKind),
    ):
        assert {f"{room}.{name}" for name in map(str, names)} <= messages("nl").keys()


def test_name_that_no_catalogue_has_is_an_error_and_not_a_page() -> None:
    writing = Writing("nl", NOW)
    for name in ("page.nothing", "nothing.title", "page"):
        with pytest.raises(KeyError):
            writing.word(name)
    with pytest.raises(KeyError):
        writing.counted("nothing", 1)
    assert writing.known("state", "of another version") == "of another version"


def called(method: str) -> Iterator[str]:
    """Yield what code and templates write as the first argument of a method; of what is put together, its pieces."""
    for file in WEB.joinpath("templates").iterdir():
        for call in Environment().parse(file.read_text()).find_all(nodes.Call):
            if isinstance(call.node, nodes.Getattr) and call.node.attr == method:
                yield from beginnings(call.args[0])
    for file in WEB.iterdir():
        for spot in ast.walk(ast.parse(file.read_text())) if is_code(file) else ():
            if isinstance(spot, ast.Call) and isinstance(spot.func, ast.Attribute) and spot.func.attr == method:
                yield from (str(one.value) for one in ast.walk(spot.args[0]) if isinstance(one, ast.Constant))


def is_code(file: Traversable) -> bool:
    return file.name.endswith(".py")


def beginnings(written: nodes.Node) -> Iterator[str]:
    constants = [written] if isinstance(written, nodes.Const) else written.find_all(nodes.Const)
    yield from (str(one.value) for one in constants)


def test_words_and_pages_belong_together() -> None:
    words = messages("nl").keys()
    named = {name for name in called("word") if "." in name}
    assert {
        name for name in named if not name.endswith(".") and name.partition(".")[0] not in ROOMS_OF_THE_STORE
    } <= words
    counted = {f"count.{name}" for name in called("counted")}
    assert counted <= words
    rooms = {*called("known"), *ROOMS_OF_THE_STORE, *(name.rstrip(".") for name in named if name.endswith("."))}
    unused = {name for name in words if name not in named | counted and name.partition(".")[0] not in rooms}
    assert unused == set()


def written_in(room: str, name: str) -> Iterator[ast.Call]:
    """Yield the calls of a name in the code of a room of the house, and in that of the rooms within."""
    for file in Path(str(files("boekbrug").joinpath(room))).rglob("*.py"):
        for spot in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(spot, ast.Call) and isinstance(spot.func, ast.Name) and spot.func.id == name:
                yield spot


def templates() -> dict[str, set[str]]:
    """Return each refusal that the house can utter with the facts that it is given."""
    found: dict[str, set[str]] = {}
    for call in (*written_in("acts", "Because"), *written_in("web", "Because")):
        template = ast.literal_eval(call.args[0])
        found[template] = facts(template)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_is_said_in_every_language(language: str) -> None:
    said = {name_of(one): one for one in catalogue_of(language) if one.context == "refusal"}
    uttered = templates()
    assert said.keys() == uttered.keys()
    for template, message in said.items():
        assert facts(sentences(message)[0]) <= uttered[template], template
        # whoever reads a page has no command line; the operator's own tools are named as they are
        assert template.startswith("A PostgreSQL") or " --" not in sentences(message)[0], template
        assert "see: boekbrug" not in sentences(message)[0], template


def test_acts_are_refused_with_nothing_but_what_can_be_translated() -> None:
    plain = [
        ast.unparse(reason)
        for room in ("acts", "web")
        for call in written_in(room, "ActRefused")
        for reason in call.args
        if isinstance(reason, ast.Constant | ast.JoinedStr | ast.List)
    ]
    assert plain == []


def test_refusal_speaks_english_by_itself_and_the_readers_language_on_a_page() -> None:
    total = Because(
        "The payments add up to {sum}, {number} is {total}.", sum=Decimal("12.50"), number="{P1}", total=Decimal("9.00")
    )
    assert total == "The payments add up to 12.50, {P1} is 9.00."
    assert Writing("nl", NOW).because(total) == "De betalingen zijn samen 12,50, maar {P1} is 9,00."
    day = Because("{day} is not over yet; a return is filed when its period is.", day=dt.date(2026, 9, 30))
    assert Writing("de", NOW).because(day).startswith("30. September 2026 ist noch nicht vorbei")
    held = Because(
        "It is held: {reason}. Name a date in an open period with --date.", reason="books locked through: 2026-06-30"
    )
    assert "De boekhouding is voor deze periode afgesloten. (2026-06-30)" in Writing("nl", NOW).because(held)


def test_why_a_document_is_held_or_skipped_is_said_in_words() -> None:
    known = {name_of(one) for one in catalogue_of("nl") if one.context == "reason"}
    fixed = [
        str(call.args[0].value).partition(": ")[0]
        for name in ("Held", "Skipped")
        for room in ("booking", "sync")
        for call in written_in(room, name)
        if isinstance(call.args[0], ast.Constant)
    ]
    put_together = [f"choose a journal for {kind} entries" for kind in EntryKind]
    put_together += [f"{what} {kind}" for what in ("booked as", "this licence books each") for kind in SALE_KINDS]
    named = [
        NOT_CLOSED,
        NO_JOURNAL,
        TAKEN,
        DELETED,
        RELEASED,
        WHOLE_TERM,
        YEAR_OPEN.partition(": ")[0],
        UNPROVEN.partition(": ")[0],
    ]
    assert fixed
    assert {*fixed, *put_together, *named} - known == set()


def test_every_setting_of_the_form_and_every_choice_has_its_word() -> None:
    shown, words = layout({}), messages("nl").keys()
    single = [*shown.schedule, *shown.answers, *shown.accounts]
    cells = [one for grid in shown.grids for one in grid.rows[0]]
    wanted = {f"rule.{name}" for name in (*(one.label for one in single), *(grid.name for grid in shown.grids))}
    wanted |= {f"column.{one.label}" for one in cells if one.label != "value"}
    wanted |= {f"value.{option}" for one in (*single, *cells) for option in one.options if option}
    assert len(wanted) > 100
    assert wanted - words == set()


def test_catalogue_is_read_once() -> None:
    assert catalogue("de") is catalogue("de")


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
        ("nl", "-1234567.00", "EUR", f"€{SPACE}-1.234.567,00"),
        ("nl", "12.00", "CHF", f"CHF{SPACE}12,00"),
        ("en", "1234.56", "EUR", "€1,234.56"),
        ("en", "-12.00", "CHF", "-CHF12.00"),
        ("de", "-1234.56", "EUR", f"-1.234,56{SPACE}€"),
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
    assert Writing("de", NOW).counted("errors", 0) == "0 Fehler"


@pytest.mark.parametrize(("language", "written"), [("nl", "-1.234,500"), ("en", "-1,234.500"), ("de", "-1.234,500")])
def test_numbers_keep_their_decimals(language: str, written: str) -> None:
    assert Writing(language, NOW).number(Decimal("-1234.500")) == written
    assert Writing(language, NOW).number(0) == "0"


def test_periods_have_their_names() -> None:
    day = dt.date(2026, 7, 1)
    assert [Writing(one, NOW).month(day) for one in LANGUAGES] == ["juli 2026", "July 2026", "Juli 2026"]
    assert [Writing(one, NOW).quarter(day) for one in LANGUAGES] == [
        "3e kwartaal 2026", "3rd quarter 2026", "3. Quartal 2026",
    ]  # fmt: skip
