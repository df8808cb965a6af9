"""The port behind `Context.cache`: a durable memory per connection."""

import datetime as dt
import hashlib

from boekbrug.contract import Clock
from boekbrug.runtime.clock import microseconds
from boekbrug.runtime.secrets import DataDamaged, KeyMissing, Vault
from boekbrug.store import caches
from boekbrug.store.database import Database

LONGEST_KEY = 255


class StoredCache:
    """What the plugin of one connection remembers, encrypted."""

    def __init__(self, database: Database, vault: Vault, clock: Clock, connection: int) -> None:
        self._database, self._vault, self._clock, self._connection = database, vault, clock, connection

    def get(self, key: str) -> bytes | None:
        """Return the value, or None when absent, past its time or encrypted with a key that is gone."""
        key = _fitting(key)
        with self._database.read() as connection:
            sealed = caches.get(connection, self._connection, key, microseconds(self._clock))
        if sealed is None:
            return None
        try:
            return self._vault.decrypt(sealed, self._place(key))
        except (KeyMissing, DataDamaged):
            return None

    def put(self, key: str, value: bytes, keep: dt.timedelta) -> None:
        """Remember a value for some time."""
        key = _fitting(key)
        sealed = self._vault.encrypt(value, self._place(key))
        with self._database.write() as connection:
            caches.put(connection, self._connection, key, sealed, microseconds(self._clock, keep))

    def _place(self, key: str) -> bytes:
        return f"cache {self._connection} {key}".encode()


def _fitting(key: str) -> str:
    # exactly as long as the column, which no key that is stored as it is may be
    return key if len(key) < LONGEST_KEY else hashlib.shake_256(key.encode()).hexdigest(128)[:LONGEST_KEY]
