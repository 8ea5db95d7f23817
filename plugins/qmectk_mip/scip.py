"""``scip``: a second prover for declared mixed-integer models, which shares no search with ``highs``."""

from __future__ import annotations

import math
import signal
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qmectk.language import Signature
from qmectk.options import at_least, option

from .arrays import Array
from .checked import Checked, Tell
from .engine import FEASIBILITY, SMALLEST, Engine, Outcome
from .scaling import Scaled

#: What SCIP calls infinite.
INFINITE = 1e20

#: SCIP takes numbers closer than its epsilon (1e-9) for equal; rows hold to ten times of it.
LEAST_FEASIBILITY = 1e-8


#: How what PySCIPOpt raises begins when SCIP gave up, for example for an LP that its simplex method cannot solve.
FAULT = "SCIP: "


@dataclass(frozen=True)
class ScipOptions:
    """Options of ``scip``."""

    rounds: int = option(100, "most rounds of outer approximation")
    relaxed_rounds: int = option(12, "rounds of cuts on the linear relaxation before the first mixed-integer round")

    def __post_init__(self) -> None:
        at_least("rounds", self.rounds, 1)
        at_least("relaxed_rounds", self.relaxed_rounds, 0)


class ScipEngine(Engine):
    """SCIP for mixed-integer rounds; linear relaxations and checks stay with HiGHS and its duals."""

    def run(
        self,
        *,
        seconds: float | None,
        seed: int = 0,
        gap: float = 0.0,
        presolve: bool = True,
        tolerance: float = FEASIBILITY,
        tell: Tell | None = None,
    ) -> Outcome:
        if self.relaxed:
            return super().run(seconds=seconds, seed=seed, presolve=presolve, tolerance=tolerance)
        import pyscipopt

        scip = pyscipopt.Model()
        scip.hideOutput()
        scip.setParams(
            {
                "limits/gap": gap,
                "randomization/randomseedshift": seed % 2**31,
                "numerics/feastol": max(tolerance, LEAST_FEASIBILITY),
                "misc/catchctrlc": True,
            }
        )
        if seconds is not None:
            scip.setParam("limits/time", max(seconds, 1e-3))
        if not presolve:
            scip.setPresolve(pyscipopt.SCIP_PARAMSETTING.OFF)
        columns: list[Any] = []
        try:
            columns = self._filled(scip)
            if self.known is not None:
                solution = scip.createSol()
                for column, number in zip(columns, self.scaled.inwards(self.known).tolist(), strict=True):
                    scip.setSolVal(solution, column, number)
                scip.addSol(solution)
            if tell is not None:
                scip.includeEventhdlr(_watch(columns, tell), "incumbents", "tells of better points")
            scip.optimize()
        except Exception as error:  # PySCIPOpt has no class of its own for what SCIP says went wrong
            if not str(error).startswith(FAULT):
                raise
            return _broken(scip, columns, str(error).removeprefix(FAULT).rstrip("!"))
        status = str(scip.getStatus())
        if status == "userinterrupt":
            signal.raise_signal(signal.SIGINT)  # SCIP took it; now the handler of Ctrl-C gets it
        return _outcome(scip, columns, status)

    def _filled(self, scip: Any) -> list[Any]:
        from pyscipopt import Expr
        from pyscipopt.scip import Term

        model = self.inner
        kinds = np.where(model.whole, "I", "C")
        columns = [
            scip.addVar(f"x{j}", vtype=str(kind), lb=_side(low), ub=_side(high), obj=float(cost))
            for j, (kind, low, high, cost) in enumerate(zip(kinds, model.lower, model.upper, model.cost, strict=True))
        ]
        terms = [Term(v) for v in columns]
        indptr, indices, data = model.matrix.indptr, model.matrix.indices, model.matrix.data
        for i, (low, high) in enumerate(zip(model.low, model.high, strict=True)):
            part = range(indptr[i], indptr[i + 1])
            row = Expr({terms[indices[p]]: float(data[p]) for p in part if abs(data[p]) > SMALLEST})
            if not row.terms:
                row = Expr({terms[0]: 0.0})
            if low == high:
                scip.addCons(row == float(low))
                continue
            if math.isfinite(low):
                scip.addCons(row >= float(low))
            if math.isfinite(high):
                scip.addCons(row <= float(high))
        return columns


class Scip(Checked):
    """SCIP (Hojny et al., "The SCIP Optimization Suite 10.0", 2025), with its claims checked."""

    name, solver = "scip", "SCIP"
    summary = "SCIP: MILP directly, convex models by outer approximation; a second opinion on highs"
    requires, extra = ("pyomo", "highspy", "pyscipopt"), "qmectk[scip]"
    Options = ScipOptions

    @classmethod
    def effort(cls, signature: Signature) -> float | None:
        # slower than highs throughout on P1, drift and meqc; it is there to be asked second
        return 2.0 * 1.12 ** min(signature.bits, 1000)

    def engine(self, scaled: Scaled) -> Engine:
        return ScipEngine(scaled)

    @property
    def rounds(self) -> tuple[int, int]:
        return self.options.rounds, self.options.relaxed_rounds


def _watch(columns: list[Any], tell: Tell) -> Any:
    from pyscipopt import SCIP_EVENTTYPE, Eventhdlr

    class Watch(Eventhdlr):  # type: ignore[misc]  # PySCIPOpt is untyped
        def eventinit(self) -> None:
            self.model.catchEvent(SCIP_EVENTTYPE.BESTSOLFOUND, self)

        def eventexit(self) -> None:
            self.model.dropEvent(SCIP_EVENTTYPE.BESTSOLFOUND, self)

        def eventexec(self, event: Any) -> None:
            best = self.model.getBestSol()
            tell(np.array([self.model.getSolVal(best, v) for v in columns]))

    return Watch()


def _broken(scip: Any, columns: list[Any], status: str) -> Outcome:
    """What SCIP had found when it gave up: a point perhaps, and nothing that it claims."""
    if columns:
        return replace(_outcome(scip, columns, status), bound=None)
    return Outcome(None, None, None, None, False, False, False, False, status)


def _outcome(scip: Any, columns: list[Any], status: str) -> Outcome:
    x: Array | None = None
    objective = None
    if scip.getNSols() > 0:
        best = scip.getBestSol()
        x = np.array([scip.getSolVal(best, v) for v in columns])
        objective = float(scip.getSolObjVal(best))
    bound = float(scip.getDualbound())
    return Outcome(
        x,
        objective,
        bound if abs(bound) < INFINITE else None,
        None,
        status in ("optimal", "gaplimit"),
        status == "infeasible",
        status in ("unbounded", "inforunbd"),
        status == "timelimit",
        status,
    )


def _side(number: float) -> float | None:
    return float(number) if abs(number) < INFINITE else None


__all__ = ["Scip"]
