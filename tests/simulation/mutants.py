"""Change the protocol's code in small ways, one at a time, and see whether the simulation notices: the survivors.

    python -m tests.simulation.mutants [--seconds 20] [--only MODULE] [--list]

Each mutant lives in a process of its own, forked before anything of boekbrug is imported, and has so many seconds of
processor time. It is caught by a broken invariant, by an error, or by never coming to rest.
"""

import argparse
import ast
import importlib
import importlib.util
import os
import resource
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from boekbrug.testing.simulation.simulator import Simulation

ROOT = Path(__file__).parents[2] / "daemon"
UNDER_TEST = {
    "boekbrug.sync.deliver": None,
    "boekbrug.sync.settle": None,
    "boekbrug.sync.calls": None,
    # the claims, and what is written with them
    "boekbrug.store.effects": ("hold", "_take", "claim_due", "end_claims", "write_intents", "overdue", "settle"),
    "boekbrug.store.licences": ("_due", "claim_next", "_claim", "hold", "release"),
    "boekbrug.store.workers": ("return_claimed", "any_claimed"),
}
"""The modules that are changed, with their functions where only some belong to the protocol."""
CAUGHT, SURVIVED, ENDLESS = 0, 3, -24
_COMPARISONS = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
_IDENTITIES = {ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In}
_SUMS = {ast.Add: ast.Sub, ast.Sub: ast.Add}
_NOT_PROTOCOL = ("metrics", "log", "record", "learn")
"""Statements that only count, tell, or set a pace are left alone: the simulation does not look at them."""


EXPLAINED = {
    "if there: yield Step('recognised'": "a step that only tells; without it the next one comes sooner",
    "at_most is not None": "how long is sent before the next page is fetched: order and speed, never what is sent",
    "work.clock.now() - begun": "as above, and what the pace learns from",
    "len(wanted) == 1": "only for plugins that trip over what they prepare, which the simulated books do not",
    "len(answers) != len(wanted)": "as above",
    "raise PluginBug(verb='prepare'": "as above",
    "len(answers) == len(due)": "only for plugins that answer fewer questions than they were asked",
    "target.capabilities.finds": "the simulated books can be asked; those that cannot are in test_decide",
    "with_parties": "the simulated books always have customers; those without are the ledger's journey",
}
"""Why nobody notices a change, by the beginning of what it changed."""


class Mutant(NamedTuple):
    """One change: where it is, what was there, and what stands there now."""

    module: str
    line: int
    was: str
    now: str

    def __str__(self) -> str:
        """Show it on one line."""
        return f"{self.module}:{self.line}  {self.was}  ->  {self.now}"


class Change(NamedTuple):
    """One change of a tree: put it in, take it out."""

    mutant: Mutant
    tree: ast.Module


def mutants(module: str) -> Iterator[Change]:
    """Yield a module's mutants, each with the tree that has this change and no other."""
    source = path_of(module).read_text(encoding="utf-8")
    for n in range(sum(1 for _ in _sites(ast.parse(source), UNDER_TEST[module]))):
        tree = ast.parse(source)
        holder, name, index, old, new = list(_sites(tree, UNDER_TEST[module]))[n]
        if index is None:
            setattr(holder, name, new)
        else:
            getattr(holder, name)[index] = new
        ast.fix_missing_locations(tree)
        mutant = Mutant(module, getattr(old, "lineno", 0), _short(old), _short(new))
        yield Change(mutant, tree)


def path_of(module: str) -> Path:
    """Return the file of a module."""
    return ROOT / f"{module.replace('.', '/')}.py"


Site = tuple[ast.AST, str, int | None, ast.AST, ast.AST]


def _sites(tree: ast.Module, functions: Sequence[str] | None) -> Iterator[Site]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and (functions is None or node.name in functions):
            for statement in node.body:
                yield from _within(statement)


def _within(tree: ast.AST) -> Iterator[Site]:
    for holder in ast.walk(tree):
        for name, value in ast.iter_fields(holder):
            parts = value if isinstance(value, list) else [value]
            for index, part in enumerate(parts):
                if isinstance(part, ast.AST):
                    place = index if isinstance(value, list) else None
                    yield from ((holder, name, place, part, new) for new in _changed(part))


def _changed(node: ast.AST) -> Iterator[ast.AST]:  # noqa: PLR0912 - one case per kind of change
    match node:
        case ast.Compare(left=left, ops=[op], comparators=comparators):
            swapped = (_COMPARISONS | _IDENTITIES).get(type(op))
            if swapped is not None:
                yield ast.copy_location(ast.Compare(left=left, ops=[swapped()], comparators=comparators), node)
        case ast.BoolOp(op=op, values=values):
            other = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield ast.copy_location(ast.BoolOp(op=other, values=values), node)
            yield from values
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _SUMS:
            yield ast.copy_location(ast.BinOp(left=left, op=_SUMS[type(op)](), right=right), node)
        case ast.Constant(value=bool() as value):
            yield ast.copy_location(ast.Constant(value=not value), node)
        case ast.Constant(value=int() as value):
            yield ast.copy_location(ast.Constant(value=value + 1), node)
        case ast.Call(func=ast.Attribute(attr="where"), args=args, keywords=keywords) if len(args) > 1:
            for left_out in range(len(args)):
                kept = [*args[:left_out], *args[left_out + 1 :]]
                yield ast.copy_location(ast.Call(func=node.func, args=kept, keywords=keywords), node)
        case ast.Call(args=args, keywords=keywords) if any(one.arg == "only" for one in keywords):
            kept_words = [one for one in keywords if one.arg != "only"]
            yield ast.copy_location(ast.Call(func=node.func, args=args, keywords=kept_words), node)
        case ast.Expr(value=ast.Call() | ast.YieldFrom()) if not _tells(node):
            yield ast.copy_location(ast.Pass(), node)
        case ast.Raise():
            yield ast.copy_location(ast.Pass(), node)
        case ast.If(body=body) if not _tells(node):
            yield ast.copy_location(ast.If(test=ast.Constant(value=False), body=body, orelse=node.orelse), node)


