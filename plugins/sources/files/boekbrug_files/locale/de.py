"""German."""

WHERE = "{file}, Zeile {row}"
WHERE_FILE = "{file}"
WHERE_DOCUMENT = "{document}"

_EDIT = "Berichtigen Sie die Datei und legen Sie sie wieder in den Ordner; sie wird von selbst erneut gelesen."

TEXTS = {
    "files-folder": (
        "Der Ordner {folder} kann nicht gelesen werden.",
        "Er ist nicht vorhanden oder darf nicht gelesen werden: {reason}.",
        "Legen Sie den Ordner an, berichtigen Sie den Pfad der Verbindung oder geben Sie boekbrug Leserechte.",
    ),
    "files-not-readable": (
        "{file} kann nicht gelesen werden.",
        "Das System verweigert die Datei: {reason}.",
        "Geben Sie dem Benutzer von boekbrug Leserechte für die Datei.",
    ),
    "files-empty": (
        "{file} ist leer.",
        "In der Datei steht nichts; vielleicht ist der Export misslungen.",
        "Erzeugen Sie die Datei neu oder nehmen Sie sie aus dem Ordner.",
    ),
    "files-too-large": (
        "{file} ist zu groß: {size}.",
        "Eine JSON- oder CSV-Datei wird als Ganzes gelesen und darf hier höchstens {limit} haben.",
        "Liefern Sie sie als JSON Lines (.jsonl, ein Beleg je Zeile, beliebig groß), teilen Sie sie "
        "oder erhöhen Sie die Grenze der Verbindung.",
    ),
    "files-line-too-long": (
        "Zeile {row} von {file} ist zu lang.",
        "Eine Zeile darf höchstens {limit} haben; vermutlich fehlen die Zeilenenden.",
        "Setzen Sie jeden Beleg auf eine eigene Zeile.",
    ),
    "files-not-utf8": (
        "Zeile {row} von {file} ist kein UTF-8.",
        "Die Datei wurde in einer anderen Zeichenkodierung gespeichert.",
        "Exportieren Sie die Datei erneut mit der Kodierung UTF-8.",
    ),
    "files-not-json": (
        "Zeile {row} von {file} ist kein gültiges JSON.",
        "Der Text ist abgebrochen oder fehlerhaft ({detail}).",
        f"{_EDIT} Steht auf jeder Zeile ein Beleg, nennen Sie die Datei .jsonl.",
    ),
    "files-csv": (
        "Zeile {row} von {file} ist keine gültige CSV-Zeile.",
        "Die Zahl der Zellen stimmt nicht, oder ein Anführungszeichen ist nicht geschlossen ({detail}).",
        _EDIT,
    ),
    "files-unknown-column": (
        "Die Spalte {field} in {file} ist nicht bekannt.",
        "Die erste Zeile nennt eine Spalte, die nicht im Schema steht.",
        "Verwenden Sie die Spaltennamen der Dokumentation oder lassen Sie die Spalte weg.",
    ),
    "files-column-twice": (
        "Die Spalte {field} steht mehrmals in {file}.",
        "So lässt sich nicht sagen, welcher Wert gilt.",
        "Lassen Sie eine der Spalten weg.",
    ),
    "files-missing-field": (
        "In Zeile {row} von {file} fehlt {field}.",
        "Ohne dieses Feld kann der Beleg nicht gebucht werden.",
        "Füllen Sie das Feld aus; es wird nichts geraten.",
    ),
    "files-unknown-field": (
        "Das Feld {field} in Zeile {row} von {file} ist nicht bekannt.",
        "Es steht nicht im Schema; vielleicht ist es ein Tippfehler.",
        "Verwenden Sie die Feldnamen der Dokumentation oder lassen Sie das Feld weg.",
    ),
    "files-number": (
        "{field} in Zeile {row} von {file} ist eine Zahl mit Nachkommastellen.",
        "Programme runden solche Zahlen; für Geld ist das nicht sicher.",
        'Schreiben Sie Beträge als Text: "12.50" statt 12.50.',
    ),
    "files-amount": (
        "{field} in Zeile {row} von {file} ist kein gültiger Betrag: {value}.",
        "Ein Betrag hat einen Punkt und höchstens zwei Stellen danach (bei Yen keine), ohne Tausendertrennung.",
        'Schreiben Sie den Betrag als "1234.50".',
    ),
    "files-moment": (
        "{field} in Zeile {row} von {file} ist kein gültiges Datum: {value}.",
        "Ein Datum wird als 2026-07-31 geschrieben, ein Zeitpunkt als 2026-07-31T14:05:00+02:00.",
        "Schreiben Sie das Datum auf diese Weise.",
    ),
    "files-wrong-value": (
        "{field} in Zeile {row} von {file} hat einen Wert, der nicht möglich ist.",
        "Das Schema lässt diesen Wert nicht zu ({detail}).",
        "Verwenden Sie einen Wert der Dokumentation.",
    ),
    "files-one-amount": (
        "In Zeile {row} von {file} hat eine Position nicht genau einen Preis ({field}).",
        "Eine Position hat amount_incl, oder amount_excl zusammen mit vat.",
        "Füllen Sie eines von beiden aus.",
    ),
    "files-rows-differ": (
        "Zeile {row} von {file} widerspricht einer früheren Zeile desselben Belegs: {field}.",
        "Alle Zeilen eines Belegs haben denselben Kopf.",
        "Gleichen Sie die Werte an oder lassen Sie sie in den weiteren Zeilen leer.",
    ),
    "files-twice": (
        "Beleg {document} in Zeile {row} von {file} steht bereits in Zeile {first}.",
        "Zwei Belege haben dieselbe id, oder die Zeilen eines Belegs stehen nicht beieinander.",
        "Stellen Sie die Zeilen zusammen oder geben Sie jedem Beleg eine eigene id.",
    ),
    "files-uncertain-moment": (
        "{field} von {document} ist nicht eindeutig: {value}.",
        "Wegen der Zeitumstellung gab es diese Uhrzeit in {zone} nicht oder zweimal.",
        "Schreiben Sie die Uhrzeit mit Zeitzone, etwa 2026-10-25T02:30:00+01:00.",
    ),
    "files-credit-sign": (
        "Gutschrift {document} hat einen positiven Gesamtbetrag: {total}.",
        "Beträge einer Gutschrift sind negativ; so würde sie als Verkauf zählen.",
        "Schreiben Sie die Beträge mit Minuszeichen oder geben Sie dem Beleg die richtige Art.",
    ),
    "files-no-payment": (
        "{document} hat den Status {status}, aber es fehlt, wie bezahlt wurde.",
        "Es gibt keine Zahlungsart und auch keinen Hinweis auf einen Verkauf auf Rechnung.",
        "Füllen Sie payment_method oder tenders aus, oder on_account, wenn der Kunde später zahlt.",
    ),
}
