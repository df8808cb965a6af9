"""Ask a plugin about many things at once; one that it trips over does not keep the others unanswered."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from sqlalchemy.exc import OperationalError

from boekbrug.contract import BoekbrugError, PluginBug, Problem, RefusedCall, Target
from boekbrug.sync.workplace import Workplace

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Tripped(NamedTuple):
    """The plugin met a bug over this one, asked by itself."""

    error: Exception

    def problem(self, verb: str) -> Problem:
        """Return the problem of what can go no further because of it."""
        return Problem(code="plugin-bug", facts={"verb": verb, "error": repr(self.error)})


def ask(
    work: Workplace,
    target: Target,
    verb: str,
    items: Sequence[Item],
    question: Callable[[Sequence[Item]], Sequence[Answer]],
) -> list[Answer | Tripped]:
    """Ask about all together, and one by one when the plugin meets a bug or the call is refused for good.

    Raise what keeps the target from answering at all.
    """
    if not items:
        return []
    try:
        with work.metrics.timed(target.name, verb):
            answers = question(items)
        if len(answers) != len(items):
            raise PluginBug(verb=verb, asked=str(len(items)), answered=str(len(answers)))
        return list(answers)
    except (PluginBug, RefusedCall) as error:
        failed: Exception = error
    except (BoekbrugError, OperationalError):
        # our own database may be away: budgets and grants are kept in it
        raise
    except Exception as error:  # noqa: BLE001 - whatever a plugin raises, the others are answered
        failed = error
    work.log.warning("plugin.failed", verb=verb, items=len(items), error=repr(failed))
    if len(items) == 1:
        return [Tripped(failed)]
    return [answer for one in items for answer in ask(work, target, verb, [one], question)]
