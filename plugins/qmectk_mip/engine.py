"""HiGHS on an equilibrated model that may grow rows. Its claims are claims; :mod:`.proof` says which of them hold."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from qmectk.timing.interrupting import postponed

from .arrays import Array, Linear
from .scaling import Scaled, equilibrated

#: Feasibility and integrality tolerance asked of HiGHS on equilibrated rows. Its default of 1e-6 lets a fractional bit
#: of 1e-6 through, which is as much as the gap to be proved.
FEASIBILITY = 1e-9

#: Tolerances of HiGHS by default; the second opinion of :mod:`.proof` is held to it.
USUAL = 1e-6

#: HiGHS leaves out matrix entries up to this, the least that its option takes.
SMALLEST = 1e-12

#: Seconds of HiGHS's randomized rounding a product of the lengths of a row and itself (measured: 4.3 to 5.9 s for 14
#: rows of 4096 entries), and how much longer than it has time for it may take.
ROUNDING, LATE = 2e-8, 0.5

#: The status of what is not begun.
BLIND = "not begun: rounding at the root would take longer than the time left, and does not look at the clock"


@dataclass(frozen=True)
class Outcome:
    """What HiGHS says, in numbers of the equilibrated model, which is minimised.

    `x` is its point or None; `duals` are those of the rows where a linear model ended, or of a ray that shows
    infeasibility.
    """

    x: Array | None
    objective: float | None
    bound: float | None
    duals: Array | None
    optimal: bool
    infeasible: bool
    unbounded: bool
    timed_out: bool
    status: str  #: HiGHS's own word for how it stopped


class Engine:
    """One HiGHS with one model.

    Attributes
    ----------
    scaled
        The model as it is now, with the rows that were added.
    """

    def __init__(self, scaled: Scaled, threads: int = 1) -> None:
        self.scaled = scaled
        self.known: Array | None = None  #: a point of the model, without the equilibration, that a search begins at
        self._whole = bool(scaled.inner.whole.any())
        self._h = quiet()
        for name, value in (
            ("threads", threads),
            ("small_matrix_value", SMALLEST),
            ("mip_abs_gap", 0.0),
        ):
            self._h.setOptionValue(name, value)
        self._h.passModel(_lp(scaled.inner))

    @classmethod
    def of(cls, model: Linear, threads: int = 1) -> Engine:
        """HiGHS with an equilibrated `model`."""
        return cls(equilibrated(model), threads)

    @property
    def relaxed(self) -> bool:
        """Whether integrality was dropped."""
        return not self._whole and bool(self.inner.whole.any())

    @property
    def inner(self) -> Linear:
        """The equilibrated model."""
        return self.scaled.inner

    def add_rows(self, matrix: Any, low: Array, high: Array) -> None:
        """Rows in numbers of the model, not the equilibrated one."""
        rows, low, high = self.scaled.rows(matrix, low, high)
        self.scaled = replace(self.scaled, inner=self.inner.with_rows(rows, low, high))
        kept = rows.copy()
        kept.data[np.abs(kept.data) <= SMALLEST] = 0.0  # HiGHS prints a warning of what it leaves out itself
        kept.eliminate_zeros()
        self._h.addRows(kept.shape[0], low, high, kept.nnz, kept.indptr[:-1], kept.indices, kept.data)

    def rescale(self, size: float) -> None:
        """Give the objective numbers in which `size`, a value of the equilibrated model, is about 1."""
        self.scaled = self.scaled.rescaled(size)
        n = len(self.inner.cost)
        self._h.changeColsCost(n, np.arange(n, dtype=np.int32), self.inner.cost)

    def fit(self, seconds: float | None, seed: int) -> None:
        """Give the objective numbers in which the optimum without integrality is about 1."""
        self.relax(True)
        outcome = self.run(seconds=seconds, seed=seed)
        self.relax(False)
        if outcome.optimal and outcome.objective:
            self.rescale(outcome.objective)

    def bounds(self, lower: Array, upper: Array) -> None:
        """Other bounds of the columns from now on, in equilibrated numbers."""
        n = len(lower)
        self._h.changeColsBounds(n, np.arange(n, dtype=np.int32), lower, upper)

    def relax(self, relaxed: bool) -> None:
        """Drop integrality, or ask for it again."""
        import highspy

        whole = np.flatnonzero(self.inner.whole).astype(np.int32)
        kind = highspy.HighsVarType.kContinuous if relaxed else highspy.HighsVarType.kInteger
        self._h.changeColsIntegrality(len(whole), whole, np.full(len(whole), int(kind), np.uint8))
        self._whole = not relaxed and len(whole) > 0

    def run(
        self,
        *,
        seconds: float | None,
        seed: int = 0,
        gap: float = 0.0,
        presolve: bool = True,
        tolerance: float = FEASIBILITY,
        tell: Callable[[Array], None] | None = None,
    ) -> Outcome:
        """Solve it as it is now.

        Parameters
        ----------
        gap
            Relative gap at which branch and bound may stop.
        tell
            Called with every better point of branch and bound, in equilibrated numbers.
        """
        import highspy

        h = self._h
        if seconds is not None and self._blind() > seconds + LATE:
            return Outcome(None, None, None, None, False, False, False, True, BLIND)
        if seconds is not None:
            seconds = max(seconds, 1e-3) + h.getRunTime()
        for name, value in (
            ("mip_rel_gap", gap),
            ("random_seed", seed % 2**31),
            ("time_limit", highspy.kHighsInf if seconds is None else seconds),
            ("presolve", "choose" if presolve else "off"),
            ("primal_feasibility_tolerance", max(tolerance, 1e-10)),
            ("dual_feasibility_tolerance", max(tolerance, 1e-10)),
            ("mip_feasibility_tolerance", max(tolerance, 1e-10)),
        ):
            h.setOptionValue(name, value)
        if self._whole:
            h.clearSolver()
            if self.known is not None:
                solution = highspy.HighsSolution()
                solution.col_value = self.scaled.inwards(self.known).tolist()
                h.setSolution(solution)
        self._interruptible(tell)
        return self._outcome()

    def _blind(self) -> float:
        """Seconds in which branch and bound would not look at the clock: none of a model without whole numbers.

        Its randomized rounding fixes column after column, and goes through all entries of every row of each.
        """
        entries = np.diff(self.inner.matrix.tocsr().indptr).astype(float)
        return ROUNDING * float(entries @ entries) if self._whole else 0.0

    def basis(self) -> tuple[list[Any], list[Any]]:
        """Status of the columns and rows in the last basis."""
        basis = self._h.getBasis()
        return list(basis.col_status), list(basis.row_status)

    def _interruptible(self, tell: Callable[[Array], None] | None) -> None:
        """Run, and stop soon after Ctrl-C: HiGHS asks while it branches, and Python's own handler would wait for it."""
        if not self._whole:
            self._h.run()
            return
        with postponed() as stop:

            def ask(event: Any) -> None:
                if stop.requested:
                    event.interrupt()

            def improved(event: Any) -> None:
                if tell is not None:
                    tell(np.array(event.data_out.mip_solution, dtype=float))

            self._h.cbMipInterrupt.subscribe(ask)
            if tell is not None:
                self._h.cbMipImprovingSolution.subscribe(improved)
            try:
                self._h.run()
            finally:
                self._h.cbMipInterrupt.unsubscribe(ask)
                if tell is not None:
                    self._h.cbMipImprovingSolution.unsubscribe(improved)
        stop.deliver()

    def _outcome(self) -> Outcome:
        from highspy import HighsModelStatus as Status

        h = self._h
        status, info = h.getModelStatus(), h.getInfo()
        optimal = status == Status.kOptimal
        solution = h.getSolution()
        x = np.array(solution.col_value, dtype=float)
        found = len(x) == len(self.inner.cost) and info.primal_solution_status == 2 and bool(np.isfinite(x).all())
        duals = None
        if not self._whole:
            if status == Status.kInfeasible:
                _, known, ray = h.getDualRay()
                duals = np.array(ray, dtype=float) if known else None
            elif solution.dual_valid:  # where rounding keeps it from "optimal", too: a bound holds whatever its duals
                duals = np.array(solution.row_dual, dtype=float)
        if self._whole:  # HiGHS says 0 nodes where it had no time, and -1 where branch and bound never began: no bound
            bound = info.mip_dual_bound if info.valid and info.mip_node_count >= 0 else math.inf
        else:
            bound = info.objective_function_value if optimal else math.inf
        return Outcome(
            x if found else None,
            float(info.objective_function_value) if found else None,
            float(bound) if math.isfinite(bound) else None,
            duals,
            optimal,
            status == Status.kInfeasible,
            status in (Status.kUnbounded, Status.kUnboundedOrInfeasible),
            status == Status.kTimeLimit,
            str(h.modelStatusToString(status)),
        )


