"""Find the plugins that are installed, take those that fit, and say in full sentences why the others do not."""

import os
from collections.abc import Callable, Iterable, Mapping
from importlib import metadata
from types import MappingProxyType, ModuleType
from typing import Any

import msgspec
import pluggy

from boekbrug.contract import CONTRACT, Log, ProblemCode, Source, Target, hookspecs
from boekbrug.contract.version import misfit
from boekbrug.problems import Catalogue, CodeRefused
from boekbrug.runtime.fitness import NAME, class_faults

GROUP = "boekbrug"
ONLY = "BOEKBRUG_PLUGINS"
TRACE = "BOEKBRUG_TRACE_HOOKS"


class Installed(msgspec.Struct, frozen=True, kw_only=True):
    """A plugin that was taken: where it comes from and what it registered (`source files`, `target ledger`)."""

    name: str
    version: str
    distribution: str
    file: str
    kinds: tuple[str, ...]


class PluginRefused(Exception):
    """A plugin does not fit; the message is the sentence that says why."""


class _Gathered:
    """What one plugin registers, taken over only when all of it fits."""

    def __init__(self, plugin: str) -> None:
        self.plugin = plugin
        self.classes: dict[str, dict[str, Any]] = {"source": {}, "target": {}, "standin": {}}
        self.codes: list[ProblemCode] = []

    def add_class(self, kind: str, base: type) -> Callable[[Any], None]:
        def register(registered: Any) -> None:
            faults = class_faults(base, registered)
            if faults:
                name = getattr(registered, "__qualname__", repr(registered))
                sentence = f"Plugin {self.plugin} registers {name} as a {kind}, but {'; '.join(faults)}."
                raise PluginRefused(sentence)
            self._add(kind, registered.name, registered)

        return register

    def add_standin(self, name: str, maker: Any) -> None:
        if not (isinstance(name, str) and NAME.fullmatch(name) and callable(maker)):
            sentence = f"Plugin {self.plugin} registers stand-in {name!r}; register a lower-case name and a function."
            raise PluginRefused(sentence)
        self._add("standin", name, maker)

    def _add(self, kind: str, name: str, what: Any) -> None:
        if name in self.classes[kind]:
            sentence = f"Plugin {self.plugin} registers {kind} {name} twice; register it once."
            raise PluginRefused(sentence)
        self.classes[kind][name] = what

    def registrations(self) -> dict[str, Callable[..., None]]:
        """Return the callback that each hook is called with."""
        return {
            "register_source": self.add_class("source", Source),
            "register_target": self.add_class("target", Target),
            "register_standin": self.add_standin,
            "register_problem_codes": self.codes.append,
        }