def _tells(node: ast.AST) -> bool:
    called = [call.func for call in ast.walk(node) if isinstance(call, ast.Call)]
    return any(word in ast.unparse(one).rpartition(".")[2] or f".{word}." in ast.unparse(one) for one in called
               for word in _NOT_PROTOCOL)  # fmt: skip


def _short(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())[:70]


class _Changed(MetaPathFinder, Loader):
    """Imports one module from a changed tree."""

    def __init__(self, change: Change) -> None:
        self._change = change

    def find_spec(self, fullname: str, path: object, target: ModuleType | None = None) -> ModuleSpec | None:
        """Answer for the changed module only."""
        if fullname != self._change.mutant.module:
            return None
        return importlib.util.spec_from_file_location(fullname, path_of(fullname), loader=self)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Leave it to the machinery."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Run the changed tree."""
        exec(compile(self._change.tree, module.__file__ or "", "exec"), module.__dict__)


_DRILLS = (
    ("lost-reply", "deliver"), ("late-commit", "deliver"), ("killed", "deliver"), ("frozen", "deliver"),
    ("lost-commit", "deliver"), ("busy", "deliver"), ("died", "parties"), ("cannot-tell", "compose"),
)  # fmt: skip
"""What is tried first: it catches most of what can be caught, in a few seconds."""


def judge(change: Change, seconds: int) -> int:
    """Fork, change the module, simulate; return how it ended."""
    child = os.fork()
    if child == 0:
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (seconds * 2, seconds * 2 + 5))
            os._exit(_simulate(change, seconds))
        except BaseException:  # noqa: BLE001 - a mutant may raise anything, and is caught by that
            if os.environ.get("MUTANTS_TELL"):
                traceback.print_exc()
            os._exit(CAUGHT)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _simulate(change: Change, seconds: int) -> int:
    sys.meta_path.insert(0, _Changed(change))
    from boekbrug.testing.simulation.drills import Drill
    from boekbrug.testing.simulation.drills import run as run_drill
    from boekbrug.testing.simulation.exhaustive import every_death, every_interleaving, three_sales
    from boekbrug.testing.simulation.place import make_template
    from boekbrug.testing.simulation.simulator import Simulation
    from boekbrug.testing.world import Fault

    begun = time.process_time()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        template = make_template(folder)
        for fault, phase in _DRILLS:
            run_drill(Drill(fault, phase, is_empty=False), folder, template)
        every_death(folder, template, Fault.LOST_REPLY, 2, scenario=three_sales, stride=7)
        every_interleaving(folder, template, Fault.LATE_COMMIT, waits=True, stride=211)
        _refuse_unsent(Simulation(seed=3, folder=folder, template=template, workers=1))
        for seed in range(1, 10_000):
            if time.process_time() - begun > seconds:
                return SURVIVED
            Simulation(seed=seed, folder=folder, template=template, workers=1 + seed % 3).run()
    return SURVIVED


def _refuse_unsent(simulation: "Simulation") -> None:
    """Close the period of books that prepare without being asked: what is refused is not claimed yet."""
    simulation.chance.faulty = False
    simulation.world.is_closed = True
    for buyer in (1, 1, 2):
        simulation.world.sell("shop", buyer)
    while simulation.crew[0].step():
        simulation.watch.now()
    simulation.come_to_rest()
    simulation.watch.end(simulation.house.database)
    simulation.close()


def _is_explained(mutant: Mutant) -> bool:
    return any(mutant.was.startswith(beginning) for beginning in EXPLAINED)


def main() -> int:
    """Judge all mutants; print the survivors and a count per module; fail when one is not explained."""
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--only", default="")
    parser.add_argument("--list", action="store_true", help="show the mutants, judge none")
    options = parser.parse_args()
    _import_libraries()
    survivors: list[Mutant] = []
    for module in UNDER_TEST:
        if options.only not in module:
            continue
        counts = {"caught": 0, "survived": 0}
        for change in mutants(module):
            if options.list:
                print(change.mutant)  # noqa: T201
                continue
            survived = judge(change, options.seconds) == SURVIVED
            counts["survived" if survived else "caught"] += 1
            if survived:
                why = "explained" if _is_explained(change.mutant) else "UNEXPLAINED"
                survivors += [] if _is_explained(change.mutant) else [change.mutant]
                print(f"survived, {why}: {change.mutant}", flush=True)  # noqa: T201
        print(f"{module}: {counts['caught']} caught, {counts['survived']} survived", flush=True)  # noqa: T201
    return 1 if survivors else 0


_LIBRARIES = (
    "sqlalchemy", "sqlalchemy.dialects.sqlite", "msgspec", "pydantic", "structlog", "requests", "prometheus_client",
    "cryptography.hazmat.primitives.ciphers.aead", "pluggy", "alembic.command",
)  # fmt: skip


def _import_libraries() -> None:
    """Import what is not ours once, so that each fork need not."""
    for name in _LIBRARIES:
        importlib.import_module(name)


if __name__ == "__main__":
    sys.exit(main())
