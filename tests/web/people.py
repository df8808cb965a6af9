"""Users at the pages: log in over HTTP and send the forms of a page as a browser does."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import requests

from boekbrug.acts import users
from boekbrug.acts.desk import Desk
from boekbrug.service.pages import Pages, address_of, listen
from boekbrug.sync.house import House
from boekbrug.web import create_app

PASSWORD = "correct horse battery"


class Person:
    """A browser with its cookies."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.session = requests.Session()

    def get(self, path: str, **headers: str) -> requests.Response:
        """Open a page, wherever that leads."""
        return self.session.get(self.address + path, headers=headers, timeout=30)

    def look(self, path: str) -> requests.Response:
        """Open a page and follow nothing."""
        return self.session.get(self.address + path, allow_redirects=False, timeout=30)

    def send(self, path: str, fields: Mapping[str, str | list[str]], *, follow: bool = True) -> requests.Response:
        """Send a form."""
        return self.session.post(self.address + path, data=fields, allow_redirects=follow, timeout=30)

    def post_json(self, path: str, body: str, headers: Mapping[str, str]) -> requests.Response:
        """Call the API."""
        return self.session.post(self.address + path, data=body, headers=headers, timeout=30)

    def csrf(self, path: str) -> str:
        """Read what the forms of a page carry."""
        return str(re.findall(r'name="csrf" value="(\w+)"', self.get(path).text)[0])

    def log_in(self, email: str, password: str = PASSWORD) -> requests.Response:
        """Fill in the login page."""
        return self.send("/login", {"csrf": self.csrf("/login"), "email": email, "password": password})


@contextmanager
def person(address: str) -> Iterator[Person]:
    """Open a browser, and close it."""
    found = Person(address)
    try:
        yield found
    finally:
        found.session.close()


def add_user(house: House, email: str, role: str, *licences: str) -> None:
    """Add a user who has chosen the password."""
    desk = Desk(house, "test")
    user = users.add(desk, email, email.partition("@")[0], role, licences)
    users.choose_password(desk, user, PASSWORD)


@contextmanager
def served(house: House) -> Iterator[str]:
    """Serve the pages of a house and return their address."""
    with listen("127.0.0.1", 0) as listener:
        pages = Pages(create_app(house), listener)
        pages.start()
        try:
            yield address_of(listener)
        finally:
            pages.stop()


@contextmanager
def logged_in(address: str, email: str) -> Iterator[Person]:
    """Open a browser in which a user has logged in."""
    with person(address) as found:
        assert found.log_in(email).status_code == 200
        yield found
