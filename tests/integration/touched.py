"""A hand in the plain-text books of a business: entries deleted and changed there, and the look that finds it."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

from tests.integration.journey import Business

from boekbrug.acts.reconcile import Reconciled, reconcile

FIRST, END = dt.date(2026, 9, 1), dt.date(2026, 10, 1)


def compare(business: Business) -> Reconciled:
    return reconcile(business.house, business.licence, FIRST, END)


def journal(business: Business) -> Path:
    (file,) = business.books.glob("20*.journal")
    return file


def records(business: Business) -> list[str]:
    """Split the books into what comes before the first entry, and the entries."""
    return journal(business).read_text().split("\n; boekbrug\n")


def delete(business: Business, number: str) -> None:
    kept = [record for record in records(business) if f"mark:{number}-" not in record]
    journal(business).write_text("\n; boekbrug\n".join(kept))


def change(business: Business, before: str, after: str) -> None:
    """Change the amount of a sale in the books, which is at 21 %."""
    text = journal(business).read_text().replace(f"{before}.00", f"{after}.00")
    journal(business).write_text(text.replace(f"-{int(before) - 42}.00", f"-{int(after) - 42}.00"))


def booked_of(business: Business, number: str) -> Decimal:
    """Add up what the books hold of a sale, as the account of its payments has it."""
    mine = [record for record in records(business) if f"mark:{number}-" in record or f"mark:{number}/" in record]
    posted = [line.split() for record in mine for line in record.splitlines() if "Assets:1060" in line]
    return sum((Decimal(line[1]) for line in posted), Decimal(0))
