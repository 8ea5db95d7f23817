"""Solutions: what the core measured, never what a backend claimed."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import InputError
from .judging.certificate import Certificate, Reference
from .learning.recovery import recoveries
from .presenting.facts import MOST_INFO, words
from .presenting.page import Block, Presented
from .status import Quality, Termination

if TYPE_CHECKING:
    from pandas import DataFrame

    from .judging.floors import Floor


@dataclass(frozen=True, repr=False)
class Solution(Presented):
    """One answer, measured on the declared problem.

    Attributes
    ----------
    problem, backend, options, seed
        What was asked.
    termination
        How the backend stopped.
    quality
        What its point is, measured by the core.
    objective, unit, sense
        Measured objective (None without a point), its unit, +1 when maximised and -1 when minimised.
    violation
        Largest violation of a declared constraint, relative to the size of the constraint's terms at the point
        (:mod:`qmectk.judging.feasibility`); None without a point.
    certificate
        The best proved bound known, from the backend's own route or from the reference; None without one.
    values
        Variable name -> number or array; None without a point.
    seconds
        Wall-clock seconds of the backend, training excluded.
    compilation_seconds
        Those of them that went into embedding, transpiling or handing the model over to a solver's own format.
    route
        The views the instance went through, with the fidelity of each step.
    reference
        The certified reference it was set beside, or None.
    faults
        What the core refuses to believe: refuted bounds, claims that measure differently, crashes.
    reference_faults
        Those of them that are the reference's: a bound that the point of this solution refutes.
    notes
        What the core adds to its verdict: what a violation within the tolerance is worth.
    rounding
        What rounding can have done to the objective, in its unit; worked out where it decides, 0 elsewhere.
    raw_objective
        Measured objective of the point before the backend chose among candidates of its own (a policy's rounded
        action); None where it states none, or that one is not feasible.
    message, info
        The backend's own words and numbers.
    """

    problem: str
    backend: str
    options: dict[str, Any]
    seed: int
    termination: Termination
    quality: Quality
    objective: float | None
    unit: str
    sense: int
    violation: float | None
    certificate: Certificate | None
    values: dict[str, Any] | None
    seconds: float
    route: list[dict[str, str]]
    reference: Reference | None = None
    faults: tuple[str, ...] = ()
    message: str = ""
    info: dict[str, Any] = field(default_factory=dict)
    compilation_seconds: float = 0.0
    reference_faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    rounding: float = 0.0
    raw_objective: float | None = None

    @property
    def own_faults(self) -> tuple[str, ...]:
        """The faults that are the backend's."""
        return tuple(fault for fault in self.faults if fault not in self.reference_faults)

    @property
    def bound(self) -> float | None:
        """The certificate's bound, in the declared unit."""
        return self.certificate.bound if self.certificate else None

    @property
    def gap(self) -> float | None:
        """Relative gap of the measured objective to the bound; None unless the point is feasible and a bound known."""
        if self.certificate is None or self.objective is None or self.quality in (Quality.NONE, Quality.INFEASIBLE):
            return None
        return max(0.0, self.certificate.gap(self.objective, self.sense))

    @property
    def feasible(self) -> bool:
        """Whether there is a point and it meets every declared constraint."""
        return self.quality in (Quality.FEASIBLE, Quality.OPTIMAL)

    def page(self) -> list[Block]:
        """The facts that ``qmectk solve`` prints."""
        from .presenting.solution import facts_of

        return [facts_of(self)]

    def __repr__(self) -> str:
        from .presenting.wording import number, percent

        gap = f", gap {percent(self.gap)}" if self.gap is not None else ""
        value = f", objective {number(self.objective, 8)} {self.unit}".rstrip() if self.objective is not None else ""
        return f"<{type(self).__name__} of {self.problem} by {self.backend}: {self.quality.value}{value}{gap}>"

    def plot(self, columns: int | None = None) -> Any:
        """A matplotlib figure of the point, a panel a variable; `columns` of a page: see :func:`qmectk.figures.drawn`.

        Raises
        ------
        InputError
            When there is no point.
        """
        from .figures import drawn
        from .presenting.describing import draw

        if self.values is None:
            raise InputError(f"backend '{self.backend}' found no point that could be drawn")
        return drawn(draw, self._arrays(), f"{self.problem}, {self.backend}", columns=columns)

    def to_pandas(self) -> DataFrame:
        """The point: a row an element of a variable, with columns variable, element and value; none without a point."""
        from pandas import DataFrame

        rows = [(name, place, value) for name, array in self._arrays() for place, value in enumerate(array)]
        return DataFrame(rows, columns=["variable", "element", "value"])

    def _arrays(self) -> list[tuple[str, np.ndarray]]:
        return [(name, np.asarray(value, dtype=float).ravel()) for name, value in (self.values or {}).items()]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; numbers that JSON has no form for become None."""
        return {
            "problem": self.problem,
            "backend": self.backend,
            "options": plain(self.options),
            "seed": self.seed,
            "termination": self.termination.value,
            "quality": self.quality.value,
            "objective": plain(self.objective),
            "unit": self.unit,
            "sense": "maximize" if self.sense > 0 else "minimize",
            "bound": plain(self.bound),
            "gap": plain(self.gap),
            "violation": plain(self.violation),
            "raw_objective": plain(self.raw_objective),
            "seconds": self.seconds,
            "compilation_seconds": self.compilation_seconds,
            "certificate": plain(self.certificate.as_dict()) if self.certificate else None,
            "reference": plain(self.reference.as_dict()) if self.reference else None,
            "route": self.route,
            "faults": list(self.faults),
            "notes": list(self.notes),
            "message": self.message,
            "info": plain(self.info),
            "values": plain(self.values),
        }

    def to_json(self, indent: int | None = None) -> str:
        """``as_dict`` as JSON text."""
        return json.dumps(self.as_dict(), indent=indent, allow_nan=False)


@dataclass(frozen=True, repr=False)
class StreamSolution(Solution):
    """The answers to a stream of frames. `objective`, `bound` are means over its frames, `violation` the largest,
    `quality` the worst; arrays in `values` have a leading frame axis, and are lists of arrays where
    frames differ in size.

    Attributes
    ----------
    frames
        Number of frames answered.
    solutions
        One Solution a frame.
    changes
        Frames from which on the world is another one (:meth:`qmectk.Problem.changes`).
    floors
        What plain rules reach on the same frames, where it was asked for.
    """

    frames: int = 0
    solutions: Sequence[Solution] = ()
    changes: Sequence[int] = ()
    floors: Sequence[Floor] = ()

    @property
    def ratios(self) -> np.ndarray:
        """Objective over certified bound of each frame, shape (frames,); nan where either is missing."""
        return np.array([ratio_of(s.objective if s.feasible else None, s.bound) for s in self.solutions])

    @property
    def raw_ratios(self) -> np.ndarray:
        """The same of the points before the backend chose among its candidates."""
        return np.array([ratio_of(s.raw_objective, s.bound) for s in self.solutions])

    def plot(self, columns: int | None = None) -> Any:
        """A matplotlib figure of 1 - ratio over the frames, with the floors; see :mod:`qmectk.learning.recovery_plot`.

        `columns` of a page: see :func:`qmectk.figures.drawn`.
        """
        from .figures import drawn
        from .learning.recovery_plot import plot_ratios

        return drawn(plot_ratios, self, columns=columns)

    def recovery(self) -> list[dict[str, Any]]:
        """What every change of the world cost, and in how many frames it was made good.

        One entry a change and kind of action, "executed" and "rounded": :func:`qmectk.learning.recovery.recoveries`.
        """
        kinds = {"executed": self.ratios, "rounded": self.raw_ratios}
        return [
            {"action": kind, **entry.as_dict()}
            for kind, ratios in kinds.items()
            if np.isfinite(ratios).any()
            for entry in recoveries(ratios, self.changes, self.sense)
        ]

    def to_pandas(self) -> DataFrame:
        """One row per frame: objective, bound, gap, ratio, quality, violation and seconds."""
        from pandas import DataFrame

        names = ("objective", "bound", "gap", "violation", "seconds")
        table = DataFrame({name: [getattr(one, name) for one in self.solutions] for name in names}, dtype=float)
        table.insert(3, "ratio", self.ratios)
        table.insert(0, "quality", [one.quality.value for one in self.solutions])
        table.index.name = "frame"
        return table

    def as_dict(self) -> dict[str, Any]:
        ratios = self.ratios
        known = ratios[np.isfinite(ratios)]
        # for a minimisation the worst ratio is the largest
        worst = (np.min if self.sense > 0 else np.max)(known) if known.size else None
        optimal = [s.quality is Quality.OPTIMAL for s in self.solutions]
        stream = {
            "frames": self.frames,
            "mean_ratio": plain(float(np.mean(known))) if known.size == len(ratios) and known.size else None,
            "worst_ratio": plain(float(worst)) if known.size == len(ratios) and worst is not None else None,
            "mean_raw_ratio": plain(float(np.mean(self.raw_ratios))) if len(ratios) else None,
            "floors": [plain(floor.as_dict()) for floor in self.floors],
            "recovery": plain(self.recovery()),
            "share_optimal": float(np.mean(optimal)) if optimal else None,
            "share_feasible": float(np.mean([s.feasible for s in self.solutions])) if optimal else None,
            "seconds_per_frame": self.seconds / self.frames if self.frames else None,
        }
        out = super().as_dict()
        values = out.pop("values")
        return {**out, **stream, "values": values}


def ratio_of(objective: float | None, bound: float | None) -> float:
    """Objective over bound; nan where either is missing, and 1 where both are 0."""
    if objective is None or bound is None:
        return math.nan
    return objective / bound if bound != 0.0 else (1.0 if objective == 0.0 else math.nan)


def plain(value: Any) -> Any:
    """`value` with numpy taken out and non-finite numbers as None."""
    if isinstance(value, dict):
        return {words(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (np.floating, float)):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, (np.bool_, bool)):
        return bool(value)
    if isinstance(value, np.integer):
        return int(value)
    # what JSON has no form for must not cost the user the answer
    return value if value is None or isinstance(value, (str, int)) else words(value, MOST_INFO)
