import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boekbrug.contract import SettingsError
from boekbrug.runtime.secrets import (
    DataDamaged,
    KeyMissing,
    Keys,
    Vault,
    new_keys,
    open_vault,
    read_keys,
    rotated,
    write_keys,
)

PLACE = b"payload 7"


@pytest.fixture
def vault() -> Vault:
    return Vault(new_keys())


def nonce(sealed: bytes) -> bytes:
    return sealed[4:16]


@given(plaintext=st.binary(max_size=2000), place=st.binary(max_size=40))
def test_what_is_encrypted_is_decrypted(plaintext: bytes, place: bytes) -> None:
    vault = Vault(new_keys())
    sealed = vault.encrypt(plaintext, place)
    assert vault.decrypt(sealed, place) == plaintext
    assert len(sealed) == len(plaintext) + 32


def test_plaintext_does_not_show(vault: Vault) -> None:
    assert b"jan@example.nl" not in vault.encrypt(b"jan@example.nl", PLACE)


def test_data_moved_to_another_place_is_refused(vault: Vault) -> None:
    with pytest.raises(DataDamaged):
        vault.decrypt(vault.encrypt(b"secret", PLACE), b"payload 8")


def test_every_changed_byte_is_noticed(vault: Vault) -> None:
    sealed = vault.encrypt(b"secret", PLACE)
    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 1
        with pytest.raises((DataDamaged, KeyMissing)):
            vault.decrypt(bytes(altered), PLACE)


def test_cut_data_is_refused(vault: Vault) -> None:
    sealed = vault.encrypt(b"secret", PLACE)
    for length in range(len(sealed)):
        with pytest.raises((DataDamaged, KeyMissing)):
            vault.decrypt(sealed[:length], PLACE)


def test_old_data_is_read_after_a_rotation_and_new_data_has_the_new_key() -> None:
    old = new_keys()
    new = rotated(old)
    sealed = Vault(old).encrypt(b"secret", PLACE)
    vault = Vault(new)
    assert vault.decrypt(sealed, PLACE) == b"secret"
    assert not vault.is_current(sealed)
    assert vault.is_current(vault.encrypt(b"secret", PLACE))


def test_key_that_was_removed_is_named() -> None:
    old = new_keys()
    sealed = Vault(old).encrypt(b"secret", PLACE)
    with pytest.raises(KeyMissing) as raised:
        Vault(new_keys()).decrypt(sealed, PLACE)
    assert raised.value.facts == {"key": sealed[:4].hex()}


def test_no_nonce_occurs_twice_between_threads(vault: Vault) -> None:
    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: found.extend(nonce(vault.encrypt(b"", PLACE)) for _ in range(500)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == len(found) == 2000


def test_forked_child_does_not_go_on_with_its_parents_nonces(vault: Vault, fork_and_read: Callable[..., bytes]) -> None:
    vault.encrypt(b"", PLACE)
    child = fork_and_read(lambda: nonce(vault.encrypt(b"", PLACE)))
    assert child != nonce(vault.encrypt(b"", PLACE))
    assert len(child) == 12


@pytest.fixture
def fork_and_read() -> Callable[..., bytes]:
    def run(work: Callable[[], bytes]) -> bytes:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writing, work())
            os._exit(0)
        os.waitpid(child, 0)
        answer = os.read(reading, 100)
        os.close(reading)
        os.close(writing)
        return answer

    return run


def test_hash_is_equal_for_one_address_however_it_is_written(vault: Vault) -> None:
    assert vault.keyed_hash("Jan@Example.NL ") == vault.keyed_hash("jan@example.nl")
    assert vault.keyed_hash("jan@example.nl") != vault.keyed_hash("jan@example.org")


def test_hash_needs_the_key_and_survives_a_rotation() -> None:
    keys = new_keys()
    assert Vault(keys).keyed_hash("a@example.nl") == Vault(rotated(keys)).keyed_hash("a@example.nl")
    assert Vault(keys).keyed_hash("a@example.nl") != Vault(new_keys()).keyed_hash("a@example.nl")


def test_key_file_is_read_back_and_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "key"
    keys = rotated(new_keys())
    write_keys(path, keys)
    assert read_keys(path) == keys
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_key_file_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_keys(path, new_keys())
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        write_keys(path, new_keys())
    assert path.read_bytes() == before


def test_keys_do_not_show_when_printed() -> None:
    keys = Keys(index=b"i" * 32, encrypt=(b"k" * 32,))
    assert "iii" not in repr(keys)
    assert "kkk" not in f"{keys}"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "one `index` key and at least one `encrypt` key"),
        (b"index AAAA\n", "line 1"),
        (b"# fine\nindex !!!\nwrong x\n", "line 2"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_broken_key_file_is_refused_saying_where(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(SettingsError, match=said):
        read_keys(path)


def test_key_file_open_to_everybody_is_refused_with_the_command(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_keys(path, new_keys())
    path.chmod(0o644)
    with pytest.raises(SettingsError, match=f"chmod 600 {path}"):
        read_keys(path)


def test_absent_key_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        read_keys(tmp_path / "nowhere")


def test_first_start_makes_a_key_and_the_next_uses_it(tmp_path: Path) -> None:
    sealed = open_vault(tmp_path / "state" / "key", make=True).encrypt(b"secret", PLACE)
    assert open_vault(tmp_path / "state" / "key", make=True).decrypt(sealed, PLACE) == b"secret"
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["key"]


def test_named_key_file_is_never_made_in_silence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        open_vault(tmp_path / "key", make=False)
    assert not (tmp_path / "key").exists()
