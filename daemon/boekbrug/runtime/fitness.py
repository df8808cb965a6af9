"""Check that a registered class is a source or target, before the first licence finds out that it is not."""

import inspect
import re
from typing import Any

from boekbrug.contract import PluginSettings, Source, SourceCapabilities, Target, TargetCapabilities

NAME = re.compile(r"[a-z][a-z0-9-]*")

_CAPABILITIES: dict[type, type] = {Source: SourceCapabilities, Target: TargetCapabilities}


def class_faults(base: type, registered: Any) -> list[str]:
    """Say what a registered class lacks of its base, Source or Target; empty when it fits."""
    if not (inspect.isclass(registered) and issubclass(registered, base)):
        return [f"it is not a subclass of {base.__name__}"]
    found = []
    if not NAME.fullmatch(str(getattr(registered, "name", ""))):
        found.append("its `name` is not a name in lower case, digits and hyphens")
    settings = getattr(registered, "Settings", None)
    if not (inspect.isclass(settings) and issubclass(settings, PluginSettings)):
        found.append("its `Settings` is not a subclass of PluginSettings")
    if not isinstance(getattr(registered, "capabilities", None), _CAPABILITIES[base]):
        found.append(f"its `capabilities` are not {_CAPABILITIES[base].__name__}")
    if missing := sorted(getattr(registered, "__abstractmethods__", ())):
        found.append(f"it leaves out {', '.join(missing)}")
    return found
