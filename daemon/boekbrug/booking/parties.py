"""Decide whether an entry names its customer, and build the party from the buyer."""

from boekbrug.booking.compiled import CompiledRules
from boekbrug.booking.composed import Item
from boekbrug.booking.place import plain_vat_id
from boekbrug.contract import Buyer, Line, Party, Role, Treatment

#: treatments whose declaration names the customer's VAT id (bookkeeper.md §1.3)
NAMED = frozenset({Treatment.INTRA_EU_GOODS, Treatment.INTRA_EU_SERVICE, Treatment.REVERSE_CHARGE})

_DEBTOR = Role.DEBTOR


def party_of(item: Item, lines: list[Line], book: CompiledRules) -> Party | None:
    """Return the party of an entry; consumers who paid at once have none unless each customer is a debtor."""
    if item.original is not None and item.original.party is not None:
        return item.original.party
    named = is_named(lines)
    # a return that names the customer comes before who pays for them
    if book.has_providers and not named and (provider := _provider(item, book)) is not None:
        return provider
    if _buyer(item) is not None and (book.rules.debtors == "customer" or named or _owes(lines)):
        return _customer(item)
    collective = book.rules.collective_debtor
    return Party(key=f"collective {collective}", name=collective) if collective else None


def is_named(lines: list[Line]) -> bool:
    """Tell whether an entry holds a supply that is declared per customer."""
    for line in lines:  # noqa: SIM110 - a generator would cost more than the loop
        if line.treatment in NAMED:
            return True
    return False


def _owes(lines: list[Line]) -> bool:
    for line in lines:  # noqa: SIM110
        if line.role is _DEBTOR:
            return True
    return False


def _provider(item: Item, book: CompiledRules) -> Party | None:
    for tender in item.document.tenders:
        means = book.means_of(tender.method, item.document.currency)
        if means is not None and means.role is Role.DEBTOR and means.party:
            return Party(key=f"provider {means.party}", name=means.party)
    return None


def _buyer(item: Item) -> Buyer | None:
    """Return who buys; a payment in advance that names nobody has the business that its sale is for."""
    if item.document.buyer is None and item.sale is not None and item.sale.buyer is not None:
        return item.sale.buyer if item.sale.buyer.vat_id else None
    return item.document.buyer


def _customer(item: Item) -> Party | None:
    buyer = _buyer(item)
    if buyer is None:
        return None
    vat_id = plain_vat_id(buyer.vat_id)
    return Party(
        key=item.party_key or (f"vat {vat_id}" if vat_id else f"customer {buyer.customer_id or item.document.number}"),
        name=buyer.company or buyer.name,
        email=buyer.email,
        vat_id=vat_id,
        street=buyer.street,
        postcode=buyer.postcode,
        city=buyer.city,
        country=buyer.country,
    )
