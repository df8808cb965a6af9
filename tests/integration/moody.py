"""Plain-text books that answer as a test wants; a plugin like any other."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from importlib import import_module
from importlib.metadata import EntryPoint
from typing import Any

import msgspec
import structlog

from boekbrug.contract import (
    Booked,
    CannotTell,
    MarkAnswer,
    MarkQuery,
    Match,
    Outcome,
    OutcomeUnknown,
    Prepared,
    Target,
    hookimpl,
)
from boekbrug.runtime.plugins import PluginHost

ledger: Any = import_module("boekbrug_ledger.target").LedgerTarget


@dataclass
class Mood:
    """What goes wrong with calls; `raises` is raised before anything is done."""

    loses_replies: bool = False
    drops_calls: bool = False
    cannot_tell: bool = False
    #: is raised by a look-up of entries, and instead of an answer about these numbers
    finds_raises: Exception | None = None
    finds_poison: tuple[str, ...] = ()
    #: of several one is not answered
    finds_short: bool = False
    #: what stands in the books is not listed yet
    lists_late: bool = False
    #: the marks of each look-up
    asked: list[list[str]] = field(default_factory=list)
    reads_badly: bool = False
    #: ids of records by what a person calls them, and the records that bear one name
    known_as: dict[str, str] = field(default_factory=dict)
    borne_by: tuple[Match, ...] = ()
    #: what ends the worker while the books are read
    ends: BaseException | None = None
    same_id: str = ""
    #: a look-up finds records with these ids
    finds_ids: tuple[str, ...] = ()
    raises: Exception | None = None
    prepare_raises: Exception | None = None
    #: preparing or posting an entry of this number meets a bug, or is never answered (`silence`); or reading it back,
    #: or looking up the customer of this name (`resolve`)
    poison: str = ""
    poisons: str = "post"
    #: how long a call of the books that take one entry at a time lasts
    lasts: dt.timedelta = dt.timedelta()
    #: after so many calls `raises` begins
    raises_after: int = 0
    prepared: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    #: what was sent, byte for byte, under the same place as its mark
    payloads: list[bytes] = field(default_factory=list)


mood = Mood()


def calm() -> None:
    """Let nothing go wrong."""
    for one in fields(Mood):
        setattr(mood, one.name, getattr(Mood(), one.name))


def _poisoned(texts: Sequence[str], verb: str) -> None:
    if mood.poison and mood.poisons == verb and any(mood.poison in text for text in texts):
        sentence = "the plugin does not expect this entry"
        raise KeyError(sentence)


def prepare(self: Any, administration: str, effects: Sequence[Any]) -> Any:
    """Prepare, unless an entry is poison."""
    if mood.prepare_raises is not None:
        raise mood.prepare_raises
    mood.prepared += [effect.mark for effect in effects]
    _poisoned([effect.mark for effect in effects], "prepare")
    return ledger.prepare(self, administration, effects)


def post(self: Any, administration: str, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
    """Book, with what goes wrong."""
    if mood.raises is not None and len(mood.sent) >= mood.raises_after:
        raise mood.raises
    mood.sent += [item.mark for item in prepared]
    mood.payloads += [item.payload for item in prepared]
    _poisoned([item.mark for item in prepared], "post")
    silent = mood.poisons == "silence" and mood.poison and any(mood.poison in item.mark for item in prepared)
    if mood.drops_calls or silent:
        raise OutcomeUnknown
    booked: Sequence[Outcome] = ledger.post(self, administration, prepared)
    if mood.loses_replies:
        raise OutcomeUnknown
    return [Booked(id=mood.same_id) for _ in booked] if mood.same_id else booked


def find(self: Any, administration: str, queries: Sequence[MarkQuery]) -> Sequence[MarkAnswer]:
    """Look up, unless it cannot be told or goes wrong."""
    mood.asked.append([query.mark for query in queries])
    if mood.finds_raises is not None:
        raise mood.finds_raises
    if any(query.mark.startswith(mood.finds_poison) for query in queries):
        sentence = "the plugin does not expect this mark"
        raise KeyError(sentence)
    if mood.lists_late:
        return [()] * len(queries)
    if mood.finds_ids:
        return [tuple(Match(id=id) for id in mood.finds_ids)] * len(queries)
    if mood.cannot_tell:
        return [CannotTell(reason="the journal is archived")] * len(queries)
    found: Sequence[MarkAnswer] = ledger.find(self, administration, queries)
    return found[1:] if mood.finds_short and len(queries) > 1 else found


def read(self: Any, administration: str, ids: Sequence[str]) -> Any:
    """Read entries back, unless a bug is met."""
    if mood.ends is not None:
        raise mood.ends
    if mood.reads_badly:
        sentence = "the plugin does not expect this entry"
        raise KeyError(sentence)
    _poisoned(ids, "read")
    if mood.borne_by:
        return [CannotTell(reason="several", among=mood.borne_by)] * len(ids)
    return ledger.read(self, administration, [mood.known_as.get(id.strip(), id) for id in ids])


Moody: Any = type(
    "Moody",
    (ledger,),
    {
        "name": "moody",
        "capabilities": msgspec.structs.replace(ledger.capabilities, absence_is_final=False),
        "prepare": prepare,
        "post": post,
        "find": find,
        "read": read,
    },
)


def post_one(self: Any, administration: str, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
    """Book one entry, which takes a while."""
    booked = post(self, administration, prepared)
    self.context.clock.advance(mood.lasts)
    return booked


Singly: Any = type(
    "Singly",
    (Moody,),
    {"name": "singly", "capabilities": msgspec.structs.replace(Moody.capabilities, batch_size=1), "post": post_one},
)


Asking: Any = type(
    "Asking",
    (Moody,),
    {"name": "asking", "capabilities": msgspec.structs.replace(Moody.capabilities, prepare_asks=True)},
)


def resolve(_: Any, administration: str, parties: Sequence[Any]) -> Sequence[str]:
    """Know a card for everybody, unless a name is poison."""
    _poisoned([party.name for party in parties], "resolve")
    return [f"{administration} {party.key}" for party in parties]


Cards: Any = type("Cards", (Moody,), {"name": "cards", "resolve": resolve})


def find_nothing(self: Any, administration: str, queries: Sequence[MarkQuery]) -> Sequence[MarkAnswer]:
    """Fail, as whoever says that it finds nothing is not to be asked."""
    raise NotImplementedError


Blind: Any = type(
    "Blind",
    (Moody,),
    {
        "name": "blind",
        "capabilities": msgspec.structs.replace(Moody.capabilities, finds=False),
        "find": find_nothing,
    },
)


@hookimpl
def register_target(register: Callable[[type[Target]], None]) -> None:
    """Register the books."""
    register(Moody)
    register(Singly)
    register(Cards)
    register(Asking)
    register(Blind)


def plugins() -> PluginHost:
    """Load the moody books beside the plugins that tests of the engine use."""
    points = {"moody": __name__, "files": "boekbrug_files.plugin", "ledger": "boekbrug_ledger.plugin"}
    found = [EntryPoint(name=name, value=value, group="boekbrug") for name, value in points.items()]
    return PluginHost.load(structlog.get_logger(), found, {})
