"""Where an entry can be opened at its target."""

from boekbrug.contract import BoekbrugError, Links
from boekbrug.store import licences
from boekbrug.store.licences import Licence
from boekbrug.sync.house import House


def link(house: House, licence: Licence, remote_id: str) -> str:
    """Return the address of a record in a browser; "" where the target has none, or cannot say."""
    try:
        target = house.instances().target(licence.target)
        if not isinstance(target, Links):
            return ""
        with house.database.read() as connection:
            administration = licences.administration_code(connection, licence.administration)
        found = target.link(administration, remote_id)
    except BoekbrugError as error:
        house.log.info("record.no-link", licence=licence.name, code=error.code)
        return ""
    return found if found.startswith(("https://", "http://")) else ""
