"""The chart of a division as Exact states it, kept for some hours, with the look-ups that bookings need."""

import datetime as dt
from decimal import Decimal
from functools import cached_property

import msgspec

from boekbrug.contract import (
    Account,
    AccountType,
    Chart,
    Condition,
    Context,
    EntryKind,
    Journal,
    Period,
    Treatment,
    VatCode,
    VatKind,
)
from boekbrug_exactonline.client import Client
from boekbrug_exactonline.rows import (
    AccountRow,
    ConditionRow,
    CostCentreRow,
    JournalRow,
    PeriodRow,
    StatusRow,
    VatRow,
    day_of,
)

KEEP = dt.timedelta(hours=12)
"""A chart changes seldom, and what is found wrong by an old one is looked at anew."""

_TYPES = {
    10: AccountType.CASH, 12: AccountType.BANK, 14: AccountType.BANK, 16: AccountType.BANK, 20: AccountType.DEBTOR,
    22: AccountType.CREDITOR, 24: AccountType.VAT, 110: AccountType.REVENUE, 111: AccountType.COST,
    **dict.fromkeys(range(120, 161), AccountType.COST),
}  # fmt: skip
_KINDS = {
    10: frozenset({EntryKind.CASH}), 12: frozenset({EntryKind.CASH}), 16: frozenset({EntryKind.CASH}),
    20: frozenset({EntryKind.SALES, EntryKind.COLLECTIVE}), 90: frozenset({EntryKind.MEMORIAL}),
}  # fmt: skip
_VAT_KINDS = {"E": VatKind.EXCLUSIVE, "I": VatKind.INCLUSIVE, "B": VatKind.BASE_ONLY, "N": VatKind.NONE}
_EU_LISTING = {"L": Treatment.INTRA_EU_GOODS, "S": Treatment.INTRA_EU_SERVICE}


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A period with its days, and the journals that are closed in it."""

    year: int
    period: int
    start: dt.date
    end: dt.date
    closed: frozenset[str] = frozenset()

    @property
    def code(self) -> str:
        """Return how people write it."""
        return f"{self.year} - {self.period}"


class Books(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What a division offers to book on, as read at a moment; codes are stripped."""

    read_at: dt.datetime
    accounts: dict[str, AccountRow]
    vat_codes: dict[str, VatRow]
    journals: dict[str, JournalRow]
    periods: tuple[Kept, ...]
    conditions: dict[str, ConditionRow]
    cost_centres: tuple[str, ...]

    def period_on(self, day: dt.date) -> Kept | None:
        """Return the period that a day lies in."""
        known: dict[dt.date, Kept | None] = self._days
        if day not in known:
            known[day] = next((kept for kept in self.periods if kept.start <= day <= kept.end), None)
        return known[day]

    @cached_property
    def _days(self) -> dict[dt.date, Kept | None]:
        return {}

    @cached_property
    def no_vat(self) -> str:
        """Return the code that says that a sales line has no VAT; left out, Exact takes the account's default."""
        return next((code for code, row in self.vat_codes.items() if row.type == "N" and not row.is_blocked), "")

    def account_type(self, code: str) -> AccountType:
        """Return what an account is for."""
        row = self.accounts.get(code)
        return AccountType.GENERAL if row is None else _TYPES.get(row.type, AccountType.GENERAL)

    @cached_property
    def chart(self) -> Chart:
        """The chart in the contract's words."""
        return Chart(
            accounts=tuple(self._account(code, row) for code, row in self.accounts.items()),
            vat_codes=tuple(_vat_code(code, row) for code, row in self.vat_codes.items()),
            journals=tuple(_journal(code, row) for code, row in self.journals.items()),
            periods=tuple(
                Period(code=kept.code, start=kept.start, end=kept.end, closed_journals=tuple(sorted(kept.closed)))
                for kept in self.periods
            ),
            conditions=tuple(
                Condition(code=code, name=row.description or "", days=row.payment_days or 0)
                for code, row in self.conditions.items()
            ),
            cost_centres=self.cost_centres,
        )

    def _account(self, code: str, row: AccountRow) -> Account:
        return Account(
            code=code, name=row.description or "", type=self.account_type(code), id=row.id,
            blocked=bool(row.is_blocked),
        )  # fmt: skip


def _vat_code(code: str, row: VatRow) -> VatCode:
    return VatCode(
        code=code,
        name=row.description or "",
        rate=(row.percentage * 100).normalize() + Decimal(0),
        kind=_VAT_KINDS.get(row.type, VatKind.NONE),
        treatment=_treatment(row),
        country=(row.oss_country or "NL").strip(),
        account=(row.to_pay or "").strip(),
        blocked=bool(row.is_blocked),
        for_sales=row.transactions != "P",
    )


def _treatment(row: VatRow) -> Treatment | None:
    if row.oss_country:
        return Treatment.OSS
    if row.listing in _EU_LISTING:
        return _EU_LISTING[row.listing]
    if row.charged:
        return Treatment.REVERSE_CHARGE
    return Treatment.DOMESTIC if row.percentage else None


def _journal(code: str, row: JournalRow) -> Journal:
    return Journal(
        code=code,
        name=row.description or "",
        kinds=_KINDS.get(row.type, frozenset()),
        account=(row.account or "").strip(),
        allows_vat=bool(row.allow_vat) or row.type != 90,
        blocked=bool(row.is_blocked),
    )


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Books).decode


def kept_books(context: Context, division: str) -> Books | None:
    """Return the chart that was read some hours ago at most."""
    kept = context.cache.get(_key(division))
    try:
        return _decode(kept) if kept else None
    except msgspec.MsgspecError:
        # kept by another release
        return None


def read_books(context: Context, client: Client, division: str) -> Books:
    """Read a chart anew (7 lists) and keep it."""
    books = Books(
        read_at=context.clock.now(),
        accounts={row.code.strip(): row for row in client.rows(division, "financial/GLAccounts", AccountRow)},
        vat_codes={row.code.strip(): row for row in client.rows(division, "vat/VATCodes", VatRow)},
        journals={row.code.strip(): row for row in client.rows(division, "financial/Journals", JournalRow)},
        periods=_periods(context, client, division),
        conditions={row.code.strip(): row for row in client.rows(division, "cashflow/PaymentConditions", ConditionRow)},
        cost_centres=tuple(row.code.strip() for row in client.rows(division, "hrm/Costcenters", CostCentreRow)),
    )
    context.cache.put(_key(division), _encode(books), KEEP)
    return books


def _periods(context: Context, client: Client, division: str) -> tuple[Kept, ...]:
    closed: dict[tuple[int, int], set[str]] = {}
    for status in client.rows(division, "read/financial/JournalStatusList", StatusRow, "Status eq 1"):
        closed.setdefault((status.year, status.period), set()).add(status.journal.strip())
    # what lies further back is booked by nobody
    since = context.clock.now().year - 7
    found = client.rows(division, "financial/FinancialPeriods", PeriodRow, f"FinYear ge {since}")
    return tuple(_kept(row, closed.get((row.fin_year, row.fin_period), set())) for row in found)


def _kept(row: PeriodRow, closed: set[str]) -> Kept:
    start, end = day_of(row.start_date), day_of(row.end_date)
    assert start is not None, "a period has a first day"
    assert end is not None, "a period has a last day"
    return Kept(year=row.fin_year, period=row.fin_period, start=start, end=end, closed=frozenset(closed))


def _key(division: str) -> str:
    return f"books:{division}"
