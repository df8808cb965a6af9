"""The settings of the daemon: one TOML file, read once; licences and connections live in the database."""

import os
import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from enum import StrEnum
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, model_validator

from boekbrug.contract import SettingsError

NAME = "boekbrug.toml"
SYSTEM_WIDE = Path("/etc/boekbrug") / NAME
CONFIG = "BOEKBRUG_CONFIG"
CREDENTIAL = "boekbrug-key"
_ADDRESS = re.compile(r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+")


def _resolved(path: Path, info: ValidationInfo) -> Path:
    folder = info.context["folder"] if info.context else Path.cwd()
    return Path(os.path.normpath(folder / path.expanduser()))


def _database(url: str, info: ValidationInfo) -> str:
    scheme, _, rest = url.partition("://")
    if scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        return f"postgresql+psycopg://{rest}"
    if scheme == "sqlite" and rest.startswith("/") and rest not in ("/", "/:memory:"):
        return f"sqlite:///{_resolved(Path(rest[1:]), info)}"
    raise ValueError("must be sqlite:///FILE or postgresql://USER@HOST/NAME")


def _public(url: str) -> str:
    if url and not url.startswith(("https://", "http://")):
        raise ValueError("must begin with https://, or with http:// for a trial")
    return url.rstrip("/")


def _network(text: str) -> str:
    try:
        return str(ip_address(text)) if "/" not in text else str(ip_network(text))
    except ValueError:
        raise ValueError("must be an address or a network, such as 10.0.0.7 or 10.0.0.0/24") from None


ResolvedPath = Annotated[Path, AfterValidator(_resolved)]
Seconds = Annotated[int, Field(gt=0)]
Count = Annotated[int, Field(gt=0)]
Port = Annotated[int, Field(ge=0, le=65535)]


class Level(StrEnum):
    """From which weight on log lines are written."""

    #: every step, for who builds or looks for a fault
    DEBUG = "debug"
    #: what happened
    INFO = "info"
    #: what needs a look
    WARNING = "warning"
    #: what failed
    ERROR = "error"


class LogFormat(StrEnum):
    """How log lines look."""

    #: for a person at a terminal
    CONSOLE = "console"
    #: one JSON object per line
    JSON = "json"


class Section(BaseModel):
    """Base of a table of the file: unknown settings are refused, defaults are checked like what is written."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class Database(Section):
    """Where everything is kept."""

    url: Annotated[str, AfterValidator(_database)] | None = Field(
        None, description="`sqlite:///FILE` or `postgresql://USER@HOST/NAME`; without it SQLite in the state folder"
    )


class Service(Section):
    """The long-running process and its pages."""

    host: str = Field(
        "127.0.0.1", description="address to listen on; leave it local and put a proxy with TLS before it"
    )
    port: Port = Field(8765, description="port to listen on")
    public_url: Annotated[str, AfterValidator(_public)] = Field(
        "", description="how the world reaches the pages, for authorisations and webhooks; empty when it does not"
    )
    trusted_proxies: tuple[Annotated[str, AfterValidator(_network)], ...] = Field(
        ("127.0.0.1", "::1"),
        description="addresses or networks of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed",
    )
    workers: Count = Field(4, description="how many licences are worked on at the same time")
    poll: Seconds = Field(1, description="seconds between two looks for work that is due")


class Engine(Section):
    """How work is claimed and how long a call may take; the quiet period keeps an unknown outcome from doubling."""

    lease: Seconds = Field(90, description="seconds that a worker's claim lasts; longer than `call_deadline`")
    call_deadline: Seconds = Field(60, description="seconds that one call to an outside system may take in all")
    quiet_period: Seconds = Field(
        900, description="seconds before an entry with unknown outcome may be sent again; longer than both together"
    )
    page_size: Count = Field(1000, description="documents that are composed in one transaction")
    batch_size: Count = Field(1000, description="most entries in one delivery, where the target takes as many")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.lease <= self.call_deadline:
            raise ValueError("lease must be longer than call_deadline; raise lease or lower call_deadline")
        if self.quiet_period <= self.lease + self.call_deadline:
            least = self.lease + self.call_deadline + 1
            sentence = f"quiet_period must be longer than lease and call_deadline together; make it {least} or more"
            raise ValueError(sentence)
        return self


class Logging(Section):
    """The log, on standard error."""

    level: Level = Field(Level.INFO, description="`debug`, `info`, `warning` or `error`")
    format: LogFormat = Field(LogFormat.CONSOLE, description="`console` for people, `json` for a log system")


class Vies(Section):
    """Proof of buyers' VAT ids by the Commission's service."""

    url: Annotated[str, AfterValidator(_public)] = Field(
        "",
        description="`https://ec.europa.eu/taxation_customs/vies/services/checkVatService`; empty: nobody is asked, "
        "and an id whose check digits are right counts",
    )
    requester: str = Field(
        "",
        pattern=r"^([A-Z]{2}[0-9A-Z]{2,12})?$",
        description="your own VAT id; with it an answer has an identifier, without which it is no proof",
    )
    days: Count = Field(30, description="days that a valid answer counts before it is asked for again")


class Rates(Section):
    """Exchange rates of the European Central Bank."""

    url: Annotated[str, AfterValidator(_public)] = Field(
        "",
        description="`https://www.ecb.europa.eu/stats/eurofxref`; empty: sales in other currencies need "
        "their rate from the source",
    )


class Security(StrEnum):
    """How the connection to a mail server is kept from being read."""

    #: begins in the clear and goes on encrypted, or not at all; port 587
    STARTTLS = "starttls"
    #: encrypted from the first byte on; port 465
    TLS = "tls"
    #: in the clear, for a relay on this machine; port 25
    NONE = "none"


class Mail(Section):
    """The server that mail is handed to: one-time links for users, and problems that they report."""

    host: str = Field("", description="name of the SMTP server; empty: no mail is sent, and links are shown instead")
    port: Port = Field(587, description="its port: 587 for `starttls`, 465 for `tls`, 25 for `none`")
    security: Security = Field(
        Security.STARTTLS, description="`starttls`, `tls`, or `none` for a relay on this machine"
    )
    user: str = Field("", description="the account there; empty: without logging in")
    password_file: ResolvedPath | None = Field(
        None, description="file that holds the password of `user` and nothing else"
    )
    sender: str = Field("", description="address that mail comes from, as `boekbrug@example.nl`")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.host and not _ADDRESS.fullmatch(self.sender):
            raise ValueError("sender must be an address, since mail without one is refused")
        if bool(self.user) != (self.password_file is not None):
            raise ValueError("user and password_file go together; give both or neither")
        if self.user and self.security is Security.NONE:
            raise ValueError("a password may not travel in the clear; choose starttls or tls")
        return self


class Secrets(Section):
    """The keys that tokens and personal data are encrypted with."""

    key_file: ResolvedPath | None = Field(
        None,
        description="the key file; without it systemd's credential `boekbrug-key`, else `key` in the state folder, "
        "which is made at the first start",
    )


class AppRegistration(Section):
    """Our registration at a vendor; one `[[app]]` for each."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$", description="name of the app, by which connections use it")
    plugin: str = Field(description="plugin of the vendor's system")
    client_id: str = Field(description="client id that the vendor gave")
    client_secret_file: ResolvedPath = Field(description="file that holds the client secret and nothing else")
    redirect: Annotated[str, AfterValidator(_public)] = Field(
        "", description="redirect address as registered at the vendor; without it that of `public_url`"
    )
    settings: dict[str, str] = Field(
        {}, description="what else the plugin asks of an app, such as the vendor's page that installations start from"
    )


