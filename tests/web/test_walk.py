"""Every route, for every role and licence: who comes in, and who does not."""

import re
from collections.abc import Iterable, Iterator

import pytest
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from tests.web.conftest import ROLES
from tests.web.people import Person, logged_in

from boekbrug.acts import users
from boekbrug.acts.desk import Desk
from boekbrug.sync.house import House
from boekbrug.web import create_app
from boekbrug.web.door import RIGHTS, Right

PUBLIC = {
    "/healthz", "/metrics", "/login", "/login/forgot", "/enter/{link}", "/connect/{plugin}/{app}/{step}",
    "/hook/{connection:int}/{topic}/{secret}", "/api/v1/openapi.json",
}  # fmt: skip
BODIES = {
    "/retry": '{"documents": [1]}',
    "/set-aside": '{"documents": [1], "reason": "ignored", "note": "x"}',
    "/take-up": '{"documents": [1]}',
    "/approve": '{"entries": [1]}',
    "/report": '{"document": 1, "text": "x"}',
    "/decide": '{"number": "none", "there": null}',
    "/accept": '{"number": "none"}',
    "/correct": '{"number": "none"}',
    "/reverse": '{"numbers": ["none"]}',
    "/reject": '{"entries": [1], "note": "x"}',
    "/agree": '{"first": "2026-01-01", "last": "2026-03-31", "digest": "none"}',
    "/sign": '{"first": "2026-01-01", "last": "2026-03-31", "gap": "none", "note": "x"}',
    "/filed": '{"through": "9000-01-01"}',
    "/compose": '{"term": "2026-01"}',
    "/answer": '{"number": "none"}',
    "/try": '{"licence": {}}',
    "/changes": '{"licence": {}}',
    "/switch": '{"to": "activate"}',
    "/close": "{}",
}
"""What is sent to the API, by how the address ends; nothing of it can be done."""
BARE = ("/end", "/check", "/again", "/withdraw")


def routes_of(house: House) -> list[APIRoute]:
    found = [route for route in flat(create_app(house).routes) if route.path not in PUBLIC]
    assert len(found) > 25
    return found


def flat(routes: Iterable[BaseRoute]) -> Iterator[APIRoute]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif (router := getattr(route, "original_router", None)) is not None:
            yield from flat(router.routes)


def of_licences(house: House) -> list[APIRoute]:
    found = [route for route in routes_of(house) if "{licence}" in route.path]
    assert len(found) > 20
    return found


def address_at(route: APIRoute, licence: str) -> str:
    path = re.sub(r"\{(document|change|term|mail|case|key)(:int)?\}", "1", route.path.replace("{licence}", licence))
    queries = {"/documents": "?state=problem", "/lists/{name}": "?first=2026-07-01&last=2026-09-30"}
    query = next((found for end, found in queries.items() if path.endswith(end)), "")
    return path.replace("/lists/{name}", "/lists/vat") + query


def may(role: str, path: str) -> bool:
    bookkeeping = (
        "/approve", "/reject", "/accept", "/correct", "/reverse", "/hurry", "/undo", "/rules/switch", "/lists/agree",
        "/lists/sign", "/lists/filed", "/agree", "/sign", "/filed", "/compose", "/switch",
    )  # fmt: skip
    asked = Right.OPERATE if "/office/" in path else Right.APPROVE if path.endswith(bookkeeping) else Right.SEE
    return asked in RIGHTS[role]


def sees(email: str, licence: str) -> bool:
    return ROLES[email] == "operator" or (licence == "other") == (email == "other@x.nl")


def expected(email: str, licence: str, path: str) -> set[int]:
    if not may(ROLES[email], path):
        return {403}
    if not sees(email, licence):
        return {404}
    # document 1 is nobody's: those who may ask are told so
    if path.endswith(("/documents/1", "/sales/1", "/terms/1")) or "/changes/1" in path:
        return {404}
    if path.endswith(("/try", "/changes")):
        return {200, 400}
    # a form without its fields is shown again with what it lacks
    return {200, 404, 409} if path.endswith("/report") else {200, 400} if path.endswith("/edit") else {200, 409}


def test_every_route_passes_the_door(manned_house: House) -> None:
    for route in routes_of(manned_house):
        names = {getattr(one.call, "__qualname__", "") for one in route.dependant.dependencies}
        assert any(name.startswith(("Door.needs.", "needs.")) for name in names), route.path


@pytest.mark.parametrize("email", ROLES)
@pytest.mark.parametrize("licence", ["webshop", "other"])
def test_pages_open_for_the_right_people_alone(
    manned_house: House, manned_address: str, email: str, licence: str
) -> None:
    with logged_in(manned_address, email) as browser:
        csrf = browser.csrf("/account")
        for route in of_licences(manned_house):
            if not route.path.startswith("/api/"):
                path = address_at(route, licence)
                wanted = expected(email, licence, path)
                assert ask(browser, route, path, csrf) in wanted, (email, path)


