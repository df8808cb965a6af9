"""Twinfield in a sketch: up to 25 entries in one envelope, an outcome for each, concept or final."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from tests.contract.fits.ports import SketchTarget

from boekbrug.contract import (
    Booked,
    Effect,
    Entry,
    EntryKind,
    Limit,
    Line,
    Outcome,
    PluginSettings,
    Prepared,
    Problem,
    Refused,
    Retriable,
    Role,
    TargetCapabilities,
    Unknown,
    from_minor,
    to_minor,
)

_ENVELOPE = """<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Header>\
<Header xmlns="http://www.twinfield.com/"><AccessToken>{token}</AccessToken><CompanyCode>{office}</CompanyCode>\
</Header></soap:Header><soap:Body><ProcessXmlString xmlns="http://www.twinfield.com/"><xmlRequest>{payload}\
</xmlRequest></ProcessXmlString></soap:Body></soap:Envelope>"""
_LINE_TYPES = {Role.DEBTOR: "total", Role.VAT: "vat"}


class Twinfield(SketchTarget):
    """Sales get their VAT lines from the package, memorials bring their own."""

    name = "twinfield"
    Settings = PluginSettings
    capabilities = TargetCapabilities(
        entry_kinds=frozenset({EntryKind.SALES, EntryKind.MEMORIAL}),
        batch_size=25,
        lines_per_entry=999,
        concept=True,
        generates=frozenset({Role.VAT}),
        limits=(
            Limit(name="client", calls=1_000, per=dt.timedelta(minutes=1)),
            Limit(name="organisation", calls=500, per=dt.timedelta(minutes=1)),
        ),
    )

    def prepare(self, administration: str, effects: Sequence[Effect]) -> Sequence[Prepared | Refused]:
        return [
            Prepared(
                id=effect.id, kind=effect.kind, mark=effect.mark, payload=_transaction(administration, effect.body)
            )
            for effect in effects
            if isinstance(effect.body, Entry)
        ]

    def post(self, administration: str, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
        payload = b"<transactions>" + b"".join(item.payload for item in prepared) + b"</transactions>"
        answer = self._process(administration, payload.decode(), cost=3)
        children = list(answer) if answer is not None else []
        if len(children) != len(prepared):
            return [Unknown(reason="the answer does not name every entry")] * len(prepared)
        return [_outcome(child) for child in children]

    def _process(self, administration: str, payload: str, cost: int) -> ET.Element | None:
        """Return the inner document; it travels as text inside the envelope, so it is parsed twice."""
        grant = self.context.grant
        organisation = grant.facts()["twf.organisationId"]
        self.context.budget.take("client", f"organisation:{organisation}", cost=cost)
        answer = self.context.http.request(
            "POST",
            f"{grant.facts()['twf.clusterUrl']}/webservices/processxml.asmx",
            creates=cost > 1,
            headers={"SOAPAction": "http://www.twinfield.com/ProcessXmlString", "Content-Type": "text/xml"},
            data=_ENVELOPE.format(token=grant.token(), office=administration, payload=escape(payload)).encode(),
        )
        if answer.status_code == 429:
            raise Retriable(dt.timedelta(seconds=int(answer.headers.get("Retry-After", "60"))))
        if answer.status_code != 200:
            return None
        inner = ET.fromstring(answer.content).findtext(".//{http://www.twinfield.com/}ProcessXmlStringResult")
        return ET.fromstring(inner or "<none/>")


def _transaction(office: str, entry: Entry) -> bytes:
    destiny = "temporary" if entry.concept else "final"
    root = ET.Element("transaction", destiny=destiny, raisewarning="true")
    header = ET.SubElement(root, "header")
    values = {"office": office, "code": entry.journal, "date": f"{entry.date:%Y%m%d}", "freetext1": entry.mark}
    for name, value in values.items():
        ET.SubElement(header, name).text = value
    lines = ET.SubElement(root, "lines")
    for position, line in enumerate(entry.lines, start=1):
        if line.role is not Role.VAT or entry.kind is EntryKind.MEMORIAL:
            lines.append(_line(position, line, entry))
    return ET.tostring(root)


def _line(position: int, line: Line, entry: Entry) -> ET.Element:
    made = ET.Element("line", type=_LINE_TYPES.get(line.role, "detail"), id=str(position))
    values = {
        "dim1": line.account,
        "dim2": entry.party.remote_id if entry.party and line.role is Role.DEBTOR else "",
        "debitcredit": "debit" if line.minor > 0 else "credit",
        "value": str(from_minor(abs(line.minor))),
        "vatcode": line.vat_code,
        "vatvalue": str(from_minor(abs(line.vat_minor))) if line.vat_minor else "",
    }
    for name, value in values.items():
        if value:
            ET.SubElement(made, name).text = value
    return made


def _outcome(child: ET.Element) -> Outcome:
    """Judge each child for itself: the root says failed as soon as one of them did."""
    if child.get("result") == "1":
        code, number = child.findtext("header/code", ""), child.findtext("header/number", "")
        debits = [line for line in child.iter("line") if line.findtext("debitcredit") == "debit"]
        total = sum(to_minor(Decimal(line.findtext("value", "0"))) for line in debits)
        return Booked(id=f"{code}/{number}", number=number, total=total)
    if child.get("result") != "0":
        return Unknown(reason="the answer does not say what became of it")
    told = [message for node in child.iter() if (message := node.get("msg"))]
    return Refused(problems=tuple(Problem(code="twinfield-refused", facts={"message": text}) for text in told))
