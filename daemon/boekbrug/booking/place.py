"""Which VAT treatment a line has, from where goods leave and arrive, who buys and what is sold.

Never from the percentage: 21 % is Dutch, Belgian, Spanish and Czech, and 0 % is five different things
(bookkeeper.md §1.4, §2.26).
"""

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import stdnum.eu.vat as eu_vat
import stdnum.gb.vat as gb_vat

from boekbrug.booking.rules import ACCESSORY_KINDS, Rules, Seller
from boekbrug.contract import Buyer, Document, DocumentKind, LineKind, Treatment

# ISO 3166; Greece is GR here and EL in VAT ids
UNION = frozenset(
    {"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV"}
    | {"MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"}
)

GOODS_UNION = UNION | {"XI"}
"""Where goods travel as inside the Union: Northern Ireland too, services there do not (bookkeeper.md §2.26)."""

#: countries as sources also write them, and Monaco, which is France to VAT law
_SAME = {"EL": "GR", "UK": "GB", "MC": "FR"}

VAT_ID = re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,12}")

#: kinds whose place of supply is where the property or the event is, whoever buys
_WHERE_IT_IS = frozenset({LineKind.LODGING, LineKind.CAMPING_PITCH, LineKind.NO_SHOW, LineKind.CANCELLATION})

#: regimes of a seller who charges no VAT at all
WITHOUT_VAT = frozenset({Seller.SMALL_BUSINESS, Seller.EXEMPT})

#: treatments under which a line may state VAT
TAXED = frozenset({Treatment.DOMESTIC, Treatment.OSS, Treatment.DISTANCE, Treatment.FOREIGN})


class Standing(StrEnum):
    """Who the buyer is to VAT law."""

    CONSUMER = "consumer"
    #: a business that gave no VAT id
    BUSINESS = "business"
    #: a business with a VAT id of the seller's country
    DOMESTIC_ID = "domestic-id"
    #: a business with a VAT id of another member state
    FOREIGN_ID = "foreign-id"
    #: a VAT id that cannot exist
    BROKEN_ID = "broken-id"


class Place(NamedTuple):
    """Where goods leave and arrive, and who buys; `oss` says whether the one-stop shop applies on the day."""

    origin: str
    destination: str
    standing: Standing
    oss: bool


class Misfit(NamedTuple):
    """Why a line goes nowhere: the problem's code, and treatment and country where they were found."""

    code: str
    treatment: Treatment | None = None
    country: str = ""


def place_of(document: Document, country: str, *, oss: bool) -> Place:
    """Derive where a sale takes place; a till sale, or one without any address, is where the goods are."""
    origin = _SAME.get(document.ship_from, document.ship_from) or country
    standing = Standing.CONSUMER if document.buyer is None else _standing(document.buyer, country)
    return Place(origin, destination_of(document, origin), standing, oss)


def destination_of(document: Document, origin: str) -> str:
    """Return the country that a sale goes to, with Northern Ireland as XI; where goods are when nothing is said."""
    buyer, destination = document.buyer, document.ship_to
    if not destination and buyer is not None and document.kind is not DocumentKind.RECEIPT:
        destination = buyer.country
    destination = _SAME.get(destination, destination) or origin
    return "XI" if destination == "GB" and buyer is not None and _is_northern_irish(buyer) else destination


def _is_northern_irish(buyer: Buyer) -> bool:
    here = buyer.country in ("", "GB", "UK", "XI") and buyer.postcode.strip().upper().startswith("BT")
    return here or buyer.country == "XI" or buyer.vat_id.upper().startswith("XI")


def _standing(buyer: Buyer, country: str) -> Standing:
    if buyer.vat_id and buyer.is_business is not False:
        return standing_of_id(plain_vat_id(buyer.vat_id), country)
    return Standing.BUSINESS if buyer.is_business else Standing.CONSUMER


def plain_vat_id(written: str) -> str:
    """Return a VAT id without the spaces, dots and dashes that people write, Greece with its prefix EL."""
    plain = written.translate(_WRITTEN_SO).upper()
    return f"EL{plain[2:]}" if plain.startswith("GR") else plain


