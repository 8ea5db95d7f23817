"""``exact``: whichever route ends in a proof soonest for this instance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qmectk import Backend, Budget, Fidelity, Instance, Reply, Termination
from qmectk.errors import NoRoute, Refused
from qmectk.plugins import registry
from qmectk.route import plan
from qmectk.run import Answer, run


def provers(instance: Instance) -> list[tuple[float, type[Backend]]]:
    """Installed backends that can prove an optimum of `instance`, with their estimated seconds, cheapest first."""
    known = registry()
    found: list[tuple[float, type[Backend]]] = []
    for backend in known.backends.values():
        if not backend.proves or issubclass(backend, Exact) or backend.missing():
            continue
        chain, _ = plan(instance, backend, known)
        seconds = backend.effort(instance.signature)
        # a bound on a restriction says nothing about the problem
        travels = chain is not None and all(Fidelity.BOUNDS in lowering.fidelity for lowering in chain)
        if travels and seconds is not None:
            found.append((seconds, backend))
    return sorted(found, key=lambda pair: (pair[0], pair[1].name))


class Exact(Backend):
    """Delegates to the cheapest backend that can prove optimality, and says which one it was."""

    name, accepts = "exact", (Instance,)
    summary = "the cheapest route that ends in a proof"
    proves = True

    @classmethod
    def delegate(cls, instance: Instance) -> type[Backend] | None:
        found = provers(instance)
        return found[0][1] if found else None

    def solve(self, view: Instance, budget: Budget, rng: np.random.Generator) -> Reply:
        return self.solve_many([view], budget, [rng])[0]

    def solve_many(self, views: Sequence[Instance], budget: Budget, rngs: Sequence[np.random.Generator]) -> list[Reply]:
        reasons: list[str] = []
        for _, backend in provers(views[0]):
            seed = int(rngs[0].integers(2**31)) if rngs else 0
            try:
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
