"""What a connection to plain-text books asks for."""

from enum import StrEnum

from boekbrug.contract import PluginSettings, setting
from boekbrug_ledger.labels import LABELS


class DialectName(StrEnum):
    """The plain-text accounting program that reads the books."""

    #: `hledger check --strict` accepts them
    HLEDGER = "hledger"
    #: `bean-check` accepts them
    BEANCOUNT = "beancount"


class LedgerSettings(PluginSettings):
    """Where the books are and in which dialect new entries are written."""

    labels = LABELS

    folder: str = setting(label="folder", folder=True, min_length=1)
    dialect: DialectName = setting(DialectName.HLEDGER, label="dialect")
