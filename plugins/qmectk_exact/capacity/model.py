"""HiGHS on the Capacity view through its own interface: one model, kept and updated from slot to slot.

It is given scaled numbers (powers of two), as the tableau of :mod:`.simplex` is: y_mk = 2^share t_mk with t <= 1, a
capacity next to 1, and an objective in which the best column earns about 1. Its tolerances are absolute.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk_mip.engine import quiet

from .bound import best_bound
from .simplex import fit

Array = NDArray[np.float64]

#: Takes the worth of an allocation and a proved bound.
Tell = Callable[[float, float], None]

#: HiGHS's primal and dual feasibility and the integrality it accepts, on scaled numbers.
TOLERANCE = 1e-9

#: Entries of the scaled model that span more than this are solved a second time, without presolve: HiGHS's presolve
#: has proved wrong optima where rows span 1e12 or more.
WIDE = 1e6

#: Relative difference of two solves that disagree.
DISAGREE = 1e-7


@dataclass(frozen=True)
class Found:
    """An allocation (or None), a bound, whether HiGHS finished, and the relative tolerance of its bound."""

    y: Array | None
    bound: float
    finished: bool
    tolerance: float = 0.0


class KeptModel:
    """A HiGHS model of fixed shape whose numbers change.

    Every solve starts cold, so that an answer depends on its instance alone and not on what was solved before.
    """

    def __init__(self, devices: int, columns: int, *, whole: bool, threads: int = 1) -> None:
        import highspy

        self.shape, self.whole = (devices, columns), whole
        self.highs = quiet()
        self.highs.setOptionValue("threads", threads)
        for name in ("primal_feasibility", "dual_feasibility", "mip_feasibility"):
            self.highs.setOptionValue(f"{name}_tolerance", TOLERANCE)
        self.lp = self._structure(highspy)

    def _structure(self, highspy: Any) -> Any:
        """Columns y, then z; rows radio, server, y <= z, one server."""
        devices, columns = self.shape
        n = devices * columns
        width = 2 * n if self.whole else n
        lp = highspy.HighsLp()
        lp.num_col_ = width
        lp.num_row_ = devices + columns + (n + devices if self.whole else 0)
        lp.sense_ = highspy.ObjSense.kMaximize
        lp.col_lower_ = np.zeros(width)
        infinite = highspy.kHighsInf
        lp.row_lower_ = np.full(lp.num_row_, -infinite)
        self.upper = np.ones(lp.num_row_)
        self.upper[devices + columns : devices + columns + n] = 0.0 if self.whole else 1.0
        starts, index, values = [0], [], []
        for m in range(devices):
            for k in range(columns):
                index += [m, devices + k]
                if self.whole:
                    index.append(devices + columns + m * columns + k)
                starts.append(len(index))
        values = [1.0] * len(index)
        if self.whole:
            for m in range(devices):
                for k in range(columns):
                    index += [devices + columns + m * columns + k, devices + columns + n + m]
                    values += [-1.0, 1.0]
                    starts.append(len(index))
            lp.integrality_ = [highspy.HighsVarType.kContinuous] * n + [highspy.HighsVarType.kInteger] * n
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_, lp.a_matrix_.index_ = np.array(starts), np.array(index)
        self.entries = np.array(values)
        return lp

    def update(self, value: Array, load: Array, capacity: Array) -> None:
        """Take the numbers of a slot; shapes as in :class:`~qmectk.views.capacity.Capacity`."""
        import highspy

        devices, columns = self.shape
        n, lp = devices * columns, self.lp
        self.value, self.load, self.capacity = value, load, capacity
        limited = np.isfinite(capacity)
        room = np.where(limited, np.frexp(np.where(limited, capacity, 1.0))[1], 0)
        over = (load > capacity) & (capacity > 0.0)
        self.share = np.where(over, np.minimum(room - np.frexp(load)[1] + 1, 0), 0)
        earned = np.ldexp(np.maximum(value, 0.0), self.share)
        self.scale, self.room = int(np.frexp(earned.max(initial=0.0))[1]), room
        flat = np.ldexp(earned, -self.scale).ravel()
        loads, radio = np.ldexp(load, self.share - room).ravel(), np.ldexp(1.0, self.share).ravel()
        self.span = _span(flat, loads[np.tile(limited, devices)], radio)
        rows = 3 if self.whole else 2  # of the rows that a column stands in, radio and server come first
        self.entries[0 : rows * n : rows] = radio
        self.entries[1 : rows * n : rows] = np.where(np.tile(limited, devices), loads, 0.0)
        rest = np.zeros(lp.num_col_ - n)
        lp.a_matrix_.value_ = self.entries
        lp.col_cost_ = np.concatenate([flat, rest])
        # what is worth nothing is never used, so that optima are unique
        lp.col_upper_ = np.concatenate([flat > 0.0, rest + 1.0])
        self.upper[devices : devices + columns] = np.where(limited, np.ldexp(capacity, -room), highspy.kHighsInf)
        lp.row_upper_ = self.upper
        self.highs.passModel(lp)

    def solve(self, *, gap: float, seconds: float | None, seed: int, tell: Tell | None = None) -> Found:
        """Solve with the numbers of the last update.

        Parameters
        ----------
        gap, seconds, seed
            Relative gap to prove, limit (None for no limit), and seed of HiGHS.
        tell
            Called with the worth and the bound whenever branch and bound finds a better allocation.

        Notes
        -----
        A linear problem's bound is weak duality at HiGHS's prices, rounded upwards. That of branch and bound is
        HiGHS's own; where the numbers are wide it counts only if a second solve without presolve says the same.
        """
        deadline = None if seconds is None else time.perf_counter() + seconds
        found = self._solve(gap, deadline, seed, tell)
        if not self.whole or not found.finished or self.span <= WIDE:
            return found
        self.highs.setOptionValue("presolve", "off")
        try:
            again = self._solve(gap, deadline, seed + 1, None)
        finally:
            self.highs.setOptionValue("presolve", "choose")
        if again.finished and abs(again.bound - found.bound) <= DISAGREE * abs(found.bound):
            return replace(found, bound=max(found.bound, again.bound))
        return replace(found, bound=np.inf, finished=False)

    def _solve(self, gap: float, deadline: float | None, seed: int, tell: Tell | None) -> Found:
        import highspy

        devices, columns = self.shape
        n, h = devices * columns, self.highs
        h.setOptionValue("mip_rel_gap", gap)
        h.setOptionValue("mip_abs_gap", 0.0)
        h.setOptionValue("random_seed", seed % 2**31)
        left = highspy.kHighsInf if deadline is None else max(deadline - time.perf_counter(), 1e-3) + h.getRunTime()
        h.setOptionValue("time_limit", left)
        h.clearSolver()
        if tell is None or not self.whole:
            h.run()
        else:
            self._run_and(tell)
        finished = h.getModelStatus() == highspy.HighsModelStatus.kOptimal
        solution = h.getSolution()
        point = np.asarray(solution.col_value, dtype=float)
        found = len(point) >= n and (finished or h.getInfo().primal_solution_status == 2)
        y = self._allocation(point) if found else None
        if self.whole:
            bound = float(np.ldexp(h.getInfo().mip_dual_bound, self.scale))
            # every column may be off by the tolerance, and earns at most 2^scale
            off = TOLERANCE * n * float(np.ldexp(1.0, self.scale))
            return Found(y, bound, finished, off / bound if 0.0 < bound < np.inf else 0.0)
        price = np.zeros(columns)
        if finished:
            dual = np.maximum(np.asarray(solution.row_dual[devices : devices + columns]), 0.0)
            price = np.where(np.isfinite(self.capacity), np.ldexp(dual, self.scale - self.room), 0.0)
        worth = 0.0 if y is None else float(np.sum(y * self.value))
        return Found(y, best_bound(self.value, self.load, self.capacity, price, worth), finished)

    def _allocation(self, point: Array) -> Array:
        """A feasible y, shape (devices, columns), from HiGHS's columns."""
        n = self.value.size
        y = np.ldexp(np.clip(point[:n], 0.0, 1.0).reshape(self.shape), self.share)
        if self.whole:
            y = np.where(point[n:].reshape(self.shape) > 0.5, y, 0.0)
        y = np.ascontiguousarray(y)
        fit(y, self.load, self.capacity)
        return y

    def _run_and(self, tell: Tell) -> None:
        """Run branch and bound, telling of every better allocation."""

        def improved(event: Any) -> None:
            y = self._allocation(np.asarray(event.data_out.mip_solution, dtype=float))
            tell(float(np.sum(y * self.value)), float(np.ldexp(event.data_out.mip_dual_bound, self.scale)))

        self.highs.cbMipImprovingSolution.subscribe(improved)
        try:
            self.highs.run()
        finally:
            self.highs.cbMipImprovingSolution.unsubscribe(improved)


def _span(*entries: Array) -> float:
    """The largest over the least of the numbers other than 0."""
    sizes = np.concatenate([np.abs(numbers[numbers != 0.0]) for numbers in entries])
    return float(sizes.max() / sizes.min()) if len(sizes) else 1.0
