"""HiGHS through Pyomo's persistent interface: one model that grows cuts instead of one model a round."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .small import NEGLIGIBLE, ignored, interface, reach_of

#: Feasibility and integrality tolerance asked of HiGHS. Its default of 1e-6 lets a fractional bit of 1e-6 through,
#: which is as much as the gap to be proved.
FEASIBILITY = 1e-9

#: Relative tolerance that bounds are stated up to: the relaxed rows, times coefficients up to a few hundred.
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Outcome:
    """What HiGHS found: `values` maps the id of a Pyomo variable to its value, or is None without an incumbent."""

    objective: float | None
    bound: float | None
    values: dict[int, float] | None
    optimal: bool
    infeasible: bool
    unbounded: bool
    timed_out: bool = False
    status: str = ""  #: HiGHS's own word for how it stopped


class Solver:
    """A HiGHS instance attached to one Pyomo model."""

    def __init__(self, model: Any, threads: int | None = 1) -> None:
        self.model = model
        self.highs = interface()()
        self._ignored = 0.0
        self.highs.config.load_solutions = False
        self.highs.config.raise_exception_on_nonoptimal_result = False
        self.highs.config.threads = threads

    def hand_over(self) -> None:
        """Translate the model into a new HiGHS instance; afterwards ``solve`` hands over what changed, and no more."""
        self.highs.set_instance(self.model)
        highs = self.highs._solver_model
        self._ignored = ignored(np.array(highs.getLp().col_cost_), reach_of(highs), FEASIBILITY)

    @property
    def lost(self) -> bool:
        """Whether rows are without entries that may matter, so that HiGHS proves nothing about the model."""
        return bool(self.highs.lost > NEGLIGIBLE)

    def lost_at(self, objective: float) -> bool:
        """Whether entries of rows or costs are left out that may matter beside this objective."""
        return self.lost or self._ignored > NEGLIGIBLE * max(1.0, abs(objective))

    def solve(self, *, gap: float, seconds: float | None, seed: int) -> Outcome:
        """Solve the model as it is now."""
        from pyomo.contrib.solver.common.results import SolutionStatus, TerminationCondition

        config = self.highs.config
        config.rel_gap, config.abs_gap = gap, 0.0
        config.time_limit = seconds
        config.solver_options = {
            "random_seed": seed % (2**31),
            "primal_feasibility_tolerance": FEASIBILITY,
            "dual_feasibility_tolerance": FEASIBILITY,
            "mip_feasibility_tolerance": FEASIBILITY,
        }
        result = self.highs.solve(self.model)
        stop = result.termination_condition
        found = result.solution_status in (SolutionStatus.optimal, SolutionStatus.feasible)
        values = None
        if found:
            values = {id(v): float(x) for v, x in result.solution_loader.get_vars().items()}
        return Outcome(
            _finite(result.incumbent_objective) if found else None,
            _finite(result.objective_bound),
            values,
            stop == TerminationCondition.convergenceCriteriaSatisfied,
            stop in (TerminationCondition.provenInfeasible, TerminationCondition.locallyInfeasible),
            stop in (TerminationCondition.unbounded, TerminationCondition.infeasibleOrUnbounded),
            stop == TerminationCondition.maxTimeLimit,
            _status(self.highs),
        )


def _status(highs: Any) -> str:
    model = highs._solver_model
    return str(model.modelStatusToString(model.getModelStatus()))


def _finite(number: Any) -> float | None:
    return float(number) if number is not None and math.isfinite(number) else None
