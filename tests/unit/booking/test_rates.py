import datetime as dt
from decimal import Decimal

import eu_vat_rates_data
import pytest
from msgspec.structs import replace
from tests.unit.booking.shop import EVIDENCE, RULES, amounts, book, codes, item, line, order

from boekbrug.booking import Composed, Draft, Original, compose_individual
from boekbrug.booking.place import UNION
from boekbrug.booking.rates import rates_on
from boekbrug.contract import Dates, Document, DocumentKind

PUBLISHED = dt.date.fromisoformat(eu_vat_rates_data.data_version)
OSS = dt.date(2024, 1, 1)


def percent(country: str, day: dt.date) -> set[Decimal]:
    return {Decimal(parts) / 1000 for parts in rates_on(country, day)}


@pytest.mark.parametrize("country", sorted(UNION))
def test_table_has_what_a_maintained_package_says_of_its_day(country: str) -> None:
    known = eu_vat_rates_data.get_rate(country)
    assert known is not None
    said: list[float | None] = [known["standard"], known["super_reduced"], known["parking"], *known["reduced"]]
    assert {Decimal(str(rate)) for rate in said if rate is not None} <= percent(country, PUBLISHED)
    of_parts: dict[str, set[Decimal | int]] = {
        "NL": {13},
        "GR": {9},
        "PT": {4, 5, 9, 12, 18},
        "FR": {Decimal("1.75")},
        "IE": {Decimal("4.8")},
        "PL": {7},
    }
    standing = {Decimal(rate) for rate in of_parts.get(country, ())}
    assert percent(country, PUBLISHED) - standing <= {Decimal(str(rate)) for rate in said if rate is not None}


@pytest.mark.parametrize(
    ("country", "day", "standard"),
    [
        ("DE", "2020-06-30", 19), ("DE", "2020-07-01", 16), ("DE", "2020-12-31", 16), ("DE", "2021-01-01", 19),
        ("IE", "2020-09-01", 21), ("IE", "2021-03-01", 23), ("LU", "2023-06-01", 16), ("LU", "2024-01-01", 17),
        ("EE", "2023-12-31", 20), ("EE", "2024-01-01", 22), ("EE", "2025-06-30", 22), ("EE", "2025-07-01", 24),
        ("FI", "2024-08-31", 24), ("FI", "2024-09-01", "25.5"), ("SK", "2024-12-31", 20), ("SK", "2025-01-01", 23),
        ("RO", "2025-07-31", 19), ("RO", "2025-08-01", 21),
    ],
)  # fmt: skip
def test_standard_rates_change_on_their_day(country: str, day: str, standard: int | str) -> None:
    assert max(percent(country, dt.date.fromisoformat(day))) == Decimal(standard)


def to_finland(rate: str, day: dt.date, supply_to: dt.date | None = None) -> Document:
    paid = dt.datetime.combine(day, dt.time(10), dt.UTC)
    return order(
        line("125.00", rate), ship_to="FI", paid={"ideal": "125.00"}, dates=Dates(paid=paid, supply_to=supply_to)
    )


def compose(document: Document, **more: Original) -> Composed:
    finnish = [
        {"treatment": "oss", "rate": rate, "country": "FI", "account": "8025", "vat_account": "1505"}
        for rate in ("24", "25.5", "19")
    ]
    rules = book(oss=OSS, vat=[*RULES["vat"], *finnish])
    return compose_individual(item(document, **more), rules, replace(EVIDENCE, start=OSS))


def test_rate_that_the_country_did_not_have_that_day_is_a_problem() -> None:
    assert amounts(compose(to_finland("24", dt.date(2024, 8, 31)))) == "C1505 24.19, C8025 100.81, D1060 125.00"
    assert codes(compose(to_finland("24", dt.date(2024, 9, 2)))) == ["rate-not-in-force"]
    assert isinstance(compose(to_finland("25.5", dt.date(2024, 9, 2))), Draft)
    assert codes(compose(to_finland("25.5", dt.date(2024, 8, 30)))) == ["rate-not-in-force"]
    assert codes(compose(to_finland("19", dt.date(2026, 7, 14)))) == ["rate-not-in-force"]


def test_day_of_supply_decides_and_a_credit_keeps_the_rate_of_its_sale() -> None:
    late = to_finland("24", dt.date(2024, 8, 30), supply_to=dt.date(2024, 9, 4))
    assert codes(compose(late)) == ["rate-not-in-force"]
    sale = compose(to_finland("24", dt.date(2024, 8, 30)))
    assert isinstance(sale, Draft)
    back = order(line("-125.00", "24"), ship_to="FI", kind=DocumentKind.CREDIT_NOTE, paid={"ideal": "-125.00"})
    assert isinstance(compose(back, original=Original(lines=sale.lines)), Draft)
