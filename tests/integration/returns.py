"""A shop that sells under every treatment, and what its returns come to by its documents alone."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

from tests.integration.journey import Business, order

from boekbrug.acts import licences
from boekbrug.booking.rules import LineRule, PaymentRole, PaymentRule, VatRule
from boekbrug.contract import LineKind, Treatment

ACCOUNTS = {
    **dict.fromkeys(("1504", "1505", "1506", "1507", "1508", "1509"), "vat"),
    **dict.fromkeys(("1520", "1600", "1601", "1610", "1620", "1640"), "general"),
    **dict.fromkeys(("8021", "8022", "8023", "8024", "8025", "8026", "8027", "8028", "8029"), "revenue"),
    **dict.fromkeys(("8031", "8032", "8033", "8034", "8035", "8036", "8037", "8038", "8060", "8061"), "revenue"),
}
CODES = {
    "BE21": (21, "oss", "BE", "1505"), "DE19": (19, "oss", "DE", "1505"), "DE7": (7, "oss", "DE", "1505"),
    "ICL": (0, "intra-eu-goods", "NL", ""), "ICD": (0, "intra-eu-service", "NL", ""), "EX": (0, "export", "NL", ""),
    "FR20": (20, "distance", "FR", "1507"), "DEL": (19, "foreign", "DE", "1508"), "VM": (21, "margin", "NL", "1500"),
    "VRL": (0, "reverse-charge", "NL", ""), "VRIJ": (0, "exempt", "NL", ""), "VO": (13, "domestic", "NL", "1509"),
    "BUI": (0, "outside-scope", "NL", ""), "DE0": (0, "foreign", "DE", ""),
}  # fmt: skip
RULES = (
    ("domestic", "21", "", "8000", "VH", "1500"), ("domestic", "9", "", "8010", "VL", "1501"),
    ("domestic", "13", "", "8037", "VO", "1509"), ("outside-scope", "0", "", "8038", "BUI", ""),
    ("zero", "0", "", "8020", "V0", ""), ("exempt", "0", "", "8022", "VRIJ", ""),
    ("reverse-charge", "0", "", "8023", "VRL", ""), ("intra-eu-goods", "0", "", "8024", "ICL", ""),
    ("intra-eu-service", "0", "", "8025", "ICD", ""), ("export", "0", "", "8026", "EX", ""),
    ("oss", "21", "BE", "8027", "BE21", "1505"), ("oss", "19", "DE", "8028", "DE19", "1505"),
    ("oss", "7", "DE", "8029", "DE7", "1505"), ("distance", "20", "FR", "8031", "FR20", "1507"),
    ("foreign", "19", "DE", "8032", "DEL", "1508"), ("foreign", "0", "DE", "8021", "DE0", ""),
    ("margin", "21", "", "8060", "VM", "1500"), ("margin", "0", "", "8061", "", ""),
)  # fmt: skip
LINES = {
    LineKind.VOUCHER_MULTI_PURPOSE: LineRule(account="1610"), LineKind.PACKAGING_DEPOSIT: LineRule(account="1620"),
    LineKind.SECURITY_DEPOSIT: LineRule(account="1640"), LineKind.TOURIST_TAX: LineRule(account="1520"),
    LineKind.VOUCHER_SINGLE_PURPOSE: LineRule(account="1600"), LineKind.LODGING: LineRule(account="8034"),
    LineKind.CAMPING_PITCH: LineRule(account="8035"),
    LineKind.NO_SHOW: LineRule(account="8034", treatment=Treatment.DOMESTIC),
    LineKind.DAMAGE: LineRule(account="8036", treatment=Treatment.OUTSIDE_SCOPE),
}  # fmt: skip
PAYMENTS = {
    "giftcard": PaymentRule(account="1610"),
    "bon": PaymentRule(account="1600", role=PaymentRole.SINGLE_PURPOSE_VOUCHER, rate=Decimal(21)),
}
ABROAD = {"BE0411905847": "BE", "DE136695976": "DE", "FR40303265045": "FR"}
HOME = "NL003660564B01"
RATES = {
    "high": 21, "low": 9, "other": 13, "be": 21, "de": 19, "de-low": 7, "distance": 20, "stock": 19, "oss-stock": 21,
    "lodging": 21, "pitch": 9, "no-show": 21, "voucher": 21, "redeemed": 21, "spent": 21, "bottle": 21, "advance": 21,
}  # fmt: skip
ABROAD_TO = {"be": "BE", "oss-stock": "BE", "export": "CH", "outside": "CH", "distance": "FR"}
LINE_KINDS = {
    "lodging": "lodging", "pitch": "camping-pitch", "no-show": "no-show", "damage": "damage", "outside": "service",
    "service": "service", "voucher": "voucher-single-purpose", "gift": "voucher-multi-purpose",
}  # fmt: skip
EXTRA = {"bottle": "packaging-deposit", "lodging": "tourist-tax", "pitch": "security-deposit"}
KINDS = (
    "high", "low", "other", "zero", "exempt", "reverse", "reverse-abroad", "goods", "service", "export", "outside",
    "be", "de", "de-low", "oss-stock", "distance", "stock", "stock-goods", "margin", "margin-whole", "lodging",
    "pitch", "no-show", "damage", "voucher", "redeemed", "gift", "spent", "bottle", "advance", "advance-goods",
)  # fmt: skip
ONCE = (
    "margin",
    "margin-whole",
    "voucher",
    "redeemed",
    "gift",
    "spent",
    "bottle",
    "lodging",
    "pitch",
    "damage",
    "no-show",
)
"""What is not taken back here: its credit note takes more than a share of one line."""
PAID_FIRST = ("advance", "advance-goods")
"""What is paid before it is sold: an order that is still open, and its payment."""
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
    payments = licences.as_file(business.house, business.licence).rules.payments | PAYMENTS
    chosen = {"vat": vat, "lines": LINES, "payments": payments, "received_in_advance": "1601", "delay_days": 0}
    business.choose(oss=dt.date(2025, 1, 1), **{**chosen, "gift_cards": "both", **rules})


def sale(random: Random, n: int, day: str, kind: str = "") -> dict[str, Any]:
    """Make a sale of a kind, at random where none is named."""
    kind = kind or random.choice(KINDS)
    amount = f"{random.randint(1, 90000) / 100:.2f}"
    found = order(n, amount=amount, rate=RATES.get(kind, 0), date=f"{day}T10:00:00+02:00")
    line = found["lines"][0] | ({"kind": LINE_KINDS[kind]} if kind in LINE_KINDS else {})
    found |= {"lines": [line], "made_as": kind, "status": "new" if kind in PAID_FIRST else "paid"}
    buyer: dict[str, Any] = {"name": "Koper", "email": f"k{n % 50}@example.org", "country": ABROAD_TO.get(kind, "NL")}
    if kind in ("de", "de-low", "stock"):
        buyer["country"] = "DE"
    if kind in ("goods", "service", "stock-goods", "reverse-abroad", "advance-goods"):
        vat_id = random.choice(sorted(ABROAD))
        buyer |= {"vat_id": vat_id, "country": ABROAD[vat_id], "company": "Koper", "is_business": True}
    if kind == "reverse":
        buyer |= {"vat_id": HOME, "company": "Koper BV", "is_business": True}
    _dress(random, kind, found, line)
    return found | {"customer": buyer, "ship_to": buyer["country"]}


def _dress(random: Random, kind: str, found: dict[str, Any], line: dict[str, Any]) -> None:
    amount = Decimal(found["total_incl"])
    if kind in ("reverse", "reverse-abroad"):
        line["treatment"] = "reverse-charge"
    if kind == "exempt":
        line["treatment"] = "exempt"
    if kind in ("margin", "margin-whole"):
        line["treatment"] = "margin"
        line |= {"cost": f"{random.randint(0, int(amount * 100)) / 100:.2f}"} if kind == "margin" else {}
        found["total_vat"] = None
    if kind in ("gift", "damage"):
        del line["vat_rate"], line["vat"]
    if kind in ("stock", "stock-goods", "oss-stock"):
        found["ship_from"] = "DE"
    if kind in ("spent", "redeemed"):
        found["payment_method"] = {"spent": "giftcard", "redeemed": "bon"}[kind]
    if kind in EXTRA:
        extra = f"{random.randint(1, 500) / 100:.2f}"
        found["lines"].append({"name": EXTRA[kind], "kind": EXTRA[kind], "amount_incl": extra})
        found["total_incl"] = str(amount + Decimal(extra))


def paid_first(n: int, of: Mapping[str, Any]) -> dict[str, Any]:
    """Make the payment of a part of an order that is open."""
    amount = (Decimal(of["total_incl"]) / 2).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return {
        "id": n, "number": f"B{n}", "kind": "payment", "date": of["date"], "payment_method": "ideal",
        "total_incl": str(amount), "refers_to": {"kind": "order", "id": of["id"]}, "made_as": of["made_as"],
    }  # fmt: skip


def credited(random: Random, n: int, of: Mapping[str, Any], day: str) -> dict[str, Any]:
    """Take back a part of a sale, as its credit note says."""
    [line] = of["lines"]
    amount = (Decimal(line["amount_incl"]) * random.randint(1, 100) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    vat = inside(amount, Decimal(line["vat_rate"]))
    back = line | {"amount_incl": f"-{amount}", "vat": f"{-vat}"}
    return dict(of) | {
        "id": n, "number": f"C{n}", "kind": "credit-note", "date": f"{day}T18:00:00+02:00", "lines": [back],
        "total_incl": f"-{amount}", "total_vat": f"{-vat}", "refers_to": {"kind": "order", "id": of["id"]},
        "sold_on": of["date"][:10],
    }  # fmt: skip


def inside(gross: Decimal, rate: Decimal) -> Decimal:
    """Return the VAT inside an amount."""
    return (gross * rate / (100 + rate)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def written(documents: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what the documents only tell the test."""
    return [{name: value for name, value in one.items() if name not in ("made_as", "sold_on")} for one in documents]


