"""A shop that sells under every treatment, and what its returns come to by its documents alone."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

from tests.integration.journey import Business, order

from boekbrug.booking.rules import VatRule
from boekbrug.contract import Treatment

ACCOUNTS = {
    **dict.fromkeys(("1504", "1505", "1506", "1507", "1508"), "vat"),
    **dict.fromkeys(("8021", "8022", "8023", "8024", "8025", "8026", "8027", "8028", "8029"), "revenue"),
    **dict.fromkeys(("8031", "8032", "8060", "8061"), "revenue"),
}
CODES = {
    "BE21": (21, "oss", "BE", "1505"), "DE19": (19, "oss", "DE", "1505"), "DE7": (7, "oss", "DE", "1505"),
    "ICL": (0, "intra-eu-goods", "NL", ""), "ICD": (0, "intra-eu-service", "NL", ""), "EX": (0, "export", "NL", ""),
    "FR20": (20, "distance", "FR", "1507"), "DEL": (19, "foreign", "DE", "1508"), "VM": (21, "margin", "NL", "1500"),
    "VRL": (0, "reverse-charge", "NL", ""), "VRIJ": (0, "exempt", "NL", ""),
}  # fmt: skip
RULES = (
    ("domestic", "21", "", "8000", "VH", "1500"), ("domestic", "9", "", "8010", "VL", "1501"),
    ("zero", "0", "", "8020", "V0", ""), ("exempt", "0", "", "8022", "VRIJ", ""),
    ("reverse-charge", "0", "", "8023", "VRL", ""), ("intra-eu-goods", "0", "", "8024", "ICL", ""),
    ("intra-eu-service", "0", "", "8025", "ICD", ""), ("export", "0", "", "8026", "EX", ""),
    ("oss", "21", "BE", "8027", "BE21", "1505"), ("oss", "19", "DE", "8028", "DE19", "1505"),
    ("oss", "7", "DE", "8029", "DE7", "1505"), ("distance", "20", "FR", "8031", "FR20", "1507"),
    ("foreign", "19", "DE", "8032", "DEL", "1508"), ("margin", "21", "", "8060", "VM", "1500"),
    ("margin", "0", "", "8061", "", ""),
)  # fmt: skip
ABROAD = {"BE0411905847": "BE", "DE136695976": "DE", "FR40303265045": "FR"}
HOME = "NL003660564B01"
KINDS = (
    "high", "low", "zero", "exempt", "reverse", "goods", "service", "export", "be", "de", "de-low", "distance",
    "stock", "margin",
)  # fmt: skip
Sums = Mapping[str, tuple[Decimal, Decimal]]


def furnish(business: Business, **rules: Any) -> None:
    """Give the books and the rules what every treatment needs."""
    chart = business.books / "chart.toml"
    rows = [
        f'[[account]]\ncode = "{code}"\nname = "Rekening {code}"\ntype = "{type}"\n' for code, type in ACCOUNTS.items()
    ]
    for code, (rate, treatment, country, account) in CODES.items():
        kind = "" if rate else 'kind = "base-only"\n'
        rows.append(
            f'[[vat_code]]\ncode = "{code}"\nname = "{code}"\nrate = {rate}\ntreatment = "{treatment}"\n'
            f'country = "{country}"\naccount = "{account}"\n{kind}'
        )
    chart.write_text("\n".join([chart.read_text(), *rows]), encoding="utf-8")
    vat = tuple(
        VatRule(treatment=Treatment(treatment), rate=Decimal(rate), country=country, account=account, vat_code=code,
                vat_account=vat_account)
        for treatment, rate, country, account, code, vat_account in RULES
    )  # fmt: skip
    business.choose(vat=vat, oss=dt.date(2025, 1, 1), **{"delay_days": 0, **rules})


def sale(random: Random, n: int, day: str, kind: str = "") -> dict[str, Any]:
    """Make a sale of a kind, at random where none is named."""
    kind = kind or random.choice(KINDS)
    amount = f"{random.randint(1, 90000) / 100:.2f}"
    rates = {"high": 21, "low": 9, "be": 21, "de": 19, "de-low": 7, "distance": 20, "stock": 19}
    found = order(n, amount=amount, rate=rates.get(kind, 0), date=f"{day}T10:00:00+02:00")
    line = found["lines"][0]
    buyer: dict[str, Any] = {"name": "Koper", "email": f"k{n % 50}@example.org", "country": "NL"}
    if kind in ("goods", "service"):
        vat_id = random.choice(sorted(ABROAD))
        buyer |= {"vat_id": vat_id, "country": ABROAD[vat_id], "company": "Koper", "is_business": True}
        line["kind"] = kind
    elif kind == "reverse":
        buyer |= {"vat_id": HOME, "company": "Koper BV", "is_business": True}
        line["treatment"] = "reverse-charge"
    elif kind == "exempt":
        line["treatment"] = "exempt"
    elif kind == "margin":
        line |= {"treatment": "margin", "cost": f"{random.randint(0, int(Decimal(amount) * 100)) / 100:.2f}"}
        found["total_vat"] = None
    elif kind in ("be", "de", "de-low", "export", "distance", "stock"):
        buyer["country"] = {"be": "BE", "export": "CH", "distance": "FR"}.get(kind, "DE")
        found |= {"ship_from": "DE"} if kind == "stock" else {}
    return found | {"customer": buyer, "ship_to": buyer["country"], "made_as": kind}


def credited(random: Random, n: int, of: Mapping[str, Any], day: str) -> dict[str, Any]:
    """Take back a part of a sale, as its credit note says."""
    [line] = of["lines"]
    amount = (Decimal(line["amount_incl"]) * random.randint(1, 100) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    rate = Decimal(line["vat_rate"])
    vat = (amount * rate / (100 + rate)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    back = line | {"amount_incl": f"-{amount}", "vat": f"{-vat}"}
    return dict(of) | {
        "id": n, "number": f"C{n}", "kind": "credit-note", "date": f"{day}T18:00:00+02:00", "lines": [back],
        "total_incl": f"-{amount}", "total_vat": f"{-vat}", "refers_to": {"kind": "order", "id": of["id"]},
        "sold_on": of["date"][:10],
    }  # fmt: skip


def written(documents: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what the documents only tell the test."""
    return [{name: value for name, value in one.items() if name not in ("made_as", "sold_on")} for one in documents]


