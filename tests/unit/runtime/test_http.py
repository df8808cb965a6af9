import datetime as dt
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from boekbrug.contract import BoekbrugError, NotReachable, OutcomeUnknown, RefusedCall, Retriable, SettingsError
from boekbrug.runtime.http import HttpPort

KEPT = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n"
OK = KEPT.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
BODY = b'{"id": "7 A"}'


class Server:
    """A socket that misbehaves as told, one behaviour per connection, and keeps what it was sent."""

    def __init__(self, *behaviours: "Behaviour") -> None:
        self.received: list[bytes] = []
        self.over = threading.Event()
        self._behaviours = behaviours
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        with self._socket, suppress(OSError):
            for behaviour in self._behaviours:
                connection, _ = self._socket.accept()
                with connection, suppress(OSError):
                    connection.settimeout(10)
                    behaviour(self, connection)

    def __enter__(self) -> "Server":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def read(self, connection: socket.socket) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            part = connection.recv(65536)
            if not part:
                raise ConnectionAbortedError
            request += part
        self.received.append(request)


Behaviour = Callable[[Server, socket.socket], None]


def answering(*parts: bytes) -> Behaviour:
    def answer(server: Server, connection: socket.socket) -> None:
        server.read(connection)
        connection.sendall(b"".join(parts))

    return answer


def trickling(head: bytes) -> Behaviour:
    def trickle(server: Server, connection: socket.socket) -> None:
        server.read(connection)
        connection.sendall(head)
        while not server.over.wait(0.02):
            connection.sendall(b"x")

    return trickle


def taking_nothing_in(server: Server, connection: socket.socket) -> None:
    server.over.wait(60)


def close_before_reading(server: Server, connection: socket.socket) -> None:
    connection.close()


def redirecting(location: str) -> Behaviour:
    head = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    return answering(head.encode())


