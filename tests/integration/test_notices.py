"""A connection that stands still until a person mends it is told of once, and goes on by itself when it is mended."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.journey import Business, order
from tests.integration.moody import calm, mood, plugins
from tests.post_office import PostOffice, open_for_mail
from tests.web.people import add_user

from boekbrug.acts import connections, mailing
from boekbrug.acts.notices import write_notices
from boekbrug.contract import AuthorisationLost, Retriable
from boekbrug.sync import trouble

OWNER, OPERATOR, STRANGER = "eva@shop.example", "beheer@boekbrug.example", "jan@other.example"
ORDERS = iter(range(1, 1000))


@pytest.fixture
def post() -> Iterator[PostOffice]:
    with open_for_mail(None) as found:
        yield found


@pytest.fixture
def business(tmp_path: Path, ready_url: str, post: PostOffice) -> Iterator[Business]:
    calm()
    mail = (
        f'[service]\npublic_url = "https://boekbrug.example"\n[mail]\nhost = "127.0.0.1"\nport = {post.port}\n'
        'security = "none"\nsender = "boekbrug@example.nl"\n'
    )
    found = Business(tmp_path, ready_url, target="moody", plugins=plugins(), more=mail)
    add_user(found.house, OWNER, "owner", "bench")
    add_user(found.house, STRANGER, "owner")
    add_user(found.house, OPERATOR, "operator")
    yield found
    found.house.close()


def stand_still(business: Business) -> None:
    mood.raises = AuthorisationLost(reason="withdrawn")
    n = next(ORDERS)
    business.write(f"{n}.jsonl", order(n))
    business.sync()


def delivered(business: Business, post: PostOffice) -> list[str]:
    """Send what stands in the outbox; return to whom anything went since the last time."""
    while mailing.send_next(business.house):
        pass
    taken = [str(mail["To"].addresses[0].addr_spec) for mail in post.taken]
    post.taken.clear()
    return sorted(taken)


def test_who_sees_a_licence_is_told_once_that_its_connection_stands_still(business: Business, post: PostOffice) -> None:
    stand_still(business)
    assert [write_notices(business.house) for _ in range(2)] == [1, 0]
    business.sync()
    assert write_notices(business.house) == 0
    assert delivered(business, post) == [OPERATOR, OWNER]
    text = post.wait().get_content()
    assert "De koppeling books (moody) staat stil" in text
    assert "withdrawn" in text


def test_what_was_mended_goes_on_at_once_and_may_stand_still_again(business: Business, post: PostOffice) -> None:
    stand_still(business)
    write_notices(business.house)
    assert delivered(business, post) == [OPERATOR, OWNER]
    mood.raises = None
    connections.change(business.desk, "books", {"folder": str(business.books)})
    assert business.licence.next_at == business.clock.now().timestamp() * 1_000_000
    business.clock.advance(dt.timedelta(hours=1))
    assert business.sync() == {"booked": 1}
    assert write_notices(business.house) == 0
    stand_still(business)
    assert write_notices(business.house) == 1
    assert delivered(business, post) == [OPERATOR, OWNER]


def test_a_run_that_began_before_does_not_end_the_standstill(business: Business) -> None:
    stand_still(business)
    assert write_notices(business.house) == 1
    work = business.house.place("began before")
    trouble.note(work, business.licence.target, Retriable(), "deliver")
    trouble.clear(work, business.licence.target)
    assert business.codes() == ["authorisation-lost"]
    stand_still(business)
    assert (write_notices(business.house), mood.sent) == (0, [])


def test_what_ends_by_itself_is_told_to_nobody(business: Business, post: PostOffice) -> None:
    mood.raises = Retriable()
    business.write("a.jsonl", order(1))
    business.sync()
    assert business.codes() == ["retriable"]
    assert write_notices(business.house) == 0
    assert delivered(business, post) == []