class PluginHost:
    """The plugins in use: what they registered, what is installed, and what was refused and why."""

    def __init__(self, log: Log, *, trace: bool = False) -> None:
        self._log = log
        self._trace = trace
        self._taken: dict[str, dict[str, Any]] = {"source": {}, "target": {}, "standin": {}}
        self._owners: dict[tuple[str, str], str] = {}
        self._installed: list[Installed] = []
        self._refused: list[str] = []
        self.problem_codes = Catalogue()

    @classmethod
    def load(
        cls,
        log: Log,
        entry_points: Iterable[metadata.EntryPoint] | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> "PluginHost":
        """Load what is installed; `BOEKBRUG_PLUGINS` (names with commas) leaves out all others."""
        host = cls(log, trace=bool(environ.get(TRACE)))
        found = metadata.entry_points(group=GROUP) if entry_points is None else entry_points
        by_name = sorted(found, key=lambda point: (point.name, point.value))
        if ONLY in environ:
            wanted = {name.strip() for name in environ[ONLY].split(",") if name.strip()}
            for name in sorted(wanted - {point.name for point in by_name}):
                host._refuse(name, f"Plugin {name} is named in {ONLY}, but it is not installed.")
            by_name = [point for point in by_name if point.name in wanted]
        for point in by_name:
            host._take(point)
        return host

    @property
    def sources(self) -> Mapping[str, type[Source]]:
        """The source classes by name."""
        return MappingProxyType(self._taken["source"])

    @property
    def targets(self) -> Mapping[str, type[Target]]:
        """The target classes by name."""
        return MappingProxyType(self._taken["target"])

    @property
    def standins(self) -> Mapping[str, hookspecs.StandinMaker]:
        """The makers of stand-ins by name."""
        return MappingProxyType(self._taken["standin"])

    @property
    def installed(self) -> tuple[Installed, ...]:
        """The plugins that were taken, by name."""
        return tuple(self._installed)

    @property
    def refused(self) -> tuple[str, ...]:
        """One sentence for each plugin that was refused."""
        return tuple(self._refused)

    def _take(self, point: metadata.EntryPoint) -> None:
        try:
            module = point.load()
            gathered = self._gather(point.name, module)
            self._check_clashes(gathered)
            self.problem_codes.add(gathered.codes, point.name)
        except (PluginRefused, CodeRefused) as error:
            self._refuse(point.name, str(error))
        except Exception as error:  # noqa: BLE001  a plugin's exception never stops a sibling
            self._refuse(point.name, f"Plugin {point.name} failed while it was loaded: {_words(error)}.")
        else:
            self._keep(point, module, gathered)

    def _gather(self, name: str, module: ModuleType) -> _Gathered:
        _check_contract(name, module)
        # a manager per plugin, because pluggy ends a hook call at the first exception of any plugin
        manager = pluggy.PluginManager(hookspecs.PROJECT)
        manager.add_hookspecs(hookspecs)
        if self._trace:
            manager.add_hookcall_monitoring(*self._tracers(name))
        _check_hooks(manager, name, module)
        gathered = _Gathered(name)
        for hook, register in gathered.registrations().items():
            if hasattr(manager.hook, hook):
                getattr(manager.hook, hook)(register=register)
        return gathered

    def _check_clashes(self, gathered: _Gathered) -> None:
        for kind, named in gathered.classes.items():
            for name in named:
                if (kind, name) in self._owners:
                    other = self._owners[kind, name]
                    sentence = (
                        f"Plugin {gathered.plugin} registers {kind} {name}, which plugin {other} already registers; "
                        f"uninstall one of the two, or name the other in {ONLY}."
                    )
                    raise PluginRefused(sentence)

    def _keep(self, point: metadata.EntryPoint, module: ModuleType, gathered: _Gathered) -> None:
        for kind, named in gathered.classes.items():
            self._taken[kind] |= named
            self._owners |= {(kind, name): gathered.plugin for name in named}
        installed = Installed(
            name=point.name,
            version=point.dist.version if point.dist else "",
            distribution=point.dist.name if point.dist else "",
            file=module.__file__ or "",
            kinds=tuple(f"{kind} {name}" for kind, named in gathered.classes.items() for name in named),
        )
        self._installed.append(installed)
        self._log.info("plugin-loaded", **msgspec.structs.asdict(installed))

    def _refuse(self, name: str, sentence: str) -> None:
        self._refused.append(sentence)
        self._log.warning("plugin-refused", name=name, reason=sentence)

    def _tracers(self, plugin: str) -> tuple[Callable[..., None], Callable[..., None]]:
        def before(hook: str, *_: object) -> None:
            self._log.info("hook-called", plugin=plugin, hook=hook)

        def after(outcome: pluggy.Result[Any], hook: str, *_: object) -> None:
            error = outcome.exception
            self._log.info("hook-returned", plugin=plugin, hook=hook, error=_words(error) if error else "")

        return before, after


def _check_contract(name: str, module: ModuleType) -> None:
    supported = getattr(module, "boekbrug_contract", (CONTRACT, CONTRACT))
    try:
        lowest, highest = msgspec.convert(supported, tuple[tuple[int, int], tuple[int, int]])
    except msgspec.ValidationError as error:
        sentence = f"Plugin {name} states boekbrug_contract as {supported!r}; write it as ((1, 0), (1, 0))."
        raise PluginRefused(sentence) from error
    if sentence_of_misfit := misfit(name, lowest, highest):
        raise PluginRefused(sentence_of_misfit)


def _check_hooks(manager: pluggy.PluginManager, name: str, module: ModuleType) -> None:
    try:
        manager.register(module, name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        misfit_of_hook = " ".join(str(error).split())
        sentence = f"Plugin {name} does not fit the hooks, which docs/plugin-author.md lists: {misfit_of_hook}."
        raise PluginRefused(sentence) from error
    if not manager.get_hookcallers(module):
        sentence = f"Plugin {name} has no hook of boekbrug in {module.__name__}; decorate its functions with hookimpl."
        raise PluginRefused(sentence)


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".rstrip(".")
