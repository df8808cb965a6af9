"""Sets of rules: what a chart proposes, and one licence's rules as the template of another's."""

from collections.abc import Collection

from msgspec.structs import replace

from boekbrug.acts import licences
from boekbrug.acts.desk import Desk
from boekbrug.acts.licences import Applied
from boekbrug.booking.difference import OWN, Change, as_template, differences, with_openings
from boekbrug.booking.rules import Rules
from boekbrug.booking.suggest import suggest as propose
from boekbrug.contract import DocumentKind, Source
from boekbrug.store import documents
from boekbrug.store.licences import Licence
from boekbrug.sync.house import House


def suggest(house: House, licence: Licence) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """Propose what source and target answer in exactly one way, and name what a person has to choose."""
    rules, to_choose = proposed(house, licence)
    return differences(licences.as_file(house, licence).rules, rules), to_choose


def proposed(house: House, licence: Licence) -> tuple[Rules, tuple[str, ...]]:
    """Return the licence's rules with what source and target answer in exactly one way, and what a person chooses."""
    file = licences.as_file(house, licence)
    instances = house.instances()
    source = instances.source(licence.source)
    chart = instances.target(licence.target).chart(file.administration)
    found = propose(file.rules, source.catalogue(licence.unit), chart, _kinds(house, licence, source))
    return found.rules, found.to_choose


def _kinds(house: House, licence: Licence, source: Source) -> Collection[DocumentKind]:
    """Return the kinds of documents that came from the unit; before any came, those that the source may deliver."""
    with house.database.read() as connection:
        came = documents.kinds_of(connection, licence.source, licence.unit)
    return came or source.capabilities.kinds


def copied(house: House, template: Licence, licence: Licence) -> tuple[Change, ...]:
    """List what taking over another licence's rules would change; answers that belong to one licence are kept."""
    return differences(licences.as_file(house, licence).rules, _rules(house, template, licence))


def copy(desk: Desk, template: Licence, licence: Licence) -> Applied:
    """Give a licence the rules of another; its file has to be written anew to be applied later."""
    file = licences.as_file(desk.house, licence)
    return licences.apply(desk, replace(file, rules=_rules(desk.house, template, licence)), force=True)


def _rules(house: House, template: Licence, licence: Licence) -> Rules:
    mine = licences.as_file(house, licence).rules
    own = {name: getattr(mine, name) for name in OWN}
    rules = replace(as_template(licences.as_file(house, template).rules), **own)
    return with_openings(rules, {one.ledger: one.opening for one in mine.advances})
