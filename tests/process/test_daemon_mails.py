"""The running daemon sends what stands in the outbox."""

from pathlib import Path

import pytest
from tests.office import Office
from tests.post_office import PASSWORD, USER, make_certificate, open_for_mail
from tests.process.daemon import running


def test_daemon_sends_what_another_process_wrote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = make_certificate(tmp_path / "server.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    office = Office(tmp_path / "office", spawns=True)
    (office.folder / "password").write_text(PASSWORD, encoding="utf-8")
    with open_for_mail(certificate) as post:
        office.config.write_text(
            'state = "state"\n[log]\nformat = "json"\n[service]\nport = 0\npublic_url = "https://boekbrug.example"\n'
            f'[mail]\nhost = "127.0.0.1"\nport = {post.port}\nsender = "boekbrug@example.nl"\n'
            f'user = "{USER}"\npassword_file = "password"\n',
            encoding="utf-8",
        )
        with running(office) as daemon:
            daemon.ready()
            office.run("user", "add", "eva@shop.example")
            assert "https://boekbrug.example/enter/" in post.wait().get_content()
            assert daemon.logs("mail.sent")["kind"] == "invitation"
            assert "/enter/" not in daemon.text()
    assert len(post.taken) == 1
