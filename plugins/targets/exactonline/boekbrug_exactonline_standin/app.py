"""The application: authorisation, limits and rights in front of what the divisions hold.

Beside the frame's controls `/__control__/books` shows and sets the state: GET it, or POST an object with any of
`close` and `open` ([journal, year, period]), `switches`, `limits`, `customer`, `user`, `division`, `revoke`, `move`,
`process` and `delete` (entry ids), `match` (entry id to the amount that was paid of it).
"""

import http.client
import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, quote
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import msgspec

from boekbrug.testing.standin import Surroundings
from boekbrug_exactonline_standin import documents
from boekbrug_exactonline_standin.control import Control
from boekbrug_exactonline_standin.entries import BOOKINGS
from boekbrug_exactonline_standin.limits import Limits
from boekbrug_exactonline_standin.oauth import Answer, Tokens, User
from boekbrug_exactonline_standin.odata import BadQuery, Filter, Row, failure, page, selected, single
from boekbrug_exactonline_standin.schema import MANDATORY, SCHEMAS, WRITABLE
from boekbrug_exactonline_standin.texts import Refusal
from boekbrug_exactonline_standin.world import Division

_PAGE, _BULK = 60, 1000
_LOGIN = b"<html><head><title>Object moved</title></head><body>Object moved to /docs/Login.aspx</body></html>"
_JSON = {"Content-Type": "application/json; charset=utf-8"}


def make(surroundings: Surroundings) -> WSGIApplication:
    """Make an Exact with one user, two divisions and as many customers as the size says."""
    return Exact(surroundings)


