"""A second prover beside a first one: two proofs of one instance that contradict each other are a fault of one of them.

The steps of a proof cannot be checked from outside. What can be seen is that the feasible point of one refutes the
bound of the other, or that one finds a point where the other proves that there is none.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from ..attempts.run import run
from ..errors import QmectkError
from ..instance import Instance
from ..plugins import Registry
from ..routing.provers import provers
from ..solution import Solution
from ..status import Termination
from ..timing.budget import Budget
from .judge import judge


@dataclass(frozen=True)
class Audit:
    """What a second prover makes of a proved answer.

    Attributes
    ----------
    prover
        The second one; "" when there is none.
    verdict
        "agrees", "disagrees", or "open" when no other backend proves it in the time.
    objective, bound
        What it measured and proved, in the declared unit.
    message
        On a disagreement one sentence with the numbers of both; otherwise why it is open, or "".
    """

    prover: str
    verdict: str
    objective: float | None = None
    bound: float | None = None
    message: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)


def audited(first: Solution, instance: Instance, known: Registry, budget: Budget, seed: int = 0) -> Audit:
    """Set a proved solution of `instance` beside the proof of another backend of qmectk's own.

    Provers are asked in the order of their effort until one of them proves something or contradicts.
    """
    proved = _authors(first)
    found = Audit("", "open", message="no other prover takes it")
    for backend in provers(instance):
        if backend.name in proved or not known.ships(backend) or budget.expired():
            continue
        try:
            done = run([instance], backend, {}, known, budget, seed)
            second = judge(done.answers[0], backend=backend.name, options={}, seed=seed, gap=budget.gap)
        except QmectkError as error:
            found = Audit(backend.name, "open", message=str(error))
            continue
        contradiction = _contradiction(first, second)
        audit = partial(Audit, backend.name, objective=second.objective, bound=second.bound)
        if contradiction:
            return audit("disagrees", message=contradiction)
        if second.termination is Termination.PROVED and not second.faults:
            return audit("agrees")
        found = audit("open", message="; ".join(second.faults) or second.message)
    return found


def _authors(solution: Solution) -> set[str]:
    """The backends behind a proof."""
    source = solution.certificate.source.partition(":")[0] if solution.certificate is not None else ""
    return {solution.backend, source, str(solution.info.get("via", ""))}


def _contradiction(first: Solution, second: Solution) -> str:
    """The sentence about two provers that cannot both be right; "" when they can."""
    for one, other in ((first, second), (second, first)):
        proved, point = one.certificate, other.objective if other.feasible else None
        exactness = {"violation": other.violation or 0.0, "rounding": other.rounding}
        if proved is not None and point is not None and proved.refuted_by(point, first.sense, **exactness):
            return (
                f"two provers disagree: {_who(one)} proves the bound {one.bound:.12g}, "
                f"and {_who(other)} has a feasible point worth {other.objective:.12g}"
            )
        if one.termination is Termination.PROVED and one.values is None and one.bound is None and other.feasible:
            return (
                f"two provers disagree: {_who(one)} proves that nothing is feasible, "
                f"and {_who(other)} has a feasible point worth {other.objective:.12g}"
            )
    return ""


def _who(solution: Solution) -> str:
    via = solution.info.get("via")
    return f"{solution.backend} via {via}" if via and via != solution.backend else solution.backend


__all__ = ["Audit", "audited"]
