"""What the settings of Exact Online are called."""

LABELS = {
    "divisions": {
        "nl": "Administraties waarin geboekt mag worden",
        "en": "Divisions that may be booked in",
        "de": "Mandanten, in denen gebucht werden darf",
    },
    "new_customers": {"nl": "Nieuwe klanten aanmaken", "en": "Create new customers", "de": "Neue Kunden anlegen"},
}

NO_SITE = {
    "nl": "app {name}: site {site} is er niet; kies uit {known}",
    "en": "app {name}: site {site} is none of {known}",
    "de": "App {name}: die Site {site} gibt es nicht; wählen Sie aus {known}",
}
