import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from boekbrug.contract import SettingsError
from boekbrug.runtime.settings import Settings, find, load

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "etc" / "boekbrug.toml"


@pytest.fixture(autouse=True)
def nothing_system_wide(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("boekbrug.runtime.settings.SYSTEM_WIDE", tmp_path / "system-wide.toml")


def written(folder: Path, text: str) -> Path:
    file = folder / "boekbrug.toml"
    file.write_text(text)
    return file


def read(folder: Path, text: str, **environ: str) -> Settings:
    return load(written(folder, text), environ)


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        read(folder, text)
    return raised.value.faults


def test_without_a_file_all_is_kept_below_the_current_folder(tmp_path: Path) -> None:
    settings = load(None, {}, tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path}/state/boekbrug.db"
    assert settings.key_file == tmp_path / "state" / "key"
    assert settings.makes_key
    assert (settings.service.port, settings.engine.quiet_period) == (8765, 900)


def test_all_faults_are_listed_at_once_with_path_and_what_to_do(tmp_path: Path) -> None:
    text = """
        stat = "x"
        [service]
        port = 99999
        prot = 1
        public_url = "shop.example.nl"
        [engine]
        leese = 3
        [[app]]
        name = "shop"
        plugin = "ccvshop"
        client_id = "1"
    """
    assert faults(tmp_path, text) == [
        "service.port: Input should be less than or equal to 65535",
        "service.public_url: must begin with https://, or with http:// for a trial",
        "service.prot: is not a setting; did you mean port?",
        "engine.leese: is not a setting; did you mean lease?",
        "app[1].client_secret_file: is missing; add it",
        "stat: is not a setting; did you mean state?",
    ]


def test_fault_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        read(tmp_path, "x = 1")
    assert raised.value.facts["file"] == str(tmp_path / "boekbrug.toml")


def test_values_are_not_repeated_in_faults(tmp_path: Path) -> None:
    assert "geheim" not in "".join(faults(tmp_path, '[database]\nurl = "mysql://jan:geheim@db/boeken"'))


@pytest.mark.parametrize(("quiet", "fits"), [(150, False), (151, True)])
def test_quiet_period_is_longer_than_lease_and_call_deadline(tmp_path: Path, quiet: int, fits: bool) -> None:
    text = f"[engine]\nlease = 90\ncall_deadline = 60\nquiet_period = {quiet}"
    if fits:
        assert read(tmp_path, text).engine.quiet_period == quiet
    else:
        assert faults(tmp_path, text) == [
            "engine: quiet_period must be longer than lease and call_deadline together; make it 151 or more"
        ]


def test_claim_outlasts_a_call(tmp_path: Path) -> None:
    assert "lease must be longer than call_deadline" in faults(tmp_path, "[engine]\nlease = 60")[0]


@pytest.mark.parametrize(
    ("url", "used"),
    [
        ("sqlite:///data/x.db", "sqlite:///{folder}/data/x.db"),
        ("sqlite:////var/x.db", "sqlite:////var/x.db"),
        ("postgresql://jan@db/boeken", "postgresql+psycopg://jan@db/boeken"),
        (
            "postgresql+psycopg://jan@/boeken?host=/run/postgresql",
            "postgresql+psycopg://jan@/boeken?host=/run/postgresql",
        ),
    ],
)
def test_database_address_is_resolved(tmp_path: Path, url: str, used: str) -> None:
    assert read(tmp_path, f'[database]\nurl = "{url}"').database_url == used.format(folder=tmp_path)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://x/y", "x.db", ""])
def test_database_that_keeps_nothing_or_is_not_known_is_refused(tmp_path: Path, url: str) -> None:
    assert faults(tmp_path, f'[database]\nurl = "{url}"') == [
        "database.url: must be sqlite:///FILE or postgresql://USER@HOST/NAME"
    ]


def test_relative_paths_are_taken_from_the_folder_of_the_file(tmp_path: Path) -> None:
    settings = read(tmp_path, 'state = "../kept"\n[secrets]\nkey_file = "keys/main"')
    assert settings.state == tmp_path.parent / "kept"
    assert settings.key_file == tmp_path / "keys" / "main"
    assert not settings.makes_key


def test_systemd_gives_state_folder_and_key(tmp_path: Path) -> None:
    (tmp_path / "boekbrug-key").touch()
    settings = read(tmp_path, "", STATE_DIRECTORY="/var/lib/boekbrug", CREDENTIALS_DIRECTORY=str(tmp_path))
    assert settings.state == Path("/var/lib/boekbrug")
    assert settings.key_file == tmp_path / "boekbrug-key"
    assert not settings.makes_key


def test_two_apps_of_one_name_are_refused(tmp_path: Path) -> None:
    app = '[[app]]\nname = "shop"\nplugin = "p"\nclient_id = "1"\nclient_secret_file = "s"\n'
    assert read(tmp_path, app).app[0].client_secret_file == tmp_path / "s"
    assert faults(tmp_path, app + app) == ["app shop occurs more than once; give each [[app]] a name of its own"]


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"[service", "not TOML"), (b"\xff", "not UTF-8 at byte 0"), (b"a = 1\na = 2\n", "not TOML")],
)
def test_unreadable_file_is_one_fault(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "boekbrug.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=said):
        load(file, {})


def test_named_file_that_is_absent_is_a_fault_and_not_passed_over(tmp_path: Path) -> None:
    written(tmp_path, "")
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        load(Path("other.toml"), {}, tmp_path)


def test_named_file_comes_before_the_environment_and_the_folder(tmp_path: Path) -> None:
    here = written(tmp_path, "")
    environ = {"BOEKBRUG_CONFIG": "/elsewhere/b.toml"}
    assert find(Path("a.toml"), environ, tmp_path) == tmp_path / "a.toml"
    assert find(None, environ, tmp_path) == Path("/elsewhere/b.toml")
    assert find(None, {}, tmp_path) == here


def test_system_wide_file_comes_last(tmp_path: Path) -> None:
    assert find(None, {}, tmp_path) is None
    (tmp_path / "system-wide.toml").touch()
    assert find(None, {}, tmp_path) == tmp_path / "system-wide.toml"


def test_sample_holds_every_setting_with_its_default(tmp_path: Path) -> None:
    text = SAMPLE.read_text()
    sample = tomllib.loads(re.sub(r"^#: ", "", text, flags=re.MULTILINE))
    defaults = load(None, {}, tmp_path)
    assert tomllib.loads(text) == {
        name: {} for name in ("database", "service", "engine", "log", "secrets", "vies", "rates", "mail")
    }
    assert tmp_path / sample.pop("state") == defaults.state
    assert tmp_path / sample.pop("secrets")["key_file"] == defaults.key_file
    assert sample.pop("database")["url"].replace(":///", f":///{tmp_path}/") == defaults.database_url
    # no account is the default, and a password file without one is a fault
    assert sample["mail"].pop("password_file")
    shown = {"mail": {"password_file"}}
    included = {"service", "engine", "log", "vies", "rates", "mail"}
    assert sample == defaults.model_dump(mode="json", include=included, exclude=shown)


def test_sample_app_fits_when_its_comment_signs_are_removed(tmp_path: Path) -> None:
    app = SAMPLE.read_text().partition("# [[app]]")
    live = re.sub(r"^# ", "", app[1] + app[2], flags=re.MULTILINE)
    assert read(tmp_path, live).app[0].plugin == "ccvshop"


def test_page_of_settings_is_current() -> None:
    made = subprocess.run([sys.executable, "-m", "boekbrug.runtime.settings_page"], capture_output=True, check=True)
    assert made.stdout.decode() == (ROOT / "docs" / "settings.md").read_text()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('host = "x"\nsender = "boekbrug"', "mail: sender must be an address, since mail without one is refused"),
        ('user = "x"', "mail: user and password_file go together; give both or neither"),
        (
            'user = "x"\npassword_file = "p"\nsecurity = "none"',
            "mail: a password may not travel in the clear; choose starttls or tls",
        ),
        (
            'host = "x"\nsender = "a@b.nl"',
            "mail needs service.public_url, since the links in it begin with that; set it too",
        ),
    ],
)
def test_mail_is_set_up_wholly_or_not_at_all(tmp_path: Path, text: str, fault: str) -> None:
    assert faults(tmp_path, f"[mail]\n{text}\n") == [fault]
