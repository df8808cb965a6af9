"""A mail server that speaks real SMTP, with TLS and passwords, and misbehaves when told to."""

import asyncio
import datetime as dt
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from enum import Enum, auto
from ipaddress import ip_address
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "boekbrug", "stamp and seal"


class Mood(Enum):
    """How the server behaves."""

    WELL = auto()
    #: no such mailbox
    REFUSES = auto()
    #: come back later
    BUSY = auto()
    #: breaks the connection before it has the mail
    HANGS_UP = auto()
    #: takes the mail and breaks the connection before saying so
    TAKES_SILENTLY = auto()
    #: takes the mail, and breaks the connection at the farewell
    RUDE = auto()


class PostOffice:
    """What a server was given, and how it behaves from now on."""

    def __init__(self) -> None:
        self.mood = Mood.WELL
        self.password = PASSWORD
        self.port = 0
        self.taken: list[EmailMessage] = []
        self.passwords: list[str] = []
        self._arrivals: Queue[EmailMessage] = Queue()

    def wait(self) -> EmailMessage:
        """Wait for the next mail."""
        return self._arrivals.get(timeout=60)

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.mood is Mood.REFUSES:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self.mood is Mood.BUSY:
            return "451 4.7.1 greylisted,\r\n try later"
        if self.mood is Mood.HANGS_UP:
            _hang_up(server)
            return "250 OK"
        message = message_from_bytes(envelope.original_content or b"", policy=default)
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        self._arrivals.put(message)
        if self.mood is Mood.TAKES_SILENTLY:
            _hang_up(server)
        return "250 OK"

    async def handle_QUIT(self, server: SMTP, _session: Session, _envelope: Envelope) -> str:
        if self.mood is Mood.RUDE:
            _hang_up(server)
        return "221 Bye"

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        """Compare the password."""
        assert isinstance(data, LoginPassword)
        self.passwords.append(data.password.decode())
        right = (data.login.decode(), data.password.decode()) == (USER, self.password)
        return AuthResult(success=right, handled=False)


def _hang_up(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


@contextmanager
def open_for_mail(certificate: Path | None, *, at_once: bool = False, lies: bool = False) -> Iterator[PostOffice]:
    """Serve with TLS, from the first byte on where `at_once`, else after STARTTLS; without a certificate, or where it
    `lies` about what it can, in the clear."""
    office = PostOffice()
    tls = _context(certificate) if certificate and not lies else None
    options: dict[str, Any] = {"authenticator": office.authenticate, "auth_require_tls": False}
    if tls and not at_once:
        options |= {"tls_context": tls, "require_starttls": True, "auth_required": True, "auth_require_tls": True}
    loop = asyncio.new_event_loop()
    lines: list[asyncio.Transport] = []
    server = loop.run_until_complete(
        loop.create_server(
            lambda: _Talk(lines, office, loop=loop, **options), "127.0.0.1", 0, ssl=tls if at_once else None
        )
    )
    office.port = server.sockets[0].getsockname()[1]
    thread = Thread(target=loop.run_forever, name="post office")
    thread.start()
    try:
        yield office
    finally:
        asyncio.run_coroutine_threadsafe(_let_go(server, lines), loop).result(timeout=60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class _Talk(SMTP):
    """A conversation that enters its line, and with TLS the line beneath it, in a list."""

    def __init__(self, lines: list[asyncio.Transport], *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._lines = lines

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._lines.append(transport)
        super().connection_made(transport)


async def _let_go(server: asyncio.Server, lines: list[asyncio.Transport]) -> None:
    """Break off what is still said and close every line: the client may have hung up before the server came to it."""
    server.close()
    under_way = asyncio.all_tasks() - {asyncio.current_task()}
    for task in under_way:
        task.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)
    for line in lines:
        line.abort()
    # a line is closed one turn of the loop after it was broken off
    await asyncio.sleep(0)


def _context(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


def make_certificate(file: Path) -> Path:
    """Write a key and its certificate for 127.0.0.1 into one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return file


PUBLIC = "https://boekbrug.example"
"""Where letters say that the pages are."""


def settings_for(post: PostOffice, folder: Path, url: str = "", security: str = "starttls") -> Path:
    """Write settings that name the server, with its password in a file."""
    (folder / "mail.password").write_text(f"{PASSWORD}\n", encoding="utf-8")
    database = f'[database]\nurl = "{url}"\n' if url else ""
    login = f'user = "{USER}"\npassword_file = "mail.password"\n' if security != "none" else ""
    file = folder / "boekbrug.toml"
    file.write_text(
        f'state = "state"\n{database}[service]\npublic_url = "{PUBLIC}"\n[mail]\nhost = "127.0.0.1"\n'
        f'port = {post.port}\nsecurity = "{security}"\nsender = "boekbrug@example.nl"\n{login}',
        encoding="utf-8",
    )
    return file
