"""Ask VIES, the Commission's service, whether a VAT id is valid, in the form whose answer is a proof.

The operation with a requester (`checkVatApprox`) gives the identifier that a tax inspector can look up
(dutch-accounting.md §1.4).
"""

import datetime as dt
from typing import NamedTuple
from xml.sax.saxutils import escape

from lxml import etree  # type: ignore[import-untyped]

from boekbrug.contract import Clock, Http, RefusedCall, Retriable

DEADLINE = 20.0
_TYPES = "urn:ec.europa.eu:taxud:vies:services:checkVat:types"
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_ASK = """<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="{soap}" xmlns:t="{types}"><s:Body>
<t:checkVatApprox>{fields}</t:checkVatApprox>
</s:Body></s:Envelope>
"""
_FINAL = frozenset({"INVALID_INPUT"})
"""Faults that are an answer about the id; every other fault says that nobody looked."""
_OK = 200
_FAULTY = 500


class Verdict(NamedTuple):
    """What VIES said of a VAT id, and when; `request_id` is the proof, empty where it gave none."""

    vat_id: str
    valid: bool
    request_id: str
    at: dt.datetime


class Vies:
    """Calls of one run and thread; `requester` is the VAT id of whoever asks, needed for a request identifier."""

    def __init__(self, http: Http, clock: Clock, url: str, requester: str = "") -> None:
        self._http, self._clock, self.url, self.requester = http, clock, url, requester

    def check(self, vat_id: str) -> Verdict:
        """Ask about one VAT id; raise Retriable whenever there is no answer that is certainly about this id."""
        try:
            answer = self._http.request("POST", self.url, headers=_HEADERS, data=self._question(vat_id).encode())
        except RefusedCall as refused:
            raise Retriable(reason=str(refused)[:64]) from refused
        if answer.status_code not in (_OK, _FAULTY):
            raise Retriable(reason=f"HTTP {answer.status_code}")
        body = _parsed(answer.content)
        fault = body.findtext(".//faultstring")
        if fault is not None:
            if fault.strip() in _FINAL:
                return Verdict(vat_id, valid=False, request_id="", at=self._clock.now())
            raise Retriable(reason=fault.strip()[:64])
        return self._verdict(vat_id, body)

    def _verdict(self, vat_id: str, body: etree._Element) -> Verdict:
        found = body.find(f".//{{{_TYPES}}}checkVatApproxResponse")
        if found is None:
            raise Retriable(reason="no answer in the envelope")
        said = {name: (found.findtext(f"{{{_TYPES}}}{name}") or "").strip() for name in _ANSWERED}
        if said["countryCode"] + said["vatNumber"] != vat_id or said["valid"] not in ("true", "false"):
            raise Retriable(reason="an answer about another id")
        if said["valid"] == "true" and self.requester and not said["requestIdentifier"]:
            raise Retriable(reason="no request identifier")
        return Verdict(vat_id, said["valid"] == "true", said["requestIdentifier"], self._clock.now())

    def _question(self, vat_id: str) -> str:
        fields = {"countryCode": vat_id[:2], "vatNumber": vat_id[2:]}
        if self.requester:
            fields |= {"requesterCountryCode": self.requester[:2], "requesterVatNumber": self.requester[2:]}
        written = "".join(f"<t:{name}>{escape(value)}</t:{name}>" for name, value in fields.items())
        return _ASK.format(soap=_SOAP, types=_TYPES, fields=written)


_HEADERS = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'}
_ANSWERED = ("countryCode", "vatNumber", "valid", "requestIdentifier")


def _parsed(content: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError as wrong:
        raise Retriable(reason="an answer that is no XML") from wrong
