"""``exact``: whichever route ends in a proof soonest for this instance."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from qmectk import Backend, Budget, Fidelity, Instance, Reply, Termination
from qmectk.errors import Infeasible, NoRoute, Refused
from qmectk.plugins import registry
from qmectk.route import Route, find_route, plan
from qmectk.run import Answer, run


def provers(instance: Instance) -> Iterator[type[Backend]]:
    """Installed backends that can prove an optimum of `instance`, by their estimated seconds, cheapest first.

    Those of other distributions come after qmectk's own: this is the reference that others are held against.
    Whether there is a route is found out one backend at a time, when it is asked for: the first one mostly will do.
    """
    known = registry()
    able = [backend for backend in known.backends.values() if backend.proves and not issubclass(backend, Exact)]
    promised = [(backend.effort(instance.signature), backend) for backend in able if not backend.missing()]
    promising = [(not known.ships(backend), seconds, backend) for seconds, backend in promised if seconds is not None]
    for _, _, backend in sorted(promising, key=lambda found: (*found[:2], found[2].name)):
        chain, _ = plan(instance, backend, known)
        # a bound on a restriction says nothing about the problem
        if chain is not None and all(Fidelity.BOUNDS in lowering.fidelity for lowering in chain):
            yield backend


class Exact(Backend):
    """Delegates to the cheapest backend that can prove optimality, and says which one it was."""

    name, accepts = "exact", (Instance,)
    summary = "the cheapest route that ends in a proof"
    proves = True

    @classmethod
    def delegate(cls, instance: Instance) -> type[Backend] | None:
        return next(provers(instance), None)

    def solve(self, view: Instance, budget: Budget, rng: np.random.Generator) -> Reply:
        return self.solve_many([view], budget, [rng])[0]

    def solve_many(self, views: Sequence[Instance], budget: Budget, rngs: Sequence[np.random.Generator]) -> list[Reply]:
        reasons: list[str] = []
        for backend in provers(views[0]):
            seed = int(rngs[0].integers(2**31)) if rngs else 0
            try:
                with _relayed(budget, views, backend):
                    done = run(views, backend, {}, registry(), budget, seed)
            except (NoRoute, Refused) as error:
                reasons.append(str(error))
                continue
            if done.answers[0].termination is Termination.FAILED and not budget.expired():
                answer = done.answers[0]
                reasons.append("; ".join(answer.faults) or answer.message or f"{backend.name} failed")
                continue
            return [_reply(answer, backend) for answer in done.answers]
        why = "; ".join(reasons) or "no installed backend can prove an optimum of it"
        raise NoRoute(
            f"backend 'exact' cannot take {views[0].label}: {why}", "run: pip install 'qmectk[all]' for more provers"
        )


@contextlib.contextmanager
def _relayed(budget: Budget, views: Sequence[Instance], backend: type[Backend]) -> Iterator[None]:
    """Let the budget's recorder hear of `backend`'s incumbents in terms of the instance.

    Objectives and bounds are in the declared unit whatever the view; a point has to be lifted along the backend's own
    route, which is found a second time, and only if a point is told of. Of several instances nothing is told, as an
    event would not say which one it is about.
    """
    recorder = budget.recorder
    if recorder is None:
        yield
        return
    routes: list[Route] = []

    def relay(objective: float | None, bound: float | None, point: Any) -> None:
        point = None if objective is not None else point
        if point is not None:
            if not routes:
                routes.append(find_route(views[0], backend, registry()))
            try:
                point = routes[0].lift(point)
            except Infeasible:
                point = None
        if objective is not None or bound is not None or point is not None:
            recorder(objective, bound, point)

    budget.recorder = relay if len(views) == 1 else None
    try:
        yield
    finally:
        budget.recorder = recorder


def _reply(answer: Answer, backend: type[Backend]) -> Reply:
    if answer.faults:
        return Reply(None, Termination.FAILED, message="; ".join(answer.faults))
    return Reply(
        answer.values,
        answer.termination,
        answer.bound,
        answer.proof,
        answer.tolerance,
        answer.claimed,
        answer.message,
        {"via": backend.name, **answer.info},
    )


__all__ = ["Exact", "provers"]
