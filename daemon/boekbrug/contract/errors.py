"""What can go wrong, in the order a person meets it; the class answers whether trying again helps.

settings · authorisation · retriable · refused · outcome unknown · bug
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import msgspec

from boekbrug.contract.because import Fault


class BoekbrugError(Exception):
    """Something went wrong in boekbrug."""

    code = "bug"
    retry_helps = False

    def __init__(self, **facts: str) -> None:
        self.facts = facts
        super().__init__(", ".join([self.__doc__ or "", *(f"{name}: {value}" for name, value in facts.items())]))


# settings


class KeptFault(msgspec.Struct, frozen=True, array_like=True):
    """A fault as a problem keeps it, to be said in the language of whoever reads it; without a path where it has none.

    `texts` are a plugin's own sentences by language.
    """

    path: str
    template: str
    facts: Mapping[str, str] = {}
    texts: Mapping[str, str] = {}


SAID = "said"
"""The fact of a problem that holds its faults as a list of KeptFault in JSON, beside those in English."""


def kept_faults(text: str) -> list[KeptFault]:
    """Read the faults that a problem keeps."""
    return msgspec.json.decode(text, type=list[KeptFault])


class SettingsError(BoekbrugError):
    """A setting is missing or wrong; `faults` lists all of them at once."""

    code = "settings"

    def __init__(self, faults: Sequence[str], **facts: str) -> None:
        self.faults = list(faults)
        super().__init__(faults="; ".join(faults), **facts)
        if any(isinstance(fault, Fault) for fault in faults):
            # added afterwards: what a log shows of an error is its English
            self.facts = {**self.facts, SAID: msgspec.json.encode([_kept(fault) for fault in faults]).decode()}


def _kept(fault: str) -> KeptFault:
    if not isinstance(fault, Fault):
        return KeptFault("", fault.replace("{", "{{").replace("}", "}}"))
    return KeptFault(fault.path, fault.template, {k: str(v) for k, v in fault.facts.items()}, dict(fault.texts))


class BadAmount(BoekbrugError):
    """An amount is not a number, has a fraction of a cent or a currency that is not known."""

    code = "bad-amount"


# authorisation


class WrongKey(BoekbrugError):
    """The outside system does not know the key or the secret."""

    code = "wrong-key"


class WrongClock(BoekbrugError):
    """The clock of this machine differs too much from the outside system's."""

    code = "wrong-clock"
    retry_helps = True


class MissingRight(BoekbrugError):
    """The outside system knows us, but does not allow this."""

    code = "missing-right"


class AdministrationBarred(MissingRight):
    """The outside system does not allow this administration any more; others of the same connection go on."""

    code = "administration-barred"

    def __init__(self, administration: str, **facts: str) -> None:
        super().__init__(administration=administration, **facts)


class AuthorisationLost(BoekbrugError):
    """The authorisation has ended; somebody has to authorise again."""

    code = "authorisation-lost"


# retriable


class Retriable(BoekbrugError):
    """The call was not processed; trying again later helps."""

    code = "retriable"
    retry_helps = True

    def __init__(self, retry_after: timedelta | None = None, **facts: str) -> None:
        self.retry_after = retry_after
        super().__init__(**facts)


class NotReachable(Retriable):
    """The outside system could not be reached; nothing was sent."""

    code = "not-reachable"


class BudgetSpent(Retriable):
    """The number of calls the outside system allows has been used; the next ones have to wait."""

    code = "budget-spent"


class StorageFull(Retriable):
    """The disk is full or may not be written; nothing of the call remains."""

    code = "storage-full"


# refused


class RefusedCall(BoekbrugError):
    """The outside system refused the call for good."""

    code = "refused"


# outcome unknown


class OutcomeUnknown(BoekbrugError):
    """No valid answer came after the call was sent, so its effect may or may not exist."""

    code = "outcome-unknown"


# bug


class PluginBug(BoekbrugError):
    """A plugin broke the contract."""

    code = "plugin-bug"
