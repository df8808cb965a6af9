"""What the settings of CCV Shop are called."""

LABELS = {
    "ccvshop.root": {"nl": "Adres van de webwinkel", "en": "Address of the shop", "de": "Adresse des Webshops"},
    "ccvshop.public": {"nl": "Publieke sleutel", "en": "Public key", "de": "Öffentlicher Schlüssel"},
    "ccvshop.secret": {"nl": "Geheime sleutel", "en": "Secret key", "de": "Geheimer Schlüssel"},
    "ccvshop.name": {"nl": "Naam van de webwinkel", "en": "Name of the shop", "de": "Name des Webshops"},
    "ccvshop.books": {"nl": "Wat geboekt wordt", "en": "What is booked", "de": "Was gebucht wird"},
    "ccvshop.statuses": {
        "nl": "Statussen die ook zonder betaling geboekt worden",
        "en": "Statuses that are booked without payment too",
        "de": "Status, die auch ohne Zahlung gebucht werden",
    },
    "ccvshop.costs_rate": {
        "nl": "Btw in kosten en kortingen",
        "en": "VAT in costs and discounts",
        "de": "USt. in Kosten und Rabatten",
    },
    "ccvshop.row_kinds": {"nl": "Soorten orderregels", "en": "Kinds of order lines", "de": "Arten von Bestellzeilen"},
    "ccvshop.country": {"nl": "Land van de webwinkel", "en": "Country of the shop", "de": "Land des Webshops"},
    "ccvshop.overlap_days": {
        "nl": "Dagen die opnieuw worden opgehaald",
        "en": "Days that are fetched again",
        "de": "Tage, die erneut abgerufen werden",
    },
    "ccvshop.require_webhook_hash": {
        "nl": "Alleen ondertekende meldingen aannemen",
        "en": "Accept signed webhooks only",
        "de": "Nur signierte Meldungen annehmen",
    },
}

NO_ADDRESS = {
    "nl": "{root} is niet het adres van een winkel; schrijf het als https://winkel.example",
    "en": "{root} is not the address of a shop; write it as https://shop.example",
    "de": "{root} ist nicht die Adresse eines Shops; schreiben Sie sie als https://shop.example",
}
HALF_KEYS = {
    "nl": "vul het adres, de publieke sleutel en het geheim van de winkel samen in, of geen van drieën bij een app",
    "en": "give the shop's address, public key and secret together, or none of them where an app is used",
    "de": "geben Sie Adresse, öffentlichen Schlüssel und Geheimnis zusammen an, oder mit einer App keines davon",
}
OTHER_UNIT = {
    "nl": "een koppeling met CCV Shop heeft één winkel, {own}, en niet {unit}",
    "en": "a CCV Shop connection has one unit, {own}, not {unit}",
    "de": "eine Verbindung mit CCV Shop hat ein Geschäft, {own}, und nicht {unit}",
}