close_after_request = Server.read
half_a_body = answering(OK, BODY[:6])
length_too_long = answering(OK.replace(b"13", b"99"), BODY)
garbage = answering(b"\x00\xffnothing like HTTP\r\n\r\n")
broken_chunk = answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n")
not_gzip = answering(OK.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n"), BODY)
good = answering(OK, BODY)


@pytest.fixture
def http() -> Iterator[HttpPort]:
    port = HttpPort(deadline=5)
    yield port
    port.close()


@pytest.fixture
def hasty() -> Iterator[HttpPort]:
    port = HttpPort(deadline=1)
    yield port
    port.close()


def test_complete_answer_is_returned_with_its_status_and_headers(http: HttpPort) -> None:
    with Server(good) as server:
        answer = http.request("GET", f"{server.address}/orders")
    assert (answer.status_code, answer.json(), answer.headers["content-TYPE"]) == (
        200,
        {"id": "7 A"},
        "application/json",
    )


@pytest.mark.parametrize("status", [b"401", b"404", b"429", b"500", b"503"])
def test_any_status_is_an_answer(http: HttpPort, status: bytes) -> None:
    with Server(answering(OK.replace(b"200", status), BODY)) as server:
        assert http.request("POST", server.address, creates=True, json={}).status_code == int(status)


@pytest.mark.parametrize(
    "behaviour",
    [close_before_reading, close_after_request, half_a_body, length_too_long, garbage, broken_chunk, not_gzip],
)
def test_call_without_complete_answer_is_unknown_when_it_creates(http: HttpPort, behaviour: Behaviour) -> None:
    with Server(behaviour, behaviour) as server:
        with pytest.raises(OutcomeUnknown):
            http.request("POST", server.address, creates=True, data=b"entry")
        with pytest.raises(Retriable) as reading:
            http.request("GET", server.address)
    assert not isinstance(reading.value, NotReachable)


def test_nobody_listening_is_not_reachable(http: HttpPort) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        with pytest.raises(NotReachable):
            http.request("POST", f"http://127.0.0.1:{silent.getsockname()[1]}/", creates=True, data=b"entry")


def test_unknown_name_is_not_reachable(http: HttpPort) -> None:
    with pytest.raises(NotReachable, match=r"shop\.invalid"):
        http.request("POST", "https://shop.invalid/?token=secret", creates=True, data=b"entry")


@pytest.mark.parametrize("creates", [True, False])
@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", OK.replace(b"13", b"99999")])
def test_slow_trickle_does_not_outlast_the_deadline(hasty: HttpPort, head: bytes, *, creates: bool) -> None:
    with Server(trickling(head)) as server:
        start = time.monotonic()
        with pytest.raises(OutcomeUnknown if creates else Retriable):
            hasty.request("POST", server.address, creates=creates, data=b"entry")
        assert time.monotonic() - start < 10


def test_request_that_nobody_takes_in_ends_with_the_deadline(hasty: HttpPort) -> None:
    with Server(taking_nothing_in) as server:
        start = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            hasty.request("POST", server.address, creates=True, data=bytes(30_000_000))
        assert time.monotonic() - start < 10


def test_body_beyond_the_limit_is_given_up() -> None:
    port = HttpPort(deadline=5, body_limit=12)
    with Server(good, good) as server:
        with pytest.raises(RefusedCall, match="12 bytes"):
            port.request("GET", server.address)
        with pytest.raises(OutcomeUnknown, match="12 bytes"):
            port.request("POST", server.address, creates=True)
    port.close()


def test_answer_longer_than_stated_does_not_reach_the_next_call(http: HttpPort) -> None:
    def too_much_and_then_well(server: Server, connection: socket.socket) -> None:
        answering(KEPT, BODY, b"HTTP/1.1 500 Stray\r\n\r\n")(server, connection)
        good(server, connection)

    with Server(too_much_and_then_well, good) as server:
        answers = [http.request("GET", server.address).content for _ in range(2)]
    assert answers == [BODY, BODY]


def test_reading_call_follows_within_the_origin(http: HttpPort) -> None:
    with Server(redirecting("/there?b=%2F"), good) as server:
        assert http.request("GET", f"{server.address}/here").json() == {"id": "7 A"}
    assert [request.split(b" ")[1] for request in server.received] == [b"/here", b"/there?b=%2F"]


def test_creating_call_is_not_redirected(http: HttpPort) -> None:
    with Server(redirecting("/there")) as server:
        assert http.request("POST", server.address, creates=True, data=b"entry").status_code == 302
    assert len(server.received) == 1


def test_keys_do_not_follow_to_another_origin(http: HttpPort) -> None:
    with Server(redirecting("http://127.0.0.1:1/")) as server:
        assert http.request("GET", server.address, headers={"X-Api-Key": "k"}).status_code == 302


@pytest.mark.parametrize("target", ["/a/../b?x=%2f%2F&y=a+b~!'()*", "/?q=[1]", "/%7e", "?only=query"])
def test_address_goes_out_byte_for_byte(http: HttpPort, target: str) -> None:
    with Server(good) as server:
        http.request("GET", server.address + target)
    slash = "" if target.startswith("/") else "/"
    assert server.received[0].split(b"\r\n")[0] == f"GET {slash}{target} HTTP/1.1".encode()


def test_connection_is_kept_for_the_next_call(http: HttpPort) -> None:
    def twice(server: Server, connection: socket.socket) -> None:
        answering(KEPT, BODY)(server, connection)
        answering(KEPT, BODY)(server, connection)

    with Server(twice) as server:
        answers = [http.request("POST", server.address, creates=True).content for _ in range(2)]
    assert (answers, len(server.received)) == ([BODY, BODY], 2)


def test_params_are_encoded(http: HttpPort) -> None:
    with Server(good) as server:
        http.request("GET", f"{server.address}/orders", params={"q": "é &"})
    assert server.received[0].startswith(b"GET /orders?q=%C3%A9+%26 HTTP/1.1\r\n")


def test_every_call_names_boekbrug_and_keeps_its_own_authorisation(
    http: HttpPort, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with Server(good) as server:
        http.request("GET", server.address, headers={"Authorization": "Bearer t"})
    assert b"User-Agent: boekbrug/" in server.received[0]
    assert b"Authorization: Bearer t\r\n" in server.received[0]


def test_cookies_are_not_kept(http: HttpPort) -> None:
    setting = answering(OK.replace(b"200 OK", b"200 OK\r\nSet-Cookie: a=b"), BODY)
    with Server(setting, setting) as server:
        http.request("GET", server.address)
        http.request("GET", server.address)
    assert b"Cookie" not in server.received[1]


@pytest.mark.parametrize(
    "url", ["shop.example.nl", "ftp://shop.example.nl", "http://", "http://[::1", "http://x:port/"]
)
def test_address_that_is_none_is_a_settings_error(http: HttpPort, url: str) -> None:
    with pytest.raises(SettingsError):
        http.request("GET", url)


def test_header_with_a_line_end_is_a_settings_error_that_hides_it(http: HttpPort) -> None:
    with pytest.raises(SettingsError) as wrong:
        http.request("GET", "http://127.0.0.1:1/", headers={"X-Api-Key": "secret\nkey"})
    assert "secret" not in str(wrong.value)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


def over_tls(certificate: Path, inner: Behaviour) -> Behaviour:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def behave(server: Server, connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as encrypted:
            inner(server, encrypted)

    return behave


def secured(server: Server) -> str:
    return server.address.replace("http:", "https:")


def test_untrusted_certificate_is_not_reachable(http: HttpPort, certificate: Path) -> None:
    with Server(over_tls(certificate, close_after_request)) as server, pytest.raises(NotReachable):
        http.request("POST", secured(server), creates=True, data=b"entry")
    assert server.received == []


def test_server_without_tls_is_not_reachable(http: HttpPort) -> None:
    with Server(lambda server, connection: connection.sendall(b"not TLS")) as server, pytest.raises(NotReachable):
        http.request("POST", secured(server), creates=True, data=b"entry")


def test_handshake_that_never_ends_is_not_reachable(hasty: HttpPort) -> None:
    with Server(taking_nothing_in) as server, pytest.raises(NotReachable):
        hasty.request("POST", secured(server), creates=True, data=b"entry")


def test_trusted_certificate_is_answered_and_bound_by_the_deadline(
    http: HttpPort, hasty: HttpPort, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    slow = over_tls(certificate, trickling(OK.replace(b"13", b"99999")))
    with Server(over_tls(certificate, good), slow) as server:
        assert http.request("GET", secured(server)).json() == {"id": "7 A"}
        start = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            hasty.request("POST", secured(server), creates=True, data=b"entry")
        assert time.monotonic() - start < 10


def test_failure_names_the_host_and_no_more(http: HttpPort) -> None:
    with pytest.raises(BoekbrugError) as failure:
        http.request("GET", "http://user:password@127.0.0.1:1/?token=secret")
    assert failure.value.facts["host"] == "127.0.0.1"
    assert "secret" not in str(failure.value)
    assert "password" not in str(failure.value)
