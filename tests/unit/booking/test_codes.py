import re
import tomllib
from importlib.resources import files
from pathlib import Path

import boekbrug.booking

CODES = tomllib.loads(files("boekbrug.problems").joinpath("codes/booking.toml").read_text(encoding="utf-8"))
ELSEWHERE = {"bad-amount"}


def test_catalogue_has_the_codes_that_composing_uses_and_no_others() -> None:
    folder = Path(boekbrug.booking.__file__).parent
    source = "\n".join(file.read_text(encoding="utf-8") for file in folder.glob("*.py"))
    words = set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', source))
    named = set(re.findall(r'(?:code=|Misfit\()"([a-z-]+)"', source))
    assert named - ELSEWHERE <= set(CODES)
    assert set(CODES) <= words