def boxes(documents: Iterable[Mapping[str, Any]]) -> Sums:
    """Add up the returns from the documents, by where they went, who bought, and what was charged."""
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for one in documents:
        for box, base, vat in _told(one):
            sums[box][0] += base
            sums[box][1] += vat
    return {name: (base, vat) for name, (base, vat) in sums.items() if base or vat}


def _told(one: Mapping[str, Any]) -> Iterator[tuple[str, Decimal, Decimal]]:
    [line] = one["lines"]
    gross, vat = Decimal(one["total_incl"]), Decimal(one["total_vat"] or 0)
    if line.get("treatment") != "margin":
        yield _box(one), gross - vat, vat
        return
    cost = Decimal(line["cost"])
    owed = ((gross - cost) * 21 / 121).quantize(Decimal("0.01"), ROUND_HALF_UP)
    yield "1a", gross - cost - owed, owed
    yield "none", cost, Decimal(0)


def _box(one: Mapping[str, Any]) -> str:
    [line] = one["lines"]
    to, rate = one["ship_to"], line["vat_rate"]
    if line.get("treatment") == "exempt":
        return "none"
    if one.get("ship_from") == "DE":
        return "foreign"
    if to == "FR" and rate:
        return "3c"
    if to == "NL":
        return {21: "1a", 9: "1b", 0: "1e"}[rate]
    if rate:
        return f"oss {to} {rate}"
    return "3b" if to in ("BE", "DE", "FR") else "3a"


def per_vat_id(documents: Iterable[Mapping[str, Any]]) -> dict[str, Decimal]:
    """Add up box 3b by customer."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for one in documents:
        if one["lines"][0].get("treatment") != "margin" and _box(one) == "3b":
            sums[one["customer"]["vat_id"]] += Decimal(one["total_incl"])
    return {vat_id: total for vat_id, total in sums.items() if total}


def per_country(documents: Iterable[Mapping[str, Any]]) -> dict[str, Decimal]:
    """Add up the VAT of the one-stop shop by quarter of reporting, corrected quarter, country and rate."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for one in documents:
        if one["lines"][0].get("treatment") != "margin" and _box(one).startswith("oss"):
            on, of = _quarter(one["date"]), _quarter(one.get("sold_on", one["date"]))
            country, rate = _box(one).split()[1:]
            sums[f"{on} {'' if on == of else of} {country} {rate}"] += Decimal(one["total_vat"])
    return {name: total for name, total in sums.items() if total}


def _quarter(day: str) -> str:
    return f"{day[:4]}-Q{(int(day[5:7]) + 2) // 3}"
