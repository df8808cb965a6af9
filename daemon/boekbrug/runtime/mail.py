"""Hand mail to the server that the settings name, over SMTP (RFC 5321)."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

import msgspec

from boekbrug.contract import BoekbrugError, Clock, Fault, SettingsError
from boekbrug.runtime.settings import Mail, Security

PATIENCE = 20.0
"""Seconds that the server may take for each of its answers."""
LONGEST_SENDING = 300
"""Seconds within which a mail has been sent or not; a mail takes at most ten answers."""
_PERMANENT = 500


class MailNotTaken(BoekbrugError):
    """The mail server did not take the mail this time; it is tried again."""

    code = "mail-not-taken"


class MailRefused(BoekbrugError):
    """The mail server does not want this mail; look at the address, or at what the server says."""

    code = "mail-refused"


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A mail to one person; `id` stays the same however often it is sent, so that a second copy is known as one."""

    id: str
    recipient: str
    name: str
    subject: str
    text: str
    reply_to: str = ""


def is_address(text: str) -> bool:
    """Tell whether mail can be sent to an address."""
    try:
        return bool(Address(addr_spec=text).domain)
    except (ValueError, IndexError, MessageError):
        return False


class Mailer:
    """The way to one mail server; every mail has a connection of its own."""

    def __init__(self, settings: Mail, clock: Clock) -> None:
        self._settings, self._clock = settings, clock

    def check(self) -> str:
        """Connect and log in, and send nothing; return what was reached. Raise MailNotTaken or SettingsError."""
        with self._connected() as server:
            with _said_in_words():
                server.noop()
            _leave(server)
        return f"{self._settings.host}:{self._settings.port}"

    def send(self, letter: Letter) -> None:
        """Send a mail; raise MailNotTaken when it may be tried again, MailRefused when that would not help.

        Where the connection breaks after the text was sent, nobody knows whether the server has it; it is tried again,
        as RFC 5321 §4.5.4.1 asks, and the id lets whoever gets two of it see that.
        """
        message = self._written(letter)
        with self._connected() as server:
            with _said_in_words():
                server.send_message(message, self._settings.sender, [letter.recipient])
            _leave(server)

    def _written(self, letter: Letter) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["Message-ID"] = letter.id
        message["Date"] = self._clock.now()
        message["From"] = Address("boekbrug", addr_spec=self._settings.sender)
        message["To"] = Address(_one_line(letter.name), addr_spec=letter.recipient)
        if letter.reply_to:
            message["Reply-To"] = Address(addr_spec=letter.reply_to)
        message["Subject"] = _one_line(letter.subject)
        # whoever is away need not tell a machine so (RFC 3834 §2)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        return message

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        chosen, password = self._settings, _password(self._settings)
        with _said_in_words(ours=True):
            server = self._open()
        try:
            with _said_in_words(ours=True):
                if chosen.security is Security.STARTTLS:
                    server.starttls(context=ssl.create_default_context())
                if chosen.user:
                    server.login(chosen.user, password)
            yield server
        finally:
            server.close()

    def _open(self) -> smtplib.SMTP:
        host, port = self._settings.host, self._settings.port
        if self._settings.security is Security.TLS:
            return smtplib.SMTP_SSL(host, port, timeout=PATIENCE, context=ssl.create_default_context())
        return smtplib.SMTP(host, port, timeout=PATIENCE)


def _password(settings: Mail) -> str:
    if settings.password_file is None:
        return ""
    try:
        return settings.password_file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        fault = Fault(
            "mail.password_file", "the password cannot be read from {file}: {reason}",
            file=settings.password_file, reason=error,
        )  # fmt: skip
        raise SettingsError([fault]) from error


def _leave(server: smtplib.SMTP) -> None:
    # what becomes of the farewell says nothing about the mail, which the server has already taken
    with suppress(smtplib.SMTPException, OSError):
        server.quit()


@contextmanager
def _said_in_words(*, ours: bool = False) -> Iterator[None]:
    """Turn what goes wrong into our errors; that what is `ours` is refused, as a password, is no fault of a mail."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        raise _refusal(code, said, ours=ours) from error
    except smtplib.SMTPSenderRefused as error:
        raise _refusal(error.smtp_code, error.smtp_error, ours=True) from error
    except smtplib.SMTPResponseException as error:
        raise _refusal(error.smtp_code, error.smtp_error, ours=ours) from error
    except smtplib.SMTPNotSupportedError as error:
        raise (MailNotTaken if ours else MailRefused)(reason=_one_line(str(error))) from error
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        raise MailNotTaken(reason=_one_line(str(error)) or type(error).__name__) from error


def _refusal(code: int, said: bytes | str, *, ours: bool) -> BoekbrugError:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    reason = f"{code} {_one_line(text)}".strip()
    return MailRefused(reason=reason) if code >= _PERMANENT and not ours else MailNotTaken(reason=reason)


def _one_line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:200]
