"""Where an entry can be opened at its target."""

from collections.abc import Collection

from boekbrug.contract import BoekbrugError, Links
from boekbrug.store import licences
from boekbrug.store.licences import Licence
from boekbrug.sync.house import House


def links(house: House, licence: Licence, remote_ids: Collection[str]) -> dict[str, str]:
    """Return the addresses of several records, by id; those that have none are left out."""
    try:
        target = house.instances().target(licence.target)
        if not isinstance(target, Links):
            return {}
        with house.database.read() as connection:
            administration = licences.administration_code(connection, licence.administration)
        found = {id: target.link(administration, id) for id in remote_ids if id}
    except BoekbrugError as error:
        house.log.info("record.no-link", licence=licence.name, code=error.code)
        return {}
    return {id: address for id, address in found.items() if address.startswith(("https://", "http://"))}


def link(house: House, licence: Licence, remote_id: str) -> str:
    """Return the address of a record in a browser; "" where the target has none, or cannot say."""
    return links(house, licence, [remote_id]).get(remote_id, "")
