"""The changes that the simulation does not notice: what notices them instead, or why there is nothing to notice.

What has tests is run with the change in place: a change that they do not notice either has to have a reason too.
"""

from collections.abc import Sequence
from typing import NamedTuple

FAILURES = "tests/integration/test_failures.py"
ROUNDS = "tests/integration/test_rounds.py"
AUTHORISATION = "tests/simulation/test_authorisation.py"
RESTORE = "tests/integration/test_restore.py"
DECIDE = "tests/integration/test_decide.py"
LEASES = "tests/integration/test_leases.py"
INTENTS = "tests/integration/test_intents.py"
SETTLE = "tests/integration/test_settle.py"
TOO_LATE = "tests/simulation/test_simulation.py::test_a_worker_that_comes_back_after_its_lease_does_not_call"


class Mutant(NamedTuple):
    """One change: where it is, what was there, and what stands there now."""

    module: str
    line: int
    was: str
    now: str

    def __str__(self) -> str:
        """Show it on one line."""
        return f"{self.module}:{self.line}  {self.was}  ->  {self.now}"


class Survivor(NamedTuple):
    """Changes by the end of their module's name, the beginning of what was there, and what stands there now."""

    module: str
    was: str
    why: str = ""
    tests: tuple[str, ...] = ()
    now: str = ""

    def is_about(self, change: Mutant) -> bool:
        """Tell whether this speaks of a change."""
        same = change.module.endswith(self.module) and change.was.startswith(self.was)
        return same and self.now in ("", change.now)


_LATER = "what was claimed and not sent comes back when the lease is over, as after a death: later, and sent once"
_PACE = "how long is sent before the next page is fetched: the order of work, never what is sent"
_PACE_LEARNS = "what the pace learns from: how many calls share their transactions, never what is sent"
_CLAIMED_EITHER_WAY = "claimed before it is prepared or with its intent, an entry is fenced: it is a transaction less"
_IN_TIME = (
    "a call that begins within the lease ends before the quiet period does: which of a round's calls are made "
    "and which are left to the next round is the order of work, never what is sent"
)
_SUSPECTS = (
    "suspects are known by either: by tries when the target asked for time, by the reason when their worker died; "
    "it is about who goes out among few, never about what is sent"
)

