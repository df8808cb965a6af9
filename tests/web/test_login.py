import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.web.conftest import settings_with
from tests.web.people import PASSWORD, Person, add_user, logged_in, person, served

from boekbrug.acts import login, users
from boekbrug.acts.desk import Desk
from boekbrug.runtime.settings import load
from boekbrug.store import schema
from boekbrug.sync.house import House
from boekbrug.web.login import _inside

OWNER = "eva@example.org"


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[House]:
    found = House(load(settings_with(tmp_path, host="127.0.0.1"), {}))
    schema.upgrade(found.database)
    yield found
    found.close()


@pytest.fixture
def address(empty: House) -> Iterator[str]:
    add_user(empty, OWNER, "operator")
    with served(empty) as found:
        yield found


@pytest.fixture
def browser(address: str) -> Iterator[Person]:
    with person(address) as found:
        yield found


def test_page_asks_to_log_in_and_comes_back_to_it(browser: Person) -> None:
    asked = browser.look("/find?q=W1")
    assert asked.status_code == 303
    assert asked.headers["location"] == "/login?next=%2Ffind%3Fq%3DW1"
    sent = {"csrf": browser.csrf("/login"), "email": OWNER, "password": PASSWORD}
    assert browser.send("/login?next=%2Ffind%3Fq%3DW1", sent).url.endswith("/find?q=W1")


def test_cookie_cannot_be_read_or_sent_from_elsewhere(browser: Person) -> None:
    sent = {"csrf": browser.csrf("/login"), "email": OWNER.upper(), "password": PASSWORD}
    cookie = browser.send("/login", sent, follow=False).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie


def test_behind_https_the_cookie_is_for_https_and_this_name_alone(browser: Person) -> None:
    page = browser.get("/login", **{"x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.9"})
    cookie = page.headers["set-cookie"]
    assert cookie.startswith("__Host-boekbrug-form=")
    assert "Secure" in cookie
    assert "Path=/" in cookie


@pytest.mark.parametrize("fields", [{"password": "wrong"}, {"email": "nobody@example.org"}, {"csrf": "0" * 32}, {}])
def test_wrong_login_is_refused_without_saying_which_part(browser: Person, fields: dict[str, str]) -> None:
    sent = {"csrf": browser.csrf("/login"), "email": OWNER, "password": PASSWORD, **fields} if fields else {}
    assert browser.send("/login", sent).status_code == 403
    assert browser.look("/").status_code == 303


def test_guessing_is_slowed_down_and_locks_nobody_out(empty: House, address: str) -> None:
    for _ in range(login.TRIES):
        with pytest.raises(login.WrongLogin):
            login.with_password(empty, OWNER, "guess", "203.0.113.9")
    with pytest.raises(login.TooManyTries) as refused:
        login.with_password(empty, OWNER, PASSWORD, "203.0.113.9")
    assert int(refused.value.facts["minutes"]) == 15
    with logged_in(address, OWNER) as own:
        assert own.look("/").status_code == 200


def test_who_writes_other_addresses_is_slowed_down_all_the_same(browser: Person) -> None:
    for n in range(login.TRIES):
        # a proxy adds whom it sees to what the visitor wrote
        browser.session.headers["x-forwarded-for"] = f"198.51.100.{n}, 203.0.113.9"
        assert browser.log_in(OWNER, "guess guess guess").status_code == 403
    assert browser.log_in(OWNER).status_code == 429
    browser.session.headers["x-forwarded-for"] = "203.0.113.10"
    assert browser.log_in(OWNER).status_code == 200


def test_page_says_when_to_try_again(browser: Person) -> None:
    for _ in range(login.TRIES):
        browser.log_in(OWNER, "guess guess guess")
    answer = browser.log_in(OWNER)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "900"
    assert "over 15 minuten" in answer.text


def test_link_works_once_and_chooses_the_password(empty: House, address: str) -> None:
    users.add(Desk(empty, "test"), "new@example.org", "Bo", "owner", [])
    link = users.link(Desk(empty, "test"), "new@example.org")
    with person(address) as first:
        assert "Welkom, Bo" in first.get(link).text
        short = first.send(link, {"csrf": first.csrf(link), "password": "short"})
        assert short.status_code == 400
        first.send(link, {"csrf": first.csrf(link), "password": "a longer password"})
        assert first.look("/").status_code == 200
    with person(address) as second:
        assert second.get(link).status_code == 404
        assert second.log_in("new@example.org", "a longer password").status_code == 200