def is_open(one: Mapping[str, Any]) -> bool:
    """Tell whether a document is an order that is not paid yet."""
    return one["made_as"] in PAID_FIRST and one.get("kind") != "payment"


def boxes(documents: Iterable[Mapping[str, Any]]) -> Sums:
    """Add up the returns from the documents, by where they went, who bought, and what was charged."""
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for one in documents:
        for box, base, vat in _told(one):
            sums[box][0] += base
            sums[box][1] += vat
    return {name: (base, vat) for name, (base, vat) in sums.items() if base or vat}


def _told(one: Mapping[str, Any]) -> Iterator[tuple[str, Decimal, Decimal]]:
    if one.get("kind") == "payment":
        # money in advance at 21 %; that for a supply within the Union is in no box before its invoice
        gross = Decimal(one["total_incl"])
        if one["made_as"] == "advance":
            yield "1a", gross - inside(gross, Decimal(21)), inside(gross, Decimal(21))
        return
    if is_open(one) or one["payment_method"] == "bon":
        return
    for line in one["lines"]:
        gross, vat = Decimal(line["amount_incl"]), Decimal(line.get("vat", 0))
        if line.get("kind") in (*EXTRA.values(), "voucher-multi-purpose"):
            continue
        if line.get("treatment") != "margin":
            yield _box(one, line), gross - vat, vat
            continue
        cost = Decimal(line.get("cost", gross))
        owed = inside(gross - cost, Decimal(21))
        yield "1a", gross - cost - owed, owed
        yield "none", cost, Decimal(0)


