"""What a simulation found: records a slot, and their summary."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..judging.certificate import relative_gaps
from ..presenting.page import Presented
from ..solution import plain
from ..status import FEASIBILITY_TOLERANCE

if TYPE_CHECKING:
    from pandas import DataFrame

Array = NDArray[np.float64]


def smooth(series: Any, most: int = 400) -> tuple[Any, Any]:
    """Means over windows of one length, at most `most` of them, and the slots at their middles.

    >>> [part.tolist() for part in smooth([1.0, 3.0, 5.0, 7.0, 9.0], most=3)]
    [[0.5, 2.5], [2.0, 6.0]]
    """
    width = max(1, -(-len(series) // most))
    used = len(series) // width * width
    return np.arange(used).reshape(-1, width).mean(axis=1), np.asarray(series)[:used].reshape(-1, width).mean(axis=1)


#: Records the loop itself makes; the process adds its own.
OWN = ("objective", "bound", "violation", "replaced", "seconds")


@dataclass(frozen=True, repr=False)
class Trajectory(Presented):
    """One controlled run.

    Attributes
    ----------
    problem, title
        Family, and the preset with what departs from it.
    backend, via
        What was asked, and who answered (``exact`` delegates).
    settings
        Top-level keys of the problem that this run replaced (V).
    seed, problem_seed
        Of the backend, and of arrivals and channels: the same for every backend.
    slots
        Slots asked for; the records may be shorter when time ran out.
    records
        Name -> one number a slot: measured objective, bound and violation of the slot's problem, whether doing
        nothing had to replace the answer, solver seconds, and what the process records.
    backlogs
        Which records are queue lengths.
    horizon
        The bound over the second half of the slots taken together, when asked for.
    unmet
        What the process promises of long-run averages and this run did not keep, one sentence; "" where all is kept.
    """

    problem: str
    title: str
    backend: str
    via: str
    options: dict[str, Any]
    settings: dict[str, Any]
    seed: int
    problem_seed: int
    slots: int
    sense: int
    unit: str
    goal: str
    records: dict[str, Array]
    backlogs: tuple[str, ...]
    units: dict[str, str]
    seconds: float
    route: list[dict[str, str]]
    horizon: dict[str, Any] | None = None
    derived: dict[str, float] = field(default_factory=dict)
    unmet: str = ""
    training: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Simulation of {self.problem} by {self.backend}: {self.done} of {self.slots} slots>"

    def to_pandas(self) -> DataFrame:
        """The records as a table: one row per slot, one column per record, units in ``attrs``."""
        from pandas import DataFrame

        table = DataFrame(self.records)
        table.index.name = "slot"
        table.attrs["units"] = dict(self.units)
        return table

    @property
    def done(self) -> int:
        """Slots simulated."""
        return len(self.records["objective"])

    @property
    def complete(self) -> bool:
        """Whether all slots were reached."""
        return self.done >= self.slots

    @property
    def facts(self) -> list[str]:
        """Names of the process's own records."""
        return [name for name in self.records if name not in OWN]

    @property
    def median_seconds(self) -> float:
        """Seconds to decide a typical slot; the first one may include compilation."""
        return float(np.median(self.records["seconds"])) if self.done else 0.0

    def means(self, share: float = 1.0) -> dict[str, float]:
        """Averages of the process's records over the last `share` of the slots."""
        start = min(int((1.0 - share) * self.done), max(self.done - 1, 0))
        return {name: float(np.mean(self.records[name][start:])) for name in self.facts} if self.done else {}

    def queues(self) -> dict[str, dict[str, float]]:
        """Of each queue: its last length, and length over time at T/4, T/2 and T; stable queues fall towards 0."""
        out: dict[str, dict[str, float]] = {}
        for name in self.backlogs if self.done else ():
            length = self.records[name]
            marks = {"quarter": max(self.done // 4, 1), "half": max(self.done // 2, 1), "end": self.done}
            out[name] = {"last": float(length[-1]), **{at: float(length[t - 1] / t) for at, t in marks.items()}}
        return out

    def rates(self) -> dict[str, float]:
        """Length over time of each queue at the end, Q(T)/T."""
        return {name: marks["end"] for name, marks in self.queues().items()}

    def thinned(self, most: int = 200) -> dict[str, list[float]]:
        """The process's records at no more than `most` places: means over windows, to six digits, and their ``slot``.

        Records that never change are left out.
        """
        names = [name for name in self.facts if self.done and np.ptp(self.records[name]) > 0]
        out = {name: smooth(self.records[name], most) for name in names}
        slots = {"slot": next(iter(out.values()))[0].tolist()} if out else {}
        return slots | {name: [float(f"{x:.6g}") for x in means] for name, (_, means) in out.items()}

    @property
    def gaps(self) -> Array:
        """Relative gap of every slot to the proved bound of its problem; nan where none is known."""
        objective, bound = self.records["objective"], self.records["bound"]
        return np.maximum(relative_gaps(objective, bound, self.sense), 0.0)

    def gap(self) -> tuple[float | None, float | None]:
        """Gap of the sums over all slots, and the largest of a slot; None without bounds for all of them."""
        objective, bound = self.records["objective"], self.records["bound"]
        if not self.done or not np.isfinite(bound).all():
            return None, None
        total = float(np.sum(self.sense * (bound - objective)))
        scale = float(np.sum(np.abs(bound))) or float(np.sum(np.abs(objective))) or 1.0
        return max(0.0, total / scale), float(np.max(self.gaps))

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; the records themselves go to a trace file."""
        mean_gap, worst_gap = self.gap()
        found = {
            "problem": self.problem,
            "preset": self.title,
            "backend": self.backend,
            "via": self.via,
            "options": self.options,
            "settings": self.settings,
            "seed": self.seed,
            "problem_seed": self.problem_seed,
            "slots": self.slots,
            "done": self.done,
            "averages": self.means(),
            "second_half": self.means(0.5),
            "derived": self.derived,
            "queues": self.queues(),
            "objective": float(np.mean(self.records["objective"])) if self.done else None,
            "unit": self.unit,
            "gap": mean_gap,
            "worst_gap": worst_gap,
            "violation": float(np.max(self.records["violation"], initial=0.0)),
            "infeasible_slots": int(np.sum(self.records["violation"] > FEASIBILITY_TOLERANCE)),
            "replaced_slots": int(np.sum(self.records["replaced"])),
            "ms_per_slot": 1e3 * float(np.mean(self.records["seconds"])) if self.done else None,
            "median_ms": 1e3 * self.median_seconds,
            "seconds": self.seconds,
            "unmet": self.unmet,
            "horizon": self.horizon,
            "training": self.training,
            "route": self.route,
            "warnings": list(self.warnings),
            "faults": list(self.faults),
        }
        out: dict[str, Any] = plain(found)
        return out
