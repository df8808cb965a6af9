"""Settings of a connection to a folder."""

from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import field_validator, model_validator

from boekbrug.contract import PluginSettings, Unfit, setting
from boekbrug_files.labels import BOTH, LABELS, NO_ZONE


class FilesSettings(PluginSettings):
    """Where the files are and how their statuses are to be read."""

    labels = LABELS

    folder: str = setting(label="files.folder", folder=True, min_length=1)
    unit: str = setting("shop", label="files.unit", min_length=1)
    unit_name: str = setting("Shop", label="files.unit_name", min_length=1)
    time_zone: str = setting("Europe/Amsterdam", label="files.time_zone")
    bookable_statuses: tuple[str, ...] = setting(
        ("paid", "completed", "shipped", "refunded"), label="files.bookable_statuses"
    )
    void_statuses: tuple[str, ...] = setting(("cancelled", "canceled", "expired"), label="files.void_statuses")
    #: MiB; a JSON or CSV file is held in memory as a whole, JSON lines are not
    whole_file_limit: int = setting(32, label="files.whole_file_limit", ge=1, le=1024)

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise Unfit(NO_ZONE, name=name) from error
        return name

    @model_validator(mode="after")
    def _statuses_apart(self) -> Self:
        both = {word.casefold() for word in self.bookable_statuses} & {word.casefold() for word in self.void_statuses}
        if both:
            raise Unfit(BOTH, statuses=", ".join(sorted(both)))
        return self
