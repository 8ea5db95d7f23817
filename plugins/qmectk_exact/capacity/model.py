"""HiGHS on the Capacity view through its own interface: one model, kept and updated from slot to slot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .simplex import dual_bound

Array = NDArray[np.float64]

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

    def solve(
        self, value: Array, load: Array, capacity: Array, *, gap: float, seconds: float | None, seed: int
    ) -> Found:
        """Solve with these numbers."""
        import highspy

        devices, columns = self.shape
        n, h = devices * columns, self.highs
        scale = max(float(np.max(np.abs(value), initial=0.0)), 1e-300)
        flat, loads = (value / scale).ravel(), load.ravel()
        h.changeColsCost(n, np.arange(n, dtype=np.int32), flat)
        # what is worth nothing is never used, so that optima are unique
        h.changeColsBounds(n, np.arange(n, dtype=np.int32), np.zeros(n), (flat > 0.0).astype(float))
        for j in range(n):
            h.changeCoeff(devices + j % columns, j, float(loads[j]))
        for k in range(columns):
            limit = float(capacity[k])
            h.changeRowBounds(devices + k, -highspy.kHighsInf, limit if np.isfinite(limit) else highspy.kHighsInf)
        h.setOptionValue("mip_rel_gap", gap)
        h.setOptionValue("mip_abs_gap", 0.0)
        h.setOptionValue("random_seed", seed % 2**31)
        h.setOptionValue("time_limit", highspy.kHighsInf if seconds is None else max(seconds, 1e-3) + h.getRunTime())
        h.clearSolver()
        h.run()
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
                price[~np.isfinite(capacity)] = 0.0
            bound = dual_bound(np.ascontiguousarray(value), np.ascontiguousarray(load), capacity, price)
        if not found:
            return Found(None, float(bound), False)
        y = np.clip(point[:n], 0.0, 1.0).reshape(self.shape)
        if self.whole:
            y = np.where(point[n:].reshape(self.shape) > 0.5, y, 0.0)
        return Found(fitted(y, load, capacity), float(bound), finished)


def fitted(y: Array, load: Array, capacity: Array) -> Array:
    """y scaled down where rounding left it outside by a hair."""
    y = y / np.maximum(1.0, y.sum(axis=1, keepdims=True))
    used = np.sum(load * y, axis=0)
    scale: Array = y * np.minimum(1.0, np.divide(capacity, used, out=np.ones_like(used), where=used > capacity))
    return scale
