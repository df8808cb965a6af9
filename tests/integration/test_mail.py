"""Mail goes out once, as far as SMTP allows; what is stuck is seen; and nothing secret stays behind."""

import datetime as dt
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.office import Office, order
from tests.post_office import PASSWORD, PUBLIC, Mood, PostOffice, make_certificate, open_for_mail, settings_for
from tests.web.people import add_user, person, served

from boekbrug.acts import cases, mailing, users
from boekbrug.acts.desk import ActRefused, Desk, NotKnown
from boekbrug.acts.mailing import Sent
from boekbrug.runtime.metrics import read_stock
from boekbrug.runtime.settings import load
from boekbrug.store import audit, licences, outbox
from boekbrug.store.tables import mail
from boekbrug.sync.house import House
from boekbrug.testing.clock import SettableClock

EVA = "eva@shop.example"
MINUTE = dt.timedelta(minutes=1)
on_sqlite = pytest.mark.parametrize("ready_url", ["sqlite"], indirect=True)
"""For what a database has no part in."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls") / "server.pem")


@pytest.fixture
def post(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostOffice]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with open_for_mail(certificate) as found:
        yield found


def opened(file: Path, clock: SettableClock) -> House:
    return House(load(file, {}), clock=clock)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def house(post: PostOffice, tmp_path: Path, ready_url: str, clock: SettableClock) -> Iterator[House]:
    found = opened(settings_for(post, tmp_path, ready_url), clock)
    yield found
    found.close()


@pytest.fixture
def desk(house: House) -> Desk:
    return Desk(house, "test")


def invite(desk: Desk, email: str = EVA, name: str = "Eva", language: str = "nl") -> None:
    users.add(desk, email, name, "owner", [], language, invite=True)


def states(house: House) -> list[tuple[str, int]]:
    return [(one.state, one.tries) for one in mailing.list_latest(house, 10)]


def stuck(house: House) -> int:
    return read_stock(house.database).mail_stuck


def test_invitation_brings_a_link_that_works_once_and_no_password(house: House, desk: Desk, post: PostOffice) -> None:
    invite(desk)
    assert mailing.send_next(house) == Sent("invitation", EVA, "sent", "")
    assert mailing.send_next(house) is None
    (letter,) = post.taken
    assert (letter["to"], letter["from"]) == (f"Eva <{EVA}>", "boekbrug <boekbrug@example.nl>")
    assert letter["subject"] == "Uw toegang tot boekbrug"
    assert letter["auto-submitted"] == "auto-generated"
    assert letter["date"].datetime == house.clock.now()
    (path,) = re.findall(rf"{PUBLIC}(/enter/\w+)", letter.get_content())
    with served(house) as address, person(address) as browser:
        assert "Welkom, Eva" in browser.get(path).text
        browser.send(path, {"csrf": browser.csrf(path), "password": "a longer password"})
        assert browser.look("/account").status_code == 200
        assert browser.get(path).status_code == 404
    with house.database.read() as connection:
        acts = [done.act for done in audit.list_latest(connection)]
        assert connection.scalar(sa.select(mail.c.sealed)) is None
    assert "user-add" in acts


@on_sqlite
def test_link_cannot_be_read_from_the_database(house: House, desk: Desk, post: PostOffice) -> None:
    invite(desk)
    with house.database.read() as connection:
        row = connection.execute(sa.select(mail)).one()
    assert mailing.send_next(house) is not None
    token = post.taken[0].get_content().partition("/enter/")[2].split()[0]
    assert token.encode() not in row.sealed
    assert token not in str(row)


@on_sqlite
def test_user_is_not_added_where_no_mail_can_be_sent(tmp_path: Path, ready_url: str, clock: SettableClock) -> None:
    file = tmp_path / "boekbrug.toml"
    file.write_text(f'[database]\nurl = "{ready_url}"\n', encoding="utf-8")
    house = opened(file, clock)
    with pytest.raises(ActRefused):
        invite(Desk(house, "test"))
    assert users.list_all(house) == []
    house.close()


@on_sqlite
@pytest.mark.parametrize("mood", [Mood.BUSY, Mood.HANGS_UP])
def test_server_that_does_not_take_it_is_asked_again_later_and_later(
    house: House, desk: Desk, post: PostOffice, clock: SettableClock, mood: Mood
) -> None:
    invite(desk)
    post.mood = mood
    waits = []
    for _ in range(8):
        sent = mailing.send_next(house)
        assert sent is not None
        assert (sent.state, bool(sent.reason)) == ("due", True)
        assert mailing.send_next(house) is None
        waits.append(0)
        while outbox_due(house) > house.microseconds():
            clock.advance(MINUTE)
            waits[-1] += 1
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert stuck(house) == 1
    post.mood = Mood.WELL
    assert mailing.send_next(house) == Sent("invitation", EVA, "sent", "")
    assert (len(post.taken), stuck(house)) == (1, 0)


def outbox_due(house: House) -> int:
    (one,) = mailing.list_latest(house, 1)
    assert one.next_at is not None
    return one.next_at


def test_refused_mail_waits_for_a_person(house: House, desk: Desk, post: PostOffice, clock: SettableClock) -> None:
    invite(desk)
    post.mood = Mood.REFUSES
    assert mailing.send_next(house) == Sent("invitation", EVA, "refused", "550 5.1.1 no such mailbox")
    assert stuck(house) == 1
    clock.advance(60 * MINUTE)
    assert mailing.send_next(house) is None
    post.mood = Mood.WELL
    mailing.again(desk, mailing.list_latest(house, 1)[0].id)
    assert mailing.send_next(house) == Sent("invitation", EVA, "sent", "")
    assert stuck(house) == 0


@on_sqlite
def test_answer_that_is_lost_brings_it_twice_under_one_name(
    house: House, desk: Desk, post: PostOffice, clock: SettableClock
) -> None:
    invite(desk)
    post.mood = Mood.TAKES_SILENTLY
    assert mailing.send_next(house) is not None
    post.mood = Mood.WELL
    clock.advance(MINUTE)
    assert mailing.send_next(house) == Sent("invitation", EVA, "sent", "")
    assert len(post.taken) == 2
    assert len({letter["message-id"] for letter in post.taken}) == 1


@on_sqlite
def test_rude_farewell_does_not_send_it_again(house: House, desk: Desk, post: PostOffice) -> None:
    invite(desk)
    post.mood = Mood.RUDE
    assert mailing.send_next(house) == Sent("invitation", EVA, "sent", "")
    assert states(house) == [("sent", 1)]


@on_sqlite
def test_wrong_password_is_our_fault_and_not_that_of_the_mail(
    house: House, desk: Desk, post: PostOffice, clock: SettableClock, tmp_path: Path
) -> None:
    invite(desk)
    (tmp_path / "mail.password").write_text("wrong", encoding="utf-8")
    sent = mailing.send_next(house)
    assert sent is not None
    assert (sent.state, sent.reason[:3]) == ("due", "535")
    assert post.passwords[-1] not in sent.reason
    (tmp_path / "mail.password").unlink()
    clock.advance(MINUTE)
    sent = mailing.send_next(house)
    assert sent is not None
    assert "mail.password_file" in sent.reason
    (tmp_path / "mail.password").write_text(PASSWORD, encoding="utf-8")
    clock.advance(2 * MINUTE)
    assert mailing.send_next(house) == Sent("invitation", EVA, "sent", "")


@on_sqlite
def test_server_without_tls_gets_neither_password_nor_mail(
    certificate: Path, tmp_path: Path, ready_url: str, clock: SettableClock
) -> None:
    with open_for_mail(certificate, lies=True) as post:
        house = opened(settings_for(post, tmp_path, ready_url), clock)
        invite(Desk(house, "test"))
        sent = mailing.send_next(house)
        assert sent is not None
        assert "STARTTLS" in sent.reason
        assert (sent.state, post.passwords, post.taken) == ("due", [], [])
        house.close()


@on_sqlite
def test_server_with_a_certificate_of_nobody_gets_nothing(
    certificate: Path, tmp_path: Path, ready_url: str, clock: SettableClock
) -> None:
    with open_for_mail(certificate, at_once=True) as post:
        house = opened(settings_for(post, tmp_path, ready_url, "tls"), clock)
        invite(Desk(house, "test"))
        sent = mailing.send_next(house)
        assert sent is not None
        assert "CERTIFICATE_VERIFY_FAILED" in sent.reason
        assert (sent.state, post.passwords, post.taken) == ("due", [], [])
        house.close()


@on_sqlite
@pytest.mark.parametrize("security", ["tls", "none"])
def test_mail_goes_by_tls_from_the_first_byte_or_in_the_clear(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ready_url: str, security: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with open_for_mail(certificate if security == "tls" else None, at_once=security == "tls") as post:
        house = opened(settings_for(post, tmp_path, ready_url, security), SettableClock())
        assert house.mailer().check() == f"127.0.0.1:{post.port}"
        invite(Desk(house, "test"))
        assert mailing.send_next(house) == Sent("invitation", EVA, "sent", "")
        assert post.passwords == ([PASSWORD, PASSWORD] if security == "tls" else [])
        house.close()


@on_sqlite
def test_server_that_is_away_is_waited_for(house: House, desk: Desk, tmp_path: Path, clock: SettableClock) -> None:
    invite(desk)
    gone = PostOffice()
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        gone.port = silent.getsockname()[1]
        away = opened(settings_for(gone, tmp_path, house.settings.database_url, "none"), clock)
        sent = mailing.send_next(away)
    assert sent is not None
    assert (sent.state, "refused" in sent.reason.lower()) == ("due", True)
    away.close()


def test_sender_that_dies_leaves_it_to_the_next(
    house: House, desk: Desk, post: PostOffice, clock: SettableClock
) -> None:
    invite(desk)
    with house.database.write() as connection:
        due = outbox.next_due(connection, house.microseconds())
        assert due is not None
        assert outbox.claim(connection, due, house.microseconds() + 600_000_000, house.microseconds())
        assert outbox.claim(connection, due, house.microseconds() + 600_000_000, house.microseconds()) is None
    assert mailing.send_next(house) is None
    clock.advance(10 * MINUTE)
    assert mailing.send_next(house) == Sent("invitation", EVA, "sent", "")
    assert states(house) == [("sent", 2)]


def test_late_sender_does_not_write_over_the_next(house: House, desk: Desk, clock: SettableClock) -> None:
    invite(desk)
    with house.database.write() as connection:
        due = outbox.next_due(connection, house.microseconds())
        assert due is not None
        late = outbox.claim(connection, due, house.microseconds() + 1, house.microseconds())
    assert late is not None
    clock.advance(MINUTE)
    assert mailing.send_next(house) is not None
    with house.database.write() as connection:
        assert not outbox.conclude(connection, late, outbox.DUE, "late", house.microseconds(), house.microseconds())
    assert states(house) == [("sent", 2)]


def test_link_that_ended_is_not_mailed_any_more(
    house: House, desk: Desk, post: PostOffice, clock: SettableClock
) -> None:
    invite(desk)
    post.mood = Mood.BUSY
    mailing.send_next(house)
    clock.advance(dt.timedelta(days=4))
    post.mood = Mood.WELL
    sent = mailing.send_next(house)
    assert sent is not None
    assert (sent.state, sent.reason[:3], post.taken, stuck(house)) == ("lapsed", "451", [], 0)
    with pytest.raises(NotKnown):
        mailing.again(desk, mailing.list_latest(house, 1)[0].id)


def test_newer_link_takes_the_place_of_one_that_waits(house: House, desk: Desk, post: PostOffice) -> None:
    invite(desk)
    users.mail_link(desk, EVA)
    assert mailing.send_next(house) == Sent("invitation", EVA, "sent", "")
    assert states(house) == [("sent", 1), ("withdrawn", 0)]
    path = post.taken[0].get_content().partition(PUBLIC)[2].split()[0]
    with served(house) as address, person(address) as browser:
        assert browser.get(path).status_code == 200


def test_who_is_shut_out_gets_no_link(house: House, desk: Desk) -> None:
    invite(desk)
    users.disable(desk, EVA)
    assert mailing.send_next(house) is None
    assert states(house) == [("withdrawn", 0)]
    with pytest.raises(ActRefused):
        users.mail_link(desk, EVA)


@on_sqlite
def test_name_cannot_write_headers_of_its_own(house: House, desk: Desk, post: PostOffice) -> None:
    invite(desk, name="Eva\r\nBcc: all@example.org")
    assert mailing.send_next(house) == Sent("invitation", EVA, "sent", "")
    assert post.taken[0]["bcc"] is None
    assert post.taken[0]["to"].addresses[0].addr_spec == EVA


@on_sqlite
@pytest.mark.parametrize("address", ["a@b@c", "a b@c.nl", "@b.nl", "a@", "a@b.nl\n.x", "<a@b.nl>", "a@b.nl,c@d.nl"])
def test_what_is_no_address_becomes_no_user(house: House, desk: Desk, address: str) -> None:
    with pytest.raises(Exception, match="address"):
        invite(desk, email=address)
    assert mailing.list_latest(house, 1) == []


@on_sqlite
def test_language_of_the_letter_is_that_of_its_reader(house: House, desk: Desk, post: PostOffice) -> None:
    for language in ("en", "de"):
        invite(desk, f"{language}@x.example", language=language)
    while mailing.send_next(house):
        pass
    assert [letter["subject"] for letter in post.taken] == ["Your access to boekbrug", "Ihr Zugang zu boekbrug"]


@pytest.fixture
def shop(post: PostOffice, tmp_path: Path) -> Office:
    found = Office(tmp_path / "office")
    found.furnish(automatic=True)
    found.put("orders.jsonl", [order(1, payment_method="unheard-of")])
    found.run("sync", "webshop", exits=1)
    settings_for(post, found.folder)
    return found


def test_reported_problem_is_a_case_and_mail_to_every_operator(shop: Office, post: PostOffice) -> None:
    house = opened(shop.config, SettableClock(dt.datetime.now(dt.UTC)))
    for email, role in (("keeper@x.nl", "operator"), ("second@x.nl", "operator"), ("owner@x.nl", "owner")):
        add_user(house, email, role)
    users.choose_language(Desk(house, "test"), users.get(house, "second@x.nl"), "en")
    with house.database.read() as connection:
        licence = licences.by_name(connection, "webshop")
        document = connection.scalar(sa.text("select id from document"))
    assert licence is not None
    reporter = Desk(house, "web:owner@x.nl")
    with pytest.raises(ActRefused):
        cases.report(reporter, licence, document, "  ")
    assert mailing.list_latest(house, 10) == []
    case = cases.report(reporter, licence, document, "Wat is unheard-of?")
    while mailing.send_next(house):
        pass
    first, second = post.taken
    assert {first["to"].addresses[0].addr_spec, second["to"].addresses[0].addr_spec} == {"keeper@x.nl", "second@x.nl"}
    assert first["reply-to"] == "owner@x.nl"
    dutch, english = sorted((first.get_content(), second.get_content()), key=lambda text: "asks you" in text)
    for text in (dutch, english):
        assert "Wat is unheard-of?" in text
        assert f"{PUBLIC}/licences/webshop/sales/{document}" in text
        assert str(case.id) in text
    assert "vraagt u naar P00001 te kijken" in dutch
    assert [one.about for one in mailing.list_latest(house, 10)] == [str(case.id)] * 2
    house.close()


def test_command_mails_the_link_or_prints_it(shop: Office, post: PostOffice) -> None:
    done = shop.attempt("user", "add", EVA)
    assert (done.exit, done.stdout) == (0, "")
    assert "outbox" in done.stderr
    assert shop.run("user", "link", EVA, "--print").startswith(f"{PUBLIC}/enter/")
    shop.run("user", "link", EVA)
    found = shop.json("mail", "list")
    assert [one["state"] for one in found] == ["due", "withdrawn"]
    assert not any("enter" in str(one) for one in found)
    shop.run("mail", "again", str(found[0]["id"]))
    shop.run("mail", "withdraw", str(found[0]["id"]))
    assert "There is no mail" in shop.attempt("mail", "again", str(found[0]["id"])).stderr
    assert EVA in shop.run("mail", "list")


def test_check_says_what_is_wrong_with_the_mail_server(shop: Office, post: PostOffice) -> None:
    assert f"127.0.0.1:{post.port}" in shop.attempt("check").stdout
    (shop.folder / "mail.password").write_text("wrong", encoding="utf-8")
    assert "535" in shop.attempt("check").stdout


@on_sqlite
def test_who_forgot_the_password_gets_a_link_and_nobody_learns_who_is_a_user(
    house: House, desk: Desk, post: PostOffice
) -> None:
    add_user(house, EVA, "owner")
    add_user(house, "gone@shop.example", "owner")
    users.disable(desk, "gone@shop.example")
    with served(house) as address, person(address) as browser:
        assert "Wachtwoord vergeten?" in browser.get("/login").text

        def ask(email: str) -> tuple[int, str]:
            csrf = browser.csrf("/login")
            answer = browser.send("/login/forgot", {"csrf": csrf, "email": email})
            return answer.status_code, re.sub(r'value="\w+"', "", answer.text)

        assert ask(EVA) == ask("stranger@shop.example") == ask("gone@shop.example")
        assert browser.send("/login/forgot", {"csrf": "", "email": EVA}).status_code == 403
        assert mailing.send_next(house) == Sent("link", EVA, "sent", "")
        assert mailing.send_next(house) is None
        assert [ask(EVA)[0] for _ in range(3)] == [200, 200, 429]
        path = post.taken[0].get_content().partition(PUBLIC)[2].split()[0]
        assert browser.get(path).status_code == 404
        assert browser.log_in(EVA).url.partition("?")[0] == f"{address}/"


@on_sqlite
def test_without_mail_nobody_is_promised_any(tmp_path: Path, ready_url: str, clock: SettableClock) -> None:
    file = tmp_path / "boekbrug.toml"
    file.write_text(f'[database]\nurl = "{ready_url}"\n', encoding="utf-8")
    house = opened(file, clock)
    add_user(house, EVA, "owner")
    with served(house) as address, person(address) as browser:
        assert "Vraag de beheerder" in browser.get("/login").text
        for email in (EVA, "stranger@shop.example"):
            asked = browser.send("/login/forgot", {"csrf": browser.csrf("/login"), "email": email})
            assert asked.status_code == 409
            assert "is er een link" not in asked.text
    house.close()
