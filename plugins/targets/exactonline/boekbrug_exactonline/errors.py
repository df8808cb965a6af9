"""Why Exact does not let us in, by the `Reason` that it gives with 403."""

import datetime as dt

from boekbrug.contract import AdministrationBarred, BoekbrugError, MissingRight, Retriable

_BUSY = dt.timedelta(minutes=15)
_SCOPE = "Application Scope Violated"


class DivisionGone(AdministrationBarred):
    """The user who authorised may not use this division, or it was moved."""

    code = "exact-division-missing"


class LicenceExpired(AdministrationBarred):
    """The licence of Exact's customer has ended or is blocked."""

    code = "exact-licence-expired"


class DivisionBusy(Retriable):
    """Exact is making a backup of the division, restoring or converting it."""

    code = "exact-division-busy"


class UserBlocked(MissingRight):
    """The user who authorised was blocked or deactivated."""

    code = "exact-user-blocked"


class ScopeMissing(MissingRight):
    """The app was registered without the scope that a call needs."""

    code = "exact-scope-missing"


def forbidden(reason: str, division: str, path: str) -> BoekbrugError:
    """Name what a 403 means; `reason` is the header, or the beginning of the text where there is none."""
    if reason == "DivisionBlocked":
        return DivisionBusy(_BUSY, what=division)
    if reason == "NoDivisionAccess":
        return DivisionGone(division, what=division)
    if reason in ("LicenseExpired", "BlockedCustomer"):
        return LicenceExpired(division, what=division)
    if reason in ("BlockedUser", "InactiveUser"):
        return UserBlocked(what=reason)
    if _SCOPE in reason:
        return ScopeMissing(what=path)
    return MissingRight(reason=reason)
