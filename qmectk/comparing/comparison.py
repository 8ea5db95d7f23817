"""What ``qmectk.compare`` returns: the runs as a DataFrame, and what can be asked of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..presenting.page import Block, Presented
from .studies.arguments import check_report, check_reporting

if TYPE_CHECKING:
    from pandas import DataFrame

    from .studies.study import Study


@dataclass(frozen=True, repr=False)
class Comparison(Presented):
    """The runs of a study.

    Attributes
    ----------
    frame
        One row a run; the columns are those of :mod:`qmectk.comparing.storage.schema`.
    study
        What was asked.
    store
        The file they are kept in, None when they were not to be kept.
    notes
        What to know before its numbers are read.
    """

    frame: DataFrame
    study: Study
    store: Path | None = None
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        kept = f", kept in {self.store}" if self.store else ""
        return f"<Comparison '{self.study.study}': {len(self.frame)} runs{kept}>"

    def __len__(self) -> int:
        return len(self.frame)

    def page(self) -> list[Block]:
        """The table that ``qmectk compare`` prints."""
        from ..presenting.comparison import page_of

        return page_of(self.as_dict())

    def as_dict(self, report: Path | None = None) -> dict[str, Any]:
        """Plain values, ready for JSON: what was run, and a row for each problem and backend.

        `report` is the file of a report that was written of it.
        """
        from ..presenting.comparison import plain_comparison

        kept, wrote = (None if path is None else str(path) for path in (self.store, report))
        about = {"study": self.study.study, "store": kept, "report": wrote}
        return about | plain_comparison(self.frame, self.notes)

    def to_pandas(self) -> DataFrame:
        """The runs: :attr:`frame`, with what horizons came to in columns of their own."""
        from .statistics import spread

        return spread(self.frame) if self.study.slots is not None else self.frame

    def plot(self, **settings: Any) -> Any:
        """How good the answers are: :meth:`gap_distribution`; of controllers :meth:`trajectory`."""
        if self.study.slots is not None:
            return self.trajectory(**settings)
        return self.gap_distribution(**settings)

    def summary(self, **settings: Any) -> Any:
        """A row a backend and problem: shares proved, feasible and failed, gaps, times, with intervals.

        `settings` are those of :func:`qmectk.comparing.statistics.summarize`; the target gap is the study's. Of
        controllers over horizons: :func:`qmectk.comparing.statistics.summarize_horizons`.
        """
        from .statistics import summarize, summarize_horizons

        if self.study.slots is not None:
            return summarize_horizons(self.frame, **settings)
        return summarize(self.frame, **self._aimed(settings))

    def penalties(self) -> DataFrame:
        """The curve over the penalty factor; see :func:`qmectk.comparing.statistics.sweep.sweep_curve`."""
        from .statistics import sweep_curve

        return sweep_curve(self.frame)

    def failures(self) -> DataFrame:
        """The runs that did not end well, with their reasons."""
        columns = ["problem", "instance", "backend", "preset", "seed", "status", "reason"]
        return self.frame.loc[self.frame["status"] != "ok", columns]

    def performance_profile(self, **settings: Any) -> Any:
        """Dolan-More profile as a plotly figure; see :mod:`qmectk.comparing.report.plots`."""
        return self._plot("performance_profile", **self._aimed(settings))

    def time_profile(self, **settings: Any) -> Any:
        """Data profile (share of instances settled within a time) as a plotly figure."""
        return self._plot("time_profile", **self._aimed(settings))

    def gap_distribution(self, **settings: Any) -> Any:
        """Share of runs within a gap, as a plotly figure."""
        return self._plot("gap_distribution", **settings)

    def gap_over_time(self, **settings: Any) -> Any:
        """Gap of the incumbents over time as a plotly figure."""
        return self._plot("gap_over_time", **settings)

    def scatter(self, **settings: Any) -> Any:
        """One point a run, as a plotly figure; `x` and `y` name columns."""
        return self._plot("scatter", **settings)

    def time_to_target(self, **settings: Any) -> Any:
        """Share of runs that reached `target_gap` over time, as a plotly figure."""
        return self._plot("time_to_target", **self._aimed(settings))

    def critical_difference(self, **settings: Any) -> Any:
        """Mean ranks with their critical difference, as a plotly figure."""
        return self._plot("critical_difference", **settings)

    def where_time_goes(self, **settings: Any) -> Any:
        """Conversion, compilation and solving as shares of a run, training beside them, as a plotly figure."""
        return self._plot("where_time_goes", **settings)

    def penalty_sweep(self, **settings: Any) -> Any:
        """Feasible samples, runs with a feasible point and mean gap over the penalty factor, as a plotly figure.

        Raises
        ------
        InputError
            When no run went through penalties.
        """
        return self._plot("penalty_sweep", **settings)

    def trajectory(self, record: str | None = None, **settings: Any) -> Any:
        """A record over the slots (the goal when left out), a line a contender, as a plotly figure."""
        return self._plot("trajectory", record=record, **settings)

    def trade_off(self, **settings: Any) -> Any:
        """The goal against the backlog over a sweep (of V), with the bound, as a plotly figure.

        Raises
        ------
        InputError
            When nothing was swept.
        """
        return self._plot("trade_off_curve", **settings)

    def _aimed(self, settings: dict[str, Any]) -> dict[str, Any]:
        """The settings with the study's target gap where they have none."""
        settings = {"target_gap": self.study.target_gap, **settings}
        given = settings["target_gap"]
        if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0.0 < given < math.inf:
            raise InputError(f"the target gap must be a number above 0, not {given!r}", "give 0.001 for 0.1 %")
        return settings

    def _plot(self, name: str, **settings: Any) -> Any:
        check_reporting()
        from .report import plots

        return getattr(plots, name)(self.frame, **settings)

    def export(self, path: str | Path) -> None:
        """Write the runs to a .csv or .parquet file."""
        from .storage.table import export

        export(self.frame, path)

    def figures(
        self, folder: str | Path, formats: Iterable[str] = ("pdf",), columns: int = 1, **settings: Any
    ) -> list[Path]:
        """Write the figures of the report into a folder, for papers; returns the files.

        `formats` are of "pdf", "svg", "pgf" and "png", `columns` (1 or 2) those of a page that a figure spans. Any one
        of them as a figure of matplotlib: ``qmectk.comparing.report.printed(comparison.gap_distribution(), columns)``.
        """
        check_reporting()
        from .report import write_figures

        return write_figures(self.frame, folder, formats=formats, columns=columns, **self._aimed(settings))

    def report(self, path: str | Path, title: str | None = None, **settings: Any) -> None:
        """Write a report (.html, .md, .tex) or its summary (.csv, .parquet). `target_gap` replaces the study's."""
        from .report import write_report

        aimed = self._aimed(settings)
        check_report(Path(path))
        write_report(self.frame, Path(path), title or self.study.study, notes=self.notes, **aimed)
