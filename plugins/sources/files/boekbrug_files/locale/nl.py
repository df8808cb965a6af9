"""Dutch."""

WHERE = "{file}, regel {row}"
WHERE_FILE = "{file}"
WHERE_DOCUMENT = "{document}"

_EDIT = "Verbeter het bestand en zet het terug in de map; het wordt vanzelf opnieuw gelezen."

TEXTS = {
    "files-folder": (
        "De map {folder} kan niet worden gelezen.",
        "De map bestaat niet of mag niet worden gelezen: {reason}.",
        "Maak de map, verbeter het pad in de koppeling of geef de gebruiker van boekbrug leesrechten.",
    ),
    "files-not-readable": (
        "{file} kan niet worden gelezen.",
        "Het systeem weigert het bestand: {reason}.",
        "Geef de gebruiker van boekbrug leesrechten op het bestand.",
    ),
    "files-empty": (
        "{file} is leeg.",
        "Er staat niets in het bestand; misschien is het exporteren mislukt.",
        "Maak het bestand opnieuw of haal het uit de map.",
    ),
    "files-too-large": (
        "{file} is te groot: {size}.",
        "Een JSON- of CSV-bestand wordt in één keer gelezen en mag hier hoogstens {limit} zijn.",
        "Lever het als JSON lines (.jsonl, één document per regel; elke grootte mag), splits het, "
        "of verhoog de grens in de koppeling.",
    ),
    "files-line-too-long": (
        "Regel {row} van {file} is te lang.",
        "Een regel mag hoogstens {limit} zijn; waarschijnlijk ontbreken de regeleinden.",
        "Zet elk document op een eigen regel.",
    ),
    "files-not-utf8": (
        "Regel {row} van {file} is geen UTF-8.",
        "Het bestand is in een andere tekencodering opgeslagen.",
        "Exporteer het bestand opnieuw met tekencodering UTF-8.",
    ),
    "files-not-json": (
        "Regel {row} van {file} is geen geldige JSON.",
        "De tekst is afgebroken of bevat een fout ({detail}).",
        f"{_EDIT} Staat er op elke regel een document, noem het bestand dan .jsonl.",
    ),
    "files-csv": (
        "Regel {row} van {file} is geen geldige CSV-rij.",
        "Het aantal cellen klopt niet of een aanhalingsteken is niet gesloten ({detail}).",
        _EDIT,
    ),
    "files-unknown-column": (
        "De kolom {field} in {file} is niet bekend.",
        "De eerste regel noemt een kolom die niet in het schema staat.",
        "Gebruik de kolomnamen uit de documentatie of laat de kolom weg.",
    ),
    "files-column-twice": (
        "De kolom {field} staat meer dan eens in {file}.",
        "Zo is niet te zeggen welke waarde geldt.",
        "Laat één van de kolommen weg.",
    ),
    "files-missing-field": (
        "Op regel {row} van {file} ontbreekt {field}.",
        "Zonder dit veld is het document niet te boeken.",
        "Vul het veld in; zonder veld wordt er niets geraden.",
    ),
    "files-unknown-field": (
        "Het veld {field} op regel {row} van {file} is niet bekend.",
        "Het staat niet in het schema; mogelijk is het een tikfout.",
        "Gebruik de veldnamen uit de documentatie of laat het veld weg.",
    ),
    "files-number": (
        "{field} op regel {row} van {file} is een getal met cijfers achter de komma.",
        "Zulke getallen worden door programma's afgerond; voor geld is dat niet veilig.",
        'Schrijf bedragen als tekst: "12.50" in plaats van 12.50.',
    ),
    "files-amount": (
        "{field} op regel {row} van {file} is geen geldig bedrag: {value}.",
        "Een bedrag heeft een punt en hoogstens twee cijfers daarachter (bij yen geen), zonder duizendtallen.",
        'Schrijf het bedrag als "1234.50".',
    ),
    "files-moment": (
        "{field} op regel {row} van {file} is geen geldige datum: {value}.",
        "Een datum wordt geschreven als 2026-07-31, een moment als 2026-07-31T14:05:00+02:00.",
        "Schrijf de datum op deze manier.",
    ),
    "files-wrong-value": (
        "{field} op regel {row} van {file} heeft een waarde die niet kan.",
        "Het schema staat deze waarde niet toe ({detail}).",
        "Gebruik een waarde uit de documentatie.",
    ),
    "files-one-amount": (
        "Op regel {row} van {file} heeft een verkoopregel niet precies één prijs ({field}).",
        "Een verkoopregel heeft amount_incl, of amount_excl samen met vat.",
        "Vul één van beide in.",
    ),
    "files-rows-differ": (
        "Regel {row} van {file} spreekt een eerdere regel van hetzelfde document tegen: {field}.",
        "Alle rijen van één document hebben dezelfde kop.",
        "Maak de waarden gelijk of laat ze op de volgende rijen leeg.",
    ),
    "files-twice": (
        "Document {document} op regel {row} van {file} staat ook al op regel {first}.",
        "Twee documenten hebben hetzelfde nummer, of de rijen van één document staan niet onder elkaar.",
        "Zet de rijen bij elkaar of geef elk document een eigen id.",
    ),
    "files-uncertain-moment": (
        "{field} van {document} is niet eenduidig: {value}.",
        "Door het verzetten van de klok bestond deze tijd in {zone} niet of twee keer.",
        "Schrijf de tijd met tijdzone, zoals 2026-10-25T02:30:00+01:00.",
    ),
    "files-credit-sign": (
        "Creditnota {document} heeft een positief totaal: {total}.",
        "Bedragen van een creditnota zijn negatief; zo zou hij als verkoop tellen.",
        "Schrijf de bedragen met een minteken, of geef het document de juiste soort.",
    ),
    "files-no-payment": (
        "{document} heeft de status {status}, maar er staat niet bij hoe betaald is.",
        "Er is geen betaalmethode, en ook niet dat er op rekening is verkocht.",
        "Vul payment_method of tenders in, of on_account als de klant later betaalt.",
    ),
}
