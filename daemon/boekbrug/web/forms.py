"""What a form sent: names with one value or several."""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

from starlette.requests import Request

from boekbrug.web.incoming import body_within

BODY_LIMIT = 256 * 1024
MOST_FIELDS = 2000


class Fields:
    """The fields of one form; what was not sent is empty."""

    def __init__(self, values: Mapping[str, Sequence[str]]) -> None:
        self._values = values

    def one(self, name: str) -> str:
        """Return the first value of a field."""
        return next(iter(self._values.get(name, ())), "")

    def all(self, name: str) -> Sequence[str]:
        """Return all values of a field, in the order of the page."""
        return self._values.get(name, ())

    def plain(self) -> dict[str, str]:
        """Return the first value of every field."""
        return {name: next(iter(values), "") for name, values in self._values.items()}

    def numbers(self, name: str) -> list[int]:
        """Return the values of a field that are ids; what is none was not written by our page."""
        return [int(value) for value in self.all(name) if value.isascii() and value.isdigit() and len(value) < 19]


async def fields_of(request: Request) -> Fields | None:
    """Read the form of a request; None when it is larger than ours are, or no form at all."""
    if request.method == "GET":
        return Fields({})
    body = await body_within(request, BODY_LIMIT)
    if body is None:
        return None
    try:
        return Fields(parse_qs(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        return None