_WRITTEN_SO = {ord(sign): None for sign in " .-"}


@lru_cache(maxsize=4096)
def standing_of_id(vat_id: str, country: str) -> Standing:
    """Say who a buyer with a VAT id is to a seller in a country; check digits are computed, nobody is asked."""
    prefix = "GR" if vat_id[:2] == "EL" else vat_id[:2]
    if not VAT_ID.fullmatch(vat_id):
        return Standing.BROKEN_ID
    if prefix in UNION or prefix == "XI":
        is_valid = gb_vat.is_valid(vat_id[2:]) if prefix == "XI" else eu_vat.is_valid(vat_id)
        if not is_valid:
            return Standing.BROKEN_ID
        return Standing.DOMESTIC_ID if prefix == country else Standing.FOREIGN_ID
    return Standing.BUSINESS


def treatment_of(place: Place, kind: LineKind, *, taxed: bool, rules: Rules) -> Treatment | Misfit:
    """Derive the treatment of a line that the source gave none for; `taxed` says whether it carries a rate."""
    if rules.seller in WITHOUT_VAT:
        regime = Treatment.SMALL_BUSINESS if rules.seller is Seller.SMALL_BUSINESS else Treatment.EXEMPT
        return Misfit("vat-by-untaxed-seller") if taxed else regime
    if not _is_country(place.origin) or not _is_country(place.destination):
        return Misfit("country-unknown")
    if kind is LineKind.SERVICE and not taxed and place.standing is Standing.FOREIGN_ID and place.destination != "XI":
        # where the business is, wherever goods beside it come from and go to
        return Treatment.INTRA_EU_SERVICE
    return _from_abroad(place, taxed=taxed) if place.origin != rules.country else _from_home(place, kind, taxed, rules)


def _from_home(place: Place, kind: LineKind, taxed: bool, rules: Rules) -> Treatment | Misfit:
    at_home = place.destination == rules.country or kind in _WHERE_IT_IS
    if taxed:
        return _taxed(place, kind, at_home=at_home, rules=rules)
    if at_home:
        return Treatment(rules.zero_rate) if rules.zero_rate else Misfit("zero-rate-unexplained")
    return _untaxed_abroad(place, kind, rules)


def _taxed(place: Place, kind: LineKind, *, at_home: bool, rules: Rules) -> Treatment | Misfit:
    distant = not at_home and _is_distant(place, kind, rules.country)
    if distant and _is_registered(place.destination, rules):
        return Treatment.DISTANCE
    if distant and rules.oss is None:
        return Misfit("oss-unanswered")
    return Treatment.OSS if distant and place.oss else Treatment.DOMESTIC


def _is_distant(place: Place, kind: LineKind, country: str) -> bool:
    """Tell whether goods leave the seller's country for a consumer in another member state."""
    if place.origin != country or place.destination == country or place.destination not in GOODS_UNION:
        return False
    consumer = place.standing in (Standing.CONSUMER, Standing.BUSINESS)
    return consumer and kind is not LineKind.SERVICE and kind not in _WHERE_IT_IS


def _is_registered(country: str, rules: Rules) -> bool:
    """Tell whether the seller declares distance sales in a country itself: then the rules have a row for its VAT."""
    return any(row.treatment is Treatment.DISTANCE and row.country == country for row in rules.vat)


def _untaxed_abroad(place: Place, kind: LineKind, rules: Rules) -> Treatment | Misfit:
    consumer = place.standing in (Standing.CONSUMER, Standing.BUSINESS)
    if rules.zero_rate == "margin" and consumer and place.destination in UNION:
        # taxed where the seller is, wherever in the Union it goes (bookkeeper.md §1.15)
        return Treatment.MARGIN
    service = kind is LineKind.SERVICE
    if place.destination not in UNION and (service or place.destination != "XI"):
        return Treatment.OUTSIDE_SCOPE if service else Treatment.EXPORT
    if place.standing is Standing.FOREIGN_ID:
        return Treatment.INTRA_EU_SERVICE if service else Treatment.INTRA_EU_GOODS
    if place.standing is Standing.BROKEN_ID:
        return Misfit("vat-id-broken")
    if place.standing is Standing.DOMESTIC_ID:
        return Misfit("vat-id-of-own-country")
    return Misfit("eu-business-without-vat-id" if place.standing is Standing.BUSINESS else "eu-consumer-without-vat")


