"""Settings of a plugin: one pydantic model per class; fields say how a person is asked for them."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class PluginSettings(BaseModel):
    """Base of a plugin's settings: unknown keys are refused, values never change after validation.

    `labels` says per label key, and per language (nl, en, de), what a form calls the field.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    labels: ClassVar[Mapping[str, Mapping[str, str]]] = {}


def setting(
    default: Any = ...,
    *,
    label: str,
    pick: str = "",
    secret: bool = False,
    folder: bool = False,
    needs: str = "",
    **limits: Any,
) -> Any:
    """Declare a field with what the CLI and the dashboard's form need to ask for it.

    `label` is a key of the model's `labels`; `pick` names a list such as `chart.journals?kind=general` or
    `source.paymethods`; a `secret` is stored encrypted and never shown; a `folder` is resolved against the file that
    names it; `needs` names the field that must be set for this one to matter. Other keywords are pydantic's limits.
    """
    hints: dict[str, JsonValue] = {"label": label, "pick": pick, "secret": secret, "folder": folder, "needs": needs}
    return Field(default, json_schema_extra={name: value for name, value in hints.items() if value}, **limits)


def secret_fields(model: type[PluginSettings]) -> frozenset[str]:
    """Name the fields whose values are stored encrypted and never shown."""
    return frozenset(name for name, field in model.model_fields.items() if _hint(field.json_schema_extra, "secret"))


def label_of(model: type[PluginSettings], name: str, language: str) -> str:
    """Say what a field is called in a language; by its name where the model has no words for it."""
    extra = model.model_fields[name].json_schema_extra
    key = str(extra.get("label", "")) if isinstance(extra, dict) else ""
    return model.labels.get(key, {}).get(language, name)


def folder_fields(model: type[PluginSettings]) -> frozenset[str]:
    """Name the fields that hold a folder of this machine."""
    return frozenset(name for name, field in model.model_fields.items() if _hint(field.json_schema_extra, "folder"))


def _hint(extra: object, name: str) -> bool:
    return isinstance(extra, dict) and bool(extra.get(name))
