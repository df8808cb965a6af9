"""What is stored encrypted, each bound to the row it stands in, so that it cannot be moved to another."""

from boekbrug.runtime.secrets import Vault


class Sealing:
    """Seals document bodies, parties and prepared payloads."""

    def __init__(self, vault: Vault) -> None:
        self._encrypt, self._decrypt = vault.encrypt, vault.decrypt

    def body(self, plain: bytes, document: int, n: int) -> bytes:
        """Seal the body of a revision."""
        return self._encrypt(plain, b"document %d %d" % (document, n))

    def open_body(self, sealed: bytes, document: int, n: int) -> bytes:
        """Open the body of a revision."""
        return self._decrypt(sealed, b"document %d %d" % (document, n))

    def party(self, plain: bytes, entry: int) -> bytes:
        """Seal the party of an entry."""
        return self._encrypt(plain, b"party %d" % entry)

    def open_party(self, sealed: bytes, entry: int) -> bytes:
        """Open the party of an entry."""
        return self._decrypt(sealed, b"party %d" % entry)

    def payload(self, plain: bytes, effect: int) -> bytes:
        """Seal what is about to be sent."""
        return self._encrypt(plain, b"effect %d" % effect)

    def open_payload(self, sealed: bytes, effect: int) -> bytes:
        """Open what was sent."""
        return self._decrypt(sealed, b"effect %d" % effect)
