"""What the settings of the folder are called."""

LABELS = {
    "files.folder": {"nl": "Map met de bestanden", "en": "Folder with the files", "de": "Ordner mit den Dateien"},
    "files.unit": {"nl": "Code van de winkel", "en": "Code of the shop", "de": "Kürzel des Geschäfts"},
    "files.unit_name": {"nl": "Naam van de winkel", "en": "Name of the shop", "de": "Name des Geschäfts"},
    "files.time_zone": {"nl": "Tijdzone", "en": "Time zone", "de": "Zeitzone"},
    "files.bookable_statuses": {
        "nl": "Statussen die geboekt worden",
        "en": "Statuses that are booked",
        "de": "Status, die gebucht werden",
    },
    "files.void_statuses": {
        "nl": "Statussen die nooit geboekt worden",
        "en": "Statuses that are never booked",
        "de": "Status, die nie gebucht werden",
    },
    "files.whole_file_limit": {"nl": "Grootste bestand (MiB)", "en": "Largest file (MiB)", "de": "Größte Datei (MiB)"},
}

NO_ZONE = {
    "nl": "{name} is geen tijdzone; schrijf bijvoorbeeld Europe/Amsterdam",
    "en": "{name} is not a time zone; write one such as Europe/Amsterdam",
    "de": "{name} ist keine Zeitzone; schreiben Sie zum Beispiel Europe/Amsterdam",
}
BOTH = {
    "nl": "een status wordt geboekt of nooit geboekt, niet allebei: {statuses}",
    "en": "a status is either bookable or void, not both: {statuses}",
    "de": "ein Status wird entweder gebucht oder nie gebucht, nicht beides: {statuses}",
}
OTHER_UNIT = {
    "nl": "de map {folder} heeft één winkel, {own}, en niet {unit}",
    "en": "the folder {folder} has one unit, {own}, not {unit}",
    "de": "der Ordner {folder} hat ein Geschäft, {own}, und nicht {unit}",
}
