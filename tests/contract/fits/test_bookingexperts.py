import datetime as dt
from decimal import Decimal

import pytest
from tests.contract.fits.bookingexperts import API, BookingExperts
from tests.contract.fits.ports import Answer, Call, GivenGrant, Ports, json_answer

from boekbrug.contract import (
    App,
    AuthorisationLost,
    Document,
    InboundRequest,
    OpenPage,
    PluginSettings,
    Problem,
    Retriable,
    StartsAtVendor,
    TakesSnapshots,
    Window,
)

APP = App(
    name="park",
    client_id="uid",
    client_secret="secret",
    redirect_uri="https://us.example/connect/bookingexperts/park/cb",
    public_url="https://us.example",
    settings={"store_page": "https://app.bookingexperts.nl/store/boekbrug"},
)
MARCH = (dt.date(2026, 3, 1), dt.date(2026, 4, 1))


def row(number: int, day: int, ledger: str, debit: float, credit: float) -> dict[str, object]:
    return {
        "id": str(number),
        "attributes": {
            "date": f"2026-03-{day:02}",
            "ledger_number": ledger,
            "ledger_name": f"account {ledger}",
            "vat_code": "L" if credit else None,
            "debit": debit,
            "credit": credit,
        },
    }


class Park:
    """Gives movements two a page; its tokens and its refresh tokens work until the next is given."""

    def __init__(self) -> None:
        self.rows = [row(1, 1, "1300", 605.0, 0), row(2, 1, "8000", 0, 605.0)]
        self.valid = "token-1"
        self.failing_page = 0
        self.expires_in: int | None = None
        self.codes = {"code-1"}
        self.chain = 0

    def __call__(self, call: Call) -> Answer:
        if call.path == "/oauth/token":
            return self._token(call.form)
        if call.headers["Authorization"] != f"Bearer {self.valid}":
            return json_answer({"errors": [{"status": 401}]}, status=401)
        if call.path.endswith("/subscription"):
            told = {"data": {"relationships": {"organization": {"data": {"id": "12"}}}}}
            return json_answer(told)
        page = int(call.query.get("page[number]", "1"))
        if page == self.failing_page:
            return Answer(status=503)
        first, last = call.query["filter[date]"].split("..")
        rows = [r for r in self.rows if first <= r["attributes"]["date"] <= last]  # type: ignore[index]
        more = f"{API}{call.path.removeprefix('/v3')}?filter%5Bdate%5D={first}..{last}&page%5Bnumber%5D={page + 1}"
        return json_answer(
            {"data": rows[2 * page - 2 : 2 * page], "links": {"next": more if rows[2 * page :] else None}}
        )

    def _token(self, form: dict[str, str]) -> Answer:
        known = self.codes if form["grant_type"] == "authorization_code" else {f"refresh-{self.chain}"}
        if (form.get("code") or form.get("refresh_token")) not in known:
            return json_answer({"error": "invalid_grant"}, status=400)
        self.codes.discard(form.get("code", ""))
        self.chain += 1
        self.valid = f"token-{self.chain}"
        given: dict[str, object] = {"access_token": self.valid, "refresh_token": f"refresh-{self.chain}"}
        return json_answer(given | ({"expires_in": self.expires_in} if self.expires_in else {}))


@pytest.fixture
def park() -> Park:
    return Park()


@pytest.fixture
def ports(park: Park) -> Ports:
    return Ports(park, GivenGrant("token-1"))


@pytest.fixture
def source(ports: Ports) -> BookingExperts:
    return BookingExperts(ports, PluginSettings())


def taken(source: BookingExperts) -> list[Document]:
    return [document for page in source.snapshot("7", *MARCH) for document in page.documents]


def test_movement_that_was_removed_is_absent_from_the_next_snapshot(source: BookingExperts, park: Park) -> None:
    park.rows += [row(3, 9, "1300", 10, 0), row(4, 9, "8000", 0, 10)]
    before = {document.source_id for document in taken(source)}
    del park.rows[2:]
    after = {document.source_id for document in taken(source)}
    assert (before - after, after) == ({"3", "4"}, {"1", "2"})
    assert isinstance(source, TakesSnapshots)


