"""Structured log on standard error: stable event names, JSON or for people, never a secret and never a payload.

What a line is about is bound with `structlog.contextvars.bound_contextvars(connection=…, licence=…, run=…)`.
"""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

from boekbrug.runtime.settings import Level, LogFormat

DROPPED = "[dropped]"

_SECRET = re.compile(r"token|secret|passw|authori[sz]ation|cookie|credential|api_?key|private_?key", re.IGNORECASE)
_CONTENT = re.compile(r"^(payload|body|content)$", re.IGNORECASE)
_LOGIN_IN_ADDRESS = re.compile(r"(?<=://)[^/@\s]+@")
_SECRET_IN_QUERY = re.compile(
    r"(?<=[?&])([\w.-]*(?:token|secret|passw|key|code|sign)[\w.-]*=)[^&\s\"']+", re.IGNORECASE
)


def configure(level: Level, form: LogFormat, stream: TextIO | None = None) -> None:
    """Send our log lines and those of libraries to one stream in one form."""
    stream = stream or sys.stderr
    weight = logging.getLevelNamesMapping()[level.upper()]
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    after = _rendering(form, colors=stream.isatty())
    structlog.configure(
        processors=[*before, *after],
        wrapper_class=structlog.make_filtering_bound_logger(weight),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    naming: list[Processor] = [structlog.stdlib.add_logger_name, structlog.stdlib.ExtraAdder()]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=[*before, *naming], processors=[strip, *after])
    )
    # libraries tell their steps at info, so that they are heard from warning on
    logging.basicConfig(handlers=[handler], level=max(weight, logging.WARNING), force=True)


def without_secrets(_logger: object, _method: str, line: EventDict) -> EventDict:
    """Drop values whose name says that they are secret, contents, and logins inside addresses."""
    return {name: _cleaned(name, value) for name, value in line.items()}


def _rendering(form: LogFormat, *, colors: bool) -> list[Processor]:
    if form is LogFormat.JSON:
        return [structlog.processors.format_exc_info, without_secrets, structlog.processors.JSONRenderer(default=str)]
    plain = structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)
    return [structlog.processors.format_exc_info, without_secrets, plain]


def _cleaned(name: str, value: Any) -> Any:
    if _SECRET.search(name):
        return DROPPED
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    return DROPPED if _CONTENT.match(name) else _cleaned_value(value)


def _cleaned_value(value: Any) -> Any:
    if isinstance(value, str):
        return _cleaned_text(value)
    if isinstance(value, Mapping):
        return {key: _cleaned(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_cleaned("", inner) for inner in value]
    return value


def _cleaned_text(text: str) -> str:
    if "://" not in text and "?" not in text:
        return text
    return _SECRET_IN_QUERY.sub(rf"\1{DROPPED}", _LOGIN_IN_ADDRESS.sub("", text))
