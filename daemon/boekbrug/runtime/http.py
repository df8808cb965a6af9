"""Calls to outside systems: one deadline per call, and an honest word on what a failed one may have done."""

import json as jsonlib
import ssl
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any, NoReturn
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from boekbrug import __version__
from boekbrug.contract import BoekbrugError, Fault, NotReachable, OutcomeUnknown, RefusedCall, Retriable, SettingsError
from boekbrug.runtime.clock import Deadline
from boekbrug.runtime.connections import CURRENT, Call, HttpPool, HttpsPool, TlsSocket

DEADLINE = 60.0
BODY_LIMIT = 32 * 1024 * 1024
REDIRECTS = 5
_CHUNK = 65536
_WRONG_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidHeader,
)


class Answer:
    """A complete answer of the outside system; header names match in any case."""

    def __init__(self, status_code: int, headers: Mapping[str, str], content: bytes) -> None:
        self.status_code = status_code
        self.headers: Mapping[str, str] = requests.structures.CaseInsensitiveDict(headers)
        self.content = content

    @property
    def text(self) -> str:
        """Decode the body as its header says, UTF-8 where it says nothing."""
        charset = requests.utils.get_encoding_from_headers(self.headers)
        try:
            return self.content.decode(charset or "utf-8", "replace")
        except LookupError:
            return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """Decode the body; raise ValueError when it is not JSON."""
        return jsonlib.loads(self.content)


class HttpPort:
    """Calls of one run and thread; connections are kept open between them, cookies and repeats are not."""

    def __init__(self, *, deadline: float = DEADLINE, body_limit: int = BODY_LIMIT) -> None:
        self._deadline = deadline
        self._body_limit = body_limit
        self._session = _Session()

    def request(
        self,
        method: str,
        url: str,
        *,
        creates: bool = False,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        json: object = None,
    ) -> Answer:
        """Send one request within the deadline.

        Raise NotReachable when nothing was sent; afterwards, without a complete answer, OutcomeUnknown for a call
        that creates and Retriable for one that reads. SettingsError names an address or header that cannot be sent. A
        name look-up cannot be interrupted: when it returns too late, nothing is sent.
        """
        call = Call(Deadline(self._deadline), None if params else url)
        token = CURRENT.set(call)
        try:
            with self._session.request(
                method, url, params=params, headers=headers, data=data, json=json,
                allow_redirects=not creates, stream=True, timeout=self._deadline,
            ) as response:  # fmt: skip
                return Answer(response.status_code, response.headers, self._body(response, creates))
        except _WRONG_ADDRESS as wrong:
            raise SettingsError(
                [Fault("", "the address or a header of a call to {host} is not valid", host=_host(url))]
            ) from wrong
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as failure:
            _classify(failure, call, creates, _host(url))
        finally:
            CURRENT.reset(token)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _body(self, response: requests.Response, creates: bool) -> bytes:
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > self._body_limit:
                reason = f"the answer has more than {self._body_limit} bytes"
                raise OutcomeUnknown(reason=reason) if creates else RefusedCall(reason=reason)
        return bytes(body)


class _Session(requests.Session):
    def __init__(self) -> None:
        super().__init__()
        self.headers["User-Agent"] = f"boekbrug/{__version__}"
        self.max_redirects = REDIRECTS
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # without an auth of its own a session would put the password of a .netrc in place of the plugin's header
        self.auth = _as_given
        adapter = _Adapter()
        self.mount("https://", adapter)
        self.mount("http://", adapter)
        self._environment: dict[tuple[str, ...], Any] = {}

    def merge_environment_settings(self, url: Any, *given: Any) -> Any:
        """Read the proxies of the environment once per origin: reading them costs a tenth of a call."""
        origin = urlsplit(url)[:2]
        if origin not in self._environment:
            self._environment[origin] = super().merge_environment_settings(url, *given)
        return dict(self._environment[origin])

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Follow within the same origin only, so that keys in headers never reach another one."""
        target: str | None = super().get_redirect_target(resp)
        if target is None:
            return None
        here, there = urlsplit(resp.url), urlsplit(requests.compat.urljoin(resp.url, target))
        return target if (here.scheme, here.netloc) == (there.scheme, there.netloc) else None


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=_tls())
        self.poolmanager.pool_classes_by_scheme = {"http": HttpPool, "https": HttpsPool}

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs, ssl_context=_tls())
        manager.pool_classes_by_scheme = {"http": HttpPool, "https": HttpsPool}
        return manager


def _tls() -> ssl.SSLContext:
    context = urllib3.util.ssl_.create_urllib3_context()
    context.sslsocket_class = TlsSocket
    return context


def _as_given(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _host(url: str) -> str:
    # the host alone: addresses may carry tokens, which must not reach a log
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _classify(failure: Exception, call: Call, creates: bool, host: str) -> NoReturn:
    reason = type(failure).__name__
    kind: type[BoekbrugError] = NotReachable if not call.wrote else OutcomeUnknown if creates else Retriable
    raise kind(host=host, reason=reason) from failure
