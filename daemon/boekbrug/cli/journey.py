"""Progress of a run on standard error, and what was counted on the way."""

from collections import Counter
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from boekbrug.sync.steps import Step

_STAGES = {"fetched": "fetch", "composed": "compose", "delivered": "deliver"}
_WIDTH = 36


class Journey:
    """Follows the steps of one licence's run: a bar per stage, each measured by what came out of the one before."""

    def __init__(self, title: str) -> None:
        self.counts: Counter[str] = Counter()
        self.failed: list[str] = []
        console = Console(stderr=True, highlight=False)
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓[/]"),
            TextColumn("{task.description:<8}"),
            BarColumn(bar_width=_WIDTH, complete_style="cyan", finished_style="green"),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        if console.is_terminal:
            console.print(title, style="bold")
        self._tasks = {phase: self._progress.add_task(name, total=None, start=False) for phase, name in _STAGES.items()}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for phase, task in self._tasks.items():
            self._progress.update(task, total=self.counts[phase], completed=self.counts[phase])
        self._progress.stop()

    def follow(self, steps: Iterable[Step]) -> None:
        """Take all steps of a run."""
        for step in steps:
            self.counts[step.phase] += step.done
            if step.phase in self._tasks:
                self._show(step)
            elif step.phase.endswith("-failed") or step.phase == "claim-lost":
                self.failed.append(step.phase)

    def _show(self, step: Step) -> None:
        phases = list(_STAGES)
        before = phases.index(step.phase) - 1
        total = step.total if before < 0 else max(self.counts[phases[before]], self.counts[step.phase])
        self._progress.start_task(self._tasks[step.phase])
        self._progress.update(self._tasks[step.phase], completed=self.counts[step.phase], total=total)