@pytest.mark.parametrize("email", ROLES)
def test_office_and_clients_open_for_their_keepers_alone(manned_house: House, manned_address: str, email: str) -> None:
    rights = RIGHTS[ROLES[email]]
    with logged_in(manned_address, email) as browser:
        csrf = browser.csrf("/account")
        found = [route for route in routes_of(manned_house) if route.path.startswith(("/office", "/clients"))]
        assert len(found) > 20
        for route in found:
            path = address_at(route, "webshop")
            asked = Right.APPROVE if path == "/clients" else Right.OPERATE
            status = ask(browser, route, path, csrf)
            assert (status == 403) is (asked not in rights), (email, path, status)
            assert status < 500, (email, path)


@pytest.mark.parametrize("email", ROLES)
@pytest.mark.parametrize("licence", ["webshop", "other"])
def test_api_opens_for_the_right_people_alone(
    manned_house: House, manned_address: str, email: str, licence: str
) -> None:
    desk = Desk(manned_house, "test")
    keys = {scope: users.give_key(desk, email, "walk", scope) for scope in (users.READ, users.WRITE)}
    browser = Person(manned_address)
    for route in of_licences(manned_house):
        if route.path.startswith("/api/"):
            path = address_at(route, licence)
            assert call(browser, route, path, keys[users.WRITE]) in expected(email, licence, path), (email, path)
            is_act = "POST" in (route.methods or ())
            assert not is_act or call(browser, route, path, keys[users.READ]) == 403
            assert call(browser, route, path, "bb_guess") == 401
    browser.session.close()


def ask(browser: Person, route: APIRoute, path: str, csrf: str) -> int:
    if "GET" in (route.methods or ()):
        return browser.look(path).status_code
    return browser.send(path, {"csrf": csrf}, follow=False).status_code


def call(browser: Person, route: APIRoute, path: str, key: str) -> int:
    headers = {"authorization": f"Bearer {key}"}
    if "GET" in (route.methods or ()):
        return browser.get(path, **headers).status_code
    is_bare = "/changes/" in path or path.endswith(BARE)
    return browser.post_json(path, "" if is_bare else BODIES[f"/{path.rpartition('/')[2]}"], headers).status_code


@pytest.mark.parametrize("email", ROLES)
def test_api_of_the_office_is_the_operator_s(manned_house: House, manned_address: str, email: str) -> None:
    key = users.give_key(Desk(manned_house, "test"), email, "office", users.WRITE)
    browser = Person(manned_address)
    found = [one for one in routes_of(manned_house) if one.path.startswith("/api/v1/office/")]
    assert len(found) > 8
    for route in found:
        path = address_at(route, "webshop").replace("{name}", "nowhere")
        status = call(browser, route, path, key)
        assert (status == 403) is (ROLES[email] != "operator"), (email, path, status)
        assert status < 500, (email, path)
    browser.session.close()


@pytest.mark.parametrize("email", ROLES)
def test_the_office_is_the_operator_s(manned_house: House, manned_address: str, email: str) -> None:
    found = [route for route in routes_of(manned_house) if "{licence}" not in route.path]
    assert {"/", "/find", "/account", "/clients", "/office"} <= {route.path for route in found}
    with logged_in(manned_address, email) as browser:
        csrf = browser.csrf("/account")
        for route in found:
            # these end the session or the account's keys, which the walk still needs
            if route.path.startswith(("/api/", "/logout", "/account/")):
                continue
            path = re.sub(r"{\w+(:int)?}", "1", route.path)
            status = ask(browser, route, path, csrf)
            closed = (path.startswith("/office") and ROLES[email] != "operator") or (
                path == "/clients" and ROLES[email] == "owner"
            )
            assert (status == 403) == closed, (email, path, status)
            assert status < 500, path


@pytest.mark.parametrize("path", ["/nowhere", "/licences", "/licences/webshop/problems?before=x", "/static/none.css"])
def test_what_is_not_there_is_a_page_that_says_so(manned_address: str, path: str) -> None:
    with logged_in(manned_address, "owner@x.nl") as browser:
        answer = browser.look(path)
        assert answer.status_code == 404
        assert "<h1>Niet gevonden</h1>" in answer.text


def test_what_is_not_there_is_said_to_programs_as_to_others(manned_address: str) -> None:
    browser = Person(manned_address)
    assert browser.get("/api/v1/nowhere").json() == {"code": "not-known", "reasons": []}
    browser.session.close()
