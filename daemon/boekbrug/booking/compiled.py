"""Rules made ready for the hot path: what a kind of line at a rate in a place becomes, found by one look-up."""

from decimal import Decimal

from boekbrug.booking.place import TAXED, WITHOUT_VAT, Misfit, Place, as_stated, treatment_of, vat_country
from boekbrug.booking.rates import Span, spans_of
from boekbrug.booking.rules import (
    ACCESSORY_KINDS,
    ASKED_KINDS,
    FIXED_KINDS,
    VOUCHER_KINDS,
    LineRule,
    PaymentRole,
    PaymentRule,
    Rules,
    VatRule,
    VatScheme,
)
from boekbrug.contract import EntryKind, LineKind, Role, Treatment

#: starts the `why` of lines that hold or release money received in advance
ADVANCE = "advance "

#: 100 % in thousandths of a percent
FULL = 100_000

#: starts the word of a `why` that names where the stock of a one-stop shop's sale lies, other than the seller's country
FROM = "from-"

_NO_RULE = LineRule()


class Posting:
    """Where a line goes. Compared by identity, so that sums per posting cost one pointer's hash.

    `parts` is the rate in thousandths of a percent; `why` is the rule's short name:
    "vat <treatment> <rate> [<country>] [from-<country>] [<kind>]", the second country being `origin`. `spans` tells
    when its country had the rate, None for always.
    """

    __slots__ = (
        "account",
        "country",
        "full",
        "kind",
        "origin",
        "parts",
        "role",
        "spans",
        "tolerance",
        "treatment",
        "twice",
        "vat_account",
        "vat_code",
        "why",
    )

    def __init__(
        self,
        *,
        account: str,
        vat_code: str,
        vat_account: str,
        treatment: Treatment,
        parts: int,
        why: str,
        role: Role = Role.BASE,
        kind: LineKind | None = None,
        country: str = "",
        origin: str = "",
        spans: tuple[Span, ...] | None = None,
    ) -> None:
        self.account = account
        self.vat_code = vat_code
        self.vat_account = vat_account
        self.treatment = treatment
        self.parts = parts
        self.why = why
        self.role = role
        self.kind = kind
        self.country = country
        self.origin = origin
        self.spans = spans
        # VAT is gross × twice ÷ (2 × full), half a cent up
        self.twice, self.full = 2 * parts, FULL + parts
        # a cent either way where VAT is computed, none where there is no VAT (bookkeeper.md §1.10)
        self.tolerance = 1 if parts else 0

    def on(self, account: str, why: str = "") -> "Posting":
        """Return the same posting on another account."""
        return Posting(
            account=account,
            vat_code=self.vat_code,
            vat_account=self.vat_account,
            treatment=self.treatment,
            parts=self.parts,
            why=why or self.why,
            kind=self.kind,
            country=self.country,
            origin=self.origin,
        )


class Means:
    """Where the money of a payment method goes."""

    __slots__ = ("account", "fees", "internal", "journal", "parts", "party", "role", "rounds_cash", "voucher", "why")

    def __init__(self, method: str, rule: PaymentRule) -> None:
        self.account = rule.account
        self.journal = rule.journal
        self.fees = rule.fees
        self.party = rule.party
        self.role = Role.DEBTOR if rule.role is PaymentRole.DEBTOR else Role.PAYMENT
        self.rounds_cash = rule.rounds_cash
        self.internal = rule.role is PaymentRole.INTERNAL
        self.voucher = rule.role is PaymentRole.SINGLE_PURPOSE_VOUCHER
        self.parts = rate_parts(rule.rate or Decimal(0))
        self.why = f"method {method}"


PostingKey = tuple[LineKind, Decimal | None, Treatment | None]


