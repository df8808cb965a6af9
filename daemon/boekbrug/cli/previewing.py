"""Show what would be booked, at a terminal."""

from collections.abc import Sequence

from rich.text import Text

from boekbrug.acts.preview import Explained, Previewed
from boekbrug.cli import summary
from boekbrug.cli.words import STYLES, number, reason


def show(found: Sequence[Previewed], *, explain: bool) -> None:
    """Print each document with its entry, or with the reason why it has none."""
    out = summary.console()
    for one in found:
        out.print()
        of = f"  {number(one.documents)} documents" if one.documents > 1 else ""
        out.print(Text.assemble((one.number, "bold"), f"  {one.kind}  {one.currency} {number(one.total)}{of}"))
        if one.state != "waiting" or one.entry is None or one.kind == "term":
            out.print(Text.assemble("  ", (one.state, STYLES.get(one.state, "")), f": {reason(one.reason)}"))
        if one.entry is not None:
            summary.entry(out, one.entry, explain=explain, why=[_why(line) for line in one.why])
        for problem in one.problems:
            out.print(Text.assemble(("  ● ", "red"), problem.message, (f" {problem.cause} ", "dim"), "→ ", problem.fix))


_NAMED = 4


def _why(line: Explained) -> str:
    named = ", ".join(part.number for part in line.parts[:_NAMED])
    more = f" and {number(line.documents - _NAMED)} more" if line.documents > _NAMED else ""
    of = f"; of {named}{more}" if named else ""
    return f"{', '.join(f'rules.{path}' for path in line.settings) or '–'}{of}"
