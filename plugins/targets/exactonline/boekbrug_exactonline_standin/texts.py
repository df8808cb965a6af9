"""What Exact says when it refuses, in the language of the user."""

from collections.abc import Mapping

_TEXTS: Mapping[str, tuple[str, str]] = {
    "mandatory": ("Verplicht: {}", "Mandatory: {}"),
    "reference": ("Ongeldige referentie: {}", "Invalid reference: {}"),
    "account-type": ("Ongeldig: Grootboekrekeningtype", "Invalid: G/L account type"),
    "journal": ("Ongeldig: Dagboek", "Invalid: Journal"),
    "cash-journal": (
        "Ongeldig dagboek. Het dagboek moet een kasboek zijn.",
        "Invalid journal. The journal must be a cash journal.",
    ),
    "customer-type": ("Ongeldig: Klant (Type)", "Invalid: Customer (Type)"),
    "vat-not-allowed": ("Niet toegestaan: Btw-code", "Not allowed: VAT-code"),
    "vat-amount": (
        "Btw-bedrag niet toegestaan bij btw-code type geen btw",
        "VAT amount is not allowed for a VAT code of type no VAT",
    ),
    "closed": ("Periode is afgesloten: {}", "Period is closed: {}"),
    "year": ("Onbekend: Boekjaar (Periode-datumtabel)", "Unknown: Financial year (Period-date table)"),
    "balance": (
        "De boeking is niet in evenwicht op: {} - Verschil: EUR {}",
        "The entry is out of balance on: {} - difference: EUR {}",
    ),
    "blocked-account": ("Geblokkeerd: Grootboekrekening: {}", "Blocked: Ledger account: {}"),
    "blocked-journal": ("Geblokkeerd: Dagboek: {}", "Blocked: Journal: {}"),
    "blocked-vat": ("Geblokkeerd: Btw-code: {}", "Blocked: VAT code: {}"),
    "blocked-customer": ("Geblokkeerd: Relatie: {}", "Blocked: Account: {}"),
    "number": ("In gebruik: Boekstuknummer", "Already exists - Entry number: {}, Journal: {}"),
    "rate": ("Niet toegestaan: Wisselkoers", "Not allowed: Exchange rate"),
    "currency": ("Niet toegestaan: Valuta", "Not allowed: Currency"),
    "processed": ("Reeds verwerkt", "Already processed"),
    "document-type": ("Document Type not allowed", "Document Type not allowed"),
    "amount": ("Ongeldig: Bedrag", "Invalid: Amount"),
}
_NAMES: Mapping[str, str] = {
    "Dagboek": "Journal", "Klant": "Customer", "Regels": "Lines", "Bedrag": "Amount", "Naam": "Name",
    "Grootboekrekening": "G/L account", "Relatie": "Account", "Btw-code": "VAT code", "Kostenplaats": "Cost center",
    "Betalingsconditie": "Payment condition", "Onderwerp": "Subject", "Boeking": "Entry", "Document": "Document",
    "Bestandsnaam": "File name",
}  # fmt: skip


class Refusal(Exception):
    """Exact refuses a record for good; `faults` are keys of texts with what fills them in."""

    def __init__(self, faults: list[tuple[str, ...]]) -> None:
        super().__init__(str(faults))
        self.faults = faults

    def message(self, language: str) -> str:
        """Return the sentences of all faults, one a line."""
        english = language == "EN"
        return "\r\n".join(_sentence(key, names, english=english) for key, *names in self.faults)


def _sentence(key: str, names: list[str], *, english: bool) -> str:
    return _TEXTS[key][english].format(*(_NAMES.get(name, name) if english else name for name in names))