def quiet() -> Any:
    """A ``highspy.Highs`` that prints nothing, and runs whatever number of threads a run before it had.

    From 1.16 on the constructor prints a banner (of callbacks). Threads are those of the process: where their number
    differs from what a run wants, HiGHS ends it with an error and without a word, and says a bound of 0.
    """
    return _quiet()()


@lru_cache(maxsize=1)
def _quiet() -> type[Any]:
    import highspy

    class Quiet(highspy.Highs):  # type: ignore[misc]  # highspy is untyped
        def enableCallbacks(self) -> None:
            self.setOptionValue("output_flag", False)
            super().enableCallbacks()

        def run(self) -> Any:
            status = super().run()
            if status == highspy.HighsStatus.kError and self.getModelStatus() == highspy.HighsModelStatus.kNotset:
                highspy.Highs.resetGlobalScheduler(True)
                status = super().run()
            return status

    return Quiet


def _lp(model: Linear) -> Any:
    import highspy

    lp = highspy.HighsLp()
    m, n = model.matrix.shape
    lp.num_col_, lp.num_row_ = n, m
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = model.cost, model.lower, model.upper
    lp.row_lower_, lp.row_upper_ = model.low, model.high
    matrix = model.matrix.copy()
    matrix.data[np.abs(matrix.data) <= SMALLEST] = 0.0
    matrix.eliminate_zeros()
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = n, m
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    if model.whole.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(w)] for w in model.whole]
    return lp


__all__ = ["FEASIBILITY", "SMALLEST", "USUAL", "Engine", "Outcome", "quiet"]
