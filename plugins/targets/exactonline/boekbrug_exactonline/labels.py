"""What the settings of Exact Online are called."""

LABELS = {
    "divisions": {
        "nl": "Administraties waarin geboekt mag worden",
        "en": "Divisions that may be booked in",
        "de": "Mandanten, in denen gebucht werden darf",
    },
    "new_customers": {"nl": "Nieuwe klanten aanmaken", "en": "Create new customers", "de": "Neue Kunden anlegen"},
}
