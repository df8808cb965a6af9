"""Which administrations a folder holds, and their books.

A folder with a chart.toml is one administration, `main`; else each sub-folder with a chart.toml is one, by its name.
"""

from boekbrug.contract import Administration, Context, Folder, Problem, SettingsError
from boekbrug_ledger.books import Books
from boekbrug_ledger.chart import CHART, ChartFault
from boekbrug_ledger.settings import LedgerSettings

MAIN = "main"


class Administrations:
    """The administrations of one connection; opened books are kept for the run."""

    def __init__(self, context: Context, settings: LedgerSettings) -> None:
        self._context = context
        self._path = settings.folder
        self._dialect = settings.dialect
        self._opened: dict[str, Books] = {}

    def codes(self) -> list[str]:
        """List the administrations' codes; raise ChartFault when the folder cannot be used."""
        names = {stat.name for stat in self.root().files()}
        if CHART in names:
            return [MAIN]
        split = (name.split("/") for name in sorted(names))
        return [parts[0] for parts in split if len(parts) == 2 and parts[1] == CHART]

    def root(self) -> Folder:
        """Open the connection's folder; raise ChartFault."""
        return self._folder(self._path)

    def books(self, administration: str) -> Books:
        """Open an administration's books; raise ChartFault when there are none (never mistake that for empty ones)."""
        books = self._opened.get(administration)
        if books is None:
            if administration not in self.codes():
                file = CHART if administration == MAIN else f"{administration}/{CHART}"
                raise ChartFault(Problem(code="ledger-chart-missing", facts={"file": file}))
            is_main = administration == MAIN and self._has_chart()
            path = self._path if is_main else f"{self._path}/{administration}"
            label = "" if is_main else administration
            books = self._opened[administration] = Books(self._folder(path), self._context.log, label)
        return books

    def describe(self, code: str) -> Administration:
        """Describe an administration, by its code alone where its chart cannot be read."""
        try:
            name = self.books(code).book().name
        except ChartFault:
            name = code
        return Administration(code=code, name=name, facts={"dialect": self._dialect.value})

    def _has_chart(self) -> bool:
        return any(stat.name == CHART for stat in self.root().files())

    def _folder(self, path: str) -> Folder:
        try:
            return self._context.folder(path)
        except SettingsError as fault:
            facts = {"folder": path, "fault": "; ".join(fault.faults)}
            raise ChartFault(Problem(code="ledger-folder-unusable", facts=facts)) from fault
