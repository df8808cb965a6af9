"""What Exact says when it refuses, in Dutch or English as its user has chosen, and the problem that stands for it."""

import re
from collections.abc import Sequence

from boekbrug.contract import Problem

UNKNOWN = "exact-refused"
ZERO = "exact-zero-total"

#: (problem code, what the text begins with or contains); the first that fits counts
_PATTERNS: Sequence[tuple[str, re.Pattern[str]]] = tuple(
    (code, re.compile(pattern, re.IGNORECASE))
    for code, pattern in (
        (
            "exact-vat-id-missing",
            r"(?:Ongeldig|Invalid|Ontbrekend|Missing|Verplicht|Mandatory): (?P<what>(?:Btw|VAT)[- ]?num.*)",
        ),
        ("exact-vat-code-unknown", r"(?:Ongeldige referentie|Invalid reference): (?P<what>(?:Btw|VAT)[- ]?code.*)"),
        ("exact-vat-code-unknown", r"(?:Ontbrekend|Missing|Ongeldig|Invalid): (?P<what>(?:Btw|VAT)[- ]?code.*)"),
        ("exact-customer-gone", r"(?:Ongeldige referentie|Invalid reference): (?P<what>(?:Klant|Customer|Relatie).*)"),
        ("exact-account-unknown", r"(?:Ongeldige referentie|Invalid reference): (?P<what>(?:Grootboek|G/L).*)"),
        ("exact-journal-unknown", r"(?:Ongeldige referentie|Invalid reference): (?P<what>(?:Dagboek|Journal).*)"),
        (
            "exact-condition-unknown",
            r"(?:Ongeldige referentie|Invalid reference|Verplicht|Mandatory): "
            r"(?P<what>(?:Betalingsconditie|Payment condition).*)",
        ),
        (
            "exact-cost-centre",
            r"(?:Ongeldige referentie|Invalid reference|Verplicht|Mandatory): "
            r"(?P<what>(?:Kostenplaats|Kostendrager|Cost (?:cent|unit)).*)",
        ),
        ("exact-reference-unknown", r"(?:Ongeldige referentie|Invalid reference): (?P<what>.+)"),
        ("exact-field-missing", r"(?:Verplicht|Mandatory): (?P<what>.+)"),
        ("exact-vat-accounts", r"(?:Ongeldig|Invalid): Type \((?P<what>(?:Rekening|VAT|G/L).*)\)"),
        (
            "exact-customer-status",
            r"(?:Ongeldig|Invalid): (?P<what>(?:Klant|Customer|Factuur voor|Invoice to)) \(Type\)",
        ),
        ("exact-account-unfit", r"(?P<what>(?:Ongeldig|Invalid): (?:Grootboekrekeningtype|G/L account type).*)"),
        ("exact-account-unfit", r"(?P<what>Ledger account .* is (?:of a wrong )?type.*)"),
        ("exact-journal-unfit", r"(?P<what>(?:Ongeldig|Invalid):? (?:Dagboek|Journal).*)"),
        ("exact-journal-without-vat", r"(?:Niet toegestaan|Not allowed): (?P<what>(?:Btw|VAT)[- ]?code.*)"),
        ("exact-vat-not-allowed", r"(?P<what>.*(?:Btw|VAT)[- ](?:percentage|bedrag|amount).*)"),
        ("exact-period-closed", r"(?:Periode is afgesloten|Period is closed):? ?(?P<what>.*)"),
        ("exact-period-missing", r"(?:Unknown|Onbekend): (?P<what>(?:Financial year|Boekjaar).*)"),
        ("exact-year-fixed", r"(?P<what>The financial year cannot be changed.*)"),
        ("exact-unbalanced", r"(?P<what>.*(?:niet in evenwicht|out of balance).*)"),
        ("exact-blocked", r"(?:Geblokkeerd|Blocked): (?P<what>.+)"),
        (
            "exact-number-used",
            r"(?P<what>(?:In gebruik: Boekstuknummer|Boekstuknummer in gebruik|Already exists - Entry number).*)",
        ),
        ("exact-exists-already", r"(?:Bestaat reeds|Already exists): (?P<what>.+)"),
        (
            "exact-currency-not-allowed",
            r"(?:Niet toegestaan|Not allowed): (?P<what>Wisselkoers|Exchange rate|Valuta|Currency)",
        ),
        ("exact-processed", r"(?P<what>(?:Reeds verwerkt|Already processed).*)"),
        ("exact-division-missing", r"(?P<what>Wrong Division.*)"),
        ("exact-document-type", r"(?P<what>Document Type not allowed.*)"),
    )
)  # fmt: skip

#: what the refusal of a total of nothing is taken to begin with; the sheets have no text of it
_ABOUT_TOTAL = re.compile(
    r"(?:Ongeldig|Invalid|Verplicht|Mandatory|Niet toegestaan|Not allowed):? (?:Bedrag|Amount|Totaal|Total)",
    re.IGNORECASE,
)

CODES = frozenset(code for code, _ in _PATTERNS) | {UNKNOWN, ZERO}


def problems_in(message: str) -> tuple[Problem, ...]:
    """Turn a message, one fault a line, into problems; a text that is not known is shown as it is."""
    found = dict.fromkeys(_problem_key(line.strip()) for line in message.splitlines() if line.strip())
    return tuple(Problem(code=code, facts={"what": what}) for code, what in found)


def is_about_total(text: str) -> bool:
    """Tell whether a text that is not known speaks of the amount of the whole entry."""
    return _ABOUT_TOTAL.match(text) is not None


def unknown_among(problems: Sequence[Problem]) -> list[str]:
    """Return the texts that no pattern fits."""
    return [problem.facts["what"] for problem in problems if problem.code == UNKNOWN]


def _problem_key(line: str) -> tuple[str, str]:
    for code, pattern in _PATTERNS:
        found = pattern.match(line)
        if found:
            return code, found["what"] or line
    return UNKNOWN, line
