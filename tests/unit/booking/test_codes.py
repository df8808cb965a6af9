import re
import tomllib
from importlib.resources import files
from pathlib import Path
from types import ModuleType

import boekbrug.acts
import boekbrug.booking
import boekbrug.sync

CODES = tomllib.loads(files("boekbrug.problems").joinpath("codes/booking.toml").read_text(encoding="utf-8"))
ELSEWHERE = {"bad-amount"}


def test_catalogue_has_the_codes_that_booking_uses_and_no_others() -> None:
    source = _source_of(boekbrug.booking)
    named = set(re.findall(r'(?:code=|Misfit\()"([a-z-]+)"', source))
    # what only the books can tell is found where they are asked
    words = set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', source + _source_of(boekbrug.sync) + _source_of(boekbrug.acts)))
    assert named - ELSEWHERE <= set(CODES)
    assert set(CODES) <= words


def _source_of(package: ModuleType) -> str:
    folder = Path(str(package.__file__)).parent
    return "\n".join(file.read_text(encoding="utf-8") for file in folder.glob("*.py"))
