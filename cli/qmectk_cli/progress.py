"""Progress of long work, on stderr: bars on a terminal, else one line when a wait of up to a minute begins."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

from qmectk.presenting.quoting import visible
from qmectk.timing.budget import COMPILING

from .failures import say

#: Seconds between two updates of a bar; backends may report thousands of times a second.
PAUSE = 0.05


class _Unwatched:
    """Without a terminal: no bars, but compilation is said once."""

    def __init__(self) -> None:
        self.said = False

    def __call__(self, label: str, done: float, total: float | None) -> None:
        if label == COMPILING and not self.said:
            self.said = True
            say("Code is compiled, once on this machine: up to a minute ('qmectk warm-up' does so beforehand)")


@contextlib.contextmanager
def progress(note: Callable[[], str] = str) -> Iterator[Callable[[str, float, float | None], None]]:
    """A ``report(label, done, total)`` callback that draws one bar a label on a terminal, and ``note()`` behind it."""
    if not sys.stderr.isatty():
        yield _Unwatched()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    words = [TextColumn(f"{{task.{field}}}", markup=False) for field in ("description", "fields[note]")]
    columns = (words[0], BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), words[1])
    with Progress(*columns, console=Console(stderr=True, markup=False), transient=True, redirect_stdout=False) as bar:
        tasks: dict[str, int] = {}
        last: dict[str, float] = {}

        def report(label: str, done: float, total: float | None) -> None:
            now = time.monotonic()
            if now - last.get(label, 0.0) < PAUSE and done != total:
                return
            last[label] = now
            if label not in tasks:
                tasks[label] = bar.add_task(visible(label), total=total, note="")
            bar.update(tasks[label], completed=done, total=total, note=note())  # type: ignore[arg-type]  # an int

        yield report
