"""Change the protocol's code in small ways, one at a time, and see whether the simulation notices: the survivors.

    python -m tests.simulation.mutants [--seconds 20] [--only MODULE] [--slice 1/4] [--list]

Each mutant lives in a process of its own, forked before anything of boekbrug is imported, and has so many seconds of
processor time. It is caught by a broken invariant, by an error, or by never coming to rest. What the simulation does
not notice has to be noticed by a test that `survivors.py` names, or to have a reason there; where tests are named they
are asked first, since they answer sooner. The code as it is goes first of all: it has to survive both.
"""

import argparse
import ast
import importlib
import importlib.util
import os
import re
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

from tests.simulation.survivors import Mutant, all_tests, explanation, tests_of

if TYPE_CHECKING:
    from boekbrug.testing.simulation.simulator import Simulation

ROOT = Path(__file__).parents[2] / "daemon"
UNDER_TEST = {
    "boekbrug.sync.deliver": None,
    "boekbrug.sync.settle": None,
    "boekbrug.sync.calls": None,
    "boekbrug.sync.asking": None,
    # the claims, and what is written with them
    "boekbrug.store.effects": (
        "hold", "_take", "claim_due", "_DUE", "_PARTY_KNOWN", "end_claims", "write_intents", "_SHARED", "_OVERDUE",
        "settle", "open_again",
    ),
    "boekbrug.store.licences": (
        "_FREE", "_DUE", "_MINE", "claim_next", "_CLAIM", "_claim", "_HOLD", "hold", "_RELEASE",
    ),
    "boekbrug.store.workers": ("return_claimed", "any_claimed", "_CLAIMED"),
}  # fmt: skip
"""The modules that are changed, with their functions and queries where only some belong to the protocol."""
CAUGHT, SURVIVED = 0, 3
_WITHOUT_END = 60
"""Seconds beyond its time after which a mutant is taken to go on for ever: what it has begun may take that long."""
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
        mutant = Mutant(module, getattr(old, "lineno", 0), *_shown(old, new))
        yield Change(mutant, tree)


def path_of(module: str) -> Path:
    """Return the file of a module."""
    return ROOT / f"{module.replace('.', '/')}.py"


Site = tuple[ast.AST, str, int | None, ast.AST, ast.AST]


def _sites(tree: ast.Module, functions: Sequence[str] | None) -> Iterator[Site]:
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name, body=body) if functions is None or name in functions:
                for statement in body:
                    yield from _within(statement)
            case ast.Assign(targets=[ast.Name(id=name)]) if name in (functions or ()):
                yield from _within(node)


def _within(tree: ast.AST) -> Iterator[Site]:
    words = {part for told in ast.walk(tree) if isinstance(told, ast.Raise) for part in ast.walk(told)} - {tree}
    for holder in ast.walk(tree):
        if holder in words:
            continue
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
        case ast.Call(func=ast.Attribute(attr="where", value=before)):
            yield before
        case ast.Call(func=ast.Attribute(attr="or_" | "and_"), args=args) if len(args) > 1:
            yield from args
        case ast.Constant(value=str() as text) if "?" in text or "exists (" in text:
            yield from (ast.copy_location(ast.Constant(value=weaker), node) for weaker in _weaker(text))
        case ast.Call(args=args, keywords=keywords) if any(one.arg == "only" for one in keywords):
            kept_words = [one for one in keywords if one.arg != "only"]
            yield ast.copy_location(ast.Call(func=node.func, args=args, keywords=kept_words), node)
        case ast.Expr(value=ast.Call() | ast.YieldFrom()) if not _tells(node):
            yield ast.copy_location(ast.Pass(), node)
        case ast.Raise():
            yield ast.copy_location(ast.Pass(), node)
        case ast.If(body=body) if not _tells(node):
            yield ast.copy_location(ast.If(test=ast.Constant(value=False), body=body, orelse=node.orelse), node)


def _weaker(query: str) -> Iterator[str]:
    """Yield a query without each of its conditions but the first."""
    for condition in _CONDITION.finditer(query):
        yield query[: condition.start()] + query[condition.end() :]


_CONDITION = re.compile(r"\s+and\s+(?:[^()]|\([^()]*\))*?(?=\s+(?:and|or|order by)\s|\)|\s*$|\s*\{)")


def _tells(node: ast.AST) -> bool:
    called = [call.func for call in ast.walk(node) if isinstance(call, ast.Call)]
    return any(word in ast.unparse(one).rpartition(".")[2] or f".{word}." in ast.unparse(one) for one in called
               for word in _NOT_PROTOCOL)  # fmt: skip


