"""Customers: found by stored id, own mark, code, VAT number or e-mail, in that order; a card is never changed."""

from collections.abc import Iterator, Sequence

from boekbrug.contract import Party, Problem
from boekbrug_exactonline.client import Client, any_of, literal
from boekbrug_exactonline.payloads import CUSTOMERS
from boekbrug_exactonline.rows import CustomerRow

_CUSTOMER = "C"
_CODE_WIDTH = 18
#: parties that the rules name, by the code or name of their card
_BY_NAME = ("collective ", "provider ")
Answer = str | Problem | None


def resolve(client: Client, division: str, parties: Sequence[Party]) -> list[Answer]:
    """Look customers up, as many in a call as a filter takes, and judge the card of each."""
    cards: dict[str, CustomerRow] = {}
    for where in any_of(dict.fromkeys(term for party in parties for term in _terms(party))):
        for row in client.rows(division, CUSTOMERS, CustomerRow, where):
            cards[row.id.lower()] = row
    return [_judged(party, list(cards.values())) for party in parties]


def _terms(party: Party) -> Iterator[str]:
    if party.remote_id:
        yield f"ID eq guid'{party.remote_id}'"
    yield f"SearchCode eq {literal(party.mark)}"
    if _is_named(party):
        # codes are right-aligned in a fixed width, and compared with it
        yield f"Code eq {literal(party.name.rjust(_CODE_WIDTH))}"
        yield f"Name eq {literal(party.name)}"
        return
    if party.vat_id:
        yield f"VATNumber eq {literal(party.vat_id)}"
    if party.email:
        yield f"Email eq {literal(party.email)}"


def _judged(party: Party, cards: list[CustomerRow]) -> Answer:
    found = _matching(party, cards)
    if not found:
        return None
    if len(found) > 1:
        codes = ", ".join(sorted((card.code or "").strip() for card in found))
        return Problem(code="exact-customer-ambiguous", facts={"what": codes})
    card = found[0]
    shown = f"{(card.code or '').strip()} {card.name or ''}".strip()
    if (card.status or "").strip() != _CUSTOMER:
        return Problem(code="exact-customer-status", facts={"what": shown})
    if card.blocked:
        return Problem(code="exact-blocked", facts={"what": shown})
    if not _is_named(party) and _differs(party, card):
        return Problem(code="exact-customer-differs", facts={"what": shown})
    return card.id


def _matching(party: Party, cards: list[CustomerRow]) -> list[CustomerRow]:
    """Return the cards of the first way of matching that gives any."""
    for fits in (_by_id, _by_mark, _by_code, _by_name, _by_vat_id, _by_email):
        found = [card for card in cards if fits(party, card)]
        if found:
            return found
    return []


def _by_id(party: Party, card: CustomerRow) -> bool:
    return bool(party.remote_id) and card.id.lower() == party.remote_id.lower()


def _by_mark(party: Party, card: CustomerRow) -> bool:
    return (card.search_code or "").strip().upper() == party.mark


def _by_code(party: Party, card: CustomerRow) -> bool:
    return _is_named(party) and (card.code or "").strip() == party.name


def _by_name(party: Party, card: CustomerRow) -> bool:
    return _is_named(party) and (card.name or "").strip() == party.name


def _by_vat_id(party: Party, card: CustomerRow) -> bool:
    return bool(party.vat_id) and not _is_named(party) and _plain(card.vat_number) == _plain(party.vat_id)


def _by_email(party: Party, card: CustomerRow) -> bool:
    return bool(party.email) and not _is_named(party) and _folded(card.email) == _folded(party.email)


def _differs(party: Party, card: CustomerRow) -> bool:
    """Tell whether a return that names the customer would be wrong with this card."""
    country = (card.country or "").strip()
    wrong_country = bool(party.country and country) and country != party.country
    return wrong_country or bool(party.vat_id and _plain(card.vat_number) != _plain(party.vat_id))


def _is_named(party: Party) -> bool:
    return party.key.startswith(_BY_NAME)


def _plain(vat_id: str | None) -> str:
    return "".join(sign for sign in (vat_id or "") if sign.isalnum()).upper()


def _folded(email: str | None) -> str:
    return (email or "").strip().casefold()
