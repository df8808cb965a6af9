"""What holds for every sale: hypothesis draws shops' worth of documents, honest and broken."""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.unit.booking.drafts import BELGIAN
from tests.unit.booking.shop import CONSUMER, EVIDENCE, NOON, book

from boekbrug.booking import CompiledRules, Composed, Draft, Item, Original, Skipped, compose_individual
from boekbrug.booking.corrections import Correction, correct, net_vat, reverse_lines
from boekbrug.booking.explain import explain
from boekbrug.booking.terms import Composition, compose_term, day_term
from boekbrug.contract import (
    Buyer,
    Dates,
    Document,
    DocumentKind,
    DocumentLine,
    ExchangeRate,
    Line,
    LineKind,
    Readiness,
    Role,
    Tender,
    Treatment,
    round_half_up,
)

DAY = NOON.date()
BOOKS = {mode: book(mode=mode) for mode in ("individual", "day", "hybrid")}
CASH = {mode: book(mode=mode, vat_scheme="cash") for mode in ("individual", "day", "hybrid")}
RATES = (Decimal(21), Decimal(9), Decimal(0))
METHODS = ("ideal", "pin", "giftcard", "klarna", "contant")
DOLLARS = ExchangeRate(rate=Decimal("1.1357"), source="ECB", date="2026-07-14")

#: documents are costly to draw; nightly runs may ask for more
few = settings(max_examples=60, deadline=None)


def cents(low: int, high: int) -> st.SearchStrategy[Decimal]:
    return st.integers(low, high).map(lambda minor: Decimal(minor) / 100)


@st.composite
def lines(draw: st.DrawFn) -> DocumentLine:
    amount, rate = draw(cents(1, 50000)), draw(st.sampled_from(RATES))
    vat = round_half_up(amount * rate / (100 + rate))
    slack = draw(st.sampled_from((0, 0, 0, 1, -1))) if rate and amount > 1 else 0
    stated = draw(st.booleans())
    return DocumentLine(amount=amount, vat_rate=rate, vat=vat + Decimal(slack) / 100 if stated else None)


@st.composite
def sales(draw: st.DrawFn, number: int = 0) -> Document:
    sold = draw(st.lists(lines(), min_size=1, max_size=4))
    if any(line.vat_rate for line in sold) and draw(st.booleans()):
        sold.append(DocumentLine(amount=draw(cents(1, 999)), kind=LineKind.SHIPPING))
    total = sum((line.amount for line in sold), Decimal(0))
    kind = draw(st.sampled_from(("paid", "part", "account", "split")))
    credit = draw(st.integers(0, 5)) == 0
    untaxed = not any(line.vat_rate for line in sold)
    buyer = BELGIAN if untaxed and draw(st.booleans()) else CONSUMER
    document = Document(
        kind=DocumentKind.INVOICE,
        source_id=str(number),
        number=f"W{number}",
        total=total,
        lines=tuple(sold),
        tenders=draw(tenders(total, kind)),
        buyer=buyer,
        ship_to=buyer.country,
        on_account=kind == "account",
        dates=Dates(ordered=NOON, paid=NOON),
    )
    if draw(st.integers(0, 7)) == 0:
        document = replace(document, currency="USD", rate=DOLLARS)
    return negated(document) if credit else document


@st.composite
def tenders(draw: st.DrawFn, total: Decimal, kind: str) -> tuple[Tender, ...]:
    method = draw(st.sampled_from(METHODS))
    if kind == "account":
        return ()
    if kind == "paid" or total < 1:
        return (Tender(method=method, amount=total),)
    first = draw(cents(1, int(total * 100) - 10))
    parts = (first,) if kind == "part" else (first, total - first)
    return tuple(Tender(method=draw(st.sampled_from(METHODS)), amount=part) for part in parts)


def negated(document: Document) -> Document:
    turned = tuple(
        replace(line, amount=-line.amount, vat=None if line.vat is None else -line.vat) for line in document.lines
    )
    back = tuple(replace(tender, amount=-tender.amount) for tender in document.tenders)
    return replace(document, kind=DocumentKind.CREDIT_NOTE, total=-document.total, lines=turned, tenders=back)


shops = st.lists(st.integers(), min_size=1, max_size=6).flatmap(
    lambda seeds: st.tuples(*(sales(number) for number in range(len(seeds))))
)


