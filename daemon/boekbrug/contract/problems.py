"""Why something is not booked, or needs a look: codes with texts, and the problems that name them."""

from enum import StrEnum

import msgspec


class Severity(StrEnum):
    """How much a problem stops."""

    #: the document cannot be booked until somebody acts
    ERROR = "error"
    #: it is booked or will be, but somebody should look
    WARNING = "warning"


class ProblemText(msgspec.Struct, frozen=True, kw_only=True):
    """One language's sentences for a code; `{name}` is replaced by the problem's fact of that name."""

    message: str
    cause: str
    fix: str
    where: str = ""


class ProblemCode(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of problem: a stable code, whether a retry without a fix helps, and its texts in nl, en and de."""

    code: str
    texts: dict[str, ProblemText]
    retry_helps: bool = False
    severity: Severity = Severity.ERROR
    facts: tuple[str, ...] = ()


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One occurrence of a problem code with the facts its texts name; facts never hold secrets."""

    code: str
    facts: dict[str, str] = {}
