"""Encrypt what must not be read from the database alone, and hash what must be found without being read.

The key file has a key per line, as 32 bytes in base64 after its use. `index` keys the hashes that look-ups compare, so
it never changes. Of the `encrypt` keys the first encrypts; the others only decrypt what was written before a rotation.
"""

import base64
import binascii
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from boekbrug.contract import BoekbrugError, SettingsError

KEY_BYTES = 32
_ID_BYTES = 4
_NONCE_BYTES = 12
_COUNTER_BYTES = 4
_BODY = _ID_BYTES + _NONCE_BYTES
_NUMBERS = 2 ** (8 * _COUNTER_BYTES)
_HEADER = (
    "# Keys of boekbrug: whoever has these and the database can read it all. Keep a copy apart from the backups.\n"
)


class KeyMissing(BoekbrugError):
    """The data was encrypted with a key that is not in the key file."""

    code = "key-missing"


class DataDamaged(BoekbrugError):
    """The encrypted data was altered, or belongs to another place than it was found in."""

    code = "data-damaged"


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of one key file; the first of `encrypt` is the current one."""

    index: bytes
    encrypt: tuple[bytes, ...]

    def __repr__(self) -> str:
        return f"Keys({len(self.encrypt)} to decrypt)"


class _Forks:
    """How often this process stands behind a fork; asking the system for the process id costs a call each time."""

    def __init__(self) -> None:
        self.count = 0

    def add(self) -> None:
        self.count += 1


_forks = _Forks()
os.register_at_fork(after_in_child=_forks.add)


class Vault:
    """Encrypts and decrypts with AES-256-GCM, and hashes with a key; may be shared by threads."""

    def __init__(self, keys: Keys, random_bytes: Callable[[int], bytes] = os.urandom) -> None:
        ciphers = {_key_id(key): AESGCM(key) for key in keys.encrypt}
        self._ciphers = ciphers
        self._current_id = _key_id(keys.encrypt[0])
        self._encrypt = ciphers[self._current_id].encrypt
        self._index = keys.index
        self._random_bytes = random_bytes
        self._sequence = self._new_sequence()

    def encrypt(self, plaintext: bytes, associated: bytes) -> bytes:
        """Return key id, nonce and ciphertext; `associated` names the place, and must be given again to decrypt."""
        nonce = self._nonce()
        return self._current_id + nonce + self._encrypt(nonce, plaintext, associated)

    def decrypt(self, sealed: bytes, associated: bytes) -> bytes:
        """Return the plaintext; raise KeyMissing or DataDamaged."""
        cipher = self._ciphers.get(sealed[:_ID_BYTES])
        if cipher is None:
            raise KeyMissing(key=sealed[:_ID_BYTES].hex())
        try:
            return cipher.decrypt(sealed[_ID_BYTES:_BODY], sealed[_BODY:], associated)
        except (InvalidTag, ValueError) as error:
            raise DataDamaged(place=associated.decode(errors="replace")) from error

    def is_current(self, sealed: bytes) -> bool:
        """Tell whether data is encrypted with the current key; what is not waits to be encrypted anew."""
        return sealed.startswith(self._current_id)

    def keyed_hash(self, text: str) -> bytes:
        """Return 16 bytes that are equal for texts equal but for case and outer spaces, and tell nobody the text."""
        return hashlib.blake2b(text.strip().casefold().encode(), key=self._index, digest_size=16).digest()

    def _nonce(self) -> bytes:
        # Random nonces would limit a key to 2**32 uses (NIST SP 800-38D, 8.3). A prefix of 8 random bytes per process
        # and a counter never repeat within a process, and a million processes share a prefix with a chance of 3e-8.
        # A forked child would go on with its parent's numbers, therefore forks are counted. The three are one
        # tuple, so that threads see them change together.
        numbers, end, fork = self._sequence
        number = next(numbers)
        if number >= end or _forks.count != fork:
            self._sequence = self._new_sequence()
            return self._nonce()
        return number.to_bytes(_NONCE_BYTES, "big")

    def _new_sequence(self) -> tuple[Iterator[int], int, int]:
        prefix = int.from_bytes(self._random_bytes(_NONCE_BYTES - _COUNTER_BYTES), "big")
        return count(prefix * _NUMBERS), (prefix + 1) * _NUMBERS, _forks.count


def open_vault(path: Path, *, make: bool) -> Vault:
    """Open the vault with a key file, which is made when absent and ours to make; raise SettingsError."""
    if make and not path.exists():
        with suppress(FileExistsError):
            write_keys(path, new_keys())
    return Vault(read_keys(path))


def new_keys(random_bytes: Callable[[int], bytes] = os.urandom) -> Keys:
    """Make an index key and one key to encrypt with."""
    return Keys(index=random_bytes(KEY_BYTES), encrypt=(random_bytes(KEY_BYTES),))


def rotated(keys: Keys, random_bytes: Callable[[int], bytes] = os.urandom) -> Keys:
    """Put a new current key before those in use."""
    return msgspec.structs.replace(keys, encrypt=(random_bytes(KEY_BYTES), *keys.encrypt))


def write_keys(path: Path, keys: Keys) -> None:
    """Write a new key file that nobody else can read; raise FileExistsError rather than replace one."""
    lines = [f"index {_text(keys.index)}", *(f"encrypt {_text(key)}" for key in keys.encrypt)]
    path.parent.mkdir(parents=True, exist_ok=True)
    # a whole file or none under the real name, whatever moment another process or a power cut chooses
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".key-") as file:
        file.write(_HEADER + "\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
        os.link(file.name, path)


def read_keys(path: Path) -> Keys:
    """Read a key file; raise SettingsError with all its faults."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
        open_to_all = path.stat().st_mode & stat.S_IRWXO
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError([f"the key file {path} cannot be read: {error}"]) from error
    found: dict[str, list[bytes]] = {"index": [], "encrypt": []}
    faults = [f"the key file {path} is open to everybody; run: chmod 600 {path}"] if open_to_all else []
    for number, line in enumerate(lines, start=1):
        use, _, text = line.partition(" ")
        if not line.strip() or line.startswith("#"):
            continue
        key = _key(text)
        if use not in found or key is None:
            faults.append(f"line {number} of the key file {path} is not `index` or `encrypt` and 32 bytes in base64")
        else:
            found[use].append(key)
    if not faults and (len(found["index"]) != 1 or not found["encrypt"]):
        faults.append(f"the key file {path} must have one `index` key and at least one `encrypt` key")
    if faults:
        raise SettingsError(faults)
    return Keys(index=found["index"][0], encrypt=tuple(found["encrypt"]))


def _key_id(key: bytes) -> bytes:
    return hashlib.blake2b(key, digest_size=_ID_BYTES, person=b"boekbrug key id").digest()


def _key(text: str) -> bytes | None:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        return None
    return key if len(key) == KEY_BYTES else None


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode()