def _shown(old: ast.AST, new: ast.AST) -> tuple[str, str]:
    """Write both in 70 characters; what is longer begins a little before they differ."""
    was, now = (" ".join(ast.unparse(node).split()) for node in (old, new))
    same = next((n for n, (one, other) in enumerate(zip(was, now, strict=False)) if one != other), len(now))
    begin = max(0, same - 20) if len(was) > 70 and same < len(was) else 0
    return was[begin:][:70], now[begin:][:70]


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
            most = seconds + _WITHOUT_END
            resource.setrlimit(resource.RLIMIT_CPU, (most, most + 5))
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
    from boekbrug.testing.simulation.exhaustive import (
        every_death,
        every_interleaving,
        the_last_moment,
        three_sales,
    )
    from boekbrug.testing.simulation.place import make_template
    from boekbrug.testing.simulation.simulator import Simulation
    from boekbrug.testing.world import Fault

    begun = time.process_time()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        template = make_template(folder)
        _in_calm(Simulation(seed=12, folder=folder, template=template, workers=1))
        the_last_moment(Simulation(seed=3, folder=folder, template=template, workers=1))
        for fault, phase in _DRILLS:
            run_drill(Drill(fault, phase, is_for_a_customer=phase == "parties"), folder, template)
        every_death(folder, template, Fault.LOST_REPLY, 1, scenario=three_sales, stride=7)
        every_interleaving(folder, template, Fault.LATE_COMMIT, waits=True, stride=211)
        _refuse_unsent(Simulation(seed=3, folder=folder, template=template, workers=1))
        for seed in range(1, 10_000):
            if time.process_time() - begun > seconds:
                return SURVIVED
            Simulation(seed=seed, folder=folder, template=template, workers=1 + seed % 3).run()
    return SURVIVED


def _in_calm(simulation: "Simulation") -> None:
    """Book three sales without an accident: every outcome is known at once, and nothing is asked for."""
    from boekbrug.testing.simulation.exhaustive import three_sales
    from boekbrug.testing.simulation.invariants import demand

    simulation.chance.faulty = False
    three_sales(simulation)
    while "nothing to do" not in simulation.work(0):
        simulation.watch.now()
    asked = simulation.met["step:asking"]
    states = simulation.watch.states()
    demand(not asked and states == ["booked"], f"asked {asked} times, and entries are {states}")
    simulation.watch.end(simulation.house.database)
    simulation.close()


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


_TESTS_AT_MOST = 150
"""Seconds of processor time after which tests are taken to go on for ever; those of a module need half of it."""
_PYTEST = ("-x", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", "-k", "not postgresql and not pgbouncer")
"""One database is enough to notice a change that is not about databases, and SQLite answers sooner."""


def caught_by_tests(change: Change, tests: Sequence[str]) -> bool:
    """Fork, change the module, and tell whether any of the tests fails that stand for what is not simulated."""
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (_TESTS_AT_MOST, _TESTS_AT_MOST))
        sys.meta_path.insert(0, _Changed(change))
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        import pytest

        os._exit(int(pytest.main([*_PYTEST, *tests])))
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) != 0


def main() -> int:
    """Judge all mutants; print the survivors and a count per module; fail when one is not explained."""
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--only", default="")
    parser.add_argument("--list", action="store_true", help="show the mutants, judge none")
    parser.add_argument("--slice", default="1/1", help="judge only the n-th of every so many")
    options = parser.parse_args()
    part, parts = map(int, options.slice.split("/"))
    _import_libraries()
    modules = [module for module in UNDER_TEST if options.only in module]
    if not options.list and not _unchanged_survives(modules, options.seconds):
        print("the code as it is does not survive: nothing can be said of changes")  # noqa: T201
        return 1
    unexplained = 0
    for module in modules:
        counts = Counter[str]()
        for change in islice(mutants(module), part - 1, None, parts):
            if options.list:
                print(change.mutant)  # noqa: T201
                continue
            ended = _ended(change, options.seconds)
            counts[ended.partition(" (")[0]] += 1
            if ended != "caught":
                print(f"{ended}: {change.mutant}", flush=True)  # noqa: T201
        print(f"{module}: {dict(counts)}", flush=True)  # noqa: T201
        unexplained += counts["UNEXPLAINED"]
    return 1 if unexplained else 0


def _unchanged_survives(modules: Sequence[str], seconds: int) -> bool:
    """Judge the code without a change, by the simulation and by every test that is named."""
    as_it_is = Change(Mutant(modules[0], 0, "", ""), ast.parse(path_of(modules[0]).read_text(encoding="utf-8")))
    tests = all_tests(modules)
    return judge(as_it_is, seconds) == SURVIVED and not (tests and caught_by_tests(as_it_is, tests))


def _ended(change: Change, seconds: int) -> str:
    if (tests := tests_of(change.mutant)) and caught_by_tests(change, tests):
        return "caught by a test"
    if judge(change, seconds) != SURVIVED:
        return "caught"
    return f"explained ({why})" if (why := explanation(change.mutant)) else "UNEXPLAINED"


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
