"""Dutch."""

WHERE_CONNECTION = "CCV Shop: Mijn webwinkel / Instellingen / API-instellingen"
WHERE_DOCUMENT = "CCV Shop: {document}"

SETTINGS = {
    "ccvshop.root": "Adres van de webwinkel, zoals https://shop.example",
    "ccvshop.public": "Publieke sleutel",
    "ccvshop.secret": "Geheime sleutel",
    "ccvshop.name": "Hoe de webwinkel hier heet",
    "ccvshop.books": (
        "Wat er geboekt wordt. Facturen (aanbevolen): elke factuur en creditfactuur zodra die er is, ongeacht de "
        "status. Bestellingen: alleen betaalde; credits en facturen aan zakelijke klanten die later betalen vallen "
        "erbuiten. Bestellingen zijn daarom alleen geschikt bij het kasstelsel of als alles vooraf wordt betaald."
    ),
    "ccvshop.statuses": "Statussen waarmee een bestelling onbetaald toch wordt geboekt",
    "ccvshop.costs_rate": "Btw in betaalkosten, extra kosten en kortingen: derive, goods of een percentage",
    "ccvshop.row_kinds": "Waar het producttype van een regel voor staat als het geen goederen zijn",
    "ccvshop.country": "Land van waaruit de winkel verkoopt",
    "ccvshop.overlap_days": "Dagen die bij elke keer ophalen opnieuw worden opgevraagd",
    "ccvshop.require_webhook_hash": "Weiger webhooks zonder geldige handtekening",
}

TEXTS = {
    "ccvshop-answer-not-signed": (
        "Een antwoord over {resource} draagt niet de handtekening van de webwinkel.",
        "Iets tussen hier en de webwinkel heeft het antwoord veranderd, of het komt van een ander.",
        "Het wordt vanzelf opnieuw gevraagd. Blijft het, controleer dan het adres van de koppeling en de proxy.",
    ),
    "ccvshop-app-missing": (
        "De webwinkel heeft de app niet geïnstalleerd die zijn API nodig heeft ({resource}).",
        "De API-app of onze app is uit de App Store van de webwinkel verwijderd.",
        "Installeer de app opnieuw in de webwinkel.",
    ),
    "ccvshop-unreadable": (
        "{what} van de webwinkel kan niet worden gelezen.",
        "De webwinkel stuurt iets wat niet bij zijn eigen beschrijving past: {reason}.",
        "Open het in de webwinkel en sla het opnieuw op, of meld het bij CCV Shop; al het andere gaat door.",
    ),
    "ccvshop-write-back-refused": (
        "De webwinkel weigert wat bij {resource} werd teruggeschreven.",
        "Het antwoord was {status}.",
        "Controleer of de sleutel mag schrijven; de boeking zelf blijft zoals die is.",
    ),
    "ccvshop-total-differs": (
        "De regels en kosten van {document} tellen op tot {lines}, het totaal is {total}.",
        "Op geen enkele manier gelezen komen de velden van de webwinkel op het totaal uit.",
        "Bekijk het in de webwinkel en verbeter het daar, of boek het met de hand.",
    ),
    "ccvshop-rows-missing": (
        "{document} heeft geen regels, en de kosten zijn {lines} in plaats van {total}.",
        "De webwinkel haalt de regels uit een factuur als de bestelling wordt verwijderd.",
        "Bekijk het in de webwinkel, of boek het met de hand.",
    ),
    "ccvshop-rows-refused": (
        "De webwinkel geeft de regels van {document} niet.",
        "Het antwoord is {status}; opnieuw proberen alleen helpt niet.",
        "Open het in de webwinkel, sla het op en probeer opnieuw; meld het bij CCV Shop als het blijft.",
    ),
    "ccvshop-sale-refused": (
        "De webwinkel weigert {resource} bij {document}.",
        "Het antwoord is {status}; opnieuw proberen alleen helpt daar niet tegen.",
        "Open het in de webwinkel, sla het op en probeer opnieuw; meld het bij CCV Shop als het blijft.",
    ),
    "ccvshop-rows-unreadable": (
        "Een regel van {document} kan niet worden gelezen.",
        "De webwinkel stuurt iets wat niet bij zijn eigen beschrijving past: {reason}.",
        "Open het in de webwinkel en sla het opnieuw op.",
    ),
    "ccvshop-row-kind": (
        "Onbekend is wat {line} op {document} is.",
        "De regel heeft producttype {type} en geen btw: statiegeld, borg en cadeaubon worden anders geboekt.",
        "Geef bij row_kinds van de koppeling aan waar dit type voor staat.",
    ),
    "ccvshop-vat-not-derived": (
        "Niet te zeggen is hoeveel btw er in {costs} op {document} zit.",
        "De webwinkel noemt er geen tarief bij, en geen tarief leidt tot het btw-totaal van {tax}.",
        "Controleer de btw-instellingen van deze kosten in de webwinkel, of boek het met de hand.",
    ),
    "ccvshop-vat-ambiguous": (
        "De btw in {costs} op {document} is op meer dan één manier te lezen.",
        "De webwinkel noemt er geen tarief bij, en meer tarieven leiden tot het btw-totaal.",
        "Kies het tarief bij costs_rate van de koppeling.",
    ),
    "ccvshop-vat-differs": (
        "De btw van {document} is volgens de webwinkel {tax}, de regels komen op {computed}.",
        "De tarieven van de regels leiden niet tot de btw die de webwinkel noemt.",
        "Controleer de tarieven in de webwinkel en verbeter ze daar, of boek het met de hand.",
    ),
    "ccvshop-vat-hidden": (
        "{document} heeft {tax} btw, die volgens de webwinkel niet in het totaal zit.",
        "Niet te zeggen is of de klant btw heeft betaald.",
        "Bekijk het in de webwinkel en boek het met de hand.",
    ),
    "ccvshop-vat-on-intra-eu": (
        "{document} is een levering binnen de EU zonder btw, en heeft toch {tax} btw.",
        "Het btw-nummer van de klant en de btw-instellingen van de webwinkel spreken elkaar tegen.",
        "Verbeter het in de webwinkel, of boek het met de hand.",
    ),
    "ccvshop-cancelled-but-paid": (
        "{document} is geannuleerd en betaald.",
        "Het geld is binnen en er wordt niet geleverd; bestellingen vertellen niets over een terugbetaling.",
        "Betaal het terug en maak een creditfactuur, of geef de bestelling een andere status.",
    ),
    "ccvshop-no-payment-method": (
        "Bij {document} staat niet hoe er betaald wordt.",
        "De bestelling heeft geen betaalmethode.",
        "Kies er een op de bestelling in de webwinkel.",
    ),
    "ccvshop-reimbursed-without-credit": (
        "{document} is terugbetaald, en er is geen creditfactuur.",
        "De webwinkel gaf het geld terug zonder een factuur die dat zegt.",
        "Maak een creditfactuur in de webwinkel; die wordt vanzelf geboekt.",
    ),
}
