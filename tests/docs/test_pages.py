import os
import re
import subprocess
from pathlib import Path

import pytest

from boekbrug.runtime import plugins, settings

ROOT = Path(__file__).parents[2]
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    *(f"docs/{n}.md" for n in ("user-guide", "bookkeeper", "operator", "metrics", "settings", "proofs")),
)
CI = ROOT / ".ci" / "run"


@pytest.mark.parametrize("page", PAGES)
def test_files_that_a_page_names_exist(page: str) -> None:
    text = (ROOT / page).read_text()
    named = re.findall(r"`((?:docs|etc|systemd|daemon|plugins|tests)/[\w./-]*|[A-Z]+\.md|\.ci/run)`", text)
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_configuration_in_the_readme_has_no_faults(tmp_path: Path) -> None:
    block = re.search(r"```toml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert block
    assert len(block[1].splitlines()) <= 12
    file = tmp_path / "boekbrug.toml"
    file.write_text(block[1])
    assert settings.load(file, {}).service.public_url == "https://boekbrug.example.nl"


def test_commands_of_the_readme_are_targets_of_make() -> None:
    for target in re.findall(r"^    make (\w+)", (ROOT / "README.md").read_text(), re.MULTILINE):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), target


def test_operator_finds_the_variables_of_the_environment() -> None:
    text = "".join((ROOT / page).read_text() for page in PAGES)
    for variable in (plugins.ONLY, plugins.TRACE, settings.CONFIG):
        assert variable in text


def test_ci_script_is_executable_and_parses() -> None:
    assert os.access(CI, os.X_OK)
    assert subprocess.run(["bash", "-n", CI], check=False).returncode == 0


def test_ci_installs_every_program_that_a_test_asks_for() -> None:
    asked = {
        name
        for file in ROOT.glob("tests/**/*.py")
        if file.name != "test_surroundings.py"
        for name in re.findall(r"\btool\(\"([\w-]+)\"\)", file.read_text())
    }
    wanted = re.search(r"wanted=\((.*?)\)", CI.read_text(), re.DOTALL)
    assert wanted
    assert asked - {"true"} <= {pair.partition(":")[0] for pair in wanted[1].split()}
