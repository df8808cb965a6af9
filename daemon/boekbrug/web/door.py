"""The one door to the pages: who comes in, what he or she may do, and whether the form is ours.

Without any user the pages can be read on this machine alone, as `guard` sees to, and nothing can be done on them.
"""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Annotated, NamedTuple
from urllib.parse import quote

from fastapi import Path, Query
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from boekbrug.acts.desk import Desk
from boekbrug.acts.users import WRITE
from boekbrug.store import licences, people
from boekbrug.store.licences import Licence
from boekbrug.store.people import User, UserRole
from boekbrug.sync.house import House
from boekbrug.web.forms import Fields, fields_of

LARGEST = 2**63 - 1
"""The largest id that a database can hold."""
Id = Annotated[int, Query(ge=0, le=LARGEST)]
PathId = Annotated[int, Path(ge=0, le=LARGEST)]


class Right(StrEnum):
    """What a page or a button asks of who uses it."""

    #: look at a licence
    SEE = "see"
    #: try again, set aside, raise a case
    REPAIR = "repair"
    #: let entries go to the books
    APPROVE = "approve"
    #: change one's own account
    SELF = "self"
    #: keep this boekbrug
    OPERATE = "operate"


_OWNER = frozenset({Right.SEE, Right.REPAIR, Right.SELF})
RIGHTS: Mapping[str, frozenset[Right]] = {
    UserRole.OWNER: _OWNER,
    UserRole.BOOKKEEPER: _OWNER | {Right.APPROVE},
    UserRole.OPERATOR: frozenset(Right),
}


class Turned(Exception):
    """Who came is turned away: with a status, or to the page to log in at."""

    def __init__(self, status: int, login: str = "") -> None:
        super().__init__(status)
        self.status, self.login = status, login


class Visit(NamedTuple):
    """Who came in, with what; `sees` is None for all licences."""

    user: User | None
    rights: frozenset[Right]
    sees: frozenset[int] | None
    csrf: str
    fields: Fields
    found: Licence | None

    @property
    def licence(self) -> Licence:
        """Return the licence that the address names; the door let nobody in without one."""
        assert self.found is not None
        return self.found

    def may(self, right: str) -> bool:
        """Tell whether the visitor has a right, for what a page offers."""
        return Right(right) in self.rights

    def desk(self, house: House) -> Desk:
        """Return the desk at which the visitor acts."""
        assert self.user is not None
        return Desk(house, f"web:{self.user.email}")


Enter = Callable[[Request], Awaitable[Visit]]


def cookie_name(request: Request) -> str:
    """Name the session's cookie; the prefix lets no neighbouring name and no plain connection set it."""
    return "__Host-boekbrug" if request.url.scheme == "https" else "boekbrug"


def csrf_of(house: House, token: str) -> str:
    """Return what the forms of a session carry: whoever can make a browser send a form cannot read it."""
    return house.vault.keyed_hash(f"form {token}").hex()


class Door:
    """Lets visitors in."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._peopled = False

    def is_peopled(self) -> bool:
        """Tell whether there is a user; from the first one on, nobody comes in without logging in."""
        if not self._peopled:
            with self._house.database.read() as connection:
                self._peopled = people.any_user(connection)
        return self._peopled

    def needs(self, right: Right) -> Enter:
        """Make the check of a route."""

        async def enter(request: Request) -> Visit:
            fields = await fields_of(request)
            if fields is None:
                raise Turned(413)
            return await run_in_threadpool(self._visit, request, right, fields)

        return enter

    def with_key(self, request: Request, right: Right, token: str) -> Visit:
        """Let in whoever carries the API key of a user; a key to read gives no right but to see. Raise Turned."""
        with self._house.database.read() as connection:
            found = people.by_key(connection, self._house.vault.keyed_hash(token)) if token else None
            if found is None:
                raise Turned(401)
            user, scope = found
            rights = RIGHTS[user.role] if scope == WRITE else frozenset({Right.SEE})
            visit = Visit(user, rights, _sees(connection, user), "", Fields({}), None)
            return self._at_licence(connection, request, right, visit)

    def _visit(self, request: Request, right: Right, fields: Fields) -> Visit:
        is_open = request.method == "GET" and not self.is_peopled()
        with self._house.database.read() as connection:
            visit = self._known(connection, request, fields, is_open)
            return self._at_licence(connection, request, right, visit)

    def _at_licence(self, connection: Connection, request: Request, right: Right, visit: Visit) -> Visit:
        if right not in visit.rights:
            raise Turned(403)
        name = request.path_params.get("licence")
        if name is None:
            return visit
        found = licences.by_name(connection, name) if "\0" not in name else None
        # whoever may not see a licence does not learn that it exists
        if found is None or not (visit.sees is None or found.id in visit.sees):
            raise Turned(404)
        return visit._replace(found=found)

    def _known(self, connection: Connection, request: Request, fields: Fields, is_open: bool) -> Visit:
        token = request.cookies.get(cookie_name(request), "")
        vault, now = self._house.vault, self._house.database.now(connection)
        user = people.by_session(connection, vault.keyed_hash(token), now) if token else None
        if user is None:
            if is_open:
                return Visit(None, frozenset({Right.SEE}), None, "", fields, None)
            raise Turned(401, login=_login(request))
        csrf = csrf_of(self._house, token)
        if request.method != "GET" and not hmac.compare_digest(fields.one("csrf").encode(), csrf.encode()):
            raise Turned(403)
        return Visit(user, RIGHTS[user.role], _sees(connection, user), csrf, fields, None)


def _sees(connection: Connection, user: User) -> frozenset[int] | None:
    return None if user.role == UserRole.OPERATOR else frozenset(people.licences_of(connection, user.id))


def _login(request: Request) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    there = f"{request.url.path}{query}" if request.method == "GET" else "/"
    return "/login" if there == "/" else f"/login?next={quote(there, safe='')}"
