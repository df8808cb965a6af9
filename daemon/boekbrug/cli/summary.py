"""Tables for a terminal: documents per state, problems with their fix, totals per VAT code, entries line by line."""

from collections.abc import Iterable, Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from boekbrug.acts.find import ShownEntry
from boekbrug.acts.lists.table import Kind, Part
from boekbrug.acts.overview import VatShown
from boekbrug.acts.problems import ShownProblem
from boekbrug.cli.words import STATES, STYLES, number

WIDTH = 100


def console() -> Console:
    """Return a console for standard output that never breaks what a script reads."""
    found = Console(highlight=False)
    found.width = min(found.width, WIDTH) if found.is_terminal else WIDTH
    return found


def _table(*columns: tuple[str, str]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for title, side in columns:
        table.add_column(title, justify="right" if side == "right" else "left", no_wrap=side != "wrap")
    return table


def states(out: Console, counts: Mapping[str, int]) -> None:
    """Print how many documents are in each state; empty states are dim."""
    table = _table(("Documents", "right"), ("State", "left"), ("Which means", "left"))
    for state, means in STATES.items():
        count = counts.get(state, 0)
        style = STYLES[state] if count else "dim"
        table.add_row(Text(number(count), style), Text(state, style), Text(means, "" if count else "dim"))
    table.add_section()
    table.add_row(Text(number(sum(counts.values())), "bold"), Text("fetched", "bold"), "")
    out.print(Padding(table, (1, 0, 0, 2), expand=False))


def problems(out: Console, found: Sequence[ShownProblem], *, whole: bool = False) -> None:
    """Print problems with cause and fix, errors first; many of one kind are told once, unless the `whole` is wanted."""
    for alike in _kinds(found):
        shown = alike if whole or len(alike) <= _ALIKE else alike[:1]
        for one in shown:
            _problem(out, one)
        if rest := alike[len(shown) :]:
            names = ", ".join(one.about for one in rest[:_NAMED])
            dots = ", …" if len(rest) > _NAMED else ""
            more = Text(f"{number(len(rest))} more like this: {names}{dots}", "dim")
            out.print(Padding(more, (0, 0, 0, 4), expand=False))


_ALIKE, _NAMED = 3, 6


def _kinds(found: Sequence[ShownProblem]) -> list[list[ShownProblem]]:
    # lines of one document that have the same trouble read the same
    distinct = {(one.about, one.message, one.cause, one.fix): one for one in found}
    kinds: dict[tuple[bool, str], list[ShownProblem]] = {}
    for one in distinct.values():
        kinds.setdefault((one.severity != "error", one.code), []).append(one)
    return [kinds[key] for key in sorted(kinds)]


def _problem(out: Console, one: ShownProblem) -> None:
    style = "red" if one.severity == "error" else "yellow"
    out.print()
    message = Text(one.message)
    about = one.about or one.connection
    head = "" if message.highlight_words([about], "bold") else f"{about}  "
    out.print(Text.assemble(("  ● ", style), (head, "bold"), message))
    out.print(Padding(Text(one.cause, "dim"), (0, 0, 0, 4), expand=False))
    out.print(Padding(Text.assemble(("→ ", "green"), one.fix), (0, 0, 0, 4), expand=False))


def vat(out: Console, totals: Iterable[VatShown]) -> None:
    """Print what is booked per VAT code, in euro."""
    table = _table(("VAT code", "left"), ("Treatment", "left"), ("Lines", "right"), ("Turnover", "right"),
                   ("VAT", "right"))  # fmt: skip
    turnover = tax = None
    for one in totals:
        table.add_row(one.vat_code or "–", one.treatment, number(one.lines), number(one.base), number(one.vat))
        turnover, tax = one.base + (turnover or 0), one.vat + (tax or 0)
    if turnover is None or tax is None:
        return
    table.add_section()
    table.add_row(Text("Total", "bold"), "", "", Text(number(turnover), "bold"), Text(number(tax), "bold"))
    out.print(Padding(table, (1, 0, 0, 2), expand=False))


def entry(out: Console, shown: ShownEntry, *, explain: bool, why: Sequence[str] = ()) -> None:
    """Print an entry line by line, with the rule behind each line when asked for, or `why` it is there."""
    head = Text.assemble(("  Entry ", "dim"), (shown.mark or shown.number, "bold"),
                         (f"  {shown.kind} {shown.journal}  {shown.date}", "dim"))  # fmt: skip
    out.print(head)
    columns = [("Account", "left"), ("Debit", "right"), ("Credit", "right"), ("Code", "left"), ("Role", "left")]
    table = _table(*columns, *([("Why", "wrap")] if explain else []))
    reasons = list(why) or [line.why for line in shown.lines]
    for line, reason in zip(shown.lines, reasons, strict=True):
        debit, credit = number(line.debit) if line.debit is not None else "", ""
        credit = number(line.credit) if line.credit is not None else ""
        table.add_row(line.account, debit, credit, line.vat_code, line.role, *([reason] if explain else []))
    out.print(Padding(table, (0, 0, 0, 4), expand=False))


_RIGHT = (Kind.MONEY, Kind.COUNT, Kind.RATE)


def part(out: Console, shown: Part) -> None:
    """Print a table of a list; what is empty says so."""
    out.print(Text(f"  {shown.name.replace('_', ' ').capitalize()}", "bold"))
    if not shown.rows:
        out.print(Text("    none", "dim"))
        return
    shown_columns = [(place, column) for place, column in enumerate(shown.columns) if not column.wide]
    table = _table(
        *((column.name.replace("_", " "), "right" if column.kind in _RIGHT else "left") for _, column in shown_columns)
    )
    for row in shown.rows:
        cells = (row[place] for place, _ in shown_columns)
        words = ("" if cell is None else cell if isinstance(cell, str) else number(cell) for cell in cells)
        table.add_row(*(Text(word) for word in words))
    out.print(Padding(table, (0, 0, 1, 4), expand=False))
