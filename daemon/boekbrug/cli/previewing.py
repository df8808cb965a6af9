"""Show what would be booked, at a terminal."""

from collections.abc import Sequence

from rich.text import Text

from boekbrug.acts.preview import Previewed
from boekbrug.cli import summary
from boekbrug.cli.words import STYLES, number, reason


def show(found: Sequence[Previewed], *, explain: bool) -> None:
    """Print each document with its entry, or with the reason why it has none."""
    out = summary.console()
    for one in found:
        out.print()
        out.print(Text.assemble((one.number, "bold"), f"  {one.kind}  {one.currency} {number(one.total)}"))
        if one.state != "waiting" or one.entry is None:
            out.print(Text.assemble("  ", (one.state, STYLES.get(one.state, "")), f": {reason(one.reason)}"))
        if one.entry is not None:
            summary.entry(out, one.entry, explain=explain)
        for problem in one.problems:
            out.print(Text.assemble(("  ● ", "red"), problem.message, (f" {problem.cause} ", "dim"), "→ ", problem.fix))
