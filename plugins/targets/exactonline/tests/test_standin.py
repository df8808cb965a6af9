"""The stand-in enforces what the fact sheet says of Exact, asked without the plugin."""

import datetime as dt
import json
from typing import Any
from urllib.parse import quote

import pytest

from boekbrug.runtime.http import Answer
from boekbrug.testing.wire import Fault

from .support import BASE, World, authorised


@pytest.fixture
def world() -> World:
    return World()


def call(world: World, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    assert world.clock is not None
    chains = world.exact.tokens.chains
    token = next((chain.access for chain in chains if chain.alive), "")
    given = {"Authorization": f"Bearer {token}", **headers}
    data = None if body is None else json.dumps(body).encode()
    return world.mounted.request(method, f"{BASE}/api/v1/1234567/{path}", headers=given, data=data)


def told(answer: Answer) -> str:
    return str(answer.json()["error"]["message"]["value"])


def listed(world: World, path: str, **query: str) -> Answer:
    asked = "&".join(f"${name}={quote(value)}" for name, value in query.items())
    return call(world, "GET", f"{path}?{asked}")


def entry(world: World, **changes: Any) -> dict[str, Any]:
    account = world.division.accounts["8000"]["ID"]
    line = {"GLAccount": account, "AmountFC": 100.0, "VATCode": "2"}
    return {
        "Journal": "70", "Customer": world.customer(), "EntryDate": "2026-09-01", "SalesEntryLines": [line], **changes,
    }  # fmt: skip


def post(world: World, **changes: Any) -> Answer:
    return call(world, "POST", "salesentry/SalesEntries", entry(world, **changes), Prefer="return=representation")


def test_unknown_token_gets_a_login_page(world: World) -> None:
    world.change(revoke=world.user)
    answer = call(world, "GET", "financial/GLAccounts?$select=ID")
    assert (answer.status_code, b"Object moved" in answer.content) == (401, True)


def test_division_that_was_not_granted_is_403_with_reason(world: World) -> None:
    world.exact.tokens.users[world.user].divisions.remove(1234567)
    answer = call(world, "GET", "financial/GLAccounts?$select=ID")
    assert (answer.status_code, answer.headers["Reason"], answer.content) == (403, "NoDivisionAccess", b"")


def test_six_headers_in_milliseconds_and_429_with_one_bucket_alone(world: World) -> None:
    world.change(limits={"minutely": 2, "daily": 50})
    first = call(world, "GET", "financial/Journals?$select=ID")
    assert first.headers["X-RateLimit-Minutely-Remaining"] == "1"
    assert int(first.headers["X-RateLimit-Reset"]) % 86_400_000 == 0
    call(world, "GET", "financial/Journals?$select=ID")
    refused = call(world, "GET", "financial/Journals?$select=ID")
    assert (refused.status_code, refused.content) == (429, b"")
    assert "X-RateLimit-Minutely-Reset" in refused.headers
    assert "X-RateLimit-Reset" not in refused.headers


def test_eleven_errors_in_an_hour_block_the_endpoint_only(world: World) -> None:
    world.change(limits={"errors": 10})
    statuses = [listed(world, "crm/Accounts", select="ID").status_code for _ in range(12)]
    assert statuses == [400] * 11 + [429]
    assert listed(world, "financial/Journals", select="ID").status_code == 200


@pytest.mark.parametrize(
    ("path", "query", "sentence"),
    [
        ("crm/Accounts", {"select": "ID"}, "mandatory filtering"),
        ("crm/Accounts", {"select": "ID", "filter": "City eq 'x'"}, "mandatory filtering"),
        ("financial/GLAccounts", {}, "Please add a $select"),
        ("financial/GLAccounts", {"select": "Nope"}, "Nope"),
        ("financial/GLAccounts", {"select": "ID", "filter": "Nope eq 1"}, "Nope"),
        ("financial/GLAccounts", {"select": "ID", "filter": ""}, "not supported"),
        ("financial/GLAccounts", {"select": "ID", "filter": "ID eq guid'12'"}, "Guid"),
    ],
)
def test_bad_queries_are_400(world: World, path: str, query: dict[str, str], sentence: str) -> None:
    answer = listed(world, path, **query)
    assert answer.status_code == 400
    assert sentence in told(answer)


def test_filters_know_or_and_functions_and_padded_codes(world: World) -> None:
    def codes(where: str) -> list[str]:
        rows = listed(world, "financial/GLAccounts", select="Code", filter=where).json()["d"]["results"]
        return [row["Code"] for row in rows]

    assert codes("Code eq '8000' or (Type eq 24 and startswith(Code,'150'))") == [
        "1500     ", "1501     ", "1502     ", "8000     ",
    ]  # fmt: skip
    assert codes("substringof('Kas',Description) and Type ge 10 and IsBlocked eq false")[0] == "1000     "
    rows = listed(world, "crm/Accounts", select="Name", filter="Code eq '                 1'").json()["d"]["results"]
    assert rows == [{"Name": "Klant 0"}]


def test_lists_come_in_pages_of_sixty_with_the_next_address() -> None:
    world = World(size=130)
    seen, path = [], "crm/Accounts?$select=Code&$filter=" + quote("Status eq 'C'")
    while path:
        page = call(world, "GET", path).json()["d"]
        seen.append(len(page["results"]))
        path = page.get("__next", "").removeprefix(f"{BASE}/api/v1/1234567/")
    assert seen == [60, 60, 10]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Journal": "90"}, "Ongeldig: Dagboek"),
        ({"Journal": "nope"}, "Ongeldige referentie: Dagboek"),
        ({"SalesEntryLines": []}, "Verplicht: Regels"),
        ({"Customer": None}, "Verplicht: Klant"),
        ({"PaymentCondition": "99"}, "Ongeldige referentie: Betalingsconditie"),
        ({"EntryDate": "2031-01-01"}, "Onbekend: Boekjaar (Periode-datumtabel)"),
        ({"Currency": "USD", "Journal": "71"}, "Niet toegestaan: Valuta"),
    ],
)
def test_refusals_are_500_with_the_text(world: World, changes: dict[str, Any], message: str) -> None:
    answer = post(world, **changes)
    assert (answer.status_code, told(answer)) == (500, message)
    assert world.records() == 0


