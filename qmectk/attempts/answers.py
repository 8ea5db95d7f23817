"""Answers: replies of backends translated to the declared problem. Nothing is measured here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..backend import Backend, Reply
from ..errors import Infeasible, QmectkError, described
from ..extending.foreign import Crashed, charged_to
from ..instance import Instance
from ..judging.certificate import tolerance_fault
from ..presenting.facts import facts, words
from ..routing.route import Route
from ..status import Termination
from ..views.base import Fidelity

#: Relative difference up to which a claimed objective is the measured one.
CLAIM = 1e-5


@dataclass(frozen=True)
class Answer:
    """A reply translated to the declared problem.

    Attributes
    ----------
    values
        A point by variable name, or None.
    bound
        A bound on the declared problem, or None when none was claimed or none travels back along the route.
    claimed
        The objective the backend says its point has, if it says.
    raw
        The point before the backend chose among candidates of its own, by variable name, or None.
    faults
        Crashes and malformed replies.
    """

    instance: Instance
    route: list[dict[str, str]]
    termination: Termination
    values: dict[str, Any] | None
    bound: float | None = None
    proof: str = ""
    source: str = ""
    tolerance: float = 0.0
    claimed: float | None = None
    seconds: float = 0.0
    faults: tuple[str, ...] = ()
    message: str = ""
    info: dict[str, Any] = field(default_factory=dict)
    compilation_seconds: float = 0.0
    raw: dict[str, Any] | None = None


def read_reply(
    route: Route, reply: Any, backend_class: type[Backend], seconds: float, compilation_seconds: float = 0.0
) -> Answer:
    """The answer in a reply, which may be anything at all. Of its `seconds`, some may have been compilation."""
    compilation_seconds = min(max(compilation_seconds, 0.0), seconds)
    try:
        with charged_to(f"backend '{backend_class.name}'"):  # the reply may be of a class of its own
            if isinstance(reply, Reply):
                return _answer(route, reply, backend_class, seconds, compilation_seconds)
        fault = f"backend '{backend_class.name}' returned {type(reply).__name__}, not a Reply"
    except Crashed as crash:
        fault = f"the reply of backend '{backend_class.name}' cannot be read: {crash.account}"
    except QmectkError as error:
        fault = f"the reply of backend '{backend_class.name}' cannot be read: {error}"
    return Answer(route.instance, route.describe(), Termination.FAILED, None, seconds=seconds, faults=(fault,))


def _answer(
    route: Route, reply: Reply, backend_class: type[Backend], seconds: float, compilation_seconds: float
) -> Answer:
    steps = route.describe()
    faults: list[str] = []
    message = words(reply.message)
    values, why = _lifted(route, reply.point, faults)
    message = message or why
    raw = values if reply.raw is reply.point else _lifted(route, reply.raw, faults)[0]
    bound, tolerance = None, float(reply.tolerance)
    flaw = tolerance_fault(tolerance)
    if reply.bound is not None and not backend_class.proves:
        faults.append("it claims a bound but does not declare that it proves any; ignored")
    elif reply.bound is not None and Fidelity.BOUNDS in route.fidelity:
        bound = float(route.lift_bound(float(reply.bound)))
        if np.isnan(bound):
            faults.append("its bound is not a number; ignored")
            bound = None
        elif flaw:
            faults.append(flaw)
            bound = None
    claimed = _claimed(route, reply.objective)
    return Answer(
        route.instance,
        steps,
        Termination(reply.termination),
        values,
        bound,
        words(reply.proof),
        f"{backend_class.name}: {route}",
        0.0 if flaw else tolerance,
        claimed,
        seconds,
        tuple(faults),
        message,
        facts(reply.info),
        compilation_seconds,
        raw=raw,
    )


def _claimed(route: Route, objective: float | None) -> float | None:
    """The objective that a backend claims, in the declared unit; None where the route cannot carry it so exactly."""
    if objective is None or route.fidelity is not Fidelity.EXACT:
        return None
    claimed = float(objective)
    off = abs(route.lift_bound(claimed) - claimed)
    return None if off > CLAIM * abs(claimed) else claimed


def _lifted(route: Route, point: Any, faults: list[str]) -> tuple[Any, str]:
    """A point of the view as values of the instance's variables, and why there are none."""
    if point is None:
        return None, ""
    try:
        return _numbers(route.lift(point)), ""
    except Infeasible as error:  # the point of a relaxation or of a penalised view: no incumbent, and no fault
        return None, str(error)
    except Exception as error:  # a malformed point can break a lift in any way
        faults.append(f"its point cannot be read: {described(error)}")
        return None, ""


def _numbers(values: Any) -> Any:
    """A lifted point with arrays of numpy's own instead of whatever else the backend or the problem made."""
    if not isinstance(values, Mapping):
        return values
    return {name: value if type(value) in _PLAIN else np.array(value)[()] for name, value in values.items()}


_PLAIN = (np.ndarray, np.float64, float, int)


__all__ = ["CLAIM", "Answer", "read_reply"]