SURVIVORS = (
    Survivor("sync.deliver", "if there: yield Step('recognised'", "a step that only tells; the next one comes sooner"),
    Survivor("sync.deliver", "if at_most is not None and", _PACE),
    Survivor("sync.deliver", "at_most is not None", _PACE),
    Survivor("sync.deliver", "work.clock.now() - begun > at_most", _PACE),
    Survivor("sync.deliver", "work.clock.now() - begun", _PACE_LEARNS),
    # who goes out again among few, then alone: the simulated books have no entry that spoils a call for the others
    Survivor("sync.deliver", "claim.reason == RESEND", _SUSPECTS, (DECIDE, FAILURES)),
    Survivor("sync.deliver", "claim.tries or claim.reason == RESEND", _SUSPECTS, (FAILURES,)),
    Survivor("sync.deliver", "one.bugs or one.unanswered", tests=(FAILURES,)),
    Survivor("sync.deliver", "one.unanswered > 1", tests=(FAILURES,)),
    Survivor("sync.deliver", "1", tests=(FAILURES, ROUNDS)),
    Survivor("sync.deliver", "claim.tries + 1", tests=(FAILURES,)),
    Survivor("sync.deliver", "first + n", tests=(ROUNDS,)),
    # the next call would be made although the target wants none; all of it is given back, and sent once all the same
    Survivor("sync.deliver", "if cause is not None", tests=(ROUNDS, FAILURES)),
    Survivor("sync.deliver", "cause is not None", tests=(ROUNDS, FAILURES)),
    Survivor("sync.deliver", "raise cause", tests=(ROUNDS, FAILURES, AUTHORISATION)),
    Survivor("sync.deliver", "give_back(work, [claim for claim in claims if claim.held", _LATER, (FAILURES,)),
    Survivor("sync.deliver", "claim.held and claim.subject in left", tests=(AUTHORISATION, ROUNDS)),
    Survivor(
        "sync.deliver",
        "claim.held and claim.subject in left",
        now="claim.subject in left",
        why="what is not held is due still; given back besides, it is sent later, and once",
    ),
    Survivor("sync.deliver", "claim.subject in left", tests=(AUTHORISATION, ROUNDS, FAILURES)),
    Survivor("sync.deliver", "if not claims_first", _CLAIMED_EITHER_WAY),
    Survivor("sync.deliver", "not claims_first", _CLAIMED_EITHER_WAY),
    Survivor(
        "sync.deliver", "if not effects.any_due", "saves a transaction where nothing is due: nothing is claimed then"
    ),
    Survivor("sync.deliver", "True", "`ask` has made sure that there are as many answers", now="False"),
    Survivor("sync.deliver", "give_back(work, [claim for claim in claims if any", _LATER),
    Survivor("sync.deliver", "give_back(work, claims, error)", _LATER),
    Survivor("sync.deliver", "item.id == claim.subject", _LATER),
    Survivor("sync.deliver", "raise", tests=(FAILURES, RESTORE), now="pass"),
    Survivor(
        "sync.deliver",
        "conclude(work, _concluded(intents, [there",
        "what was found there is looked for when the lease of its intent is over, and found: booked later, not sent",
    ),
    # what the books hold already is recognised after a restore only
    Survivor("sync.deliver", "item.id in there", tests=(RESTORE,)),
    # seeds let a worker stand still for so long now and then, and rarely just there
    Survivor("sync.calls", "if not", tests=(TOO_LATE,)),
    Survivor("sync.calls", "not outcomes", tests=(TOO_LATE,)),
    Survivor("sync.calls", "raise ClaimLost", tests=(TOO_LATE,)),
    Survivor("sync.calls", "outcomes and waited", _IN_TIME, (ROUNDS,)),
    Survivor("sync.calls", "waited + work", _IN_TIME, (ROUNDS,)),
    Survivor(
        "sync.settle",
        "caution.since",
        "what is sent anew waits for the quiet period after a restore in any case, and is looked for once more",
        (RESTORE,),
    ),
    # who is given up: the simulated books have no entry that spoils a call for the others
    Survivor("sync.settle", "failed.", tests=(FAILURES,)),
    Survivor("sync.settle", "if failed.", tests=(FAILURES,)),
    Survivor("sync.settle", "iled.unanswered > 1 and takes_others", tests=(SETTLE, FAILURES)),
    Survivor("sync.settle", "ailed.unanswered > 1 and takes_others", tests=(SETTLE, FAILURES)),
    Survivor("sync.settle", "1", tests=(SETTLE, FAILURES)),
    Survivor("sync.settle", "0", "one microsecond more of nothing", (SETTLE,)),
    Survivor("sync.settle", "item.looks + 1", tests=(SETTLE,)),
    Survivor("sync.settle", "now + _wait(work, item.looks)", tests=(SETTLE,)),
    Survivor("sync.settle", "now >= quiet_ends", tests=(SETTLE,)),
    Survivor("sync.settle", "isinstance(meaning, Absent) and poison", tests=(FAILURES,)),
    Survivor("sync.settle", "answer.reason != 'not-reachable'", tests=(DECIDE,)),
    # one record taken for a double is booked and told of, which the seeds allow
    Survivor("sync.settle", "len(answer) == 1", tests=(SETTLE,)),
    # the store's statements, one by one: seeds have two or three workers, and these tests every order of two
    Survivor("store.workers", "", tests=(LEASES,)),
    Survivor("store.licences", "", tests=(LEASES,)),
    Survivor("store.effects", "", tests=(INTENTS,)),
    Survivor("store.workers", "1", "only the first row is read", now="2"),
    Survivor("store.licences", "row and claim", "found and claimed in one transaction that has locked the row"),
    # the second look is for books that list later than the quiet period, which the simulated ones do not
    Survivor("sync.settle", "now >= quiet_ends and looks.absent > 0", tests=(SETTLE,)),
    Survivor("sync.settle", "looks.absent > 0", tests=(SETTLE,)),
    Survivor("sync.settle", "True", "`ask` has made sure that there are as many answers", now="False"),
    # plugins that trip over what they are asked, which the simulated ones do not
    Survivor("sync.asking", "", tests=(SETTLE, FAILURES)),
    # targets that cannot look up, and plugins that trip over a look-up, which the simulated books do not
    Survivor("sync.settle", "not target.capabilities.finds", tests=(DECIDE,)),
    Survivor("sync.settle", "item.id not in alone", tests=(SETTLE,)),
    Survivor("sync.settle", "item.id in alone", tests=(SETTLE,)),
    Survivor("sync.settle", "looks.tripped + 1", tests=(SETTLE,)),
    Survivor("sync.settle", "times < _MOST_BUGS", tests=(SETTLE,)),
    # when what nobody answered is asked for again: never what is sent
    Survivor("sync.settle", "_write(work, tries, [(item, _put_off", tests=(SETTLE,)),
    Survivor("sync.settle", "raise", tests=(SETTLE,)),
    Survivor("sync.settle", "cause.code in ENDED_BY_A_PERSON", tests=(SETTLE,)),
    Survivor("sync.settle", "now + max(_wait(work, item.looks), asked_for)", tests=(SETTLE,)),
    # an answer that comes after it was looked for in vain: the simulated books list what they have by then
    Survivor("store.effects", "table).where(columns[of.key] == subject", tests=(SETTLE,)),
    Survivor("store.effects", "table).where(columns.state", tests=(SETTLE,)),
    Survivor("store.effects", "s[of.key] == subject", tests=(SETTLE,)),
    Survivor("store.effects", "columns[of.key] == subject", tests=(SETTLE,)),
    Survivor("store.effects", "not taken.rowcount", tests=(SETTLE,)),
    Survivor("store.effects", "False", tests=(SETTLE,)),
    Survivor("store.effects", "effect.c.id == id", tests=(SETTLE,)),
    Survivor("store.effects", "effect.c.state == EffectState.ABSENT", tests=(SETTLE,)),
    Survivor("store.effects", "sa.update(effect).where(*absent)", tests=(SETTLE,)),
    Survivor("store.effects", "not opened.rowcount", tests=(SETTLE,)),
    Survivor(
        "store.effects", "raise ClaimLost(effect=str(id))", "an attempt that is settled as absent stays so by itself"
    ),
    Survivor("store.effects", "True", tests=(SETTLE,)),
)


def all_tests(modules: Sequence[str]) -> tuple[str, ...]:
    """Return the tests that stand for anything in these modules."""
    about = [one for one in SURVIVORS if any(module.endswith(one.module) for module in modules)]
    return tuple(sorted({test for one in about for test in one.tests}))


def tests_of(change: Mutant) -> tuple[str, ...]:
    """Return the tests that stand for what is not simulated."""
    return tuple(dict.fromkeys(test for one in SURVIVORS if one.is_about(change) for test in one.tests))


def explanation(change: Mutant) -> str:
    """Return why there is nothing to notice, or nothing."""
    return next((one.why for one in SURVIVORS if one.why and one.is_about(change)), "")