def _from_abroad(place: Place, *, taxed: bool) -> Treatment:
    distant = place.destination != place.origin and place.destination in UNION
    consumer = place.standing in (Standing.CONSUMER, Standing.BUSINESS)
    return Treatment.OSS if taxed and distant and consumer and place.oss else Treatment.FOREIGN


def vat_country(place: Place, treatment: Treatment, kind: LineKind, country: str) -> str:
    """Return the country whose VAT a line carries, empty where the treatment says it all.

    For VAT of the seller's own country on a distance sale it is the consumer's: such sales are counted (§2.27).
    """
    if treatment is Treatment.DOMESTIC:
        return place.destination if _is_distant(place, kind, country) else ""
    if treatment in (Treatment.OSS, Treatment.DISTANCE):
        return place.destination
    return place.origin if treatment is Treatment.FOREIGN else ""


def as_stated(
    place: Place, stated: Treatment, kind: LineKind, *, taxed: bool, rules: Rules
) -> Treatment | Misfit | None:
    """Return what a treatment that the source states comes to; None where the place says more than it does."""
    wrong = _not_entitled(place, stated, taxed=taxed, rules=rules) or _contradiction(place, stated, kind)
    if wrong:
        return Misfit(wrong)
    if rules.seller in WITHOUT_VAT:
        return stated if stated is Treatment.OUTSIDE_SCOPE else None
    if stated is Treatment.DOMESTIC and not taxed:
        return None
    if place.origin != rules.country and stated in _OF_THE_STOCK and kind is not LineKind.SERVICE:
        # such returns are those of the country in which the stock lies
        return None
    abroad = place.destination in GOODS_UNION and place.destination != rules.country
    if stated is Treatment.REVERSE_CHARGE and place.standing is Standing.FOREIGN_ID and abroad:
        # shops call "reverse charged" what box 3b has
        return None
    return stated


_OF_THE_STOCK = frozenset(
    {Treatment.DOMESTIC, Treatment.ZERO, Treatment.REVERSE_CHARGE, Treatment.INTRA_EU_GOODS, Treatment.EXPORT}
)


def _not_entitled(place: Place, treatment: Treatment, *, taxed: bool, rules: Rules) -> str | None:
    """Return the code of a problem when the seller may not charge as the source says."""
    if taxed and rules.seller in WITHOUT_VAT:
        return "vat-by-untaxed-seller"
    return "oss-not-registered" if treatment is Treatment.OSS and not place.oss else None


def _contradiction(place: Place, treatment: Treatment, kind: LineKind) -> str | None:
    """Return the code of a problem when the source's own treatment cannot be."""
    if treatment in (Treatment.INTRA_EU_GOODS, Treatment.INTRA_EU_SERVICE):
        return _intra_eu_contradiction(place, treatment)
    if treatment is Treatment.REVERSE_CHARGE and place.standing not in (Standing.FOREIGN_ID, Standing.DOMESTIC_ID):
        return "reverse-charge-without-vat-id"
    if treatment is Treatment.EXPORT and place.destination in UNION and kind not in ACCESSORY_KINDS:
        return "export-within-union"
    if treatment is Treatment.PLATFORM:
        return "platform-sale"
    return None


def _intra_eu_contradiction(place: Place, treatment: Treatment) -> str | None:
    if place.standing is Standing.BROKEN_ID:
        return "vat-id-broken"
    if place.standing is not Standing.FOREIGN_ID:
        return "eu-business-without-vat-id"
    stays = treatment is Treatment.INTRA_EU_GOODS and place.destination == place.origin
    return "intra-eu-not-shipped" if stays else None


def _is_country(code: str) -> bool:
    return len(code) == 2 and code.isascii() and code.isalpha() and code.isupper()
