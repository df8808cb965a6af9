"""What the sample shop sells, and to whom; names and addresses are made up, mail domains are reserved ones."""

from typing import Any

import msgspec


class Article(msgspec.Struct, frozen=True):
    """Something on the shelf; the price is in cents, VAT included."""

    sku: str
    name: str
    price: int
    rate: int


ARTICLES = (
    Article("MOLEN-01", "Handkoffiemolen hout", 4995, 21),
    Article("FILTER-02", "Filterhouder porselein", 1895, 21),
    Article("KAN-03", "Theekan glas 1 liter", 2450, 21),
    Article("MOK-04", "Mok Delfts blauw", 1295, 21),
    Article("ROOSTER-05", "Melkopschuimer rvs", 3499, 21),
    Article("WEEG-06", "Koffieweegschaal", 2999, 21),
    Article("PAPIER-07", "Koffiefilters 100 stuks", 549, 21),
    Article("KETEL-08", "Zwanenhalsketel", 5950, 21),
    Article("BOON-10", "Koffiebonen Ethiopië 500 g", 1195, 9),
    Article("BOON-11", "Koffiebonen espresso 1 kg", 2095, 9),
    Article("BOON-12", "Koffiebonen cafeïnevrij 250 g", 785, 9),
    Article("THEE-13", "Earl Grey los 100 g", 695, 9),
    Article("THEE-14", "Groene thee Sencha 100 g", 845, 9),
    Article("THEE-15", "Rooibos naturel 250 g", 575, 9),
    Article("KOEK-16", "Stroopwafels in blik", 925, 9),
    Article("BOEK-17", "Boek: Koffie zetten thuis", 2250, 9),
)

FIRST_NAMES = (
    "Anna", "Bram", "Carlijn", "Daan", "Eva", "Femke", "Gijs", "Hanna", "Isa", "Jeroen", "Katja", "Lars", "Maud",
    "Noor", "Olaf", "Pieter", "Roos", "Sem", "Tess", "Willem", "Yasmina", "Zoë",
)  # fmt: skip

LAST_NAMES = (
    "de Jong", "Jansen", "de Vries", "van den Berg", "Bakker", "Visser", "Smit", "Meijer", "de Boer", "Mulder", "Bos",
    "Vos", "Peters", "Hendriks", "van Leeuwen", "Dekker", "Brouwer", "Yılmaz", "van 't Hof",
)  # fmt: skip

CITIES = (
    ("Amsterdam", 1054), ("Rotterdam", 3011), ("Utrecht", 3512), ("Groningen", 9711), ("Eindhoven", 5611),
    ("Nijmegen", 6511), ("Zwolle", 8011), ("Leeuwarden", 8911), ("Breda", 4811), ("Maastricht", 6211),
    ("Middelburg", 4331), ("Deventer", 7411),
)  # fmt: skip

STREETS = ("Dorpsstraat", "Kerkstraat", "Molenweg", "Havenkade", "Lindelaan", "Stationsplein", "Oude Gracht")

BUYERS_ABROAD: dict[str, dict[str, Any]] = {
    "BE": {
        "email": "inkoop@brasserie.example.org", "name": "Luc Peeters", "company": "Brasserie De Linde BV",
        "is_business": True, "vat_id": "BE0123456749", "street": "Meir 12", "postcode": "2000", "city": "Antwerpen",
        "country": "BE",
    },
    "CH": {
        "email": "u.keller@example.org", "name": "Ursula Keller", "street": "Bahnhofstrasse 8", "postcode": "8001",
        "city": "Zürich", "country": "CH",
    },
    "NO": {
        "email": "i.hansen@example.org", "name": "Ingrid Hansen", "street": "Karl Johans gate 3", "postcode": "0154",
        "city": "Oslo", "country": "NO",
    },
}  # fmt: skip
