"""Calls to one site of Exact Online: lists page by page, one record at a time, and what each status means."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import msgspec

from boekbrug.contract import (
    AuthorisationLost,
    BudgetSpent,
    Context,
    HttpResponse,
    RefusedCall,
    Retriable,
)
from boekbrug_exactonline.errors import forbidden
from boekbrug_exactonline.limits import Limits, wait_after

T = TypeVar("T")
TERMS = 40
"""Most terms of an `or` filter that were seen to work."""
_SAFE = "'(),$:"


class _Results(msgspec.Struct, Generic[T]):
    results: list[T]
    next: str = msgspec.field(default="", name="__next")


class _Page(msgspec.Struct, Generic[T]):
    d: _Results[T]


class _Message(msgspec.Struct):
    value: str = ""


class _Error(msgspec.Struct):
    message: _Message


class _Failure(msgspec.Struct):
    error: _Error


class Client:
    """One run's calls, with the grant's token and within the limits of its app."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._facts = context.grant.facts()
        self._limits = Limits(context, self._facts.get("client", ""))

    def rows(self, division: str, path: str, kind: type[T], where: str = "") -> Iterator[T]:
        """Yield the records of a list whose fields `kind` names, page by page."""
        asked = f"$select={','.join(_columns(kind))}"
        if where:
            asked += f"&$filter={quote(where, safe=_SAFE)}"
        url = f"{self._root}/{division}/{path}?{asked}"
        decode = _decoder(kind)
        while url:
            if not url.startswith(f"{self._facts['base']}/"):
                raise RefusedCall(reason="the next page is on another host", path=path)
            answer = self._read(division, path, url)
            try:
                page = decode(answer.content).d
            except msgspec.MsgspecError as wrong:
                raise RefusedCall(path=path, reason=str(wrong)) from wrong
            yield from page.results
            url = page.next

    def post(self, division: str, path: str, body: bytes) -> HttpResponse:
        """Create one record; raise Retriable or an authorisation error when it was not processed."""
        answer = self._call("POST", division, path, f"{self._root}/{division}/{path}", body)
        self._require_processed(answer, division, path)
        return answer

    def through(self, division: str, calls: int) -> dt.datetime:
        """Return when so many calls will have been allowed."""
        return self._limits.through(division, calls)

    @property
    def _root(self) -> str:
        return f"{self._facts['base']}/api/v1"

    def _read(self, division: str, path: str, url: str) -> HttpResponse:
        answer = self._call("GET", division, path, url, None)
        self._require_processed(answer, division, path)
        if answer.status_code >= 500:
            raise Retriable(status=str(answer.status_code), path=path)
        if answer.status_code != 200:
            raise RefusedCall(status=str(answer.status_code), path=path, reason=message_of(answer) or "")
        return answer

    def _require_processed(self, answer: HttpResponse, division: str, path: str) -> None:
        status = answer.status_code
        if status == 429:
            raise BudgetSpent(wait_after(answer, self._context.clock.now()), status="429")
        if status == 401:
            raise AuthorisationLost(reason="Exact refused a token that was just refreshed")
        if status == 403:
            raise forbidden(answer.headers.get("Reason", "") or answer.text[:120], division, path)

    def _call(self, method: str, division: str, path: str, url: str, body: bytes | None) -> HttpResponse:
        token = self._context.grant.token()
        answer = self._send(method, division, path, url, body, token)
        if answer.status_code == 401:
            # not processed, so that even a call that creates may be made again
            answer = self._send(method, division, path, url, body, self._context.grant.refused(token))
        return answer

    def _send(
        self, method: str, division: str, path: str, url: str, body: bytes | None, token: str
    ) -> HttpResponse:  # fmt: skip
        self._limits.take(division, path)
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if body is not None:
            headers |= {"Content-Type": "application/json", "Prefer": "return=representation"}
        answer = self._context.http.request(method, url, creates=body is not None, headers=headers, data=body)
        self._limits.learn(division, path, answer)
        return answer


def _decoder(kind: type[T]) -> Callable[[bytes], _Page[T]]:
    known = _DECODERS.get(kind)
    if known is None:
        known = _DECODERS[kind] = msgspec.json.Decoder(_Page[kind])  # type: ignore[valid-type]
    decode: Callable[[bytes], _Page[T]] = known.decode
    return decode


_DECODERS: dict[type[Any], Any] = {}


def _columns(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.encode_name for field in msgspec.structs.fields(kind))


def message_of(answer: HttpResponse) -> str | None:
    """Return the message that Exact gives with an error; None when there is none."""
    try:
        return msgspec.json.decode(answer.content, type=_Failure).error.message.value.strip() or None
    except msgspec.MsgspecError:
        return None


def refusal_of(answer: HttpResponse) -> str | None:
    """Return why a call was refused for good; None for a failure, which Exact answers with 500 too, but no message."""
    message = message_of(answer)
    if answer.status_code in (400, 404, 405) or (answer.status_code == 500 and message):
        return message or f"HTTP {answer.status_code}"
    return None


def literal(text: str) -> str:
    """Write a text as it stands in a filter."""
    return "'" + text.replace("'", "''") + "'"


def any_of(terms: Iterable[str]) -> Iterator[str]:
    """Join terms into filters of a length that works."""
    waiting = list(terms)
    for start in range(0, len(waiting), TERMS):
        yield " or ".join(waiting[start : start + TERMS])
