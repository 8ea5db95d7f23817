"""What a backend proves: its bounds and its optima, held against optima known without a solver."""

from __future__ import annotations

from ...status import OPTIMALITY_GAP, Quality, Termination
from ..bench import Bench
from .contract import Violation, clause, require
from .observed import known_optimum, taken_cases, where_seen


@clause
def bounds_hold(bench: Bench) -> str:
    """No bound it claims is beaten by the true optimum, and it never proves a feasible instance infeasible."""
    checked = 0
    for seen in taken_cases(bench, feasible=True):
        for instance, answer, solution in seen:
            where = where_seen(seen, solution)
            optimum = known_optimum(instance)
            certificate = solution.certificate
            if certificate is not None and optimum is not None:
                beaten = certificate.refuted_by(optimum, solution.sense)
                require(
                    not beaten, f"{where}: its bound {certificate.bound:.12g} is beaten by the optimum {optimum:.12g}"
                )
                checked += 1
            gave_up = answer.termination is Termination.PROVED and answer.values is None
            require(not gave_up, f"{where}: it claims a proof and has no point, but the instance is feasible")
    return f"{checked} bounds"


@clause
def optimal_needs_a_bound(bench: Bench) -> str:
    """It never claims an optimum without a bound that the core accepts, and what is called optimal is optimal."""
    optimal = 0
    for seen in taken_cases(bench, feasible=True):
        for instance, answer, solution in seen:
            where = where_seen(seen, solution)
            # a proof about a lowered view proves nothing here and claims nothing here; a direct one does
            exact = all(step["fidelity"] == "exact" for step in answer.route)
            if answer.termination is Termination.PROVED and answer.values is not None and exact:
                require(solution.certificate is not None, f"{where}: claims a proof without a bound the core accepts")
            if solution.quality is Quality.OPTIMAL:
                certificate, optimum = solution.certificate, known_optimum(instance)
                if certificate is None:
                    raise Violation(f"{where}: optimal without a certificate")
                if optimum is not None:
                    allowed = 2 * max(OPTIMALITY_GAP, certificate.tolerance) * max(1.0, abs(optimum))
                    short = solution.sense * (optimum - (solution.objective or 0.0))
                    require(
                        short <= allowed, f"{where}: called optimal, but {short:.3g} short of the optimum {optimum}"
                    )
                optimal += 1
    return f"{optimal} proved optima"