def numbered(documents: Sequence[Document]) -> list[Item]:
    return [Item(document_id=n, revision=1, document=document) for n, document in enumerate(documents)]


def term(documents: Sequence[Document], rules: CompiledRules) -> Composition:
    return compose_term(numbered(documents), day_term("shop", DAY), rules, EVIDENCE)


def drafts(composition: Composition) -> list[Draft]:
    return [*composition.drafts, *(result for _, result in composition.others if isinstance(result, Draft))]


def single(documents: Sequence[Document], rules: CompiledRules) -> list[Draft]:
    results = [compose_individual(item, rules, EVIDENCE) for item in numbered(documents)]
    assert all(isinstance(result, Draft | Skipped) for result in results), results
    return [result for result in results if isinstance(result, Draft)]


def balances(entries: Iterable[Draft], roles: frozenset[Role] = frozenset(Role)) -> dict[tuple[str, str, str], int]:
    sums: Counter[tuple[str, str, str]] = Counter()
    for entry in entries:
        for line in entry.lines:
            if line.role in roles:
                sums[entry.currency, line.account, line.vat_code] += line.minor
    return {key: minor for key, minor in sums.items() if minor}


@few
@given(shops)
def test_every_entry_balances_in_currency_and_in_euro(documents: tuple[Document, ...]) -> None:
    for rules in (*BOOKS.values(), *CASH.values()):
        for entry in single(documents, rules) if rules.rules.mode == "individual" else drafts(term(documents, rules)):
            assert sum(line.minor for line in entry.lines) == 0
            assert all((line.euro_minor is None) == (entry.currency == "EUR") for line in entry.lines)
            assert sum(line.euro_minor or 0 for line in entry.lines) == 0
            assert all(line.base is None or entry.lines[line.base].vat_minor == line.minor for line in entry.lines)


@few
@given(shops)
def test_stated_vat_is_booked_to_the_cent_per_code(documents: tuple[Document, ...]) -> None:
    honest = [document for document in documents if all(line.vat is not None for line in document.lines)]
    for one in ([document] for document in honest):
        assert vat_per_code(single(one, BOOKS["individual"])) == told_per_code(one)
    for mode in ("day", "hybrid"):
        assert vat_per_code(drafts(term(honest, BOOKS[mode]))) == told_per_code(honest)


