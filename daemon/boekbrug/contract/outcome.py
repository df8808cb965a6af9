"""What became of a call: typed answers, so that "it failed" is never mistaken for "it is not there"."""

import datetime as dt

import msgspec

from boekbrug.contract.document import Document
from boekbrug.contract.entry import Line
from boekbrug.contract.problems import Problem


class _Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag=True):
    pass


class Booked(_Answer, frozen=True):
    """It exists at the target; `total` is the target's own debit total in minor units when it states one."""

    id: str
    number: str = ""
    total: int | None = None


class Refused(_Answer, frozen=True):
    """It does not exist and never will as sent."""

    problems: tuple[Problem, ...]


class NotSent(_Answer, frozen=True):
    """It was certainly not processed: no byte written, 401, 429, or a batch given up before this item."""

    reason: str
    retry_after: dt.timedelta | None = None


class Unknown(_Answer, frozen=True):
    """It may or may not exist; only a look-up tells."""

    reason: str


Outcome = Booked | Refused | NotSent | Unknown


class Match(_Answer, frozen=True):
    """One record at the target that carries a mark; `total` is its debit total in minor units."""

    id: str
    number: str = ""
    total: int | None = None
    date: dt.date | None = None
    journal: str = ""


class CannotTell(_Answer, frozen=True):
    """The outside system could not be asked or did not answer for certain; `among` are the records that it may be."""

    reason: str
    among: tuple[Match, ...] = ()


class Gone(_Answer, frozen=True):
    """It existed and does not any more, or never did: the outside system said so."""

    reason: str = ""


class FoundDocument(_Answer, frozen=True):
    """The document as the source has it now."""

    document: Document


class FoundEntry(_Answer, frozen=True):
    """The entry as the target has it now, its lines as booked there; a role that it does not tell is OTHER."""

    id: str
    lines: tuple[Line, ...]
    date: dt.date
    number: str = ""
    journal: str = ""
    period: str = ""
    status: str = ""


DocumentAnswer = FoundDocument | Gone | CannotTell
EntryAnswer = FoundEntry | Gone | CannotTell
MarkAnswer = tuple[Match, ...] | CannotTell


class CheckResult(_Answer, frozen=True):
    """What a connection test found; ok without problems. `identity` names the account that answered."""

    identity: str = ""
    problems: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        """Tell whether the connection works."""
        return not self.problems
