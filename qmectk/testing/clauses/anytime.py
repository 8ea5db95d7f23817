"""What a backend tells while it runs: incumbents and bounds that hold, and compilation within the time that passed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...backend import Backend
from ...errors import Infeasible
from ...instance import Instance
from ...plugins import registry
from ...routing.planner import find_route
from ...routing.route import Route
from ...solution import Solution
from ...views.base import Fidelity
from ..bench import Bench, Observation
from ..instances import Case, Unknown, true_optimum
from ..watching import silenced
from .contract import Violation, clause, require
from .observed import describe, taken_cases
from .repeatability import require_same

#: What a reported number may be off, relative to the optimum where that is larger than 1.
SLACK = 1e-6


@clause
def reports_hold(bench: Bench) -> str:
    """What it tells of incumbents and bounds under way is true and changes no answer, and compilation fits in the run.

    On exact routes no objective may beat the optimum; where bounds travel back, none may be beaten by it. Where the
    optimum is unknown without a solver, the measured answer and its certificate stand in. Points must be points of the
    view and stay as they were reported.
    """
    total = 0
    for seen in taken_cases(bench):
        watched, alone = None, [_alone(seen.case, k) for k in range(len(seen.instances))]
        if len(alone) > 1 and bench.config.deterministic:
            watched = bench.look(seen.case, recorder=_forget)
            _require_time(watched)
        for case in alone:
            one, reports = _reports_of(bench, case)
            watched, total = watched or one, total + reports
        if bench.config.deterministic and watched is not None:
            require_same(seen, watched, "a run whose incumbents are recorded")
    return f"{total} reports"


def _forget(objective: float | None, bound: float | None, point: Any) -> None:
    """A recorder that only has to be there."""


def _alone(case: Case, frame: int) -> Case:
    """One frame of a case: a report does not say which frame it is about."""
    return Case(f"{case.name}, frame {frame}", lambda: case.instances()[frame], case.feasible)


def _require_time(seen: Observation) -> None:
    spent = seen.compilation_seconds
    require(
        0.0 <= spent <= seen.seconds,
        f"{seen.case.name}: it charges {spent:.3g} s as compilation in a run of {seen.seconds:.3g} s",
    )


@dataclass(frozen=True)
class Report:
    """What was reported: numbers, a point of the view, and its values on the declared problem at that moment."""

    objective: Any
    bound: Any
    point: Any
    values: dict[str, Any] | None


class Listener:
    """A recorder that reads every point when it is reported, as the backend may go on writing into the same array."""

    def __init__(self, route: Route, where: str) -> None:
        self.route, self.where = route, where
        self.reports: list[Report] = []
        self.unreadable = ""

    def __call__(self, objective: Any, bound: Any, point: Any) -> None:
        try:
            self.reports.append(Report(objective, bound, point, self.read(point)))
        except Exception as error:  # must not reach the backend, which might take it for its own
            self.unreadable = self.unreadable or describe(error)

    def read(self, point: Any) -> dict[str, Any] | None:
        """The values of a point; None without one, and for the point of a relaxation that has no feasible values."""
        if point is None:
            return None
        try:
            values = self.route.lift(point)
        except Infeasible:
            return None
        self.route.instance.measure(values)
        return {name: np.array(value, dtype=float) for name, value in values.items()}


def _reports_of(bench: Bench, case: Case) -> tuple[Observation, int]:
    """Hold everything reported about one instance against its optimum; the run, and how many reports there were."""
    instance = case.instances()[0]
    with silenced():
        listener = Listener(find_route(instance, bench.backend, registry(), bench.config.options), case.name)
    seen = bench.look(case, recorder=listener)
    _require_time(seen)
    require(not listener.unreadable, f"{case.name}: it tells of a point that cannot be read: {listener.unreadable}")
    reach = _reach(instance, seen.solutions[0] if seen.solutions else None)
    for report in listener.reports:
        _require_objective(listener, report, reach)
        _require_bound(listener, report, reach, bench.backend)
        again = listener.read(report.point)
        require(_equal(report.values, again), f"{case.name}: it writes into a point after it reported it")
    return seen, len(listener.reports)


@dataclass(frozen=True)
class Reach:
    """Between which values the optimum lies, in the declared unit times the sense: larger is better."""

    sense: int
    least: float
    most: float


def _reach(instance: Instance, solution: Solution | None) -> Reach:
    """The optimum twice where it is known without a solver, else the measured point and the certified bound."""
    sense = instance.signature.sense
    try:
        optimum = true_optimum(instance)
    except Unknown:
        least, most = -math.inf, math.inf
        if solution is not None and solution.feasible and solution.objective is not None:
            least = sense * solution.objective
        if solution is not None and solution.certificate is not None:
            most = sense * solution.certificate.bound
        return Reach(sense, least, most)
    value = -math.inf if optimum is None else sense * optimum  # without a feasible point nothing is an incumbent
    return Reach(sense, value, value)


def _require_objective(listener: Listener, report: Report, reach: Reach) -> None:
    if report.objective is None:
        return
    objective = _number(report.objective, "an objective", listener.where)
    require(math.isfinite(objective), f"{listener.where}: it tells of an objective of {objective}")
    if listener.route.fidelity is not Fidelity.EXACT:
        return  # the view's own objective, which says nothing about the declared problem
    best = reach.sense * reach.most
    limit = "there is no feasible point" if reach.most == -math.inf else f"none is better than {best:.12g}"
    require(
        reach.sense * objective <= reach.most + _slack(reach.most),
        f"{listener.where}: it tells of a point worth {objective:.12g}, and {limit}",
    )


def _require_bound(listener: Listener, report: Report, reach: Reach, backend: type[Backend]) -> None:
    if report.bound is None:
        return
    bound = _number(report.bound, "a bound", listener.where)
    require(backend.proves, f"{listener.where}: it tells of a bound but does not declare that it proves any")
    if Fidelity.BOUNDS not in listener.route.fidelity:
        return
    lifted = listener.route.lift_bound(bound)
    require(
        reach.sense * lifted >= reach.least - _slack(reach.least),
        f"{listener.where}: it tells of a bound of {lifted:.12g}, and {reach.sense * reach.least:.12g} is reached",
    )


def _number(value: Any, what: str, where: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise Violation(f"{where}: it tells of {what} that is no number: {value!r}") from error
    require(not math.isnan(number), f"{where}: it tells of {what} that is not a number")
    return number


def _slack(value: float) -> float:
    return SLACK * max(1.0, abs(value)) if math.isfinite(value) else 0.0


def _equal(one: dict[str, Any] | None, other: dict[str, Any] | None) -> bool:
    if one is None or other is None:
        return one is other
    return all(np.array_equal(value, other[name], equal_nan=True) for name, value in one.items())
