"""Signed calls to one shop, within its limits; only answers that the shop signed are believed."""

import datetime as dt
from collections.abc import Mapping
from urllib.parse import urlsplit

from boekbrug.contract import Budget, Clock, Http, HttpResponse, Limit, Retriable
from boekbrug_ccvshop.faults import UNKNOWN_RESOURCE, WAIT, AnswerNotSigned, code_of, error_of
from boekbrug_ccvshop.signing import is_signed, sign

API = "/api/rest/v1/"
_MINUTE = dt.timedelta(minutes=1)
LIMITS = (Limit(name="get", calls=150, per=_MINUTE), Limit(name="write", calls=100, per=_MINUTE))
"""Calls per minute that the shop allows for each resource, reading and writing apart."""

Keys = Mapping[str, str]
"""`root` (address without path), `public` and `secret` key of a shop."""


class Shop:
    """One shop's API; `resource` names what the shop counts calls for."""

    def __init__(self, http: Http, clock: Clock, budget: Budget | None, keys: Keys) -> None:
        self._http, self._clock, self._budget, self._keys = http, clock, budget, keys
        self.host = urlsplit(keys["root"]).netloc

    def get(self, resource: str, path: str) -> bytes | None:
        """Return the body of what is there, signed by the shop; None when it is not there (404).

        A 404 is not signed: one without the shop's code counts when the shop answers something else.
        """
        answer = self._call("GET", resource, path)
        code, _ = code_of(answer)
        if answer.status_code != 404 or code == UNKNOWN_RESOURCE:
            return self._good(answer, resource)
        if not code:
            self._reach()
        return None

    def _reach(self) -> None:
        """Have something signed that every shop has; a server that knows no shop says 404 to that too."""
        answer = self._call("GET", "orders", "orders/?start=0&size=1")
        if answer.status_code == 404:
            raise AnswerNotSigned(resource="orders")
        self._good(answer, "orders")

    def write(self, method: str, resource: str, path: str, body: bytes = b"", *, creates: bool = False) -> bytes:
        """Send a change; return the body of the answer, which may be empty. Not there is RefusedCall."""
        return self._good(self._call(method, resource, path, body, creates=creates), resource)

    def _good(self, answer: HttpResponse, resource: str) -> bytes:
        if answer.status_code not in (200, 201, 204):
            raise error_of(answer, resource, self._clock)
        return answer.content

    def _call(self, method: str, resource: str, path: str, body: bytes = b"", *, creates: bool = False) -> HttpResponse:
        key = f"{'get' if method == 'GET' else 'write'}:{self.host}/{resource}"
        if self._budget is not None:
            self._budget.take(key)
        target = f"{API}{path}"
        url = f"{self._keys['root']}{target}"
        headers = self._headers(method, urlsplit(url)._replace(scheme="", netloc="").geturl(), body)
        answer = self._http.request(method, url, headers=headers, data=body or None, creates=creates)
        self._judge(answer, method, url, key)
        return answer

    def _headers(self, method: str, target: str, body: bytes) -> dict[str, str]:
        moment = self._clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        signature = sign(self._keys["secret"], self._keys["public"], method, target, body, moment)
        headers = {"x-public": self._keys["public"], "x-date": moment, "x-hash": signature}
        headers["Accept"] = "application/vnd.verto.webshop+json"
        if body:
            headers["Content-Type"] = "application/json"
        return headers

    def _judge(self, answer: HttpResponse, method: str, url: str, key: str) -> None:
        target = urlsplit(url)._replace(scheme="", netloc="").geturl()
        if 200 <= answer.status_code < 300 and not is_signed(answer, self._keys, method, target):
            raise AnswerNotSigned(resource=key.rpartition("/")[2])
        if 300 <= answer.status_code < 400:
            raise Retriable(reason="the shop sends us to another address; name its own address in the connection")
        if answer.status_code == 429 and self._budget is not None and code_of(answer)[0] == "429.10":
            self._budget.learn(key, remaining=0, resets_at=self._clock.now() + WAIT)
