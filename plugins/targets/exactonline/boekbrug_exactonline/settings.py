"""What a connection to Exact Online asks for; the account itself comes with the authorisation."""

from boekbrug.contract import PluginSettings, setting
from boekbrug_exactonline.labels import LABELS


class ExactOnlineSettings(PluginSettings):
    """Which divisions may be written, and whether customers may be made.

    `divisions` narrows what the user granted, so that an office's user with hundreds of them cannot be misled; empty
    is all. Without `new_customers` a customer that Exact does not know is a problem.
    """

    labels = LABELS

    divisions: tuple[str, ...] = setting((), label="divisions")
    new_customers: bool = setting(True, label="new_customers")
