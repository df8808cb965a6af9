"""JSON lines: incremental reading, row numbers, and lines that are still being written."""

import json
from pathlib import Path
from typing import Any

from boekbrug.contract import Page

from .support import Shop, order

LONG = "x" * 1_100_000


def line(number: int, **fields: Any) -> str:
    return json.dumps(order(number, **fields)) + "\n"


def test_appended_lines_are_read_from_where_the_file_was_left(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.jsonl", line(1) + line(2), age=60)
    assert shop.numbers() == ["W1", "W2"]
    shop.add("orders.jsonl", line(3), age=50)
    assert shop.numbers() == ["W3"]
    assert list(shop.pages()) == []


def test_nothing_changed_yields_no_page(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.jsonl", line(1))
    shop.write("orders.json", json.dumps([order(2)]))
    assert len(list(shop.pages())) == 1
    assert list(shop.pages()) == []


def test_row_numbers_are_those_of_the_file_after_an_incremental_read(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.jsonl", line(1) + "\n" + line(2), age=60)
    shop.fetch()
    shop.add("orders.jsonl", line(3) + "{broken\n", age=50)
    assert shop.fault().place.row == 5


def test_file_changed_before_its_end_is_read_again_whole(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.jsonl", line(1, status="new!") + line(2), age=60)
    shop.fetch()
    shop.write("orders.jsonl", line(1, status="paid") + line(2) + line(3), age=50)
    assert shop.numbers() == ["W1", "W2", "W3"]


def test_shorter_file_is_read_again_whole(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.jsonl", line(1) + line(2), age=60)
    shop.fetch()
    shop.write("orders.jsonl", line(3), age=50)
    assert shop.numbers() == ["W3"]


def test_file_replaced_by_an_older_one_is_noticed(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.jsonl", line(1), age=60)
    shop.fetch()
    shop.write("orders.jsonl", line(2), age=6000)
    assert shop.numbers() == ["W2"]


def test_line_still_being_written_is_left_until_it_ends(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    whole = line(2)
    shop.write("orders.jsonl", line(1) + whole[:40], age=1)
    assert shop.numbers() == ["W1"]
    assert [event for event, _ in shop.context.log.events] == ["file-left-for-later"]
    shop.add("orders.jsonl", whole[40:], age=0.5)
    assert shop.numbers() == ["W2"]


def test_last_line_without_end_is_read_once_the_file_has_rested(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.jsonl", line(1) + line(2).strip(), age=1)
    assert shop.numbers() == ["W1"]
    shop.touch("orders.jsonl", age=3)
    assert shop.numbers() == ["W2"]
    shop.add("orders.jsonl", "\n" + line(3), age=2.5)
    assert shop.numbers() == ["W2", "W3"]


def test_broken_last_line_heals_when_it_is_completed(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    whole = line(2)
    shop.write("orders.jsonl", line(1) + whole[:40], age=60)
    assert shop.fault().place.row == 2
    shop.add("orders.jsonl", whole[40:], age=50)
    [page] = shop.pages()
    assert page.cleared == ("orders.jsonl",)
    assert [document.number for document in page.documents] == ["W1", "W2"]
    assert page.unreadable == ()


def test_change_while_the_file_has_not_rested_is_seen_even_if_its_moment_stays(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.jsonl", line(1, status="new!"), age=1)
    shop.fetch()
    shop.write("orders.jsonl", line(1, status="paid"), age=1)
    [document], _ = shop.fetch()
    assert document.status == "paid"


def test_problems_of_a_file_that_is_gone_end(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.jsonl", "{\n")
    shop.fault()
    (tmp_path / "orders.jsonl").unlink()
    [page] = shop.pages()
    assert page.cleared == ("orders.jsonl",)


def test_pages_hold_a_thousand_documents_and_any_cursor_goes_on(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.jsonl", "".join(line(n) for n in range(1, 2502)))
    pages = list(shop.pages())
    assert [len(page.documents) for page in pages] == [1000, 1000, 501]
    assert pages[0].cleared == ("orders.jsonl",)
    for stop in range(3):
        rest = _after(shop, pages, stop)
        assert rest == [document.number for page in pages[stop + 1 :] for document in page.documents]


def _after(shop: Shop, pages: list[Page], stop: int) -> list[str]:
    shop.cursor = pages[stop].cursor
    return shop.numbers()


def test_problems_found_on_earlier_pages_are_not_cleared_by_later_ones(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.jsonl", "{\n" + "".join(line(n) for n in range(1500)))
    pages = list(shop.pages())
    assert [page.cleared for page in pages] == [("orders.jsonl",), ()]
    assert [len(page.unreadable) for page in pages] == [1, 0]


def test_later_line_of_a_document_is_its_newer_state(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.jsonl", line(1, status="new") + line(1, status="paid"))
    [document], _ = shop.fetch()
    assert document.status == "paid"


def test_file_that_changed_last_has_the_last_word(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("a.jsonl", line(1, status="paid"), age=50)
    shop.write("b.jsonl", line(1, status="new"), age=60)
    [document], _ = shop.fetch()
    assert document.status == "paid"


def test_line_that_is_too_long_is_a_problem_and_the_next_one_is_read(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.jsonl", line(1) + line(2, text=LONG) + line(3))
    documents, [broken] = shop.fetch()
    assert [document.number for document in documents] == ["W1", "W3"]
    assert (broken.problem.code, broken.place.row) == ("files-line-too-long", 2)
    shop.add("orders.jsonl", line(4), age=50)
    assert shop.numbers() == ["W4"]


def test_endless_line_of_a_resting_file_is_a_problem(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.jsonl", LONG)
    assert shop.fault().problem.code == "files-line-too-long"


def test_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.jsonl", b"\xef\xbb\xbf" + line(1).encode())
    assert shop.numbers() == ["W1"]


def test_line_that_is_not_utf8_is_a_problem_of_that_line(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.jsonl", line(1).encode() + line(2).encode().replace(b"ideal", b"id\xe9al") + line(3).encode())
    documents, [broken] = shop.fetch()
    assert [document.number for document in documents] == ["W1", "W3"]
    assert (broken.problem.code, broken.place.row) == ("files-not-utf8", 2)


def test_utf16_is_one_problem_and_not_one_per_line(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.jsonl", (line(1) + line(2)).encode("utf-16"))
    assert shop.fault().problem.code == "files-not-utf8"


def test_empty_file_is_a_problem_once_it_has_rested(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.jsonl", "", age=1)
    assert shop.numbers() == []
    shop.touch("orders.jsonl", age=3)
    assert shop.fault().problem.code == "files-empty"
    shop.add("orders.jsonl", line(1), age=2.5)
    [page] = shop.pages()
    assert (page.cleared, len(page.documents)) == (("orders.jsonl",), 1)


def test_blank_lines_alone_are_an_empty_file_until_something_follows(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.jsonl", "\n\n")
    assert shop.fault().problem.code == "files-empty"
    shop.add("orders.jsonl", line(1), age=50)
    [page] = shop.pages()
    assert (page.cleared, len(page.documents)) == (("orders.jsonl",), 1)


def test_cursor_of_another_version_begins_anew(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write("orders.jsonl", line(1))
    for cursor in ("0.abc", "1.abc", "1.!!!", "1.wQ==", "hello"):
        shop.cursor = cursor
        assert shop.numbers() == ["W1"]


def test_cursor_takes_eleven_characters_per_file(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    for n in range(300):
        shop.write(f"{n}.json", json.dumps(order(n)))
    assert len(shop.numbers()) == 300
    assert len(shop.cursor) < 300 * 11 + 100
