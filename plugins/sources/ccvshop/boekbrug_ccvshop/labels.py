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
