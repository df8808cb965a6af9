import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import boekbrug_ledger.plugin
from boekbrug.contract import Match
from boekbrug.testing import TargetContract, TargetWorld
from boekbrug_ledger.settings import DialectName
from boekbrug_ledger.target import LedgerTarget

CHART = """
name = "Fietsenwinkel De Spaak"

account = [
    {code = "1201", name = "Tussenrekening", type = "general"},
    {code = "1300", name = "Debiteuren", type = "debtor"},
    {code = "1500", name = "Btw hoog", type = "vat"},
    {code = "8000", name = "Omzet hoog", type = "revenue"},
]

vat_code = [{code = "VH", name = "Verkoop hoog", rate = 21, account = "1500"}]

journal = [
    {code = "70", name = "Verkoop", kinds = ["sales", "collective"]},
    {code = "90", name = "Memoriaal", kinds = ["memorial", "cash"]},
]
"""
TRANSACTION = re.compile(r"^\d{4}-\d\d-\d\d [*!]", re.MULTILINE)
YEAR = "[0-9][0-9][0-9][0-9].*"
WHOLE = re.compile(r"\n; boekbrug\n(.*?)\n; end$", re.DOTALL | re.MULTILINE)
"""A record that was not cut short; what was is not in the books."""
MARK = re.compile(r"mark: ?([^\s,]+)")
DEBIT = re.compile(r"^ {4}\S+ +(\d+)\.(\d\d) ", re.MULTILINE)


class Books(TargetWorld):
    """A folder with a chart; its transactions are counted by their first lines."""

    administration = "main"

    def __init__(self, folder: Path, dialect: DialectName) -> None:
        settings = {"folder": str(folder / "books"), "dialect": dialect}
        broken = {"folder": str(folder / "broken"), "dialect": dialect}
        absent = {"folder": str(folder / "absent"), "dialect": dialect}
        super().__init__(settings=settings, misconfigured=[broken, absent])
        for name, chart in (("books", CHART), ("broken", "name = ")):
            (folder / name).mkdir()
            (folder / name / "chart.toml").write_text(chart)
        self.folder = folder / "books"

    def records(self) -> int:
        return sum(len(TRANSACTION.findall(path.read_text())) for path in self.folder.glob(YEAR))

    def marked(self) -> Mapping[str, Sequence[Match]]:
        found: dict[str, list[Match]] = {}
        for path in self.folder.glob(YEAR):
            for record in WHOLE.findall(path.read_text()):
                (mark,) = MARK.findall(record)
                total = sum(100 * int(euros) + int(cents) for euros, cents in DEBIT.findall(record))
                found.setdefault(mark, []).append(Match(id=mark, total=total))
        return found


class TestHledger(TargetContract):
    plugin = LedgerTarget
    module = boekbrug_ledger.plugin

    def world(self, folder: Path) -> TargetWorld:
        return Books(folder, DialectName.HLEDGER)


class TestBeancount(TargetContract):
    plugin = LedgerTarget
    module = boekbrug_ledger.plugin

    def world(self, folder: Path) -> TargetWorld:
        return Books(folder, DialectName.BEANCOUNT)
