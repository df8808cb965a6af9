"""A stand-in of VIES: the SOAP operation checkVatApprox, with the faults that the real one is known for.

Every id is valid except those set otherwise. Beside the frame's controls `/__control__/ids` shows and sets them: GET
it, or POST an object from id to `valid`, `invalid`, `other` (the answer is about another id), `page` (a web page in
place of an answer), `unnamed` (no request identifier), `late` (no answer while anybody waits) or a fault string such
as `MS_UNAVAILABLE`; a country code stands for all its ids and `*` for every one.
"""

import json
import re
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from boekbrug.testing.control import wait_until_left
from boekbrug.testing.standin import Surroundings

_NAMESPACE = "urn:ec.europa.eu:taxud:vies:services:checkVat:types"
_FIELD = re.compile(r"<(?:\w+:)?(\w+)>([^<]*)</")
_XML = ("Content-Type", "text/xml;charset=UTF-8")
_PLAIN = ("valid", "invalid", "other", "page", "unnamed")


def make(surroundings: Surroundings) -> WSGIApplication:
    """Make a VIES in which every id is valid."""
    return Vies(surroundings)


class Vies:
    """The service, what it says of which id, and what it was asked."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._clock, self._random = surroundings.clock, surroundings.random
        self._said: dict[str, str] = {}
        self._asked: dict[str, int] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a call."""
        body = environ["wsgi.input"].read()
        if environ["PATH_INFO"] == "/__control__/ids":
            if environ["REQUEST_METHOD"] == "POST":
                self._said |= json.loads(body)
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps({"said": self._said, "asked": self._asked}).encode()]
        if environ["PATH_INFO"] != "/services/checkVatService" or environ["REQUEST_METHOD"] != "POST":
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"no such service"]
        return self._check(dict(_FIELD.findall(body.decode())), environ, start_response)

    def _check(self, asked: dict[str, str], environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        country, number = asked.get("countryCode", ""), asked.get("vatNumber", "")
        id = country + number
        self._asked[id] = self._asked.get(id, 0) + 1
        said = self._said.get(id) or self._said.get(country) or self._said.get("*", "valid")
        if not re.fullmatch(r"[A-Z]{2}", country) or not re.fullmatch(r"[0-9A-Za-z+*.]{2,12}", number):
            said = "INVALID_INPUT"
        if said == "late":
            wait_until_left(environ)
        if said == "page":
            start_response("200 OK", [("Content-Type", "text/html")])
            return [b"<html><body>Sorry, our services are being maintained<br></body></html>"]
        if said not in _PLAIN:
            start_response("500 Internal Server Error", [_XML])
            return [
                _envelope(f"<env:Fault><faultcode>env:Server</faultcode><faultstring>{said}</faultstring></env:Fault>")
            ]
        start_response("200 OK", [_XML])
        return [self._answer(country, number[::-1] if said == "other" else number, said, "requesterVatNumber" in asked)]

    def _answer(self, country: str, number: str, said: str, named: bool) -> bytes:
        identifier = f"WAPIAAAA{self._random.getrandbits(40):010X}" if named and said != "unnamed" else ""
        day = self._clock.now().date().isoformat()
        valid = "false" if said == "invalid" else "true"
        return _envelope(
            f'<ns2:checkVatApproxResponse xmlns:ns2="{_NAMESPACE}"><ns2:countryCode>{country}</ns2:countryCode>'
            f"<ns2:vatNumber>{number}</ns2:vatNumber><ns2:requestDate>{day}+01:00</ns2:requestDate>"
            f"<ns2:valid>{valid}</ns2:valid><ns2:traderName>---</ns2:traderName>"
            f"<ns2:traderAddress>---</ns2:traderAddress>"
            f"<ns2:requestIdentifier>{identifier}</ns2:requestIdentifier></ns2:checkVatApproxResponse>"
        )


def _envelope(body: str) -> bytes:
    soap = "http://schemas.xmlsoap.org/soap/envelope/"
    return f'<env:Envelope xmlns:env="{soap}"><env:Header/><env:Body>{body}</env:Body></env:Envelope>'.encode()