def test_snapshot_that_breaks_off_is_never_taken_as_complete(source: BookingExperts, park: Park) -> None:
    park.rows += [row(3, 9, "1300", 10, 0), row(4, 9, "8000", 0, 10)]
    park.failing_page = 2
    with pytest.raises(Retriable):
        taken(source)


def test_snapshot_ends_before_its_last_day(source: BookingExperts, park: Park) -> None:
    park.rows.append(row(5, 31, "1300", 1, 0))
    (page,) = source.snapshot("7", dt.date(2026, 3, 1), dt.date(2026, 3, 31))
    assert {document.source_id for document in page.documents} == {"1", "2"}


def test_sums_of_floats_come_as_cents(source: BookingExperts, park: Park) -> None:
    park.rows = [row(1, 1, "1300", 0.1 + 0.2, 0), row(2, 1, "8000", 0, 0.3)]
    assert [(document.total, document.problems) for document in taken(source)] == [
        (Decimal("0.30"), ()),
        (Decimal("-0.30"), ()),
    ]


def test_day_that_does_not_balance_is_a_problem_of_each_of_its_movements(source: BookingExperts, park: Park) -> None:
    park.rows[1] = row(2, 1, "8000", 0, 604.0)
    told = Problem(code="bookingexperts-unbalanced", facts={"day": "2026-03-01", "over": "1.00"})
    assert [document.problems for document in taken(source)] == [(told,), (told,)]


def test_account_without_number_is_a_problem(source: BookingExperts, park: Park) -> None:
    park.rows[1] = row(2, 1, "", 0, 605.0)
    (problem,) = taken(source)[1].problems
    assert problem.code == "bookingexperts-no-number"


def test_fetch_goes_on_day_by_day_from_its_cursor(source: BookingExperts) -> None:
    window = Window(since=dt.date(2026, 3, 1), until=dt.date(2026, 3, 4))
    pages = list(source.fetch("7", window, ""))
    assert [(page.cursor, len(page.documents)) for page in pages] == [
        ("2026-03-02", 2),
        ("2026-03-03", 0),
        ("2026-03-04", 0),
    ]
    assert list(source.fetch("7", window, pages[1].cursor)) == pages[2:]


def test_refused_token_is_replaced_once(park: Park) -> None:
    ports = Ports(park, GivenGrant("old", "token-1"))
    assert len(taken(BookingExperts(ports, PluginSettings()))) == 2
    ports = Ports(park, GivenGrant("old"))
    with pytest.raises(AuthorisationLost):
        taken(BookingExperts(ports, PluginSettings()))


def test_installation_starts_at_the_vendor_without_state(ports: Ports) -> None:
    assert BookingExperts.begin(APP, "st4te") == OpenPage(url="https://app.bookingexperts.nl/store/boekbrug")
    assert isinstance(BookingExperts, StartsAtVendor)
    request = InboundRequest(step="cb", method="GET", url="", headers={}, query={"code": "code-1"}, body=b"")
    assert BookingExperts.identify(request) == ""
    granted = BookingExperts.complete(APP, ports.http, ports.clock, request, {})
    assert granted.identity.id == "12"
    assert granted.tokens.expires_at is None
    with pytest.raises(AuthorisationLost):
        BookingExperts.complete(APP, ports.http, ports.clock, request, {})


def test_grant_rotates_and_the_old_pair_dies(ports: Ports, park: Park) -> None:
    park.expires_in = 7200
    request = InboundRequest(step="cb", method="GET", url="", headers={}, query={"code": "code-1"}, body=b"")
    first = BookingExperts.complete(APP, ports.http, ports.clock, request, {}).tokens
    second = BookingExperts.refresh(APP, ports.http, ports.clock, first)
    assert second.refresh != first.refresh
    assert second.expires_at == ports.clock.now() + dt.timedelta(hours=2)
    with pytest.raises(AuthorisationLost):
        BookingExperts.refresh(APP, ports.http, ports.clock, first)
