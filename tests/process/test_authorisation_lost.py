"""A grant is withdrawn at the vendor under a running daemon: one notice, and all goes on when it is given again."""

import datetime as dt
from pathlib import Path

import pytest
from bench.exact import standin
from tests.post_office import PASSWORD, USER, make_certificate, open_for_mail
from tests.process.nodes import Town
from tests.web.people import add_user

from boekbrug.acts.problems import list_open

SHOPS, EACH, PATIENCE = 2, 3, 90.0
AGE = dt.timedelta(minutes=10)


def test_a_grant_that_was_withdrawn_is_told_once_and_goes_on_by_itself_when_given_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path / "server.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    (tmp_path / "password").write_text(PASSWORD, encoding="utf-8")
    with standin(0) as exact, open_for_mail(certificate) as post:
        mail = (
            f'call_deadline = 60\n[mail]\nhost = "127.0.0.1"\nport = {post.port}\nsender = "boekbrug@example.nl"\n'
            f'user = "{USER}"\npassword_file = "{tmp_path / "password"}"'
        )
        town = Town(tmp_path / "town", f"sqlite:///{tmp_path / 'town.db'}", exact, mail)
        town.furnish(0)
        town.link("other")
        # two connections of one grant
        for n, books in enumerate(("books", "other")):
            town.open_shop(n, books)
        town.put_off()
        add_user(town.house, "eva@shop.example", "owner", "shop0", "shop1")
        with town.node(0) as daemon:
            daemon.ready()
            town.sell(1)
            town.due()
            town.wait_until_booked(SHOPS, PATIENCE)
            # Exact gives no new pair in the first nine and a half minutes, so that nobody can know earlier
            town.authorise("books", ago=AGE)
            town.revoke()
            town.sell(EACH, first=10)
            town.due()
            letter = post.wait()
            assert letter["To"].addresses[0].addr_spec == "eva@shop.example"
            assert "staat stil" in letter["Subject"]
            town.wait_until(
                lambda: sum(one.code == "authorisation-lost" for one in list_open(town.house, "nl")) == SHOPS
            )
            town.authorise("books")
            # nothing else is done: both connections go on with what waited, before any lease or wait of its own is over
            town.wait_until_booked(SHOPS * (1 + EACH), 2 * PATIENCE / 3)
            town.wait_until(lambda: not list(list_open(town.house, "nl")))
        assert len(post.taken) == 1
        town.assert_complete(SHOPS * (1 + EACH))
        town.close()