class CompiledRules:
    """A licence's rules with their look-ups; remembers each posting that it resolved.

    Only what the rules map is remembered, so broken input cannot make it grow without bound.
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.rows: dict[tuple[Treatment, int, str, LineKind | None], VatRule] = {
            (row.treatment, rate_parts(row.rate), row.country if row.treatment in TAXED else "", row.kind): row
            for row in rules.vat
        }
        #: where the profit on a margin sale goes; without it margin sales are booked gross (globalisation)
        self.profits = [row for row in rules.vat if row.treatment is Treatment.MARGIN and row.rate]
        self.codes = {row.vat_code: row for row in reversed(rules.vat) if row.vat_code}
        self.known: dict[tuple[object, ...], Posting] = {}
        self.beside: dict[tuple[Posting, LineKind], Posting] = {}
        self.means = {method: Means(method, rule) for method, rule in rules.payments.items()}
        self.places: dict[Place, dict[PostingKey, Posting]] = {}
        self.journals = {kind: rules.journals.get(kind, "") for kind in EntryKind}
        self.sales_journal = self.journals[EntryKind.SALES]
        self.defers_vat = rules.vat_scheme is VatScheme.CASH and not rules.package_defers_vat
        self.has_providers = any(means.role is Role.DEBTOR and means.party for means in self.means.values())
        self.text_is_number = rules.text == "{number}"

    def means_of(self, method: str, currency: str) -> Means | None:
        """Find where the money of a method goes; `paypal USD` is PayPal's account in dollars, where there is one."""
        found = self.means.get(method)
        return found if currency == "EUR" else self.means.get(f"{method} {currency}", found)

    def posting(self, posting: Posting) -> Posting:
        """Return the one posting of this content, so that lines which go to one place make one base."""
        return self.known.setdefault((posting.account, posting.vat_code, posting.vat_account, posting.why), posting)

    def postings(self, place: Place) -> dict[PostingKey, Posting]:
        """Return what is known of a place so far, to be filled through `resolve`."""
        known = self.places.get(place)
        return {} if known is None else known

    def resolve(self, place: Place, kind: LineKind, rate: Decimal | None, stated: Treatment | None) -> Posting | Misfit:
        """Find where a kind of line at a rate goes in a place, or the code of the problem that it goes nowhere."""
        posting = self._posting(place, kind, rate, stated)
        if isinstance(posting, Posting) and not (posting.treatment is Treatment.MARGIN and self.profits):
            self.places.setdefault(place, {})[kind, rate, stated] = posting
        return posting

    def _posting(
        self, place: Place, kind: LineKind, rate: Decimal | None, stated: Treatment | None
    ) -> Posting | Misfit:
        if kind in VOUCHER_KINDS and not self.rules.has_gift_cards(VOUCHER_KINDS[kind]):
            return Misfit("gift-card-kind")
        rule = self.rules.lines.get(kind, _NO_RULE)
        # a tip that is not passed on is a part of the price (bookkeeper.md §2.24)
        is_kept = kind is LineKind.TIP and rule.treatment is Treatment.DOMESTIC
        if kind in FIXED_KINDS and not is_kept:
            return self._fixed(kind, rate, rule)
        may_be_taxed = stated in TAXED | {None} and rule.treatment in TAXED | {None}
        if rate is None and may_be_taxed and self.rules.seller not in WITHOUT_VAT:
            return Misfit("rate-missing")
        parts = rate_parts(rate or Decimal(0))
        treatment = self._treatment(place, kind, parts, stated or rule.treatment)
        if isinstance(treatment, Misfit):
            return treatment
        if parts and treatment not in TAXED:
            return Misfit("vat-on-untaxed")
        country = vat_country(place, treatment, kind, self.rules.country)
        stock = place.origin if treatment is Treatment.OSS and place.origin != self.rules.country else ""
        return self._row(treatment, parts, country, kind, rule, stock)

    def _treatment(self, place: Place, kind: LineKind, parts: int, stated: Treatment | None) -> Treatment | Misfit:
        if stated is not None:
            found = as_stated(place, stated, kind, taxed=bool(parts), rules=self.rules)
            if found is not None:
                return found
        elif kind in ASKED_KINDS:
            return Misfit("line-kind-undecided")
        return treatment_of(place, kind, taxed=bool(parts), rules=self.rules)

    def _fixed(self, kind: LineKind, rate: Decimal | None, rule: LineRule) -> Posting | Misfit:
        account = rule.account or (self.rules.cash_rounding if kind is LineKind.CASH_ROUNDING else "")
        if rate:
            return Misfit("vat-on-untaxed")
        if not account:
            return Misfit("line-kind-unmapped")
        fixed = Posting(
            account=account,
            vat_code=rule.vat_code or "",
            vat_account="",
            treatment=Treatment.OUTSIDE_SCOPE,
            parts=0,
            why=f"kind {kind}",
            role=Role.ROUNDING if kind is LineKind.CASH_ROUNDING else Role.OTHER,
            kind=kind,
        )
        return self.posting(fixed)

    def _row(
        self, treatment: Treatment, parts: int, country: str, kind: LineKind, rule: LineRule, origin: str = ""
    ) -> Posting | Misfit:
        own = self.rows.get((treatment, parts, country, kind)) or self.rows.get((treatment, parts, "", kind))
        row = own or self.rows.get((treatment, parts, country, None)) or self.rows.get((treatment, parts, "", None))
        if row is None:
            return Misfit("rate-unmapped", treatment, country)
        apart = own is not None or rule.account or rule.vat_code is not None
        stock = f"{FROM}{origin}" if origin else ""
        words = ["vat", treatment.value, rate_words(parts), country, stock, kind.value if apart else ""]
        found = Posting(
            account=row.account if own else rule.account or row.account,
            vat_code=row.vat_code if own or rule.vat_code is None else rule.vat_code,
            vat_account=row.vat_account,
            treatment=treatment,
            parts=parts,
            why=" ".join(word for word in words if word),
            kind=kind if apart else None,
            country=country,
            origin=origin,
            spans=spans_of(self._taxing(treatment, country), parts) if parts else None,
        )
        return self.posting(found)

    def _taxing(self, treatment: Treatment, country: str) -> str:
        return self.rules.country if treatment in (Treatment.DOMESTIC, Treatment.MARGIN) else country

    def profit(self, kind: LineKind) -> Posting | None:
        """Find where the profit on a kind of margin sale goes; None where each sale is booked gross."""
        rows = [row for row in self.profits if row.kind is kind] or [row for row in self.profits if row.kind is None]
        if not rows:
            return None
        found = self._row(Treatment.MARGIN, rate_parts(rows[0].rate), "", kind, self.rules.lines.get(kind, _NO_RULE))
        return found if isinstance(found, Posting) else None

    def alongside(self, goods: Posting, kind: LineKind) -> Posting:
        """Find where a kind of line goes that takes its VAT from goods posted here."""
        known = self.beside.get((goods, kind))
        if known is None:
            country = goods.country if goods.treatment in TAXED else ""
            rule = self.rules.lines.get(kind, _NO_RULE)
            found = self._row(goods.treatment, goods.parts, country, kind, rule, goods.origin)
            known = self.beside[goods, kind] = found if isinstance(found, Posting) else goods
        return known

    def named(self, why: str) -> Posting | None:
        """Find the posting of today's rules that a line's `why` names; None where the rules lost it."""
        words = why.split()
        kind = LineKind(words.pop()) if len(words) > 3 and words[-1].islower() else LineKind.GOODS
        country = words[3] if len(words) > 3 else ""
        rule = self.rules.lines.get(kind, _NO_RULE)
        found = self._row(Treatment(words[1]), rate_parts(Decimal(words[2])), country, kind, rule)
        return found if isinstance(found, Posting) else None

    def advance(self, sale: Posting) -> Posting:
        """Find where money received in advance of a sale posted here goes; without VAT it has no code either."""
        account, words = self.rules.received_in_advance, f"{ADVANCE}{sale.why}"
        if not sale.parts:
            return Posting(
                account=account,
                vat_code="",
                vat_account="",
                treatment=sale.treatment,
                parts=0,
                why=words,
                role=Role.OTHER,
            )
        return sale.on(account, words)

    def vat_of_code(self, code: str) -> tuple[str, int]:
        """Return the VAT account and the rate in thousandths of a percent that a target's VAT code stands for."""
        row = self.codes.get(code)
        return ("", 0) if row is None else (row.vat_account, rate_parts(row.rate))

    def treatment_of_code(self, code: str) -> Treatment | None:
        """Return the treatment that a target's VAT code stands for."""
        row = self.codes.get(code)
        return None if row is None else row.treatment

    def follows_goods(self, kind: LineKind) -> bool:
        """Tell whether a kind of line without a rate is spread over the rates of the goods."""
        follows = self.rules.lines.get(kind, _NO_RULE).follows_goods
        return kind in ACCESSORY_KINDS if follows is None else follows


def rate_parts(rate: Decimal) -> int:
    """Turn a rate in percent into thousandths of a percent."""
    return int(rate * 1000)


def rate_words(parts: int) -> str:
    """Write a rate as people do: 21, 9, 25.5."""
    return str(Decimal(parts) / 1000)
