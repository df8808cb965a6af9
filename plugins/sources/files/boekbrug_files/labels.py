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