class Settings(Section):
    """All settings; paths are absolute, `file` is where they were read from, None for defaults alone."""

    state: ResolvedPath = Field(Path("state"), description="folder for what boekbrug keeps; systemd's StateDirectory")
    database: Database = Database()
    service: Service = Service()
    engine: Engine = Engine()
    log: Logging = Logging()
    secrets: Secrets = Secrets()
    vies: Vies = Vies()
    rates: Rates = Rates()
    mail: Mail = Mail()
    app: tuple[AppRegistration, ...] = ()

    _file: Path | None = None
    _credential: Path | None = None

    @model_validator(mode="after")
    def _apps_apart(self) -> Self:
        names = [app.name for app in self.app]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            sentence = f"app {', '.join(twice)} occurs more than once; give each [[app]] a name of its own"
            raise ValueError(sentence)
        return self

    @model_validator(mode="after")
    def _links_lead_here(self) -> Self:
        if self.mail.host and not self.service.public_url:
            raise ValueError("mail needs service.public_url, since the links in it begin with that; set it too")
        return self

    @property
    def file(self) -> Path | None:
        """Return the file that was read."""
        return self._file

    @property
    def database_url(self) -> str:
        """Return the SQLAlchemy address of the database."""
        return self.database.url or f"sqlite:///{self.state / 'boekbrug.db'}"

    @property
    def key_file(self) -> Path:
        """Return where the keys are."""
        return self.secrets.key_file or self._credential or self.state / "key"

    @property
    def makes_key(self) -> bool:
        """Tell whether an absent key file is ours to make."""
        return self.secrets.key_file is None and self._credential is None


