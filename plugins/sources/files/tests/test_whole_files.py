"""JSON and CSV files, read as a whole."""

import json
from pathlib import Path

import pytest

from boekbrug.contract import DocumentKind, LineKind

from .support import Shop, order

HEAD = "id,date,status,payment_method,total_incl,line_sku,line_amount_incl,line_vat_rate,line_vat\n"


def csv_row(number: int, sku: str = "A", total: str = "12.10") -> str:
    return f"{number},2026-07-01,paid,ideal,{total},{sku},12.10,21,2.10\n"


def test_one_document_and_an_array_are_read(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("one.json", json.dumps(order(1)), age=60)
    shop.write("two.json", json.dumps([order(2), order(3)], indent=1), age=50)
    assert shop.numbers() == ["W1", "W2", "W3"]


def test_broken_element_names_its_line_and_the_others_go_through(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.json", f"[\n{json.dumps(order(1))},\n7,\n\n{json.dumps(order(2))},\n{{}}\n]\n")
    documents, broken = shop.fetch()
    assert [document.number for document in documents] == ["W1", "W2"]
    assert [(fault.place.name, fault.place.row) for fault in broken] == [("orders.json", 3), ("orders.json", 6)]


def test_element_inside_another_does_not_confuse_the_line(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.json", '[\n[1],\n1,\n{"a":\n1},\n1]')
    _, broken = shop.fetch()
    assert [fault.place.row for fault in broken] == [2, 3, 4, 6]


def test_truncated_json_is_left_while_fresh_and_a_problem_after(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.json", json.dumps([order(1), order(2)], indent=1)[:-20], age=1)
    assert shop.numbers() == []
    shop.touch("orders.json", age=3)
    fault = shop.fault()
    assert fault.problem.code == "files-not-json"
    assert fault.place.row is not None
    assert fault.place.row > 20


def test_finished_json_is_read_at_once(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.json", json.dumps([order(1)]), age=0.1)
    assert shop.numbers() == ["W1"]


def test_file_above_the_limit_is_refused_and_advises_json_lines(tmp_path: Path) -> None:
    shop = Shop(tmp_path, whole_file_limit=1)
    with (tmp_path / "orders.json").open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    shop.touch("orders.json")
    fault = shop.fault()
    assert fault.problem.code == "files-too-large"
    assert fault.problem.facts["size"] == "200 MiB"


@pytest.mark.parametrize("name", ["orders.json", "orders.csv"])
def test_empty_file_is_a_problem(tmp_path: Path, name: str) -> None:
    shop = Shop(tmp_path)
    shop.write(name, "\n \n")
    assert shop.fault().problem.code == "files-empty"


@pytest.mark.parametrize("depth", [10, 100_000])
def test_nesting_without_end_is_a_problem(tmp_path: Path, depth: int) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.json", "[" * depth)
    assert shop.fault().problem.code == "files-not-json"


def test_pages_of_a_whole_file_go_on_from_any_cursor(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.json", json.dumps([order(n) for n in range(1, 2502)]))
    pages = list(shop.pages())
    assert [len(page.documents) for page in pages] == [1000, 1000, 501]
    for stop in range(3):
        shop.cursor = pages[stop].cursor
        assert shop.numbers() == [document.number for page in pages[stop + 1 :] for document in page.documents]


def test_same_document_twice_in_a_file_names_both_lines(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.json", f"[{json.dumps(order(1))},\n{json.dumps(order(1, status='new'))}]")
    documents, [broken] = shop.fetch()
    assert [document.status for document in documents] == ["paid"]
    assert (broken.problem.code, broken.place.row) == ("files-twice", 2)
    assert broken.problem.facts["first"] == "1"


def test_rows_of_the_same_id_are_one_document(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.csv", HEAD + csv_row(1, "A", "24.20") + csv_row(1, "SHIPPING", "24.20") + csv_row(2))
    documents, broken = shop.fetch()
    assert broken == []
    assert [[line.kind for line in document.lines] for document in documents] == [
        [LineKind.GOODS, LineKind.SHIPPING],
        [LineKind.GOODS],
    ]


def test_dutch_csv_has_semicolons_and_decimal_commas(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.csv", (HEAD + csv_row(1)).replace(",", ";").replace(".", ","))
    [document], broken = shop.fetch()
    assert broken == []
    assert (str(document.total), str(document.lines[0].vat)) == ("12.10", "2.10")


def test_decimal_comma_between_commas_is_refused(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.csv", HEAD + csv_row(1).replace("12.10,A", '"12,10",A'))
    assert shop.fault().problem.code == "files-amount"


def test_thousands_separator_is_refused(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.csv", (HEAD + csv_row(1)).replace(",", ";").replace("12.10;A", "1.012,10;A"))
    assert shop.fault().problem.code == "files-amount"


def test_columns_of_customer_tender_and_reference_are_read(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write(
        "credit-notes.csv",
        "id;date;total_incl;customer_name;customer_is_business;tender_method;tender_amount;refers_to_id;on_account\n"
        'C1;2026-07-01;-5,00;"Bakkerij ""De Halm""";ja;ideal;-5,00;4001;nee\n',
    )
    [document], broken = shop.fetch()
    assert broken == []
    assert document.kind is DocumentKind.CREDIT_NOTE
    assert document.buyer is not None
    assert (document.buyer.name, document.buyer.is_business) == ('Bakkerij "De Halm"', True)
    assert document.refers_to is not None
    assert (document.refers_to.kind, document.refers_to.source_id) == (DocumentKind.ORDER, "4001")
    assert [(tender.method, str(tender.amount)) for tender in document.tenders] == [("ideal", "-5.00")]


def test_payout_and_movements_fit_in_csv(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write(
        "payouts.csv",
        "id,date,payout_method,payout_gross,payout_fees,payout_paid,payout_payments\np1,2026-07-01,psp,10,1,9,a b\n",
        age=60,
    )
    shop.write(
        "ledger-movements.csv",
        "id,date,movement_account,movement_amount\nm1,2026-07-01,8000,-10\nm1,,1300,10\n",
        age=50,
    )
    [payout, movement], broken = shop.fetch()
    assert broken == []
    assert payout.payout is not None
    assert (str(payout.total), payout.payout.payments) == ("9", ("a", "b"))
    assert [(m.account, str(m.amount)) for m in movement.movements] == [("8000", "-10"), ("1300", "10")]
    assert movement.total == 0


@pytest.mark.parametrize(
    ("text", "code", "row"),
    [
        (HEAD.replace("status", "stauts") + csv_row(1), "files-unknown-column", None),
        (HEAD.replace("status", "id") + csv_row(1), "files-column-twice", None),
        (HEAD + csv_row(1) + "2,2026-07-01\n" + csv_row(3), "files-csv", 3),
        (HEAD + csv_row(1) + "\n" + csv_row(2, total="12.10") + csv_row(2, total="13.00") + csv_row(3),
         "files-rows-differ", 5),
        (HEAD + csv_row(1) + csv_row(3) + csv_row(1), "files-twice", 4),
        (HEAD + csv_row(1) + csv_row(3) + csv_row(2).replace("12.10", "12.1O"), "files-amount", 4),
    ],
)  # fmt: skip
def test_broken_csv_names_the_row_and_the_rest_goes_through(
    tmp_path: Path, text: str, code: str, row: int | None
) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.csv", text)
    documents, [broken] = shop.fetch()
    assert (broken.problem.code, broken.place.row) == (code, row)
    assert [document.number for document in documents] == ([] if row is None else ["1", "3"])


def test_quotation_mark_that_never_closes_spoils_what_it_may_belong_to(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.csv", HEAD + csv_row(1) + csv_row(2) + csv_row(3).replace("paid", '"paid') + csv_row(4))
    documents, [broken] = shop.fetch()
    assert [document.number for document in documents] == ["1"]
    assert (broken.problem.code, broken.place.row) == ("files-csv", 4)


def test_row_that_is_not_utf8_spoils_its_document_only(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.csv", (HEAD + csv_row(1) + csv_row(2, "thé") + csv_row(3)).encode("latin-1"))
    documents, [broken] = shop.fetch()
    assert [document.number for document in documents] == ["1", "3"]
    assert (broken.problem.code, broken.place.row) == ("files-not-utf8", 3)


def test_row_still_being_written_leaves_the_file_for_later(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.csv", HEAD + csv_row(1) + csv_row(2)[:20], age=1)
    assert shop.numbers() == []
    shop.add("orders.csv", csv_row(2)[20:], age=0.5)
    assert shop.numbers() == ["1", "2"]


def test_cell_over_several_lines_keeps_later_row_numbers_true(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.csv", HEAD + csv_row(1, '"a\nb\nc"') + csv_row(2).replace("12.10", "x"))
    assert shop.fault().place.row == 5
