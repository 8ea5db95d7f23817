"""What ``qmectk.compare`` returns: the runs as a DataFrame, and what can be asked of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame

    from .study import Study


@dataclass(frozen=True, repr=False)
class Comparison:
    """The runs of a study.

    Attributes
    ----------
    frame
        One row a run; the columns are those of :mod:`qmectk.comparing.schema`.
    study
        What was asked.
    store
        The file they are kept in, None when they were not to be kept.
    """

    frame: DataFrame
    study: Study
    store: Path | None = None

    def __repr__(self) -> str:
        kept = f", kept in {self.store}" if self.store else ""
        return f"<Comparison '{self.study.study}': {len(self.frame)} runs{kept}>"

    def __len__(self) -> int:
        return len(self.frame)

    def summary(self, **settings: Any) -> Any:
        """A row a backend and problem: shares proved, feasible and failed, gaps, times, with intervals."""
        from .statistics import summarize

        return summarize(self.frame, **settings)

    def penalties(self) -> DataFrame:
        """The curve over the penalty factor; see :func:`qmectk.comparing.penalties.sweep_curve`."""
        from .penalties import sweep_curve

        return sweep_curve(self.frame)

    def failures(self) -> DataFrame:
        """The runs that did not end well, with their reasons."""
        columns = ["problem", "instance", "backend", "preset", "seed", "status", "reason"]
        return self.frame.loc[self.frame["status"] != "ok", columns]

    def export(self, path: str | Path) -> None:
        """Write the runs to a .csv or .parquet file."""
        from .table import export

        export(self.frame, path)

    def report(self, path: str | Path, title: str | None = None) -> None:
        """Write a report; the suffix decides: .html, .md or .tex."""
        from .report import write_report

        write_report(self.frame, Path(path), title or self.study.study)
