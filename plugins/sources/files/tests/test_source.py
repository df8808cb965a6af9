"""The verbs of the source, its codes and its documentation."""

import datetime as dt
import json
import re
from pathlib import Path
from typing import BinaryIO

import msgspec
import pytest
from pydantic import ValidationError

from boekbrug.contract import (
    CannotTell,
    DocumentKind,
    DocumentRef,
    FileStat,
    FoundDocument,
    Gone,
    ProblemCode,
    SettingsError,
    Source,
    Window,
)
from boekbrug_files import plugin
from boekbrug_files.csvfile import COLUMNS
from boekbrug_files.plugin import FilesSource
from boekbrug_files.settings import FilesSettings

from .support import Shop, TestFolder, order

README = Path(__file__).parents[1] / "README.md"


def ref(source_id: str) -> DocumentRef:
    return DocumentRef(kind=DocumentKind.ORDER, source_id=source_id)


class VanishingFolder(TestFolder):
    """Files are listed, and gone or closed when they are opened."""

    def open(self, name: str) -> BinaryIO:
        if name == "vanished.json":
            raise FileNotFoundError(name)
        if name == "closed.json":
            raise PermissionError(13, "Permission denied")
        return super().open(name)


class OddlyNamedFolder(TestFolder):
    """A file whose name is not UTF-8, as the system hands it out."""

    def files(self) -> list[FileStat]:
        [file] = super().files()
        return [msgspec.structs.replace(file, name="caf\udce9.json")]

    def open(self, name: str) -> BinaryIO:
        return super().open("odd.json")


def test_check_names_a_folder_that_is_absent(tmp_path: Path) -> None:
    assert Shop(tmp_path).source.check().ok
    [problem] = Shop(tmp_path / "absent").source.check().problems
    assert problem.code == "files-folder"
    assert problem.facts["folder"].endswith("absent")


def test_settings_name_the_one_unit(tmp_path: Path) -> None:
    [unit] = Shop(tmp_path, unit="kassa", unit_name="Kassa Zwolle").source.units()
    assert (unit.code, unit.name, unit.time_zone) == ("kassa", "Kassa Zwolle", "Europe/Amsterdam")


def test_another_unit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="one unit"):
        Shop(tmp_path).source.fetch("elsewhere", Window(), "")


@pytest.mark.parametrize(
    "settings",
    [
        {"time_zone": "Europe/Utrecht"},
        {"time_zone": "../../etc/passwd"},
        {"void_statuses": ["Paid"]},
        {"whole_file_limit": 0},
        {"colour": "red"},
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FilesSettings.model_validate({"folder": "orders", **settings})


def test_catalogue_lists_what_the_documents_use(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.json", json.dumps([order(1), order(2, status="new"), order(3, payment_method="klarna")]))
    catalogue = shop.source.catalogue("shop")
    assert [choice.value for choice in catalogue.payment_methods] == ["ideal", "klarna"]
    assert [choice.value for choice in catalogue.vat_rates] == ["21"]
    assert {"new", "paid", "cancelled"} <= {choice.value for choice in catalogue.statuses}


def test_read_finds_documents_in_the_order_asked(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("a.jsonl", json.dumps(order(1)) + "\n" + json.dumps(order(2)) + "\n", age=60)
    shop.write("b.json", json.dumps(order(1, status="refunded")), age=50)
    answers = shop.source.read("shop", [ref("2"), ref("9"), ref("1")])
    assert [type(answer) for answer in answers] == [FoundDocument, Gone, FoundDocument]
    assert isinstance(answers[2], FoundDocument)
    assert answers[2].document.status == "refunded"


def test_read_cannot_tell_what_an_unreadable_file_holds(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("a.json", json.dumps(order(1)))
    shop.write("b.json", "{")
    found, absent = shop.source.read("shop", [ref("1"), ref("2")])
    assert isinstance(found, FoundDocument)
    assert isinstance(absent, CannotTell)


def test_window_holds_the_documents_of_its_shop_local_days(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    late, early = order(1, date="2026-06-30T21:59:00Z"), order(2, date="2026-06-30T22:00:00Z")
    shop.write("orders.json", json.dumps([late, early, order(3, date="2026-07-02")]))
    shop.write("invoices.json", json.dumps([order(4, invoice_date="2026-06-30"), order(5)]))
    [page] = shop.pages(Window(since=dt.date(2026, 7, 1), until=dt.date(2026, 7, 2)))
    assert sorted(document.number for document in page.documents) == ["W2", "W5"]


def test_file_that_vanishes_is_no_problem_and_one_that_is_closed_is(tmp_path: Path) -> None:
    shop = Shop(tmp_path, VanishingFolder)
    for name in ("closed.json", "good.json", "vanished.json"):
        shop.write(name, json.dumps(order(1)))
    documents, [broken] = shop.fetch()
    assert len(documents) == 1
    assert (broken.problem.code, broken.place.name) == ("files-not-readable", "closed.json")
    assert isinstance(shop.source.read("shop", [ref("7")])[0], CannotTell)


def test_name_that_is_not_utf8_can_be_stored(tmp_path: Path) -> None:
    shop = Shop(tmp_path, OddlyNamedFolder)
    shop.write("odd.json", "{")
    assert shop.fault().place.name == "caf\\udce9.json"
    shop.cursor.encode()


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    for name in ("README.md", "orders.xml", "orders.jsonl.tmp", "orders"):
        shop.write(name, "anything")
    assert list(shop.pages()) == []


def test_plugin_registers_its_source_and_its_codes_in_three_languages() -> None:
    sources: list[type[Source]] = []
    codes: list[ProblemCode] = []
    plugin.register_source(register=sources.append)
    plugin.register_problem_codes(register=codes.append)
    assert sources == [FilesSource]
    for code in codes:
        assert set(code.texts) == {"nl", "en", "de"}
        for text in code.texts.values():
            used = set(re.findall(r"\{(\w+)\}", "".join((text.message, text.cause, text.fix, text.where))))
            assert used <= set(code.facts), code.code


def test_readme_names_every_field_column_and_setting() -> None:
    text = README.read_text(encoding="utf-8")
    names = {field for _, field in COLUMNS.values()} | set(FilesSettings.model_fields)
    assert {name for name in names if f"`{name}`" not in text} == set()


def test_schema_refuses_other_fields_and_states_the_patterns() -> None:
    schema = FilesSource.schema()
    row = schema["$defs"]["Row"]
    assert row["additionalProperties"] is False
    assert row["required"] == ["date"]
    assert "pattern" in json.dumps(row["properties"]["total_incl"])
