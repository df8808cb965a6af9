import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from boekbrug.runtime.log import configure, without_secrets
from boekbrug.runtime.settings import Level, LogFormat


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield io.StringIO()
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_line_is_one_json_object_with_event_level_and_time(stream: io.StringIO) -> None:
    configure(Level.INFO, LogFormat.JSON, stream)
    structlog.get_logger().info("entry-booked", mark="2026-001 K7QX 1")
    (line,) = lines(stream)
    assert (line["event"], line["level"], line["mark"]) == ("entry-booked", "info", "2026-001 K7QX 1")
    assert line["timestamp"].endswith("Z")


def test_console_line_names_event_and_facts(stream: io.StringIO) -> None:
    configure(Level.INFO, LogFormat.CONSOLE, stream)
    structlog.get_logger().warning("plugin-refused", name="old")
    assert "plugin-refused" in stream.getvalue()
    assert "name=old" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_lines_below_the_level_are_left_out(stream: io.StringIO) -> None:
    configure(Level.WARNING, LogFormat.JSON, stream)
    structlog.get_logger().info("page-fetched")
    structlog.get_logger().warning("call-refused")
    assert [line["event"] for line in lines(stream)] == ["call-refused"]


def test_what_a_line_is_about_is_bound_and_let_go(stream: io.StringIO) -> None:
    configure(Level.INFO, LogFormat.JSON, stream)
    with structlog.contextvars.bound_contextvars(connection="shop", licence=7, run="r1"):
        structlog.get_logger().info("inside")
    structlog.get_logger().info("outside")
    inside, outside = lines(stream)
    assert (inside["connection"], inside["licence"], inside["run"]) == ("shop", 7, "r1")
    assert "licence" not in outside


def test_library_lines_have_the_same_form_and_lose_their_secrets_too(stream: io.StringIO) -> None:
    configure(Level.INFO, LogFormat.JSON, stream)
    logging.getLogger("sqlalchemy").warning("cannot reach %s", "postgresql://jan:geheim@db/boeken")
    logging.getLogger("apscheduler").info("chatter")
    (line,) = lines(stream)
    assert (line["logger"], line["level"]) == ("sqlalchemy", "warning")
    assert line["event"] == "cannot reach postgresql://db/boeken"


def test_exception_is_written_without_secrets(stream: io.StringIO) -> None:
    configure(Level.INFO, LogFormat.JSON, stream)
    try:
        raise ConnectionError("https://api.example.nl/v1?access_token=abc123&page=2")
    except ConnectionError:
        structlog.get_logger().exception("call-failed")
    (line,) = lines(stream)
    assert "ConnectionError" in line["exception"]
    assert "page=2" in line["exception"]
    assert "abc123" not in stream.getvalue()


@pytest.mark.parametrize(
    "facts",
    [
        {"access_token": "hush"},
        {"client_secret": "hush"},
        {"Authorization": "Bearer hush"},
        {"password": "hush"},
        {"Set-Cookie": "hush"},
        {"headers": {"authorization": "hush", "accept": "json"}},
        {"attempts": [{"api_key": "hush"}]},
        {"payload": "hush"},
        {"body": {"name": "hush"}},
        {"content": b"hush"},
        {"raw": b"hush"},
        {"url": "https://jan:hush@shop.example.nl/"},
        {"url": "https://shop.example.nl/?code=hush"},
    ],
)
def test_secrets_and_contents_are_never_written(stream: io.StringIO, facts: dict[str, Any]) -> None:
    configure(Level.DEBUG, LogFormat.JSON, stream)
    structlog.get_logger().info("call-made", **facts)
    assert lines(stream)[0]["event"] == "call-made"
    assert "hush" not in stream.getvalue()


@given(st.dictionaries(st.text(), st.text() | st.binary() | st.integers() | st.none(), max_size=5))
def test_any_facts_can_be_cleaned_and_keep_their_names(facts: dict[str, Any]) -> None:
    assert set(without_secrets(None, "info", dict(facts))) == set(facts)


def test_harmless_facts_stay_as_they_are() -> None:
    facts = {"event": "call-made", "url": "https://shop.example.nl/orders?page=2", "count": 3, "codes": ["a", "b"]}
    assert without_secrets(None, "info", dict(facts)) == facts
