"""What the settings of plain-text books are called."""

LABELS = {
    "folder": {"nl": "Map met de boeken", "en": "Folder with the books", "de": "Ordner mit den Büchern"},
    "dialect": {
        "nl": "Programma dat de boeken leest",
        "en": "Program that reads the books",
        "de": "Programm, das die Bücher liest",
    },
}