def find(named: Path | None, environ: Mapping[str, str], folder: Path) -> Path | None:
    """Choose the file: named, else in BOEKBRUG_CONFIG, else in the folder, else system-wide, else none."""
    if named:
        return folder / named
    if environ.get(CONFIG):
        return folder / environ[CONFIG]
    return next((path for path in (folder / NAME, SYSTEM_WIDE) if path.exists()), None)


def load(named: Path | None = None, environ: Mapping[str, str] = os.environ, folder: Path | None = None) -> Settings:
    """Read the settings; raise SettingsError that lists every fault with its path. Without a file all are defaults."""
    here = folder or Path.cwd()
    file = find(named, environ, here)
    tables = _tables(file) if file else {}
    if "STATE_DIRECTORY" in environ:
        tables.setdefault("state", environ["STATE_DIRECTORY"].partition(":")[0])
    try:
        settings = Settings.model_validate(tables, context={"folder": file.parent.absolute() if file else here})
    except ValidationError as error:
        raise SettingsError(_faults(error), file=str(file)) from error
    settings._file = file
    settings._credential = _credential(environ)
    return settings


def _credential(environ: Mapping[str, str]) -> Path | None:
    path = Path(environ.get("CREDENTIALS_DIRECTORY", ""), CREDENTIAL)
    return path if "CREDENTIALS_DIRECTORY" in environ and path.exists() else None


def _tables(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        fault = f"the file cannot be read: {error.strerror}"
    except UnicodeDecodeError as error:
        fault = f"the file is not UTF-8 at byte {error.start}; save it as UTF-8"
    except tomllib.TOMLDecodeError as error:
        fault = f"the file is not TOML: {error}"
    raise SettingsError([fault], file=str(file))


def _faults(error: ValidationError) -> list[str]:
    return [f"{_path(one['loc'])}{_what_to_do(one['type'], one['loc'], one['msg'])}" for one in error.errors()]


def _path(location: tuple[int | str, ...]) -> str:
    written = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in location)
    return f"{written[1:]}: " if written else ""


def _what_to_do(kind: str, location: tuple[int | str, ...], message: str) -> str:
    if kind == "missing":
        return "is missing; add it"
    if kind == "extra_forbidden":
        meant = get_close_matches(str(location[-1]), _names(location[:-1]), n=1)
        return f"is not a setting; {f'did you mean {meant[0]}?' if meant else 'remove it'}"
    return message.removeprefix("Value error, ")


def _names(location: tuple[int | str, ...]) -> list[str]:
    section = SECTIONS[str(location[0])] if location else Settings
    return list(section.model_fields)


SECTIONS: Mapping[str, type[Section]] = {
    "database": Database,
    "service": Service,
    "engine": Engine,
    "log": Logging,
    "secrets": Secrets,
    "vies": Vies,
    "rates": Rates,
    "mail": Mail,
    "app": AppRegistration,
}
"""The tables of the file, in the order in which they are documented."""
