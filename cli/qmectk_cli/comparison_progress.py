"""A study's progress on a terminal: one bar a backend, with what went wrong beside it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from qmectk.comparing.running.scheduler import Watcher
from qmectk.presenting.quoting import visible

from .failures import say

#: Statuses in the order they are counted beside a bar.
BAD = ("failed", "timeout", "crashed", "memory", "refused")


class Notes(Watcher):
    """Without a terminal: no bars, only what is worth saying once."""

    def noted(self, sentence: str) -> None:
        say(sentence)


class Bars(Watcher):
    """Draws on a rich Progress."""

    def __init__(self, progress: Any) -> None:
        self.progress = progress
        self.tasks: dict[tuple[str, str], Any] = {}
        self.counts: dict[tuple[str, str], dict[str, int]] = {}

    def planned(self, stage: str, totals: Mapping[str, int], stored: Mapping[str, int]) -> None:
        for backend, total in totals.items():
            name = visible(backend if stage == "runs" else f"{stage}: {backend}")
            before = stored.get(backend, 0)
            self.tasks[stage, backend] = self.progress.add_task(
                name, total=total, completed=before, note=f"{before} stored" if before else ""
            )

    def finished(self, stage: str, backend: str, row: Mapping[str, Any]) -> None:
        key = (stage, backend)
        status = str(row.get("status"))
        if status in BAD:
            counts = self.counts.setdefault(key, {})
            counts[status] = counts.get(status, 0) + 1
            note = ", ".join(f"{counts[s]} {s}" for s in BAD if s in counts)
            self.progress.update(self.tasks[key], note=note)
        self.progress.advance(self.tasks[key])

    def waiting(self, count: int) -> None:
        self.progress.console.print(f"{count} runs are in the hands of another process; waiting", highlight=False)

    def noted(self, sentence: str) -> None:
        self.progress.console.print(visible(sentence), highlight=False)


@contextlib.contextmanager
def bars() -> Iterator[Bars]:
    """A live display on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}", markup=False),
    )
    console = Console(stderr=True, markup=False)
    with Progress(*columns, console=console, transient=True, redirect_stdout=False) as progress:
        yield Bars(progress)