def test_texts_come_in_the_language_of_the_user_and_together(world: World) -> None:
    world.change(language="EN")
    assert told(post(world, Customer=None, SalesEntryLines=[])) == "Mandatory: Customer\r\nMandatory: Lines"


def test_unknown_property_and_broken_guid_are_400(world: World) -> None:
    assert post(world, Nope=1).status_code == 400
    assert "to type 'Guid'" in told(post(world, Customer="12"))


def test_memorial_header_takes_no_description_and_no_put(world: World) -> None:
    body = {"JournalCode": "90", "Description": "x", "GeneralJournalEntryLines": []}
    assert call(world, "POST", "generaljournalentry/GeneralJournalEntries", body).status_code == 400
    id = next(iter(world.division.customers))
    world.division.entries[id] = {"_entity": "generaljournalentry/GeneralJournalEntries", "Status": 20}
    assert call(world, "PUT", f"generaljournalentry/GeneralJournalEntries(guid'{id}')", {}).status_code == 405


def test_equal_posts_make_two_entries_and_processed_ones_stay(world: World) -> None:
    first, second = (post(world, YourRef="W1").json()["d"] for _ in range(2))
    assert first["EntryID"] != second["EntryID"]
    assert (first["AmountFC"], first["VATAmountFC"], first["Type"]) == (121.0, 21.0, 20)
    world.change(process=[first["EntryID"]])
    path = "salesentry/SalesEntries(guid'{}')"
    refused = call(world, "DELETE", path.format(first["EntryID"]))
    assert (refused.status_code, told(refused)) == (500, "Reeds verwerkt")
    assert call(world, "DELETE", path.format(second["EntryID"])).status_code == 204
    assert world.records() == 1


def test_without_prefer_most_of_the_answer_is_empty(world: World) -> None:
    answer = call(world, "POST", "salesentry/SalesEntries", entry(world)).json()["d"]
    assert answer["AmountFC"] is None
    assert answer["EntryID"]


def test_number_that_is_taken_is_refused(world: World) -> None:
    post(world, EntryNumber=26700099)
    assert told(post(world, EntryNumber=26700099)) == "In gebruik: Boekstuknummer"


def test_eleventh_refusal_within_an_hour_blocks_the_endpoint_where_refusals_count(world: World) -> None:
    assert world.clock is not None
    world.change(limits={"errors": 10, "refusals": 1}, close=[("70", 2026, 9)])
    assert [post(world).status_code for _ in range(12)] == [500] * 11 + [429]
    world.change(open=[("70", 2026, 9)])
    assert post(world).status_code == 429
    world.clock.advance(dt.timedelta(hours=1))
    authorised(world.app, world.mounted, world.clock)
    assert post(world).status_code == 201


def test_default_code_of_the_account_is_taken_where_none_is_given(world: World) -> None:
    account = world.division.accounts["8000"]["ID"]
    assert post(world, SalesEntryLines=[{"GLAccount": account, "AmountFC": 10}]).json()["d"]["VATAmountFC"] == 2.1
    empty = {"GLAccount": account, "AmountFC": 10, "VATCode": ""}
    assert post(world, SalesEntryLines=[empty]).json()["d"]["VATAmountFC"] == 0


def test_move_changes_owner_and_keeps_ids_or_makes_new_ones(world: World) -> None:
    division = world.division
    account = division.accounts["8000"]["ID"]
    world.change(move={"owner": "new-owner", "to": world.user})
    assert (division.owner, division.accounts["8000"]["ID"]) == ("new-owner", account)
    assert division.described()["DivisionMoveDate"] is not None
    world.change(move={"owner": "third", "to": world.user, "code": 2222222, "copy": True})
    assert division.code == 2222222
    assert division.accounts["8000"]["ID"] != account


def test_reply_to_a_rotation_can_be_lost(world: World) -> None:
    assert world.clock is not None
    tokens = authorised(world.app, world.mounted, world.clock)
    world.faults.add(Fault(kind="close", path="/api/oauth2/token"))
    with pytest.raises(Exception, match="close"):
        authorised(world.app, world.mounted, world.clock)
    assert world.exact.tokens.user_of(tokens.access, world.clock.now()) is not None
