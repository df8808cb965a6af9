"""For authors of plugins: the rules of the contract as tests, a context to try a plugin in, and stand-ins.

Nothing here needs pytest until a test runs, so that `boekbrug standin` works without it.
"""

from boekbrug.testing.clock import SettableClock, ShiftedClock
from boekbrug.testing.context import GivenGrant, KitContext, NoGrant, NoHttp
from boekbrug.testing.contract import SourceContract, TargetContract
from boekbrug.testing.mounted import MountedHttp
from boekbrug.testing.portfaults import PortFault, When
from boekbrug.testing.rules import Rule, RuleBroken
from boekbrug.testing.samples import sample_entry
from boekbrug.testing.source_rules import SOURCE_RULES
from boekbrug.testing.subjects import SourceSubject, TargetSubject
from boekbrug.testing.target_lookups import TARGET_RULES
from boekbrug.testing.worlds import SourceWorld, TargetWorld

__all__ = [
    "SOURCE_RULES",
    "TARGET_RULES",
    "GivenGrant",
    "KitContext",
    "MountedHttp",
    "NoGrant",
    "NoHttp",
    "PortFault",
    "Rule",
    "RuleBroken",
    "SettableClock",
    "ShiftedClock",
    "SourceContract",
    "SourceSubject",
    "SourceWorld",
    "TargetContract",
    "TargetSubject",
    "TargetWorld",
    "When",
    "sample_entry",
]