def vat_per_code(entries: Iterable[Draft]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for entry in entries:
        for line in entry.lines:
            if line.base is not None:
                sums[entry.lines[line.base].vat_code] -= line.minor
    return {code: minor for code, minor in sums.items() if minor}


def told_per_code(documents: Iterable[Document]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for document in documents:
        for line in document.lines:
            sums["VH" if line.vat_rate == 21 else "VL"] += int((line.vat or 0) * 100)
    return {code: minor for code, minor in sums.items() if minor}


@few
@given(shops)
def test_total_and_individual_together_are_the_source(documents: tuple[Document, ...]) -> None:
    for books in (BOOKS, CASH):
        whole = balances(single(documents, books["individual"]))
        assert balances(drafts(term(documents, books["day"]))) == whole
        assert balances(drafts(term(documents, books["hybrid"]))) == whole


@few
@given(shops)
def test_every_facet_is_in_one_entry_or_listed_with_a_reason(documents: tuple[Document, ...]) -> None:
    for mode in ("day", "hybrid"):
        composition = term(documents, BOOKS[mode])
        inside = [member.document_id for draft in composition.drafts for member in draft.members]
        assert sorted(inside + [number for number, _ in composition.others]) == list(range(len(documents)))


@few
@given(shops)
def test_reversal_nets_to_zero_per_account_and_code(documents: tuple[Document, ...]) -> None:
    for entry in drafts(term(documents, BOOKS["hybrid"])):
        counter = replace(entry, lines=reverse_lines(entry.lines))
        assert balances([entry, counter]) == {}
        assert set(net_vat([entry, counter]).values()) <= {(0, 0)}


@few
@given(sales(), sales())
def test_correction_ends_where_booking_anew_would(before: Document, after: Document) -> None:
    after = replace(after, number=before.number)
    old, new = (
        compose_individual(numbered([document])[0], BOOKS["individual"], EVIDENCE) for document in (before, after)
    )
    if isinstance(old, Draft) and isinstance(new, Draft):
        correction = correct(old, new, 1, 2, EVIDENCE)
        entries = correction.entries if isinstance(correction, Correction) else ()
        assert balances([old, *entries]) == balances([new])


@few
@given(shops)
def test_same_input_gives_the_same_bytes(documents: tuple[Document, ...]) -> None:
    encode = msgspec.json.Encoder(order="deterministic").encode
    fresh = book(mode="hybrid")
    assert encode(term(documents, fresh)) == encode(term(documents, BOOKS["hybrid"]))
    reordered = compose_term(numbered(documents)[::-1], day_term("shop", DAY), fresh, EVIDENCE)
    assert [draft.lines for draft in reordered.drafts] == [draft.lines for draft in term(documents, fresh).drafts]


@few
@given(sales(), st.lists(st.integers(1, 99), min_size=1, max_size=4))
def test_partial_credits_leave_nothing_after_the_last(sale: Document, parts: list[int]) -> None:
    sale = replace(sale, currency="EUR", rate=None)
    if sale.kind is DocumentKind.CREDIT_NOTE or len({line.vat_rate for line in sale.lines}) > 1:
        return
    (booked,) = single([replace(sale, on_account=True, tenders=())], BOOKS["individual"])
    left = sale.total
    later: tuple[Line, ...] = ()
    rate = sale.lines[0].vat_rate
    for part in [*(Decimal(part) / 100 for part in parts), None]:
        amount = left if part is None else min(part, left - Decimal("0.01"))
        if amount <= 0:
            continue
        credit = replace(
            sale,
            kind=DocumentKind.CREDIT_NOTE,
            total=-amount,
            lines=(DocumentLine(amount=-amount, vat_rate=rate),),
            tenders=(),
            on_account=True,
        )
        original = Original(lines=booked.lines, later=later, number=booked.number)
        result = compose_individual(
            Item(document_id=1, revision=1, document=credit, original=original), BOOKS["individual"], EVIDENCE
        )
        assert isinstance(result, Draft), result
        later = later + result.lines
        left -= amount
    codes = net_vat([booked, replace(booked, lines=later)])
    slack = len(sale.lines) + len(parts)
    assert all(base == -vat and abs(vat) <= slack for base, vat in codes.values())


@few
@given(shops)
def test_explanation_accounts_for_every_cent(documents: tuple[Document, ...]) -> None:
    items = numbered(documents)
    for draft in compose_term(items, day_term("shop", DAY), BOOKS["day"], EVIDENCE).drafts:
        mine = [item for item in items if item.document_id in {member.document_id for member in draft.members}]
        for explained in explain(draft, mine, BOOKS["day"], EVIDENCE):
            assert explained.settings, explained.line
            assert sum(share.minor for share in explained.shares) == explained.line.minor


anything = st.builds(
    Document,
    kind=st.sampled_from(DocumentKind),
    source_id=st.text(max_size=3),
    number=st.text(max_size=3),
    total=st.decimals(allow_infinity=True),
    currency=st.sampled_from(("EUR", "USD", "JPY", "XXX", "")),
    readiness=st.sampled_from(Readiness),
    dates=st.builds(Dates, ordered=st.none() | st.just(NOON), invoiced=st.none() | st.dates()),
    total_vat=st.none() | st.decimals(allow_nan=True),
    lines=st.lists(
        st.builds(
            DocumentLine,
            amount=st.decimals(allow_infinity=True) | cents(-999, 999),
            kind=st.sampled_from(LineKind),
            vat=st.none() | st.decimals(),
            vat_rate=st.none() | st.decimals() | st.sampled_from(RATES),
            treatment=st.none() | st.sampled_from(Treatment),
        ),
        max_size=3,
    ).map(tuple),
    tenders=st.lists(st.builds(Tender, method=st.sampled_from((*METHODS, "?")), amount=st.decimals()), max_size=2).map(
        tuple
    ),
    buyer=st.none() | st.builds(Buyer, vat_id=st.text(max_size=12), country=st.text(max_size=2)),
    ship_to=st.sampled_from(("", "NL", "BE", "GB", "xx")),
    on_account=st.booleans(),
)


@settings(max_examples=150, deadline=None)
@given(anything, st.sampled_from(sorted(BOOKS)))
def test_garbage_becomes_a_reason_and_never_an_exception(document: Document, mode: str) -> None:
    result: Composed = compose_individual(numbered([document])[0], BOOKS[mode], EVIDENCE)
    if isinstance(result, Draft):
        assert sum(line.minor for line in result.lines) == 0
    term([document], BOOKS[mode])
