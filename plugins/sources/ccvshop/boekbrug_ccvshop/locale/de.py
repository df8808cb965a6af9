"""German."""

WHERE_CONNECTION = "CCV Shop: Mein Webshop / Einstellungen / API-Einstellungen"
WHERE_DOCUMENT = "CCV Shop: {document}"

SETTINGS = {
    "ccvshop.root": "Adresse des Shops, etwa https://shop.example",
    "ccvshop.public": "Öffentlicher Schlüssel",
    "ccvshop.secret": "Geheimer Schlüssel",
    "ccvshop.name": "Wie der Shop hier heißt",
    "ccvshop.books": (
        "Was gebucht wird. Rechnungen (empfohlen): jede Rechnung und Gutschrift, sobald es sie gibt, gleich welchen "
        "Status sie hat. Bestellungen: nur bezahlte; Gutschriften und Rechnungen an Firmen, die später zahlen, bleiben "
        "weg. Bestellungen passen deshalb nur zur Ist-Versteuerung oder wo alles im Voraus bezahlt wird."
    ),
    "ccvshop.statuses": "Status, mit denen eine Bestellung auch unbezahlt gebucht wird",
    "ccvshop.costs_rate": "Steuer in Zahlungskosten, Extrakosten und Rabatten: derive, goods oder ein Prozentsatz",
    "ccvshop.row_kinds": "Wofür der Produkttyp einer Zeile steht, wenn es keine Ware ist",
    "ccvshop.country": "Land, aus dem der Shop verkauft",
    "ccvshop.overlap_days": "Tage, die bei jedem Abruf erneut gelesen werden",
    "ccvshop.require_webhook_hash": "Webhooks ohne gültige Signatur ablehnen",
}

TEXTS = {
    "ccvshop-answer-not-signed": (
        "Eine Antwort zu {resource} trägt nicht die Signatur des Shops.",
        "Etwas zwischen hier und dem Shop hat die Antwort verändert, oder sie kommt von jemand anderem.",
        "Sie wird von selbst erneut angefragt. Bleibt es dabei, prüfen Sie die Adresse der Verbindung und den Proxy.",
    ),
    "ccvshop-app-missing": (
        "Der Shop hat die App nicht installiert, die seine API braucht ({resource}).",
        "Die API-App oder unsere App wurde aus dem App Store des Shops entfernt.",
        "Installieren Sie die App im Shop erneut.",
    ),
    "ccvshop-unreadable": (
        "{what} des Shops lässt sich nicht lesen.",
        "Der Shop sendet, was nicht zu seiner eigenen Beschreibung passt: {reason}.",
        "Öffnen und speichern Sie es im Shop erneut, oder melden Sie es CCV Shop; alles andere geht weiter.",
    ),
    "ccvshop-write-back-refused": (
        "Der Shop lehnt ab, was zu {resource} zurückgeschrieben wurde.",
        "Die Antwort war {status}.",
        "Prüfen Sie, ob der Schlüssel schreiben darf; die Buchung selbst bleibt, wie sie ist.",
    ),
    "ccvshop-total-differs": (
        "Zeilen und Kosten von {document} ergeben {lines}, der Gesamtbetrag ist {total}.",
        "In keiner Lesart ergeben die Felder des Shops den Gesamtbetrag.",
        "Sehen Sie es im Shop an und berichtigen Sie es dort, oder buchen Sie es von Hand.",
    ),
    "ccvshop-rows-missing": (
        "{document} hat keine Zeilen, und die Kosten sind {lines} statt {total}.",
        "Der Shop entfernt die Zeilen einer Rechnung, wenn ihre Bestellung gelöscht wird.",
        "Sehen Sie es im Shop an, oder buchen Sie es von Hand.",
    ),
    "ccvshop-rows-refused": (
        "Der Shop gibt die Zeilen von {document} nicht heraus.",
        "Er antwortet {status}; erneutes Versuchen allein hilft nicht.",
        "Öffnen und speichern Sie es im Shop, dann versuchen Sie es erneut; sonst melden Sie es CCV Shop.",
    ),
    "ccvshop-sale-refused": (
        "Der Shop verweigert {resource} zu {document}.",
        "Die Antwort ist {status}; ein neuer Versuch allein hilft nicht.",
        "Öffnen und speichern Sie es im Shop, dann versuchen Sie es erneut; sonst melden Sie es CCV Shop.",
    ),
    "ccvshop-rows-unreadable": (
        "Eine Zeile von {document} lässt sich nicht lesen.",
        "Der Shop sendet, was nicht zu seiner eigenen Beschreibung passt: {reason}.",
        "Öffnen und speichern Sie es im Shop erneut.",
    ),
    "ccvshop-row-kind": (
        "Unbekannt ist, was {line} auf {document} ist.",
        "Die Zeile hat den Produkttyp {type} und keine Steuer: Pfand, Kaution und Gutschein sind verschieden.",
        "Sagen Sie in row_kinds der Verbindung, wofür dieser Typ steht.",
    ),
    "ccvshop-vat-not-derived": (
        "Es lässt sich nicht sagen, wie viel Steuer in {costs} auf {document} steckt.",
        "Der Shop nennt keinen Satz dafür, und kein Satz führt zu seiner Steuersumme von {tax}.",
        "Prüfen Sie die Steuereinstellungen dieser Kosten im Shop, oder buchen Sie es von Hand.",
    ),
    "ccvshop-vat-ambiguous": (
        "Die Steuer in {costs} auf {document} lässt sich auf mehr als eine Art lesen.",
        "Der Shop nennt keinen Satz dafür, und mehrere Sätze führen zu seiner Steuersumme.",
        "Wählen Sie den Satz in costs_rate der Verbindung.",
    ),
    "ccvshop-vat-differs": (
        "Die Steuer von {document} ist laut Shop {tax}, die Zeilen ergeben {computed}.",
        "Die Sätze der Zeilen führen nicht zu der Steuer, die der Shop nennt.",
        "Prüfen Sie die Sätze im Shop und berichtigen Sie sie dort, oder buchen Sie es von Hand.",
    ),
    "ccvshop-vat-hidden": (
        "{document} hat {tax} Steuer, die laut Shop nicht im Gesamtbetrag steckt.",
        "Ob der Kunde Steuer gezahlt hat, lässt sich nicht sagen.",
        "Sehen Sie es im Shop an und buchen Sie es von Hand.",
    ),
    "ccvshop-vat-on-intra-eu": (
        "{document} ist eine steuerfreie Lieferung in der EU und hat doch {tax} Steuer.",
        "Die USt-IdNr. des Kunden und die Steuereinstellungen des Shops widersprechen sich.",
        "Berichtigen Sie es im Shop, oder buchen Sie es von Hand.",
    ),
    "ccvshop-cancelled-but-paid": (
        "{document} ist storniert und bezahlt.",
        "Das Geld ist da, und es wird nicht geliefert; Bestellungen sagen nichts über eine Erstattung.",
        "Zahlen Sie es zurück und erstellen Sie eine Gutschrift, oder geben Sie der Bestellung einen anderen Status.",
    ),
    "ccvshop-no-payment-method": (
        "Bei {document} steht nicht, wie bezahlt wird.",
        "Die Bestellung hat keine Zahlungsart.",
        "Wählen Sie eine auf der Bestellung im Shop.",
    ),
    "ccvshop-reimbursed-without-credit": (
        "{document} ist erstattet, und es gibt keine Gutschrift.",
        "Der Shop hat das Geld zurückgegeben ohne eine Rechnung, die das sagt.",
        "Erstellen Sie eine Gutschrift im Shop; sie wird von selbst gebucht.",
    ),
}
