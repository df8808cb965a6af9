"""Whatever a file holds: documents or problems, never an exception, and every row comes through or is named."""

import datetime as dt
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boekbrug_files.codes import CODES

from .support import LINE, Shop, order

NAMES = ("orders.json", "orders.jsonl", "orders.csv")
DECLARED = {code.code: set(code.facts) for code in CODES}
AMOUNTS = st.decimals(min_value=-99999, max_value=99999, places=2).map(str)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@contextmanager
def shop_of(name: str, content: bytes) -> Iterator[Shop]:
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder))
        shop.write(name, content)
        yield shop


def fetched(name: str, content: bytes) -> int:
    with shop_of(name, content) as shop:
        documents, broken = shop.fetch()
        for fault in broken:
            assert set(fault.problem.facts) <= DECLARED[fault.problem.code]
        msgspec.json.encode((documents, broken))
        assert list(shop.pages()) == []
        return len(documents) + len(broken)


@pytest.mark.parametrize("name", NAMES)
@given(content=st.binary(max_size=300))
@settings(max_examples=40, deadline=None)
def test_any_bytes_end_in_problems(name: str, content: bytes) -> None:
    fetched(name, content)


@given(value=JSON)
@settings(max_examples=50, deadline=None)
def test_any_json_ends_in_documents_or_problems(value: Any) -> None:
    rows = len(value) if isinstance(value, list) else 1
    assert fetched("orders.json", json.dumps(value).encode()) == rows


@given(field=st.sampled_from(sorted(order(1))), value=JSON)
@settings(max_examples=80, deadline=None)
def test_any_value_in_any_field_comes_through_or_is_named(field: str, value: Any) -> None:
    content = f"{json.dumps(order(1))}\n{json.dumps(order(2) | {field: value})}\n".encode()
    assert fetched("orders.jsonl", content) >= 1


@given(cut=st.integers(min_value=0, max_value=400), flip=st.integers(min_value=0, max_value=255))
@settings(max_examples=50, deadline=None)
def test_a_flipped_byte_harms_one_line_only(cut: int, flip: int) -> None:
    damaged = bytearray(json.dumps(order(1)).encode())
    damaged[cut % len(damaged)] = flip
    with shop_of("orders.jsonl", bytes(damaged) + b"\n" + json.dumps(order(2)).encode() + b"\n") as shop:
        documents, _ = shop.fetch()
        assert documents[-1].number == "W2"


@given(
    amounts=st.lists(st.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=4),
    text=TEXTS,
    at=st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC)),  # noqa: DTZ001
)
@settings(max_examples=50, deadline=None)
def test_what_is_written_is_what_is_handed_over(amounts: list[tuple[str, str]], text: str, at: dt.datetime) -> None:
    lines = [LINE | {"amount_incl": gross, "vat": vat, "name": text} for gross, vat in amounts]
    row = order(1, lines=lines, text=text, date=at.isoformat())
    with shop_of("orders.jsonl", json.dumps(row, ensure_ascii=False).encode() + b"\n") as shop:
        [document], _ = shop.fetch()
    assert [(line.amount, line.vat) for line in document.lines] == [(Decimal(g), Decimal(v)) for g, v in amounts]
    assert (document.text, document.lines[0].text) == (text, text)
    assert document.dates.ordered == at


@given(appends=st.lists(st.integers(min_value=0, max_value=3), min_size=1, max_size=5))
@settings(max_examples=20, deadline=None)
def test_a_file_read_as_it_grows_yields_every_line_once(appends: list[int]) -> None:
    with shop_of("orders.jsonl", b"") as shop:
        seen: list[str] = []
        for step, count in enumerate(appends):
            first = sum(appends[:step])
            rows = [json.dumps(order(first + n)) + "\n" for n in range(count)]
            shop.add("orders.jsonl", "".join(rows), age=60 - step)
            documents, _ = shop.fetch()
            seen += [document.source_id for document in documents]
        assert seen == [str(n) for n in range(sum(appends))]
