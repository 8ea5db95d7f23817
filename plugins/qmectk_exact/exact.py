"""``exact``: whichever route ends in a proof soonest for this instance, and the next one where it does not."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from qmectk import Backend, Budget, Instance, Reply, Termination
from qmectk.attempts.answers import Answer
from qmectk.attempts.run import run
from qmectk.errors import Infeasible, NoRoute, QmectkError, Refused
from qmectk.judging.judge import judge
from qmectk.plugins import registry
from qmectk.routing.planner import find_route
from qmectk.routing.provers import provers
from qmectk.routing.route import Route
from qmectk.timing.deadline import impatient

from .proofs import Held, proves_itself

#: Least seconds that a further prover is given where there is no time limit; otherwise as long as those before it took.
LEAST_SECONDS = 10.0

#: Share of the time left that a prover may wait until it is compiled, once on a machine: most others need not be.
PATIENCE = 0.3


class Exact(Backend):
    """Delegates to the cheapest backend that can prove optimality, and says which one it was.

    Where that one ends without a proof the next is asked, frame by frame. What is kept is the best point and the best
    bound of all of them, and why each of them has no proof.
    """

    name, accepts = "exact", (Instance,)
    summary = "the cheapest route that ends in a proof"
    proves = certifies = True

    @classmethod
    def delegate(cls, instance: Instance) -> type[Backend] | None:
        for backend in provers(instance):
            with contextlib.suppress(NoRoute, Refused):
                find_route(instance, backend, registry())
                return backend
        return None

    def solve_many(self, views: Sequence[Instance], budget: Budget, rngs: Sequence[np.random.Generator]) -> list[Reply]:
        reasons: list[str] = []
        starts = budget.starts
        able, sense = provers(views[0]), views[0].signature.sense  # frames of a stream have one sense
        for backend in able:
            try:
                answers = _asked(backend, views, budget, rngs, starts)
            except (NoRoute, Refused) as error:
                reasons.append(str(error))
                continue
            if answers[0].termination is Termination.FAILED and not budget.expired():
                reasons.append("; ".join(answers[0].faults) or answers[0].message or f"{backend.name} failed")
                continue
            if all(proves_itself(answer, sense, budget.gap) for answer in answers) or budget.expired():
                return [_reply(answer, backend.name) for answer in answers]
            others = list(able)
            if budget.limit is not None and answers[0].termination is Termination.BUDGET:
                others.append(backend)  # it was not compiled in time, and may be by then
            return [
                _reply(answer, backend.name)
                if proves_itself(answer, sense, budget.gap)
                else _going_on(Held(backend.name, answer), view, others, budget, rng)
                for answer, view, rng in zip(answers, views, rngs, strict=False)
            ]
        why = "; ".join(reasons) or "no installed backend can prove an optimum of it"
        raise NoRoute(
            f"backend 'exact' cannot take {views[0].label}: {why}", "run: pip install 'qmectk[all]' for more provers"
        )


def _asked(
    backend: type[Backend],
    views: Sequence[Instance],
    budget: Budget,
    rngs: Sequence[np.random.Generator],
    starts: Sequence[Any] = (),
    share: float = PATIENCE,
) -> list[Answer]:
    seed = int(rngs[0].integers(2**31)) if rngs else 0
    known = registry()
    with _relayed(budget, views, backend), impatient(share * budget.remaining):
        return run(views, backend, {}, known, budget, seed, starts=starts, watched=known.ships(backend)).answers


def _going_on(
    held: Held, view: Instance, others: Sequence[type[Backend]], budget: Budget, rng: np.random.Generator
) -> Reply:
    """Ask further provers until the point and the bound that are held meet, or the time is up."""
    for place, backend in enumerate(others):
        if budget.expired():
            break
        part = budget if budget.limit is not None else budget.within(max(LEAST_SECONDS, budget.elapsed))
        try:
            share = PATIENCE if place < len(others) - 1 else 1.0
            answer = _asked(backend, [view], part, [rng], share=share)[0]
        except QmectkError as error:
            held.reasons.append(f"{backend.name}: {error}")
            continue
        if (
            proves_itself(answer, view.signature.sense, budget.gap)
            and judge(answer, backend=backend.name, options={}, seed=0).feasible
        ):
            return _reply(answer, backend.name)
        held.add(backend.name, answer)
        if held.closed(budget.gap):
            break
    return held.reply(budget.gap)


@contextlib.contextmanager
def _relayed(budget: Budget, views: Sequence[Instance], backend: type[Backend]) -> Iterator[None]:
    """Let the budget's recorder hear of `backend`'s incumbents in terms of the instance.

    Objectives and bounds are in the declared unit whatever the view; a point has to be lifted along the backend's own
    route, which is found a second time, and only if a point is reported. Several instances report nothing, as an event
    would not say which one it is about.
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


def _reply(answer: Answer, backend: str) -> Reply:
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
        {"via": backend, **answer.info},
    )


__all__ = ["Exact", "provers"]
