"""The source `ccvshop`: a webshop at CCV Shop, by its REST API."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import ClassVar

from boekbrug.contract import (
    App,
    AskKeys,
    Attachment,
    AuthorisationLost,
    BoekbrugError,
    Catalogue,
    CheckResult,
    Choice,
    Clock,
    Context,
    Continue,
    DocumentAnswer,
    DocumentKind,
    DocumentRef,
    Ended,
    Granted,
    Hint,
    Http,
    InboundRequest,
    Note,
    Outcome,
    Page,
    Problem,
    ProblemCode,
    SettingsError,
    Source,
    SourceCapabilities,
    Tokens,
    Unfit,
    Unit,
    Window,
    hookimpl,
)
from boekbrug_ccvshop import files, hooks, install, writing
from boekbrug_ccvshop.client import LIMITS, Keys, Shop
from boekbrug_ccvshop.codes import CODES
from boekbrug_ccvshop.invoices import Invoices
from boekbrug_ccvshop.labels import OTHER_UNIT
from boekbrug_ccvshop.orders import Orders
from boekbrug_ccvshop.settings import CcvSettings
from boekbrug_ccvshop.shopfacts import ShopFacts

UNIT = "shop"
"""A shop has keys of its own, so that a connection has one unit."""


class CcvShop(Source):
    """The paid orders or the invoices of one shop."""

    name = "ccvshop"
    Settings = CcvSettings
    settings: CcvSettings
    capabilities: ClassVar[SourceCapabilities] = SourceCapabilities(
        kinds=frozenset({DocumentKind.ORDER, DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE}),
        modified_since=False,
        topics=hooks.TOPICS,
        limits=LIMITS,
    )

    def __init__(self, context: Context, settings: CcvSettings) -> None:
        super().__init__(context, settings)
        self._opened: Shop | None = None

    def check(self) -> CheckResult:
        """Read one of everything that is needed; tell a wrong key from a wrong clock from a missing right."""
        problems: list[Problem] = []
        lists = ["orders"] if self.settings.books == "orders" else ["orders", "invoices"]
        for resource in ("webshops", "paymethods", *lists):
            try:
                self._shop().get(resource, f"{resource}/?start=0&size=1")
            except BoekbrugError as error:
                problems.append(Problem(code=error.code, facts=dict(error.facts)))
                if "resource" not in error.facts:
                    break
        return CheckResult(identity=self._keys().get("root", "") if not problems else "", problems=tuple(problems))

    def units(self) -> Sequence[Unit]:
        """Return the one shop that the keys belong to."""
        return (Unit(code=UNIT, name=self.settings.name),)

    def catalogue(self, unit: str) -> Catalogue:
        """List payment methods, the merchant's words for statuses, and rates."""
        self._require(unit)
        facts = self._facts()
        statuses = tuple(Choice(value=str(number), label=name) for number, name in sorted(facts.statuses().items()))
        return Catalogue(payment_methods=facts.paymethods(), statuses=statuses, vat_rates=facts.rates())

    def fetch(self, unit: str, window: Window, cursor: str) -> Iterator[Page]:
        """Yield orders or invoices, as the settings choose, by ascending id."""
        self._require(unit)
        return (self._orders() if self.settings.books == "orders" else self._invoices()).pages(window, cursor)

    def read(self, unit: str, refs: Sequence[DocumentRef]) -> Sequence[DocumentAnswer]:
        """Read orders and invoices by their ids."""
        self._require(unit)
        orders, invoices = self._orders(), self._invoices()
        return [(orders if ref.kind is DocumentKind.ORDER else invoices).read(ref.source_id) for ref in refs]

    def write_back(self, unit: str, ref: DocumentRef, note: Note) -> Outcome:
        """Write our number to an invoice, or a note to an order."""
        self._require(unit)
        return writing.write_back(self._shop(), ref, note)

    def file(self, unit: str, ref: DocumentRef) -> Attachment | None:
        """Return the PDF of an invoice."""
        self._require(unit)
        return files.invoice_file(self._shop(), self.context.http, ref)

    def subscribe(self, unit: str, addresses: Mapping[str, str]) -> Mapping[str, str]:
        """Register our address per event."""
        self._require(unit)
        return hooks.subscribe(self._shop(), addresses, self.context.log)

    def unsubscribe(self, unit: str, kept: Mapping[str, str]) -> None:
        """Withdraw what `subscribe` registered."""
        hooks.unsubscribe(self._shop(), kept)

    def parse_webhook(self, topic: str, request: InboundRequest, kept: Mapping[str, str]) -> Hint | None:
        """Verify a call and say what it is about."""
        required = self.settings.require_webhook_hash
        return hooks.parse(topic, request, kept, self.context.log, require=required)

    @staticmethod
    def begin(app: App, state: str) -> AskKeys:
        """Ask for keys: an installation of the app begins in the shop."""
        return AskKeys(fields=("root", "public", "secret"))

    @staticmethod
    def identify(request: InboundRequest) -> str:
        """Name the key that a request claims."""
        return install.identify(request)

    @staticmethod
    def complete(
        app: App, http: Http, clock: Clock, request: InboundRequest, kept: Mapping[str, str]
    ) -> Granted | Continue | Ended:
        """Take one step of an installation."""
        return install.complete(app, http, clock, request, kept)

    @staticmethod
    def refresh(app: App, http: Http, clock: Clock, tokens: Tokens) -> Tokens:
        """Return the keys as they are: they have no end."""
        return tokens

    def _keys(self) -> Keys:
        settings = self.settings
        if settings.root:
            return {"root": settings.root, "public": settings.public, "secret": settings.secret}
        facts = self.context.grant.facts()
        if not all(facts.get(name) for name in ("root", "public", "secret")):
            raise AuthorisationLost
        return facts

    def _shop(self) -> Shop:
        if self._opened is None:
            context = self.context
            self._opened = Shop(context.http, context.clock, context.budget, self._keys())
        return self._opened

    def _facts(self) -> ShopFacts:
        return ShopFacts(self._shop(), self.context.cache)

    def _orders(self) -> Orders:
        return Orders(self._shop(), self.settings, self._facts().statuses)

    def _invoices(self) -> Invoices:
        return Invoices(self._shop(), self.settings, self.context.cache)

    def _require(self, unit: str) -> None:
        if unit != UNIT:
            raise SettingsError([Unfit(OTHER_UNIT, own=UNIT, unit=unit).fault("")])


@hookimpl
def register_source(register: Callable[[type[Source]], None]) -> None:
    """Register the source."""
    register(CcvShop)


@hookimpl
def register_problem_codes(register: Callable[[ProblemCode], None]) -> None:
    """Register what can be wrong with a shop's sales."""
    for code in CODES:
        register(code)
