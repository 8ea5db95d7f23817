"""HiGHS on the Capacity view through its own interface: one model, kept and updated from slot to slot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .simplex import dual_bound

Array = NDArray[np.float64]

#: Takes the worth of an allocation and a proved bound.
Tell = Callable[[float, float], None]

#: HiGHS's primal and dual feasibility, and the integrality it accepts.
TOLERANCE = 1e-7


@dataclass(frozen=True)
class Found:
    """An allocation (or None), a proved bound, and whether HiGHS finished."""

    y: Array | None
    bound: float
    finished: bool


class KeptModel:
    """A HiGHS model of fixed shape whose numbers change.

    Every solve starts cold, so that an answer depends on its instance alone and not on what was solved before.
    """

    def __init__(self, devices: int, columns: int, *, whole: bool, threads: int = 1) -> None:
        import highspy

        self.shape, self.whole = (devices, columns), whole
        self.highs = highspy.Highs()
        self.highs.setOptionValue("output_flag", False)
        self.highs.setOptionValue("threads", threads)
        self.highs.passModel(self._structure(highspy))

    def _structure(self, highspy: Any) -> Any:
        """Columns y, then z; rows radio, server, y <= z, one server."""
        devices, columns = self.shape
        n = devices * columns
        width = 2 * n if self.whole else n
        lp = highspy.HighsLp()
        lp.num_col_ = width
        lp.num_row_ = devices + columns + (n + devices if self.whole else 0)
        lp.sense_ = highspy.ObjSense.kMaximize
        lp.col_cost_ = np.zeros(width)
        lp.col_lower_, lp.col_upper_ = np.zeros(width), np.ones(width)
        infinite = highspy.kHighsInf
        lp.row_lower_ = np.full(lp.num_row_, -infinite)
        upper = np.ones(lp.num_row_)
        upper[devices + columns : devices + columns + n] = 0.0 if self.whole else 1.0
        lp.row_upper_ = upper
        starts, index, values = [0], [], []
        for m in range(devices):
            for k in range(columns):
                index += [m, devices + k]
                values += [1.0, 1.0]
                if self.whole:
                    index.append(devices + columns + m * columns + k)
                    values.append(1.0)
                starts.append(len(index))
        if self.whole:
            for m in range(devices):
                for k in range(columns):
                    index += [devices + columns + m * columns + k, devices + columns + n + m]
                    values += [-1.0, 1.0]
                    starts.append(len(index))
            lp.integrality_ = [highspy.HighsVarType.kContinuous] * n + [highspy.HighsVarType.kInteger] * n
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_, lp.a_matrix_.index_ = np.array(starts), np.array(index)
        lp.a_matrix_.value_ = np.array(values)
        return lp

    def update(self, value: Array, load: Array, capacity: Array) -> None:
        """Take the numbers of a slot; shapes as in :class:`~qmectk.views.capacity.Capacity`."""
        import highspy

        devices, columns = self.shape
        n, h = devices * columns, self.highs
        self.value, self.load, self.capacity = value, load, capacity
        self.scale = max(float(np.max(np.abs(value), initial=0.0)), 1e-300)
        flat, loads = (value / self.scale).ravel(), load.ravel()
        h.changeColsCost(n, np.arange(n, dtype=np.int32), flat)
        # what is worth nothing is never used, so that optima are unique
        h.changeColsBounds(n, np.arange(n, dtype=np.int32), np.zeros(n), (flat > 0.0).astype(float))
        for j in range(n):
            h.changeCoeff(devices + j % columns, j, float(loads[j]))
        for k in range(columns):
            limit = float(capacity[k])
            h.changeRowBounds(devices + k, -highspy.kHighsInf, limit if np.isfinite(limit) else highspy.kHighsInf)

    def solve(self, *, gap: float, seconds: float | None, seed: int, tell: Tell | None = None) -> Found:
        """Solve with the numbers of the last update.

        Parameters
        ----------
        gap, seconds, seed
            Relative gap to prove, limit (None for no limit), and seed of HiGHS.
        tell
            Called with the worth and the bound whenever branch and bound finds a better allocation.
        """
        import highspy

        devices, columns = self.shape
        n, h, scale = devices * columns, self.highs, self.scale
        h.setOptionValue("mip_rel_gap", gap)
        h.setOptionValue("mip_abs_gap", 0.0)
        h.setOptionValue("random_seed", seed % 2**31)
        h.setOptionValue("time_limit", highspy.kHighsInf if seconds is None else max(seconds, 1e-3) + h.getRunTime())
        h.clearSolver()
        if tell is None or not self.whole:
            h.run()
        else:
            self._run_and(tell)
        finished = h.getModelStatus() == highspy.HighsModelStatus.kOptimal
        solution = h.getSolution()
        point = np.asarray(solution.col_value, dtype=float)
        found = len(point) >= n and (finished or h.getInfo().primal_solution_status == 2)
        if self.whole:
            bound = h.getInfo().mip_dual_bound * scale
        else:
            price = np.zeros(columns)
            if finished:
                price = np.maximum(np.asarray(solution.row_dual[devices : devices + columns]), 0.0) * scale
                price[~np.isfinite(self.capacity)] = 0.0
            value, load = np.ascontiguousarray(self.value), np.ascontiguousarray(self.load)
            bound = dual_bound(value, load, self.capacity, price)
        if not found:
            return Found(None, float(bound), False)
        return Found(self._allocation(point), float(bound), finished)

    def _allocation(self, point: Array) -> Array:
        """A feasible y, shape (devices, columns), from HiGHS's columns."""
        n = self.value.size
        y = np.clip(point[:n], 0.0, 1.0).reshape(self.shape)
        if self.whole:
            y = np.where(point[n:].reshape(self.shape) > 0.5, y, 0.0)
        return fitted(y, self.load, self.capacity)

    def _run_and(self, tell: Tell) -> None:
        """Run branch and bound, telling of every better allocation."""

        def improved(event: Any) -> None:
            y = self._allocation(np.asarray(event.data_out.mip_solution, dtype=float))
            tell(float(np.sum(y * self.value)), float(event.data_out.mip_dual_bound) * self.scale)

        self.highs.cbMipImprovingSolution.subscribe(improved)
        try:
            self.highs.run()
        finally:
            self.highs.cbMipImprovingSolution.unsubscribe(improved)


def fitted(y: Array, load: Array, capacity: Array) -> Array:
    """y scaled down where rounding left it outside by a hair."""
    y = y / np.maximum(1.0, y.sum(axis=1, keepdims=True))
    used = np.sum(load * y, axis=0)
    scale: Array = y * np.minimum(1.0, np.divide(capacity, used, out=np.ones_like(used), where=used > capacity))
    return scale
