"""Compare two sets of rules, and copy one to another licence as a template."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from boekbrug.booking.rules import Rules

#: answers that belong to one licence, never to a template
OWN = ("filed_through", "filed_oss_through", "filed_icp_through", "locked_through", "cost_centre", "collective_debtor")


class Change(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One setting that differs; empty where a side does not have it."""

    setting: str
    old: str = ""
    new: str = ""


def differences(old: Rules, new: Rules) -> tuple[Change, ...]:
    """List the settings that differ, by path; VAT rows are named by what they match, not by their position."""
    before, after = dict(_flat(old)), dict(_flat(new))
    return tuple(
        Change(setting=setting, old=before.get(setting, ""), new=after.get(setting, ""))
        for setting in sorted(before.keys() | after.keys())
        if before.get(setting, "") != after.get(setting, "")
    )


def as_template(rules: Rules) -> Rules:
    """Return the rules without what belongs to one licence only."""
    defaults = {field.name: field.default for field in msgspec.structs.fields(Rules) if field.name in OWN}
    return with_openings(msgspec.structs.replace(rules, **defaults), {})


def with_openings(rules: Rules, openings: Mapping[str, int]) -> Rules:
    """Return the rules with what a licence's own ledgers of advances opened with, by ledger, in cents."""
    advances = tuple(msgspec.structs.replace(one, opening=openings.get(one.ledger, 0)) for one in rules.advances)
    return msgspec.structs.replace(rules, advances=advances)


def _flat(rules: Rules) -> Iterator[tuple[str, str]]:
    table: dict[str, Any] = _plain(rules)
    table["vat"] = {
        " ".join(str(row[name]) for name in ("treatment", "rate", "country", "kind") if row.get(name)): row
        for row in table.get("vat", ())
    }
    yield from _leaves("", table)


def _plain(value: object) -> Any:
    """Write what is not the default; msgspec's own leaves out what is the very default, not what only equals it."""
    if isinstance(value, msgspec.Struct):
        return {
            field.name: _plain(inner)
            for field in msgspec.structs.fields(value)
            if (inner := getattr(value, field.name)) != field.default
        }
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    return msgspec.to_builtins(value)


def _leaves(path: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(f"{path}.{name}" if path else name, inner)
    else:
        yield path, str(value)