class Exact:
    """One site of Exact Online with one app."""

    def __init__(self, surroundings: Surroundings) -> None:
        self.clock, self.random = surroundings.clock, surroundings.random
        secret = self.random.randbytes(16).hex()
        self.tokens = Tokens("{b5f0c1e2}", secret, "https://boekbrug.example/connect/exactonline/exact/callback",
                             self.random)  # fmt: skip
        self.limits = Limits()
        self.switches: dict[str, Any] = {}
        owner = ("c0a80101-0000-4000-8000-000000000001", "Administratiekantoor Boer")
        self.divisions = {
            code: Division(code, name, owner, self.random, self.clock.now().year)
            for code, name in ((1234567, "Fietsenwinkel De Spaak"), (7654321, "De Spaak Verhuur"))
        }
        user = User(id=self.divisions[1234567].guid(), name="Eva de Boer", language="NL",
                    divisions=list(self.divisions))  # fmt: skip
        self.tokens.users[user.id] = user
        self.tokens.at_the_door = user.id
        for n in range(surroundings.size):
            self._known_customer(n)
        self.control = Control(self)
        surroundings.credentials |= {
            "client_id": self.tokens.client_id, "client_secret": secret, "redirect_uri": self.tokens.redirect_uri,
            "division": "1234567", "user": user.id,
        }  # fmt: skip

    def _known_customer(self, n: int) -> None:
        self.divisions[1234567].add_customer(
            self.clock.now(), Name=f"Klant {n}", Status="C", IsSales=True, Email=f"klant{n}@example.org",
            City="Utrecht",
        )  # fmt: skip

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a call."""
        answer = self._answer(environ)
        headers = {"Content-Type": "text/html", **answer.headers}
        reason = http.client.responses.get(answer.status, "Unknown")
        start_response(f"{answer.status} {reason}", list(headers.items()))
        return [answer.body]

    def _answer(self, environ: WSGIEnvironment) -> Answer:
        path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
        query, body = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)), _body(environ)
        if path == "/__control__/books":
            return self.control.answer(method, body)
        if path == "/api/oauth2/auth":
            return self.tokens.authorise(query, self.clock.now())
        if path == "/api/oauth2/token" and method == "POST":
            return self.tokens.token(body, self.clock.now())
        if not path.startswith("/api/v1/"):
            return Answer(404)
        environ["exact.address"] = _address(environ, path, query)
        return self._api(environ, method, path.removeprefix("/api/v1/"), query, body)

    def _api(self, environ: WSGIEnvironment, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
        now = self.clock.now()
        token = environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
        user = self.tokens.user_of(token, now)
        division, _, entity = path.partition("/")
        key = (self.tokens.client_id, division)
        headers = self.limits.refusal(key, entity, now)
        if headers is not None:
            return Answer(429, b"", headers)
        answer = Answer(401, _LOGIN) if user is None else self._entity(environ, user, method, path, query, body)
        self.limits.note(key, entity, answer.status, now)
        answer.headers = {**answer.headers, **self.limits.headers(key, now)}
        return answer

    def _entity(
        self, environ: WSGIEnvironment, user: User, method: str, path: str, query: dict[str, str], body: bytes
    ) -> Answer:
        code, _, entity = path.partition("/")
        if path == "current/Me":
            return self._me(user)
        try:
            if entity == "system/Divisions":
                mine = [self.divisions[code].described() for code in user.divisions if code in self.divisions]
                return self._list(environ, entity, mine, query)
            division = self.divisions.get(int(code)) if code.isdigit() else None
            refused = self._no_access(user, division, entity)
            if refused is not None or division is None:
                return refused or Answer(403, b"", {"Reason": "NoDivisionAccess"})
            return self._in_division(environ, division, user, method, entity, query, body)
        except BadQuery as bad:
            return Answer(400, failure(str(bad)), _JSON)

    def _no_access(self, user: User, division: Division | None, entity: str) -> Answer | None:
        if division is None or division.code not in user.divisions:
            return Answer(403, b"", {"Reason": "NoDivisionAccess"})
        if division.blocking:
            return Answer(403, b"", {"Reason": "DivisionBlocked"})
        if self.switches.get("licence_expired"):
            return Answer(403, b"", {"Reason": "LicenseExpired"})
        if entity in self.switches.get("out_of_scope", ()):
            return Answer(403, b"Forbidden - Application Scope Violated. Cannot read")
        return None

    def _me(self, user: User) -> Answer:
        row = {
            "UserID": user.id, "CurrentDivision": max(self.divisions), "FullName": user.name,
            "Email": "eva@example.org", "LanguageCode": user.language, "DivisionCustomerName": "Administratiekantoor",
        }  # fmt: skip
        return Answer(200, msgspec.json.encode({"d": {"results": [row]}}), _JSON)

    def _in_division(
        self, environ: WSGIEnvironment, division: Division, user: User, method: str, entity: str,
        query: dict[str, str], body: bytes,
    ) -> Answer:  # fmt: skip
        if method == "POST":
            prefers = "return=representation" in environ.get("HTTP_PREFER", "")
            return self._post(division, user, entity, body, prefers)
        name, _, inner = entity.partition("(guid'")
        if inner:
            return self._one(division, method, name, inner.removesuffix("')"))
        if method != "GET":
            return Answer(405)
        bulk = entity.startswith("bulk/")
        entity = "financialtransaction/TransactionLines" if entity == "bulk/Financial/TransactionLines" else entity
        rows = self._rows(division, entity)
        if rows is None:
            return Answer(404)
        return self._list(environ, entity, rows, query, bulk=bulk)

    def _rows(self, division: Division, entity: str) -> list[Row] | None:
        if entity in BOOKINGS:
            return [row for row in division.entries.values() if row["_entity"] == entity]
        if entity.endswith("EntryLines"):
            return [row for row in division.entry_lines if row["_path"] == entity]
        return division.lists().get(entity)

    def _list(
        self, environ: WSGIEnvironment, entity: str, rows: list[Row], query: dict[str, str], *, bulk: bool = False
    ) -> Answer:
        known = SCHEMAS[entity]
        asked = Filter(query["$filter"], known) if "$filter" in query else None
        needed = MANDATORY.get(entity, ())
        if needed and (asked is None or not asked.names & set(needed)):
            told = (
                "This endpoint has mandatory filtering applied. A GET request for this endpoint must have a $filter "
                f"parameter with one of the following fields in the url:{','.join(needed)}."
            )
            raise BadQuery(told)
        if "$select" not in query and query.get("$top") != "1":
            raise BadQuery("Please add a $select or a $top=1 statement to the query string.")
        found = [row for row in rows if asked is None or asked.matches(row)]
        if order := query.get("$orderby", ""):
            name, _, direction = order.partition(" ")
            found.sort(key=lambda row: row[name], reverse=direction == "desc")
        size = min(int(query.get("$top", _BULK)), _BULK if bulk else _PAGE)
        skipped = int(query.get("$skiptoken", query.get("$skip", "0")))
        names = selected(query.get("$select", ""), known)
        shown = found if "$top" not in query else found[: int(query["$top"])]
        return Answer(200, page(shown, names, size, skipped, environ["exact.address"]), _JSON)

    def _post(self, division: Division, user: User, entity: str, body: bytes, prefers: bool) -> Answer:
        try:
            asked = json.loads(body, parse_float=Decimal)
        except ValueError:
            raise BadQuery("Error processing request stream.") from None
        try:
            if entity == "crm/Accounts":
                row = self._new_customer(division, asked)
            elif entity in documents.KINDS:
                row = documents.KINDS[entity](division, asked, self.clock.now(), self.switches)
            elif entity in BOOKINGS:
                row = BOOKINGS[entity](division, asked, self.clock.now(), self.switches)
                row["_entity"] = entity
            else:
                return Answer(405 if entity in SCHEMAS else 404)
        except Refusal as refused:
            return Answer(500, failure(refused.message(user.language)), _JSON)
        shown = {name: row[name] for name in SCHEMAS[entity]}
        if not prefers:
            kept = ("ID", "EntryID")
            shown = {name: value if name in kept else None for name, value in shown.items()}
        return Answer(201, single(shown), _JSON)

    def _new_customer(self, division: Division, asked: Row) -> Row:
        for name in asked:
            if name not in WRITABLE["crm/Accounts"]:
                told = f"Error processing request stream. The property name '{name}' specified is not valid."
                raise BadQuery(told)
        if not asked.get("Name"):
            raise Refusal([("mandatory", "Naam")])
        return division.add_customer(self.clock.now(), **asked)

    def _one(self, division: Division, method: str, entity: str, id: str) -> Answer:
        entry = division.entries.get(id)
        if entry is None or entry["_entity"] != entity:
            return Answer(404)
        if method == "GET":
            return Answer(200, single({name: entry[name] for name in SCHEMAS[entity]}), _JSON)
        if method == "PUT" and entity == "generaljournalentry/GeneralJournalEntries":
            return Answer(405)
        if method not in ("PUT", "DELETE"):
            return Answer(405)
        if entry["Status"] == 50:
            return Answer(500, failure(Refusal([("processed",)]).message("NL")), _JSON)
        if method == "DELETE":
            self.control.delete(division, id)
        return Answer(204)


def _body(environ: WSGIEnvironment) -> bytes:
    return bytes(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))


def _address(environ: WSGIEnvironment, path: str, query: dict[str, str]) -> str:
    """Return the address of this call without its place in the list, as the next page's begins."""
    kept = "&".join(f"{name}={quote(value)}" for name, value in query.items() if name != "$skiptoken")
    return f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}{path}?{kept}"
