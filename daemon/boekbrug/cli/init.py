"""`boekbrug init`: everything that a first licence needs, in one folder."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from boekbrug.cli.shared import log_to_stderr, note, say

SETTINGS = """# Settings of boekbrug; `docs/settings.md` lists them all.
state = "state"
"""


def init(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="Where to begin; made when absent.")] = Path(),
) -> None:
    """Make a settings file, a key, a database, and a sample licence from a folder of orders to plain-text books."""
    from boekbrug.runtime.settings import NAME, load
    from boekbrug.sync.house import House

    log_to_stderr()
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (
        (NAME, SETTINGS),
        ("licences/webshop.toml", _sample("licence.toml")),
        ("books/chart.toml", _sample("chart.toml")),
    ):
        _write(folder / name, text)
    (folder / "shop").mkdir(exist_ok=True)
    settings = load(folder / NAME)
    with closing(House(settings)) as house:
        revision = house.make_ready()
    note(f"Database {house.database.url.render_as_string(hide_password=True)} has schema {revision}.")
    note(f"Key {settings.key_file}: keep a copy apart from the backups.")
    _say_next(folder)


def _sample(name: str) -> str:
    from importlib.resources import files

    return files("boekbrug.demo").joinpath(name).read_text(encoding="utf-8")


def _write(path: Path, text: str) -> None:
    if path.exists():
        note(f"Kept {path}")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    note(f"Wrote {path}")


def _say_next(folder: Path) -> None:
    enter = "" if folder == Path() else f"  cd {folder}\n"
    say(f"""
Next:
{enter}  boekbrug connection add shop files --set folder=shop      # then put orders into {folder / "shop"}
  boekbrug connection add books ledger --set folder=books
  boekbrug licence apply licences/webshop.toml              # after a look at its rules
  boekbrug licence activate webshop
  boekbrug sync webshop
  boekbrug preview webshop                                  # what would be booked; then: boekbrug approve webshop""")