def test_link_sent_by_another_site_opens_nothing(empty: House, address: str) -> None:
    link = users.link(Desk(empty, "test"), OWNER)
    with person(address) as other:
        assert other.send(link, {"csrf": "", "password": ""}).status_code == 403
        assert other.look("/").status_code == 303
        assert other.get(link).status_code == 200


def test_log_out_and_disabling_end_what_was_open(empty: House, address: str) -> None:
    token = users.give_key(Desk(empty, "test"), OWNER, "till", users.READ)
    with logged_in(address, OWNER) as one, logged_in(address, OWNER) as other:
        csrf = one.csrf("/account")
        one.send("/logout", {"csrf": csrf})
        assert one.look("/").status_code == 303
        assert other.look("/").status_code == 200
        users.disable(Desk(empty, "test"), OWNER)
        assert other.look("/").status_code == 303
        assert other.log_in(OWNER).status_code == 403
        api = other.get("/api/v1/licences", authorization=f"Bearer {token}")
        assert api.status_code == 401


def test_password_is_changed_with_the_old_one(browser: Person) -> None:
    browser.log_in(OWNER)
    wrong = {"csrf": browser.csrf("/account"), "old": "guess", "new": "another password"}
    assert browser.send("/account/password", wrong).status_code == 403
    browser.send("/account/password", {**wrong, "old": PASSWORD})
    assert browser.look("/").status_code == 303
    assert browser.log_in(OWNER, "another password").status_code == 200


def test_nothing_secret_is_kept_readable(empty: House, address: str) -> None:
    key = users.give_key(Desk(empty, "test"), OWNER, "till", users.WRITE)
    link = users.link(Desk(empty, "test"), OWNER)
    with logged_in(address, OWNER) as one:
        session = one.session.cookies["boekbrug"]
    assert empty.database.path is not None
    kept = b"".join(file.read_bytes() for file in empty.database.path.parent.glob("boekbrug.db*"))
    assert OWNER.encode() in kept
    for secret in (key, link.rpartition("/")[2], session, PASSWORD):
        assert secret.encode() not in kept


def test_public_host_is_allowed_once_somebody_can_log_in(tmp_path: Path) -> None:
    house = House(load(settings_with(tmp_path, host="0.0.0.0"), {}))
    schema.upgrade(house.database)
    with served(house) as address, person(address.replace("0.0.0.0", "127.0.0.1")) as visitor:
        assert visitor.get("/login").status_code == 403
        add_user(house, OWNER, "operator")
        assert visitor.get("/login").status_code == 200
        assert visitor.look("/").status_code == 303
    house.close()


def test_language_of_the_user_is_that_of_the_pages(browser: Person) -> None:
    browser.log_in(OWNER)
    browser.send("/account/language", {"csrf": browser.csrf("/account"), "language": "de"})
    assert '<html lang="de">' in browser.get("/").text
    assert '<html lang="en">' in browser.get("/?lang=en").text


def test_key_is_shown_once(browser: Person) -> None:
    browser.log_in(OWNER)
    made = browser.send("/account/keys", {"csrf": browser.csrf("/account"), "name": "Till", "scope": "read"}).text
    token = re.findall(r"<code>(bb_\w+)</code>", made)[0]
    assert browser.get("/api/v1/licences", authorization=f"Bearer {token}").status_code == 200
    page = browser.get("/account").text
    assert token not in page
    ends = re.findall(r'action="(/account/keys/\d+/end)"', page)[0]
    browser.send(ends, {"csrf": browser.csrf("/account")})
    assert browser.get("/api/v1/licences", authorization=f"Bearer {token}").status_code == 401


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("/find?q=1", "/find?q=1"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\r\nset-cookie: a=b", "/"),
        ("", "/"),
    ],
)
def test_login_leads_nowhere_else(path: str, inside: str) -> None:
    assert _inside(path) == inside
