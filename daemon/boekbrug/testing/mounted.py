"""The http port onto a stand-in's application in this process: no network, and no time but the clock's."""

import json as jsonlib
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from urllib.parse import urlencode, urlsplit
from wsgiref.types import WSGIApplication, WSGIEnvironment

from boekbrug.contract import OutcomeUnknown, Retriable
from boekbrug.runtime.http import Answer


class MountedHttp:
    """Calls a WSGI application as a plugin's `http` does; what is not answered is unknown, or retriable if it reads."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def request(
        self,
        method: str,
        url: str,
        *,
        creates: bool = False,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        json: object = None,
    ) -> Answer:
        """Send one request; redirects are answers."""
        given = dict(headers or {})
        if json is not None:
            data = jsonlib.dumps(json).encode()
            given.setdefault("Content-Type", "application/json")
        told: list[Any] = []

        def start(status: str, told_headers: list[tuple[str, str]], exc_info: object = None) -> Any:
            told[:] = [int(status.partition(" ")[0]), dict(told_headers)]

        try:
            content = b"".join(self._application(_environ(method, url, params, given, data or b""), start))
        except ConnectionAbortedError as lost:
            raise (OutcomeUnknown if creates else Retriable)(reason=str(lost)) from lost
        return Answer(told[0], told[1], content)


def _environ(
    method: str, url: str, params: Mapping[str, str] | None, headers: Mapping[str, str], body: bytes
) -> WSGIEnvironment:
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, urlencode(params or {})) if part)
    environ = {
        "REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": parts.path or "/", "QUERY_STRING": query,
        "HTTP_HOST": parts.netloc, "SERVER_NAME": parts.hostname or "", "SERVER_PORT": str(parts.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": parts.scheme, "wsgi.input": BytesIO(body),
        "CONTENT_LENGTH": str(len(body)),
    }  # fmt: skip
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    return environ
