import pytest

from boekbrug.contract.version import CONTRACT, misfit

MAJOR, MINOR = CONTRACT
OURS = f"{MAJOR}.{MINOR}"


@pytest.mark.parametrize(
    ("lowest", "highest"),
    [((MAJOR, MINOR), (MAJOR, MINOR)), ((0, 9), (MAJOR, 99)), ((MAJOR, 0), (MAJOR + 1, 0))],
)
def test_range_around_the_contract_fits(lowest: tuple[int, int], highest: tuple[int, int]) -> None:
    assert misfit("ccvshop", lowest, highest) is None


def test_plugin_of_a_later_contract_is_refused_in_a_sentence() -> None:
    assert misfit("ccvshop", (MAJOR + 1, 0), (MAJOR + 1, 4)) == (
        f"Plugin ccvshop supports contract {MAJOR + 1}.0 to {MAJOR + 1}.4, but this boekbrug speaks contract {OURS}; "
        f"install a release of ccvshop that supports {OURS}."
    )


def test_plugin_of_an_earlier_contract_is_refused_too() -> None:
    told = misfit("ccvshop", (0, 1), (0, 9))
    assert told is not None
    assert "contract 0.1 to 0.9" in told


def test_minor_versions_are_compared_as_numbers() -> None:
    assert misfit("ccvshop", (MAJOR, MINOR), (MAJOR, MINOR + 10)) is None
    assert misfit("ccvshop", (MAJOR, MINOR + 2), (MAJOR, MINOR + 10)) is not None
