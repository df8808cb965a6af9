"""States and reasons as sentences read at a terminal."""

STATES = {
    "booked": "in the books",
    "waiting": "ends by itself",
    "in-doubt": "the target is being asked",
    "problem": "needs a fix",
    "held": "needs your decision",
    "open": "not ready at the source",
    "skipped": "never booked",
    "before-start": "dated before the licence's start",
}
"""The states in the order in which they are shown, and what each means."""

REASONS = {
    "compose": "fetched, and composed at the next run",
    "approval": "waits for your approval",
    "deliver": "goes to the books at the next run",
    "original": "waits for the sale it belongs to",
    "sale": "waits for the sale that it pays",
    "advance": "waits for money received in advance to be in the books",
    "rate": "waits for the exchange rate of its day",
    "proof": "waits for VIES to prove the buyer's VAT id",
    "retry": "tried, and tried again by itself",
    "settle": "the target is being asked what became of it",
    "ask-person": "the target cannot tell; a person decides",
    "plain": "",
    "changed-at-source": "changed at the source after it was booked; the entry stands",
    "differs-at-target": "the amount in the books is another",
    "reversed": "booked and countered, or taken out",
    "deleted-at-target": "deleted in the books",
    "gone-at-source": "deleted at the source",
}

REMARKS = {
    "package-states-no-balances": "The package cannot be asked for balances; compare with its own reports.",
    "package-not-asked": "The package was not asked.",
    "source-has-no-report": "The source has no report of its own; compare with its overviews.",
    "source-report-incomplete": "The source's own report does not cover every day of the period.",
    "source-unreachable": "The source did not answer; try again later.",
    "package-unreachable": "The package did not answer; its figures are left out. Try again later.",
    "payouts-booked-elsewhere": "Payouts are not booked by boekbrug, so it cannot tell which payments are still open.",
    "advances-not-drawn-up": "Advances are not drawn up yet for this period: first all of it has to be booked.",
    "rate-of-quarter-missing": "The rate of a quarter's last day is not known yet; convert what is empty yourself.",
    "numbers-do-not-follow": "Some numbers do not follow each other; nothing can be said of what is missing there.",
}
"""What a list cannot say, and why."""

STYLES = {
    "booked": "green",
    "waiting": "cyan",
    "in-doubt": "magenta",
    "problem": "red",
    "held": "yellow",
    "open": "blue",
    "skipped": "dim",
    "before-start": "dim",
}


_TERM = "term of "


def reason(word: str) -> str:
    """Put a reason into words; one that a source or a problem gave speaks for itself."""
    if word.startswith(_TERM):
        return f"composed with the others of {word.removeprefix(_TERM)}, once that is over"
    return REASONS.get(word, word)


def number(amount: object) -> str:
    """Write an amount or a count with thousands apart."""
    return f"{amount:,}"