def _box(one: Mapping[str, Any], line: Mapping[str, Any]) -> str:
    to, rate = one["ship_to"], line.get("vat_rate", 0)
    if line.get("treatment") == "exempt" or line.get("kind") == "damage":
        return "none"
    if one.get("ship_from") == "DE":
        return f"oss {to} {rate}" if rate and to != "DE" else "foreign"
    if to == "NL":
        return {21: "1a", 9: "1b", 13: "1c", 0: "1e"}[rate]
    if rate:
        return "3c" if to == "FR" else f"oss {to} {rate}"
    outside = "none" if line.get("kind") == "service" else "3a"
    return "3b" if to in ("BE", "DE", "FR") else outside


def per_vat_id(documents: Iterable[Mapping[str, Any]]) -> dict[str, Decimal]:
    """Add up box 3b by customer."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for one in documents:
        for box, base, _ in _told(one):
            if box == "3b":
                sums[one["customer"]["vat_id"]] += base
    return {vat_id: total for vat_id, total in sums.items() if total}


def per_country(documents: Iterable[Mapping[str, Any]]) -> dict[str, Decimal]:
    """Add up the VAT of the one-stop shop by quarter of reporting, corrected quarter, departure, country and rate."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for one in documents:
        on, of = _quarter(one["date"]), _quarter(one.get("sold_on", one["date"]))
        for box, _, vat in _told(one):
            if box.startswith("oss"):
                sums[f"{on} {'' if on == of else of} {one.get('ship_from', 'NL')} {box.removeprefix('oss ')}"] += vat
    return {name: total for name, total in sums.items() if total}


def _quarter(day: str) -> str:
    return f"{day[:4]}-Q{(int(day[5:7]) + 2) // 3}"
