"""Print the rules of the contract as a page: `python -m boekbrug.testing`."""

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from boekbrug.testing import SOURCE_RULES, TARGET_RULES, Rule


def page() -> str:
    """Return the rules as Markdown, a table each for sources and targets."""
    return "\n".join(
        ["# Rules of the contract", "", *_table("Sources", SOURCE_RULES), "", *_table("Targets", TARGET_RULES), ""]
    )


def _table(title: str, rules: Iterable[Rule[Any]]) -> Iterator[str]:
    yield from (f"## {title}", "", "| rule | what it asks |", "|---|---|")
    yield from (f"| `{rule.id}` | {rule.sentence} |" for rule in rules)


if __name__ == "__main__":
    sys.stdout.write(page())
