from pathlib import Path

from tests.contract import notebook
from tests.contract.notebook import NotebookSource, Shop
from tests.contract.notebook_books import Books, NotebookTarget

from boekbrug.testing import SourceContract, TargetContract


class TestNotebookSource(SourceContract):
    plugin = NotebookSource
    module = notebook

    def world(self, folder: Path) -> Shop:
        return Shop()


class TestNotebookTarget(TargetContract):
    plugin = NotebookTarget
    module = notebook

    def world(self, folder: Path) -> Books:
        return Books()
